//! How trees are boosted.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, Kind, Place, Result},
    units::Seed,
};

/// Most leaves of a tree.
pub const MAX_LEAVES: usize = 256;
/// Most trees of an ensemble.
pub const MAX_TREES: usize = 5000;

/// How trees are boosted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BoostParams {
    /// Whether a search over presets sets what is below but for monotone columns and the seed.
    pub tuning: Tuning,
    /// Trees that are grown one after the other, 1 to 5000 (all bags together).
    pub rounds: usize,
    /// Share of a leaf's own step that is taken, above 0 to 1.
    pub learning_rate: f64,
    /// Most leaves of a tree, 2 to 256.
    pub max_leaves: usize,
    /// Most questions on a path, 1 to 30.
    pub max_depth: usize,
    /// Fewest rows (or their weight) in a leaf, about, at least 1.
    pub min_leaf: f64,
    /// Least sum of second derivatives in a leaf, at least 0.
    pub min_hessian: f64,
    /// Second derivatives added to those of every leaf, at least 0: draws its step towards 0.
    pub l2: f64,
    /// Least gain in log-likelihood (nats, second-order) of a split, at least 0.
    pub min_gain: f64,
    /// Share of the rows that each tree sees, above 0 to 1; drawn by hash.
    pub row_sample: f64,
    /// Share of the columns that each tree may ask, above 0 to 1; drawn by hash.
    pub column_sample: f64,
    /// Rows' worth of the node's mean that a level's mean is mixed with before levels are put in
    /// order, so that a rare level does not lead by luck; at least 0.
    pub level_smoothing: f64,
    /// As `l2`, added to it where a split parts levels, at least 0.
    pub level_l2: f64,
    /// How much of what levels gain by luck is taken off before their split is compared with others,
    /// at least 0.
    pub level_luck: f64,
    /// Ensembles that are grown on other samples and averaged, 1 to 50.
    pub bags: usize,
    /// Columns along which the score may only rise or only fall.
    pub monotone: BTreeMap<String, Monotone>,
    /// What samples are drawn from.
    pub seed: Seed,
}

/// Who sets the parameters when a model is trained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tuning {
    /// Presets are compared out of fold.
    #[default]
    Search,
    /// They are taken as they are given.
    AsGiven,
}

/// Which way a score may go along a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Monotone {
    /// A larger value never lowers the score.
    Rising,
    /// A larger value never raises the score.
    Falling,
}

impl Default for BoostParams {
    fn default() -> Self {
        Self {
            tuning: Tuning::Search,
            rounds: 100,
            learning_rate: 0.1,
            max_leaves: 31,
            max_depth: 12,
            min_leaf: 20.0,
            min_hessian: 1e-3,
            l2: 1.0,
            min_gain: 0.0,
            row_sample: 1.0,
            column_sample: 1.0,
            level_smoothing: 100.0,
            level_l2: 10.0,
            level_luck: 0.5,
            bags: 1,
            monotone: BTreeMap::new(),
            seed: Seed::default(),
        }
    }
}

impl BoostParams {
    /// Whether every parameter is in its range; the error names the one that is not.
    pub fn check(&self) -> Result<()> {
        let share = |value: f64| value > 0.0 && value <= 1.0;
        let from = |value: f64, least: f64| value.is_finite() && value >= least;
        let all = [
            ("rounds", (1..=MAX_TREES).contains(&self.rounds), "1 to 5000"),
            ("learning_rate", share(self.learning_rate), "above 0 to 1"),
            ("max_leaves", (2..=MAX_LEAVES).contains(&self.max_leaves), "2 to 256"),
            ("max_depth", (1..=30).contains(&self.max_depth), "1 to 30"),
            ("min_leaf", from(self.min_leaf, 1.0), "at least 1"),
            ("min_hessian", from(self.min_hessian, 0.0), "at least 0"),
            ("l2", from(self.l2, 0.0), "at least 0"),
            ("min_gain", from(self.min_gain, 0.0), "at least 0"),
            ("row_sample", share(self.row_sample), "above 0 to 1"),
            ("column_sample", share(self.column_sample), "above 0 to 1"),
            ("level_smoothing", from(self.level_smoothing, 0.0), "at least 0"),
            ("level_l2", from(self.level_l2, 0.0), "at least 0"),
            ("level_luck", from(self.level_luck, 0.0), "at least 0"),
            ("bags", (1..=50).contains(&self.bags), "1 to 50"),
        ];
        match all.into_iter().find(|(_, fits, _)| !fits) {
            None => Ok(()),
            Some((name, _, range)) => {
                Err(Error::new(Kind::BadParameter, format!("{name} is outside its range"))
                    .at(Place::Key(format!("learners.boost.{name}")))
                    .hint_with(format!("its range is {range}")))
            }
        }
    }
}
