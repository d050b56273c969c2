//! The reasons behind a score: additive contributions in logit space.
//!
//! The contributions of a row add up, with the base, to the logit that the learner gives it. The
//! reasons are the three largest that point where the row's score lies against the base.

use crate::{
    bundle::Fitted,
    model::{Codes, Scorecard, Tree},
};

/// Whether a column raises or lowers the score of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The score is higher for it.
    Raises,
    /// The score is lower for it.
    Lowers,
}

/// Why a row scores as it does: a column and where it pushes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reason {
    /// Index among the encoded columns.
    pub column: u32,
    /// Change of the logit.
    pub contribution: f64,
}

impl Reason {
    /// Where it pushes.
    pub fn direction(&self) -> Direction {
        if self.contribution > 0.0 { Direction::Raises } else { Direction::Lowers }
    }
}

/// Up to three reasons, the strongest first.
pub type Reasons = [Option<Reason>; 3];

/// Contributions that count as none.
const NEGLIGIBLE: f64 = 1e-9;

/// A fitted learner made ready to explain its scores.
#[derive(Debug, Clone)]
pub enum Explainer {
    /// For each column of the card the contribution of each code.
    Additive {
        /// Column index and contributions by code.
        tables: Vec<(u32, Vec<f64>)>,
    },
    /// For each leaf its reasons.
    Leaves {
        /// By node index.
        reasons: Vec<Reasons>,
        /// The tree.
        tree: Tree,
    },
}

impl Explainer {
    /// Makes a learner ready. `code_counts` is the number of codes of each encoded column.
    pub fn new(fitted: &Fitted, code_counts: &[u16]) -> Self {
        match fitted {
            Fitted::Logistic(card) => Self::Additive { tables: tables(card, code_counts) },
            Fitted::Tree(tree) => {
                Self::Leaves { reasons: leaf_reasons(tree, code_counts.len()), tree: tree.clone() }
            }
        }
    }

    /// The reasons of each of the chosen rows.
    pub fn explain(&self, codes: &Codes, rows: &[u32]) -> Vec<Reasons> {
        match self {
            Self::Additive { tables } => {
                rows.iter().map(|&row| additive(tables, codes, row as usize)).collect()
            }
            Self::Leaves { reasons, tree } => {
                rows.iter().map(|&row| reasons[tree.leaf_of(codes, row as usize)]).collect()
            }
        }
    }
}

fn tables(card: &Scorecard, code_counts: &[u16]) -> Vec<(u32, Vec<f64>)> {
    card.columns
        .iter()
        .map(|column| {
            let count = code_counts.get(column.column as usize).copied().unwrap_or(0);
            let table = column.table();
            let table = table.iter().take(count.into()).map(|logit| logit - column.mean).collect();
            (column.column, table)
        })
        .collect()
}

fn additive(tables: &[(u32, Vec<f64>)], codes: &Codes, row: usize) -> Reasons {
    let mut raises = Strongest::default();
    let mut lowers = Strongest::default();
    let mut sum = 0.0;
    for (column, table) in tables {
        let contribution = table[usize::from(codes[*column as usize][row])];
        sum += contribution;
        raises.offer(*column, contribution, contribution);
        lowers.offer(*column, contribution, -contribution);
    }
    if sum >= 0.0 { raises.reasons() } else { lowers.reasons() }
}

fn leaf_reasons(tree: &Tree, columns: usize) -> Vec<Reasons> {
    let mut parents = vec![None; tree.nodes.len()];
    for (node, split) in
        tree.nodes.iter().enumerate().filter_map(|(i, n)| Some((i, n.split.as_ref()?)))
    {
        for child in [split.left, split.right] {
            parents[child as usize] = Some((node, split.column as usize));
        }
    }
    let mut contributions = vec![0.0; columns];
    (0..tree.nodes.len())
        .map(|node| {
            contributions.fill(0.0);
            let mut below = node;
            while let Some((parent, column)) = parents[below] {
                contributions[column] += tree.nodes[below].logit - tree.nodes[parent].logit;
                below = parent;
            }
            let sum: f64 = contributions.iter().sum();
            let mut strongest = Strongest::default();
            for (column, &contribution) in contributions.iter().enumerate() {
                let strength = if sum >= 0.0 { contribution } else { -contribution };
                strongest.offer(column as u32, contribution, strength);
            }
            strongest.reasons()
        })
        .collect()
}

/// The three strongest contributions so far; the first offered wins a tie.
#[derive(Debug, Clone, Copy)]
struct Strongest {
    strength: [f64; 3],
    column: [u32; 3],
    contribution: [f64; 3],
}

impl Default for Strongest {
    fn default() -> Self {
        Self { strength: [NEGLIGIBLE; 3], column: [u32::MAX; 3], contribution: [0.0; 3] }
    }
}

impl Strongest {
    #[inline]
    fn offer(&mut self, column: u32, contribution: f64, strength: f64) {
        if strength <= self.strength[2] {
            return;
        }
        let mut at = 2;
        while at > 0 && strength > self.strength[at - 1] {
            self.strength[at] = self.strength[at - 1];
            self.column[at] = self.column[at - 1];
            self.contribution[at] = self.contribution[at - 1];
            at -= 1;
        }
        self.strength[at] = strength;
        self.column[at] = column;
        self.contribution[at] = contribution;
    }

    fn reasons(&self) -> Reasons {
        std::array::from_fn(|i| {
            (self.column[i] != u32::MAX)
                .then(|| Reason { column: self.column[i], contribution: self.contribution[i] })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_point_where_the_score_lies() {
        let tables = vec![
            (0, vec![0.0, 0.5]),
            (1, vec![0.0, 0.9]),
            (2, vec![0.0, -0.3]),
            (3, vec![0.0, 0.1]),
        ];
        let codes: Vec<&[u8]> = vec![&[1, 0], &[1, 0], &[1, 1], &[1, 0]];
        let columns = |reasons: Reasons| reasons.map(|r| r.map(|r| r.column));
        assert_eq!(columns(additive(&tables, &codes, 0)), [Some(1), Some(0), Some(3)]);
        assert_eq!(columns(additive(&tables, &codes, 1)), [Some(2), None, None]);
    }
}
