//! Pruning by a penalty a leaf, and drawing each rate towards its parent's.

use super::{grow::Grown, select::Chosen};
use crate::model::{
    Tree,
    tree::{Node, Split},
};

/// For each grown node whether it stays parted: the subtree that maximises gain less `penalty` a leaf,
/// smaller where that is a tie. Nodes below a leaf are marked as they would be, were they reached.
///
/// # Source
/// Breiman, Friedman, Olshen & Stone, *Classification and Regression Trees* (1984), ch. 3.
pub(super) fn kept(grown: &[Grown], penalty: f64) -> Vec<bool> {
    let mut worth = vec![0.0; grown.len()];
    let mut kept = vec![false; grown.len()];
    for (at, node) in grown.iter().enumerate().rev() {
        if let Some(parting) = &node.parting {
            let net = parting.gain - penalty + worth[at + 1] + worth[at + parting.right];
            kept[at] = net > 0.0;
            worth[at] = f64::max(net, 0.0);
        }
    }
    kept
}

/// Number of leaves that are reached.
pub(super) fn leaves(grown: &[Grown], kept: &[bool]) -> usize {
    1 + reached(grown, kept).iter().zip(kept).filter(|(reached, kept)| **reached && **kept).count()
}

/// For each node whether the pruned tree has it.
pub(super) fn reached(grown: &[Grown], kept: &[bool]) -> Vec<bool> {
    let mut reached = vec![false; grown.len()];
    if let Some(root) = reached.first_mut() {
        *root = true;
    }
    for (at, node) in grown.iter().enumerate() {
        if let (true, true, Some(parting)) = (reached[at], kept[at], &node.parting) {
            reached[at + 1] = true;
            reached[at + parting.right] = true;
        }
    }
    reached
}

/// The smallest penalty, at least `penalty`, that leaves at most `max_leaves` leaves (to within 2⁻⁴⁰ of the largest
/// possible).
pub(super) fn at_most(grown: &[Grown], penalty: f64, max_leaves: usize) -> f64 {
    if leaves(grown, &kept(grown, penalty)) <= max_leaves {
        return penalty;
    }
    let total: f64 = grown.iter().filter_map(|n| n.parting.as_ref()).map(|p| p.gain).sum();
    let (mut too_small, mut enough) = (penalty, total.max(penalty) + 1.0);
    for _ in 0..60 {
        let middle = f64::midpoint(too_small, enough);
        if leaves(grown, &kept(grown, middle)) <= max_leaves {
            enough = middle;
        } else {
            too_small = middle;
        }
    }
    enough
}

/// For each grown node the logit of its smoothed rate: the rate of its own rows and `strength` rows
/// more at the parent's smoothed rate. The root's rate is its own.
///
/// # Formula
/// p = (e + m p′) / (n + m), p′ the parent's.
///
/// # Source
/// The m-estimate of Cestnik, *Estimating probabilities* (1990), along the path as in Ferri, Flach &
/// Hernández-Orallo, *Improving the AUC of probabilistic estimation trees* (2003).
pub(super) fn logits(grown: &[Grown], strength: f64) -> Vec<f64> {
    let mut parents = vec![0; grown.len()];
    let mut odds = vec![(0.5, 0.5); grown.len()];
    for (at, node) in grown.iter().enumerate() {
        let (p, q) = if at == 0 { (0.0, 0.0) } else { odds[parents[at]] };
        let strength = if at == 0 { 0.0 } else { strength };
        let rows = node.rows + strength;
        odds[at] =
            ((node.events + strength * p) / rows, (node.rows - node.events + strength * q) / rows);
        if let Some(parting) = &node.parting {
            parents[at + 1] = at;
            parents[at + parting.right] = at;
        }
    }
    odds.into_iter().map(|(p, q)| p.ln() - q.ln()).collect()
}

/// The tree: pruned, smoothed, numbered without gaps. `columns` holds for each column of the sample its
/// index in the matrix.
pub(super) fn finish(grown: &[Grown], chosen: Chosen, max_leaves: usize, columns: &[u32]) -> Tree {
    let kept = kept(grown, at_most(grown, chosen.penalty, max_leaves));
    let logits = logits(grown, chosen.smoothing);
    let reached = reached(grown, &kept);
    let mut numbers = vec![0; grown.len()];
    let mut next = 0;
    for (number, reached) in numbers.iter_mut().zip(&reached) {
        *number = next;
        next += u32::from(*reached);
    }
    let nodes = grown
        .iter()
        .enumerate()
        .filter(|(at, _)| reached[*at])
        .map(|(at, node)| Node {
            rows: node.rows,
            events: node.events,
            logit: logits[at],
            split: node.parting.as_ref().filter(|_| kept[at]).map(|parting| Split {
                column: columns[parting.column],
                left_if: parting.rule.clone(),
                left: numbers[at + 1],
                right: numbers[at + parting.right],
                gain: parting.gain,
            }),
        })
        .collect();
    Tree { nodes }
}
