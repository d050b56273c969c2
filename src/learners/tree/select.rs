//! Choosing the penalty and the smoothing by cross-validation on the given rows.

use rayon::prelude::*;

use super::{
    TreeParams, content,
    grow::{self, Grown},
    prune,
    sample::Sample,
    tally::Tally,
};

/// Smoothing without cross-validation, in rows.
pub(super) const DEFAULT_SMOOTHING: f64 = 10.0;
/// Penalties that are tried, nats a leaf.
const PENALTIES: [f64; 16] =
    [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 8.0, 10.0, 14.0, 20.0, 30.0];
/// Smoothings that are tried, rows.
const SMOOTHINGS: [f64; 8] = [2.0, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0];

/// How a grown tree is finished.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Chosen {
    /// Nats a leaf.
    pub(super) penalty: f64,
    /// Rows.
    pub(super) smoothing: f64,
}

/// The parameters' own penalty and smoothing; each that is not set is the one with the least log loss
/// out of fold.
pub(super) fn choose<T: Tally>(params: &TreeParams, sample: &Sample) -> Chosen {
    let penalties = params.penalty.map_or_else(|| PENALTIES.to_vec(), |penalty| vec![penalty]);
    let smoothings = params.smoothing.map_or_else(|| SMOOTHINGS.to_vec(), |m| vec![m]);
    if params.prune_folds == 0 || (penalties.len() == 1 && smoothings.len() == 1) {
        return Chosen {
            penalty: params.penalty.unwrap_or(0.0),
            smoothing: params.smoothing.unwrap_or(DEFAULT_SMOOTHING),
        };
    }
    let (entries, folds) = folds(sample, params.prune_folds, params.prune_rows_at_most);
    let sample = sample.take(&entries);
    let losses: Vec<Vec<f64>> = (0..params.prune_folds)
        .into_par_iter()
        .map(|fold| {
            let grown =
                grow::grow::<T>(&sample, &mut sample.order(|row| folds[row] != fold), params);
            let held_out = drop_in::<T>(&sample, &grown, &sample.order(|row| folds[row] == fold));
            losses(&grown, &held_out, (&penalties, &smoothings), params.max_leaves)
        })
        .collect();
    let mut best = (f64::INFINITY, Chosen { penalty: 0.0, smoothing: DEFAULT_SMOOTHING });
    for (at, &penalty) in penalties.iter().enumerate() {
        for (with, &smoothing) in smoothings.iter().enumerate() {
            let cell = at * smoothings.len() + with;
            let loss: f64 = losses.iter().map(|fold| fold[cell]).sum();
            if loss <= best.0 {
                best = (loss, Chosen { penalty, smoothing });
            }
        }
    }
    best.1
}

/// Rows with a weight in units, and the fold of each. Equal rows are spread over the folds; a weight is
/// a number of rows, so one above 1 is spread too.
fn folds(sample: &Sample, folds: usize, rows_at_most: usize) -> (Vec<(u32, u64)>, Vec<usize>) {
    let limit = if sample.len() > rows_at_most {
        (rows_at_most as f64 / sample.len() as f64 * u64::MAX as f64) as u64
    } else {
        u64::MAX
    };
    let one = (sample.scale as u64).max(1);
    let weight = |row: u32| sample.units.as_ref().map_or(one, |units| units[row as usize]);
    let mut rows: Vec<(u64, u64, u32)> = (0_u32..)
        .zip(&sample.hashes)
        .filter(|&(_, &hash)| content::mix(hash) <= limit)
        .map(|(row, &hash)| (hash, weight(row), row))
        .collect();
    rows.par_sort_unstable();
    let (mut entries, mut fold_of) =
        (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
    let (mut before, mut first) = (None, 0);
    for (hash, units, row) in rows {
        if before != Some(hash) {
            first = (hash >> 32) % folds as u64;
            before = Some(hash);
        }
        // A weight is a number of rows, dealt to the folds in turn, round after round.
        let rounds = units / (one * folds as u64) * one;
        let mut left = units - rounds * folds as u64;
        for turn in 0..folds as u64 {
            let share = rounds + left.min(one);
            left -= left.min(one);
            if share > 0 {
                entries.push((row, share));
                fold_of.push(((first + turn) % folds as u64) as usize);
            }
        }
        first = (first + units.div_ceil(one) % folds as u64) % folds as u64;
    }
    (entries, fold_of)
}

/// Rows and events of held-out rows in each node of a grown tree.
pub(super) fn drop_in<T: Tally>(sample: &Sample, grown: &[Grown], order: &[u32]) -> Vec<T> {
    let mut tallies = vec![T::default(); grown.len()];
    for &entry in order {
        let weight = sample.weigh(entry);
        let mut at = 0;
        loop {
            tallies[at] += weight;
            let Some(parting) = &grown[at].parting else { break };
            let code = sample.code(entry >> 1, parting.column);
            at += if parting.rule.goes_left(code) { 1 } else { parting.right };
        }
    }
    tallies
}

/// The log loss (nats, summed) of held-out rows for each penalty and, within it, each smoothing.
fn losses<T: Tally>(
    grown: &[Grown],
    held_out: &[T],
    (penalties, smoothings): (&[f64], &[f64]),
    max_leaves: usize,
) -> Vec<f64> {
    let by_node: Vec<Vec<f64>> = smoothings
        .iter()
        .map(|&smoothing| {
            let logits = prune::logits(grown, smoothing);
            held_out.iter().zip(logits).map(|(&tally, logit)| loss(tally, logit)).collect()
        })
        .collect();
    let mut losses = Vec::with_capacity(penalties.len() * smoothings.len());
    for &penalty in penalties {
        let kept = prune::kept(grown, prune::at_most(grown, penalty, max_leaves));
        let reached = prune::reached(grown, &kept);
        let leaves: Vec<usize> = (0..grown.len()).filter(|&at| reached[at] && !kept[at]).collect();
        losses.extend(by_node.iter().map(|loss| leaves.iter().map(|&at| loss[at]).sum::<f64>()));
    }
    losses
}

/// Log loss of some rows at one logit, in nats times units.
fn loss<T: Tally>(tally: T, logit: f64) -> f64 {
    let softplus = |x: f64| x.max(0.0) + (-x.abs()).exp().ln_1p();
    let (rows, events) = (tally.rows(), tally.events());
    let mut loss = 0.0;
    if events > 0 {
        loss += events as f64 * softplus(-logit);
    }
    if rows > events {
        loss += (rows - events) as f64 * softplus(logit);
    }
    loss
}
