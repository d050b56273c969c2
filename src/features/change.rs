//! Columns of relative change: one amount against another of its kind, e.g. the balance against that
//! of the month before.

use std::cmp::Reverse;

use rayon::prelude::*;

use super::{
    builder::EncodeParams,
    cuts::{cuts, median, runs},
    encoder::{Bins, EncodedColumn},
};

/// Rows that pairs are chosen by, at most.
const ROWS: usize = 20_000;
/// Rows on which both amounts are known, at least.
const LEAST_ROWS: u64 = 100;
/// A column with no more different values is no amount; nor is a change.
const FEW_VALUES: usize = 50;
/// Columns that are compared, at most: the first of the table.
const COMPARED: usize = 200;
/// Amounts of one kind rise and fall together: rank correlation, at least.
const CORRELATION: f64 = 0.6;
/// Amounts of one kind are of one size: their medians differ by this factor, at most.
const FACTOR: f64 = 5.0;

/// The change of each number of `of` against that of `against`: (a − b) / (|a| + |b|), from −1 to 1;
/// 0 where both are 0, no number where either is none.
///
/// Unlike (a − b) / |b| it has bounds, and an amount that comes from nothing has a change, too.
///
/// # Source
/// Törnqvist, Vartia and Vartia, *How should relative changes be measured?* (The American
/// Statistician 39, 1985): the symmetric indicators, here against the sum of the sizes.
pub(super) fn changes(of: &[f64], against: &[f64]) -> Vec<f64> {
    of.iter().zip(against).map(|(a, b)| change(*a, *b)).collect()
}

fn change(a: f64, b: f64) -> f64 {
    // Halves: the sum of two numbers can be beyond all numbers.
    let (a, b) = (a * 0.5, b * 0.5);
    let size = a.abs() + b.abs();
    // Adding 0 makes one zero of the two.
    if size == 0.0 { 0.0 } else { (a - b) / size + 0.0 }
}

/// A column of numbers as it was sampled; all samples are of the same rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sampled<'a> {
    pub(super) name: &'a str,
    pub(super) cells: &'a [f64],
}

/// The columns of change worth having, the strongest pair first. `keys` has one evenly spread key a
/// sampled row; a name that is taken is not given again.
///
/// A pair is chosen without a look at the outcome: both are amounts of one size that rise and fall
/// together, so that their difference says what neither says alone.
pub(super) fn find(
    columns: &[Sampled<'_>],
    keys: &[u64],
    is_taken: &dyn Fn(&str) -> bool,
    params: &EncodeParams,
) -> Vec<EncodedColumn> {
    if params.max_changes == 0 || columns.len() < 2 {
        return Vec::new();
    }
    let rows = chosen_rows(keys);
    let few = columns.get(..COMPARED).unwrap_or(columns);
    let amounts: Vec<Amount<'_>> =
        few.par_iter().filter_map(|column| Amount::of(*column, &rows)).collect();
    let mut pairs: Vec<Pair<'_>> = (0..amounts.len())
        .into_par_iter()
        .flat_map_iter(|first| {
            let of = &amounts[first];
            amounts[first + 1..].iter().filter_map(|against| Pair::of(of, against))
        })
        .collect();
    pairs.sort_by(|a, b| {
        let names = (a.of.name, a.against.name).cmp(&(b.of.name, b.against.name));
        b.correlation.total_cmp(&a.correlation).then(names)
    });
    let encoded = pairs.iter().filter_map(|pair| pair.encode(params.max_bins));
    encoded.filter(|column| !is_taken(&column.name)).take(params.max_changes).collect()
}

/// The rows that pairs are chosen by: which they are depends on the set of keys only.
fn chosen_rows(keys: &[u64]) -> Vec<u32> {
    let mut order: Vec<Reverse<u64>> = keys.iter().map(|key| Reverse(*key)).collect();
    let limit = match keys.len().checked_sub(ROWS) {
        None | Some(0) => u64::MAX,
        Some(beyond) => order.select_nth_unstable(beyond).1.0,
    };
    let rows = (0_u32..).zip(keys).filter(|(_, key)| **key <= limit);
    rows.map(|(row, _)| row).collect()
}

/// A column that holds amounts, with the ranks of the chosen rows.
#[derive(Debug)]
struct Amount<'a> {
    column: Sampled<'a>,
    /// Twice the mean rank, from 2 on; 0 where the cell is missing.
    ranks: Vec<u32>,
    /// The median of the sizes that are not 0.
    size: f64,
}

impl<'a> Amount<'a> {
    fn of(column: Sampled<'a>, rows: &[u32]) -> Option<Self> {
        let cell = |row: &u32| column.cells.get(*row as usize).copied().unwrap_or(f64::NAN);
        let mut order: Vec<(f64, u32)> = (0_u32..)
            .zip(rows.iter().map(cell))
            .filter(|(_, cell)| cell.is_finite())
            .map(|(at, cell)| (cell, at))
            .collect();
        order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let mut ranks = vec![0; rows.len()];
        let (mut before, mut different) = (0, 0);
        for ties in order.chunk_by(|a, b| a.0.to_bits() == b.0.to_bits()) {
            // Twice the mean of the ranks before + 1 ..= before + ties.
            let rank = 2 * before + ties.len() as u32 + 1;
            for (_, at) in ties {
                ranks[*at as usize] = rank;
            }
            before += ties.len() as u32;
            different += 1;
        }
        let mut sizes: Vec<f64> =
            order.iter().map(|(cell, _)| cell.abs()).filter(|size| *size > 0.0).collect();
        if different <= FEW_VALUES || sizes.is_empty() {
            return None;
        }
        let middle = sizes.len() / 2;
        let size = *sizes.select_nth_unstable_by(middle, f64::total_cmp).1;
        Some(Self { column, ranks, size })
    }
}

/// Two amounts of one kind.
#[derive(Debug)]
struct Pair<'a> {
    of: Sampled<'a>,
    against: Sampled<'a>,
    correlation: f64,
}

impl<'a> Pair<'a> {
    fn of(of: &Amount<'a>, against: &Amount<'a>) -> Option<Self> {
        let (small, large) = (of.size.min(against.size), of.size.max(against.size));
        if large / small > FACTOR {
            return None;
        }
        let correlation = correlation(&of.ranks, &against.ranks)?;
        (correlation >= CORRELATION).then_some(Self {
            of: of.column,
            against: against.column,
            correlation,
        })
    }

    /// The column of change; none where hardly any change differs.
    fn encode(&self, most_bins: usize) -> Option<EncodedColumn> {
        let Self { of, against, .. } = self;
        let values = runs(changes(of.cells, against.cells));
        if values.len() <= FEW_VALUES {
            return None;
        }
        let bins = Bins::Change {
            of: of.name.to_owned(),
            against: against.name.to_owned(),
            cuts: cuts(&values, most_bins),
            median: median(&values),
        };
        let counts = vec![0; bins.code_count()];
        Some(EncodedColumn { name: format!("{} vs {}", of.name, against.name), bins, counts })
    }
}

/// The correlation of ranks over the rows where both are known; none where too few are, or where one
/// does not vary. The sums are whole numbers, so no order of rows can change them.
fn correlation(x: &[u32], y: &[u32]) -> Option<f64> {
    let [mut n, mut sum_x, mut sum_y, mut xx, mut yy, mut xy] = [0_u64; 6];
    for (x, y) in x.iter().zip(y) {
        let both = u64::from(*x > 0 && *y > 0);
        let (x, y) = (u64::from(*x) * both, u64::from(*y) * both);
        n += both;
        sum_x += x;
        sum_y += y;
        xx += x * x;
        yy += y * y;
        xy += x * y;
    }
    if n < LEAST_ROWS {
        return None;
    }
    let product = |a: u64, b: u64| i128::from(a) * i128::from(b);
    let together = product(n, xy) - product(sum_x, sum_y);
    let spread = [product(n, xx) - product(sum_x, sum_x), product(n, yy) - product(sum_y, sum_y)];
    let size = spread.iter().map(|part| (*part as f64).sqrt()).product::<f64>();
    (size > 0.0).then(|| together as f64 / size)
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // Changes are exact.
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ranks_correlate_as_spearman_says() {
        // rho = 1 − 6 Σd² / (n (n² − 1)) without ties.
        let n = 200_u32;
        let x: Vec<u32> = (1..=n).map(|rank| 2 * rank).collect();
        let y: Vec<u32> = (1..=n).map(|rank| 2 * (rank * 77 % 201)).collect();
        let d2: f64 = x
            .iter()
            .zip(&y)
            .map(|(x, y)| (f64::from(*x) - f64::from(*y)) / 2.0)
            .map(|d| d * d)
            .sum();
        let n = f64::from(n);
        let rho = 1.0 - 6.0 * d2 / (n * (n * n - 1.0));
        assert!((correlation(&x, &y).unwrap() - rho).abs() < 1e-12);
        assert!((correlation(&x, &x).unwrap() - 1.0).abs() < 1e-12);
        assert_eq!(correlation(&x, &vec![0; 200]), None);
        assert_eq!(correlation(&x, &vec![9; 200]), None);
    }

    #[test]
    fn so_many_rows_are_chosen_by_their_keys() {
        let keys: Vec<u64> = (0..50_000_u64).map(|row| row * 7919 % 50_021).collect();
        let rows = chosen_rows(&keys);
        let limit = rows.iter().map(|row| keys[*row as usize]).max().unwrap();
        assert_eq!(rows.len(), ROWS);
        assert_eq!(keys.iter().filter(|key| **key <= limit).count(), ROWS);
        assert_eq!(chosen_rows(&keys[..10]).len(), 10);
    }

    proptest! {
        #[test]
        fn a_change_has_bounds_and_two_sides(a in proptest::num::f64::ANY, b in proptest::num::f64::ANY) {
            let found = change(a, b);
            if a.is_finite() && b.is_finite() {
                prop_assert!((-1.0..=1.0).contains(&found), "{found}");
                prop_assert_eq!(found, -change(b, a));
                prop_assert!(found != 0.0 || found.is_sign_positive());
            } else {
                prop_assert!(found.is_nan());
            }
        }
    }
}
