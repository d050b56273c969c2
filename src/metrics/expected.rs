//! What calibrated probabilities say of a model before anyone knows what happened.

use super::tails;

/// Bins of the log odds.
const BINS: usize = 4096;
/// Log odds beyond ±this share the outermost bins.
const FARTHEST: f64 = 12.0;
/// Sums of probabilities are whole numbers of this share, hence alike in any order.
const UNIT: f64 = 1_073_741_824.0;

/// Probabilities of many rows, binned by their log odds: bounded memory, and the same whatever the order.
///
/// A bin is .006 wide in log odds; its rows are taken for tied in the ranking, while their mean
/// probability is kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Probabilities {
    /// Rows, and the sum of their probabilities, of each bin; empty before the first row.
    bins: Vec<(u64, u64)>,
}

/// What to expect of a model on rows without outcomes.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Expected {
    /// Rows.
    pub rows: u64,
    /// Expected share of events.
    pub base_rate: f64,
    /// Expected area under the ROC curve; 0.5 where all probabilities are alike.
    pub auc: f64,
    /// Expected mean log loss, in nats.
    pub log_loss: f64,
}

/// A base rate that differs from that of training.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct PriorShift {
    /// The base rate of training.
    pub trained: f64,
    /// The base rate now.
    pub now: f64,
    /// To be added to every log odds.
    pub shift: f64,
    /// How often chance alone would make it as large.
    pub p_value: f64,
}

/// The largest change of the log odds of a base rate that is believed: ln 10.
const MOST_SHIFT: f64 = std::f64::consts::LN_10;

/// A probability as a whole number of units of 2⁻³⁰, the nearest: what `round` gives, without the call
/// that this is where the processor may be an old one. NaN gives 0.
pub fn whole_units(probability: f64) -> u64 {
    let units = probability * UNIT;
    let below = units as u64;
    below + u64::from(units - below as f64 >= 0.5)
}

impl Probabilities {
    /// Adds a row; NaN is left out.
    pub fn add(&mut self, probability: f64) {
        if probability.is_nan() {
            return;
        }
        let logit = probability.ln() - (-probability).ln_1p();
        let at = (logit + FARTHEST) / (2.0 * FARTHEST) * BINS as f64;
        let bin = at.clamp(0.0, (BINS - 1) as f64) as usize;
        if self.bins.is_empty() {
            self.bins = vec![(0, 0); BINS];
        }
        let (rows, sum) = &mut self.bins[bin];
        *rows += 1;
        *sum += whole_units(probability.clamp(0.0, 1.0));
    }

    /// Adds the rows of another.
    pub fn merge(&mut self, other: &Self) {
        if self.bins.is_empty() {
            self.bins.clone_from(&other.bins);
            return;
        }
        for ((rows, sum), (more_rows, more)) in self.bins.iter_mut().zip(&other.bins) {
            *rows += more_rows;
            *sum += more;
        }
    }

    /// Number of rows.
    pub fn rows(&self) -> u64 {
        self.bins.iter().map(|(rows, _)| rows).sum()
    }

    /// Rows and mean probability of each bin that has any, by rising log odds.
    fn bins(&self) -> impl Iterator<Item = (f64, f64)> + Clone {
        let bins = self.bins.iter().filter(|(rows, _)| *rows > 0);
        bins.map(|&(rows, sum)| (rows as f64, sum as f64 / UNIT / rows as f64))
    }

    /// What to expect, were the probabilities true; `None` without rows.
    ///
    /// # Formula
    /// A row is an event with its own probability `p`: the expected events are `Σp`, the expected log
    /// loss is the mean entropy, and the area is that of the expected events against the expected
    /// others, `Σᵢⱼ pᵢ(1 − pⱼ)[sᵢ > sⱼ] / Σp Σ(1 − p)`, ties half.
    ///
    /// # Source
    /// Confidence-based performance estimation: Guillory et al., *ICCV* (2021); Białek et al.,
    /// arXiv:2401.08348 (2024). It holds as far as the calibration does: a change of what an outcome
    /// means is not seen before outcomes are.
    pub fn expected(&self) -> Option<Expected> {
        let rows = self.rows() as f64;
        if rows < 1.0 {
            return None;
        }
        let (mut events, mut others, mut wins, mut loss) = (0.0, 0.0, 0.0, 0.0);
        for (rows, p) in self.bins() {
            let (e, o) = (rows * p, rows * (1.0 - p));
            wins += e * (others + o / 2.0);
            events += e;
            others += o;
            let entropy = |p: f64| if p > 0.0 { -p * p.ln() } else { 0.0 };
            loss += rows * (entropy(p) + entropy(1.0 - p));
        }
        let pairs = events * others;
        Some(Expected {
            rows: self.rows(),
            base_rate: events / rows,
            auc: if pairs > 0.0 { wins / pairs } else { 0.5 },
            log_loss: loss / rows,
        })
    }

    /// The base rate that explains these probabilities best, if only the base rate has changed since
    /// training, when it was `trained`; `None` where that cannot be told, and where the odds would be
    /// more than ten times or less than a tenth of what they were: then more has changed than the base
    /// rate, and the estimate runs towards 0 or 1.
    ///
    /// # Formula
    /// The prior π at which `Σ ln(p π/t + (1 − p)(1 − π)/(1 − t))` is largest, `t` the trained one: the
    /// fixed point of the EM steps of the source, found by bisection as the sum is concave in π. The p
    /// value is of the likelihood ratio against π = t, chi-square with one degree of freedom.
    ///
    /// # Source
    /// Saerens, Latinne & Decaestecker, *Neural Computation* 14 (2002); concave: Alexandari, Kundaje &
    /// Shrikumar, *ICML* (2020).
    pub fn prior_shift(&self, trained: f64) -> Option<PriorShift> {
        let varies = self.bins().nth(1).is_some();
        if !(trained > 0.0 && trained < 1.0 && varies) {
            return None;
        }
        let parts = |p: f64| (p / trained, (1.0 - p) / (1.0 - trained));
        let slope = |prior: f64| -> f64 {
            let term = |(rows, p): (f64, f64)| {
                let (yes, no) = parts(p);
                rows * (yes - no) / (prior * yes + (1.0 - prior) * no)
            };
            self.bins().map(term).sum()
        };
        let (mut low, mut high) = (1e-9, 1.0 - 1e-9);
        for _ in 0..100 {
            let middle = f64::midpoint(low, high);
            if slope(middle) > 0.0 { low = middle } else { high = middle }
        }
        let now = f64::midpoint(low, high);
        let gain: f64 = self
            .bins()
            .map(|(rows, p)| {
                let (yes, no) = parts(p);
                rows * (now * yes + (1.0 - now) * no).ln()
            })
            .sum();
        let odds = |p: f64| (p / (1.0 - p)).ln();
        let p_value = tails::chi_square(2.0 * gain, 1.0);
        let shift = odds(now) - odds(trained);
        (shift.abs() <= MOST_SHIFT).then_some(PriorShift { trained, now, shift, p_value })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logistic(x: f64) -> f64 {
        1.0 / (1.0 + (-x).exp())
    }

    /// Evenly spread log odds: a smooth population without draws.
    fn spread(rows: u32, centre: f64) -> Vec<f64> {
        (0..rows)
            .map(|i| logistic(centre + 4.0 * (f64::from(i) + 0.5) / f64::from(rows) - 2.0))
            .collect()
    }

    fn binned(all: &[f64]) -> Probabilities {
        let mut binned = Probabilities::default();
        for p in all {
            binned.add(*p);
        }
        binned
    }

    #[test]
    fn units_are_rounded_as_ever() {
        let ties = (0..1000).map(|i| (f64::from(i) + 0.5) / UNIT);
        let near = ties.clone().flat_map(|p| [p.next_down(), p.next_up()]);
        for p in ties.chain(near).chain(spread(4000, 0.0)).chain([0.0, 1.0, f64::NAN]) {
            assert_eq!(whole_units(p), (p * UNIT).round() as u64, "{p}");
        }
    }

    #[test]
    fn what_is_expected_equals_the_plain_sums_over_pairs() {
        let all = spread(400, -1.0);
        let found = binned(&all).expected().unwrap();
        let (mut wins, mut pairs) = (0.0, 0.0);
        for (i, p) in all.iter().enumerate() {
            for (j, q) in all.iter().enumerate() {
                let weight = p * (1.0 - q);
                pairs += weight;
                wins += weight
                    * match i.cmp(&j) {
                        std::cmp::Ordering::Greater => 1.0,
                        std::cmp::Ordering::Equal => 0.5,
                        std::cmp::Ordering::Less => 0.0,
                    };
            }
        }
        assert!((found.auc - wins / pairs).abs() < 1e-4, "{} {}", found.auc, wins / pairs);
        let mean = all.iter().sum::<f64>() / 400.0;
        assert!((found.base_rate - mean).abs() < 1e-8);
        assert!(Probabilities::default().expected().is_none());
        let mut twice = binned(&all[..100]);
        twice.merge(&binned(&all[100..]));
        assert_eq!(twice, binned(&all));
    }

    #[test]
    fn a_changed_base_rate_is_found_from_probabilities_alone() {
        // Of the trained population a share of the events is taken away, as a lower base rate does.
        let all = spread(4000, -0.5);
        let trained = all.iter().sum::<f64>() / 4000.0;
        let same = binned(&all).prior_shift(trained).unwrap();
        assert!((same.now - trained).abs() < 1e-6 && same.p_value > 0.99, "{same:?}");
        let mut fewer = Probabilities::default();
        // Rows at p weigh 1 − p + p/2: half of the events are gone.
        for p in &all {
            (0..((1.0 - p / 2.0) * 100.0).round() as u32).for_each(|_| fewer.add(*p));
        }
        let found = fewer.prior_shift(trained).unwrap();
        let truth = trained / 2.0 / (1.0 - trained / 2.0);
        assert!((found.now - truth).abs() < 2e-3, "{found:?} for {truth}");
        assert!(found.shift < 0.0 && found.p_value < 1e-9, "{found:?}");
        assert!(binned(&[0.2; 9]).prior_shift(0.2).is_none());
        assert!(binned(&all).prior_shift(1.0).is_none());
    }

    #[test]
    fn an_estimate_that_runs_away_is_none() {
        // Nobody scores high, as no base rate alone would have it.
        let all = vec![0.001; 500].into_iter().chain(vec![0.02; 500]).collect::<Vec<f64>>();
        assert_eq!(binned(&all).prior_shift(0.3), None);
        let mild: Vec<f64> = spread(4000, -1.0);
        assert!(binned(&mild).prior_shift(0.3).is_some());
    }
}
