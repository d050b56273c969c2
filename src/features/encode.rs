//! Applying the frozen encoding: the hot loop of training and scoring.

use arrow_array::{ArrayRef, RecordBatch};
use rayon::prelude::*;

use super::{
    encoder::{Bins, EncodedColumn, Encoder, MOST_CUTS},
    levels::{Levels, hash},
    numbers::{days_before, numbers},
    texts::{cells, texts},
};
use crate::error::{Error, Kind, Place, Result};

/// The codes of some rows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Encoded {
    /// For each column one code a row; empty where the column was not wanted.
    pub columns: Vec<Vec<u8>>,
    /// For each column the rows with a text that has no code of its own: a category unseen in
    /// training, or too rare there.
    pub unseen: Vec<u64>,
    /// For each column the rows with a number below the least or above the most of training.
    pub outside: Vec<u64>,
}

impl Encoded {
    /// The codes as the model reads them.
    pub fn codes(&self) -> Vec<&[u8]> {
        self.columns.iter().map(Vec::as_slice).collect()
    }
}

/// An [`Encoder`] made ready for many batches.
#[derive(Debug)]
pub struct Ready<'a> {
    encoder: &'a Encoder,
    ways: Vec<Way>,
}

/// How a column's cells are looked up.
#[derive(Debug)]
enum Way {
    Cuts(Cuts),
    Levels(Levels),
}

/// Cuts padded with NaN, which is at or below no number, so that a search needs no bounds.
#[derive(Debug)]
struct Cuts {
    padded: Box<[f64; 256]>,
    steps: u32,
    least: f64,
    most: f64,
}

/// The codes of one column, with the rows unseen and outside.
type Column = (Vec<u8>, u64, u64);

impl<'a> Ready<'a> {
    pub(super) fn new(encoder: &'a Encoder) -> Self {
        Self { encoder, ways: encoder.columns.iter().map(|column| Way::of(&column.bins)).collect() }
    }

    /// See [`Encoder::encode`].
    pub fn encode(&self, rows: &RecordBatch, as_of: Option<&[i32]>) -> Result<Encoded> {
        self.encode_columns(rows, as_of, &vec![true; self.ways.len()])
    }

    /// See [`Encoder::encode_columns`].
    pub fn encode_columns(
        &self,
        rows: &RecordBatch,
        as_of: Option<&[i32]>,
        wanted: &[bool],
    ) -> Result<Encoded> {
        let columns = &self.encoder.columns;
        let encoded: Vec<Result<Column>> = (columns, &self.ways)
            .into_par_iter()
            .enumerate()
            .map(|(index, (column, way))| {
                if !wanted.get(index).copied().unwrap_or_default() {
                    return Ok(Column::default());
                }
                column
                    .encode(way, rows, as_of)
                    .map_err(|error| error.at(Place::Column(column.name.clone())))
            })
            .collect();
        let mut all = Encoded::default();
        for column in encoded {
            let (codes, unseen, outside) = column?;
            all.columns.push(codes);
            all.unseen.push(unseen);
            all.outside.push(outside);
        }
        Ok(all)
    }
}

impl EncodedColumn {
    fn encode(&self, way: &Way, rows: &RecordBatch, as_of: Option<&[i32]>) -> Result<Column> {
        let Some(column) = rows.column_by_name(&self.name) else {
            return Err(Error::new(Kind::MissingColumn, "the table has no such column"));
        };
        match (way, &self.bins) {
            (Way::Levels(levels), _) => encode_texts(levels, column),
            (Way::Cuts(cuts), Bins::DaysBefore { .. }) => {
                Ok(cuts.encode(&days_before(column, as_of)?))
            }
            (Way::Cuts(cuts), _) => Ok(cuts.encode(&numbers(column)?)),
        }
    }
}

impl Way {
    fn of(bins: &Bins) -> Self {
        match bins {
            Bins::Category { levels } => Self::Levels(Levels::of(levels)),
            Bins::Number { cuts, least, most, .. } | Bins::DaysBefore { cuts, least, most, .. } => {
                let mut padded = Box::new([f64::NAN; 256]);
                let cuts = cuts.get(..MOST_CUTS).unwrap_or(cuts);
                for (slot, cut) in padded.iter_mut().zip(cuts) {
                    *slot = *cut;
                }
                let steps = (cuts.len() + 1).next_power_of_two().trailing_zeros();
                Self::Cuts(Cuts { padded, steps, least: *least, most: *most })
            }
        }
    }
}

/// Rows that are searched for side by side, which hides the latency of each search.
const LANES: usize = 16;

impl Cuts {
    fn encode(&self, cells: &[f64]) -> Column {
        let mut codes = vec![0; cells.len()];
        match self.steps {
            0 => self.search::<0>(cells, &mut codes),
            1 => self.search::<1>(cells, &mut codes),
            2 => self.search::<2>(cells, &mut codes),
            3 => self.search::<3>(cells, &mut codes),
            4 => self.search::<4>(cells, &mut codes),
            5 => self.search::<5>(cells, &mut codes),
            6 => self.search::<6>(cells, &mut codes),
            7 => self.search::<7>(cells, &mut codes),
            _ => self.search::<8>(cells, &mut codes),
        }
        let is_outside = |x: &&f64| x.is_finite() && (**x < self.least || **x > self.most);
        (codes, 0, cells.iter().filter(is_outside).count() as u64)
    }

    /// Binary search without branches, `LANES` rows at a time.
    fn search<const STEPS: u32>(&self, cells: &[f64], codes: &mut [u8]) {
        let padded = &*self.padded;
        let mut lanes = [f64::NAN; LANES];
        for (cells, codes) in cells.chunks(LANES).zip(codes.chunks_mut(LANES)) {
            lanes[..cells.len()].copy_from_slice(cells);
            let mut below = [0_u8; LANES];
            for step in (0..STEPS).rev() {
                let half = 1_u8 << step;
                for (below, x) in below.iter_mut().zip(&lanes) {
                    let is_above = padded[usize::from(*below + (half - 1))] <= *x;
                    *below += half * u8::from(is_above);
                }
            }
            for ((code, below), x) in codes.iter_mut().zip(&below).zip(&lanes) {
                *code = (below + 1) * u8::from(x.is_finite());
            }
        }
    }
}

fn encode_texts(levels: &Levels, column: &ArrayRef) -> Result<Column> {
    let array = texts(column)?;
    let mut unseen = 0;
    let codes = cells(&array).map(|cell| {
        let Some(cell) = cell else { return 0 };
        let level = levels.find(hash(cell), cell);
        unseen += u64::from(level == levels.len());
        level as u8 + 1
    });
    Ok((codes.collect(), unseen, 0))
}
