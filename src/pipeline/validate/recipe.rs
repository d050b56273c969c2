//! How a learner that was judged is made again, on other rows.

use crate::{
    bundle::{self, Fitted, LearnerName},
    error::Result,
    learners::{LearnerParams, Rows, boost::Plan},
};

/// All that is needed to fit a learner on some rows.
#[derive(Debug, Clone)]
pub enum Recipe {
    /// A learner with its parameters.
    Learner(LearnerName, Box<LearnerParams>),
    /// Boosted trees as the search found them.
    Boost(Plan),
    /// A weighted sum of others.
    Blend {
        /// Logit.
        intercept: f64,
        /// What is added up, with its weight.
        parts: Vec<(f64, Recipe)>,
    },
}

impl Recipe {
    /// Which learner it makes.
    pub fn name(&self) -> LearnerName {
        match self {
            Self::Learner(name, _) => *name,
            Self::Boost(_) => LearnerName::Boost,
            Self::Blend { .. } => LearnerName::Blend,
        }
    }

    /// Fits it on some rows, with an outcome each.
    pub fn fit(&self, rows: Rows<'_>, outcome: &[bool]) -> Result<Fitted> {
        match self {
            Self::Learner(name, learners) => learners.fit(*name, rows.matrix, rows.index, outcome),
            Self::Boost(plan) => plan.fit_rows(rows, outcome).map(Fitted::Boost),
            Self::Blend { intercept, parts } => {
                let fit = |(weight, part): &(f64, Self)| {
                    Ok(bundle::Part { weight: *weight, fitted: part.fit(rows, outcome)? })
                };
                let parts = parts.iter().map(fit).collect::<Result<_>>()?;
                Ok(Fitted::Blend(bundle::Blend { intercept: *intercept, parts }))
            }
        }
    }
}
