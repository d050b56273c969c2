//! Fitting the encoding: one look at the training rows, in bounded memory.

use arrow_array::RecordBatch;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    change,
    distinct::mix,
    encoder::{Bins, EncodedColumn, Encoder, MOST_CUTS, MOST_LEVELS},
    numbers::{NumberColumn, days_before, numbers},
    texts::{TextColumn, texts},
};
use crate::error::{Error, Kind, Place, Result};

/// How a column is to be encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum How {
    /// As a number, by quantiles; the column is Arrow `Float64`.
    Number,
    /// As a category; the column is Arrow `Utf8`, or `Float64` or `Date32` taken as texts.
    Category,
    /// As days before the as-of date; the column is Arrow `Date32`.
    DaysBefore,
}

/// A column that is to be encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnPlan {
    /// Name in the table.
    pub name: String,
    /// How it is to be encoded.
    pub how: How,
}

/// How finely columns are encoded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EncodeParams {
    /// Bins of a number, at most, missing not counted: 2..=254.
    pub max_bins: usize,
    /// Levels of a category with a code of their own, at most: 1..=253.
    pub max_levels: usize,
    /// Levels with fewer training rows have no code of their own: at least 1.
    pub min_level_rows: u64,
    /// Rows that quantiles are taken from, at most (between half of them and all of them are used,
    /// drawn by hash); at least 1000. Columns with at most 1024 different values use all rows.
    pub sample_rows: usize,
    /// Columns of the relative change between two amounts of one kind, at most: 0..=200, 0 for none.
    /// They follow the columns of the table, the strongest correlated pair first.
    pub max_changes: usize,
}

/// Columns of change, at most.
const MOST_CHANGES: usize = 200;

impl Default for EncodeParams {
    fn default() -> Self {
        Self {
            max_bins: MOST_CUTS + 1,
            max_levels: MOST_LEVELS,
            min_level_rows: 10,
            sample_rows: 200_000,
            max_changes: 16,
        }
    }
}

impl EncodeParams {
    /// Whether every parameter is in its range.
    ///
    /// # Errors
    /// `BadParameter`, naming the key.
    pub fn check(&self) -> Result<()> {
        let out = |key: &str, range: &str| {
            let what = format!("must be in {range}");
            Err(Error::new(Kind::BadParameter, what).at(Place::Key(format!("encode.{key}"))))
        };
        if !(2..=MOST_CUTS + 1).contains(&self.max_bins) {
            return out("max_bins", "2..=254");
        }
        if !(1..=MOST_LEVELS).contains(&self.max_levels) {
            return out("max_levels", "1..=253");
        }
        if self.min_level_rows == 0 {
            return out("min_level_rows", "1.. (at least one row)");
        }
        if self.sample_rows < 1000 {
            return out("sample_rows", "1000.. (at least 1000 rows)");
        }
        if self.max_changes > MOST_CHANGES {
            return out("max_changes", "0..=200");
        }
        Ok(())
    }
}

/// What is known of the rows of a batch beside their columns; one entry a row.
#[derive(Debug, Clone, Copy)]
pub struct Observed<'a> {
    /// An evenly spread hash of what names the row (customer id and as-of date, or its content):
    /// the sample is drawn by it.
    pub keys: &'a [u64],
    /// The as-of date, in days since 1970-01-01, where there is one.
    pub as_of: Option<&'a [i32]>,
    /// Whether the row is a training row; the others are passed over.
    pub keep: &'a [bool],
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Holds {
    /// Numbers, or nothing.
    #[default]
    Numbers,
    /// Whole numbers only.
    WholeNumbers,
    /// Days before the as-of date.
    Days,
    /// Categories.
    Texts,
}

/// What was seen of a column: for the quality checks. No cell content but two numbers.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Profile {
    /// Name in the table.
    pub name: String,
    /// Rows seen.
    pub rows: u64,
    /// Rows without a value.
    pub missing: u64,
    /// Different values; estimated (some 4 %) where there are many.
    pub distinct: u64,
    /// Whether `distinct` is exact.
    pub distinct_is_exact: bool,
    /// Mean number of rows of a different value; 1 where every value comes once.
    pub rows_per_value: f64,
    /// What the column holds.
    pub holds: Holds,
    /// Values below zero; for a date these lie after the as-of date.
    pub below_zero: u64,
    /// Smallest value of a number, or of the days before the as-of date.
    pub least: Option<f64>,
    /// Largest value of a number, or of the days before the as-of date.
    pub most: Option<f64>,
}

/// Looks at the training rows, batch by batch, and gives the [`Encoder`].
///
/// The result depends on the set of rows and their keys only, not on their order or batches.
#[derive(Debug)]
pub struct EncoderBuilder {
    params: EncodeParams,
    columns: Vec<(ColumnPlan, Seen)>,
    sample_keys: Vec<u64>,
    sample_limit: u64,
    rows: u64,
}

#[derive(Debug)]
enum Seen {
    Numbers(NumberColumn),
    Texts(TextColumn),
}

impl EncoderBuilder {
    /// A builder for these columns, in the order in which learners will number them.
    ///
    /// # Errors
    /// `BadParameter`.
    pub fn new(plans: &[ColumnPlan], params: &EncodeParams) -> Result<Self> {
        params.check()?;
        let seen = |plan: &ColumnPlan| match plan.how {
            How::Number | How::DaysBefore => Seen::Numbers(NumberColumn::new()),
            How::Category => Seen::Texts(TextColumn::new()),
        };
        Ok(Self {
            params: params.clone(),
            columns: plans.iter().map(|plan| (plan.clone(), seen(plan))).collect(),
            sample_keys: Vec::new(),
            sample_limit: u64::MAX,
            rows: 0,
        })
    }

    /// Looks at the next rows.
    ///
    /// # Errors
    /// `MissingColumn`, `WrongType`; `BadParameter` where `about` does not have one entry a row. A
    /// builder that returned an error is of no more use.
    pub fn observe(&mut self, rows: &RecordBatch, about: &Observed<'_>) -> Result<()> {
        let count = rows.num_rows();
        if about.keys.len() != count || about.keep.len() != count {
            return Err(Error::new(Kind::BadParameter, "the rows need one key each"));
        }
        let mut sampled = Vec::new();
        let mut kept = 0;
        for (row, (key, _)) in
            about.keys.iter().zip(about.keep).enumerate().filter(|(_, (_, k))| **k)
        {
            let key = mix(*key);
            if key <= self.sample_limit {
                sampled.push(row as u32);
                self.sample_keys.push(key);
            }
            kept += 1;
        }
        let seen: Vec<Result<()>> = self
            .columns
            .par_iter_mut()
            .map(|(plan, seen)| {
                look(plan, seen, rows, about, &sampled)
                    .map_err(|error| error.at(Place::Column(plan.name.clone())))
            })
            .collect();
        seen.into_iter().collect::<Result<()>>()?;
        self.rows += kept;
        self.thin();
        Ok(())
    }

    /// Halves the sample until it is within its size.
    fn thin(&mut self) {
        let mut limit = self.sample_limit;
        let held = |limit: u64| self.sample_keys.iter().filter(|key| **key <= limit).count();
        while held(limit) > self.params.sample_rows {
            limit /= 2;
        }
        if limit < self.sample_limit {
            let stays: Vec<bool> = self.sample_keys.iter().map(|key| *key <= limit).collect();
            self.columns.par_iter_mut().for_each(|(_, seen)| match seen {
                Seen::Numbers(column) => column.thin(&stays),
                Seen::Texts(column) => column.thin(&stays),
            });
            self.sample_keys.retain(|key| *key <= limit);
            self.sample_limit = limit;
        }
    }

    /// The columns of change, by the sampled rows.
    fn changes(&self) -> Vec<EncodedColumn> {
        let numbers = self.columns.iter().filter_map(|(plan, seen)| match (seen, plan.how) {
            (Seen::Numbers(column), How::Number) => {
                Some(change::Sampled { name: &plan.name, cells: column.sample() })
            }
            _ => None,
        });
        let is_taken = |name: &str| self.columns.iter().any(|(plan, _)| plan.name == name);
        let Self { sample_keys: keys, params, .. } = self;
        change::find(&numbers.collect::<Vec<_>>(), keys, &is_taken, params)
    }

    /// The encoding, with counts of 0 (see [`Encoder::count`]), and what was seen of each column of
    /// the table; the encoding may have columns of change besides.
    ///
    /// # Errors
    /// `EmptyTable` where no training row was seen.
    pub fn finish(self) -> Result<(Encoder, Vec<Profile>)> {
        if self.rows == 0 {
            return Err(Error::new(Kind::EmptyTable, "there is no row to take the encoding from"));
        }
        let changes = self.changes();
        let params = &self.params;
        let finished = self.columns.into_par_iter().map(|(plan, seen)| {
            let (bins, profile) = match (seen, plan.how) {
                (Seen::Texts(column), _) => column.finish(params),
                (Seen::Numbers(column), How::DaysBefore) => {
                    let (values, profile) = column.finish(params.max_bins);
                    (values.days_before(), Profile { holds: Holds::Days, ..profile })
                }
                (Seen::Numbers(column), _) => {
                    let (values, profile) = column.finish(params.max_bins);
                    (values.number(), profile)
                }
            };
            let profile = Profile { name: plan.name.clone(), ..profile };
            (column(plan.name, bins), profile)
        });
        let (mut columns, profiles): (Vec<_>, _) = finished.unzip();
        columns.extend(changes);
        Ok((Encoder { columns }, profiles))
    }
}

fn column(name: String, bins: Bins) -> EncodedColumn {
    let counts = vec![0; bins.code_count()];
    EncodedColumn { name, bins, counts }
}

fn look(
    plan: &ColumnPlan,
    seen: &mut Seen,
    rows: &RecordBatch,
    about: &Observed<'_>,
    sampled: &[u32],
) -> Result<()> {
    let Some(column) = rows.column_by_name(&plan.name) else {
        return Err(Error::new(Kind::MissingColumn, "the table has no such column"));
    };
    match seen {
        Seen::Numbers(numbers_seen) => {
            let cells = match plan.how {
                How::DaysBefore => days_before(column, about.as_of)?,
                _ => numbers(column)?,
            };
            numbers_seen.observe(&cells, about.keep, sampled);
        }
        Seen::Texts(texts_seen) => {
            let cells = texts(column)?;
            texts_seen.observe(&cells, about.keep, sampled);
        }
    }
    Ok(())
}
