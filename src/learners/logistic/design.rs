//! Grouped rows, and the penalised log loss over them.

use std::borrow::Cow;

use rayon::prelude::*;

use super::{grouping::Grouping, sample::Sample};

/// Rows of one piece of a parallel sum; fixed, so that sums do not depend on the threads.
const CHUNK: usize = 32_768;
/// Rows worked on at a time.
const BLOCK: usize = 1024;

/// What a coefficient multiplies: a value for each group of one column.
#[derive(Debug, Clone)]
pub(super) struct Feature {
    /// Position among the grouped columns.
    pub(super) column: usize,
    /// Value of each group.
    pub(super) values: [f64; 16],
}

/// Grouped rows, two columns to a byte.
#[derive(Debug, Clone)]
pub(super) struct Grouped {
    /// Pairs of columns: the group in column 2k in the low half, in 2k + 1 in the high half.
    pairs: Vec<Vec<u8>>,
    events: Vec<bool>,
    pub(super) weights: Option<Vec<f64>>,
    /// Sum of the weights.
    pub(super) total: f64,
}

/// The loss and how it changes with the parameters: intercept first, then one per feature.
#[derive(Debug, Clone)]
pub(super) struct Slope {
    pub(super) loss: f64,
    pub(super) gradient: Vec<f64>,
}

impl Slope {
    /// Size of the largest gradient entry.
    pub(super) fn steepest(&self) -> f64 {
        self.gradient
            .iter()
            .fold(0.0, |top, entry| if entry.abs() > top { entry.abs() } else { top })
    }
}

/// A column with the groups of its codes.
type Half<'a> = (Cow<'a, [u8]>, &'a Grouping);

struct Partial {
    loss: f64,
    residual: f64,
    by_pair: Vec<[f64; 256]>,
}

impl Grouped {
    /// The rows of a sample in the groups of some of its columns, each named at most once. They take
    /// the place of the sample's own codes: rows are many, and memory for both is not always there.
    pub(super) fn new(sample: Sample<'_>, groupings: &[(usize, Grouping)]) -> Self {
        let Sample { mut columns, events, weights, .. } = sample;
        let halves = groupings.iter().map(|(column, grouping)| {
            let codes = columns.get_mut(*column).map(std::mem::take);
            (codes.unwrap_or_default(), grouping)
        });
        let mut halves: Vec<Half<'_>> = halves.collect();
        drop(columns);
        let pair = |pair: &mut [Half<'_>]| {
            let [(low, lows), high @ ..] = pair else { return Vec::new() };
            let mut codes = std::mem::take(low).into_owned();
            for code in &mut codes {
                *code = lows.group_of[usize::from(*code)] & 15;
            }
            if let [(high, highs)] = high {
                let highs = highs.group_of.map(|group| group << 4);
                for (code, &high) in codes.iter_mut().zip(std::mem::take(high).iter()) {
                    *code |= highs[usize::from(high)];
                }
            }
            codes
        };
        let mut grouped = Self {
            pairs: halves.par_chunks_mut(2).map(pair).collect(),
            events: events.into_owned(),
            weights: weights.map(Cow::into_owned),
            total: 0.0,
        };
        grouped.total = grouped.sum_of_weights();
        grouped
    }

    fn sum_of_weights(&self) -> f64 {
        self.weights.as_ref().map_or(self.events.len() as f64, |weights| weights.iter().sum())
    }

    /// Number of rows.
    pub(super) fn rows(&self) -> usize {
        self.events.len()
    }

    /// Every `step`-th row.
    pub(super) fn every(&self, step: usize) -> Self {
        let step = step.max(1);
        let mut thinned = Self {
            pairs: self
                .pairs
                .iter()
                .map(|codes| codes.iter().step_by(step).copied().collect())
                .collect(),
            events: self.events.iter().step_by(step).copied().collect(),
            weights: self.weights.as_ref().map(|w| w.iter().step_by(step).copied().collect()),
            total: 0.0,
        };
        thinned.total = thinned.sum_of_weights();
        thinned
    }

    /// Group of each row in a column.
    pub(super) fn column(&self, column: usize) -> impl Iterator<Item = u8> + '_ {
        let shift = 4 * (column % 2);
        self.pairs.get(column / 2).into_iter().flatten().map(move |&pair| pair >> shift & 15)
    }

    /// Values of a feature over the rows.
    pub(super) fn values<'a>(&'a self, feature: &'a Feature) -> impl Iterator<Item = f64> + 'a {
        self.column(feature.column).map(|group| feature.values[usize::from(group & 15)])
    }

    /// Outcomes of the rows.
    pub(super) fn events(&self) -> &[bool] {
        &self.events
    }

    /// The logits' tables: for each pair of columns a value for each of its 256 codes.
    pub(super) fn tables(&self, features: &[Feature], parameters: &[f64]) -> Vec<[f64; 256]> {
        let mut columns = vec![[0.0; 16]; 2 * self.pairs.len()];
        for (feature, parameter) in features.iter().zip(parameters.iter().skip(1)) {
            for (entry, value) in columns[feature.column].iter_mut().zip(feature.values) {
                *entry += parameter * value;
            }
        }
        let pair = |pair: &[[f64; 16]]| {
            std::array::from_fn(|code| pair[0][code & 15] + pair[1][code >> 4])
        };
        columns.chunks_exact(2).map(pair).collect()
    }

    /// The penalised log loss (a sum over rows) and its gradient.
    pub(super) fn slope(&self, features: &[Feature], l2: f64, parameters: &[f64]) -> Slope {
        let tables = self.tables(features, parameters);
        let intercept = parameters.first().copied().unwrap_or(0.0);
        let partials: Vec<Partial> = (0..self.rows().div_ceil(CHUNK))
            .into_par_iter()
            .map(|chunk| self.partial(chunk * CHUNK, intercept, &tables))
            .collect();
        let mut by_column = vec![[0.0; 16]; 2 * self.pairs.len()];
        let (mut loss, mut residual) = (0.0, 0.0);
        for partial in &partials {
            loss += partial.loss;
            residual += partial.residual;
            for (pair, sums) in partial.by_pair.iter().enumerate() {
                for (code, sum) in sums.iter().enumerate() {
                    by_column[2 * pair][code & 15] += sum;
                    by_column[2 * pair + 1][code >> 4] += sum;
                }
            }
        }
        let mut gradient = vec![residual];
        for (feature, parameter) in features.iter().zip(parameters.iter().skip(1)) {
            let sums = by_column[feature.column].iter().zip(feature.values);
            gradient.push(sums.map(|(sum, value)| sum * value).sum::<f64>() + l2 * parameter);
            loss += 0.5 * l2 * parameter * parameter;
        }
        Slope { loss, gradient }
    }

    fn partial(&self, from: usize, intercept: f64, tables: &[[f64; 256]]) -> Partial {
        let until = (from + CHUNK).min(self.rows());
        let mut sum = Partial { loss: 0.0, residual: 0.0, by_pair: vec![[0.0; 256]; tables.len()] };
        let mut logits = [0.0; BLOCK];
        for start in (from..until).step_by(BLOCK) {
            let rows = start..(start + BLOCK).min(until);
            let logits = &mut logits[..rows.len()];
            self.logits(rows.start, intercept, tables, logits);
            let weights = self.weights.as_ref().map(|weights| &weights[rows.clone()]);
            let (loss, residual) = residuals(logits, &self.events[rows.clone()], weights);
            sum.loss += loss;
            sum.residual += residual;
            for (sums, codes) in sum.by_pair.iter_mut().zip(&self.pairs) {
                for (&code, &residual) in codes[rows.clone()].iter().zip(logits.iter()) {
                    sums[code as usize] += residual;
                }
            }
        }
        sum
    }

    pub(super) fn logits(
        &self,
        start: usize,
        intercept: f64,
        tables: &[[f64; 256]],
        logits: &mut [f64],
    ) {
        logits.fill(intercept);
        for (table, codes) in tables.iter().zip(&self.pairs) {
            for (logit, &code) in logits.iter_mut().zip(&codes[start..]) {
                *logit += table[code as usize];
            }
        }
    }
}

/// Turns logits into residuals (probability − outcome, times weight); the log loss and the sum.
fn residuals(logits: &mut [f64], events: &[bool], weights: Option<&[f64]>) -> (f64, f64) {
    let (mut loss, mut sum, mut product) = (0.0, 0.0, 1.0_f64);
    for (row, (logit, &event)) in logits.iter_mut().zip(events).enumerate() {
        let tail = (-logit.abs()).exp();
        let share = 1.0 / (1.0 + tail);
        let probability = if *logit < 0.0 { tail * share } else { share };
        let wrong = if event { -*logit } else { *logit };
        let mut residual = if event { probability - 1.0 } else { probability };
        if let Some(weights) = weights {
            loss += weights[row] * (wrong.max(0.0) + tail.ln_1p());
            residual *= weights[row];
        } else {
            // Σ ln(1 + tail) as the logarithm of a product: each factor is at most 2.
            loss += wrong.max(0.0);
            product *= 1.0 + tail;
            if row % 512 == 511 {
                loss += product.ln();
                product = 1.0;
            }
        }
        sum += residual;
        *logit = residual;
    }
    (loss + product.ln(), sum)
}
