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
    model::{Calibration, calibration::Logit},
};

/// Groups of neighbouring logits.
const GROUPS: usize = 4096;
/// Blocks of an isotonic calibration, each of one or two points.
const BLOCKS: usize = 50;
/// The tilt of a block, as a share of the step to its neighbour.
const TILT: f64 = 0.05;
/// Rows that a stretch of an isotonic calibration rests on, where there are as many.
const MIN_ROWS: f64 = 50.0;
/// Logits are held inside ±this before a fit; the exponential of more has no `f64`.
const FARTHEST: f64 = 700.0;

/// The calibration chosen, and what it was chosen by.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// The chosen kind, fitted on all rows.
    pub calibration: Calibration,
    /// The chosen kind fitted on all folds but one, by that one; see [`Choice::cross_fitted`].
    pub by_fold: BTreeMap<u8, Calibration>,
    /// Mean log loss of the cross-fitted probabilities, by `identity`, `platt` and `isotonic`.
    pub log_loss: BTreeMap<String, f64>,
}

impl Choice {
    /// For each row, its probability by the chosen kind fitted on the *other* folds.
    pub fn cross_fitted<T: Logit>(&self, logits: &[T], fold: &[u8]) -> Vec<f64> {
        apply_by_fold(&self.by_fold, logits, fold)
    }
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
/// rows and at most 50 blocks are left. A block's probability is `(events + base rate) / (rows + 1)`, so
/// never 0 or 1; straight lines join the blocks. Outside the logits seen it is level.
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
pub fn choose<T: Logit>(outcome: &[bool], logits: &[T], fold: &[u8]) -> Result<Choice> {
    check_lengths(outcome.len(), fold.len())?;
    let pooled = Pooled::new(outcome, logits, fold)?;
    if pooled.folds.len() < 2 {
        return Err(Error::new(Kind::BadParameter, "calibration needs two folds or more"));
    }
    let fits: [Fit; 3] = [|_| Calibration::Identity, platt, isotonic];
    let by_fold = |fit: Fit| -> BTreeMap<u8, Calibration> {
        pooled.folds.iter().map(|&fold| (fold, fit(&pooled.points(Some(fold))))).collect()
    };
    let fitted = fits.map(by_fold);
    // Rows may be many: at most two lists of probabilities are held at a time.
    let cross_fitted = |kind: usize| apply_by_fold(&fitted[kind], logits, fold);
    let simpler = [0, 1].map(cross_fitted);
    let (of_identity, of_platts) =
        (log_loss(outcome, &simpler[0])?, log_loss(outcome, &simpler[1])?);
    let simple = usize::from(of_platts < of_identity);
    let of_simple = simpler.into_iter().nth(simple).unwrap_or_default();
    let isotonics = cross_fitted(2);
    let losses = [of_identity, of_platts, log_loss(outcome, &isotonics)?];
    let gain = paired_log_loss_difference(outcome, &of_simple, &isotonics)?;
    let kind = if gain.mean > gain.standard_error { 2 } else { simple };
    let calibration = fits[kind](&pooled.points(None));
    let names = ["identity", "platt", "isotonic"].map(str::to_owned);
    let by_fold = fitted.into_iter().nth(kind).unwrap_or_default();
    Ok(Choice { calibration, by_fold, log_loss: names.into_iter().zip(losses).collect() })
}

/// Fits one kind of calibration.
type Fit = fn(&[Point]) -> Calibration;

/// Each row's probability by its fold's calibration.
fn apply_by_fold<T: Logit>(
    fits: &BTreeMap<u8, Calibration>,
    logits: &[T],
    fold: &[u8],
) -> Vec<f64> {
    let mut by_fold = [const { &Calibration::Identity }; 256];
    for (&fold, fit) in fits {
        by_fold[usize::from(fold)] = fit;
    }
    let of = |(&logit, &fold): (&T, &u8)| by_fold[usize::from(fold)].probability(logit.into());
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
    fn new<T: Logit>(outcome: &[bool], logits: &[T], fold: &[u8]) -> Result<Self> {
        check_lengths(outcome.len(), logits.len())?;
        if !logits.iter().all(|&logit| logit.into().is_finite()) {
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
            .map(|((&event, &logit), fold)| {
                (logit.into().clamp(-FARTHEST, FARTHEST) + 0.0, fold, event)
            })
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
    /// The lowest logit.
    first: f64,
    /// The highest.
    last: f64,
}

impl Block {
    fn of(point: &Point) -> Self {
        let &Point { logit, events, others } = point;
        Self { rows: events + others, events, first: logit, last: logit }
    }

    fn with(self, next: Self) -> Self {
        Self {
            rows: self.rows + next.rows,
            events: self.events + next.events,
            first: self.first,
            last: next.last,
        }
    }

    fn rate(&self, base_rate: f64) -> f64 {
        (self.events + base_rate) / (self.rows + 1.0)
    }

    fn width(&self) -> f64 {
        self.last - self.first
    }
}

fn isotonic(points: &[Point]) -> Calibration {
    let events: f64 = points.iter().map(|point| point.events).sum();
    let rows: f64 = points.iter().map(|point| point.events + point.others).sum();
    let base_rate = events / rows;
    let is_below = |a: &Block, b: &Block| a.events * b.rows < b.events * a.rows;
    let mut blocks = pool(points.iter().map(Block::of), is_below);
    thin(&mut blocks);
    // Smoothing may turn neighbours around.
    let blocks = pool(blocks.into_iter(), |a, b| a.rate(base_rate) < b.rate(base_rate));
    curve(&blocks, base_rate)
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
            _ if blocks.len() > BLOCKS => {
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

/// The blocks as straight lines: each is level but for a tilt, and a line joins it to the next.
///
/// The joining line reaches as far into the one as into the other, at most to the middle of the
/// narrower, so that neither's mean moves and a wide block beside a narrow one stays level. The tilt
/// is a twentieth of the step to the neighbour: customers of one block keep their ranking.
fn curve(blocks: &[Block], base_rate: f64) -> Calibration {
    let (mut logits, mut probabilities) = (Vec::new(), Vec::new());
    for (at, block) in blocks.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| blocks.get(at));
        let next = blocks.get(at + 1);
        let reach = |other: &Block| block.width().min(other.width()) / 2.0;
        let step = |other: &Block| (other.rate(base_rate) - block.rate(base_rate)).abs() * TILT;
        let p = block.rate(base_rate);
        let (left, right) =
            (block.first + before.map_or(0.0, reach), block.last - next.map_or(0.0, reach));
        let (down, up) = (before.or(next).map_or(0.0, step), next.or(before).map_or(0.0, step));
        if left < right {
            logits.extend([left, right]);
            probabilities.extend([(p - down).max(p / 2.0), (p + up).min(f64::midpoint(p, 1.0))]);
        } else {
            logits.push(f64::midpoint(block.first, block.last));
            probabilities.push(p);
        }
    }
    Calibration::Isotonic { logits, probabilities }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these figures are exact")]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        metrics::{ProfitParams, measure},
        units::Seed,
    };

    /// A fair draw in 0..1 for each purpose and row.
    fn draw(purpose: &str, row: u32) -> f64 {
        (Seed(1).hash(purpose, &row.to_le_bytes()) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Logits spread evenly over ±4, outcomes drawn by `risk` of the logit, five folds.
    fn drawn(rows: u32, risk: impl Fn(f64) -> f64) -> (Vec<bool>, Vec<f64>, Vec<u8>) {
        let logits: Vec<f64> = (0..rows).map(|row| 8.0 * draw("logit", row) - 4.0).collect();
        let happens = |(row, logit): (u32, &f64)| draw("outcome", row) < risk(*logit);
        let outcome = (0..).zip(&logits).map(happens).collect();
        (outcome, logits, (0..rows).map(|row| (row % 5) as u8).collect())
    }

    fn logistic(logit: f64) -> f64 {
        1.0 / (1.0 + (-logit).exp())
    }

    #[test]
    fn the_true_line_is_found_through_pooled_groups() {
        let (y, x, _) = drawn(40_000, |logit| logistic(-1.0 + 0.5 * logit));
        let Calibration::Platt { intercept, slope } = fit_platt(&y, &x).unwrap() else { panic!() };
        assert!(
            (intercept + 1.0).abs() < 0.05 && (slope - 0.5).abs() < 0.02,
            "{intercept} {slope}"
        );
    }

    #[test]
    fn a_good_logit_is_left_alone_a_bold_one_is_calmed_a_bent_one_is_bent_back() {
        let ece =
            |y: &[bool], p: &[f64]| measure(y, p, None, &ProfitParams::default()).unwrap().ece;
        let step = |logit: f64| if logit < 1.0 { 0.1 } else { 0.7 };
        let (y, x, fold) = drawn(20_000, |logit| logistic(2.0 * logit));
        let choice = choose(&y, &x, &fold).unwrap();
        assert!(matches!(choice.calibration, Calibration::Platt { .. }), "{choice:?}");
        assert!(ece(&y, &choice.cross_fitted(&x, &fold)) < 0.015);
        let (y, x, fold) = drawn(20_000, step);
        let choice = choose(&y, &x, &fold).unwrap();
        assert!(matches!(choice.calibration, Calibration::Isotonic { .. }));
        assert!(ece(&y, &choice.cross_fitted(&x, &fold)) < 0.015);
        assert!(choice.log_loss["isotonic"] < choice.log_loss["platt"]);
        choice.calibration.check().unwrap();
        let (y, x, fold) = drawn(20_000, logistic);
        let choice = choose(&y, &x, &fold).unwrap();
        assert!(!matches!(choice.calibration, Calibration::Isotonic { .. }));
    }

    #[test]
    fn isotonic_is_few_points_that_rise_with_the_risk() {
        let (y, x, _) = drawn(50_000, |logit| logistic(logit).powi(3));
        let fitted = fit_isotonic(&y, &x).unwrap();
        fitted.check().unwrap();
        let Calibration::Isotonic { logits, .. } = &fitted else { panic!() };
        assert!((10..=2 * BLOCKS).contains(&logits.len()), "{}", logits.len());
        for logit in [-3.0, -1.0, 0.0, 1.0, 3.0, 3.9] {
            let (ours, truth) = (fitted.probability(logit), logistic(logit).powi(3));
            assert!((ours - truth).abs() < 0.03, "{logit}: {ours} for {truth}");
        }
    }

    #[test]
    fn logits_that_mislead_keep_their_order() {
        let (y, x, _) = drawn(2_000, |logit| logistic(-logit));
        let Calibration::Platt { slope, .. } = fit_platt(&y, &x).unwrap() else { panic!() };
        assert_eq!(slope, 1.0);
        let constant = fit_platt(&[true, false, false, false], &[2.0; 4]).unwrap();
        // Smoothed targets: (1 · 2/3 + 3 · 1/5) / 4.
        assert!((constant.probability(2.0) - 19.0 / 60.0).abs() < 1e-9);
        let flat = fit_isotonic(&[true, false, false, false], &[2.0; 4]).unwrap();
        assert_eq!(flat, Calibration::Isotonic { logits: vec![2.0], probabilities: vec![0.25] });
    }

    #[test]
    fn what_cannot_be_calibrated_is_an_error_and_no_panic() {
        let kind = |y: &[bool], x: &[f64], fold: &[u8]| choose(y, x, fold).unwrap_err().kind();
        let (y, x) = ([true, false], [1.0, 0.0]);
        assert_eq!(kind(&[], &[], &[]), Kind::EmptyTable);
        assert_eq!(kind(&y, &x, &[0]), Kind::BadParameter);
        assert_eq!(kind(&y, &x, &[3, 3]), Kind::BadParameter);
        assert_eq!(kind(&y, &[1.0, f64::NAN], &[0, 1]), Kind::BadParameter);
        assert_eq!(kind(&y, &[1.0, f64::INFINITY], &[0, 1]), Kind::BadParameter);
        assert_eq!(kind(&[true, true], &x, &[0, 1]), Kind::OneClass);
        assert_eq!(fit_platt(&y, &[1.0]).unwrap_err().kind(), Kind::BadParameter);
        assert_eq!(fit_isotonic(&[], &[]).unwrap_err().kind(), Kind::EmptyTable);
    }

    #[test]
    fn one_class_in_the_other_folds_is_no_harm() {
        let (x, fold) = ([0.5, 0.1, -0.3], [0, 1, 1]);
        let choice = choose(&[true, false, false], &x, &fold).unwrap();
        assert!(choice.cross_fitted(&x, &fold).iter().all(|p| *p > 0.0 && *p < 1.0));
        choice.calibration.check().unwrap();
    }

    fn hostile() -> impl Strategy<Value = (Vec<bool>, Vec<f64>, Vec<u8>)> {
        let logit = prop_oneof![
            (-3_i32..4).prop_map(f64::from),
            -40.0..40.0_f64,
            any::<f64>().prop_filter("finite", |logit| logit.is_finite()),
        ];
        prop::collection::vec((any::<bool>(), logit, 0_u8..4), 2..60).prop_map(|mut rows| {
            (rows[0].0, rows[0].2, rows[1].0, rows[1].2) = (true, 7, false, 255);
            let (mut y, mut x, mut fold) = (Vec::new(), Vec::new(), Vec::new());
            for row in rows {
                y.push(row.0);
                x.push(row.1);
                fold.push(row.2);
            }
            (y, x, fold)
        })
    }

    proptest! {
        #[test]
        fn every_fit_passes_its_own_check_and_never_falls((y, x, fold) in hostile()) {
            let choice = choose(&y, &x, &fold).unwrap();
            prop_assert_eq!(choice.log_loss.len(), 3);
            prop_assert!(choice.log_loss.values().all(|loss| loss.is_finite()));
            prop_assert!(choice.cross_fitted(&x, &fold).iter().all(|p| *p > 0.0 && *p < 1.0));
            for fitted in
                [choice.calibration, fit_platt(&y, &x).unwrap(), fit_isotonic(&y, &x).unwrap()]
            {
                prop_assert!(fitted.check().is_ok(), "{:?}", fitted);
                let mut sorted = x.clone();
                sorted.sort_by(f64::total_cmp);
                prop_assert!(fitted.apply(&sorted).is_sorted());
            }
        }

        #[test]
        fn the_order_of_rows_is_nothing((y, x, fold) in hostile()) {
            let back = |fold: &[u8]| fold.iter().rev().copied().collect::<Vec<u8>>();
            let (y2, x2): (Vec<bool>, Vec<f64>) = y.iter().zip(&x).rev().map(|(y, x)| (*y, *x)).unzip();
            let (first, second) =
                (choose(&y, &x, &fold).unwrap(), choose(&y2, &x2, &back(&fold)).unwrap());
            prop_assert_eq!(first.calibration, second.calibration);
            prop_assert_eq!(first.log_loss, second.log_loss);
        }
    }
}
