//! The best split of a leaf, from its histogram.

use super::{
    BoostParams, Monotone,
    histogram::Sums,
    link::UNITS,
    table::{Column, Table},
};
use crate::{dataset::CodeKind, metrics::ranked::key, model::tree::Rule};

/// Most levels that are sorted together with a mean of their own: a level needs this much of a leaf's
/// least second derivative.
const ONE_ROW: f64 = 1.0;
/// Nats that the best parting of levels gains by luck alone, for each level but one: of k standard normal
/// means the best parting in two explains 2/π of the variance.
const LUCK: f64 = std::f64::consts::FRAC_1_PI;

/// A way to part a leaf.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cut {
    /// Column, numbered as in the table.
    pub(super) column: usize,
    pub(super) rule: Rule,
    /// Nats.
    pub(super) gain: f64,
    /// What goes left.
    pub(super) left: Sums,
    /// L2 of both sides.
    pub(super) l2: f64,
}

/// What a step may be, for monotone columns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bounds {
    pub(super) low: f64,
    pub(super) high: f64,
}

impl Bounds {
    pub(super) const NONE: Self = Self { low: f64::NEG_INFINITY, high: f64::INFINITY };
}

/// Searches splits: the limits, in units.
#[derive(Debug)]
pub(super) struct Search {
    /// Units of a derivative in 1, weights included.
    pub(super) unit: f64,
    /// Its inverse: a power of two, so nothing is rounded.
    per_unit: f64,
    l2: f64,
    level_l2: f64,
    level_smoothing: f64,
    level_luck: f64,
    min_hessian: f64,
    min_leaf: f64,
    min_gain: f64,
    /// For each column of the table which way the score may go.
    monotone: Vec<Option<Monotone>>,
}

impl Search {
    /// `scale` is the units in a weight of 1.
    pub(super) fn new(params: &BoostParams, table: &Table, scale: f64) -> Self {
        let monotone = table.columns.iter().map(|c| params.monotone.get(&c.name).copied());
        Self {
            unit: UNITS * scale,
            per_unit: 1.0 / (UNITS * scale),
            l2: params.l2,
            level_l2: params.level_l2,
            level_smoothing: params.level_smoothing,
            level_luck: params.level_luck,
            min_hessian: params.min_hessian,
            min_leaf: params.min_leaf,
            min_gain: params.min_gain,
            monotone: monotone.collect(),
        }
    }

    /// The step that minimises the loss of a leaf, within bounds.
    pub(super) fn step(&self, sums: Sums, l2: f64, bounds: Bounds) -> f64 {
        let (first, second) = self.derivatives(sums);
        (-first / (second + l2)).clamp(bounds.low, bounds.high)
    }

    #[inline]
    fn derivatives(&self, sums: Sums) -> (f64, f64) {
        (sums.first as f64 * self.per_unit, sums.second as f64 * self.per_unit)
    }

    /// The split with the largest gain; ties go to the first column, then the smallest code. `rows`
    /// is the weight of the leaf's rows.
    pub(super) fn best(
        &self,
        table: &Table,
        histogram: &[Sums],
        asked: &[bool],
        leaf: Leaf,
    ) -> Option<Cut> {
        let mut best: Option<Cut> = None;
        for (at, column) in table.columns.iter().enumerate().filter(|(at, _)| asked[*at]) {
            let bins = &histogram[column.first_bin..column.first_bin + column.codes];
            let search = InColumn { search: self, column, bins, leaf, monotone: self.monotone[at] };
            let least = best.as_ref().map_or(self.min_gain.max(1e-9), |best| best.gain);
            let is_free = search.monotone.is_none() && leaf.bounds == Bounds::NONE;
            let found = match column.kind {
                CodeKind::Ordered if is_free => search.ordered_freely(least),
                CodeKind::Ordered => search.ordered(least),
                CodeKind::Category => search.category(least),
            };
            if let Some(found) = found {
                best = Some(Cut { column: at, ..found });
            }
        }
        best
    }
}

/// The leaf that is to be parted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Leaf {
    pub(super) sums: Sums,
    /// Rows, or their weight.
    pub(super) rows: f64,
    pub(super) bounds: Bounds,
}

/// The search in one column.
struct InColumn<'a> {
    search: &'a Search,
    column: &'a Column,
    bins: &'a [Sums],
    leaf: Leaf,
    monotone: Option<Monotone>,
}

/// Twice the gain of both sides, with one division.
#[inline]
fn sides(first: f64, second: f64, other_first: f64, other_second: f64) -> f64 {
    let sum = first * first * other_second + other_first * other_first * second;
    sum / (second * other_second)
}

/// Where a border lies: the codes on both sides, and whether missing values go left.
type Border = (usize, usize, bool);

/// The codes that a leaf holds, but for missing values, with the sums of each and all below, in units.
struct Borders {
    count: usize,
    code: [u8; 256],
    first: [f64; 256],
    second: [f64; 256],
}

impl Borders {
    const EMPTY: Self = Self { count: 0, code: [0; 256], first: [0.0; 256], second: [0.0; 256] };

    /// Sets the next one, without counting it.
    #[inline]
    fn set(&mut self, code: usize, sums: Sums) {
        let at = self.count & 255;
        self.code[at] = code as u8;
        (self.first[at], self.second[at]) = (sums.first as f64, sums.second as f64);
    }

    /// Twice the gain, in nats, of parting a leaf above each code, with `more` on the left besides; none
    /// where a side's second derivative is below `least`. As [`InColumn::both`], to the last bit: units
    /// are a power of two.
    fn weigh(&self, more: Sums, whole: Sums, least: f64, search: &Search, worths: &mut [f64; 256]) {
        let (more_first, more_second) = (more.first as f64, more.second as f64);
        let (all_first, all_second) = (whole.first as f64, whole.second as f64);
        let l2 = search.l2 * search.unit;
        let sums = self.first.iter().zip(&self.second).take(self.count);
        for (worth, (&first, &second)) in worths.iter_mut().zip(sums) {
            let (first, second) = (first + more_first, second + more_second);
            let (other_first, other_second) = (all_first - first, all_second - second);
            let is_enough = second >= least && other_second >= least;
            let gain = sides(first, second + l2, other_first, other_second + l2);
            *worth = if is_enough { gain * search.per_unit } else { f64::NEG_INFINITY };
        }
    }
}

impl InColumn<'_> {
    /// Least second derivative of a side, in units.
    fn least(&self) -> i64 {
        let mean = self.leaf.sums.second as f64 / self.leaf.rows.max(1.0);
        let least = (self.search.min_hessian * self.search.unit).max(self.search.min_leaf * mean);
        (least as i64).max(1)
    }

    /// Twice the gain of a side, in nats.
    #[inline]
    fn worth(&self, sums: Sums, l2: f64) -> f64 {
        let (first, second) = self.search.derivatives(sums);
        if self.leaf.bounds == Bounds::NONE {
            return first * first / (second + l2);
        }
        let step = self.search.step(sums, l2, self.leaf.bounds);
        -(2.0 * first + (second + l2) * step) * step
    }

    /// That of both sides; one division where no bounds hold.
    #[inline]
    fn both(&self, left: Sums, right: Sums, l2: f64) -> f64 {
        if self.leaf.bounds != Bounds::NONE {
            return self.worth(left, l2) + self.worth(right, l2);
        }
        let (first, second) = self.search.derivatives(left);
        let (other_first, other_second) = self.search.derivatives(right);
        sides(first, second + l2, other_first, other_second + l2)
    }

    #[inline]
    fn allowed(&self, low: Sums, high: Sums, l2: f64) -> bool {
        let steps = || {
            let of = |sums| self.search.step(sums, l2, self.leaf.bounds);
            (of(low), of(high))
        };
        match self.monotone {
            None => true,
            Some(Monotone::Rising) => {
                let (low, high) = steps();
                low <= high
            }
            Some(Monotone::Falling) => {
                let (low, high) = steps();
                low >= high
            }
        }
    }

    /// As [`InColumn::ordered`] where no step is bound: all borders are weighed side by side.
    fn ordered_freely(&self, gain: f64) -> Option<Cut> {
        let (whole, l2) = (self.leaf.sums, self.search.l2);
        let parent = self.worth(whole, l2);
        let missing = self.bins[0];
        let mut borders = Borders::EMPTY;
        let mut below = Sums::default();
        for (code, &here) in self.bins.iter().enumerate().skip(1) {
            below += here;
            // An empty bin is overwritten by the next.
            borders.set(code, below);
            borders.count += usize::from(here.second != 0);
        }
        let least = self.least() as f64;
        let (mut most, mut found) = (parent + 2.0 * gain, None);
        let mut worths = [[0.0; 256]; 2];
        let sides = if missing.second > 0 { 2 } else { 1 };
        for (worths, left) in worths.iter_mut().zip([Sums::default(), missing]).take(sides) {
            borders.weigh(left, whole, least, self.search, worths);
        }
        for at in 0..borders.count.saturating_sub(1) {
            for (side, worths) in worths.iter().enumerate().take(sides) {
                if worths[at] > most {
                    most = worths[at];
                    found = Some((
                        usize::from(borders.code[at]),
                        usize::from(borders.code[at + 1]),
                        side == 1,
                    ));
                }
            }
        }
        if missing.second > 0 {
            let right = whole - missing;
            if missing.second as f64 >= least && right.second as f64 >= least {
                let worth = self.both(missing, right, l2);
                if worth > most {
                    most = worth;
                    found = Some((0, 0, true));
                }
            }
        }
        let border = found?;
        let low =
            self.bins[..=border.0].iter().skip(1).fold(Sums::default(), |sum, &bin| sum + bin);
        let left = if border.2 { low + missing } else { low };
        Some(self.cut_at(border, left, (most - parent) / 2.0))
    }

    /// The best border between codes, with missing values on either side; or missing values alone.
    fn ordered(&self, gain: f64) -> Option<Cut> {
        let (whole, l2) = (self.leaf.sums, self.search.l2);
        let least = self.least();
        let parent = self.worth(whole, l2);
        let missing = self.bins[0];
        let (mut most, mut found): (f64, Option<(Border, Sums)>) = (parent + 2.0 * gain, None);
        let (mut lower, mut below) = (0, Sums::default());
        let mut offer = |border: Border, low: Sums, left: Sums| {
            let right = whole - left;
            if left.second < least || right.second < least {
                return;
            }
            let worth = self.both(left, right, l2);
            if worth > most && self.allowed(low, whole - missing - low, l2) {
                most = worth;
                found = Some((border, left));
            }
        };
        for (code, &here) in self.bins.iter().enumerate().skip(1) {
            if here.second == 0 {
                continue;
            }
            if below.second > 0 {
                offer((lower, code, false), below, below);
                if missing.second > 0 {
                    offer((lower, code, true), below, below + missing);
                }
            }
            below += here;
            lower = code;
        }
        if missing.second > 0 && self.monotone.is_none() {
            offer((0, 0, true), missing, missing);
        }
        let (border, left) = found?;
        Some(self.cut_at(border, left, (most - parent) / 2.0))
    }

    fn cut_at(&self, (below, above, missing_left): Border, left: Sums, gain: f64) -> Cut {
        // Missing values that the leaf has not seen go with the larger side.
        let right = self.leaf.sums - left;
        let unseen_left = self.bins[0].second == 0 && left.second > right.second;
        let code = self.border(below, above);
        let rule = Rule::AtMost { code, missing: missing_left || unseen_left };
        Cut { column: 0, rule, gain, left, l2: self.search.l2 }
    }

    /// The largest code to go left: the middle one of those between both sides that occur elsewhere.
    fn border(&self, below: usize, above: usize) -> u8 {
        let between = || (below..above).skip(1).filter(|&code| self.column.present[code]);
        let half = between().count() / 2;
        between().take(half).last().unwrap_or(below) as u8
    }

    /// The best parting of the levels in the order of their smoothed means. The smaller side is
    /// named; levels that the leaf has not seen go with the larger.
    ///
    /// # Source
    /// Fisher, *J. American Statistical Association* 53 (1958), on grouping by order of means.
    fn category(&self, gain: f64) -> Option<Cut> {
        let all = self.leaf.sums;
        let l2 = self.search.l2 + self.search.level_l2;
        let least = self.least();
        let own = self.worth(all, self.search.l2);
        let row = all.second as f64 / self.leaf.rows.max(1.0);
        let mixed = self.search.level_smoothing * row;
        let mean = all.first as f64 / all.second.max(1) as f64;
        let smoothed =
            |sums: Sums| (sums.first as f64 + mixed * mean) / (sums.second as f64 + mixed);
        let levels = self.bins.iter().enumerate();
        let mut levels: Vec<(u64, u8)> = levels
            .filter(|(_, here)| here.second as f64 >= ONE_ROW)
            .map(|(code, &here)| (key(smoothed(here)), code as u8))
            .collect();
        levels.sort_unstable();
        let luck = self.search.level_luck * LUCK * (levels.len().max(1) - 1) as f64;
        let (mut most, mut found) = (own + 2.0 * (gain + luck), None);
        let mut low = Sums::default();
        for (at, (_, code)) in levels.iter().enumerate() {
            low += self.bins[usize::from(*code)];
            let high = all - low;
            if low.second < least || high.second < least {
                continue;
            }
            let worth = self.both(low, high, l2);
            if worth > most {
                most = worth;
                found = Some((at + 1, low));
            }
        }
        let (lowest, low) = found?;
        let high = all - low;
        let (named, left) = if low.second <= high.second {
            (&levels[..lowest], low)
        } else {
            (&levels[lowest..], high)
        };
        let mut codes: Vec<u8> = named.iter().map(|(_, code)| *code).collect();
        codes.sort_unstable();
        Some(Cut {
            column: 0,
            rule: Rule::OneOf { codes },
            gain: (most - own) / 2.0 - luck,
            left,
            l2,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn borders_side_by_side_are_those_one_by_one(
            bins in prop::collection::vec(
                prop_oneof![
                    1 => Just((0, 0)),
                    2 => (-3_000_000_i64..3_000_000, 1_i64..2_000_000),
                    1 => (-3_i64..4).prop_map(|first| (first << 16, 1 << 14)),
                ],
                1..256,
            ),
            missing in any::<bool>(),
            (l2, min_leaf) in (prop_oneof![Just(0.0), 0.1..9.0], 1.0..60.0),
        ) {
            let mut bins: Vec<Sums> =
                bins.into_iter().map(|(first, second)| Sums { first, second }).collect();
            if !missing {
                bins[0] = Sums::default();
            }
            let sums = bins.iter().fold(Sums::default(), |sum, &bin| sum + bin);
            let search = Search {
                unit: UNITS,
                per_unit: 1.0 / UNITS,
                l2,
                level_l2: 0.0,
                level_smoothing: 0.0,
                level_luck: 0.0,
                min_hessian: 0.0,
                min_leaf,
                min_gain: 0.0,
                monotone: vec![None],
            };
            let column = Column {
                at: 0,
                name: String::new(),
                kind: CodeKind::Ordered,
                present: Box::new([true; 256]),
                codes: bins.len(),
                first_bin: 0,
            };
            let leaf = Leaf { sums, rows: 300.0, bounds: Bounds::NONE };
            let search =
                InColumn { search: &search, column: &column, bins: &bins, leaf, monotone: None };
            for gain in [1e-9, 0.5, 20.0] {
                prop_assert_eq!(search.ordered_freely(gain), search.ordered(gain));
            }
        }
    }
}
