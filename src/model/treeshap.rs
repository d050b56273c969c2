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
//!
//! What a leaf gives depends on a row only by which conditions it meets. So neighbouring leaves share
//! tables with an entry for each way to stand with all of them, made once. Where tables would be too
//! large, the products are carried down the tree at the points of the rule, and summed up again on
//! the way back.
//!
//! # Cost
//! For each few leaves a look into a table a column, a row. The tables take at most 32 MiB.
//!
//! # Source
//! Lundberg, Erion & Lee, *Consistent individualized feature attribution for tree ensembles* (2018):
//! the game. Owen, *Multilinear extensions of games*, Management Science 18 (1972): the integral.
//! Yang, *Fast TreeSHAP*, NeurIPS 2021 workshop: tables by the set of conditions, of one leaf each.
//! Yu, Xu, Jiang & Lu, *Linear TreeSHAP*, NeurIPS 2022: sums over a tree instead of over its paths.

mod classes;
mod game;
mod grove;
mod paths;
mod quadrature;
mod stakes;
mod tile;

use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use self::{
    game::Game,
    grove::{Limit, Plan, Stand, grouped},
    paths::Paths,
    tile::{ROWS, Tile},
};
use crate::{
    model::{Codes, tree::Rule},
    spare::Spare,
};

/// Most cells of all tables, of eight bytes each.
const MOST_CELLS: usize = 1 << 22;

/// How large the table of a few leaves may be, in patterns: the first by which all tables fit.
const LIMITS: [usize; 7] = [2048, 1024, 512, 256, 64, 16, 4];

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

impl Twig<'_> {
    fn children(&self) -> Option<[usize; 2]> {
        match self {
            Self::Fork { children, .. } => Some(*children),
            Self::Leaf { .. } => None,
        }
    }
}

/// Trees made ready to tell what each column adds.
#[derive(Debug, Clone)]
pub struct TreeShap {
    base: f64,
    columns: Vec<u32>,
    stands: Vec<Stand>,
    games: Games,
    tiles: Spare<Vec<Tile>>,
}

/// What is told of without tables, by number of points.
#[derive(Debug, Clone, Default)]
struct Games {
    two: Vec<Game<2>>,
    four: Vec<Game<4>>,
    six: Vec<Game<6>>,
    eight: Vec<Game<8>>,
    sixteen: Vec<Game<16>>,
    most: Vec<Game<32>>,
}

impl TreeShap {
    /// Trees whose logits are summed, with `base`.
    pub(in crate::model) fn new<'a>(base: f64, trees: impl Iterator<Item = Vec<Twig<'a>>>) -> Self {
        let trees: Vec<Vec<Twig<'a>>> = trees.collect();
        let asked = trees.iter().flatten().filter_map(|twig| match twig {
            Twig::Fork { column, .. } => Some(*column),
            Twig::Leaf { .. } => None,
        });
        let mut columns: Vec<u32> = asked.collect();
        columns.sort_unstable();
        columns.dedup();
        let limits = LIMITS.into_iter().map(|patterns| Limit { patterns });
        let planned = limits.into_iter().find_map(|limit| plans(&trees, &columns, limit));
        let planned = planned.unwrap_or_else(|| trees.iter().map(|_| None).collect());
        Self::planted(base, columns, &trees, &planned)
    }

    /// As [`TreeShap::new`], by plans that have been made; without tables where there is none.
    fn planted(
        base: f64,
        columns: Vec<u32>,
        trees: &[Vec<Twig<'_>>],
        planned: &[Option<Planned>],
    ) -> Self {
        let mut all = Self {
            base,
            columns,
            stands: Vec::new(),
            games: Games::default(),
            tiles: Spare::default(),
        };
        for (twigs, planned) in trees.iter().zip(planned) {
            let rows = paths::rows(twigs);
            all.base += paths::mean(twigs, &rows);
            match planned {
                None => all.games.push(twigs, &rows, &all.columns),
                Some((_, plan)) if plan.rest.is_empty() => {}
                Some((_, plan)) => all.games.push(&only(twigs, &plan.rest), &rows, &all.columns),
            }
        }
        let planned = planned.iter().flatten();
        let bundles = planned
            .flat_map(|(paths, plan)| plan.bundles.iter().map(move |bundle| (paths, bundle)));
        all.stands = grouped(bundles).par_iter().map(|group| Stand::new(group)).collect();
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
        let mut tiles = self.tiles.take();
        tiles.resize_with(rows.len().div_ceil(ROWS), Tile::default);
        for (tile, rows) in tiles.iter_mut().zip(rows.chunks(ROWS)) {
            tile.load(&self.columns, codes, rows);
        }
        // A few tables at a time: so that they are at hand for all rows.
        for stand in &self.stands {
            for tile in tiles.iter_mut() {
                stand.add(tile);
            }
        }
        for (tile, out) in tiles.iter().zip(out.chunks_mut(ROWS * width)) {
            for (row, out) in out.chunks_exact_mut(width).enumerate() {
                out.iter_mut().zip(&tile.sums).for_each(|(out, sums)| *out = sums[row]);
            }
            self.games.add(tile, out);
        }
    }
}

/// How a tree is to be told of, with its paths.
type Planned = (Paths, Plan);

/// The plans of all trees by a limit; for each `None` where it has too many leaves.
///
/// Gives up where the tables would take more than [`MOST_CELLS`].
fn plans(trees: &[Vec<Twig<'_>>], columns: &[u32], limit: Limit) -> Option<Vec<Option<Planned>>> {
    let cells = AtomicUsize::new(0);
    let one = |twigs: &Vec<Twig<'_>>| {
        let planned = plan(twigs, columns, limit);
        let own = planned.as_ref().map_or(0, |(_, plan)| plan.cells);
        let before = cells.fetch_add(own, Ordering::Relaxed);
        (before + own <= MOST_CELLS).then_some(planned)
    };
    trees.par_iter().map(one).collect()
}

fn plan(twigs: &[Twig<'_>], columns: &[u32], limit: Limit) -> Option<Planned> {
    let paths = Paths::new(twigs, &paths::rows(twigs), columns)?;
    let children: Vec<Option<[usize; 2]>> = twigs.iter().map(Twig::children).collect();
    let plan = Plan::new(&paths, &children, limit);
    Some((paths, plan))
}

/// A tree of which all leaves but some are worth nothing.
fn only<'a>(twigs: &[Twig<'a>], kept: &[usize]) -> Vec<Twig<'a>> {
    let mut only = twigs.to_vec();
    let mut holds = vec![false; twigs.len()];
    for &at in kept {
        holds[at] = true;
    }
    for (at, twig) in twigs.iter().enumerate().rev() {
        if let Some(children) = twig.children() {
            holds[at] = children.iter().any(|&child| holds[child]);
        }
        if !holds[at] {
            only[at] = Twig::Leaf { logit: 0.0, rows: 0.0 };
        }
    }
    only
}

impl Games {
    /// `rows` holds the training rows of each twig; `columns` those that all trees ask, ascending.
    fn push(&mut self, twigs: &[Twig<'_>], rows: &[f64], columns: &[u32]) {
        match paths::columns_of_longest(twigs) {
            0 => {}
            1..=4 => self.two.push(Game::new(twigs, rows, columns)),
            5..=8 => self.four.push(Game::new(twigs, rows, columns)),
            9..=12 => self.six.push(Game::new(twigs, rows, columns)),
            13..=16 => self.eight.push(Game::new(twigs, rows, columns)),
            17..=32 => self.sixteen.push(Game::new(twigs, rows, columns)),
            _ => self.most.push(Game::new(twigs, rows, columns)),
        }
    }

    fn is_empty(&self) -> bool {
        let small = self.two.len() + self.four.len() + self.six.len();
        small + self.eight.len() + self.sixteen.len() + self.most.len() == 0
    }

    /// Adds to `out`, which has for each row of the tile an entry a column.
    fn add(&self, tile: &Tile, out: &mut [f64]) {
        if self.is_empty() {
            return;
        }
        let width = tile.codes.len();
        let codes: Vec<u8> =
            (0..tile.rows).flat_map(|row| tile.codes.iter().map(move |codes| codes[row])).collect();
        self.two.iter().for_each(|game| game.add(&codes, width, out));
        self.four.iter().for_each(|game| game.add(&codes, width, out));
        self.six.iter().for_each(|game| game.add(&codes, width, out));
        self.eight.iter().for_each(|game| game.add(&codes, width, out));
        self.sixteen.iter().for_each(|game| game.add(&codes, width, out));
        self.most.iter().for_each(|game| game.add(&codes, width, out));
    }
}

#[cfg(test)]
mod tests;
