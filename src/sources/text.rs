//! Tables as text: CSV and its kin.

use std::sync::Arc;

use arrow_array::{RecordBatch, RecordBatchOptions};
use arrow_schema::{Field, Schema, SchemaRef};
use memchr::memchr;

use super::{
    Block, Column, ReadParams, Reject,
    blocks::{Conveyor, Feed, Fresh, Piece},
    build::{Builder, Purity, data_type, fault},
    cell::{Missing, classify},
    cut::{Cutter, STRETCH, Stretch},
    decode::Decoder,
    delimiter,
    format::{Compression, Encoding, Opened, named_delimiter},
    header,
    input::Input,
    split::{Few, Record, Span, Splitter},
    tally::Tally,
};
use crate::error::{Error, Kind, Place, Result};

/// A text of which the header has been read.
pub(super) struct Text {
    pub(super) names: Vec<String>,
    pub(super) delimiter: u8,
    pub(super) compression: Compression,
    pub(super) notes: Vec<String>,
    pub(super) feed: TextFeed,
    input: Input,
}

/// The stretches of a text after its header.
pub(super) struct TextFeed {
    first: Option<Stretch>,
    cutter: Cutter,
}

impl Feed for TextFeed {
    fn next(&mut self) -> Result<Option<Piece>> {
        let stretch = match self.first.take() {
            Some(first) => Some(first),
            None => self.cutter.next()?,
        };
        Ok(stretch.map(Piece::Text))
    }
}

/// Reads the header of a text; `length` is that of a stretch.
pub(super) fn open(
    input: &Input,
    opened: Opened,
    params: &ReadParams,
    delimiter: Option<u8>,
    length: usize,
) -> Result<Text> {
    let encoding = params.encoding.as_deref().map(Encoding::parse).transpose()?;
    let compression = opened.compression;
    let decoder = Decoder::new(opened.stream, encoding);
    let mut cutter = Cutter::new(input.clone(), compression.what(), decoder, length);
    let head = cutter.head()?;
    let delimiter = match named_delimiter(params)?.or(delimiter) {
        Some(delimiter) => delimiter,
        None => delimiter::detect(head),
    };
    cutter.set_delimiter(delimiter);
    let mut notes = Vec::new();
    loop {
        let Some(mut stretch) = cutter.next()? else {
            return Err(Error::new(Kind::EmptyTable, "the file is empty").at(input.place()));
        };
        let mut splitter = Splitter::new(&mut stretch.text, delimiter, stretch.line);
        let mut cells = Vec::new();
        let Some(record) = splitter.next(&mut cells) else { continue };
        let (end, line) = splitter.place();
        let names = read_header(&splitter, record, &cells, input, &mut notes)?;
        let end = end.min(stretch.text.len());
        stretch.text.drain(..end);
        let feed = TextFeed { first: Some(Stretch { line, ..stretch }), cutter };
        return Ok(Text { names, delimiter, compression, notes, feed, input: input.clone() });
    }
}

fn read_header(
    splitter: &Splitter<'_>,
    record: Record,
    cells: &[Span],
    input: &Input,
    notes: &mut Vec<String>,
) -> Result<Vec<String>> {
    if let Some((line, _)) = record.fault {
        let what = "a quote in the header does not close where its name ends";
        return Err(Error::new(Kind::UnclosedQuote, what).at(Place::Line(input.name(), line)));
    }
    let names = cells.iter().map(|cell| cell.of(splitter.text()));
    header::names(names, input, record.line, notes)
}

/// What a pass over a whole text tells.
pub(super) struct Survey {
    pub(super) columns: Vec<Column>,
    pub(super) rows: u64,
    pub(super) encoding: Encoding,
    pub(super) delimiter: u8,
    pub(super) compression: Compression,
    pub(super) notes: Vec<String>,
}

impl Text {
    /// Passes over the rest of the text and finds the type of every column.
    pub(super) fn survey(self, params: &ReadParams) -> Result<Survey> {
        let Self { names, delimiter, compression, mut notes, feed, input } = self;
        let missing = Missing::new(params);
        let width = names.len();
        let mut tallies = vec![Tally::default(); width];
        let mut rows = 0;
        let mut conveyor = Conveyor::new(feed);
        while let Some(step) = conveyor.step(|piece| match piece {
            Piece::Text(stretch) => tally(stretch, delimiter, width, &missing),
            Piece::Rows(_) => (Vec::new(), 0),
        }) {
            for (later, count) in step? {
                tallies.iter_mut().zip(&later).for_each(|(tally, later)| tally.merge(later));
                rows += count;
            }
        }
        let encoding = conveyor.feed().cutter.decoder().encoding();
        let mut columns = Vec::with_capacity(width);
        for (name, tally) in names.iter().zip(&tallies) {
            let (mut column, note) = tally.decide(name);
            match params.types.get(name) {
                Some(kind) => column.kind = *kind,
                None => notes.extend(note),
            }
            columns.push(column);
        }
        if rows == 0 {
            return Err(super::blocks::no_rows(&input));
        }
        if encoding != Encoding::Utf8 {
            notes.push(format!("the text is read as {}", encoding.name()));
        }
        Ok(Survey { columns, rows, encoding, delimiter, compression, notes })
    }
}

fn purity(text: &[u8]) -> Purity {
    if memchr(0, text).is_none() && (text.is_ascii() || std::str::from_utf8(text).is_ok()) {
        Purity::Text
    } else {
        Purity::Unknown
    }
}

/// Counts the classes of all cells in the rows of a stretch that can be read.
fn tally(
    mut stretch: Stretch,
    delimiter: u8,
    width: usize,
    missing: &Missing,
) -> (Vec<Tally>, u64) {
    let purity = purity(&stretch.text);
    let mut splitter = Splitter::new(&mut stretch.text, delimiter, stretch.line);
    let mut few = Few::new(width);
    let mut tallies = vec![Tally::default(); width];
    let mut count = 0;
    while splitter.few(&mut few) {
        count += few.lines().len() as u64 + u64::from(few.odd().is_some());
        let text = splitter.text();
        for (line, cells) in few.records() {
            let is_readable =
                purity == Purity::Text || cells.iter().all(|cell| fault(cell.of(text)).is_none());
            if is_readable {
                for (tally, cell) in tallies.iter_mut().zip(cells) {
                    tally.add(classify(cell.of(text), missing), line);
                }
            }
        }
    }
    (tallies, count)
}

/// Reads the wanted cells of stretches.
#[derive(Debug)]
pub(super) struct Parser {
    names: Vec<String>,
    delimiter: u8,
    wanted: Vec<Column>,
    /// From here on a cell that cannot be read is missing, and sets no row aside.
    lenient_from: usize,
    /// For each wanted column its cell in the record.
    places: Vec<usize>,
    schema: SchemaRef,
    missing: Missing,
}

impl Parser {
    pub(super) fn new(
        text: &Text,
        wanted: &[Column],
        welcome: &[Column],
        params: &ReadParams,
    ) -> Result<Self> {
        let lenient_from = wanted.len();
        let wanted = [wanted, welcome].concat();
        Ok(Self {
            names: text.names.clone(),
            delimiter: text.delimiter,
            places: header::places(&text.names, &wanted, &text.input)?,
            schema: schema(&wanted),
            wanted,
            lenient_from,
            missing: Missing::new(params),
        })
    }

    /// Reads a stretch.
    pub(super) fn read(&self, mut stretch: Stretch) -> Result<Fresh> {
        let purity = purity(&stretch.text);
        let hint = stretch.text.len() / (self.names.len() * 4 + 8) + 16;
        let mut columns: Vec<Builder> =
            self.wanted.iter().map(|column| Builder::new(column.kind, hint)).collect();
        let mut splitter = Splitter::new(&mut stretch.text, self.delimiter, stretch.line);
        let mut few = Few::new(self.names.len());
        let (mut lines, mut numbers, mut rejects) = (Vec::new(), Vec::new(), Vec::new());
        let mut count = 0;
        while splitter.few(&mut few) {
            let text = splitter.text();
            let are_read = self.read_few(text, &few, purity, &mut columns);
            if !are_read {
                truncate(&mut columns, lines.len());
            }
            for (line, cells) in few.records() {
                count += 1;
                // Again one after the other where one is to be set aside.
                let read = if are_read {
                    Ok(())
                } else {
                    self.read_row(text, line, cells, purity, &mut columns)
                };
                match read {
                    Ok(()) => {
                        lines.push(line);
                        numbers.push(count);
                    }
                    Err(reject) => {
                        truncate(&mut columns, lines.len());
                        rejects.push(reject);
                    }
                }
            }
            if let Some((record, cells)) = few.odd() {
                count += 1;
                rejects.push(self.misshapen(record, cells));
            }
        }
        let columns: Result<Vec<_>> = columns.into_iter().map(Builder::finish).collect();
        let rows = batch(&self.schema, columns?, lines.len())?;
        Ok(Fresh { block: Block { rows, lines, numbers, rejects }, count })
    }

    /// Reads records column by column; `false` as soon as there is a cell for which a row is to be set aside.
    fn read_few(&self, text: &[u8], few: &Few, purity: Purity, columns: &mut [Builder]) -> bool {
        let mut places = columns.iter_mut().zip(&self.places).enumerate();
        places.all(|(at, (builder, place))| {
            let cells = few.column(*place).map(|cell| (cell.of(text), cell.onwards(text)));
            builder.extend(cells, &self.missing, purity, at >= self.lenient_from).is_ok()
        })
    }

    fn read_row(
        &self,
        text: &[u8],
        line: u64,
        cells: &[Span],
        purity: Purity,
        columns: &mut [Builder],
    ) -> std::result::Result<(), Reject> {
        for (at, (builder, place)) in columns.iter_mut().zip(&self.places).enumerate() {
            let cell = cells.iter().skip(*place).take(1);
            let cell = cell.map(|cell| (cell.of(text), cell.onwards(text)));
            let read = builder.extend(cell, &self.missing, purity, at >= self.lenient_from);
            if let Err(cause) = read {
                let column = self.wanted.get(at).map(|column| column.name.clone());
                return Err(Reject { line, column, cause: cause.to_owned() });
            }
        }
        Ok(())
    }

    /// A row whose cells cannot be told apart, or are too few or too many.
    #[cold]
    fn misshapen(&self, record: Record, cells: usize) -> Reject {
        match record.fault {
            Some((line, cell)) => Reject {
                line,
                column: self.names.get(cell).cloned(),
                cause: "has a quote that does not close where its cell ends".to_owned(),
            },
            None => Reject {
                line: record.line,
                column: None,
                cause: format!("has {cells} cells where the header has {}", self.names.len()),
            },
        }
    }
}

/// Forgets all rows of the columns but the first ones.
fn truncate(columns: &mut [Builder], rows: usize) {
    for column in columns {
        column.truncate(rows);
    }
}

/// The Arrow schema of some columns.
pub(super) fn schema(columns: &[Column]) -> SchemaRef {
    let field = |column: &Column| Field::new(&column.name, data_type(column.kind), true);
    Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()))
}

/// A batch of this many rows.
pub(super) fn batch(
    schema: &SchemaRef,
    columns: Vec<arrow_array::ArrayRef>,
    rows: usize,
) -> Result<RecordBatch> {
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)
        .map_err(|e| Error::new(Kind::UnknownFormat, e.to_string()))
}

/// The length of a stretch outside tests.
pub(super) const LENGTH: usize = STRETCH;

/// The length of a stretch of whose rows much is told: more of them pass by the tables of a model
/// while these are at hand.
pub(super) const LONG: usize = 2 * STRETCH;
