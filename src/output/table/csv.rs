//! A table as CSV: dates as YYYY-MM-DD, numbers that read back to the same f64, empty cells for what is
//! missing, text that no spreadsheet takes for a formula.

use std::fmt::Write as _;

use arrow_array::{
    Array, Date32Array, Float64Array, Int32Array, RecordBatch, StringArray,
    cast::AsArray,
    types::{Date32Type, Float64Type, Int32Type},
};
use arrow_schema::{DataType, Schema};

use crate::{
    error::{Error, Kind, Result},
    output::{
        feed::{push_number, push_text},
        words::integer,
    },
    units::Day,
};

/// Lines of a table.
#[derive(Debug, Clone, Copy)]
pub struct CsvTable;

enum Cells<'a> {
    Text(&'a StringArray),
    Number(&'a Float64Array),
    Whole(&'a Int32Array),
    Day(&'a Date32Array),
}

impl CsvTable {
    /// The header line.
    pub fn header(schema: &Schema) -> Vec<u8> {
        let mut line = Vec::new();
        for (at, field) in schema.fields().iter().enumerate() {
            if at > 0 {
                line.push(b',');
            }
            push_text(field.name(), &mut line);
        }
        line.push(b'\n');
        line
    }

    /// The lines of a batch.
    ///
    /// # Errors
    /// `Io` where a column is none of text, f64, i32 and date.
    pub fn lines(batch: &RecordBatch) -> Result<Vec<u8>> {
        let columns: Vec<Cells<'_>> =
            batch.columns().iter().map(|column| cells(column)).collect::<Result<_>>()?;
        let mut bytes = Vec::with_capacity(batch.num_rows() * columns.len() * 6);
        let (mut last, mut date) = (i32::MIN, String::new());
        for row in 0..batch.num_rows() {
            for (at, column) in columns.iter().enumerate() {
                if at > 0 {
                    bytes.push(b',');
                }
                match column {
                    Cells::Text(cells) if cells.is_valid(row) => {
                        push_text(cells.value(row), &mut bytes);
                    }
                    Cells::Number(cells) if cells.is_valid(row) => {
                        push_number(cells.value(row), &mut bytes);
                    }
                    Cells::Whole(cells) if cells.is_valid(row) => {
                        let mut digits = [0; 20];
                        let text = integer(i64::from(cells.value(row)), &mut digits);
                        bytes.extend_from_slice(text.as_bytes());
                    }
                    Cells::Day(cells) if cells.is_valid(row) => {
                        if last != cells.value(row) {
                            last = cells.value(row);
                            date.clear();
                            let _ = write!(date, "{}", Day(last));
                        }
                        bytes.extend_from_slice(date.as_bytes());
                    }
                    _ => {}
                }
            }
            bytes.push(b'\n');
        }
        Ok(bytes)
    }
}

fn cells(column: &dyn Array) -> Result<Cells<'_>> {
    Ok(match column.data_type() {
        DataType::Utf8 => Cells::Text(column.as_string()),
        DataType::Float64 => Cells::Number(column.as_primitive::<Float64Type>()),
        DataType::Int32 => Cells::Whole(column.as_primitive::<Int32Type>()),
        DataType::Date32 => Cells::Day(column.as_primitive::<Date32Type>()),
        other => {
            return Err(Error::new(Kind::Io, format!("a column of {other} cannot be written")));
        }
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::ArrayRef;

    use super::*;

    #[test]
    fn cells_read_as_they_should() {
        let columns: [(&str, ArrayRef); 4] = [
            ("id", Arc::new(StringArray::from(vec![Some("007"), Some("=x"), None]))),
            ("aum", Arc::new(Float64Array::from(vec![Some(1.5), Some(-2.0), None]))),
            ("n", Arc::new(Int32Array::from(vec![Some(-3), None, Some(0)]))),
            ("as_of", Arc::new(Date32Array::from(vec![Some(0), Some(0), None]))),
        ];
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let mut text = CsvTable::header(batch.schema_ref());
        text.extend(CsvTable::lines(&batch).unwrap());
        assert_eq!(
            String::from_utf8(text).unwrap(),
            "id,aum,n,as_of\n007,1.5,-3,1970-01-01\n'=x,-2,,1970-01-01\n,,0,\n"
        );
    }
}
