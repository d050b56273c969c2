//! The rows to learn from, side by side in lines of 32 codes: a row's codes share a cache line.

use crate::{
    error::Result,
    learners::{
        Rows, Training,
        lines::{self, Column},
    },
};

/// Columns in a line.
pub(super) const WIDTH: usize = 32;
/// Units of the largest weight.
const UNITS: f64 = (1_u32 << 15) as f64;

/// The codes of a row in `WIDTH` columns.
pub(super) type Line = lines::Line<WIDTH>;

/// Rows as lines.
#[derive(Debug)]
pub(super) struct Table<'a> {
    pub(super) source: Rows<'a>,
    pub(super) columns: Vec<Column>,
    /// For each `WIDTH` columns one line a row.
    pub(super) blocks: Vec<Vec<Line>>,
    /// Bins of all columns.
    pub(super) bins: usize,
}

impl<'a> Table<'a> {
    /// Copies the columns that vary among the rows of a weight above 0.
    pub(super) fn of(rows: &Rows<'a>, units: Option<&[u32]>) -> Self {
        let columns = lines::varying(rows, |row| units.is_none_or(|units| units[row] > 0));
        let bins = columns.last().map_or(0, |last| last.first_bin + last.codes);
        Self { source: *rows, blocks: lines::blocks(&columns, rows), columns, bins }
    }

    /// Other rows of the same matrix in the same columns.
    pub(super) fn beside(&self, rows: &Rows) -> Vec<Vec<Line>> {
        lines::blocks(&self.columns, rows)
    }
}

/// Weights as whole units of a power of two, the largest with up to 15 bits; and the units in a
/// weight of 1. `None` where there are no weights.
pub(super) fn units(training: &Training) -> Result<Option<(Vec<u32>, f64)>> {
    let weights = &training.weights;
    if weights.is_empty() {
        return Ok(None);
    }
    let scale = lines::units_of_one(weights.iter().copied(), UNITS)?;
    Ok(Some((weights.iter().map(|&w| (f64::from(w) * scale).round() as u32).collect(), scale)))
}
