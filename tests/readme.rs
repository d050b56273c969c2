//! The sessions of the README, run as a newcomer would, in a folder that holds `data/`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{fs, path::Path, process::Command};

/// The commands of the `console` blocks, in order.
fn commands(readme: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut inside = false;
    for line in readme.lines() {
        match line {
            "```console" => inside = true,
            "```" => inside = false,
            _ if inside => found.extend(line.strip_prefix("$ reveille ").map(str::to_owned)),
            _ => {}
        }
    }
    found
}

/// Splits a command line at blanks outside double quotes.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for character in line.chars() {
        match character {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            other => words.last_mut().unwrap().push(other),
        }
    }
    words
}

#[test]
fn the_sessions_of_the_readme_work_and_leave_what_they_promise() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("data")).unwrap();
    for name in ["history.csv", "current.csv"] {
        fs::copy(root.join("data").join(name), folder.path().join("data").join(name)).unwrap();
    }
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let commands = commands(&readme);
    assert_eq!(commands.len(), 2, "{commands:?}");
    for command in commands {
        let output = Command::new(env!("CARGO_BIN_EXE_reveille"))
            .args(words(&command))
            .current_dir(folder.path())
            .output()
            .unwrap();
        let talk = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{command}\n{talk}");
    }
    let feed = fs::read_to_string(folder.path().join("feed.csv")).unwrap();
    let current = fs::read_to_string(folder.path().join("data/current.csv")).unwrap();
    assert_eq!(feed.lines().count(), current.lines().count());
    assert!(feed.starts_with(
        "customer_id,as_of,state,churn_probability,reactivation_probability,value,value_at_risk,value_band,risk_band,quadrant,reason_1,reason_2,reason_3,"
    ));
    for name in ["manifest.json", "rejects.csv", "models/retail/current"] {
        assert!(folder.path().join(name).exists(), "{name}");
    }
}
