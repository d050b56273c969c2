//! What a row must satisfy to come to each leaf of a tree.

use std::collections::BTreeMap;

use super::{
    Twig,
    classes::{ALL, Classes, Set, both, others},
};
use crate::model::tree::bits;

/// Trees of more leaves are told of without tables.
const MOST_LEAVES: usize = 1024;

/// The paths of a tree, and which codes it tells apart.
pub(super) struct Paths {
    /// For each column that the tree asks its place among those that all trees ask, and the classes
    /// of its codes.
    pub(super) asked: Vec<(usize, Classes)>,
    /// For each twig its path, where it is a leaf under the root.
    pub(super) leaves: Vec<Option<Path>>,
}

/// The way to a leaf.
pub(super) struct Path {
    /// What the leaf adds to the logit.
    pub(super) logit: f64,
    /// One for each column on the way.
    pub(super) conditions: Vec<Condition>,
}

/// What a path asks of a column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Condition {
    /// Index of the column among those that the tree asks.
    pub(super) asked: usize,
    /// The classes of codes that meet it.
    pub(super) met: Set,
    /// Share of the training rows that meet it, where its other conditions are met.
    pub(super) share: f64,
}

impl Paths {
    /// `rows` holds the training rows of each twig; `columns` those that all trees ask, ascending.
    /// None for a tree of too many leaves.
    pub(super) fn new(twigs: &[Twig<'_>], rows: &[f64], columns: &[u32]) -> Option<Self> {
        if twigs.len() > 2 * MOST_LEAVES {
            return None;
        }
        let mut by_column: BTreeMap<u32, Classes> = BTreeMap::new();
        for twig in twigs {
            if let Twig::Fork { column, left_if, .. } = twig {
                let classes = by_column.entry(*column).or_insert_with(|| Classes::one(256));
                *classes = classes.by_set(&bits(left_if));
            }
        }
        let columns_asked: Vec<u32> = by_column.keys().copied().collect();
        let slot = |column: u32| columns.binary_search(&column).unwrap_or(0);
        let asked = by_column.into_iter().map(|(column, classes)| (slot(column), classes));
        let mut paths =
            Self { asked: asked.collect(), leaves: twigs.iter().map(|_| None).collect() };
        let mut waiting = vec![(0, Vec::new())];
        while let Some((at, conditions)) = waiting.pop() {
            match twigs.get(at) {
                None => {}
                Some(Twig::Leaf { logit, .. }) => {
                    paths.leaves[at] = Some(Path { logit: *logit, conditions });
                }
                Some(Twig::Fork { column, left_if, children }) => {
                    let asked = columns_asked.binary_search(column).unwrap_or(0);
                    let left = paths.asked[asked].1.lift(&bits(left_if));
                    let sides = [left, others(&left)];
                    let parts = parts(rows, *children);
                    for side in [1, 0] {
                        let conditions = with(&conditions, asked, &sides[side], parts[side]);
                        waiting.push((children[side], conditions));
                    }
                }
            }
        }
        Some(paths)
    }
}

/// Conditions and one more question about a column.
fn with(conditions: &[Condition], asked: usize, set: &Set, part: f64) -> Vec<Condition> {
    let mut all = conditions.to_vec();
    match all.iter_mut().find(|known| known.asked == asked) {
        Some(known) => {
            known.met = both(&known.met, set);
            known.share *= part;
        }
        None => all.push(Condition { asked, met: both(&ALL, set), share: part }),
    }
    all
}

/// The training rows of each twig.
pub(super) fn rows(twigs: &[Twig<'_>]) -> Vec<f64> {
    let mut rows = vec![0.0; twigs.len()];
    for (at, twig) in twigs.iter().enumerate().rev() {
        rows[at] = match twig {
            Twig::Leaf { rows, .. } => *rows,
            Twig::Fork { children, .. } => children.iter().map(|&child| rows[child]).sum(),
        };
    }
    rows
}

/// How the training rows of a fork part; by halves where it has none.
pub(super) fn parts(rows: &[f64], children: [usize; 2]) -> [f64; 2] {
    let [left, right] = children.map(|child| rows[child]);
    let all = left + right;
    if all > 0.0 && all.is_finite() { [left / all, right / all] } else { [0.5, 0.5] }
}

/// The mean logit over the training rows; 0 without twigs.
pub(super) fn mean(twigs: &[Twig<'_>], rows: &[f64]) -> f64 {
    let mut means = vec![0.0; twigs.len()];
    for (at, twig) in twigs.iter().enumerate().rev() {
        means[at] = match twig {
            Twig::Leaf { logit, .. } => *logit,
            Twig::Fork { children, .. } => {
                let [left, right] = parts(rows, *children);
                left * means[children[0]] + right * means[children[1]]
            }
        };
    }
    means.first().copied().unwrap_or(0.0)
}

/// The most columns that a path asks; 0 for a single leaf.
pub(super) fn columns_of_longest(twigs: &[Twig<'_>]) -> usize {
    let mut most = 0;
    let mut waiting = vec![(0, Vec::new())];
    while let Some((at, path)) = waiting.pop() {
        let path: Vec<u32> = path;
        most = most.max(path.len());
        if let Some(Twig::Fork { column, children, .. }) = twigs.get(at) {
            let others = path.iter().copied().filter(|known| known != column);
            let below: Vec<u32> = others.chain([*column]).collect();
            waiting.extend(children.map(|child| (child, below.clone())));
        }
    }
    most
}
