//! What a tree says of many rows, by one look-up for each column that it asks.

use rayon::prelude::*;

use super::table::{Line, Table, WIDTH};
use crate::model::boosted::{
    Branches,
    leaves::{Leaves, Wide, forks, steps},
};

/// Rows that one thread takes at a time.
const AT_ONCE: usize = 1 << 14;
/// Rows whose leaves are looked up together.
const TOGETHER: usize = 64;

/// Adds what a tree says to the scores of rows: of all lines, or of those named, ascending.
pub(super) fn add(
    branches: &Branches,
    table: &Table,
    blocks: &[Vec<Line>],
    rows: Option<&[u32]>,
    scores: &mut [i32],
) {
    match branches.leaves() {
        ..=32 => Sieve::<u32>::of(branches, table).add(blocks, rows, scores),
        33..=64 => Sieve::<u64>::of(branches, table).add(blocks, rows, scores),
        _ => Sieve::<Wide>::of(branches, table).add(blocks, rows, scores),
    }
}

/// A tree of at most as many leaves as `M` has bits.
struct Sieve<M> {
    asked: Vec<Asked<M>>,
    /// What each leaf adds.
    steps: Vec<i32>,
}

/// A column that is asked: where it stands in a line, and the leaves that each code leaves.
struct Asked<M> {
    block: usize,
    slot: usize,
    left: Box<[M; 256]>,
}

impl<M: Leaves + Send + Sync> Sieve<M> {
    fn of(branches: &Branches, table: &Table) -> Self {
        let mut asked: Vec<Asked<M>> = Vec::new();
        for fork in forks::<M>(branches) {
            let Ok(at) = table.columns.binary_search_by_key(&fork.column, |column| column.at)
            else {
                continue;
            };
            let (block, slot) = (at / WIDTH, at % WIDTH);
            let known = asked.iter().position(|asked| (asked.block, asked.slot) == (block, slot));
            let known = known.unwrap_or_else(|| {
                asked.push(Asked { block, slot, left: Box::new([M::ALL; 256]) });
                asked.len() - 1
            });
            for (code, left) in (0..=u8::MAX).zip(asked[known].left.iter_mut()) {
                if !fork.left_if.goes_left(code) {
                    *left = *left & fork.right;
                }
            }
        }
        Self { asked, steps: steps(branches).collect() }
    }

    fn add(&self, blocks: &[Vec<Line>], rows: Option<&[u32]>, scores: &mut [i32]) {
        scores.par_chunks_mut(AT_ONCE).enumerate().for_each(|(chunk, scores)| {
            let first = (chunk * AT_ONCE) as u32;
            let until = first + scores.len() as u32;
            let Some(rows) = rows else {
                let mut some = [0; TOGETHER];
                for from in (first..until).step_by(TOGETHER) {
                    some.iter_mut().zip(from..until).for_each(|(slot, row)| *slot = row);
                    let count = TOGETHER.min((until - from) as usize);
                    self.add_some(blocks, &some[..count], first, scores);
                }
                return;
            };
            let place = |row: u32| rows.partition_point(|&other| other < row);
            for some in rows[place(first)..place(until)].chunks(TOGETHER) {
                self.add_some(blocks, some, first, scores);
            }
        });
    }

    /// At most [`TOGETHER`] rows, whose scores begin with that of row `first`.
    #[inline]
    fn add_some(&self, blocks: &[Vec<Line>], rows: &[u32], first: u32, scores: &mut [i32]) {
        let mut leaves = [M::ALL; TOGETHER];
        for Asked { block, slot, left } in &self.asked {
            let lines = &blocks[*block];
            for (leaf, &row) in leaves.iter_mut().zip(rows) {
                let code = lines[row as usize][slot % WIDTH];
                *leaf = *leaf & left[usize::from(code)];
            }
        }
        for (leaf, &row) in leaves.iter().zip(rows) {
            scores[(row - first) as usize] += self.steps.get(leaf.first()).copied().unwrap_or(0);
        }
    }
}
