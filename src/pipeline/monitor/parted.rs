//! The ways of telling customers apart: by month, and by columns such as the branch.

use std::collections::BTreeMap;

use arrow_array::{Array, Float64Array, StringArray};

use crate::{
    bundle::Bundle,
    error::{Error, Kind, Place, Result},
    scoring::{scorer::as_of_days, watch::Parted},
    sources::{self, Block, Column, ColumnType, Input, ReadParams},
    units::Day,
};

/// The column that is taken where none is named.
const USUAL: &str = "branch";
/// The way by as-of date.
pub(super) const MONTH: &str = "month";
/// The group of customers whose cell is missing.
const MISSING: &str = "(missing)";

/// The ways that a table offers.
#[derive(Debug)]
pub(super) struct Ways {
    /// Their names; the month first, where there are as-of dates.
    pub(super) names: Vec<String>,
    /// The columns to read: those of scoring and those of the ways.
    pub(super) columns: Vec<Column>,
    /// What a reader must know.
    pub(super) notes: Vec<String>,
    by: Vec<String>,
}

impl Ways {
    /// The ways by the columns named, or by `branch` where the table has it.
    pub(super) fn find(
        bundle: &Bundle,
        current: &Input,
        read: &ReadParams,
        named: &[String],
    ) -> Self {
        let with = |by: &[String]| {
            let mut columns = bundle.source.columns.clone();
            for name in by {
                if !columns.iter().any(|column| column.name == *name) {
                    columns.push(Column { name: name.clone(), kind: ColumnType::Text });
                }
            }
            columns
        };
        let usual = vec![USUAL.to_owned()];
        let (by, notes) = if !named.is_empty() {
            (named.to_vec(), Vec::new())
        } else if with(&usual).len() == bundle.source.columns.len()
            || has(current, read, &with(&usual))
        {
            (usual, Vec::new())
        } else {
            (Vec::new(), Vec::new())
        };
        let month = bundle.source.as_of.is_some().then(|| MONTH.to_owned());
        let ways = month.into_iter().chain(by.iter().cloned()).collect();
        Self { names: ways, columns: with(&by), notes, by }
    }

    /// The groups of a block's rows, a way each.
    pub(super) fn of(&self, block: &Block, bundle: &Bundle) -> Result<Vec<Parted>> {
        let mut ways = Vec::with_capacity(self.names.len());
        if let Some(days) = as_of_days(&block.rows, bundle.source.as_of.as_deref())? {
            let month = |day: &i32| Day(*day).to_string()[..7].to_owned();
            // Neighbouring rows are mostly of one day.
            let mut last: Option<(i32, String)> = None;
            ways.push(part(days.iter().map(|day| match &last {
                Some((known, name)) if known == day => name.clone(),
                _ => last.insert((*day, month(day))).1.clone(),
            })));
        }
        for name in &self.by {
            ways.push(by_column(block, name)?);
        }
        Ok(ways)
    }
}

/// The groups by one column.
fn by_column(block: &Block, name: &str) -> Result<Parted> {
    let column = block.rows.column_by_name(name);
    let any = column.map(Array::as_any);
    if let Some(texts) = any.and_then(|any| any.downcast_ref::<StringArray>()) {
        return Ok(part_texts(texts));
    }
    if let Some(numbers) = any.and_then(|any| any.downcast_ref::<Float64Array>()) {
        return Ok(part(
            numbers.iter().map(|x| x.map_or_else(|| MISSING.to_owned(), |x| x.to_string())),
        ));
    }
    Err(Error::new(Kind::WrongType, "customers are told apart by text or by numbers")
        .at(Place::Column(name.to_owned())))
}

/// Whether a file, which can be opened again, has these columns.
fn has(input: &Input, read: &ReadParams, columns: &[Column]) -> bool {
    let Input::Path(path) = input else { return false };
    !crate::store::is_pipe(path) && sources::open(input, read, None, columns).is_ok()
}

fn part(names: impl Iterator<Item = String>) -> Parted {
    let mut parted = Parted::default();
    let mut known: BTreeMap<String, u32> = BTreeMap::new();
    for name in names {
        let next = known.len() as u32;
        let group = *known.entry(name).or_insert_with_key(|name| {
            parted.names.push(name.clone());
            next
        });
        parted.of_row.push(group);
    }
    parted
}

fn part_texts(texts: &StringArray) -> Parted {
    let mut parted = Parted::default();
    let mut known: BTreeMap<&str, u32> = BTreeMap::new();
    for text in texts {
        let text = text.map_or(MISSING, str::trim);
        let next = known.len() as u32;
        let group = *known.entry(text).or_insert(next);
        if group == next {
            parted.names.push(text.to_owned());
        }
        parted.of_row.push(group);
    }
    parted
}
