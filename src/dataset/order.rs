//! Keys of rows and the canonical order, which does not depend on the order in the file.

use std::cmp::Ordering;

use arrow_array::{
    Array, ArrayRef, RecordBatch, StringArray,
    cast::AsArray,
    types::{Date32Type, Float64Type},
};
use rayon::prelude::*;

use super::matrix::BinnedMatrix;
use crate::units::Seed;

/// Rows that one thread hashes at a time.
const CHUNK: usize = 4096;

/// The hash of each row's customer, and of customer and as-of date.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Keys {
    /// Names the customer: folds and samples are drawn by it.
    pub customer: Vec<u64>,
    /// Names customer and snapshot: the canonical order.
    pub row: Vec<u64>,
}

impl Keys {
    /// Adds the keys of the rows below.
    pub fn extend(&mut self, more: &Self) {
        self.customer.extend_from_slice(&more.customer);
        self.row.extend_from_slice(&more.row);
    }
}

/// The hash of a customer.
pub fn customer_key(seed: Seed, id: &str) -> u64 {
    seed.hash("customer", id.as_bytes())
}

/// The hash of a customer's snapshot, or of the customer where there are no snapshots.
pub fn row_key(seed: Seed, id: &str, as_of: Option<i32>) -> u64 {
    snapshot_key(customer_key(seed, id), as_of)
}

/// The hash of a snapshot by that of its customer.
///
/// One to one in the customer's key for each day; `splitmix64`'s finaliser (Vigna, public domain).
pub fn snapshot_key(customer: u64, as_of: Option<i32>) -> u64 {
    let day = as_of.map_or(0, |day| u64::from(day as u32) + 1);
    let mut z = customer.wrapping_add(day.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The keys of rows with these ids; `as_of` holds a day a row where there are snapshots. A missing
/// id counts as the empty text.
pub fn keys(seed: Seed, ids: &StringArray, as_of: Option<&[i32]>) -> Keys {
    let key = |row: usize| {
        let id = if ids.is_null(row) { "" } else { ids.value(row) };
        customer_key(seed, id)
    };
    with_snapshots(hashed(ids.len(), key), as_of)
}

/// The keys of rows without an id: a hash of all their cells, so that rows that are the same stay
/// together. They depend on the order of the columns, not of the rows.
pub fn content_keys(seed: Seed, rows: &RecordBatch, as_of: Option<&[i32]>) -> Keys {
    let key = |row: usize| {
        let mut cells = Vec::with_capacity(16 * rows.num_columns());
        for column in rows.columns() {
            add_cell(&mut cells, column, row);
        }
        seed.hash("customer", &cells)
    };
    with_snapshots(hashed(rows.num_rows(), key), as_of)
}

fn add_cell(cells: &mut Vec<u8>, column: &ArrayRef, row: usize) {
    if column.is_null(row) {
        cells.push(0);
    } else if let Some(numbers) = column.as_primitive_opt::<Float64Type>() {
        cells.push(1);
        cells.extend_from_slice(&(numbers.value(row) + 0.0).to_bits().to_le_bytes());
    } else if let Some(days) = column.as_primitive_opt::<Date32Type>() {
        cells.push(2);
        cells.extend_from_slice(&days.value(row).to_le_bytes());
    } else if let Some(texts) = column.as_string_opt::<i32>() {
        let text = texts.value(row).as_bytes();
        cells.push(3);
        cells.extend_from_slice(&(text.len() as u64).to_le_bytes());
        cells.extend_from_slice(text);
    }
}

fn hashed(rows: usize, key: impl Fn(usize) -> u64 + Sync + Send) -> Vec<u64> {
    (0..rows).into_par_iter().with_min_len(CHUNK).map(key).collect()
}

fn with_snapshots(customer: Vec<u64>, as_of: Option<&[i32]>) -> Keys {
    let day = |row: usize| as_of.and_then(|as_of| as_of.get(row).copied());
    let row = customer.iter().enumerate().map(|(row, key)| snapshot_key(*key, day(row))).collect();
    Keys { customer, row }
}

/// The canonical order of the rows: by key, then by codes, then by outcome. Rows that are alike in
/// all of these may stand for each other. `outcome` holds any number that tells outcomes (and what
/// else matters, e.g. the population) apart, one a row; a row without key or outcome counts as 0.
pub fn canonical_order(row_keys: &[u64], matrix: &BinnedMatrix, outcome: &[u8]) -> Vec<u32> {
    let key = |row: u32| row_keys.get(row as usize).copied().unwrap_or_default();
    canonical_order_by(key, matrix, outcome)
}

/// The same with a key that is made when it is asked for.
pub fn canonical_order_by(
    key: impl Fn(u32) -> u64 + Sync,
    matrix: &BinnedMatrix,
    outcome: &[u8],
) -> Vec<u32> {
    let code = |row: u32| outcome.get(row as usize).copied().unwrap_or_default();
    let then = |a: u32, b: u32| {
        by_codes(matrix, a, b).then_with(|| code(a).cmp(&code(b))).then_with(|| a.cmp(&b))
    };
    sorted(matrix.rows, key, then)
}

/// Rows that one thread sorts at a time, about.
const STRETCH: usize = 1 << 16;

/// The rows by key; `then` orders those of one key and never finds two rows the same.
///
/// They are dealt out by the first bits of the key, which are even, and each share is sorted by
/// itself: four bytes a row are held, and the keys of the shares in work.
pub(super) fn sorted(
    rows: usize,
    key: impl Fn(u32) -> u64 + Sync,
    then: impl Fn(u32, u32) -> Ordering + Sync,
) -> Vec<u32> {
    let bits = (rows / STRETCH).next_power_of_two().trailing_zeros().min(16);
    let share = |row: u32| (key(row) >> 1 >> (63 - bits)) as usize;
    let mut ends = vec![0; 1 << bits];
    (0..rows as u32).for_each(|row| ends[share(row)] += 1);
    let mut lengths = ends.clone();
    let mut begin = 0;
    for end in &mut ends {
        begin += std::mem::replace(end, begin);
    }
    let mut order = vec![0; rows];
    for row in 0..rows as u32 {
        let place = &mut ends[share(row)];
        order[*place] = row;
        *place += 1;
    }
    let mut rest = order.as_mut_slice();
    let shares: Vec<&mut [u32]> =
        lengths.drain(..).map(|length| rest.split_off_mut(..length).unwrap_or_default()).collect();
    shares.into_par_iter().for_each(|share| {
        let mut keyed: Vec<(u64, u32)> = share.iter().map(|row| (key(*row), *row)).collect();
        keyed.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| then(a.1, b.1)));
        for (slot, (_, row)) in share.iter_mut().zip(keyed) {
            *slot = row;
        }
    });
    order
}

fn by_codes(matrix: &BinnedMatrix, a: u32, b: u32) -> Ordering {
    let pairs =
        matrix.columns.iter().map(|codes| codes.get(a as usize).cmp(&codes.get(b as usize)));
    pairs.fold(Ordering::Equal, Ordering::then)
}
