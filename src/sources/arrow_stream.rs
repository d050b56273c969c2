//! Arrow IPC streams and files.
//!
//! A file is a stream behind eight bytes, so both are read from front to back. Messages are framed
//! and their lengths checked here, before `arrow-ipc` sees them: it slices what they name without
//! asking whether it is there, and takes memory for a length before the bytes have come.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use arrow_array::{ArrayRef, RecordBatch};
use arrow_buffer::Buffer;
use arrow_ipc::{
    Message, MetadataVersion, RecordBatch as BatchHeader,
    convert::try_fb_to_schema,
    reader::{read_dictionary, read_record_batch},
    root_as_message,
};
use arrow_schema::{DataType, Schema, SchemaRef, UnionMode};

use super::{
    blocks::{Feed, Piece},
    columnar::damaged,
    convert::{Nature, nature},
    format::Sniffed,
    input::{Input, Stream, read_up_to, unreadable},
};
use crate::error::{Error, Kind, Result};

/// The most bytes that the description of a batch may have.
const LONGEST_HEADER: usize = 1 << 26;
/// The most rows that a batch may have.
const MOST_ROWS: i64 = 1 << 31;
/// Rows that are handed on at a time.
const ROWS: usize = 8192;

/// An Arrow stream whose schema has been read.
pub(super) struct ArrowStream {
    stream: Stream,
    input: Input,
    schema: SchemaRef,
    version: MetadataVersion,
    dictionaries: HashMap<i64, ArrayRef>,
    columns: Vec<usize>,
    ready: VecDeque<RecordBatch>,
}

/// A message: its description and its data.
struct Framed {
    header: Vec<u8>,
    body: Vec<u8>,
}

impl ArrowStream {
    /// Reads the schema of a stream, or of a file: a stream behind `ARROW1` and zeros.
    pub(super) fn open(input: &Input, mut stream: Stream, sniffed: Sniffed) -> Result<Self> {
        let mut framed = None;
        if sniffed == Sniffed::ArrowFile {
            let mut magic = Vec::new();
            read_up_to(&mut stream, 8, &mut magic).map_err(|e| unreadable(input, "Arrow", e))?;
            // The zeros go on to a multiple of the writer's alignment, at most 64.
            for _ in 0..64 / 4 {
                framed = framed.or(next_message(input, &mut stream)?);
                if framed.is_some() {
                    break;
                }
            }
        } else {
            framed = next_message(input, &mut stream)?;
        }
        let framed = framed.ok_or_else(|| damaged(input, "Arrow"))?;
        let message = read_message(input, &framed.header)?;
        let version = message.version();
        let schema = message.header_as_schema().ok_or_else(|| damaged(input, "Arrow"))?;
        let schema = try_fb_to_schema(schema).map_err(|_| damaged(input, "Arrow"))?;
        Ok(Self {
            stream,
            input: input.clone(),
            schema: Arc::new(schema),
            version,
            dictionaries: HashMap::new(),
            columns: Vec::new(),
            ready: VecDeque::new(),
        })
    }

    /// The schema of the stream.
    pub(super) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The batches with these columns, in the order of the stream.
    pub(super) fn feed(mut self, columns: &[usize]) -> Box<dyn Feed> {
        self.columns = columns.to_vec();
        Box::new(self)
    }

    fn take_dictionary(&mut self, message: Message<'_>, body: &Buffer) -> Result<()> {
        let dictionary =
            message.header_as_dictionary_batch().ok_or_else(|| damaged(&self.input, "Arrow"))?;
        let data = dictionary.data().ok_or_else(|| damaged(&self.input, "Arrow"))?;
        check_batch(&self.input, data, body.len())?;
        let Some(values) = scalar_dictionary(&self.schema, dictionary.id()) else { return Ok(()) };
        check_units(&self.input, data, &[values])?;
        read_dictionary(body, dictionary, &self.schema, &mut self.dictionaries, &self.version)
            .map_err(|_| damaged(&self.input, "Arrow"))
    }

    fn take_batch(&mut self, message: Message<'_>, body: &Buffer) -> Result<()> {
        let batch =
            message.header_as_record_batch().ok_or_else(|| damaged(&self.input, "Arrow"))?;
        check_batch(&self.input, batch, body.len())?;
        let types: Vec<&DataType> = self.schema.fields().iter().map(|f| f.data_type()).collect();
        check_units(&self.input, batch, &types)?;
        let schema = Arc::clone(&self.schema);
        let columns = Some(self.columns.as_slice());
        let rows =
            read_record_batch(body, batch, schema, &self.dictionaries, columns, &self.version)
                .map_err(|_| damaged(&self.input, "Arrow"))?;
        for start in (0..rows.num_rows()).step_by(ROWS) {
            self.ready.push_back(rows.slice(start, ROWS.min(rows.num_rows() - start)));
        }
        Ok(())
    }
}

impl Feed for ArrowStream {
    fn next(&mut self) -> Result<Option<Piece>> {
        loop {
            if let Some(rows) = self.ready.pop_front() {
                return Ok(Some(Piece::Rows(rows)));
            }
            let Some(framed) = next_message(&self.input, &mut self.stream)? else {
                return Ok(None);
            };
            let body = Buffer::from_vec(framed.body);
            let message = read_message(&self.input, &framed.header)?;
            if message.header_as_record_batch().is_some() {
                self.take_batch(message, &body)?;
            } else if message.header_as_dictionary_batch().is_some() {
                self.take_dictionary(message, &body)?;
            } else {
                return Err(damaged(&self.input, "Arrow"));
            }
        }
    }
}

fn read_message<'a>(input: &Input, header: &'a [u8]) -> Result<Message<'a>> {
    root_as_message(header).map_err(|_| damaged(input, "Arrow"))
}

/// The next message; `None` at the end of the stream.
///
/// # Source
/// Apache Arrow columnar format 1.5, *Encapsulated message format*: four bytes `FF`, the length of
/// the description, the description, the data.
fn next_message(input: &Input, stream: &mut Stream) -> Result<Option<Framed>> {
    let Some(mut length) = read_length(input, stream)? else { return Ok(None) };
    if length == u32::MAX {
        // A stream may end without its end mark only before a message, not inside one.
        length = read_length(input, stream)?.ok_or_else(|| damaged(input, "Arrow"))?;
    }
    if length == 0 {
        return Ok(None);
    }
    let length = length as usize;
    if length > LONGEST_HEADER {
        return Err(damaged(input, "Arrow"));
    }
    let header = read_whole(input, stream, length)?;
    let body_length = read_message(input, &header)?.bodyLength();
    let body_length = usize::try_from(body_length).map_err(|_| damaged(input, "Arrow"))?;
    let body = read_whole(input, stream, body_length)?;
    Ok(Some(Framed { header, body }))
}

fn read_length(input: &Input, stream: &mut Stream) -> Result<Option<u32>> {
    let mut bytes = Vec::new();
    read_up_to(stream, 4, &mut bytes).map_err(|e| unreadable(input, "Arrow", e))?;
    match bytes.first_chunk::<4>() {
        Some(bytes) => Ok(Some(u32::from_le_bytes(*bytes))),
        None if bytes.is_empty() => Ok(None),
        None => Err(damaged(input, "Arrow")),
    }
}

/// Reads so many bytes, taking memory only as they come.
fn read_whole(input: &Input, stream: &mut Stream, length: usize) -> Result<Vec<u8>> {
    const STEP: usize = 1 << 24;
    let mut bytes = Vec::new();
    while bytes.len() < length {
        let wanted = STEP.min(length - bytes.len());
        let read =
            read_up_to(stream, wanted, &mut bytes).map_err(|e| unreadable(input, "Arrow", e))?;
        if read < wanted {
            return Err(damaged(input, "Arrow"));
        }
    }
    Ok(bytes)
}

/// Checks that the data of a batch lie where its description says.
fn check_batch(input: &Input, batch: BatchHeader<'_>, body: usize) -> Result<()> {
    if batch.compression().is_some() {
        return Err(Error::new(Kind::UnknownFormat, "the Arrow data is compressed inside")
            .at(input.place())
            .hint_with("write it without IPC compression, or as Parquet"));
    }
    let body = i64::try_from(body).unwrap_or(i64::MAX);
    let lies_inside = |offset: i64, length: i64| {
        offset >= 0 && length >= 0 && offset.checked_add(length).is_some_and(|end| end <= body)
    };
    let buffers_fit = batch
        .buffers()
        .is_none_or(|all| all.iter().all(|buffer| lies_inside(buffer.offset(), buffer.length())));
    let has_rows = |rows: i64| (0..=MOST_ROWS).contains(&rows);
    let nodes_fit = batch.nodes().is_none_or(|all| {
        all.iter()
            .all(|node| has_rows(node.length()) && (0..=node.length()).contains(&node.null_count()))
    });
    if buffers_fit && nodes_fit && has_rows(batch.length()) {
        Ok(())
    } else {
        Err(damaged(input, "Arrow"))
    }
}

/// Checks that the length of every buffer is a multiple of its items' size.
fn check_units(input: &Input, batch: BatchHeader<'_>, types: &[&DataType]) -> Result<()> {
    let mut views: VecDeque<i64> = batch.variadicBufferCounts().into_iter().flatten().collect();
    let buffers = batch.buffers().map_or(0, |buffers| buffers.len());
    let mut units = Vec::new();
    for data_type in types {
        push_units(data_type, &mut views, buffers, &mut units);
    }
    let mut lengths = batch.buffers().into_iter().flatten().map(arrow_ipc::Buffer::length);
    if units.iter().all(|unit| lengths.next().is_some_and(|length| length % unit == 0)) {
        Ok(())
    } else {
        Err(damaged(input, "Arrow"))
    }
}

/// The sizes of the items in the buffers of a column, in the order of the buffers.
///
/// # Source
/// Apache Arrow columnar format 1.5, *Buffer listing for each layout*.
fn push_units(data_type: &DataType, views: &mut VecDeque<i64>, most: usize, units: &mut Vec<i64>) {
    use DataType as D;
    let mut children: Vec<&DataType> = Vec::new();
    match data_type {
        D::Null => {}
        D::Utf8 | D::Binary => units.extend([1, 4, 1]),
        D::LargeUtf8 | D::LargeBinary => units.extend([1, 8, 1]),
        D::Utf8View | D::BinaryView => {
            let count = usize::try_from(views.pop_front().unwrap_or(0)).unwrap_or(0);
            units.extend([1, 16]);
            units.extend(std::iter::repeat_n(1, count.min(most)));
        }
        D::List(child) | D::Map(child, _) => {
            units.extend([1, 4]);
            children.push(child.data_type());
        }
        D::LargeList(child) => {
            units.extend([1, 8]);
            children.push(child.data_type());
        }
        D::ListView(child) | D::LargeListView(child) => {
            units.extend([1, 1, 1]);
            children.push(child.data_type());
        }
        D::FixedSizeList(child, _) => {
            units.push(1);
            children.push(child.data_type());
        }
        D::Struct(fields) => {
            units.push(1);
            children.extend(fields.iter().map(|field| field.data_type()));
        }
        D::RunEndEncoded(ends, values) => children.extend([ends.data_type(), values.data_type()]),
        D::Union(fields, mode) => {
            units.extend(std::iter::repeat_n(1, if *mode == UnionMode::Dense { 2 } else { 1 }));
            children.extend(fields.iter().map(|(_, field)| field.data_type()));
        }
        D::Dictionary(keys, _) => push_units(keys, views, most, units),
        other => units.extend([1, other.primitive_width().unwrap_or(1) as i64]),
    }
    for child in children {
        push_units(child, views, most, units);
    }
}

/// The type of the values of this dictionary, if they are of a type that can be read.
fn scalar_dictionary(schema: &Schema, id: i64) -> Option<&DataType> {
    #[expect(deprecated, reason = "the reader of arrow-ipc itself goes by these numbers")]
    let fields = schema.fields_with_dict_id(id);
    match fields.first().map(|field| field.data_type()) {
        Some(DataType::Dictionary(_, values)) => {
            let is_scalar = !matches!(values.as_ref(), DataType::Dictionary(..))
                && nature(values) != Nature::Unreadable;
            is_scalar.then_some(values.as_ref())
        }
        _ => None,
    }
}
