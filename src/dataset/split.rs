//! Who trains and who tests: folds by customer, later data, label maturity.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::order::sorted;
use crate::{
    error::{Error, Kind, Result},
    units::Day,
};

/// A fold for each row; a customer's rows are all in one fold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Folds {
    /// For each row its fold, below `count`.
    pub of_row: Vec<u8>,
    /// Number of folds.
    pub count: u8,
}

impl Folds {
    /// Deals the customers out to `count` folds, in the order of their keys, first those without an
    /// event, then those with one: the folds differ by at most one customer of either sort. `outcome`
    /// has one entry a row (`true` is the event). Depends on keys and outcomes only, not on the order.
    ///
    /// # Errors
    /// `BadParameter` for fewer than 2 folds or unequal lengths; `TooFew` for fewer customers than folds.
    pub fn by_customer(customer_keys: &[u64], outcome: &[bool], count: u8) -> Result<Self> {
        if count < 2 || customer_keys.len() != outcome.len() {
            return Err(Error::new(Kind::BadParameter, "folds: 2 or more, with one outcome a row"));
        }
        let key = |row: u32| customer_keys[row as usize];
        // Sorted by key, a customer's event stands first.
        let order = sorted(customer_keys.len(), key, |a, b| {
            outcome[b as usize].cmp(&outcome[a as usize]).then(a.cmp(&b))
        });
        let has_event = |rows: &[u32]| rows.first().is_some_and(|row| outcome[*row as usize]);
        let of_one = || order.chunk_by(|a, b| key(*a) == key(*b));
        let mut customers = [0_u64; 2];
        let mut of_row = vec![0; order.len()];
        let without = of_one().filter(|rows| !has_event(rows)).count() as u64;
        for rows in of_one() {
            let sort = usize::from(has_event(rows));
            let place = customers[sort] + if sort == 1 { without } else { 0 };
            customers[sort] += 1;
            for row in rows {
                of_row[*row as usize] = (place % u64::from(count)) as u8;
            }
        }
        if customers.iter().sum::<u64>() < u64::from(count) {
            let what = format!("there are fewer customers than {count} folds");
            return Err(Error::new(Kind::TooFew, what));
        }
        Ok(Self { of_row, count })
    }

    /// Of these rows, those outside the fold (to train on) and those inside (to test on).
    pub fn part(&self, rows: &[u32], fold: u8) -> (Vec<u32>, Vec<u32>) {
        rows.iter().partition(|row| self.of_row.get(**row as usize) != Some(&fold))
    }

    /// The folds of the rows in a new order; see [`super::BinnedMatrix::reorder`].
    #[must_use]
    pub fn reordered(&self, order: &[u32]) -> Self {
        let of_row =
            order.iter().filter_map(|row| self.of_row.get(*row as usize).copied()).collect();
        Self { of_row, count: self.count }
    }
}

/// A split by time: trained on earlier snapshots, tested on the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeSplit {
    /// As-of date of the test rows.
    pub test_as_of: Day,
    /// Rows of the last snapshot, ascending.
    pub test: Vec<u32>,
    /// Rows of the earlier snapshots whose outcome was known by then, ascending.
    pub train: Vec<u32>,
    /// Earlier snapshots whose outcome window reaches past the test's as-of date, ascending.
    pub purged: Vec<Day>,
    /// Test rows of customers who are in no training row, ascending.
    pub unseen: Vec<u32>,
}

/// Whether the rows can be split by time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LaterSplit {
    /// They can.
    Split(TimeSplit),
    /// They cannot, for this reason (a sentence without a full stop).
    Not(String),
}

/// What a snapshot is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Its outcome was known before the test snapshot: it trains.
    Trainable,
    /// Its outcome window reaches past the test's as-of date: left out of the test by time.
    Purged,
    /// The last snapshot: it tests.
    Test,
}

/// How far the outcome of a snapshot is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Maturity {
    /// The as-of date.
    pub as_of: Day,
    /// Its rows.
    pub rows: u64,
    /// Its events.
    pub events: u64,
    /// The day on which its outcome window ends.
    pub window_end: Day,
    /// What it is good for.
    pub role: Role,
}

/// The label maturity of each snapshot, by as-of date; a row without as-of date or outcome is left
/// out. `outcome_days` is the length of the outcome window, in days.
pub fn maturity(as_of: &[Day], outcome: &[bool], outcome_days: i32) -> Vec<Maturity> {
    let mut snapshots: BTreeMap<Day, (u64, u64)> = BTreeMap::new();
    for (day, is_event) in as_of.iter().zip(outcome) {
        let (rows, events) = snapshots.entry(*day).or_default();
        *rows += 1;
        *events += u64::from(*is_event);
    }
    let Some(last) = snapshots.keys().next_back().copied() else { return Vec::new() };
    let line = |(as_of, (rows, events)): (Day, (u64, u64))| {
        let window_end = Day(as_of.0.saturating_add(outcome_days.max(0)));
        let role = match window_end {
            _ if as_of == last => Role::Test,
            end if end > last => Role::Purged,
            _ => Role::Trainable,
        };
        Maturity { as_of, rows, events, window_end, role }
    };
    snapshots.into_iter().map(line).collect()
}

/// The split by time, or why there is none: the last snapshot tests, those before train, without
/// those whose outcome was not known by the test's as-of date. One entry a row each; `outcome_days`
/// is the length of the outcome window, in days.
///
/// # Errors
/// `BadParameter` for unequal lengths or a negative window.
pub fn out_of_time(
    as_of: &[Day],
    customer_keys: &[u64],
    outcome: &[bool],
    outcome_days: i32,
) -> Result<LaterSplit> {
    if as_of.len() != customer_keys.len() || as_of.len() != outcome.len() || outcome_days < 0 {
        let what = "a split by time needs as-of date, customer and outcome of every row, and a window of 0 days or more";
        return Err(Error::new(Kind::BadParameter, what));
    }
    let snapshots = maturity(as_of, outcome, outcome_days);
    let of_role = |role: Role| snapshots.iter().filter(move |snapshot| snapshot.role == role);
    let purged: Vec<Day> = of_role(Role::Purged).map(|snapshot| snapshot.as_of).collect();
    let trainable: BTreeSet<Day> =
        of_role(Role::Trainable).map(|snapshot| snapshot.as_of).collect();
    let Some(last) = snapshots.last().filter(|_| snapshots.len() > 1) else {
        return Ok(LaterSplit::Not("there is only one snapshot".to_owned()));
    };
    if let Some(why) = why_not(&snapshots, last, outcome_days) {
        return Ok(LaterSplit::Not(why));
    }
    let rows = |wanted: &dyn Fn(&Day) -> bool| -> Vec<u32> {
        (0_u32..).zip(as_of).filter(|(_, day)| wanted(day)).map(|(row, _)| row).collect()
    };
    let train = rows(&|day| trainable.contains(day));
    let test = rows(&|day| *day == last.as_of);
    let customer = |row: &u32| customer_keys.get(*row as usize).copied().unwrap_or_default();
    let mut known: Vec<u64> = train.iter().map(customer).collect();
    known.par_sort_unstable();
    let is_unseen = |row: &u32| known.binary_search(&customer(row)).is_err();
    let unseen = test.iter().copied().filter(is_unseen).collect();
    Ok(LaterSplit::Split(TimeSplit { test_as_of: last.as_of, test, train, purged, unseen }))
}

fn why_not(snapshots: &[Maturity], last: &Maturity, outcome_days: i32) -> Option<String> {
    let (mut rows, mut events) = (0, 0);
    for snapshot in snapshots.iter().filter(|snapshot| snapshot.role == Role::Trainable) {
        rows += snapshot.rows;
        events += snapshot.events;
    }
    let day = last.as_of;
    if rows == 0 {
        return Some(format!(
            "no earlier snapshot has an outcome window of {outcome_days} days that ends by {day}"
        ));
    }
    if events == 0 || events == rows {
        return Some(format!("the snapshots before {day} hold one outcome only"));
    }
    if last.events == 0 || last.events == last.rows {
        return Some(format!("the last snapshot, {day}, holds one outcome only"));
    }
    None
}
