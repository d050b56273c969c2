//! A bank scorecard: a table of points, added up to a logit.

use serde::{Deserialize, Serialize};

use super::Codes;

/// A fitted scorecard. The logit of a row is the intercept plus one `points` entry a column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scorecard {
    /// Logit where every column is neutral.
    pub intercept: f64,
    /// The columns that carry points.
    pub columns: Vec<CardColumn>,
}

/// The points of one column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CardColumn {
    /// Index of the column among the encoded columns.
    pub column: u32,
    /// Weight of the column's weight of evidence.
    pub coefficient: f64,
    /// Information value of the grouping.
    pub information_value: f64,
    /// The groups, each a set of codes.
    pub groups: Vec<Group>,
    /// For each code its group; codes never seen in training point to the neutral group.
    pub group_of: Vec<u8>,
    /// Mean logit contribution over the training rows; reasons are told against it.
    pub mean: f64,
}

/// Codes that share their points.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Training rows (or their weight).
    pub rows: f64,
    /// Training events (or their weight).
    pub events: f64,
    /// Weight of evidence, ln(share of events / share of non-events), smoothed.
    pub woe: f64,
    /// Contribution to the logit.
    pub logit: f64,
}

impl Scorecard {
    /// The logits of a stretch of rows, one an entry of `out`; rows beyond the codes are left at
    /// the base.
    pub fn logits(&self, codes: &Codes<'_>, out: &mut [f64]) {
        out.fill(self.intercept);
        for column in &self.columns {
            let table = column.table();
            let codes = codes.get(column.column as usize).copied().unwrap_or_default();
            for (logit, &code) in out.iter_mut().zip(codes) {
                *logit += table[code as usize];
            }
        }
    }
}

impl CardColumn {
    /// The logit of each code.
    pub fn table(&self) -> [f64; 256] {
        let mut table = [0.0; 256];
        for (entry, &group) in table.iter_mut().zip(&self.group_of) {
            *entry = self.groups.get(usize::from(group)).map_or(0.0, |group| group.logit);
        }
        table
    }
}
