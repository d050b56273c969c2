//! A playbook that has met the columns of a table: what can be asked of it, and what cannot.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, Kind as Fault, Result},
    expr::{Expr, Kind},
    model::Peers,
    playbook::{Book, Rule, ready::Ready},
    sources::{Column, ColumnType},
};

/// Columns that come from scoring: rules read them like those of the table.
pub const SCORES: [(&str, Kind); 10] = [
    ("p_churn", Kind::Number),
    ("p_react", Kind::Number),
    ("value", Kind::Number),
    ("value_at_risk", Kind::Number),
    ("state", Kind::Text),
    ("quadrant", Kind::Text),
    ("value_band", Kind::Text),
    ("risk_band", Kind::Text),
    ("score_date", Kind::Date),
    ("holiday_in_days", Kind::Number),
];

/// The column of the stage: that of the table, or else what the playbook's stages say.
pub const STAGE: &str = "stage";

/// What stands before a column that is the median of the peers.
pub const PEER: &str = "peer_";
/// What stands before a column that is the upper end of the lower seven tenths of the peers.
pub const PEER_UPPER: &str = "peer_upper_";

/// A part of the playbook that is switched off, because the table lacks columns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Off {
    /// The rule, figure or other part.
    pub part: String,
    /// The columns that it would need.
    pub needs: Vec<String>,
}

/// A playbook bound to the columns of a table.
#[derive(Debug, Clone)]
pub struct Bound {
    pub(super) book: Book,
    /// The rules that can be asked, the one that acts first in front.
    pub(super) rules: Vec<BoundRule>,
    /// The stages that can be asked; empty where the table has its own.
    pub(super) stages: Vec<(usize, Expr)>,
    pub(super) figures: Vec<BoundFigure>,
    pub(super) suppress: Vec<(usize, Expr)>,
    /// For each channel who can be reached by it; `None` is everybody.
    pub(super) channels: Vec<Option<Expr>>,
    /// For each product to whom it is not offered; `None` is nobody.
    pub(super) products: Vec<Option<Expr>>,
    pub(super) fallback: Option<Expr>,
    /// Columns that count as missing in every row.
    pub(super) nulls: BTreeMap<String, Kind>,
    off: Vec<Off>,
    /// What is known before the first row.
    pub(super) ready: Ready,
}

/// A rule that can be asked.
#[derive(Debug, Clone)]
pub(super) struct BoundRule {
    /// Its place in the book.
    pub(super) at: usize,
    pub(super) when: Expr,
    pub(super) due: Option<Expr>,
}

/// A figure that can be computed.
#[derive(Debug, Clone)]
pub(super) struct BoundFigure {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) how: How,
}

/// How a figure is computed.
#[derive(Debug, Clone)]
pub(super) enum How {
    Expression(Expr),
    /// The weighted mean of what is known.
    Mean(Vec<(f64, Expr)>),
}

impl Bound {
    /// Binds a playbook to the columns of a table, with what peers are known.
    ///
    /// # Errors
    /// `BadPlaybook` for an expression that would be wrong with every column there.
    pub fn new(book: Book, columns: &[Column], peers: Option<&Peers>) -> Result<Self> {
        let peers = peers.into_iter().flat_map(|peers| &peers.columns);
        let peers =
            peers.flat_map(|c| [PEER, PEER_UPPER].map(|prefix| format!("{prefix}{}", c.name)));
        Self::with(book, columns, peers.collect())
    }

    /// Binds a playbook to columns that hold what is usual of peers themselves, as examples do.
    pub(super) fn with_peer_columns(
        book: Book,
        columns: &[Column],
        all: &[(String, Kind)],
    ) -> Result<Self> {
        let peers = all.iter().map(|(name, _)| name).filter(|name| name.starts_with(PEER));
        let peers = peers.cloned().collect();
        Self::with(book, columns, peers)
    }

    fn with(book: Book, columns: &[Column], peers: Vec<String>) -> Result<Self> {
        let mut binder = Binder::new(&book, columns, peers);
        let stages = binder.stages(&book)?;
        let figures = binder.figures(&book)?;
        let suppress = binder.suppress(&book)?;
        let channels =
            binder.each(&book.channels, |c| (format!("channel {}", c.code), c.when.as_deref()))?;
        let products = binder
            .each(&book.products, |p| (format!("product {}", p.code), p.unless.as_deref()))?;
        let fallback = match &book.fallback {
            Some(text) => binder.predicate("fallback", text, &[])?,
            None => None,
        };
        let rules = binder.rules(&book)?;
        let Binder { nulls, off, .. } = binder;
        let mut bound = Self {
            book,
            rules,
            stages,
            figures,
            suppress,
            channels,
            products,
            fallback,
            nulls,
            off,
            ready: Ready::default(),
        };
        bound.ready = Ready::new(&bound)?;
        Ok(bound)
    }

    /// The playbook.
    pub fn book(&self) -> &Book {
        &self.book
    }

    /// What is switched off, for want of columns.
    pub fn off(&self) -> &[Off] {
        &self.off
    }

    /// The rule of a rank: those that can be asked, the one that acts first in front.
    pub fn rule(&self, rank: usize) -> Option<&Rule> {
        self.book.rules.get(self.rules.get(rank)?.at)
    }

    /// The number of rules that can be asked.
    pub fn ranks(&self) -> usize {
        self.rules.len()
    }
}

impl Book {
    /// The columns that a table may offer to this playbook, besides those with these names.
    pub fn welcome(&self, known: &[Column]) -> Vec<Column> {
        let is_known = |name: &str| known.iter().any(|column| column.name == name);
        let is_score = |name: &str| SCORES.iter().any(|(score, _)| *score == name);
        self.declared()
            .into_iter()
            .filter(|(name, _)| !is_known(name) && !is_score(name))
            .filter_map(|(name, kind)| {
                let kind = match kind {
                    Kind::Number => ColumnType::Number,
                    Kind::Text => ColumnType::Text,
                    Kind::Date => ColumnType::Date,
                    Kind::Boolean => return None,
                };
                Some(Column { name: name.to_owned(), kind })
            })
            .collect()
    }
}

struct Binder {
    /// Every name that the playbook may speak of.
    declared: BTreeMap<String, Kind>,
    /// Those that are there.
    available: BTreeSet<String>,
    nulls: BTreeMap<String, Kind>,
    off: Vec<Off>,
}

impl Binder {
    fn new(book: &Book, columns: &[Column], peers: Vec<String>) -> Self {
        let mut declared: BTreeMap<String, Kind> =
            book.declared().into_iter().map(|(name, kind)| (name.to_owned(), kind)).collect();
        let of_type = |column: &Column| match column.kind {
            ColumnType::Number => Kind::Number,
            ColumnType::Text => Kind::Text,
            ColumnType::Date => Kind::Date,
        };
        let mut available: BTreeSet<String> = columns
            .iter()
            .filter(|column| declared.get(&column.name) == Some(&of_type(column)))
            .map(|column| column.name.clone())
            .collect();
        let numbers: Vec<String> = book.columns.number.clone();
        let figures = book.figures.iter().map(|figure| figure.name.clone());
        for name in numbers.into_iter().chain(figures) {
            for prefix in [PEER, PEER_UPPER] {
                declared.entry(format!("{prefix}{name}")).or_insert(Kind::Number);
            }
        }
        available.extend(peers);
        for (name, kind) in SCORES {
            declared.insert(name.to_owned(), kind);
            available.insert(name.to_owned());
        }
        declared.insert(STAGE.to_owned(), Kind::Text);
        Self { declared, available, nulls: BTreeMap::new(), off: Vec::new() }
    }

    /// An expression, or `None` where the table lacks what it needs.
    fn expression(&mut self, part: &str, text: &str, optional: &[String]) -> Result<Option<Expr>> {
        let declared: Vec<(&str, Kind)> =
            self.declared.iter().map(|(name, kind)| (name.as_str(), *kind)).collect();
        let expr = Expr::parse(text, &declared).map_err(|error| {
            let hint = error.hint().to_owned();
            Error::new(Fault::BadPlaybook, format!("{part}: {error}")).hint_with(hint)
        })?;
        let absent: Vec<String> =
            expr.columns().into_iter().filter(|name| !self.available.contains(name)).collect();
        let (missing, needs): (Vec<String>, Vec<String>) =
            absent.into_iter().partition(|name| optional.contains(name));
        if !needs.is_empty() {
            self.off.push(Off { part: part.to_owned(), needs });
            return Ok(None);
        }
        for name in missing {
            if let Some(kind) = self.declared.get(&name) {
                self.nulls.insert(name, *kind);
            }
        }
        Ok(Some(expr))
    }

    fn predicate(&mut self, part: &str, text: &str, optional: &[String]) -> Result<Option<Expr>> {
        let expr = self.expression(part, text, optional)?;
        if expr.as_ref().is_some_and(|expr| expr.kind() != Kind::Boolean) {
            let what = format!("{part}: `{text}` is not true or false");
            return Err(Error::new(Fault::BadPlaybook, what)
                .hint_with("write a comparison, e.g. dormant = 1"));
        }
        Ok(expr)
    }

    fn number(&mut self, part: &str, text: &str, optional: &[String]) -> Result<Option<Expr>> {
        let expr = self.expression(part, text, optional)?;
        if expr.as_ref().is_some_and(|expr| !matches!(expr.kind(), Kind::Number | Kind::Boolean)) {
            let what = format!("{part}: `{text}` is not a number");
            return Err(Error::new(Fault::BadPlaybook, what));
        }
        Ok(expr)
    }

    fn each<T>(
        &mut self,
        list: &[T],
        of: impl Fn(&T) -> (String, Option<&str>),
    ) -> Result<Vec<Option<Expr>>> {
        let mut found = Vec::with_capacity(list.len());
        for item in list {
            let (part, text) = of(item);
            found.push(match text {
                Some(text) => self.predicate(&part, text, &[])?,
                None => None,
            });
        }
        Ok(found)
    }

    fn stages(&mut self, book: &Book) -> Result<Vec<(usize, Expr)>> {
        if self.available.contains(STAGE) {
            return Ok(Vec::new());
        }
        let mut stages = Vec::new();
        for (at, stage) in book.stages.iter().enumerate() {
            let part = format!("stage {}", stage.name);
            stages.extend(self.predicate(&part, &stage.when, &[])?.map(|when| (at, when)));
        }
        if !stages.is_empty() {
            self.available.insert(STAGE.to_owned());
        }
        Ok(stages)
    }

    fn figures(&mut self, book: &Book) -> Result<Vec<BoundFigure>> {
        let mut figures = Vec::new();
        for figure in &book.figures {
            let part = format!("figure {}", figure.name);
            let how = if let Some(text) = &figure.of {
                self.expression(&part, text, &figure.optional)?.map(How::Expression)
            } else {
                let mut parts = Vec::new();
                for each in &figure.parts {
                    let expr = self.number(&part, &each.of, &figure.optional)?;
                    parts.extend(expr.map(|expr| (each.weight, expr)));
                }
                (!parts.is_empty()).then_some(How::Mean(parts))
            };
            let kind = match &how {
                Some(How::Expression(expr)) => expr.kind(),
                _ => Kind::Number,
            };
            let kind = if kind == Kind::Boolean { Kind::Number } else { kind };
            // What is off is declared all the same, so that rules that read it are off too.
            let declared = match &figure.of {
                Some(text) if how.is_none() => self.kind_of(text),
                _ => kind,
            };
            self.declared.insert(figure.name.clone(), declared);
            if let Some(how) = how {
                self.available.insert(figure.name.clone());
                figures.push(BoundFigure { name: figure.name.clone(), kind, how });
            }
        }
        Ok(figures)
    }

    fn kind_of(&self, text: &str) -> Kind {
        let declared: Vec<(&str, Kind)> =
            self.declared.iter().map(|(name, kind)| (name.as_str(), *kind)).collect();
        match Expr::parse(text, &declared).map(|expr| expr.kind()) {
            Ok(Kind::Boolean) | Err(_) => Kind::Number,
            Ok(kind) => kind,
        }
    }

    fn suppress(&mut self, book: &Book) -> Result<Vec<(usize, Expr)>> {
        let mut found = Vec::new();
        for (at, suppress) in book.suppress.iter().enumerate() {
            let part = format!("suppress {}", suppress.reason);
            let when = self.predicate(&part, &suppress.when, &suppress.optional)?;
            found.extend(when.map(|when| (at, when)));
        }
        Ok(found)
    }

    fn rules(&mut self, book: &Book) -> Result<Vec<BoundRule>> {
        let mut order: Vec<usize> = (0..book.rules.len()).collect();
        order.sort_by_key(|&at| std::cmp::Reverse(book.rules[at].priority));
        let mut rules = Vec::with_capacity(order.len());
        for at in order {
            let rule = &book.rules[at];
            let part = format!("rule {}", rule.code);
            let Some(when) = self.predicate(&part, &rule.when, &rule.optional)? else { continue };
            let due = match &rule.due {
                Some(text) => self.number(&format!("{part}, due"), text, &rule.optional)?,
                None => None,
            };
            rules.push(BoundRule { at, when, due });
        }
        Ok(rules)
    }
}
