//! A fitted learner made ready to give the logits of many stretches of rows.

use crate::{
    bundle::Fitted,
    model::{Codes, CompiledBoost, CompiledTree, Scorecard},
};

/// A fitted learner made ready: nothing is compiled again for another stretch of rows.
#[derive(Debug)]
pub enum Predictor<'a> {
    /// A scorecard.
    Logistic(&'a Scorecard),
    /// A tree.
    Tree(CompiledTree),
    /// Boosted trees.
    Boost(CompiledBoost),
    /// A weighted sum.
    Blend {
        /// Logit.
        intercept: f64,
        /// Weights and learners.
        parts: Vec<(f64, Self)>,
    },
}

impl<'a> Predictor<'a> {
    /// Makes a learner ready.
    pub fn new(fitted: &'a Fitted) -> Self {
        match fitted {
            Fitted::Logistic(card) => Self::Logistic(card),
            Fitted::Tree(tree) => Self::Tree(tree.compile()),
            Fitted::Boost(boosted) => Self::Boost(boosted.compile()),
            Fitted::Blend(blend) => {
                let parts = blend.parts.iter();
                let parts = parts.map(|part| (part.weight, Self::new(&part.fitted))).collect();
                Self::Blend { intercept: blend.intercept, parts }
            }
        }
    }

    /// The logits of the first `out.len()` rows.
    pub fn logits(&self, codes: &Codes, out: &mut [f64]) {
        match self {
            Self::Logistic(card) => card.logits(codes, out),
            Self::Tree(tree) => tree.logits(codes, out),
            Self::Boost(boosted) => boosted.logits(codes, out),
            Self::Blend { intercept, parts } => {
                out.fill(*intercept);
                let mut logits = vec![0.0; out.len()];
                for (weight, part) in parts {
                    part.logits(codes, &mut logits);
                    out.iter_mut().zip(&logits).for_each(|(sum, logit)| *sum += weight * logit);
                }
            }
        }
    }
}

/// The learner's logit of each row.
pub fn logits(fitted: &Fitted, codes: &Codes, rows: usize) -> Vec<f64> {
    let mut logits = vec![0.0; rows];
    Predictor::new(fitted).logits(codes, &mut logits);
    logits
}
