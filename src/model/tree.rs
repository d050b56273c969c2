//! A decision tree over codes: the fitted numbers, how they predict, and what they say in rules.

mod check;
mod rules;
mod walk;

use serde::{Deserialize, Serialize};

use crate::model::{
    Codes,
    treeshap::{TreeShap, Twig},
};

pub use check::{MAX_DEPTH, MAX_NODES};
pub use rules::{Allowed, Condition, LeafRule};
pub use walk::CompiledTree;
pub(in crate::model) use walk::{bits, whole};

/// A fitted tree: node 0 is the root, and a child always stands after its parent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tree {
    /// The nodes.
    pub nodes: Vec<Node>,
}

/// A node with the training rows that reached it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Node {
    /// Training rows (or their weight), not rebalanced.
    pub rows: f64,
    /// Training events (or their weight), not rebalanced.
    pub events: f64,
    /// Logit of the smoothed event rate.
    pub logit: f64,
    /// How the rows are parted; `None` for a leaf.
    pub split: Option<Split>,
}

/// How a node parts its rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Split {
    /// Index of the column among the encoded columns.
    pub column: u32,
    /// Which codes go left.
    pub left_if: Rule,
    /// Index of the left child.
    pub left: u32,
    /// Index of the right child.
    pub right: u32,
    /// Gain in log-likelihood (nats) over the training rows.
    pub gain: f64,
}

/// Which codes go left; all others go right.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Rule {
    /// Ordered column: codes 1..=code; and code 0 (missing) if `missing` is set.
    AtMost {
        /// Largest code that goes left.
        code: u8,
        /// Whether missing values go left.
        missing: bool,
    },
    /// Category: exactly these codes, ascending.
    OneOf {
        /// The codes that go left.
        codes: Vec<u8>,
    },
}

impl Rule {
    /// Whether a code goes left.
    pub fn goes_left(&self, code: u8) -> bool {
        match self {
            Self::AtMost { missing, .. } if code == 0 => *missing,
            Self::AtMost { code: most, .. } => code <= *most,
            Self::OneOf { codes } => codes.contains(&code),
        }
    }
}

impl Tree {
    /// The logits of the first `out.len()` rows. A column that is not there, or a row past its end,
    /// reads as missing.
    ///
    /// # Cost
    /// Depth steps a row, 16 rows interleaved; compiling costs a few hundred bytes a node, so over
    /// many short stretches keep the [`Tree::compile`]d form.
    pub fn logits(&self, codes: &Codes, out: &mut [f64]) {
        self.compile().logits(codes, out);
    }

    /// The form of the tree that predicts fastest.
    pub fn compile(&self) -> CompiledTree {
        CompiledTree::new(self)
    }

    /// Index among `nodes` of the leaf that a row falls into; 0 for a tree without nodes.
    pub fn leaf_of(&self, codes: &Codes, row: usize) -> usize {
        self.path(codes, row).last().unwrap_or(0)
    }

    /// The form of the tree that tells what each column adds to a logit.
    pub fn shap(&self) -> TreeShap {
        TreeShap::new(0.0, std::iter::once(self.twigs()))
    }

    /// What each column adds to a row's logit; [`Tree::base`] plus their sum is the logit. Over many
    /// rows keep the [`Tree::shap`] form.
    ///
    /// `out` has one entry an encoded column and is overwritten.
    pub fn contributions(&self, codes: &Codes, row: usize, out: &mut [f64]) {
        let shap = self.shap();
        let mut shares = vec![0.0; shap.columns().len()];
        shap.shares(codes, &[row as u32], &mut shares);
        out.fill(0.0);
        for (&column, share) in shap.columns().iter().zip(shares) {
            if let Some(out) = out.get_mut(column as usize) {
                *out = share;
            }
        }
    }

    /// The mean logit over the training rows, by their leaves. 0 for a tree without nodes.
    pub fn base(&self) -> f64 {
        self.shap().base()
    }

    /// The tree as [`TreeShap`] takes it. A fork whose children cannot be is a leaf, so that any tree
    /// can be explained.
    fn twigs(&self) -> Vec<Twig<'_>> {
        let mut taken = vec![false; self.nodes.len()];
        let twigs = self.nodes.iter().enumerate().map(|(at, node)| {
            if let (Some(split), Some(children)) = (&node.split, self.children(at))
                && children[0] != children[1]
                && !children.iter().any(|&child| std::mem::replace(&mut taken[child], true))
            {
                return Twig::Fork { column: split.column, left_if: &split.left_if, children };
            }
            Twig::Leaf { logit: node.logit, rows: node.rows }
        });
        twigs.collect()
    }

    /// Number of questions on the longest path; 0 for a single leaf.
    pub fn depth(&self) -> usize {
        let mut depths = vec![0; self.nodes.len()];
        for at in 0..self.nodes.len() {
            let below = depths[at] + 1;
            for child in self.children(at).into_iter().flatten() {
                depths[child] = below;
            }
        }
        depths.into_iter().max().unwrap_or(0)
    }

    /// Number of leaves.
    pub fn leaves(&self) -> usize {
        self.nodes.iter().filter(|node| node.split.is_none()).count()
    }

    /// The two children of a node, where it has them and they stand after it.
    fn children(&self, at: usize) -> Option<[usize; 2]> {
        let split = self.nodes.get(at)?.split.as_ref()?;
        let children = [split.left as usize, split.right as usize];
        children.iter().all(|&child| child > at && child < self.nodes.len()).then_some(children)
    }

    /// Indices of the nodes on a row's path, root first. Ends even in a tree that was not checked,
    /// because every step goes to a later node.
    fn path<'a>(&'a self, codes: &'a Codes, row: usize) -> impl Iterator<Item = usize> + 'a {
        let root = if self.nodes.is_empty() { None } else { Some(0) };
        std::iter::successors(root, move |&at| {
            let [left, right] = self.children(at)?;
            let split = self.nodes[at].split.as_ref()?;
            let column = codes.get(split.column as usize);
            let code = column.and_then(|column| column.get(row)).copied().unwrap_or(0);
            Some(if split.left_if.goes_left(code) { left } else { right })
        })
    }
}

#[cfg(test)]
mod tests;
