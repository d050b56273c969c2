//! Arrow columns of any scalar type to the three types used here.

use std::sync::Arc;

use arrow_array::{
    Array, ArrayRef, GenericStringArray, OffsetSizeTrait, StringArray,
    cast::AsArray,
    types::{
        ArrowPrimitiveType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type,
        Decimal256Type, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
        Int64Type, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
        TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
    },
};
use arrow_buffer::{OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, TimeUnit};

use super::{
    ColumnType,
    build::{Builder, Cause, NOT_A_DATE, NOT_A_NUMBER},
    cell::Missing,
    number,
};
use crate::{error::Result, units::Day};

/// The largest whole number below which an f64 keeps all of them.
const KEPT: u128 = 1 << 53;

const TOO_LARGE: Cause = "is a whole number beyond 2^53, which a number does not keep";
const NOT_FINITE: Cause = "is not finite";

/// What a column of a typed file can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nature {
    /// It is of this type.
    Certain(ColumnType),
    /// A number, or a text where one cell is a whole number beyond 2^53.
    Whole,
    /// Something that is not one value a cell.
    Unreadable,
}

/// What a column of this Arrow type can be.
pub(super) fn nature(data_type: &DataType) -> Nature {
    use DataType as D;
    match data_type {
        D::Int8 | D::Int16 | D::Int32 | D::UInt8 | D::UInt16 | D::UInt32 => {
            Nature::Certain(ColumnType::Number)
        }
        D::Float16 | D::Float32 | D::Float64 => Nature::Certain(ColumnType::Number),
        D::Int64
        | D::UInt64
        | D::Decimal32(..)
        | D::Decimal64(..)
        | D::Decimal128(..)
        | D::Decimal256(..) => Nature::Whole,
        D::Utf8 | D::LargeUtf8 | D::Utf8View | D::Boolean | D::Null => {
            Nature::Certain(ColumnType::Text)
        }
        D::Date32 | D::Date64 | D::Timestamp(..) => Nature::Certain(ColumnType::Date),
        D::Dictionary(_, values) => nature(values),
        _ => Nature::Unreadable,
    }
}

/// A cell of a typed column.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Cell<'a> {
    Missing,
    Number(f64),
    Whole(i128),
    /// So many units of ten to the minus scale.
    Decimal(i128, i8),
    Text(&'a str),
    Truth(bool),
    Day(i32),
    Wrong(Cause),
}

/// The cells of a column as this type, and the rows whose cells cannot be that; rows in `skipped`
/// are left out.
pub(super) fn convert(
    array: &dyn Array,
    kind: ColumnType,
    missing: &Missing,
    skipped: &[bool],
) -> Result<(ArrayRef, Vec<(usize, Cause)>)> {
    if let Some(array) = as_it_is(array, kind, missing).filter(|_| skipped.is_empty()) {
        return Ok((array, Vec::new()));
    }
    let mut builder = Builder::new(kind, array.len());
    let mut faults = Vec::new();
    let mut words = String::new();
    each(array, &mut |row, cell| {
        if skipped.get(row).copied().unwrap_or(false) {
            return;
        }
        if let Err(cause) = push(&mut builder, kind, cell, missing, &mut words) {
            faults.push((row, cause));
            builder.push_missing();
        }
    });
    Ok((builder.finish()?, faults))
}

/// A column of the wanted type whose every cell is there and stays as it is; most are such.
fn as_it_is(array: &dyn Array, kind: ColumnType, missing: &Missing) -> Option<ArrayRef> {
    if array.null_count() > 0 || array.is_empty() {
        return None;
    }
    match (kind, array.data_type()) {
        (ColumnType::Number, DataType::Float64) => {
            let numbers = array.as_primitive_opt::<Float64Type>()?;
            numbers.values().iter().all(|x| x.is_finite()).then(|| Arc::new(numbers.clone()) as _)
        }
        (ColumnType::Date, DataType::Date32) => {
            let days = array.as_primitive_opt::<Date32Type>()?;
            let (first, last) = bounds()?;
            let fits = days.values().iter().all(|day| (first..=last).contains(day));
            fits.then(|| Arc::new(days.clone()) as _)
        }
        (ColumnType::Text, DataType::Utf8) => {
            texts_as_they_are(array.as_string_opt::<i32>()?, missing)
        }
        (ColumnType::Text, DataType::LargeUtf8) => {
            texts_as_they_are(array.as_string_opt::<i64>()?, missing)
        }
        _ => None,
    }
}

fn texts_as_they_are<O: OffsetSizeTrait>(
    texts: &GenericStringArray<O>,
    missing: &Missing,
) -> Option<ArrayRef> {
    let (start, end) = (texts.offsets().first().as_usize(), texts.offsets().last().as_usize());
    let bytes = texts.values().slice_with_length(start, end - start);
    let has_nul = bytes.as_slice().contains(&0);
    if has_nul || !texts.iter().flatten().all(|text| missing.present(text.as_bytes()).is_some()) {
        return None;
    }
    let ends: Option<Vec<i32>> =
        texts.offsets().iter().map(|end| i32::try_from(end.as_usize() - start).ok()).collect();
    let ends = OffsetBuffer::new(ScalarBuffer::from(ends?));
    StringArray::try_new(ends, bytes, None).ok().map(|texts| Arc::new(texts) as _)
}

/// Whether a cell is a whole number that an f64 may not keep.
pub(super) fn holds_large(array: &dyn Array) -> bool {
    let mut found = false;
    each(array, &mut |_, cell| {
        found |= match cell {
            Cell::Whole(value) => value.unsigned_abs() > KEPT,
            Cell::Decimal(units, scale) => {
                scale <= 0 && number_of(units, scale).abs() > KEPT as f64
            }
            Cell::Wrong(_) => true,
            _ => false,
        };
    });
    found
}

fn push(
    builder: &mut Builder,
    kind: ColumnType,
    cell: Cell<'_>,
    missing: &Missing,
    words: &mut String,
) -> std::result::Result<(), Cause> {
    use std::fmt::Write;
    words.clear();
    // Writing to a String does not fail.
    let _ = match (cell, kind) {
        (Cell::Missing, _) => return builder.push_value(None, missing),
        (Cell::Wrong(cause), _) => return Err(cause),
        (Cell::Text(text), _) => return builder.push_value(Some(text.as_bytes()), missing),
        (Cell::Number(x), ColumnType::Number) => return push_number(builder, x),
        (Cell::Whole(value), ColumnType::Number) if value.unsigned_abs() > KEPT => {
            return Err(TOO_LARGE);
        }
        (Cell::Whole(value), ColumnType::Number) => return push_number(builder, value as f64),
        (Cell::Decimal(units, scale), ColumnType::Number) => {
            return push_number(builder, number_of(units, scale));
        }
        (Cell::Truth(truth), ColumnType::Number) => {
            return push_number(builder, f64::from(u8::from(truth)));
        }
        (Cell::Day(day), ColumnType::Date) => return builder.push_day(day),
        (Cell::Day(_), ColumnType::Number) => return Err(NOT_A_NUMBER),
        (Cell::Truth(_), ColumnType::Date) => return Err(NOT_A_DATE),
        (Cell::Number(x), _) => write!(words, "{x}"),
        (Cell::Whole(value), _) => write!(words, "{value}"),
        (Cell::Decimal(units, scale), _) => write!(words, "{}", Decimal(units, scale)),
        (Cell::Truth(truth), ColumnType::Text) => write!(words, "{truth}"),
        (Cell::Day(day), ColumnType::Text) => write!(words, "{}", Day(day)),
    };
    builder.push_value(Some(words.as_bytes()), missing)
}

fn push_number(builder: &mut Builder, x: f64) -> std::result::Result<(), Cause> {
    if x.is_nan() {
        builder.push_missing();
        Ok(())
    } else if x.is_finite() {
        builder.push_number(x)
    } else {
        Err(NOT_FINITE)
    }
}

/// The nearest f64.
fn number_of(units: i128, scale: i8) -> f64 {
    if scale == 0 {
        return units as f64;
    }
    let text = format!("{units}e{}", -i16::from(scale));
    number::parse(text.as_bytes()).unwrap_or(f64::INFINITY)
}

/// A decimal number as it is written.
struct Decimal(i128, i8);

impl std::fmt::Display for Decimal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self(units, scale) = *self;
        if scale <= 0 {
            let zeros = if units == 0 { 0 } else { usize::from(scale.unsigned_abs()) };
            return write!(f, "{units}{}", "0".repeat(zeros));
        }
        let width = usize::from(scale.unsigned_abs()) + 1;
        let digits = format!("{:0>width$}", units.unsigned_abs());
        let (whole, fraction) = digits.split_at(digits.len() - width + 1);
        let sign = if units < 0 { "-" } else { "" };
        write!(f, "{sign}{whole}.{fraction}")
    }
}

type Take<'t, 'a> = &'t mut dyn FnMut(usize, Cell<'a>);

fn each_primitive<'a, T: ArrowPrimitiveType>(
    array: &'a dyn Array,
    take: Take<'_, 'a>,
    cell: impl Fn(T::Native) -> Cell<'a>,
) {
    let Some(array) = array.as_primitive_opt::<T>() else { return };
    for (row, value) in array.iter().enumerate() {
        take(row, value.map_or(Cell::Missing, &cell));
    }
}

fn each_text<'a>(texts: impl Iterator<Item = Option<&'a str>>, take: Take<'_, 'a>) {
    for (row, text) in texts.enumerate() {
        take(row, text.map_or(Cell::Missing, Cell::Text));
    }
}

/// Hands over every cell of a column; nothing where the type is none that can be read.
fn each<'a>(array: &'a dyn Array, take: Take<'_, 'a>) {
    use DataType as D;
    macro_rules! whole {
        ($t:ty) => {
            each_primitive::<$t>(array, take, |x| Cell::Whole(i128::from(x)))
        };
    }
    match array.data_type() {
        D::Int8 => whole!(Int8Type),
        D::Int16 => whole!(Int16Type),
        D::Int32 => whole!(Int32Type),
        D::Int64 => whole!(Int64Type),
        D::UInt8 => whole!(UInt8Type),
        D::UInt16 => whole!(UInt16Type),
        D::UInt32 => whole!(UInt32Type),
        D::UInt64 => whole!(UInt64Type),
        D::Float16 => each_primitive::<Float16Type>(array, take, |x| Cell::Number(x.to_f64())),
        D::Float32 => {
            each_primitive::<Float32Type>(array, take, |x| Cell::Number(f64::from(x)));
        }
        D::Float64 => each_primitive::<Float64Type>(array, take, Cell::Number),
        D::Boolean => {
            let Some(truths) = array.as_boolean_opt() else { return };
            for (row, truth) in truths.iter().enumerate() {
                take(row, truth.map_or(Cell::Missing, Cell::Truth));
            }
        }
        D::Utf8 => each_text(array.as_string_opt::<i32>().into_iter().flatten(), take),
        D::LargeUtf8 => each_text(array.as_string_opt::<i64>().into_iter().flatten(), take),
        D::Utf8View => each_text(array.as_string_view_opt().into_iter().flatten(), take),
        D::Null => (0..array.len()).for_each(|row| take(row, Cell::Missing)),
        D::Dictionary(..) => each_of_dictionary(array, take),
        _ => each_decimal_or_day(array, take),
    }
}

fn each_decimal_or_day<'a>(array: &'a dyn Array, take: Take<'_, 'a>) {
    use DataType as D;
    match array.data_type() {
        D::Decimal32(_, s) => {
            each_primitive::<Decimal32Type>(array, take, |x| Cell::Decimal(i128::from(x), *s));
        }
        D::Decimal64(_, s) => {
            each_primitive::<Decimal64Type>(array, take, |x| Cell::Decimal(i128::from(x), *s));
        }
        D::Decimal128(_, s) => {
            each_primitive::<Decimal128Type>(array, take, |x| Cell::Decimal(x, *s));
        }
        D::Decimal256(_, s) => each_primitive::<Decimal256Type>(array, take, |x| {
            x.to_i128().map_or(Cell::Wrong("is a decimal of more than 38 digits"), |x| {
                Cell::Decimal(x, *s)
            })
        }),
        D::Date32 => each_primitive::<Date32Type>(array, take, |x| day(i64::from(x), 1)),
        D::Date64 => each_primitive::<Date64Type>(array, take, |x| day(x, 86_400_000)),
        D::Timestamp(unit, zone) => {
            let shift = zone.as_deref().and_then(offset).unwrap_or(0);
            let at = |x: i64, second: i64| {
                x.checked_add(shift * second)
                    .map_or(Cell::Wrong(NOT_A_DATE), |x| day(x, second * 86_400))
            };
            match unit {
                TimeUnit::Second => {
                    each_primitive::<TimestampSecondType>(array, take, |x| at(x, 1));
                }
                TimeUnit::Millisecond => {
                    each_primitive::<TimestampMillisecondType>(array, take, |x| at(x, 1000));
                }
                TimeUnit::Microsecond => {
                    each_primitive::<TimestampMicrosecondType>(array, take, |x| at(x, 1_000_000));
                }
                TimeUnit::Nanosecond => {
                    each_primitive::<TimestampNanosecondType>(array, take, |x| {
                        at(x, 1_000_000_000)
                    });
                }
            }
        }
        _ => {}
    }
}

/// The day of an instant, in so many units a day; a date outside the years 1 to 9999 is wrong.
fn day<'a>(instant: i64, units_a_day: i64) -> Cell<'a> {
    match (i32::try_from(instant.div_euclid(units_a_day)), bounds()) {
        (Ok(day), Some((first, last))) if (first..=last).contains(&day) => Cell::Day(day),
        _ => Cell::Wrong(NOT_A_DATE),
    }
}

/// The first and the last day that a date can be.
fn bounds() -> Option<(i32, i32)> {
    Some((Day::from_ymd(1, 1, 1)?.0, Day::from_ymd(9999, 12, 31)?.0))
}

/// The seconds that a fixed offset such as `+08:00` is ahead of UTC.
fn offset(zone: &str) -> Option<i64> {
    let (sign, clock) = match zone.split_at_checked(1)? {
        ("+", clock) => (1, clock),
        ("-", clock) => (-1, clock),
        _ => return None,
    };
    let (hours, minutes) = match clock.split_once(':') {
        Some(parts) => parts,
        None => clock.split_at_checked(2)?,
    };
    let number = |text: &str| text.parse::<i64>().ok().filter(|n| (0..60).contains(n));
    let minutes = if minutes.is_empty() { 0 } else { number(minutes)? };
    Some(sign * (number(hours)? * 3600 + minutes * 60))
}

fn each_of_dictionary<'a>(array: &'a dyn Array, take: Take<'_, 'a>) {
    let Some(dictionary) = array.as_any_dictionary_opt() else { return };
    let values: &'a ArrayRef = dictionary.values();
    let mut cells = Vec::with_capacity(values.len());
    each(values.as_ref(), &mut |_, cell| cells.push(cell));
    let mut keys = Vec::with_capacity(array.len());
    each(dictionary.keys(), &mut |_, key| {
        keys.push(match key {
            Cell::Whole(key) => usize::try_from(key).ok(),
            _ => None,
        });
    });
    for (row, key) in keys.into_iter().enumerate() {
        take(row, key.and_then(|key| cells.get(key).copied()).unwrap_or(Cell::Missing));
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::{Date32Array, Float64Array, LargeStringArray};
    use proptest::prelude::*;

    use super::*;
    use crate::sources::ReadParams;

    type Outcome = std::result::Result<(), TestCaseError>;

    /// What the quick way makes of a column is what the way cell by cell makes of it.
    fn same_both_ways(array: &dyn Array, kind: ColumnType) -> Outcome {
        let missing = Missing::new(&ReadParams::default());
        let (quick, wrong) = convert(array, kind, &missing, &[]).unwrap();
        let (slow, wrong_too) = convert(array, kind, &missing, &vec![false; array.len()]).unwrap();
        prop_assert_eq!(&quick, &slow);
        prop_assert_eq!(wrong, wrong_too);
        Ok(())
    }

    proptest! {
        #[test]
        fn a_column_that_stays_as_it_is_reads_the_same(
            texts in prop::collection::vec("[a-c客 \u{0}]{0,3}|NA|x", 1..12), cut in 0..6_usize,
            numbers in prop::collection::vec(prop_oneof![9 => 0.0..9.0, 1 => Just(f64::INFINITY), 1 => Just(f64::NAN)], 1..12),
            days in prop::collection::vec(prop_oneof![9 => 0..99, 1 => Just(i32::MAX)], 1..12),
        ) {
            let large = LargeStringArray::from_iter_values(&texts);
            let cut = cut.min(texts.len() - 1);
            same_both_ways(&large.slice(cut, texts.len() - cut), ColumnType::Text)?;
            let small = StringArray::from_iter_values(&texts);
            same_both_ways(&small.slice(cut, texts.len() - cut), ColumnType::Text)?;
            same_both_ways(&Float64Array::from(numbers), ColumnType::Number)?;
            same_both_ways(&Date32Array::from(days), ColumnType::Date)?;
        }
    }
}
