//! Newton's method on grouped rows, with the curvature taken from as few rows as will do.

use ndarray::Array2;

use super::{
    cholesky::Factor,
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
    curvature: Option<Array2<f64>>,
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
        let mut factor: Option<Factor> = None;
        let mut slope = rows.slope(features, l2, &parameters);
        for _ in 0..limits.iterations {
            let fresh = self.curvature.is_none();
            let factored = factor.take().unwrap_or_else(|| self.factorised(l2, &parameters));
            let direction = factored.solve(&slope.gradient);
            let flat = slope.steepest() <= limits.tolerance * rows.total;
            if flat && furthest(&direction) <= STEP_PER_TOLERANCE * limits.tolerance {
                break;
            }
            let (next, next_slope) = descend(rows, features, l2, &parameters, &slope, &direction);
            let gain = slope.steepest() / next_slope.steepest();
            let stuck = next == parameters || (flat && gain < 1.5);
            (parameters, slope) = (next, next_slope);
            // The next step would be shorter still: no curvature is needed to see it.
            let short = furthest(&direction) <= STEP_PER_TOLERANCE * limits.tolerance;
            if short && gain >= 1.0 && slope.steepest() <= limits.tolerance * rows.total {
                break;
            }
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
    fn factorised(&mut self, l2: f64, parameters: &[f64]) -> Factor {
        let curvature = self.curvature.get_or_insert_with(|| {
            let rows = self.thinned.as_ref().unwrap_or(self.rows);
            let scale = self.rows.total / rows.total.max(f64::MIN_POSITIVE);
            curvature::curvature(rows, self.features, parameters) * scale
        });
        let mut matrix = curvature.clone();
        matrix.diag_mut().iter_mut().skip(1).for_each(|pivot| *pivot += l2);
        let jitters = [0.0, 1e-12, 1e-9, 1e-6, 1e-3, 1.0];
        jitters
            .iter()
            .find_map(|&jitter| Factor::new(matrix.view(), jitter))
            .unwrap_or_else(|| Factor::unit(matrix.nrows(), self.rows.total.sqrt().max(1.0)))
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

fn furthest(direction: &[f64]) -> f64 {
    direction.iter().fold(0.0, |top, entry| if entry.abs() > top { entry.abs() } else { top })
}
