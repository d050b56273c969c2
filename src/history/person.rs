//! One customer with all records.

use std::{borrow::Cow, cell::OnceCell};

use super::{
    load::History,
    past::Past,
    people::Customer,
    records::{Balance, Benefit, Contact, Feedback, Pay, Product, Txn},
    schema::RawTable,
    shelf::Sorted,
    view::pays,
};
use crate::error::Result;

/// The records of some neighbouring customers.
pub(super) struct Neighbours {
    txns: Sorted<Txn>,
    balances: Sorted<Balance>,
    products: Sorted<Product>,
    contacts: Sorted<Contact>,
    benefits: Sorted<Benefit>,
    feedback: Sorted<Feedback>,
    payroll: Sorted<Pay>,
}

/// One customer with all records, whenever they became known.
pub(super) struct Person<'a> {
    pub place: u32,
    pub customer: &'a Customer,
    pub txns: &'a [Txn],
    pub balances: &'a [Balance],
    pub products: &'a [Product],
    pub contacts: &'a [Contact],
    pub benefits: &'a [Benefit],
    pub feedback: &'a [Feedback],
    pub pays: Cow<'a, [Pay]>,
    past: OnceCell<Past>,
}

impl Neighbours {
    pub(super) fn fetch(history: &History, part: usize) -> Result<Self> {
        let shelves = &history.shelves;
        Ok(Self {
            txns: shelves.txns.part(part)?,
            balances: shelves.balances.part(part)?,
            products: shelves.products.part(part)?,
            contacts: shelves.contacts.part(part)?,
            benefits: shelves.benefits.part(part)?,
            feedback: shelves.feedback.part(part)?,
            payroll: shelves.payroll.part(part)?,
        })
    }

    pub(super) fn person<'a>(&'a self, history: &'a History, place: u32) -> Person<'a> {
        let txns = self.txns.of(place);
        let payroll = self.payroll.of(place);
        Person {
            place,
            customer: &history.customers[place as usize],
            txns,
            balances: self.balances.of(place),
            products: self.products.of(place),
            contacts: self.contacts.of(place),
            benefits: self.benefits.of(place),
            feedback: self.feedback.of(place),
            pays: pays(payroll, history.has(RawTable::Payroll), txns),
            past: OnceCell::new(),
        }
    }
}

impl Person<'_> {
    /// All voluntary transactions, whenever they became known.
    pub(super) fn past(&self, history: &History) -> &Past {
        self.past.get_or_init(|| Past::new(history, self.txns.iter()))
    }
}
