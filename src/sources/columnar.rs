//! Tables that carry their types: Parquet and Arrow.

use std::collections::{BTreeMap, BTreeSet};

use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, SchemaRef};

use super::{
    Block, Column, ColumnType, ReadParams, Reject,
    arrow_stream::ArrowStream,
    blocks::{Blocks, Conveyor, Feed, Fresh, Piece, Reader, no_rows},
    cell::Missing,
    convert::{Nature, convert, holds_large, nature},
    format::{Format, Opened, Sniffed},
    header,
    input::{Bytes, Input},
    parquet_file::ParquetFile,
    text::{batch, schema},
};
use crate::error::{Error, Kind, Place, Result};

/// The error for a file that is not what its first bytes say, or not all of it.
pub(super) fn damaged(input: &Input, what: &str) -> Error {
    Error::new(Kind::UnknownFormat, format!("the {what} data is damaged or cut off"))
        .at(input.place())
        .hint_with("copy or export the file again")
}

/// A typed file whose schema has been read.
pub(super) struct Columnar {
    input: Input,
    names: Vec<String>,
    notes: Vec<String>,
    file: File,
    format: Format,
}

enum File {
    Parquet(ParquetFile),
    Arrow(Box<ArrowStream>),
}

impl File {
    fn schema(&self) -> &SchemaRef {
        match self {
            Self::Parquet(file) => file.schema(),
            Self::Arrow(stream) => stream.schema(),
        }
    }

    fn feed(self, columns: &[usize]) -> Result<Box<dyn Feed>> {
        match self {
            Self::Parquet(file) => file.feed(columns),
            Self::Arrow(stream) => Ok(stream.feed(columns)),
        }
    }
}

/// What a pass over a whole typed file tells.
pub(super) struct Survey {
    pub(super) columns: Vec<Column>,
    pub(super) rows: u64,
    pub(super) format: Format,
    pub(super) notes: Vec<String>,
}

impl Columnar {
    /// Reads the schema of an input that is no text.
    pub(super) fn open(input: &Input, bytes: &Bytes, opened: Opened) -> Result<Self> {
        let (file, format) = match opened.sniffed {
            Sniffed::Parquet => {
                let file = ParquetFile::open(input, bytes, opened.stream)?;
                (File::Parquet(file), Format::Parquet)
            }
            Sniffed::ArrowFile | Sniffed::ArrowStream | Sniffed::Text => {
                let stream = ArrowStream::open(input, opened.stream, opened.sniffed)?;
                (File::Arrow(Box::new(stream)), Format::Arrow)
            }
        };
        let mut notes = Vec::new();
        let fields = file.schema().fields();
        let names = fields.iter().map(|field| field.name().as_bytes());
        let names = header::names(names, input, 1, &mut notes)?;
        Ok(Self { input: input.clone(), names, notes, file, format })
    }

    /// Passes over the file and finds the type of every column; those that hold no single values
    /// are left out, with a note.
    pub(super) fn survey(self, params: &ReadParams) -> Result<Survey> {
        let Self { input, names, mut notes, file, format } = self;
        let schema = file.schema().clone();
        let mut kept = Vec::new();
        for (i, field) in schema.fields().iter().enumerate() {
            match nature(field.data_type()) {
                Nature::Unreadable => notes.push(format!(
                    "column {:?} is left out: a cell of type {} is no single value",
                    field.name(),
                    field.data_type()
                )),
                nature => kept.push((i, nature)),
            }
        }
        // One column is read in any case, to count the rows.
        let looked_at: Vec<usize> = kept
            .iter()
            .enumerate()
            .filter(|(rank, (_, nature))| *rank == 0 || *nature == Nature::Whole)
            .map(|(_, (i, _))| *i)
            .collect();
        if looked_at.is_empty() {
            return Err(Error::new(Kind::EmptyTable, "the table has no column that can be read")
                .at(input.place()));
        }
        let (rows, large) = look(file.feed(&looked_at)?, looked_at.len())?;
        if rows == 0 {
            return Err(no_rows(&input));
        }
        let large: BTreeSet<usize> =
            looked_at.iter().zip(large).filter(|(_, large)| *large).map(|(i, _)| *i).collect();
        let mut columns = Vec::new();
        for (i, nature) in kept {
            let Some(name) = names.get(i).cloned() else { continue };
            let kind = match (params.types.get(&name), nature) {
                (Some(kind), _) => *kind,
                (None, Nature::Certain(kind)) => kind,
                (None, _) if large.contains(&i) => ColumnType::Text,
                (None, _) => ColumnType::Number,
            };
            columns.push(Column { name, kind });
        }
        Ok(Survey { columns, rows, format, notes })
    }

    /// The names of its columns.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// Those of some columns that hold one value a cell.
    pub(super) fn readable(&self, columns: Vec<Column>) -> Vec<Column> {
        let fields = self.file.schema().fields();
        let nature = |column: &Column| {
            let at = self.names.iter().position(|name| *name == column.name)?;
            Some(nature(fields.get(at)?.data_type()))
        };
        let fits = |column: &Column| nature(column).is_some_and(|n| n != Nature::Unreadable);
        columns.into_iter().filter(fits).collect()
    }

    /// The wanted columns, and after them those of the welcome ones, where a cell that cannot be read
    /// is missing.
    pub(super) fn read(
        self,
        wanted: &[Column],
        welcome: &[Column],
        params: &ReadParams,
    ) -> Result<Blocks> {
        let lenient_from = wanted.len();
        let wanted = [wanted, welcome].concat();
        let places = header::places(&self.names, &wanted, &self.input)?;
        let fields = self.file.schema().fields().clone();
        for (place, column) in places.iter().zip(&wanted) {
            let data_type = fields.get(*place).map_or(&DataType::Null, |field| field.data_type());
            if nature(data_type) == Nature::Unreadable {
                let what = format!("a cell of type {data_type} is no single value");
                return Err(Error::new(Kind::WrongType, what)
                    .at(Place::Column(column.name.clone()))
                    .hint_with("export the column as a number, a date or text"));
            }
        }
        let read: BTreeSet<usize> = places.iter().copied().collect();
        let read: Vec<usize> = if read.is_empty() { vec![0] } else { read.into_iter().collect() };
        let ranks = places.iter().map(|place| read.partition_point(|i| i < place)).collect();
        let conversion = Conversion {
            schema: schema(&wanted),
            wanted,
            lenient_from,
            places: ranks,
            missing: Missing::new(params),
        };
        let feed = self.file.feed(&read)?;
        Ok(Blocks::new(self.input, feed, Reader::Columns(conversion)))
    }
}

/// The number of rows, and for each column whether it holds a whole number beyond 2^53.
fn look(feed: Box<dyn Feed>, columns: usize) -> Result<(u64, Vec<bool>)> {
    let mut large = vec![false; columns];
    let mut rows = 0;
    let mut conveyor = Conveyor::new(feed);
    while let Some(step) = conveyor.step(|piece| match piece {
        Piece::Rows(rows) => {
            let large = rows.columns().iter().map(|c| holds_large(c.as_ref())).collect();
            (rows.num_rows() as u64, large)
        }
        Piece::Text(_) => (0, Vec::new()),
    }) {
        for (count, found) in step? {
            rows += count;
            large
                .iter_mut()
                .zip(found)
                .for_each(|(large, found): (&mut bool, bool)| *large |= found);
        }
    }
    Ok((rows, large))
}

/// Makes the wanted columns of batches.
#[derive(Debug)]
pub(super) struct Conversion {
    wanted: Vec<Column>,
    /// From here on a cell that cannot be read is missing, and sets no row aside.
    lenient_from: usize,
    /// For each wanted column its place in the batch.
    places: Vec<usize>,
    schema: SchemaRef,
    missing: Missing,
}

impl Conversion {
    /// Reads a batch; its rows are numbered from 1.
    pub(super) fn read(&self, rows: &RecordBatch) -> Result<Fresh> {
        let count = rows.num_rows();
        let mut faults: BTreeMap<usize, Reject> = BTreeMap::new();
        let mut columns = Vec::with_capacity(self.wanted.len());
        for (at, (column, place)) in self.wanted.iter().zip(&self.places).enumerate() {
            let (array, wrong) = convert(array_at(rows, *place)?, column.kind, &self.missing, &[])?;
            columns.push(array);
            let wrong = if at < self.lenient_from { wrong } else { Vec::new() };
            for (row, cause) in wrong {
                faults.entry(row).or_insert_with(|| Reject {
                    line: row as u64 + 1,
                    column: Some(column.name.clone()),
                    cause: cause.to_owned(),
                });
            }
        }
        if !faults.is_empty() {
            let skipped: Vec<bool> = (0..count).map(|row| faults.contains_key(&row)).collect();
            columns.clear();
            for (column, place) in self.wanted.iter().zip(&self.places) {
                let array = array_at(rows, *place)?;
                columns.push(convert(array, column.kind, &self.missing, &skipped)?.0);
            }
        }
        let numbers: Vec<u64> =
            (0..count).filter(|row| !faults.contains_key(row)).map(|row| row as u64 + 1).collect();
        let rows = batch(&self.schema, columns, numbers.len())?;
        let rejects = faults.into_values().collect();
        let block = Block { rows, lines: numbers.clone(), numbers, rejects };
        Ok(Fresh { block, count: count as u64 })
    }
}

fn array_at(rows: &RecordBatch, place: usize) -> Result<&dyn Array> {
    let array = rows.columns().get(place);
    array.map(AsRef::as_ref).ok_or_else(|| {
        Error::new(Kind::UnknownFormat, "a batch of the file has fewer columns than its schema")
    })
}
