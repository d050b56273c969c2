//! The branches, each with a rhythm of its own, and the dormancy threshold that follows from it.
//!
//! While a customer is awake, days with voluntary transactions are at most [`Branch::longest_gap`]
//! days apart. Longer silence is a *break*. Whatever led to it, a break is a pause with probability
//! [`Branch::pause_share`] and a sleep otherwise. So the silence of a group is a mixture whose parts
//! are known, and with it the probability that a customer who has been quiet for d days returns.

use super::super::draw::Stream;

/// A branch and its planted rhythm.
#[derive(Debug, Clone, Copy)]
pub(super) struct Branch {
    pub key: &'static str,
    /// Its share of the customers.
    pub weight: f64,
    /// Mean days between two days of activity, against the bank's.
    pub tempo: f64,
    /// The longest gap of an awake customer, in days.
    pub longest_gap: i32,
    /// Probability that a break is a pause.
    pub pause_share: f64,
    /// Scale of the length of pauses, in days.
    pub pause_scale: f64,
    /// Daily hazard of waking of an ordinary sleeper.
    pub waking: f64,
    /// How much worse than usual it serves: 0 or 1.
    pub trouble: f64,
}

const fn branch(
    key: &'static str,
    weight: f64,
    tempo: f64,
    longest_gap: i32,
    pauses: (f64, f64),
    waking: f64,
    trouble: f64,
) -> Branch {
    let (pause_share, pause_scale) = pauses;
    Branch { key, weight, tempo, longest_gap, pause_share, pause_scale, waking, trouble }
}

/// The eight branches, from the quickest to the slowest.
pub(super) const BRANCHES: [Branch; 8] = [
    branch("B01", 0.18, 0.7, 18, (0.66, 38.0), 1.0 / 1900.0, 0.0),
    branch("B02", 0.16, 0.8, 20, (0.64, 45.0), 1.0 / 2000.0, 0.0),
    branch("B03", 0.14, 0.9, 23, (0.66, 53.0), 1.0 / 2100.0, 1.0),
    branch("B04", 0.13, 1.0, 26, (0.65, 61.0), 1.0 / 2000.0, 0.0),
    branch("B05", 0.11, 1.1, 30, (0.68, 71.0), 1.0 / 2200.0, 0.0),
    branch("B06", 0.10, 1.2, 34, (0.64, 83.0), 1.0 / 2300.0, 1.0),
    branch("B07", 0.10, 1.35, 38, (0.66, 96.0), 1.0 / 2100.0, 0.0),
    branch("B08", 0.08, 1.5, 42, (0.65, 110.0), 1.0 / 2200.0, 0.0),
];

/// Shape of the Weibull length of pauses: a hump around the scale.
pub(super) const PAUSE_SHAPE: f64 = 5.0;
/// Of the customers who begin a sleep, the share that closes the account on the same day.
pub(super) const CLOSE_AT_ONCE: f64 = 0.25;
/// Daily hazard that a sleeper closes the account.
pub(super) const CLOSING: f64 = 1.0 / 1500.0;
/// Shares of the three kinds of sleepers: deaf, ordinary, still listening.
pub(super) const KINDS: [f64; 3] = [0.45, 0.40, 0.15];
/// The hazard of waking of each kind against that of an ordinary sleeper.
pub(super) const KIND_WAKING: [f64; 3] = [0.25, 1.0, 3.0];
/// The window of a return, in days.
pub(super) const HORIZON: i32 = 90;
/// The probability of return below which a quiet customer counts as dormant.
pub(super) const LIMIT: f64 = 0.10;

impl Branch {
    /// A branch drawn in the proportion of its customers.
    pub(super) fn draw(stream: &mut Stream) -> &'static Self {
        let weights = BRANCHES.map(|branch| branch.weight);
        BRANCHES.get(stream.choice(&weights)).unwrap_or(&BRANCHES[0])
    }

    /// Probability that a pause lasts longer than `days`.
    ///
    /// # Formula
    /// exp(−(d/scale)^shape): Weibull, rounded up to whole days.
    pub(super) fn pause_beyond(&self, days: i32) -> f64 {
        (-(f64::from(days.max(0)) / self.pause_scale).powf(PAUSE_SHAPE)).exp()
    }

    /// Days of a pause, at least 1.
    pub(super) fn draw_pause(&self, stream: &mut Stream) -> i32 {
        let exponential = -(1.0 - stream.uniform()).ln();
        (self.pause_scale * exponential.powf(1.0 / PAUSE_SHAPE)).ceil().max(1.0) as i32
    }

    /// Days until a sleeper of a kind wakes by itself, at least 1.
    pub(super) fn draw_sleep(&self, kind: usize, stream: &mut Stream) -> i32 {
        draw_days(self.waking * KIND_WAKING[kind], stream)
    }

    /// Probability that a sleeper of a kind, with the account open, does not wake on a day.
    pub(super) fn stays(&self, kind: usize) -> f64 {
        (-self.waking * KIND_WAKING[kind]).exp()
    }

    /// Probability that a sleeper of a kind wakes within `days`, before closing the account.
    ///
    /// # Formula
    /// Σₜ (1−q) qᵗ⁻¹ rᵗ⁻¹ for t = 1..days, where q is the chance not to wake on a day and r that not
    /// to close: (1−q)(1−(qr)^days)/(1−qr).
    pub(super) fn wakes_within(&self, kind: usize, days: i32) -> f64 {
        let q = self.stays(kind);
        let both = q * (-CLOSING).exp();
        (1.0 - q) * (1.0 - both.powi(days.max(0))) / (1.0 - both)
    }

    /// Probability that a sleeper of a kind still sleeps, account open, after `days`.
    pub(super) fn sleeps_beyond(&self, kind: usize, days: i32) -> f64 {
        (self.stays(kind) * (-CLOSING).exp()).powi(days.max(0))
    }

    /// Probability that a customer of this branch with an open account returns within `horizon`
    /// days, after exactly `quiet` days without a voluntary transaction.
    ///
    /// Holds from [`Branch::longest_gap`] on, up to where the bank begins to win sleepers back.
    ///
    /// # Formula
    /// With B(d) the chance that a pause outlasts d, and for each kind k of sleepers its share sₖ,
    /// Sₖ(d) the chance to sleep on and Rₖ(h) that to wake within h:
    /// (p (B(d) − B(d+h)) + (1−p)(1−c) Σ sₖ Sₖ(d) Rₖ(h)) / (p B(d) + (1−p)(1−c) Σ sₖ Sₖ(d)),
    /// p the share of pauses and c the share of sleepers who close at once.
    pub(super) fn returns(&self, quiet: i32, horizon: i32) -> f64 {
        let pausing = self.pause_share * self.pause_beyond(quiet);
        let ends =
            self.pause_share * (self.pause_beyond(quiet) - self.pause_beyond(quiet + horizon));
        let share = (1.0 - self.pause_share) * (1.0 - CLOSE_AT_ONCE);
        let (mut sleeping, mut wakes) = (0.0, 0.0);
        for (kind, weight) in KINDS.iter().enumerate() {
            let here = share * weight * self.sleeps_beyond(kind, quiet);
            sleeping += here;
            wakes += here * self.wakes_within(kind, horizon);
        }
        (ends + wakes) / (pausing + sleeping)
    }

    /// The planted threshold: the first whole day from which the probability of return within
    /// [`HORIZON`] days lies below [`LIMIT`].
    pub(super) fn threshold(&self) -> i32 {
        (self.longest_gap..400).find(|day| self.returns(*day, HORIZON) < LIMIT).unwrap_or(400)
    }
}

/// Days until something with this daily hazard happens, at least 1.
pub(super) fn draw_days(hazard: f64, stream: &mut Stream) -> i32 {
    (-(1.0 - stream.uniform()).ln() / hazard).ceil().clamp(1.0, 100_000.0) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_falls_through_the_limit_steeply_and_once() {
        for branch in &BRANCHES {
            let at = branch.threshold();
            let (before, after) =
                (branch.returns(at - 7, HORIZON), branch.returns(at + 7, HORIZON));
            println!(
                "{} {at}: {before:.3} {:.3} {after:.3}",
                branch.key,
                branch.returns(at, HORIZON)
            );
            assert!(before > LIMIT + 0.03, "{}: {before}", branch.key);
            assert!(after < LIMIT - 0.015, "{}: {after}", branch.key);
            assert!(at > branch.longest_gap + 14, "{}", branch.key);
            for day in branch.longest_gap..400 {
                assert_eq!(branch.returns(day, HORIZON) < LIMIT, day >= at, "{} {day}", branch.key);
            }
        }
        let weights: f64 = BRANCHES.iter().map(|branch| branch.weight).sum();
        assert!((weights - 1.0).abs() < 1e-12);
    }
}
