//! Months counted from year 0, and the days in them.

use crate::units::Day;

/// Months since year 0 of a day.
pub(crate) fn month_of(day: Day) -> i32 {
    let (year, month, _) = day.ymd();
    year * 12 + month as i32 - 1
}

/// A day of a month counted from year 0.
pub(super) fn day_in_month(month: i32, day: u32) -> Day {
    let first = Day::from_ymd(month.div_euclid(12), month.rem_euclid(12) as u32 + 1, 1);
    Day(first.map_or(0, |first| first.0) + day as i32 - 1)
}

/// The last day of a month counted from year 0.
pub(crate) fn month_end(month: i32) -> Day {
    Day(day_in_month(month + 1, 1).0 - 1)
}
