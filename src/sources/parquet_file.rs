//! Parquet files.

use std::sync::Arc;

use arrow_schema::{DataType, Field, FieldRef, Fields, SchemaRef};
use parquet::{
    arrow::{
        ProjectionMask,
        arrow_reader::{
            ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, RowGroups,
        },
        parquet_to_arrow_field_levels,
    },
    basic::Encoding as PageEncoding,
    column::page::Page,
    file::reader::ChunkReader,
};

use super::{
    blocks::{Feed, Piece},
    columnar::damaged,
    input::{Bytes, Input, Stream, unreadable},
    parquet_pages::Groups,
};
use crate::{
    error::{Error, Result},
    store,
};

/// Rows in a batch.
const ROWS: usize = 8192;

/// A Parquet file whose footer has been read.
pub(super) struct ParquetFile {
    input: Input,
    footer: ArrowReaderMetadata,
    groups: Box<dyn RowGroups + Send>,
}

/// The batches of a Parquet file.
struct ParquetFeed {
    reader: ParquetRecordBatchReader,
    input: Input,
}

impl Feed for ParquetFeed {
    fn next(&mut self) -> Result<Option<Piece>> {
        let batch = self.reader.next().transpose();
        Ok(batch.map_err(|_| damaged(&self.input, "Parquet"))?.map(Piece::Rows))
    }
}

impl ParquetFile {
    /// Reads the footer; `stream` gives the same bytes, for an input that is read but once.
    pub(super) fn open(input: &Input, bytes: &Bytes, mut stream: Stream) -> Result<Self> {
        match bytes {
            Bytes::Input(Input::Path(path)) => Self::read(store::open(path)?, input),
            Bytes::Input(Input::Stdin) => {
                let mut bytes = Vec::new();
                let read = stream.read_to_end(&mut bytes);
                read.map_err(|e| unreadable(input, "Parquet", e))?;
                Self::read_kept(bytes, input)
            }
            Bytes::Kept(kept) => Self::read_kept(Vec::clone(kept), input),
            Bytes::Spooled(spool) => {
                let handle = spool.handle().map_err(|e| Error::io(input.name(), "read", e))?;
                Self::read(handle, input)
            }
        }
    }

    fn read_kept(bytes: Vec<u8>, input: &Input) -> Result<Self> {
        // A page is the one public place by which to come by the crate's own kind of bytes.
        let page = Page::DictionaryPage {
            buf: bytes.into(),
            num_values: 0,
            encoding: PageEncoding::PLAIN,
            is_sorted: false,
        };
        Self::read(page.buffer().clone(), input)
    }

    fn read<R: ChunkReader + 'static>(source: R, input: &Input) -> Result<Self> {
        let footer = ArrowReaderMetadata::load(&source, ArrowReaderOptions::new());
        let footer = footer.map_err(|_| damaged(input, "Parquet"))?;
        let groups = Groups::new(source, Arc::clone(footer.metadata()));
        let groups = groups.map_err(|_| damaged(input, "Parquet"))?;
        Ok(Self { input: input.clone(), footer, groups: Box::new(groups) })
    }

    /// The columns of the file.
    pub(super) fn schema(&self) -> &SchemaRef {
        self.footer.schema()
    }

    /// The batches with these columns, in the order of the file.
    pub(super) fn feed(self, columns: &[usize]) -> Result<Box<dyn Feed>> {
        let types = self.footer.parquet_schema();
        let mask = ProjectionMask::roots(types, columns.iter().copied());
        // Dictionaries are read as what they stand for: their keys may be too narrow for a page.
        let fields: Fields = self.footer.schema().fields().iter().map(plain).collect();
        let reader = parquet_to_arrow_field_levels(types, mask, Some(&fields)).and_then(|levels| {
            ParquetRecordBatchReader::try_new_with_row_groups(&levels, &*self.groups, ROWS, None)
        });
        let reader = reader.map_err(|_| damaged(&self.input, "Parquet"))?;
        Ok(Box::new(ParquetFeed { reader, input: self.input }))
    }
}

/// A field without its dictionary.
fn plain(field: &FieldRef) -> FieldRef {
    match field.data_type() {
        DataType::Dictionary(_, values) => {
            Arc::new(Field::new(field.name(), values.as_ref().clone(), field.is_nullable()))
        }
        _ => Arc::clone(field),
    }
}
