//! How fast each stage is: read, bin, fit, score, reasons. `cargo bench -- score` runs one of them.
//!
//! The rows are those of the synthetic bank; nothing outside the repository is needed. Fits are on
//! one thread, so that figures do not depend on the machine's cores.
#![allow(clippy::unwrap_used, missing_docs)]

use std::{fs, hint::black_box, time::Duration};

use criterion::{
    BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main, measurement::WallTime,
};
use linfa::traits::Fit;
use ndarray::Array1;
use reveille::{
    bundle::{Fitted, LearnerName},
    config::Config,
    dataset::BinnedMatrix,
    features::{EncodeParams, EncoderBuilder, Observed},
    learners::{BoostParams, LogisticParams, Rows, Training, TreeParams},
    model::{Boosted, Scorecard, Tree},
    pipeline::{
        Silent,
        prepare::{Prepared, prepare},
    },
    scoring::explain::Explainer,
    sources::{self, Input, ReadParams, Table},
    synth::{self, SynthParams},
};
use tempfile::TempDir;

/// Rows that are fitted, scored and explained.
const ROWS: usize = 20_000;

/// A synthetic bank on disk, in memory and in codes.
struct Bank {
    folder: TempDir,
    table: Table,
    prepared: Prepared,
    matrix: BinnedMatrix,
    events: Vec<bool>,
}

impl Bank {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let params = SynthParams { customers: 6000, ..SynthParams::default() };
        synth::write(&params, folder.path()).unwrap();
        let history = Input::from(folder.path().join(synth::HISTORY_FILE).as_path());
        let mut config = Config::default();
        config.table.id = Some("customer_id".to_owned());
        config.table.as_of = Some("as_of".to_owned());
        config.table.exclude = vec!["reactivated_90d".to_owned()];
        config.rules.churn = Some("churned_90d".to_owned());
        let prepared = prepare(&history, &config, &Silent).unwrap();
        let known = &prepared.answers.churn;
        let rows: Vec<u32> = (0..known.len() as u32)
            .filter(|&row| known[row as usize].is_some())
            .take(ROWS)
            .collect();
        assert_eq!(rows.len(), ROWS, "the bank has too few active customers");
        let events = rows.iter().map(|&row| known[row as usize] == Some(true)).collect();
        let mut matrix = prepared.matrix.clone();
        matrix.reorder(&rows);
        let table = sources::read(&history, &ReadParams::default()).unwrap();
        Self { folder, table, prepared, matrix, events }
    }

    fn history(&self) -> Input {
        Input::from(self.folder.path().join(synth::HISTORY_FILE).as_path())
    }

    /// Fits on the rows kept, on one thread.
    fn fit<O: Send>(&self, fit: impl Fn(&Training) -> O + Sync) -> O {
        let index: Vec<u32> = (0..ROWS as u32).collect();
        let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        one.install(|| {
            let rows = Rows { matrix: &self.matrix, index: &index };
            fit(&Training::new(rows, Array1::from_vec(self.events.clone())))
        })
    }

    fn card(&self) -> Scorecard {
        self.fit(|training| LogisticParams::default().fit(training).unwrap())
    }

    fn tree(&self) -> Tree {
        self.fit(|training| TreeParams::default().fit(training).unwrap())
    }

    fn boosted(&self) -> Boosted {
        self.fit(|training| BoostParams::default().fit(training).unwrap())
    }
}

fn group<'a>(
    criterion: &'a mut Criterion,
    name: &str,
    throughput: Throughput,
) -> BenchmarkGroup<'a, WallTime> {
    let mut group = criterion.benchmark_group(name);
    group
        .sample_size(10)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(3));
    group.throughput(throughput);
    group
}

fn read(criterion: &mut Criterion, bank: &Bank) {
    let file = bank.folder.path().join(synth::HISTORY_FILE);
    let bytes = fs::metadata(file).unwrap().len();
    let params = ReadParams::default();
    let scan = sources::scan(&bank.history(), &params).unwrap();
    let mut group = group(criterion, "read", Throughput::Bytes(bytes));
    group.bench_function("scan", |bencher| {
        bencher.iter(|| sources::scan(&bank.history(), &params).unwrap());
    });
    group.bench_function("csv to arrow", |bencher| {
        bencher.iter(|| {
            let blocks =
                sources::open(&bank.history(), &params, Some(&scan), &scan.columns).unwrap();
            blocks.map(|block| block.unwrap().rows.num_rows()).sum::<usize>()
        });
    });
}

fn bin(criterion: &mut Criterion, bank: &Bank) {
    let plans = &bank.prepared.roles.plans;
    let keys: Vec<u64> =
        (0..bank.table.rows() as u64).map(|row| row.wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect();
    let keep = vec![true; keys.len()];
    let as_of = vec![0; keys.len()];
    let observe = || {
        let mut builder = EncoderBuilder::new(plans, &EncodeParams::default()).unwrap();
        let mut first = 0;
        for block in &bank.table.blocks {
            let rows = first..first + block.rows.num_rows();
            first = rows.end;
            let (keys, keep) = (&keys[rows.clone()], &keep[rows.clone()]);
            builder
                .observe(&block.rows, &Observed { keys, as_of: Some(&as_of[rows]), keep })
                .unwrap();
        }
        builder.finish().unwrap().0
    };
    let encoder = observe();
    let mut group = group(criterion, "bin", Throughput::Elements(bank.table.rows() as u64));
    group.bench_function("cuts", |bencher| bencher.iter(observe));
    group.bench_function("codes", |bencher| {
        let ready = encoder.ready();
        bencher.iter(|| {
            for block in &bank.table.blocks {
                let as_of = &as_of[..block.rows.num_rows()];
                black_box(ready.encode(&block.rows, Some(as_of)).unwrap());
            }
        });
    });
}

fn fit(criterion: &mut Criterion, bank: &Bank) {
    let mut group = group(criterion, "fit", Throughput::Elements(ROWS as u64));
    group.bench_function(LearnerName::Logistic.key(), |bencher| bencher.iter(|| bank.card()));
    group.bench_function(LearnerName::Tree.key(), |bencher| bencher.iter(|| bank.tree()));
    group.bench_function(LearnerName::Boost.key(), |bencher| bencher.iter(|| bank.boosted()));
}

fn score(criterion: &mut Criterion, bank: &Bank) {
    let codes = bank.matrix.codes();
    let mut logits = vec![0.0; ROWS];
    let (card, tree, boosted) = (bank.card(), bank.tree().compile(), bank.boosted().compile());
    let mut group = group(criterion, "score", Throughput::Elements(ROWS as u64));
    group.bench_function("logistic", |bencher| {
        bencher.iter(|| card.logits(&codes, black_box(&mut logits)));
    });
    group.bench_function("tree", |bencher| {
        bencher.iter(|| tree.logits(&codes, black_box(&mut logits)));
    });
    group.bench_function("boost", |bencher| {
        bencher.iter(|| boosted.logits(&codes, black_box(&mut logits)));
    });
}

fn reasons(criterion: &mut Criterion, bank: &Bank) {
    const EXPLAINED: usize = 2000;
    let codes = bank.matrix.codes();
    let rows: Vec<u32> = (0..EXPLAINED as u32).collect();
    let mut group = group(criterion, "reasons", Throughput::Elements(EXPLAINED as u64));
    let learners =
        [Fitted::Logistic(bank.card()), Fitted::Tree(bank.tree()), Fitted::Boost(bank.boosted())];
    for fitted in learners {
        let explainer = Explainer::new(&fitted);
        let logits = reveille::scoring::predictor::logits(&fitted, &codes, ROWS);
        group.bench_function(fitted.name().key(), |bencher| {
            bencher.iter(|| explainer.explain(&codes, &rows, &logits, &[]));
        });
    }
}

fn all(criterion: &mut Criterion) {
    let bank = Bank::new();
    read(criterion, &bank);
    bin(criterion, &bank);
    fit(criterion, &bank);
    score(criterion, &bank);
    reasons(criterion, &bank);
}

criterion_group!(benches, all);
criterion_main!(benches);
