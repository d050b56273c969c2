//! Watching: a planted shift is named first, without one there is no alarm, and what is told of the model
//! is true.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod sample;
mod support;

use std::fmt::Write as _;

use reveille::{
    bundle::{Bundle, DataFacts, Fitted, Registry, Rules, Source},
    features::{Bins, EncodedColumn, Encoder},
    model::{
        Calibration, Scorecard,
        scorecard::{CardColumn, Group},
    },
    sources::{Column, ColumnType},
};
use serde_json::Value;
use support::{Desk, Draws, column};

/// Columns of the wide bank.
const COLUMNS: usize = 200;

fn normal(draws: &mut Draws) -> f64 {
    let radius = (-2.0 * (1.0 - draws.next()).ln()).sqrt();
    radius * (std::f64::consts::TAU * draws.next()).cos()
}

/// Points of a column: a tenth of them say something.
fn says(at: usize) -> f64 {
    if at.is_multiple_of(10) { 0.25 } else { 0.0 }
}

/// The share of events that the model expects where nothing has changed: twenty coins of ±.25.
fn expected_rate() -> f64 {
    let (mut ways, mut rate) = (1.0, 0.0);
    for heads in 0..=20 {
        let heads = f64::from(heads);
        let logit = -1.4 + 0.25 * (2.0 * heads - 20.0);
        rate += ways / f64::from(1 << 20) / (1.0 + f64::exp(-logit));
        ways *= (20.0 - heads) / (heads + 1.0);
    }
    rate
}

/// A model that reads 200 standard normal columns, each in ten bins of a tenth.
fn wide() -> Bundle {
    const CUTS: [f64; 9] =
        [-1.281_55, -0.841_62, -0.524_4, -0.253_35, 0.0, 0.253_35, 0.524_4, 0.841_62, 1.281_55];
    let name = |at: usize| format!("x{at:03}");
    let encoded = |at| EncodedColumn {
        name: name(at),
        bins: Bins::Number { cuts: CUTS.to_vec(), least: -9.0, median: 0.0, most: 9.0 },
        counts: [vec![0], vec![4000; 10]].concat(),
    };
    let group = |logit| Group { rows: 20_000.0, events: 5000.0, woe: logit, logit };
    let card = |at: usize| CardColumn {
        column: at as u32,
        coefficient: 1.0,
        information_value: 0.1,
        groups: vec![
            Group { rows: 0.0, events: 0.0, woe: 0.0, logit: 0.0 },
            group(-says(at)),
            group(says(at)),
        ],
        group_of: vec![0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2],
        mean: 0.0,
    };
    let mut bundle = sample::bundle();
    let columns = (0..COLUMNS).map(|at| Column { name: name(at), kind: ColumnType::Number });
    let id = Column { name: "id".to_owned(), kind: ColumnType::Text };
    bundle.as_of = None;
    bundle.source = Source {
        id: Some("id".to_owned()),
        as_of: None,
        columns: std::iter::once(id).chain(columns).collect(),
        missing: vec!["NA".to_owned()],
    };
    bundle.rules = Rules { churn: "left = 1".to_owned(), ..Rules::default() };
    bundle.encoder = Encoder { columns: (0..COLUMNS).map(encoded).collect() };
    bundle.reactivation = None;
    bundle.value_cut = None;
    bundle.churn.columns = (0..COLUMNS).map(name).collect();
    let columns = (0..COLUMNS).map(card).collect();
    bundle.churn.fitted = Fitted::Logistic(Scorecard { intercept: -1.4, columns });
    bundle.churn.calibration = Calibration::Identity;
    bundle.churn.rows = 40_000;
    bundle.churn.events = (expected_rate() * 40_000.0).round() as u64;
    bundle.churn.validations.clear();
    bundle.data = DataFacts {
        rows: 40_000,
        rejected: 0,
        active: 40_000,
        dormant: 0,
        prospect: 0,
        snapshots: Vec::new(),
        ..bundle.data
    };
    bundle
}

#[derive(Clone, Copy)]
struct Planted {
    column: usize,
    by: f64,
}

fn current(seed: u64, rows: usize, planted: Option<Planted>) -> String {
    let mut draws = Draws::new(seed);
    let mut text = String::from("id");
    (0..COLUMNS).for_each(|at| write!(text, ",x{at:03}").unwrap());
    text.push_str(",branch\n");
    for row in 0..rows {
        write!(text, "{row}").unwrap();
        for at in 0..COLUMNS {
            let by = planted.filter(|p| p.column == at).map_or(0.0, |p| p.by);
            write!(text, ",{:.4}", normal(&mut draws) + by).unwrap();
        }
        writeln!(text, ",B{}", row % 7).unwrap();
    }
    text
}

fn watched(desk: &Desk, args: &[&str]) -> (i32, Value) {
    let mut all = vec!["monitor", "current.csv", "--json"];
    all.extend(args);
    let output = desk.try_run(&all);
    let talk = String::from_utf8_lossy(&output.stderr).into_owned();
    let value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{talk}"));
    (output.status.code().unwrap(), value)
}

fn wide_desk() -> Desk {
    let desk = Desk::new();
    Registry::open(desk.path("models")).save(&wide(), "card", "{}").unwrap();
    desk
}

#[test]
fn a_shift_in_one_column_of_200_is_named_first() {
    let desk = wide_desk();
    for (seed, planted) in
        [(1, Planted { column: 137, by: 0.6 }), (2, Planted { column: 40, by: -0.5 })]
    {
        desk.write("current.csv", current(seed, 1000, Some(planted)));
        let (status, found) = watched(&desk, &[]);
        assert_eq!(status, 1);
        let first = &found["watched"]["alarms"][0];
        assert_eq!(
            first["of"],
            format!("x{:03}", planted.column),
            "{}",
            found["watched"]["alarms"]
        );
        assert_eq!(first["what"], "shift");
        assert_eq!(found["watched"]["columns"][0]["name"], first["of"]);
    }
    let history = desk.run(&["models", "history"]);
    assert_eq!(history.matches("out of limits").count(), 2, "{history}");
    let (_, found) = watched(&desk, &["--dry-run"]);
    assert_eq!(found["watched"]["ok"], false);
    assert_eq!(desk.run(&["models", "history"]), history, "a dry run leaves no line");
}

#[test]
fn without_a_shift_19_of_20_runs_are_quiet() {
    let desk = wide_desk();
    let mut alarms = Vec::new();
    for seed in 100..120 {
        // Few rows and more: chance alone makes large indices of few.
        let rows = if seed % 2 == 0 { 300 } else { 900 };
        desk.write("current.csv", current(seed, rows, None));
        let (status, found) = watched(&desk, &[]);
        if status != 0 {
            alarms.push(found["watched"]["alarms"].to_string());
        }
    }
    assert!(alarms.len() <= 1, "{alarms:?}");
}

#[test]
fn groups_are_held_against_the_same_groups_of_the_baseline() {
    let desk = wide_desk();
    // Branch B3 always differs from the others in x005; that is no news.
    let odd = |text: String, column: usize, branch: &str| -> String {
        let line = |line: &str| {
            if !line.ends_with(branch) {
                return line.to_owned();
            }
            let mut cells: Vec<String> = line.split(',').map(str::to_owned).collect();
            let cell: f64 = cells[column + 1].parse().unwrap();
            cells[column + 1] = (cell + 2.0).to_string();
            cells.join(",")
        };
        text.lines().map(line).collect::<Vec<_>>().join("\n") + "\n"
    };
    desk.write("last.csv", odd(current(31, 2100, None), 5, "B3"));
    desk.write("current.csv", odd(current(32, 2100, None), 5, "B3"));
    let (_, found) = watched(&desk, &["--set", "monitor.psi=0.4"]);
    assert_eq!(found["watched"]["by"]["branch"].as_array().unwrap().len(), 7);
    let (status, found) = watched(&desk, &["--baseline", "last.csv", "--set", "monitor.psi=0.4"]);
    assert_eq!(status, 0, "{}", found["watched"]["alarms"]);
    desk.write("current.csv", odd(odd(current(33, 2100, None), 5, "B3"), 77, "B2"));
    let (status, found) = watched(&desk, &["--baseline", "last.csv", "--set", "monitor.psi=0.4"]);
    assert_eq!(status, 1);
    let alarms = found["watched"]["alarms"].as_array().unwrap();
    assert_eq!((alarms.len(), &alarms[0]["of"]), (1, &"x077".into()), "{alarms:?}");
    assert_eq!(alarms[0]["group"], "branch B2");
}

/// Trains on a table of customers, and gives its lines.
fn customers() -> (Desk, Vec<String>) {
    let desk = Desk::new();
    let lines = support::customers(6000);
    desk.write("history.csv", support::file(&lines));
    let rules = ["--churn", "left", "--value", "balance", "--learner", "logistic"];
    desk.run(&[&["-q", "train", "history.csv"][..], &rules].concat());
    (desk, lines)
}

#[test]
fn missing_cells_unknown_levels_and_cells_out_of_range_are_named() {
    let (desk, lines) = customers();
    desk.write("current.csv", support::file(&lines));
    let (status, found) = watched(&desk, &[]);
    assert_eq!(status, 0, "{}", found["watched"]["alarms"]);
    let changed = |at: usize, line: &String| {
        let mut cells: Vec<&str> = line.split(',').collect();
        if at > 0 && at.is_multiple_of(8) {
            cells[1] = "150";
            cells[3] = "Ulm";
        }
        if at > 0 && at.is_multiple_of(5) {
            cells[4] = "NA";
        }
        cells.join(",")
    };
    let now: Vec<String> = lines.iter().enumerate().map(|(at, line)| changed(at, line)).collect();
    desk.write("current.csv", support::file(&now));
    let (status, found) = watched(&desk, &[]);
    assert_eq!(status, 1);
    let alarms = found["watched"]["alarms"].as_array().unwrap();
    let named: Vec<(&str, &str)> = alarms
        .iter()
        .map(|alarm| (alarm["what"].as_str().unwrap(), alarm["of"].as_str().unwrap()))
        .collect();
    for expected in [("missing", "products"), ("unseen", "city"), ("outside", "age")] {
        assert!(named.contains(&expected), "{expected:?} in {named:?}");
    }
}

#[test]
fn real_figures_are_those_of_evaluate_and_a_refresh_makes_the_mean_right() {
    let (desk, lines) = customers();
    // Half of those who left are gone from the table: the base rate has fallen, and nothing else.
    let keep = |(at, line): &(usize, &String)| *at == 0 || !line.ends_with(",1") || at % 2 == 0;
    let fewer: Vec<String> =
        lines.iter().enumerate().filter(keep).map(|(_, line)| line.clone()).collect();
    desk.write("current.csv", support::file(&fewer));
    let (_, before) = watched(&desk, &[]);
    let shift = before["watched"]["churn"]["prior_shift"]["shift"].as_f64().unwrap();
    let halved = 0.5_f64.ln();
    assert!((shift - halved).abs() < 0.2, "{shift} for {halved}");
    // Outcomes in another order, with nothing but ids.
    let outcomes: Vec<String> = support::shuffled(&fewer, 3)
        .iter()
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            format!("{},{}", cells[0], cells[5])
        })
        .collect();
    desk.write("outcomes.csv", support::file(&outcomes));
    let (_, found) = watched(&desk, &["--outcomes", "outcomes.csv", "--refresh"]);
    let evaluated: Value =
        serde_json::from_str(&desk.run(&["evaluate", "current.csv", "--json"])).unwrap();
    let (ours, theirs) = (&found["watched"]["churn"]["real"], &evaluated["models"]["churn"]);
    for figure in ["auc", "log_loss", "brier", "base_rate", "rows"] {
        assert_eq!(ours[figure], theirs[figure], "{figure}");
    }
    let refreshed = found["refreshed"].as_str().unwrap();
    let after = desk.run(&["evaluate", "current.csv", "--model", refreshed, "--json"]);
    let after: Value = serde_json::from_str(&after).unwrap();
    let of = |value: &Value, figure: &str| value["models"]["churn"][figure].as_f64().unwrap();
    assert!(of(&after, "log_loss") < of(&evaluated, "log_loss"));
    assert_eq!(
        after["models"]["churn"]["auc"]["value"],
        evaluated["models"]["churn"]["auc"]["value"]
    );
    desk.run(&["-q", "predict", "current.csv", "--model", refreshed, "-o", "feed.csv"]);
    let feed = desk.read("feed.csv");
    let p: Vec<f64> =
        column(&feed, "churn_probability").iter().map(|p| p.parse().unwrap()).collect();
    let mean = p.iter().sum::<f64>() / p.len() as f64;
    assert!((mean - of(&evaluated, "base_rate")).abs() < 1e-6, "{mean}");
    // The one in use is as it was, and a refreshed one is not made by training.
    assert!(!refreshed.ends_with(desk.read("models/retail/current").trim()));
    let told = desk.refused(2, &["train", "history.csv", "--reproduce", refreshed]);
    assert!(told.contains("new intercept"), "{told}");
}

#[test]
fn whose_state_has_changed_since_the_last_feed_is_listed() {
    let desk = Desk::new();
    let mut lines = support::customers(3000);
    for (at, line) in lines.iter_mut().enumerate() {
        line.push_str(if at == 0 {
            ",quiet"
        } else if at.is_multiple_of(10) {
            ",200"
        } else {
            ",5"
        });
    }
    desk.write("history.csv", support::file(&lines));
    let rules = ["--churn", "left", "--dormant", "quiet > 90", "--learner", "tree"];
    desk.run(&[&["-q", "train", "history.csv"][..], &rules].concat());
    desk.run(&["-q", "predict", "history.csv", "-o", "last.csv"]);
    // One falls asleep, one wakes, one is gone, one is new under a name that a spreadsheet would run.
    let id = |at: usize| lines[at].split(',').next().unwrap().to_owned();
    let (asleep, awake, gone) = (id(1), id(10), id(2));
    let mut now = lines.clone();
    now[1] = lines[1].strip_suffix(",5").unwrap().to_owned() + ",91";
    now[10] = lines[10].strip_suffix(",200").unwrap().to_owned() + ",1";
    now[2] = lines[2].replacen(&gone, "=new", 1);
    desk.write("current.csv", support::file(&now));
    let (_, found) = watched(&desk, &["--since", "last.csv", "--alerts", "changed.csv"]);
    let counts = &found["watched"]["alerts"];
    let expected = serde_json::json!({"fell_asleep": 1, "woke": 1, "gone": 1, "new": 1});
    assert_eq!(counts, &expected);
    let alerts = desk.read("changed.csv");
    let told: Vec<(String, String)> =
        column(&alerts, "customer_id").into_iter().zip(column(&alerts, "alert")).collect();
    for (id, alert) in
        [(asleep, "fell_asleep"), (awake, "woke"), (gone, "gone"), ("'=new".to_owned(), "new")]
    {
        assert!(told.contains(&(id, alert.to_owned())), "{alert}: {told:?}");
    }
    let told = desk.refused(2, &["monitor", "current.csv", "--since", "history.csv"]);
    assert!(told.contains("--since takes a feed"), "{told}");
    assert!(!desk.path("changes.csv").exists(), "nothing is left half written");
}

#[test]
fn threads_and_the_order_of_rows_change_no_figure() {
    let (desk, lines) = customers();
    desk.write("current.csv", support::file(&lines));
    let one = watched(&desk, &["--threads", "1", "--dry-run"]).1;
    desk.write("current.csv", support::file(&support::shuffled(&lines, 4)));
    assert_eq!(watched(&desk, &["--threads", "3", "--dry-run"]).1, one);
}

#[test]
fn limits_out_of_range_and_a_table_without_customers_are_errors() {
    let (desk, lines) = customers();
    desk.write("current.csv", support::file(&lines));
    let told = desk.refused(2, &["monitor", "current.csv", "--set", "monitor.alpha=0"]);
    assert!(told.contains("monitor.alpha"), "{told}");
    let told = desk.refused(2, &["monitor", "current.csv", "--by", "brnch"]);
    assert!(told.contains("brnch"), "{told}");
}
