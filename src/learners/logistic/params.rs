//! What can be asked of the scorecard.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::quasi_newton;
use crate::{
    error::{Error, Kind, Place, Result},
    units::Seed,
};

/// Most groups that a column may be asked to have; with the groups of missing and of unseen codes
/// a column has at most 16, so that two columns fit into one byte.
const GROUPS_AT_MOST: usize = 14;

/// How the scorecard is fitted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogisticParams {
    /// Most groups of a column, missing not counted: 2 to 14. Default 12.
    pub max_groups: usize,
    /// Least share of the rows in a group, 0 to 0.5. Default 0.008.
    pub min_group_share: f64,
    /// Gain in log-likelihood (nats) that one more group must bring, > 0. Default 2.5.
    pub group_penalty: f64,
    /// Ordered columns whose event rate must not fall, or not rise, with the value.
    pub monotone: BTreeMap<String, Direction>,
    /// Strength of the ridge penalty. Default: chosen by cross-validation. At strength 0 no group
    /// deviates from its weight of evidence.
    pub l2: L2,
    /// How far a group's points may go from coefficient × weight of evidence: the deviation's own
    /// ridge penalty is `l2 / deviation²`; 0 for none. Default 0.4.
    pub deviation: f64,
    /// Folds for choosing the penalty: 2 to 20. Default 5.
    pub folds: usize,
    /// Who solves for the coefficients.
    pub solver: Solver,
    /// Most rows that [`Solver::Auto`] gives to `linfa-logistic`. Default 5,000: there it takes a
    /// tenth of a second; at 50,000 rows and 30 columns seconds, where Newton takes a fifth of one.
    pub linfa_rows_at_most: usize,
    /// Most iterations of a solver, ≥ 1. Default 100.
    pub max_iterations: usize,
    /// Largest gradient entry per row (of standardised columns) at the end, > 0. Default 1e-10.
    pub tolerance: f64,
    /// What the folds are drawn from.
    pub seed: Seed,
}

impl Default for LogisticParams {
    fn default() -> Self {
        Self {
            max_groups: 12,
            min_group_share: 0.008,
            group_penalty: 2.5,
            monotone: BTreeMap::new(),
            l2: L2::Auto,
            deviation: 0.4,
            folds: 5,
            solver: Solver::Auto,
            linfa_rows_at_most: 5_000,
            max_iterations: 100,
            tolerance: 1e-10,
            seed: Seed::default(),
        }
    }
}

/// Which way the event rate may go as the value rises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// The event rate never falls.
    Rising,
    /// The event rate never rises.
    Falling,
}

/// Strength of the ridge penalty `l2 / 2 × Σ coefficient²` on standardised weights of evidence,
/// beside the sum (not the mean) of the log loss; the intercept is free.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum L2 {
    /// The strength with the least log loss out of fold.
    #[default]
    Auto,
    /// This strength, ≥ 0.
    Fixed(f64),
}

/// Who solves for the coefficients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Solver {
    /// `linfa-logistic` for few unweighted rows, else our Newton solver.
    #[default]
    Auto,
    /// Newton steps on the grouped codes.
    Newton,
    /// `linfa-logistic` comes near the minimum, Newton's method ends there; refuses weights.
    Linfa,
}

impl LogisticParams {
    /// Refuses values outside their range.
    pub fn check(&self) -> Result<()> {
        let strength = match self.l2 {
            L2::Auto => 0.0,
            L2::Fixed(strength) => strength,
        };
        let bounded = self.solver != Solver::Linfa
            || self.l2 == L2::Auto
            || strength >= quasi_newton::LEAST_L2;
        let share = self.min_group_share;
        let rules = [
            ("max_groups", (2..=GROUPS_AT_MOST).contains(&self.max_groups), "between 2 and 14"),
            ("min_group_share", (0.0..=0.5).contains(&share), "between 0 and 0.5"),
            ("group_penalty", positive(self.group_penalty), "above 0"),
            ("deviation", (0.0..=10.0).contains(&self.deviation), "between 0 and 10"),
            ("l2", strength >= 0.0 && strength.is_finite(), "\"auto\", or { fixed = 0 or more }"),
            ("l2", bounded, "0.001 or more for linfa-logistic"),
            ("folds", (2..=20).contains(&self.folds), "between 2 and 20"),
            ("max_iterations", self.max_iterations >= 1, "1 or more"),
            ("tolerance", positive(self.tolerance), "above 0"),
        ];
        for (name, holds, range) in rules {
            if !holds {
                return Err(Error::new(Kind::BadParameter, format!("must be {range}"))
                    .at(Place::Key(format!("learners.logistic.{name}"))));
            }
        }
        Ok(())
    }
}

fn positive(value: f64) -> bool {
    value > 0.0 && value.is_finite()
}
