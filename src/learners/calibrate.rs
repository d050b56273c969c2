//! Fits the calibration on out-of-fold logits, and chooses its kind by log loss on other folds.
//!
//! Rows are first pooled into at most 4096 groups of neighbouring logits, ties always together, each
//! at its mean logit: below that many distinct logits nothing is lost, above it the fits move by far
//! less than their standard error, and a million rows cost one sort. Groups depend on the logits only, not on
//! outcomes, so folds stay honest.

use std::collections::BTreeMap;

use crate::{
    error::{Error, Kind, Result},
    metrics::{
        line::{self, Line, Point},
        log_loss, paired_log_loss_difference,
        ranked::check_lengths,
    },
    model::Calibration,
};

/// Groups of neighbouring logits.
const GROUPS: usize = 4096;
/// Points of an isotonic calibration, its two ends included.
const POINTS: usize = 100;
/// Rows that a stretch of an isotonic calibration rests on, where there are as many.
const MIN_ROWS: f64 = 50.0;
/// Logits are held inside ±this before a fit; the exponential of more has no `f64`.
const FARTHEST: f64 = 700.0;

/// The calibration chosen, and what it was chosen by.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// The chosen kind, fitted on all rows.
    pub calibration: Calibration,
    /// For each row, its probability by the chosen kind fitted on the *other* folds.
    pub cross_fitted: Vec<f64>,
    /// Mean log loss of the cross-fitted probabilities, by `identity`, `platt` and `isotonic`.
    pub log_loss: BTreeMap<String, f64>,
}

/// Platt scaling: logistic regression of the outcome on the logit.
///
/// # Formula
/// Maximum likelihood with the targets `(N₁ + 1) / (N₁ + 2)` for an event and `1 / (N₀ + 2)` for
/// another row, which keep the line finite where logits separate the outcomes. The slope is above 0:
/// where the best slope is not, or the logits do not vary, the logits say nothing about the outcome in
/// the way they should; the line then keeps slope 1, and its intercept makes the mean right.
///
/// # Errors
/// `EmptyTable` without rows; `OneClass` where all outcomes are alike; `BadParameter` where lengths differ
/// or a logit is not finite.
///
/// # Source
/// Platt, *Advances in Large Margin Classifiers* (1999); Lin, Lin & Weng, *Machine Learning* 68 (2007).
pub fn fit_platt(outcome: &[bool], logits: &[f64]) -> Result<Calibration> {
    Ok(platt(&Pooled::new(outcome, logits, &[])?.points(None)))
}

/// Isotonic calibration: the never-falling curve that fits best, as few straight lines.
///
/// # Formula
/// Pool adjacent violators; then the neighbours that differ least are merged until each block has 50
/// rows and at most 98 are left. A block's probability is `(events + base rate) / (rows + 1)`, so never 0
/// or 1, and stands at its mean logit. The outermost lines go on to the lowest and the highest logit,
/// at most half of the way to 0 and 1, so that the ends keep their ranking.
///
/// # Errors
/// As [`fit_platt`].
///
/// # Source
/// Ayer et al., *Ann. Math. Statist.* 26 (1955); Zadrozny & Elkan, *KDD* (2002).
pub fn fit_isotonic(outcome: &[bool], logits: &[f64]) -> Result<Calibration> {
    Ok(isotonic(&Pooled::new(outcome, logits, &[])?.points(None)))
}

/// Chooses between no calibration, Platt's and isotonic by log loss on rows of other folds, and fits
/// the winner on all rows.
///
/// Platt's line wins over none where its loss is lower; isotonic wins over the better of the two where
/// its loss is lower by more than one standard error of the paired difference.
///
/// # Shape
/// One outcome, one out-of-fold logit and one fold for each row; at least two folds.
///
/// # Errors
/// As [`fit_platt`]; `BadParameter` also for fewer than two folds.
pub fn choose(outcome: &[bool], logits: &[f64], fold: &[u8]) -> Result<Choice> {
    check_lengths(outcome.len(), fold.len())?;
    let pooled = Pooled::new(outcome, logits, fold)?;
    if pooled.folds.len() < 2 {
        return Err(Error::new(Kind::BadParameter, "calibration needs two folds or more"));
    }
    let cross_fitted = |fit: fn(&[Point]) -> Calibration| {
        let fits: BTreeMap<u8, Calibration> =
            pooled.folds.iter().map(|&fold| (fold, fit(&pooled.points(Some(fold))))).collect();
        apply_by_fold(&fits, logits, fold)
    };
    let identity = Calibration::Identity.apply(logits);
    let platts = cross_fitted(platt);
    let isotonics = cross_fitted(isotonic);
    let losses = [
        log_loss(outcome, &identity)?,
        log_loss(outcome, &platts)?,
        log_loss(outcome, &isotonics)?,
    ];
    let (simple, calibration) = if losses[1] < losses[0] {
        (platts, platt(&pooled.points(None)))
    } else {
        (identity, Calibration::Identity)
    };
    let gain = paired_log_loss_difference(outcome, &simple, &isotonics)?;
    let (cross_fitted, calibration) = if gain.mean > gain.standard_error {
        (isotonics, isotonic(&pooled.points(None)))
    } else {
        (simple, calibration)
    };
    let names = ["identity", "platt", "isotonic"].map(str::to_owned);
    Ok(Choice { calibration, cross_fitted, log_loss: names.into_iter().zip(losses).collect() })
}

/// Each row's probability by its fold's calibration.
fn apply_by_fold(fits: &BTreeMap<u8, Calibration>, logits: &[f64], fold: &[u8]) -> Vec<f64> {
    let mut by_fold = [const { &Calibration::Identity }; 256];
    for (&fold, fit) in fits {
        by_fold[usize::from(fold)] = fit;
    }
    let of = |(&logit, &fold): (&f64, &u8)| by_fold[usize::from(fold)].probability(logit);
    logits.iter().zip(fold).map(of).collect()
}

/// Rows as groups of neighbouring logits, with the outcomes of each fold.
struct Pooled {
    /// The folds there are, rising.
    folds: Vec<u8>,
    /// The mean logit of each group.
    logits: Vec<f64>,
    /// Others and events for each group, then fold.
    counts: Vec<[u32; 2]>,
}

/// A row to sort: logit, fold, outcome.
type Row = (f64, u8, bool);

impl Pooled {
    /// Sorts the rows into groups; an empty `fold` stands for one fold.
    fn new(outcome: &[bool], logits: &[f64], fold: &[u8]) -> Result<Self> {
        check_lengths(outcome.len(), logits.len())?;
        if !logits.iter().all(|logit| logit.is_finite()) {
            return Err(Error::new(Kind::BadParameter, "a logit is not a finite number"));
        }
        let is_event = |event: &bool| *event;
        if outcome.iter().all(is_event) || !outcome.iter().any(is_event) {
            return Err(Error::new(
                Kind::OneClass,
                "all rows to calibrate on have the same outcome",
            ));
        }
        let folds_of_rows = fold.iter().copied().chain(std::iter::repeat(0));
        let mut rows: Vec<Row> = outcome
            .iter()
            .zip(logits)
            .zip(folds_of_rows)
            .map(|((&event, &logit), fold)| (logit.clamp(-FARTHEST, FARTHEST) + 0.0, fold, event))
            .collect();
        rows.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let mut there = [false; 256];
        for row in &rows {
            there[usize::from(row.1)] = true;
        }
        let folds = (0..=u8::MAX).filter(|&fold| there[usize::from(fold)]).collect();
        let mut pooled = Self { folds, logits: Vec::new(), counts: Vec::new() };
        pooled.fill(&rows);
        Ok(pooled)
    }

    fn fill(&mut self, rows: &[Row]) {
        let size = rows.len().div_ceil(GROUPS);
        let mut place = [0; 256];
        for (at, &fold) in self.folds.iter().enumerate() {
            place[usize::from(fold)] = at;
        }
        let mut rest = rows;
        while let Some(last) = rest.get(size - 1).or(rest.last()).map(|row| row.0) {
            // A group is `size` rows, and every further row of the last one's logit.
            let end = size.min(rest.len());
            let ties = rest.get(end..).unwrap_or_default().iter().take_while(|row| row.0 <= last);
            let (group, after) = rest.split_at(end + ties.count());
            rest = after;
            let mut counts = vec![[0; 2]; self.folds.len()];
            for &(_, fold, event) in group {
                if let Some(count) = counts.get_mut(place[usize::from(fold)]) {
                    count[usize::from(event)] += 1;
                }
            }
            let first = group.first().map_or(last, |row| row.0);
            let mean = group.iter().map(|row| row.0).sum::<f64>() / group.len() as f64;
            self.logits.push(mean.max(first).min(last));
            self.counts.extend(counts);
        }
    }

    /// The groups' outcomes without those of one fold; groups that are empty then are left out.
    fn points(&self, without: Option<u8>) -> Vec<Point> {
        let kept: Vec<bool> = self.folds.iter().map(|&fold| Some(fold) != without).collect();
        let groups = self.logits.iter().zip(self.counts.chunks(kept.len().max(1)));
        let point = |(&logit, counts): (&f64, &[[u32; 2]])| {
            let (mut events, mut others) = (0.0, 0.0);
            for (count, _) in counts.iter().zip(&kept).filter(|(_, kept)| **kept) {
                others += f64::from(count[0]);
                events += f64::from(count[1]);
            }
            Point { logit, events, others }
        };
        groups.map(point).filter(|point| point.events + point.others > 0.0).collect()
    }
}

fn platt(points: &[Point]) -> Calibration {
    let events: f64 = points.iter().map(|point| point.events).sum();
    let others: f64 = points.iter().map(|point| point.others).sum();
    let (if_event, if_other) = ((events + 1.0) / (events + 2.0), 1.0 / (others + 2.0));
    let smoothed = |point: &Point| Point {
        logit: point.logit,
        events: point.events * if_event + point.others * if_other,
        others: point.events * (1.0 - if_event) + point.others * (1.0 - if_other),
    };
    let points: Vec<Point> = points.iter().map(smoothed).collect();
    let fitted = line::fit(&points, Line::IDENTITY);
    let rising = |line: &Line| line.slope > 0.0 && line.slope.is_finite();
    let Line { intercept, slope } = fitted
        .filter(|line| rising(line) && line.intercept.is_finite())
        .unwrap_or_else(|| Line { intercept: line::fit_intercept(&points), slope: 1.0 });
    Calibration::Platt { intercept, slope }
}

/// Neighbouring groups with one probability.
#[derive(Clone, Copy)]
struct Block {
    rows: f64,
    events: f64,
    /// Sum of the rows' logits.
    logits: f64,
}

impl Block {
    fn of(point: &Point) -> Self {
        let rows = point.events + point.others;
        Self { rows, events: point.events, logits: point.logit * rows }
    }

    fn with(self, next: Self) -> Self {
        Self {
            rows: self.rows + next.rows,
            events: self.events + next.events,
            logits: self.logits + next.logits,
        }
    }

    fn rate(&self, base_rate: f64) -> f64 {
        (self.events + base_rate) / (self.rows + 1.0)
    }

    fn centre(&self) -> f64 {
        self.logits / self.rows
    }
}

fn isotonic(points: &[Point]) -> Calibration {
    let events: f64 = points.iter().map(|point| point.events).sum();
    let rows: f64 = points.iter().map(|point| point.events + point.others).sum();
    let base_rate = events / rows;
    let is_below = |a: &Block, b: &Block| a.events * b.rows < b.events * a.rows;
    let mut blocks = pool(points.iter().map(Block::of), is_below);
    thin(&mut blocks);
    // Smoothing may turn neighbours around, and rounding may bring their centres together.
    let blocks = pool(blocks.into_iter(), |a, b| {
        a.rate(base_rate) < b.rate(base_rate) && a.centre() < b.centre()
    });
    let mut curve: Vec<(f64, f64)> =
        blocks.iter().map(|block| (block.centre(), block.rate(base_rate))).collect();
    if let (Some(lowest), Some(highest)) = (points.first(), points.last()) {
        extend(&mut curve, lowest.logit, highest.logit);
    }
    let (logits, probabilities) = curve.into_iter().unzip();
    Calibration::Isotonic { logits, probabilities }
}

/// Merges each block into the one before while it does not lie above it.
fn pool(
    blocks: impl Iterator<Item = Block>,
    is_below: impl Fn(&Block, &Block) -> bool,
) -> Vec<Block> {
    let mut pooled: Vec<Block> = Vec::new();
    for mut block in blocks {
        while let Some(before) = pooled.pop_if(|before| !is_below(before, &block)) {
            block = before.with(block);
        }
        pooled.push(block);
    }
    pooled
}

/// Merges neighbours until no block is small and few are left: each time the smallest block with the
/// nearer of its neighbours, then the pair whose merging costs least.
fn thin(blocks: &mut Vec<Block>) {
    while blocks.len() > 1 {
        let smallest = blocks.iter().enumerate().min_by(|a, b| a.1.rows.total_cmp(&b.1.rows));
        let at = match smallest {
            Some((at, block)) if block.rows < MIN_ROWS => {
                let before = at.checked_sub(1).map_or(f64::INFINITY, |at| gap(blocks, at));
                if before <= gap(blocks, at) { at - 1 } else { at }
            }
            _ if blocks.len() > POINTS - 2 => {
                let cost = |at: &usize| merging_cost(blocks, *at);
                (0..blocks.len() - 1).min_by(|a, b| cost(a).total_cmp(&cost(b))).unwrap_or(0)
            }
            _ => break,
        };
        let Some(next) = blocks.get(at + 1).copied() else { break };
        if let Some(block) = blocks.get_mut(at) {
            *block = block.with(next);
        }
        blocks.remove(at + 1);
    }
}

/// Difference of the rates of block `at` and the next; infinite where there is no next.
fn gap(blocks: &[Block], at: usize) -> f64 {
    match blocks.get(at..).unwrap_or_default() {
        [a, b, ..] => (b.events / b.rows - a.events / a.rows).abs(),
        _ => f64::INFINITY,
    }
}

/// Ward's: the rise in squared error.
fn merging_cost(blocks: &[Block], at: usize) -> f64 {
    match blocks.get(at..).unwrap_or_default() {
        [a, b, ..] => gap(blocks, at).powi(2) * a.rows * b.rows / (a.rows + b.rows),
        _ => f64::INFINITY,
    }
}

/// Lets the outermost lines go on to the lowest and the highest logit, at most half of the way to 0
/// and 1.
fn extend(curve: &mut Vec<(f64, f64)>, lowest: f64, highest: f64) {
    let ahead = |inner: (f64, f64), outer: (f64, f64), x: f64| {
        outer.1 + (outer.1 - inner.1) / (outer.0 - inner.0) * (x - outer.0)
    };
    let ends = match curve.as_slice() {
        [first, second, ..] => Some((ahead(*second, *first, lowest), first.1 / 2.0)),
        _ => None,
    };
    let top = match curve.as_slice() {
        [.., before, last] => Some((ahead(*before, *last, highest), f64::midpoint(last.1, 1.0))),
        _ => None,
    };
    let (Some((low, low_limit)), Some((high, high_limit))) = (ends, top) else { return };
    if curve.last().is_some_and(|last| highest > last.0 && last.1 < high_limit) {
        curve.push((highest, high.min(high_limit)));
    }
    if curve.first().is_some_and(|first| lowest < first.0 && first.1 > low_limit) {
        curve.insert(0, (lowest, low.max(low_limit)));
    }
}
