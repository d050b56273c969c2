//! A decision tree over codes.

use serde::{Deserialize, Serialize};

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
