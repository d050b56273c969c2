//! Cells to Arrow arrays.

use std::sync::Arc;

use arrow_array::{ArrayRef, Date32Array, Float64Array, StringArray};
use arrow_buffer::{BooleanBufferBuilder, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::DataType;

use super::{
    ColumnType,
    cell::{Missing, Reading, read_date, read_number_before},
};
use crate::error::{Error, Kind, Result};

/// Why a cell cannot be read.
pub(super) type Cause = &'static str;

pub(super) const NOT_A_NUMBER: Cause = "is not a number";
pub(super) const NOT_A_DATE: Cause = "is not a date";
pub(super) const HOLDS_NUL: Cause = "holds a NUL byte";
pub(super) const NOT_TEXT: Cause = "is not text in the file's encoding";

/// The Arrow type of a column.
pub(super) fn data_type(kind: ColumnType) -> DataType {
    match kind {
        ColumnType::Number => DataType::Float64,
        ColumnType::Text => DataType::Utf8,
        ColumnType::Date => DataType::Date32,
    }
}

/// What is known of the bytes of a stretch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purity {
    /// UTF-8 without a NUL.
    Text,
    /// Anything.
    Unknown,
}

/// A column that grows by cells.
#[derive(Debug)]
pub(super) struct Builder {
    values: Values,
    /// The rows that are missing, ascending.
    missing: Vec<u32>,
}

#[derive(Debug)]
enum Values {
    Numbers(Vec<f64>),
    Days(Vec<i32>),
    Texts { bytes: Vec<u8>, ends: Vec<i32> },
}

impl Builder {
    pub(super) fn new(kind: ColumnType, rows: usize) -> Self {
        let values = match kind {
            ColumnType::Number => Values::Numbers(Vec::with_capacity(rows)),
            ColumnType::Date => Values::Days(Vec::with_capacity(rows)),
            ColumnType::Text => {
                let mut ends = Vec::with_capacity(rows + 1);
                ends.push(0);
                Values::Texts { bytes: Vec::new(), ends }
            }
        };
        Self { values, missing: Vec::new() }
    }

    fn rows(&self) -> usize {
        match &self.values {
            Values::Numbers(values) => values.len(),
            Values::Days(values) => values.len(),
            Values::Texts { ends, .. } => ends.len() - 1,
        }
    }

    /// Forgets all rows but the first ones.
    pub(super) fn truncate(&mut self, rows: usize) {
        while self.missing.last().is_some_and(|row| *row as usize >= rows) {
            self.missing.pop();
        }
        match &mut self.values {
            Values::Numbers(values) => values.truncate(rows),
            Values::Days(values) => values.truncate(rows),
            Values::Texts { bytes, ends } => {
                ends.truncate(rows + 1);
                bytes.truncate(ends.last().map_or(0, |end| *end as usize));
            }
        }
    }

    /// Adds cells, each with the text at whose front it stands. One that cannot be read is missing where
    /// that is `lenient`; else it is the last that is looked at.
    #[inline]
    pub(super) fn extend<'t>(
        &mut self,
        cells: impl Iterator<Item = (&'t [u8], &'t [u8])>,
        tokens: &Missing,
        purity: Purity,
        lenient: bool,
    ) -> std::result::Result<(), Cause> {
        let Self { values, missing } = self;
        match values {
            Values::Numbers(values) => {
                for (cell, text) in cells {
                    let reading = read_number_before(cell, text, tokens);
                    let value = settled(reading, lenient, missing, values.len());
                    values.push(value.ok_or_else(|| fault(cell).unwrap_or(NOT_A_NUMBER))?);
                }
            }
            Values::Days(days) => {
                for (cell, _) in cells {
                    let reading = read_date(cell, tokens);
                    let day = settled(reading, lenient, missing, days.len());
                    days.push(day.ok_or_else(|| fault(cell).unwrap_or(NOT_A_DATE))?);
                }
            }
            Values::Texts { bytes, ends } => {
                for (cell, text) in cells {
                    let fault = if purity == Purity::Unknown { fault(cell) } else { None };
                    match (tokens.present(cell), fault) {
                        (Some(_), None) => append(cell, text, bytes),
                        (Some(_), Some(cause)) if !lenient => return Err(cause),
                        _ => none(missing, ends.len() - 1),
                    }
                    ends.push(bytes.len() as i32);
                }
            }
        }
        Ok(())
    }

    /// Adds a cell that is text, or missing.
    pub(super) fn push_value(
        &mut self,
        cell: Option<&[u8]>,
        missing: &Missing,
    ) -> std::result::Result<(), Cause> {
        let Some(cell) = cell else {
            self.push_missing();
            return Ok(());
        };
        self.extend(std::iter::once((cell, cell)), missing, Purity::Unknown, false)
    }

    /// Adds a number to a column of numbers.
    pub(super) fn push_number(&mut self, value: f64) -> std::result::Result<(), Cause> {
        match &mut self.values {
            Values::Numbers(values) => values.push(value),
            _ => return Err(NOT_A_NUMBER),
        }
        Ok(())
    }

    /// Adds a day, in days since 1970-01-01, to a column of dates.
    pub(super) fn push_day(&mut self, day: i32) -> std::result::Result<(), Cause> {
        match &mut self.values {
            Values::Days(days) => days.push(day),
            _ => return Err(NOT_A_DATE),
        }
        Ok(())
    }

    /// Adds a missing cell.
    pub(super) fn push_missing(&mut self) {
        let row = self.rows();
        let Self { values, missing } = self;
        match values {
            Values::Numbers(values) => values.push(none(missing, row)),
            Values::Days(values) => values.push(none(missing, row)),
            Values::Texts { bytes, ends } => {
                none::<()>(missing, row);
                ends.push(bytes.len() as i32);
            }
        }
    }

    /// The finished column.
    pub(super) fn finish(self) -> Result<ArrayRef> {
        let missing = nulls(self.rows(), &self.missing);
        Ok(match self.values {
            Values::Numbers(values) => Arc::new(Float64Array::new(values.into(), missing)),
            Values::Days(values) => Arc::new(Date32Array::new(values.into(), missing)),
            Values::Texts { bytes, ends } => {
                let ends = OffsetBuffer::new(ScalarBuffer::from(ends));
                let texts = StringArray::try_new(ends, Buffer::from_vec(bytes), missing);
                Arc::new(texts.map_err(|e| Error::new(Kind::BadEncoding, e.to_string()))?)
            }
        })
    }
}

/// What a column holds for a cell that was read, in this row; `None` where it cannot be read and that is
/// not to be missing.
#[inline]
fn settled<T: Default>(
    reading: Reading<T>,
    lenient: bool,
    missing: &mut Vec<u32>,
    row: usize,
) -> Option<T> {
    match reading {
        Reading::Value(value) => Some(value),
        Reading::Wrong if !lenient => None,
        Reading::Missing | Reading::Wrong => Some(none(missing, row)),
    }
}

/// Notes that the cell of a row is missing; gives what stands in its place.
#[cold]
fn none<T: Default>(missing: &mut Vec<u32>, row: usize) -> T {
    missing.push(row as u32);
    T::default()
}

/// Appends the cell at the front of a text; a short one with what stands behind it, which is then cut
/// off: a copy of fixed length is quicker.
#[inline]
fn append(cell: &[u8], text: &[u8], bytes: &mut Vec<u8>) {
    match text.first_chunk::<16>() {
        Some(chunk) if cell.len() <= chunk.len() => {
            let end = bytes.len() + cell.len();
            bytes.extend_from_slice(chunk);
            bytes.truncate(end);
        }
        _ => bytes.extend_from_slice(cell),
    }
}

fn nulls(rows: usize, missing: &[u32]) -> Option<NullBuffer> {
    if missing.is_empty() {
        return None;
    }
    let mut present = BooleanBufferBuilder::new(rows);
    present.append_n(rows, true);
    for row in missing {
        present.set_bit(*row as usize, false);
    }
    Some(NullBuffer::new(present.finish()))
}

/// What is wrong with the bytes of a cell, whatever its column.
pub(super) fn fault(cell: &[u8]) -> Option<Cause> {
    if cell.contains(&0) {
        Some(HOLDS_NUL)
    } else if std::str::from_utf8(cell).is_err() {
        Some(NOT_TEXT)
    } else {
        None
    }
}
