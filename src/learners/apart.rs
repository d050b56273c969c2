//! Codes as numbers for linfa's trees, which take values that are close for equal and skip splits between
//! tied ones: the ranks of codes lie far apart, and the rows of a code lie around its rank.

use std::collections::BTreeMap;

/// Distance between the ranks of two neighbouring codes.
const APART: f64 = 1000.0;
/// The share of that distance over which the rows of one code are spread.
const SPREAD: f64 = 0.9;

/// Gives each row a number of its own: the rank of its code, `APART` apart, and around it the rows of that
/// code, each class spread evenly among the others, so that a split inside a tie gains no more than one at its
/// borders.
pub(super) fn place(
    rows: impl Iterator<Item = (u8, u8)>,
    rank: impl Fn(u8) -> usize,
    mut put: impl FnMut(usize, f64),
) {
    let mut groups: BTreeMap<(u8, u8), Vec<usize>> = BTreeMap::new();
    for (at, code_and_class) in rows.enumerate() {
        groups.entry(code_and_class).or_default().push(at);
    }
    let mut ties: BTreeMap<u8, Vec<(f64, usize)>> = BTreeMap::new();
    for ((code, _), members) in groups {
        let place = |nth: usize| (nth as f64 + 0.5) / members.len() as f64;
        let placed = members.iter().enumerate().map(|(nth, &at)| (place(nth), at));
        ties.entry(code).or_default().extend(placed);
    }
    for (code, mut tie) in ties {
        tie.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let rows = tie.len() as f64;
        for (nth, (_, at)) in tie.into_iter().enumerate() {
            let offset = SPREAD * ((nth as f64 + 0.5) / rows - 0.5);
            put(at, APART * (rank(code) as f64 + offset));
        }
    }
}

/// How many ranks lie at or below a threshold; one among the rows of a code is taken for a border of that
/// code.
pub(super) fn ranks_below(threshold: f64) -> usize {
    ((threshold / APART).floor() + 1.0).clamp(0.0, 256.0) as usize
}
