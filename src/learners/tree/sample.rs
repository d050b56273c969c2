//! The rows to learn from, side by side in lines, with their outcomes and weights.

use super::{content, tally::Tally};
use crate::{
    error::{Error, Kind, Result},
    learners::{
        Training, check_shapes,
        lines::{self, Column},
    },
    units::Seed,
};

/// Columns in a line.
pub(super) const WIDTH: usize = 16;
/// Units of the largest weight.
const UNITS: f64 = (1_u64 << 30) as f64;

/// The codes of a row in `WIDTH` columns.
pub(super) type Line = lines::Line<WIDTH>;

/// Rows to learn from.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    /// The columns, without the constant ones.
    pub(super) kept: Vec<Column>,
    /// For each `WIDTH` columns one line a row.
    pub(super) blocks: Vec<Vec<Line>>,
    /// Outcomes.
    pub(super) events: Vec<bool>,
    /// Weights in units; `None` where each is 1.
    pub(super) units: Option<Vec<u64>>,
    /// Units in a weight of 1.
    pub(super) scale: f64,
    /// Hash of what each row holds.
    pub(super) hashes: Vec<u64>,
}

impl Sample {
    /// Checks the rows and copies what takes part.
    pub(super) fn of(training: &Training, seed: Seed) -> Result<Self> {
        let rows = training.records;
        check_shapes(training, "a tree")?;
        if rows.index.len() > (u32::MAX >> 1) as usize {
            return Err(Error::new(Kind::BadParameter, "a tree takes at most 2^31 - 1 rows"));
        }
        let events: Vec<bool> = training.targets.iter().copied().collect();
        let (units, scale) = match training.weights.len() {
            0 => (None, 1.0),
            _ => {
                let scale = lines::units_of_one(training.weights.iter().copied(), UNITS)?;
                let units = training.weights.iter().map(|&w| (f64::from(w) * scale).round() as u64);
                (Some(units.collect()), scale)
            }
        };
        let weighs =
            |(row, _): &(usize, &bool)| units.as_ref().is_none_or(|u: &Vec<u64>| u[*row] > 0);
        let happened =
            events.iter().enumerate().filter(weighs).filter(|(_, event)| **event).count();
        let all = events.iter().enumerate().filter(weighs).count();
        if happened == 0 || happened == all {
            return Err(Error::new(Kind::OneClass, "all training rows have the same outcome"));
        }
        let kept = lines::varying(&rows, |_| true);
        let blocks = lines::blocks(&kept, &rows);
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
