//! The same minimum by `linfa-logistic`, with its traps stepped round.

use linfa::{Dataset, traits::Fit};
use linfa_logistic::LogisticRegression;
use ndarray::{Array1, Array2, ShapeBuilder};

use super::{
    design::{Feature, Grouped},
    newton::{Limits, Solution},
};
use crate::error::{Error, Kind, Result};

/// Least ridge penalty under which `linfa-logistic` is let loose: without one, separable rows send
/// the coefficients to infinity.
pub(super) const LEAST_L2: f64 = 1e-3;

/// Comes near the minimum of the penalised log loss of unweighted rows.
///
/// The matrix is column-major (row-major is five times slower); the tolerance is on the whole
/// gradient, not the mean; the positive class is the more frequent one, so the sign is read from
/// its labels; `Ok` does not mean converged, so the gradient is looked at here.
///
/// The line search inside has no limit of its own: where the loss no longer changes in its last
/// digits it can go on for ever. So the tolerance is never below [`reachable`], and the last digits
/// are left to Newton's method.
pub(super) fn minimise(
    rows: &Grouped,
    features: &[Feature],
    l2: f64,
    limits: Limits,
) -> Result<Solution> {
    if l2 < LEAST_L2 || features.is_empty() {
        let what = format!("linfa-logistic needs a column and an l2 of at least {LEAST_L2}");
        return Err(Error::new(Kind::NotConverged, what));
    }
    let limits =
        Limits { tolerance: limits.tolerance.max(reachable(rows, features, l2)), ..limits };
    let mut x = Array2::<f64>::zeros((rows.rows(), features.len()).f());
    for (mut column, feature) in x.columns_mut().into_iter().zip(features) {
        for (cell, value) in column.iter_mut().zip(rows.values(feature)) {
            *cell = value;
        }
    }
    let y: Array1<bool> = rows.events().iter().copied().collect();
    let fitted = LogisticRegression::default()
        .alpha(l2)
        .max_iterations(limits.iterations as u64)
        .gradient_tolerance(limits.tolerance * rows.total)
        .fit(&Dataset::new(x, y))
        .map_err(|error| Error::new(Kind::NotConverged, format!("linfa-logistic: {error}")))?;
    let sign = if fitted.labels().pos.class { 1.0 } else { -1.0 };
    let parameters: Vec<f64> = std::iter::once(fitted.intercept())
        .chain(fitted.params().iter().copied())
        .map(|parameter| sign * parameter)
        .collect();
    let steepest = rows.slope(features, l2, &parameters).steepest() / rows.total;
    Solution { parameters, steepest }.converged(limits)
}

/// Gradient per row below which the loss of the steepest parabola changes by less than 10,000 times
/// its rounding.
///
/// # Formula
/// `g²/2h > 1e4 ε n ln 2` with `h = Σ largest value² × n / 4 + l2`
fn reachable(rows: &Grouped, features: &[Feature], l2: f64) -> f64 {
    let largest = |feature: &Feature| feature.values.iter().fold(1.0_f64, |top, v| top.max(v * v));
    let bend = (1.0 + features.iter().map(largest).sum::<f64>()) * rows.total / 4.0 + l2;
    let noise = 1e4 * f64::EPSILON * rows.total;
    (2.0 * bend * noise).sqrt() / rows.total
}
