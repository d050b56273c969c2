//! The rows that trees learn from: the columns that vary, row by row in lines, weights as whole
//! numbers, and what tells rows apart whatever their order.

use rayon::prelude::*;

use super::Rows;
use crate::{
    dataset::CodeKind,
    error::{Error, Kind, Result},
};

/// Rows that are copied into lines at a time.
const AT_ONCE: usize = 4096;

/// The codes of a row in `WIDTH` columns: a row's codes share a cache line.
pub(super) type Line<const WIDTH: usize> = [u8; WIDTH];

/// A column that takes part: one that is not constant.
#[derive(Debug, Clone)]
pub(super) struct Column {
    /// Index in the matrix.
    pub(super) at: u32,
    pub(super) name: String,
    pub(super) kind: CodeKind,
    /// The codes that occur.
    pub(super) present: Box<[bool; 256]>,
    /// One more than the largest code that occurs.
    pub(super) codes: usize,
    /// Where its codes begin among those of all columns.
    pub(super) first_bin: usize,
}

/// The columns that vary among the rows that count; these are numbered as in the index.
pub(super) fn varying(rows: &Rows, counts: impl Fn(usize) -> bool + Sync) -> Vec<Column> {
    let all = rows.matrix.columns.par_iter().enumerate();
    let mut columns: Vec<Column> =
        all.filter_map(|(at, codes)| Column::of(rows, &counts, at, codes)).collect();
    let mut first_bin = 0;
    for column in &mut columns {
        column.first_bin = first_bin;
        first_bin += column.codes;
    }
    columns
}

impl Column {
    fn of(rows: &Rows, counts: impl Fn(usize) -> bool, at: usize, codes: &[u8]) -> Option<Self> {
        let mut present = Box::new([false; 256]);
        for (place, &row) in rows.index.iter().enumerate() {
            present[usize::from(codes[row as usize])] |= counts(place);
        }
        let codes = present.iter().rposition(|&present| present)? + 1;
        let varies = present.iter().filter(|&&present| present).count() > 1;
        let name = rows.matrix.names.get(at).cloned().unwrap_or_default();
        let (at, kind, first_bin) = (at as u32, rows.matrix.kinds[at], 0);
        varies.then(|| Self { at, name, kind, present, codes, first_bin })
    }

    /// The largest code to go left where a node has `below` and `above` but none between: the middle one
    /// of those between that occur elsewhere, else `below`.
    pub(super) fn border(&self, below: u8, above: u8) -> u8 {
        let between = || (below..above).skip(1).filter(|&code| self.present[usize::from(code)]);
        let half = between().count() / 2;
        between().take(half).last().unwrap_or(below)
    }

    /// What each code adds to the hash of a row: ordered codes count by their rank among those that
    /// occur, so that a monotone recoding is indifferent. `key` is the column's own.
    pub(super) fn words(&self, key: u64) -> [u64; 256] {
        let mut words = [0; 256];
        let mut rank = 0_u64;
        for code in 0..=u8::MAX {
            if !self.present[usize::from(code)] {
                continue;
            }
            let value = match self.kind {
                CodeKind::Ordered if code > 0 => {
                    rank += 1;
                    rank
                }
                _ => u64::from(code),
            };
            words[usize::from(code)] = mix(key.wrapping_add(value));
        }
        words
    }
}

/// For each `WIDTH` of the columns one line a row.
pub(super) fn blocks<const WIDTH: usize>(columns: &[Column], rows: &Rows) -> Vec<Vec<Line<WIDTH>>> {
    let codes = |column: &Column| rows.matrix.columns[column.at as usize].as_slice();
    let columns: Vec<&[u8]> = columns.iter().map(codes).collect();
    columns.chunks(WIDTH).map(|columns| lines(columns, rows.index)).collect()
}

fn lines<const WIDTH: usize>(columns: &[&[u8]], index: &[u32]) -> Vec<Line<WIDTH>> {
    let mut lines = vec![[0; WIDTH]; index.len()];
    lines.par_chunks_mut(AT_ONCE).zip(index.par_chunks(AT_ONCE)).for_each(|(lines, index)| {
        for (slot, column) in columns.iter().enumerate() {
            for (line, &row) in lines.iter_mut().zip(index) {
                line[slot] = column[row as usize];
            }
        }
    });
    lines
}

/// Units in a weight of 1: a power of two, so that the largest of the weights has at most `most` units
/// and more than half of them.
pub(super) fn units_of_one(weights: impl Iterator<Item = f32> + Clone, most: f64) -> Result<f64> {
    if weights.clone().any(|weight| !weight.is_finite() || weight < 0.0) {
        let what = "a weight is not a finite number of at least 0";
        return Err(Error::new(Kind::BadParameter, what));
    }
    let largest = f64::from(weights.fold(0.0, f32::max));
    let mut scale = most;
    while largest * scale > most {
        scale /= 2.0;
    }
    while largest > 0.0 && largest * scale <= most / 2.0 {
        scale *= 2.0;
    }
    Ok(scale)
}

/// Spreads the bits of a word.
///
/// # Source
/// The finaliser of SplitMix64 (Steele, Lea & Flood, *Fast Splittable Pseudorandom Number
/// Generators*, 2014), variant 13 of Stafford.
pub(super) fn mix(word: u64) -> u64 {
    let z = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
