use linfa::traits::Fit;
use ndarray::Array1;
use proptest::prelude::*;

use super::{
    histogram::{Entry, Sums, add_up, entry},
    link::{Link, UNITS, first, second},
    table::Table,
    *,
};
use crate::{
    dataset::{BinnedMatrix, CodeKind},
    learners::{Rows, Training, part_in_order},
    metrics::log_loss,
    model::{
        Boosted, Calibration,
        boosted::{Branch, STEPS},
        tree::Rule,
    },
};

fn bits(seed: u64) -> u64 {
    let z = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5bd1_e995;
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn matrix(columns: Vec<(&str, CodeKind, Vec<u8>)>) -> BinnedMatrix {
    let mut matrix = BinnedMatrix { rows: columns[0].2.len(), ..BinnedMatrix::default() };
    for (name, kind, codes) in columns {
        matrix.names.push(name.to_owned());
        matrix.kinds.push(kind);
        matrix.code_counts.push(256);
        matrix.columns.push(codes);
    }
    matrix
}

fn drawn(rows: usize, column: u64, codes: u64) -> Vec<u8> {
    (0..rows as u64).map(|row| (bits(row * 31 + column) % codes) as u8).collect()
}

/// Outcomes with the chance that a row's logit says.
fn outcomes(rows: usize, logit: impl Fn(usize) -> f64) -> Vec<bool> {
    let chance = |row: usize| (bits(row as u64 ^ 0xabcd) >> 11) as f64 / (1_u64 << 53) as f64;
    (0..rows).map(|row| chance(row) < 1.0 / (1.0 + (-logit(row)).exp())).collect()
}

fn fit(params: &BoostParams, matrix: &BinnedMatrix, events: &[bool]) -> Boosted {
    let index: Vec<u32> = (0..matrix.rows as u32).collect();
    let rows = Rows { matrix, index: &index };
    params.fit(&Training::new(rows, Array1::from_vec(events.to_vec()))).unwrap()
}

fn logits(boosted: &Boosted, matrix: &BinnedMatrix) -> Vec<f64> {
    let mut out = vec![0.0; matrix.rows];
    boosted.logits(&matrix.codes(), &mut out);
    out
}

#[test]
fn derivatives_and_losses_are_those_of_the_log_loss() {
    let link = Link::new();
    for step in -1600..=1600 {
        let logit = f64::from(step) / 100.0;
        let score = (logit * STEPS).round() as i32;
        let p = 1.0 / (1.0 + (-logit).exp());
        for event in [false, true] {
            let derivatives = link.derivatives(score, event);
            let expected = p - f64::from(u8::from(event));
            assert!((first(derivatives) as f64 / UNITS - expected).abs() < 2e-5, "{logit}");
            assert!((second(derivatives) as f64 / UNITS - p * (1.0 - p)).abs() < 4e-5, "{logit}");
            let loss = if event { (-logit).exp().ln_1p() } else { logit.exp().ln_1p() };
            let told = link.loss(score, event) as f64 / f64::from(1 << 24);
            assert!((told - loss).abs() < 4e-6, "{logit}: {told} {loss}");
        }
    }
}

proptest! {
    #[test]
    fn histograms_hold_plain_sums(rows in 1_usize..300, columns in 1_u64..40, seed: u64) {
        let all = (0..columns).map(|c| ("c", CodeKind::Ordered, drawn(rows, seed ^ c, 2 + c * 6)));
        let matrix = matrix(all.collect());
        let index: Vec<u32> = (0..rows as u32).collect();
        let table = Table::of(&Rows { matrix: &matrix, index: &index }, None);
        let link = Link::new();
        let of_row = |row: u32| link.derivatives((bits(seed ^ u64::from(row)) >> 38) as i32, row.is_multiple_of(3));
        let entries: Vec<Entry> = index.iter().map(|&row| entry(row, of_row(row))).collect();
        let mut found = vec![Sums::default(); table.bins];
        add_up(&table, &entries, None, &mut found);
        for column in &table.columns {
            let mut plain = [Sums::default(); 256];
            for &row in &index {
                plain[usize::from(matrix.columns[column.at as usize][row as usize])] +=
                    Sums::of(of_row(row), 1);
            }
            let bins = &found[column.first_bin..column.first_bin + column.codes];
            prop_assert_eq!(bins, &plain[..column.codes]);
        }
    }

    #[test]
    fn a_monotone_score_never_turns(seed: u64, falling: bool) {
        let matrix = matrix(vec![
            ("x", CodeKind::Ordered, drawn(800, seed, 30)),
            ("z", CodeKind::Ordered, drawn(800, seed ^ 7, 12)),
        ]);
        let events = outcomes(800, |row| (f64::from(matrix.columns[0][row]) / 3.0 + seed as f64).sin());
        prop_assume!(events.contains(&true) && events.contains(&false));
        let way = if falling { Monotone::Falling } else { Monotone::Rising };
        let params = BoostParams {
            rounds: 30,
            min_leaf: 5.0,
            monotone: [("x".to_owned(), way)].into(),
            ..BoostParams::default()
        };
        let boosted = fit(&params, &matrix, &events);
        for z in 0..12 {
            let x: Vec<u8> = (1..30).collect();
            let mut out = [0.0; 29];
            boosted.logits(&[&x, &[z; 29]], &mut out);
            if falling {
                out.reverse();
            }
            prop_assert!(out.is_sorted(), "{:?}", out);
        }
    }
}

#[test]
fn the_first_leaf_takes_a_newton_step() {
    let codes: Vec<u8> = (0..400).map(|row| 1 + u8::from(row >= 200)).collect();
    let matrix = matrix(vec![("x", CodeKind::Ordered, codes)]);
    let events: Vec<bool> = (0..400).map(|row| row % if row < 200 { 10 } else { 2 } == 0).collect();
    let params = BoostParams { rounds: 1, learning_rate: 1.0, l2: 2.0, ..BoostParams::default() };
    let told = logits(&fit(&params, &matrix, &events), &matrix);
    // 20 and 100 events among 200 each, base rate 0.3: −G / (H + λ) by hand.
    let base = (0.3_f64 / 0.7).ln();
    let step = |events: f64| base + (events - 200.0 * 0.3) / (200.0 * 0.21 + 2.0);
    assert!((told[0] - step(20.0)).abs() < 1e-4, "{} {}", told[0], step(20.0));
    assert!((told[399] - step(100.0)).abs() < 1e-4, "{} {}", told[399], step(100.0));
}

#[test]
fn missing_values_go_where_they_belong() {
    let codes: Vec<u8> = drawn(2000, 3, 11);
    let matrix = matrix(vec![("x", CodeKind::Ordered, codes)]);
    let x = &matrix.columns[0];
    for missing_is_high in [false, true] {
        let events = outcomes(2000, |row| match x[row] {
            0 if missing_is_high => 2.0,
            code => {
                if code > 5 {
                    2.0
                } else {
                    -2.0
                }
            }
        });
        let told = logits(&fit(&BoostParams::default(), &matrix, &events), &matrix);
        let at = |code: u8| told[x.iter().position(|&c| c == code).unwrap()];
        assert_eq!(at(0) > 0.0, missing_is_high);
        assert!(at(1) < -1.0 && at(10) > 1.0);
    }
}

#[test]
fn levels_without_meaning_are_left_alone() {
    let matrix = matrix(vec![
        ("noise", CodeKind::Category, drawn(3000, 1, 120)),
        ("x", CodeKind::Ordered, drawn(3000, 2, 40)),
    ]);
    let x = &matrix.columns[1];
    let events = outcomes(3000, |row| f64::from(x[row]) / 10.0 - 3.0);
    let gain = |luck: f64| -> f64 {
        let params = BoostParams { rounds: 20, level_luck: luck, ..BoostParams::default() };
        let boosted = fit(&params, &matrix, &events);
        let of = |wanted: u32| -> f64 {
            boosted.forks().filter(|(column, _)| *column == wanted).map(|(_, gain)| gain).sum()
        };
        of(0) / (of(0) + of(1))
    };
    assert!(gain(1.0) < 0.05, "{}", gain(1.0));
    assert!(gain(0.0) > 2.0 * gain(1.0), "{}", gain(0.0));
}

#[test]
fn the_watched_loss_is_the_log_loss_and_stops_the_growth() {
    let matrix = matrix(vec![
        ("x", CodeKind::Ordered, drawn(1500, 5, 60)),
        ("y", CodeKind::Category, drawn(1500, 6, 9)),
    ]);
    let x = &matrix.columns[0];
    let events = outcomes(1500, |row| f64::from(x[row]) / 15.0 - 2.0);
    let (seen, held): (Vec<u32>, Vec<u32>) = (0..1500).partition(|row| row % 3 > 0);
    let pick = |rows: &[u32]| -> Vec<bool> { rows.iter().map(|&r| events[r as usize]).collect() };
    let outcome = pick(&held);
    let params = BoostParams { rounds: 800, min_leaf: 3.0, ..BoostParams::default() };
    let watch =
        Watch { rows: Rows { matrix: &matrix, index: &held }, outcome: &outcome, patience: 15 };
    let training =
        Training::new(Rows { matrix: &matrix, index: &seen }, Array1::from_vec(pick(&seen)));
    let (boosted, losses) = params.fit_watching(&training, Some(watch)).unwrap();
    assert!(boosted.trees.len() < 400 && losses.len() == boosted.trees.len() + 1);
    let told = boosted.logits_of(&Rows { matrix: &matrix, index: &held });
    let expected = log_loss(&outcome, &Calibration::Identity.apply(&told)).unwrap();
    assert!((losses[losses.len() - 1] - expected).abs() < 1e-5);
    assert!(losses.iter().any(|&loss| loss < losses[0] - 0.05));
}

#[test]
fn looked_up_leaves_are_those_of_the_tree_whatever_its_size() {
    // More columns than stand in one line.
    let names: Vec<String> = (0..40).map(|column| format!("x{column}")).collect();
    let kind = |column: usize| {
        if column.is_multiple_of(3) { CodeKind::Category } else { CodeKind::Ordered }
    };
    let column = |(at, name): (usize, &String)| {
        (name.clone(), kind(at), drawn(3000, at as u64, 3 + 6 * at as u64))
    };
    let columns: Vec<(String, CodeKind, Vec<u8>)> = names.iter().enumerate().map(column).collect();
    let columns = columns.iter().map(|(name, kind, codes)| (name.as_str(), *kind, codes.clone()));
    let matrix = matrix(columns.collect());
    let (x, y) = (&matrix.columns[38], &matrix.columns[7]);
    let events = outcomes(3000, |row| f64::from(x[row]) / 60.0 - f64::from(y[row]) / 15.0);
    let index: Vec<u32> = (0..3000).collect();
    let table = Table::of(&Rows { matrix: &matrix, index: &index }, None);
    for (max_leaves, fewest) in [(2, 2), (31, 20), (60, 33), (250, 65)] {
        let params = BoostParams {
            rounds: 1,
            max_leaves,
            max_depth: 30,
            min_leaf: 1.0,
            min_hessian: 0.0,
            ..BoostParams::default()
        };
        let boosted = fit(&params, &matrix, &events);
        let tree = &boosted.trees[0];
        assert!(tree.leaves() >= fewest, "{} leaves", tree.leaves());
        let steps: Vec<i32> =
            logits(&boosted, &matrix).iter().map(|l| (l * STEPS) as i32 - boosted.base).collect();
        let mut scores = vec![0; 3000];
        sieve::add(tree, &table, &table.blocks, None, &mut scores);
        assert_eq!(scores, steps);
        let some: Vec<u32> =
            index.iter().copied().filter(|row| bits(u64::from(*row)).is_multiple_of(3)).collect();
        let mut scores = vec![7; 3000];
        sieve::add(tree, &table, &table.blocks, Some(&some), &mut scores);
        for (row, score) in (0..3000_u32).zip(scores) {
            let added = if some.binary_search(&row).is_ok() { steps[row as usize] } else { 0 };
            assert_eq!(score, 7 + added);
        }
    }
}

#[test]
fn entries_that_are_moved_keep_their_order_on_both_sides() {
    let rows = (1 << 20) * 3 + 5;
    let entries: Vec<Entry> = (0..rows as u64).collect();
    let goes_left = |entry: Entry| bits(entry).is_multiple_of(3);
    let (left, right): (Vec<Entry>, Vec<Entry>) = entries.iter().partition(|&&e| goes_left(e));
    let mut moved = entries;
    let mut room = vec![0; 1 << 20];
    assert_eq!(part_in_order(&mut moved, &mut room, &goes_left), left.len());
    assert!(moved == [left, right].concat());
}

#[test]
fn the_search_tries_presets_and_keeps_what_is_given_where_it_is_asked_to() {
    let matrix = matrix(vec![
        ("x", CodeKind::Ordered, drawn(1200, 8, 40)),
        ("y", CodeKind::Ordered, drawn(1200, 9, 40)),
    ]);
    let (x, y) = (&matrix.columns[0], &matrix.columns[1]);
    let events = outcomes(1200, |row| if (x[row] > 20) == (y[row] > 20) { 1.5 } else { -1.5 });
    let index: Vec<u32> = (0..1200).collect();
    let fold: Vec<u8> = (0..1200).map(|row| (row % 4) as u8).collect();
    let rows = Rows { matrix: &matrix, index: &index };
    let search =
        |params: &BoostParams| params.search(Budget::Default, rows, &events, &fold, 4).unwrap();
    let found = search(&BoostParams::default());
    assert_eq!(found.tried.len(), 8);
    let best = found.tried.iter().map(|trial| trial.log_loss).fold(f64::INFINITY, f64::min);
    let told = log_loss(&events, &Calibration::Identity.apply(&found.logits)).unwrap();
    assert!(told < best + 0.01 && told < 0.55, "{told} {best}");
    let given = BoostParams { tuning: Tuning::AsGiven, rounds: 12, ..BoostParams::default() };
    assert_eq!(search(&given).params.parts, [given]);
}

#[test]
fn the_nodes_stand_in_preorder_and_hold_every_row() {
    let matrix = matrix(vec![
        ("x", CodeKind::Ordered, drawn(900, 11, 50)),
        ("y", CodeKind::Category, drawn(900, 12, 20)),
    ]);
    let events = outcomes(900, |row| f64::from(matrix.columns[0][row] % 7) - 3.0);
    let boosted = fit(&BoostParams { rounds: 5, ..BoostParams::default() }, &matrix, &events);
    for tree in &boosted.trees {
        let leaves = tree.nodes.iter().filter_map(|node| match node {
            Branch::Leaf { rows, .. } => Some(*rows),
            Branch::Fork { .. } => None,
        });
        assert!((leaves.sum::<f64>() - 900.0).abs() < 1e-9);
        for (at, node) in tree.nodes.iter().enumerate() {
            if let Branch::Fork { right, left_if, .. } = node {
                assert!((*right as usize) > at + 1 && (*right as usize) < tree.nodes.len());
                assert!(!matches!(left_if, Rule::OneOf { codes } if codes.is_empty()));
            }
        }
    }
}

#[test]
fn a_parameter_out_of_range_is_named() {
    let error = BoostParams { rounds: 0, ..BoostParams::default() }.check().unwrap_err();
    assert!(error.to_string().contains("learners.boost.rounds"), "{error}");
}
