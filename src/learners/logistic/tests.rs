use linfa::{dataset::DatasetBase, traits::Fit};
use ndarray::Array1;
use proptest::prelude::*;

use super::{choose::mix, grouping, newton::Newton, *};
use crate::dataset::{BinnedMatrix, CodeKind};

fn matrix(kinds: &[CodeKind], columns: Vec<Vec<u8>>) -> BinnedMatrix {
    BinnedMatrix {
        rows: columns[0].len(),
        names: (0..columns.len()).map(|column| format!("column {column}")).collect(),
        kinds: kinds.to_vec(),
        code_counts: vec![256; columns.len()],
        columns,
    }
}

fn chance(row: usize) -> f64 {
    (mix(row as u64 ^ 0xfeed) >> 11) as f64 / (1_u64 << 53) as f64
}

/// The rows of tests/oracle/logistic.py.
fn oracle_rows() -> (BinnedMatrix, Vec<bool>) {
    let code = |row: usize, column: usize| 1 + (mix(row as u64 * 4 + column as u64) % 3) as u8;
    let columns: Vec<Vec<u8>> =
        (0..3).map(|column| (0..2000).map(|row| code(row, column)).collect()).collect();
    let events = (0..2000)
        .map(|row| {
            let logit = -1.0 + 0.8 * (f64::from(columns[0][row]) - 2.0)
                - if columns[1][row] == 2 { 0.6 } else { 0.0 }
                + if columns[2][row] == 3 { 0.5 } else { 0.0 };
            chance(row) < 1.0 / (1.0 + (-logit).exp())
        })
        .collect();
    (matrix(&[CodeKind::Ordered; 3], columns), events)
}

fn fit(params: &LogisticParams, matrix: &BinnedMatrix, events: &[bool]) -> Result<Scorecard> {
    let index: Vec<u32> = (0..matrix.rows as u32).collect();
    params.fit(&DatasetBase::new(Rows { matrix, index: &index }, Array1::from_vec(events.to_vec())))
}

#[test]
fn both_solvers_agree_with_scikit_learn() {
    let oracle: serde_json::Value =
        serde_json::from_str(include_str!("../../../tests/oracle/logistic.json")).expect("JSON");
    let (matrix, events) = oracle_rows();
    assert_eq!(events.iter().filter(|event| **event).count() as u64, oracle["events"]);
    for solver in [Solver::Auto, Solver::Newton, Solver::Linfa] {
        let params = LogisticParams {
            l2: L2::Fixed(2.0),
            deviation: 0.0,
            group_penalty: 1e-9,
            solver,
            ..LogisticParams::default()
        };
        let card = fit(&params, &matrix, &events).expect("fits");
        let near = |value: f64, wanted: &serde_json::Value| {
            let wanted = wanted.as_f64().expect("a number");
            assert!((value - wanted).abs() < 1e-6, "{solver:?}: {value} {wanted}");
        };
        near(card.intercept, &oracle["plain"]["intercept"]);
        for (place, column) in card.columns.iter().enumerate() {
            near(column.coefficient, &oracle["plain"]["coefficients"][place]);
            for code in 1..4 {
                let woe = column.groups[usize::from(column.group_of[code])].woe;
                near(woe, &oracle["woe"][place][code - 1]);
            }
        }
    }
}

#[test]
fn thinned_curvature_and_linfa_reach_the_same_minimum() {
    let rows = 30_000;
    let columns: Vec<Vec<u8>> = (0..4)
        .map(|column| (0..rows).map(|row| (mix((row * 4 + column) as u64) % 30) as u8).collect())
        .collect();
    let events: Vec<bool> = (0..rows)
        .map(|row| chance(row) < 0.05 + f64::from(columns[0][row] + columns[1][row] % 7) / 60.0)
        .collect();
    let matrix = matrix(&[CodeKind::Ordered; 4], columns);
    let index: Vec<u32> = (0..rows as u32).collect();
    let training = DatasetBase::new(Rows { matrix: &matrix, index: &index }, events.into());
    let sample = Sample::new(&training).expect("fits together");
    let params = LogisticParams::default();
    let total = sample.total();
    let groupings = card::groupings(&sample, total, &params);
    let grouped = Grouped::new(sample, &groupings);
    let features = card::features(&groupings, 2.0, &params);
    let start = card::start(total, features.len());
    let limits = Limits { tolerance: 1e-12, iterations: 200 };
    let exact = newton::minimise(&grouped, &features, 2.0, &start, limits);
    let limits = Limits { tolerance: 1e-10, iterations: 1000 };
    let thinned = Newton::thinned(&grouped, &features, 7).minimise(2.0, start.clone(), limits);
    let theirs = quasi_newton::minimise(&grouped, &features, 2.0, limits).expect("converges");
    let furthest = |other: &[f64]| {
        exact.parameters.iter().zip(other).map(|(l, r)| (l - r).abs()).fold(0.0, f64::max)
    };
    assert!(furthest(&thinned.parameters) < 1e-6, "{}", furthest(&thinned.parameters));
    assert!(furthest(&theirs.parameters) < 3e-3, "{}", furthest(&theirs.parameters));
}

#[test]
fn a_fit_that_does_not_converge_is_an_error() {
    let (matrix, events) = oracle_rows();
    for solver in [Solver::Newton, Solver::Linfa] {
        let params = LogisticParams {
            max_iterations: 1,
            l2: L2::Fixed(1.0),
            solver,
            ..LogisticParams::default()
        };
        let error = fit(&params, &matrix, &events).expect_err("one iteration");
        assert_eq!(error.kind(), Kind::NotConverged, "{solver:?}");
    }
}

#[test]
fn surnames_and_noise_get_no_points() {
    let rows = 10_000;
    let noise = |salt: usize, codes: u64| {
        (0..rows).map(|row| 1 + (mix((row * 8 + salt) as u64) % codes) as u8).collect::<Vec<u8>>()
    };
    let columns = vec![noise(0, 253), noise(1, 253), noise(2, 12)];
    let events: Vec<bool> = (0..rows).map(|row| chance(row) < 0.2).collect();
    let kinds = [CodeKind::Category, CodeKind::Ordered, CodeKind::Category];
    let card = fit(&LogisticParams::default(), &matrix(&kinds, columns), &events).expect("fits");
    assert!(card.columns.is_empty(), "{:?}", card.columns);
    let rate = events.iter().filter(|event| **event).count() as f64 / rows as f64;
    assert!((card.intercept - (rate / (1.0 - rate)).ln()).abs() < 1e-9);
}

#[test]
fn missing_has_its_group_and_unseen_levels_are_neutral() {
    let rows = 4000;
    let city: Vec<u8> = (0..rows).map(|row| (mix(row as u64) % 4) as u8).collect();
    let events: Vec<bool> =
        city.iter().enumerate().map(|(row, &c)| chance(row) < 0.1 + 0.2 * f64::from(c)).collect();
    let card = fit(&LogisticParams::default(), &matrix(&[CodeKind::Category], vec![city]), &events)
        .expect("fits");
    let column = &card.columns[0];
    assert!(column.logit(0) < column.logit(1) && column.logit(1) < column.logit(3));
    assert_eq!((column.group_of[200], column.logit(200)), (0, 0.0));
    card.check(&[256]).expect("a fitted card is whole");
}

#[test]
fn parameters_out_of_range_name_their_key() {
    let bad = [
        LogisticParams { max_groups: 1, ..LogisticParams::default() },
        LogisticParams { max_groups: 15, ..LogisticParams::default() },
        LogisticParams { min_group_share: f64::NAN, ..LogisticParams::default() },
        LogisticParams { group_penalty: 0.0, ..LogisticParams::default() },
        LogisticParams { deviation: -1.0, ..LogisticParams::default() },
        LogisticParams { l2: L2::Fixed(-1.0), ..LogisticParams::default() },
        LogisticParams { folds: 1, ..LogisticParams::default() },
        LogisticParams { max_iterations: 0, ..LogisticParams::default() },
        LogisticParams { tolerance: 0.0, ..LogisticParams::default() },
    ];
    for params in bad {
        let error = params.check().expect_err("out of range");
        assert_eq!(error.kind(), Kind::BadParameter);
        assert!(error.to_string().starts_with("config key learners.logistic."), "{error}");
    }
    assert!(serde_json::from_str::<LogisticParams>("{\"l3\":1}").is_err());
    let text = serde_json::to_string(&LogisticParams::default()).expect("serialises");
    let back: LogisticParams = serde_json::from_str(&text).expect("reads back");
    assert_eq!(back, LogisticParams::default());
}

/// Rows on which the line search of `linfa-logistic` goes on for ever if it is asked for a gradient
/// of 1e-10 a row.
#[test]
fn the_line_search_is_not_asked_for_its_last_digits() {
    let codes = vec![
        181, 21, 202, 204, 167, 78, 224, 16, 3, 215, 166, 9, 214, 162, 109, 96, 118, 98, 114, 149,
        142, 88, 46, 90, 24, 166, 170, 158, 158, 218, 19, 196, 69, 225, 251, 173, 161, 209, 83, 97,
        174, 23, 178, 130, 26, 129, 166, 123, 18, 185, 71, 12, 221, 145, 66, 74, 154, 237, 93, 172,
    ];
    let events: [u8; 60] = [
        0, 1, 0, 1, 1, 0, 1, 1, 0, 1, 1, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0, 0, 1, 0, 1, 1, 0, 1, 0, 0,
        1, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 1, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 1, 1,
    ];
    let events: Vec<bool> = events.iter().map(|event| *event == 1).collect();
    let matrix = matrix(&[CodeKind::Ordered], vec![codes]);
    for solver in [Solver::Auto, Solver::Newton] {
        let params = LogisticParams { l2: L2::Fixed(0.0), solver, ..LogisticParams::default() };
        fit(&params, &matrix, &events).expect("ends");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_codes_fit_or_are_refused(
        columns in prop::collection::vec(
            prop_oneof![
                prop::collection::vec(any::<u8>(), 60),
                prop::collection::vec(0_u8..3, 60),
            ],
            1..6,
        ),
        shift in 0_usize..30,
        events in prop::collection::vec(any::<bool>(), 60),
        category in any::<bool>(),
        strength in prop::sample::select(vec![0.0, 1e-6, 1e-2, 1.0, 1e6]),
        solver in prop::sample::select(vec![Solver::Auto, Solver::Newton]),
    ) {
        let kind = if category { CodeKind::Category } else { CodeKind::Ordered };
        // Some outcomes follow the first column, up to perfect separation.
        let follow = columns[0].iter().map(|code| code % 3 == 1);
        let events: Vec<bool> = follow.zip(&events).enumerate()
            .map(|(row, (follows, event))| if row < 2 * shift { follows } else { *event })
            .collect();
        let matrix = matrix(&vec![kind; columns.len()], columns);
        let params =
            LogisticParams { l2: L2::Fixed(strength), solver, ..LogisticParams::default() };
        match fit(&params, &matrix, &events) {
            Ok(card) => prop_assert!(card.check(&matrix.code_counts).is_ok()),
            Err(error) => prop_assert!(matches!(error.kind(), Kind::OneClass | Kind::NotConverged)),
        }
    }

    #[test]
    fn groups_are_few_contiguous_and_monotone_where_asked(
        values in prop::collection::vec(1_u8..100, 400),
        rising in any::<bool>(),
    ) {
        let events: Vec<bool> =
            values.iter().enumerate().map(|(row, &v)| chance(row) < (f64::from(v) / 15.0).sin().abs()).collect();
        let matrix = matrix(&[CodeKind::Ordered], vec![values]);
        let direction = if rising { Direction::Rising } else { Direction::Falling };
        let params = LogisticParams {
            max_groups: 5,
            monotone: [("column 0".to_owned(), direction)].into(),
            ..LogisticParams::default()
        };
        let index: Vec<u32> = (0..400).collect();
        let training = DatasetBase::new(Rows { matrix: &matrix, index: &index }, events.into());
        let sample = Sample::new(&training).expect("fits together");
        if let Some(found) = grouping::group(&sample, 0, sample.total(), &params) {
            prop_assert!(found.woe.len() <= 6);
            let runs: Vec<u8> = found.group_of[1..].chunk_by(|a, b| a == b).map(|run| run[0]).collect();
            prop_assert!(runs.windows(2).all(|pair| pair[0] < pair[1]), "{:?}", runs);
            let goes = |pair: &[f64]| if rising { pair[0] <= pair[1] } else { pair[0] >= pair[1] };
            prop_assert!(found.woe[1..].windows(2).all(goes), "{:?}", found.woe);
        }
    }
}
