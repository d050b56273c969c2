//! Manners: what is broken off leaves nothing behind, what help promises works, what editors ask for is right.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::{
    io::Write as _,
    process::{Command, Stdio},
    time::{Duration, Instant},
};
use support::{Desk, customers, file, root};

/// A desk with a model of some customers.
fn trained() -> Desk {
    let desk = Desk::new();
    desk.write("history.csv", file(&customers(600)));
    desk.run(&["-q", "train", "history.csv", "--churn", "left", "--learner", "tree"]);
    desk
}

fn names(desk: &Desk) -> Vec<String> {
    let folder = std::fs::read_dir(desk.path("")).unwrap();
    folder.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[cfg(unix)]
/// Files on their way to their place end so.
fn is_unfinished(name: &str) -> bool {
    std::path::Path::new(name).extension().is_some_and(|end| end == "tmp")
}

#[test]
fn what_is_broken_off_leaves_what_was_there_before() {
    let desk = trained();
    desk.write("feed.csv", "the feed of last month\n");
    let lines = customers(600);
    let mut child = Command::new(env!("CARGO_BIN_EXE_reveille"))
        .args(["-q", "predict", "-", "-o", "feed.csv"])
        .current_dir(desk.path(""))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    // An input without an end: the feed is being written for as long as it comes.
    let writer = std::thread::spawn(move || {
        let rows = file(&lines[1..]);
        let mut sent = input.write_all(format!("{}\n", lines[0]).as_bytes());
        while sent.is_ok() {
            sent = input.write_all(rows.as_bytes());
        }
    });
    let is_begun = || names(&desk).iter().any(|name| is_unfinished(name));
    let since = Instant::now();
    while !is_begun() {
        assert!(since.elapsed() < Duration::from_secs(60), "nothing was begun");
        std::thread::sleep(Duration::from_millis(5));
    }
    let told = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(told.success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    writer.join().unwrap();
    assert!(!names(&desk).iter().any(|name| is_unfinished(name)), "{:?}", names(&desk));
    assert_eq!(desk.read("feed.csv"), "the feed of last month\n");
}

/// The examples that help gives for a command.
fn examples(desk: &Desk, command: &str) -> Vec<String> {
    let help = desk.run(&[command, "--help"]);
    let Some((_, examples)) = help.split_once("Example") else { return Vec::new() };
    let examples = examples.replace("\\\n", " ");
    examples
        .lines()
        .map(str::trim)
        .filter(|line| line.contains("reveille "))
        .map(str::to_owned)
        .collect()
}

/// Every example of help is run as it stands, on a table that has the columns it names.
#[cfg(unix)]
#[test]
fn the_examples_of_help_work() {
    let desk = Desk::new();
    let table = |name: &str| {
        let text = std::fs::read_to_string(root().join("data").join(name)).unwrap();
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let (first, rest) = lines.split_first_mut().unwrap();
        first.push_str(",Exited,Balance");
        for (row, line) in rest.iter_mut().enumerate() {
            let left = u8::from(row % 9 == 0);
            line.push_str(&[",", &left.to_string(), ",", &(row % 1000 * 7).to_string()].concat());
        }
        file(&lines)
    };
    desk.write("history.csv", table("history.csv"));
    desk.write("last_quarter.csv", table("history.csv"));
    desk.write("current.csv", table("current.csv").replace("\n00000003,", "\n00000042,"));
    desk.run(&[
        "-q",
        "train",
        "history.csv",
        "--as-of",
        "as_of",
        "--churn",
        "churned_90d",
        "--value",
        "aum",
        "--exclude",
        "reactivated_90d",
        "--learner",
        "tree",
        "--name",
        "retail",
    ]);
    desk.run(&["-q", "predict", "last_quarter.csv", "-o", "last_feed.csv"]);
    let folder = std::path::Path::new(env!("CARGO_BIN_EXE_reveille")).parent().unwrap();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    for command in ["check", "evaluate", "explain", "generate"] {
        let examples = examples(&desk, command);
        assert!(!examples.is_empty(), "{command}");
        for example in examples {
            let done = Command::new("sh")
                .args(["-c", &example])
                .current_dir(desk.path(""))
                .env("PATH", &path)
                .output()
                .unwrap();
            let talk = String::from_utf8_lossy(&done.stderr);
            assert!(matches!(done.status.code(), Some(0 | 1)), "{example}\n{talk}");
        }
    }
}

#[test]
fn what_is_generated_in_the_documentation_is_what_the_program_says() {
    let desk = Desk::new();
    for (what, file) in
        [("schema", "config.schema.json"), ("features", "features.md"), ("commands", "commands.md")]
    {
        let told = desk.run(&["generate", what]);
        let written = std::fs::read_to_string(root().join("docs").join(file)).unwrap_or_default();
        assert!(told == written, "make it again: reveille generate {what} > docs/{file}");
    }
}

#[test]
fn completions_and_man_pages_name_every_command() {
    let desk = Desk::new();
    for shell in ["bash", "zsh", "fish"] {
        let text = desk.run(&["generate", "completions", shell]);
        for command in ["train", "predict", "evaluate", "explain"] {
            assert!(text.contains(command), "{shell}: {command}");
        }
    }
    assert!(desk.run(&["generate", "man"]).contains("reveille\\-explain"));
    assert!(desk.run(&["generate", "man", "explain"]).contains(".TH reveille-explain"));
    desk.refused(2, &["generate", "man", "nothing"]);
}
