//! Bytes to Arrow batches with line numbers.

use std::collections::BTreeMap;

use arrow_array::RecordBatch;
use serde::{Deserialize, Serialize};

/// How the cells of a column are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnType {
    /// Arrow `Float64`.
    Number,
    /// Arrow `Utf8`.
    Text,
    /// Arrow `Date32`, days since 1970-01-01.
    Date,
}

/// A column of a table: its name and how it is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// The name in the header.
    pub name: String,
    /// How its cells are read.
    pub kind: ColumnType,
}

/// A row that was set aside, with the place and the cause; never with the content of the cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject {
    /// Line in the file, counted from 1 (for Parquet and Arrow: the row, counted from 1).
    pub line: u64,
    /// The column at fault, where it is one column.
    pub column: Option<String>,
    /// What is wrong.
    pub cause: String,
}

/// Some consecutive rows of a table.
#[derive(Debug, Clone)]
pub struct Block {
    /// The rows that could be read, with the columns that were asked for.
    pub rows: RecordBatch,
    /// For each row its line in the file, counted from 1.
    pub lines: Vec<u64>,
    /// For each row its number among the data rows, counted from 1, rows set aside included.
    pub numbers: Vec<u64>,
    /// The rows of this stretch that were set aside.
    pub rejects: Vec<Reject>,
}

/// How a table is to be read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReadParams {
    /// The delimiter of a CSV file; detected if not given.
    pub delimiter: Option<char>,
    /// The encoding of a CSV file (`utf-8`, `gb18030`, `utf-16le`, `utf-16be`); detected if not given.
    pub encoding: Option<String>,
    /// Cells that stand for a missing value, besides blanks; compared after trimming.
    pub missing: Vec<String>,
    /// Column types that overrule what is inferred.
    pub types: BTreeMap<String, ColumnType>,
    /// The share of rows that may be set aside before a run fails, 0..=1.
    pub max_reject_share: f64,
}

impl Default for ReadParams {
    fn default() -> Self {
        Self {
            delimiter: None,
            encoding: None,
            missing: ["NA", "NULL", "\\N", "?"].map(String::from).to_vec(),
            types: BTreeMap::new(),
            max_reject_share: 0.01,
        }
    }
}
