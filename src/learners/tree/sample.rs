//! The rows to learn from, side by side in lines, with their outcomes and weights.

use std::borrow::Cow;

use rayon::prelude::*;

use super::{content, tally::Tally};
use crate::{
    dataset::CodeKind,
    error::{Error, Kind, Result},
    learners::{Training, check_shapes, outcomes},
    units::Seed,
};

/// Columns in a line.
pub(super) const WIDTH: usize = 16;
/// Rows that are copied into lines at a time.
const AT_ONCE: usize = 4096;
/// Units of the largest weight.
const UNITS: f64 = (1_u64 << 30) as f64;

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
}

impl Column {
    /// The largest code to go left where a node has `below` and `above` but none between: the middle one
    /// of those between that occur elsewhere, else `below`.
    pub(super) fn border(&self, below: u8, above: u8) -> u8 {
        let between = || (below..above).skip(1).filter(|&code| self.present[usize::from(code)]);
        let half = between().count() / 2;
        between().take(half).last().unwrap_or(below)
    }
}

/// Rows to learn from.
#[derive(Debug, Clone)]
pub(super) struct Sample<'a> {
    /// The columns, without the constant ones.
    pub(super) kept: Vec<Column>,
    /// For each `WIDTH` columns one line a row.
    pub(super) blocks: Vec<Vec<Line>>,
    /// Outcomes.
    pub(super) events: Cow<'a, [bool]>,
    /// Weights in units; `None` where each is 1.
    pub(super) units: Option<Vec<u64>>,
    /// Units in a weight of 1.
    pub(super) scale: f64,
    /// Hash of what each row holds.
    pub(super) hashes: Vec<u64>,
}

impl<'a> Sample<'a> {
    /// Checks the rows and copies what takes part.
    pub(super) fn of(training: &'a Training<'_>, seed: Seed) -> Result<Self> {
        let rows = training.records;
        check_shapes(training, "a tree")?;
        if rows.index.len() > (u32::MAX >> 1) as usize {
            return Err(Error::new(Kind::BadParameter, "a tree takes at most 2^31 - 1 rows"));
        }
        let events = outcomes(training);
        let (units, scale) = match training.weights.len() {
            0 => (None, 1.0),
            _ => in_units(training.weights.iter().copied())?,
        };
        let weighs =
            |(row, _): &(usize, &bool)| units.as_ref().is_none_or(|u: &Vec<u64>| u[*row] > 0);
        let happened =
            events.iter().enumerate().filter(weighs).filter(|(_, event)| **event).count();
        let all = events.iter().enumerate().filter(weighs).count();
        if happened == 0 || happened == all {
            return Err(Error::new(Kind::OneClass, "all training rows have the same outcome"));
        }
        let kept: Vec<Column> = rows
            .matrix
            .columns
            .par_iter()
            .enumerate()
            .filter_map(|(at, column)| column_of(training, at, column))
            .collect();
        let blocks = kept
            .chunks(WIDTH)
            .map(|columns| {
                let columns: Vec<&[u8]> =
                    columns.iter().map(|c| rows.matrix.columns[c.at as usize].as_slice()).collect();
                lines(&columns, rows.index)
            })
            .collect::<Vec<_>>();
        let hashes = content::hashes(&kept, &blocks, &events, seed);
        Ok(Self { kept, blocks, events, units, scale, hashes })
    }

    /// Some of the rows, each with its own weight in units.
    pub(super) fn take(&self, rows: &[(u32, u64)]) -> Self {
        let pick = |lines: &Vec<Line>| rows.iter().map(|&(row, _)| lines[row as usize]).collect();
        Self {
            kept: self.kept.clone(),
            blocks: self.blocks.iter().map(pick).collect(),
            events: rows.iter().map(|&(row, _)| self.events[row as usize]).collect(),
            units: self.units.as_ref().map(|_| rows.iter().map(|&(_, units)| units).collect()),
            scale: self.scale,
            hashes: rows.iter().map(|&(row, _)| self.hashes[row as usize]).collect(),
        }
    }

    /// Number of rows.
    pub(super) fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether the rows have weights.
    pub(super) fn is_weighted(&self) -> bool {
        self.units.is_some()
    }

    /// The rows that pass, each as twice its number plus its outcome.
    pub(super) fn order(&self, passes: impl Fn(usize) -> bool) -> Vec<u32> {
        let all = self.events.iter().enumerate().filter(|(row, _)| passes(*row));
        all.map(|(row, &event)| (row as u32) << 1 | u32::from(event)).collect()
    }

    /// Index in the matrix of each column that takes part.
    pub(super) fn columns(&self) -> Vec<u32> {
        self.kept.iter().map(|column| column.at).collect()
    }

    /// The weight in units of an entry of [`Sample::order`].
    #[inline]
    pub(super) fn units_of(&self, entry: u32) -> u64 {
        self.units.as_ref().map_or(1, |units| units[(entry >> 1) as usize])
    }

    /// What an entry of [`Sample::order`] counts.
    #[inline]
    pub(super) fn weigh<T: Tally>(&self, entry: u32) -> T {
        T::row(self.units_of(entry), entry & 1 == 1)
    }

    /// The code of a row in a column, numbered as in `kept`.
    #[inline]
    pub(super) fn code(&self, row: u32, column: usize) -> u8 {
        self.blocks[column / WIDTH][row as usize][column % WIDTH]
    }
}

/// Weights in whole units of a power of two, so fine that the largest has 30 bits.
fn in_units(weights: impl Iterator<Item = f32> + Clone) -> Result<(Option<Vec<u64>>, f64)> {
    if weights.clone().any(|weight| !weight.is_finite() || weight < 0.0) {
        return Err(Error::new(
            Kind::BadParameter,
            "a weight is not a finite number of at least 0",
        ));
    }
    let most = f64::from(weights.clone().fold(0.0, f32::max));
    let mut scale = UNITS;
    while most * scale > UNITS {
        scale /= 2.0;
    }
    while most > 0.0 && most * scale <= UNITS / 2.0 {
        scale *= 2.0;
    }
    Ok((Some(weights.map(|weight| (f64::from(weight) * scale).round() as u64).collect()), scale))
}

fn column_of(training: &Training, at: usize, column: &[u8]) -> Option<Column> {
    let rows = training.records;
    let mut present = Box::new([false; 256]);
    for &row in rows.index {
        present[usize::from(column[row as usize])] = true;
    }
    let codes = present.iter().rposition(|&present| present)? + 1;
    let varies = present.iter().filter(|&&present| present).count() > 1;
    let name = rows.matrix.names.get(at).cloned().unwrap_or_default();
    varies.then(|| Column { at: at as u32, name, kind: rows.matrix.kinds[at], present, codes })
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
