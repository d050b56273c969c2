//! Random numbers that depend on their key only: any customer, any month, on any thread.

/// A stream of random numbers, one for each key.
#[derive(Debug, Clone)]
pub(super) struct Stream(u64);

const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

impl Stream {
    /// The stream of a key and a number, far from the streams of all other numbers.
    pub(super) fn new(key: u64, number: u64) -> Self {
        Self(mix(key ^ mix(number.wrapping_add(STEP))))
    }

    /// 64 random bits.
    ///
    /// # Source
    /// Steele, Lea & Flood, *Fast Splittable Pseudorandom Number Generators* (2014), SplitMix64.
    pub(super) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        mix(self.0)
    }

    /// Uniform in 0..1, 1 excluded.
    pub(super) fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// True with this probability.
    pub(super) fn happens(&mut self, probability: f64) -> bool {
        self.uniform() < probability
    }

    /// Bell-shaped noise, mean 0, deviation 1, within ±3.47: the sum of four uniforms, which needs
    /// no logarithm and so gives the same bits on every machine.
    pub(super) fn noise(&mut self) -> f64 {
        let bits = self.bits();
        let sum: u64 = (0..4).map(|part| (bits >> (16 * part)) & 0xFFFF).sum();
        (sum as f64 / 65_536.0 - 2.0) * 3.0_f64.sqrt()
    }

    /// A count with this mean: Poisson by inversion, above a mean of 12 its rounded bell curve.
    pub(super) fn count(&mut self, mean: f64) -> u32 {
        if mean > 12.0 {
            return (mean + mean.sqrt() * self.noise()).round().max(0.0) as u32;
        }
        let mut left = self.uniform();
        let mut term = (-mean.max(0.0)).exp();
        let mut count = 0;
        while left >= term && count < 60 {
            left -= term;
            count += 1;
            term *= mean / f64::from(count);
        }
        count
    }

    /// The place of one of the weights, drawn in their proportion.
    pub(super) fn choice(&mut self, weights: &[f64]) -> usize {
        let mut left = self.uniform() * weights.iter().sum::<f64>();
        for (place, weight) in weights.iter().enumerate() {
            left -= weight;
            if left < 0.0 {
                return place;
            }
        }
        weights.len().saturating_sub(1)
    }
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_moments_are_right() {
        let mut stream = Stream::new(7, 7);
        let n = 200_000;
        for mean in [0.3, 4.0, 40.0] {
            let counts: Vec<f64> = (0..n).map(|_| f64::from(stream.count(mean))).collect();
            let average = counts.iter().sum::<f64>() / f64::from(n);
            let spread = counts.iter().map(|c| (c - average).powi(2)).sum::<f64>() / f64::from(n);
            assert!((average / mean - 1.0).abs() < 0.02, "{mean}: {average}");
            assert!((spread / mean - 1.0).abs() < 0.03, "{mean}: {spread}");
        }
        let noise: Vec<f64> = (0..n).map(|_| stream.noise()).collect();
        assert!((noise.iter().sum::<f64>() / f64::from(n)).abs() < 0.01);
        assert!((noise.iter().map(|x| x * x).sum::<f64>() / f64::from(n) - 1.0).abs() < 0.01);
    }
}
