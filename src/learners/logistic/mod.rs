//! The scorecard: grouped bins, weight of evidence, a penalised logistic fit.

mod card;
mod cholesky;
mod choose;
mod curvature;
mod design;
mod grouping;
mod levels;
mod newton;
mod params;
mod quasi_newton;
mod sample;

use linfa::traits::{Fit, PredictInplace};
use ndarray::Array1;

pub use params::{Direction, L2, LogisticParams, Solver};

use self::{
    design::{Feature, Grouped},
    newton::{Limits, Solution},
    sample::Sample,
};
use super::{Rows, Training};
use crate::{
    error::{Error, Kind, Result},
    model::Scorecard,
};

impl Fit<Rows<'_>, Array1<bool>, Error> for LogisticParams {
    type Object = Scorecard;

    fn fit(&self, training: &Training<'_>) -> Result<Scorecard> {
        self.check()?;
        let sample = Sample::new(training)?;
        let total = sample.total();
        if total.rows <= 0.0 {
            return Err(Error::new(Kind::TooFew, "there is no row to learn from"));
        }
        if total.events <= 0.0 || total.events >= total.rows {
            return Err(Error::new(Kind::OneClass, "all rows have the same outcome"));
        }
        let groupings = card::groupings(&sample, total, self);
        let l2 = match self.l2 {
            L2::Fixed(strength) => strength,
            L2::Auto => choose::strength(&sample, self),
        };
        let (code_counts, grouped) = (sample.code_counts, Grouped::new(sample, &groupings));
        let features = card::features(&groupings, l2, self);
        let start = card::start(total, features.len());
        let solution = self.solve(&grouped, &features, l2, &start)?;
        Ok(card::scorecard(code_counts, &groupings, &features, &solution.parameters))
    }
}

/// Gradient per row at which `linfa-logistic` hands over under [`Solver::Auto`]: the last digits
/// would take it most of its time, and take Newton's method two steps.
const LINFA_TOLERANCE: f64 = 1e-5;

impl LogisticParams {
    fn solve(
        &self,
        rows: &Grouped,
        features: &[Feature],
        l2: f64,
        start: &[f64],
    ) -> Result<Solution> {
        let limits = Limits { tolerance: self.tolerance, iterations: self.max_iterations };
        let rough = Limits { tolerance: limits.tolerance.max(LINFA_TOLERANCE), ..limits };
        let weighted = rows.weights.is_some();
        let solver = if features.is_empty() { Solver::Newton } else { self.solver };
        match solver {
            Solver::Linfa if weighted => Err(Error::new(
                Kind::BadParameter,
                "linfa-logistic ignores weights, so it cannot fit weighted rows",
            )
            .hint_with("set learners.logistic.solver to \"newton\" or \"auto\"")),
            Solver::Linfa => {
                let near = quasi_newton::minimise(rows, features, l2, rough)?;
                newton::minimise(rows, features, l2, &near.parameters, limits).converged(limits)
            }
            Solver::Auto if !weighted && rows.rows() <= self.linfa_rows_at_most => {
                let near = quasi_newton::minimise(rows, features, l2, rough);
                let start = near.map_or_else(|_| start.to_vec(), |near| near.parameters);
                newton::minimise(rows, features, l2, &start, limits).converged(limits)
            }
            Solver::Auto | Solver::Newton => {
                newton::minimise(rows, features, l2, start, limits).converged(limits)
            }
        }
    }
}

impl PredictInplace<Rows<'_>, Array1<f64>> for Scorecard {
    fn predict_inplace<'a>(&'a self, rows: &'a Rows<'_>, logits: &mut Array1<f64>) {
        let columns: Vec<&[u8]> = rows.matrix.columns.iter().map(Vec::as_slice).collect();
        let mut all = vec![0.0; rows.matrix.rows];
        self.logits(&columns, &mut all);
        for (logit, &row) in logits.iter_mut().zip(rows.index) {
            *logit = all.get(row as usize).copied().unwrap_or(f64::NAN);
        }
    }

    fn default_target(&self, rows: &Rows<'_>) -> Array1<f64> {
        Array1::zeros(rows.index.len())
    }
}

#[cfg(test)]
mod tests;
