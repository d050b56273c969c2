//! The feed as operations meet it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::float_cmp)]

mod support;

use support::{Desk, column, customers, file};

/// A desk with a model of churn.
fn trained() -> (Desk, Vec<String>) {
    let lines = customers(2000);
    let desk = Desk::new();
    desk.write("history.csv", file(&lines));
    desk.run(&["-q", "train", "history.csv", "--churn", "left", "--value", "balance"]);
    (desk, lines)
}

fn without_outcome(lines: &[String]) -> Vec<String> {
    lines.iter().map(|line| line.rsplit_once(',').unwrap().0.to_owned()).collect()
}

#[test]
fn one_row_a_customer_in_order_with_ids_as_given() {
    let (desk, lines) = trained();
    let current = without_outcome(&lines);
    desk.write("current.csv", file(&current));
    desk.run(&["-q", "predict", "current.csv", "-o", "feed.csv"]);
    let feed = desk.read("feed.csv");
    let ids: Vec<String> = current[1..].iter().map(|line| line[..8].to_owned()).collect();
    assert_eq!(column(&feed, "customer_id"), ids);
    for (value, at_risk, probability) in column(&feed, "value")
        .into_iter()
        .zip(column(&feed, "value_at_risk"))
        .zip(column(&feed, "churn_probability"))
        .map(|((v, r), p)| (v, r, p))
    {
        let probability: f64 = probability.parse().unwrap();
        assert!(probability > 0.0 && probability < 1.0);
        if let Ok(value) = value.parse::<f64>() {
            assert_eq!(at_risk.parse::<f64>().unwrap(), value * probability);
        } else {
            assert!(value.is_empty() && at_risk.is_empty());
        }
    }
    assert!(column(&feed, "reactivation_probability").iter().all(String::is_empty));
    let manifest = desk.json("manifest.json");
    assert_eq!(manifest["rows"], 2000);
    assert_eq!(manifest["feed"]["blake3"], blake3::hash(feed.as_bytes()).to_hex().to_string());
    assert_eq!(
        manifest["quadrants"]
            .as_object()
            .unwrap()
            .values()
            .map(|q| q["customers"].as_u64().unwrap())
            .sum::<u64>(),
        2000
    );
}

#[test]
fn csv_parquet_and_standard_output_say_the_same() {
    let (desk, lines) = trained();
    desk.write("current.csv", file(&without_outcome(&lines)));
    let piped = desk.run(&["-q", "predict", "current.csv", "-o", "-"]);
    desk.run(&["-q", "predict", "current.csv", "-o", "feed.csv"]);
    assert_eq!(piped, desk.read("feed.csv"));
    desk.run(&["-q", "predict", "current.csv", "-o", "feed.parquet"]);
    let input = reveille::sources::Input::Path(desk.path("feed.parquet"));
    let table = reveille::sources::read(&input, &reveille::sources::ReadParams::default()).unwrap();
    let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
    let contract: Vec<&str> =
        reveille::output::feed::COLUMNS.iter().map(|column| column.name).collect();
    assert_eq!(names, contract);
    let probabilities: Vec<f64> = table
        .blocks
        .iter()
        .flat_map(|block| {
            use arrow_array::cast::AsArray;
            let column = block.rows.column_by_name("churn_probability").unwrap();
            column.as_primitive::<arrow_array::types::Float64Type>().values().to_vec()
        })
        .collect();
    let printed: Vec<f64> =
        column(&piped, "churn_probability").iter().map(|cell| cell.parse().unwrap()).collect();
    assert_eq!(probabilities, printed);
}

#[test]
fn a_missing_column_is_named_and_an_extra_one_is_ignored() {
    let (desk, lines) = trained();
    let renamed: Vec<String> = lines.iter().map(|line| line.replace("city", "town")).collect();
    desk.write("renamed.csv", file(&renamed));
    let talk = desk.refused(2, &["-q", "predict", "renamed.csv", "-o", "feed.csv"]);
    assert!(talk.contains("city"), "{talk}");
    assert!(!desk.path("feed.csv").exists());
    desk.run(&["-q", "predict", "history.csv", "-o", "feed.csv"]);
}

#[test]
fn the_unusual_is_scored_and_counted() {
    let (desk, _) = trained();
    desk.write(
        "odd.csv",
        "id,age,balance,city,products\n1,200,5,Atlantis,2\n2,,,,\n3,abc,5,Gent,1\n4,30\n5,40,10,Gent,1\n",
    );
    let talk = desk.refused(1, &["-q", "predict", "odd.csv", "-o", "feed.csv"]);
    assert!(talk.contains("2 of 5 rows"), "{talk}");
    let feed = desk.read("feed.csv");
    assert_eq!(column(&feed, "customer_id"), ["1", "2", "5"]);
    assert!(column(&feed, "churn_probability").iter().all(|cell| !cell.is_empty()));
    let manifest = desk.json("manifest.json");
    let facts = |name: &str| {
        let columns = manifest["columns"].as_array().unwrap().clone();
        columns.into_iter().find(|column| column["name"] == name).unwrap()
    };
    assert_eq!(facts("city")["unseen"], 1);
    assert_eq!(facts("age")["outside"], 1);
    assert_eq!(facts("age")["missing"], 1);
    let rejects = desk.read("rejects.csv");
    assert_eq!(column(&rejects, "line"), ["4", "5"]);
    assert_eq!(column(&rejects, "column")[0], "age");
    assert!(!rejects.contains("abc"), "a cell in rejects.csv: {rejects}");
}

#[test]
fn no_cell_becomes_a_formula() {
    let (desk, _) = trained();
    desk.write("evil.csv", "id,age,balance,city,products\n=cmd|' /C calc'!A0,40,10,@SUM(A1),1\n");
    desk.run(&["-q", "predict", "evil.csv", "-o", "feed.csv", "--set", "read.max_reject_share=1"]);
    for record in csv::Reader::from_reader(desk.read("feed.csv").as_bytes()).records() {
        for cell in &record.unwrap() {
            assert!(!cell.starts_with(['=', '@', '+', '-']), "{cell}");
        }
    }
}

#[test]
fn a_shift_is_warned_of() {
    let (desk, lines) = trained();
    let older: Vec<String> = lines
        .iter()
        .enumerate()
        .map(|(at, line)| {
            let mut cells: Vec<String> = line.split(',').map(str::to_owned).collect();
            if at > 0 {
                cells[1] = "77".to_owned();
            }
            cells.join(",")
        })
        .collect();
    desk.write("older.csv", file(&older));
    let output = desk.try_run(&["predict", "older.csv", "-o", "feed.csv"]);
    let talk = String::from_utf8(output.stderr).unwrap();
    assert!(talk.contains("age has shifted"), "{talk}");
    let calm = desk.try_run(&["predict", "history.csv", "-o", "feed.csv"]);
    assert!(!String::from_utf8(calm.stderr).unwrap().contains("shifted"));
}

#[test]
fn words_come_in_chinese_too() {
    let (desk, _) = trained();
    desk.run(&["-q", "predict", "history.csv", "-o", "feed.csv", "--lang", "zh"]);
    let feed = desk.read("feed.csv");
    assert!(column(&feed, "reason_1").iter().any(|reason| reason.contains("流失风险")));
    assert!(column(&feed, "quadrant_label").iter().any(|label| label == "培育提升"));
    assert!(column(&feed, "quadrant").iter().all(|code| code.is_ascii()));
}

#[test]
fn reasons_are_told_for_whom_they_are_asked() {
    let (desk, _) = trained();
    let feed = |more: &[&str]| {
        let args = ["-q", "predict", "history.csv", "-o", "feed.csv"];
        desk.run(&[args.as_slice(), more].concat());
        (desk.read("feed.csv"), desk.json("manifest.json")["reasons"].clone())
    };
    let (action, asked) = feed(&[]);
    assert_eq!(asked, "action");
    let (all, asked) = feed(&["--reasons", "all"]);
    assert_eq!(asked, "all");
    let (none, asked) = feed(&["--reasons", "none"]);
    assert_eq!(asked, "none");
    let quadrants = column(&all, "quadrant");
    let reasons = [&action, &all, &none].map(|feed| column(feed, "reason_1"));
    for (row, quadrant) in quadrants.iter().enumerate() {
        let [action, all, none] = reasons.each_ref().map(|reasons| reasons[row].as_str());
        assert!(none.is_empty());
        assert_eq!(action, if quadrant == "grow" { "" } else { all });
    }
    for part in ["quadrant", "churn_probability", "value_at_risk", "risk_band"] {
        assert_eq!(column(&action, part), column(&none, part));
    }
    assert!(reasons[0].iter().any(|reason| !reason.is_empty()));
    assert!(reasons[1].iter().zip(quadrants).any(|(told, q)| !told.is_empty() && q == "grow"));
}
