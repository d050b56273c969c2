//! The feed as CSV.

use super::{COLUMNS, FeedRows, Piece, Sink, text};
use crate::units::Day;

/// CSV rows of the feed, as bytes.
#[derive(Debug)]
pub struct CsvFeed {
    bytes: Vec<u8>,
    /// By piece and a part of the key's hash, where such a piece was written last.
    written: Vec<Written>,
}

/// A piece that was written.
#[derive(Debug, Clone, Copy, Default)]
struct Written {
    key: u128,
    start: usize,
    /// 0 where nothing was written yet: a piece has at least a comma.
    end: usize,
}

/// Pieces of each kind that are remembered.
const REMEMBERED: usize = 128;
/// Kinds of pieces.
const KINDS: usize = Piece::Last as usize + 1;

/// Where a piece of a key is remembered.
fn place(piece: Piece, key: u128) -> usize {
    let folded = (key as u64 ^ (key >> 64) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    piece as usize * REMEMBERED + (folded >> 57) as usize % REMEMBERED
}

impl CsvFeed {
    /// The bytes that tell some spreadsheets that a file is UTF-8.
    pub const BOM: &[u8] = b"\xef\xbb\xbf";

    /// The header line.
    pub fn header() -> Vec<u8> {
        let names: Vec<&str> = COLUMNS.iter().map(|column| column.name).collect();
        let mut header = names.join(",").into_bytes();
        header.push(b'\n');
        header
    }

    /// Appends the lines of some rows.
    pub fn write(rows: &FeedRows<'_>, bytes: &mut Vec<u8>) {
        let mut feed = Self {
            bytes: std::mem::take(bytes),
            written: vec![Written::default(); KINDS * REMEMBERED],
        };
        rows.send(&mut feed);
        *bytes = feed.bytes;
    }
}

impl Sink for CsvFeed {
    fn foreign(&mut self, text: Option<&str>) {
        if let Some(text) = text {
            text::push_text(text, &mut self.bytes);
        }
        self.bytes.push(b',');
    }

    fn plain(&mut self, text: Option<&str>) {
        if let Some(text) = text {
            self.bytes.extend_from_slice(text.as_bytes());
        }
        self.bytes.push(b',');
    }

    fn date(&mut self, day: Option<Day>) {
        if let Some(day) = day {
            text::push_day(day, &mut self.bytes);
        }
        self.bytes.push(b',');
    }

    fn number(&mut self, value: Option<f64>) {
        if let Some(value) = value {
            text::push_number(value, &mut self.bytes);
        }
        self.bytes.push(b',');
    }

    fn alike(&mut self, piece: Piece, key: u128, cells: impl FnOnce(&mut Self)) {
        let place = place(piece, key);
        let known = self.written.get(place).copied().unwrap_or_default();
        if known.end > 0 && known.key == key {
            self.bytes.extend_from_within(known.start..known.end);
            return;
        }
        let start = self.bytes.len();
        cells(self);
        if let Some(known) = self.written.get_mut(place) {
            *known = Written { key, start, end: self.bytes.len() };
        }
    }

    fn end_row(&mut self) {
        if let Some(last) = self.bytes.last_mut() {
            *last = b'\n';
        }
    }
}
