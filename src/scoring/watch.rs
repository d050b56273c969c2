//! Counts what current customers look like, beside what the model learned from: in constant memory,
//! whatever the order of the rows.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    scorer::Scored,
    state::State,
    tally::{groups, histogram},
};
use crate::{
    bundle::Bundle,
    error::{Error, Kind, Place, Result},
    metrics::expected::{Probabilities, whole_units},
    units::Day,
};

/// When watching raises an alarm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WatchParams {
    /// Columns by whose values customers are told apart, besides the month; `branch` where there is one.
    pub by: Vec<String>,
    /// Chance of any alarm in a run where nothing has changed, all checks together; above 0, below 1.
    pub alpha: f64,
    /// A population stability index from which on a column has shifted (with `alpha`).
    pub psi: f64,
    /// A change in the share of missing cells that is too large.
    pub missing: f64,
    /// A share of cells with unknown categories, above that of training, that is too large.
    pub unseen: f64,
    /// A share of cells outside the range of training that is too large.
    pub outside: f64,
    /// A loss of AUC against validation, expected or real, that is too large.
    pub auc_drop: f64,
    /// A relative change of the base rate that is too large, e.g. 0.25 for a quarter.
    pub base_rate: f64,
}

impl Default for WatchParams {
    fn default() -> Self {
        Self {
            by: Vec::new(),
            alpha: 0.05,
            psi: 0.1,
            missing: 0.05,
            unseen: 0.01,
            outside: 0.01,
            auc_drop: 0.05,
            base_rate: 0.25,
        }
    }
}

impl WatchParams {
    /// Whether every limit is in its range.
    ///
    /// # Errors
    /// `BadParameter` with the key.
    pub fn check(&self) -> Result<()> {
        let limits = [
            ("alpha", self.alpha, 1.0),
            ("psi", self.psi, f64::MAX),
            ("missing", self.missing, 1.0),
            ("unseen", self.unseen, 1.0),
            ("outside", self.outside, 1.0),
            ("auc_drop", self.auc_drop, 1.0),
            ("base_rate", self.base_rate, f64::MAX),
        ];
        for (name, limit, most) in limits {
            if !(limit > 0.0 && limit <= most) {
                return Err(Error::new(
                    Kind::BadParameter,
                    format!("must be above 0 and at most {most}"),
                )
                .at(Place::Key(format!("monitor.{name}"))));
            }
        }
        Ok(())
    }
}

/// What was seen of some customers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Seen {
    /// Rows read.
    pub rows: u64,
    /// Rows that a model scored: what is counted below.
    pub scored: u64,
    /// For each encoded column and code the scored rows.
    pub codes: Vec<Vec<u64>>,
    /// For each encoded column the rows outside the range of training, of all rows.
    pub outside: Vec<u64>,
    /// Probabilities of the active.
    pub active: Probabilities,
    /// Probabilities of the dormant.
    pub dormant: Probabilities,
    /// For each way of telling customers apart (month, branch, …) the groups.
    pub by: Vec<BTreeMap<String, Group>>,
    /// Earliest and latest as-of date.
    pub as_of: Option<(Day, Day)>,
}

/// What was seen of one group.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Group {
    /// Scored rows.
    pub rows: u64,
    /// Sum of probabilities, in units of 2⁻³⁰.
    expected: u64,
    /// For each encoded column and group of codes the rows.
    pub coarse: Vec<Vec<u64>>,
}

impl Group {
    /// Share of events to expect.
    pub fn expected_rate(&self) -> f64 {
        self.expected as f64 / f64::from(1 << 30) / self.rows.max(1) as f64
    }
}

/// The groups of a stretch of rows: their names, and for each row the index of its own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Parted {
    /// The names.
    pub names: Vec<String>,
    /// One entry a row.
    pub of_row: Vec<u32>,
}

/// Groups that are kept apart, at most; further ones are put together.
pub const MOST_GROUPS: usize = 512;
/// The name of the rest.
pub const REST: &str = "(others)";

/// A bundle made ready to count.
#[derive(Debug)]
pub struct Watch {
    /// For each column the group of each code, and the number of groups.
    coarse: Vec<([u8; 256], usize)>,
    /// For each column the training rows in each group.
    reference: Vec<Vec<u64>>,
}

impl Watch {
    /// Makes a bundle ready.
    pub fn new(bundle: &Bundle) -> Self {
        let columns = &bundle.encoder.columns;
        let coarse: Vec<_> = columns.iter().map(|column| groups(&column.counts)).collect();
        let reference = columns
            .iter()
            .zip(&coarse)
            .map(|(column, coarse)| together(&column.counts, coarse))
            .collect();
        Self { coarse, reference }
    }

    /// For each column the training rows in each group of codes.
    pub fn reference(&self) -> &[Vec<u64>] {
        &self.reference
    }

    /// For each column the rows seen in each group of codes.
    pub fn coarse(&self, codes: &[Vec<u64>]) -> Vec<Vec<u64>> {
        codes.iter().zip(&self.coarse).map(|(counts, coarse)| together(counts, coarse)).collect()
    }

    /// Counts a scored stretch, told apart in some ways.
    pub fn of(&self, scored: &Scored, parted: &[Parted]) -> Seen {
        let rows: Vec<u32> = (0..scored.state.len() as u32)
            .filter(|&row| scored.probability[row as usize].is_some())
            .collect();
        let mut seen = Seen {
            rows: scored.state.len() as u64,
            scored: rows.len() as u64,
            codes: scored.encoded.columns.iter().map(|codes| histogram(codes, &rows)).collect(),
            outside: scored.encoded.outside.clone(),
            ..Seen::default()
        };
        for &row in &rows {
            let probability = scored.probability[row as usize].unwrap_or(f64::NAN);
            match scored.state[row as usize] {
                State::Dormant => seen.dormant.add(probability),
                _ => seen.active.add(probability),
            }
        }
        let days = scored.as_of.iter().flatten();
        seen.as_of = days.clone().min().zip(days.max()).map(|(a, b)| (Day(*a), Day(*b)));
        let groups = |parted| self.groups(scored, &rows, parted, &seen.codes);
        seen.by = parted.iter().map(groups).collect();
        seen
    }

    /// The groups of one way. `all` holds the counts by code over all of them.
    fn groups(
        &self,
        scored: &Scored,
        rows: &[u32],
        parted: &Parted,
        all: &[Vec<u64>],
    ) -> BTreeMap<String, Group> {
        let mut groups = vec![Group::default(); parted.names.len()];
        for &row in rows {
            let group = &mut groups[parted.of_row[row as usize] as usize];
            group.rows += 1;
            group.expected += whole_units(scored.probability[row as usize].unwrap_or(0.0));
        }
        if let [only] = &mut *groups {
            only.coarse = self.coarse(all);
        } else {
            let most = self.coarse.iter().map(|(_, count)| *count).max().unwrap_or_default();
            let first: Vec<usize> =
                rows.iter().map(|&row| parted.of_row[row as usize] as usize * most).collect();
            for (codes, (group_of, count)) in scored.encoded.columns.iter().zip(&self.coarse) {
                let mut counts = vec![0_u32; groups.len() * most];
                let mut add = |first: usize, code: u8| {
                    counts[first + usize::from(group_of[usize::from(code)])] += 1;
                };
                if rows.len() == codes.len() {
                    first.iter().zip(codes).for_each(|(first, code)| add(*first, *code));
                } else {
                    let codes = rows.iter().map(|row| codes[*row as usize]);
                    first.iter().zip(codes).for_each(|(first, code)| add(*first, code));
                }
                for (group, counts) in groups.iter_mut().zip(counts.chunks(most.max(1))) {
                    let counts = counts.iter().take(*count);
                    group.coarse.push(counts.map(|&count| u64::from(count)).collect());
                }
            }
        }
        let named = parted.names.iter().cloned().zip(groups);
        named.filter(|(_, group)| group.rows > 0).collect()
    }
}

fn together(counts: &[u64], (group_of, groups): &([u8; 256], usize)) -> Vec<u64> {
    let mut sums = vec![0; *groups];
    for (count, &group) in counts.iter().zip(group_of) {
        sums[usize::from(group)] += count;
    }
    sums
}

impl Seen {
    /// Adds what was seen of the next rows.
    pub fn merge(&mut self, next: Self) {
        self.rows += next.rows;
        self.scored += next.scored;
        add_all(&mut self.codes, &next.codes);
        add(&mut self.outside, &next.outside);
        self.active.merge(&next.active);
        self.dormant.merge(&next.dormant);
        self.by.resize_with(next.by.len().max(self.by.len()), BTreeMap::new);
        for (groups, next) in self.by.iter_mut().zip(next.by) {
            for (name, group) in next {
                let is_kept = groups.contains_key(&name) || groups.len() < MOST_GROUPS;
                let mine = groups.entry(if is_kept { name } else { REST.to_owned() }).or_default();
                mine.rows += group.rows;
                mine.expected += group.expected;
                add_all(&mut mine.coarse, &group.coarse);
            }
        }
        self.as_of = match (self.as_of, next.as_of) {
            (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
            (a, b) => a.or(b),
        };
    }

    /// The probabilities of a population.
    pub fn of(&self, state: State) -> &Probabilities {
        if state == State::Dormant { &self.dormant } else { &self.active }
    }
}

fn add_all(sums: &mut Vec<Vec<u64>>, more: &[Vec<u64>]) {
    sums.resize_with(more.len().max(sums.len()), Vec::new);
    sums.iter_mut().zip(more).for_each(|(sum, more)| add(sum, more));
}

fn add(sum: &mut Vec<u64>, more: &[u64]) {
    sum.resize(more.len().max(sum.len()), 0);
    sum.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
}
