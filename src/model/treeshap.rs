//! What each column adds to a row's logit: exact Shapley values of the trees.
//!
//! The base and the shares of a row add up to its logit. A column that is not known counts by the
//! training rows: where it is asked, both ways are taken, each with the share of the rows that went
//! there.
//!
//! # Formula
//! A leaf of logit `v` stands for the game `v ∏ o_j ∏ z_j`, over the columns `j` that are known and
//! not known: `o_j` is 1 where the row meets all that the path asks of column `j`, else 0, and `z_j`
//! the share of the training rows that do. By the multilinear extension the Shapley value of column
//! `i` is `v (o_i − z_i) ∫ ∏_{j ≠ i} (t o_j + (1 − t) z_j) dt` over `t` from 0 to 1: a polynomial,
//! which Gauss and Legendre's rule integrates exactly by half as many points as the path has columns.
//! The products are carried down the tree at those points, and summed up again on the way back.
//!
//! # Cost
//! Two short loops over the forks of every tree, a row.
//!
//! # Source
//! Lundberg, Erion & Lee, *Consistent individualized feature attribution for tree ensembles* (2018):
//! the game. Owen, *Multilinear extensions of games*, Management Science 18 (1972): the integral.
//! Yu, Xu, Jiang & Lu, *Linear TreeSHAP*, NeurIPS 2022: sums over a tree instead of over its paths.

mod game;
mod quadrature;

use self::game::Game;
use crate::model::{Codes, tree::Rule};

/// A node of a tree that shares are told of; the first is the root.
#[derive(Debug, Clone, Copy)]
pub(in crate::model) enum Twig<'a> {
    /// A question.
    Fork {
        /// The encoded column.
        column: u32,
        /// Which codes go left.
        left_if: &'a Rule,
        /// Places of the left and of the right child, both after this one, nobody else's.
        children: [usize; 2],
    },
    /// An answer.
    Leaf {
        /// What it adds to the logit.
        logit: f64,
        /// Training rows.
        rows: f64,
    },
}

/// Trees made ready to tell what each column adds.
#[derive(Debug, Clone)]
pub struct TreeShap {
    base: f64,
    columns: Vec<u32>,
    // By number of points.
    two: Vec<Game<2>>,
    four: Vec<Game<4>>,
    six: Vec<Game<6>>,
    eight: Vec<Game<8>>,
    sixteen: Vec<Game<16>>,
    most: Vec<Game<32>>,
}

impl TreeShap {
    /// Trees whose logits are summed, with `base`.
    pub(in crate::model) fn new<'a>(
        base: f64,
        trees: impl Iterator<Item = Vec<Twig<'a>>> + Clone,
    ) -> Self {
        let asked = trees.clone().flatten().filter_map(|twig| match twig {
            Twig::Fork { column, .. } => Some(column),
            Twig::Leaf { .. } => None,
        });
        let mut columns: Vec<u32> = asked.collect();
        columns.sort_unstable();
        columns.dedup();
        let (two, four, six) = (Vec::new(), Vec::new(), Vec::new());
        let (eight, sixteen, most) = (Vec::new(), Vec::new(), Vec::new());
        let mut all = Self { base, columns, two, four, six, eight, sixteen, most };
        for twigs in trees {
            let rows = game::rows(&twigs);
            all.base += game::mean(&twigs, &rows);
            match game::columns_of_longest(&twigs) {
                0 => {}
                1..=4 => all.two.push(Game::new(&twigs, &rows, &all.columns)),
                5..=8 => all.four.push(Game::new(&twigs, &rows, &all.columns)),
                9..=12 => all.six.push(Game::new(&twigs, &rows, &all.columns)),
                13..=16 => all.eight.push(Game::new(&twigs, &rows, &all.columns)),
                17..=32 => all.sixteen.push(Game::new(&twigs, &rows, &all.columns)),
                _ => all.most.push(Game::new(&twigs, &rows, &all.columns)),
            }
        }
        all
    }

    /// The logit where nothing is known of a row: the mean over the training rows.
    pub fn base(&self) -> f64 {
        self.base
    }

    /// The encoded columns that are asked, ascending. No other adds anything.
    pub fn columns(&self) -> &[u32] {
        &self.columns
    }

    /// What each column adds to the logits of the chosen rows. A column that is not there, or a row
    /// past its end, reads as missing.
    ///
    /// # Shape
    /// `out` is overwritten: for each of the rows one entry for each of [`TreeShap::columns`].
    ///
    /// # Units
    /// Logits.
    pub fn shares(&self, codes: &Codes, rows: &[u32], out: &mut [f64]) {
        out.fill(0.0);
        let width = self.columns.len();
        if width == 0 {
            return;
        }
        let mut gathered = vec![0_u8; rows.len() * width];
        for (slot, &column) in self.columns.iter().enumerate() {
            let column = codes.get(column as usize).copied().unwrap_or_default();
            for (of_row, &row) in gathered.chunks_exact_mut(width).zip(rows) {
                of_row[slot] = column.get(row as usize).copied().unwrap_or(0);
            }
        }
        self.two.iter().for_each(|game| game.add(&gathered, width, out));
        self.four.iter().for_each(|game| game.add(&gathered, width, out));
        self.six.iter().for_each(|game| game.add(&gathered, width, out));
        self.eight.iter().for_each(|game| game.add(&gathered, width, out));
        self.sixteen.iter().for_each(|game| game.add(&gathered, width, out));
        self.most.iter().for_each(|game| game.add(&gathered, width, out));
    }
}

#[cfg(test)]
mod tests;
