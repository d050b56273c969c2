//! A few rules that tell people which class a row is of: a small tree of `linfa-trees`, as paths.
//!
//! A tree of majorities is what is wanted here, so linfa's is used plainly. Guard rails remain: codes lie a
//! thousand apart, and the rows of a code are spread around it, so that no two values are equal; a row weighs
//! by its class as one of some primes, so that no two classes can tie, whose order would be that of a hash map.

use std::collections::BTreeMap;

use linfa::{ParamGuard, dataset::DatasetBase, traits::Fit};
use linfa_trees::{DecisionTree, TreeNode};
use ndarray::{Array1, Array2, ShapeBuilder};

use super::apart::{place, ranks_below};
use crate::error::{Error, Kind, Result};

/// Weights of the classes in units of 1/2048. Two classes weigh the same only where the rows of one are a
/// multiple of the other's prime: with fewer rows than two primes they cannot.
const PRIMES: [u16; 12] = [2053, 2063, 2069, 2081, 2083, 2087, 2089, 2099, 2111, 2113, 2129, 2131];
/// The most rows that are looked at; the sums of their weights are exact in linfa's `f32`.
pub const MOST_ROWS: usize = 4096;

/// A path of the tree: who is of one class, mostly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// For each column that is asked for the codes from the first to the second, both included.
    pub within: BTreeMap<usize, (u8, u8)>,
    /// The class of most.
    pub class: u8,
    /// Rows on this path.
    pub rows: usize,
    /// Of them, how many are of that class.
    pub right: usize,
}

/// At most so many paths that tell classes apart by ordered codes.
///
/// # Shape
/// `columns` hold one code a row, `classes` one class a row, below 12; at most [`MOST_ROWS`] rows.
///
/// # Errors
/// `BadParameter` for more rows or classes; those of linfa.
pub fn rulebook(columns: &[&[u8]], classes: &[u8], most: usize) -> Result<Vec<Path>> {
    let rows = classes.len();
    let fits = rows <= MOST_ROWS && classes.iter().all(|class| usize::from(*class) < PRIMES.len());
    if !fits || columns.iter().any(|codes| codes.len() != rows) {
        return Err(Error::new(Kind::BadParameter, "too many rows or classes for a rulebook"));
    }
    // Where nothing can be asked, all are of one kind.
    let all: Vec<usize> = (0..rows).collect();
    for depth in (1..=4).rev() {
        let mut paths = Vec::new();
        if columns.is_empty() {
            paths.extend(Parting { columns, classes }.leaf(&all, &BTreeMap::new()));
        } else if rows > 0 {
            let fitted = grow(columns, classes, depth)?;
            let parting = Parting { columns, classes };
            parting.node(fitted.root_node(), &all, &BTreeMap::new(), &mut paths);
        }
        if paths.len() <= most || depth == 1 {
            paths.sort_by(|a, b| b.rows.cmp(&a.rows).then_with(|| a.within.cmp(&b.within)));
            paths.truncate(most);
            return Ok(paths);
        }
    }
    Ok(Vec::new())
}

fn grow(columns: &[&[u8]], classes: &[u8], depth: usize) -> Result<DecisionTree<f64, usize>> {
    let rows = classes.len();
    let mut spread = Array2::zeros((rows, columns.len()).f());
    for (column, codes) in columns.iter().enumerate() {
        let rows = codes.iter().copied().zip(classes.iter().copied());
        place(rows, usize::from, |row, x| spread[(row, column)] = x);
    }
    let weight = |class: &u8| f32::from(PRIMES[usize::from(*class)]) / 2048.0;
    let weights: Array1<f32> = classes.iter().map(weight).collect();
    let labels: Array1<usize> = classes.iter().map(|class| usize::from(*class)).collect();
    let least = (rows as f32 / 100.0).max(10.0);
    let params = DecisionTree::params()
        .max_depth(Some(depth))
        .min_weight_split(2.0 * least)
        .min_weight_leaf(least)
        .min_impurity_decrease(1e-4)
        .check()?;
    Ok(params.fit(&DatasetBase::new(spread, labels).with_weights(weights))?)
}

/// Turns linfa's tree into paths.
struct Parting<'a> {
    columns: &'a [&'a [u8]],
    classes: &'a [u8],
}

impl Parting<'_> {
    fn node(
        &self,
        node: &TreeNode<f64, usize>,
        rows: &[usize],
        within: &BTreeMap<usize, (u8, u8)>,
        paths: &mut Vec<Path>,
    ) {
        let children = node.children();
        let [Some(left), Some(right)] = children.as_slice() else {
            paths.extend(self.leaf(rows, within));
            return;
        };
        let (column, threshold, _) = node.split();
        // A threshold among the rows of one code is taken for that code's lower border.
        let last = (ranks_below(threshold).max(1) - 1) as u8;
        let (low, high): (Vec<usize>, Vec<usize>) =
            rows.iter().partition(|row| self.columns[column][**row] <= last);
        if low.is_empty() || high.is_empty() {
            let (child, rows) = if low.is_empty() { (right, high) } else { (left, low) };
            return self.node(child, &rows, within, paths);
        }
        let (from, to) = within.get(&column).copied().unwrap_or((0, u8::MAX));
        let mut below = within.clone();
        below.insert(column, (from, to.min(last)));
        let mut above = within.clone();
        above.insert(column, (from.max(last.saturating_add(1)), to));
        let first = paths.len();
        self.node(left, &low, &below, paths);
        let middle = paths.len();
        self.node(right, &high, &above, paths);
        // Two leaves of one class are one.
        if middle == first + 1
            && paths.len() == middle + 1
            && paths[first].class == paths[middle].class
        {
            paths.truncate(first);
            paths.extend(self.leaf(rows, within));
        }
    }

    fn leaf(&self, rows: &[usize], within: &BTreeMap<usize, (u8, u8)>) -> Option<Path> {
        let mut counts = [0_usize; PRIMES.len()];
        for row in rows {
            counts[usize::from(self.classes[*row])] += 1;
        }
        let right = *counts.iter().max()?;
        let class = counts.iter().position(|count| *count == right)? as u8;
        Some(Path { within: within.clone(), class, rows: rows.len(), right })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(rows: u32, salt: u32) -> Vec<u8> {
        let mix = |row: u32| row.wrapping_mul(2_654_435_761).rotate_left(salt) >> 24;
        (0..rows).map(|row| (mix(row) % 20) as u8).collect()
    }

    #[test]
    fn planted_rules_are_told_as_they_are() {
        let (a, b, noise) = (codes(3000, 1), codes(3000, 9), codes(3000, 17));
        let class = |(a, b): (&u8, &u8)| if *a < 7 { 3 } else { u8::from(*b >= 12) };
        let classes: Vec<u8> = a.iter().zip(&b).map(class).collect();
        let columns: [&[u8]; 3] = [&a, &noise, &b];
        let paths = rulebook(&columns, &classes, 12).unwrap();
        let mut told: Vec<_> = paths.iter().map(|p| (p.class, p.within.clone())).collect();
        told.sort();
        let expected = [
            (0, BTreeMap::from([(0, (7, 255)), (2, (0, 11))])),
            (1, BTreeMap::from([(0, (7, 255)), (2, (12, 255))])),
            (3, BTreeMap::from([(0, (0, 6))])),
        ];
        assert_eq!(told, expected);
        assert!(paths.iter().all(|path| path.right == path.rows));
        assert_eq!(paths.iter().map(|path| path.rows).sum::<usize>(), 3000);
        for _ in 0..5 {
            assert_eq!(rulebook(&columns, &classes, 12).unwrap(), paths);
        }
        assert!(rulebook(&columns, &classes, 2).unwrap().len() <= 2);
    }

    #[test]
    fn there_may_be_nothing_to_tell() {
        assert_eq!(rulebook(&[&[]], &[], 12).unwrap(), []);
        let one = rulebook(&[&[1, 2, 3]], &[4, 4, 4], 12).unwrap();
        assert_eq!((one.len(), one[0].class, one[0].rows), (1, 4, 3));
        assert_eq!(rulebook(&[], &[0, 1], 12).unwrap().len(), 1);
        assert!(rulebook(&[&[1]], &[12], 12).is_err());
    }
}
