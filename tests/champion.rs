//! Champion and challenger: comparing, promoting, refusing, the history, and making a model again.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::fs;

use serde_json::Value;
use support::{Desk, root};

const RULES: [&str; 14] = [
    "--as-of",
    "as_of",
    "--churn",
    "churned_90d",
    "--reactivation",
    "reactivated_90d",
    "--dormant",
    "days_since_last_txn > 90",
    "--prospect",
    "days_since_last_txn IS NULL",
    "--value",
    "aum * 0.012 + fees_12m",
    "--learner",
    "logistic",
];

/// A desk with the synthetic bank on it.
fn bank() -> Desk {
    let desk = Desk::new();
    fs::copy(root().join("data/history.csv"), desk.path("history.csv")).unwrap();
    desk
}

/// Trains up to a day, and gives the version.
fn train(desk: &Desk, until: &str, more: &[&str]) -> String {
    let mut args = vec!["-q", "train", "history.csv", "--until", until, "--json"];
    args.extend(RULES);
    args.extend(more);
    let made: Value = serde_json::from_str(&desk.run(&args)).unwrap();
    made["saved"]["version"].as_str().unwrap().to_owned()
}

fn in_use(desk: &Desk) -> String {
    desk.read("models/retail/current").trim().to_owned()
}

fn history(desk: &Desk) -> Vec<Value> {
    let lines = desk.read("models/retail/history.jsonl");
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A model that has learned from age and gender only.
const POOR: [&str; 2] = [
    "--exclude",
    "branch,region,segment,tenure*,acq*,payroll*,aum*,fees*,demand*,product*,has*,days*,txn*,counter*,app*,salary*,compl*,contacts*,opened*,satis*,points*,risk*",
];

#[test]
fn the_first_version_is_in_use_and_a_worse_one_is_refused() {
    let desk = bank();
    let good = train(&desk, "2025-09-30", &[]);
    assert_eq!(in_use(&desk), good);
    let poor = train(&desk, "2025-09-30", &POOR);
    assert_eq!(in_use(&desk), good, "a challenger waits");
    let poor = format!("retail@{poor}");
    let told = desk.refused(1, &["models", "promote", &poor, "--on", "history.csv"]);
    assert!(told.contains("is worse than") && told.contains("beyond chance in AUC"), "{told}");
    assert_eq!(in_use(&desk), good);
    let events: Vec<_> = history(&desk).iter().map(|e| e["event"].clone()).collect();
    assert_eq!(events, ["trained", "trained", "refused"]);
    // By force, with a reason, which is kept.
    desk.refused(2, &["models", "promote", &poor]);
    let usage = desk.try_run(&["models", "promote", &poor, "--force"]);
    assert_eq!(usage.status.code(), Some(2), "a reason is needed");
    let forced =
        ["models", "promote", &poor, "--on", "history.csv", "--force", "--because", "test"];
    desk.run(&forced);
    assert_eq!(format!("retail@{}", in_use(&desk)), poor);
    let last = history(&desk).pop().unwrap();
    assert_eq!((&last["event"], &last["because"]), (&"promoted".into(), &"test".into()));
    assert_eq!(last["comparison"]["verdict"], "worse");
    assert_eq!(last["replaced"], good.as_str());
    // And the better one comes back without force.
    desk.run(&["models", "promote", &format!("retail@{good}"), "--on", "history.csv"]);
    assert_eq!(in_use(&desk), good);
    assert_eq!(history(&desk).pop().unwrap()["comparison"]["verdict"], "better");
    let told = desk.run(&["models", "history"]);
    assert!(told.contains("refused: worse than") && told.contains("by force: \"test\""), "{told}");
}

#[test]
fn a_comparison_has_every_figure_and_says_what_was_seen_before() {
    let desk = bank();
    let a = train(&desk, "2025-08-31", &[]);
    let b = train(&desk, "2025-09-30", &[]);
    let (a, b) = (format!("retail@{a}"), format!("retail@{b}"));
    let compare = ["models", "compare", &a, &b, "--on", "history.csv", "--json"];
    let found: Value = serde_json::from_str(&desk.run(&compare)).unwrap();
    let churn = &found["comparison"]["churn"];
    for figure in ["auc", "log_loss", "profit", "profit_at_depth"] {
        let (low, high) =
            (&churn[figure]["difference"]["low"], &churn[figure]["difference"]["high"]);
        assert!(low.as_f64().unwrap() < high.as_f64().unwrap(), "{figure}: {churn}");
        let value = churn[figure]["b"].as_f64().unwrap() - churn[figure]["a"].as_f64().unwrap();
        let told = churn[figure]["difference"]["value"].as_f64().unwrap();
        assert!((value - told).abs() < 1e-9, "{figure}: {value} {told}");
    }
    assert_eq!(churn["turnover"].as_array().unwrap().len(), 3);
    let notes = found["comparison"]["notes"].to_string();
    assert!(notes.contains("2025-09-30") && notes.contains("more than once"), "{notes}");
    let itself = desk.run(&["models", "compare", &a, &a, "--on", "history.csv"]);
    assert!(itself.contains("top 5 %: 0.0 %") && itself.contains("do not tell the two apart"));
    // Promotion counts later rows only.
    let dry = ["models", "promote", &b, "--on", "history.csv", "--dry-run", "--json"];
    let found: Value = serde_json::from_str(&desk.run(&dry)).unwrap();
    let days = &found["comparison"]["churn"]["snapshots"];
    assert_eq!(days, &serde_json::json!(["2025-10-31", "2025-11-30", "2025-12-31"]));
    assert_eq!((&found["promoted"], in_use(&desk)), (&false.into(), a[7..].to_owned()));
}

#[test]
fn what_no_later_row_can_decide_is_an_error() {
    let desk = bank();
    train(&desk, "2025-09-30", &[]);
    let all = train(&desk, "2025-12-31", &[]);
    let told =
        desk.refused(2, &["models", "promote", &format!("retail@{all}"), "--on", "history.csv"]);
    assert!(told.contains("--until"), "{told}");
    let told = desk.refused(2, &["models", "promote", "retail", "--on", "history.csv"]);
    assert!(told.contains("NAME@VERSION"), "{told}");
    let args = ["-q", "train", "history.csv", "--churn", "churned_90d", "--until", "2025-09-30"];
    assert!(desk.refused(2, &args).contains("--as-of"));
}

#[test]
fn verify_finds_a_damaged_history_and_strict_asks_what_is_open() {
    let desk = bank();
    let version = train(&desk, "2025-09-30", &[]);
    desk.run(&["models", "verify"]);
    let told = desk.refused(1, &["models", "verify", "--strict"]);
    assert!(told.contains("open"), "{told}");
    let card = format!("models/retail/{version}/card.md");
    desk.write(&card, desk.read(&card).replace("_to be filled in_", "agreed"));
    desk.run(&["models", "verify", "--strict"]);
    let poor = train(&desk, "2025-09-30", &POOR);
    desk.write("models/retail/current", format!("{poor}\n"));
    let listed = desk.try_run(&["models", "verify", "--strict", "--json"]);
    assert_eq!(listed.status.code(), Some(1));
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert!(listed.contains("does not say since when"), "{listed}");
    let lines = desk.read("models/retail/history.jsonl");
    desk.write("models/retail/history.jsonl", lines.replace("\"event\"", "\"Event\""));
    let told = desk.try_run(&["models", "verify"]);
    assert_eq!(told.status.code(), Some(1));
    assert!(String::from_utf8(told.stdout).unwrap().contains("history.jsonl:1"));
}

#[test]
fn a_model_is_made_again_to_the_byte_or_the_difference_is_named() {
    let desk = bank();
    let version = train(&desk, "2025-10-31", &["--seed", "7"]);
    let name = format!("retail@{version}");
    let told = desk.run(&["-q", "train", "history.csv", "--reproduce", &name]);
    assert!(told.contains("the same"), "{told}");
    // Another file: a row is gone.
    let history = desk.read("history.csv");
    let lines: Vec<&str> = history.lines().collect();
    desk.write("other.csv", lines[..lines.len() - 1].join("\n").replacen("563.15", "9563.15", 1));
    let args = ["-q", "train", "other.csv", "--reproduce", &name, "--json"];
    let output = desk.try_run(&args);
    assert_eq!(output.status.code(), Some(1));
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    let differs: Vec<_> = found["reproduced"]["differs"].as_array().unwrap().iter().collect();
    let what: Vec<_> = differs.iter().map(|d| d["what"].as_str().unwrap()).collect();
    assert!(what.contains(&"data") && !what.contains(&"config"), "{what:?}");
    // A configuration at hand that is another one is told, not used.
    desk.write("other.toml", "[train]\nfolds = 3\n");
    let output =
        desk.try_run(&["train", "history.csv", "--reproduce", &name, "--config", "other.toml"]);
    assert!(output.status.success());
    let talk = String::from_utf8(output.stderr).unwrap();
    assert!(talk.contains("train.folds = 5; the configuration at hand says 3"), "{talk}");
}
