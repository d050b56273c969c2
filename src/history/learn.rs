//! Learns the threshold of dormancy of each group: the quiet days from which a return within the horizon
//! is less likely than a limit.

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    curve::{Chance, LONGEST, Spells, falling},
    dormancy::Level,
    load::History,
    person::{Neighbours, Person},
    records::{NEVER, txn},
    schema::RawTable,
    view::all_balances,
};
use crate::error::{Error, Kind, Place, Result};

/// How thresholds are learned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LearnParams {
    /// Days within which a return counts.
    pub horizon_days: usize,
    /// A customer is dormant where a return within the horizon is less likely than this.
    pub limit: f64,
    /// Levels for which a threshold is proposed.
    pub levels: Vec<Level>,
    /// Customers that a group must have; smaller ones inherit.
    pub min_customers: u64,
    /// Spells of the parent group that count as much as the group's own.
    pub smoothing: f64,
}

impl Default for LearnParams {
    fn default() -> Self {
        Self {
            horizon_days: 90,
            limit: 0.1,
            levels: vec![Level::Branch],
            min_customers: 500,
            smoothing: 20.0,
        }
    }
}

impl LearnParams {
    pub(super) fn check(&self) -> Result<()> {
        let range = |key: &str, fits: bool, range: &str| {
            if fits {
                return Ok(());
            }
            Err(Error::new(Kind::BadParameter, format!("must be {range}"))
                .at(Place::Key(format!("history.learn.{key}"))))
        };
        range("horizon_days", (1..=LONGEST / 2).contains(&self.horizon_days), "1 to 730")?;
        range("limit", self.limit > 0.0 && self.limit < 1.0, "above 0, below 1")?;
        range("smoothing", (0.0..=1e6).contains(&self.smoothing), "0 to a million")
    }
}

/// What was learned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Learned {
    /// Days within which a return counts.
    pub horizon_days: usize,
    /// The limit of the chance of a return.
    pub limit: f64,
    /// The whole bank first, then the groups of each level by name.
    pub groups: Vec<Group>,
}

/// A group and its curve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// The level; none for the whole bank.
    pub level: Option<Level>,
    /// The group's name; empty for the whole bank.
    pub key: String,
    /// Customers.
    pub customers: u64,
    /// Spells of quiet that were seen.
    pub spells: u64,
    /// The proposed threshold: the first day from which the chance stays below the limit; none where it
    /// never falls below it within what the data can tell.
    pub days: Option<i32>,
    /// The earliest and latest day that the interval of the chance allows.
    pub days_low: Option<i32>,
    /// See `days_low`.
    pub days_high: Option<i32>,
    /// The chance by quiet days, week by week.
    pub curve: Vec<Point>,
    /// What moving the threshold would change.
    pub moved: Vec<Moved>,
}

/// The chance of a return after some quiet days.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Quiet days.
    pub days: i32,
    /// Spells that lasted that long.
    pub at_risk: u64,
    /// Chance of a return within the horizon, as estimated from this group alone.
    pub raw: f64,
    /// Lower end of its interval of 95 %.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// The same, drawn towards the parent group and falling.
    pub chance: f64,
}

/// What a threshold would mean today.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Moved {
    /// The threshold.
    pub days: i32,
    /// Customers who are quiet for longer today.
    pub dormant: u64,
    /// Of them, how many are expected back within the horizon by themselves: contacts spent for nothing.
    pub back_by_themselves: f64,
    /// Customers who are quiet, but not for that long, and are not expected back: reached too late.
    pub missed: f64,
}

/// What a group was seen to do.
#[derive(Debug, Clone, Default)]
struct Seen {
    customers: u64,
    spells: Spells,
    /// Customers by quiet days on the last day of the data.
    quiet_today: BTreeMap<i32, u64>,
}

impl Seen {
    fn add(&mut self, other: &Self) {
        self.customers += other.customers;
        self.spells.add(&other.spells);
        for (days, count) in &other.quiet_today {
            *self.quiet_today.entry(*days).or_default() += count;
        }
    }
}

type Key = Option<(Level, u32)>;

/// Learns from all spells of quiet between voluntary transactions.
///
/// # Errors
/// `BadParameter`; those of fetching records.
pub fn learn(history: &History, params: &LearnParams) -> Result<Learned> {
    params.check()?;
    let parts: Vec<Result<BTreeMap<Key, Seen>>> = (0..history.parts.count())
        .into_par_iter()
        .map(|part| see_part(history, params, part))
        .collect();
    let mut seen: BTreeMap<Key, Seen> = BTreeMap::new();
    for part in parts {
        for (key, of_part) in part? {
            seen.entry(key).or_default().add(&of_part);
        }
    }
    let bank = seen.remove(&None).unwrap_or_default();
    let whole = Fitted::of(&bank, None, params);
    let mut groups = vec![whole.group(None, String::new(), &bank, params)];
    let mut named: Vec<(Level, &str, &Seen)> = seen
        .iter()
        .filter(|(_, seen)| seen.customers >= params.min_customers)
        .filter_map(|(key, seen)| {
            let (level, code) = (*key)?;
            Some((level, history.words.get(code)?, seen))
        })
        .collect();
    named.sort_by_key(|(level, name, _)| (*level, *name));
    groups.extend(named.into_iter().map(|(level, name, seen)| {
        let fitted = Fitted::of(seen, Some(&whole), params);
        fitted.group(Some(level), name.to_owned(), seen, params)
    }));
    Ok(Learned { horizon_days: params.horizon_days, limit: params.limit, groups })
}

fn see_part(history: &History, params: &LearnParams, part: usize) -> Result<BTreeMap<Key, Seen>> {
    let neighbours = Neighbours::fetch(history, part)?;
    let mut seen: BTreeMap<Key, Seen> = BTreeMap::new();
    for place in history.parts.range(part) {
        let person = neighbours.person(history, place);
        let days = active_days(history, &person);
        let levels = params.levels.iter().filter_map(|level| {
            let code = person.customer.word(level.attribute());
            (code != 0).then_some(Some((*level, code)))
        });
        for key in std::iter::once(None).chain(levels) {
            note(seen.entry(key).or_default(), history, &person, &days);
        }
    }
    Ok(seen)
}

/// The days with voluntary activity within the data, ascending, each once.
fn active_days(history: &History, person: &Person<'_>) -> Vec<i32> {
    let last = history.complete_until.0;
    let mut days: Vec<i32> = if history.has(RawTable::Transactions) {
        let voluntary = person.txns.iter().filter(|t| t.bits & txn::VOLUNTARY != 0);
        voluntary.map(|t| t.day).filter(|day| *day <= last).collect()
    } else {
        let balances = all_balances(history, person.balances, last);
        let moved = balances.windows(2).filter(|pair| super::view::moved(pair[0].aum, pair[1].aum));
        moved.map(|pair| pair[1].day).collect()
    };
    days.dedup();
    days
}

fn note(seen: &mut Seen, history: &History, person: &Person<'_>, days: &[i32]) {
    let Some(&last) = days.last() else { return };
    seen.customers += 1;
    for pair in days.windows(2) {
        seen.spells.add_return(pair[1] - pair[0]);
    }
    let close = person.customer.close;
    let end = if close == NEVER { history.complete_until.0 } else { close };
    let quiet = (end.min(history.complete_until.0) - last).max(0);
    seen.spells.add_lost(quiet);
    if close > history.complete_until.0 {
        *seen.quiet_today.entry(quiet).or_default() += 1;
    }
}

/// A group's curve and its bounds, drawn towards the parent's curve.
struct Fitted {
    chances: Vec<Chance>,
    smooth: Vec<f64>,
    low: Vec<f64>,
    high: Vec<f64>,
}

impl Fitted {
    fn of(seen: &Seen, parent: Option<&Self>, params: &LearnParams) -> Self {
        let chances = seen.spells.curve(params.horizon_days);
        let weights: Vec<f64> = chances.iter().map(Chance::weight).collect();
        let drawn = |of: &dyn Fn(&Chance) -> f64| -> Vec<f64> {
            let own = chances.iter().map(of).zip(&weights).enumerate();
            own.map(|(day, (own, weight))| {
                let Some(parent) = parent else { return own };
                let total = weight + params.smoothing;
                let towards = parent.smooth[day] * params.smoothing;
                if total > 0.0 { (own * weight + towards) / total } else { 0.0 }
            })
            .collect()
        };
        let low = drawn(&|chance| chance.interval().0);
        let high = drawn(&|chance| chance.interval().1);
        // The day on which a spell begins is no quiet day.
        let smooth = falling(&drawn(&|chance| chance.probability), &weights);
        Self { chances, smooth, low, high }
    }

    fn group(&self, level: Option<Level>, key: String, seen: &Seen, params: &LearnParams) -> Group {
        let days = self.threshold(&self.smooth, params);
        let curve = (7..=LONGEST)
            .step_by(7)
            .take_while(|day| self.tells(*day, params))
            .map(|day| Point {
                days: day as i32,
                at_risk: self.chances[day].at_risk,
                raw: self.chances[day].probability,
                low: self.chances[day].interval().0,
                high: self.chances[day].interval().1,
                chance: self.smooth[day],
            })
            .collect();
        let moved = days.map_or_else(Vec::new, |days| {
            [-28, -14, -7, 0, 7, 14, 28]
                .into_iter()
                .map(|by| days + by)
                .filter(|days| *days > 0)
                .map(|days| self.moved(days, seen))
                .collect()
        });
        Group {
            level,
            key,
            customers: seen.customers,
            spells: seen.spells.at_risk()[0],
            days,
            // The curve is made to fall, its bounds are not: between them it lies all the same.
            days_low: self
                .first_below(&self.low, params)
                .map(|low| days.map_or(low, |d| d.min(low))),
            days_high: self
                .first_below(&self.high, params)
                .map(|high| days.map_or(high, |d| d.max(high))),
            curve,
            moved,
        }
    }

    /// Whether the spells that lasted so long tell anything.
    fn tells(&self, day: usize, params: &LearnParams) -> bool {
        const FEW: u64 = 20;
        day + params.horizon_days <= LONGEST
            && self.chances[day].at_risk >= FEW
            && self.chances[(day + params.horizon_days).min(LONGEST)].at_risk > 0
    }

    /// The first day on which a bound lies below the limit, as far as it tells. Late days have so few
    /// spells that their upper bound rises again: it does not count there.
    fn first_below(&self, bound: &[f64], params: &LearnParams) -> Option<i32> {
        let mut days = (1..=LONGEST).take_while(|day| self.tells(*day, params));
        days.find(|day| bound[*day] < params.limit).map(|day| day as i32)
    }

    /// The first day from which a curve stays below the limit, as far as it tells.
    fn threshold(&self, curve: &[f64], params: &LearnParams) -> Option<i32> {
        let end = (1..=LONGEST).find(|day| !self.tells(*day, params)).unwrap_or(LONGEST);
        let above = (1..end).rev().find(|day| curve[*day] >= params.limit);
        let first = above.map_or(1, |day| day + 1);
        (first < end).then_some(first as i32)
    }

    fn moved(&self, threshold: i32, seen: &Seen) -> Moved {
        let chance = |days: i32| self.smooth[(days.max(0) as usize).min(LONGEST)];
        let mut moved = Moved { days: threshold, dormant: 0, back_by_themselves: 0.0, missed: 0.0 };
        for (&days, &count) in &seen.quiet_today {
            if days > threshold {
                moved.dormant += count;
                moved.back_by_themselves += count as f64 * chance(days);
            } else if days > 30 {
                moved.missed += count as f64 * (1.0 - chance(days));
            }
        }
        moved
    }
}
