//! What drives a score, told on a sample of customers: importance and partial dependence.

use rayon::prelude::*;

use crate::{
    bundle::Model,
    features::{CodeKind, EncodedColumn, Encoder, Meaning},
    output::report::evidence::{Dependence, Driver, Values},
    scoring::{explain::Explainer, predictor::Predictor},
};

/// Rows of the sample, at most.
const MOST: usize = 2048;
/// Rows of the sample that partial dependence is told on.
const DEPENDENCE_ROWS: usize = 512;
/// Columns whose dependence is told.
const TOLD: usize = 6;
/// Steps of a dependence, about.
const STEPS: usize = 8;

/// Every so-maniest of the rows that come, so that never more than `MOST` are kept.
#[derive(Debug, Default, Clone)]
pub struct Sampler {
    columns: Vec<Vec<u8>>,
    rows: usize,
    seen: u64,
    every: u64,
}

impl Sampler {
    /// Offers a row; `code` gives the code of each encoded column.
    pub fn offer(&mut self, columns: usize, code: impl Fn(usize) -> u8) {
        self.every = self.every.max(1);
        if self.seen.is_multiple_of(self.every) {
            self.columns.resize_with(columns, Vec::new);
            self.columns.iter_mut().enumerate().for_each(|(at, codes)| codes.push(code(at)));
            self.rows += 1;
            if self.rows == MOST {
                self.halve();
            }
        }
        self.seen += 1;
    }

    /// The codes of the rows that are kept, by column.
    pub(super) fn columns(&self) -> &[Vec<u8>] {
        &self.columns
    }

    /// Keeps every second row.
    fn halve(&mut self) {
        for codes in &mut self.columns {
            *codes = codes.iter().copied().step_by(2).collect();
        }
        self.rows = self.rows.div_ceil(2);
        self.every *= 2;
    }

    /// The columns by what they add to scores, the strongest first.
    ///
    /// # Formula
    /// Importance: the mean over the sample of the size of the column's additive contribution (Shapley
    /// values of trees, points of a scorecard against their mean). Partial dependence: the mean calibrated
    /// probability of the sample with one column set to a value and all others as they are.
    ///
    /// # Source
    /// Lundberg et al., *Nature Machine Intelligence* 2 (2020); Friedman, *Annals of Statistics* 29 (2001) §8.2.
    pub fn drivers(&self, model: &Model, encoder: &Encoder) -> Vec<Driver> {
        let explainer = Explainer::new(&model.fitted);
        let read = explainer.columns();
        if self.rows == 0 || read.is_empty() {
            return Vec::new();
        }
        let codes: Vec<&[u8]> = self.columns.iter().map(Vec::as_slice).collect();
        let rows: Vec<u32> = (0..self.rows as u32).collect();
        let mut told = vec![0.0; rows.len() * read.len()];
        explainer.contributions(&codes, &rows, &mut told);
        let mut sizes = vec![0.0; read.len()];
        for of_row in told.chunks_exact(read.len()) {
            sizes.iter_mut().zip(of_row).for_each(|(sum, share)| *sum += share.abs());
        }
        let all: f64 = sizes.iter().sum();
        let mut drivers: Vec<(u32, f64)> = read.into_iter().zip(sizes).collect();
        drivers.retain(|(_, size)| *size > 0.0);
        drivers.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let strongest: Vec<u32> = drivers.iter().take(TOLD).map(|(column, _)| *column).collect();
        let mut dependence: Vec<Vec<Dependence>> =
            strongest.par_iter().map(|column| self.dependence(*column, model, encoder)).collect();
        dependence.resize_with(drivers.len(), Vec::new);
        let named =
            drivers.into_iter().zip(dependence).filter_map(|((column, size), dependence)| {
                let column = encoder.columns.get(column as usize)?.name.clone();
                let mean_contribution = size / self.rows as f64;
                Some(Driver { column, mean_contribution, share: size / all, dependence })
            });
        named.collect()
    }

    fn dependence(&self, column: u32, model: &Model, encoder: &Encoder) -> Vec<Dependence> {
        let at = column as usize;
        let (Some(own_bins), Some(own)) = (encoder.columns.get(at), self.columns.get(at)) else {
            return Vec::new();
        };
        let every = self.rows.div_ceil(DEPENDENCE_ROWS);
        let thin = |codes: &Vec<u8>| -> Vec<u8> { codes.iter().copied().step_by(every).collect() };
        let mut columns: Vec<Vec<u8>> = self.columns.iter().map(thin).collect();
        let rows = columns[at].len();
        let predictor = Predictor::new(&model.fitted);
        let mut logits = vec![0.0; rows];
        steps(own_bins, own)
            .into_iter()
            .map(|step| {
                columns[at].fill(step.middle);
                let codes: Vec<&[u8]> = columns.iter().map(Vec::as_slice).collect();
                predictor.logits(&codes, &mut logits);
                let probabilities = model.calibration.apply(&logits);
                Dependence {
                    values: step.values,
                    share: step.rows as f64 / own.len() as f64,
                    probability: probabilities.iter().sum::<f64>() / rows as f64,
                }
            })
            .collect()
    }
}

/// Codes that are told together.
struct Step {
    /// The code that stands for them: that of the middle row.
    middle: u8,
    rows: usize,
    values: Values,
}

/// The codes of a sample in about eight steps: neighbouring ones of an ordered column, the most frequent
/// ones of a category.
fn steps(column: &EncodedColumn, codes: &[u8]) -> Vec<Step> {
    let mut counts = [0_usize; 256];
    for code in codes {
        counts[usize::from(*code)] += 1;
    }
    let alone = |code: u8| Step {
        middle: code,
        rows: counts[usize::from(code)],
        values: values(column, code, code),
    };
    let mut steps = Vec::new();
    if column.bins.kind() == CodeKind::Category {
        let mut there: Vec<u8> = (0..=255).filter(|code| counts[usize::from(*code)] > 0).collect();
        there.sort_by_key(|code| std::cmp::Reverse(counts[usize::from(*code)]));
        steps.extend(there.into_iter().take(STEPS).map(alone));
        return steps;
    }
    let present: Vec<u8> = (1..=255).filter(|code| counts[usize::from(*code)] > 0).collect();
    let all: usize = codes.len() - counts[0];
    let mut group: Vec<u8> = Vec::new();
    let mut first = 1;
    for (place, code) in present.iter().enumerate() {
        group.push(*code);
        let rows: usize = group.iter().map(|code| counts[usize::from(*code)]).sum();
        if rows * STEPS >= all || place + 1 == present.len() {
            let last = if place + 1 == present.len() { u8::MAX } else { *code };
            let mut before = 0;
            let middle = group.iter().copied().find(|code| {
                before += counts[usize::from(*code)];
                before * 2 >= rows
            });
            steps.push(Step {
                middle: middle.unwrap_or(*code),
                rows,
                values: values(column, first, last),
            });
            first = code.saturating_add(1);
            group.clear();
        }
    }
    if counts[0] > 0 {
        steps.push(alone(0));
    }
    steps
}

/// What the codes from the first to the last say.
fn values(column: &EncodedColumn, first: u8, last: u8) -> Values {
    let most = (column.bins.code_count() - 1).min(255) as u8;
    match (column.bins.meaning(first), column.bins.meaning(last.min(most))) {
        (Meaning::Range { from, whole, .. }, Meaning::Range { below, .. }) => {
            let round = |x: f64| if whole { x.ceil() } else { x };
            Values::Range { from: from.map(round), below: below.map(round) }
        }
        (Meaning::Level(level), _) => Values::Level { level: level.to_owned() },
        (Meaning::Other, _) => Values::Other,
        _ => Values::Missing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::Bins;

    #[test]
    fn the_sample_is_bounded_and_spread_evenly() {
        let mut sampler = Sampler::default();
        for row in 0..100_000_u32 {
            sampler.offer(1, |_| (row / 1000) as u8);
        }
        assert!(sampler.rows < MOST && sampler.rows >= MOST / 2);
        let of_first_half = sampler.columns[0].iter().filter(|code| **code < 50).count();
        assert!((of_first_half * 2).abs_diff(sampler.rows) <= 2);
    }

    #[test]
    fn steps_hold_every_row_once() {
        let bins = Bins::Number { cuts: vec![1.0, 2.0, 3.0], least: 0.0, median: 1.0, most: 4.0 };
        let column = EncodedColumn { name: "x".into(), bins, counts: vec![0; 5] };
        let codes: Vec<u8> = (0..100).map(|k| [1, 1, 1, 2, 3, 4, 4, 0, 2, 1][k % 10]).collect();
        let steps = steps(&column, &codes);
        assert_eq!(steps.iter().map(|step| step.rows).sum::<usize>(), 100);
        assert_eq!(steps[0].values, Values::Range { from: None, below: Some(1.0) });
        assert_eq!(steps.last().unwrap().values, Values::Missing);
    }
}
