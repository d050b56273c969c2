//! Laws of order and split, and what is found in data that give the outcome away.

#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used)] // A test may stop.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use arrow_array::{ArrayRef, Date32Array, Float64Array, RecordBatch, StringArray};
use proptest::prelude::*;
use reveille::{
    dataset::{
        Action, BinnedMatrix, Finding, Folds, LaterSplit, LeakageParams, Problem, Role,
        canonical_order, content_keys, customer_key, finding, keys, leakage, maturity, out_of_time,
        quality, row_key,
    },
    error::Kind,
    features::{ColumnPlan, EncodeParams, EncoderBuilder, Holds, How, Observed, Profile},
    units::{Day, Seed},
};

fn hash(row: u32, salt: u64) -> u64 {
    Seed(salt).hash("test", &row.to_le_bytes())
}

fn share(row: u32, salt: u64) -> f64 {
    hash(row, salt) as f64 / u64::MAX as f64
}

fn column(rows: u32, cell: impl Fn(u32) -> f64) -> ArrayRef {
    Arc::new(
        (0..rows).map(|row| Some(cell(row)).filter(|x| x.is_finite())).collect::<Float64Array>(),
    )
}

/// Every finding on a table of numbers (and texts where the plan says so).
fn inspect(columns: Vec<(&str, ArrayRef)>, outcome: &[bool]) -> Vec<Finding> {
    let plans: Vec<ColumnPlan> = columns
        .iter()
        .map(|(name, array)| ColumnPlan {
            name: (*name).to_owned(),
            how: if array.data_type().is_numeric() { How::Number } else { How::Category },
        })
        .collect();
    let rows = RecordBatch::try_from_iter(columns).unwrap();
    let keys: Vec<u64> = (0..outcome.len() as u32).map(|row| hash(row, 77)).collect();
    let mut builder = EncoderBuilder::new(&plans, &EncodeParams::default()).unwrap();
    let about = Observed { keys: &keys, as_of: None, keep: &vec![true; outcome.len()] };
    builder.observe(&rows, &about).unwrap();
    let (encoder, profiles) = builder.finish().unwrap();
    let mut matrix = BinnedMatrix::of(&encoder, outcome.len());
    matrix.push(&encoder.encode(&rows, None).unwrap()).unwrap();
    let folds = Folds::by_customer(&keys, outcome, 5).unwrap();
    let all: Vec<u32> = (0..outcome.len() as u32).collect();
    let mut findings = quality::inspect(&profiles);
    let params = LeakageParams::default();
    findings.extend(leakage::inspect(&matrix, outcome, &all, &folds, &params));
    findings
}

fn problems(findings: &[Finding]) -> Vec<(&str, Problem)> {
    findings.iter().map(|finding| (finding.column.as_str(), finding.problem)).collect()
}

#[test]
fn what_gives_the_outcome_away_is_found_and_nothing_else() {
    let rows = 6000;
    let y = |row: u32| share(row, 1) < 0.15;
    let outcome: Vec<bool> = (0..rows).map(y).collect();
    let yes = |is: bool| f64::from(u8::from(is));
    let words: StringArray = (0..rows)
        .map(|r| Some(if y(r) && r % 2 == 0 { "closing fee" } else { ["a", "b"][r as usize % 2] }))
        .collect();
    let findings = inspect(
        vec![
            ("age", column(rows, |r| (share(r, 2) * 60.0 + 5.0 * yes(y(r))).floor())),
            ("noise", column(rows, |r| share(r, 3))),
            (
                "strong",
                column(rows, |r| (4..8).map(|salt| share(r, salt)).sum::<f64>() + yes(y(r))),
            ),
            ("copy", column(rows, |r| yes(y(r) != (r % 1500 == 0)))),
            ("inverse", column(rows, |r| -yes(y(r)))),
            ("away", column(rows, |r| share(r, 5) + 0.9 * yes(y(r)))),
            ("fee", Arc::new(words)),
            (
                "fee_amount",
                column(rows, |r| if y(r) && r % 2 == 0 { 5.0 + share(r, 6) } else { 0.0 }),
            ),
            (
                "closed_on",
                column(rows, |r| if y(r) && r % 3 == 0 { share(r, 7) } else { f64::NAN }),
            ),
            (
                "small_pure",
                column(rows, |r| if y(r) && r % 10 == 0 { 4.0 } else { f64::from(r % 3) }),
            ),
            ("never", column(rows, |r| yes(!y(r) && r % 4 != 0))),
        ],
        &outcome,
    );
    assert_eq!(
        problems(&findings),
        [
            ("copy", Problem::CopyOfOutcome),
            ("inverse", Problem::CopyOfOutcome),
            ("away", Problem::GivesOutcomeAway),
            ("fee", Problem::PureRegion),
            ("fee_amount", Problem::PureRegion),
            ("closed_on", Problem::PureRegion),
        ]
    );
    assert!(findings.iter().all(|f| f.action == Action::Excluded && f.problem.is_leakage()));
    let names: Vec<String> = ["age", "copy"].map(String::from).to_vec();
    assert_eq!(finding::wanted(&names, &findings), [true, false]);
}

#[test]
fn rare_events_and_many_codes_do_not_look_like_leakage() {
    for (rate, rows) in [(0.001, 20_000), (0.004, 8000), (0.45, 3000)] {
        let outcome: Vec<bool> = (0..rows).map(|row| share(row, 1) < rate).collect();
        let columns: Vec<(String, ArrayRef)> = (0..12)
            .map(|c| (format!("c{c}"), column(rows, |r| (share(r, 10 + c) * 251.0).floor())))
            .collect();
        let columns = columns.iter().map(|(n, a)| (n.as_str(), Arc::clone(a))).collect();
        assert_eq!(problems(&inspect(columns, &outcome)), []);
    }
}

#[test]
fn a_region_that_holds_all_who_stay_is_found() {
    let rows = 8000;
    let y = |row: u32| share(row, 1) < 0.2;
    let outcome: Vec<bool> = (0..rows).map(y).collect();
    let stays = column(rows, |r| f64::from(u8::from(!y(r) && hash(r, 5) % 100 < 96)));
    let findings = inspect(vec![("stays", stays)], &outcome);
    assert_eq!(problems(&findings), [("stays", Problem::PureRegion)]);
}

#[test]
fn a_file_sorted_by_outcome_with_a_running_id_loses_the_id() {
    let rows = 2000;
    let outcome: Vec<bool> = (0..rows).map(|row| row >= 1600).collect();
    let findings = inspect(
        vec![
            ("nr", column(rows, f64::from)),
            ("customer_id", column(rows, |r| f64::from(r) * 1e4 + (share(r, 4) * 1e4).floor())),
            ("amount", column(rows, |r| (share(r, 3) * 1e12).floor())),
        ],
        &outcome,
    );
    let found = problems(&findings);
    for name in ["nr", "customer_id"] {
        assert!(found.contains(&(name, Problem::RunningId)), "{found:?}");
        let leaks =
            findings.iter().any(|f| f.column == name && f.auc.is_some_and(|auc| auc > 0.99));
        assert!(leaks, "{found:?}");
    }
    assert!(found.iter().all(|(name, _)| *name != "amount"), "{found:?}");
    let sorted = quality::row_order(outcome.iter().copied(), 0.98).unwrap();
    assert_eq!((sorted.problem, sorted.action), (Problem::RowOrder, Action::Warned));
    let mut mixed: Vec<(u64, bool)> =
        (0..rows).map(|row| (hash(row, 8), outcome[row as usize])).collect();
    mixed.sort_unstable();
    assert_eq!(quality::row_order(mixed.into_iter().map(|(_, event)| event), 0.98), None);
}

#[test]
fn columns_that_cannot_be_features_are_named() {
    let base = Profile {
        name: "x".into(),
        rows: 1000,
        distinct: 500,
        distinct_is_exact: true,
        rows_per_value: 2.0,
        least: Some(0.0),
        most: Some(1e6),
        ..Profile::default()
    };
    let of = |change: &dyn Fn(&mut Profile)| {
        let mut profile = base.clone();
        change(&mut profile);
        quality::inspect(&[profile]).first().map(|finding| finding.problem)
    };
    let unique = |p: &mut Profile| (p.distinct, p.rows_per_value) = (1000, 1.0);
    assert_eq!(of(&|_| {}), None);
    assert_eq!(of(&|p| p.missing = 1000), Some(Problem::AllMissing));
    assert_eq!(of(&|p| p.distinct = 1), Some(Problem::Constant));
    assert_eq!(of(&|p| (p.distinct, p.missing) = (1, 10)), None, "missing or not says something");
    assert_eq!(of(&|p| p.name = "Surname".into()), Some(Problem::PersonalName));
    let flag = |p: &mut Profile| (p.name, p.distinct) = ("telephone".into(), 2);
    assert_eq!(of(&flag), None, "a flag that says whether there is a telephone");
    assert_eq!(of(&|p| (p.holds, p.below_zero) = (Holds::Days, 3)), Some(Problem::DatedAfterAsOf));
    let text = |p: &mut Profile| {
        unique(p);
        p.holds = Holds::Texts;
    };
    assert_eq!(of(&text), Some(Problem::UniqueText));
    let id = |name: &'static str, most: f64| {
        move |p: &mut Profile| {
            unique(p);
            (p.holds, p.name, p.most) = (Holds::WholeNumbers, name.into(), Some(most));
        }
    };
    assert_eq!(of(&id("x", 999.0)), Some(Problem::RunningId));
    assert_eq!(of(&id("income", 1e7)), None);
    assert_eq!(of(&id("CustomerId", 1e7)), Some(Problem::RunningId));
    assert_eq!(of(&id("客户编号", 1e7)), Some(Problem::RunningId));
    for finding in quality::inspect(std::slice::from_ref(&base)) {
        assert!(!finding.evidence.is_empty());
    }
}

#[test]
fn the_single_auc_is_out_of_fold() {
    // 250 codes with some 12 rows each: told by its own rows, noise would look like a predictor.
    let rows = 3000;
    let outcome: Vec<bool> = (0..rows).map(|row| share(row, 1) < 0.2).collect();
    let noise: Vec<u8> = (0..rows).map(|r| (share(r, 2) * 250.0) as u8).collect();
    let risk: Vec<u8> = (0..rows)
        .map(|r| (share(r, 3) * 100.0) as u8 + 80 * u8::from(outcome[r as usize]))
        .collect();
    let matrix = BinnedMatrix {
        rows: rows as usize,
        names: vec!["noise".into(), "risk".into()],
        kinds: vec![reveille::dataset::CodeKind::Category, reveille::dataset::CodeKind::Ordered],
        code_counts: vec![255, 255],
        columns: vec![noise, risk],
    };
    let keys: Vec<u64> = (0..rows).map(|row| hash(row, 9)).collect();
    let folds = Folds::by_customer(&keys, &outcome, 5).unwrap();
    let all: Vec<u32> = (0..rows).collect();
    let aucs = leakage::single_aucs(&matrix, &outcome, &all, &folds);
    assert!((aucs[0] - 0.5).abs() < 0.04, "{aucs:?}");
    // 1 − P(risk ties or wins for the other class) = 1 − .2²/2.
    assert!((aucs[1] - 0.98).abs() < 0.01, "{aucs:?}");
}

#[test]
fn keys_are_those_of_one_customer_at_a_time() {
    let ids: StringArray = [Some("007"), Some("7"), None, Some("客户")].into_iter().collect();
    let many = keys(Seed(3), &ids, Some(&[1, 2, 3, 4]));
    assert_eq!(many.customer[0], customer_key(Seed(3), "007"));
    assert_eq!(many.row[1], row_key(Seed(3), "7", Some(2)));
    let different: BTreeSet<u64> = many.customer.iter().chain(&many.row).copied().collect();
    assert_eq!(different.len(), 8);
    assert_ne!(row_key(Seed(3), "7", None), row_key(Seed(3), "7", Some(0)));
    let day: ArrayRef = Arc::new([Some(1), Some(1), None].into_iter().collect::<Date32Array>());
    let text: ArrayRef =
        Arc::new([Some("a"), Some("a"), Some("a")].into_iter().collect::<StringArray>());
    let number = column(3, |r| if r == 0 { 0.0 } else { -0.0 });
    let rows = RecordBatch::try_from_iter([("d", day), ("t", text), ("x", number)]).unwrap();
    let keys = content_keys(Seed(1), &rows, None).customer;
    assert_eq!(keys[0], keys[1], "rows that are the same stay together");
    assert_ne!(keys[0], keys[2]);
}

fn days(list: &[i32]) -> Vec<Day> {
    list.iter().copied().map(Day).collect()
}

#[test]
fn the_last_snapshot_tests_and_immature_ones_are_purged() {
    let as_of = days(&[0, 0, 30, 30, 60, 60, 90, 90, 90]);
    let customers = [1, 2, 1, 2, 1, 3, 1, 3, 4];
    let outcome = [true, false, false, true, true, false, true, false, false];
    let LaterSplit::Split(split) = out_of_time(&as_of, &customers, &outcome, 60).unwrap() else {
        panic!("there is a split");
    };
    assert_eq!(split.test_as_of, Day(90));
    assert_eq!((split.train, split.test), (vec![0, 1, 2, 3], vec![6, 7, 8]));
    assert_eq!(split.purged, [Day(60)]);
    assert_eq!(split.unseen, [7, 8], "customer 3 is known from a purged snapshot only");
    let table = maturity(&as_of, &outcome, 60);
    let roles: Vec<Role> = table.iter().map(|line| line.role).collect();
    assert_eq!(roles, [Role::Trainable, Role::Trainable, Role::Purged, Role::Test]);
    assert_eq!((table[1].rows, table[1].events, table[1].window_end), (2, 1, Day(90)));
    let json = serde_json::to_string(&table).unwrap();
    assert!(json.contains("\"as_of\":\"1970-01-31\"") && json.contains("\"purged\""), "{json}");
}

#[test]
fn why_there_is_no_split_by_time_is_said() {
    let why = |as_of: &[i32], outcome: &[bool], window| {
        let keys: Vec<u64> = (0..as_of.len() as u64).collect();
        match out_of_time(&days(as_of), &keys, outcome, window).unwrap() {
            LaterSplit::Not(why) => why,
            LaterSplit::Split(split) => panic!("{split:?}"),
        }
    };
    assert!(why(&[], &[], 30).contains("only one"));
    assert!(why(&[5, 5], &[true, false], 30).contains("only one"));
    assert!(why(&[0, 0, 5, 5], &[true, false, true, false], 30).contains("30 days"));
    assert!(why(&[0, 0, 50, 50], &[true, true, true, false], 30).contains("before 1970-02-20"));
    assert!(why(&[0, 0, 50, 50], &[true, false, false, false], 30).contains("the last snapshot"));
    let error = out_of_time(&days(&[1]), &[], &[true], 30).unwrap_err();
    assert_eq!(error.kind(), Kind::BadParameter);
    assert_eq!(maturity(&days(&[i32::MAX]), &[true], 9)[0].window_end, Day(i32::MAX));
}

#[test]
fn folds_need_customers() {
    let error = |keys: &[u64], outcome: &[bool], count| {
        Folds::by_customer(keys, outcome, count).unwrap_err().kind()
    };
    assert_eq!(error(&[1, 1, 2], &[true, false, true], 3), Kind::TooFew);
    assert_eq!(error(&[1, 2], &[true, false], 1), Kind::BadParameter);
    assert_eq!(error(&[1, 2], &[true], 2), Kind::BadParameter);
    assert_eq!(error(&[], &[], 2), Kind::TooFew);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn folds_are_balanced_and_split_no_customer(
        customers in proptest::collection::vec((0_u64..60, any::<bool>()), 1..400),
        count in 2_u8..8,
        turn in 0_usize..400,
    ) {
        let (mut keys, mut outcome): (Vec<u64>, Vec<bool>) = customers.into_iter().unzip();
        let different: BTreeSet<u64> = keys.iter().copied().collect();
        prop_assume!(different.len() >= usize::from(count));
        let folds = Folds::by_customer(&keys, &outcome, count).unwrap();
        let mut fold_of = BTreeMap::new();
        for (key, fold) in keys.iter().zip(&folds.of_row) {
            prop_assert!(*fold < count);
            prop_assert_eq!(*fold_of.entry(*key).or_insert(*fold), *fold, "a customer is on one side");
        }
        let with_event: BTreeSet<u64> =
            keys.iter().zip(&outcome).filter(|(_, y)| **y).map(|(key, _)| *key).collect();
        for sort in [true, false] {
            let mut sizes = vec![0; usize::from(count)];
            fold_of.iter().filter(|(key, _)| with_event.contains(key) == sort)
                .for_each(|(_, fold)| sizes[usize::from(*fold)] += 1);
            prop_assert!(sizes.iter().max().unwrap() - sizes.iter().min().unwrap() <= 1, "{:?}", sizes);
        }
        let rows: Vec<u32> = (0..keys.len() as u32).collect();
        let (train, test) = folds.part(&rows, 0);
        prop_assert_eq!(train.len() + test.len(), rows.len());

        // The rows in another order are in the same folds.
        let turn = turn % keys.len();
        let mut of_row = folds.of_row.clone();
        keys.rotate_left(turn);
        outcome.rotate_left(turn);
        of_row.rotate_left(turn);
        prop_assert_eq!(Folds::by_customer(&keys, &outcome, count).unwrap().of_row, of_row);
    }

    #[test]
    fn the_canonical_order_forgets_the_order_of_the_file(
        rows in proptest::collection::vec((0_u64..6, 0_u8..3, 0_u8..3, 0_u8..2), 1..100),
        turn in 0_usize..100,
    ) {
        let canonical = |rows: &[(u64, u8, u8, u8)]| {
            let mut matrix = BinnedMatrix {
                rows: rows.len(),
                names: vec!["a".into(), "b".into()],
                kinds: vec![reveille::dataset::CodeKind::Ordered; 2],
                code_counts: vec![3, 3],
                columns: vec![rows.iter().map(|r| r.1).collect(), rows.iter().map(|r| r.2).collect()],
            };
            let keys: Vec<u64> = rows.iter().map(|r| r.0).collect();
            let outcome: Vec<u8> = rows.iter().map(|r| r.3).collect();
            let order = canonical_order(&keys, &matrix, &outcome);
            assert_eq!(order.iter().collect::<BTreeSet<_>>().len(), rows.len());
            matrix.reorder(&order);
            let outcome: Vec<u8> = order.iter().map(|row| outcome[*row as usize]).collect();
            (matrix.digest(), matrix, outcome)
        };
        let mut turned = rows.clone();
        turned.rotate_left(turn % rows.len());
        turned.reverse();
        prop_assert_eq!(canonical(&rows), canonical(&turned));
    }
}

#[test]
fn rows_of_another_encoding_are_refused() {
    let mut matrix = BinnedMatrix {
        rows: 2,
        names: vec!["a".into()],
        kinds: vec![reveille::dataset::CodeKind::Ordered],
        code_counts: vec![3],
        columns: vec![vec![0, 1]],
    };
    let two = reveille::features::Encoded { columns: vec![vec![1], vec![1]], ..Default::default() };
    assert_eq!(matrix.push(&two).unwrap_err().kind(), Kind::BadParameter);
    let one = reveille::features::Encoded { columns: vec![vec![2]], ..Default::default() };
    matrix.push(&one).unwrap();
    assert_eq!((matrix.rows, &matrix.columns[0]), (3, &vec![0, 1, 2]));
    let digest = matrix.digest();
    matrix.names[0] = "b".into();
    assert_ne!(digest, matrix.digest());
    matrix.reorder(&[2, 9, 0]);
    assert_eq!((matrix.rows, &matrix.columns[0]), (2, &vec![2, 0]));
    matrix.keep(&[false]);
    assert!(matrix.names.is_empty() && matrix.columns.is_empty() && matrix.code_counts.is_empty());
}
