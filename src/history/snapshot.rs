//! Snapshots: the feature table's rows, in the order of the customer file, each customer's by date.

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use rayon::prelude::*;
use serde::Serialize;

use super::{
    calendar::{AsOfs, Maturity},
    dormancy::Rules,
    families::{FAMILIES, Family, Spec, is_there},
    load::History,
    person::{Neighbours, Person},
    records::{NEVER, txn},
    table::{Rows, schema},
    view::View,
};
use crate::{error::Result, units::Day};

/// Parts that are worked on at a time, for each thread.
const AHEAD: usize = 2;
/// Customer-snapshots that are written together, at most.
const STRETCH: u64 = 16_384;

/// The snapshots that are wanted of a history.
#[derive(Debug)]
pub struct Snapshots<'a> {
    history: &'a History,
    as_ofs: Vec<Day>,
    families: Vec<&'static Family>,
    specs: Vec<Spec>,
    /// Which of the columns the files have something for.
    kept: Vec<bool>,
    rules: Rules,
    schema: SchemaRef,
}

impl std::fmt::Debug for Family {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.title)
    }
}

/// What a snapshot holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SnapshotFacts {
    /// When its outcome is known.
    #[serde(flatten)]
    pub maturity: Maturity,
    /// Customers in it.
    pub customers: u64,
    /// Those who are dormant.
    pub dormant: u64,
    /// Those who were active within `history.dormancy.active_days`.
    pub recently_active: u64,
    /// Those who never transacted.
    pub prospects: u64,
    /// Those who are dormant by law or contract.
    pub legally_dormant: u64,
    /// Customers who had closed.
    pub closed: u64,
    /// Customers who had not come yet, as far as was known.
    pub not_yet: u64,
    /// Active customers who left in the window; none where it is not over.
    pub churned: Option<u64>,
    /// Dormant customers who returned in the window; none where it is not over.
    pub reactivated: Option<u64>,
    /// Those of the recently active who left.
    pub recently_active_churned: Option<u64>,
}

impl History {
    /// When the outcome of a snapshot is known.
    pub(super) fn maturity(&self, as_of: Day) -> Maturity {
        Maturity::of(Day(self.params.last_day(as_of)), self.complete_until, &self.params.outcome)
            .on(as_of)
    }

    /// Prepares snapshots.
    ///
    /// # Errors
    /// `BadParameter` where no date fits, or one lies beyond the data.
    pub fn snapshots(&self, as_ofs: &AsOfs) -> Result<Snapshots<'_>> {
        let as_ofs = as_ofs.resolve(self.first_day, self.complete_until, &self.params)?;
        let families: Vec<&'static Family> =
            FAMILIES.iter().filter(|family| (family.can)(self)).collect();
        let names = |spec: &Spec| self.column_name(spec);
        let specs: Vec<Spec> = families.iter().flat_map(|family| family.columns).copied().collect();
        let kept: Vec<bool> = specs.iter().map(|spec| is_there(self, spec.name)).collect();
        let shown = specs.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(spec, _)| *spec);
        let schema = schema(&shown.collect::<Vec<_>>(), names);
        let rules = Rules::new(&self.params.dormancy, &self.words);
        Ok(Snapshots { history: self, as_ofs, families, specs, kept, rules, schema })
    }
}

impl Snapshots<'_> {
    /// The columns of the table.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The as-of dates, ascending.
    pub fn as_ofs(&self) -> &[Day] {
        &self.as_ofs
    }

    /// The families that the files have nothing for.
    pub fn absent_families(&self) -> Vec<&'static str> {
        let absent = FAMILIES.iter().filter(|family| !(family.can)(self.history));
        absent.map(|family| family.title).collect()
    }

    /// When the outcomes of the snapshots are known.
    pub fn calendar(&self) -> Vec<Maturity> {
        self.as_ofs.iter().map(|as_of| self.history.maturity(*as_of)).collect()
    }

    /// Hands out the rows, batch by batch, in order, and says what the snapshots hold. `work` runs on
    /// any thread; `take` hears the number of rows and what became of them, in order.
    ///
    /// # Errors
    /// Those of `work` and `take`, and of fetching records that were put aside.
    pub fn each<T: Send>(
        &self,
        work: &(dyn Fn(RecordBatch) -> Result<T> + Sync),
        take: &mut dyn FnMut(u64, T) -> Result<()>,
    ) -> Result<Made> {
        let mut made = self.nothing();
        let count = self.history.parts.count();
        let ahead = AHEAD * rayon::current_num_threads();
        for start in (0..count).step_by(ahead) {
            let parts = start..(start + ahead).min(count);
            let done: Vec<Result<_>> =
                parts.into_par_iter().map(|part| self.part(part, work)).collect();
            for done in done {
                let (worked, of_part) = done?;
                made.add(&of_part);
                worked.into_iter().try_for_each(|(rows, done)| take(rows, done))?;
            }
        }
        Ok(made)
    }

    fn nothing(&self) -> Made {
        let snapshots = self.as_ofs.iter().map(|as_of| self.empty(*as_of)).collect();
        Made { snapshots, oddities: Oddities::default() }
    }

    fn empty(&self, as_of: Day) -> SnapshotFacts {
        let maturity = self.history.maturity(as_of);
        let none = maturity.mature.then_some(0);
        SnapshotFacts {
            maturity,
            customers: 0,
            dormant: 0,
            recently_active: 0,
            prospects: 0,
            legally_dormant: 0,
            closed: 0,
            not_yet: 0,
            churned: none,
            reactivated: none,
            recently_active_churned: none,
        }
    }

    fn part<T>(
        &self,
        part: usize,
        work: &(dyn Fn(RecordBatch) -> Result<T> + Sync),
    ) -> Result<(Vec<(u64, T)>, Made)> {
        let history = self.history;
        let neighbours = Neighbours::fetch(history, part)?;
        let mut made = self.nothing();
        let mut worked = Vec::new();
        let mut rows = Rows::new(&self.specs, &self.kept);
        let mut written = 0;
        for place in history.parts.range(part) {
            let person = neighbours.person(history, place);
            made.oddities.note(&person);
            written += self.person(&person, &mut made.snapshots, &mut rows);
            if written >= STRETCH {
                let full = std::mem::replace(&mut rows, Rows::new(&self.specs, &self.kept));
                worked.push((written, work(full.finish(&self.schema)?)?));
                written = 0;
            }
        }
        if written > 0 {
            worked.push((written, work(rows.finish(&self.schema)?)?));
        }
        Ok((worked, made))
    }

    /// The rows of one customer; returns their number.
    fn person(&self, person: &Person<'_>, facts: &mut [SnapshotFacts], rows: &mut Rows) -> u64 {
        let history = self.history;
        let mut written = 0;
        for (as_of, facts) in self.as_ofs.iter().zip(facts) {
            let close = person.customer.close;
            if close != NEVER && close <= history.params.last_day(*as_of) {
                facts.closed += 1;
                continue;
            }
            let view = View::new(history, person, *as_of, &self.rules);
            if view.open.is_none() {
                facts.not_yet += 1;
                continue;
            }
            facts.note(&view);
            for family in &self.families {
                (family.fill)(&view, rows);
            }
            rows.end_row();
            written += 1;
        }
        written
    }
}

/// What was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// What each snapshot holds.
    pub snapshots: Vec<SnapshotFacts>,
    /// What was odd about single customers.
    pub oddities: Oddities,
}

/// What was odd about single customers, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Oddities {
    /// Customers whose account opens after their first transaction or balance; the earlier day counts.
    pub opened_after_first_event: u64,
    /// Balances of one customer, day, currency and product that became known on the same day as another;
    /// one of them counts.
    pub duplicate_balances: u64,
    /// Customers with a transaction after the account closed; it stays closed.
    pub active_after_closing: u64,
}

impl Oddities {
    fn note(&mut self, person: &Person<'_>) {
        let first_txn = person.txns.first().map(|t| t.day);
        let first_balance = person.balances.first().map(|b| b.day);
        let first = first_txn.into_iter().chain(first_balance).min();
        let open = person.customer.open;
        self.opened_after_first_event +=
            u64::from(open != NEVER && first.is_some_and(|first| first < open));
        let close = person.customer.close;
        let last = person.txns.iter().rev().find(|t| t.bits & txn::VOLUNTARY != 0);
        self.active_after_closing +=
            u64::from(close != NEVER && last.is_some_and(|last| last.day > close));
        let mut seen: Vec<_> =
            person.balances.iter().map(|b| (b.day, b.known, b.currency, b.product)).collect();
        seen.sort_unstable();
        self.duplicate_balances += seen.windows(2).filter(|pair| pair[0] == pair[1]).count() as u64;
    }
}

impl Made {
    fn add(&mut self, other: &Self) {
        for (sum, part) in self.snapshots.iter_mut().zip(&other.snapshots) {
            sum.add(part);
        }
        let (sum, part) = (&mut self.oddities, other.oddities);
        sum.opened_after_first_event += part.opened_after_first_event;
        sum.duplicate_balances += part.duplicate_balances;
        sum.active_after_closing += part.active_after_closing;
    }
}

impl SnapshotFacts {
    fn note(&mut self, view: &View<'_>) {
        let count = |slot: &mut u64, holds: bool| *slot += u64::from(holds);
        let outcome = view.outcome();
        let active_days = view.history.params.dormancy.active_days;
        let recent = view.last.is_some_and(|last| view.since(last) <= active_days);
        count(&mut self.customers, true);
        count(&mut self.dormant, view.standing.dormant);
        count(&mut self.recently_active, recent);
        count(&mut self.prospects, view.last.is_none());
        count(&mut self.legally_dormant, view.standing.legal);
        for (sum, holds) in [
            (&mut self.churned, outcome.churned == Some(true)),
            (&mut self.reactivated, outcome.reactivated == Some(true)),
            (&mut self.recently_active_churned, recent && outcome.churned == Some(true)),
        ] {
            if let Some(sum) = sum {
                count(sum, holds);
            }
        }
    }

    fn add(&mut self, other: &Self) {
        self.customers += other.customers;
        self.dormant += other.dormant;
        self.recently_active += other.recently_active;
        self.prospects += other.prospects;
        self.legally_dormant += other.legally_dormant;
        self.closed += other.closed;
        self.not_yet += other.not_yet;
        for (sum, part) in [
            (&mut self.churned, other.churned),
            (&mut self.reactivated, other.reactivated),
            (&mut self.recently_active_churned, other.recently_active_churned),
        ] {
            *sum = sum.zip(part).map(|(sum, part)| sum + part);
        }
    }
}
