//! What a data scientist would try on `train` first.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use reveille::{
    bundle::wire::to_bytes,
    config::Config,
    pipeline::{
        Silent,
        train::{Strictness, train as train_table},
    },
    sources::{Hold, Input},
};
use support::{Desk, customers, file, shuffled};

/// The JSON of a training run.
fn train(desk: &Desk, args: &[&str]) -> serde_json::Value {
    let mut all = vec!["-q", "train"];
    all.extend(args);
    all.push("--json");
    serde_json::from_str(&desk.run(&all)).unwrap()
}

fn auc(run: &serde_json::Value, learner: &str) -> f64 {
    let text = run["models"]["churn"]["learners"][learner].to_string();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    find(&value, "auc").unwrap_or_else(|| panic!("no AUC in {text}"))
}

/// The first figure of this name, wherever it stands.
fn find(value: &serde_json::Value, name: &str) -> Option<f64> {
    match value {
        serde_json::Value::Object(map) => match map.get(name) {
            Some(found) => found.as_f64().or_else(|| found["value"].as_f64()),
            None => map.values().find_map(|inner| find(inner, name)),
        },
        serde_json::Value::Array(items) => items.iter().find_map(|inner| find(inner, name)),
        _ => None,
    }
}

#[test]
fn outcomes_may_be_words_numbers_or_comparisons() {
    let lines = customers(1500);
    let desk = Desk::new();
    desk.write("numbers.csv", file(&lines));
    let with = |yes: &str, no: &str| -> Vec<String> {
        let mut other = vec![lines[0].clone()];
        other.extend(lines[1..].iter().map(|line| {
            let (rest, left) = line.rsplit_once(',').unwrap();
            format!("{rest},{}", if left == "1" { yes } else { no })
        }));
        other
    };
    desk.write("words.csv", file(&with("Yes", "No")));
    desk.write("chinese.csv", file(&with("是", "否")));
    desk.write("signed.csv", file(&with("-1", "1")));
    let plain = auc(&train(&desk, &["numbers.csv", "--churn", "left"]), "logistic");
    assert!(plain > 0.7, "{plain}");
    for (file, rule) in
        [("words.csv", "left"), ("chinese.csv", "left"), ("signed.csv", "left = -1")]
    {
        let other = auc(&train(&desk, &[file, "--churn", rule]), "logistic");
        assert!((other - plain).abs() < 1e-12, "{file}: {other} and {plain}");
    }
    let talk = desk.refused(2, &["-q", "train", "signed.csv", "--churn", "left"]);
    assert!(talk.contains("left") && talk.contains("hint:"), "{talk}");
}

#[test]
fn a_file_sorted_by_outcome_with_a_running_id_is_no_triumph() {
    let mut rows = customers(1500)[1..].to_vec();
    rows.sort_by_key(|line| line.rsplit_once(',').unwrap().1.to_owned());
    let mut lines = vec!["no,age,balance,city,products,left".to_owned()];
    lines.extend(
        rows.iter()
            .enumerate()
            .map(|(at, line)| format!("{at},{}", line.split_once(',').unwrap().1)),
    );
    let desk = Desk::new();
    desk.write("sorted.csv", file(&lines));
    let run = train(&desk, &["sorted.csv", "--churn", "left"]);
    for learner in ["logistic", "tree", "boost"] {
        let auc = auc(&run, learner);
        assert!((0.6..0.9).contains(&auc), "{learner}: {auc}");
    }
}

#[test]
fn a_copy_of_the_outcome_is_left_out_and_stops_a_strict_run() {
    let mut lines = vec![format!("complaint,{}", customers(0)[0])];
    for (at, line) in customers(1500)[1..].iter().enumerate() {
        let left = line.ends_with('1') != (at % 400 == 7);
        lines.push(format!("{},{line}", u8::from(left)));
    }
    let desk = Desk::new();
    desk.write("leaky.csv", file(&lines));
    let run = train(&desk, &["leaky.csv", "--churn", "left"]);
    assert!(auc(&run, "tree") < 0.9);
    let talk = desk.refused(1, &["-q", "train", "leaky.csv", "--churn", "left", "--strict"]);
    assert!(talk.contains("complaint"), "{talk}");
    desk.refused(1, &["-q", "check", "leaky.csv", "--churn", "left"]);
}

#[test]
fn both_models_come_where_both_outcomes_do() {
    let desk = Desk::new();
    let history = std::fs::read(support::root().join("data/history.csv")).unwrap();
    desk.write("history.csv", history);
    let rules = [
        "history.csv",
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
    ];
    let run = train(&desk, &rules);
    assert!(run["models"]["churn"].is_object() && run["models"]["reactivation"].is_object());
    let kinds = run["models"]["churn"].to_string();
    assert!(kinds.contains("later_data") && kinds.contains("folds"), "{kinds}");
    let output = desk.try_run(&["train", "history.csv", "--churn", "churned_90d", "--dry-run"]);
    assert!(String::from_utf8(output.stderr).unwrap().contains("only the churn model is made"));
}

#[test]
fn a_table_may_come_through_a_pipe_and_in_any_encoding() {
    let lines = customers(800);
    let desk = Desk::new();
    desk.write("utf8.csv", file(&lines));
    let text = file(&lines);
    desk.write("gbk.csv", encoding_rs::GB18030.encode(&text).0);
    let mut utf16 = vec![0xff, 0xfe];
    utf16.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    desk.write("utf16.csv", utf16);
    let versions: Vec<String> = ["utf8.csv", "gbk.csv", "utf16.csv"]
        .iter()
        .map(|file| train(&desk, &[file, "--churn", "left"])["saved"]["version"].to_string())
        .collect();
    assert!(versions.iter().all(|version| *version == versions[0]), "{versions:?}");
}

#[test]
fn a_pipe_gives_the_model_of_its_file() {
    let desk = Desk::new();
    let text = file(&customers(800));
    desk.write("history.csv", &text);
    let of_file = train(&desk, &["history.csv", "--churn", "left"])["saved"]["version"].to_string();
    let args = ["-q", "train", "-", "--churn", "left", "--json"];
    let piped: serde_json::Value =
        serde_json::from_str(&desk.run_with(text.as_bytes(), &args)).unwrap();
    assert_eq!(piped["saved"]["version"].to_string(), of_file);
}

#[test]
fn a_table_that_is_read_twice_gives_the_model_of_one_that_is_held() {
    let desk = Desk::new();
    let history = std::fs::read(support::root().join("data/history.csv")).unwrap();
    desk.write("history.csv", history);
    let input = Input::Path(desk.path("history.csv"));
    let bundle = |hold: Hold| {
        let mut config = Config::default();
        config.table.as_of = Some("as_of".to_owned());
        config.rules.churn = Some("churned_90d".to_owned());
        config.rules.reactivation = Some("reactivated_90d".to_owned());
        config.rules.dormant = Some("days_since_last_txn > 90".to_owned());
        config.rules.value = Some("aum * 0.012 + fees_12m".to_owned());
        config.set("train.learner=logistic").unwrap();
        config.read.hold = hold;
        let trained = train_table(&input, &config, Strictness::LeaveOut, None, &Silent).unwrap();
        (to_bytes(&trained.bundle).unwrap(), trained.findings, trained.rejects)
    };
    assert!(bundle(Hold::InMemory) == bundle(Hold::InFile));
}

#[test]
fn evaluation_of_the_training_table_agrees_with_its_outcomes() {
    let lines = customers(1500);
    let desk = Desk::new();
    desk.write("history.csv", file(&lines));
    desk.run(&["-q", "train", "history.csv", "--churn", "left"]);
    let text = desk.run(&["-q", "evaluate", "history.csv", "--json"]);
    let whole: serde_json::Value = serde_json::from_str(&text).unwrap();
    let metrics = &whole["models"]["churn"];
    assert_eq!(metrics["rows"], 1500);
    let events = lines[1..].iter().filter(|line| line.ends_with(",1")).count();
    assert_eq!(metrics["events"], events);
    assert!(metrics["auc"]["value"].as_f64().unwrap() > 0.7);
}

#[test]
fn a_check_shows_which_snapshots_are_ripe() {
    let desk = Desk::new();
    let history = std::fs::read(support::root().join("data/history.csv")).unwrap();
    desk.write("history.csv", history);
    let text = desk.run(&[
        "-q",
        "check",
        "history.csv",
        "--as-of",
        "as_of",
        "--churn",
        "churned_90d",
        "--json",
    ]);
    let whole: serde_json::Value = serde_json::from_str(&text).unwrap();
    let snapshots = whole["snapshots"].as_array().unwrap();
    let roles: Vec<&str> =
        snapshots.iter().map(|snapshot| snapshot["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["trainable", "trainable", "trainable", "purged", "purged", "test"]);
}

#[test]
fn rows_set_aside_are_listed_even_where_the_run_stops() {
    let mut lines = customers(500);
    for line in lines.iter_mut().skip(1).take(20) {
        line.push_str(",one,too,many");
    }
    let desk = Desk::new();
    desk.write("ragged.csv", file(&lines));
    let talk = desk.refused(1, &["-q", "train", "ragged.csv", "--churn", "left"]);
    assert!(talk.contains("20 of 500 rows"), "{talk}");
    assert_eq!(support::column(&desk.read("rejects.csv"), "line").len(), 20);
    desk.run(&[
        "-q",
        "train",
        "ragged.csv",
        "--churn",
        "left",
        "--set",
        "read.max_reject_share=0.1",
    ]);
}

#[test]
fn every_learner_can_be_asked_for_and_gives_the_same_bytes_again() {
    let lines = customers(1200);
    let desk = Desk::new();
    desk.write("a.csv", file(&lines));
    desk.write("b.csv", file(&shuffled(&lines, 3)));
    for learner in ["logistic", "tree", "boost", "blend"] {
        let bundle = |file: &str, threads: &str| {
            let args = ["-q", "--threads", threads, "train", file, "--churn", "left"];
            desk.run(&[&args[..], &["--learner", learner, "--name", learner, "--json"]].concat());
            desk.bundle(learner)
        };
        let first = bundle("a.csv", "1");
        assert!(bundle("a.csv", "2") == first, "{learner} on 2 threads");
        assert!(bundle("b.csv", "8") == first, "{learner}, shuffled, on 8 threads");
    }
}

#[test]
fn the_learner_that_was_asked_for_is_kept() {
    let desk = Desk::new();
    desk.write("history.csv", file(&customers(1200)));
    for (learner, shown) in [("boost", 1), ("blend", 4), ("tree", 1), ("auto", 4)] {
        let args = ["history.csv", "--churn", "left", "--learner", learner, "--budget", "fast"];
        let run = train(&desk, &[&args[..], &["--dry-run"]].concat());
        let churn = &run["models"]["churn"];
        assert_eq!(churn["learners"].as_object().unwrap().len(), shown, "{learner}");
        assert!(learner == "auto" || churn["chosen"] == learner, "{learner}");
    }
    let output = desk.try_run(&["train", "history.csv", "--churn", "left", "--learner", "forest"]);
    let talk = String::from_utf8(output.stderr).unwrap();
    assert!(talk.contains("auto, logistic, tree, boost and blend"), "{talk}");
}

#[test]
fn the_blend_is_no_worse_than_its_best_part() {
    let desk = Desk::new();
    desk.write("history.csv", file(&customers(3000)));
    let run = train(&desk, &["history.csv", "--churn", "left", "--dry-run"]);
    let learners = &run["models"]["churn"]["learners"];
    let loss = |learner: &str| learners[learner][0]["metrics"]["log_loss"].as_f64().unwrap();
    let best = ["logistic", "tree", "boost"].map(loss).into_iter().fold(f64::INFINITY, f64::min);
    assert!(loss("blend") <= best + 0.003, "{learners}");
}

#[test]
fn twenty_events_are_enough_for_every_learner() {
    let (mut lines, mut events) = (Vec::new(), 0);
    for line in customers(1500) {
        events += usize::from(line.ends_with(",1"));
        if !line.ends_with(",1") || events <= 20 {
            lines.push(line);
        }
    }
    let desk = Desk::new();
    for (name, rows) in [("many.csv", lines.len()), ("few.csv", 200)] {
        // The 20 events stand early in the file.
        desk.write(name, file(&lines[..rows]));
        for learner in ["auto", "logistic", "tree", "boost", "blend"] {
            desk.run(&["-q", "train", name, "--churn", "left", "--learner", learner, "--dry-run"]);
        }
    }
}
