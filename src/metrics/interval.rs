//! How far a figure may lie from the truth: 95 % intervals.

use super::{
    Estimate,
    paired::CLIP,
    ranked::{Level, Ranked},
    tails::Z,
};

/// A share with its score interval.
///
/// # Formula
/// With `p = events / rows`: `(p + z²/2n ± z √(p(1 − p)/n + z²/4n²)) / (1 + z²/n)`. Without rows the
/// share is 0 and its interval all of 0..1.
///
/// # Source
/// Wilson, *J. Am. Statist. Ass.* 22 (1927); Brown, Cai & DasGupta, *Statistical Science* 16 (2001).
pub fn share(events: u64, rows: u64) -> Estimate {
    if rows == 0 {
        return Estimate { value: 0.0, low: 0.0, high: 1.0 };
    }
    let (n, p) = (rows as f64, events as f64 / rows as f64);
    let z2 = Z * Z / n;
    let half = Z * (p * (1.0 - p) / n + z2 / (4.0 * n)).sqrt() / (1.0 + z2);
    let centre = (p + z2 / 2.0) / (1.0 + z2);
    let low = if events == 0 { 0.0 } else { (centre - half).max(0.0) };
    let high = if events == rows { 1.0 } else { (centre + half).min(1.0) };
    Estimate { value: p, low, high }
}

/// The ratio of two shares, each given as (events, rows), with its interval on the log scale; none
/// where either has no rows or the second no events.
///
/// # Formula
/// `ln r ± z √(1/a − 1/n + 1/b − 1/m)`. Where the first has no events, half an event is added to all
/// four counts for the interval, which then starts at 0.
///
/// # Source
/// Katz, Baptista, Azen & Pike, *Biometrics* 34 (1978); Walter, *Biometrics* 31 (1975).
pub fn ratio((a, n): (u64, u64), (b, m): (u64, u64)) -> Option<Estimate> {
    if n == 0 || m == 0 || b == 0 {
        return None;
    }
    let value = (a as f64 / n as f64) / (b as f64 / m as f64);
    let add = if a == 0 { 0.5 } else { 0.0 };
    let [a_, n_, b_, m_] = [a, n, b, m].map(|count| count as f64 + add);
    let ratio = (a_ / n_) / (b_ / m_);
    let error = (1.0 / a_ - 1.0 / n_ + 1.0 / b_ - 1.0 / m_).max(0.0).sqrt();
    let low = if a == 0 { 0.0 } else { ratio * (-Z * error).exp() };
    Some(Estimate { value, low, high: ratio * (Z * error).exp() })
}

/// Events that came over events that were expected: 1 where probabilities are right in the large.
///
/// # Formula
/// `O / E`, on the log scale `± z √((1 − O/n) / O)`. Without events the interval starts at 0 and ends
/// at `−ln .025 / E`, the exact one of a Poisson count.
///
/// # Source
/// Debray et al., *BMJ* 356 (2017) i6460.
pub fn observed_over_expected(events: u64, rows: u64, expected: f64) -> Option<Estimate> {
    if rows == 0 || expected <= 0.0 {
        return None;
    }
    let observed = events as f64;
    let value = observed / expected;
    if events == 0 {
        return Some(Estimate { value, low: 0.0, high: -(0.025_f64.ln()) / expected });
    }
    let half = (Z * ((1.0 - observed / rows as f64) / observed).sqrt()).exp();
    Some(Estimate { value, low: value / half, high: value * half })
}

/// Mean logarithmic loss with its interval; see [`super::calibration::log_loss`].
///
/// # Formula
/// Mean ± z × standard deviation of the rows' losses (with n − 1) / √n.
///
/// # Source
/// The central limit theorem; for losses: Bengio & Grandvalet, *JMLR* 5 (2004) on a fixed test set.
pub fn log_loss(ranked: &Ranked) -> Estimate {
    mean(ranked, |level| {
        let p = level.score.clamp(CLIP, 1.0 - CLIP);
        (-p.ln(), -(-p).ln_1p())
    })
}

/// Mean squared error with its interval; see [`super::calibration::brier`].
///
/// # Formula, Source
/// As [`log_loss`].
pub fn brier(ranked: &Ranked) -> Estimate {
    mean(ranked, |level| ((1.0 - level.score).powi(2), level.score.powi(2)))
}

/// The mean over rows of a number that an event and another row of a level have.
fn mean(ranked: &Ranked, of: impl Fn(&Level) -> (f64, f64)) -> Estimate {
    let rows = ranked.rows() as f64;
    let sum = |power: i32| {
        let term = |level: &Level| {
            let (event, other) = of(level);
            f64::from(level.events) * event.powi(power)
                + f64::from(level.others) * other.powi(power)
        };
        ranked.levels().iter().map(term).sum::<f64>()
    };
    let value = sum(1) / rows;
    let variance = (sum(2) / rows - value * value).max(0.0) * rows / (rows - 1.0).max(1.0);
    let half = Z * (variance / rows).sqrt();
    Estimate { value, low: (value - half).max(0.0), high: value + half }
}

/// Rows on either side of a cut by which the event rate there is told: this share of all, and at
/// least [`LEAST_NEAR`].
const NEAR: f64 = 0.05;
/// See [`NEAR`].
const LEAST_NEAR: f64 = 20.0;

/// The share of events among the top `depth` of the ranking, with its interval.
///
/// # Formula
/// The cut is itself estimated, so the variance is that of `(y(I − c) − p(I − d)) / π` over n: `y` and
/// `I` say whether a row is an event and whether it is in, `c` is the capture, `d` the depth, `π` the base
/// rate and `p` the event rate at the cut, taken from the rows nearest to it. The interval is symmetric on
/// the logit scale; where none or all are captured its far end is Clopper and Pearson's.
///
/// # Source
/// Ash & Hughes-Oliver, *Confidence bands and hypothesis tests for hit enrichment curves*,
/// *J. Cheminformatics* 14 (2022); Jiang & Zhao, *J. Am. Statist. Ass.* 110 (2015), on lift.
pub fn capture(ranked: &Ranked, depth: f64) -> Estimate {
    let (n, events) = (ranked.rows() as f64, ranked.events() as f64);
    let cut = ranked.top(depth);
    let value = cut.events / events;
    let far_end = 0.025_f64.powf(1.0 / events);
    if value <= 0.0 {
        return Estimate { value: 0.0, low: 0.0, high: 1.0 - far_end };
    }
    if value >= 1.0 {
        let low = if cut.rows == ranked.rows() { 1.0 } else { far_end };
        return Estimate { value: 1.0, low, high: 1.0 };
    }
    let d = cut.rows as f64 / n;
    let near = (NEAR * n).max(LEAST_NEAR) / n;
    let (above, below) = (ranked.top((d - near).max(0.0)), ranked.top((d + near).min(1.0)));
    let p = (below.events - above.events) / (below.rows - above.rows).max(1) as f64;
    let (event_in, other_in) = (cut.events, cut.rows as f64 - cut.events);
    let (event_out, other_out) = (events - event_in, n - events - other_in);
    let squares = event_in * ((1.0 - value) - p * (1.0 - d)).powi(2)
        + event_out * (p * d - value).powi(2)
        + other_in * (p * (1.0 - d)).powi(2)
        + other_out * (p * d).powi(2);
    let half = Z * squares.sqrt() / events / (value * (1.0 - value));
    let logit = (value / (1.0 - value)).ln();
    let back = |logit: f64| 1.0 / (1.0 + (-logit).exp());
    Estimate { value, low: back(logit - half).min(value), high: back(logit + half).max(value) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        metrics::{auc, calibration},
        units::Seed,
    };

    fn near(found: f64, wanted: f64) {
        assert!((found - wanted).abs() < 1e-9, "{found} is not {wanted}");
    }

    #[test]
    fn shares_are_wilsons() {
        // scipy.stats.binomtest(k, n).proportion_ci(method="wilson")
        for (k, n, low, high) in [
            (7, 50, 0.069_508_334_270_162_9, 0.261_861_937_105_855_4),
            (0, 20, 0.0, 0.161_125_158_052_819_35),
            (20, 20, 0.838_874_841_947_180_7, 1.0),
        ] {
            let found = share(k, n);
            near(found.low, low);
            near(found.high, high);
        }
    }

    #[test]
    fn ratios_are_those_of_scipy() {
        // scipy.stats.contingency.relative_risk(27, 122, 44, 487).confidence_interval(0.95)
        let found = ratio((27, 122), (44, 487)).unwrap();
        near(found.value, 2.449_515_648_286_14);
        near(found.low, 1.583_699_092_670_011_6);
        near(found.high, 3.788_678_631_546_635_4);
        assert!(ratio((1, 2), (0, 9)).is_none());
        assert!(ratio((0, 20), (5, 20)).unwrap().low <= 0.0);
    }

    /// A table of `rows` with true probabilities, from draws that never change.
    fn drawn(rows: usize, run: u64) -> (Vec<bool>, Vec<f64>) {
        let uniform = |purpose: &str, row: usize| {
            let key = [run.to_le_bytes(), (row as u64).to_le_bytes()].concat();
            (Seed(11).hash(purpose, &key) >> 11) as f64 / (1_u64 << 53) as f64
        };
        (0..rows)
            .map(|row| {
                let p = 0.02 + 0.5 * uniform("p", row).powi(3);
                (uniform("y", row) < p, p)
            })
            .unzip()
    }

    /// What holds in the long run: one table far larger than the others.
    #[test]
    fn intervals_hold_the_truth_in_95_of_100_tables() {
        const RUNS: u64 = 1000;
        let (outcome, p) = drawn(400_000, u64::MAX);
        let ranked = Ranked::new(&outcome, &p).unwrap();
        let truth = [
            ranked.base_rate(),
            auc::delong(&ranked).value,
            calibration::log_loss(&ranked),
            calibration::brier(&ranked),
            capture(&ranked, 0.1).value,
            capture(&ranked, 0.3).value,
            1.0,
        ];
        let mut held = [0_u64; 7];
        for run in 0..RUNS {
            let (outcome, p) = drawn(1500, run);
            let ranked = Ranked::new(&outcome, &p).unwrap();
            let expected = p.iter().sum();
            let found = [
                share(ranked.events(), ranked.rows()),
                auc::delong(&ranked),
                log_loss(&ranked),
                brier(&ranked),
                capture(&ranked, 0.1),
                capture(&ranked, 0.3),
                observed_over_expected(ranked.events(), ranked.rows(), expected).unwrap(),
            ];
            for ((held, found), truth) in held.iter_mut().zip(found).zip(truth) {
                *held += u64::from((found.low..=found.high).contains(&truth));
            }
        }
        for (at, held) in held.iter().enumerate() {
            let coverage = *held as f64 / RUNS as f64;
            assert!((0.93..=0.97).contains(&coverage), "figure {at}: {coverage}");
        }
    }
}
