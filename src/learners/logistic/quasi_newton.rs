//! The same minimum by `linfa-logistic`, with its traps stepped round.

use linfa::{Dataset, traits::Fit};
use linfa_logistic::LogisticRegression;
use ndarray::{Array1, Array2, ShapeBuilder};

use super::{
    design::{Feature, Grouped},
    newton::{Limits, Solution},
};
use crate::error::{Error, Kind, Result};

/// Minimises the penalised log loss of unweighted rows.
///
/// The matrix is column-major (row-major is five times slower); the tolerance is on the whole
/// gradient, not the mean; the positive class is the more frequent one, so the sign is read from
/// its labels; `Ok` does not mean converged, so the gradient is looked at here.
pub(super) fn minimise(
    rows: &Grouped,
    features: &[Feature],
    l2: f64,
    limits: Limits,
) -> Result<Solution> {
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
