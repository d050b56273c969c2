//! Numbers as people read them.

use std::fmt::Write;

/// A number as people read it: whole above a thousand, else at most two decimals, and three
/// significant digits below one.
pub fn number(value: f64) -> String {
    let mut text = String::new();
    push_number(value, &mut text);
    text
}

/// Appends a number as people read it.
pub fn push_number(value: f64, out: &mut String) {
    let size = value.abs();
    if size < 1e15 && (size >= 1000.0 || value.fract() == 0.0) {
        push_integer(value.round() as i64, out);
    } else if (0.995..1000.0).contains(&size) {
        push_hundredths((value * 100.0).round() as i64, out);
    } else if (1e-4..1.0).contains(&size) {
        let decimals = match size {
            0.1.. => 3,
            0.01.. => 4,
            0.001.. => 5,
            _ => 6,
        };
        if !push_fraction(value, decimals, out) {
            let text = format!("{value:.decimals$}");
            out.push_str(text.trim_end_matches('0').trim_end_matches('.'));
        }
    } else {
        let _ = write!(out, "{value:.2e}");
    }
}

/// A whole number in digits.
pub(in crate::output) fn integer(value: i64, digits: &mut [u8; 20]) -> &str {
    let mut at = digits.len();
    let mut rest = value.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        at -= 1;
        digits[at] = b'-';
    }
    std::str::from_utf8(&digits[at..]).unwrap_or_default()
}

/// Appends a number below 1 with so many decimals, at most 6, but for zeros at its end. `false`, and
/// nothing is appended, where it lies too near the middle of two to be rounded by its product.
fn push_fraction(value: f64, decimals: usize, out: &mut String) -> bool {
    let scale = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6][decimals.min(6)];
    let scaled = value.abs() * scale;
    let below = scaled as i64;
    let over = scaled - below as f64;
    if (over - 0.5).abs() < 1e-6 {
        return false;
    }
    let mut rest = below + i64::from(over > 0.5);
    let mut digits = *b"-0.000000";
    let end = 3 + decimals.min(6);
    for digit in digits[3..end].iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    if rest > 0 {
        return false;
    }
    let digits = &digits[usize::from(value >= 0.0)..end];
    let text = std::str::from_utf8(digits).unwrap_or_default();
    out.push_str(text.trim_end_matches('0').trim_end_matches('.'));
    true
}

fn push_integer(value: i64, out: &mut String) {
    out.push_str(integer(value, &mut [0; 20]));
}

fn push_hundredths(hundredths: i64, out: &mut String) {
    if hundredths < 0 {
        out.push('-');
    }
    let size = hundredths.unsigned_abs();
    push_integer((size / 100) as i64, out);
    let rest = size % 100;
    if rest > 0 {
        out.push('.');
        out.push((b'0' + (rest / 10) as u8) as char);
        if !rest.is_multiple_of(10) {
            out.push((b'0' + (rest % 10) as u8) as char);
        }
    }
}

/// Appends a share of change, signed and in percent.
pub(super) fn push_change(share: f64, out: &mut String) {
    if rounded_percent(share) > 0.0 {
        out.push('+');
    }
    push_percent(share, out);
}

/// Appends a share in percent: whole from ten on, else with one decimal.
pub(super) fn push_percent(share: f64, out: &mut String) {
    push_number(rounded_percent(share), out);
    out.push('%');
}

fn rounded_percent(share: f64) -> f64 {
    let percent = share * 100.0;
    let places = if percent.abs() < 9.95 { 10.0 } else { 1.0 };
    let rounded = (percent * places).round() / places;
    if rounded.is_finite() { rounded } else { percent }
}

/// The usual change in the words of a cell, from the median of (a − b) / (|a| + |b|): where both are
/// above 0, (a − b) / b is 2 m / (1 − m). None where what is usual came from nothing.
pub(super) fn usual_change(median: f64) -> Option<String> {
    let mut text = String::new();
    push_change(2.0 * median / (1.0 - median), &mut text);
    (median < 1.0).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_numbers_are_rounded_as_the_standard_library_does() {
        let mut seed = 1_u64;
        for at in 0..20_000 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(at);
            let size = 10_f64.powf(-4.0 * (seed >> 11) as f64 / (1_u64 << 53) as f64);
            // Some that are decimals themselves, and some in the middle of two.
            let size = if at % 3 == 0 { (size * 1e4).round() / 1e4 } else { size };
            let value = if at % 2 == 0 { size } else { -size };
            if !(1e-4..0.995).contains(&size) {
                continue;
            }
            let decimals = (2 - size.log10().floor() as i32).clamp(0, 9) as usize;
            let text = format!("{value:.decimals$}");
            assert_eq!(number(value), text.trim_end_matches('0').trim_end_matches('.'));
        }
        assert_eq!(number(0.000_999_96), "0.001");
    }

    #[test]
    fn numbers_as_people_read_them() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "0"),
            (58.0, "58"),
            (83_807.86, "83808"),
            (-1_234.5, "-1235"),
            (12.5, "12.5"),
            (12.345, "12.35"),
            (-0.999, "-1"),
            (0.25, "0.25"),
            (0.012_345, "0.0123"),
            (1e-7, "1.00e-7"),
            (1e20, "1.00e20"),
        ] {
            assert_eq!(number(value), text, "{value}");
        }
    }
}
