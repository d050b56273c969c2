//! The reasons behind a score: additive contributions in logit space.
//!
//! The contributions of a row add up, with the base, to the logit that the learner gives it. The
//! reasons are the three largest that point where the row's score lies against the base.

use crate::{
    bundle::Fitted,
    model::{Codes, Scorecard, Tree, scorecard::CardColumn},
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
        tables: Vec<(u32, [f64; 256])>,
        /// The logit where every contribution is nothing.
        base: f64,
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
            Fitted::Logistic(card) => Self::Additive { tables: tables(card), base: card.base() },
            Fitted::Tree(tree) => {
                Self::Leaves { reasons: leaf_reasons(tree, code_counts.len()), tree: tree.clone() }
            }
            Fitted::Boost(_) | Fitted::Blend(_) => Self::Additive { tables: Vec::new(), base: 0.0 },
        }
    }

    /// The reasons of each of the chosen rows; `logits` has one entry a row of the codes.
    pub fn explain(&self, codes: &Codes, rows: &[u32], logits: &[f64]) -> Vec<Reasons> {
        match self {
            Self::Additive { tables, base } => additive(tables, *base, codes, rows, logits),
            Self::Leaves { reasons, tree } => {
                rows.iter().map(|&row| reasons[tree.leaf_of(codes, row as usize)]).collect()
            }
        }
    }
}

fn tables(card: &Scorecard) -> Vec<(u32, [f64; 256])> {
    let centred = |column: &CardColumn| column.table().map(|logit| logit - column.mean);
    card.columns.iter().map(|column| (column.column, centred(column))).collect()
}

/// Column by column over a few rows at a time, so that each table is looked into while it is warm.
fn additive(
    tables: &[(u32, [f64; 256])],
    base: f64,
    codes: &Codes,
    rows: &[u32],
    logits: &[f64],
) -> Vec<Reasons> {
    let mut reasons = Vec::with_capacity(rows.len());
    let mut strongest = [Strongest::default(); 256];
    let mut signs = [1.0; 256];
    for rows in rows.chunks(256) {
        let strongest = &mut strongest[..rows.len()];
        strongest.fill(Strongest::default());
        for (sign, &row) in signs.iter_mut().zip(rows) {
            *sign = if logits[row as usize] >= base { 1.0 } else { -1.0 };
        }
        for (column, table) in tables {
            let codes = codes[*column as usize];
            for ((strongest, &sign), &row) in strongest.iter_mut().zip(&signs).zip(rows) {
                strongest.offer(*column, sign * table[usize::from(codes[row as usize])]);
            }
        }
        let told = strongest.iter().zip(&signs);
        reasons.extend(told.map(|(strongest, &sign)| strongest.reasons(sign)));
    }
    reasons
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
            let sign = if sum >= 0.0 { 1.0 } else { -1.0 };
            let mut strongest = Strongest::default();
            for (column, &contribution) in contributions.iter().enumerate() {
                strongest.offer(column as u32, sign * contribution);
            }
            strongest.reasons(sign)
        })
        .collect()
}

/// The three strongest contributions so far; the first offered wins a tie.
#[derive(Debug, Clone, Copy)]
struct Strongest {
    strength: [f64; 3],
    column: [u32; 3],
}

impl Default for Strongest {
    fn default() -> Self {
        Self { strength: [NEGLIGIBLE; 3], column: [u32::MAX; 3] }
    }
}

impl Strongest {
    #[inline]
    fn offer(&mut self, column: u32, strength: f64) {
        if strength <= self.strength[2] {
            return;
        }
        let mut at = 2;
        while at > 0 && strength > self.strength[at - 1] {
            self.strength[at] = self.strength[at - 1];
            self.column[at] = self.column[at - 1];
            at -= 1;
        }
        self.strength[at] = strength;
        self.column[at] = column;
    }

    /// The reasons; `sign` is that of the contributions that were offered as strengths.
    fn reasons(&self, sign: f64) -> Reasons {
        std::array::from_fn(|i| {
            let there = self.column[i] != u32::MAX;
            there.then(|| Reason { column: self.column[i], contribution: sign * self.strength[i] })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_point_where_the_score_lies() {
        let table = |second: f64| {
            let mut table = [0.0; 256];
            table[1] = second;
            table
        };
        let tables = [(0, table(0.5)), (1, table(0.9)), (2, table(-0.3)), (3, table(0.1))];
        let codes: Vec<&[u8]> = vec![&[1, 0], &[1, 0], &[1, 1], &[1, 0]];
        let told = additive(&tables, 0.0, &codes, &[0, 1], &[1.2, -0.3]);
        let columns = |reasons: Reasons| reasons.map(|r| r.map(|r| r.column));
        assert_eq!(columns(told[0]), [Some(1), Some(0), Some(3)]);
        assert_eq!(columns(told[1]), [Some(2), None, None]);
        assert_eq!(told[1][0].unwrap().direction(), Direction::Lowers);
    }
}
