//! Which types go together, and what to write where they do not.

use sqlparser::ast::{DataType, ExactNumberInfo};

use crate::{
    error::{self, Error, Result},
    units::Day,
};

use super::{
    Kind,
    bind::Binder,
    node::{Arithmetic, Comparison, Function, Id, Literal, Logic, Node, Sense},
};

impl Binder<'_> {
    /// Demands a type of an operand of the named operation.
    pub(super) fn need(&mut self, id: Id, want: Kind, operation: &str) -> Result<()> {
        self.settle(id, want);
        match self.kind(id) {
            Some(kind) if kind != want => {
                let shown = self.show(id);
                let what = format!("{operation} needs {want}, but {shown} is {kind}");
                let error = self.error(error::Kind::ExpressionType, id, what);
                Err(match (kind, want) {
                    (Kind::Number, Kind::Boolean) => {
                        error.hint_with(format!("write a comparison, e.g. {shown} = 1"))
                    }
                    (Kind::Text, Kind::Boolean) => {
                        error.hint_with(format!("write a comparison, e.g. {shown} = 'yes'"))
                    }
                    (_, Kind::Text) => error.hint_with(format!("write CAST({shown} AS TEXT)")),
                    (Kind::Text, Kind::Number) => {
                        error.hint_with(format!("write CAST({shown} AS DOUBLE PRECISION)"))
                    }
                    (Kind::Boolean, Kind::Number) => {
                        error.hint_with(format!("write CASE WHEN {shown} THEN 1 ELSE 0 END"))
                    }
                    _ => error,
                })
            }
            _ => Ok(()),
        }
    }

    /// Brings terms to one type: NULL takes the type of the others, and so does a text constant among
    /// dates that reads as a date.
    fn unify(&mut self, ids: &[Id], operation: &str) -> Result<Option<Kind>> {
        let is_text = |b: &Self, id: Id| matches!(b.literal(id), Some(Literal::Text(_)));
        if ids.iter().any(|&id| self.kind(id) == Some(Kind::Date)) {
            for &id in ids {
                if is_text(self, id) {
                    self.read_date(id)?;
                }
            }
        }
        let Some(&first) = ids.iter().find(|&&id| self.kind(id).is_some()) else {
            return Ok(None);
        };
        let kind = self.kind(first).unwrap_or(Kind::Boolean);
        for &id in ids {
            self.settle(id, kind);
            if self.kind(id) != Some(kind) {
                return Err(self.mismatch(first, id, operation));
            }
        }
        Ok(Some(kind))
    }

    fn mismatch(&self, a: Id, b: Id, operation: &str) -> Error {
        let kinds = (self.kind(a).unwrap_or(Kind::Boolean), self.kind(b).unwrap_or(Kind::Boolean));
        let shown = (self.show(a), self.show(b));
        let what = format!(
            "{operation} needs one type, but {} is {} and {} is {}",
            shown.0, kinds.0, shown.1, kinds.1
        );
        let error = self.error(error::Kind::ExpressionType, b, what);
        let (first, second) = if self.literal(a).is_some() { (a, b) } else { (b, a) };
        match self.mend(first, second).or_else(|| self.mend(second, first)) {
            Some(hint) => error.hint_with(hint),
            None => error,
        }
    }

    /// What to write in place of the pair, where the first of them is at fault.
    fn mend(&self, wrong: Id, other: Id) -> Option<String> {
        let (shown, against) = (self.show(wrong), self.show(other));
        match (self.literal(wrong), self.kind(wrong)?, self.kind(other)?) {
            (Some(Literal::Number(_)), _, Kind::Text) => {
                Some(format!("{against} is text: write '{shown}' in quotes"))
            }
            (Some(Literal::Text(text)), _, Kind::Number) if text.trim().parse::<f64>().is_ok() => {
                Some(format!("{against} is a number: write {} without quotes", text.trim()))
            }
            (Some(Literal::Number(_)), _, Kind::Date) => {
                Some(format!("{against} is a date: write a date as '2026-01-31'"))
            }
            (Some(Literal::Number(x)), _, Kind::Boolean) => {
                let word = if *x == 0.0 { "FALSE" } else { "TRUE" };
                Some(format!("{against} is true or false: write {word} in place of {shown}"))
            }
            (Some(Literal::Boolean(b)), _, Kind::Number) => {
                Some(format!("{against} is a number: write {} in place of {shown}", u8::from(*b)))
            }
            (Some(Literal::Boolean(b)), _, Kind::Text) => {
                let word = if *b { "yes" } else { "no" };
                Some(format!("{against} is text: write its own word, e.g. '{word}'"))
            }
            (None, Kind::Text, Kind::Number) => {
                Some(format!("write CAST({shown} AS DOUBLE PRECISION)"))
            }
            (None, Kind::Text, Kind::Date) => Some(format!("write CAST({shown} AS DATE)")),
            _ => None,
        }
    }

    pub(super) fn logic(&mut self, logic: Logic, a: Id, b: Id) -> Result<Id> {
        let word = match logic {
            Logic::And => "AND",
            Logic::Or => "OR",
        };
        self.need(a, Kind::Boolean, word)?;
        self.need(b, Kind::Boolean, word)?;
        Ok(self.push(Node::Logic(logic, a, b), Some(Kind::Boolean)))
    }

    pub(super) fn compare(&mut self, comparison: Comparison, a: Id, b: Id) -> Result<Id> {
        self.unify(&[a, b], comparison.sign())?;
        self.settle(a, Kind::Boolean);
        self.settle(b, Kind::Boolean);
        Ok(self.push(Node::Compare(comparison, a, b), Some(Kind::Boolean)))
    }

    /// Numbers; and a date with a date (`-`) or with days (`+`, `-`); and text with text (`||`).
    pub(super) fn arithmetic(&mut self, operation: Arithmetic, a: Id, b: Id) -> Result<Id> {
        use Arithmetic::{Add, Divide, Join, Multiply, Remainder, Subtract};
        let sign = match operation {
            Add => "+",
            Subtract => "-",
            Multiply => "*",
            Divide => "/",
            Remainder => "%",
            Join => "||",
        };
        if operation == Join {
            self.need(a, Kind::Text, sign)?;
            self.need(b, Kind::Text, sign)?;
            return Ok(self.push(Node::Arithmetic(operation, a, b), Some(Kind::Text)));
        }
        let is_date = |b: &Self, id: Id| b.kind(id) == Some(Kind::Date);
        if operation == Subtract && (is_date(self, a) || is_date(self, b)) {
            for id in [a, b] {
                if matches!(self.literal(id), Some(Literal::Text(t)) if Day::parse(t).is_some()) {
                    self.read_date(id)?;
                }
            }
        }
        let kind = match (operation, is_date(self, a), is_date(self, b)) {
            (Subtract, true, true) => Kind::Number,
            (Subtract | Add, true, false) => {
                self.need(b, Kind::Number, "adding days to a date")?;
                Kind::Date
            }
            (Add, false, true) => {
                self.need(a, Kind::Number, "adding days to a date")?;
                Kind::Date
            }
            (Subtract, false, true) if self.kind(a).is_none() => {
                self.settle(a, Kind::Date);
                Kind::Number
            }
            _ => {
                self.need(a, Kind::Number, sign)?;
                self.need(b, Kind::Number, sign)?;
                Kind::Number
            }
        };
        Ok(self.push(Node::Arithmetic(operation, a, b), Some(kind)))
    }

    pub(super) fn membership(&mut self, sense: Sense, value: Id, list: Vec<Id>) -> Result<Id> {
        let all: Vec<Id> = std::iter::once(value).chain(list.iter().copied()).collect();
        self.unify(&all, "IN")?;
        self.settle_all(&all, Kind::Boolean);
        Ok(self.push(Node::In(sense, value, list), Some(Kind::Boolean)))
    }

    pub(super) fn between(&mut self, sense: Sense, three: [Id; 3]) -> Result<Id> {
        self.unify(&three, "BETWEEN")?;
        self.settle_all(&three, Kind::Boolean);
        Ok(self.push(Node::Between(sense, three), Some(Kind::Boolean)))
    }

    pub(super) fn choice(
        &mut self,
        operand: Option<Id>,
        branches: Vec<(Id, Id)>,
        otherwise: Option<Id>,
    ) -> Result<Id> {
        let conditions: Vec<Id> =
            operand.into_iter().chain(branches.iter().map(|(when, _)| *when)).collect();
        if operand.is_some() {
            self.unify(&conditions, "CASE")?;
            self.settle_all(&conditions, Kind::Boolean);
        } else {
            for id in conditions {
                self.need(id, Kind::Boolean, "WHEN")?;
            }
        }
        let results: Vec<Id> = branches.iter().map(|(_, then)| *then).chain(otherwise).collect();
        let kind = self.unify(&results, "CASE")?;
        Ok(self.push(Node::Case(operand, branches, otherwise), kind))
    }

    pub(super) fn call(&mut self, function: Function, arguments: Vec<Id>, at: usize) -> Result<Id> {
        use Function as F;
        let name = function.sql();
        let (least, most) = function.arity();
        if !(least..=most).contains(&arguments.len()) {
            let wanted = match (least, most) {
                (1, 1) => String::from("1 argument"),
                (least, usize::MAX) => format!("{least} or more arguments"),
                (least, most) if least == most => format!("{least} arguments"),
                (least, most) => format!("{least} to {most} arguments"),
            };
            let what = format!("{name} takes {wanted}, not {}", arguments.len());
            return Err(self.source.error(error::Kind::ExpressionSyntax, at, what));
        }
        let kind = match function {
            F::Coalesce | F::Nullif | F::Least | F::Greatest => {
                let kind = self.unify(&arguments, name)?;
                return Ok(self.push(Node::Call(function, arguments), kind));
            }
            F::Lower | F::Upper | F::Trim | F::Length => {
                self.need_all(&arguments, Kind::Text, name)?;
                if function == F::Length { Kind::Number } else { Kind::Text }
            }
            F::Abs | F::Ln | F::Exp | F::Sqrt | F::Power | F::Round | F::Floor | F::Ceil => {
                self.need_all(&arguments, Kind::Number, name)?;
                Kind::Number
            }
        };
        Ok(self.push(Node::Call(function, arguments), Some(kind)))
    }

    fn need_all(&mut self, ids: &[Id], kind: Kind, operation: &str) -> Result<()> {
        ids.iter().try_for_each(|&id| self.need(id, kind, operation))
    }

    pub(super) fn cast(&mut self, value: Id, target: Kind) -> Result<Id> {
        self.settle(value, target);
        match (self.kind(value), target) {
            (Some(Kind::Date), Kind::Number | Kind::Boolean) => {
                let shown = self.show(value);
                let what = format!("{shown} is a date and cannot be cast to {target}");
                let error = self.error(error::Kind::ExpressionType, value, what);
                Err(error.hint_with(format!("count days: {shown} - DATE '1970-01-01'")))
            }
            (Some(kind @ (Kind::Number | Kind::Boolean)), Kind::Date) => {
                let shown = self.show(value);
                let what = format!("{shown} is {kind} and cannot be cast to a date");
                let error = self.error(error::Kind::ExpressionType, value, what);
                Err(error.hint_with(format!(
                    "where it is written like 20260131: CAST(CAST({shown} AS TEXT) AS DATE)"
                )))
            }
            _ => Ok(self.push(Node::Cast(value, target), Some(target))),
        }
    }

    /// The type that a name in CAST stands for.
    pub(super) fn target(&self, data_type: &DataType) -> Result<Kind> {
        match data_type {
            DataType::Double(_)
            | DataType::DoublePrecision
            | DataType::Float(_)
            | DataType::Float8
            | DataType::Float64
            | DataType::Real
            | DataType::Numeric(ExactNumberInfo::None)
            | DataType::Decimal(ExactNumberInfo::None) => Ok(Kind::Number),
            DataType::Text | DataType::Varchar(None) | DataType::String(None) => Ok(Kind::Text),
            DataType::Date => Ok(Kind::Date),
            DataType::Boolean | DataType::Bool => Ok(Kind::Boolean),
            other => {
                let name: String = other.to_string().chars().take(40).collect();
                let error = self.unsupported(&format!("the type {name}"));
                Err(error.hint_with("types: DOUBLE PRECISION, TEXT, DATE, BOOLEAN; for whole numbers use ROUND or FLOOR"))
            }
        }
    }
}
