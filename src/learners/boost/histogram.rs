//! Exact sums of derivatives by column and code.

use std::ops::{Add, AddAssign, Sub};

use rayon::prelude::*;

use super::{
    link::{Derivatives, first, second},
    table::{Line, Table, WIDTH},
};

/// Most rows that are added into one packed table, and what one thread takes at a time.
pub(super) const AT_ONCE: usize = 1 << 15;
/// Words a column: more than its codes, so that columns do not begin in the same sets of the cache.
const STRIDE: usize = 256 + 8;
/// Rows whose lines are fetched together.
const TOGETHER: usize = 64;

/// Sums of first and second derivatives, in units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sums {
    pub(super) first: i64,
    pub(super) second: i64,
}

impl Sums {
    /// What a row of this many units adds.
    #[inline]
    pub(super) fn of(derivatives: Derivatives, units: i64) -> Self {
        Self { first: first(derivatives) * units, second: second(derivatives) * units }
    }
}

impl Add for Sums {
    type Output = Self;

    #[inline]
    fn add(self, other: Self) -> Self {
        Self { first: self.first + other.first, second: self.second + other.second }
    }
}

impl Sub for Sums {
    type Output = Self;

    #[inline]
    fn sub(self, other: Self) -> Self {
        Self { first: self.first - other.first, second: self.second - other.second }
    }
}

impl AddAssign for Sums {
    #[inline]
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

/// A row with its derivatives: the row in the lower half.
pub(super) type Entry = u64;

#[inline]
pub(super) fn entry(row: u32, derivatives: Derivatives) -> Entry {
    u64::from(derivatives) << 32 | u64::from(row)
}

#[inline]
pub(super) fn row(entry: Entry) -> usize {
    (entry & 0xffff_ffff) as usize
}

#[inline]
pub(super) fn derivatives(entry: Entry) -> Derivatives {
    (entry >> 32) as u32
}

/// The sums of some rows by bin, all columns one after the other.
pub(super) type Histogram = Vec<Sums>;

/// First derivatives above, second below, in one word: one addition a cell.
type Packed = [[i64; STRIDE]; WIDTH];

/// Adds the rows up; `into` has one entry a bin, all zero. `units` are the rows' weights, if they
/// have any.
pub(super) fn add_up(
    table: &Table,
    entries: &[Entry],
    units: Option<&[u32]>,
    into: &mut Histogram,
) {
    if entries.len() <= AT_ONCE || rayon::current_num_threads() == 1 {
        return add_up_here(table, entries, units, into);
    }
    let share = entries.len().div_ceil(rayon::current_num_threads()).max(AT_ONCE);
    let parts: Vec<Histogram> = entries
        .par_chunks(share)
        .map(|entries| {
            let mut part = vec![Sums::default(); into.len()];
            add_up_here(table, entries, units, &mut part);
            part
        })
        .collect();
    for part in parts {
        for (sum, part) in into.iter_mut().zip(part) {
            *sum += part;
        }
    }
}

fn add_up_here(table: &Table, entries: &[Entry], units: Option<&[u32]>, into: &mut [Sums]) {
    if let Some(units) = units {
        return add_up_weighted(table, entries, units, into);
    }
    let mut packed = vec![[0; STRIDE]; WIDTH];
    let Ok(packed) = <&mut Packed>::try_from(packed.as_mut_slice()) else { return };
    for entries in entries.chunks(AT_ONCE) {
        for (columns, lines) in table.columns.chunks(WIDTH).zip(&table.blocks) {
            add_lines(columns.len(), entries, lines, packed);
            for (column, packed) in columns.iter().zip(packed.iter_mut()) {
                let bins = &mut into[column.first_bin..column.first_bin + column.codes];
                for (sum, packed) in bins.iter_mut().zip(packed.iter()) {
                    sum.first += packed >> 32;
                    sum.second += packed & 0xffff_ffff;
                }
                packed[..column.codes].fill(0);
            }
            packed[columns.len()..].iter_mut().for_each(|pad| pad[0] = 0);
        }
    }
}

/// Calls the loop that is made for this number of columns, rounded up to a multiple of 4: the columns
/// beyond are all code 0.
fn add_lines(columns: usize, entries: &[Entry], lines: &[Line], packed: &mut Packed) {
    match columns.div_ceil(4) {
        0 => {}
        1 => add_width::<4>(entries, lines, packed),
        2 => add_width::<8>(entries, lines, packed),
        3 => add_width::<12>(entries, lines, packed),
        4 => add_width::<16>(entries, lines, packed),
        5 => add_width::<20>(entries, lines, packed),
        6 => add_width::<24>(entries, lines, packed),
        7 => add_width::<28>(entries, lines, packed),
        _ => add_width::<32>(entries, lines, packed),
    }
}

fn add_width<const COLUMNS: usize>(entries: &[Entry], lines: &[Line], packed: &mut Packed) {
    let mut near = [[0; WIDTH]; TOGETHER];
    let mut words = [0_i64; TOGETHER];
    for entries in entries.chunks(TOGETHER) {
        // All loads of far lines are on their way before the first is waited for.
        for ((&entry, near), word) in entries.iter().zip(&mut near).zip(&mut words) {
            *near = lines[row(entry)];
            let derivatives = derivatives(entry);
            *word = (first(derivatives) << 32) + second(derivatives);
        }
        for (line, word) in near.iter().zip(&words).take(entries.len()) {
            for column in 0..COLUMNS {
                packed[column][usize::from(line[column])] += word;
            }
        }
    }
}

fn add_up_weighted(table: &Table, entries: &[Entry], units: &[u32], into: &mut [Sums]) {
    for (columns, lines) in table.columns.chunks(WIDTH).zip(&table.blocks) {
        for &entry in entries {
            let sums = Sums::of(derivatives(entry), i64::from(units[row(entry)]));
            let line = &lines[row(entry)];
            for (column, &code) in columns.iter().zip(line) {
                into[column.first_bin + usize::from(code)] += sums;
            }
        }
    }
}
