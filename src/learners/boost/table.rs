//! The rows to learn from, side by side in lines of 32 codes: a row's codes share a cache line.

use rayon::prelude::*;

use crate::{
    dataset::{BinnedMatrix, CodeKind},
    error::{Error, Kind, Result},
    learners::{Rows, Training},
};

/// Columns in a line.
pub(super) const WIDTH: usize = 32;
/// Rows that are copied into lines at a time.
const AT_ONCE: usize = 4096;
/// Units of the largest weight.
const UNITS: f64 = (1_u32 << 15) as f64;

/// The codes of a row in `WIDTH` columns.
pub(super) type Line = [u8; WIDTH];

/// A column that takes part: one that is not constant.
#[derive(Debug, Clone)]
pub(super) struct Column {
    /// Index in the matrix.
    pub(super) at: u32,
    pub(super) name: String,
    pub(super) kind: CodeKind,
    /// The codes that occur.
    pub(super) present: Box<[bool; 256]>,
    /// One more than the largest code that occurs.
    pub(super) codes: usize,
    /// Where its bins begin among those of all columns.
    pub(super) first_bin: usize,
}

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
        let mut columns: Vec<Column> = rows
            .matrix
            .columns
            .par_iter()
            .enumerate()
            .filter_map(|(at, codes)| column_of(rows, units, at, codes))
            .collect();
        let mut bins = 0;
        for column in &mut columns {
            column.first_bin = bins;
            bins += column.codes;
        }
        Self { source: *rows, blocks: blocks(&columns, rows), columns, bins }
    }

    /// Other rows of the same matrix in the same columns.
    pub(super) fn beside(&self, rows: &Rows) -> Vec<Vec<Line>> {
        blocks(&self.columns, rows)
    }
}

fn blocks(columns: &[Column], rows: &Rows) -> Vec<Vec<Line>> {
    let of = |columns: &[Column]| -> Vec<Line> {
        let columns: Vec<&[u8]> =
            columns.iter().map(|c| rows.matrix.columns[c.at as usize].as_slice()).collect();
        lines(&columns, rows.index)
    };
    columns.chunks(WIDTH).map(of).collect()
}

fn column_of(rows: &Rows, units: Option<&[u32]>, at: usize, codes: &[u8]) -> Option<Column> {
    let mut present = Box::new([false; 256]);
    for (place, &row) in rows.index.iter().enumerate() {
        let weighs = units.is_none_or(|units| units[place] > 0);
        present[usize::from(codes[row as usize])] |= weighs;
    }
    let codes = present.iter().rposition(|&present| present)? + 1;
    let varies = present.iter().filter(|&&present| present).count() > 1;
    let BinnedMatrix { names, kinds, .. } = rows.matrix;
    varies.then(|| Column {
        at: at as u32,
        name: names.get(at).cloned().unwrap_or_default(),
        kind: kinds[at],
        present,
        codes,
        first_bin: 0,
    })
}

fn lines(columns: &[&[u8]], index: &[u32]) -> Vec<Line> {
    let mut lines = vec![[0; WIDTH]; index.len()];
    lines.par_chunks_mut(AT_ONCE).zip(index.par_chunks(AT_ONCE)).for_each(|(lines, index)| {
        for (slot, column) in columns.iter().enumerate() {
            for (line, &row) in lines.iter_mut().zip(index) {
                line[slot] = column[row as usize];
            }
        }
    });
    lines
}

/// Weights as whole units of a power of two, the largest with up to 15 bits; and the units in a
/// weight of 1. `None` where there are no weights.
pub(super) fn units(training: &Training) -> Result<Option<(Vec<u32>, f64)>> {
    let weights = &training.weights;
    if weights.is_empty() {
        return Ok(None);
    }
    if weights.iter().any(|weight| !weight.is_finite() || *weight < 0.0) {
        let what = "a weight is not a finite number of at least 0";
        return Err(Error::new(Kind::BadParameter, what));
    }
    let most = f64::from(weights.iter().copied().fold(0.0, f32::max));
    let mut scale = UNITS;
    while most * scale > UNITS {
        scale /= 2.0;
    }
    while most > 0.0 && most * scale <= UNITS / 2.0 {
        scale *= 2.0;
    }
    Ok(Some((weights.iter().map(|&w| (f64::from(w) * scale).round() as u32).collect(), scale)))
}
