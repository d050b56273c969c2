//! What a column could say instead.

use crate::{
    features::{CodeKind, EncodedColumn, Meaning},
    output::report::evidence::Values,
};

/// The codes that a column could have instead, the nearest first, each with the share of training rows that
/// lie between. A missing value and a code that no training row had are no aims.
pub(super) fn targets(column: &EncodedColumn, own: u8) -> Vec<(u8, f64)> {
    let counts = &column.counts;
    let all: u64 = counts.iter().skip(1).sum();
    let count = |code: usize| counts.get(code).copied().unwrap_or(0);
    let there = (1..counts.len()).filter(|code| *code != usize::from(own) && count(*code) > 0);
    let distance = |code: &usize| {
        let own = usize::from(own);
        let between: u64 = match column.bins.kind() {
            CodeKind::Ordered if own > 0 => {
                let (low, high) = (own.min(*code), own.max(*code));
                (low..high).map(|k| count(k + usize::from(own < *code))).sum()
            }
            // Any other level is as far as it is rare.
            _ => all - count(*code),
        };
        between as f64 / all.max(1) as f64
    };
    let mut targets: Vec<(u8, f64)> = there.map(|code| (code as u8, distance(&code))).collect();
    targets.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
    targets
}

/// What a code says.
pub(super) fn values(column: &EncodedColumn, code: u8) -> Values {
    match column.bins.meaning(code) {
        Meaning::Missing => Values::Missing,
        Meaning::Other => Values::Other,
        Meaning::Level(level) => Values::Level { level: level.to_owned() },
        Meaning::Range { from, below, whole } => {
            let round = |x: f64| if whole { x.ceil() } else { x };
            Values::Range { from: from.map(round), below: below.map(round) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::Bins;

    fn column(bins: Bins, counts: &[u64]) -> EncodedColumn {
        EncodedColumn { name: "x".to_owned(), bins, counts: counts.to_vec() }
    }

    #[test]
    fn the_nearest_code_is_the_one_with_the_fewest_customers_between() {
        let bins = Bins::Number { cuts: vec![1.0, 2.0, 3.0], least: 0.0, median: 1.0, most: 4.0 };
        let targets = targets(&column(bins, &[7, 50, 10, 0, 40]), 2);
        // Down over 50 rows, up over 0 + 40; the code without rows is no aim.
        assert_eq!(targets, [(4, 0.4), (1, 0.5)]);
        let bins = Bins::Category { levels: vec!["a".into(), "b".into()] };
        assert_eq!(super::targets(&column(bins, &[0, 60, 40, 0]), 2), [(1, 0.4)]);
    }
}
