//! What is wrong with a column.

use serde::{Deserialize, Serialize};

/// What is wrong with a column, with the figures that show it and what was done about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// The column; empty for a finding about the whole file.
    pub column: String,
    /// What is wrong.
    pub problem: Problem,
    /// The figures; never the content of a cell.
    pub evidence: String,
    /// How well the column alone tells events from others, out of fold, where that was measured.
    pub auc: Option<f64>,
    /// What was done.
    pub action: Action,
}

/// What can be wrong with a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Problem {
    /// No row has a value.
    AllMissing,
    /// All rows have the same value.
    Constant,
    /// A text that differs from row to row.
    UniqueText,
    /// A number that names or numbers the rows.
    RunningId,
    /// The name says that it holds a name, an address or another personal datum.
    PersonalName,
    /// A date, in a table that has no as-of date to count from.
    DateWithoutAsOf,
    /// A date after the as-of date.
    DatedAfterAsOf,
    /// It says the same as the outcome.
    CopyOfOutcome,
    /// It tells the outcome nearly without fault.
    GivesOutcomeAway,
    /// Some of its values hold events only, and many of them (or nearly all non-events and none).
    PureRegion,
    /// The file is sorted by the outcome.
    RowOrder,
}

impl Problem {
    /// Whether the column tells what could not be known, which stops a strict run.
    pub fn is_leakage(self) -> bool {
        matches!(
            self,
            Self::CopyOfOutcome | Self::GivesOutcomeAway | Self::PureRegion | Self::DatedAfterAsOf
        )
    }

    /// Its name in files, e.g. `gives_outcome_away`.
    pub fn name(self) -> &'static str {
        match self {
            Self::AllMissing => "all_missing",
            Self::Constant => "constant",
            Self::UniqueText => "unique_text",
            Self::RunningId => "running_id",
            Self::PersonalName => "personal_name",
            Self::DateWithoutAsOf => "date_without_as_of",
            Self::DatedAfterAsOf => "dated_after_as_of",
            Self::CopyOfOutcome => "copy_of_outcome",
            Self::GivesOutcomeAway => "gives_outcome_away",
            Self::PureRegion => "pure_region",
            Self::RowOrder => "row_order",
        }
    }

    /// What is wrong, in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::AllMissing => "no row has a value",
            Self::Constant => "all rows have the same value",
            Self::UniqueText => "nearly every row has its own text",
            Self::RunningId => "it numbers the rows",
            Self::PersonalName => "its name says that it is personal",
            Self::DateWithoutAsOf => "a date says nothing without an as-of date",
            Self::DatedAfterAsOf => "it holds dates after the as-of date",
            Self::CopyOfOutcome => "it is a copy of the outcome",
            Self::GivesOutcomeAway => "it gives the outcome away",
            Self::PureRegion => "some of its values give the outcome away",
            Self::RowOrder => "the file is sorted by the outcome",
        }
    }
}

/// What is done about a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// The column does not become a feature.
    Excluded,
    /// Nothing but this warning.
    Warned,
}

/// For each column whether it stays a feature: `false` where a finding excludes it.
pub fn wanted(names: &[String], findings: &[Finding]) -> Vec<bool> {
    let is_out =
        |name: &String| findings.iter().any(|f| f.column == *name && f.action == Action::Excluded);
    names.iter().map(|name| !is_out(name)).collect()
}
