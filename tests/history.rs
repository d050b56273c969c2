//! Raw history through whole commands: a table of features, the models it gives, and learned dormancy.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::BTreeMap;

use support::{Desk, table};

/// A small bank with its dirt.
fn bank() -> Desk {
    let desk = Desk::new();
    desk.run(&["synth", "--raw", "--customers", "300", "--months", "8", "--out", "raw", "-q"]);
    desk
}

fn header(table: &str) -> Vec<&str> {
    table.lines().next().unwrap().split(',').collect()
}

/// The only positions of some columns.
fn places<const N: usize>(header: &[&str], names: [&str; N]) -> [usize; N] {
    names.map(|name| header.iter().position(|column| *column == name).expect(name))
}

#[test]
fn from_raw_files_to_a_feed_without_a_flag_about_columns() {
    let desk = bank();
    let history = ["features", "--history", "raw", "--every", "month", "--to", "2025-12-31"];
    desk.run(&[&history[..], &["--labelled", "-o", "history.csv", "-q"]].concat());
    desk.run(&["features", "--history", "raw", "--as-of", "2026-03-31", "-o", "now.csv", "-q"]);

    let output = desk.try_run(&["train", "history.csv", "--learner", "tree", "--json"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("as with --as-of as_of --churn churned_90d"), "{said}");
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let used = told.to_string();
    assert!(!used.contains("reactivated_sustained"), "an outcome became a feature: {used}");

    desk.run(&["predict", "now.csv", "-o", "feed.csv", "-q"]);
    let (now, feed) = (desk.read("now.csv"), desk.read("feed.csv"));
    assert_eq!(feed.lines().count(), now.lines().count(), "a row for each customer");
    let [dormant, stage] = places(&header(&now), ["dormant", "stage"]);
    let [told] = places(&header(&feed), ["state"]);
    for (row, scored) in now.lines().zip(feed.lines()).skip(1) {
        let row: Vec<&str> = row.split(',').collect();
        let expected = match (row[stage], row[dormant]) {
            ("prospect", _) => "prospect",
            (_, "1") => "dormant",
            _ => "active",
        };
        assert_eq!(scored.split(',').nth(told).unwrap(), expected, "{row:?}");
    }
}

#[test]
fn the_same_table_from_parquet_and_on_any_number_of_threads() {
    let desk = bank();
    let base = ["features", "--history", "raw", "--as-of", "2025-09-30,2025-12-31", "-q"];
    for (threads, output) in [("1", "one.csv"), ("3", "three.csv"), ("2", "two.parquet")] {
        desk.run(&[&base[..], &["--threads", threads, "-o", output]].concat());
    }
    assert!(desk.bytes("one.csv") == desk.bytes("three.csv"));
    for table in ["one.csv", "two.parquet"] {
        let out = format!("models-{table}");
        let flags = ["--learner", "tree", "--models", &out, "--json", "--dry-run"];
        desk.run(&[&["train", table], &flags[..]].concat());
    }
}

#[test]
fn dirt_is_counted_and_rows_that_cannot_be_read_are_set_aside() {
    let desk = bank();
    let made: usize = desk
        .read("raw/truth_dirt.csv")
        .lines()
        .skip(1)
        .filter(|line| line.starts_with("unparseable") || line.starts_with("missing_id"))
        .map(|line| line.split(',').find_map(|cell| cell.parse::<usize>().ok()).unwrap())
        .sum();
    let output =
        desk.try_run(&["features", "--history", "raw", "--as-of", "2026-03-31", "-o", "t.csv"]);
    assert!(output.status.success());
    let rejects = desk.read("t.rejects.csv");
    assert!(made > 0 && rejects.lines().count() > made, "{made} planted\n{rejects}");
    let said = String::from_utf8(output.stderr).unwrap();
    for word in ["another currency", "set aside"] {
        assert!(said.contains(word), "{word}: {said}");
    }
    // No cell of a customer is told.
    assert!(!rejects.contains("6 6O.00") && !said.contains("6 6O.00"), "{rejects}");
}

#[test]
fn an_outcome_that_is_not_known_yet_is_refused_not_guessed() {
    let desk = bank();
    let late = ["features", "--history", "raw", "--as-of", "2026-03-31", "--labelled", "-q"];
    let output = desk.try_run(&late);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success(), "{said}");
    assert!(said.contains("2026-03-31") && said.contains("hint"), "{said}");
    assert!(!desk.path("features.parquet").exists());
}

#[test]
fn what_is_added_after_the_as_of_date_changes_no_feature() {
    let desk = bank();
    let run = |name: &str| {
        desk.run(&["features", "--history", "raw", "--as-of", "2025-10-31", "-o", name, "-q"]);
        desk.read(name)
    };
    let before = run("before.csv");
    let mut raw = desk.read("raw/transactions.csv");
    let columns: Vec<&str> = header(&raw);
    let [id, time] = places(&columns, ["cust_id", "event_ts"]);
    let load = columns.iter().position(|column| *column == "load_ts");
    let later: Vec<String> = raw
        .lines()
        .skip(1)
        .step_by(40)
        .map(|line| {
            let mut cells: Vec<&str> = line.split(',').collect();
            cells[time] = "2025-11-01 09:00:00";
            if let Some(load) = load {
                cells[load] = "2025-11-01";
            }
            assert!(!cells[id].is_empty() || cells.len() == columns.len());
            cells.join(",")
        })
        .collect();
    raw.push_str(&later.join("\n"));
    raw.push('\n');
    desk.write("raw/transactions.csv", raw);
    let after = run("after.csv");
    let known = header(&before).iter().take_while(|c| !c.starts_with("churned_")).count();
    for (a, b) in before.lines().zip(after.lines()) {
        let cut = |line: &str| line.split(',').take(known).collect::<Vec<_>>().join(",");
        assert!(cut(a) == cut(b), "{a}\n{b}");
    }
    assert!(before != after, "what became of them has not changed");
}

#[test]
fn dormancy_is_learned_and_its_rules_can_be_used() {
    let desk = Desk::new();
    desk.run(&["synth", "--raw", "--customers", "1500", "--months", "12", "--out", "raw", "-q"]);
    std::fs::remove_file(desk.path("raw/org_thresholds.csv")).unwrap();
    let learn = ["dormancy", "--history", "raw", "--min-customers", "150", "-q"];
    desk.write("reveille.toml", desk.run(&[&learn[..], &["--rules"]].concat()));
    let told: serde_json::Value =
        serde_json::from_str(&desk.run(&[&learn[..], &["--json"]].concat())).unwrap();
    let groups = told["groups"].as_array().unwrap();
    let days = |group: &serde_json::Value| group["days"].to_string();
    let bank = groups.iter().find(|group| group["level"].is_null()).map(days).unwrap();
    let learned: BTreeMap<&str, String> =
        groups.iter().map(|group| (group["key"].as_str().unwrap(), days(group))).collect();
    assert!(learned.len() > 4, "{learned:?}");
    for group in groups {
        let [low, days, high] = ["days_low", "days", "days_high"].map(|key| group[key].as_i64());
        assert!(low <= days && (high.is_none() || days <= high), "{low:?} {days:?} {high:?}");
    }

    // The page tells the same, and its figures are those of --json.
    for (lang, words) in [("en", "Chance of a return"), ("zh", "恢复概率")] {
        desk.run(&[&learn[..], &["--report", "page.html", "--lang", lang]].concat());
        let page = desk.read("page.html");
        assert!(page.contains(words) && page.contains("<svg") && !page.contains("<script"));
        assert!(learned.keys().all(|branch| page.contains(branch)));
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&desk.read("page.json")).unwrap(),
            told
        );
    }

    desk.run(&["features", "--history", "raw", "--as-of", "2025-12-31", "-o", "now.csv", "-q"]);
    let names = ["branch", "dormancy_threshold_days", "quiet_days", "dormant", "stage"];
    let mut asleep = 0;
    for [branch, threshold, quiet, dormant, stage] in table(&desk.path("."), "now.csv", names) {
        assert_eq!(&threshold, learned.get(branch.as_str()).unwrap_or(&bank), "{branch}");
        // Who has never dealt with the bank cannot have fallen asleep.
        if let Some(quiet) = quiet.parse::<u32>().ok().filter(|_| stage != "prospect") {
            let beyond = quiet > threshold.parse().unwrap();
            assert_eq!(beyond, dormant == "1", "{branch}, quiet for {quiet} of {threshold} days");
            asleep += u32::from(beyond);
        }
    }
    assert!(asleep > 50, "{asleep} asleep");
}
