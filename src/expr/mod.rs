//! SQL expressions over the columns of a table.
//!
//! Parsed by `sqlparser`, bound to the columns and checked for types at once, and evaluated over
//! Arrow columns, one operation at a time over all rows.
//!
//! # Semantics
//! Those of PostgreSQL, with these differences, so that an expression over any data has a value and
//! never an error:
//! - All numbers are f64: `7 / 2` is 3.5. What is not finite, a division by zero included, is NULL;
//!   so are LN of what is not positive and SQRT of what is negative. An infinite or NaN cell is NULL.
//! - A cast that fails is NULL. A date outside the years 1 to 9999 is NULL.
//! - Column names are case-sensitive, quoted or not. A text that is, as a whole, the name of a column
//!   is that column, whatever its signs and blanks.
//! - Text is compared by Unicode code point, as under `COLLATE "C"`. ROUND takes halves away from zero.
//! - A date plus a number with a fraction is the day in which that moment lies.
//!
//! As in PostgreSQL: AND, OR and NOT have three values; `x IN (…)` is NULL where nothing is equal and
//! something is NULL; LEAST and GREATEST leave NULLs out; `\` escapes in LIKE unless ESCAPE says
//! otherwise (`ESCAPE ''` for no escape).
//!
//! ```
//! use std::sync::Arc;
//! use arrow_array::{Float64Array, RecordBatch};
//! use reveille::expr::{Expr, Kind};
//!
//! let expr = Expr::parse("aum * 0.01 + fees", &[("aum", Kind::Number), ("fees", Kind::Number)])?;
//! let aum = Arc::new(Float64Array::from(vec![Some(5000.0), None])) as _;
//! let fees = Arc::new(Float64Array::from(vec![20.0, 30.0])) as _;
//! let rows = RecordBatch::try_from_iter([("aum", aum), ("fees", fees)]).unwrap();
//! assert_eq!(expr.numbers(&rows)?, [Some(70.0), None]);
//! # Ok::<(), reveille::error::Error>(())
//! ```

mod bind;
mod choose;
mod eval;
mod lane;
mod like;
mod names;
mod node;
mod print;
mod reader;
mod source;
mod types;
mod yes_no;

use std::{borrow::Cow, collections::BTreeSet, fmt};

use arrow_array::RecordBatch;
use arrow_buffer::{BooleanBuffer, BooleanBufferBuilder};
use rayon::prelude::*;

use crate::error::{self, Error, Place, Result};

use lane::Lane;
use node::{Node, Term, Tree};
use source::Source;

/// The type of a column or of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Arrow `Float64`.
    Number,
    /// Arrow `Utf8`.
    Text,
    /// Arrow `Date32`.
    Date,
    /// Arrow `Boolean`.
    Boolean,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Number => "a number",
            Self::Text => "text",
            Self::Date => "a date",
            Self::Boolean => "true or false",
        })
    }
}

/// Rows that are evaluated together: few enough for the cache, and the same on any number of threads.
const BLOCK: usize = 32_768;

/// An expression whose columns are known and whose types are right.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    text: String,
    sql: String,
    tree: Tree,
    kind: Kind,
}

impl Expr {
    /// Reads an expression over columns of these names and types.
    ///
    /// # Errors
    /// `ExpressionSyntax`, `UnknownColumn`, `ExpressionType` and `ExpressionUnsupported`, each with its
    /// position in the text. A text beyond 64 KiB, 1000 operators or 40 levels is `ExpressionSyntax`.
    pub fn parse(text: &str, columns: &[(&str, Kind)]) -> Result<Self> {
        let tree = read(text, columns)?;
        let mut sql = print::sql(&tree);
        // A column may be called like the SQL of something else, and a whole text is first a name.
        while named_column(&sql, columns).is_some_and(|named| named != tree) {
            sql = format!("({sql})");
        }
        // What is printed is read again one day, so it must keep the limits too.
        if read(&sql, columns).ok().as_ref() != Some(&tree) {
            let source = Source::new(text, columns);
            return Err(source.too_large(1, "the expression is too long or nested too deeply"));
        }
        let kind = tree.terms.last().and_then(|term| term.kind).unwrap_or(Kind::Boolean);
        Ok(Self { text: text.to_owned(), sql, tree, kind })
    }

    /// The text as it was given.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The type of its values.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The names of the columns that it needs.
    pub fn columns(&self) -> BTreeSet<String> {
        self.tree.columns.iter().map(|(name, _)| name.clone()).collect()
    }

    /// Canonical SQL: reads back to the same expression over the same columns.
    pub fn sql(&self) -> String {
        self.sql.clone()
    }

    /// A truth value for each row; `None` where it is unknown.
    ///
    /// Numbers count where all are 0 or 1; text counts where all cells are, blanks and capitals aside,
    /// one of yes, no, true, false, t, f, y, n, 1, 0, 是, 否, or blank for unknown.
    ///
    /// # Errors
    /// `NotBinary`, with the values found and a comparison to write, where other values are there;
    /// `MissingColumn` and `ExpressionType` where the rows lack a column or have it in another type.
    pub fn truth(&self, rows: &RecordBatch) -> Result<Vec<Option<bool>>> {
        match self.kind {
            Kind::Boolean | Kind::Text => {}
            Kind::Number => return yes_no::of_numbers(self, &self.numbers(rows)?),
            Kind::Date => {
                return Err(self
                    .wrong_kind("true or false")
                    .hint_with(format!("write a comparison, e.g. {} IS NOT NULL", self.shown())));
            }
        }
        let blocks = self.blocks(rows, |lane, len| match lane {
            Lane::Boolean(truths) => Some((0..len).map(|row| truths.get(row)).collect()),
            Lane::Text(texts) => yes_no::of_texts(texts, len),
            _ => None,
        });
        match blocks? {
            Some(truths) => Ok(truths),
            None => Err(yes_no::not_binary_texts(self, &self.texts(rows)?)),
        }
    }

    /// The rows in which a predicate is true, as one bit a row; unknown counts as not.
    ///
    /// # Errors
    /// `ExpressionType` where the expression is no predicate; `MissingColumn` and `ExpressionType`
    /// where the rows lack a column or have it in another type.
    pub fn holds(&self, rows: &RecordBatch) -> Result<BooleanBuffer> {
        let total = rows.num_rows();
        let mut all = BooleanBufferBuilder::new(total);
        for start in (0..total.max(1)).step_by(BLOCK) {
            match eval::evaluate(&self.tree, &block_of(rows, start))? {
                Lane::Boolean(truths) => all.append_buffer(&truths.yes),
                _ => return Err(self.wrong_kind("true or false")),
            }
        }
        Ok(all.finish())
    }

    /// A finite number for each row, 1 for true and 0 for false; `None` where it is missing.
    ///
    /// # Errors
    /// `ExpressionType` where the expression is text or a date; `MissingColumn` and `ExpressionType`
    /// where the rows lack a column or have it in another type.
    pub fn numbers(&self, rows: &RecordBatch) -> Result<Vec<Option<f64>>> {
        let numbers = self.blocks(rows, |lane, len| {
            let cells = match lane {
                Lane::Number(cells) => cells,
                Lane::Boolean(truths) => &eval::as_number(truths),
                _ => return None,
            };
            Some((0..len).map(|row| cells.get(row)).collect())
        });
        numbers?.ok_or_else(|| {
            let hint = match self.kind {
                Kind::Text => format!("write CAST({} AS DOUBLE PRECISION)", self.shown()),
                _ => format!("count days, e.g. DATE '2026-01-31' - {}", self.shown()),
            };
            self.wrong_kind("a number").hint_with(hint)
        })
    }

    /// A text for each row; `None` where it is missing.
    ///
    /// # Errors
    /// `ExpressionType` where the expression is not text; `MissingColumn` and `ExpressionType` where the
    /// rows lack a column or have it in another type.
    pub fn texts(&self, rows: &RecordBatch) -> Result<Vec<Option<String>>> {
        let texts = self.blocks(rows, |lane, len| match lane {
            Lane::Text(texts) => {
                Some((0..len).map(|row| texts.get(row).map(str::to_owned)).collect())
            }
            _ => None,
        });
        texts?.ok_or_else(|| {
            self.wrong_kind("text").hint_with(format!("write CAST({} AS TEXT)", self.shown()))
        })
    }

    /// A day for each row, as days since 1970-01-01; `None` where it is missing.
    ///
    /// # Errors
    /// `ExpressionType` where the expression is no date; `MissingColumn` and `ExpressionType` where the
    /// rows lack a column or have it in another type.
    pub fn days(&self, rows: &RecordBatch) -> Result<Vec<Option<i32>>> {
        let days = self.blocks(rows, |lane, len| match lane {
            Lane::Date(days) => Some((0..len).map(|row| days.get(row)).collect()),
            _ => None,
        });
        days?.ok_or_else(|| {
            self.wrong_kind("a date").hint_with(format!("write CAST({} AS DATE)", self.shown()))
        })
    }

    /// Evaluates block by block; `None` where `read` has none for a block.
    fn blocks<T: Send>(
        &self,
        rows: &RecordBatch,
        read: impl Fn(&Lane, usize) -> Option<Vec<T>> + Sync,
    ) -> Result<Option<Vec<T>>> {
        let total = rows.num_rows();
        let one = |block: usize| {
            let rows = block_of(rows, block * BLOCK);
            let lane = eval::evaluate(&self.tree, &rows)?;
            Ok(read(&lane, rows.num_rows()))
        };
        let parts: Vec<Result<Option<Vec<T>>>> = match total.div_ceil(BLOCK) {
            // An empty table is evaluated too, for its columns to be checked.
            0 | 1 => vec![one(0)],
            blocks => (0..blocks).into_par_iter().map(one).collect(),
        };
        let mut all = Vec::with_capacity(total);
        for part in parts {
            match part? {
                Some(part) => all.extend(part),
                None => return Ok(None),
            }
        }
        Ok(Some(all))
    }

    /// The column that the whole expression is, if it is one.
    fn column(&self) -> Option<&str> {
        match self.tree.terms.as_slice() {
            [Term { node: Node::Column(column), .. }] => {
                self.tree.columns.get(*column).map(|(name, _)| name.as_str())
            }
            _ => None,
        }
    }

    /// The expression as an operand in a hint.
    fn shown(&self) -> String {
        match self.column() {
            Some(name) => names::written(name),
            None => format!("({})", self.text.trim().chars().take(60).collect::<String>()),
        }
    }

    fn place(&self) -> Place {
        match self.column() {
            Some(name) => Place::Column(name.to_owned()),
            None => Place::Expression(self.text.chars().take(300).collect(), 1),
        }
    }

    fn wrong_kind(&self, want: &str) -> Error {
        let what = format!("the value is {}, and {want} is needed here", self.kind);
        Error::new(error::Kind::ExpressionType, what).at(self.place())
    }
}

/// The rows of a block from its first one on; slicing takes its time where there are many columns.
fn block_of(rows: &RecordBatch, start: usize) -> Cow<'_, RecordBatch> {
    let total = rows.num_rows();
    if total <= BLOCK {
        Cow::Borrowed(rows)
    } else {
        Cow::Owned(rows.slice(start, BLOCK.min(total - start)))
    }
}

/// The bound tree of a text.
fn read(text: &str, columns: &[(&str, Kind)]) -> Result<Tree> {
    if let Some(tree) = named_column(text, columns) {
        return Ok(tree);
    }
    let source = Source::new(text, columns);
    bind::bind(&source, &source.parse()?)
}

/// The column that the whole text names.
fn named_column(text: &str, columns: &[(&str, Kind)]) -> Option<Tree> {
    let wanted = text.trim();
    let (name, kind) = columns
        .iter()
        .find(|(name, _)| *name == text)
        .or_else(|| columns.iter().find(|(name, _)| !wanted.is_empty() && name.trim() == wanted))?;
    let term = Term { node: Node::Column(0), kind: Some(*kind), at: 1 };
    Some(Tree { columns: vec![((*name).to_owned(), *kind)], terms: vec![term] })
}
