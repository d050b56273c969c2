//! One `u8` a cell, column by column: what every learner reads.

use rayon::prelude::*;

pub use crate::features::CodeKind;
use crate::{
    error::{Error, Kind, Result},
    features::{Encoded, Encoder},
};

/// The encoded training rows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BinnedMatrix {
    /// Number of rows.
    pub rows: usize,
    /// Column names.
    pub names: Vec<String>,
    /// Whether each column's codes are ordered.
    pub kinds: Vec<CodeKind>,
    /// For each column the number of codes it can take, code 0 included; at most 256.
    pub code_counts: Vec<u16>,
    /// For each column one code a row.
    pub columns: Vec<Vec<u8>>,
}

impl BinnedMatrix {
    /// A matrix without rows for the columns of an encoding, with room for `rows` rows.
    pub fn of(encoder: &Encoder, rows: usize) -> Self {
        Self {
            rows: 0,
            names: encoder.names(),
            kinds: encoder.kinds(),
            code_counts: encoder.code_counts(),
            columns: encoder.columns.iter().map(|_| Vec::with_capacity(rows)).collect(),
        }
    }

    /// Adds rows below.
    ///
    /// # Errors
    /// `BadParameter` where the codes are not those of this encoding or the rows pass 2³² − 1.
    pub fn push(&mut self, encoded: &Encoded) -> Result<()> {
        let rows = encoded.columns.first().map_or(0, Vec::len);
        let fits = encoded.columns.len() == self.columns.len()
            && encoded.columns.iter().all(|column| column.len() == rows)
            && u32::try_from(self.rows + rows).is_ok();
        if !fits {
            return Err(Error::new(Kind::BadParameter, "the rows do not fit into the matrix")
                .hint_with("take fewer than 4294967296 rows, encoded with one encoding"));
        }
        for (column, more) in self.columns.iter_mut().zip(&encoded.columns) {
            column.extend_from_slice(more);
        }
        self.rows += rows;
        Ok(())
    }

    /// Puts row `order[i]` at place `i`; rows that `order` does not name are dropped.
    pub fn reorder(&mut self, order: &[u32]) {
        let rows = order.iter().filter(|row| (**row as usize) < self.rows).count();
        self.columns.par_iter_mut().for_each(|column| {
            let mut moved = Vec::with_capacity(rows);
            moved.extend(order.iter().filter_map(|row| column.get(*row as usize)));
            *column = moved;
        });
        self.rows = rows;
    }

    /// Takes out the columns whose entry in `wanted` is not `true`.
    pub fn keep(&mut self, wanted: &[bool]) {
        fn retain<T>(items: &mut Vec<T>, wanted: &[bool]) {
            let mut wanted = wanted.iter();
            items.retain(|_| wanted.next().copied().unwrap_or_default());
        }
        retain(&mut self.names, wanted);
        retain(&mut self.kinds, wanted);
        retain(&mut self.code_counts, wanted);
        retain(&mut self.columns, wanted);
    }

    /// The columns as the model reads them.
    pub fn codes(&self) -> Vec<&[u8]> {
        self.columns.iter().map(Vec::as_slice).collect()
    }

    /// blake3 over names, kinds, numbers of codes and codes, in the order of the rows; in hex.
    pub fn digest(&self) -> String {
        let digests: Vec<blake3::Hash> =
            self.columns.par_iter().map(|codes| blake3::hash(codes)).collect();
        let mut hasher = blake3::Hasher::new();
        hasher.update(&(self.rows as u64).to_le_bytes());
        let about = self.names.iter().zip(&self.kinds).zip(&self.code_counts).zip(&digests);
        for (((name, kind), codes), digest) in about {
            hasher.update(&(name.len() as u64).to_le_bytes()).update(name.as_bytes());
            hasher.update(&[u8::from(*kind == CodeKind::Category)]);
            hasher.update(&codes.to_le_bytes()).update(digest.as_bytes());
        }
        hasher.finalize().to_hex().to_string()
    }
}
