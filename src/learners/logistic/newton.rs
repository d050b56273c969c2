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

/// Rows × pairs of columns that a curvature may cost; beyond that it is taken from every so
/// many-th row.
const CURVATURE_COST: usize = 12_000_000;
/// A step of this many times the tolerance is taken to be nothing: the distance to the minimum
/// where the loss is so flat that its gradient alone says little.
const STEP_PER_TOLERANCE: f64 = 100.0;
/// Times by which a step must shrink the gradient for its curvature to be used again.
const ENOUGH_GAIN: f64 = 3.0;

/// Newton's method on some rows, keeping its curvature from one strength to the next.
pub(super) struct Newton<'a> {
    rows: &'a Grouped,
    features: &'a [Feature],
    /// The curvature comes from every so many-th row.
    step: usize,
    thinned: Option<Grouped>,
    /// The curvature without the penalty, for the weight of all rows.
    curvature: Option<Vec<f64>>,
}

/// Minimises the penalised log loss from a starting point.
pub(super) fn minimise(
    rows: &Grouped,
    features: &[Feature],
    l2: f64,
    start: &[f64],
    limits: Limits,
) -> Solution {
    let mut newton = Newton::new(rows, features);
    let start = newton.rough(l2, start, limits).unwrap_or_else(|| start.to_vec());
    newton.minimise(l2, start, limits)
}

impl<'a> Newton<'a> {
    pub(super) fn new(rows: &'a Grouped, features: &'a [Feature]) -> Self {
        let columns = features.last().map_or(0, |feature| feature.column + 1);
        let pairs = columns * (columns + 1) / 2 + 1;
        let enough = (CURVATURE_COST / pairs).max(20 * features.len() + 5_000);
        let step = (rows.rows() / enough).max(1);
        Self::thinned(rows, features, step)
    }

    /// With the curvature of every `step`-th row.
    pub(super) fn thinned(rows: &'a Grouped, features: &'a [Feature], step: usize) -> Self {
        let thinned = (step > 1).then(|| rows.every(step));
        Self { rows, features, step, thinned, curvature: None }
    }

    /// The minimum of the thinned rows: a good start.
    fn rough(&self, l2: f64, start: &[f64], limits: Limits) -> Option<Vec<f64>> {
        let fewer = self.thinned.as_ref()?;
        let l2 = l2 * fewer.total / self.rows.total.max(f64::MIN_POSITIVE);
        let limits = Limits { tolerance: limits.tolerance.max(1e-6), ..limits };
        let mut newton = Newton {
            rows: fewer,
            features: self.features,
            step: 1,
            thinned: None,
            curvature: None,
        };
        Some(newton.minimise(l2, start.to_vec(), limits).parameters)
    }

    /// Minimises the penalised log loss from a starting point.
    ///
    /// With a curvature taken from some of the rows each step on all rows gains about a digit, at
    /// the cost of a gradient. If a step gains less, the curvature is taken anew, at last from
    /// more rows.
    pub(super) fn minimise(&mut self, l2: f64, start: Vec<f64>, limits: Limits) -> Solution {
        let (rows, features) = (self.rows, self.features);
        let mut parameters = start;
        let mut factor: Option<Vec<f64>> = None;
        let mut slope = rows.slope(features, l2, &parameters);
        for _ in 0..limits.iterations {
            let fresh = self.curvature.is_none();
            let factored = factor.take().unwrap_or_else(|| self.factorised(l2, &parameters));
            let direction = solve(&factored, &slope.gradient);
            let flat = slope.steepest() <= limits.tolerance * rows.total;
            if flat && furthest(&direction) <= STEP_PER_TOLERANCE * limits.tolerance {
                break;
            }
            let (next, next_slope) = descend(rows, features, l2, &parameters, &slope, &direction);
            let gain = slope.steepest() / next_slope.steepest();
            let stuck = next == parameters || (flat && gain < 1.5);
            (parameters, slope) = (next, next_slope);
            if gain >= ENOUGH_GAIN {
                factor = Some(factored);
                continue;
            }
            if fresh && stuck {
                break;
            }
            self.curvature = None;
            if fresh && gain < 1.5 && self.step > 1 {
                self.step = (self.step / 8).max(1);
                self.thinned = (self.step > 1).then(|| rows.every(self.step));
            }
        }
        Solution { steepest: slope.steepest() / rows.total.max(f64::MIN_POSITIVE), parameters }
    }

    /// Cholesky factor of the penalised curvature.
    fn factorised(&mut self, l2: f64, parameters: &[f64]) -> Vec<f64> {
        let size = self.features.len() + 1;
        let mut matrix = if let Some(curvature) = &self.curvature {
            curvature.clone()
        } else {
            let rows = self.thinned.as_ref().unwrap_or(self.rows);
            let scale = self.rows.total / rows.total.max(f64::MIN_POSITIVE);
            let mut matrix = curvature::curvature(rows, self.features, parameters);
            for entry in &mut matrix {
                *entry *= scale;
            }
            self.curvature = Some(matrix.clone());
            matrix
        };
        matrix.iter_mut().step_by(size + 1).skip(1).for_each(|pivot| *pivot += l2);
        let jitters = [0.0, 1e-12, 1e-9, 1e-6, 1e-3, 1.0];
        jitters.iter().find_map(|&jitter| cholesky(&matrix, size, jitter)).unwrap_or_else(|| {
            let mut unit = vec![0.0; size * size];
            let root = self.rows.total.sqrt().max(1.0);
            unit.iter_mut().step_by(size + 1).for_each(|pivot| *pivot = root);
            unit
        })
    }
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

fn furthest(direction: &[f64]) -> f64 {
    direction.iter().fold(0.0, |top, entry| if entry.abs() > top { entry.abs() } else { top })
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
