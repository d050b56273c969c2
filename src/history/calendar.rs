//! As-of dates, and which of them have an outcome by now.

use serde::Serialize;

use super::params::{HistoryParams, OutcomeParams};
use crate::{
    error::{Error, Kind, Result},
    units::Day,
};

/// A rhythm of as-of dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Every {
    /// Each Sunday.
    Week,
    /// Each month's end.
    Month,
    /// Each quarter's end.
    Quarter,
}

impl std::str::FromStr for Every {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        match text {
            "week" => Ok(Self::Week),
            "month" => Ok(Self::Month),
            "quarter" => Ok(Self::Quarter),
            _ => Err("there are week, month and quarter".to_owned()),
        }
    }
}

/// Which as-of dates to take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AsOfs {
    /// These.
    These(Vec<Day>),
    /// In this rhythm, from a year after the first event (or a quarter, where there is less than two
    /// years of data) to the last complete day, within these bounds.
    Every {
        /// The rhythm.
        every: Every,
        /// Not before this day.
        from: Option<Day>,
        /// Not after this day.
        to: Option<Day>,
    },
}

/// When the outcome of a snapshot is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Maturity {
    /// The as-of date.
    pub as_of: Day,
    /// The last day of the outcome window.
    pub window_end: Day,
    /// Whether the data reach that far: the snapshot can be trained on.
    pub mature: bool,
    /// Whether they reach far enough to tell a sustained return.
    pub sustained: bool,
}

impl Maturity {
    /// For a snapshot in which `last` is the last day that counts.
    pub(super) fn of(last: Day, complete_until: Day, outcome: &OutcomeParams) -> Self {
        let window_end = Day(last.0 + outcome.gap_days + outcome.days);
        let sustained_end = last.0 + outcome.gap_days + outcome.sustained_days;
        Self {
            as_of: last,
            window_end,
            mature: window_end <= complete_until,
            sustained: sustained_end <= complete_until.0,
        }
    }
}

impl Maturity {
    /// The same with its as-of date.
    pub(super) fn on(self, as_of: Day) -> Self {
        Self { as_of, ..self }
    }
}

/// The last day of a month.
fn month_end(year: i32, month: u32) -> Option<Day> {
    let (year, month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    Day::from_ymd(year, month, 1).map(|first| Day(first.0 - 1))
}

impl AsOfs {
    /// The as-of dates, ascending, each once. `first` is the first day of any event.
    pub(super) fn resolve(
        &self,
        first: Day,
        complete_until: Day,
        params: &HistoryParams,
    ) -> Result<Vec<Day>> {
        let (every, from, to) = match self {
            Self::These(days) => {
                let mut days = days.clone();
                days.sort_unstable();
                days.dedup();
                if days.is_empty() {
                    return Err(Error::new(Kind::BadParameter, "there is no as-of date")
                        .hint_with("give --as-of 2026-03-31 or --every month"));
                }
                if let Some(late) = days.iter().find(|day| **day > Day(complete_until.0 + 31)) {
                    return Err(Error::new(
                        Kind::BadParameter,
                        format!("{late} lies beyond the data, which end on {complete_until}"),
                    )
                    .hint_with("take an earlier date, or set history.complete_until"));
                }
                return Ok(days);
            }
            Self::Every { every, from, to } => (*every, *from, *to),
        };
        let span = complete_until.0 - first.0;
        let warm_up = if span >= 730 { 365 } else { (span / 2).min(params.outcome.days) };
        let start = from.unwrap_or(Day(first.0 + warm_up));
        let end = to.unwrap_or(complete_until).min(complete_until);
        let mut days = Vec::new();
        let mut day = next(every, start);
        while day <= end {
            days.push(day);
            day = next(every, Day(day.0 + 1));
        }
        if days.is_empty() {
            return Err(Error::new(
                Kind::BadParameter,
                format!("no as-of date of this rhythm lies between {start} and {end}"),
            )
            .hint_with("give the dates with --as-of"));
        }
        Ok(days)
    }
}

/// The first date of a rhythm on or after a day.
fn next(every: Every, day: Day) -> Day {
    match every {
        // 1970-01-04 was a Sunday.
        Every::Week => Day(day.0 + (3 - day.0).rem_euclid(7)),
        Every::Month => {
            let (year, month, _) = day.ymd();
            month_end(year, month).unwrap_or(day)
        }
        Every::Quarter => {
            let (year, month, _) = day.ymd();
            month_end(year, month.div_ceil(3) * 3).unwrap_or(day)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    #[test]
    fn rhythms_meet_their_ends() {
        assert_eq!(next(Every::Month, day("2024-02-01")), day("2024-02-29"));
        assert_eq!(next(Every::Month, day("2024-02-29")), day("2024-02-29"));
        assert_eq!(next(Every::Month, day("2025-12-31")), day("2025-12-31"));
        assert_eq!(next(Every::Quarter, day("2025-04-01")), day("2025-06-30"));
        assert_eq!(next(Every::Week, day("2026-11-25")), day("2026-11-29"));
        assert_eq!(next(Every::Week, day("2026-11-29")), day("2026-11-29"));
    }

    #[test]
    fn a_snapshot_is_mature_when_its_window_has_passed() {
        let outcome = OutcomeParams { gap_days: 10, ..OutcomeParams::default() };
        let of = |until| Maturity::of(day("2026-01-31"), day(until), &outcome);
        assert!(!of("2026-05-10").mature);
        assert!(of("2026-05-11").mature && !of("2026-05-11").sustained);
        assert!(of("2026-08-09").sustained);
    }

    #[test]
    fn months_start_a_year_into_two_years_of_data() {
        let every = AsOfs::Every { every: Every::Month, from: None, to: None };
        let params = HistoryParams::default();
        let days = every.resolve(day("2024-01-01"), day("2026-03-31"), &params).unwrap();
        assert_eq!((days[0], days[days.len() - 1]), (day("2024-12-31"), day("2026-03-31")));
        assert_eq!(days.len(), 16);
        let late = AsOfs::These(vec![day("2027-01-01")]);
        assert!(late.resolve(day("2024-01-01"), day("2026-03-31"), &params).is_err());
    }
}
