//! How large a hold-out must be, and the normal distribution that it needs.

/// The normal distribution function.
///
/// # Formula
/// Φ(x) = erfc(−x / √2) / 2, with erfc by its continued fraction away from 0 and by the series of erf
/// near it.
///
/// # Source
/// Abramowitz & Stegun (1964), 7.1.5 and 7.1.14.
pub fn normal_cdf(x: f64) -> f64 {
    if x.is_nan() {
        return f64::NAN;
    }
    let z = x.abs() / std::f64::consts::SQRT_2;
    let upper = if z < 2.0 { (1.0 - erf_series(z)) / 2.0 } else { erfc_fraction(z) / 2.0 };
    if x > 0.0 { 1.0 - upper } else { upper }
}

fn erf_series(z: f64) -> f64 {
    let (mut term, mut sum) = (z, z);
    for n in 1..60 {
        term *= -z * z / f64::from(n);
        sum += term / f64::from(2 * n + 1);
    }
    sum * 2.0 / std::f64::consts::PI.sqrt()
}

fn erfc_fraction(z: f64) -> f64 {
    let mut tail = 0.0;
    for n in (1..=60).rev() {
        tail = f64::from(n) / 2.0 / (z + tail);
    }
    (-z * z).exp() / (z + tail) / std::f64::consts::PI.sqrt()
}

/// The quantile of the normal distribution, for a share strictly between 0 and 1.
///
/// # Formula
/// Bisection on [`normal_cdf`]: it is asked a few times a run.
pub fn normal_quantile(share: f64) -> f64 {
    let (mut low, mut high) = (-40.0, 40.0);
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        if normal_cdf(middle) < share { low = middle } else { high = middle }
    }
    f64::midpoint(low, high)
}

/// The test that a hold-out is made for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Power {
    /// The chance to see an effect that is there, 0..1.
    pub power: f64,
    /// The chance to see one that is not there, on two sides, 0..1.
    pub alpha: f64,
}

impl Power {
    /// How many standard errors an effect must be.
    fn errors(self) -> f64 {
        normal_quantile(1.0 - self.alpha / 2.0) + normal_quantile(self.power)
    }

    /// The smallest change of a rate that can be shown between so many treated and so many held out;
    /// `None` where either is empty.
    ///
    /// # Formula
    /// (z₁₋α⁄₂ + z_power) √(p (1 − p) (1 / treated + 1 / held))
    ///
    /// # Source
    /// Fleiss, Levin & Paik, *Statistical Methods for Rates and Proportions* (2003), 4.2, without the
    /// continuity correction and with the variance of the untreated rate on both sides.
    pub fn smallest_effect(self, rate: f64, treated: f64, held: f64) -> Option<f64> {
        let fits = treated > 0.0 && held > 0.0 && (0.0..=1.0).contains(&rate);
        let variance = rate * (1.0 - rate) * (1.0 / treated + 1.0 / held);
        fits.then(|| self.errors() * variance.sqrt())
    }

    /// How many of all customers must be held out for an effect to be shown; `None` where even half of
    /// them are too few.
    ///
    /// # Formula
    /// The smaller root of 1 / (N − h) + 1 / h = (d / z)² / (p (1 − p)).
    pub fn needed(self, rate: f64, all: f64, effect: f64) -> Option<f64> {
        let variance = rate * (1.0 - rate);
        if !(all > 0.0 && effect > 0.0 && variance >= 0.0) {
            return None;
        }
        if variance == 0.0 {
            return Some(1.0);
        }
        let sum = (effect / self.errors()).powi(2) / variance;
        let root = all * all - 4.0 * all / sum;
        (root >= 0.0).then(|| ((all - root.sqrt()) / 2.0).ceil().max(1.0))
    }
}

/// Gini coefficient of how something is spread: 0 for all the same, near 1 for all to one.
///
/// # Formula
/// 2 Σ i xᵢ / (n Σ xᵢ) − (n + 1) / n over x in ascending order. `None` where nothing is spread.
///
/// # Source
/// Gini (1912); in this form Dixon et al., *Ecology* 68 (1987).
pub fn gini_of_shares(mut shares: Vec<f64>) -> Option<f64> {
    shares.sort_unstable_by(f64::total_cmp);
    let (n, total) = (shares.len() as f64, shares.iter().sum::<f64>());
    if shares.is_empty() || total <= 0.0 {
        return None;
    }
    let ranked: f64 = shares.iter().enumerate().map(|(at, x)| (at as f64 + 1.0) * x).sum();
    Some((2.0 * ranked / (n * total) - (n + 1.0) / n).max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::excessive_precision, reason = "digits as the oracle prints them")]
    #[test]
    fn the_normal_distribution_is_that_of_scipy() {
        // Python 3, statistics.NormalDist().cdf and .inv_cdf; the last to 1e-20.
        for (x, p) in [
            (0.0, 0.5),
            (1.0, 0.841_344_746_068_542_9),
            (-1.96, 0.024_997_895_148_220_43),
            (3.5, 0.999_767_370_920_964_5),
            (-6.0, 9.865_876_450_376_981e-10),
        ] {
            assert!((normal_cdf(x) - p).abs() < 1e-14_f64.max(p * 1e-11), "{x}: {}", normal_cdf(x));
        }
        assert!((normal_quantile(0.975) - 1.959_963_984_540_054).abs() < 1e-12);
        assert!((normal_quantile(0.8) - 0.841_621_233_572_914_3).abs() < 1e-12);
    }

    #[test]
    fn what_is_needed_shows_just_that_effect() {
        let power = Power { power: 0.8, alpha: 0.05 };
        // Two arms of 1,000 at a rate of .2: (1.95996 + .84162) √(.16 · 2 / 1000).
        let effect = power.smallest_effect(0.2, 1000.0, 1000.0).unwrap();
        assert!((effect - 0.050_116_2).abs() < 1e-6, "{effect}");
        let held = power.needed(0.2, 50_000.0, 0.03).unwrap();
        let shown = power.smallest_effect(0.2, 50_000.0 - held, held).unwrap();
        let less = power.smallest_effect(0.2, 50_000.0 - held + 1.0, held - 1.0).unwrap();
        assert!(shown <= 0.03 && less > 0.03, "{held} {shown} {less}");
        assert_eq!(power.needed(0.2, 1000.0, 0.01), None);
        assert_eq!(power.smallest_effect(0.2, 1000.0, 0.0), None);
    }

    #[test]
    fn gini_of_known_spreads() {
        assert_eq!(gini_of_shares(vec![1.0; 10]), Some(0.0));
        let one_has_all = [vec![0.0; 9], vec![5.0]].concat();
        assert!((gini_of_shares(one_has_all).unwrap() - 0.9).abs() < 1e-12);
        assert!((gini_of_shares(vec![1.0, 2.0, 3.0, 4.0]).unwrap() - 0.25).abs() < 1e-12);
        assert_eq!(gini_of_shares(vec![0.0, 0.0]), None);
    }
}
