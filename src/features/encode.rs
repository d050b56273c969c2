//! Applying the frozen encoding: the hot loop of training and scoring.

use arrow_array::{Array, ArrayRef, RecordBatch};
use rayon::prelude::*;

use super::{
    change::changes,
    encoder::{Bins, EncodedColumn, Encoder},
    levels::{Cell, Levels},
    numbers::{days_before, gaps, numbers, with_gaps},
    search::Cuts,
    texts::texts,
    words::Words,
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

/// Columns that one thread encodes at a time, at least: batches are small, and worked on side by side.
const COLUMNS: usize = 16;

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
    Levels(Levels, Option<Words>),
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
            .with_min_len(COLUMNS)
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
        match (way, &self.bins) {
            (Way::Levels(levels, words), _) => {
                encode_texts(levels, words.as_ref(), find(rows, &self.name)?)
            }
            (Way::Cuts(cuts), Bins::DaysBefore { .. }) => {
                Ok(encode_numbers(cuts, &days_before(find(rows, &self.name)?, as_of)?))
            }
            (Way::Cuts(cuts), Bins::Change { of, against, .. }) => {
                let cells = |name: &String| {
                    let cells = find(rows, name).and_then(numbers);
                    cells.map_err(|error| error.at(Place::Column(name.clone())))
                };
                Ok(encode_numbers(cuts, &changes(&cells(of)?, &cells(against)?)))
            }
            (Way::Cuts(cuts), _) => {
                let (values, nulls) = with_gaps(find(rows, &self.name)?)?;
                let (mut codes, _, mut outside) = encode_numbers(cuts, values);
                for row in gaps(nulls) {
                    codes[row] = 0;
                    outside -= cuts.outside(&values[row..=row]);
                }
                Ok((codes, 0, outside))
            }
        }
    }
}

fn find<'a>(rows: &'a RecordBatch, name: &str) -> Result<&'a ArrayRef> {
    let missing = || Error::new(Kind::MissingColumn, "the table has no such column");
    rows.column_by_name(name).ok_or_else(missing)
}

impl Way {
    fn of(bins: &Bins) -> Self {
        match bins {
            Bins::Category { levels } => Self::Levels(Levels::of(levels), Words::of(levels)),
            Bins::Number { cuts, least, most, .. } | Bins::DaysBefore { cuts, least, most, .. } => {
                Self::Cuts(Cuts::of(cuts, *least, *most))
            }
            Bins::Change { cuts, .. } => Self::Cuts(Cuts::of(cuts, -1.0, 1.0)),
        }
    }
}

fn encode_numbers(cuts: &Cuts, cells: &[f64]) -> Column {
    (cuts.codes(cells), 0, cuts.outside(cells))
}

fn encode_texts(levels: &Levels, words: Option<&Words>, column: &ArrayRef) -> Result<Column> {
    let array = texts(column)?;
    let bytes = array.value_data();
    let level = |ends: &[i32]| {
        let (start, end) = (ends[0] as usize, ends[1] as usize);
        let quick = words.and_then(|words| words.find(bytes, start, end));
        quick.unwrap_or_else(|| {
            let cell = Cell::within(bytes, start, end);
            levels.find(cell.hash(), cell) as u8
        })
    };
    let mut codes: Vec<u8> = array.value_offsets().windows(2).map(|ends| level(ends) + 1).collect();
    for row in gaps(array.nulls()) {
        codes[row] = 0;
    }
    let other = levels.len() as u8 + 1;
    let unseen = codes.iter().map(|code| u64::from(*code == other)).sum();
    Ok((codes, unseen, 0))
}
