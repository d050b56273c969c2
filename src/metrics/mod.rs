//! Pure formulas.

use serde::{Deserialize, Serialize};

/// A figure with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Estimate {
    /// The figure.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// What a list of the highest-scored customers holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AtDepth {
    /// Share of customers on the list.
    pub depth: f64,
    /// Customers on the list.
    pub rows: u64,
    /// Share of events on the list.
    pub precision: f64,
    /// Precision over base rate.
    pub lift: f64,
    /// Share of all events that are on the list.
    pub capture: f64,
    /// Share of the value of all events that is on the list.
    pub value_capture: Option<f64>,
    /// Expected profit of contacting the list, per customer of the table.
    pub profit: f64,
}

/// One bar of the calibration curve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalibrationPoint {
    /// Rows in the bin.
    pub rows: u64,
    /// Mean predicted probability.
    pub mean_predicted: f64,
    /// Observed rate.
    pub observed: f64,
}

/// How well probabilities did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    /// Rows.
    pub rows: u64,
    /// Events.
    pub events: u64,
    /// Share of events.
    pub base_rate: f64,
    /// Area under the ROC curve.
    pub auc: Estimate,
    /// Average precision.
    pub pr_auc: f64,
    /// Kolmogorov–Smirnov distance.
    pub ks: f64,
    /// 2 × AUC − 1.
    pub gini: f64,
    /// Mean negative log-likelihood, nats.
    pub log_loss: f64,
    /// Mean squared error.
    pub brier: f64,
    /// Expected calibration error.
    pub ece: f64,
    /// Slope of the outcome on the logit.
    pub calibration_slope: f64,
    /// Intercept of the outcome on the logit.
    pub calibration_intercept: f64,
    /// Expected maximum profit for churn, money per customer.
    pub empc: f64,
    /// The share of customers to contact at that profit.
    pub empc_depth: f64,
    /// What lists of 1, 5, 10 and 20 % hold.
    pub depths: Vec<AtDepth>,
    /// Predicted against observed.
    pub calibration_curve: Vec<CalibrationPoint>,
}
