//! The bundle as bytes: a line that says what follows, then JSON under its digest.
//!
//! ```text
//! reveille-bundle 1 <len> blake3:<64 hexadecimal digits>\n
//! <len bytes of JSON>
//! ```
//!
//! Reading runs no code and takes nothing on trust: length and digest before the JSON is looked at,
//! its shape (depth, number of values, no key twice) before anything is allocated for it, its types,
//! that nothing in it was left unread, and at last [the checks](super::check), after which no number in
//! the bundle can lead scoring astray.

use std::{cell::Cell, collections::BTreeSet, fmt};

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use super::{Bundle, check};
use crate::{
    error::{Error, Kind, Result},
    store,
};

/// The largest bundle file, in bytes.
pub const LIMIT: u64 = 64 << 20;

/// The newest format that this program reads, and the one it writes.
pub const FORMAT: u64 = 1;

const MAGIC: &str = "reveille-bundle ";
const MAX_DEPTH: u8 = 64;
/// In memory a value takes about 32 bytes, an object as much as [`OBJECT`] values.
const MAX_VALUES: u32 = 16_000_000;
const OBJECT: u32 = 16;

/// A bundle as the bytes of its file: the same bytes for the same bundle.
///
/// # Errors
/// [`Kind::BadBundle`] where the bundle would not read back as it is (a number that is not finite, a
/// tree that is none, …), [`Kind::TooLarge`] above [`LIMIT`].
pub fn to_bytes(bundle: &Bundle) -> Result<Vec<u8>> {
    check::bundle(bundle)?;
    let json = serde_json::to_vec(bundle)
        .map_err(|e| bad(format!("the bundle cannot be written as JSON: {}", plain(&e))))?;
    if parse(&json)? != *bundle {
        return Err(bad("the bundle would not read back as it is"));
    }
    let mut bytes = header(&json, &store::digest(&json)).into_bytes();
    if (bytes.len() + json.len()) as u64 > LIMIT {
        return Err(Error::new(Kind::TooLarge, format!("the bundle is larger than {LIMIT} bytes"))
            .hint_with("train on fewer columns, or with smaller trees"));
    }
    bytes.extend_from_slice(&json);
    Ok(bytes)
}

/// Reads a bundle from the bytes of its file.
///
/// # Errors
/// [`Kind::NewerBundle`] for a format above [`FORMAT`]; [`Kind::BadBundle`] for everything else that
/// is not exactly what [`to_bytes`] writes: a flipped bit, a cut, a byte too many, a wrong digest,
/// JSON that is no bundle, and numbers that scoring could not rely on.
pub fn from_bytes(bytes: &[u8]) -> Result<Bundle> {
    let bundle = parse(open(bytes)?.json)?;
    check::bundle(&bundle)?;
    Ok(bundle)
}

/// The JSON of a bundle file and its digest, which is right.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sealed<'a> {
    /// 64 hexadecimal digits.
    pub(super) digest: &'a str,
    json: &'a [u8],
}

/// Checks everything about a bundle file but its JSON.
pub(super) fn open(bytes: &[u8]) -> Result<Sealed<'_>> {
    if bytes.len() as u64 > LIMIT {
        return Err(bad(format!("the file is larger than {LIMIT} bytes")));
    }
    let start = &bytes[..bytes.len().min(128)];
    let Some(end) = memchr::memchr(b'\n', start).filter(|_| start.starts_with(MAGIC.as_bytes()))
    else {
        return Err(bad("this is not a reveille bundle: the first line is not that of one"));
    };
    let (line, json) = (&bytes[..end], &bytes[end + 1..]);
    let line = str::from_utf8(line).map_err(|_| bad("the first line is damaged"))?;
    let mut words = line.split(' ').skip(1);
    let (format, length) = (words.next().and_then(whole), words.next().and_then(whole));
    if let Some(newer) = format.filter(|&format| format > FORMAT) {
        let what = format!("the bundle has format {newer}; this program reads up to {FORMAT}");
        return Err(Error::new(Kind::NewerBundle, what));
    }
    let digest = words.next().and_then(|word| word.strip_prefix("blake3:"));
    let (Some(FORMAT), Some(length), Some(digest), None) = (format, length, digest, words.next())
    else {
        return Err(bad("the first line is damaged"));
    };
    if length != json.len() as u64 {
        let what = if (json.len() as u64) < length { "cut off" } else { "followed by more" };
        return Err(bad(format!(
            "the bundle is {what}: {} bytes where the first line says {length}",
            json.len()
        )));
    }
    if digest != store::digest(json) {
        return Err(bad("the bundle is damaged: its digest does not match"));
    }
    Ok(Sealed { digest, json })
}

fn header(json: &[u8], digest: &str) -> String {
    format!("{MAGIC}{FORMAT} {} blake3:{digest}\n", json.len())
}

/// A number as we write it: digits without a leading zero.
fn whole(word: &str) -> Option<u64> {
    let plain = word.bytes().all(|b| b.is_ascii_digit()) && (word == "0" || !word.starts_with('0'));
    if plain { word.parse().ok() } else { None }
}

fn parse(json: &[u8]) -> Result<Bundle> {
    let text = str::from_utf8(json).map_err(|_| bad("the bundle is not UTF-8"))?;
    let wrong = |e: serde_json::Error| bad(format!("the bundle holds other JSON: {}", plain(&e)));
    let mut reader = serde_json::Deserializer::from_str(text);
    Shape { left: &Cell::new(MAX_VALUES), depth: 0 }.deserialize(&mut reader).map_err(wrong)?;
    reader.end().map_err(wrong)?;
    let bundle: Bundle = serde_json::from_str(text).map_err(wrong)?;
    // By way of text, where an `f32` is the same number as in the file.
    let again = serde_json::to_vec(&bundle).map_err(wrong)?;
    // What this program wrote comes out the same to the byte, and need not be taken apart.
    if again != json {
        let told: serde_json::Value = serde_json::from_str(text).map_err(wrong)?;
        let understood: serde_json::Value = serde_json::from_slice(&again).map_err(wrong)?;
        if told != understood {
            return Err(bad("the bundle lacks fields, or holds some that are not understood"));
        }
    }
    Ok(bundle)
}

fn bad(what: impl Into<String>) -> Error {
    Error::new(Kind::BadBundle, what)
}

/// The words of a JSON error, short and without control characters: they may quote the file.
fn plain(error: &serde_json::Error) -> String {
    let words = error.to_string();
    words.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).take(200).collect()
}

/// Walks JSON without keeping it, and refuses what is too deep, too much, or told twice.
#[derive(Clone, Copy)]
struct Shape<'a> {
    left: &'a Cell<u32>,
    depth: u8,
}

impl Shape<'_> {
    fn take<E: serde::de::Error>(self, values: u32) -> std::result::Result<(), E> {
        let left = self.left.get().checked_sub(values);
        self.left.set(left.ok_or_else(|| E::custom("more than a bundle can hold"))?);
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Shape<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> std::result::Result<(), D::Error> {
        if self.depth > MAX_DEPTH {
            return Err(D::Error::custom(format!("nested deeper than {MAX_DEPTH} levels")));
        }
        let left = self.left.get().checked_sub(1);
        self.left
            .set(left.ok_or_else(|| D::Error::custom(format!("more than {MAX_VALUES} values")))?);
        reader.deserialize_any(Shape { depth: self.depth + 1, ..self })
    }
}

impl<'de> Visitor<'de> for Shape<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> std::result::Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> std::result::Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> std::result::Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> std::result::Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> std::result::Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> std::result::Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> std::result::Result<(), A::Error> {
        while seq.next_element_seed(self)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<(), A::Error> {
        self.take(OBJECT)?;
        let mut keys = BTreeSet::new();
        while let Some(key) = map.next_key::<String>()? {
            if !keys.insert(key) {
                return Err(A::Error::custom("a key is there twice"));
            }
            map.next_value_seed(self)?;
        }
        Ok(())
    }
}
