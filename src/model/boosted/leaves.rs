//! Which leaf of a tree a row falls into, without walking.
//!
//! A set bit of a mask is a leaf that a row may still fall into; leaves count from the left. A fork
//! that sends the row right takes the leaves of its left subtree away. When every fork has had its
//! say, on the path or not, the row's leaf is the leftmost that is left.
//!
//! # Source
//! Lucchese, Nardini, Orlando, Perego, Tonellotto & Venturini, *QuickScorer: a fast algorithm to rank
//! documents with additive ensembles of regression trees*, SIGIR 2015.

use std::ops::BitAnd;

use super::{Branch, Branches};
use crate::model::tree::Rule;

/// A set of leaves of one tree.
pub(crate) trait Leaves: Copy + Eq + BitAnd<Output = Self> {
    /// Every leaf.
    const ALL: Self;
    /// Every leaf but those from `from` to before `to`.
    fn without(from: usize, to: usize) -> Self;
    /// The leftmost leaf.
    fn first(self) -> usize;
}

macro_rules! leaves {
    ($word:ty) => {
        impl Leaves for $word {
            const ALL: Self = Self::MAX;

            fn without(from: usize, to: usize) -> Self {
                let below =
                    |leaf: usize| Self::MAX.checked_shl(leaf as u32).map_or(Self::MAX, |b| !b);
                !(below(to) & !below(from))
            }

            #[inline]
            fn first(self) -> usize {
                // The last bit is never the first that is left of a tree that lacks that leaf.
                (self | 1 << (Self::BITS - 1)).trailing_zeros() as usize
            }
        }
    };
}
leaves!(u32);
leaves!(u64);

/// The leaves of a large tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wide([u64; 4]);

impl BitAnd for Wide {
    type Output = Self;

    #[inline]
    fn bitand(self, other: Self) -> Self {
        Self(std::array::from_fn(|word| self.0[word] & other.0[word]))
    }
}

impl Leaves for Wide {
    const ALL: Self = Self([u64::MAX; 4]);

    fn without(from: usize, to: usize) -> Self {
        let in_word = |leaf: usize, word: usize| leaf.saturating_sub(64 * word).min(64);
        Self(std::array::from_fn(|word| u64::without(in_word(from, word), in_word(to, word))))
    }

    #[inline]
    fn first(self) -> usize {
        let word = self.0.iter().position(|&word| word != 0).unwrap_or(3);
        64 * word + self.0[word].first()
    }
}

/// What each leaf of a tree adds, from left to right.
pub(crate) fn steps(branches: &Branches) -> impl Iterator<Item = i32> {
    branches.nodes.iter().filter_map(|node| match node {
        Branch::Leaf { steps, .. } => Some(*steps),
        Branch::Fork { .. } => None,
    })
}

/// A fork, and which leaves are left where a code goes right.
pub(crate) struct Fork<'a, M> {
    pub(crate) column: u32,
    pub(crate) left_if: &'a Rule,
    pub(crate) right: M,
}

/// The forks of a tree in preorder.
pub(crate) fn forks<M: Leaves>(branches: &Branches) -> impl Iterator<Item = Fork<'_, M>> {
    // The number of leaves before each node: in preorder, those of a left subtree are those between
    // the fork and its right child.
    let mut before = Vec::with_capacity(branches.nodes.len());
    let mut leaves = 0;
    for node in &branches.nodes {
        before.push(leaves);
        leaves += usize::from(matches!(node, Branch::Leaf { .. }));
    }
    branches.nodes.iter().enumerate().filter_map(move |(at, node)| match node {
        Branch::Fork { column, left_if, right, .. } => {
            let right = M::without(before[at], *before.get(*right as usize)?);
            Some(Fork { column: *column, left_if, right })
        }
        Branch::Leaf { .. } => None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn words_of_any_width_hold_the_same_leaves(cuts in prop::collection::vec((0_usize..64, 0_usize..64), 0..9)) {
            let (mut word, mut wide) = (u64::ALL, Wide::ALL);
            for (a, b) in cuts {
                word &= u64::without(a.min(b), a.max(b));
                wide = wide & Wide::without(a.min(b), a.max(b));
            }
            let first = (0..64).find(|leaf| word >> leaf & 1 == 1);
            prop_assert_eq!(first.unwrap_or(64), wide.first());
            prop_assert_eq!(first.unwrap_or(63), word.first());
            let far = Wide::without(0, 200);
            prop_assert_eq!(far.first(), 200);
        }
    }
}
