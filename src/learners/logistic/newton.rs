//! Newton's method on grouped rows, with the curvature taken from as few rows as will do.

use super::{
    curvature,
    design::{Feature, Grouped, Slope},
};
use crate::error::{Error, Kind, Result};

/// Where a solver ended.
#[derive(Debug, Clone)]
pub(super) struct Solution {
    /// Intercept, then one coefficient per feature.
    pub(super) parameters: Vec<f64>,
    /// Largest gradient entry by total weight.
    pub(super) steepest: f64,
}

impl Solution {
    /// Refuses an end that is far from the minimum: a thousand times the tolerance is still taken,
    /// since the last digits of a gradient are rounding.
    pub(super) fn converged(self, limits: Limits) -> Result<Self> {
        if self.steepest <= 1e3 * limits.tolerance {
            return Ok(self);
        }
        let what = format!("the fit ended with a gradient of {:.1e} per row", self.steepest);
        Err(Error::new(Kind::NotConverged, what))
    }
}

/// When to stop.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Largest gradient entry by total weight that will do.
    pub(super) tolerance: f64,
    /// Most steps.
    pub(super) iterations: usize,
}

/// Rows × pairs of columns that a curvature may cost; beyond that it is taken from every so many-th row.
const CURVATURE_COST: usize = 20_000_000;

/// Minimises the penalised log loss from a starting point.
///
/// Curvature is taken from a thinned set of rows, whose own optimum is the start: with it each step
/// on all rows gains one to two digits, at the cost of a gradient. If a step gains less than
/// that, the curvature is taken anew, from more rows.
pub(super) fn minimise(
    rows: &Grouped,
    features: &[Feature],
    l2: f64,
    start: &[f64],
    limits: Limits,
) -> Solution {
    let columns = features.last().map_or(0, |feature| feature.column + 1);
    let pairs = columns * (columns + 1) / 2 + 1;
    let enough = (CURVATURE_COST / pairs).clamp(20 * features.len() + 5_000, 100_000);
    let mut step = (rows.rows() / enough).max(1);
    let mut parameters = start.to_vec();
    let mut thinned = None;
    if step > 1 {
        let fewer = rows.every(step);
        let rough = Limits { tolerance: limits.tolerance.max(1e-7), ..limits };
        parameters = minimise(&fewer, features, l2, &parameters, rough).parameters;
        thinned = Some(fewer);
    }
    let mut factor: Option<Vec<f64>> = None;
    let mut slope = rows.slope(features, l2, &parameters);
    let mut fresh = false;
    for _ in 0..limits.iterations {
        if slope.steepest() <= limits.tolerance * rows.total {
            break;
        }
        if factor.is_none() {
            let source = thinned.as_ref().unwrap_or(rows);
            factor = Some(factorised(source, features, l2, &parameters, rows.total));
            fresh = true;
        }
        let direction = factor.as_deref().map(|f| solve(f, &slope.gradient)).unwrap_or_default();
        let (next, next_slope) = descend(rows, features, l2, &parameters, &slope, &direction);
        let gain = slope.steepest() / next_slope.steepest();
        let stuck = next == parameters;
        (parameters, slope) = (next, next_slope);
        if gain < 8.0 {
            if fresh && gain < 2.0 && step > 1 {
                step = (step / 8).max(1);
                thinned = (step > 1).then(|| rows.every(step));
            } else if fresh && stuck {
                break;
            }
            factor = None;
        }
        fresh = false;
    }
    Solution { steepest: slope.steepest() / rows.total.max(f64::MIN_POSITIVE), parameters }
}

/// Goes along a direction, by half as far each time while the loss does not fall.
fn descend(
    rows: &Grouped,
    features: &[Feature],
    l2: f64,
    parameters: &[f64],
    slope: &Slope,
    direction: &[f64],
) -> (Vec<f64>, Slope) {
    let mut length = 1.0;
    for _ in 0..40 {
        let next: Vec<f64> =
            parameters.iter().zip(direction).map(|(p, d)| p - length * d).collect();
        let next_slope = rows.slope(features, l2, &next);
        let falls = next_slope.loss <= slope.loss * (1.0 + 1e-13)
            || next_slope.steepest() < 0.5 * slope.steepest();
        if falls && next_slope.loss.is_finite() {
            return (next, next_slope);
        }
        length *= 0.5;
    }
    (parameters.to_vec(), slope.clone())
}

/// Cholesky factor of the curvature, scaled up to a total weight.
fn factorised(
    rows: &Grouped,
    features: &[Feature],
    l2: f64,
    parameters: &[f64],
    total: f64,
) -> Vec<f64> {
    let size = features.len() + 1;
    let mut matrix = curvature::curvature(rows, features, parameters);
    let scale = total / rows.total.max(f64::MIN_POSITIVE);
    matrix.iter_mut().for_each(|entry| *entry *= scale);
    matrix.iter_mut().step_by(size + 1).skip(1).for_each(|pivot| *pivot += l2);
    let jitters = [0.0, 1e-12, 1e-9, 1e-6, 1e-3, 1.0];
    jitters.iter().find_map(|&jitter| cholesky(&matrix, size, jitter)).unwrap_or_else(|| {
        let mut unit = vec![0.0; size * size];
        unit.iter_mut().step_by(size + 1).for_each(|pivot| *pivot = total.sqrt().max(1.0));
        unit
    })
}

/// The lower triangle `L` with `L Lᵀ = matrix + jitter × (its diagonal + 1)`, if there is one.
fn cholesky(matrix: &[f64], size: usize, jitter: f64) -> Option<Vec<f64>> {
    let mut lower = vec![0.0; size * size];
    for row in 0..size {
        for column in 0..=row {
            let (before, current) = lower.split_at(row * size);
            let left = &current[..column];
            let right =
                if column == row { left } else { &before[column * size..column * size + column] };
            let inner = dot(left, right);
            let entry = matrix[row * size + column];
            if column == row {
                let pivot = entry + jitter * (entry + 1.0) - inner;
                if pivot <= 1e-13 * entry || !pivot.is_finite() {
                    return None;
                }
                lower[row * size + row] = pivot.sqrt();
            } else {
                lower[row * size + column] = (entry - inner) / lower[column * size + column];
            }
        }
    }
    Some(lower)
}

/// Solves `L Lᵀ x = b`.
fn solve(lower: &[f64], b: &[f64]) -> Vec<f64> {
    let size = b.len();
    let mut x = b.to_vec();
    for row in 0..size {
        let inner: f64 = (0..row).map(|column| lower[row * size + column] * x[column]).sum();
        x[row] = (x[row] - inner) / lower[row * size + row];
    }
    for row in (0..size).rev() {
        let inner: f64 = (row + 1..size).map(|below| lower[below * size + row] * x[below]).sum();
        x[row] = (x[row] - inner) / lower[row * size + row];
    }
    x
}

fn dot(left: &[f64], right: &[f64]) -> f64 {
    let mut lanes = [0.0; 8];
    let (lefts, rights) = (left.chunks_exact(8), right.chunks_exact(8));
    let rest = lefts.remainder().iter().zip(rights.remainder()).map(|(l, r)| l * r).sum::<f64>();
    for (l, r) in lefts.zip(rights) {
        for lane in 0..8 {
            lanes[lane] += l[lane] * r[lane];
        }
    }
    lanes.iter().sum::<f64>() + rest
}
