//! How strong the ridge penalty should be: by log loss out of fold.

use rayon::prelude::*;

use super::{
    LogisticParams, card,
    newton::{Limits, Newton},
    sample::Sample,
};

/// Strengths that are tried, from strong to weak, so that each starts where the last ended.
const STRENGTHS: [f64; 6] = [300.0, 100.0, 30.0, 10.0, 3.0, 1.0];
/// The strength where there is too little to choose by.
const USUAL: f64 = 3.0;
/// Rows that are enough to choose by.
const ROWS: usize = 15_000;

/// The strength with the least log loss on rows that neither grouping nor fit has seen.
pub(super) fn strength(sample: &Sample<'_>, params: &LogisticParams) -> f64 {
    let step = sample.rows().div_ceil(ROWS).max(1);
    let index: Vec<u32> = (0..sample.rows() as u32).step_by(step).collect();
    let thinned = sample.take(&index);
    let folds = folds(&thinned, params);
    let losses: Vec<[f64; STRENGTHS.len()]> = (0..params.folds)
        .into_par_iter()
        .filter_map(|fold| losses(&thinned, &folds, fold, params))
        .collect();
    if losses.len() < 2 {
        return USUAL;
    }
    let mut best = (f64::INFINITY, USUAL);
    for (place, &strength) in STRENGTHS.iter().enumerate() {
        let loss: f64 = losses.iter().map(|losses| losses[place]).sum();
        if loss < best.0 {
            best = (loss, strength);
        }
    }
    best.1
}

/// The log loss on one fold for each strength, if the other folds can be learnt from.
fn losses(
    sample: &Sample<'_>,
    folds: &[usize],
    fold: usize,
    params: &LogisticParams,
) -> Option<[f64; STRENGTHS.len()]> {
    let rows = |inside: bool| -> Vec<u32> {
        (0..folds.len() as u32).filter(|&row| (folds[row as usize] == fold) == inside).collect()
    };
    let (train, test) = (sample.take(&rows(false)), sample.take(&rows(true)));
    let total = train.total();
    if test.rows() == 0 || total.events <= 0.0 || total.events >= total.rows {
        return None;
    }
    let groupings = card::groupings(&train, total, params);
    let (fitted, unseen) = (card::grouped(&train, &groupings), card::grouped(&test, &groupings));
    let limits = Limits { tolerance: 1e-5, iterations: params.max_iterations };
    let features = card::features(&groupings, USUAL, params);
    let mut parameters = card::start(total, features.len());
    let mut newton = Newton::new(&fitted, &features);
    let mut losses = [0.0; STRENGTHS.len()];
    for (loss, &strength) in losses.iter_mut().zip(&STRENGTHS) {
        parameters = newton.minimise(strength, parameters, limits).parameters;
        *loss = unseen.slope(&features, 0.0, &parameters).loss;
    }
    Some(losses)
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
