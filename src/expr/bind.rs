//! sqlparser's tree to our own: every construct known, every column found.

use sqlparser::ast::{self, BinaryOperator, DataType, UnaryOperator, Value};

use crate::{
    error::{self, Error, Result},
    units::Day,
};

use super::{
    Kind,
    names::written,
    node::{
        Arithmetic, Case, Comparison, Function, Id, Literal, Logic, Node, Sense, Term, Test, Tree,
    },
    print,
    source::{Source, TOO_DEEP},
};

/// The deepest tree, chains of binary operators not counted.
const MAX_DEPTH: usize = 64;

/// The tree of a parsed expression over the source's columns.
pub(super) fn bind(source: &Source<'_>, parsed: &ast::Expr) -> Result<Tree> {
    let mut binder = Binder { source, tree: Tree::default(), depth: 0, last: 1 };
    let root = binder.expr(parsed)?;
    binder.settle(root, Kind::Boolean);
    Ok(binder.tree)
}

/// A tree under construction.
pub(super) struct Binder<'a> {
    pub(super) source: &'a Source<'a>,
    tree: Tree,
    depth: usize,
    /// The position of the leaf or function that was bound last.
    pub(super) last: usize,
}

impl Binder<'_> {
    /// Adds a term that stands where its first operand stands.
    pub(super) fn push(&mut self, node: Node, kind: Option<Kind>) -> Id {
        let operands = Tree::operands(&node);
        let at = operands.first().map_or(self.last, |&id| self.at(id));
        self.push_at(node, kind, at)
    }

    fn push_at(&mut self, node: Node, kind: Option<Kind>, at: usize) -> Id {
        self.tree.terms.push(Term { node, kind, at });
        self.tree.terms.len() - 1
    }

    pub(super) fn kind(&self, id: Id) -> Option<Kind> {
        self.tree.terms.get(id).and_then(|term| term.kind)
    }

    pub(super) fn at(&self, id: Id) -> usize {
        self.tree.terms.get(id).map_or(1, |term| term.at)
    }

    pub(super) fn literal(&self, id: Id) -> Option<&Literal> {
        match self.tree.terms.get(id).map(|term| &term.node) {
            Some(Node::Literal(literal)) => Some(literal),
            _ => None,
        }
    }

    pub(super) fn set_literal(&mut self, id: Id, literal: Literal, kind: Kind) {
        if let Some(term) = self.tree.terms.get_mut(id) {
            term.node = Node::Literal(literal);
            term.kind = Some(kind);
        }
    }

    /// Gives a bare NULL its type, and a choice among bare NULLs too.
    pub(super) fn settle(&mut self, id: Id, kind: Kind) {
        let mut open = vec![id];
        while let Some(term) = open.pop().and_then(|id| self.tree.terms.get_mut(id)) {
            if term.kind.is_none() {
                term.kind = Some(kind);
                match &term.node {
                    Node::Case(_, branches, otherwise) => {
                        open.extend(branches.iter().map(|(_, then)| *then).chain(*otherwise));
                    }
                    Node::Call(_, list) => open.extend(list),
                    _ => {}
                }
            }
        }
    }

    /// Gives bare NULLs among these terms their type.
    pub(super) fn settle_all(&mut self, ids: &[Id], kind: Kind) {
        for &id in ids {
            self.settle(id, kind);
        }
    }

    /// The term as a person would write it, shortened.
    pub(super) fn show(&self, id: Id) -> String {
        let text = match self.tree.terms.get(id).map(|term| &term.node) {
            Some(Node::Column(column)) => {
                self.tree.columns.get(*column).map(|(name, _)| written(name)).unwrap_or_default()
            }
            _ => print::term(&self.tree, id),
        };
        if text.chars().count() > 40 {
            text.chars().take(39).chain(['…']).collect()
        } else {
            text
        }
    }

    /// An error at a term.
    pub(super) fn error(&self, kind: error::Kind, id: Id, what: impl Into<String>) -> Error {
        self.source.error(kind, self.at(id), what)
    }

    pub(super) fn unsupported(&self, what: &str) -> Error {
        let what = format!("{what} is not supported");
        self.source.error(error::Kind::ExpressionUnsupported, self.last, what)
    }

    fn expr(&mut self, parsed: &ast::Expr) -> Result<Id> {
        if self.depth >= MAX_DEPTH {
            return Err(self.source.too_large(self.last, TOO_DEEP));
        }
        self.depth += 1;
        let bound = self.spine(parsed);
        self.depth -= 1;
        bound
    }

    /// Binds a chain of binary operators without recursion on its left side.
    fn spine(&mut self, parsed: &ast::Expr) -> Result<Id> {
        let mut rest = Vec::new();
        let mut first = parsed;
        loop {
            match first {
                ast::Expr::BinaryOp { left, op, right } => {
                    rest.push((op, right));
                    first = left;
                }
                ast::Expr::Nested(inner) => first = inner,
                _ => break,
            }
        }
        let mut left = self.single(first)?;
        for (op, right) in rest.into_iter().rev() {
            let right = self.expr(right)?;
            left = self.binary(left, op, right)?;
        }
        Ok(left)
    }

    fn binary(&mut self, left: Id, op: &BinaryOperator, right: Id) -> Result<Id> {
        use BinaryOperator as Op;
        match op {
            Op::And => self.logic(Logic::And, left, right),
            Op::Or => self.logic(Logic::Or, left, right),
            Op::Plus => self.arithmetic(Arithmetic::Add, left, right),
            Op::Minus => self.arithmetic(Arithmetic::Subtract, left, right),
            Op::Multiply => self.arithmetic(Arithmetic::Multiply, left, right),
            Op::Divide => self.arithmetic(Arithmetic::Divide, left, right),
            Op::Modulo => self.arithmetic(Arithmetic::Remainder, left, right),
            Op::StringConcat => self.arithmetic(Arithmetic::Join, left, right),
            Op::Eq => self.compare(Comparison::Equal, left, right),
            Op::NotEq => self.compare(Comparison::Unequal, left, right),
            Op::Lt => self.compare(Comparison::Less, left, right),
            Op::LtEq => self.compare(Comparison::LessOrEqual, left, right),
            Op::Gt => self.compare(Comparison::Greater, left, right),
            Op::GtEq => self.compare(Comparison::GreaterOrEqual, left, right),
            other => Err(self.unsupported(&format!("the operator {other}"))),
        }
    }

    /// Everything but binary operators and parentheses.
    fn single(&mut self, parsed: &ast::Expr) -> Result<Id> {
        use ast::Expr as E;
        match parsed {
            E::Identifier(ident) => self.column(&ident.value, ident),
            E::CompoundIdentifier(parts) => {
                let name: Vec<&str> = parts.iter().map(|part| part.value.as_str()).collect();
                match parts.first() {
                    Some(first) => self.column(&name.join("."), first),
                    None => Err(self.unsupported("this name")),
                }
            }
            E::Value(value) => self.value(&value.value, self.source.position(value.span.start)),
            E::TypedString(typed) if typed.data_type == DataType::Date => self.date(&typed.value),
            E::UnaryOp { op, expr } => self.unary(*op, expr),
            E::IsNull(a) => self.is(Sense::Plain, Test::Null, a),
            E::IsNotNull(a) => self.is(Sense::Negated, Test::Null, a),
            E::IsTrue(a) => self.is(Sense::Plain, Test::True, a),
            E::IsNotTrue(a) => self.is(Sense::Negated, Test::True, a),
            E::IsFalse(a) => self.is(Sense::Plain, Test::False, a),
            E::IsNotFalse(a) => self.is(Sense::Negated, Test::False, a),
            E::IsUnknown(a) => self.is_unknown(Sense::Plain, a),
            E::IsNotUnknown(a) => self.is_unknown(Sense::Negated, a),
            E::InList { expr, list, negated } => {
                let value = self.expr(expr)?;
                let list = list.iter().map(|item| self.expr(item)).collect::<Result<Vec<_>>>()?;
                self.membership(Sense::of(*negated), value, list)
            }
            E::Between { expr, negated, low, high } => {
                let three = [self.expr(expr)?, self.expr(low)?, self.expr(high)?];
                self.between(Sense::of(*negated), three)
            }
            E::Like { negated, any: false, expr, pattern, escape_char } => {
                let sense = Sense::of(*negated);
                self.like((sense, Case::Sensitive), expr, pattern, escape_char.as_deref())
            }
            E::ILike { negated, any: false, expr, pattern, escape_char } => {
                let sense = Sense::of(*negated);
                self.like((sense, Case::Insensitive), expr, pattern, escape_char.as_deref())
            }
            E::Case { operand, conditions, else_result, .. } => {
                self.case(operand.as_deref(), conditions, else_result.as_deref())
            }
            E::Function(function) => self.function(function),
            E::Cast { expr, data_type, format: None, kind } if *kind != ast::CastKind::SafeCast => {
                let value = self.expr(expr)?;
                let target = self.target(data_type)?;
                self.cast(value, target)
            }
            E::Tuple(_) => Err(self.unsupported("a list outside of IN")),
            _ => Err(self.unsupported("this construct")),
        }
    }

    fn column(&mut self, name: &str, ident: &ast::Ident) -> Result<Id> {
        self.last = self.source.position(ident.span.start);
        let columns = self.source.columns();
        let Some(&(_, kind)) = columns.iter().find(|(column, _)| *column == name) else {
            return Err(self.source.unknown_column(name, self.last));
        };
        let known = self.tree.columns.iter().position(|(column, _)| column == name);
        let column = known.unwrap_or(self.tree.columns.len());
        if known.is_none() {
            self.tree.columns.push((name.to_owned(), kind));
        }
        Ok(self.push(Node::Column(column), Some(kind)))
    }

    fn value(&mut self, value: &Value, at: usize) -> Result<Id> {
        self.last = at;
        let (literal, kind) = match value {
            Value::Number(digits, false) => match digits.parse::<f64>() {
                Ok(x) if x.is_finite() => (Literal::Number(x), Some(Kind::Number)),
                _ => {
                    let what = format!(
                        "{} is not a number that fits",
                        digits.chars().take(40).collect::<String>()
                    );
                    return Err(self.source.error(error::Kind::ExpressionSyntax, at, what));
                }
            },
            Value::SingleQuotedString(text) => (Literal::Text(text.clone()), Some(Kind::Text)),
            Value::Boolean(b) => (Literal::Boolean(*b), Some(Kind::Boolean)),
            Value::Null => (Literal::Null, None),
            _ => return Err(self.unsupported("this kind of constant")),
        };
        Ok(self.push_at(Node::Literal(literal), kind, at))
    }

    /// `DATE '2026-01-31'`.
    fn date(&mut self, value: &ast::ValueWithSpan) -> Result<Id> {
        self.last = self.source.position(value.span.start);
        let Value::SingleQuotedString(text) = &value.value else {
            return Err(self.unsupported("this date"));
        };
        let id = self.push(Node::Literal(Literal::Text(text.clone())), Some(Kind::Text));
        self.read_date(id)?;
        Ok(id)
    }

    /// Turns a text constant into the date it reads as.
    pub(super) fn read_date(&mut self, id: Id) -> Result<()> {
        let Some(Literal::Text(text)) = self.literal(id) else { return Ok(()) };
        let Some(day) = Day::parse(text) else {
            let what = format!("{} is not a date", self.show(id));
            let error = self.error(error::Kind::ExpressionType, id, what);
            return Err(error.hint_with("write a date as '2026-01-31'"));
        };
        self.set_literal(id, Literal::Date(day), Kind::Date);
        Ok(())
    }

    fn unary(&mut self, op: UnaryOperator, operand: &ast::Expr) -> Result<Id> {
        let id = self.expr(operand)?;
        match op {
            UnaryOperator::Not => {
                self.need(id, Kind::Boolean, "NOT")?;
                Ok(self.push(Node::Not(id), Some(Kind::Boolean)))
            }
            UnaryOperator::Plus => {
                self.need(id, Kind::Number, "+")?;
                Ok(id)
            }
            UnaryOperator::Minus => {
                self.need(id, Kind::Number, "-")?;
                if let Some(Literal::Number(x)) = self.literal(id) {
                    let negative = Literal::Number(-x);
                    self.set_literal(id, negative, Kind::Number);
                    return Ok(id);
                }
                Ok(self.push(Node::Negate(id), Some(Kind::Number)))
            }
            other => Err(self.unsupported(&format!("the operator {other}"))),
        }
    }

    fn is(&mut self, sense: Sense, test: Test, operand: &ast::Expr) -> Result<Id> {
        let id = self.expr(operand)?;
        match test {
            Test::Null => self.settle(id, Kind::Boolean),
            Test::True => self.need(id, Kind::Boolean, "IS TRUE")?,
            Test::False => self.need(id, Kind::Boolean, "IS FALSE")?,
        }
        Ok(self.push(Node::Is(sense, test, id), Some(Kind::Boolean)))
    }

    fn is_unknown(&mut self, sense: Sense, operand: &ast::Expr) -> Result<Id> {
        let id = self.expr(operand)?;
        self.need(id, Kind::Boolean, "IS UNKNOWN")?;
        Ok(self.push(Node::Is(sense, Test::Null, id), Some(Kind::Boolean)))
    }

    fn like(
        &mut self,
        (sense, case): (Sense, Case),
        value: &ast::Expr,
        pattern: &ast::Expr,
        escape: Option<&ast::Expr>,
    ) -> Result<Id> {
        let pair = [self.expr(value)?, self.expr(pattern)?];
        for id in pair {
            self.need(id, Kind::Text, "LIKE")?;
        }
        let escape = match escape {
            None => Some('\\'),
            Some(ast::Expr::Value(ast::ValueWithSpan {
                value: Value::SingleQuotedString(text),
                ..
            })) if text.chars().count() <= 1 => text.chars().next(),
            Some(_) => {
                let what = "ESCAPE takes one character in single quotes";
                return Err(self.source.error(error::Kind::ExpressionSyntax, self.last, what));
            }
        };
        Ok(self.push(Node::Like(sense, case, pair, escape), Some(Kind::Boolean)))
    }

    fn case(
        &mut self,
        operand: Option<&ast::Expr>,
        conditions: &[ast::CaseWhen],
        otherwise: Option<&ast::Expr>,
    ) -> Result<Id> {
        let operand = operand.map(|operand| self.expr(operand)).transpose()?;
        let mut branches = Vec::with_capacity(conditions.len());
        for branch in conditions {
            branches.push((self.expr(&branch.condition)?, self.expr(&branch.result)?));
        }
        let otherwise = otherwise.map(|otherwise| self.expr(otherwise)).transpose()?;
        self.choice(operand, branches, otherwise)
    }

    fn function(&mut self, call: &ast::Function) -> Result<Id> {
        let name = call.name.to_string();
        let name = name.trim_matches('"');
        let plain = call.filter.is_none() && call.over.is_none() && call.within_group.is_empty();
        let function = Function::named(&name.to_ascii_uppercase()).filter(|_| plain);
        let Some(function) = function else {
            let name: String = name.chars().take(40).collect();
            return Err(self.unsupported(&format!("the function {name}")));
        };
        if let Some(ast::ObjectNamePart::Identifier(ident)) = call.name.0.first() {
            self.last = self.source.position(ident.span.start);
        }
        let at = self.last;
        let mut arguments = Vec::new();
        if let ast::FunctionArguments::List(list) = &call.args {
            for argument in &list.args {
                match argument {
                    ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(expr)) => {
                        arguments.push(self.expr(expr)?);
                    }
                    _ => return Err(self.unsupported(&format!("this argument of {name}"))),
                }
            }
        }
        self.call(function, arguments, at)
    }
}
