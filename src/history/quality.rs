//! What was found wrong, counted; nothing is dropped in silence.

use std::path::PathBuf;

use serde::Serialize;

use super::schema::RawTable;

/// A raw row that was set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// The file.
    pub file: PathBuf,
    /// Line in the file, counted from 1.
    pub line: u64,
    /// The column at fault, where it is one.
    pub column: Option<String>,
    /// What is wrong; never the content of a cell.
    pub cause: String,
}

/// What a raw table held.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TableFacts {
    /// The table.
    pub table: RawTable,
    /// Its files.
    pub files: Vec<PathBuf>,
    /// Rows that count.
    pub rows: u64,
    /// Rows that the filter left out.
    pub filtered: u64,
    /// Rows that could not be read, or lack their customer or date.
    pub rejected: u64,
    /// Rows of customers that the customer file does not have.
    pub unknown_customer: u64,
    /// Whether the rows say when they were loaded; if not, a row entered late cannot be told.
    pub has_load_date: bool,
    /// Rows loaded more than a day after the day they are about.
    pub loaded_late: u64,
    /// Rows dated before they could be: after the day they were loaded, or after the data end.
    pub future_dated: u64,
    /// Rows in another currency than that of the amounts.
    pub other_currency: u64,
    /// First and last day of the rows, as YYYY-MM-DD.
    pub days: Option<(String, String)>,
    /// Fields that the files do not have.
    pub absent_fields: Vec<&'static str>,
}

/// What was found in all of the raw tables.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Quality {
    /// The tables that are there.
    pub tables: Vec<TableFacts>,
    /// The tables that are not.
    pub absent: Vec<RawTable>,
    /// Customers.
    pub customers: u64,
    /// Rows of the customer file whose id was there before; the first one counts.
    pub duplicate_customers: u64,
    /// Customers whose account closes before it opens; the closing is taken for unknown.
    pub closed_before_opened: u64,
    /// The currency of the amounts, where the files name one.
    pub currency: Option<String>,
    /// The last day for which the files count as complete, as YYYY-MM-DD.
    pub complete_until: String,
}
