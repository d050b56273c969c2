//! The feed as CSV.

use super::{COLUMNS, FeedRows, Sink, text};
use crate::units::Day;

/// CSV rows of the feed, as bytes.
#[derive(Debug, Default)]
pub struct CsvFeed {
    bytes: Vec<u8>,
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

    /// The lines of some rows.
    pub fn lines(rows: &FeedRows<'_>) -> Vec<u8> {
        let mut feed = Self { bytes: Vec::with_capacity(rows.scored.state.len() * 512) };
        rows.send(&mut feed);
        feed.bytes
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

    fn end_row(&mut self) {
        if let Some(last) = self.bytes.last_mut() {
            *last = b'\n';
        }
    }
}
