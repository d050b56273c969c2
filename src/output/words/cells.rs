//! The cells that reasons speak of.

use arrow_array::{Array, Date32Array, Float64Array, RecordBatch, StringArray};

use super::number::{push_change, push_number};
use crate::{
    bundle::Bundle,
    features::Bins,
    units::{Day, Language},
};

/// A cell of the customer's row, as it is told to people.
#[derive(Debug, Clone, Copy)]
pub enum CellText<'a> {
    /// Not known.
    Missing,
    /// A number.
    Number(f64),
    /// A text.
    Text(&'a str),
    /// A date, with the as-of date where there is one.
    Date(i32, Option<i32>),
    /// A number, and the one that it is set against.
    Change(f64, f64),
}

impl CellText<'_> {
    /// Appends the cell; `false` where it is missing.
    pub(super) fn push(self, days_before: bool, language: Language, out: &mut String) -> bool {
        match self {
            Self::Missing => return false,
            Self::Number(value) => push_number(value, out),
            Self::Text(text) => out.push_str(text),
            Self::Date(date, Some(as_of)) if days_before => {
                push_number(f64::from(as_of) - f64::from(date), out);
            }
            Self::Date(date, _) => out.push_str(&Day(date).to_string()),
            Self::Change(of, against) if of - against == 0.0 => out.push_str("0%"),
            Self::Change(_, 0.0) => out.push_str(language.pick("new", "从无到有")),
            Self::Change(of, against) => push_change((of - against) / against.abs(), out),
        }
        true
    }
}

/// The encoded columns of a batch, ready to be looked into cell by cell.
#[derive(Debug)]
pub struct Cells<'a> {
    columns: Vec<Option<Cast<'a>>>,
    as_of: Option<&'a [i32]>,
}

/// The number of a cell, where it has one.
fn known(numbers: &Float64Array, row: usize) -> Option<f64> {
    (numbers.is_valid(row) && !numbers.value(row).is_nan()).then(|| numbers.value(row))
}

#[derive(Debug)]
enum Cast<'a> {
    Number(&'a Float64Array),
    Text(&'a StringArray),
    Date(&'a Date32Array),
    Change(&'a Float64Array, &'a Float64Array),
}

impl<'a> Cells<'a> {
    /// Looks up the encoded columns of a bundle in a batch.
    pub fn new(bundle: &Bundle, rows: &'a RecordBatch, as_of: Option<&'a [i32]>) -> Self {
        let cast = |name: &str| {
            let column = rows.column_by_name(name)?.as_any();
            column
                .downcast_ref()
                .map(Cast::Number)
                .or_else(|| column.downcast_ref().map(Cast::Text))
                .or_else(|| column.downcast_ref().map(Cast::Date))
        };
        let numbers = |name: &str| rows.column_by_name(name)?.as_any().downcast_ref();
        let columns = bundle.encoder.columns.iter().map(|column| match &column.bins {
            Bins::Change { of, against, .. } => Some(Cast::Change(numbers(of)?, numbers(against)?)),
            _ => cast(&column.name),
        });
        Self { columns: columns.collect(), as_of }
    }

    /// One cell.
    pub fn get(&self, column: u32, row: usize) -> CellText<'a> {
        match self.columns.get(column as usize).and_then(Option::as_ref) {
            Some(Cast::Number(numbers)) => {
                known(numbers, row).map_or(CellText::Missing, CellText::Number)
            }
            Some(Cast::Change(of, against)) => known(of, row)
                .zip(known(against, row))
                .filter(|(of, against)| of.is_finite() && against.is_finite())
                .map_or(CellText::Missing, |(of, against)| CellText::Change(of, against)),
            Some(Cast::Text(texts)) if texts.is_valid(row) => CellText::Text(texts.value(row)),
            Some(Cast::Date(dates)) if dates.is_valid(row) => {
                CellText::Date(dates.value(row), self.as_of.map(|days| days[row]))
            }
            _ => CellText::Missing,
        }
    }
}
