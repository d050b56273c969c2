//! Boosted trees over codes: the fitted numbers and what they mean.
//!
//! Every leaf holds a whole number of steps of 2⁻²⁰ logit, so that a sum of leaves is exact, in
//! whatever order it is taken.

use serde::{Deserialize, Serialize};

use crate::model::{Codes, tree::Rule};

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
        gain: f32,
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
            Branch::Fork { column, gain, .. } => Some((*column, f64::from(*gain))),
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
    /// reads as missing.
    pub fn logits(&self, codes: &Codes, out: &mut [f64]) {
        for (row, out) in out.iter_mut().enumerate() {
            let steps: i64 = self.trees.iter().map(|tree| i64::from(tree.steps(codes, row))).sum();
            *out = (i64::from(self.base) + steps) as f64 / STEPS;
        }
    }
}

impl Branches {
    /// What the leaf of a row adds.
    fn steps(&self, codes: &Codes, row: usize) -> i32 {
        let mut at = 0;
        while let Some(node) = self.nodes.get(at) {
            match node {
                Branch::Leaf { steps, .. } => return *steps,
                Branch::Fork { column, left_if, right, .. } => {
                    let column = codes.get(*column as usize);
                    let code = column.and_then(|column| column.get(row)).copied().unwrap_or(0);
                    at = if left_if.goes_left(code) { at + 1 } else { *right as usize };
                }
            }
        }
        0
    }
}
