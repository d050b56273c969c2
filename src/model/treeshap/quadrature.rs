//! Gauss and Legendre's rule on 0..1.

/// Points and weights of the rule of `N` points: exact for polynomials of a degree below `2 N`.
///
/// # Source
/// Abramowitz & Stegun, *Handbook of Mathematical Functions* (1964), 25.4.29; the roots by Newton's
/// method from Tricomi's start.
pub(super) fn gauss_legendre<const N: usize>() -> ([f64; N], [f64; N]) {
    let (mut points, mut weights) = ([0.0; N], [0.0; N]);
    for place in 0..N {
        let mut x = (std::f64::consts::PI * (place as f64 + 0.75) / (N as f64 + 0.5)).cos();
        let mut slope = 1.0;
        for _ in 0..20 {
            let (value, before) = legendre(N, x);
            slope = N as f64 * (x * value - before) / (x * x - 1.0);
            x -= value / slope;
        }
        points[place] = f64::midpoint(1.0, -x);
        weights[place] = 1.0 / ((1.0 - x * x) * slope * slope);
    }
    (points, weights)
}

/// The Legendre polynomials of degree `n` and `n − 1` at `x`.
fn legendre(n: usize, x: f64) -> (f64, f64) {
    let (mut value, mut before) = (1.0, 0.0);
    for k in 1..=n {
        let k = k as f64;
        (value, before) = (((2.0 * k - 1.0) * x * value - (k - 1.0) * before) / k, value);
    }
    (value, before)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn integrates_powers<const N: usize>() {
        let (points, weights) = gauss_legendre::<N>();
        for power in 0..2 * N {
            let sum: f64 = points.iter().zip(weights).map(|(t, w)| w * t.powi(power as i32)).sum();
            let exact = 1.0 / (power as f64 + 1.0);
            assert!((sum - exact).abs() < 1e-14, "{N} points, power {power}: {sum}");
        }
    }

    #[test]
    fn polynomials_are_integrated_exactly() {
        integrates_powers::<2>();
        integrates_powers::<4>();
        integrates_powers::<6>();
        integrates_powers::<8>();
        integrates_powers::<16>();
        integrates_powers::<32>();
    }
}
