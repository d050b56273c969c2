//! Evaluation over Arrow columns, one operation at a time over all rows.

use arrow_array::{Array, BooleanArray, Date32Array, Float64Array, RecordBatch, StringArray};
use arrow_buffer::{BooleanBuffer, NullBuffer};

use crate::{
    error::{self, Error, Place, Result},
    units::Day,
};

use super::{
    Kind, choose,
    lane::{Cells, Lane, Texts, Truths},
    like::Pattern,
    node::{Arithmetic, Case, Comparison, Id, Literal, Logic, Node, Sense, Test, Tree},
    print, yes_no,
};

/// The values of the whole expression.
pub(super) fn evaluate(tree: &Tree, rows: &RecordBatch) -> Result<Lane> {
    let mut bench = Bench { tree, rows, len: rows.num_rows(), lanes: Vec::new() };
    for term in &tree.terms {
        let lane = bench.lane(&term.node, term.kind.unwrap_or(Kind::Boolean))?;
        bench.lanes.push(Some(lane));
    }
    bench.lanes.pop().flatten().ok_or_else(broken)
}

/// The rows with the results that are still to be used.
pub(super) struct Bench<'a> {
    tree: &'a Tree,
    rows: &'a RecordBatch,
    pub(super) len: usize,
    lanes: Vec<Option<Lane>>,
}

/// For what the types that were checked before rule out.
pub(super) fn broken() -> Error {
    Error::new(error::Kind::ExpressionType, "the expression does not fit its types")
}

impl Bench<'_> {
    /// Takes the result of a term; each is used once.
    pub(super) fn take(&mut self, id: Id) -> Result<Lane> {
        self.lanes.get_mut(id).and_then(Option::take).ok_or_else(broken)
    }

    pub(super) fn numbers(&mut self, id: Id) -> Result<Cells<f64>> {
        match self.take(id)? {
            Lane::Number(cells) => Ok(cells),
            _ => Err(broken()),
        }
    }

    pub(super) fn texts(&mut self, id: Id) -> Result<Texts> {
        match self.take(id)? {
            Lane::Text(texts) => Ok(texts),
            _ => Err(broken()),
        }
    }

    fn truths(&mut self, id: Id) -> Result<Truths> {
        match self.take(id)? {
            Lane::Boolean(truths) => Ok(truths),
            _ => Err(broken()),
        }
    }

    fn lane(&mut self, node: &Node, kind: Kind) -> Result<Lane> {
        Ok(match node {
            Node::Column(column) => self.column(*column)?,
            Node::Literal(literal) => constant(literal, kind, self.len),
            Node::Not(a) => Lane::Boolean(self.truths(*a)?.not()),
            Node::Negate(a) => Lane::Number(self.numbers(*a)?.map(|x| -x)),
            Node::Logic(logic, a, b) => {
                let (a, b) = (self.truths(*a)?, self.truths(*b)?);
                Lane::Boolean(match logic {
                    Logic::And => a.and(&b),
                    Logic::Or => a.or(&b),
                })
            }
            Node::Arithmetic(operation, a, b) => {
                let (a, b) = (self.take(*a)?, self.take(*b)?);
                arithmetic(*operation, &a, &b, self.len)?
            }
            Node::Compare(comparison, a, b) => {
                let (a, b) = (self.take(*a)?, self.take(*b)?);
                Lane::Boolean(compare(*comparison, &a, &b, self.len)?)
            }
            Node::In(sense, value, list) => {
                let value = self.take(*value)?;
                let list = list.iter().map(|id| self.take(*id)).collect::<Result<Vec<_>>>()?;
                signed(*sense, member(&value, &list, self.len)?)
            }
            Node::Between(sense, [value, low, high]) => {
                let (value, low, high) = (self.take(*value)?, self.take(*low)?, self.take(*high)?);
                let above = compare(Comparison::GreaterOrEqual, &value, &low, self.len)?;
                let below = compare(Comparison::LessOrEqual, &value, &high, self.len)?;
                signed(*sense, above.and(&below))
            }
            Node::Like(sense, case, [value, pattern], escape) => {
                let (value, pattern) = (self.texts(*value)?, self.texts(*pattern)?);
                signed(*sense, like(&value, &pattern, *case, *escape, self.len))
            }
            Node::Is(sense, test, a) => {
                let lane = self.take(*a)?;
                let holds = match (test, &lane) {
                    (Test::Null, lane) => !&known(lane, self.len),
                    (Test::True, Lane::Boolean(truths)) => truths.yes.clone(),
                    (Test::False, Lane::Boolean(truths)) => truths.no.clone(),
                    _ => return Err(broken()),
                };
                signed(*sense, Truths::certain(holds))
            }
            Node::Case(operand, branches, otherwise) => {
                self.case(*operand, branches, *otherwise, kind)?
            }
            Node::Call(function, arguments) => self.call(*function, arguments, kind)?,
            Node::Cast(a, target) => {
                let lane = self.take(*a)?;
                cast(lane, *target, self.len)?
            }
        })
    }

    fn column(&self, column: usize) -> Result<Lane> {
        let (name, kind) = self.tree.columns.get(column).ok_or_else(broken)?;
        let Some(array) = self.rows.column_by_name(name) else {
            let what = format!("the column \"{name}\" is not in the table");
            return Err(Error::new(error::Kind::MissingColumn, what));
        };
        let any = array.as_any();
        let lane = match kind {
            Kind::Number => any.downcast_ref::<Float64Array>().map(|array| {
                let cells = Cells::Rows(array.values().clone(), array.nulls().cloned());
                Lane::Number(cells.finite())
            }),
            Kind::Date => any.downcast_ref::<Date32Array>().map(|array| {
                Lane::Date(Cells::Rows(array.values().clone(), array.nulls().cloned()))
            }),
            Kind::Text => any
                .downcast_ref::<StringArray>()
                .map(|array| Lane::Text(Texts::Rows(array.clone()))),
            Kind::Boolean => any
                .downcast_ref::<BooleanArray>()
                .map(|array| Lane::Boolean(Truths::new(array.values().clone(), array.nulls()))),
        };
        lane.ok_or_else(|| {
            let what = format!("the column is no longer {kind}, as when the expression was read");
            Error::new(error::Kind::ExpressionType, what).at(Place::Column(name.clone()))
        })
    }

    fn case(
        &mut self,
        operand: Option<Id>,
        branches: &[(Id, Id)],
        otherwise: Option<Id>,
        kind: Kind,
    ) -> Result<Lane> {
        let operand = operand.map(|id| self.take(id)).transpose()?;
        let mut choice: Vec<Option<usize>> = vec![None; self.len];
        let mut results = Vec::with_capacity(branches.len() + 1);
        for (branch, (when, then)) in branches.iter().enumerate() {
            let when = self.take(*when)?;
            let holds = match &operand {
                Some(operand) => compare(Comparison::Equal, operand, &when, self.len)?.yes,
                None => match when {
                    Lane::Boolean(truths) => truths.yes,
                    _ => return Err(broken()),
                },
            };
            for row in holds.set_indices() {
                if let Some(choice) = choice.get_mut(row) {
                    choice.get_or_insert(branch);
                }
            }
            results.push(self.take(*then)?);
        }
        if let Some(otherwise) = otherwise {
            results.push(self.take(otherwise)?);
            for choice in &mut choice {
                choice.get_or_insert(branches.len());
            }
        }
        choose::pick(&results, kind, self.len, |row| choice.get(row).copied().flatten())
    }
}

fn constant(literal: &Literal, kind: Kind, len: usize) -> Lane {
    match (literal, kind) {
        (Literal::Number(x), _) => Lane::Number(Cells::One(Some(*x))),
        (Literal::Text(text), _) => Lane::Text(Texts::One(Some(text.clone()))),
        (Literal::Date(day), _) => Lane::Date(Cells::One(Some(day.0))),
        (Literal::Boolean(b), _) => Lane::Boolean(Truths::constant(Some(*b), len)),
        (Literal::Null, Kind::Number) => Lane::Number(Cells::One(None)),
        (Literal::Null, Kind::Text) => Lane::Text(Texts::One(None)),
        (Literal::Null, Kind::Date) => Lane::Date(Cells::One(None)),
        (Literal::Null, Kind::Boolean) => Lane::Boolean(Truths::constant(None, len)),
    }
}

fn signed(sense: Sense, truths: Truths) -> Lane {
    Lane::Boolean(match sense {
        Sense::Plain => truths,
        Sense::Negated => truths.not(),
    })
}

/// Where a lane has a value.
pub(super) fn known(lane: &Lane, len: usize) -> BooleanBuffer {
    match lane {
        Lane::Number(cells) => cells.known(len),
        Lane::Date(cells) => cells.known(len),
        Lane::Text(texts) => texts.known(len),
        Lane::Boolean(truths) => truths.known(),
    }
}

/// Arithmetic; a result that is not finite, and a date outside the years 1 to 9999, is missing.
fn arithmetic(operation: Arithmetic, a: &Lane, b: &Lane, len: usize) -> Result<Lane> {
    use Arithmetic::{Add, Divide, Join, Multiply, Remainder, Subtract};
    Ok(match (a, operation, b) {
        (Lane::Number(a), operation, Lane::Number(b)) => Lane::Number(
            match operation {
                Add => a.zip(b, |x, y| x + y),
                Subtract => a.zip(b, |x, y| x - y),
                Multiply => a.zip(b, |x, y| x * y),
                Divide => a.zip(b, |x, y| x / y),
                Remainder => a.zip(b, |x, y| x % y),
                Join => return Err(broken()),
            }
            .finite(),
        ),
        (Lane::Date(a), Subtract, Lane::Date(b)) => {
            Lane::Number(a.zip(b, |x, y| f64::from(x) - f64::from(y)))
        }
        (Lane::Date(a), Add, Lane::Number(b)) | (Lane::Number(b), Add, Lane::Date(a)) => {
            Lane::Date(days(&a.zip(b, |day, by| f64::from(day) + by)))
        }
        (Lane::Date(a), Subtract, Lane::Number(b)) => {
            Lane::Date(days(&a.zip(b, |day, by| f64::from(day) - by)))
        }
        (Lane::Text(a), Join, Lane::Text(b)) => {
            Lane::Text(Texts::each(len, |row| Some([a.get(row)?, b.get(row)?].concat()))?)
        }
        _ => return Err(broken()),
    })
}

/// The day in which a moment lies, where a calendar has it.
fn days(moments: &Cells<f64>) -> Cells<i32> {
    let first = Day::from_ymd(1, 1, 1).map_or(0.0, |day| f64::from(day.0));
    let last = Day::from_ymd(9999, 12, 31).map_or(0.0, |day| f64::from(day.0));
    moments.map(f64::floor).only(|day| (first..=last).contains(&day)).map(|day| day as i32)
}

/// A comparison; unknown where either side is missing.
pub(super) fn compare(comparison: Comparison, a: &Lane, b: &Lane, len: usize) -> Result<Truths> {
    Ok(match (a, b) {
        (Lane::Number(a), Lane::Number(b)) => relate(comparison, a, b, len),
        (Lane::Date(a), Lane::Date(b)) => a.relate(b, len, |x, y| comparison.holds(x.cmp(&y))),
        (Lane::Text(a), Lane::Text(b)) => match comparison {
            Comparison::Equal => a.relate(b, len, |x, y| x == y),
            Comparison::Unequal => a.relate(b, len, |x, y| x != y),
            _ => a.relate(b, len, |x, y| comparison.holds(x.cmp(y))),
        },
        (Lane::Boolean(a), Lane::Boolean(b)) => a.relate(b, |x, y| comparison.holds(x.cmp(&y))),
        _ => return Err(broken()),
    })
}

#[allow(clippy::float_cmp, reason = "SQL's = is exact")]
fn relate(comparison: Comparison, a: &Cells<f64>, b: &Cells<f64>, len: usize) -> Truths {
    match comparison {
        Comparison::Equal => a.relate(b, len, |x, y| x == y),
        Comparison::Unequal => a.relate(b, len, |x, y| x != y),
        Comparison::Less => a.relate(b, len, |x, y| x < y),
        Comparison::LessOrEqual => a.relate(b, len, |x, y| x <= y),
        Comparison::Greater => a.relate(b, len, |x, y| x > y),
        Comparison::GreaterOrEqual => a.relate(b, len, |x, y| x >= y),
    }
}

/// `value IN (list)`: true where one is equal, else unknown where the value or an item is missing.
fn member(value: &Lane, list: &[Lane], len: usize) -> Result<Truths> {
    if let Some(truths) = constants(value, list, len) {
        return Ok(truths);
    }
    let mut any = Truths::constant(Some(false), len);
    for item in list {
        any = any.or(&compare(Comparison::Equal, value, item, len)?);
    }
    Ok(any)
}

/// The common case of constants only: looked up in a sorted list.
fn constants(value: &Lane, list: &[Lane], len: usize) -> Option<Truths> {
    let missing = |given: usize| {
        let unknown = if given < list.len() { None } else { Some(false) };
        Truths::constant(unknown, len)
    };
    match value {
        Lane::Number(cells) => {
            let items = list.iter().map(|item| match item {
                // -0 and 0 are equal, and sort apart.
                Lane::Number(Cells::One(x)) => Some(x.map(|x| x + 0.0)),
                _ => None,
            });
            let mut items: Vec<f64> =
                items.collect::<Option<Vec<_>>>()?.into_iter().flatten().collect();
            items.sort_by(f64::total_cmp);
            let found =
                cells.test(len, |x| items.binary_search_by(|y| y.total_cmp(&(x + 0.0))).is_ok());
            Some(found.or(&missing(items.len())))
        }
        Lane::Text(texts) => {
            let items = list.iter().map(|item| match item {
                Lane::Text(Texts::One(text)) => Some(text.as_deref()),
                _ => None,
            });
            let mut items: Vec<&str> =
                items.collect::<Option<Vec<_>>>()?.into_iter().flatten().collect();
            items.sort_unstable();
            let found = texts.test(len, |text| items.binary_search(&text).is_ok());
            Some(found.or(&missing(items.len())))
        }
        _ => None,
    }
}

fn like(value: &Texts, pattern: &Texts, case: Case, escape: Option<char>, len: usize) -> Truths {
    match pattern {
        Texts::One(Some(pattern)) => {
            let pattern = Pattern::new(pattern, escape, case);
            value.test(len, |text| pattern.matches(text))
        }
        other => value
            .relate(other, len, |text, pattern| Pattern::new(pattern, escape, case).matches(text)),
    }
}

fn cast(lane: Lane, target: Kind, len: usize) -> Result<Lane> {
    Ok(match (lane, target) {
        (lane @ Lane::Number(_), Kind::Number)
        | (lane @ Lane::Text(_), Kind::Text)
        | (lane @ Lane::Date(_), Kind::Date)
        | (lane @ Lane::Boolean(_), Kind::Boolean) => lane,
        (Lane::Number(x), Kind::Text) => {
            Lane::Text(Texts::each(len, |row| x.get(row).map(print::number))?)
        }
        (Lane::Number(x), Kind::Boolean) => Lane::Boolean(x.test(len, |x| x != 0.0)),
        (Lane::Date(x), Kind::Text) => {
            Lane::Text(Texts::each(len, |row| x.get(row).map(|day| Day(day).to_string()))?)
        }
        (Lane::Boolean(x), Kind::Number) => Lane::Number(as_number(&x)),
        (Lane::Boolean(x), Kind::Text) => Lane::Text(Texts::each(len, |row| {
            x.get(row).map(|b| if b { "true" } else { "false" })
        })?),
        (Lane::Text(x), Kind::Number) => {
            Lane::Number(Cells::each(len, |row| x.get(row)?.trim().parse::<f64>().ok()).finite())
        }
        (Lane::Text(x), Kind::Date) => {
            Lane::Date(Cells::each(len, |row| Day::parse(x.get(row)?).map(|day| day.0)))
        }
        (Lane::Text(x), Kind::Boolean) => {
            Lane::Boolean(Truths::each(len, |row| yes_no::read(x.get(row)?)))
        }
        _ => return Err(broken()),
    })
}

/// 1 for true, 0 for false.
pub(super) fn as_number(truths: &Truths) -> Cells<f64> {
    let values: Vec<f64> = truths.yes.iter().map(|yes| f64::from(u8::from(yes))).collect();
    Cells::Rows(values.into(), Some(NullBuffer::new(truths.known())))
}
