//! Quantities that must not be mixed up: days, seeds, model names.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Kind, Result};

/// A calendar day, as days since 1970-01-01 in the proleptic Gregorian calendar.
///
/// An *as-of date* is a `Day`: the day on whose evening a snapshot was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Day(pub i32);

impl Day {
    /// The day of a calendar date; `None` where there is no such date or its year is outside 1..=9999.
    ///
    /// # Source
    /// Howard Hinnant, *chrono-Compatible Low-Level Date Algorithms* (2013), `days_from_civil`.
    pub fn from_ymd(year: i32, month: u32, day: u32) -> Option<Self> {
        if !(1..=9999).contains(&year) || !(1..=12).contains(&month) || day == 0 {
            return None;
        }
        if day > days_in_month(year, month) {
            return None;
        }
        let y = i64::from(year) - i64::from(month <= 2);
        let era = y.div_euclid(400);
        let year_of_era = y.rem_euclid(400);
        let shifted_month = (i64::from(month) + 9) % 12;
        let day_of_year = (153 * shifted_month + 2) / 5 + i64::from(day) - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        Some(Self((era * 146_097 + day_of_era - 719_468) as i32))
    }

    /// Year, month and day of the month.
    ///
    /// # Source
    /// Howard Hinnant (2013), `civil_from_days`.
    pub fn ymd(self) -> (i32, u32, u32) {
        let z = i64::from(self.0) + 719_468;
        let era = z.div_euclid(146_097);
        let day_of_era = z.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = (day_of_year - (153 * shifted_month + 2) / 5 + 1) as u32;
        let month = ((shifted_month + 2) % 12 + 1) as u32;
        ((year_of_era + era * 400 + i64::from(month <= 2)) as i32, month, day)
    }

    /// Reads a date as banks write them: `2026-03-31`, `2026/3/31`, `20260331`, and the month
    /// `2026-03` or `2026/3`, which stands for its first day. A time of day after a blank or `T` is
    /// dropped.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let date = text.split([' ', 'T']).next()?;
        if !date.is_ascii() {
            return None;
        }
        let separator = date.bytes().find(|b| !b.is_ascii_digit());
        match separator {
            None if date.len() == 8 => Self::from_ymd(
                number(&date[..4])?,
                number(&date[4..6])? as u32,
                number(&date[6..])? as u32,
            ),
            Some(separator @ (b'-' | b'/')) => {
                let mut parts = date.split(separator as char);
                let year = parts.next().filter(|y| y.len() == 4).and_then(number)?;
                let month = parts.next().filter(|m| m.len() <= 2).and_then(number)?;
                let day = match parts.next() {
                    Some(day) if day.len() <= 2 => number(day)?,
                    Some(_) => return None,
                    None => 1,
                };
                if parts.next().is_some() {
                    return None;
                }
                Self::from_ymd(year, month as u32, day as u32)
            }
            _ => None,
        }
    }
}

fn number(digits: &str) -> Option<i32> {
    let all_digits = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    if all_digits { digits.parse().ok() } else { None }
}

fn days_in_month(year: i32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.ymd();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl TryFrom<String> for Day {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        Self::parse(&text)
            .ok_or_else(|| Error::new(Kind::WrongType, format!("\"{text}\" is not a date")))
    }
}

impl From<Day> for String {
    fn from(day: Day) -> Self {
        day.to_string()
    }
}

/// The number that every random choice is derived from, by hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seed(pub u64);

impl Default for Seed {
    fn default() -> Self {
        Self(1)
    }
}

impl Seed {
    /// 64 evenly spread bits that depend on the seed, the purpose and the key only: the basis of
    /// every split, sample and arm, whatever the order of rows or the number of threads.
    pub fn hash(self, purpose: &str, key: &[u8]) -> u64 {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.0.to_le_bytes());
        hasher.update(&(purpose.len() as u64).to_le_bytes());
        hasher.update(purpose.as_bytes());
        hasher.update(key);
        let mut first = [0; 8];
        first.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
        u64::from_le_bytes(first)
    }
}

/// The name of a model in the registry: `^[a-z0-9][a-z0-9-]{0,62}$`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ModelName(String);

impl ModelName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ModelName {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let fits = (1..=63).contains(&name.len())
            && plain(name.as_bytes()[0])
            && name.bytes().all(|b| plain(b) || b == b'-');
        if fits {
            Ok(Self(name.to_owned()))
        } else {
            Err(Error::new(Kind::BadName, format!("{name:?} is not a model name")))
        }
    }
}

impl TryFrom<String> for ModelName {
    type Error = Error;

    fn try_from(name: String) -> Result<Self> {
        name.parse()
    }
}

impl From<ModelName> for String {
    fn from(name: ModelName) -> Self {
        name.0
    }
}

impl fmt::Display for ModelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The language of what people read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Chinese (simplified).
    Zh,
}

impl Language {
    /// The one of two texts that is in this language.
    pub fn pick<T>(self, en: T, zh: T) -> T {
        match self {
            Self::En => en,
            Self::Zh => zh,
        }
    }
}

impl FromStr for Language {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "en" => Ok(Self::En),
            "zh" => Ok(Self::Zh),
            _ => Err(Error::new(Kind::BadParameter, format!("{name:?} is not a language here"))
                .hint_with("give en or zh")),
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.pick("en", "zh"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_days() {
        assert_eq!(Day::from_ymd(1970, 1, 1), Some(Day(0)));
        assert_eq!(Day::from_ymd(2000, 2, 29), Some(Day(11_016)));
        assert_eq!(Day::from_ymd(1900, 2, 29), None);
        for text in
            ["2026-03-31", "2026/3/31", "20260331", "2026-03-31 12:30:00", "2026-03-31T12:30"]
        {
            assert_eq!(
                Day::parse(text).map(|d| d.to_string()).as_deref(),
                Some("2026-03-31"),
                "{text}"
            );
        }
        assert_eq!(Day::parse("2026-03"), Day::from_ymd(2026, 3, 1));
        for text in
            ["31/02/2026", "2026-02-30", "202603", "2026-3-31-1", "二〇二六", "", "-", "2026--1"]
        {
            assert_eq!(Day::parse(text), None, "{text}");
        }
    }

    #[test]
    fn names_outside_the_pattern_are_refused() {
        for name in ["", "../x", "A", "-a", "a/b", "a.b", "a b", &"a".repeat(64)] {
            assert!(name.parse::<ModelName>().is_err(), "{name}");
        }
        assert!("retail-2026".parse::<ModelName>().is_ok());
    }

    #[test]
    fn languages_read_back() {
        for language in [Language::En, Language::Zh] {
            assert_eq!(language.to_string().parse::<Language>().unwrap(), language);
        }
        assert!("de".parse::<Language>().unwrap_err().hint().contains("zh"));
    }

    proptest! {
        #[test]
        fn a_day_reads_back(day in -600_000i32..2_000_000) {
            let (y, m, d) = Day(day).ymd();
            prop_assert_eq!(Day::from_ymd(y, m, d), Some(Day(day)));
            prop_assert_eq!(Day::parse(&Day(day).to_string()), Some(Day(day)));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,24}") {
            let _ = Day::parse(&text);
        }
    }
}
