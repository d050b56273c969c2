//! A column as numbers: reading it, and looking at it once.

use std::borrow::Cow;

use arrow_array::{Array, ArrayRef, cast::AsArray, types};
use arrow_buffer::NullBuffer;

use super::{
    builder::{Holds, Profile},
    cuts::{cuts, median, runs},
    distinct::Distinct,
    encoder::Bins,
};
use crate::error::{Error, Kind, Result};

/// The cells of a number column; what is missing or not finite is no finite number here either.
pub(super) fn numbers(column: &ArrayRef) -> Result<Cow<'_, [f64]>> {
    let (values, nulls) = with_gaps(column)?;
    Ok(match nulls {
        None => Cow::Borrowed(values),
        Some(nulls) => {
            let cells = values.iter().zip(nulls);
            Cow::Owned(cells.map(|(x, is_there)| if is_there { *x } else { f64::NAN }).collect())
        }
    })
}

/// The cells of a number column, and which of them are missing: any number stands there.
pub(super) fn with_gaps(column: &ArrayRef) -> Result<(&[f64], Option<&NullBuffer>)> {
    let Some(array) = column.as_primitive_opt::<types::Float64Type>() else {
        return Err(wrong_type(column, "numbers"));
    };
    Ok((array.values(), array.nulls()))
}

/// The rows of missing cells.
pub(super) fn gaps(nulls: Option<&NullBuffer>) -> Vec<usize> {
    nulls.map_or_else(Vec::new, |nulls| (!nulls.inner()).set_indices().collect())
}

/// The cells of a date column as days before the as-of date of their row; missing is NaN.
pub(super) fn days_before<'a>(column: &ArrayRef, as_of: Option<&[i32]>) -> Result<Cow<'a, [f64]>> {
    let Some(array) = column.as_primitive_opt::<types::Date32Type>() else {
        return Err(wrong_type(column, "dates"));
    };
    let Some(as_of) = as_of.filter(|as_of| as_of.len() == array.len()) else {
        let what = "a date becomes the days before the as-of date, but the rows have none";
        return Err(Error::new(Kind::BadParameter, what).hint_with(
            "name the as-of column with --as-of, or leave the date out with --exclude",
        ));
    };
    let cells = array.iter().zip(as_of);
    Ok(cells
        .map(|(day, as_of)| day.map_or(f64::NAN, |day| f64::from(*as_of) - f64::from(day)))
        .collect())
}

pub(super) fn wrong_type(column: &ArrayRef, wanted: &str) -> Error {
    let what = format!("the column should hold {wanted} and holds {}", column.data_type());
    Error::new(Kind::WrongType, what)
}

/// What is kept of a number column while its rows pass by.
#[derive(Debug)]
pub(super) struct NumberColumn {
    rows: u64,
    missing: u64,
    below_zero: u64,
    fractions: u64,
    least: f64,
    most: f64,
    values: Distinct,
    sample: Vec<f64>,
}

impl NumberColumn {
    pub(super) fn new() -> Self {
        Self {
            rows: 0,
            missing: 0,
            below_zero: 0,
            fractions: 0,
            least: f64::INFINITY,
            most: f64::NEG_INFINITY,
            values: Distinct::new(),
            sample: Vec::new(),
        }
    }

    pub(super) fn observe(&mut self, cells: &[f64], keep: &[bool], sampled: &[u32]) {
        for (x, _) in cells.iter().zip(keep).filter(|(_, keep)| **keep) {
            self.rows += 1;
            if !x.is_finite() {
                self.missing += 1;
                continue;
            }
            // Adding 0 makes one zero of the two.
            let x = x + 0.0;
            self.least = self.least.min(x);
            self.most = self.most.max(x);
            self.below_zero += u64::from(x < 0.0);
            // From 2^53 on, and beyond the range of i64, a float has no fraction.
            self.fractions += u64::from((x as i64 as f64 - x).abs() > 0.0 && x.abs() < 9e15);
            self.values.add(x.to_bits(), 1);
        }
        self.sample
            .extend(sampled.iter().filter_map(|row| cells.get(*row as usize)).map(|x| x + 0.0));
    }

    pub(super) fn thin(&mut self, stays: &[bool]) {
        let mut stays = stays.iter();
        self.sample.retain(|_| stays.next().copied().unwrap_or_default());
    }

    /// The cells of the sampled rows; all columns have the same rows.
    pub(super) fn sample(&self) -> &[f64] {
        &self.sample
    }

    pub(super) fn finish(self, most_bins: usize) -> (Values, Profile) {
        let there = self.rows - self.missing;
        let values = self.sorted_values();
        let rows_per_value = self.values.rows_per_value();
        let profile = Profile {
            rows: self.rows,
            missing: self.missing,
            distinct: distinct(&self.values, there),
            distinct_is_exact: self.values.is_complete(),
            rows_per_value,
            holds: match self.fractions {
                0 if there > 0 => Holds::WholeNumbers,
                _ => Holds::Numbers,
            },
            below_zero: self.below_zero,
            least: (there > 0).then_some(self.least),
            most: (there > 0).then_some(self.most),
            ..Profile::default()
        };
        let (least, most) = if there > 0 { (self.least, self.most) } else { (0.0, 0.0) };
        let middle = median(&values).clamp(least, most);
        (Values { cuts: cuts(&values, most_bins), least, median: middle, most }, profile)
    }

    /// The different values, ascending, with their rows: all of them, or those of the sample.
    fn sorted_values(&self) -> Vec<(f64, u64)> {
        if self.values.is_complete() {
            let entries = self.values.entries();
            let mut values: Vec<(f64, u64)> =
                entries.into_iter().map(|(bits, rows)| (f64::from_bits(bits), rows)).collect();
            values.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
            return values;
        }
        runs(self.sample.clone())
    }
}

/// Different values among `there` rows: counted where all are held, else estimated.
pub(super) fn distinct(values: &Distinct, there: u64) -> u64 {
    if values.is_complete() {
        values.entries().len() as u64
    } else {
        (there as f64 / values.rows_per_value().max(1.0)).round() as u64
    }
}

/// The frozen bins of a number.
#[derive(Debug)]
pub(super) struct Values {
    cuts: Vec<f64>,
    least: f64,
    median: f64,
    most: f64,
}

impl Values {
    pub(super) fn number(self) -> Bins {
        let Self { cuts, least, median, most } = self;
        Bins::Number { cuts, least, median, most }
    }

    pub(super) fn days_before(self) -> Bins {
        let Self { cuts, least, median, most } = self;
        Bins::DaysBefore { cuts, least, median, most }
    }
}
