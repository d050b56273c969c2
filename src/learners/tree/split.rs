//! The best split of a node, from its histograms.

use super::{
    TreeParams,
    sample::{Column, Sample},
    tally::Tally,
};
use crate::{dataset::CodeKind, model::tree::Rule};

/// Rows' worth of the node's rate that a level's rate is mixed with before levels are put in order,
/// so that a rare level does not lead by luck.
const LEVEL_SMOOTHING: f64 = 10.0;
/// Values of `x ln x` that are kept ready.
const READY: usize = 1 << 14;

/// The counts of one column in one node, by code.
pub(super) type Histogram<T> = [T; 256];

/// A way to part a node.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cut<T> {
    /// Column, numbered as in the sample.
    pub(super) column: usize,
    pub(super) rule: Rule,
    /// Nats.
    pub(super) gain: f64,
    /// What goes left.
    pub(super) left: T,
}

/// Searches splits: the measure of gain and the limits.
pub(super) struct Search {
    scale: f64,
    ready: Vec<f64>,
    min_leaf: f64,
}

impl Search {
    pub(super) fn new(sample: &Sample, params: &TreeParams) -> Self {
        let ready = if sample.is_weighted() { 0 } else { READY.min(sample.len() + 1) };
        let ready = (0..ready).map(|x| xlnx(x as f64)).collect();
        Self { scale: sample.scale, ready, min_leaf: params.min_leaf }
    }

    /// Rows, in rows.
    pub(super) fn rows<T: Tally>(&self, tally: T) -> f64 {
        tally.rows() as f64 / self.scale
    }

    /// Events, in rows.
    pub(super) fn events<T: Tally>(&self, tally: T) -> f64 {
        tally.events() as f64 / self.scale
    }

    /// Whether a node could be parted at all.
    pub(super) fn may_part<T: Tally>(&self, all: T) -> bool {
        self.rows(all) >= 2.0 * self.min_leaf && all.events() > 0 && all.events() < all.rows()
    }

    #[inline]
    fn xlnx(&self, units: u64) -> f64 {
        match self.ready.get(units as usize) {
            Some(&value) => value,
            None => xlnx(units as f64 / self.scale),
        }
    }

    /// The log-likelihood of the node's own rate: e ln e + (n − e) ln (n − e) − n ln n.
    #[inline]
    fn likelihood<T: Tally>(&self, tally: T) -> f64 {
        let (rows, events) = (tally.rows(), tally.events());
        self.xlnx(events) + self.xlnx(rows - events) - self.xlnx(rows)
    }

    /// The split with the largest gain; ties go to the first column, then the smallest code, then
    /// missing values right. `None` where no split gains anything.
    pub(super) fn best<T: Tally>(
        &self,
        columns: &[Column],
        histograms: &[Histogram<T>],
        all: T,
    ) -> Option<Cut<T>> {
        let own = self.likelihood(all);
        let mut best: Option<Cut<T>> = None;
        for (at, (column, histogram)) in columns.iter().zip(histograms).enumerate() {
            let least = best.as_ref().map_or_else(|| self.least_gain(all), |best| best.gain);
            let found = match column.kind {
                CodeKind::Ordered => self.ordered(column, histogram, all, own + least),
                CodeKind::Category => self.category(column, histogram, all, own + least),
            };
            if let Some((rule, likelihood, left)) = found {
                best = Some(Cut { column: at, rule, gain: likelihood - own, left });
            }
        }
        best
    }

    /// Gains below this are rounding.
    fn least_gain<T: Tally>(&self, all: T) -> f64 {
        1e-6 + 1e-13 * self.xlnx(all.rows())
    }

    /// Both sides' log-likelihood, where both have rows enough.
    #[inline]
    fn parted<T: Tally>(&self, left: T, all: T) -> Option<f64> {
        let right = all - left;
        if self.rows(left) < self.min_leaf || self.rows(right) < self.min_leaf {
            return None;
        }
        Some(self.likelihood(left) + self.likelihood(right))
    }

    /// The best border between codes, with missing values on either side; or missing values alone.
    fn ordered<T: Tally>(
        &self,
        column: &Column,
        counts: &[T],
        all: T,
        above: f64,
    ) -> Option<(Rule, f64, T)> {
        let counts = &counts[..column.codes];
        let missing = counts[0];
        let (mut most, mut found) = (above, None);
        let mut last = 0;
        let mut below = T::default();
        for (code, &here) in counts.iter().enumerate().filter(|(_, here)| here.rows() > 0) {
            if code > 0 && below.rows() > 0 {
                for (with, missing_left) in [(below, false), (below + missing, true)] {
                    if missing_left && missing.rows() == 0 {
                        continue;
                    }
                    if let Some(likelihood) = self.parted(with, all)
                        && likelihood > most
                    {
                        most = likelihood;
                        found = Some(((last, code), missing_left, with));
                    }
                }
            }
            if code > 0 {
                below += here;
                last = code;
            }
        }
        if missing.rows() > 0
            && let Some(likelihood) = self.parted(missing, all)
            && likelihood > most
        {
            most = likelihood;
            found = Some(((0, 0), true, missing));
        }
        let ((below, above), missing_left, left) = found?;
        let code = column.border(below as u8, above as u8);
        // Missing values that the node has not seen go with the larger side.
        let unseen_left = missing.rows() == 0 && left.rows() > all.rows() - left.rows();
        let rule = Rule::AtMost { code, missing: missing_left || unseen_left };
        Some((rule, most, left))
    }

    /// The best parting of the levels in the order of their smoothed rates. The smaller side is named;
    /// levels that the node has not seen go with the larger.
    fn category<T: Tally>(
        &self,
        column: &Column,
        counts: &[T],
        all: T,
        above: f64,
    ) -> Option<(Rule, f64, T)> {
        let counts = &counts[..column.codes];
        let rate = all.events() as f64 / all.rows() as f64;
        let smoothed = |tally: T| {
            (self.events(tally) + LEVEL_SMOOTHING * rate) / (self.rows(tally) + LEVEL_SMOOTHING)
        };
        let mut levels: Vec<(f64, usize, T)> = counts
            .iter()
            .enumerate()
            .filter(|(_, here)| here.rows() > 0)
            .map(|(code, &here)| (smoothed(here), code, here))
            .collect();
        levels.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let (mut most, mut found) = (above, None);
        let mut low = T::default();
        for (at, (_, _, here)) in levels.iter().enumerate() {
            low += *here;
            if let Some(likelihood) = self.parted(low, all)
                && likelihood > most
            {
                most = likelihood;
                found = Some((at + 1, low));
            }
        }
        let (lowest, low) = found?;
        let high = all - low;
        let (named, left) = if low.rows() <= high.rows() {
            (&levels[..lowest], low)
        } else {
            (&levels[lowest..], high)
        };
        let mut codes: Vec<u8> = named.iter().map(|(_, code, _)| *code as u8).collect();
        codes.sort_unstable();
        Some((Rule::OneOf { codes }, most, left))
    }
}

fn xlnx(x: f64) -> f64 {
    if x > 0.0 { x * x.ln() } else { 0.0 }
}
