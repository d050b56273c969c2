//! A stretch of text split into records and cells, by the grammar that [`cut`](super::cut) states.

use memchr::{memchr, memchr_iter};

use super::cut::{Closing, closing};

/// The place of a cell in its stretch, without its quotes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// The text from the cell on.
    #[inline]
    pub(super) fn onwards(self, text: &[u8]) -> &[u8] {
        text.get(self.start as usize..).unwrap_or_default()
    }

    /// The bytes of the cell.
    #[inline]
    pub(super) fn of(self, text: &[u8]) -> &[u8] {
        text.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

/// A record that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Record {
    /// The line it begins in, from 1.
    pub(super) line: u64,
    /// The line and the number of the cell whose quote is faulty, if one is.
    pub(super) fault: Option<(u64, usize)>,
}

/// Records, at most, that are found together: their cells stay in the nearest cache.
const MOST: usize = 64;

/// A few records that follow each other, all of the width of the table, to be read column by column.
#[derive(Debug)]
pub(super) struct Few {
    width: usize,
    /// The cells of one record after those of another.
    cells: Vec<Span>,
    /// The line each record begins in.
    lines: Vec<u64>,
    odd: Option<(Record, usize)>,
}

impl Few {
    /// None yet, in a table of so many columns.
    pub(super) fn new(width: usize) -> Self {
        let width = width.max(1);
        let cells = Vec::with_capacity(MOST * width + BYTES);
        Self { width, cells, lines: Vec::with_capacity(MOST), odd: None }
    }

    /// The line each record begins in.
    pub(super) fn lines(&self) -> &[u64] {
        &self.lines
    }

    /// The cells of a column.
    #[inline]
    pub(super) fn column(&self, place: usize) -> impl Iterator<Item = Span> {
        self.cells.iter().skip(place).step_by(self.width).copied()
    }

    /// The records, each with the line it begins in and its cells.
    pub(super) fn records(&self) -> impl Iterator<Item = (u64, &[Span])> {
        self.lines.iter().copied().zip(self.cells.chunks_exact(self.width))
    }

    /// The record after them, with the number of its cells, where it is not like them: it has a faulty
    /// quote, or another width.
    pub(super) fn odd(&self) -> Option<(Record, usize)> {
        self.odd
    }
}

/// Goes through the records of a stretch.
#[derive(Debug)]
pub(super) struct Splitter<'a> {
    text: &'a mut [u8],
    delimiter: u8,
    has_quotes: bool,
    /// Where the next cell begins.
    at: usize,
    line: u64,
    /// Without quotes: where the bytes begin that are looked at together, which of them end a cell and
    /// which of those a line, as far as they have not been passed.
    chunk: usize,
    ends: u64,
    line_ends: u64,
}

/// Bytes that are looked at together: a bit for each.
const BYTES: usize = 64;

impl<'a> Splitter<'a> {
    /// Begins at the front of a stretch whose first line has this number.
    ///
    /// Doubled quotes are made single in place.
    pub(super) fn new(text: &'a mut [u8], delimiter: u8, line: u64) -> Self {
        let has_quotes = memchr(b'"', text).is_some();
        let (ends, line_ends) = ends(text, 0, delimiter);
        Self { text, delimiter, has_quotes, at: 0, line, chunk: 0, ends, line_ends }
    }

    /// The text that the spans point into.
    #[inline]
    pub(super) fn text(&self) -> &[u8] {
        self.text
    }

    /// Where the next record begins, in bytes and in lines.
    pub(super) fn place(&self) -> (usize, u64) {
        (self.at, self.line)
    }

    /// Finds the next record that is not an empty line and puts its cells into `cells`.
    pub(super) fn next(&mut self, cells: &mut Vec<Span>) -> Option<Record> {
        cells.clear();
        self.find(cells)
    }

    /// Finds the next few records, up to the first odd one. There are none at the end: `false`.
    pub(super) fn few(&mut self, few: &mut Few) -> bool {
        few.cells.clear();
        few.lines.clear();
        few.odd = None;
        while few.lines.len() < MOST && few.odd.is_none() {
            let before = few.cells.len();
            let Some(record) = self.find(&mut few.cells) else { break };
            let width = few.cells.len() - before;
            if record.fault.is_none() && width == few.width {
                few.lines.push(record.line);
            } else {
                few.cells.truncate(before);
                few.odd = Some((record, width));
            }
        }
        !few.lines.is_empty() || few.odd.is_some()
    }

    /// Finds the next record that is not an empty line and adds its cells.
    #[inline]
    fn find(&mut self, cells: &mut Vec<Span>) -> Option<Record> {
        let before = cells.len();
        while self.at < self.text.len() {
            if self.has_quotes {
                if let Some(record) = self.next_quoted(cells) {
                    return Some(record);
                }
            } else {
                let record = Record { line: self.line, fault: None };
                self.next_plain(cells);
                self.line += 1;
                if !is_empty_line(cells, before) {
                    return Some(record);
                }
            }
            cells.truncate(before);
        }
        None
    }

    /// The cells up to the next line end, where there are no quotes.
    #[inline]
    fn next_plain(&mut self, cells: &mut Vec<Span>) {
        loop {
            // Up to the next line end, or all of them.
            let passed = self.line_ends ^ self.line_ends.wrapping_sub(1);
            let mut left = self.ends & passed;
            while left != 0 {
                let end = self.chunk + left.trailing_zeros() as usize;
                cells.push(Span { start: self.at as u32, end: end as u32 });
                self.at = end + 1;
                left &= left - 1;
            }
            self.ends &= !passed;
            if self.line_ends != 0 {
                self.line_ends &= !passed;
                self.end_line(cells);
                return;
            }
            self.chunk += BYTES;
            if self.chunk >= self.text.len() {
                let (start, end) = (self.at, self.text.len());
                self.at = end;
                cells.push(Span { start: start as u32, end: end as u32 });
                self.end_line(cells);
                return;
            }
            (self.ends, self.line_ends) = ends(self.text, self.chunk, self.delimiter);
        }
    }

    /// Takes the carriage return off the last cell of a line.
    #[inline]
    fn end_line(&self, cells: &mut [Span]) {
        if let Some(last) = cells.last_mut()
            && last.of(self.text).ends_with(b"\r")
        {
            last.end -= 1;
        }
    }

    /// The next record where there may be quotes; `None` for an empty line.
    fn next_quoted(&mut self, cells: &mut Vec<Span>) -> Option<Record> {
        let (begin, line, before) = (self.at, self.line, cells.len());
        let mut is_quoted = false;
        let (record_end, fault) = loop {
            if self.text.get(self.at) == Some(&b'"') {
                is_quoted = true;
                let open = self.at;
                let Some(next) = self.quoted_cell(cells) else {
                    let quote_line = line + newlines(self.text, begin, open);
                    break (line_end(self.text, open), Some((quote_line, cells.len() - before)));
                };
                if self.text.get(next) != Some(&self.delimiter) {
                    break (line_end(self.text, next), None);
                }
                self.at = next + 1;
            } else {
                let rest = self.text.get(self.at..).unwrap_or_default();
                let end = memchr::memchr2(self.delimiter, b'\n', rest);
                let end = end.map_or(self.text.len(), |end| self.at + end);
                cells.push(Span { start: self.at as u32, end: end as u32 });
                if self.text.get(end) != Some(&self.delimiter) {
                    self.end_line(cells);
                    break (end, None);
                }
                self.at = end + 1;
            }
        };
        self.at = (record_end + 1).min(self.text.len());
        self.line += newlines(self.text, begin, self.at);
        (is_quoted || !is_empty_line(cells, before)).then_some(Record { line, fault })
    }

    /// Reads the quoted cell that begins here; gives the place after its closing quote, or `None`
    /// where the quote is faulty.
    fn quoted_cell(&mut self, cells: &mut Vec<Span>) -> Option<usize> {
        let start = self.at + 1;
        let mut from = start;
        let mut doubled = 0;
        let close = loop {
            let quote = from + memchr(b'"', self.text.get(from..)?)?;
            match closing(self.text, quote, self.delimiter) {
                Closing::Doubled => {
                    doubled += 1;
                    from = quote + 2;
                }
                Closing::Closed | Closing::CutOff => break quote,
                Closing::Faulty => return None,
            }
        };
        let end = if doubled == 0 { close } else { self.undouble(start, close) };
        cells.push(Span { start: start as u32, end: end as u32 });
        Some(close + 1)
    }

    /// Makes the doubled quotes in a place single; gives the new end of the cell.
    fn undouble(&mut self, start: usize, end: usize) -> usize {
        let (mut from, mut to) = (start, start);
        while from < end {
            let is_quote = self.text.get(from) == Some(&b'"');
            self.text.copy_within(from..=from, to);
            from += 1 + usize::from(is_quote);
            to += 1;
        }
        // What is left over must not look like a line end.
        self.text.get_mut(to..end).unwrap_or_default().fill(b' ');
        to
    }
}

/// Whether all that a line added to the cells that were there before is one without a byte.
#[inline]
fn is_empty_line(cells: &[Span], before: usize) -> bool {
    matches!(cells.get(before..), Some([cell]) if cell.start == cell.end)
}

/// The place of the line end at or after `from`, or of the end of the text.
fn line_end(text: &[u8], from: usize) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    memchr(b'\n', rest).map_or(text.len(), |end| from + end)
}

fn newlines(text: &[u8], from: usize, to: usize) -> u64 {
    memchr_iter(b'\n', text.get(from..to).unwrap_or_default()).count() as u64
}

/// Of the bytes from `at` on a bit for each that ends a cell, and for each that ends a line.
#[inline]
fn ends(text: &[u8], at: usize, delimiter: u8) -> (u64, u64) {
    let rest = text.get(at..).unwrap_or_default();
    let (chunk, there) = if let Some(chunk) = rest.first_chunk::<BYTES>() {
        (*chunk, u64::MAX)
    } else {
        let mut chunk = [0; BYTES];
        for (to, from) in chunk.iter_mut().zip(rest) {
            *to = *from;
        }
        (chunk, (1 << rest.len()) - 1)
    };
    let line_ends = equal(&chunk, b'\n') & there;
    (equal(&chunk, delimiter) & there | line_ends, line_ends)
}

/// A bit for each byte of a chunk that is this one.
///
/// # Source
/// H. S. Warren, *Hacker's Delight* (2nd ed. 2012), §6-1: the exact test for a zero byte.
#[inline]
fn equal(chunk: &[u8; BYTES], byte: u8) -> u64 {
    const LOW: u64 = 0x0101_0101_0101_0101;
    const SEVEN: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    // Moves the lowest bit of each byte into the highest byte, side by side.
    const TOGETHER: u64 = 0x0102_0408_1020_4080;
    let (words, _) = chunk.as_chunks::<8>();
    words.iter().rev().fold(0, |bits, word| {
        let apart = u64::from_le_bytes(*word) ^ (LOW * u64::from(byte));
        let zeros = !(((apart & SEVEN) + SEVEN) | apart | SEVEN);
        bits << 8 | (zeros >> 7).wrapping_mul(TOGETHER) >> 56
    })
}
