//! Codes into groups: the best contiguous parts by log-likelihood, found by dynamic programming.

use super::{
    LogisticParams, levels,
    params::Direction,
    sample::{Sample, Tally},
};
use crate::dataset::CodeKind;

/// Codes merged into groups. Group 0 is the neutral one, to which codes without evidence point.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Grouping {
    /// For each of the 256 codes its group.
    pub(super) group_of: [u8; 256],
    /// Rows and events of each group as counted; the neutral group's may be zero.
    pub(super) counted: Vec<Tally>,
    /// Weight of evidence of each group; 0 for the neutral group.
    pub(super) woe: Vec<f64>,
}

/// One or more codes that stay together, in the order in which they may be merged.
#[derive(Debug, Clone)]
pub(super) struct Item {
    /// The codes, and those never seen that lie between them.
    pub(super) codes: Vec<u8>,
    /// Rows and events, shrunken where single codes cannot be trusted.
    pub(super) tally: Tally,
}

/// Groups a column, or finds that it carries no evidence.
pub(super) fn group(
    sample: &Sample<'_>,
    column: usize,
    total: Tally,
    params: &LogisticParams,
) -> Option<Grouping> {
    let tallies = sample.tally(column);
    let least = (params.min_group_share * total.rows).max(LEAST_ROWS);
    let code_count = usize::from(sample.code_counts[column]).min(256);
    let items = match sample.kinds[column] {
        CodeKind::Ordered => {
            let items = ordered_items(&tallies, code_count, least);
            match params.monotone.get(&sample.names[column]) {
                Some(&direction) => monotone(items, direction),
                None => items,
            }
        }
        CodeKind::Category => levels::items(&tallies),
    };
    let parts = segment(&items, least, params);
    assemble(&tallies, &parts, total, least, params)
}

/// Fewest rows (or weight) that a group can stand on.
const LEAST_ROWS: f64 = 20.0;

/// The codes of an ordered column, merged from the left until each item has half the least rows.
fn ordered_items(tallies: &[Tally; 256], code_count: usize, least: f64) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    for (code, &tally) in tallies.iter().enumerate().skip(1) {
        if code >= code_count && tally.rows <= 0.0 {
            continue;
        }
        match items.last_mut() {
            Some(item) if item.tally.rows < least / 2.0 || tally.rows <= 0.0 => {
                item.codes.push(code as u8);
                item.tally = item.tally + tally;
            }
            _ => items.push(Item { codes: vec![code as u8], tally }),
        }
    }
    items
}

/// Pools neighbours until the event rates go one way only.
fn monotone(items: Vec<Item>, direction: Direction) -> Vec<Item> {
    let violates = |left: &Item, right: &Item| match direction {
        Direction::Rising => left.tally.rate() > right.tally.rate(),
        Direction::Falling => left.tally.rate() < right.tally.rate(),
    };
    let mut pooled: Vec<Item> = Vec::new();
    for mut item in items {
        while let Some(left) = pooled.pop_if(|left| violates(left, &item)) {
            item.tally = left.tally + item.tally;
            item.codes = [left.codes, item.codes].concat();
        }
        pooled.push(item);
    }
    pooled
}

/// The best parts of the items: each with the least rows, at most `max_groups`, by log-likelihood
/// less the penalty for each part.
///
/// # Cost
/// O(items² × groups)
fn segment(items: &[Item], least: f64, params: &LogisticParams) -> Vec<Item> {
    let count = items.len();
    if count == 0 {
        return Vec::new();
    }
    let mut before = vec![Tally::default()];
    for item in items {
        before.push(before[before.len() - 1] + item.tally);
    }
    let part = |from: usize, to: usize| before[to] - before[from];
    let mut likelihood = vec![f64::NEG_INFINITY; count * (count + 1)];
    for from in 0..count {
        for to in from + 1..=count {
            let tally = part(from, to);
            if tally.rows >= least || (from, to) == (0, count) {
                likelihood[from * (count + 1) + to] = tally.log_likelihood();
            }
        }
    }
    // best[k][to]: the first `to` items in k + 1 parts; from[k][to]: where the last part starts.
    let mut best = vec![(0..=count).map(|to| likelihood[to]).collect::<Vec<_>>()];
    let mut start = vec![vec![0; count + 1]];
    for parts in 1..params.max_groups.min(count) {
        let (mut row, mut starts) = (vec![f64::NEG_INFINITY; count + 1], vec![0; count + 1]);
        for to in parts + 1..=count {
            for from in parts..to {
                let value = best[parts - 1][from] + likelihood[from * (count + 1) + to];
                if value > row[to] {
                    (row[to], starts[to]) = (value, from);
                }
            }
        }
        best.push(row);
        start.push(starts);
    }
    let worth = |parts: usize| best[parts][count] - params.group_penalty * parts as f64;
    let mut parts =
        (0..best.len()).fold(0, |top, next| if worth(next) > worth(top) { next } else { top });
    let (mut to, mut found) = (count, Vec::new());
    loop {
        let from = start[parts][to];
        found.push(Item {
            codes: items[from..to].iter().flat_map(|item| item.codes.iter().copied()).collect(),
            tally: part(from, to),
        });
        if parts == 0 {
            found.reverse();
            return found;
        }
        (to, parts) = (from, parts - 1);
    }
}

/// Adds the groups of missing and of unseen codes; `None` if all that is not worth its penalty.
fn assemble(
    tallies: &[Tally; 256],
    parts: &[Item],
    total: Tally,
    least: f64,
    params: &LogisticParams,
) -> Option<Grouping> {
    let missing = Item { codes: vec![0], tally: tallies[0] };
    let groups: Vec<&Item> =
        (missing.tally.rows >= least).then_some(&missing).into_iter().chain(parts).collect();
    if groups.len() < 2 {
        return None;
    }
    let apart: f64 = groups.iter().map(|group| group.tally.log_likelihood()).sum();
    let together = groups.iter().map(|group| group.tally).sum::<Tally>().log_likelihood();
    if apart - together <= params.group_penalty * (groups.len() - 1) as f64 {
        return None;
    }
    let mut group_of = [0; 256];
    let mut counted = vec![Tally::default()];
    let mut woe = vec![0.0];
    for group in groups {
        for &code in &group.codes {
            group_of[code as usize] = counted.len() as u8;
        }
        counted.push(group.codes.iter().map(|&code| tallies[code as usize]).sum());
        woe.push(weight_of_evidence(group.tally, total));
    }
    counted[0] = (0..256).filter(|&code| group_of[code] == 0).map(|code| tallies[code]).sum();
    Some(Grouping { group_of, counted, woe })
}

/// Weight of evidence: how much the log-odds of a group differ from those of all.
///
/// # Formula
/// `ln(e′/(n′ − e′)) − ln(E/(N − E))` with `m` rows of the average kind added to the group,
/// `e′ = e + mE/N`, `n′ = n + m`, `m` such that half an event of the rarer kind is added.
fn weight_of_evidence(group: Tally, total: Tally) -> f64 {
    let rate = total.rate();
    let prior = 0.5 / rate.min(1.0 - rate);
    let (events, others) =
        (group.events + prior * rate, group.rows - group.events + prior * (1.0 - rate));
    (events / others).ln() - (rate / (1.0 - rate)).ln()
}

impl Grouping {
    /// Information value.
    ///
    /// # Formula
    /// `Σ (share of events − share of non-events) × weight of evidence`
    pub(super) fn information_value(&self) -> f64 {
        let total: Tally = self.counted.iter().copied().sum();
        let share = |tally: Tally| {
            tally.events / total.events - (tally.rows - tally.events) / (total.rows - total.events)
        };
        self.counted.iter().zip(&self.woe).map(|(&tally, woe)| share(tally) * woe).sum()
    }
}
