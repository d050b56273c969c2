//! What a bank's people ask a model: the report, the figures by group, and why one customer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use serde_json::Value;
use support::{Desk, column, customers, file, root};

const RULES: [&str; 12] = [
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

/// A model of the sample bank with its report.
fn bank(extra: &[&str]) -> Desk {
    let desk = Desk::new();
    let history = root().join("data/history.csv");
    let mut args = vec!["-q", "train", history.to_str().unwrap(), "--learner", "tree"];
    args.extend(RULES);
    args.extend(extra);
    desk.run(&args);
    desk
}

/// Every tag that opens is closed, in order, but for those that stand alone.
fn balanced(html: &str) {
    let mut open: Vec<&str> = Vec::new();
    for tag in html.split('<').skip(1) {
        let tag = &tag[..tag.find('>').expect("a tag that ends")];
        let name = tag.trim_start_matches('/').split([' ', '/', '>']).next().unwrap();
        if let Some(closed) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(closed.trim()), "{closed}");
        } else if !tag.ends_with('/') && !["!doctype", "meta"].contains(&name) {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

fn is_self_contained(html: &str) {
    assert!(html.contains("default-src 'none'; style-src 'unsafe-inline'"));
    for wrong in ["<script", "<img", "<link", "url(", "@import", " on", "javascript:", "<iframe"] {
        let found = match wrong {
            " on" => html.split('<').any(|tag| {
                let tag = tag.split('>').next().unwrap_or_default();
                ["onload=", "onerror=", "onclick="].iter().any(|on| tag.contains(on))
            }),
            _ => html.contains(wrong),
        };
        assert!(!found, "{wrong}");
    }
    let addresses = html.matches("http").count() - html.matches("http-equiv").count();
    assert_eq!(addresses, html.matches("http://www.w3.org/2000/svg").count());
}

#[test]
fn the_report_of_a_training_run_is_one_page_with_its_figures_beside_it() {
    let desk = bank(&["--report", "report.html"]);
    let html = desk.read("report.html");
    is_self_contained(&html);
    balanced(&html);
    for words in ["Is the model good?", "Whom do we contact?", "What does it bring?"] {
        assert!(html.find(words).unwrap() < html.find("Where the customers stand").unwrap());
    }
    let json = desk.json("report.json");
    assert_eq!(json["reveille"], "report");
    assert_eq!(json["evidence"]["measured_on"]["kind"], "held_out");
    let churn = &json["evidence"]["churn"];
    assert_eq!(churn["split"]["kind"], "later_data");
    // The figures are those that the model carries of the same rows.
    let validations = json["learners"]["churn"]["validations"].as_array().unwrap();
    let same = validations.iter().find(|v| v["split"]["kind"] == "later_data").unwrap();
    for figure in ["auc", "log_loss", "brier", "ks", "pr_auc", "empc", "calibration_slope"] {
        assert_eq!(churn["figures"][figure], same["metrics"][figure], "{figure}");
    }
    let auc = churn["figures"]["auc"]["value"].as_f64().unwrap();
    assert!(html.contains(&format!("{auc:.3}")));
    let known: u64 = json["evidence"]["quadrants"]
        .as_array()
        .unwrap()
        .iter()
        .map(|quadrant| quadrant["known"].as_u64().unwrap())
        .sum();
    let rows = |model: &str| json["evidence"][model]["figures"]["rows"].as_u64().unwrap();
    assert_eq!(known, rows("churn") + rows("reactivation"));
}

#[test]
fn the_same_report_on_any_number_of_threads_and_in_both_languages() {
    let desk = bank(&[]);
    let history = root().join("data/history.csv");
    let history = history.to_str().unwrap();
    let run = |threads: &str, lang: &str, to: &str| {
        let fair = "evaluate.fairness=[\"gender\"]";
        desk.run(&[
            "-q",
            "--threads",
            threads,
            "evaluate",
            history,
            "--by",
            "region",
            "--set",
            fair,
            "--report",
            to,
            "--lang",
            lang,
        ]);
    };
    run("1", "en", "one.html");
    run("3", "en", "three.html");
    run("2", "zh", "zh.html");
    assert_eq!(desk.bytes("one.html"), desk.bytes("three.html"));
    assert_eq!(desk.bytes("one.json"), desk.bytes("zh.json"));
    let chinese = desk.read("zh.html");
    balanced(&chinese);
    is_self_contained(&chinese);
    assert!(chinese.contains("模型好不好？") && chinese.contains("lang=\"zh-CN\""));
    // Nothing was left in English but names.
    for words in ["customers", "Where", "probability", "caught", "missing"] {
        assert!(!chinese.contains(words), "{words}");
    }
    let figures = |html: &str| {
        let cells = html.split("<td class=\"n\">").skip(1);
        let told = cells.map(|cell| cell.split('<').next().unwrap().to_owned());
        told.filter(|cell| cell.contains('.') && cell.contains('%')).collect::<Vec<_>>()
    };
    assert_eq!(figures(&desk.read("one.html")), figures(&chinese));
}

/// Shares counted from the feed of the same customers, row by row.
#[test]
fn groups_fairness_and_misses_agree_with_a_count_by_hand() {
    let desk = bank(&[]);
    let history = root().join("data/history.csv");
    let table = std::fs::read_to_string(&history).unwrap();
    let fair = "evaluate.fairness=[\"gender\"]";
    let args =
        ["-q", "evaluate", history.to_str().unwrap(), "--by", "region", "--set", fair, "--json"];
    let json: Value = serde_json::from_str(&desk.run(&args)).unwrap();
    desk.run(&["-q", "predict", history.to_str().unwrap(), "-o", "feed.csv", "--reasons", "none"]);
    let feed = desk.read("feed.csv");
    let (state, band) = (column(&feed, "state"), column(&feed, "risk_band"));
    let probability = column(&feed, "churn_probability");
    let value = column(&feed, "value");
    let (left, gender) = (column(&table, "churned_90d"), column(&table, "gender"));
    let region = column(&table, "region");
    let judged: Vec<usize> =
        (0..state.len()).filter(|&r| state[r] == "active" && !left[r].is_empty()).collect();
    let churn = &json["evidence"]["churn"];
    assert_eq!(churn["figures"]["rows"], judged.len());
    let near = |found: &Value, wanted: f64| {
        let found = found.as_f64().unwrap();
        assert!((found - wanted).abs() < 1e-9, "{found} is not {wanted}");
    };
    let groups = churn["fairness"][0]["groups"].as_array().unwrap();
    let rate = |of: &str| {
        let rows: Vec<_> = judged.iter().filter(|&&r| gender[r] == of).collect();
        rows.iter().filter(|&&&r| band[r] == "high").count() as f64 / rows.len() as f64
    };
    let most = groups
        .iter()
        .filter(|group| group["rows"].as_u64().unwrap() >= 30)
        .map(|group| group["selected"]["value"].as_f64().unwrap())
        .fold(0.0, f64::max);
    for group in groups.iter().filter(|group| group["group"]["kind"] == "value") {
        let own = rate(group["group"]["value"].as_str().unwrap());
        near(&group["selected"]["value"], own);
        near(&group["selection_ratio"]["value"], own / most);
    }
    let slices = churn["slices"].as_array().unwrap();
    let by_region = slices.iter().find(|slices| slices["column"] == "region").unwrap();
    for group in by_region["groups"].as_array().unwrap() {
        let of = group["group"]["value"].as_str().unwrap();
        let rows: Vec<_> = judged.iter().filter(|&&r| region[r] == of).collect();
        assert_eq!(group["rows"], rows.len());
        let events = rows.iter().filter(|&&&r| left[r] == "1").count();
        assert_eq!(group["events"], events);
        let mean = rows.iter().map(|&&r| probability[r].parse::<f64>().unwrap()).sum::<f64>()
            / rows.len() as f64;
        // The feed tells six digits.
        assert!((group["mean_probability"].as_f64().unwrap() - mean).abs() < 1e-5);
    }
    let missed: Vec<_> =
        judged.iter().filter(|&&r| left[r] == "1" && band[r] == "low").copied().collect();
    assert_eq!(churn["missed"]["missed"], missed.len());
    let lost: f64 = missed.iter().filter_map(|&r| value[r].parse::<f64>().ok()).sum();
    let told = churn["missed"]["missed_value"].as_f64().unwrap();
    assert!((told - lost).abs() < 1e-4 * lost, "{told} is not {lost}");
    let causes = churn["missed"]["causes"].as_array().unwrap();
    let counted: u64 = causes.iter().map(|cause| cause["events"].as_u64().unwrap()).sum();
    assert_eq!(counted as usize, missed.len());
}

#[test]
fn nothing_in_a_table_becomes_markup() {
    let evil = "\"<script>alert(1)</script><img src=x onerror=alert(1)>\"";
    let lines: Vec<String> = customers(1500)
        .iter()
        .map(|line| line.replace("city", "\"</style><script>\"").replace("Gent", evil))
        .collect();
    let desk = Desk::new();
    desk.write("history.csv", file(&lines));
    desk.run(&[
        "-q",
        "train",
        "history.csv",
        "--churn",
        "left",
        "--learner",
        "tree",
        "--report",
        "t.html",
    ]);
    desk.run(&["-q", "evaluate", "history.csv", "--by", "</style><script>", "--report", "e.html"]);
    for name in ["t.html", "e.html"] {
        let html = desk.read(name);
        is_self_contained(&html);
        balanced(&html);
        assert!(html.contains("&lt;script&gt;alert(1)"));
    }
    desk.run(&["-q", "explain", "00000000", "--data", "history.csv", "--svg", "why.svg"]);
    let svg = desk.read("why.svg");
    balanced(&svg);
    assert!(!svg.contains("<script") && !svg.contains("<img"));
}

#[test]
fn what_a_report_cannot_be_made_of_is_refused() {
    let lines = customers(300);
    let desk = Desk::new();
    desk.write("history.csv", file(&lines));
    desk.run(&["-q", "train", "history.csv", "--churn", "left", "--learner", "tree"]);
    let talk = desk.refused(2, &["-q", "evaluate", "history.csv", "--by", "citty"]);
    assert!(talk.contains("did you mean city?"), "{talk}");
    let talk = desk.refused(2, &["-q", "evaluate", "history.csv", "--report", "figures.json"]);
    assert!(talk.contains(".html"), "{talk}");
    assert!(!desk.path("figures.json").exists());
    let talk = desk.refused(2, &["-q", "explain", "nobody", "--data", "history.csv"]);
    assert!(talk.contains("no such customer") && !talk.contains("nobody"), "{talk}");
}

#[test]
fn an_explanation_adds_up_and_its_changes_hold() {
    let lines = customers(1500);
    let desk = Desk::new();
    desk.write("history.csv", file(&lines));
    desk.run(&["-q", "train", "history.csv", "--churn", "left", "--learner", "logistic"]);
    desk.run(&["-q", "predict", "history.csv", "-o", "feed.csv"]);
    let feed = desk.read("feed.csv");
    let (ids, probabilities) = (column(&feed, "customer_id"), column(&feed, "churn_probability"));
    for at in [0, 7, 100, 640] {
        let why = desk.run(&["-q", "explain", &ids[at], "--data", "history.csv", "--json"]);
        let why: Value = serde_json::from_str(&why).unwrap();
        let score = &why["explanation"]["score"];
        let number = |value: &Value| value.as_f64().unwrap();
        let sum: f64 = score["contributions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|each| number(&each["contribution"]))
            .sum();
        assert!((number(&score["base_logit"]) + sum - number(&score["logit"])).abs() < 1e-9);
        let p = number(&score["probability"]);
        assert!((p - probabilities[at].parse::<f64>().unwrap()).abs() < 1e-5);
        let cut = number(&score["risk_cut"]);
        for change in score["changes"].as_array().unwrap() {
            assert_ne!(number(&change["probability"]) >= cut, p >= cut);
            assert_ne!(change["column"], "age");
            // The change is made in the table, and the customer scored again.
            let (name, to) = (change["column"].as_str().unwrap(), &change["to"]);
            let cell = match to["kind"].as_str().unwrap() {
                "level" => to["level"].as_str().unwrap().to_owned(),
                "range" => to["from"]
                    .as_f64()
                    .or(to["below"].as_f64().map(|b| b - 1.0))
                    .unwrap()
                    .to_string(),
                _ => continue,
            };
            let place = lines[0].split(',').position(|header| header == name).unwrap();
            let mut cells: Vec<&str> = lines[at + 1].split(',').collect();
            cells[place] = &cell;
            desk.write("changed.csv", format!("{}\n{}\n", lines[0], cells.join(",")));
            let run = ["-q", "predict", "changed.csv", "-o", "changed-feed.csv"];
            desk.run(&run);
            let then: f64 =
                column(&desk.read("changed-feed.csv"), "churn_probability")[0].parse().unwrap();
            assert!((then - number(&change["probability"])).abs() < 1e-5, "{name}");
        }
    }
    let chinese = desk.run(&["-q", "explain", &ids[7], "--data", "history.csv", "--lang", "zh"]);
    assert!(chinese.contains("流失概率") && chinese.contains("起点"), "{chinese}");
}

#[test]
fn the_report_tells_drift_and_takes_in_dormancy() {
    let lines = customers(1500);
    let desk = Desk::new();
    desk.write("history.csv", file(&lines));
    desk.run(&["-q", "train", "history.csv", "--churn", "left", "--learner", "tree"]);
    // Whoever was 40 years old or younger has gone from the table.
    let place = lines[0].split(',').position(|header| header == "age").unwrap();
    let is_old = |line: &&String| {
        let age = line.split(',').nth(place).and_then(|age| age.parse::<f64>().ok());
        age.is_none_or(|age| age > 40.0)
    };
    let old: Vec<String> =
        lines.iter().take(1).chain(lines[1..].iter().filter(is_old)).cloned().collect();
    desk.write("old.csv", file(&old));
    let raw = ["synth", "--raw", "--customers", "700", "--months", "6", "--out", "raw", "-q"];
    desk.run(&raw);
    let learned = desk.run(&["-q", "dormancy", "--history", "raw", "--json"]);
    desk.write("dormancy.json", learned.clone());
    let evaluate = ["-q", "evaluate", "old.csv", "--report", "r.html"];
    desk.run(&[&evaluate[..], &["--dormancy", "dormancy.json"]].concat());
    let page = desk.read("r.html");
    assert!(page.contains("id=\"drift\"") && page.contains("id=\"dormancy\""));
    is_self_contained(&page);
    balanced(&page);
    let figures: Value = serde_json::from_str(&desk.read("r.json")).unwrap();
    assert_eq!(figures["evidence"]["drift"][0]["name"], "age");
    assert!(figures["evidence"]["drift"][0]["psi"].as_f64().unwrap() > 0.25);
    let learned: Value = serde_json::from_str(&learned).unwrap();
    assert_eq!(figures["evidence"]["dormancy"]["groups"], learned["groups"]);
    // Figures of something else are refused, before anything is measured.
    let talk = desk.refused(2, &[&evaluate[..], &["--dormancy", "r.json"]].concat());
    assert!(talk.contains("dormancy --history") && talk.contains("r.json"), "{talk}");
}

#[test]
fn losses_that_no_contact_could_reach_are_told_with_their_cause() {
    let lines = customers(1500);
    let desk = Desk::new();
    desk.write("history.csv", file(&lines));
    desk.run(&["-q", "train", "history.csv", "--churn", "left", "--learner", "tree"]);
    // A feed without the first third of the customers, and with a tenth of the others suppressed.
    desk.run(&["-q", "predict", "history.csv", "-o", "all.csv"]);
    let feed = desk.read("all.csv");
    let mut worked: Vec<String> = feed.lines().take(1).map(str::to_owned).collect();
    for (row, line) in feed.lines().skip(1).enumerate().skip(500) {
        let mut cells: Vec<&str> = line.split(',').collect();
        // suppress_flag, suppress_reason, previous_quadrant.
        let place = cells.len() - 3;
        cells[place] = if row % 10 == 0 { "1" } else { "0" };
        worked.push(cells.join(","));
    }
    desk.write("worked.csv", file(&worked));
    let evaluate = ["-q", "evaluate", "history.csv", "--report", "r.html"];
    let told = |extra: &[&str]| -> Value {
        desk.run(&[&evaluate[..], extra].concat());
        let figures: Value = serde_json::from_str(&desk.read("r.json")).unwrap();
        figures["evidence"]["churn"]["missed"].clone()
    };
    let (alone, with) = (told(&[]), told(&["--feed", "worked.csv"]));
    let of = |missed: &Value, cause: &str| -> u64 {
        let causes = missed["causes"].as_array().unwrap().iter();
        causes
            .filter(|each| each["cause"] == cause)
            .map(|each| each["events"].as_u64().unwrap())
            .sum()
    };
    let left = |row: usize| lines[row + 1].ends_with(",1");
    let arms = column(&desk.read("worked.csv"), "arm");
    let lacking = (0..500).filter(|row| left(*row)).count() as u64;
    let suppressed = (500..1500)
        .filter(|row| left(*row) && (row % 10 == 0 || arms[row - 500] == "holdout"))
        .count() as u64;
    assert_eq!((of(&with, "unmatched"), of(&with, "suppressed")), (lacking, suppressed));
    assert_eq!((of(&alone, "unmatched"), of(&alone, "suppressed")), (0, 0));
    assert!(with["missed"].as_u64() > alone["missed"].as_u64());
    assert!(desk.read("r.html").contains("not on the feed"));
    let talk = desk.refused(2, &[&evaluate[..], &["--feed", "history.csv"]].concat());
    assert!(talk.contains("customer_id"), "{talk}");

    // The quadrants in a few rules: each customer of the sample is under one.
    let figures: Value = serde_json::from_str(&desk.read("r.json")).unwrap();
    let book = &figures["evidence"]["rulebook"];
    let rules = book["rules"].as_array().unwrap();
    let sum = |key: &str| rules.iter().map(|rule| rule[key].as_u64().unwrap()).sum::<u64>();
    assert!((1..=12).contains(&rules.len()));
    assert_eq!(book["customers"].as_u64(), Some(sum("customers")));
    assert_eq!(book["right"].as_u64(), Some(sum("right")));
    assert!(sum("right") * 10 > sum("customers") * 7, "{book}");
}

#[test]
fn an_explanation_tells_the_rule_that_acts_in_the_words_of_its_playbook() {
    let lines = customers(900);
    let desk = Desk::new();
    desk.write("history.csv", file(&lines));
    desk.run(&["-q", "train", "history.csv", "--churn", "left", "--learner", "logistic"]);
    let playbook = r#"
playbook = 1
name = "ours"
[columns]
number = ["age"]
[[actions]]
code = "RING"
en = "ring them up"
zh = "打电话"
[[channels]]
code = "phone"
cost = 1.0
success = 0.1
[[rules]]
code = "EVERYONE"
priority = 1
when = "p_churn >= 0"
en = "is a customer"
zh = "是客户"
action = "RING"
channels = ["phone"]
[phrases]
age = { name = { en = "years", zh = "岁数" }, en = "has lived for {value} years", zh = "已{value}岁" }
"#;
    desk.write("ours.toml", playbook);
    let why = ["-q", "explain", "00007919", "--data", "history.csv", "--playbook", "ours.toml"];
    let text = desk.run(&why);
    assert!(text.contains("segment EVERYONE: is a customer"), "{text}");
    assert!(
        text.contains("next: ring them up, by phone") && text.contains("(rule EVERYONE)"),
        "{text}"
    );
    assert!(text.contains("has lived for"), "{text}");
    let chinese = desk.run(&[&why[..], &["--lang", "zh"]].concat());
    assert!(chinese.contains("打电话") && chinese.contains("岁"), "{chinese}");
    let json: Value = serde_json::from_str(&desk.run(&[&why[..], &["--json"]].concat())).unwrap();
    assert_eq!(json["explanation"]["rules"]["action"]["code"], "RING");
    // The feed tells the same in the same words; what is wrong with a phrase is told with its column.
    let predict = ["-q", "predict", "history.csv", "--playbook", "ours.toml", "--reasons", "all"];
    desk.run(&[&predict[..], &["-o", "feed.csv"]].concat());
    assert!(desk.read("feed.csv").contains("has lived for"));
    desk.write("wrong.toml", playbook.replace("{value} years", "{worth} years"));
    let talk = desk.refused(2, &["playbook", "check", "wrong.toml"]);
    assert!(talk.contains("phrase of age") && talk.contains("{value}"), "{talk}");
}

/// The lines of one snapshot of a table, its header first.
fn snapshot(table: &str, as_of: &str) -> String {
    let of_day = |line: &&str| line.split(',').nth(1) == Some(as_of);
    let header = table.lines().take(1);
    let lines: Vec<&str> = header.chain(table.lines().filter(of_day)).collect();
    lines.join("\n") + "\n"
}

/// A month of the back-test is what `train --until` and `evaluate` of that month give by hand.
#[test]
fn a_back_test_trains_on_what_was_known_and_measures_what_came() {
    let desk = bank(&[]);
    let history = root().join("data/history.csv");
    let path = history.to_str().unwrap();
    let evaluate = ["-q", "evaluate", path, "--backtest", "2", "--report", "r.html", "--json"];
    let json: Value = serde_json::from_str(&desk.run(&evaluate)).unwrap();
    let months = json["evidence"]["backtest"]["months"].as_array().unwrap();
    let told: Vec<_> = months
        .iter()
        .map(|m| [&m["as_of"], &m["learned_up_to"]].map(|d| d.as_str().unwrap()))
        .collect();
    // 90 days after 2025-08-31 is 2025-11-29; after 2025-09-30, 2025-12-29.
    assert_eq!(told, [["2025-11-30", "2025-08-31"], ["2025-12-31", "2025-09-30"]]);
    let table = std::fs::read_to_string(&history).unwrap();
    for (month, [as_of, until]) in months.iter().zip(told) {
        let mut train = vec!["-q", "train", path, "--learner", "tree", "--until", until];
        train.extend(RULES);
        train.extend(["--name", "past", "--promote"]);
        desk.run(&train);
        desk.write("month.csv", snapshot(&table, as_of));
        let by_hand = desk.run(&["-q", "evaluate", "month.csv", "--model", "past", "--json"]);
        let by_hand: Value = serde_json::from_str(&by_hand).unwrap();
        for model in ["churn", "reactivation"] {
            let (found, wanted) = (&month[model], &by_hand["models"][model]);
            for figure in ["rows", "events", "auc", "calibration_slope", "observed_over_expected"] {
                assert_eq!(found[figure], wanted[figure], "{as_of} {model} {figure}");
            }
            assert_eq!(found["log_loss"], wanted["log_loss_interval"], "{as_of} {model}");
            assert_eq!(found["lift"], wanted["lifts"][2], "{as_of} {model}");
        }
    }
    assert_eq!(desk.json("r.json")["evidence"]["backtest"], json["evidence"]["backtest"]);
    let html = desk.read("r.html");
    balanced(&html);
    is_self_contained(&html);
    assert!(html.contains("<a href=\"#backtest\">") && html.contains("class=\"f1 band\""));
    let auc = months[1]["churn"]["auc"]["value"].as_f64().unwrap();
    assert!(html.split("id=\"backtest\"").nth(1).unwrap().contains(&format!("{auc:.3} (")));
    let screen = desk.run(&["-q", "evaluate", path, "--model", "retail", "--backtest", "1"]);
    assert!(screen.contains("churn, each month by a model trained before it"), "{screen}");
    assert!(screen.contains(&format!("{auc:.3}")), "{screen}");
    let page = ["--backtest", "1", "--report", "zh.html", "--lang", "zh"];
    desk.run(&[&["-q", "evaluate", path, "--model", "retail"][..], &page].concat());
    let chinese = desk.read("zh.html");
    balanced(&chinese);
    assert!(chinese.contains("逐月回测") && !chinese.contains("Month by month"));
}

#[test]
fn what_cannot_be_back_tested_is_refused_with_a_way_out() {
    let desk = bank(&[]);
    let history = root().join("data/history.csv");
    let path = history.to_str().unwrap();
    let talk = desk.refused(2, &["-q", "evaluate", path, "--backtest", "4"]);
    assert!(talk.contains("3 of the 6 snapshots") && talk.contains("--backtest 3"), "{talk}");
    let table = std::fs::read_to_string(&history).unwrap();
    desk.write("month.csv", snapshot(&table, "2025-12-31"));
    let talk = desk.refused(2, &["-q", "evaluate", "month.csv", "--backtest", "1"]);
    assert!(talk.contains("reaches further back"), "{talk}");
    let talk = desk.refused(2, &["-q", "evaluate", "-", "--backtest", "1"]);
    assert!(talk.contains("standard input"), "{talk}");
    desk.write("undated.csv", file(&customers(300)));
    let undated = ["--churn", "left", "--learner", "tree", "--name", "undated"];
    desk.run(&[&["-q", "train", "undated.csv"][..], &undated].concat());
    let args = ["-q", "evaluate", "undated.csv", "--model", "undated", "--backtest", "1"];
    let talk = desk.refused(2, &args);
    assert!(talk.contains("as-of dates") && talk.contains("--as-of"), "{talk}");
}
