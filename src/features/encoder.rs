//! The frozen encoding: from Arrow columns to codes.

use serde::{Deserialize, Serialize};

/// The encoding of a table: its columns in the order in which learners number them.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Encoder {
    /// The encoded columns.
    pub columns: Vec<EncodedColumn>,
}

/// The encoding of one column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EncodedColumn {
    /// Name in the table.
    pub name: String,
    /// How a value becomes a code.
    pub bins: Bins,
    /// Training rows in each code (the reference for drift); its length is the number of codes.
    pub counts: Vec<u64>,
}

/// How a value becomes a code. Code 0 is a missing value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "snake_case", deny_unknown_fields)]
pub enum Bins {
    /// A number `x` has the code 1 + (number of cuts ≤ x).
    Number {
        /// Ascending, at most 253.
        cuts: Vec<f64>,
        /// Smallest training value.
        least: f64,
        /// Median training value.
        median: f64,
        /// Largest training value.
        most: f64,
    },
    /// A date is encoded as the number of days before the as-of date, like a number.
    DaysBefore {
        /// Ascending, at most 253.
        cuts: Vec<f64>,
        /// Smallest training value.
        least: f64,
        /// Median training value.
        median: f64,
        /// Largest training value.
        most: f64,
    },
    /// Level `levels[k]` has the code k + 1; every other text the code `levels.len() + 1`.
    Category {
        /// Most frequent first, ties by name; at most 253.
        levels: Vec<String>,
    },
}
