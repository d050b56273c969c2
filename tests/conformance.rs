//! What every learner must hold to, written once over linfa's `Fit`.
//!
//! A learner joins with one line in [`LEARNERS`].
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use linfa::{
    dataset::DatasetBase,
    traits::{Fit, PredictInplace},
};
use ndarray::Array1;
use reveille::{
    dataset::{BinnedMatrix, CodeKind},
    error::{Error, Kind, Result},
    learners::{
        Rows, Training,
        boost::{BoostParams, Plan},
        logistic::{LogisticParams, Solver},
    },
};
use serde::Serialize;

/// A fitted model, as far as the laws look at it.
struct Fitted {
    /// The model, serialised.
    bytes: String,
    /// Logits of all rows of the matrix that it was fitted on.
    logits: Vec<f64>,
}

type Learner = fn(&Training<'_>) -> Result<Fitted>;

/// Every learner under its name.
const LEARNERS: &[(&str, Learner)] = &[
    ("logistic", |training| fitted(&LogisticParams::default(), training)),
    ("logistic, newton", |training| {
        fitted(&LogisticParams { solver: Solver::Newton, ..LogisticParams::default() }, training)
    }),
    ("boost", |training| fitted(&BoostParams { rounds: 30, ..BoostParams::default() }, training)),
    ("boost, on samples", |training| fitted(&sampling(), training)),
    ("boost, two together", |training| {
        let parts = vec![sampling(), BoostParams { rounds: 10, ..BoostParams::default() }];
        fitted(&Plan { parts }, training)
    }),
];

fn sampling() -> BoostParams {
    BoostParams {
        rounds: 20,
        max_leaves: 8,
        row_sample: 0.6,
        column_sample: 0.6,
        bags: 2,
        ..BoostParams::default()
    }
}

fn fitted<P, M>(params: &P, training: &Training<'_>) -> Result<Fitted>
where
    P: for<'a> Fit<Rows<'a>, Array1<bool>, Error, Object = M>,
    M: Serialize + for<'a> PredictInplace<Rows<'a>, Array1<f64>>,
{
    let model = params.fit(training)?;
    let bytes = serde_json::to_string(&model)
        .map_err(|error| Error::new(Kind::BadBundle, error.to_string()))?;
    let matrix = training.records.matrix;
    let index: Vec<u32> = (0..matrix.rows as u32).collect();
    let rows = Rows { matrix, index: &index };
    let mut logits = model.default_target(&rows);
    assert_eq!(logits.len(), matrix.rows);
    model.predict_inplace(&rows, &mut logits);
    assert!(logits.iter().all(|logit| logit.is_finite()), "a logit is not a number");
    Ok(Fitted { bytes, logits: logits.to_vec() })
}

/// A small bank: six columns, of which four carry evidence, one is constant, one is noise.
struct Bank {
    matrix: BinnedMatrix,
    events: Vec<bool>,
}

fn bits(seed: u64) -> u64 {
    let mut x = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x1234_5678;
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

fn bank(rows: usize) -> Bank {
    let code = |row: usize, column: u64, codes: u64| (bits(row as u64 * 8 + column) % codes) as u8;
    let kinds = [
        ("age", CodeKind::Ordered, 41),
        ("balance", CodeKind::Ordered, 255),
        ("city", CodeKind::Category, 9),
        ("products", CodeKind::Ordered, 5),
        ("branch", CodeKind::Category, 120),
    ];
    let mut matrix = BinnedMatrix { rows, ..BinnedMatrix::default() };
    for (column, (name, kind, codes)) in kinds.into_iter().enumerate() {
        matrix.names.push(name.to_owned());
        matrix.kinds.push(kind);
        matrix.code_counts.push(codes as u16);
        matrix.columns.push((0..rows).map(|row| code(row, column as u64, codes)).collect());
    }
    let events = (0..rows)
        .map(|row| {
            let codes: Vec<f64> = matrix.columns.iter().map(|c| f64::from(c[row])).collect();
            let logit = -2.0
                + (codes[0] / 20.0 - 1.0)
                + if codes[1] > 128.0 { 0.7 } else { 0.0 }
                + (codes[2] * 2.1).sin()
                + (codes[3] - 2.0).powi(2) / 3.0;
            let chance = (bits(row as u64 ^ 0xfeed) >> 11) as f64 / (1_u64 << 53) as f64;
            chance < 1.0 / (1.0 + (-logit).exp())
        })
        .collect();
    Bank { matrix, events }
}

impl Bank {
    fn all(&self) -> Vec<u32> {
        (0..self.matrix.rows as u32).collect()
    }

    fn training<'a>(&'a self, index: &'a [u32]) -> Training<'a> {
        let events = index.iter().map(|&row| self.events[row as usize]).collect();
        DatasetBase::new(Rows { matrix: &self.matrix, index }, events)
    }

    fn fit(&self, learner: Learner) -> Result<Fitted> {
        learner(&self.training(&self.all()))
    }

    fn with_column(mut self, name: &str, codes: Vec<u8>) -> Self {
        self.matrix.names.push(name.to_owned());
        self.matrix.kinds.push(CodeKind::Ordered);
        self.matrix.code_counts.push(256);
        self.matrix.columns.push(codes);
        self
    }
}

fn furthest(left: &[f64], right: &[f64]) -> f64 {
    assert_eq!(left.len(), right.len());
    left.iter().zip(right).map(|(l, r)| (l - r).abs()).fold(0.0, f64::max)
}

fn each(law: impl Fn(&str, Learner)) {
    for (name, learner) in LEARNERS {
        law(name, *learner);
    }
}

#[test]
fn it_learns_something() {
    let bank = bank(3000);
    each(|name, learner| {
        let logits = bank.fit(learner).expect(name).logits;
        let mean = |event: bool| {
            let of: Vec<f64> = logits
                .iter()
                .zip(&bank.events)
                .filter(|(_, e)| **e == event)
                .map(|(l, _)| *l)
                .collect();
            of.iter().sum::<f64>() / of.len() as f64
        };
        assert!(mean(true) - mean(false) > 0.3, "{name}");
    });
}

#[test]
fn one_class_or_no_row_is_an_error() {
    each(|name, learner| {
        for event in [true, false] {
            let mut bank = bank(100);
            bank.events.fill(event);
            assert_eq!(bank.fit(learner).err().map(|e| e.kind()), Some(Kind::OneClass), "{name}");
        }
        assert_eq!(bank(1).fit(learner).err().map(|e| e.kind()), Some(Kind::OneClass), "{name}");
        assert!(bank(0).fit(learner).is_err(), "{name}");
    });
}

#[test]
fn shapes_that_do_not_fit_are_an_error() {
    let bank = bank(50);
    each(|name, learner| {
        let rows = |index| Rows { matrix: &bank.matrix, index };
        let outcomes = Array1::from_vec(bank.events.clone());
        let all = bank.all();
        assert!(learner(&DatasetBase::new(rows(&all[..20]), outcomes.clone())).is_err(), "{name}");
        let beyond: Vec<u32> = (1..=50).collect();
        assert!(learner(&DatasetBase::new(rows(&beyond), outcomes)).is_err(), "{name}");
    });
}

#[test]
fn a_few_rows_or_odd_columns_do_no_harm() {
    each(|name, learner| {
        for rows in 2..40 {
            let mut bank = bank(rows).with_column("same", vec![7; rows]);
            bank.events[0] = true;
            bank.events[1] = false;
            let missing = bank.with_column("missing", vec![0; rows]);
            missing.fit(learner).unwrap_or_else(|e| panic!("{name}, {rows} rows: {e}"));
        }
        let bank = bank(600);
        let copy: Vec<u8> = bank.events.iter().map(|&event| 1 + u8::from(event)).collect();
        let twin = copy.clone();
        let separable = bank.with_column("outcome", copy).with_column("its twin", twin);
        separable.fit(learner).unwrap_or_else(|e| panic!("{name}, separable: {e}"));
        let mut empty = Bank { matrix: BinnedMatrix::default(), events: vec![true, false, false] };
        empty.matrix.rows = 3;
        let logits = empty.fit(learner).unwrap_or_else(|e| panic!("{name}, no column: {e}")).logits;
        assert!(furthest(&logits, &[0.5_f64.ln(); 3]) < 0.5, "{name}");
    });
}

#[test]
fn a_constant_column_changes_nothing() {
    each(|name, learner| {
        let plain = bank(3000).fit(learner).expect(name).logits;
        let more = bank(3000).with_column("same", vec![3; 3000]).fit(learner).expect(name).logits;
        assert!(furthest(&plain, &more) < 1e-9, "{name}");
    });
}

#[test]
fn a_weight_of_k_is_k_rows() {
    let bank = bank(3000);
    let times = |row: u32| bits(u64::from(row) + 99) % 4;
    let repeated: Vec<u32> =
        bank.all().into_iter().flat_map(|row| (0..times(row)).map(move |_| row)).collect();
    let weights: Vec<f32> = bank.all().into_iter().map(|row| times(row) as f32).collect();
    each(|name, learner| {
        let rows = learner(&bank.training(&repeated)).expect(name).logits;
        let all = bank.all();
        let weighted =
            learner(&bank.training(&all).with_weights(weights.clone().into())).expect(name).logits;
        assert!(furthest(&rows, &weighted) < 1e-6, "{name}: {}", furthest(&rows, &weighted));
    });
}

#[test]
fn bad_weights_are_an_error() {
    let bank = bank(100);
    each(|name, learner| {
        for bad in [f32::NAN, f32::INFINITY, -1.0] {
            let (all, mut weights) = (bank.all(), vec![1.0; 100]);
            weights[3] = bad;
            let training = bank.training(&all).with_weights(weights.into());
            assert!(learner(&training).is_err(), "{name}, {bad}");
        }
    });
}

#[test]
fn the_order_of_rows_does_not_matter() {
    let bank = bank(3000);
    let mut shuffled = bank.all();
    shuffled.sort_by_key(|&row| bits(u64::from(row)));
    each(|name, learner| {
        let plain = bank.fit(learner).expect(name).logits;
        let moved = learner(&bank.training(&shuffled)).expect(name).logits;
        assert!(furthest(&plain, &moved) < 1e-9, "{name}: {}", furthest(&plain, &moved));
    });
}

#[test]
fn the_order_of_columns_does_not_matter() {
    let plain = bank(3000);
    let mut turned = bank(3000);
    turned.matrix.names.reverse();
    turned.matrix.kinds.reverse();
    turned.matrix.code_counts.reverse();
    turned.matrix.columns.reverse();
    each(|name, learner| {
        let (left, right) = (plain.fit(learner).expect(name), turned.fit(learner).expect(name));
        assert!(furthest(&left.logits, &right.logits) < 1e-7, "{name}");
    });
}

#[test]
fn the_same_bytes_again_and_on_any_number_of_threads() {
    let bank = bank(40_000);
    each(|name, learner| {
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("pool");
            pool.install(|| bank.fit(learner)).expect(name).bytes
        };
        let one = on(1);
        for threads in [1, 2, 8] {
            assert!(on(threads) == one, "{name} on {threads} threads");
        }
    });
}
