//! How good a model is: each formula alone, with its source and its oracle.
//!
//! Every figure is a function of the *multiset* of rows: whatever their order, the result is the
//! same to the last bit. Rows are sorted once into [`Ranked`] levels, and every sum runs over levels
//! by rising score or in integers. Ties are exact: rows of one score are never told apart.
//!
//! ```
//! use reveille::metrics::{ProfitParams, measure};
//!
//! let outcome = [false, true, false, true];
//! let probability = [0.1, 0.4, 0.4, 0.8];
//! let metrics = measure(&outcome, &probability, None, &ProfitParams::default())?;
//! assert_eq!(metrics.auc.value, 0.875);
//! # Ok::<(), reveille::error::Error>(())
//! ```

pub mod auc;
pub mod beta;
pub mod calibration;
pub mod contrast;
pub mod drift;
pub mod expected;
pub mod figures;
pub mod interval;
pub mod line;
pub mod paired;
pub mod power;
pub mod profit;
pub mod ranked;
pub mod ranking;
pub mod tails;

use serde::{Deserialize, Serialize};

pub use auc::{auc, auc_difference};
pub use calibration::CalibrationPoint;
pub use contrast::Contrast;
pub use drift::psi;
pub use figures::Figures;
pub use paired::{Difference, log_loss, paired_log_loss_difference};
pub use profit::ProfitParams;
pub use ranked::Ranked;
pub use ranking::AtDepth;

use crate::error::{Error, Kind, Result};

/// The shares of the table, from the highest score down, that [`Metrics::depths`] reports.
pub const DEPTHS: [f64; 4] = [0.01, 0.05, 0.10, 0.20];

/// A figure with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Estimate {
    /// The estimate.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

/// Every metric of one set of probabilities against what happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    /// Rows measured.
    pub rows: u64,
    /// Rows with the event.
    pub events: u64,
    /// Events among rows, inside 0..1.
    pub base_rate: f64,
    /// Area under the ROC curve with DeLong's interval, see [`auc::delong`].
    pub auc: Estimate,
    /// Average precision, see [`ranking::average_precision`].
    pub pr_auc: f64,
    /// Kolmogorov–Smirnov distance of the two score distributions, see [`ranking::ks`].
    pub ks: f64,
    /// `2 × AUC − 1`.
    pub gini: f64,
    /// Mean logarithmic loss in nats, see [`calibration::log_loss`].
    pub log_loss: f64,
    /// Mean squared error of the probability, see [`calibration::brier`].
    pub brier: f64,
    /// Expected calibration error over ten bins of equal width, see [`calibration::ece`].
    pub ece: f64,
    /// Slope of the outcome on the logit, 1 when calibrated, see [`calibration::cox`].
    pub calibration_slope: f64,
    /// Intercept of the same line, 0 when calibrated.
    pub calibration_intercept: f64,
    /// Expected maximum profit per customer in the table, see [`profit::empc`].
    pub empc: f64,
    /// The share of customers to contact that reaches it, on average.
    pub empc_depth: f64,
    /// What contacting the top of the ranking catches, at each of [`DEPTHS`].
    pub depths: Vec<AtDepth>,
    /// Predicted against observed in ten groups of about equal rows, by rising probability.
    pub calibration_curve: Vec<CalibrationPoint>,
}

/// Every metric of `probability` against `outcome`, for rows with an optional `value`.
///
/// # Shape
/// One outcome, one probability and, where given, one value for each row. A customer without a
/// value, or with one below 0, counts as 0 in the value captured.
///
/// # Units
/// Probabilities in 0..=1; values in the bank's currency; profit in the currency of `params`.
///
/// # Errors
/// `EmptyTable` without rows; `OneClass` where all outcomes are alike; `BadParameter` where lengths
/// differ, a probability is not in 0..=1, a value is not finite or `params` are out of range.
///
/// # Cost
/// One sort, then passes over the distinct probabilities.
pub fn measure(
    outcome: &[bool],
    probability: &[f64],
    value: Option<&[Option<f64>]>,
    params: &ProfitParams,
) -> Result<Metrics> {
    params.check()?;
    if probability.iter().any(|p| !(0.0..=1.0).contains(p)) {
        return Err(Error::new(Kind::BadParameter, "a probability is not in 0..1"));
    }
    let ranked = Ranked::new(outcome, probability)?;
    let auc = auc::delong(&ranked);
    let cox = calibration::cox(&ranked);
    let profit = profit::empc(&ranked, params)?;
    let mut depths: Vec<AtDepth> =
        DEPTHS.iter().map(|&depth| ranking::at_depth(&ranked, depth, params)).collect();
    if let Some(value) = value {
        let shares = ranking::value_capture(&ranked, outcome, probability, value, &DEPTHS)?;
        for (depth, share) in depths.iter_mut().zip(shares) {
            depth.value_capture = share;
        }
    }
    Ok(Metrics {
        rows: ranked.rows(),
        events: ranked.events(),
        base_rate: ranked.base_rate(),
        auc,
        pr_auc: ranking::average_precision(&ranked),
        ks: ranking::ks(&ranked),
        gini: 2.0 * auc.value - 1.0,
        log_loss: calibration::log_loss(&ranked),
        brier: calibration::brier(&ranked),
        ece: calibration::ece(&ranked),
        calibration_slope: cox.slope,
        calibration_intercept: cox.intercept,
        empc: profit.per_customer,
        empc_depth: profit.depth,
        depths,
        calibration_curve: calibration::curve(&ranked),
    })
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these figures are exact")]
mod laws;
