//! Reasons in words, in English and Chinese.

use std::fmt::Write;

use arrow_array::{Array, Date32Array, Float64Array, RecordBatch, StringArray};

use crate::{
    bundle::Bundle,
    features::Bins,
    output::feed::is_plain,
    scoring::{Direction, Reason, State},
    units::{Day, Language},
};

/// Writes reasons for the rows of one bundle in one language. Everything that does not depend on
/// the row is put together once.
#[derive(Debug)]
pub struct Words {
    columns: Vec<ColumnWords>,
    language: Language,
}

#[derive(Debug)]
struct ColumnWords {
    before: String,
    /// What follows the customer's value: what is typical.
    typical: String,
    dated: bool,
    /// The code where the column raises the score, and where it lowers it.
    codes: [String; 2],
    /// Whether a spreadsheet and a CSV reader take the words as they are, but for the cell in them.
    is_plain: bool,
    /// Whether they take the codes as they are.
    code_is_plain: bool,
}

impl Words {
    /// Prepares the words of a bundle.
    pub fn new(bundle: &Bundle, language: Language) -> Self {
        let effects_are_plain = [State::Active, State::Dormant].into_iter().all(|state| {
            [Direction::Raises, Direction::Lowers]
                .into_iter()
                .all(|direction| is_plain(effect(direction, state, language)))
        });
        let columns = bundle.encoder.columns.iter().map(|column| {
            let (typical, dated) = match &column.bins {
                Bins::Number { median, .. } => (Some(number(*median)), false),
                Bins::DaysBefore { median, .. } => (Some(number(*median)), true),
                Bins::Change { median, .. } => (usual_change(*median), false),
                Bins::Category { .. } => (None, false),
            };
            let typical = typical.map_or_else(String::new, |median| match language {
                Language::En => format!(" (typical {median})"),
                Language::Zh => format!("(通常为 {median})"),
            });
            let name = &column.name;
            let before = match (language, &column.bins) {
                (Language::En, Bins::DaysBefore { .. }) => format!("days since {name} = "),
                (Language::Zh, Bins::DaysBefore { .. }) => format!("距 {name} 的天数 = "),
                (Language::En, Bins::Change { of, against, .. }) => {
                    format!("{of} against {against} = ")
                }
                (Language::Zh, Bins::Change { of, against, .. }) => {
                    format!("{of} 较 {against} 变化 = ")
                }
                _ => format!("{name} = "),
            };
            let codes = ['+', '-'].map(|sign| format!("{}{sign}", column.name));
            let code_is_plain = is_plain(&column.name);
            let is_plain = is_plain(&before) && is_plain(&typical) && effects_are_plain;
            ColumnWords { before, typical, dated, codes, is_plain, code_is_plain }
        });
        Self { columns: columns.collect(), language }
    }

    /// Appends a reason, e.g. `Age = 58 (typical 37): raises the risk`.
    pub fn write(&self, reason: Reason, state: State, cell: &CellText<'_>, out: &mut String) {
        let Some(words) = self.columns.get(reason.column as usize) else { return };
        out.push_str(&words.before);
        let known = cell.push(words.dated, self.language, out);
        if known {
            out.push_str(&words.typical);
        } else {
            out.push_str(match self.language {
                Language::En => "missing",
                Language::Zh => "缺失",
            });
        }
        out.push_str(effect(reason.direction(), state, self.language));
    }

    /// The code of a reason: the column and `+` or `-`.
    pub fn code(&self, reason: Reason) -> &str {
        self.columns.get(reason.column as usize).map_or("", |words| match reason.direction() {
            Direction::Raises => &words.codes[0],
            Direction::Lowers => &words.codes[1],
        })
    }

    /// Whether the words of a reason hold nothing that CSV would have to quote, or that a spreadsheet
    /// would take for a formula, but what the cell holds.
    pub fn are_plain(&self, reason: Reason) -> bool {
        self.columns.get(reason.column as usize).is_none_or(|words| words.is_plain)
    }

    /// The same of the code of a reason.
    pub fn code_is_plain(&self, reason: Reason) -> bool {
        self.columns.get(reason.column as usize).is_none_or(|words| words.code_is_plain)
    }
}

fn effect(direction: Direction, state: State, language: Language) -> &'static str {
    let dormant = state == State::Dormant;
    match (language, dormant, direction) {
        (Language::En, false, Direction::Raises) => ": raises the risk",
        (Language::En, false, Direction::Lowers) => ": lowers the risk",
        (Language::En, true, Direction::Raises) => ": raises the chance to return",
        (Language::En, true, Direction::Lowers) => ": lowers the chance to return",
        (Language::Zh, false, Direction::Raises) => ",推高流失风险",
        (Language::Zh, false, Direction::Lowers) => ",降低流失风险",
        (Language::Zh, true, Direction::Raises) => ",提高唤醒机会",
        (Language::Zh, true, Direction::Lowers) => ",降低唤醒机会",
    }
}

/// A cell of the customer's row, as it is told to people.
#[derive(Debug, Clone, Copy)]
pub enum CellText<'a> {
    /// Not known.
    Missing,
    /// A number.
    Number(f64),
    /// A text.
    Text(&'a str),
    /// A date, with the as-of date where there is one.
    Date(i32, Option<i32>),
    /// A number, and the one that it is set against.
    Change(f64, f64),
}

impl CellText<'_> {
    /// Appends the cell; `false` where it is missing.
    fn push(self, days_before: bool, language: Language, out: &mut String) -> bool {
        match self {
            Self::Missing => return false,
            Self::Number(value) => push_number(value, out),
            Self::Text(text) => out.push_str(text),
            Self::Date(date, Some(as_of)) if days_before => {
                push_number(f64::from(as_of) - f64::from(date), out);
            }
            Self::Date(date, _) => out.push_str(&Day(date).to_string()),
            Self::Change(of, against) if of - against == 0.0 => out.push_str("0%"),
            Self::Change(_, 0.0) => out.push_str(language.pick("new", "从无到有")),
            Self::Change(of, against) => push_change((of - against) / against.abs(), out),
        }
        true
    }
}

/// Appends a share of change, signed and in percent: whole from ten on, else with one decimal.
fn push_change(share: f64, out: &mut String) {
    let percent = share * 100.0;
    let places = if percent.abs() < 9.95 { 10.0 } else { 1.0 };
    let rounded = (percent * places).round() / places;
    if rounded > 0.0 {
        out.push('+');
    }
    push_number(if rounded.is_finite() { rounded } else { percent }, out);
    out.push('%');
}

/// The usual change in the words of a cell, from the median of (a − b) / (|a| + |b|): where both are
/// above 0, (a − b) / b is 2 m / (1 − m). None where what is usual came from nothing.
fn usual_change(median: f64) -> Option<String> {
    let mut text = String::new();
    push_change(2.0 * median / (1.0 - median), &mut text);
    (median < 1.0).then_some(text)
}

/// The encoded columns of a batch, ready to be looked into cell by cell.
#[derive(Debug)]
pub struct Cells<'a> {
    columns: Vec<Option<Cast<'a>>>,
    as_of: Option<&'a [i32]>,
}

/// The number of a cell, where it has one.
fn known(numbers: &Float64Array, row: usize) -> Option<f64> {
    (numbers.is_valid(row) && !numbers.value(row).is_nan()).then(|| numbers.value(row))
}

#[derive(Debug)]
enum Cast<'a> {
    Number(&'a Float64Array),
    Text(&'a StringArray),
    Date(&'a Date32Array),
    Change(&'a Float64Array, &'a Float64Array),
}

impl<'a> Cells<'a> {
    /// Looks up the encoded columns of a bundle in a batch.
    pub fn new(bundle: &Bundle, rows: &'a RecordBatch, as_of: Option<&'a [i32]>) -> Self {
        let cast = |name: &str| {
            let column = rows.column_by_name(name)?.as_any();
            column
                .downcast_ref()
                .map(Cast::Number)
                .or_else(|| column.downcast_ref().map(Cast::Text))
                .or_else(|| column.downcast_ref().map(Cast::Date))
        };
        let numbers = |name: &str| rows.column_by_name(name)?.as_any().downcast_ref();
        let columns = bundle.encoder.columns.iter().map(|column| match &column.bins {
            Bins::Change { of, against, .. } => Some(Cast::Change(numbers(of)?, numbers(against)?)),
            _ => cast(&column.name),
        });
        Self { columns: columns.collect(), as_of }
    }

    /// One cell.
    pub fn get(&self, column: u32, row: usize) -> CellText<'a> {
        match self.columns.get(column as usize).and_then(Option::as_ref) {
            Some(Cast::Number(numbers)) => {
                known(numbers, row).map_or(CellText::Missing, CellText::Number)
            }
            Some(Cast::Change(of, against)) => known(of, row)
                .zip(known(against, row))
                .filter(|(of, against)| of.is_finite() && against.is_finite())
                .map_or(CellText::Missing, |(of, against)| CellText::Change(of, against)),
            Some(Cast::Text(texts)) if texts.is_valid(row) => CellText::Text(texts.value(row)),
            Some(Cast::Date(dates)) if dates.is_valid(row) => {
                CellText::Date(dates.value(row), self.as_of.map(|days| days[row]))
            }
            _ => CellText::Missing,
        }
    }
}

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
pub(super) fn integer(value: i64, digits: &mut [u8; 20]) -> &str {
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
