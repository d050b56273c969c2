//! The figures that a report tells: plain data, written as JSON as it stands.

use serde::Serialize;

pub use super::rulebook::{QuadrantRule, RuleCondition, Rulebook};
use crate::{
    bundle::LearnerName,
    history::Learned,
    metrics::{Estimate, Figures, ProfitParams},
    output::manifest::ColumnFacts,
    playbook::Quadrant,
    units::Day,
};

/// What was found when a model was held against what happened.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evidence {
    /// What it was held against.
    pub measured_on: MeasuredOn,
    /// Rows that were looked at, whatever their state.
    pub rows: u64,
    /// Rows that were set aside.
    pub rejected: u64,
    /// The day of the customers in the quadrants: the latest there is.
    pub quadrants_as_of: Option<Day>,
    /// Customers and money by quadrant.
    pub quadrants: Vec<QuadrantFacts>,
    /// The quadrants as a few rules; none where there are too few customers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rulebook: Option<Rulebook>,
    /// The snapshots, in ascending order; empty without as-of dates.
    pub snapshots: Vec<SnapshotFacts>,
    /// The money behind expected profits.
    pub profit: ProfitParams,
    /// How the model would have done, trained at the time; where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backtest: Option<Backtest>,
    /// How far each encoded column has moved from training, the farthest first; empty for rows of the training table.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub drift: Vec<ColumnFacts>,
    /// After how many quiet days customers do not come back; where that was learned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dormancy: Option<Learned>,
    /// Churn of the active.
    pub churn: Option<ModelEvidence>,
    /// Reactivation of the dormant.
    pub reactivation: Option<ModelEvidence>,
}

impl Evidence {
    /// Whether no row is later than what the model learned from: then its figures may flatter it.
    pub fn may_flatter(&self, learned_up_to: Option<Day>) -> bool {
        let latest = self.snapshots.last().map(|snapshot| snapshot.as_of);
        self.measured_on == MeasuredOn::Table && learned_up_to.is_some() && latest <= learned_up_to
    }
}

/// What a model was held against.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum MeasuredOn {
    /// A table that was given.
    Table,
    /// Rows of the training table that the learner had not seen.
    HeldOut,
}

/// Customers and money in one quadrant.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QuadrantFacts {
    /// The quadrant.
    pub quadrant: Quadrant,
    /// Customers.
    pub customers: u64,
    /// Sum of their value a year, where known.
    pub value: f64,
    /// Sum of value × probability, where known.
    pub value_at_risk: f64,
    /// Sum of probabilities.
    pub expected_events: f64,
    /// Customers whose outcome is known.
    pub known: u64,
    /// Events among them.
    pub events: u64,
}

/// One snapshot: how many outcomes are known, and when all are.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SnapshotFacts {
    /// The as-of date.
    pub as_of: Day,
    /// Active and dormant customers.
    pub customers: u64,
    /// Those of them whose outcome is known.
    pub known: u64,
    /// The day on which the outcome window ends.
    pub window_end: Day,
}

/// Snapshot after snapshot, each by a model trained on what was known before it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Backtest {
    /// Length of the outcome window, in days: rows younger than that were not learned from.
    pub outcome_days: i32,
    /// The snapshots, in ascending order.
    pub months: Vec<BacktestMonth>,
}

/// One snapshot of a back-test.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BacktestMonth {
    /// The snapshot that was measured on.
    pub as_of: Day,
    /// The last snapshot that was learned from.
    pub learned_up_to: Option<Day>,
    /// Number of snapshots that were learned from.
    pub snapshots: u64,
    /// Churn of the active.
    pub churn: Option<BacktestFigures>,
    /// Reactivation of the dormant; none where no model could be made or measured.
    pub reactivation: Option<BacktestFigures>,
}

/// The figures of one snapshot of a back-test.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct BacktestFigures {
    /// The learner.
    pub learner: LearnerName,
    /// Rows that were learned from.
    pub learned_from: u64,
    /// Rows that were measured on.
    pub rows: u64,
    /// Events among them.
    pub events: u64,
    /// Area under the ROC curve.
    pub auc: Estimate,
    /// Mean logarithmic loss, in nats.
    pub log_loss: Estimate,
    /// Lift of the top tenth.
    pub lift: Option<Estimate>,
    /// Slope of the outcome on the logit, 1 when calibrated.
    pub calibration_slope: f64,
    /// Events that came over events that were expected.
    pub observed_over_expected: Option<Estimate>,
}

/// What was found of one model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModelEvidence {
    /// Which rows it was measured on.
    pub split: Split,
    /// A probability of at least this is high.
    pub risk_cut: f64,
    /// All figures.
    pub figures: Figures,
    /// The same in groups of customers.
    pub slices: Vec<Slices>,
    /// Whether groups of customers are treated alike.
    pub fairness: Vec<Fairness>,
    /// The events that the model did not see coming.
    pub missed: Missed,
    /// What drives the score.
    pub drivers: Vec<Driver>,
}

/// Which rows a model was measured on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Split {
    /// Every row of a table that was given.
    Table,
    /// Training rows, each by a learner fitted on other folds.
    Folds {
        /// Number of folds.
        folds: u8,
    },
    /// The latest snapshot, by a learner fitted on those before.
    LaterData {
        /// Its as-of date.
        test: Day,
    },
}

/// One column's groups of customers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Slices {
    /// The column.
    pub column: String,
    /// Its groups; months in order, others by rows.
    pub groups: Vec<Slice>,
}

/// A group of customers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Slice {
    /// Its name.
    pub group: Group,
    /// Rows.
    pub rows: u64,
    /// Events.
    pub events: u64,
    /// Share of events.
    pub event_rate: Estimate,
    /// Mean probability.
    pub mean_probability: f64,
    /// Events that came over events that were expected.
    pub observed_over_expected: Option<Estimate>,
    /// Area under the ROC curve; none where all outcomes are alike.
    pub auc: Option<Estimate>,
    /// Mean logarithmic loss.
    pub log_loss: f64,
    /// Share of the events above the cut of high risk.
    pub caught: Estimate,
}

/// The name of a group.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum Group {
    /// A value of the column.
    Value(String),
    /// A month.
    Month(String),
    /// Numbers from the first to the second, both among them.
    Range(f64, f64),
    /// No value.
    Missing,
    /// All groups that are too small to be told apart.
    Others,
}

/// How one column's groups are treated.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Fairness {
    /// The column.
    pub column: String,
    /// Its groups.
    pub groups: Vec<FairGroup>,
}

/// How a group is treated.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FairGroup {
    /// Its name.
    pub group: Group,
    /// Rows.
    pub rows: u64,
    /// Share above the cut of high risk.
    pub selected: Estimate,
    /// That share over that of the group where it is largest; none for groups of fewer than 30 rows.
    pub selection_ratio: Option<Estimate>,
    /// Mean probability.
    pub mean_probability: f64,
    /// Share of events.
    pub event_rate: Estimate,
    /// Events that came over events that were expected.
    pub observed_over_expected: Option<Estimate>,
    /// Share of the events that is above the cut.
    pub caught: Estimate,
}

/// The events that lay below the cut, and with the feed at hand those whom no contact could reach.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Missed {
    /// All events.
    pub events: u64,
    /// Their value; none without values.
    pub value: Option<f64>,
    /// Events below the cut, or not to be contacted.
    pub missed: u64,
    /// Their value.
    pub missed_value: Option<f64>,
    /// Why, the costliest first.
    pub causes: Vec<MissedCause>,
    /// Whether the feed that was worked from was at hand.
    pub by_feed: bool,
    /// Where: the groups of the first column that customers were grouped by, the costliest first.
    pub places: Vec<MissedPlace>,
    /// The column of the places.
    pub place_column: Option<String>,
}

/// Why events were missed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Not on the feed that was worked from.
    Unmatched,
    /// On it, but not to be contacted, or left alone to measure the effect.
    Suppressed,
    /// The row lacks half or more of the model's columns.
    LittleData,
    /// The probability is at least half the cut.
    NearMiss,
    /// The probability is below half the cut.
    LowScore,
}

/// Events missed for one cause.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct MissedCause {
    /// The cause.
    pub cause: Cause,
    /// Events.
    pub events: u64,
    /// Their value.
    pub value: Option<f64>,
}

/// Events missed in one group of customers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MissedPlace {
    /// The group.
    pub group: Group,
    /// Its events.
    pub events: u64,
    /// Those below the cut.
    pub missed: u64,
    /// The value of those below the cut.
    pub missed_value: Option<f64>,
}

/// A column that drives the score.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Driver {
    /// The column.
    pub column: String,
    /// Mean size of what it adds to the logit, up or down.
    pub mean_contribution: f64,
    /// That size as a share of all columns'.
    pub share: f64,
    /// What the mean probability would be, were all customers alike in this column; for the strongest
    /// columns.
    pub dependence: Vec<Dependence>,
}

/// One step of a partial dependence.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Dependence {
    /// The values that it stands for.
    pub values: Values,
    /// The share of customers who have such values.
    pub share: f64,
    /// Mean probability, were all customers so.
    pub probability: f64,
}

/// Values of a column.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Values {
    /// There is none.
    Missing,
    /// Numbers from `from` to below `below`; open where null.
    Range {
        /// The smallest.
        from: Option<f64>,
        /// The first above.
        below: Option<f64>,
    },
    /// A level.
    Level {
        /// Its name.
        level: String,
    },
    /// Levels that have no code of their own.
    Other,
}
