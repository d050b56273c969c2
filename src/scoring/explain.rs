//! The reasons behind a score: additive contributions in logit space.
//!
//! The contributions of a row add up, with the base, to the logit that the learner gives it. The
//! reasons are the three largest that point where the row's score lies against the base. Those that someone
//! can act on come first; where none of the three is one, the largest that is takes the place of the third.

use crate::{
    bundle::{Blend, Fitted},
    model::{Codes, Scorecard, TreeShap, scorecard::CardColumn},
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

/// Up to three reasons: those that someone can act on first, then the strongest first.
pub type Reasons = [Option<Reason>; 3];

/// Contributions that count as none.
const NEGLIGIBLE: f64 = 1e-9;

/// Rows that are explained together.
const TOGETHER: usize = 4096;

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
    /// Shapley values of a tree, or of many.
    Trees(TreeShap),
    /// A weighted sum of others.
    Sum {
        /// Each with its weight.
        parts: Vec<(f64, Self)>,
        /// The columns of all, ascending.
        columns: Vec<u32>,
        /// The logit where every contribution is nothing.
        base: f64,
    },
}

impl Explainer {
    /// Makes a learner ready.
    pub fn new(fitted: &Fitted) -> Self {
        match fitted {
            Fitted::Logistic(card) => Self::Additive { tables: tables(card), base: card.base() },
            Fitted::Tree(tree) => Self::Trees(tree.shap()),
            Fitted::Boost(boosted) => Self::Trees(boosted.shap()),
            Fitted::Blend(blend) => Self::sum(blend),
        }
    }

    fn sum(blend: &Blend) -> Self {
        let parts: Vec<(f64, Self)> =
            blend.parts.iter().map(|part| (part.weight, Self::new(&part.fitted))).collect();
        let mut columns: Vec<u32> = parts.iter().flat_map(|(_, part)| part.columns()).collect();
        columns.sort_unstable();
        columns.dedup();
        let base =
            parts.iter().fold(blend.intercept, |sum, (weight, part)| sum + weight * part.base());
        Self::Sum { parts, columns, base }
    }

    /// The logit where every contribution is nothing.
    pub fn base(&self) -> f64 {
        match self {
            Self::Additive { base, .. } | Self::Sum { base, .. } => *base,
            Self::Trees(shap) => shap.base(),
        }
    }

    /// The encoded columns that contribute, ascending.
    pub fn columns(&self) -> Vec<u32> {
        match self {
            Self::Additive { tables, .. } => tables.iter().map(|(column, _)| *column).collect(),
            Self::Trees(shap) => shap.columns().to_vec(),
            Self::Sum { columns, .. } => columns.clone(),
        }
    }

    /// What each column contributes to the logits of the chosen rows: with the base, all of them.
    ///
    /// # Shape
    /// `out` is overwritten: for each of the rows one entry for each of [`Explainer::columns`].
    pub fn contributions(&self, codes: &Codes, rows: &[u32], out: &mut [f64]) {
        match self {
            Self::Additive { tables, .. } => {
                for (slot, (column, table)) in tables.iter().enumerate() {
                    let codes = codes.get(*column as usize).copied().unwrap_or_default();
                    for (out, &row) in out.chunks_exact_mut(tables.len()).zip(rows) {
                        let code = codes.get(row as usize).copied().unwrap_or(0);
                        out[slot] = table[usize::from(code)];
                    }
                }
            }
            Self::Trees(shap) => shap.shares(codes, rows, out),
            Self::Sum { parts, columns, .. } => {
                out.fill(0.0);
                for (weight, part) in parts {
                    let own = part.columns();
                    if own.is_empty() {
                        continue;
                    }
                    let mut told = vec![0.0; rows.len() * own.len()];
                    part.contributions(codes, rows, &mut told);
                    let slots: Vec<usize> = own
                        .iter()
                        .filter_map(|column| columns.binary_search(column).ok())
                        .collect();
                    let of_rows = out.chunks_exact_mut(columns.len());
                    for (out, told) in of_rows.zip(told.chunks_exact(own.len())) {
                        for (&slot, told) in slots.iter().zip(told) {
                            out[slot] += weight * told;
                        }
                    }
                }
            }
        }
    }

    /// The reasons of each of the chosen rows; `logits` has one entry a row of the codes, `actionable` one an
    /// encoded column: whether someone can act on it.
    pub fn explain(
        &self,
        codes: &Codes,
        rows: &[u32],
        logits: &[f64],
        actionable: &[bool],
    ) -> Vec<Reasons> {
        let can_act = |column: u32| actionable.get(column as usize).copied().unwrap_or(false);
        if let Self::Additive { tables, base } = self {
            let tables: Vec<Table<'_>> =
                tables.iter().map(|(column, table)| (*column, can_act(*column), table)).collect();
            return additive(&tables, *base, codes, rows, logits);
        }
        let columns = self.columns();
        if columns.is_empty() {
            return vec![Reasons::default(); rows.len()];
        }
        let mut reasons = Vec::with_capacity(rows.len());
        let mut contributions = vec![0.0; rows.len().min(TOGETHER) * columns.len()];
        for rows in rows.chunks(TOGETHER) {
            let contributions = &mut contributions[..rows.len() * columns.len()];
            self.contributions(codes, rows, contributions);
            for (of_row, &row) in contributions.chunks_exact(columns.len()).zip(rows) {
                let sign = if logits[row as usize] >= self.base() { 1.0 } else { -1.0 };
                let mut strongest = Strongest::default();
                for (&column, contribution) in columns.iter().zip(of_row) {
                    strongest.offer(column, can_act(column), sign * contribution);
                }
                reasons.push(strongest.reasons(sign));
            }
        }
        reasons
    }
}

fn tables(card: &Scorecard) -> Vec<(u32, [f64; 256])> {
    let centred = |column: &CardColumn| column.table().map(|logit| logit - column.mean);
    card.columns.iter().map(|column| (column.column, centred(column))).collect()
}

/// A column, whether someone can act on it, and its contributions by code.
type Table<'a> = (u32, bool, &'a [f64; 256]);

/// Column by column over a few rows at a time, so that each table is looked into while it is warm.
fn additive(
    tables: &[Table<'_>],
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
        for (column, can_act, table) in tables {
            let codes = codes[*column as usize];
            for ((strongest, &sign), &row) in strongest.iter_mut().zip(&signs).zip(rows) {
                let strength = sign * table[usize::from(codes[row as usize])];
                strongest.offer(*column, *can_act, strength);
            }
        }
        let told = strongest.iter().zip(&signs);
        reasons.extend(told.map(|(strongest, &sign)| strongest.reasons(sign)));
    }
    reasons
}

/// The three strongest contributions so far, and the strongest that someone can act on; the first offered wins
/// a tie.
#[derive(Debug, Clone, Copy)]
struct Strongest {
    strength: [f64; 3],
    column: [u32; 3],
    can_act: [bool; 3],
    actionable: (f64, u32),
}

impl Default for Strongest {
    fn default() -> Self {
        Self {
            strength: [NEGLIGIBLE; 3],
            column: [u32::MAX; 3],
            can_act: [false; 3],
            actionable: (NEGLIGIBLE, u32::MAX),
        }
    }
}

impl Strongest {
    #[inline]
    fn offer(&mut self, column: u32, can_act: bool, strength: f64) {
        if can_act && strength > self.actionable.0 {
            self.actionable = (strength, column);
        }
        if strength <= self.strength[2] {
            return;
        }
        let mut at = 2;
        while at > 0 && strength > self.strength[at - 1] {
            self.strength[at] = self.strength[at - 1];
            self.column[at] = self.column[at - 1];
            self.can_act[at] = self.can_act[at - 1];
            at -= 1;
        }
        self.strength[at] = strength;
        self.column[at] = column;
        self.can_act[at] = can_act;
    }

    /// The reasons; `sign` is that of the contributions that were offered as strengths.
    fn reasons(mut self, sign: f64) -> Reasons {
        let (strength, column) = self.actionable;
        if column != u32::MAX && !self.can_act.contains(&true) {
            (self.strength[2], self.column[2], self.can_act[2]) = (strength, column, true);
        }
        let mut order = [0, 1, 2];
        order.sort_by_key(|i| !self.can_act[*i]);
        order.map(|i| {
            let there = self.column[i] != u32::MAX;
            there.then(|| Reason { column: self.column[i], contribution: sign * self.strength[i] })
        })
    }
}

#[cfg(test)]
mod tests;
