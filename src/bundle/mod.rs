//! The model file: everything that scoring needs and an auditor asks for, as plain data.

pub mod check;
mod fitted;
pub mod registry;
pub mod wire;

pub use fitted::{Blend, Fitted, LearnerName, Part};
pub use registry::{ModelRef, Registry};
pub use wire::{from_bytes, to_bytes};

use serde::{Deserialize, Serialize};

use crate::{
    features::Encoder,
    metrics::Metrics,
    model::{Calibration, Peers},
    sources::Column,
    units::{Day, ModelName, Seed},
};

/// A trained pair of models with all that travels with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    /// Version of the program that trained it.
    pub program: String,
    /// Name in the registry.
    pub name: ModelName,
    /// The latest snapshot it learned from, where the history has as-of dates.
    pub as_of: Option<Day>,
    /// Seed of every random choice.
    pub seed: Seed,
    /// What a table must offer to be scored.
    pub source: Source,
    /// The expressions that say who is who and what happened.
    pub rules: Rules,
    /// From columns to codes.
    pub encoder: Encoder,
    /// Churn of active customers.
    pub churn: Model,
    /// Reactivation of dormant customers, where there was an outcome to learn.
    pub reactivation: Option<Model>,
    /// The playbook, as TOML text; the shipped one where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub playbook: Option<String>,
    /// What is usual among peers, where the table has the columns that make them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peers: Option<Peers>,
    /// A customer whose value is at least this is of high value; `None` without a value expression.
    pub value_cut: Option<f64>,
    /// What it was trained on.
    pub data: DataFacts,
    /// What the checks of the training table found.
    pub findings: Vec<FindingNote>,
    /// The configuration of the run, so that it can be repeated.
    pub config: serde_json::Value,
}

/// What a table must offer to be scored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The column that names the customer; `None` where row numbers stand in.
    pub id: Option<String>,
    /// The column of the as-of date.
    pub as_of: Option<String>,
    /// Every column that scoring reads, with its type; the outcomes are not among them.
    pub columns: Vec<Column>,
    /// Cells that stand for a missing value.
    pub missing: Vec<String>,
}

/// The expressions of a run, as SQL text.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// Which active customers left.
    pub churn: String,
    /// Which dormant customers came back.
    pub reactivation: Option<String>,
    /// Who is dormant.
    pub dormant: Option<String>,
    /// Who never transacted.
    pub prospect: Option<String>,
    /// What a customer is worth a year.
    pub value: Option<String>,
}

/// A fitted model of one population.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// The fitted learner that was chosen.
    pub fitted: Fitted,
    /// From its logit to the probability.
    pub calibration: Calibration,
    /// A probability of at least this is high; fixed at training.
    pub risk_cut: f64,
    /// Training rows.
    pub rows: u64,
    /// Training events.
    pub events: u64,
    /// Names of the columns that it reads.
    pub columns: Vec<String>,
    /// Why this learner was chosen, in words.
    pub chosen_because: String,
    /// How every learner did, on every kind of held-out rows.
    pub validations: Vec<Validation>,
    /// The presets that were tried for the boosted trees, where they were fitted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub boost_trials: Vec<Trial>,
}

/// A preset that was tried for the boosted trees.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trial {
    /// Its name.
    pub name: String,
    /// The number of rounds that did best.
    pub rounds: u64,
    /// Mean log loss out of fold, before calibration.
    pub log_loss: f64,
}

/// How one learner did on one kind of held-out rows, after calibration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Validation {
    /// The learner.
    pub learner: LearnerName,
    /// Which rows were held out.
    pub split: HeldOut,
    /// Its figures there.
    pub metrics: Metrics,
}

/// Which rows were held out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum HeldOut {
    /// Every row once, by folds that keep a customer's rows together.
    Folds {
        /// Number of folds.
        folds: u8,
    },
    /// The latest snapshot, learned from those before.
    LaterData {
        /// As-of date of the test rows.
        test: Day,
    },
    /// Of the latest snapshot the customers never seen before.
    LaterUnseen {
        /// As-of date of the test rows.
        test: Day,
    },
}

/// What a model was trained on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataFacts {
    /// BLAKE3 over what the learners saw, whatever the order of the rows.
    pub digest: String,
    /// Rows read.
    pub rows: u64,
    /// Rows set aside.
    pub rejected: u64,
    /// Customers by state: active, dormant, prospect.
    pub active: u64,
    /// Dormant rows.
    pub dormant: u64,
    /// Rows of customers who never transacted.
    pub prospect: u64,
    /// Snapshots in ascending order.
    pub snapshots: Vec<Day>,
}

/// A finding of the checks, as it stays with the model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FindingNote {
    /// The column.
    pub column: String,
    /// What is the matter, e.g. `gives_outcome_away`.
    pub problem: String,
    /// The figures behind it; never the content of a cell.
    pub evidence: String,
    /// Whether the column was left out.
    pub excluded: bool,
}
