//! Two models on the same rows: the mean difference and how sure it is.

use serde::{Deserialize, Serialize};

use super::ranked::check_lengths;
use crate::error::{Error, Kind, Result};

/// Probabilities are clipped to `CLIP..1 − CLIP` before their logarithm is taken.
pub(super) const CLIP: f64 = 1e-15;

/// The mean of differences and its standard error.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Difference {
    /// First less second.
    pub mean: f64,
    /// Standard error of the mean.
    pub standard_error: f64,
}

/// Mean logarithmic loss in nats of `probability`, which may hold one class only.
///
/// # Errors
/// `EmptyTable` without rows; `BadParameter` where lengths differ or a probability is not in 0..=1.
///
/// # Source
/// As [`super::calibration::log_loss`].
pub fn log_loss(outcome: &[bool], probability: &[f64]) -> Result<f64> {
    check(outcome, probability)?;
    let mut sum = 0_i128;
    for (&event, &p) in outcome.iter().zip(probability) {
        sum += units(loss(event, p));
    }
    Ok(sum as f64 / UNIT / outcome.len() as f64)
}

/// Log loss of `p_a` less that of `p_b`: negative where `a` is the better; standard error of the mean
/// of the row differences (0 for a single row).
///
/// Sums are in units of 2⁻⁵² nat, hence alike in any order of rows.
///
/// # Errors
/// As [`log_loss`], for either.
///
/// # Source
/// Diebold & Mariano, *J. Business & Economic Statistics* 13 (1995), for independent rows.
pub fn paired_log_loss_difference(
    outcome: &[bool],
    p_a: &[f64],
    p_b: &[f64],
) -> Result<Difference> {
    check(outcome, p_a)?;
    check(outcome, p_b)?;
    let (mut sum, mut squares) = (0_i128, 0_i128);
    for ((&event, &a), &b) in outcome.iter().zip(p_a).zip(p_b) {
        let difference = loss(event, a) - loss(event, b);
        sum += units(difference);
        squares += units(difference * difference);
    }
    let rows = outcome.len() as f64;
    let mean = sum as f64 / UNIT / rows;
    let spread = (squares as f64 / UNIT / rows - mean * mean).max(0.0);
    Ok(Difference { mean, standard_error: (spread / (rows - 1.0).max(1.0)).sqrt() })
}

/// 2⁵²: a loss is below 35, its square below 2¹¹, so that 2³² of them fit in an `i128` by far.
const UNIT: f64 = 4_503_599_627_370_496.0;

fn units(nats: f64) -> i128 {
    i128::from((nats * UNIT) as i64)
}

fn loss(event: bool, p: f64) -> f64 {
    let p = p.clamp(CLIP, 1.0 - CLIP);
    if event { -p.ln() } else { -(-p).ln_1p() }
}

fn check(outcome: &[bool], probability: &[f64]) -> Result<()> {
    check_lengths(outcome.len(), probability.len())?;
    if probability.iter().any(|p| !(0.0..=1.0).contains(p)) {
        return Err(Error::new(Kind::BadParameter, "a probability is not in 0..1"));
    }
    Ok(())
}
