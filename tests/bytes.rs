//! The same table, configuration and seed give the same bytes: on any number of threads, in any
//! order of the rows, with and without ids.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use support::{Desk, customers, file, root, shuffled};

/// Trains on a file and gives the bundle.
fn bundle(desk: &Desk, history: &str, threads: &str, rules: &[&str]) -> Vec<u8> {
    let mut args = vec!["-q", "--threads", threads, "train", history, "--name", "m", "--promote"];
    args.extend(rules);
    desk.run(&args);
    desk.bundle("m")
}

#[test]
fn threads_and_row_order_leave_the_bundle_alone() {
    let lines = customers(3000);
    let desk = Desk::new();
    desk.write("a.csv", file(&lines));
    desk.write("b.csv", file(&shuffled(&lines, 5)));
    let rules = ["--churn", "left", "--value", "balance"];
    let first = bundle(&desk, "a.csv", "1", &rules);
    for (history, threads) in [("a.csv", "2"), ("a.csv", "8"), ("b.csv", "1"), ("b.csv", "3")] {
        assert!(bundle(&desk, history, threads, &rules) == first, "{history} on {threads} threads");
    }
}

#[test]
fn a_table_without_ids_is_told_apart_by_its_content() {
    let lines: Vec<String> =
        customers(2000).iter().map(|line| line.split_once(',').unwrap().1.to_owned()).collect();
    let desk = Desk::new();
    desk.write("a.csv", file(&lines));
    desk.write("b.csv", file(&shuffled(&lines, 9)));
    let rules = ["--churn", "left", "--learner", "tree"];
    assert!(bundle(&desk, "a.csv", "1", &rules) == bundle(&desk, "b.csv", "2", &rules));
}

#[test]
fn snapshots_and_both_models_too() {
    let history = std::fs::read_to_string(root().join("data/history.csv")).unwrap();
    let lines: Vec<String> = history.lines().map(str::to_owned).collect();
    let desk = Desk::new();
    desk.write("a.csv", file(&lines));
    desk.write("b.csv", file(&shuffled(&lines, 2)));
    let rules = [
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
    ];
    assert!(bundle(&desk, "a.csv", "1", &rules) == bundle(&desk, "b.csv", "8", &rules));
}

#[test]
fn feeds_are_equal_on_any_number_of_threads() {
    let lines = customers(3000);
    let desk = Desk::new();
    desk.write("a.csv", file(&lines));
    bundle(&desk, "a.csv", "2", &["--churn", "left"]);
    let feeds = ["1", "2", "8"].map(|threads| {
        desk.run(&["-q", "--threads", threads, "predict", "a.csv", "-o", "feed.csv"]);
        (desk.bytes("feed.csv"), desk.bytes("manifest.json"))
    });
    assert!(feeds[0] == feeds[1] && feeds[0] == feeds[2]);
}

/// Two processes on each of 1, 2 and 8 threads; `bench/rebuilds.sh` does it sixty times.
#[test]
fn bundle_feed_and_report_are_the_same_in_every_process() {
    let root = root();
    let (history, current) = (root.join("data/history.csv"), root.join("data/current.csv"));
    let (history, current) = (history.to_str().unwrap(), current.to_str().unwrap());
    let rules = ["--as-of", "as_of", "--churn", "churned_90d", "--learner", "tree"];
    let mut first = None;
    for threads in ["1", "1", "2", "2", "8", "8"] {
        let desk = Desk::new();
        let run = |args: &[&str]| desk.run(&[&["-q", "--threads", threads][..], args].concat());
        run(&[&["train", history, "--report", "report.html"][..], &rules].concat());
        run(&["predict", current, "-o", "feed.csv"]);
        run(&["evaluate", history, "--backtest", "1", "--report", "later.html"]);
        let files =
            ["feed.csv", "manifest.json", "report.html", "report.json", "later.html", "later.json"];
        let all = [vec![desk.bundle("retail")], files.map(|file| desk.bytes(file)).to_vec()];
        let all = all.concat();
        assert!(first.get_or_insert_with(|| all.clone()) == &all, "{threads} threads");
    }
}
