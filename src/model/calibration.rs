//! From a learner's logit to a probability that can be taken at its word.

use serde::{Deserialize, Serialize};

/// A fitted map from logit to probability; never falling.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "snake_case", deny_unknown_fields)]
pub enum Calibration {
    /// The logistic function as it is.
    Identity,
    /// Logistic function of `intercept + slope × logit`.
    Platt {
        /// Added to the scaled logit.
        intercept: f64,
        /// Multiplies the logit, > 0.
        slope: f64,
    },
    /// Straight lines between the points (`logits[i]`, `probabilities[i]`), level outside.
    Isotonic {
        /// Ascending logits.
        logits: Vec<f64>,
        /// Never falling probabilities, inside 0..1.
        probabilities: Vec<f64>,
    },
}
