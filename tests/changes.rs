//! Columns of relative change: which pairs get one, and what becomes of it on the way to the feed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::float_cmp)]

mod sample;
mod support;

use std::{fmt::Write, sync::Arc};

use arrow_array::{ArrayRef, Float64Array, RecordBatch};
use proptest::prelude::*;
use reveille::{
    bundle::{Bundle, from_bytes, to_bytes},
    features::{
        Bins, ColumnPlan, EncodeParams, EncodedColumn, Encoder, EncoderBuilder, How, Observed,
    },
    output::{
        card::markdown,
        words::{Cells, Words},
    },
    playbook::Book,
    scoring::{Reason, State},
    units::{Language, Seed},
};
use support::{Desk, Draws, column};

type Cell = Option<f64>;

fn batch(columns: &[(&str, Vec<Cell>)]) -> RecordBatch {
    let arrays = columns.iter().map(|(name, cells)| {
        (*name, Arc::new(cells.iter().copied().collect::<Float64Array>()) as ArrayRef, true)
    });
    RecordBatch::try_from_iter_with_nullable(arrays).unwrap()
}

/// Two months of a balance, the salary and its yearly sum, and the age; the order of the rows is
/// that of `order`.
fn bank(order: &[u64]) -> (RecordBatch, Vec<u64>) {
    let u =
        |row: u64, salt: u64| Seed(salt).hash("bank", &row.to_le_bytes()) as f64 / 2_f64.powi(64);
    let all = |cell: &dyn Fn(u64) -> Cell| order.iter().map(|row| cell(*row)).collect::<Vec<_>>();
    let before = |row: u64| (12.0 * u(row, 1)).exp().round();
    let now =
        |row: u64| if u(row, 2) < 0.1 { 0.0 } else { (before(row) * (0.5 + u(row, 3))).round() };
    let salary = |row: u64| (1000.0 + 4000.0 * u(row, 4)).round();
    let columns = [
        ("now", all(&|row| (u(row, 9) > 0.05).then(|| now(row)))),
        ("age", all(&|row| Some(18.0 + (60.0 * u(row, 5)).floor()))),
        ("before", all(&|row| Some(before(row)))),
        ("salary", all(&|row| Some(salary(row)))),
        ("salary_year", all(&|row| Some(12.0 * salary(row)))),
        ("copy", all(&|row| Some(salary(row)))),
        ("late", all(&|row| Some(90.0 - 60.0 * u(row, 5)))),
    ];
    (batch(&columns), order.iter().map(|row| Seed(3).hash("key", &row.to_le_bytes())).collect())
}

fn fit(rows: &RecordBatch, keys: &[u64], params: &EncodeParams, size: usize) -> Encoder {
    let schema = rows.schema();
    let plan = |name: &String| ColumnPlan { name: name.clone(), how: How::Number };
    let plans: Vec<_> = schema.fields().iter().map(|field| plan(field.name())).collect();
    let mut builder = EncoderBuilder::new(&plans, params).unwrap();
    for at in (0..rows.num_rows()).step_by(size) {
        let length = size.min(rows.num_rows() - at);
        let keep = vec![true; length];
        let about = Observed { keys: &keys[at..at + length], as_of: None, keep: &keep };
        builder.observe(&rows.slice(at, length), &about).unwrap();
    }
    let (encoder, profiles) = builder.finish().unwrap();
    assert_eq!(profiles.len(), plans.len());
    encoder.check().unwrap();
    encoder
}

fn changes(encoder: &Encoder) -> Vec<&str> {
    let is_change = |column: &&EncodedColumn| matches!(column.bins, Bins::Change { .. });
    encoder.columns.iter().filter(is_change).map(|column| column.name.as_str()).collect()
}

#[test]
fn amounts_of_one_kind_get_a_change_and_others_do_not() {
    let (rows, keys) = bank(&(0..3000).collect::<Vec<_>>());
    let encoder = fit(&rows, &keys, &EncodeParams::default(), 3000);
    // Not: a yearly sum (another size), a copy (no change), the age against what falls with it.
    assert_eq!(changes(&encoder), ["now vs before"]);
    let last = encoder.columns.last().unwrap();
    assert_eq!(last.reads(), ["now", "before"]);
    assert_eq!(encoder.columns[0].reads(), ["now"]);
    let none = EncodeParams { max_changes: 0, ..EncodeParams::default() };
    assert_eq!(changes(&fit(&rows, &keys, &none, 3000)), [""; 0]);
    let beyond = EncodeParams { max_changes: 201, ..EncodeParams::default() };
    assert!(EncoderBuilder::new(&[], &beyond).unwrap_err().to_string().contains("max_changes"));
    let (few, keys) = bank(&(0..90).collect::<Vec<_>>());
    assert_eq!(changes(&fit(&few, &keys, &EncodeParams::default(), 90)), [""; 0]);
}

#[test]
fn a_name_that_is_taken_is_not_given_again() {
    let (rows, keys) = bank(&(0..3000).collect::<Vec<_>>());
    let cells = |name: &str| {
        use arrow_array::cast::AsArray;
        let column = rows.column_by_name(name).unwrap();
        column.as_primitive::<arrow_array::types::Float64Type>().iter().collect::<Vec<_>>()
    };
    let names = [("now", "now"), ("before", "before"), ("now vs before", "age")];
    let rows = batch(&names.map(|(name, of)| (name, cells(of))));
    let encoder = fit(&rows, &keys, &EncodeParams::default(), 3000);
    assert_eq!(encoder.names(), ["now", "before", "now vs before"]);
    assert_eq!(changes(&encoder), [""; 0]);
}

#[test]
fn order_batches_and_threads_change_no_byte() {
    let mut order: Vec<u64> = (0..60_000).collect();
    // The sample is thinned, and of the sample not all rows choose the pairs.
    let params = EncodeParams { sample_rows: 50_000, ..EncodeParams::default() };
    let (rows, keys) = bank(&order);
    let first = fit(&rows, &keys, &params, 60_000);
    assert_eq!(changes(&first), ["now vs before"]);
    order.sort_by_key(|row| Seed(8).hash("order", &row.to_le_bytes()));
    let (rows, keys) = bank(&order);
    for threads in [1, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        assert_eq!(pool.install(|| fit(&rows, &keys, &params, 7001)), first);
    }
}

fn cell() -> impl Strategy<Value = Cell> {
    prop_oneof![
        1 => Just(None),
        1 => Just(Some(f64::NAN)),
        1 => Just(Some(f64::INFINITY)),
        2 => prop_oneof![Just(0.0), Just(-0.0)].prop_map(Some),
        5 => (-1000_i32..1000).prop_map(|x| Some(f64::from(x))),
        1 => proptest::num::f64::NORMAL.prop_map(Some),
    ]
}

proptest! {
    #[test]
    fn a_code_counts_the_cuts_at_or_below_the_change(
        cells in proptest::collection::vec((cell(), cell()), 1..80),
        mut cuts in proptest::collection::vec(-100_i32..=100, 0..40),
    ) {
        cuts.sort_unstable();
        cuts.dedup();
        let cuts: Vec<f64> = cuts.into_iter().map(|cut| f64::from(cut) / 100.0).collect();
        let bins = Bins::Change {
            of: "a".to_owned(), against: "b".to_owned(), cuts: cuts.clone(), median: 0.0,
        };
        let counts = vec![0; cuts.len() + 2];
        let column = EncodedColumn { name: "a vs b".to_owned(), bins, counts };
        let encoder = Encoder { columns: vec![column] };
        encoder.check().unwrap();
        let (a, b): (Vec<Cell>, Vec<Cell>) = cells.iter().copied().unzip();
        let codes = encoder.encode(&batch(&[("b", b), ("a", a)]), None).unwrap();
        for ((a, b), code) in cells.iter().zip(&codes.columns[0]) {
            let known = a.filter(|a| a.is_finite()).zip(b.filter(|b| b.is_finite()));
            let expected = known.map_or(0, |(a, b)| {
                // In units of the larger, so that no sum is beyond all numbers.
                let unit = a.abs().max(b.abs());
                let (a, b) = if unit > 1e300 { (a / unit, b / unit) } else { (a, b) };
                let size = a.abs() + b.abs();
                let change = if size > 0.0 { (a - b) / size } else { 0.0 };
                1 + cuts.iter().filter(|cut| **cut <= change).count()
            });
            prop_assert_eq!(usize::from(*code), expected, "{:?} {:?}", a, b);
        }
        prop_assert_eq!(&codes.outside, &[0]);
    }
}

/// The sample bundle with a change in the place of the age.
fn changed() -> Bundle {
    let mut bundle = sample::bundle();
    let name = "aum vs fees_12m".to_owned();
    let bins = Bins::Change {
        of: "aum".to_owned(),
        against: "fees_12m".to_owned(),
        cuts: vec![-0.5, 0.0, 0.25],
        median: -0.1,
    };
    bundle.encoder.columns[0].name.clone_from(&name);
    bundle.encoder.columns[0].bins = bins;
    for model in [Some(&mut bundle.churn), bundle.reactivation.as_mut()].into_iter().flatten() {
        model.columns.iter_mut().filter(|column| *column == "age").for_each(|column| {
            column.clone_from(&name);
        });
    }
    bundle
}

/// What is done to the two columns, the cuts and the median of a change.
type Damage<'a> = &'a dyn Fn(&mut String, &mut String, &mut Vec<f64>, &mut f64);

#[test]
fn a_bundle_with_a_change_reads_back_and_one_that_cannot_be_is_refused() {
    let bundle = changed();
    assert_eq!(from_bytes(&to_bytes(&bundle).unwrap()).unwrap(), bundle);
    let refused = |damage: Damage, words: &str| {
        let mut bundle = changed();
        let Bins::Change { of, against, cuts, median } = &mut bundle.encoder.columns[0].bins else {
            panic!("a change")
        };
        damage(of, against, cuts, median);
        let error = to_bytes(&bundle).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    };
    refused(&|of, _, _, _| "nowhere".clone_into(of), "not among source.columns");
    refused(&|_, against, _, _| "nowhere".clone_into(against), "not among source.columns");
    refused(&|_, against, _, _| "country".clone_into(against), "type");
    refused(&|of, against, _, _| of.clone_from(against), "against itself");
    refused(&|_, _, cuts, _| cuts[2] = 1.5, "beyond -1..1");
    refused(&|_, _, cuts, _| cuts[0] = f64::NAN, "beyond -1..1");
    refused(&|_, _, cuts, _| cuts[0] = 0.1, "do not rise");
    refused(&|_, _, _, median| *median = -2.0, "do not rise");
}

#[test]
fn reasons_tell_a_change_in_percent() {
    let bundle = changed();
    let rows = batch(&[
        (
            "fees_12m",
            vec![Some(100.0), Some(100.0), Some(0.0), Some(0.0), None, Some(-50.0), Some(3e5)],
        ),
        (
            "aum",
            vec![Some(77.0), Some(100.4), Some(5.0), Some(0.0), Some(1.0), Some(50.0), Some(0.0)],
        ),
    ]);
    let cells = Cells::new(&bundle, &rows, None);
    // A playbook that has no phrase for these columns.
    let mut book = Book::shipped().unwrap();
    book.phrases.clear();
    let told = |language, row| {
        let words = Words::new(&bundle, &book, language);
        let reason = Reason { column: 0, contribution: 0.5 };
        assert_eq!(words.code(reason), "aum vs fees_12m+");
        assert!(words.are_plain(reason));
        let mut text = String::new();
        words.write(reason, State::Active, &cells.get(0, row), None, &mut text);
        text
    };
    let all = |language| (0..7).map(|row| told(language, row)).collect::<Vec<_>>();
    let typical = " (typical -18%): raises the risk";
    for (text, change) in
        all(Language::En).iter().zip(["-23%", "+0.4%", "new", "0%", "", "+200%", "-100%"])
    {
        let end = if change.is_empty() { "missing: raises the risk" } else { typical };
        assert_eq!(*text, format!("aum against fees_12m = {change}{end}"));
    }
    let chinese = all(Language::Zh);
    for (row, words) in [(0, "-23%"), (2, "从无到有"), (4, "缺失")] {
        assert!(chinese[row].starts_with(&format!("aum 较 fees_12m 变化 = {words}")));
    }
    assert!(chinese[0].contains("通常为 -18%") && chinese[0].ends_with("推高流失风险"));
}

#[test]
fn the_card_says_what_a_change_is() {
    for (language, words) in [
        (Language::En, ["relative change", "0 to less than 0.25"]),
        (Language::Zh, ["相对变化", "0（含）至 0.25（不含）"]),
    ] {
        let card = markdown(&changed(), language);
        assert!(words.iter().all(|words| card.contains(words)), "{card}");
        assert!(!markdown(&sample::bundle(), language).contains(words[0]));
    }
}

/// Customers who leave where the balance falls; the outcome last.
fn customers(rows: usize) -> Vec<[String; 5]> {
    let mut draws = Draws::new(11);
    let mut lines = vec![["id", "now", "before", "age", "left"].map(str::to_owned)];
    for row in 0..rows {
        let before = (12.0 * draws.next()).exp().round();
        let share = 2.0 * draws.next();
        let left = draws.next() < if share < 0.6 { 0.6 } else { 0.05 };
        let mut now = String::new();
        write!(now, "{}", (before * share).round()).unwrap();
        let age = 18.0 + (60.0 * draws.next()).floor();
        let id = format!("{:07}", row * 7919 % 100_003);
        lines.push([id, now, before.to_string(), age.to_string(), u8::from(left).to_string()]);
    }
    lines
}

fn file(lines: &[[String; 5]], columns: &[usize]) -> String {
    let line = |line: &[String; 5]| {
        columns.iter().map(|c| line[*c].as_str()).collect::<Vec<_>>().join(",")
    };
    lines.iter().map(|cells| line(cells) + "\n").collect()
}

#[test]
fn a_model_of_changes_scores_whatever_the_order_of_the_columns() {
    let lines = customers(3000);
    let desk = Desk::new();
    desk.write("history.csv", file(&lines, &[0, 1, 2, 3, 4]));
    desk.run(&["-q", "train", "history.csv", "--churn", "left", "--learner", "tree"]);
    desk.write("current.csv", file(&lines, &[0, 1, 2, 3]));
    desk.write("turned.csv", file(&lines, &[2, 3, 1, 0]));
    let feed = |table: &str| {
        desk.run(&["-q", "predict", table, "-o", "feed.csv", "--reasons", "all"]);
        desk.read("feed.csv")
    };
    let straight = feed("current.csv");
    assert_eq!(straight, feed("turned.csv"));
    let reasons = column(&straight, "reason_1");
    assert!(
        reasons.iter().any(|reason| reason.starts_with("now against before = -")),
        "{straight}"
    );
    desk.write("lacking.csv", file(&lines, &[0, 1, 3]));
    let error = desk.refused(2, &["-q", "predict", "lacking.csv", "-o", "feed.csv"]);
    assert!(error.contains("before"), "{error}");
}

#[test]
fn a_change_goes_with_a_column_that_is_left_out() {
    let lines = customers(3000);
    // What is left after the customer went says who went.
    let mut leaky = lines.clone();
    for line in &mut leaky[1..] {
        if line[4] == "1" {
            line[1] = format!("{}", 1_000_000 + line[1].parse::<u64>().unwrap());
        }
    }
    let desk = Desk::new();
    desk.write("history.csv", file(&leaky, &[0, 1, 2, 3, 4]));
    desk.run(&[
        "-q",
        "train",
        "history.csv",
        "--churn",
        "left",
        "--name",
        "m",
        "--learner",
        "tree",
    ]);
    let bundle = from_bytes(&desk.bundle("m")).unwrap();
    assert!(bundle.findings.iter().any(|finding| finding.column == "now"));
    assert!(bundle.encoder.columns.iter().all(|column| !column.reads().contains(&"now")));
}
