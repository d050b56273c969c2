//! One readable tree.
//!
//! The default grower is ours: it grows on the codes with exact counts, prunes by a penalty a leaf and
//! draws each leaf's rate towards its parent's, both chosen by cross-validation on the given rows.
//! `grower = "linfa"` takes the structure from `linfa-trees` behind guard rails.
//!
//! Both give the same tree on any number of threads and in any order of the rows: every sum that
//! decides is an integer, and rows are told apart by a hash of what they hold.

mod by_linfa;
mod content;
mod grow;
mod prune;
mod sample;
mod select;
mod split;
mod tally;

use linfa::traits::{Fit, PredictInplace};
use ndarray::Array1;
use serde::{Deserialize, Serialize};

use super::{Rows, Training, gather};
use crate::{
    error::{Error, Kind, Place, Result},
    model::{
        Tree,
        tree::{MAX_DEPTH, MAX_NODES},
    },
    units::Seed,
};
use sample::Sample;

/// How a tree is grown, pruned and smoothed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TreeParams {
    /// Who grows the structure.
    pub grower: Grower,
    /// Most questions on a path, 1 to 30.
    pub max_depth: usize,
    /// Most leaves after pruning, 2 to 32,768.
    pub max_leaves: usize,
    /// Fewest rows (or their weight) in a leaf, at least 1.
    pub min_leaf: f64,
    /// Rows' worth of the parent's rate that a node's own rate is mixed with, above 0; chosen by
    /// cross-validation where not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub smoothing: Option<f64>,
    /// Gain in log-likelihood (nats) that each further leaf must bring, at least 0; chosen by
    /// cross-validation where not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub penalty: Option<f64>,
    /// Folds of that cross-validation, 2 to 20; with 0 there is none, nothing is pruned unless
    /// `penalty` says so, and the smoothing is 10 rows.
    pub prune_folds: usize,
    /// Most rows that the cross-validation uses; of more, a sample drawn by hash.
    pub prune_rows_at_most: usize,
    /// What the folds and samples are drawn from.
    pub seed: Seed,
    /// Most rows that `linfa-trees` sees, 100 to 30,000; of more, a sample drawn by hash. The counts
    /// are always of all rows.
    pub linfa_rows_at_most: usize,
    /// Most questions on a path of a tree grown by `linfa-trees`, 1 to 12; `max_depth` limits it too.
    pub linfa_max_depth: usize,
}

impl Default for TreeParams {
    fn default() -> Self {
        Self {
            grower: Grower::Histogram,
            max_depth: 10,
            max_leaves: 64,
            min_leaf: 10.0,
            smoothing: None,
            penalty: None,
            prune_folds: 5,
            prune_rows_at_most: 200_000,
            seed: Seed::default(),
            linfa_rows_at_most: 20_000,
            linfa_max_depth: 6,
        }
    }
}

/// Who grows the structure of the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grower {
    /// Ours, on histograms of the codes.
    #[default]
    Histogram,
    /// `linfa-trees`, on ranks of the codes.
    Linfa,
}

impl TreeParams {
    /// Whether every parameter is in its range; the error names the one that is not.
    pub fn check(&self) -> Result<()> {
        let finite_from = |value: f64, least: f64| value.is_finite() && value >= least;
        let all = [
            ("max_depth", (1..=30).contains(&self.max_depth), "1 to 30"),
            ("max_leaves", (2..=MAX_NODES / 2).contains(&self.max_leaves), "2 to 32768"),
            ("min_leaf", finite_from(self.min_leaf, 1.0), "at least 1"),
            ("smoothing", self.smoothing.is_none_or(|m| finite_from(m, 1e-6)), "at least 0.000001"),
            ("penalty", self.penalty.is_none_or(|p| finite_from(p, 0.0)), "at least 0"),
            ("prune_folds", matches!(self.prune_folds, 0 | 2..=20), "0, or 2 to 20"),
            ("prune_rows_at_most", self.prune_rows_at_most >= 100, "at least 100"),
            (
                "linfa_rows_at_most",
                (100..=30_000).contains(&self.linfa_rows_at_most),
                "100 to 30000",
            ),
            ("linfa_max_depth", (1..=12).contains(&self.linfa_max_depth), "1 to 12"),
        ];
        match all.into_iter().find(|(_, fits, _)| !fits) {
            None => Ok(()),
            Some((name, _, range)) => {
                Err(Error::new(Kind::BadParameter, format!("{name} is outside its range"))
                    .at(Place::Key(format!("learners.tree.{name}")))
                    .hint_with(format!("its range is {range}")))
            }
        }
    }
}

impl<'a> Fit<Rows<'a>, Array1<bool>, Error> for TreeParams {
    type Object = Tree;

    /// Fits the tree.
    ///
    /// # Errors
    /// [`Kind::EmptyTable`] without rows, [`Kind::OneClass`] where all outcomes are the same,
    /// [`Kind::BadParameter`] for a parameter out of range, lengths that differ or a weight that is
    /// not a finite number of at least 0.
    fn fit(&self, training: &Training<'a>) -> Result<Tree> {
        self.check()?;
        let sample = Sample::of(training, self.seed)?;
        let tree = match (self.grower, sample.is_weighted()) {
            (Grower::Linfa, _) => by_linfa::fit(self, &sample)?,
            (Grower::Histogram, false) => by_histogram::<u64>(self, sample),
            (Grower::Histogram, true) => by_histogram::<u128>(self, sample),
        };
        debug_assert!(tree.depth() <= MAX_DEPTH);
        Ok(tree)
    }
}

fn by_histogram<T: tally::Tally>(params: &TreeParams, mut sample: Sample) -> Tree {
    let chosen = select::choose::<T>(params, &sample);
    // Rows are told apart for the choice only, and may be many.
    sample.hashes = Vec::new();
    let grown = grow::grow::<T>(&sample, &mut sample.order(|_| true), params);
    prune::finish(&grown, chosen, params.max_leaves, &sample.columns())
}

impl PredictInplace<Rows<'_>, Array1<f64>> for Tree {
    /// Logits of the rows.
    fn predict_inplace(&self, rows: &Rows<'_>, logits: &mut Array1<f64>) {
        let tree = self.compile();
        let gathered: Vec<Vec<u8>> = (0..rows.matrix.columns.len())
            .map(|column| if tree.asks(column) { gather(rows, column) } else { Vec::new() })
            .collect();
        let codes: Vec<&[u8]> = gathered.iter().map(Vec::as_slice).collect();
        let mut out = vec![0.0; rows.index.len().min(logits.len())];
        tree.logits(&codes, &mut out);
        for (logit, value) in logits.iter_mut().zip(out) {
            *logit = value;
        }
    }

    fn default_target(&self, rows: &Rows<'_>) -> Array1<f64> {
        Array1::zeros(rows.index.len())
    }
}

#[cfg(test)]
mod tests;
