//! The feed as Parquet, with the same columns as the CSV.

use std::{io::Write, sync::Arc};

use arrow_array::{
    ArrayRef, RecordBatch,
    builder::{Date32Builder, Float64Builder, StringBuilder},
};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use parquet::{arrow::ArrowWriter, basic::Compression, file::properties::WriterProperties};

use super::{COLUMNS, CellKind, FeedRows, Piece, Sink};
use crate::{
    error::{Error, Kind, Result},
    units::Day,
};

/// Rows in a row group: bounds the memory of the writer.
const ROW_GROUP: usize = 65_536;

/// A Parquet feed that is being written.
pub struct ParquetFeed<W: Write + Send> {
    writer: ArrowWriter<W>,
}

impl<W: Write + Send> ParquetFeed<W> {
    /// Starts a feed.
    pub fn new(sink: W) -> Result<Self> {
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_max_row_group_row_count(Some(ROW_GROUP))
            .build();
        let writer = ArrowWriter::try_new(sink, schema(), Some(properties)).map_err(failed)?;
        Ok(Self { writer })
    }

    /// Appends rows.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.writer.write(batch).map_err(failed)
    }

    /// Completes the file and gives the sink back.
    pub fn finish(self) -> Result<W> {
        self.writer.into_inner().map_err(failed)
    }
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::new(Kind::Io, format!("cannot write the Parquet feed: {error}"))
}

fn schema() -> SchemaRef {
    let field = |column: &super::FeedColumn| {
        let kind = match column.kind {
            CellKind::Text => DataType::Utf8,
            CellKind::Number => DataType::Float64,
            CellKind::Date => DataType::Date32,
        };
        Field::new(column.name, kind, true)
    };
    Arc::new(Schema::new(COLUMNS.iter().map(field).collect::<Vec<_>>()))
}

/// The rows as an Arrow batch.
pub fn batch(rows: &FeedRows<'_>) -> Result<RecordBatch> {
    let mut columns = Columns::default();
    rows.send(&mut columns);
    let arrays = columns
        .builders
        .into_iter()
        .map(|builder| match builder {
            Builder::Text(mut builder) => Arc::new(builder.finish()) as ArrayRef,
            Builder::Number(mut builder) => Arc::new(builder.finish()) as ArrayRef,
            Builder::Date(mut builder) => Arc::new(builder.finish()) as ArrayRef,
        })
        .collect();
    RecordBatch::try_new(schema(), arrays).map_err(failed)
}

enum Builder {
    Text(StringBuilder),
    Number(Float64Builder),
    Date(Date32Builder),
}

struct Columns {
    builders: Vec<Builder>,
    at: usize,
}

impl Default for Columns {
    fn default() -> Self {
        let builder = |column: &super::FeedColumn| match column.kind {
            CellKind::Text => Builder::Text(StringBuilder::new()),
            CellKind::Number => Builder::Number(Float64Builder::new()),
            CellKind::Date => Builder::Date(Date32Builder::new()),
        };
        Self { builders: COLUMNS.iter().map(builder).collect(), at: 0 }
    }
}

impl Columns {
    fn next(&mut self) -> Option<&mut Builder> {
        self.at += 1;
        self.builders.get_mut(self.at - 1)
    }
}

impl Sink for Columns {
    fn foreign(&mut self, text: Option<&str>) {
        if let Some(Builder::Text(builder)) = self.next() {
            builder.append_option(text);
        }
    }

    fn plain(&mut self, text: Option<&str>) {
        self.foreign(text);
    }

    fn date(&mut self, day: Option<Day>) {
        if let Some(Builder::Date(builder)) = self.next() {
            builder.append_option(day.map(|day| day.0));
        }
    }

    fn number(&mut self, value: Option<f64>) {
        if let Some(Builder::Number(builder)) = self.next() {
            builder.append_option(value);
        }
    }

    fn alike(&mut self, _: Piece, _: u128, cells: impl FnOnce(&mut Self)) {
        cells(self);
    }

    fn end_row(&mut self) {
        self.at = 0;
    }
}
