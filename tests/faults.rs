//! Kills and disk errors at every file operation: what was there before stays whole, or the new is
//! whole in its place.
//!
//! Each test first runs a writer under `strace` to learn its file operations, then once for each of
//! them with `-e inject`, which kills it there or lets that operation fail. Without strace it says so
//! and passes, unless `REVEILLE_REQUIRE_STRACE` is set.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]
#![cfg(target_os = "linux")]

mod sample;

use std::{
    collections::BTreeMap,
    env, fs,
    io::Write,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
};

use reveille::{
    bundle::{Bundle, ModelRef, Registry},
    error::{Error, Kind},
    store,
    units::Seed,
};

/// The folder that the writer works in; set only in the process that is to be hit.
const FOLDER: &str = "REVEILLE_FAULT_FOLDER";
/// What a file is changed by; a question mark before what some machines do not have.
const OPERATIONS: &str = "openat,write,?pwrite64,fsync,fdatasync,?rename,renameat,renameat2,?mkdir,\
    mkdirat,?unlink,unlinkat,?rmdir,ftruncate,close";
/// strace counts the operations of each thread. So many idle ones at the start of the writer's thread
/// keep the first ones of the main thread from being hit instead.
const IDLE: usize = 40;
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
    for _ in 0..IDLE {
        fs::write("/dev/null", "x").unwrap();
    }
    if let Err(error) = work(Path::new(&folder)) {
        println!("{:?}|{error}|{}", error.kind(), error.hint());
        std::process::exit(REFUSED);
    }
}

#[test]
#[ignore = "run by the tests below, under strace"]
fn write_a_feed() {
    writer(|folder| {
        let path = folder.join("feed.csv");
        let mut feed = store::AtomicFile::create(&path)?;
        for some in new_feed().chunks(10_000) {
            feed.write_all(some).map_err(|e| Error::io(&path, "write", e))?;
        }
        feed.commit()
    });
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
fn run(writer: &str, folder: &Path, strace: &[&str]) -> Run {
    let out = Command::new("strace")
        .args(["-f", "-qq"])
        .args(strace)
        .arg(env::current_exe().unwrap())
        .args(["--exact", writer, "--ignored", "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .stderr(Stdio::null())
        .output()
        .unwrap();
    Run { status: out.status, output: String::from_utf8_lossy(&out.stdout).into_owned() }
}

/// The operations on the folder: their names, and the how manieth of that name in the thread each is.
fn operations(writer: &str, folder: &Path) -> Vec<(String, usize)> {
    let log = tempfile::NamedTempFile::new().unwrap();
    let trace = format!("trace={OPERATIONS}");
    let log_path = log.path().to_str().unwrap();
    let done = run(writer, folder, &["-y", "-o", log_path, "-e", &trace]);
    assert!(done.status.success(), "{}", done.output);
    let folder = folder.to_str().unwrap();
    let mut counts = BTreeMap::new();
    let mut found = Vec::new();
    for line in fs::read_to_string(log.path()).unwrap().lines() {
        let Some((thread, call)) = line.split_once(char::is_whitespace) else { continue };
        let Some((name, arguments)) = call.trim_start().split_once('(') else { continue };
        let count = counts.entry((thread.to_owned(), name.to_owned())).or_insert(0);
        *count += 1;
        if arguments.contains(folder) {
            found.push((name.to_owned(), *count));
        }
    }
    found
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

/// Starts from a fresh folder for every operation, hits it, and checks what is there then.
fn hit_every_operation(
    writer: &str,
    how: &str,
    at_least: usize,
    prepare: impl Fn(&Path),
    check: impl Fn(&Path, &Run),
) {
    let folder = tempfile::tempdir().unwrap();
    prepare(folder.path());
    let operations = operations(writer, folder.path());
    assert!(operations.len() >= at_least, "{operations:?}");
    for (name, nth) in operations {
        let folder = tempfile::tempdir().unwrap();
        prepare(folder.path());
        let (trace, inject) = (format!("trace={name}"), format!("inject={name}:{how}:when={nth}"));
        let hit = ["-o", "/dev/null", "-e", &trace, "-e", &inject];
        let run = run(writer, folder.path(), &hit);
        println!("{name} {nth}: {:?} {}", run.status, run.output.lines().last().unwrap_or(""));
        let expected = match how {
            "signal=SIGKILL" => killed(run.status),
            _ => run.status.success() || run.status.code() == Some(REFUSED),
        };
        assert!(expected, "{name} {nth}: {:?}\n{}", run.status, run.output);
        check(folder.path(), &run);
    }
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
    assert!(hint.contains("device"), "{told:?}");
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
        hit_every_operation("write_a_feed", "signal=SIGKILL", 15, old_feed, check_feed);
    }
}

#[test]
fn a_kill_while_saving_leaves_the_old_or_the_new_model() {
    if strace_works() {
        let check = |folder: &Path, run: &Run| check_models(folder, run, Some(&old()));
        hit_every_operation("save_a_model", "signal=SIGKILL", 25, old_model, check);
    }
}

#[test]
fn a_kill_while_saving_the_first_model_leaves_none_or_all_of_it() {
    if strace_works() {
        let check = |folder: &Path, run: &Run| check_models(folder, run, None);
        hit_every_operation("save_a_model", "signal=SIGKILL", 30, |_| (), check);
    }
}

#[test]
fn a_full_disk_is_told_and_leaves_the_old_feed() {
    if strace_works() {
        hit_every_operation("write_a_feed", "error=ENOSPC", 15, old_feed, |folder, run| {
            check_feed(folder, run);
            check_told(folder, run);
            assert_eq!(unfinished(folder), Vec::<PathBuf>::new());
        });
    }
}

#[test]
fn a_failing_disk_is_told_and_leaves_the_old_model() {
    if strace_works() {
        for how in ["error=EIO", "error=ENOSPC"] {
            hit_every_operation("save_a_model", how, 25, old_model, |folder, run| {
                check_told(folder, run);
                assert_eq!(unfinished(folder), Vec::<PathBuf>::new());
                check_models(folder, run, Some(&old()));
            });
        }
    }
}
