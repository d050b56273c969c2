//! A raw table's files, read field by field: plain columns as they are, expressions evaluated.

use std::path::Path;

use arrow_array::{Array, Date32Array, Float64Array, RecordBatch, StringArray, cast::AsArray};

use super::{
    params::TableSource,
    schema::{Cell, RawTable},
};
use crate::{
    error::{Error, Kind, Place, Result},
    expr::{self, Expr},
    nearest::nearest,
    sources::{self, Block, Blocks, Column, ColumnType, Input, ReadParams},
};

/// How a table's files are read.
#[derive(Debug)]
pub(super) struct Plan {
    table: RawTable,
    wanted: Vec<Column>,
    fields: Vec<From>,
    filter: Option<Expr>,
}

/// Where a field comes from.
#[derive(Debug)]
enum From {
    Absent,
    Column(usize),
    Written(Expr),
}

impl Plan {
    /// Finds out where each field comes from, by the header of the first file; where expressions are
    /// in use, by all its cells.
    pub(super) fn new(
        table: RawTable,
        source: &TableSource,
        first: &Path,
        read: &ReadParams,
    ) -> Result<Self> {
        let input = Input::Path(first.to_owned());
        let names = sources::names(&input, read)?;
        let is_column = |text: &str| names.iter().any(|name| name == text);
        let as_is = source.filter.is_none() && source.columns.values().all(|text| is_column(text));
        let plan = if as_is {
            Self::plain(table, source, &names)
        } else {
            let columns = sources::scan(&input, read)?.columns;
            Self::written(table, source, columns)?
        };
        for (field, from) in table.fields().iter().zip(&plan.fields) {
            if field.required && matches!(from, From::Absent) {
                return Err(missing(table, field.name, &input, &names));
            }
        }
        Ok(plan)
    }

    fn plain(table: RawTable, source: &TableSource, names: &[String]) -> Self {
        let mut wanted = Vec::new();
        let mut fields = Vec::new();
        for field in table.fields() {
            let name = source.columns.get(field.name).map_or(field.name, String::as_str);
            if !names.iter().any(|known| known == name) {
                fields.push(From::Absent);
                continue;
            }
            let kind = match field.cell {
                Cell::Text | Cell::Flag => ColumnType::Text,
                Cell::Day => ColumnType::Date,
                Cell::Number => ColumnType::Number,
            };
            let column = Column { name: name.to_owned(), kind };
            let at = wanted.iter().position(|known| *known == column).unwrap_or_else(|| {
                wanted.push(column);
                wanted.len() - 1
            });
            fields.push(From::Column(at));
        }
        // A column that two fields read as two types is read by expression.
        let twice = wanted
            .iter()
            .enumerate()
            .any(|(i, column)| wanted[..i].iter().any(|other| other.name == column.name));
        if twice {
            let columns = names.iter().map(|name| {
                let kind = wanted.iter().find(|column| column.name == *name);
                Column { name: name.clone(), kind: kind.map_or(ColumnType::Text, |c| c.kind) }
            });
            if let Ok(plan) = Self::written(table, source, columns.collect()) {
                return plan;
            }
        }
        Self { table, wanted, fields, filter: None }
    }

    fn written(table: RawTable, source: &TableSource, columns: Vec<Column>) -> Result<Self> {
        let kinds: Vec<(&str, expr::Kind)> =
            columns.iter().map(|column| (column.name.as_str(), kind(column.kind))).collect();
        let key = |name: &str| Place::Key(format!("history.{}.columns.{name}", table.name()));
        let mut fields = Vec::new();
        let mut used = std::collections::BTreeSet::new();
        for field in table.fields() {
            let text = match source.columns.get(field.name) {
                Some(text) => text.as_str(),
                None if kinds.iter().any(|(name, _)| *name == field.name) => field.name,
                None => {
                    fields.push(From::Absent);
                    continue;
                }
            };
            let expr = Expr::parse(text, &kinds).map_err(|e| e.at(key(field.name)))?;
            let expr = cast(expr, field.cell, &kinds)?;
            used.extend(expr.columns());
            fields.push(From::Written(expr));
        }
        let filter = match &source.filter {
            Some(text) => Some(Expr::parse(text, &kinds)?),
            None => None,
        };
        used.extend(filter.iter().flat_map(Expr::columns));
        let wanted = columns.into_iter().filter(|column| used.contains(&column.name)).collect();
        Ok(Self { table, wanted, fields, filter })
    }

    /// Whether a field is there.
    pub(super) fn has(&self, name: &str) -> bool {
        let at = self.table.at(name);
        self.fields.get(at).is_some_and(|from| !matches!(from, From::Absent))
    }

    /// The rows of a file.
    pub(super) fn open(&self, file: &Path, read: &ReadParams) -> Result<Blocks> {
        sources::open(&Input::Path(file.to_owned()), read, None, &self.wanted)
    }

    /// The fields of a block.
    pub(super) fn cells(&self, block: &Block) -> Result<Cells> {
        let rows = &block.rows;
        let kept = match &self.filter {
            Some(filter) => Some(filter.truth(rows)?),
            None => None,
        };
        let lanes = self
            .fields
            .iter()
            .zip(self.table.fields())
            .map(|(from, field)| lane(from, field.cell, rows))
            .collect::<Result<_>>()?;
        Ok(Cells { lanes, kept })
    }
}

fn missing(table: RawTable, field: &str, input: &Input, names: &[String]) -> Error {
    let what = format!("{} need the column {field}, which is not there", table.name());
    let error = Error::new(Kind::MissingColumn, what).at(Place::File(input.to_string().into()));
    let near = nearest(field, names.iter().map(String::as_str));
    let column = near.unwrap_or("the column, or a SQL expression");
    error.hint_with(format!(
        "say in the configuration where it is: [history.{}.columns] {field} = \"{column}\"",
        table.name()
    ))
}

fn kind(kind: ColumnType) -> expr::Kind {
    match kind {
        ColumnType::Number => expr::Kind::Number,
        ColumnType::Text => expr::Kind::Text,
        ColumnType::Date => expr::Kind::Date,
    }
}

/// The expression as the type that a field needs.
fn cast(expr: Expr, cell: Cell, kinds: &[(&str, expr::Kind)]) -> Result<Expr> {
    let sql = expr.sql();
    let as_text = || format!("CAST(({sql}) AS TEXT)");
    let text = match (cell, expr.kind()) {
        (Cell::Text, expr::Kind::Text)
        | (Cell::Day, expr::Kind::Date)
        | (Cell::Number, expr::Kind::Number)
        | (Cell::Flag, expr::Kind::Text | expr::Kind::Boolean) => return Ok(expr),
        (Cell::Text | Cell::Flag, _) => as_text(),
        (Cell::Number, expr::Kind::Boolean) => format!("CASE WHEN {sql} THEN 1 ELSE 0 END"),
        (Cell::Number, _) => format!("CAST({} AS DOUBLE PRECISION)", as_text()),
        (Cell::Day, _) => format!("CAST({} AS DATE)", as_text()),
    };
    Expr::parse(&text, kinds)
}

/// The fields of a block's rows.
#[derive(Debug)]
pub(super) struct Cells {
    lanes: Vec<Lane>,
    kept: Option<Vec<Option<bool>>>,
}

#[derive(Debug)]
enum Lane {
    Absent,
    Text(StringArray),
    Day(Date32Array),
    Number(Float64Array),
    Flag(Vec<Option<bool>>),
}

fn lane(from: &From, cell: Cell, rows: &RecordBatch) -> Result<Lane> {
    Ok(match from {
        From::Absent => Lane::Absent,
        From::Column(at) => {
            let column = rows.column(*at);
            match cell {
                Cell::Text => {
                    column.as_string_opt::<i32>().cloned().map_or(Lane::Absent, Lane::Text)
                }
                Cell::Day => column.as_primitive_opt().cloned().map_or(Lane::Absent, Lane::Day),
                Cell::Number => {
                    column.as_primitive_opt().cloned().map_or(Lane::Absent, Lane::Number)
                }
                Cell::Flag => match column.as_string_opt::<i32>() {
                    Some(texts) => Lane::Flag(texts.iter().map(|t| t.and_then(flag)).collect()),
                    None => Lane::Absent,
                },
            }
        }
        From::Written(expr) => match cell {
            Cell::Text => Lane::Text(expr.texts(rows)?.into_iter().collect()),
            Cell::Day => Lane::Day(expr.days(rows)?.into_iter().collect()),
            Cell::Number => Lane::Number(expr.numbers(rows)?.into_iter().collect()),
            Cell::Flag if expr.kind() == expr::Kind::Boolean => Lane::Flag(expr.truth(rows)?),
            Cell::Flag => {
                let texts = expr.texts(rows)?;
                Lane::Flag(texts.iter().map(|t| t.as_deref().and_then(flag)).collect())
            }
        },
    })
}

/// Whether a word says yes or no.
fn flag(word: &str) -> Option<bool> {
    match word.trim() {
        "1" | "1.0" | "true" | "TRUE" | "True" | "t" | "T" | "yes" | "YES" | "Yes" | "y" | "Y"
        | "是" => Some(true),
        "0" | "0.0" | "false" | "FALSE" | "False" | "f" | "F" | "no" | "NO" | "No" | "n" | "N"
        | "否" => Some(false),
        _ => None,
    }
}

impl Cells {
    /// Whether the filter lets a row count.
    pub(super) fn keeps(&self, row: usize) -> bool {
        self.kept.as_ref().is_none_or(|kept| kept[row] == Some(true))
    }

    pub(super) fn text(&self, field: usize, row: usize) -> Option<&str> {
        match self.lanes.get(field)? {
            Lane::Text(texts) if texts.is_valid(row) => Some(texts.value(row)),
            _ => None,
        }
    }

    pub(super) fn day(&self, field: usize, row: usize) -> Option<i32> {
        match self.lanes.get(field)? {
            Lane::Day(days) if days.is_valid(row) => Some(days.value(row)),
            _ => None,
        }
    }

    pub(super) fn number(&self, field: usize, row: usize) -> Option<f64> {
        match self.lanes.get(field)? {
            Lane::Number(numbers) if numbers.is_valid(row) => {
                Some(numbers.value(row)).filter(|x| x.is_finite())
            }
            _ => None,
        }
    }

    pub(super) fn flag(&self, field: usize, row: usize) -> Option<bool> {
        match self.lanes.get(field)? {
            Lane::Flag(flags) => flags[row],
            _ => None,
        }
    }
}
