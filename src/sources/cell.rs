//! One cell: is it missing, is it a number, a date, an id?

use super::{ReadParams, number};
use crate::units::Day;

/// The tokens that stand for a missing value.
#[derive(Debug, Clone)]
pub(super) struct Missing {
    tokens: Vec<Vec<u8>>,
    /// For each byte whether a missing cell can begin with it.
    begins: [bool; 256],
}

impl Missing {
    pub(super) fn new(params: &ReadParams) -> Self {
        let mut begins = [false; 256];
        let tokens: Vec<Vec<u8>> = params
            .missing
            .iter()
            .map(|token| token.trim().as_bytes().to_vec())
            .filter(|token| !token.is_empty())
            .collect();
        // ASCII blanks, and the first bytes of U+00A0, U+1680, U+2000.. and U+3000.
        let blanks = [b' ', b'\t', b'\r', b'\n', 0x0b, 0x0c, 0xc2, 0xe1, 0xe2, 0xe3];
        for first in tokens.iter().filter_map(|token| token.first()).chain(&blanks) {
            begins[usize::from(*first)] = true;
        }
        Self { tokens, begins }
    }

    /// The cell without the blanks around it, or `None` if it is missing.
    ///
    /// Blanks at the end are left where the cell begins like no missing one.
    #[inline]
    pub(super) fn present<'a>(&self, cell: &'a [u8]) -> Option<&'a [u8]> {
        match self.presence(cell) {
            Presence::Missing => None,
            Presence::Untrimmed => Some(cell),
            Presence::Trimmed(trimmed) => Some(trimmed),
        }
    }

    #[inline]
    fn presence<'a>(&self, cell: &'a [u8]) -> Presence<'a> {
        match cell.first() {
            None => Presence::Missing,
            Some(first) if self.begins[usize::from(*first)] => self.presence_at_length(cell),
            Some(_) => Presence::Untrimmed,
        }
    }

    fn presence_at_length<'a>(&self, cell: &'a [u8]) -> Presence<'a> {
        let trimmed = trim(cell);
        let is_missing = trimmed.is_empty() || self.tokens.iter().any(|token| token == trimmed);
        if is_missing { Presence::Missing } else { Presence::Trimmed(trimmed) }
    }
}

/// Whether a cell is missing.
enum Presence<'a> {
    Missing,
    /// It begins like no missing cell, and is as it was.
    Untrimmed,
    /// It might have been missing, and has lost the blanks around it.
    Trimmed(&'a [u8]),
}

/// The cell without the blanks around it, those outside ASCII included.
pub(super) fn trim(cell: &[u8]) -> &[u8] {
    let cell = cell.trim_ascii();
    let is_plain = |byte: Option<&u8>| byte.is_none_or(u8::is_ascii_graphic);
    if is_plain(cell.first()) && is_plain(cell.last()) {
        return cell;
    }
    std::str::from_utf8(cell).map_or(cell, |text| text.trim().as_bytes())
}

/// A cell read as a number or a date.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Reading<T> {
    Missing,
    Value(T),
    Wrong,
}

/// Reads a number; `NaN` in any case is missing.
#[inline]
#[cfg(test)]
pub(super) fn read_number(cell: &[u8], missing: &Missing) -> Reading<f64> {
    read_number_before(cell, cell, missing)
}

/// Reads a number at the front of a longer text.
#[inline]
pub(super) fn read_number_before(cell: &[u8], text: &[u8], missing: &Missing) -> Reading<f64> {
    let number = match missing.presence(cell) {
        Presence::Missing => return Reading::Missing,
        Presence::Untrimmed => number::parse_before(cell, text),
        Presence::Trimmed(trimmed) => number::parse(trimmed),
    };
    match number {
        Some(value) => Reading::Value(value),
        None => read_odd_number(cell),
    }
}

#[cold]
fn read_odd_number(cell: &[u8]) -> Reading<f64> {
    let cell = trim(cell);
    if is_nan(cell) {
        Reading::Missing
    } else {
        number::parse(cell).map_or(Reading::Wrong, Reading::Value)
    }
}

/// Reads a date as days since 1970-01-01.
pub(super) fn read_date(cell: &[u8], missing: &Missing) -> Reading<i32> {
    let Some(cell) = missing.present(cell) else { return Reading::Missing };
    day(trim(cell)).map_or(Reading::Wrong, |day| Reading::Value(day.0))
}

fn is_nan(cell: &[u8]) -> bool {
    cell.eq_ignore_ascii_case(b"nan")
}

/// A date, with at most a time of day behind it.
fn day(cell: &[u8]) -> Option<Day> {
    let is_time = |b: &u8| {
        b.is_ascii_digit() || matches!(b, b'-' | b'/' | b' ' | b'T' | b':' | b'.' | b'+' | b'Z')
    };
    if cell.iter().all(is_time) {
        std::str::from_utf8(cell).ok().and_then(Day::parse)
    } else {
        None
    }
}

/// What a cell looks like before the type of its column is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Missing,
    /// The word `NaN`: a missing number, or a text.
    Nan,
    /// A number that is neither of the two below.
    Number,
    /// Eight digits that are a date from 1900 to 2100.
    DigitsOfDate,
    /// Digits that a number would not keep: a leading zero, or more than 15 of them.
    Id,
    Date,
    Text,
}

/// Digits of a whole number that an f64 keeps whatever they are.
const KEPT_DIGITS: usize = 15;

/// What this cell looks like.
#[inline]
pub(super) fn classify(cell: &[u8], missing: &Missing) -> Class {
    let Some(cell) = missing.present(cell) else { return Class::Missing };
    match cell {
        [b'0'..=b'9' | b'+' | b'-' | b'.', .., b'0'..=b'9' | b'.'] | [b'0'..=b'9'] => {
            classify_digits(cell)
        }
        [first, ..] if first.is_ascii_alphabetic() && *first != b'n' && *first != b'N' => {
            Class::Text
        }
        _ => classify_odd(cell),
    }
}

#[cold]
fn classify_odd(cell: &[u8]) -> Class {
    let cell = trim(cell);
    if is_nan(cell) { Class::Nan } else { classify_digits(cell) }
}

#[inline]
fn classify_digits(cell: &[u8]) -> Class {
    let unsigned = match cell {
        [b'+' | b'-', rest @ ..] => rest,
        _ => cell,
    };
    let mut points = 0;
    for byte in unsigned {
        if !byte.is_ascii_digit() {
            if *byte != b'.' {
                return classify_rest(cell);
            }
            points += 1;
        }
    }
    match points {
        0 => classify_whole(cell, unsigned),
        1 if unsigned.len() > 1 && unsigned.len() < 300 => Class::Number,
        _ => classify_rest(cell),
    }
}

fn classify_whole(cell: &[u8], digits: &[u8]) -> Class {
    match digits {
        [] => Class::Text,
        [b'0', _, ..] if digits.len() == cell.len() => Class::Id,
        _ if digits.len() > KEPT_DIGITS => Class::Id,
        [b'1' | b'2', ..] if cell.len() == 8 && digits.len() == 8 => classify_eight(cell),
        _ => Class::Number,
    }
}

fn classify_eight(cell: &[u8]) -> Class {
    let years = 1900..=2100;
    match day(cell) {
        Some(day) if years.contains(&day.ymd().0) => Class::DigitsOfDate,
        _ => Class::Number,
    }
}

fn classify_rest(cell: &[u8]) -> Class {
    if matches!(cell.get(4), Some(b'-' | b'/')) && day(cell).is_some() {
        Class::Date
    } else if number::parse(cell).is_some() {
        Class::Number
    } else {
        Class::Text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn class(cell: &str) -> Class {
        classify(cell.as_bytes(), &Missing::new(&ReadParams::default()))
    }

    #[test]
    fn cells_are_what_they_look_like() {
        for cell in ["", " ", "\u{3000}", "\u{a0} ", "NA", " NULL ", "\\N", "?", "\t"] {
            assert_eq!(class(cell), Class::Missing, "{cell:?}");
        }
        for cell in ["0", "-1", "12", " 12 ", "3.5 ", "1e5", "0.5", "007.5", "-007", "12345678"] {
            assert_eq!(class(cell), Class::Number, "{cell:?}");
        }
        for cell in ["00", "007", "1234567890123456", "1234567890123456789", "-1234567890123456"] {
            assert_eq!(class(cell), Class::Id, "{cell:?}");
        }
        for cell in ["2026-03-31", "2026/3/31", "2026-03", "2026-03-31 12:00:00", "2026-03-31T12Z"]
        {
            assert_eq!(class(cell), Class::Date, "{cell:?}");
        }
        for cell in
            ["Yes", "2026-03 plan", "31/02/2026", "-", "1,000", "inf", "客户", "1-2", "N", "5'"]
        {
            assert_eq!(class(cell), Class::Text, "{cell:?}");
        }
        assert_eq!(class("20260331"), Class::DigitsOfDate);
        assert_eq!(class("nan"), Class::Nan);
        assert_eq!(class(" NaN"), Class::Nan);
    }

    #[test]
    fn a_number_can_stand_for_missing() {
        let params = ReadParams { missing: vec!["-999".into()], ..ReadParams::default() };
        let missing = Missing::new(&params);
        assert_eq!(read_number(b"-999", &missing), Reading::Missing);
        assert_eq!(read_number(b"-998", &missing), Reading::Value(-998.0));
        assert_eq!(classify(b" -999 ", &missing), Class::Missing);
        assert_eq!(read_number(b"NA", &missing), Reading::Wrong);
    }

    proptest! {
        #[test]
        fn a_class_says_how_the_cell_reads(cell in "[ -]?([0-9]{0,20}[.e/-]?[0-9]{0,9}|NaN|NA|[a-z0-9]{0,4}) ?") {
            let missing = Missing::new(&ReadParams::default());
            let cell = cell.as_bytes();
            let number = read_number(cell, &missing);
            match classify(cell, &missing) {
                Class::Missing | Class::Nan => prop_assert_eq!(number, Reading::Missing),
                Class::Number | Class::Id => prop_assert!(matches!(number, Reading::Value(_))),
                Class::DigitsOfDate => {
                    prop_assert!(matches!(number, Reading::Value(_)));
                    prop_assert!(matches!(read_date(cell, &missing), Reading::Value(_)));
                }
                Class::Date => prop_assert!(matches!(read_date(cell, &missing), Reading::Value(_))),
                Class::Text => prop_assert_eq!(number, Reading::Wrong),
            }
        }

        #[test]
        fn no_bytes_panic(cell in proptest::collection::vec(any::<u8>(), 0..30)) {
            let missing = Missing::new(&ReadParams::default());
            let _ = (classify(&cell, &missing), read_number(&cell, &missing), read_date(&cell, &missing));
        }
    }
}
