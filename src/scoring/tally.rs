//! Counts what passes through scoring: for the manifest, and to see drift.

use std::collections::BTreeMap;

use crate::{
    metrics::psi,
    scoring::{Band, Scored, State, ValueBand},
    units::Day,
};

/// A sum that does not depend on the order of its terms: millionths, added as whole numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ExactSum(i128);

impl ExactSum {
    /// Adds a term, rounded to millionths.
    pub fn add(&mut self, term: f64) {
        self.0 = self.0.saturating_add((term * 1e6).round() as i128);
    }

    /// Adds another sum.
    pub fn merge(&mut self, other: Self) {
        self.0 = self.0.saturating_add(other.0);
    }

    /// The sum.
    pub fn value(self) -> f64 {
        self.0 as f64 / 1e6
    }
}

/// What one population and its bands hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cell {
    /// Customers.
    pub customers: u64,
    /// Sum of their value a year, where known.
    pub value: ExactSum,
    /// Sum of value × probability, where known.
    pub value_at_risk: ExactSum,
    /// Sum of probabilities: the events to expect.
    pub expected_events: ExactSum,
}

impl Cell {
    /// Adds what another cell holds.
    pub fn merge(&mut self, other: &Self) {
        self.customers += other.customers;
        self.value.0 += other.value.0;
        self.value_at_risk.0 += other.value_at_risk.0;
        self.expected_events.0 += other.expected_events.0;
    }
}

/// State, value band and risk band of a customer.
pub type CellKey = (State, ValueBand, Option<Band>);

/// Counts over scored rows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// Rows scored.
    pub rows: u64,
    /// Customers and money by state, value band and risk band.
    pub cells: BTreeMap<CellKey, Cell>,
    /// For each encoded column and code the rows that a model scored.
    pub codes: Vec<Vec<u64>>,
    /// For each encoded column the categories that training did not know.
    pub unseen: Vec<u64>,
    /// For each encoded column the numbers outside the range of training.
    pub outside: Vec<u64>,
    /// Earliest and latest as-of date.
    pub as_of: Option<(Day, Day)>,
}

/// How far a column has moved from what the model learned from.
#[derive(Debug, Clone, PartialEq)]
pub struct Drift {
    /// Index among the encoded columns.
    pub column: usize,
    /// Population stability index.
    pub psi: f64,
}

impl Tally {
    /// Counts a scored stretch.
    pub fn of(scored: &Scored) -> Self {
        // Rows that no model scores are not what the models learned from either.
        let seen: Vec<u32> = (0..scored.state.len() as u32)
            .filter(|&row| scored.probability[row as usize].is_some())
            .collect();
        let codes = scored.encoded.columns.iter().map(|codes| histogram(codes, &seen)).collect();
        let mut tally = Self {
            rows: scored.state.len() as u64,
            codes,
            unseen: scored.encoded.unseen.clone(),
            outside: scored.encoded.outside.clone(),
            as_of: range(scored.as_of.as_deref()),
            ..Self::default()
        };
        let mut last: Option<(CellKey, Cell)> = None;
        for row in 0..scored.state.len() {
            let key = (scored.state[row], scored.value_band[row], scored.risk_band[row]);
            let mut cell = match last {
                Some((known, cell)) if known == key => cell,
                _ => {
                    if let Some((known, cell)) = last {
                        tally.cells.insert(known, cell);
                    }
                    tally.cells.get(&key).copied().unwrap_or_default()
                }
            };
            cell.customers += 1;
            cell.value.add(scored.value[row].unwrap_or(0.0));
            cell.value_at_risk.add(scored.value_at_risk(row).unwrap_or(0.0));
            cell.expected_events.add(scored.probability[row].unwrap_or(0.0));
            last = Some((key, cell));
        }
        tally.cells.extend(last);
        tally
    }

    /// Adds the counts of another stretch; the order of additions does not matter.
    pub fn merge(&mut self, other: &Self) {
        self.rows += other.rows;
        for (key, cell) in &other.cells {
            self.cells.entry(*key).or_default().merge(cell);
        }
        self.codes.resize_with(other.codes.len().max(self.codes.len()), Vec::new);
        for (sum, counts) in self.codes.iter_mut().zip(&other.codes) {
            add(sum, counts);
        }
        add(&mut self.unseen, &other.unseen);
        add(&mut self.outside, &other.outside);
        self.as_of = match (self.as_of, other.as_of) {
            (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
            (a, b) => a.or(b),
        };
    }

    /// The columns by how far they have moved, the farthest first, over about ten groups of codes a
    /// column and one of missing cells: with fewer rows a group, chance alone would look like a move. `reference` holds for each
    /// column the training rows in each code.
    pub fn drift(&self, reference: &[&[u64]]) -> Vec<Drift> {
        let mut drift: Vec<Drift> = self
            .codes
            .iter()
            .zip(reference)
            .enumerate()
            .map(|(column, (actual, expected))| {
                let (expected, actual) = grouped(expected, actual);
                Drift { column, psi: psi(&expected, &actual) }
            })
            .collect();
        drift.sort_by(|a, b| b.psi.total_cmp(&a.psi).then(a.column.cmp(&b.column)));
        drift
    }
}

/// How often each code comes in the chosen rows, which ascend.
pub(super) fn histogram(codes: &[u8], rows: &[u32]) -> Vec<u64> {
    // Four tables, so that runs of one code do not wait for each other.
    let mut counts = [[0_u32; 256]; 4];
    if rows.len() == codes.len() {
        let (fours, rest) = codes.as_chunks::<4>();
        for four in fours {
            for (table, code) in counts.iter_mut().zip(four) {
                table[usize::from(*code)] += 1;
            }
        }
        for code in rest {
            counts[0][usize::from(*code)] += 1;
        }
    } else {
        for chunk in rows.chunks(4) {
            for (table, &row) in counts.iter_mut().zip(chunk) {
                table[usize::from(codes[row as usize])] += 1;
            }
        }
    }
    (0..256).map(|code| counts.iter().map(|table| u64::from(table[code])).sum()).collect()
}

/// For each code the group that [`Tally::drift`] counts it in, and the number of groups.
pub(super) fn groups(expected: &[u64]) -> ([u8; 256], usize) {
    let all: u64 = expected.iter().skip(1).sum();
    let (mut group_of, mut group, mut held) = ([0; 256], 1, 0);
    for (code, slot) in group_of.iter_mut().enumerate().skip(1) {
        *slot = group;
        held += expected.get(code).copied().unwrap_or(0);
        if held * 10 >= all && code + 1 < expected.len() {
            (group, held) = (group + 1, 0);
        }
    }
    (group_of, usize::from(group) + 1)
}

/// Counts by code as counts by group: missing apart, then neighbouring codes until a group holds a
/// tenth of what is expected.
fn grouped(expected: &[u64], actual: &[u64]) -> (Vec<u64>, Vec<u64>) {
    let all: u64 = expected.iter().skip(1).sum();
    let (mut left, mut right) = (vec![0, 0], vec![0, 0]);
    for (code, &count) in expected.iter().enumerate() {
        let group = left.len() - 1;
        if code == 0 {
            left[0] += count;
            right[0] += actual.first().copied().unwrap_or(0);
            continue;
        }
        left[group] += count;
        right[group] += actual.get(code).copied().unwrap_or(0);
        if left[group] * 10 >= all && code + 1 < expected.len() {
            left.push(0);
            right.push(0);
        }
    }
    (left, right)
}

fn add(sum: &mut Vec<u64>, counts: &[u64]) {
    if sum.len() < counts.len() {
        sum.resize(counts.len(), 0);
    }
    for (sum, count) in sum.iter_mut().zip(counts) {
        *sum += count;
    }
}

fn range(days: Option<&[i32]>) -> Option<(Day, Day)> {
    let days = days?;
    Some((Day(*days.iter().min()?), Day(*days.iter().max()?)))
}
