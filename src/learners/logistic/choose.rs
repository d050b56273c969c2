//! How strong the ridge penalty should be: by log loss out of fold.

use rayon::prelude::*;

use super::{
    LogisticParams, card,
    design::{Feature, Grouped},
    newton::{Limits, Newton},
    sample::{Sample, Tally},
};

/// Strengths that are tried, from strong to weak, so that each starts where the last ended.
const STRENGTHS: [f64; 6] = [300.0, 100.0, 30.0, 10.0, 3.0, 1.0];
/// The strength where there is too little to choose by.
const USUAL: f64 = 3.0;
/// Strengths in a row without gain after which weaker ones are not tried: the loss out of fold falls
/// and then rises.
const ENOUGH_WORSE: usize = 2;
/// Rows that are enough to choose by.
const ROWS: usize = 15_000;

/// The strength with the least log loss on rows that neither grouping nor fit has seen.
pub(super) fn strength(sample: &Sample<'_>, params: &LogisticParams) -> f64 {
    let step = sample.rows().div_ceil(ROWS).max(1);
    let index: Vec<u32> = (0..sample.rows() as u32).step_by(step).collect();
    let thinned = sample.take(&index);
    let folds = folds(&thinned, params);
    let cuts: Vec<Cut> = (0..params.folds)
        .into_par_iter()
        .filter_map(|fold| Cut::new(&thinned, &folds, fold, params))
        .collect();
    if cuts.len() < 2 {
        return USUAL;
    }
    let mut tries: Vec<Try<'_>> = cuts.iter().map(Cut::begin).collect();
    let (mut best, mut worse) = ((f64::INFINITY, USUAL), 0);
    for &strength in &STRENGTHS {
        let losses: Vec<f64> =
            tries.par_iter_mut().map(|next| next.loss(strength, params)).collect();
        let loss = losses.iter().sum();
        if loss < best.0 {
            (best, worse) = ((loss, strength), 0);
        } else {
            worse += 1;
        }
        if worse == ENOUGH_WORSE {
            break;
        }
    }
    best.1
}

/// Rows to fit and rows to measure on, grouped as the former suggest.
struct Cut {
    fitted: Grouped,
    unseen: Grouped,
    features: Vec<Feature>,
    total: Tally,
}

/// A cut on its way from strong to weak.
struct Try<'a> {
    cut: &'a Cut,
    newton: Newton<'a>,
    parameters: Vec<f64>,
}

impl Cut {
    /// That which leaves out a fold, if the other folds can be learnt from.
    fn new(
        sample: &Sample<'_>,
        folds: &[usize],
        fold: usize,
        params: &LogisticParams,
    ) -> Option<Self> {
        let rows = |inside: bool| -> Vec<u32> {
            (0..folds.len() as u32).filter(|&row| (folds[row as usize] == fold) == inside).collect()
        };
        let (train, test) = (sample.take(&rows(false)), sample.take(&rows(true)));
        let total = train.total();
        if test.rows() == 0 || total.events <= 0.0 || total.events >= total.rows {
            return None;
        }
        let groupings = card::groupings(&train, total, params);
        Some(Self {
            fitted: Grouped::new(train, &groupings),
            unseen: Grouped::new(test, &groupings),
            features: card::features(&groupings, USUAL, params),
            total,
        })
    }

    fn begin(&self) -> Try<'_> {
        Try {
            cut: self,
            newton: Newton::new(&self.fitted, &self.features),
            parameters: card::start(self.total, self.features.len()),
        }
    }
}

impl Try<'_> {
    /// The log loss on the rows left out.
    fn loss(&mut self, strength: f64, params: &LogisticParams) -> f64 {
        let limits = Limits { tolerance: 1e-5, iterations: params.max_iterations };
        let start = std::mem::take(&mut self.parameters);
        self.parameters = self.newton.minimise(strength, start, limits).parameters;
        self.cut.unseen.slope(&self.cut.features, 0.0, &self.parameters).loss
    }
}

/// The fold of each row, by a hash of its codes: equal rows stay together, so that a row of weight
/// two and two rows are the same, and neither order of rows nor of columns matters.
fn folds(sample: &Sample<'_>, params: &LogisticParams) -> Vec<usize> {
    let mut hashes = vec![0_u64; sample.rows()];
    for (codes, name) in sample.columns.iter().zip(sample.names) {
        if codes.windows(2).all(|pair| pair[0] == pair[1]) {
            continue;
        }
        let key = params.seed.hash("logistic folds", name.as_bytes());
        let table: [u64; 256] = std::array::from_fn(|code| mix(key ^ mix(code as u64)));
        for (hash, &code) in hashes.iter_mut().zip(codes.iter()) {
            *hash = hash.wrapping_add(table[code as usize]);
        }
    }
    hashes.iter().map(|&hash| (mix(hash) % params.folds as u64) as usize).collect()
}

/// Spreads the bits of a number.
///
/// # Source
/// Steele, Lea & Flood (2014), SplitMix64.
pub(super) fn mix(mut x: u64) -> u64 {
    x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}
