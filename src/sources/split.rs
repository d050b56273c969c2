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

/// Goes through the records of a stretch.
#[derive(Debug)]
pub(super) struct Splitter<'a> {
    text: &'a mut [u8],
    delimiter: u8,
    has_quotes: bool,
    /// Where the next cell begins.
    at: usize,
    line: u64,
    /// Without quotes: the eight bytes that are looked at, and which of them end a cell.
    word: usize,
    ends: u64,
}

const LOW: u64 = 0x0101_0101_0101_0101;
const SEVEN: u64 = 0x7f7f_7f7f_7f7f_7f7f;

impl<'a> Splitter<'a> {
    /// Begins at the front of a stretch whose first line has this number.
    ///
    /// Doubled quotes are made single in place.
    pub(super) fn new(text: &'a mut [u8], delimiter: u8, line: u64) -> Self {
        let has_quotes = memchr(b'"', text).is_some();
        let ends = ends(text, 0, delimiter);
        Self { text, delimiter, has_quotes, at: 0, line, word: 0, ends }
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
    #[inline]
    pub(super) fn next(&mut self, cells: &mut Vec<Span>) -> Option<Record> {
        loop {
            cells.clear();
            if self.at >= self.text.len() {
                return None;
            }
            if self.has_quotes {
                if let Some(record) = self.next_quoted(cells) {
                    return Some(record);
                }
            } else {
                let record = Record { line: self.line, fault: None };
                self.next_plain(cells);
                self.line += 1;
                let is_empty = cells.len() == 1 && cells.iter().all(|c| c.start == c.end);
                if !is_empty {
                    return Some(record);
                }
            }
        }
    }

    /// The cells up to the next line end, where there are no quotes.
    #[inline]
    fn next_plain(&mut self, cells: &mut Vec<Span>) {
        loop {
            while self.ends != 0 {
                let end = self.word + (self.ends.trailing_zeros() / 8) as usize;
                self.ends &= self.ends - 1;
                let start = self.at;
                self.at = end + 1;
                if self.text.get(end) == Some(&b'\n') {
                    self.push_last(start, end, cells);
                    return;
                }
                cells.push(Span { start: start as u32, end: end as u32 });
            }
            self.word += 8;
            if self.word >= self.text.len() {
                let (start, end) = (self.at, self.text.len());
                self.at = end;
                self.push_last(start, end, cells);
                return;
            }
            self.ends = ends(self.text, self.word, self.delimiter);
        }
    }

    /// The last cell of a line, without its carriage return.
    #[inline]
    fn push_last(&self, start: usize, end: usize, cells: &mut Vec<Span>) {
        let has_return = end > start && self.text.get(end - 1) == Some(&b'\r');
        cells.push(Span { start: start as u32, end: (end - usize::from(has_return)) as u32 });
    }

    /// The next record where there may be quotes; `None` for an empty line.
    fn next_quoted(&mut self, cells: &mut Vec<Span>) -> Option<Record> {
        let (begin, line) = (self.at, self.line);
        let mut is_quoted = false;
        let (record_end, fault) = loop {
            if self.text.get(self.at) == Some(&b'"') {
                is_quoted = true;
                let open = self.at;
                let Some(next) = self.quoted_cell(cells) else {
                    let quote_line = line + newlines(self.text, begin, open);
                    break (line_end(self.text, open), Some((quote_line, cells.len())));
                };
                if self.text.get(next) != Some(&self.delimiter) {
                    break (line_end(self.text, next), None);
                }
                self.at = next + 1;
            } else {
                let rest = self.text.get(self.at..).unwrap_or_default();
                let end = memchr::memchr2(self.delimiter, b'\n', rest);
                let end = end.map_or(self.text.len(), |end| self.at + end);
                if self.text.get(end) != Some(&self.delimiter) {
                    self.push_last(self.at, end, cells);
                    break (end, None);
                }
                cells.push(Span { start: self.at as u32, end: end as u32 });
                self.at = end + 1;
            }
        };
        self.at = (record_end + 1).min(self.text.len());
        self.line += newlines(self.text, begin, self.at);
        let is_empty = !is_quoted && cells.len() == 1 && cells.iter().all(|c| c.start == c.end);
        (!is_empty).then_some(Record { line, fault })
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

/// The place of the line end at or after `from`, or of the end of the text.
fn line_end(text: &[u8], from: usize) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    memchr(b'\n', rest).map_or(text.len(), |end| from + end)
}

fn newlines(text: &[u8], from: usize, to: usize) -> u64 {
    memchr_iter(b'\n', text.get(from..to).unwrap_or_default()).count() as u64
}

/// A set high bit for each of eight bytes that is a delimiter or a line end.
///
/// # Source
/// H. S. Warren, *Hacker's Delight* (2nd ed. 2012), §6-1: the exact test for a zero byte.
#[inline]
fn ends(text: &[u8], at: usize, delimiter: u8) -> u64 {
    let rest = text.get(at..).unwrap_or_default();
    let word = match rest.first_chunk::<8>() {
        Some(word) => u64::from_le_bytes(*word),
        None => rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    };
    let zeros = |x: u64| !(((x & SEVEN) + SEVEN) | x | SEVEN);
    zeros(word ^ (LOW * u64::from(delimiter))) | zeros(word ^ (LOW * u64::from(b'\n')))
}
