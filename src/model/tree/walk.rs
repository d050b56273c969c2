//! The compiled walk: one flat array, siblings side by side, sixteen rows at a time.

use std::{borrow::Cow, collections::VecDeque};

use super::{Rule, Tree};
use crate::model::Codes;

/// Rows that walk down together, so that the waits for memory overlap.
const TOGETHER: usize = 16;

/// A tree in the form that predicts fastest. Holds no more than the tree does; not serialised.
#[derive(Debug, Clone)]
pub struct CompiledTree {
    steps: Vec<Step>,
    logits: Vec<f64>,
    columns: Vec<u32>,
    depth: usize,
}

/// A node: a set bit sends its code to `next`, an unset one to the sibling after it. A leaf has
/// every bit set and itself as `next`.
#[derive(Debug, Clone, Copy)]
struct Step {
    left: [u64; 4],
    slot: u32,
    next: u32,
}

impl Step {
    const fn leaf(at: u32) -> Self {
        Self { left: [u64::MAX; 4], slot: 0, next: at }
    }

    #[inline]
    fn then(&self, code: u8) -> u32 {
        let left = self.left[usize::from(code >> 6)] >> (code & 63) & 1;
        self.next + (1 - left as u32)
    }
}

/// A bit for each code, set where it goes left.
pub(in crate::model) fn bits(rule: &Rule) -> [u64; 4] {
    let mut bits = [0; 4];
    let mut set = |code: u8| bits[usize::from(code >> 6)] |= 1 << (code & 63);
    match rule {
        Rule::AtMost { code, missing } => {
            (u8::from(!missing)..=*code).for_each(&mut set);
        }
        Rule::OneOf { codes } => codes.iter().copied().for_each(&mut set),
    }
    bits
}

impl CompiledTree {
    /// Lays the nodes out level by level. A child that cannot be (not after its parent, or already
    /// another's) makes its parent a leaf, so any tree compiles and every walk ends.
    pub(super) fn new(tree: &Tree) -> Self {
        let mut columns: Vec<u32> =
            tree.nodes.iter().filter_map(|n| n.split.as_ref()).map(|s| s.column).collect();
        columns.sort_unstable();
        columns.dedup();
        let mut taken = vec![false; tree.nodes.len()];
        let (mut steps, mut logits, mut depth) =
            (vec![Step::leaf(0)], vec![tree.nodes.first().map_or(0.0, |root| root.logit)], 0);
        let mut queue = VecDeque::from([(0, 0, 0)]);
        while let Some((node, at, level)) = queue.pop_front() {
            depth = depth.max(level);
            let split = tree.nodes.get(node).and_then(|n| n.split.as_ref());
            let (Some(split), Some(children)) = (split, tree.children(node)) else { continue };
            if children[0] == children[1] || children.iter().any(|&child| taken[child]) {
                continue;
            }
            let next = steps.len();
            let slot = columns.binary_search(&split.column).unwrap_or(0);
            steps[at] = Step { left: bits(&split.left_if), slot: slot as u32, next: next as u32 };
            for (side, child) in children.into_iter().enumerate() {
                taken[child] = true;
                steps.push(Step::leaf((next + side) as u32));
                logits.push(tree.nodes[child].logit);
                queue.push_back((child, next + side, level + 1));
            }
        }
        Self { steps, logits, columns, depth }
    }

    /// Whether the tree asks an encoded column.
    pub fn asks(&self, column: usize) -> bool {
        self.columns.iter().any(|&asked| asked as usize == column)
    }

    /// The logits of the first `out.len()` rows; see [`Tree::logits`].
    pub fn logits(&self, codes: &Codes, out: &mut [f64]) {
        let rows = out.len();
        let columns: Vec<Cow<[u8]>> =
            self.columns.iter().map(|&column| whole(codes, column, rows)).collect();
        let columns: Vec<&[u8]> = columns.iter().map(AsRef::as_ref).collect();
        if columns.is_empty() {
            out.fill(self.logits[0]);
            return;
        }
        for (block, out) in out.chunks_mut(TOGETHER).enumerate() {
            let first = block * TOGETHER;
            let mut at = [0_u32; TOGETHER];
            let at = &mut at[..out.len()];
            for _ in 0..self.depth {
                for (row, at) in at.iter_mut().enumerate() {
                    let step = &self.steps[*at as usize];
                    *at = step.then(columns[step.slot as usize][first + row]);
                }
            }
            for (out, at) in out.iter_mut().zip(at) {
                *out = self.logits[*at as usize];
            }
        }
    }
}

/// A column of exactly `rows` codes, filled up with missing values where it is short.
pub(in crate::model) fn whole<'a>(codes: &Codes<'a>, column: u32, rows: usize) -> Cow<'a, [u8]> {
    let column: &'a [u8] = codes.get(column as usize).copied().unwrap_or(&[]);
    match column.get(..rows) {
        Some(column) => Cow::Borrowed(column),
        None => Cow::Owned(column.iter().copied().chain(std::iter::repeat(0)).take(rows).collect()),
    }
}
