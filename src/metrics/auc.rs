//! Area under the ROC curve, with DeLong's standard error.

use super::{
    Estimate,
    paired::Difference,
    ranked::{Ranked, check_lengths, key},
};
use crate::error::{Error, Kind, Result};

/// The 97.5 % point of the standard normal distribution.
pub(super) const Z: f64 = 1.959_963_984_540_054;

/// The probability that a row with the event scores above one without, a tie counting half.
///
/// # Errors
/// As [`Ranked::new`].
///
/// # Source
/// Mann & Whitney (1947); Hanley & McNeil, *Radiology* 143 (1982).
pub fn auc(outcome: &[bool], score: &[f64]) -> Result<f64> {
    Ok(delong(&Ranked::new(outcome, score)?).value)
}

/// The area with its 95 % interval.
///
/// # Formula
/// `θ = Σ x / 2mn`, where `x` is twice an event's *placement*: the others below it, ties half. The
/// variance is that of the events' placements over `m` plus that of the others' over `n`, each with
/// its `m − 1` or `n − 1`. Placements are counts, so every sum is exact. The interval is symmetric on
/// the logit scale, `logit θ ± 1.96 se / θ(1 − θ)`, hence inside 0..1. Where the area is 0 or 1 the
/// variance is 0 and says nothing: there the far end is Clopper and Pearson's for as many trials as the
/// rarer outcome has rows. A single row of a kind has no variance: its largest, `θ(1 − θ)`, is taken.
///
/// # Cost
/// One pass over the levels.
///
/// # Source
/// DeLong, DeLong & Clarke-Pearson, *Biometrics* 44 (1988); in O(n log n): Sun & Xu, *IEEE Signal
/// Processing Letters* 21 (2014); logit scale: Pepe, *The Statistical Evaluation of Medical Tests*
/// (2003) §5.2.
pub fn delong(ranked: &Ranked) -> Estimate {
    let (m, n) = (u128::from(ranked.events()), u128::from(ranked.others()));
    let (mut events, mut others) = (Moments::default(), Moments::default());
    let (mut events_below, mut others_below) = (0, 0);
    for level in ranked.levels() {
        let (e, o) = (u128::from(level.events), u128::from(level.others));
        events.add(e, 2 * others_below + o);
        others.add(o, 2 * (m - events_below) - e);
        events_below += e;
        others_below += o;
    }
    let value = events.sum as f64 / (2 * m * n) as f64;
    let variance =
        events.variance(m, n, value) / m as f64 + others.variance(n, m, value) / n as f64;
    interval(value, variance.sqrt(), m.min(n) as f64)
}

fn interval(value: f64, standard_error: f64, rarer: f64) -> Estimate {
    let far_end = 0.025_f64.powf(1.0 / rarer);
    if value >= 1.0 {
        return Estimate { value, low: far_end, high: 1.0 };
    }
    if value <= 0.0 {
        return Estimate { value, low: 0.0, high: 1.0 - far_end };
    }
    let logit = (value / (1.0 - value)).ln();
    let half = Z * standard_error / (value * (1.0 - value));
    let back = |logit: f64| 1.0 / (1.0 + (-logit).exp());
    Estimate { value, low: back(logit - half).min(value), high: back(logit + half).max(value) }
}

/// Sums of doubled placements: below 2³³ each and fewer than 2³² of them, so nothing overflows.
#[derive(Default)]
struct Moments {
    sum: u128,
    squares: u128,
}

impl Moments {
    fn add(&mut self, rows: u128, doubled: u128) {
        self.sum += rows * doubled;
        self.squares += rows * doubled * doubled;
    }

    /// The sample variance of the placements as shares of `against`.
    fn variance(&self, rows: u128, against: u128, value: f64) -> f64 {
        if rows < 2 {
            return value * (1.0 - value);
        }
        let spread = (rows * self.squares - self.sum * self.sum) as f64;
        let unit = 2.0 * against as f64;
        spread / (rows * (rows - 1)) as f64 / (unit * unit)
    }
}

/// The area of score `a` less that of score `b` on the same rows, with its standard error.
///
/// # Formula
/// DeLong's variance of the difference of the two placements of each row: the covariance of the two
/// areas is in it by construction. With a single row of a kind, that kind adds nothing to the error.
///
/// # Errors
/// As [`Ranked::new`], for either score.
///
/// # Source
/// As [`delong`].
pub fn auc_difference(outcome: &[bool], a: &[f64], b: &[f64]) -> Result<Difference> {
    let (a, b) = (placements(outcome, a)?, placements(outcome, b)?);
    // For the others (index 0) and the events (index 1): rows, sum and sum of squares.
    let mut sums = [(0_i128, 0_i128, 0_i128); 2];
    for ((&event, a), b) in outcome.iter().zip(a).zip(b) {
        let difference = i128::from(a) - i128::from(b);
        let (rows, sum, squares) = &mut sums[usize::from(event)];
        *rows += 1;
        *sum += difference;
        *squares += difference * difference;
    }
    let [(n, _, _), (m, sum, _)] = sums;
    if m == 0 || n == 0 {
        return Err(Error::new(Kind::OneClass, "all rows measured have the same outcome"));
    }
    let variance = |(rows, sum, squares): (i128, i128, i128), against: i128| {
        let unit = 2.0 * against as f64;
        let spread = (rows * squares - sum * sum) as f64;
        spread / (rows * (rows - 1).max(1)) as f64 / (unit * unit) / rows as f64
    };
    let standard_error = (variance(sums[1], n) + variance(sums[0], m)).sqrt();
    Ok(Difference { mean: sum as f64 / (2 * m * n) as f64, standard_error })
}

/// Twice each row's placement: for an event the others below it, for another row the events above
/// it, a tie counting half.
fn placements(outcome: &[bool], score: &[f64]) -> Result<Vec<u64>> {
    check_lengths(outcome.len(), score.len())?;
    if score.iter().any(|score| score.is_nan()) {
        return Err(Error::new(Kind::BadParameter, "a score is not a number"));
    }
    let mut order: Vec<(u64, u32)> = score.iter().map(|&s| key(s)).zip(0..).collect();
    order.sort_unstable();
    let is_event = |&(_, row): &(u64, u32)| outcome.get(row as usize) == Some(&true);
    let mut events_left = outcome.iter().filter(|&&event| event).count() as u64;
    let mut others_below = 0;
    let mut doubled = vec![0; outcome.len()];
    for tied in order.chunk_by(|a, b| a.0 == b.0) {
        let events = tied.iter().filter(|entry| is_event(entry)).count() as u64;
        let others = tied.len() as u64 - events;
        for entry in tied {
            if let Some(place) = doubled.get_mut(entry.1 as usize) {
                *place = if is_event(entry) {
                    2 * others_below + others
                } else {
                    2 * events_left - events
                };
            }
        }
        events_left -= events;
        others_below += others;
    }
    Ok(doubled)
}
