//! Digits to numbers.

/// 10^0 to 10^22, each exact in an f64.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// Digits that a u64 surely holds.
const PLAIN_DIGITS: usize = 18;

/// The finite number that these bytes write: an optional sign, digits with at most one point, and
/// an optional exponent. Words (`inf`, `nan`), blanks, separators of thousands: `None`.
///
/// The result is the nearest f64.
///
/// # Source
/// W. D. Clinger, *How to Read Floating Point Numbers Accurately* (PLDI 1990): where the digits fit
/// in 53 bits and the power of ten is at most 10^22, one division of two exact numbers is correctly
/// rounded. All else goes to `fast-float2`.
#[inline]
pub(super) fn parse(cell: &[u8]) -> Option<f64> {
    parse_before(cell, cell)
}

/// The same for a cell at the front of a longer text, which is quicker where the cell has at most
/// eight bytes and the text no fewer.
#[inline]
pub(super) fn parse_before(cell: &[u8], text: &[u8]) -> Option<f64> {
    let short = match text.first_chunk::<8>() {
        Some(word) if cell.len() <= 8 => parse_word(u64::from_le_bytes(*word), cell.len()),
        _ => None,
    };
    short.or_else(|| parse_plain(cell))
}

/// Each byte of a word as `byte`.
const fn all(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// A sign, digits and at most one point in the first bytes of a word; `None` for all else.
///
/// # Source
/// D. Lemire and W. Muła, *Number Parsing at a Gigabyte per Second* (2021), §8: eight digits at once.
#[inline]
fn parse_word(word: u64, length: usize) -> Option<f64> {
    let is_negative = u64::from(word as u8 == b'-');
    let length = (length as u64).wrapping_sub(is_negative);
    if !(1..=8).contains(&length) {
        return None;
    }
    // The last digit into the highest byte, zeros before the first.
    let empty = 64 - 8 * length;
    let word = (word >> (8 * is_negative)) << empty;
    let word = word | (all(b'0') & !(u64::MAX << empty));
    let apart = word ^ all(b'.');
    let points = !(((apart & all(0x7f)) + all(0x7f)) | apart | all(0x7f));
    let (digits, decimals) = match points & points.wrapping_sub(1) {
        _ if points == 0 => (word, 0),
        0 if length > 1 => {
            let place = points.trailing_zeros() - 7;
            let before = word & !(u64::MAX << place);
            let after = word & ((u64::MAX << place) << 8);
            (after | before << 8 | u64::from(b'0'), 7 - place as usize / 8)
        }
        _ => return None,
    };
    let are_digits =
        digits & all(0xf0) == all(b'0') && (digits.wrapping_add(all(6))) & all(0xf0) == all(b'0');
    if !are_digits {
        return None;
    }
    let digits = digits - all(b'0');
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
    let low = (pairs & 0x0000_00ff_0000_00ff).wrapping_mul(0x000f_4240_0000_0064);
    let high = ((pairs >> 16) & 0x0000_00ff_0000_00ff).wrapping_mul(0x0000_2710_0000_0001);
    let mantissa = low.wrapping_add(high) >> 32;
    // At most eight digits: signed, for which there is an instruction.
    let size = f64::from(mantissa as i32) / POWERS.get(decimals)?;
    Some(f64::from_bits(size.to_bits() | is_negative << 63))
}

#[inline]
fn parse_plain(cell: &[u8]) -> Option<f64> {
    let (is_negative, body) = match cell {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, cell),
    };
    if body.len() > PLAIN_DIGITS + 1 {
        return parse_long(cell);
    }
    let mut mantissa = 0_u64;
    let mut digits = 0_usize;
    let mut point = None;
    for &byte in body {
        let digit = byte.wrapping_sub(b'0');
        if digit <= 9 {
            mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(digit));
            digits += 1;
        } else if byte == b'.' && point.is_none() {
            point = Some(digits);
        } else {
            return parse_long(cell);
        }
    }
    if digits == 0 || digits > PLAIN_DIGITS || mantissa > 1 << 53 {
        return parse_long(cell);
    }
    let decimals = point.map_or(0, |point| digits - point);
    let size = mantissa as f64 / POWERS.get(decimals)?;
    Some(if is_negative { -size } else { size })
}

#[cold]
fn parse_long(cell: &[u8]) -> Option<f64> {
    if !is_written_as_number(cell) {
        return None;
    }
    let unsigned = cell.strip_prefix(b"+").unwrap_or(cell);
    fast_float2::parse::<f64, _>(unsigned).ok().filter(|x| x.is_finite())
}

/// `[+-] digits [. digits] [e [+-] digits]` with at least one digit before the exponent.
fn is_written_as_number(cell: &[u8]) -> bool {
    let unsigned = strip_sign(cell);
    let (mantissa, exponent) = match unsigned.iter().position(|b| matches!(b, b'e' | b'E')) {
        Some(at) => (unsigned.get(..at).unwrap_or_default(), unsigned.get(at + 1..)),
        None => (unsigned, None),
    };
    let digits = mantissa.iter().filter(|b| b.is_ascii_digit()).count();
    let points = memchr::memchr_iter(b'.', mantissa).count();
    let mantissa_fits = digits > 0 && points <= 1 && digits + points == mantissa.len();
    let exponent_fits = exponent.is_none_or(|e| {
        let e = strip_sign(e);
        !e.is_empty() && e.iter().all(u8::is_ascii_digit)
    });
    mantissa_fits && exponent_fits
}

fn strip_sign(text: &[u8]) -> &[u8] {
    match text {
        [b'+' | b'-', rest @ ..] => rest,
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_a_number_and_what_is_not() {
        for (text, value) in [
            ("0", 0.0),
            ("-0.5", -0.5),
            ("+7", 7.0),
            (".5", 0.5),
            ("5.", 5.0),
            ("1e3", 1000.0),
            ("1.5E-3", 0.0015),
            ("00123", 123.0),
            ("9007199254740993", 9_007_199_254_740_992.0),
            ("0.1234567890123456789", 0.123_456_789_012_345_68),
        ] {
            assert_eq!(parse(text.as_bytes()), Some(value), "{text}");
        }
        for text in [
            "", "-", "+", ".", "e5", "1e", "1e+", "1 2", "inf", "-inf", "nan", "NaN", "infinity",
            "1e999", "1,000", "0x10", "1.2.3", "--1", "+-1", "12a", "１２",
        ] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_written_number_reads_back(x in proptest::num::f64::NORMAL | proptest::num::f64::ZERO) {
            for text in [format!("{x}"), format!("{x:e}"), format!("{x:?}")] {
                prop_assert_eq!(parse(text.as_bytes()).map(f64::to_bits), Some(x.to_bits()));
            }
        }

        #[test]
        fn decimals_are_rounded_as_the_standard_library_does(text in "[+-]?[0-9]{0,20}\\.?[0-9]{0,20}(e-?[0-9]{1,3})?") {
            let expected = text.parse::<f64>().ok().filter(|x| x.is_finite());
            prop_assert_eq!(parse(text.as_bytes()).map(f64::to_bits), expected.map(f64::to_bits));
        }

        #[test]
        fn what_stands_behind_a_cell_does_not_matter(cell in "[-+0-9.e ,x]{0,10}|-?[0-9]{0,8}\\.?[0-9]{0,4}", rest in "[-,.0-9\n]{0,9}") {
            let text = format!("{cell}{rest}");
            let plain = parse_plain(cell.as_bytes()).map(f64::to_bits);
            prop_assert_eq!(parse_before(cell.as_bytes(), text.as_bytes()).map(f64::to_bits), plain);
        }

        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = parse(&bytes);
        }
    }
}
