//! What can be worked out of a playbook before the first customer is seen.
//!
//! A predicate that reads only where a customer stands (state, bands, quadrant) and columns that are
//! missing in every row has one answer for each of a few ways to stand, and is asked that often
//! instead of once a row.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use arrow_array::{
    Array, ArrayRef, RecordBatch, RecordBatchOptions, StringArray, UInt8Array, new_null_array,
};
use arrow_schema::Schema;

use crate::{
    error::{Error, Kind as Fault, Result},
    expr::Expr,
    playbook::{
        Quadrant, Rule,
        bind::{Bound, STAGE},
        book::Book,
        scene::{Scene, data_type, risk_band, value_band},
    },
    scoring::{Band, Scored, State, ValueBand},
};

const STATES: [State; 3] = [State::Active, State::Dormant, State::Prospect];
const VALUES: [ValueBand; 3] = [ValueBand::Unknown, ValueBand::Low, ValueBand::High];
const RISKS: [Option<Band>; 3] = [None, Some(Band::Low), Some(Band::High)];

/// The ways to stand: by state, band of the value and band of the risk.
pub(super) const WAYS: usize = 27;

/// A set of ways, a bit each.
type Set = u32;

/// The number of a way.
pub fn way(state: State, value: ValueBand, risk: Option<Band>) -> u8 {
    let risk = match risk {
        None => 0,
        Some(Band::Low) => 1,
        Some(Band::High) => 2,
    };
    let value = match value {
        ValueBand::Unknown => 0,
        ValueBand::Low => 3,
        ValueBand::High => 6,
    };
    let state = match state {
        State::Active => 0,
        State::Dormant => 9,
        State::Prospect => 18,
    };
    state + value + risk
}

fn each_way() -> impl Iterator<Item = (State, ValueBand, Option<Band>)> {
    let with_value = |state| VALUES.into_iter().map(move |value| (state, value));
    let with_risk = |(state, value)| RISKS.into_iter().map(move |risk| (state, value, risk));
    STATES.into_iter().flat_map(with_value).flat_map(with_risk)
}

/// How the rows of a stretch stand.
#[derive(Debug)]
pub(super) struct Standing {
    of: Vec<u8>,
    present: Set,
}

impl Standing {
    pub(super) fn new(scored: &Scored) -> Self {
        let one =
            |row: usize| way(scored.state[row], scored.value_band[row], scored.risk_band[row]);
        let of: Vec<u8> = (0..scored.state.len()).map(one).collect();
        let present = of.iter().fold(0, |set, way| set | 1 << way);
        Self { of, present }
    }

    /// The way of each row.
    pub(super) fn ways(&self) -> &[u8] {
        &self.of
    }

    /// Whether any row stands in one of some ways.
    pub(super) fn any(&self, set: Set) -> bool {
        self.present & set != 0
    }

    /// The rows that stand in one of some ways, ascending.
    pub(super) fn rows(&self, set: Set) -> impl Iterator<Item = usize> + '_ {
        let none = !self.any(set);
        let rows = if none { &[] } else { self.of.as_slice() };
        rows.iter().enumerate().filter(move |(_, way)| set >> **way & 1 == 1).map(|(row, _)| row)
    }

    /// A column by way as one by row.
    pub(super) fn spread(&self, by_way: &ArrayRef) -> Result<ArrayRef> {
        if by_way.null_count() == by_way.len() {
            return Ok(new_null_array(by_way.data_type(), self.of.len()));
        }
        arrow_select::take::take(by_way, &UInt8Array::from(self.of.clone()), None)
            .map_err(|e| Error::new(Fault::UnknownFormat, e.to_string()))
    }
}

/// What is known of a playbook beforehand.
#[derive(Debug, Clone, Default)]
pub(super) struct Ready {
    /// For each rule, by rank, and each other predicate the ways for which it is true; `None` where
    /// that depends on the row.
    pub(super) rules: Vec<Option<Set>>,
    pub(super) stages: Vec<Option<Set>>,
    pub(super) suppress: Vec<Option<Set>>,
    pub(super) channels: Vec<Option<Set>>,
    pub(super) products: Vec<Option<Set>>,
    /// For each figure its value by way, where it depends on nothing else.
    pub(super) figures: Vec<Option<ArrayRef>>,
    /// For each way the rules of [`Ready::rules`] that hold: bit *n* is that of rank *n*.
    pub(super) masks: [u128; WAYS],
    /// The columns that are read row by row.
    pub(super) reads: BTreeSet<String>,
    /// The ranks of the rules with an action, of those that forbid discounts, and of the alerts.
    pub(super) acting: u128,
    pub(super) no_discount: u128,
    pub(super) alerts: u128,
    /// By rank where a rule's channels, products and offer stand in the book.
    pub(super) deeds: Vec<Deed>,
}

/// How a channel of a rule is found.
#[derive(Debug, Clone, Copy)]
pub(super) enum Route {
    /// The customer's own best one.
    Best,
    /// The one that won the customer.
    Acquired,
    /// By its place in the book.
    At(usize),
}

/// What a rule may do, by places in the book.
#[derive(Debug, Clone, Default)]
pub(super) struct Deed {
    pub(super) routes: Vec<Route>,
    pub(super) products: Vec<usize>,
    pub(super) offer: Option<usize>,
}

impl Deed {
    fn of(book: &Book, rule: &Rule) -> Self {
        let channel = |code: &str| book.channels.iter().position(|channel| channel.code == code);
        let route = |code: &String| match code.as_str() {
            "best" => Some(Route::Best),
            "acquired" => Some(Route::Acquired),
            code => channel(code).map(Route::At),
        };
        let product = |code: &String| book.products.iter().position(|p| p.code == *code);
        let offer = |code: &String| book.offers.iter().position(|offer| offer.code == *code);
        Self {
            routes: rule.channels.iter().filter_map(route).collect(),
            products: rule.products.iter().filter_map(product).collect(),
            offer: rule.offer.as_ref().and_then(offer),
        }
    }
}

impl Ready {
    /// Looks at a playbook whose other parts are there.
    pub(super) fn new(bound: &Bound) -> Result<Self> {
        let mut ways = Ways::new(bound)?;
        let mut ready = Self::default();
        let stages = bound.stages.iter().map(|(_, when)| ways.ask(Some(when)));
        ready.stages = stages.collect();
        for figure in &bound.figures {
            ready.figures.push(ways.figure(figure)?);
        }
        ready.suppress = bound.suppress.iter().map(|(_, when)| ways.ask(Some(when))).collect();
        ready.channels = bound.channels.iter().map(|when| ways.ask(when.as_ref())).collect();
        ready.products = bound.products.iter().map(|when| ways.ask(when.as_ref())).collect();
        ways.reads.extend(bound.fallback.iter().flat_map(Expr::columns));
        for (rank, rule) in bound.rules.iter().enumerate() {
            let of_book = &bound.book.rules[rule.at];
            let scope = &of_book.quadrants;
            let in_scope = |(state, value, risk)| {
                let quadrant = Quadrant::of(state, value, risk);
                scope.is_empty() || quadrant.is_some_and(|quadrant| scope.contains(&quadrant))
            };
            let scope = set(each_way().map(in_scope));
            let holds = ways.ask(Some(&rule.when)).map(|holds| holds & scope);
            ways.reads.extend(rule.due.iter().flat_map(Expr::columns));
            for (way, mask) in ready.masks.iter_mut().enumerate() {
                *mask |= u128::from(holds.unwrap_or(0) >> way & 1) << rank;
            }
            ready.rules.push(holds);
            ready.acting |= u128::from(of_book.action.is_some()) << rank;
            ready.no_discount |= u128::from(of_book.no_discount) << rank;
            ready.alerts |= u128::from(of_book.alert) << rank;
            ready.deeds.push(Deed::of(&bound.book, of_book));
        }
        ready.reads = ways.reads;
        Ok(ready)
    }
}

fn set(ways: impl Iterator<Item = bool>) -> Set {
    ways.enumerate().fold(0, |set, (way, is_in)| set | Set::from(is_in) << way)
}

/// Rows that stand in each of the ways.
struct Ways {
    scene: Scene,
    /// The columns whose cells the way decides.
    known: BTreeSet<String>,
    /// The columns that are read by what the way does not decide.
    reads: BTreeSet<String>,
}

impl Ways {
    fn new(bound: &Bound) -> Result<Self> {
        let words = |word: &dyn Fn((State, ValueBand, Option<Band>)) -> Option<&'static str>| {
            Arc::new(each_way().map(word).collect::<StringArray>()) as ArrayRef
        };
        let quadrant = |(state, value, risk)| Quadrant::of(state, value, risk).map(Quadrant::name);
        let mut columns: BTreeMap<&str, ArrayRef> = [
            ("state", words(&|(state, ..)| Some(state.name()))),
            ("value_band", words(&|(_, value, _)| Some(value_band(value)))),
            ("risk_band", words(&|(.., risk)| risk.map(risk_band))),
            ("quadrant", words(&quadrant)),
        ]
        .into();
        for (name, kind) in &bound.nulls {
            columns.entry(name).or_insert_with(|| new_null_array(&data_type(*kind), WAYS));
        }
        // What is made on the way means one thing before that and another after it.
        columns.retain(|name, _| bound.figures.iter().all(|figure| figure.name != *name));
        if !bound.stages.is_empty() {
            columns.remove(STAGE);
        }
        let known = columns.keys().map(|name| (*name).to_owned()).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(WAYS));
        let schema = Arc::new(Schema::empty());
        let rows = RecordBatch::try_new_with_options(schema, Vec::new(), &options);
        let rows = rows.map_err(|e| Error::new(Fault::UnknownFormat, e.to_string()))?;
        let mut scene = Scene::new(rows);
        scene.add(columns.into_iter().collect())?;
        Ok(Self { scene, known, reads: BTreeSet::new() })
    }

    fn knows(&mut self, columns: BTreeSet<String>) -> bool {
        let knows = columns.is_subset(&self.known);
        if !knows {
            self.reads.extend(columns);
        }
        knows
    }

    /// The ways for which a predicate is true, where nothing else decides it.
    fn ask(&mut self, when: Option<&Expr>) -> Option<Set> {
        let when = when.filter(|when| self.knows(when.columns()))?;
        let holds = when.holds(self.scene.rows()).ok()?;
        Some(set(holds.iter()))
    }

    fn figure(&mut self, figure: &super::bind::BoundFigure) -> Result<Option<ArrayRef>> {
        if !self.knows(figure.columns()) {
            self.known.remove(&figure.name);
            return Ok(None);
        }
        let column = figure.column(&self.scene)?;
        self.scene.add(vec![(&figure.name, column.clone())])?;
        self.known.insert(figure.name.clone());
        Ok(Some(column))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_are_numbered_in_order() {
        let numbers: Vec<u8> = each_way().map(|(s, v, r)| way(s, v, r)).collect();
        assert_eq!(numbers, (0..WAYS as u8).collect::<Vec<_>>());
    }

    #[test]
    fn rules_of_bands_are_answered_beforehand_and_others_are_not() {
        let bound = Bound::new(Book::shipped().unwrap(), &[], None).unwrap();
        let ready = &bound.ready;
        let of = |code: &str| {
            let rank = (0..bound.ranks()).find(|rank| bound.rule(*rank).unwrap().code == code);
            rank.and_then(|rank| ready.rules[rank])
        };
        let rescue = way(State::Active, ValueBand::High, Some(Band::High));
        assert_eq!(of("Q_RESCUE"), Some(1 << rescue));
        // It reads a date that is known only once the rows are.
        assert_eq!(of("CARE_HOLIDAY"), None);
        assert!(ready.reads.contains("holiday_in_days"));
    }
}
