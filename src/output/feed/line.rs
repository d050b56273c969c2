//! A line of a CSV file beside the feed.

use super::text;
use crate::units::Day;

/// A line that grows by cells.
#[derive(Debug, Default)]
pub struct Line {
    bytes: Vec<u8>,
}

impl Line {
    /// Adds a text, quoted where it must be; `None` is empty.
    pub fn text(&mut self, text: Option<&str>) {
        text::push_text(text.unwrap_or_default(), &mut self.bytes);
        self.bytes.push(b',');
    }

    /// Adds a number; `None` is empty.
    pub fn number(&mut self, value: Option<f64>) {
        if let Some(value) = value {
            text::push_number(value, &mut self.bytes);
        }
        self.bytes.push(b',');
    }

    /// Adds a date; `None` is empty.
    pub fn day(&mut self, day: Option<Day>) {
        if let Some(day) = day {
            text::push_day(day, &mut self.bytes);
        }
        self.bytes.push(b',');
    }

    /// The line with its end.
    pub fn finish(mut self) -> Vec<u8> {
        if let Some(last) = self.bytes.last_mut() {
            *last = b'\n';
        }
        self.bytes
    }
}
