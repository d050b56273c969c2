//! The synthetic bank: the same bytes for the same seed, and outcomes that follow the truth.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{collections::BTreeMap, fs, path::Path};

use reveille::{
    error::Kind,
    synth::{self, SynthParams, columns},
    units::{Day, Seed},
};

fn bank(params: &SynthParams) -> (tempfile::TempDir, synth::Written) {
    let folder = tempfile::tempdir().unwrap();
    let written = synth::write(params, folder.path()).unwrap();
    (folder, written)
}

fn table(folder: &Path, file: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let mut reader = csv::Reader::from_path(folder.join(file)).unwrap();
    let header = reader.headers().unwrap().iter().map(String::from).collect();
    let rows = reader.records().map(|r| r.unwrap().iter().map(String::from).collect()).collect();
    (header, rows)
}

fn place(header: &[String], name: &str) -> usize {
    header.iter().position(|column| column == name).unwrap()
}

/// The true probability of each customer and date, by column of the truth.
fn truth(folder: &Path, column: &str) -> BTreeMap<(String, String), f64> {
    let (header, rows) = table(folder, synth::TRUTH_FILE);
    let at = place(&header, column);
    rows.into_iter()
        .filter(|row| !row[at].is_empty())
        .map(|row| ((row[0].clone(), row[1].clone()), row[at].parse().unwrap()))
        .collect()
}

#[test]
fn the_folder_data_is_what_the_generator_writes() {
    let (folder, written) = bank(&SynthParams::default());
    for file in [synth::HISTORY_FILE, synth::CURRENT_FILE, synth::TRUTH_FILE] {
        let kept = fs::read(Path::new("data").join(file)).unwrap();
        let made = fs::read(folder.path().join(file)).unwrap();
        assert!(kept == made, "data/{file} differs: make it again with the command of its README");
    }
    assert_eq!(written.truth, written.history + written.current);
    let readme = fs::read_to_string("data/README.md").unwrap();
    for described in [columns::COLUMNS, columns::OUTCOMES, columns::TRUTH] {
        assert!(readme.contains(&columns::markdown(described)), "data/README.md is behind COLUMNS");
    }
}

#[test]
fn any_number_of_threads_writes_the_same_bytes() {
    let params = SynthParams { customers: 4000, months: 3, seed: Seed(5), ..Default::default() };
    let digests = [1, 2, 8].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let (folder, _) = pool.install(|| bank(&params));
        [synth::HISTORY_FILE, synth::CURRENT_FILE, synth::TRUTH_FILE]
            .map(|file| blake3::hash(&fs::read(folder.path().join(file)).unwrap()))
    });
    assert_eq!(digests[0], digests[1]);
    assert_eq!(digests[0], digests[2]);
    let (other, _) = bank(&SynthParams { seed: Seed(6), ..params });
    assert_ne!(
        blake3::hash(&fs::read(other.path().join(synth::HISTORY_FILE)).unwrap()),
        digests[0][0]
    );
}

/// Outcomes against their true probability, in tenths of the truth; each within 4 standard errors.
fn agrees(folder: &Path, outcome: &str, probability: &str, rates: std::ops::Range<f64>) {
    let truth = truth(folder, probability);
    let (header, rows) = table(folder, synth::HISTORY_FILE);
    let at = place(&header, outcome);
    let mut pairs: Vec<(f64, f64)> = rows
        .iter()
        .filter(|row| !row[at].is_empty())
        .map(|row| (truth[&(row[0].clone(), row[1].clone())], row[at].parse().unwrap()))
        .collect();
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    for part in pairs.chunks(pairs.len().div_ceil(10)) {
        let expected: f64 = part.iter().map(|pair| pair.0).sum();
        let observed: f64 = part.iter().map(|pair| pair.1).sum();
        let error = part.iter().map(|pair| pair.0 * (1.0 - pair.0)).sum::<f64>().sqrt();
        assert!(
            (observed - expected).abs() <= 4.0 * error,
            "{outcome}: {observed} against {expected} ± {error}"
        );
    }
    let rate = pairs.iter().map(|pair| pair.1).sum::<f64>() / pairs.len() as f64;
    assert!(rates.contains(&rate), "{outcome}: base rate {rate}");
    let auc = auc(&pairs);
    assert!((0.82..0.93).contains(&auc), "{outcome}: the truth itself has AUC {auc}");
}

/// AUC of pairs (score, outcome) sorted by score; scores hardly tie.
fn auc(pairs: &[(f64, f64)]) -> f64 {
    let (mut negatives, mut wins, mut positives) = (0.0, 0.0, 0.0);
    for (_, outcome) in pairs {
        if *outcome > 0.5 {
            positives += 1.0;
            wins += negatives;
        } else {
            negatives += 1.0;
        }
    }
    wins / (positives * negatives)
}

#[test]
fn outcomes_come_as_often_as_the_truth_says() {
    // One snapshot, so that the rows are independent.
    let params = SynthParams { customers: 52_000, months: 1, seed: Seed(3), ..Default::default() };
    let (folder, _) = bank(&params);
    agrees(folder.path(), "churned_90d", "true_churn_probability", 0.065..0.095);
    agrees(folder.path(), "reactivated_90d", "true_reactivation_probability", 0.055..0.085);
}

#[test]
fn every_row_keeps_the_rules_of_its_state() {
    let (folder, written) = bank(&SynthParams { customers: 3000, months: 4, ..Default::default() });
    let (header, rows) = table(folder.path(), synth::HISTORY_FILE);
    let (current, _) = table(folder.path(), synth::CURRENT_FILE);
    let names = |columns: &[columns::Column]| -> Vec<String> {
        columns.iter().map(|column| column.name.to_owned()).collect()
    };
    assert_eq!(current, names(columns::COLUMNS));
    assert_eq!(header, [names(columns::COLUMNS), names(columns::OUTCOMES)].concat());
    assert_eq!(rows.len() as u64, written.history);
    assert!(written.history > 4 * 3000 * 9 / 10);
    let quiet = place(&header, "days_since_last_txn");
    let counts = place(&header, "txn_count_90d");
    let (churned, woke) = (place(&header, synth::CHURN), place(&header, synth::REACTIVATION));
    for row in &rows {
        let days: Option<i32> = row[quiet].parse().ok();
        assert_eq!(row[churned].is_empty(), days.is_none_or(|days| days > 90), "{row:?}");
        assert_eq!(row[woke].is_empty(), days.is_none_or(|days| days <= 90), "{row:?}");
        let transacted: u32 = row[counts].parse().unwrap();
        assert_eq!(transacted > 0, days.is_some_and(|days| days <= 90), "{row:?}");
    }
    let mut keys: Vec<_> = rows.iter().map(|row| (&row[0], &row[1])).collect();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), rows.len(), "a customer is twice in a snapshot");
}

#[test]
fn numbers_out_of_range_are_refused_with_their_place() {
    let folder = tempfile::tempdir().unwrap();
    let good = SynthParams { customers: 1, months: 1, ..Default::default() };
    assert!(synth::write(&good, folder.path()).is_ok());
    for (bad, place) in [
        (SynthParams { customers: 0, ..good }, "config key synth.customers"),
        (SynthParams { customers: u64::MAX, ..good }, "config key synth.customers"),
        (SynthParams { months: 0, ..good }, "config key synth.months"),
        (SynthParams { months: u32::MAX, ..good }, "config key synth.months"),
        (SynthParams { last_as_of: Day(20_000), ..good }, "config key synth.last_as_of"),
        (SynthParams { last_as_of: Day(i32::MIN), ..good }, "config key synth.last_as_of"),
        (SynthParams { last_as_of: Day(i32::MAX), ..good }, "config key synth.last_as_of"),
    ] {
        let error = synth::write(&bad, folder.path()).unwrap_err();
        assert_eq!(error.kind(), Kind::BadParameter);
        assert!(error.to_string().starts_with(place), "{error}");
    }
}

#[test]
fn only_snapshots_whose_90_days_are_over_have_outcomes() {
    for (last, latest) in [
        ("2026-03-31", "2025-12-31"),
        ("2026-02-28", "2025-11-30"),
        // From 31 January the 90 days end on 1 May.
        ("2026-04-30", "2025-12-31"),
        ("2024-05-31", "2024-02-29"),
    ] {
        let last_as_of = Day::parse(last).unwrap();
        let params = SynthParams { customers: 40, months: 2, last_as_of, ..Default::default() };
        let (folder, _) = bank(&params);
        let (_, rows) = table(folder.path(), synth::HISTORY_FILE);
        assert_eq!(rows.iter().map(|row| row[1].as_str()).max(), Some(latest), "{last}");
        let (_, rows) = table(folder.path(), synth::CURRENT_FILE);
        assert!(rows.iter().all(|row| row[1] == last));
    }
}
