//! Rows sorted once: the distinct scores with the outcomes at each.

use crate::error::{Error, Kind, Result};

/// The rows that share one score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Level {
    /// The score; never NaN.
    pub score: f64,
    /// Rows with the event.
    pub events: u32,
    /// Rows without.
    pub others: u32,
}

impl Level {
    /// All rows of the level.
    pub fn rows(&self) -> u64 {
        u64::from(self.events) + u64::from(self.others)
    }
}

/// The distinct scores of a table, rising, with the outcomes at each: all that a ranking metric may
/// depend on. Holds at least one event and one other row.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranked {
    levels: Vec<Level>,
    events: u64,
    others: u64,
}

/// The top of a ranking: whole levels, and a share of the one that the cut goes through.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cut {
    /// Rows wanted.
    pub rows: u64,
    /// The score of the level that the cut goes through; rows above it are in, rows below are out.
    pub score: f64,
    /// The share of that level's rows that are in, in (0, 1].
    pub share: f64,
    /// Expected events among the rows that are in, were the tied rows drawn by lot.
    pub events: f64,
}

impl Ranked {
    /// Sorts the rows.
    ///
    /// # Shape
    /// One outcome and one score for each row; infinite scores are in order.
    ///
    /// # Errors
    /// `EmptyTable` without rows; `OneClass` where all outcomes are alike; `BadParameter` where lengths
    /// differ, a score is NaN or there are 2³² rows or more.
    pub fn new(outcome: &[bool], score: &[f64]) -> Result<Self> {
        check_lengths(outcome.len(), score.len())?;
        let events = outcome.iter().filter(|&&event| event).count();
        let mut event_keys = Vec::with_capacity(events);
        let mut other_keys = Vec::with_capacity(outcome.len() - events);
        for (&event, &score) in outcome.iter().zip(score) {
            if score.is_nan() {
                return Err(Error::new(Kind::BadParameter, "a score is not a number"));
            }
            if event { &mut event_keys } else { &mut other_keys }.push(key(score));
        }
        if event_keys.is_empty() || other_keys.is_empty() {
            return Err(Error::new(Kind::OneClass, "all rows measured have the same outcome"));
        }
        event_keys.sort_unstable();
        other_keys.sort_unstable();
        Ok(Self {
            levels: merge(&event_keys, &other_keys),
            events: event_keys.len() as u64,
            others: other_keys.len() as u64,
        })
    }

    /// The levels by rising score.
    pub fn levels(&self) -> &[Level] {
        &self.levels
    }

    /// Rows with the event, ≥ 1.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Rows without, ≥ 1.
    pub fn others(&self) -> u64 {
        self.others
    }

    /// All rows.
    pub fn rows(&self) -> u64 {
        self.events + self.others
    }

    /// Events among rows.
    pub fn base_rate(&self) -> f64 {
        self.events as f64 / self.rows() as f64
    }

    /// The top share `depth` of the rows: its rows are rounded up, at least one and at most all.
    pub fn top(&self, depth: f64) -> Cut {
        // A depth such as .07 is not exact: what exceeds a whole row by a rounding is no row.
        let wanted = (depth * self.rows() as f64 * (1.0 - 1e-12)).ceil() as u64;
        let rows = wanted.clamp(1, self.rows());
        let (mut above, mut events) = (0, 0);
        for level in self.levels.iter().rev() {
            if above + level.rows() >= rows {
                let share = (rows - above) as f64 / level.rows() as f64;
                let events = events as f64 + share * f64::from(level.events);
                return Cut { rows, score: level.score, share, events };
            }
            above += level.rows();
            events += u64::from(level.events);
        }
        Cut { rows, score: f64::NEG_INFINITY, share: 1.0, events: self.events as f64 }
    }
}

/// Whether there are rows, as many of the one as of the other, and not more than can be counted.
///
/// # Errors
/// `EmptyTable` or `BadParameter`.
pub fn check_lengths(outcomes: usize, numbers: usize) -> Result<()> {
    if outcomes != numbers {
        let what = format!("{outcomes} outcomes do not go with {numbers} numbers");
        return Err(Error::new(Kind::BadParameter, what));
    }
    if outcomes == 0 {
        return Err(Error::new(Kind::EmptyTable, "there is no row to measure"));
    }
    if u32::try_from(outcomes).is_err() {
        return Err(Error::new(Kind::BadParameter, "there are 2^32 rows or more"));
    }
    Ok(())
}

/// A whole number that sorts as the score does; −0 and 0 are one.
pub(crate) fn key(score: f64) -> u64 {
    let bits = (score + 0.0).to_bits();
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

fn score_of(key: u64) -> f64 {
    f64::from_bits(if key >> 63 == 1 { key & !(1 << 63) } else { !key })
}

/// Counts equal keys of two sorted lists side by side.
fn merge(event_keys: &[u64], other_keys: &[u64]) -> Vec<Level> {
    let mut levels = Vec::new();
    let (mut events, mut others) = (event_keys.iter().peekable(), other_keys.iter().peekable());
    loop {
        let key = match (events.peek(), others.peek()) {
            (Some(&&a), Some(&&b)) => a.min(b),
            (Some(&&only), None) | (None, Some(&&only)) => only,
            (None, None) => return levels,
        };
        let mut level = Level { score: score_of(key), events: 0, others: 0 };
        while events.next_if(|&&next| next == key).is_some() {
            level.events += 1;
        }
        while others.next_if(|&&next| next == key).is_some() {
            level.others += 1;
        }
        levels.push(level);
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these figures are exact")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn zero_has_no_sign_and_infinities_have_a_place() {
        let outcome = [true, false, true, false];
        let score = [-0.0, 0.0, f64::INFINITY, f64::NEG_INFINITY];
        let ranked = Ranked::new(&outcome, &score).unwrap();
        let scores: Vec<f64> = ranked.levels().iter().map(|level| level.score).collect();
        assert_eq!(scores, [f64::NEG_INFINITY, 0.0, f64::INFINITY]);
        assert_eq!(ranked.levels()[1].rows(), 2);
    }

    #[test]
    fn what_cannot_be_ranked_is_an_error() {
        let kind =
            |outcome: &[bool], score: &[f64]| Ranked::new(outcome, score).unwrap_err().kind();
        assert_eq!(kind(&[], &[]), Kind::EmptyTable);
        assert_eq!(kind(&[true], &[]), Kind::BadParameter);
        assert_eq!(kind(&[true, true], &[0.1, 0.2]), Kind::OneClass);
        assert_eq!(kind(&[true, false], &[0.1, f64::NAN]), Kind::BadParameter);
    }

    #[test]
    fn a_cut_through_a_tie_takes_its_share() {
        let outcome = [true, true, false, false, false];
        let ranked = Ranked::new(&outcome, &[0.9, 0.5, 0.5, 0.5, 0.1]).unwrap();
        let cut = ranked.top(0.4);
        assert_eq!((cut.rows, cut.score), (2, 0.5));
        assert!((cut.events - (1.0 + 1.0 / 3.0)).abs() < 1e-15);
        assert_eq!(ranked.top(1.0).events, 2.0);
        assert_eq!(ranked.top(0.0).rows, 1);
    }

    proptest! {
        #[test]
        fn keys_sort_as_scores(a in any::<f64>(), b in any::<f64>()) {
            prop_assume!(!a.is_nan() && !b.is_nan());
            prop_assert_eq!(a < b, key(a) < key(b));
            prop_assert_eq!(score_of(key(a)), a);
        }
    }
}
