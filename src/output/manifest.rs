//! The manifest beside a feed: counts, digests and thresholds, as JSON.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    bundle::Bundle,
    playbook::{PlayFacts, Quadrant, ReasonsFor},
    scoring::{State, Tally, tally::Cell},
    store,
    units::Day,
};

/// Version of the manifest.
pub const VERSION: u32 = 2;

/// A population stability index of at least this is a shift that asks for a retrain.
///
/// # Source
/// Siddiqi, *Credit Risk Scorecards* (2006): below 0.1 none, 0.1 to 0.25 some, above 0.25 major.
pub const MAJOR_SHIFT: f64 = 0.25;

/// What a run of `predict` did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of the manifest.
    pub manifest: u32,
    /// Version of the feed's columns.
    pub feed_version: u32,
    /// Name and version of the model.
    pub model: String,
    /// Version of the program.
    pub program: String,
    /// The feed's file name and digest; absent where it went to standard output.
    pub feed: Option<FileFacts>,
    /// Rows in the feed.
    pub rows: u64,
    /// Rows set aside.
    pub rejected: u64,
    /// For whom reasons were asked.
    pub reasons: ReasonsFor,
    /// Earliest and latest as-of date.
    pub as_of: Option<(Day, Day)>,
    /// The cut-offs that made the bands.
    pub cuts: Cuts,
    /// Customers by state.
    pub states: BTreeMap<State, Group>,
    /// Customers by quadrant.
    pub quadrants: BTreeMap<Quadrant, Group>,
    /// What was unusual about columns that the models read.
    pub columns: Vec<ColumnFacts>,
    /// Names model, playbook and language of the run.
    pub run_id: String,
    /// BLAKE3 over the encoding of the columns.
    pub features_blake3: String,
    /// BLAKE3 over the expressions that say who is who and what happened.
    pub rules_blake3: String,
    /// What the playbook did.
    pub playbook: PlayFacts,
}

/// A file and its digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileFacts {
    /// File name, without its folder.
    pub name: String,
    /// BLAKE3 of its bytes.
    pub blake3: String,
}

/// The cut-offs fixed at training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cuts {
    /// Value a year from which on a value is high.
    pub value: Option<f64>,
    /// Churn probability from which on a risk is high.
    pub churn: f64,
    /// Reactivation probability from which on a return is likely.
    pub reactivation: Option<f64>,
}

/// What a group of customers holds.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Customers.
    pub customers: u64,
    /// Sum of their value a year, where known.
    pub value: f64,
    /// Sum of value × probability, where known.
    pub value_at_risk: f64,
    /// Events to expect in the outcome window.
    pub expected_events: f64,
}

/// What was unusual about a column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnFacts {
    /// The column.
    pub name: String,
    /// Population stability index against the training rows.
    pub psi: f64,
    /// Cells with a category that training did not know; they score as "other".
    pub unseen: u64,
    /// Cells outside the range of training; they score as its end.
    pub outside: u64,
    /// Missing cells.
    pub missing: u64,
}

impl Manifest {
    /// The manifest of a run.
    pub fn new(
        bundle: &Bundle,
        model: &str,
        reasons: ReasonsFor,
        tally: &Tally,
        rejected: u64,
    ) -> Self {
        Self {
            manifest: VERSION,
            feed_version: super::feed::VERSION,
            model: model.to_owned(),
            program: env!("CARGO_PKG_VERSION").to_owned(),
            feed: None,
            rows: tally.rows,
            rejected,
            reasons,
            as_of: tally.as_of,
            cuts: Cuts {
                value: bundle.value_cut,
                churn: bundle.churn.risk_cut,
                reactivation: bundle.reactivation.as_ref().map(|model| model.risk_cut),
            },
            states: groups(tally, |(state, _, _)| Some(*state)),
            quadrants: groups(tally, |(state, value, risk)| Quadrant::of(*state, *value, *risk)),
            columns: column_facts(bundle, tally),
            run_id: String::new(),
            features_blake3: digest(&bundle.encoder),
            rules_blake3: digest(&bundle.rules),
            playbook: PlayFacts::default(),
        }
    }

    /// The columns that have shifted so far that the model should be trained again, worst first.
    pub fn shifted(&self) -> impl Iterator<Item = &ColumnFacts> {
        self.columns.iter().filter(|column| column.psi >= MAJOR_SHIFT)
    }

    /// The manifest as JSON text.
    pub fn json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

/// The digest of something by its JSON.
fn digest(value: &impl Serialize) -> String {
    store::digest(&serde_json::to_vec(value).unwrap_or_default())
}

fn groups<K: Ord>(
    tally: &Tally,
    key: impl Fn(&crate::scoring::tally::CellKey) -> Option<K>,
) -> BTreeMap<K, Group> {
    let mut sums: BTreeMap<K, Cell> = BTreeMap::new();
    for (cell_key, cell) in &tally.cells {
        if let Some(key) = key(cell_key) {
            sums.entry(key).or_default().merge(cell);
        }
    }
    sums.into_iter()
        .map(|(key, cell)| {
            let group = Group {
                customers: cell.customers,
                value: cell.value.value(),
                value_at_risk: cell.value_at_risk.value(),
                expected_events: cell.expected_events.value(),
            };
            (key, group)
        })
        .collect()
}

/// What was unusual about each encoded column, the farthest from training first.
pub fn column_facts(bundle: &Bundle, tally: &Tally) -> Vec<ColumnFacts> {
    let reference: Vec<&[u64]> =
        bundle.encoder.columns.iter().map(|column| column.counts.as_slice()).collect();
    tally
        .drift(&reference)
        .into_iter()
        .map(|drift| ColumnFacts {
            name: bundle.encoder.columns[drift.column].name.clone(),
            psi: drift.psi,
            unseen: tally.unseen[drift.column],
            outside: tally.outside[drift.column],
            missing: tally.codes[drift.column].first().copied().unwrap_or(0),
        })
        .collect()
}
