//! The frozen encoding: from Arrow columns to codes.

use std::collections::BTreeSet;

use arrow_array::RecordBatch;
use serde::{Deserialize, Serialize};

use super::encode::{Encoded, Ready};
use crate::error::{Error, Kind, Place, Result};

/// Cuts of a column, at most: codes 1..=254 for values, 0 for missing.
pub const MOST_CUTS: usize = 253;
/// Levels of a category, at most: codes 1..=253, one for all others, 0 for missing.
pub const MOST_LEVELS: usize = 253;

/// Whether the codes of a column are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeKind {
    /// Codes 1, 2, … rise with the value; 0 is missing.
    Ordered,
    /// Codes name levels; the last one stands for all other levels; 0 is missing.
    Category,
}

/// The encoding of a table: its columns in the order in which learners number them.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Encoder {
    /// The encoded columns.
    pub columns: Vec<EncodedColumn>,
}

/// The encoding of one column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EncodedColumn {
    /// Name in the table; for a change the two names with `vs` between them.
    pub name: String,
    /// How a value becomes a code.
    pub bins: Bins,
    /// Training rows in each code (the reference for drift); its length is the number of codes.
    pub counts: Vec<u64>,
}

/// How a value becomes a code. Code 0 is a missing value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "snake_case", deny_unknown_fields)]
pub enum Bins {
    /// A number `x` has the code 1 + (number of cuts ≤ x).
    Number {
        /// Ascending, at most 253.
        cuts: Vec<f64>,
        /// Smallest training value.
        least: f64,
        /// Median training value.
        median: f64,
        /// Largest training value.
        most: f64,
    },
    /// A date is encoded as the number of days before the as-of date, like a number.
    DaysBefore {
        /// Ascending, at most 253.
        cuts: Vec<f64>,
        /// Smallest training value.
        least: f64,
        /// Median training value.
        median: f64,
        /// Largest training value.
        most: f64,
    },
    /// The relative change (a − b) / (|a| + |b|) of a column `a` of numbers against another, `b`, is
    /// encoded like a number. It is 0 where both are 0, and missing where either is.
    Change {
        /// The column `a` of the table.
        of: String,
        /// The column `b` of the table.
        against: String,
        /// Ascending, within −1..1, at most 253.
        cuts: Vec<f64>,
        /// Median training value.
        median: f64,
    },
    /// Level `levels[k]` has the code k + 1; every other text the code `levels.len() + 1`.
    Category {
        /// Most frequent first, ties by name; at most 253.
        levels: Vec<String>,
    },
}

/// What a code says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Meaning<'a> {
    /// There is no value.
    Missing,
    /// A number at or above `from` and below `below`; open where `None`.
    Range {
        /// The smallest number of the bin.
        from: Option<f64>,
        /// The first number above the bin.
        below: Option<f64>,
        /// Whether the column holds whole numbers only.
        whole: bool,
    },
    /// This level.
    Level(&'a str),
    /// A level without a code of its own.
    Other,
}

/// What is usual in a column, over the training rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Typical<'a> {
    /// The median.
    Number(f64),
    /// The most frequent level.
    Level(&'a str),
    /// Nothing is: there is no level with a code of its own.
    Nothing,
}

impl Bins {
    /// The number of codes that can come, code 0 included; at most 255 where [`Encoder::check`] holds.
    pub fn code_count(&self) -> usize {
        match self {
            Self::Number { cuts, .. }
            | Self::DaysBefore { cuts, .. }
            | Self::Change { cuts, .. } => cuts.len() + 2,
            Self::Category { levels } => levels.len() + 2,
        }
    }

    /// Whether the codes are ordered.
    pub fn kind(&self) -> CodeKind {
        match self {
            Self::Number { .. } | Self::DaysBefore { .. } | Self::Change { .. } => {
                CodeKind::Ordered
            }
            Self::Category { .. } => CodeKind::Category,
        }
    }

    /// What a code says; [`Meaning::Missing`] also for a code that cannot come.
    pub fn meaning(&self, code: u8) -> Meaning<'_> {
        let Some(index) = usize::from(code).checked_sub(1) else { return Meaning::Missing };
        let range = |cuts: &[f64], whole| {
            let from = index.checked_sub(1).and_then(|before| cuts.get(before)).copied();
            Meaning::Range { from, below: cuts.get(index).copied(), whole }
        };
        match self {
            Self::Number { cuts, least, most, .. } | Self::DaysBefore { cuts, least, most, .. } => {
                let halves = |x: &f64| (x * 2.0).fract() == 0.0;
                let whole = least.fract() == 0.0 && most.fract() == 0.0 && cuts.iter().all(halves);
                range(cuts, whole)
            }
            Self::Change { cuts, .. } => range(cuts, false),
            Self::Category { levels } => {
                levels.get(index).map_or(Meaning::Other, |level| Meaning::Level(level))
            }
        }
    }

    fn check(&self) -> std::result::Result<(), &'static str> {
        match self {
            Self::Number { cuts, least, median, most }
            | Self::DaysBefore { cuts, least, median, most } => {
                check_cuts(cuts, *least, *median, *most)
            }
            Self::Change { of, against, cuts, median } => {
                if of == against {
                    Err("it is the change of a column against itself")
                } else if cuts.iter().any(|cut| cut.abs() > 1.0) {
                    Err("a change is cut beyond -1..1")
                } else {
                    check_cuts(cuts, -1.0, *median, 1.0)
                }
            }
            Self::Category { levels } => {
                let unique: BTreeSet<&String> = levels.iter().collect();
                if levels.len() > MOST_LEVELS {
                    Err("it has more than 253 levels")
                } else if unique.len() != levels.len() {
                    Err("a level is there twice")
                } else {
                    Ok(())
                }
            }
        }
    }
}

fn check_cuts(
    cuts: &[f64],
    least: f64,
    median: f64,
    most: f64,
) -> std::result::Result<(), &'static str> {
    let finite = |x: &f64| x.is_finite();
    if cuts.len() > MOST_CUTS {
        Err("it has more than 253 cuts")
    } else if !cuts.iter().chain([&least, &median, &most]).all(finite) {
        Err("a cut or bound is not a finite number")
    } else if !cuts.windows(2).all(|pair| pair[0] < pair[1]) {
        Err("its cuts do not ascend")
    } else if !(least <= median && median <= most) {
        Err("its median is outside its range")
    } else {
        Ok(())
    }
}

impl EncodedColumn {
    /// The columns of the table that it is made of: itself, or the two of a change.
    pub fn reads(&self) -> Vec<&str> {
        match &self.bins {
            Bins::Change { of, against, .. } => vec![of, against],
            _ => vec![&self.name],
        }
    }
}

impl Encoder {
    /// The codes of these rows, for every column; `as_of` holds one day a row (days since 1970-01-01)
    /// and is needed where a date is encoded.
    ///
    /// # Errors
    /// `MissingColumn`, `WrongType`. A batch of a stream is better given to [`Encoder::ready`] once.
    pub fn encode(&self, rows: &RecordBatch, as_of: Option<&[i32]>) -> Result<Encoded> {
        self.ready().encode(rows, as_of)
    }

    /// Like [`Encoder::encode`], for the columns wanted only; the others stay empty and need not be
    /// there. `wanted` has one entry a column; a missing entry is a no.
    pub fn encode_columns(
        &self,
        rows: &RecordBatch,
        as_of: Option<&[i32]>,
        wanted: &[bool],
    ) -> Result<Encoded> {
        self.ready().encode_columns(rows, as_of, wanted)
    }

    /// The encoding made ready for many batches.
    pub fn ready(&self) -> Ready<'_> {
        Ready::new(self)
    }

    /// For each column the number of codes it can take, code 0 included.
    pub fn code_counts(&self) -> Vec<u16> {
        self.columns.iter().map(|column| column.bins.code_count() as u16).collect()
    }

    /// For each column whether its codes are ordered.
    pub fn kinds(&self) -> Vec<CodeKind> {
        self.columns.iter().map(|column| column.bins.kind()).collect()
    }

    /// The column names.
    pub fn names(&self) -> Vec<String> {
        self.columns.iter().map(|column| column.name.clone()).collect()
    }

    /// Takes out the columns whose entry in `wanted` is not `true`.
    pub fn keep(&mut self, wanted: &[bool]) {
        let mut wanted = wanted.iter();
        self.columns.retain(|_| wanted.next().copied().unwrap_or_default());
    }

    /// Sets each column's counts from the codes of the rows listed; `codes` has one slice a column.
    pub fn count(&mut self, codes: &crate::model::Codes<'_>, rows: &[u32]) {
        for (column, codes) in self.columns.iter_mut().zip(codes) {
            let mut counts = [0_u64; 256];
            for code in rows.iter().filter_map(|row| codes.get(*row as usize)) {
                counts[usize::from(*code)] += 1;
            }
            column.counts = counts.iter().copied().take(column.bins.code_count()).collect();
        }
    }

    /// Whether the encoding keeps its own rules, as it must after it was read from a file.
    ///
    /// # Errors
    /// `BadBundle`, naming the column.
    pub fn check(&self) -> Result<()> {
        let mut names = BTreeSet::new();
        for column in &self.columns {
            let broken = |what: &str| {
                let what = format!("the encoding of the column is broken: {what}");
                Err(Error::new(Kind::BadBundle, what).at(Place::Column(column.name.clone())))
            };
            if !names.insert(&column.name) {
                return broken("there are two of this name");
            }
            if let Err(what) = column.bins.check() {
                return broken(what);
            }
            if column.counts.len() != column.bins.code_count() {
                return broken("it has not one count a code");
            }
        }
        Ok(())
    }

    /// What a code says; [`Meaning::Missing`] also for a column or code that is not there.
    pub fn meaning(&self, column: usize, code: u8) -> Meaning<'_> {
        self.columns.get(column).map_or(Meaning::Missing, |column| column.bins.meaning(code))
    }

    /// What a code says, in English: `34 – 41`, `< 0.5`, `≥ 1000`, `France`, `missing`, `other`.
    pub fn describe(&self, column: usize, code: u8) -> String {
        match self.meaning(column, code) {
            Meaning::Missing => "missing".to_owned(),
            Meaning::Other => "other".to_owned(),
            Meaning::Level(level) => level.to_owned(),
            Meaning::Range { from, below, whole } => range(from, below, whole),
        }
    }

    /// What is usual in a column.
    pub fn typical(&self, column: usize) -> Typical<'_> {
        match self.columns.get(column).map(|column| &column.bins) {
            Some(
                Bins::Number { median, .. }
                | Bins::DaysBefore { median, .. }
                | Bins::Change { median, .. },
            ) => Typical::Number(*median),
            Some(Bins::Category { levels }) => {
                levels.first().map_or(Typical::Nothing, |level| Typical::Level(level))
            }
            None => Typical::Nothing,
        }
    }
}

fn range(from: Option<f64>, below: Option<f64>, whole: bool) -> String {
    match (from, below) {
        (None, None) => "any".to_owned(),
        (Some(from), None) if whole => format!("≥ {}", from.ceil()),
        (Some(from), None) => format!("≥ {from}"),
        (None, Some(below)) if whole => format!("≤ {}", below.ceil() - 1.0),
        (None, Some(below)) => format!("< {below}"),
        (Some(from), Some(below)) if whole => {
            let (first, last) = (from.ceil(), below.ceil() - 1.0);
            if first < last { format!("{first} – {last}") } else { format!("{first}") }
        }
        (Some(from), Some(below)) => format!("{from} – {below}"),
    }
}
