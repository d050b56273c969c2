//! Boosted trees over codes: the fitted numbers, how they predict, and what each column adds.
//!
//! Every leaf holds a whole number of steps of 2⁻²⁰ logit, so that a sum of leaves is exact, in
//! whatever order it is taken.

mod block;
mod compiled;
pub(crate) mod leaves;

use serde::{Deserialize, Serialize};

use crate::model::{
    Codes,
    tree::Rule,
    treeshap::{TreeShap, Twig},
};

pub use compiled::CompiledBoost;

/// Steps in a logit.
pub const STEPS: f64 = (1 << 20) as f64;

/// A fitted ensemble: the logit is the sum of the base and of one leaf of each tree.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Boosted {
    /// What every row starts from, in steps of 2⁻²⁰ logit.
    pub base: i32,
    /// The trees.
    pub trees: Vec<Branches>,
}

/// A tree of an ensemble. The nodes stand in preorder: the left child of a fork follows it, and the
/// leaves stand from left to right.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Branches {
    /// The nodes.
    pub nodes: Vec<Branch>,
}

/// A node of a tree of an ensemble.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Branch {
    /// A question.
    Fork {
        /// Index of the column among the encoded columns.
        column: u32,
        /// Which codes go left.
        left_if: Rule,
        /// Index of the right child in the tree.
        right: u32,
        /// Gain in log-likelihood (nats, second-order) over the training rows.
        gain: f64,
    },
    /// An answer.
    Leaf {
        /// What it adds, in steps of 2⁻²⁰ logit.
        steps: i32,
        /// Training rows (or their weight) that fell here.
        rows: f64,
    },
}

impl Boosted {
    /// The encoded columns that some tree asks, ascending, each once.
    pub fn columns(&self) -> Vec<u32> {
        let mut columns: Vec<u32> = self.forks().map(|(column, _)| column).collect();
        columns.sort_unstable();
        columns.dedup();
        columns
    }

    /// The column and the gain of every fork.
    pub fn forks(&self) -> impl Iterator<Item = (u32, f64)> + '_ {
        self.trees.iter().flat_map(|tree| &tree.nodes).filter_map(|node| match node {
            Branch::Fork { column, gain, .. } => Some((*column, *gain)),
            Branch::Leaf { .. } => None,
        })
    }

    /// Gives every encoded column the number that `new_index` has for it.
    pub fn renumber(&mut self, new_index: &[u32]) {
        for node in self.trees.iter_mut().flat_map(|tree| &mut tree.nodes) {
            if let Branch::Fork { column, .. } = node
                && let Some(new) = new_index.get(*column as usize)
            {
                *column = *new;
            }
        }
    }

    /// The logits of the first `out.len()` rows. A column that is not there, or a row past its end,
    /// reads as missing; a tree whose nodes do not stand in preorder adds nothing.
    ///
    /// # Cost
    /// That of compiling, some microseconds a tree, and of [`CompiledBoost::logits`]. Over many
    /// short stretches keep the [`Boosted::compile`]d form.
    pub fn logits(&self, codes: &Codes, out: &mut [f64]) {
        self.compile().logits(codes, out);
    }

    /// The form of the ensemble that predicts fastest.
    pub fn compile(&self) -> CompiledBoost {
        CompiledBoost::new(self)
    }

    /// The form of the ensemble that tells what each column adds to a logit.
    pub fn shap(&self) -> TreeShap {
        let base = f64::from(self.base) / STEPS;
        TreeShap::new(base, self.trees.iter().map(Branches::twigs))
    }
}

impl Branches {
    /// Number of questions on the longest path, or `None` where the nodes do not stand in preorder:
    /// a fork's right child must follow the last node of its left subtree.
    pub fn depth(&self) -> Option<usize> {
        // The forks whose left subtree is not complete: where the right one begins, at which depth.
        let mut waiting: Vec<(usize, usize)> = Vec::new();
        let (mut depth, mut deepest) = (0, 0);
        for (at, node) in self.nodes.iter().enumerate() {
            deepest = deepest.max(depth);
            if let Branch::Fork { right, .. } = node {
                depth += 1;
                waiting.push((*right as usize, depth));
                continue;
            }
            match waiting.pop() {
                Some((right, below)) if right == at + 1 && right < self.nodes.len() => {
                    depth = below;
                }
                None if at + 1 == self.nodes.len() => return Some(deepest),
                _ => return None,
            }
        }
        None
    }

    /// Number of leaves.
    pub fn leaves(&self) -> usize {
        self.nodes.iter().filter(|node| matches!(node, Branch::Leaf { .. })).count()
    }

    /// The tree as [`TreeShap`] takes it; none where its nodes do not stand in preorder.
    pub(in crate::model) fn twigs(&self) -> Vec<Twig<'_>> {
        if self.depth().is_none() {
            return Vec::new();
        }
        let twigs = self.nodes.iter().enumerate().map(|(at, node)| match node {
            Branch::Fork { column, left_if, right, .. } => {
                Twig::Fork { column: *column, left_if, children: [at + 1, *right as usize] }
            }
            Branch::Leaf { steps, rows } => {
                Twig::Leaf { logit: f64::from(*steps) / STEPS, rows: *rows }
            }
        });
        twigs.collect()
    }

    /// What the leaf of a row adds, step by step; [`CompiledBoost`] must say the same.
    #[cfg(test)]
    fn steps(&self, codes: &Codes, row: usize) -> i32 {
        let mut at = 0;
        loop {
            match &self.nodes[at] {
                Branch::Leaf { steps, .. } => return *steps,
                Branch::Fork { column, left_if, right, .. } => {
                    let column = codes.get(*column as usize);
                    let code = column.and_then(|column| column.get(row)).copied().unwrap_or(0);
                    at = if left_if.goes_left(code) { at + 1 } else { *right as usize };
                }
            }
        }
    }
}

#[cfg(test)]
pub(in crate::model) mod tests;
