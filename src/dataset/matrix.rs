//! One `u8` a cell, column by column: what every learner reads.

/// Whether the codes of a column are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeKind {
    /// Codes 1, 2, … rise with the value; 0 is missing.
    Ordered,
    /// Codes name levels; the last one stands for all other levels; 0 is missing.
    Category,
}

/// The encoded training rows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BinnedMatrix {
    /// Number of rows.
    pub rows: usize,
    /// Column names.
    pub names: Vec<String>,
    /// Whether each column's codes are ordered.
    pub kinds: Vec<CodeKind>,
    /// For each column the number of codes it can take, code 0 included; at most 256.
    pub code_counts: Vec<u16>,
    /// For each column one code a row.
    pub columns: Vec<Vec<u8>>,
}
