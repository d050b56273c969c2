//! The rows to learn from, laid dense: one code a cell, column by column, in canonical order.

use std::borrow::Cow;

use crate::{
    dataset::CodeKind,
    error::{Error, Kind, Result},
    learners::{Training, outcomes},
};

/// Dense training rows.
#[derive(Debug, Clone)]
pub(super) struct Sample<'a> {
    pub(super) names: &'a [String],
    pub(super) kinds: &'a [CodeKind],
    pub(super) code_counts: &'a [u16],
    pub(super) columns: Vec<Cow<'a, [u8]>>,
    pub(super) events: Cow<'a, [bool]>,
    pub(super) weights: Option<Cow<'a, [f64]>>,
}

/// Rows and events, by weight.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Tally {
    pub(super) rows: f64,
    pub(super) events: f64,
}

impl<'a> Sample<'a> {
    /// The rows of a training set, in its order; refuses rows that do not fit together.
    pub(super) fn new(training: &'a Training<'_>) -> Result<Self> {
        let bad = |what: &str| Err(Error::new(Kind::BadParameter, what));
        let (matrix, index) = (training.records.matrix, training.records.index);
        let columns = matrix.columns.len();
        if [matrix.names.len(), matrix.kinds.len(), matrix.code_counts.len()] != [columns; 3] {
            return bad("the matrix does not describe each of its columns once");
        }
        if matrix.columns.iter().any(|codes| codes.len() != matrix.rows) {
            return bad("the columns of the matrix differ in length");
        }
        if index.iter().any(|&row| row as usize >= matrix.rows) {
            return bad("a row to train on is not in the matrix");
        }
        if training.targets.len() != index.len() {
            return bad("there must be one outcome for each row");
        }
        let whole = index.len() == matrix.rows
            && index.iter().enumerate().all(|(place, &row)| place == row as usize);
        Ok(Self {
            names: &matrix.names,
            kinds: &matrix.kinds,
            code_counts: &matrix.code_counts,
            columns: matrix
                .columns
                .iter()
                .map(|codes| {
                    if whole {
                        Cow::Borrowed(codes.as_slice())
                    } else {
                        Cow::Owned(pick(codes, index))
                    }
                })
                .collect(),
            events: outcomes(training),
            weights: weights(training)?,
        })
    }

    /// Some of the rows, in the order given; each must be below [`Sample::rows`].
    pub(super) fn take(&self, index: &[u32]) -> Self {
        Self {
            names: self.names,
            kinds: self.kinds,
            code_counts: self.code_counts,
            columns: self.columns.iter().map(|codes| Cow::Owned(pick(codes, index))).collect(),
            events: Cow::Owned(pick(&self.events, index)),
            weights: self.weights.as_deref().map(|weights| Cow::Owned(pick(weights, index))),
        }
    }

    /// Number of rows, each counted once.
    pub(super) fn rows(&self) -> usize {
        self.events.len()
    }

    /// Rows and events of the whole.
    pub(super) fn total(&self) -> Tally {
        let mut total = Tally::default();
        for (row, &event) in self.events.iter().enumerate() {
            let weight = self.weights.as_deref().map_or(1.0, |weights| weights[row]);
            total.rows += weight;
            total.events += if event { weight } else { 0.0 };
        }
        total
    }

    /// Rows and events of each code of a column.
    pub(super) fn tally(&self, column: usize) -> [Tally; 256] {
        let mut tallies = [Tally::default(); 256];
        let codes = self.columns[column].iter().zip(self.events.iter());
        if let Some(weights) = &self.weights {
            for ((&code, &event), &weight) in codes.zip(weights.iter()) {
                let tally = &mut tallies[code as usize];
                tally.rows += weight;
                tally.events += if event { weight } else { 0.0 };
            }
        } else {
            let mut counts = [[0_u32; 256]; 2];
            for (&code, &event) in codes {
                counts[usize::from(event)][code as usize] += 1;
            }
            for (code, tally) in tallies.iter_mut().enumerate() {
                tally.events = f64::from(counts[1][code]);
                tally.rows = f64::from(counts[0][code]) + tally.events;
            }
        }
        tallies
    }
}

/// The weights of a training set; empty or all-one weights are none.
fn weights<'a>(training: &Training<'_>) -> Result<Option<Cow<'a, [f64]>>> {
    let Some(weights) = training.weights().filter(|weights| !weights.is_empty()) else {
        return Ok(None);
    };
    if weights.len() != training.targets.len() {
        return Err(Error::new(Kind::BadParameter, "there must be one weight for each row"));
    }
    if weights.iter().any(|weight| !weight.is_finite() || *weight < 0.0) {
        return Err(Error::new(Kind::BadParameter, "a weight is negative or not a number"));
    }
    #[allow(clippy::float_cmp)]
    let plain = weights.iter().all(|&weight| weight == 1.0);
    Ok((!plain).then(|| Cow::Owned(weights.iter().map(|&weight| f64::from(weight)).collect())))
}

fn pick<T: Copy>(values: &[T], index: &[u32]) -> Vec<T> {
    index.iter().filter_map(|&row| values.get(row as usize).copied()).collect()
}

impl Tally {
    /// Events per row; 0 without rows.
    pub(super) fn rate(self) -> f64 {
        if self.rows > 0.0 { self.events / self.rows } else { 0.0 }
    }

    /// Largest log-likelihood of the events, in nats.
    ///
    /// # Formula
    /// `e ln(e/n) + (n − e) ln((n − e)/n)`
    pub(super) fn log_likelihood(self) -> f64 {
        let part = |x: f64| if x > 0.0 { x * (x / self.rows).ln() } else { 0.0 };
        part(self.events) + part(self.rows - self.events)
    }
}

impl std::ops::Add for Tally {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { rows: self.rows + other.rows, events: self.events + other.events }
    }
}

impl std::ops::Sub for Tally {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self { rows: self.rows - other.rows, events: self.events - other.events }
    }
}

impl std::iter::Sum for Tally {
    fn sum<I: Iterator<Item = Self>>(tallies: I) -> Self {
        tallies.fold(Self::default(), |sum, tally| sum + tally)
    }
}
