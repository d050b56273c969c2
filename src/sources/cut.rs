//! A text cut into stretches at the ends of records.
//!
//! # The grammar of quotes
//! A cell that begins with `"` ends at the next `"` that is not doubled, and a delimiter, a line
//! end or the end of the file must follow. Where something else follows, the quote is faulty: its
//! record ends with the line the quote stands in, and the next line begins a new record. Where no
//! other `"` follows at all, the file is refused. A quote anywhere else is a character like others.
//! [`split`](super::split) reads records by the same grammar, so that a cut falls between records
//! whatever its place.

use memchr::{memchr, memchr_iter, memrchr};

use super::{
    decode::Decoder,
    input::{Input, unreadable},
};
use crate::{
    error::{Error, Kind, Place, Result},
    spare::{Borrowed, Spare},
};

/// The length of a stretch in bytes, if its last record ends there.
pub(super) const STRETCH: usize = 1 << 19;
/// The most bytes that a record may have.
pub(super) const LONGEST_RECORD: usize = 1 << 24;

/// Some whole records of a text.
#[derive(Debug)]
pub(super) struct Stretch {
    /// The records, in UTF-8 except for faults.
    pub(super) text: Borrowed<Vec<u8>>,
    /// The line in the file that the text begins with, from 1.
    pub(super) line: u64,
}

/// Cuts a stream into stretches.
pub(super) struct Cutter {
    input: Input,
    /// What the bytes are, for an error.
    what: &'static str,
    decoder: Decoder,
    /// Read but not handed out.
    text: Borrowed<Vec<u8>>,
    spare: Spare<Vec<u8>>,
    line: u64,
    length: usize,
    quotes: Quotes,
    /// How much of the text the quotes have been followed through.
    followed: usize,
}

impl Cutter {
    pub(super) fn new(input: Input, what: &'static str, decoder: Decoder, length: usize) -> Self {
        let spare = Spare::default();
        let (text, quotes) = (spare.take(), Quotes::default());
        Self { input, what, decoder, text, spare, line: 1, length, quotes, followed: 0 }
    }

    /// The first bytes of the text, to look at.
    pub(super) fn head(&mut self) -> Result<&[u8]> {
        self.fill(STRETCH)?;
        self.decoder.settle_line_ends(&mut self.text);
        Ok(&self.text)
    }

    /// The decoder, which knows the encoding by and by.
    pub(super) fn decoder(&self) -> &Decoder {
        &self.decoder
    }

    /// Sets the delimiter, before the first stretch is cut.
    pub(super) fn set_delimiter(&mut self, delimiter: u8) {
        self.quotes.delimiter = delimiter;
    }

    fn fill(&mut self, length: usize) -> Result<()> {
        let filled = self.decoder.fill(&mut self.text, length);
        filled.map_err(|e| unreadable(&self.input, self.what, e))
    }

    /// The next stretch; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Stretch>> {
        let mut length = self.length.max(self.followed);
        loop {
            self.fill(length)?;
            if self.text.is_empty() {
                return Ok(None);
            }
            let ended = self.decoder.ended() && self.text.len() <= length;
            let seen = self.text.len().min(length);
            self.followed = seen;
            self.quotes.follow(self.text.get(..seen).unwrap_or_default(), ended);
            if ended {
                return self.last().map(Some);
            }
            if self.quotes.end > 0 {
                return Ok(Some(self.cut(self.quotes.end)));
            }
            if seen > LONGEST_RECORD {
                return Err(self.too_long());
            }
            length += self.length;
        }
    }

    fn last(&mut self) -> Result<Stretch> {
        match self.quotes.open {
            Some(open) => Err(self.unclosed(open)),
            None => Ok(self.cut(self.text.len())),
        }
    }

    fn cut(&mut self, end: usize) -> Stretch {
        let mut rest = self.spare.take();
        rest.clear();
        rest.extend_from_slice(self.text.get(end..).unwrap_or_default());
        self.text.truncate(end);
        let text = std::mem::replace(&mut self.text, rest);
        let line = self.line;
        self.line += memchr_iter(b'\n', &text).count() as u64;
        self.quotes.moved_by(end);
        self.followed = self.followed.saturating_sub(end);
        Stretch { text, line }
    }

    fn unclosed(&self, open: usize) -> Error {
        let before = self.text.get(..open).unwrap_or_default();
        let line = self.line + memchr_iter(b'\n', before).count() as u64;
        Error::new(Kind::UnclosedQuote, "the quote that opens in this line never closes")
            .at(Place::Line(self.input.name(), line))
    }

    fn too_long(&self) -> Error {
        match self.quotes.open {
            Some(open) => self.unclosed(open),
            None => Error::new(
                Kind::TooLarge,
                format!("a row has more than {} MiB", LONGEST_RECORD >> 20),
            )
            .at(Place::Line(self.input.name(), self.line))
            .hint_with("check that the file is a table and that its lines end"),
        }
    }
}

/// Follows the quotes through a text that grows at its end.
#[derive(Debug, Default)]
struct Quotes {
    delimiter: u8,
    /// The text before this place has been followed, and it lies outside quotes.
    outside: usize,
    /// The quote that is open, if one is.
    open: Option<usize>,
    /// Inside the open quote, the text before this place has been followed.
    inside: usize,
    /// The end of the last whole record; 0 if there is none.
    end: usize,
}

impl Quotes {
    /// Follows `text` to its end; `ended` says that nothing will come after it.
    fn follow(&mut self, text: &[u8], ended: bool) {
        while self.step(text, ended) {}
    }

    fn step(&mut self, text: &[u8], ended: bool) -> bool {
        match self.open {
            None => self.seek_opening(text),
            Some(open) => self.seek_closing(text, open, ended),
        }
    }

    fn seek_opening(&mut self, text: &[u8]) -> bool {
        let from = self.outside;
        let rest = text.get(from..).unwrap_or_default();
        let quote = memchr(b'"', rest).map(|at| from + at);
        let until = quote.unwrap_or(text.len());
        if let Some(at) = memrchr(b'\n', text.get(from..until).unwrap_or_default()) {
            self.end = from + at + 1;
        }
        self.outside = until;
        let Some(quote) = quote else { return false };
        let before = quote.checked_sub(1).and_then(|at| text.get(at));
        let opens = before.is_none_or(|b| *b == self.delimiter || *b == b'\n');
        if opens {
            self.open = Some(quote);
            self.inside = quote + 1;
        } else {
            self.outside = quote + 1;
        }
        true
    }

    fn seek_closing(&mut self, text: &[u8], open: usize, ended: bool) -> bool {
        let rest = text.get(self.inside..).unwrap_or_default();
        let Some(quote) = memchr(b'"', rest).map(|at| self.inside + at) else {
            self.inside = text.len();
            return false;
        };
        match closing(text, quote, self.delimiter) {
            Closing::Doubled => self.inside = quote + 2,
            Closing::CutOff if !ended => {
                self.inside = quote;
                return false;
            }
            // At the end of the file a quote closes, alone or with a carriage return.
            Closing::Closed | Closing::CutOff => self.close_at(quote + 1),
            Closing::Faulty => match memchr(b'\n', text.get(open..).unwrap_or_default()) {
                Some(line_end) => {
                    self.end = open + line_end + 1;
                    self.close_at(open + line_end + 1);
                }
                // The quote closes in its own line, which is not whole yet.
                None if !ended => return false,
                None => self.close_at(text.len()),
            },
        }
        true
    }

    fn close_at(&mut self, place: usize) {
        self.open = None;
        self.outside = place;
    }

    fn moved_by(&mut self, length: usize) {
        self.outside = self.outside.saturating_sub(length);
        self.inside = self.inside.saturating_sub(length);
        self.open = self.open.map(|open| open.saturating_sub(length));
        self.end = 0;
    }
}

/// What a quote inside a quoted cell is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Closing {
    /// Half of a doubled quote.
    Doubled,
    /// The end of the cell.
    Closed,
    /// Neither: something that cannot follow a closing quote follows.
    Faulty,
    /// The text ends before that can be said.
    CutOff,
}

/// What the quote at this place inside a quoted cell is.
pub(super) fn closing(text: &[u8], quote: usize, delimiter: u8) -> Closing {
    match (text.get(quote + 1), text.get(quote + 2)) {
        (None, _) | (Some(b'\r'), None) => Closing::CutOff,
        (Some(b'"'), _) => Closing::Doubled,
        (Some(b'\n'), _) | (Some(b'\r'), Some(b'\n')) => Closing::Closed,
        (Some(b), _) if *b == delimiter => Closing::Closed,
        _ => Closing::Faulty,
    }
}
