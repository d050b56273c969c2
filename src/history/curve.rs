//! How likely a quiet customer is to return, by how long the customer has been quiet.

/// What happened to spells of quiet: how many ended by a return on each day, and how many were lost from
/// sight while they lasted.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Spells {
    returned: Vec<u32>,
    lost: Vec<u32>,
}

/// Days that are told apart; what lasts longer counts as lost from sight then.
pub(super) const LONGEST: usize = 1461;

impl Default for Spells {
    fn default() -> Self {
        Self { returned: vec![0; LONGEST + 1], lost: vec![0; LONGEST + 1] }
    }
}

impl Spells {
    /// A spell that ended by a return after so many days.
    pub(super) fn add_return(&mut self, days: i32) {
        match self.returned.get_mut(days.max(0) as usize) {
            Some(count) => *count += 1,
            None => self.lost[LONGEST] += 1,
        }
    }

    /// A spell that still lasted after so many days, when the data ended or the account was closed.
    pub(super) fn add_lost(&mut self, days: i32) {
        self.lost[(days.max(0) as usize).min(LONGEST)] += 1;
    }

    pub(super) fn add(&mut self, other: &Self) {
        for (sum, part) in self.returned.iter_mut().zip(&other.returned) {
            *sum += part;
        }
        for (sum, part) in self.lost.iter_mut().zip(&other.lost) {
            *sum += part;
        }
    }

    /// The spells that lasted longer than so many days, for each number of days.
    pub(super) fn at_risk(&self) -> Vec<u64> {
        let mut lasting = 0_u64;
        let mut at_risk = vec![0; LONGEST + 1];
        for day in (0..=LONGEST).rev() {
            at_risk[day] = lasting;
            lasting += u64::from(self.returned[day]) + u64::from(self.lost[day]);
        }
        at_risk
    }

    /// The probability of a return within `horizon` days after each number of quiet days, with the
    /// variance of the logarithm of its complement.
    ///
    /// # Formula
    /// P(d) = 1 − S(d + H) ÷ S(d), where S is the product-limit estimate of how long spells last; the
    /// variance of ln(S(d + H) ÷ S(d)) is the sum of r ÷ (n(n − r)) over the days between.
    ///
    /// # Source
    /// Kaplan & Meier (1958), *JASA* 53, 457–481; Greenwood (1926).
    pub(super) fn curve(&self, horizon: usize) -> Vec<Chance> {
        let at_risk = self.at_risk();
        // Sums of the logarithms of what lasts, and of its variance, up to and with each day.
        let mut log_lasting = vec![0.0; LONGEST + 2];
        let mut variance = vec![0.0; LONGEST + 2];
        for day in 1..=LONGEST {
            let n = at_risk[day - 1] as f64;
            let r = f64::from(self.returned[day]);
            let (mut log, mut var) = (0.0, 0.0);
            if n > 0.0 && r > 0.0 {
                // Where all return, half a spell is left, so that the logarithm stays finite.
                let left = (n - r).max(0.5);
                log = (left / n).ln();
                var = r / (n * left);
            }
            log_lasting[day + 1] = log_lasting[day] + log;
            variance[day + 1] = variance[day] + var;
        }
        (0..=LONGEST)
            .map(|day| {
                let end = (day + horizon).min(LONGEST);
                Chance {
                    probability: 1.0 - (log_lasting[end + 1] - log_lasting[day + 1]).exp(),
                    variance: variance[end + 1] - variance[day + 1],
                    at_risk: at_risk[day],
                }
            })
            .collect()
    }
}

/// The chance of a return after some quiet days.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Chance {
    pub probability: f64,
    /// Of the logarithm of the complement.
    pub variance: f64,
    /// Spells that lasted that long.
    pub at_risk: u64,
}

impl Chance {
    /// An interval of 95 %, on the scale of the logarithm of the complement.
    pub(super) fn interval(&self) -> (f64, f64) {
        let spread = 1.96 * self.variance.sqrt();
        let log = (1.0 - self.probability).max(1e-12).ln();
        ((1.0 - (log + spread).exp()).max(0.0), (1.0 - (log - spread).exp()).min(1.0))
    }

    /// How many independent spells would tell as much: p(1 − p) ÷ the variance of p.
    pub(super) fn weight(&self) -> f64 {
        let p = self.probability.clamp(1e-6, 1.0 - 1e-6);
        if self.variance > 0.0 { p / ((1.0 - p) * self.variance) } else { 0.0 }
    }
}

/// A curve that falls all the way, nearest to the given one by weighted squares.
///
/// # Source
/// Pool adjacent violators: Barlow, Bartholomew, Bremner & Brunk (1972).
pub(super) fn falling(values: &[f64], weights: &[f64]) -> Vec<f64> {
    let mut pools: Vec<(f64, f64, usize)> = Vec::new();
    for (&value, &weight) in values.iter().zip(weights) {
        pools.push((value, weight.max(1e-12), 1));
        while let [.., before, last] = pools.as_slice() {
            if before.0 >= last.0 {
                break;
            }
            let weight = before.1 + last.1;
            let pooled = (before.0 * before.1 + last.0 * last.1) / weight;
            let count = before.2 + last.2;
            pools.truncate(pools.len() - 2);
            pools.push((pooled, weight, count));
        }
    }
    pools.into_iter().flat_map(|(value, _, count)| std::iter::repeat_n(value, count)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_is_the_product_limit() {
        let mut spells = Spells::default();
        for days in [10, 10, 20, 40] {
            spells.add_return(days);
        }
        spells.add_lost(30);
        spells.add_lost(50);
        let curve = spells.curve(15);
        // 6 spells last over 5 days; 2 of 6 return on day 10, 1 of 4 on day 20.
        assert_eq!(curve[5].at_risk, 6);
        assert!((curve[5].probability - (1.0 - 4.0 / 6.0 * 3.0 / 4.0)).abs() < 1e-12);
        // Over 25 days: 3 spells; one is lost at 30, then 1 of 2 returns on day 40.
        assert_eq!(curve[25].at_risk, 3);
        assert!((curve[25].probability - 0.5).abs() < 1e-12);
        assert!((curve[25].variance - 1.0 / (2.0 * 1.0)).abs() < 1e-12);
    }

    #[test]
    fn a_constant_hazard_gives_a_flat_curve() {
        let mut spells = Spells::default();
        // 2 % return each day.
        let mut left = 10_000_000_u32;
        for day in 1..200 {
            let gone = left / 50;
            left -= gone;
            spells.returned[day] = gone;
        }
        spells.lost[200] = left;
        let curve = spells.curve(30);
        let truth = 1.0 - 0.98_f64.powi(30);
        assert!(curve[..150].iter().all(|chance| (chance.probability - truth).abs() < 1e-3));
        let (low, high) = curve[10].interval();
        assert!(low < truth && truth < high && high - low < 1e-3);
    }

    #[test]
    fn pooled_values_fall() {
        assert_eq!(falling(&[3.0, 1.0, 2.0, 0.0], &[1.0, 1.0, 1.0, 1.0]), [3.0, 1.5, 1.5, 0.0]);
        assert_eq!(falling(&[1.0, 4.0], &[3.0, 1.0]), [1.75, 1.75]);
    }
}
