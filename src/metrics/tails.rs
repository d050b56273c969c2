//! How rare a figure is where chance alone is at work: tails of the normal and the chi-square distribution.

use super::beta::ln_gamma;

/// The 97.5 % point of the standard normal distribution.
pub(super) const Z: f64 = 1.959_963_984_540_054;

/// The probability that a chi-square variable with `degrees` of freedom exceeds `x`.
///
/// # Formula
/// `Q(degrees / 2, x / 2)`, the regularised upper incomplete gamma function: by its series below
/// `degrees / 2 + 1`, else by Lentz's continued fraction.
///
/// # Units
/// `x` below 0 counts as 0; `degrees` above 0, else the probability is 1. NaN gives 1.
///
/// # Source
/// DLMF 8.7.1 and 8.9.2; Press et al., *Numerical Recipes* (3rd ed., 2007) §6.2.
pub fn chi_square(x: f64, degrees: f64) -> f64 {
    if !(x > 0.0 && degrees > 0.0) {
        return 1.0;
    }
    let (a, x) = (degrees / 2.0, x / 2.0);
    let front = (a * x.ln() - x - ln_gamma(a)).exp();
    if x < a + 1.0 { (1.0 - front * series(a, x)).max(0.0) } else { front * fraction(a, x) }
}

/// The probability that a standard normal variable is farther from 0 than `z`.
///
/// # Source
/// `z²` is chi-square with one degree of freedom.
pub fn two_sided(z: f64) -> f64 {
    chi_square(z * z, 1.0)
}

/// Enough for degrees of freedom of some 1e6.
const TERMS: u32 = 10_000;

fn series(a: f64, x: f64) -> f64 {
    let mut term = 1.0 / a;
    let mut sum = term;
    for n in 1..=TERMS {
        term *= x / (a + f64::from(n));
        sum += term;
        if term <= sum * 1e-17 {
            break;
        }
    }
    sum
}

// The letters are those of the method of Lentz.
#[expect(clippy::many_single_char_names, reason = "as the source has them")]
fn fraction(a: f64, x: f64) -> f64 {
    let off_zero = |value: f64| if value.abs() < 1e-300 { 1e-300 } else { value };
    let mut b = x + 1.0 - a;
    let mut c = 1e300;
    let mut d = 1.0 / off_zero(b);
    let mut value = d;
    for n in 1..=TERMS {
        let n = f64::from(n);
        let step = -n * (n - a);
        b += 2.0;
        d = 1.0 / off_zero(step * d + b);
        c = off_zero(b + step / c);
        let factor = d * c;
        value *= factor;
        if (factor - 1.0).abs() <= 1e-16 {
            break;
        }
    }
    value
}
