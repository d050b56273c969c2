//! The pages of a Parquet file, looked over before they are decoded.
//!
//! The `parquet` crate panics on some damaged pages and footers: levels that are said to be longer
//! than their page, a dictionary that is not there, a negative place. What it takes for granted is
//! checked here. Only flat columns are read: a cell is there or missing, and nothing is nested.

use std::sync::Arc;

use parquet::{
    arrow::arrow_reader::RowGroups,
    basic::{Encoding, Type},
    column::page::{Page, PageIterator, PageMetadata, PageReader},
    errors::{ParquetError, Result},
    file::{
        metadata::{ParquetMetaData, RowGroupMetaData},
        reader::ChunkReader,
        serialized_reader::SerializedPageReader,
    },
};

fn damaged(what: &str) -> ParquetError {
    ParquetError::General(what.to_owned())
}

/// The row groups of a file whose footer has been checked.
pub(super) struct Groups<R> {
    source: Arc<R>,
    metadata: Arc<ParquetMetaData>,
}

impl<R: ChunkReader + 'static> Groups<R> {
    /// Checks that the footer names places inside the file.
    pub(super) fn new(source: R, metadata: Arc<ParquetMetaData>) -> Result<Self> {
        let length = i64::try_from(source.len()).unwrap_or(i64::MAX);
        let mut rows = 0_i64;
        for group in metadata.row_groups() {
            rows = Some(group.num_rows())
                .filter(|count| *count >= 0)
                .and_then(|count| rows.checked_add(count))
                .ok_or_else(|| damaged("the number of rows is none"))?;
            for column in group.columns() {
                let start = column.dictionary_page_offset().unwrap_or(column.data_page_offset());
                let end = start.checked_add(column.compressed_size());
                let places = [start, column.data_page_offset(), column.compressed_size()];
                let lies_inside = places.iter().all(|place| *place >= 0)
                    && column.num_values() >= 0
                    && end.is_some_and(|end| end <= length);
                if !lies_inside {
                    return Err(damaged("a column lies outside the file"));
                }
            }
        }
        Ok(Self { source: Arc::new(source), metadata })
    }
}

impl<R: ChunkReader + 'static> RowGroups for Groups<R> {
    fn num_rows(&self) -> usize {
        self.metadata.row_groups().iter().map(|group| group.num_rows() as usize).sum()
    }

    fn column_chunks(&self, column: usize) -> Result<Box<dyn PageIterator>> {
        let (source, metadata) = (Arc::clone(&self.source), Arc::clone(&self.metadata));
        Ok(Box::new(Chunks { source, metadata, column, group: 0 }))
    }

    fn row_groups(&self) -> Box<dyn Iterator<Item = &RowGroupMetaData> + '_> {
        Box::new(self.metadata.row_groups().iter())
    }

    fn metadata(&self) -> &ParquetMetaData {
        &self.metadata
    }
}

/// The chunks of a column, one a row group.
struct Chunks<R> {
    source: Arc<R>,
    metadata: Arc<ParquetMetaData>,
    column: usize,
    group: usize,
}

impl<R: ChunkReader + 'static> Iterator for Chunks<R> {
    type Item = Result<Box<dyn PageReader>>;

    fn next(&mut self) -> Option<Self::Item> {
        let group = self.metadata.row_groups().get(self.group)?;
        self.group += 1;
        Some(self.pages(group))
    }
}

impl<R: ChunkReader + 'static> PageIterator for Chunks<R> {}

impl<R: ChunkReader + 'static> Chunks<R> {
    fn pages(&self, group: &RowGroupMetaData) -> Result<Box<dyn PageReader>> {
        let chunk = group.columns().get(self.column);
        let chunk = chunk.ok_or_else(|| damaged("a row group has too few columns"))?;
        let rows = group.num_rows() as usize;
        let pages = SerializedPageReader::new(Arc::clone(&self.source), chunk, rows, None)?;
        let max_level = chunk.column_descr().max_def_level();
        let width = match chunk.column_type() {
            Type::INT32 | Type::FLOAT => 4,
            Type::INT64 | Type::DOUBLE => 8,
            _ => u64::try_from(chunk.column_descr().type_length()).unwrap_or(1).max(1),
        };
        Ok(Box::new(CheckedPages { pages, max_level, width, dictionary: Dictionary::Absent }))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dictionary {
    Absent,
    Present,
}

/// The pages of a chunk that can be decoded without a panic.
struct CheckedPages<R: ChunkReader> {
    pages: SerializedPageReader<R>,
    /// 0 where every cell is there, 1 where cells may be missing.
    max_level: i16,
    /// The bytes of a value, where all are equally long.
    width: u64,
    dictionary: Dictionary,
}

impl<R: ChunkReader + 'static> Iterator for CheckedPages<R> {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

impl<R: ChunkReader + 'static> PageReader for CheckedPages<R> {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        while let Some(page) = self.pages.get_next_page()? {
            let is_data = page.is_data_page();
            if is_data && page.num_values() == 0 {
                continue;
            }
            self.check(&page)?;
            return Ok(Some(page));
        }
        Ok(None)
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        self.pages.peek_next_page()
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.pages.skip_next_page()
    }

    fn at_record_boundary(&mut self) -> Result<bool> {
        self.pages.at_record_boundary()
    }
}

impl<R: ChunkReader> CheckedPages<R> {
    fn check(&mut self, page: &Page) -> Result<()> {
        match page {
            Page::DictionaryPage { buf, num_values, .. } => {
                self.dictionary = Dictionary::Present;
                let has_values = *num_values > 0 || buf.is_empty();
                let has_room = u64::from(*num_values) <= buf.len() as u64 * 8;
                if has_values && has_room { Ok(()) } else { Err(damaged("an odd dictionary")) }
            }
            Page::DataPage { buf, num_values, encoding, def_level_encoding, .. } => {
                if self.max_level == 0 {
                    return self.check_values(buf, u64::from(*num_values), *encoding);
                }
                if *def_level_encoding != Encoding::RLE {
                    return Err(damaged("an unknown encoding of levels"));
                }
                let (levels, values) = counted(buf)?;
                self.check_values(values, check_levels(levels, *num_values)?, *encoding)
            }
            Page::DataPageV2 { buf, num_values, encoding, num_nulls, .. } => {
                let (levels, values) = halves_of_v2(page, buf)?;
                let present = match self.max_level {
                    0 => u64::from(*num_values),
                    _ => check_levels(levels, *num_values)?,
                };
                if present + u64::from(*num_nulls) != u64::from(*num_values) {
                    return Err(damaged("the number of missing cells is wrong"));
                }
                self.check_values(values, present, *encoding)
            }
        }
    }

    /// Checks the values of a page that holds so many.
    fn check_values(&self, values: &[u8], present: u64, encoding: Encoding) -> Result<()> {
        let fits = match encoding {
            Encoding::PLAIN_DICTIONARY | Encoding::RLE_DICTIONARY => {
                // The first byte is the number of bits of an index.
                self.dictionary == Dictionary::Present
                    && values.first().is_none_or(|bits| *bits <= 32)
            }
            Encoding::BYTE_STREAM_SPLIT => {
                let length = values.len() as u64;
                length.is_multiple_of(self.width) && length / self.width >= present
            }
            _ => present > 0 || values.is_empty(),
        };
        if fits { Ok(()) } else { Err(damaged("the values do not fit their page")) }
    }
}

/// The levels and the values of a page of the second version.
fn halves_of_v2<'a>(page: &Page, bytes: &'a [u8]) -> Result<(&'a [u8], &'a [u8])> {
    let Page::DataPageV2 { def_levels_byte_len, rep_levels_byte_len, .. } = page else {
        return Err(damaged("a page of another version"));
    };
    let (start, length) = (*rep_levels_byte_len as usize, *def_levels_byte_len as usize);
    let halves = bytes.get(start..).and_then(|rest| rest.split_at_checked(length));
    halves.ok_or_else(|| damaged("levels are longer than their page"))
}

/// The bytes behind their own number, four bytes long, and those that follow.
fn counted(bytes: &[u8]) -> Result<(&[u8], &[u8])> {
    let counted = bytes.split_first_chunk::<4>().and_then(|(length, rest)| {
        rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)
    });
    counted.ok_or_else(|| damaged("levels are longer than their page"))
}

/// Checks that so many levels of one bit are there; gives the number of those that are set.
///
/// # Source
/// Apache Parquet format 2.11, *Run Length Encoding / Bit-Packing Hybrid*: a run is a LEB128 number,
/// odd for groups of eight bits, even for one byte that is repeated.
fn check_levels(mut bytes: &[u8], count: u32) -> Result<u64> {
    let (mut left, mut present) = (u64::from(count), 0);
    while left > 0 {
        let (header, rest) = leb128(bytes).ok_or_else(|| damaged("levels end too early"))?;
        let is_packed = header & 1 == 1;
        let run = if is_packed { (header >> 1).saturating_mul(8) } else { header >> 1 }.min(left);
        let length = if is_packed { run.div_ceil(8) } else { 1 };
        let (levels, rest) = usize::try_from(length)
            .ok()
            .and_then(|length| rest.split_at_checked(length))
            .ok_or_else(|| damaged("levels end too early"))?;
        present += match levels {
            [value] if !is_packed => {
                if *value == 0 {
                    0
                } else {
                    run
                }
            }
            _ => set_bits(levels, run),
        };
        left -= run;
        bytes = rest;
    }
    Ok(present)
}

/// How many of the first bits are set.
fn set_bits(bytes: &[u8], bits: u64) -> u64 {
    let all: u64 = bytes.iter().map(|byte| u64::from(byte.count_ones())).sum();
    let last = bytes.last().copied().unwrap_or(0);
    let beyond = if bits.is_multiple_of(8) { 0 } else { (last >> (bits % 8)).count_ones() };
    all - u64::from(beyond)
}

fn leb128(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0_u64;
    for (i, byte) in bytes.iter().enumerate().take(9) {
        value |= u64::from(byte & 0x7f) << (7 * i);
        if byte & 0x80 == 0 {
            return Some((value, bytes.get(i + 1..)?));
        }
    }
    None
}
