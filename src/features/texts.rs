//! A column as texts: reading it, and looking at it once.

use std::{borrow::Cow, collections::BTreeMap};

use arrow_array::{Array, ArrayRef, StringArray, cast::AsArray, types};

use super::{
    builder::{EncodeParams, Holds, Profile},
    distinct::Distinct,
    encoder::Bins,
    levels::{Cell, Levels},
    numbers::{distinct, wrong_type},
};
use crate::{error::Result, units::Day};

/// Different texts that are counted one by one, at most; a column with more is counted on a sample.
const MOST_TEXTS: usize = 1 << 16;
/// Stands for a missing text in the sample; no text has this hash.
const MISSING: u64 = 0;

/// The cells of a category as texts: a number in its shortest decimal, a date as `YYYY-MM-DD`.
pub(super) fn texts(column: &ArrayRef) -> Result<Cow<'_, StringArray>> {
    if let Some(array) = column.as_string_opt::<i32>() {
        return Ok(Cow::Borrowed(array));
    }
    if let Some(array) = column.as_primitive_opt::<types::Float64Type>() {
        let cells = array.iter().map(|x| x.filter(|x| x.is_finite()));
        return Ok(Cow::Owned(cells.map(|x| x.map(|x| (x + 0.0).to_string())).collect()));
    }
    if let Some(array) = column.as_primitive_opt::<types::Date32Type>() {
        return Ok(Cow::Owned(array.iter().map(|x| x.map(|day| Day(day).to_string())).collect()));
    }
    Err(wrong_type(column, "texts"))
}

/// The cells of a text column, `None` where missing.
pub(super) fn cells(array: &StringArray) -> impl Iterator<Item = Option<Cell<'_>>> {
    let bytes = array.value_data();
    let nulls = array.nulls();
    array.value_offsets().windows(2).enumerate().map(move |(row, ends)| {
        if nulls.is_some_and(|nulls| nulls.is_null(row)) {
            return None;
        }
        Some(Cell::within(bytes, ends[0] as usize, ends[1] as usize))
    })
}

/// What is kept of a category column while its rows pass by.
#[derive(Debug)]
pub(super) struct TextColumn {
    rows: u64,
    missing: u64,
    levels: Levels,
    counts: Vec<u64>,
    many: Option<Many>,
    sample: Vec<u64>,
}

/// What is kept in place of counts once there are too many different texts.
#[derive(Debug)]
struct Many {
    values: Distinct,
    /// Sampled texts that are not among the levels: by hash, with the text from the second time on,
    /// so that texts that come once cost little.
    names: BTreeMap<u64, Option<Box<[u8]>>>,
}

impl TextColumn {
    pub(super) fn new() -> Self {
        Self {
            rows: 0,
            missing: 0,
            levels: Levels::new(),
            counts: Vec::new(),
            many: None,
            sample: Vec::new(),
        }
    }

    pub(super) fn observe(&mut self, array: &StringArray, keep: &[bool], sampled: &[u32]) {
        let mut sampled = sampled.iter().copied().peekable();
        for (row, (cell, keep)) in cells(array).zip(keep).enumerate() {
            if !keep {
                continue;
            }
            let in_sample = sampled.next_if_eq(&(row as u32)).is_some();
            self.rows += 1;
            let hash = cell.map_or(MISSING, Cell::hash);
            if in_sample {
                self.sample.push(hash);
            }
            match (cell, &mut self.many) {
                (None, _) => self.missing += 1,
                (Some(cell), None) => self.count(hash, cell),
                (Some(cell), Some(many)) => {
                    many.values.add(hash, 1);
                    if in_sample && self.levels.find(hash, cell) == self.levels.len() {
                        many.remember(hash, cell);
                    }
                }
            }
        }
    }

    #[inline]
    fn count(&mut self, hash: u64, cell: Cell<'_>) {
        let number = self.levels.add(hash, cell);
        if let Some(rows) = self.counts.get_mut(number) {
            *rows += 1;
            return;
        }
        self.counts.push(1);
        if self.levels.len() > MOST_TEXTS {
            let mut values = Distinct::new();
            for (number, rows) in self.counts.iter().enumerate() {
                values.add(self.levels.hash_of(number), *rows);
            }
            self.many = Some(Many { values, names: BTreeMap::new() });
        }
    }

    pub(super) fn thin(&mut self, stays: &[bool]) {
        let mut stays = stays.iter();
        self.sample.retain(|_| stays.next().copied().unwrap_or_default());
        if let Some(many) = &mut self.many {
            let mut sample = self.sample.clone();
            sample.sort_unstable();
            many.names.retain(|hash, _| sample.binary_search(hash).is_ok());
        }
    }

    pub(super) fn finish(mut self, params: &EncodeParams) -> (Bins, Profile) {
        let there = self.rows - self.missing;
        let (different, is_exact, rows_per_value) = match &self.many {
            None => {
                let different = self.levels.len() as u64;
                (different, true, there as f64 / different.max(1) as f64)
            }
            Some(many) => (distinct(&many.values, there), false, many.values.rows_per_value()),
        };
        let profile = Profile {
            rows: self.rows,
            missing: self.missing,
            distinct: different,
            distinct_is_exact: is_exact,
            rows_per_value,
            holds: Holds::Texts,
            ..Profile::default()
        };
        let mut counted = if self.many.is_some() { self.sampled() } else { self.counted() };
        counted.retain(|(_, rows)| *rows >= params.min_level_rows as f64);
        counted.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        counted.truncate(params.max_levels);
        (Bins::Category { levels: counted.into_iter().map(|(text, _)| text).collect() }, profile)
    }

    fn counted(&self) -> Vec<(String, f64)> {
        let counts = self.counts.iter().enumerate();
        counts.map(|(number, rows)| (self.levels.text(number), *rows as f64)).collect()
    }

    /// The texts that come twice or more in the sample, with their rows scaled up to all rows.
    fn sampled(&mut self) -> Vec<(String, f64)> {
        self.sample.sort_unstable();
        let scale = self.rows as f64 / self.sample.len().max(1) as f64;
        let known: BTreeMap<u64, usize> =
            (0..self.levels.len()).map(|number| (self.levels.hash_of(number), number)).collect();
        let names = self.many.as_ref().map(|many| &many.names);
        let runs = self.sample.chunk_by(|a, b| a == b).filter(|run| run.len() > 1);
        runs.filter_map(|run| {
            let hash = run.first()?;
            let text = match known.get(hash) {
                Some(number) => self.levels.text(*number),
                None => String::from_utf8_lossy(names?.get(hash)?.as_deref()?).into_owned(),
            };
            Some((text, run.len() as f64 * scale))
        })
        .collect()
    }
}

impl Many {
    fn remember(&mut self, hash: u64, cell: Cell<'_>) {
        match self.names.get_mut(&hash) {
            None => {
                self.names.insert(hash, None);
            }
            Some(name) => {
                name.get_or_insert_with(|| cell.bytes().into());
            }
        }
    }
}
