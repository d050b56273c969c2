//! The regularised incomplete beta function.

/// `I_x(a, b)`: the probability that a Beta(a, b) variable is at most `x`.
///
/// # Formula
/// `xᵃ(1 − x)ᵇ / (a B(a, b))` times a continued fraction, evaluated by Lentz's method as modified by
/// Thompson and Barnett; for `x` beyond `(a + 1) / (a + b + 2)` by `1 − I₁₋ₓ(b, a)`.
///
/// # Units
/// `a` and `b` above 0; `x` outside 0..1 counts as the nearer end.
///
/// # Source
/// DLMF 8.17.22; Press et al., *Numerical Recipes* (3rd ed., 2007) §6.4.
pub fn regularised(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    let log_front = a * x.ln() + b * (-x).ln_1p() + ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b);
    let front = log_front.exp();
    if x < (a + 1.0) / (a + b + 2.0) {
        front * fraction(x, a, b) / a
    } else {
        1.0 - front * fraction(1.0 - x, b, a) / b
    }
}

/// Enough for parameters of some 1e6: the fraction needs about √max(a, b) terms.
const TERMS: u32 = 5000;

fn fraction(x: f64, a: f64, b: f64) -> f64 {
    let off_zero = |value: f64| if value.abs() < 1e-300 { 1e-300 } else { value };
    let mut numerator = 1.0;
    let mut denominator = 1.0 / off_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut value = denominator;
    for term in 1..=TERMS {
        let m = f64::from(term);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let before = value;
        for step in [even, odd] {
            denominator = 1.0 / off_zero(1.0 + step * denominator);
            numerator = off_zero(1.0 + step / numerator);
            value *= denominator * numerator;
        }
        if (value - before).abs() <= value.abs() * 1e-16 {
            break;
        }
    }
    value
}

/// `ln Γ(x)` for `x` above 0, to about 1e-15.
///
/// # Source
/// Lanczos, *SIAM J. Numer. Anal. B* 1 (1964), with Godfrey's coefficients for g = 7, n = 9 (2001).
pub(super) fn ln_gamma(x: f64) -> f64 {
    const G: f64 = 7.0;
    const FIRST: f64 = 0.999_999_999_999_809_9;
    const COEFFICIENTS: [f64; 8] = [
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    if x < 0.5 {
        // Γ(x) = Γ(x + 1) / x
        return ln_gamma(x + 1.0) - x.ln();
    }
    let x = x - 1.0;
    let series = COEFFICIENTS
        .iter()
        .zip(1_u32..)
        .fold(FIRST, |sum, (coefficient, k)| sum + coefficient / (x + f64::from(k)));
    let t = x + G + 0.5;
    (x + 0.5) * t.ln() - t + (std::f64::consts::TAU.sqrt() * series).ln()
}
