//! The feature table, column by column.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, Date32Array, Float64Array, Int32Array, RecordBatch, builder::StringBuilder,
};
use arrow_buffer::{BooleanBuffer, NullBuffer};
use arrow_schema::{DataType, Field, Schema, SchemaRef};

use super::families::{Spec, Unit};
use crate::error::{Error, Kind, Result};

/// A whole number that is missing.
const NO_COUNT: i32 = i32::MIN;

/// Rows that are being written. Each row is given cell by cell, in the order of the columns.
#[derive(Debug)]
pub(super) struct Rows {
    columns: Vec<Column>,
    at: usize,
}

#[derive(Debug)]
enum Column {
    /// One that is not kept: what is written into it is forgotten.
    Forgotten,
    Number(Vec<f64>),
    Count(Vec<i32>),
    Day(Vec<i32>),
    Text(StringBuilder),
}

impl Rows {
    pub(super) fn new(specs: &[Spec], kept: &[bool]) -> Self {
        let column = |(spec, kept): (&Spec, &bool)| match spec.unit {
            _ if !kept => Column::Forgotten,
            Unit::Text => Column::Text(StringBuilder::new()),
            Unit::Date => Column::Day(Vec::new()),
            unit if unit.is_whole() => Column::Count(Vec::new()),
            _ => Column::Number(Vec::new()),
        };
        Self { columns: specs.iter().zip(kept).map(column).collect(), at: 0 }
    }

    fn next(&mut self) -> Option<&mut Column> {
        self.at += 1;
        self.columns.get_mut(self.at - 1)
    }

    /// A measure, a share, an amount of money; what is not finite is missing.
    pub(super) fn number(&mut self, value: Option<f64>) {
        let value = value.filter(|value| value.is_finite());
        match self.next() {
            Some(Column::Number(cells)) => cells.push(value.unwrap_or(f64::NAN)),
            Some(Column::Forgotten) => {}
            other => debug_assert!(false, "a number for {other:?}"),
        }
    }

    /// A whole number: a count, days, a flag.
    pub(super) fn count(&mut self, value: Option<i32>) {
        match self.next() {
            Some(Column::Count(cells)) => cells.push(value.unwrap_or(NO_COUNT)),
            Some(Column::Forgotten) => {}
            other => debug_assert!(false, "a count for {other:?}"),
        }
    }

    pub(super) fn flag(&mut self, value: Option<bool>) {
        self.count(value.map(i32::from));
    }

    pub(super) fn day(&mut self, value: Option<i32>) {
        match self.next() {
            Some(Column::Day(cells)) => cells.push(value.unwrap_or(NO_COUNT)),
            Some(Column::Forgotten) => {}
            other => debug_assert!(false, "a day for {other:?}"),
        }
    }

    pub(super) fn text(&mut self, value: Option<&str>) {
        match self.next() {
            Some(Column::Text(cells)) => cells.append_option(value),
            Some(Column::Forgotten) => {}
            other => debug_assert!(false, "a text for {other:?}"),
        }
    }

    /// Ends a row. In a build for tests it must have as many cells as there are columns.
    pub(super) fn end_row(&mut self) {
        debug_assert_eq!(self.at, self.columns.len(), "cells of a row");
        self.at = 0;
    }

    /// The batch of the columns that are kept.
    pub(super) fn finish(self, schema: &SchemaRef) -> Result<RecordBatch> {
        let arrays = self.columns.into_iter().filter_map(Column::finish).collect();
        RecordBatch::try_new(schema.clone(), arrays)
            .map_err(|e| Error::new(Kind::Io, format!("the feature table is not even: {e}")))
    }
}

impl Column {
    fn finish(self) -> Option<ArrayRef> {
        Some(match self {
            Self::Forgotten => return None,
            Self::Number(cells) => {
                let present = present(&cells, |x| !x.is_nan());
                Arc::new(Float64Array::new(cells.into(), present))
            }
            Self::Count(cells) => {
                let present = present(&cells, |x| *x != NO_COUNT);
                Arc::new(Int32Array::new(cells.into(), present))
            }
            Self::Day(cells) => {
                let present = present(&cells, |x| *x != NO_COUNT);
                Arc::new(Date32Array::new(cells.into(), present))
            }
            Self::Text(mut cells) => Arc::new(cells.finish()),
        })
    }
}

/// Which cells are there; nothing where all are.
fn present<T>(cells: &[T], is_there: impl Fn(&T) -> bool) -> Option<NullBuffer> {
    let bits = BooleanBuffer::collect_bool(cells.len(), |at| is_there(&cells[at]));
    Some(NullBuffer::new(bits)).filter(|nulls| nulls.null_count() > 0)
}

/// The schema of the table.
pub(super) fn schema(specs: &[Spec], name: impl Fn(&Spec) -> String) -> SchemaRef {
    let field = |spec: &Spec| {
        let kind = match spec.unit {
            Unit::Text => DataType::Utf8,
            Unit::Date => DataType::Date32,
            unit if unit.is_whole() => DataType::Int32,
            _ => DataType::Float64,
        };
        Field::new(name(spec), kind, true)
    };
    Arc::new(Schema::new(specs.iter().map(field).collect::<Vec<_>>()))
}
