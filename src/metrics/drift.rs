//! How far a distribution has moved.

/// Added to every share before the logarithm, so that an empty bin is no infinity.
const SMOOTHING: f64 = 1e-4;

/// Population stability index of `actual` against `expected` counts of the same bins.
///
/// # Formula
/// `Σ (a − e) ln(a / e)` over the bins' shares, each smoothed to `(share + 1e-4) / (1 + 1e-4 × bins)`.
/// As it is the shares that are smoothed, it is 0 where shares are equal, whatever the totals, and
/// above 0 elsewhere. By custom below .1 is stable and above .25 a shift.
///
/// # Shape
/// Counts by bin; a list that is shorter is filled up with 0. Where either total is 0 there is nothing
/// to compare, and the index is 0.
///
/// # Source
/// Siddiqi, *Credit Risk Scorecards* (2006) ch. 9; it is Jeffreys' divergence (1946).
pub fn psi(expected: &[u64], actual: &[u64]) -> f64 {
    let total = |counts: &[u64]| counts.iter().map(|&count| u128::from(count)).sum::<u128>();
    let (of_expected, of_actual) = (total(expected), total(actual));
    if of_expected == 0 || of_actual == 0 {
        return 0.0;
    }
    let bins = expected.len().max(actual.len());
    let share = |counts: &[u64], bin: usize, total: u128| {
        let count = counts.get(bin).copied().unwrap_or(0);
        (count as f64 / total as f64 + SMOOTHING) / (1.0 + SMOOTHING * bins as f64)
    };
    let term = |bin: usize| {
        let (e, a) = (share(expected, bin, of_expected), share(actual, bin, of_actual));
        (a - e) * (a / e).ln()
    };
    (0..bins).map(term).sum()
}
