//! Bytes to Arrow batches with line numbers: CSV, Parquet and Arrow streams, from a file or stdin.
//!
//! A table is read in two strides. [`scan`] passes over the whole of it once and says what its
//! columns are; [`open`] then hands out the rows in [`Block`]s, in file order and in bounded
//! memory, with only the columns that are wanted. [`read`] does both. A reader that already knows
//! its columns (a trained model does) calls `open` alone, so that a pipe is read once.
//!
//! # What becomes of a column
//! The type of a CSV column follows from all of its cells ([`scan`]); cells that are blank or in
//! [`ReadParams::missing`] count for none. All numbers: [`ColumnType::Number`] (`NaN` is a missing
//! number). All dates: [`ColumnType::Date`]; digits such as `20260331` only where every one is a
//! date from 1900 to 2100. Anything else, digits with a leading zero, whole numbers of more than 15
//! digits, and columns without any cell: [`ColumnType::Text`]. Where at least 99 % of at least
//! 1,000 cells are numbers (or dates), the others are taken for faults and their rows set aside.
//!
//! # What becomes of a row
//! A row that cannot be read (too few or too many cells, a quote that does not close in it, a NUL,
//! bytes that are no text, a cell of the wrong type) is set aside as a [`Reject`] with line, column
//! and cause; its neighbours are read. What makes the whole file doubtful is an
//! [`Error`](crate::error::Error).
//!
//! Neither the number of threads nor the size of the blocks changes any row.

mod arrow_stream;
mod blocks;
mod build;
mod cell;
mod columnar;
mod convert;
mod cut;
mod decode;
mod delimiter;
mod format;
mod header;
mod input;
mod number;
mod parquet_file;
mod parquet_pages;
mod relay;
mod split;
mod table;
mod tally;
mod text;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use arrow_array::RecordBatch;
use serde::{Deserialize, Serialize};

pub use blocks::Blocks;
pub use format::{Compression, Encoding, Format};
pub use input::Input;
pub use table::{Scan, Table, names, open, open_with, read, scan};

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
    /// Where rows wait that are gone through more than once. It changes no result, and is no part of
    /// a configuration.
    #[serde(skip)]
    pub hold: Hold,
}

/// Where the rows of a table wait that is gone through more than once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Hold {
    /// In memory where they are few, else in their file.
    #[default]
    BySize,
    /// In memory.
    InMemory,
    /// In their file: it is read again.
    InFile,
}

impl Default for ReadParams {
    fn default() -> Self {
        Self {
            delimiter: None,
            encoding: None,
            missing: ["NA", "NULL", "\\N", "?"].map(String::from).to_vec(),
            types: BTreeMap::new(),
            max_reject_share: 0.01,
            hold: Hold::default(),
        }
    }
}
