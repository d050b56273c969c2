//! Bytes in any encoding to UTF-8, as a stream.
//!
//! A byte sequence that is wrong in a UTF-16 or GB18030 text comes out as the byte `FF`, which is
//! never UTF-8; so one later check finds the faulty cells of every encoding.

use std::io;

use encoding_rs::{DecoderResult, GB18030, UTF_16BE, UTF_16LE};
use memchr::memchr;

use super::{
    format::Encoding,
    input::{Stream, read_up_to},
};

/// Bytes that are read at a time to be transcoded.
const STEP: usize = 1 << 16;
/// Bytes after the first one outside ASCII by which UTF-8 is told from GB18030.
const WINDOW: usize = 1 << 16;
/// Bytes by which UTF-16 without a mark is known.
const HEAD: usize = 4096;

/// Reads UTF-8 from a stream in any encoding.
pub(super) struct Decoder {
    stream: Stream,
    state: State,
    ended: bool,
    line_ends: LineEnds,
}

/// What ends a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LineEnds {
    /// A line feed, with or without a carriage return.
    Feed,
    /// A carriage return alone, as on old Macs; it is turned into a line feed.
    Return,
}

enum State {
    /// Nothing read yet.
    Fresh(Option<Encoding>),
    /// ASCII so far.
    Ascii,
    Utf8,
    Transcoding {
        encoding: Encoding,
        decoder: encoding_rs::Decoder,
        raw: Vec<u8>,
    },
}

impl Decoder {
    pub(super) fn new(stream: Stream, encoding: Option<Encoding>) -> Self {
        Self { stream, state: State::Fresh(encoding), ended: false, line_ends: LineEnds::Feed }
    }

    /// The encoding as far as it is known by now.
    pub(super) fn encoding(&self) -> Encoding {
        match &self.state {
            State::Fresh(encoding) => encoding.unwrap_or(Encoding::Utf8),
            State::Ascii | State::Utf8 => Encoding::Utf8,
            State::Transcoding { encoding, .. } => *encoding,
        }
    }

    /// Whether the stream has ended.
    pub(super) fn ended(&self) -> bool {
        self.ended
    }

    /// Appends UTF-8 until `text` holds at least `length` bytes or the stream ends.
    pub(super) fn fill(&mut self, text: &mut Vec<u8>, length: usize) -> io::Result<()> {
        let start = text.len();
        self.fill_as_is(text, length)?;
        if self.line_ends == LineEnds::Return {
            returns_to_feeds(text.get_mut(start..).unwrap_or_default());
        }
        Ok(())
    }

    /// From here on carriage returns end lines, if the text so far has these and no line feed.
    pub(super) fn settle_line_ends(&mut self, text: &mut [u8]) {
        if memchr(b'\n', text).is_none() && memchr(b'\r', text).is_some() {
            self.line_ends = LineEnds::Return;
            returns_to_feeds(text);
        }
    }

    fn fill_as_is(&mut self, text: &mut Vec<u8>, length: usize) -> io::Result<()> {
        while text.len() < length && !self.ended {
            match &mut self.state {
                State::Fresh(encoding) => {
                    let encoding = *encoding;
                    self.begin(encoding, text)?;
                }
                State::Ascii => self.fill_undecided(text, length)?,
                State::Utf8 => {
                    let wanted = length - text.len();
                    self.ended = read_up_to(&mut self.stream, wanted, text)? < wanted;
                }
                State::Transcoding { decoder, raw, .. } => {
                    let wanted = STEP.saturating_sub(raw.len());
                    let ended = read_up_to(&mut self.stream, wanted, raw)? < wanted;
                    transcode(decoder, raw, ended, text);
                    raw.clear();
                    self.ended = ended;
                }
            }
        }
        Ok(())
    }

    /// Takes off the byte order mark and settles what can be settled.
    fn begin(&mut self, named: Option<Encoding>, text: &mut Vec<u8>) -> io::Result<()> {
        let mut head = Vec::new();
        let ended = read_up_to(&mut self.stream, HEAD, &mut head)? < HEAD;
        let (marked, mark) = match head.as_slice() {
            [0xef, 0xbb, 0xbf, ..] => (Some(Encoding::Utf8), 3),
            [0xff, 0xfe, ..] => (Some(Encoding::Utf16Le), 2),
            [0xfe, 0xff, ..] => (Some(Encoding::Utf16Be), 2),
            [0x84, 0x31, 0x95, 0x33, ..] => (Some(Encoding::Gb18030), 4),
            _ => (None, 0),
        };
        let encoding = named.or(marked).or_else(|| utf16_by_zeros(&head));
        if mark > 0 && encoding == marked {
            head.drain(..mark);
        }
        self.ended = ended && matches!(encoding, Some(Encoding::Utf8));
        match encoding {
            Some(Encoding::Utf8) => {
                self.state = State::Utf8;
                text.append(&mut head);
            }
            Some(encoding) => self.transcode_from(encoding, head),
            None => {
                self.state = State::Ascii;
                let start = text.len();
                text.append(&mut head);
                self.decide(text, start)?;
                // Otherwise the next read finds the end by itself.
            }
        }
        Ok(())
    }

    fn fill_undecided(&mut self, text: &mut Vec<u8>, length: usize) -> io::Result<()> {
        let start = text.len();
        let wanted = length - start;
        let ended = read_up_to(&mut self.stream, wanted, text)? < wanted;
        self.decide(text, start)?;
        self.ended |= ended && !matches!(self.state, State::Transcoding { .. });
        Ok(())
    }

    /// Settles the encoding if there is a byte outside ASCII at or after `start`.
    fn decide(&mut self, text: &mut Vec<u8>, start: usize) -> io::Result<()> {
        let fresh = text.get(start..).unwrap_or_default();
        if fresh.is_ascii() {
            return Ok(());
        }
        let first = start + fresh.iter().position(|b| !b.is_ascii()).unwrap_or(0);
        let missing = (first + WINDOW).saturating_sub(text.len());
        if missing > 0 {
            read_up_to(&mut self.stream, missing, text)?;
        }
        let end = text.len().min(first + WINDOW);
        match guess(text.get(first..end).unwrap_or_default()) {
            Encoding::Gb18030 => {
                let raw = text.split_off(first);
                self.transcode_from(Encoding::Gb18030, raw);
            }
            _ => self.state = State::Utf8,
        }
        Ok(())
    }

    fn transcode_from(&mut self, encoding: Encoding, raw: Vec<u8>) {
        let decoder = match encoding {
            Encoding::Utf16Le => UTF_16LE.new_decoder_without_bom_handling(),
            Encoding::Utf16Be => UTF_16BE.new_decoder_without_bom_handling(),
            Encoding::Utf8 | Encoding::Gb18030 => GB18030.new_decoder_without_bom_handling(),
        };
        self.state = State::Transcoding { encoding, decoder, raw };
    }
}

fn returns_to_feeds(text: &mut [u8]) {
    for byte in text.iter_mut().filter(|b| **b == b'\r') {
        *byte = b'\n';
    }
}

fn transcode(decoder: &mut encoding_rs::Decoder, raw: &[u8], last: bool, text: &mut Vec<u8>) {
    let mut done = 0;
    loop {
        let rest = raw.get(done..).unwrap_or_default();
        let start = text.len();
        // At least 16, so that every round gets on.
        text.resize(start + rest.len() + rest.len() / 2 + 16, 0);
        let room = text.get_mut(start..).unwrap_or_default();
        let (result, read, written) = decoder.decode_to_utf8_without_replacement(rest, room, last);
        text.truncate(start + written);
        done += read;
        match result {
            DecoderResult::InputEmpty => return,
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(..) => text.push(0xff),
        }
    }
}

/// UTF-16 without a mark, by the zero bytes that digits and delimiters have in it.
fn utf16_by_zeros(head: &[u8]) -> Option<Encoding> {
    let mut zeros = [0_usize; 2];
    for (i, _) in head.iter().enumerate().filter(|(_, b)| **b == 0) {
        zeros[i % 2] += 1;
    }
    let [even, odd] = zeros;
    if head.len() < 4 || (even + odd) * 8 < head.len() {
        None
    } else if odd > 16 * even {
        Some(Encoding::Utf16Le)
    } else if even > 16 * odd {
        Some(Encoding::Utf16Be)
    } else {
        None
    }
}

/// UTF-8 or GB18030, by a stretch that begins with its first byte outside ASCII.
///
/// Text without a fault as UTF-8 is UTF-8. Text with faults is GB18030 if these outnumber its
/// well-formed characters, and its high bytes stand in pairs as Chinese does and Latin-1 does not;
/// else it is UTF-8 with faults.
fn guess(window: &[u8]) -> Encoding {
    let (mut characters, mut faults) = (0_usize, 0_usize);
    for chunk in window.utf8_chunks() {
        characters += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        faults += usize::from(!chunk.invalid().is_empty());
    }
    // The window may end inside a character.
    let is_cut = window.len() >= WINDOW;
    if faults <= usize::from(is_cut) || faults <= characters {
        return Encoding::Utf8;
    }
    let (mut pairs, mut singles) = (0_usize, 0_usize);
    let mut rest = window;
    loop {
        rest = match rest {
            [] => break,
            [first, after @ ..] if first.is_ascii() => after,
            // A character of four bytes, or of two.
            [_, b'0'..=b'9', third, b'0'..=b'9', after @ ..] if !third.is_ascii() => {
                pairs += 1;
                after
            }
            [_, second, after @ ..] if !second.is_ascii() => {
                pairs += 1;
                after
            }
            [_, after @ ..] => {
                singles += 1;
                after
            }
        };
    }
    if pairs > singles { Encoding::Gb18030 } else { Encoding::Utf8 }
}
