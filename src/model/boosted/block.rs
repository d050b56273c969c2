//! A few trees answered together: every column asked once, by tables instead of comparisons.
//!
//! A set bit of a mask is a leaf that a row may still fall into; leaves count from the left. A fork
//! that sends the row right takes the leaves of its left subtree away. When every fork has had its
//! say, on the path or not, the row's leaf is the leftmost that is left. What all forks of one column
//! take away depends on the code alone, so it is looked up.
//!
//! # Source
//! Lucchese, Nardini, Orlando, Perego, Tonellotto & Venturini, *QuickScorer: a fast algorithm to rank
//! documents with additive ensembles of regression trees*, SIGIR 2015. The tables by code are ours.

use std::ops::BitAnd;

use super::{Branch, Branches};
use crate::model::tree::Rule;

/// A set of leaves of one tree.
pub(super) trait Leaves: Copy + Eq + BitAnd<Output = Self> {
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

/// `TREES` trees of at most `LEAVES` leaves.
#[derive(Debug, Clone)]
pub(super) struct Block<M, const TREES: usize, const LEAVES: usize> {
    questions: Vec<Question<M, TREES>>,
    steps: Box<[[i32; LEAVES]; TREES]>,
}

/// Rows whose sets of leaves are kept at hand.
const TILE: usize = 64;

/// All that the trees of a block ask of one column.
#[derive(Debug, Clone)]
struct Question<M, const TREES: usize> {
    /// Place of the column among those that the ensemble asks.
    slot: usize,
    /// Codes that no fork tells apart share an answer.
    answer_of: Box<[u8; 256]>,
    /// The leaves of each tree that are left.
    answers: Vec<[M; TREES]>,
}

impl<M: Leaves, const TREES: usize, const LEAVES: usize> Block<M, TREES, LEAVES> {
    /// Puts trees in preorder together, at most `TREES` of at most `LEAVES` leaves. `columns` are
    /// those that the ensemble asks, ascending.
    pub(super) fn new(trees: &[&Branches], columns: &[u32]) -> Self {
        let mut steps = Box::new([[0; LEAVES]; TREES]);
        let mut forks: Vec<Fork<'_, M>> = Vec::new();
        for (tree, branches) in trees.iter().enumerate() {
            let leaves = branches.nodes.iter().filter_map(|node| match node {
                Branch::Leaf { steps, .. } => Some(*steps),
                Branch::Fork { .. } => None,
            });
            for (place, leaf) in steps[tree].iter_mut().zip(leaves) {
                *place = leaf;
            }
            forks.extend(self::forks(tree, branches));
        }
        forks.sort_by_key(|fork| fork.column);
        let questions = forks
            .chunk_by(|a, b| a.column == b.column)
            .filter_map(|asked| Question::new(columns.binary_search(&asked[0].column).ok()?, asked))
            .collect();
        Self { questions, steps }
    }

    /// Adds what the trees say of each row. Every column has at least as many codes as `sums`.
    pub(super) fn add(&self, columns: &[&[u8]], sums: &mut [i64]) {
        let mut left = [[M::ALL; TREES]; TILE];
        for (tile, sums) in sums.chunks_mut(TILE).enumerate() {
            let left = &mut left[..sums.len()];
            left.fill([M::ALL; TREES]);
            let (fours, rest) = self.questions.as_chunks::<4>();
            for asked in fours {
                ask(asked, columns, tile * TILE, left);
            }
            for asked in rest {
                ask(std::array::from_ref(asked), columns, tile * TILE, left);
            }
            for (sum, left) in sums.iter_mut().zip(&*left) {
                let found = self.steps.iter().zip(left);
                *sum +=
                    found.map(|(steps, left)| i64::from(steps[left.first() % LEAVES])).sum::<i64>();
            }
        }
    }
}

/// A fork: the tree it is of, and which of that tree's leaves are left where a code goes right.
struct Fork<'a, M> {
    tree: usize,
    column: u32,
    left_if: &'a Rule,
    right: M,
}

fn forks<M: Leaves>(tree: usize, branches: &Branches) -> impl Iterator<Item = Fork<'_, M>> {
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
            Some(Fork { tree, column: *column, left_if, right })
        }
        Branch::Leaf { .. } => None,
    })
}

impl<M: Leaves, const TREES: usize> Question<M, TREES> {
    fn new(slot: usize, forks: &[Fork<'_, M>]) -> Option<Self> {
        let mut answer_of = Box::new([0; 256]);
        let mut answers: Vec<[M; TREES]> = Vec::new();
        for (code, place) in answer_of.iter_mut().enumerate() {
            let mut answer = [M::ALL; TREES];
            for fork in forks.iter().filter(|fork| !fork.left_if.goes_left(code as u8)) {
                answer[fork.tree] = answer[fork.tree] & fork.right;
            }
            // Neighbours most often share their answer.
            let known = answers.iter().rposition(|known| *known == answer);
            *place = u8::try_from(known.unwrap_or(answers.len())).ok()?;
            if known.is_none() {
                answers.push(answer);
            }
        }
        Some(Self { slot, answer_of, answers })
    }
}

/// Takes away the leaves that the codes of a few columns rule out, row by row from `first` on.
fn ask<M: Leaves, const TREES: usize, const COLUMNS: usize>(
    asked: &[Question<M, TREES>; COLUMNS],
    columns: &[&[u8]],
    first: usize,
    left: &mut [[M; TREES]],
) {
    let codes = asked.each_ref().map(|question| &columns[question.slot][first..][..left.len()]);
    for (row, left) in left.iter_mut().enumerate() {
        let mut now = *left;
        for (question, codes) in asked.iter().zip(codes) {
            let place = question.answer_of[usize::from(codes[row])];
            // By value: so it becomes a few wide loads and ands.
            let answer = question.answers[usize::from(place)];
            now = std::array::from_fn(|tree| now[tree] & answer[tree]);
        }
        *left = now;
    }
}
