//! The three verbs: scan, open, read.

use super::{
    Block, Column, ReadParams, Reject,
    blocks::{Blocks, Reader},
    columnar::Columnar,
    format::{self, Format, Sniffed},
    input::{Bytes, Input},
    text::{self, Parser},
};
use crate::{
    error::{Error, Kind, Result},
    nearest::nearest,
    store::Stamp,
};

/// What a pass over a whole table tells.
#[derive(Debug, Clone)]
pub struct Scan {
    /// The columns in file order, with the types that follow from all their cells.
    pub columns: Vec<Column>,
    /// The format of the file.
    pub format: Format,
    /// The number of data rows, those that will be set aside included.
    pub rows: u64,
    /// What a person should be told: one sentence each, without a full stop and without the content
    /// of any cell.
    pub notes: Vec<String>,
    bytes: Bytes,
    stamp: Option<Stamp>,
}

impl Scan {
    /// Whether the file is still the one that was passed over.
    ///
    /// # Errors
    /// `Io` where it has been written to since.
    pub fn still_holds(&self) -> Result<()> {
        if self.bytes.stamp()? == self.stamp {
            return Ok(());
        }
        let error = Error::new(Kind::Io, "the file was changed while it was read");
        let error = error.hint_with("wait until it is complete, and run again");
        Err(match &self.bytes {
            Bytes::Input(input) => error.at(input.place()),
            _ => error,
        })
    }
}

/// Passes over a whole table once and finds the type of every column from all its cells.
///
/// The bytes of standard input are kept in memory, so that [`open`] can read them again.
///
/// # Errors
/// `EmptyTable`, `BadHeader`, `UnclosedQuote`, `BadEncoding`, `UnknownFormat`, `TooLarge` (a row of
/// more than 16 MiB), and those of reading a file.
pub fn scan(input: &Input, params: &ReadParams) -> Result<Scan> {
    scan_bytes(input, Bytes::to_read_twice(input)?, params, text::LENGTH)
}

/// The names of the columns of a file, in file order, from its header alone.
///
/// # Errors
/// Those of [`scan`] that a header can have.
pub fn names(input: &Input, params: &ReadParams) -> Result<Vec<String>> {
    let bytes = Bytes::Input(input.clone());
    let opened = format::open(input, &bytes)?;
    if opened.sniffed == Sniffed::Text {
        return Ok(text::open(input, opened, params, None, text::LENGTH)?.names);
    }
    Ok(Columnar::open(input, &bytes, opened)?.names().to_vec())
}

/// Opens a table to read the wanted columns as the wanted types, in file order.
///
/// With the `scan` of the same input, its delimiter is kept; without one, the table is read from
/// front to back once.
///
/// # Errors
/// `MissingColumn` with the nearest name, `WrongType` for a column that holds no single values, and
/// those of [`scan`]; a fault further on in the file comes out of the iterator, in its place.
pub fn open(
    input: &Input,
    params: &ReadParams,
    scan: Option<&Scan>,
    wanted: &[Column],
) -> Result<Blocks> {
    let bytes = scan.map_or_else(|| Bytes::Input(input.clone()), |scan| scan.bytes.clone());
    let format = scan.map(|scan| scan.format);
    open_bytes(input, &bytes, params, format, wanted, text::LENGTH)
}

/// Opens a table as [`open`] does without a scan, and reads those of the `welcome` columns too that
/// it has; they come after the wanted ones. A cell of a welcome column that is not of its type is
/// missing: such a column sets no row aside.
///
/// Gives the welcome columns that are there.
pub fn open_with(
    input: &Input,
    params: &ReadParams,
    wanted: &[Column],
    welcome: &[Column],
) -> Result<(Blocks, Vec<Column>)> {
    let opened = format::open(input, &Bytes::Input(input.clone()))?;
    let there = |names: &[String]| -> Vec<Column> {
        let is_new = |c: &&Column| wanted.iter().all(|w| w.name != c.name);
        welcome.iter().filter(|c| names.contains(&c.name)).filter(is_new).cloned().collect()
    };
    if opened.sniffed != Sniffed::Text {
        let table = Columnar::open(input, &Bytes::Input(input.clone()), opened)?;
        let found = table.readable(there(table.names()));
        return Ok((table.read(wanted, &found, params)?, found));
    }
    let text = text::open(input, opened, params, None, text::LONG)?;
    let found = there(&text.names);
    let parser = Parser::new(&text, wanted, &found, params)?;
    Ok((Blocks::new(input.clone(), Box::new(text.feed), Reader::Text(parser)), found))
}

/// Reads a whole table into memory, all columns with the types that follow from their cells.
pub fn read(input: &Input, params: &ReadParams) -> Result<Table> {
    let scan = scan(input, params)?;
    let blocks: Result<Vec<Block>> = open(input, params, Some(&scan), &scan.columns)?.collect();
    Ok(Table { columns: scan.columns, blocks: blocks?, notes: scan.notes })
}

pub(super) fn scan_bytes(
    input: &Input,
    bytes: Bytes,
    params: &ReadParams,
    length: usize,
) -> Result<Scan> {
    let stamp = bytes.stamp()?;
    let opened = format::open(input, &bytes)?;
    let mut scan = if opened.sniffed == Sniffed::Text {
        let survey = text::open(input, opened, params, None, length)?.survey(params)?;
        let (delimiter, encoding) = (survey.delimiter, survey.encoding);
        let format = Format::Csv { delimiter, encoding, compression: survey.compression };
        Scan {
            columns: survey.columns,
            format,
            rows: survey.rows,
            notes: survey.notes,
            bytes,
            stamp,
        }
    } else {
        let survey = Columnar::open(input, &bytes, opened)?.survey(params)?;
        let (columns, rows, notes) = (survey.columns, survey.rows, survey.notes);
        Scan { columns, format: survey.format, rows, notes, bytes, stamp }
    };
    let unused = unused_types(params, &scan.columns);
    scan.notes.extend(unused);
    Ok(scan)
}

pub(super) fn open_bytes(
    input: &Input,
    bytes: &Bytes,
    params: &ReadParams,
    format: Option<Format>,
    wanted: &[Column],
    length: usize,
) -> Result<Blocks> {
    let opened = format::open(input, bytes)?;
    if opened.sniffed != Sniffed::Text {
        return Columnar::open(input, bytes, opened)?.read(wanted, &[], params);
    }
    let delimiter = match format {
        Some(Format::Csv { delimiter, .. }) => Some(delimiter),
        _ => None,
    };
    let text = text::open(input, opened, params, delimiter, length)?;
    let parser = Parser::new(&text, wanted, &[], params)?;
    Ok(Blocks::new(input.clone(), Box::new(text.feed), Reader::Text(parser)))
}

/// Notes on types that were given for columns that are not there.
fn unused_types(params: &ReadParams, columns: &[Column]) -> Vec<String> {
    let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    let absent = params.types.keys().filter(|name| !names.contains(name));
    let note = |name: &String| match nearest(name, names.iter().map(String::as_str)) {
        Some(near) => {
            format!("a type is given for {name:?}, which is no column; the nearest is {near:?}")
        }
        None => format!("a type is given for {name:?}, which is no column"),
    };
    absent.map(note).collect()
}

/// A whole table in memory.
#[derive(Debug, Clone)]
pub struct Table {
    /// The columns, in file order.
    pub columns: Vec<Column>,
    /// The rows, in file order.
    pub blocks: Vec<Block>,
    /// What a person should be told; see [`Scan::notes`].
    pub notes: Vec<String>,
}

impl Table {
    /// The number of rows that could be read.
    pub fn rows(&self) -> usize {
        self.blocks.iter().map(|block| block.rows.num_rows()).sum()
    }

    /// The rows that were set aside, in file order.
    pub fn rejects(&self) -> impl Iterator<Item = &Reject> {
        self.blocks.iter().flat_map(|block| &block.rejects)
    }
}
