//! Cells of a CSV file that no spreadsheet takes for a formula.

use std::borrow::Cow;

use crate::{output::words::integer, units::Day};

/// Appends a text cell: quoted where it must be, and with an apostrophe before anything that a
/// spreadsheet would run as a formula.
///
/// # Source
/// RFC 4180 for the quoting; OWASP, *CSV Injection*, for the apostrophe.
pub(in crate::output) fn push_text(text: &str, out: &mut Vec<u8>) {
    let guarded = starts_formula(text);
    let bytes = text.as_bytes();
    let quoted = needs_quotes(bytes);
    if quoted {
        out.push(b'"');
    }
    if guarded {
        out.push(b'\'');
    }
    if quoted {
        for (at, part) in text.split('"').enumerate() {
            if at > 0 {
                out.extend_from_slice(b"\"\"");
            }
            out.extend_from_slice(part.as_bytes());
        }
        out.push(b'"');
    } else {
        out.extend_from_slice(bytes);
    }
}

/// A text cell with an apostrophe before anything that a spreadsheet would run as a formula; quoting is
/// left to the writer.
///
/// # Source
/// As the feed's own cells: OWASP, *CSV Injection*.
pub fn guarded(text: &str) -> Cow<'_, str> {
    if starts_formula(text) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// Whether a cell must stand in quotes. All bytes are looked at, many at a time.
pub(in crate::output) fn needs_quotes(bytes: &[u8]) -> bool {
    bytes.iter().fold(false, |found, byte| found | matches!(byte, b',' | b'"' | b'\n' | b'\r'))
}

/// Whether a cell can be written as it is.
pub(in crate::output) fn is_plain(text: &str) -> bool {
    !needs_quotes(text.as_bytes()) && !starts_formula(text)
}

/// Whether a spreadsheet would take the text for a formula. A plain signed number is none.
pub(super) fn starts_formula(text: &str) -> bool {
    match text.as_bytes().first() {
        Some(b'=' | b'@' | b'\t' | b'\r') => true,
        Some(b'+' | b'-') => text.parse::<f64>().is_err(),
        _ => false,
    }
}

/// Appends a date, YYYY-MM-DD.
pub(super) fn push_day(day: Day, out: &mut Vec<u8>) {
    let (year, month, of_month) = day.ymd();
    let year = year.clamp(0, 9999) as u32;
    let digit = |number: u32| b'0' + (number % 10) as u8;
    out.extend([digit(year / 1000), digit(year / 100), digit(year / 10), digit(year), b'-']);
    out.extend([digit(month / 10), digit(month), b'-', digit(of_month / 10), digit(of_month)]);
}

/// Appends a number with the fewest digits that read back to the same f64; whole numbers without a
/// decimal point.
pub(in crate::output) fn push_number(value: f64, out: &mut Vec<u8>) {
    let whole = value as i64;
    if value.abs() < 1e15 && (whole as f64 - value).abs() == 0.0 {
        let mut digits = [0; 20];
        out.extend_from_slice(integer(whole, &mut digits).as_bytes());
    } else if value.is_finite() {
        out.extend_from_slice(ryu::Buffer::new().format_finite(value).as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cell(text: &str) -> String {
        let mut out = Vec::new();
        push_text(text, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn formulas_are_defused_and_numbers_stay() {
        assert_eq!(cell("=cmd|' /C calc'!A0"), "'=cmd|' /C calc'!A0");
        assert_eq!(cell("@SUM(1,2)"), "\"'@SUM(1,2)\"");
        assert_eq!(cell("+1+1"), "'+1+1");
        assert_eq!(cell("-12.5"), "-12.5");
        assert_eq!(cell("\tx"), "'\tx");
        assert_eq!(cell("say \"hi\""), "\"say \"\"hi\"\"\"");
    }

    proptest! {
        #[test]
        fn a_number_reads_back(value in prop::num::f64::NORMAL | prop::num::f64::ZERO | prop::num::f64::SUBNORMAL) {
            let mut out = Vec::new();
            push_number(value, &mut out);
            let back: f64 = std::str::from_utf8(&out).unwrap().parse().unwrap();
            prop_assert!(value == 0.0 || back.total_cmp(&value).is_eq());
        }

        #[test]
        fn no_cell_starts_a_formula(text in "[=+@\\t\\r\"',a-z-]{0,8}") {
            let written = cell(&text);
            let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(written.as_bytes());
            let mut record = ::csv::StringRecord::new();
            if reader.read_record(&mut record).unwrap() {
                let cell = record.get(0).unwrap();
                prop_assert!(!cell.starts_with(['=', '@', '\t', '\r']));
                let guarded = ["'", &text].concat();
                prop_assert!(cell == text || cell == guarded);
            }
        }
    }
}
