//! Parquet files.

use std::sync::Arc;

use arrow_schema::SchemaRef;
use parquet::{
    arrow::{
        ProjectionMask,
        arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder},
    },
    basic::Encoding as PageEncoding,
    column::page::Page,
    file::reader::ChunkReader,
};

use super::{
    blocks::{Feed, Piece},
    columnar::damaged,
    input::{Bytes, Input, Stream, unreadable},
};
use crate::{error::Result, store};

/// Rows in a batch.
const ROWS: usize = 8192;

/// A Parquet file whose footer has been read.
pub(super) struct ParquetFile {
    input: Input,
    schema: SchemaRef,
    builder: Box<dyn Build>,
}

/// The one thing asked of a builder, wherever its bytes lie.
trait Build {
    fn build(
        self: Box<Self>,
        columns: &[usize],
    ) -> parquet::errors::Result<ParquetRecordBatchReader>;
}

impl<R: ChunkReader + 'static> Build for ParquetRecordBatchReaderBuilder<R> {
    fn build(
        self: Box<Self>,
        columns: &[usize],
    ) -> parquet::errors::Result<ParquetRecordBatchReader> {
        let mask = ProjectionMask::roots(self.parquet_schema(), columns.iter().copied());
        self.with_projection(mask).with_batch_size(ROWS).build()
    }
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
        let builder = ParquetRecordBatchReaderBuilder::try_new(source);
        let builder = builder.map_err(|_| damaged(input, "Parquet"))?;
        let schema = Arc::clone(builder.schema());
        Ok(Self { input: input.clone(), schema, builder: Box::new(builder) })
    }

    /// The columns of the file.
    pub(super) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The batches with these columns, in the order of the file.
    pub(super) fn feed(self, columns: &[usize]) -> Result<Box<dyn Feed>> {
        let reader = self.builder.build(columns).map_err(|_| damaged(&self.input, "Parquet"))?;
        Ok(Box::new(ParquetFeed { reader, input: self.input }))
    }
}
