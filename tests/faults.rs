//! Kills and disk errors at every file operation: what was there before stays whole, or the new is
//! whole in its place.
//!
//! Each test runs itself again under `strace -e inject`, once for every operation, until a run is no
//! longer hit. Without strace it says so and passes, unless `REVEILLE_REQUIRE_STRACE` is set.
#![cfg(target_os = "linux")]

mod sample;

use std::{
    env, fs,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
};

use reveille::{
    bundle::{Bundle, ModelRef, Registry},
    error::Kind,
    store,
    units::Seed,
};

/// The folder that the writer works in; set only in the process that is to be hit.
const FOLDER: &str = "REVEILLE_FAULT_FOLDER";
/// How many hits in a row must miss before an operation counts as exhausted.
const SPARE: usize = 3;
const OPERATIONS: [&str; 11] = [
    "openat",
    "write",
    "fsync",
    "fdatasync",
    "rename",
    "renameat",
    "renameat2",
    "mkdir",
    "unlink",
    "close",
    "fchmod",
];
const REFUSED: i32 = 3;

fn old() -> Bundle {
    sample::bundle()
}

fn new() -> Bundle {
    Bundle { seed: Seed(99), ..sample::bundle() }
}

fn new_feed() -> Vec<u8> {
    (0..700_000_u32).flat_map(|i| (i % 251).to_le_bytes()).collect()
}

/// In the process that is to be hit: does the work and leaves; otherwise nothing.
fn writer(work: impl FnOnce(&Path) -> reveille::error::Result<()>) {
    let Some(folder) = env::var_os(FOLDER) else { return };
    if let Err(error) = work(Path::new(&folder)) {
        println!("{:?}|{error}|{}", error.kind(), error.hint());
        std::process::exit(REFUSED);
    }
}

#[test]
#[ignore = "run by the tests below, under strace"]
fn write_a_feed() {
    writer(|folder| store::write(&folder.join("feed.csv"), &new_feed()));
}

#[test]
#[ignore = "run by the tests below, under strace"]
fn save_a_model() {
    writer(|folder| Registry::open(folder.join("models")).save(&new(), "new", "{}").map(drop));
}

struct Run {
    status: ExitStatus,
    output: String,
}

/// Runs one of the writers above under strace.
fn run(writer: &str, folder: &Path, fault: &str) -> Run {
    let out = Command::new("strace")
        .args(["-f", "-qq", "-o", "/dev/null", "-e", fault])
        .arg(env::current_exe().unwrap())
        .args(["--exact", writer, "--ignored", "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .stderr(Stdio::null())
        .output()
        .unwrap();
    Run { status: out.status, output: String::from_utf8_lossy(&out.stdout).into_owned() }
}

fn strace_works() -> bool {
    let probe = Command::new("strace")
        .args(["-f", "-qq", "-o", "/dev/null", "-e", "inject=openat:signal=SIGKILL:when=1"])
        .arg("true")
        .stderr(Stdio::null())
        .status();
    let works = probe.is_ok_and(killed);
    assert!(
        works || env::var_os("REVEILLE_REQUIRE_STRACE").is_none(),
        "strace is required and cannot trace here"
    );
    if !works {
        println!("not tested: strace is missing or may not trace here");
    }
    works
}

fn killed(status: ExitStatus) -> bool {
    status.signal() == Some(9) || status.code() == Some(137)
}

/// Starts from a fresh folder for every operation hit, and gives the number of runs that were hit.
fn hit_every_operation(
    writer: &str,
    how: &str,
    prepare: impl Fn(&Path),
    check: impl Fn(&Path, &Run),
) -> usize {
    let mut hits = 0;
    for operation in OPERATIONS {
        let mut missed = 0;
        for nth in 1.. {
            let folder = tempfile::tempdir().unwrap();
            prepare(folder.path());
            let run = run(writer, folder.path(), &format!("inject={operation}:{how}:when={nth}"));
            let context = format!("{operation} {nth}: {}", run.output);
            let hit = !run.status.success();
            assert!(nth < 2000, "no end: {context}");
            println!("{context}");
            check(folder.path(), &run);
            (hits, missed) = if hit { (hits + 1, 0) } else { (hits, missed + 1) };
            if missed == SPARE {
                break;
            }
        }
    }
    hits
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !store::is_unfinished(name))
        .collect();
    names.sort();
    names
}

fn check_feed(folder: &Path, run: &Run) {
    let feed = fs::read(folder.join("feed.csv")).unwrap();
    let is_new = feed == new_feed();
    assert!(is_new || feed == b"old", "a mixture of {} bytes", feed.len());
    assert_eq!(names(folder), ["feed.csv"]);
    if run.status.success() {
        assert!(is_new);
    }
}

fn models(folder: &Path) -> Registry {
    Registry::open(folder.join("models"))
}

/// Every version that can be seen is whole, and the one in use is the old or the new.
fn check_models(folder: &Path, run: &Run, before: Option<&Bundle>) {
    let registry = models(folder);
    for verified in registry.verify().unwrap() {
        let whole = verified.version.is_none() || verified.faults.is_empty();
        assert!(whole, "{verified:?}");
    }
    let retail = ModelRef::parse("retail").unwrap();
    match registry.load(&retail) {
        Ok(loaded) => {
            let card = fs::read_to_string(loaded.path.with_file_name("card.md")).unwrap();
            let is_new = loaded.bundle == new() && card == "new";
            let is_old = Some(&loaded.bundle) == before && card == "old";
            assert!(is_new || (is_old && !run.status.success()));
        }
        Err(error) => {
            assert!(before.is_none() && !run.status.success(), "{error}");
            assert_eq!(error.kind(), Kind::NoModel, "{error}");
        }
    }
    // And the next run goes through.
    let saved = registry.save(&new(), "new", "{}").unwrap();
    let loaded = registry.load(&retail).unwrap();
    assert_eq!((loaded.bundle, loaded.version), (new(), saved.version));
}

/// A run that met an error has said what to do, and left nothing half done.
fn check_told(folder: &Path, run: &Run) {
    if run.status.code() != Some(REFUSED) {
        return;
    }
    let told = run.output.lines().find(|line| line.matches('|').count() == 2);
    let [kind, error, hint] = told
        .unwrap_or_else(|| panic!("no error told: {}", run.output))
        .split('|')
        .collect::<Vec<_>>()[..]
    else {
        unreachable!()
    };
    assert!(kind.ends_with("Io"), "{told:?}");
    assert!(error.contains(&folder.display().to_string()), "{told:?}");
    assert!(hint.contains("free space"), "{told:?}");
}

fn unfinished(folder: &Path) -> Vec<PathBuf> {
    let mut left = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if store::is_unfinished(path.file_name().unwrap().to_str().unwrap()) {
            left.push(path.clone());
        }
        if path.is_dir() {
            left.extend(unfinished(&path));
        }
    }
    left
}

fn old_feed(folder: &Path) {
    fs::write(folder.join("feed.csv"), b"old").unwrap();
}

fn old_model(folder: &Path) {
    models(folder).save(&old(), "old", "{}").unwrap();
}

#[test]
fn a_kill_while_writing_leaves_the_old_or_the_new_feed() {
    if strace_works() {
        let hits = hit_every_operation("write_a_feed", "signal=SIGKILL", old_feed, check_feed);
        assert!(hits > 5, "only {hits} operations were hit");
    }
}

#[test]
fn a_kill_while_saving_leaves_the_old_or_the_new_model() {
    if strace_works() {
        let check = |folder: &Path, run: &Run| check_models(folder, run, Some(&old()));
        let hits = hit_every_operation("save_a_model", "signal=SIGKILL", old_model, check);
        assert!(hits > 15, "only {hits} operations were hit");
    }
}

#[test]
fn a_kill_while_saving_the_first_model_leaves_none_or_all_of_it() {
    if strace_works() {
        let check = |folder: &Path, run: &Run| check_models(folder, run, None);
        let hits = hit_every_operation("save_a_model", "signal=SIGKILL", |_| (), check);
        assert!(hits > 15, "only {hits} operations were hit");
    }
}

#[test]
fn a_full_disk_is_told_and_leaves_the_old_feed() {
    if strace_works() {
        let hits = hit_every_operation("write_a_feed", "error=ENOSPC", old_feed, |folder, run| {
            check_feed(folder, run);
            check_told(folder, run);
            assert_eq!(unfinished(folder), Vec::<PathBuf>::new());
        });
        assert!(hits > 3, "only {hits} operations were hit");
    }
}

#[test]
fn a_failing_disk_is_told_and_leaves_the_old_model() {
    if strace_works() {
        for how in ["error=EIO", "error=ENOSPC"] {
            let hits = hit_every_operation("save_a_model", how, old_model, |folder, run| {
                check_told(folder, run);
                assert_eq!(unfinished(folder), Vec::<PathBuf>::new());
                check_models(folder, run, Some(&old()));
            });
            assert!(hits > 10, "only {hits} operations were hit");
        }
    }
}
