//! What was known of a customer on an as-of date.

use std::{borrow::Cow, cell::OnceCell};

use super::{
    codes::NO_AMOUNT,
    dormancy::{Rules, Standing},
    load::History,
    outcome::{Outcome, outcome},
    past::{Past, Sums, WINDOWS},
    people::Customer,
    person::Person,
    records::{Balance, NEVER, Pay, Record, Txn, txn},
};
use crate::units::Day;

/// Balances older than this say nothing about today.
const STALE: i32 = 62;
/// Balances that any feature looks back to.
const BALANCE_DAYS: i32 = 800;

/// A customer on an as-of date.
pub(super) struct View<'a> {
    pub history: &'a History,
    pub person: &'a Person<'a>,
    pub as_of: Day,
    /// The last day whose rows count.
    pub limit: i32,
    /// The voluntary transactions that were known.
    pub past: Cow<'a, Past>,
    /// Sums over those of the last days, for each of [`WINDOWS`](super::past::WINDOWS).
    pub windows: [Sums; WINDOWS.len()],
    outcome: OnceCell<Outcome>,
    /// The day of the first voluntary transaction, or of the first balance that moved.
    pub first: Option<i32>,
    /// The day of the last.
    pub last: Option<i32>,
    /// The day the account opened: by the file, or the first event if that came before.
    pub open: Option<i32>,
    /// Month-end balances, ascending, one a day.
    pub balances: Vec<Balance>,
    /// Salaries and pensions, ascending.
    pub pays: Vec<Pay>,
    /// Whether the customer is dormant, and by which threshold.
    pub standing: Standing,
}

/// The records of a list that were known on a day, ascending.
pub(super) fn known<R: Record>(
    records: &[R],
    limit: i32,
) -> impl DoubleEndedIterator<Item = &R> + Clone {
    let end = records.partition_point(|record| record.day() <= limit);
    records[..end].iter().filter(move |record| record.known() <= limit)
}

impl<'a> View<'a> {
    pub(super) fn new(
        history: &'a History,
        person: &'a Person<'a>,
        as_of: Day,
        rules: &Rules,
    ) -> Self {
        let limit = history.params.last_day(as_of);
        let all = person.past(history);
        let past = if all.was_known(limit) {
            Cow::Borrowed(all)
        } else {
            Cow::Owned(Past::new(history, known(person.txns, limit)))
        };
        let mut view = Self {
            history,
            person,
            as_of,
            limit,
            windows: past.windows(limit),
            past,
            outcome: OnceCell::new(),
            first: None,
            last: None,
            open: None,
            balances: recent_balances(history, person.balances, limit),
            pays: known(&person.pays, limit).copied().collect(),
            standing: Standing::default(),
        };
        let first_event = view.note_activity();
        let open = Some(person.customer.open).filter(|open| *open <= limit);
        view.open = open.into_iter().chain(first_event).min();
        view.standing = rules.judge(&view);
        view
    }

    /// Finds the first and last activity; returns the day of the first event of any kind.
    fn note_activity(&mut self) -> Option<i32> {
        if self.history.has(super::schema::RawTable::Transactions) {
            let days = self.past.days(i32::MIN, self.limit);
            (self.first, self.last) = (days.first().copied(), days.last().copied());
        } else {
            // Without transactions a month whose balance moved by more than interest is activity.
            let moved = |pair: &[Balance]| moved(pair[0].aum, pair[1].aum);
            let all = all_balances(self.history, self.person.balances, self.limit);
            let mut days = all.windows(2).filter(|pair| moved(pair)).map(|pair| pair[1].day);
            self.first = days.clone().next();
            self.last = days.next_back();
        }
        let first_txn = known(self.person.txns, self.limit).next().map(|t| t.day);
        let first_balance = known(self.person.balances, self.limit).next().map(|b| b.day);
        first_txn.into_iter().chain(first_balance).min()
    }

    pub(super) fn customer(&self) -> &'a Customer {
        self.person.customer
    }

    /// What became of the customer.
    pub(super) fn outcome(&self) -> Outcome {
        *self.outcome.get_or_init(|| outcome(self))
    }

    /// The voluntary transactions of the last days.
    pub(super) fn recent(&self, days: i32) -> impl DoubleEndedIterator<Item = &'a Txn> + Clone {
        let after = self.limit - days;
        let start = self.person.txns.partition_point(|t| t.day <= after);
        known(&self.person.txns[start..], self.limit).filter(|t| t.bits & txn::VOLUNTARY != 0)
    }

    /// Days since a day, counted from the as-of date.
    pub(super) fn since(&self, day: i32) -> i32 {
        self.as_of.0 - day
    }

    /// Days without voluntary activity; since the opening where there was none.
    pub(super) fn quiet_days(&self) -> Option<i32> {
        self.last.or(self.open).map(|day| self.since(day))
    }

    /// The latest balance, unless it is stale.
    pub(super) fn balance(&self) -> Option<&Balance> {
        self.balances.last().filter(|balance| balance.day > self.limit - STALE)
    }

    /// Assets under management.
    pub(super) fn aum(&self) -> Option<f64> {
        self.balance().map(|balance| balance.aum).filter(|aum| !aum.is_nan())
    }

    /// An amount in the currency of the amounts, as ten-thousandths; 0 where it is not known.
    pub(super) fn units(&self, t: &Txn) -> i64 {
        self.history.units(t)
    }

    /// The word of a customer's attribute.
    pub(super) fn word(&self, name: &str) -> Option<&'a str> {
        self.history.words.get(self.customer().word(name))
    }
}

/// Whether a balance moved by more than a month's interest and fees.
pub(super) fn moved(before: f64, after: f64) -> bool {
    (after - before).abs() > 0.01 * before.abs().max(after.abs())
}

/// One balance a day, in the currency of the amounts: of each currency and product the one known last,
/// added up. What has no rate is left out.
pub(super) fn all_balances(history: &History, balances: &[Balance], limit: i32) -> Vec<Balance> {
    let mut days: Vec<Balance> = Vec::new();
    let mut parts: Vec<Balance> = Vec::new();
    for balance in known(balances, limit) {
        let Some(rate) = history.rate(balance.currency) else { continue };
        if parts.last().is_some_and(|last| last.day != balance.day) {
            days.extend(total(&parts));
            parts.clear();
        }
        let same = |part: &&mut Balance| {
            (part.currency, part.product) == (balance.currency, balance.product)
        };
        match parts.iter_mut().find(same) {
            Some(part) => *part = in_base(balance, rate),
            None => parts.push(in_base(balance, rate)),
        }
    }
    days.extend(total(&parts));
    days
}

fn in_base(balance: &Balance, rate: f64) -> Balance {
    Balance {
        aum: balance.aum * rate,
        aum_mean: balance.aum_mean * rate,
        demand: balance.demand * rate,
        loan: balance.loan * rate,
        maturity_amount: balance.maturity_amount * rate,
        ..*balance
    }
}

/// The balances of one day added up; the earliest maturity counts.
fn total(parts: &[Balance]) -> Option<Balance> {
    fn add(a: f64, b: f64) -> f64 {
        if a.is_nan() { b } else { a + if b.is_nan() { 0.0 } else { b } }
    }
    let (first, rest) = parts.split_first()?;
    Some(rest.iter().fold(*first, |sum, part| {
        let sooner = if part.maturity_day < sum.maturity_day { part } else { &sum };
        Balance {
            aum: add(sum.aum, part.aum),
            aum_mean: add(sum.aum_mean, part.aum_mean),
            demand: add(sum.demand, part.demand),
            loan: add(sum.loan, part.loan),
            maturity_day: sooner.maturity_day,
            maturity_amount: sooner.maturity_amount,
            rate_paid: if sum.rate_paid.is_nan() { part.rate_paid } else { sum.rate_paid },
            market_rate: if sum.market_rate.is_nan() { part.market_rate } else { sum.market_rate },
            known: sum.known.max(part.known),
            ..sum
        }
    }))
}

fn recent_balances(history: &History, balances: &[Balance], limit: i32) -> Vec<Balance> {
    let start = balances.partition_point(|balance| balance.day <= limit - BALANCE_DAYS);
    all_balances(history, &balances[start..], limit)
}

impl History {
    /// What one unit of a currency is worth; none where there is no rate.
    pub(super) fn rate(&self, currency: u32) -> Option<f64> {
        if currency == 0 || currency == self.base_currency {
            return Some(1.0);
        }
        self.rates.get(&currency).copied()
    }

    /// An amount in the currency of the amounts, as ten-thousandths; 0 where it is not known.
    pub(super) fn units(&self, t: &Txn) -> i64 {
        match self.rate(t.currency) {
            _ if t.amount == NO_AMOUNT => 0,
            Some(_) if t.currency == 0 || t.currency == self.base_currency => t.amount,
            Some(rate) => (t.amount as f64 * rate).round() as i64,
            None => 0,
        }
    }
}

/// Salaries and pensions: those of the payroll file, or the transactions that are called so.
pub(super) fn pays<'a>(payroll: &'a [Pay], has_payroll: bool, txns: &[Txn]) -> Cow<'a, [Pay]> {
    use super::records::pay;
    if has_payroll {
        return Cow::Borrowed(payroll);
    }
    let pays = txns.iter().filter(|t| t.bits & (txn::SALARY | txn::PENSION) != 0).map(|t| Pay {
        day: t.day,
        known: t.known,
        amount: t.amount,
        payer: t.payer,
        source: if t.bits & txn::PENSION != 0 { pay::PENSION } else { pay::ENTERPRISE },
    });
    Cow::Owned(pays.collect())
}

/// Whether a day is known and not after the limit.
pub(super) fn by(day: i32, limit: i32) -> bool {
    day != NEVER && day <= limit
}
