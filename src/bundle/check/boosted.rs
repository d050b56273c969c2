//! Boosted trees: what scoring and explaining them relies on.

use super::{MAX_COUNT, ensure, fault, fitted::rule, short};
use crate::{
    error::Result,
    model::{
        Boosted,
        boosted::{Branch, Branches},
    },
};

const MAX_TREES: usize = 5000;
/// More nats than any table holds; sums of gains stay finite.
const MAX_GAIN: f64 = 1e15;
const MAX_NODES: usize = 4096;
/// The shares of columns are exact for paths of so many questions.
const MAX_DEPTH: usize = 64;

/// Checks boosted trees against the number of codes of each encoded column. The sum of their steps
/// needs no check: five thousand of 32 bits are far from 2⁵³.
pub(super) fn ensemble(at: &str, boosted: &Boosted, code_counts: &[u16]) -> Result<()> {
    short(at, boosted.trees.len(), MAX_TREES)?;
    for (number, tree) in boosted.trees.iter().enumerate() {
        branches(&format!("{at}.trees[{number}]"), tree, code_counts)?;
    }
    Ok(())
}

fn branches(at: &str, tree: &Branches, code_counts: &[u16]) -> Result<()> {
    short(at, tree.nodes.len(), MAX_NODES)?;
    for (number, node) in tree.nodes.iter().enumerate() {
        match node {
            Branch::Fork { column, left_if, gain, .. } => {
                let at = format!("{at}[{number}]");
                ensure(&at, (0.0..=MAX_GAIN).contains(gain), "a gain that cannot be")?;
                let Some(codes) = code_counts.get(*column as usize) else {
                    return Err(fault(at, "there is no such column"));
                };
                rule(&at, left_if, *codes)?;
            }
            Branch::Leaf { rows, .. } => {
                let sane = (0.0..=MAX_COUNT as f64).contains(rows);
                ensure(format_args!("{at}[{number}]"), sane, "rows that cannot be")?;
            }
        }
    }
    let Some(depth) = tree.depth() else {
        return Err(fault(at, "its nodes do not stand in preorder"));
    };
    ensure(at, depth <= MAX_DEPTH, "the tree is too deep")
}
