//! Where a number's range is cut into bins.

/// The cuts of a number with these different values (ascending) and rows: at most `most_bins − 1`,
/// ascending, each above one value and at or below the next, and as short a decimal as fits there.
///
/// Where there are no more values than bins, each value has its bin. Otherwise a value that fills a
/// bin by itself has its own, and the others share the remaining bins by equal numbers of rows.
///
/// # Source
/// The greedy of LightGBM's `GreedyFindBin` (Ke et al., NIPS 2017; `src/io/bin.cpp`).
pub(super) fn cuts(values: &[(f64, u64)], most_bins: usize) -> Vec<f64> {
    if values.len() <= most_bins {
        return values.windows(2).map(|pair| between(pair[0].0, pair[1].0)).collect();
    }
    let all: u64 = values.iter().map(|(_, rows)| rows).sum();
    // `rows × bins ≥ all rows`: the value fills a bin of mean size.
    let is_full = |rows: u64| rows.saturating_mul(most_bins as u64) >= all;
    let full = values.iter().filter(|(_, rows)| is_full(*rows));
    let (mut full_left, full_rows) = full.fold((0, 0), |(n, sum), (_, rows)| (n + 1, sum + rows));
    let mut rows_left = all - full_rows;
    let mut cuts = Vec::with_capacity(most_bins - 1);
    let mut here = 0_u64;
    // Bins that are left for the values that fill none, and the rows that each should hold.
    let mut bins_left = most_bins.saturating_sub(full_left);
    let mut mean = rows_left as f64 / bins_left.max(1) as f64;
    for pair in values.windows(2) {
        let ((value, rows), (next, next_rows)) = (pair[0], pair[1]);
        here += rows;
        if is_full(rows) {
            full_left -= 1;
        } else {
            rows_left -= rows;
        }
        let before_full = is_full(next_rows) && (bins_left > 1 || here as f64 >= mean * 0.5);
        if is_full(rows) || before_full || here as f64 >= mean {
            cuts.push(between(value, next));
            here = 0;
            bins_left = most_bins.saturating_sub(cuts.len() + full_left);
            mean = rows_left as f64 / bins_left.max(1) as f64;
            if cuts.len() + 1 >= most_bins {
                break;
            }
        }
    }
    cuts
}

/// A number above `low` and at or below `high`, near their middle, with few digits.
fn between(low: f64, high: f64) -> f64 {
    let half = low / 2.0 + high / 2.0;
    let middle = if half > low && half <= high { half } else { high };
    (0..16)
        .filter_map(|digits| format!("{middle:.digits$e}").parse::<f64>().ok())
        .find(|short| *short > low && *short <= high)
        .map_or(middle, |short| short + 0.0)
}

/// The different values, ascending, with their rows; what is not finite is left out.
pub(super) fn runs(mut values: Vec<f64>) -> Vec<(f64, u64)> {
    values.retain(|x| x.is_finite());
    values.sort_unstable_by(f64::total_cmp);
    let runs = values.chunk_by(|a, b| a.to_bits() == b.to_bits());
    runs.filter_map(|run| Some((*run.first()?, run.len() as u64))).collect()
}

/// The median of values (ascending) with their rows; 0 where there is none.
pub(super) fn median(values: &[(f64, u64)]) -> f64 {
    let half = values.iter().map(|(_, rows)| rows).sum::<u64>().div_ceil(2);
    let mut below = 0;
    let found = values.iter().find(|(_, rows)| {
        below += rows;
        below >= half
    });
    found.map_or(0.0, |(value, _)| *value)
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // Cuts are exact.
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn few_values_are_kept_apart() {
        let values = [(0.0, 5), (1.0, 1), (2.5, 900)];
        assert_eq!(cuts(&values, 254), [0.5, 2.0]);
        assert_eq!(cuts(&values[..1], 254), [0.0; 0]);
        assert_eq!(cuts(&[], 254), [0.0; 0]);
    }

    #[test]
    fn a_heavy_value_has_its_own_bin() {
        let mut values: Vec<(f64, u64)> = (-500..500).map(|x| (f64::from(x), 10)).collect();
        values[500].1 = 5000;
        let cuts = cuts(&values, 32);
        assert!(cuts.len() <= 31 && cuts.len() >= 24, "{}", cuts.len());
        let at = cuts.partition_point(|cut| *cut <= 0.0);
        assert!(cuts[at - 1] > -1.0 && cuts[at] <= 1.0, "0 stands alone");
    }

    #[test]
    fn the_shortest_decimal_between_two_values_is_taken() {
        assert_eq!(between(83_807.86, 83_811.2), 8.381e4);
        assert_eq!(between(34.0, 35.0), 34.5);
        assert_eq!(between(-f64::MAX, f64::MAX), 0.0);
        assert!(between(-1.0, 1.0).is_sign_positive());
        let next = f64::from_bits(1.0_f64.to_bits() + 1);
        assert_eq!(between(1.0, next), next);
        assert_eq!(between(0.0, f64::from_bits(1)), f64::from_bits(1));
    }

    proptest! {
        #[test]
        fn cuts_ascend_and_part_values(
            values in proptest::collection::vec((proptest::num::f64::NORMAL | proptest::num::f64::ZERO, 1_u64..50), 0..600),
            bins in 2_usize..=254,
        ) {
            let mut values: Vec<(f64, u64)> = values.into_iter().map(|(x, n)| (x + 0.0, n)).collect();
            values.sort_by(|a, b| a.0.total_cmp(&b.0));
            values.dedup_by(|a, b| a.0 == b.0);
            let cuts = cuts(&values, bins);
            prop_assert!(cuts.len() < bins);
            prop_assert!(cuts.iter().all(|cut| cut.is_finite()));
            prop_assert!(cuts.windows(2).all(|pair| pair[0] < pair[1]));
            let mut codes: Vec<usize> =
                values.iter().map(|(x, _)| cuts.partition_point(|cut| cut <= x)).collect();
            codes.dedup();
            prop_assert_eq!(codes.len(), if values.is_empty() { 0 } else { cuts.len() + 1 });
        }

        #[test]
        fn bins_of_a_smooth_number_hold_equally_many(seed in 0_u64..1000) {
            let values: Vec<(f64, u64)> = (0..20_000_u64)
                .map(|i| (i as f64 + (super::super::distinct::mix(i ^ seed) % 1000) as f64 / 1e4, 1)).collect();
            let cuts = cuts(&values, 100);
            prop_assert_eq!(cuts.len(), 99);
            let mut before = 0;
            for cut in &cuts {
                let below = values.partition_point(|(x, _)| x < cut);
                prop_assert!((below - before).abs_diff(200) <= 2, "{}", below - before);
                before = below;
            }
        }
    }
}
