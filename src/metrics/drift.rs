//! How far a distribution has moved, and whether that is more than chance.

use super::tails;

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

/// How often chance alone would make two samples of one population as different as these counts.
///
/// # Formula
/// Pearson's chi-square of the two-row table of counts, over cells of at least 2 expected rows (smaller
/// ones are joined with their neighbour). Where both samples come from one population, PSI divided by
/// `1/n + 1/m` has the same chi-square limit, with one degree of freedom less than there are cells; Pearson's
/// form is taken for the tail as it does not blow up where a cell is small.
///
/// # Shape
/// As [`psi`]; 1 where there is nothing to compare.
///
/// # Source
/// Yurdakul, *Statistical Properties of Population Stability Index*, Western Michigan University (2018):
/// the distribution of PSI; Pearson, *Phil. Mag.* 50 (1900).
pub fn chance(expected: &[u64], actual: &[u64]) -> f64 {
    let total = |counts: &[u64]| counts.iter().sum::<u64>() as f64;
    let (n, m) = (total(expected), total(actual));
    if n <= 0.0 || m <= 0.0 {
        return 1.0;
    }
    let enough = |cell: (f64, f64)| (cell.0 + cell.1) * n.min(m) / (n + m) >= LEAST;
    let mut cells: Vec<(f64, f64)> = vec![(0.0, 0.0)];
    for bin in 0..expected.len().max(actual.len()) {
        let count = |counts: &[u64]| counts.get(bin).copied().unwrap_or(0) as f64;
        let last = cells.len() - 1;
        cells[last].0 += count(expected);
        cells[last].1 += count(actual);
        if enough(cells[last]) {
            cells.push((0.0, 0.0));
        }
    }
    // What is left over joins the cell before it.
    let rest = cells.pop().unwrap_or_default();
    match cells.last_mut() {
        Some(last) => *last = (last.0 + rest.0, last.1 + rest.1),
        None => return 1.0,
    }
    let statistic: f64 = cells
        .iter()
        .map(|(a, b)| {
            let apart = a * m - b * n;
            apart * apart / (n * m * (a + b))
        })
        .sum();
    tails::chi_square(statistic, cells.len() as f64 - 1.0)
}

/// Rows to expect in a cell of the smaller sample, at least.
const LEAST: f64 = 2.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_by_two_is_pearsons_textbook_figure() {
        // 30 of 100 against 45 of 100: chi-square 4.8, of one degree of freedom.
        let p = chance(&[30, 70], &[45, 55]);
        assert!((p - tails::chi_square(4.8, 1.0)).abs() < 1e-12, "{p}");
        assert_eq!(
            (chance(&[], &[1]), chance(&[5], &[9]), chance(&[0, 3], &[0, 1])),
            (1.0, 1.0, 1.0)
        );
    }

    #[test]
    fn a_cell_that_was_empty_is_seen_when_it_fills() {
        let p = chance(&[0, 5000, 5000], &[80, 460, 460]);
        assert!(p < 1e-20, "{p}");
        // One row there is no more than chance.
        assert!(chance(&[0, 5000, 5000], &[1, 500, 499]) > 0.5);
    }
}
