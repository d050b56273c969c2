//! What a tree read from a file must satisfy before it is used.

use super::{Node, Rule, Split, Tree};
use crate::error::{Error, Kind, Result};

/// Most nodes that a tree may have.
pub const MAX_NODES: usize = 1 << 16;
/// Most questions on a path.
pub const MAX_DEPTH: usize = 64;

impl Tree {
    /// Whether the tree can be used on columns with these numbers of codes: within
    /// [`MAX_NODES`] and [`MAX_DEPTH`], every child after its parent and of one parent only, columns
    /// and codes in range, figures finite. The error has the kind [`Kind::BadBundle`].
    pub fn check(&self, code_counts: &[u16]) -> Result<()> {
        let count = self.nodes.len();
        if count == 0 || count > MAX_NODES {
            return Err(bad(format!("the tree has {count} nodes, not 1 to {MAX_NODES}")));
        }
        let mut parents = vec![0_u8; count];
        for (at, node) in self.nodes.iter().enumerate() {
            check_figures(at, node)?;
            let Some(split) = &node.split else { continue };
            check_rule(at, split, code_counts)?;
            for child in [split.left as usize, split.right as usize] {
                match parents.get_mut(child) {
                    Some(parents) if child > at && *parents == 0 => *parents = 1,
                    _ => return Err(bad(format!("node {at} cannot have the child {child}"))),
                }
            }
        }
        if let Some(orphan) = parents.iter().skip(1).position(|&parents| parents == 0) {
            return Err(bad(format!("node {} has no parent", orphan + 1)));
        }
        let depth = self.depth();
        if depth > MAX_DEPTH {
            return Err(bad(format!("the tree is {depth} deep, deeper than {MAX_DEPTH}")));
        }
        Ok(())
    }
}

fn bad(what: String) -> Error {
    Error::new(Kind::BadBundle, what)
}

fn check_figures(at: usize, node: &Node) -> Result<()> {
    let sound = node.rows.is_finite()
        && node.logit.is_finite()
        && (0.0..=node.rows).contains(&node.events)
        && node.split.as_ref().is_none_or(|split| split.gain.is_finite());
    if sound { Ok(()) } else { Err(bad(format!("node {at} holds figures that cannot be"))) }
}

fn check_rule(at: usize, split: &Split, code_counts: &[u16]) -> Result<()> {
    let Some(&count) = code_counts.get(split.column as usize) else {
        return Err(bad(format!("node {at} asks column {}, which is not there", split.column)));
    };
    let sound = match &split.left_if {
        Rule::AtMost { code, missing } => u16::from(*code) < count && (*code > 0 || *missing),
        Rule::OneOf { codes } => {
            codes.is_sorted_by(|a, b| a < b)
                && codes.last().is_some_and(|&last| u16::from(last) < count)
        }
    };
    if sound { Ok(()) } else { Err(bad(format!("node {at} asks for codes that cannot be"))) }
}
