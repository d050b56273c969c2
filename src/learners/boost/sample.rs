//! Which rows and columns a tree sees: drawn by hash, whatever their order.

use super::{
    BoostParams,
    table::{Column, Table},
};
use crate::{dataset::CodeKind, units::Seed};

/// What the samples are drawn by.
#[derive(Debug)]
pub(super) struct Draw {
    seed: Seed,
    row_sample: f64,
    column_sample: f64,
    /// For each row a hash of what it holds; empty where every tree sees all rows.
    rows: Vec<u64>,
    /// For each column a hash of its name.
    columns: Vec<u64>,
}

impl Draw {
    pub(super) fn new(params: &BoostParams, table: &Table, events: &[bool]) -> Self {
        let columns = table.columns.iter();
        let columns: Vec<u64> =
            columns.map(|c| params.seed.hash("boost: column", c.name.as_bytes())).collect();
        let rows =
            if params.row_sample < 1.0 { hashes(table, &columns, events) } else { Vec::new() };
        let BoostParams { seed, row_sample, column_sample, .. } = *params;
        Self { seed, row_sample, column_sample, rows, columns }
    }

    /// Whether every tree sees all rows.
    pub(super) fn takes_all_rows(&self) -> bool {
        self.rows.is_empty()
    }

    /// Which rows the tree of a round sees.
    pub(super) fn rows(&self, bag: usize, round: usize) -> impl Fn(usize) -> bool + Sync + '_ {
        let key = self.key("boost: rows", bag, round);
        let limit = (self.row_sample * 2.0_f64.powi(64)) as u64;
        move |row| self.rows.get(row).is_none_or(|hash| mix(hash ^ key) < limit)
    }

    /// Which columns the tree of a round may ask: the same share of them every time, at least one.
    pub(super) fn columns(&self, bag: usize, round: usize) -> Vec<bool> {
        let key = self.key("boost: columns", bag, round);
        let wanted = (self.column_sample * self.columns.len() as f64).round().max(1.0) as usize;
        let mut order: Vec<(u64, usize)> =
            self.columns.iter().enumerate().map(|(at, hash)| (mix(hash ^ key), at)).collect();
        order.sort_unstable();
        let mut asked = vec![false; self.columns.len()];
        order.iter().take(wanted).for_each(|&(_, at)| asked[at] = true);
        asked
    }

    fn key(&self, purpose: &str, bag: usize, round: usize) -> u64 {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&(bag as u64).to_le_bytes());
        bytes[8..].copy_from_slice(&(round as u64).to_le_bytes());
        self.seed.hash(purpose, &bytes)
    }
}

/// For each row a hash of its codes and outcome: ordered codes count by their rank among those that
/// occur, columns by their names.
fn hashes(table: &Table, names: &[u64], events: &[bool]) -> Vec<u64> {
    let mut hashes: Vec<u64> = events.iter().map(|&event| mix(u64::from(event))).collect();
    for (column, &name) in table.columns.iter().zip(names) {
        let words = words(column, name);
        let codes = table.source.matrix.columns[column.at as usize].as_slice();
        for (hash, &row) in hashes.iter_mut().zip(table.source.index) {
            *hash = hash.wrapping_add(words[usize::from(codes[row as usize])]);
        }
    }
    hashes.iter().map(|&hash| mix(hash)).collect()
}

/// What each code of a column adds to the hash.
fn words(column: &Column, name: u64) -> [u64; 256] {
    let mut words = [0; 256];
    let mut rank = 0_u64;
    for code in 0..=u8::MAX {
        if !column.present[usize::from(code)] {
            continue;
        }
        let value = match column.kind {
            CodeKind::Ordered if code > 0 => {
                rank += 1;
                rank
            }
            _ => u64::from(code),
        };
        words[usize::from(code)] = mix(name.wrapping_add(value));
    }
    words
}

/// Spreads the bits of a word.
///
/// # Source
/// The finaliser of SplitMix64 (Steele, Lea & Flood 2014), variant 13 of Stafford.
fn mix(word: u64) -> u64 {
    let z = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
