//! The ensemble in the form that predicts fastest.

use std::borrow::Cow;

use super::{
    Boosted, Branch, Branches, STEPS,
    block::{Block, TILE, Tile},
};
use crate::model::{
    Codes,
    tree::{CompiledTree, Node, Split, Tree, whole},
};

/// Rows that are taken block by block, so that their codes and the tables of a block stay in the
/// first-level cache together.
const STRETCH: usize = 512;

/// An ensemble in the form that predicts fastest: blocks of small trees, and the walk for those that
/// fit none. Not serialised.
#[derive(Debug, Clone)]
pub struct CompiledBoost {
    base: i64,
    columns: Vec<u32>,
    small: Vec<Block<u32, 16, 32>>,
    /// The small trees that fill no block.
    rest: Vec<Block<u32, 4, 32>>,
    medium: Vec<Block<u64, 8, 64>>,
    large: Vec<CompiledTree>,
}

impl CompiledBoost {
    pub(super) fn new(boosted: &Boosted) -> Self {
        let columns = boosted.columns();
        let sound: Vec<&Branches> =
            boosted.trees.iter().filter(|tree| tree.depth().is_some()).collect();
        let of_size = |fits: std::ops::RangeInclusive<usize>| -> Vec<&Branches> {
            sound.iter().copied().filter(|tree| fits.contains(&tree.leaves())).collect()
        };
        let small = of_size(0..=32);
        // More than twelve trees are cheaper in a large block than in four small ones.
        let whole = small.len() - if small.len() % 16 > 12 { 0 } else { small.len() % 16 };
        let (whole, rest) = small.split_at(whole);
        Self {
            base: i64::from(boosted.base),
            small: whole.chunks(16).map(|trees| Block::new(trees, &columns)).collect(),
            rest: rest.chunks(4).map(|trees| Block::new(trees, &columns)).collect(),
            medium: of_size(33..=64).chunks(8).map(|trees| Block::new(trees, &columns)).collect(),
            large: of_size(65..=usize::MAX).into_iter().map(|tree| plain(tree).compile()).collect(),
            columns,
        }
    }

    /// The logits of the first `out.len()` rows; see [`Boosted::logits`].
    ///
    /// # Cost
    /// About a tenth of the plain walk's, for a hundred trees of 31 leaves over thirty columns.
    pub fn logits(&self, codes: &Codes, out: &mut [f64]) {
        let rows = out.len();
        let columns: Vec<Cow<[u8]>> =
            self.columns.iter().map(|&column| whole(codes, column, rows)).collect();
        let mut sums = [0; STRETCH];
        for (stretch, out) in out.chunks_mut(STRETCH).enumerate() {
            let rows = stretch * STRETCH..stretch * STRETCH + out.len();
            let codes: Vec<Cow<[Tile]>> =
                columns.iter().map(|column| tiles(&column[rows.clone()])).collect();
            let columns: Vec<&[Tile]> = codes.iter().map(AsRef::as_ref).collect();
            let sums = &mut sums[..out.len()];
            sums.fill(self.base);
            self.small.iter().for_each(|block| block.add(&columns, sums));
            self.rest.iter().for_each(|block| block.add(&columns, sums));
            self.medium.iter().for_each(|block| block.add(&columns, sums));
            for (out, sum) in out.iter_mut().zip(&*sums) {
                *out = *sum as f64 / STEPS;
            }
        }
        if self.large.is_empty() {
            return;
        }
        let mut steps = vec![0.0; rows];
        for tree in &self.large {
            tree.logits(codes, &mut steps);
            // Whole steps of 2⁻²⁰, far fewer than 2⁵³: this sum is exact.
            out.iter_mut().zip(&steps).for_each(|(out, steps)| *out += steps / STEPS);
        }
    }
}

/// Codes in whole tiles; the last one is filled up.
fn tiles(codes: &[u8]) -> Cow<'_, [Tile]> {
    let (tiles, rest) = codes.as_chunks();
    if rest.is_empty() {
        return Cow::Borrowed(tiles);
    }
    let mut last = [0; TILE];
    last[..rest.len()].copy_from_slice(rest);
    Cow::Owned([tiles, &[last]].concat())
}

/// A tree of an ensemble as one that stands alone, its logits counted in steps.
fn plain(branches: &Branches) -> Tree {
    let nodes = branches.nodes.iter().enumerate().map(|(at, node)| match node {
        Branch::Fork { column, left_if, right, gain } => {
            let (column, left_if, gain) = (*column, left_if.clone(), *gain);
            let split = Split { column, left_if, left: at as u32 + 1, right: *right, gain };
            Node { rows: 0.0, events: 0.0, logit: 0.0, split: Some(split) }
        }
        Branch::Leaf { steps, rows } => {
            Node { rows: *rows, events: 0.0, logit: f64::from(*steps), split: None }
        }
    });
    Tree { nodes: nodes.collect() }
}
