//! Second derivatives of the log loss: weights counted by pairs of groups.

use ndarray::Array2;
use rayon::prelude::*;

use super::design::{Feature, Grouped};

/// Weights by the groups of two columns.
type Crossed = [[f64; 16]; 16];

/// The matrix of second derivatives of the log loss without its penalty: intercept first, then the features, which must be ordered by column.
///
/// # Cost
/// O(rows × columns²): the features only meet once the rows are counted.
pub(super) fn curvature(rows: &Grouped, features: &[Feature], parameters: &[f64]) -> Array2<f64> {
    let weights = weights(rows, features, parameters);
    let size = features.len() + 1;
    let mut matrix = Array2::zeros((size, size));
    matrix[[0, 0]] = weights.iter().sum();
    let spans = spans(features);
    let columns: Vec<Vec<u8>> = spans.iter().map(|span| rows.column(span.0).collect()).collect();
    let pairs: Vec<(usize, usize)> = (0..spans.len())
        .flat_map(|left| (left..spans.len()).map(move |right| (left, right)))
        .collect();
    let blocks: Vec<Vec<(usize, usize, f64)>> = pairs
        .into_par_iter()
        .map(|(left, right)| {
            let crossed = cross(&columns[left], &columns[right], &weights);
            let mut entries =
                block(&crossed, features, spans[left].1.clone(), spans[right].1.clone());
            if left == right {
                entries.extend(
                    spans[left]
                        .1
                        .clone()
                        .map(|place| (0, place + 1, margin(&crossed, &features[place]))),
                );
            }
            entries
        })
        .collect();
    for (row, column, entry) in blocks.into_iter().flatten() {
        matrix[[row, column]] = entry;
        matrix[[column, row]] = entry;
    }
    matrix
}

/// For each column the range of its features.
fn spans(features: &[Feature]) -> Vec<(usize, std::ops::Range<usize>)> {
    let mut spans: Vec<(usize, std::ops::Range<usize>)> = Vec::new();
    for (place, feature) in features.iter().enumerate() {
        match spans.last_mut() {
            Some((column, span)) if *column == feature.column => span.end = place + 1,
            _ => spans.push((feature.column, place..place + 1)),
        }
    }
    spans
}

/// Each row's weight × p(1 − p).
fn weights(rows: &Grouped, features: &[Feature], parameters: &[f64]) -> Vec<f64> {
    const PIECE: usize = 8192;
    let tables = rows.tables(features, parameters);
    let intercept = parameters.first().copied().unwrap_or(0.0);
    let mut weights = vec![0.0; rows.rows()];
    weights.par_chunks_mut(PIECE).enumerate().for_each(|(piece, weights)| {
        rows.logits(piece * PIECE, intercept, &tables, weights);
        for weight in weights.iter_mut() {
            let tail = (-weight.abs()).exp();
            *weight = tail / ((1.0 + tail) * (1.0 + tail));
        }
        if let Some(given) = &rows.weights {
            weights
                .iter_mut()
                .zip(&given[piece * PIECE..])
                .for_each(|(weight, given)| *weight *= given);
        }
    });
    weights
}

fn cross(left: &[u8], right: &[u8], weights: &[f64]) -> Crossed {
    // Two sums, of every other row, so that neighbours of the same groups need not wait in turn.
    let (mut even, mut odd) = ([0.0; 256], [0.0; 256]);
    let (lefts, left) = left.as_chunks::<2>();
    let (rights, right) = right.as_chunks::<2>();
    let (pairs, last) = weights.as_chunks::<2>();
    for ((l, r), weight) in lefts.iter().zip(rights).zip(pairs) {
        even[usize::from(l[0] << 4 | r[0])] += weight[0];
        odd[usize::from(l[1] << 4 | r[1])] += weight[1];
    }
    for ((&l, &r), &weight) in left.iter().zip(right).zip(last) {
        even[usize::from(l << 4 | r)] += weight;
    }
    let sum = |at: usize| even[at] + odd[at];
    std::array::from_fn(|l| std::array::from_fn(|r| sum(l << 4 | r)))
}

/// The entries of the features of one column with those of another, as row, column, value.
fn block(
    crossed: &Crossed,
    features: &[Feature],
    left: std::ops::Range<usize>,
    right: std::ops::Range<usize>,
) -> Vec<(usize, usize, f64)> {
    let mut entries = Vec::with_capacity(left.len() * right.len() + 16);
    for row in left {
        let mut sums = [0.0; 16];
        for (value, line) in features[row].values.iter().zip(crossed) {
            if *value != 0.0 {
                sums.iter_mut().zip(line).for_each(|(sum, weight)| *sum += value * weight);
            }
        }
        for column in right.clone() {
            let values = features[column].values.iter().zip(&sums);
            entries.push((row + 1, column + 1, values.map(|(value, sum)| value * sum).sum()));
        }
    }
    entries
}

/// The entry of a feature with the intercept.
fn margin(crossed: &Crossed, feature: &Feature) -> f64 {
    feature.values.iter().zip(crossed).map(|(value, line)| value * line.iter().sum::<f64>()).sum()
}
