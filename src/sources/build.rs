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

    /// Adds the cell at the front of a text.
    #[inline]
    pub(super) fn push(
        &mut self,
        cell: &[u8],
        text: &[u8],
        missing: &Missing,
        purity: Purity,
    ) -> std::result::Result<(), Cause> {
        match &mut self.values {
            Values::Numbers(values) => match read_number_before(cell, text, missing) {
                Reading::Value(value) => values.push(value),
                Reading::Missing => self.push_missing(),
                Reading::Wrong => return Err(fault(cell).unwrap_or(NOT_A_NUMBER)),
            },
            Values::Days(days) => match read_date(cell, missing) {
                Reading::Value(day) => days.push(day),
                Reading::Missing => self.push_missing(),
                Reading::Wrong => return Err(fault(cell).unwrap_or(NOT_A_DATE)),
            },
            Values::Texts { bytes, ends } => {
                if missing.present(cell).is_none() {
                    self.push_missing();
                } else if let (Purity::Unknown, Some(cause)) = (purity, fault(cell)) {
                    return Err(cause);
                } else {
                    append(cell, text, bytes);
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
        self.push(cell, cell, missing, Purity::Unknown)
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
        self.missing.push(self.rows() as u32);
        match &mut self.values {
            Values::Numbers(values) => values.push(0.0),
            Values::Days(values) => values.push(0),
            Values::Texts { bytes, ends } => ends.push(bytes.len() as i32),
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
