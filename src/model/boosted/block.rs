//! A few trees answered together: every column asked once, by tables instead of comparisons.
//!
//! What all forks of one column take away from the leaves that a row may fall into depends on the code
//! alone, so it is looked up; see [`leaves`](super::leaves).
//!
//! # Source
//! Lucchese, Nardini, Orlando, Perego, Tonellotto & Venturini, *QuickScorer: a fast algorithm to rank
//! documents with additive ensembles of regression trees*, SIGIR 2015. The tables by code are ours.

use super::{
    Branches,
    leaves::{self, Leaves},
};
use crate::model::distinct;

/// `TREES` trees of at most `LEAVES` leaves.
#[derive(Debug, Clone)]
pub(super) struct Block<M, const TREES: usize, const LEAVES: usize> {
    fours: Vec<Sheet<M, TREES, 4>>,
    threes: Vec<Sheet<M, TREES, 3>>,
    twos: Vec<Sheet<M, TREES, 2>>,
    ones: Vec<Sheet<M, TREES, 1>>,
    steps: Box<[[i32; LEAVES]; TREES]>,
}

/// Rows whose sets of leaves are kept at hand.
pub(super) const TILE: usize = 64;
/// The codes of a column in so many rows.
pub(super) type Tile = [u8; TILE];
/// Answers that the columns of a sheet have, at most, all together: a place is one byte.
const ANSWERS: usize = 256;

/// The leaves of each tree that are left; in a place from which they are loaded at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(align(16))]
struct Left<M, const TREES: usize>([M; TREES]);

/// All that the trees of a block ask of a few columns. Tables of fixed sizes, so that no place has to
/// be checked.
#[derive(Debug, Clone)]
struct Sheet<M, const TREES: usize, const COLUMNS: usize> {
    /// Places of the columns among those that the ensemble asks.
    slots: [usize; COLUMNS],
    tables: Box<Tables<M, TREES, COLUMNS>>,
}

#[derive(Debug, Clone)]
struct Tables<M, const TREES: usize, const COLUMNS: usize> {
    answers: [Left<M, TREES>; ANSWERS],
    /// For each column and code the place of its answer. Codes that no fork tells apart share one.
    place_of: [[u8; 256]; COLUMNS],
}

impl<M: Leaves, const TREES: usize, const LEAVES: usize> Block<M, TREES, LEAVES> {
    /// Puts trees in preorder together, at most `TREES` of at most `LEAVES` leaves. `columns` are
    /// those that the ensemble asks, ascending.
    pub(super) fn new(trees: &[&Branches], columns: &[u32]) -> Self {
        let mut steps = Box::new([[0; LEAVES]; TREES]);
        let mut forks: Vec<(usize, leaves::Fork<'_, M>)> = Vec::new();
        for (tree, branches) in trees.iter().enumerate() {
            for (place, leaf) in steps[tree].iter_mut().zip(leaves::steps(branches)) {
                *place = leaf;
            }
            forks.extend(leaves::forks(branches).map(|fork| (tree, fork)));
        }
        forks.sort_by_key(|(_, fork)| fork.column);
        let questions = forks
            .chunk_by(|(_, a), (_, b)| a.column == b.column)
            .filter_map(|asked| {
                let slot = columns.binary_search(&asked[0].1.column).ok()?;
                Some(Question::new(slot, asked))
            })
            .collect();
        let together = together(questions);
        Self {
            fours: sheets(&together),
            threes: sheets(&together),
            twos: sheets(&together),
            ones: sheets(&together),
            steps,
        }
    }

    /// Adds what the trees say of each row. Every column has so many tiles of codes as hold the rows
    /// of `sums`.
    pub(super) fn add(&self, columns: &[&[Tile]], sums: &mut [i64]) {
        for (tile, sums) in sums.chunks_mut(TILE).enumerate() {
            let mut left = [Left([M::ALL; TREES]); TILE];
            self.fours.iter().for_each(|sheet| sheet.ask(columns, tile, &mut left));
            self.threes.iter().for_each(|sheet| sheet.ask(columns, tile, &mut left));
            self.twos.iter().for_each(|sheet| sheet.ask(columns, tile, &mut left));
            self.ones.iter().for_each(|sheet| sheet.ask(columns, tile, &mut left));
            for (sum, left) in sums.iter_mut().zip(&left) {
                let found = self.steps.iter().zip(&left.0);
                *sum +=
                    found.map(|(steps, left)| i64::from(steps[left.first() % LEAVES])).sum::<i64>();
            }
        }
    }
}

/// What the trees of a block ask of one column.
#[derive(Debug, Clone)]
struct Question<M, const TREES: usize> {
    slot: usize,
    /// Codes that no fork tells apart share an answer.
    answer_of: [u8; 256],
    answers: Vec<Left<M, TREES>>,
}

impl<M: Leaves, const TREES: usize> Question<M, TREES> {
    fn new(slot: usize, forks: &[(usize, leaves::Fork<'_, M>)]) -> Self {
        let (answer_of, answers) = distinct(|code| {
            let mut answer = Left([M::ALL; TREES]);
            for (tree, fork) in forks.iter().filter(|(_, fork)| !fork.left_if.goes_left(code)) {
                answer.0[*tree] = answer.0[*tree] & fork.right;
            }
            answer
        });
        Self { slot, answer_of, answers }
    }
}

/// Columns that have room on one sheet: those with the most answers first, each joins the first sheet
/// where it fits.
fn together<M, const TREES: usize>(
    mut questions: Vec<Question<M, TREES>>,
) -> Vec<Vec<Question<M, TREES>>> {
    questions.sort_by_key(|question| std::cmp::Reverse(question.answers.len()));
    let mut sheets: Vec<Vec<Question<M, TREES>>> = Vec::new();
    for question in questions {
        let has_room = |sheet: &&mut Vec<Question<M, TREES>>| {
            let taken: usize = sheet.iter().map(|question| question.answers.len()).sum();
            sheet.len() < 4 && taken + question.answers.len() <= ANSWERS
        };
        match sheets.iter_mut().find(has_room) {
            Some(sheet) => sheet.push(question),
            None => sheets.push(vec![question]),
        }
    }
    sheets
}

/// The sheets of so many columns.
fn sheets<M: Leaves, const TREES: usize, const COLUMNS: usize>(
    together: &[Vec<Question<M, TREES>>],
) -> Vec<Sheet<M, TREES, COLUMNS>> {
    together.iter().filter_map(|few| Some(Sheet::new(few.as_slice().try_into().ok()?))).collect()
}

impl<M: Leaves, const TREES: usize, const COLUMNS: usize> Sheet<M, TREES, COLUMNS> {
    fn new(questions: &[Question<M, TREES>; COLUMNS]) -> Self {
        let mut tables = Box::new(Tables {
            answers: [Left([M::ALL; TREES]); ANSWERS],
            place_of: [[0; 256]; COLUMNS],
        });
        let mut taken = 0;
        for (question, place_of) in questions.iter().zip(&mut tables.place_of) {
            *place_of = question.answer_of.map(|answer| (taken + usize::from(answer)) as u8);
            let places = tables.answers.iter_mut().skip(taken);
            places.zip(&question.answers).for_each(|(place, answer)| *place = *answer);
            taken += question.answers.len();
        }
        Self { slots: questions.each_ref().map(|question| question.slot), tables }
    }

    /// Takes away the leaves that the codes of a tile rule out, row by row.
    fn ask(&self, columns: &[&[Tile]], tile: usize, left: &mut [Left<M, TREES>; TILE]) {
        let Tables { answers, place_of } = &*self.tables;
        let codes = self.slots.map(|slot| &columns[slot][tile]);
        for (row, left) in left.iter_mut().enumerate() {
            let mut now = *left;
            for (codes, place_of) in codes.iter().zip(place_of) {
                // By value: so it becomes a few wide loads and ands.
                let Left(answer) = answers[usize::from(place_of[usize::from(codes[row])])];
                now = Left(std::array::from_fn(|tree| now.0[tree] & answer[tree]));
            }
            *left = now;
        }
    }
}
