//! How a raw row becomes a record.

use super::{
    codes::{Channel, Family, units},
    dictionary::Lookup,
    params::HistoryParams,
    reader::Cells,
    records::{Balance, Benefit, Contact, Feedback, NEVER, Pay, Product, Txn, benefit, pay, txn},
    schema::{BALANCES, BENEFITS, CONTACTS, FEEDBACK, PAYROLL, PRODUCTS, TRANSACTIONS, place},
};

/// A raw row.
pub(super) struct Row<'a> {
    pub cells: &'a Cells,
    pub at: usize,
    pub params: &'a HistoryParams,
}

/// 1 January 1900 and 2200: days outside are slips of the pen.
const DAYS: std::ops::Range<i32> = -25_567..84_006;
/// Every dated table has its day in the second place and its day of loading in the third.
const DAY: usize = 1;
const LOADED: usize = 2;

impl Row<'_> {
    fn text(&self, field: usize) -> Option<&str> {
        self.cells.text(field, self.at)
    }

    fn number(&self, field: usize) -> f64 {
        self.cells.number(field, self.at).unwrap_or(f64::NAN)
    }

    fn later_day(&self, field: usize) -> i32 {
        self.cells.day(field, self.at).unwrap_or(NEVER)
    }

    /// 0 no, 1 yes, 2 not known.
    fn flag(&self, field: usize) -> u8 {
        self.cells.flag(field, self.at).map_or(2, u8::from)
    }

    fn says(&self, field: usize) -> bool {
        self.cells.flag(field, self.at) == Some(true)
    }

    /// The day it is about and the day from which it is known: never before the former.
    fn dates(&self) -> Option<(i32, i32)> {
        let day = self.cells.day(DAY, self.at).filter(|day| DAYS.contains(day))?;
        let loaded = self.cells.day(LOADED, self.at).unwrap_or(day);
        Some((day, loaded.max(day)))
    }

    /// Whether it was loaded before the day it is about.
    pub(super) fn is_dated_after_loading(&self) -> bool {
        match (self.cells.day(DAY, self.at), self.cells.day(LOADED, self.at)) {
            (Some(day), Some(loaded)) => loaded < day,
            _ => false,
        }
    }
}

fn is_one_of(word: Option<&str>, words: &[String]) -> bool {
    word.is_some_and(|word| words.iter().any(|one| one == word))
}

pub(super) fn transaction(row: &Row<'_>, lookup: &mut Lookup<'_>) -> Option<(Txn, u32)> {
    const CURRENCY: usize = place(TRANSACTIONS, "currency");
    const AMOUNT: usize = place(TRANSACTIONS, "amount");
    const TYPE: usize = place(TRANSACTIONS, "type");
    const CHANNEL: usize = place(TRANSACTIONS, "channel");
    const DIRECTION: usize = place(TRANSACTIONS, "direction");
    const INITIATOR: usize = place(TRANSACTIONS, "initiator");
    const OTHER_BANK: usize = place(TRANSACTIONS, "same_name_other_bank");
    const PAYER: usize = place(TRANSACTIONS, "payer_id");
    const PROMO: usize = place(TRANSACTIONS, "promo");
    let (day, known) = row.dates()?;
    let amount = row.cells.number(AMOUNT, row.at);
    let kind = row.text(TYPE);
    let mut bits = match (row.text(DIRECTION).map(str::trim), amount) {
        (Some("in" | "IN" | "In" | "credit" | "C" | "+" | "收入"), _) => txn::IN,
        (Some("out" | "OUT" | "Out" | "debit" | "D" | "-" | "支出"), _) => txn::OUT,
        (None, Some(amount)) if amount < 0.0 => txn::OUT,
        _ => 0,
    };
    bits |= match row.text(INITIATOR).map(str::trim) {
        Some("customer" | "客户") => txn::BY_CUSTOMER,
        Some("bank" | "system" | "银行" | "系统") => txn::BY_BANK,
        _ => 0,
    };
    let params = row.params;
    if is_one_of(kind, &params.salary) {
        bits |= txn::SALARY;
    }
    if is_one_of(kind, &params.pension) {
        bits |= txn::PENSION;
    }
    if !is_one_of(kind, &params.involuntary) && bits & txn::BY_BANK == 0 {
        bits |= txn::VOLUNTARY;
    }
    if row.says(OTHER_BANK) && bits & txn::IN == 0 {
        bits |= txn::TO_OTHER_BANK;
    }
    if row.says(PROMO) {
        bits |= txn::IN_PROMOTION;
    }
    let record = Txn {
        day,
        known,
        amount: units(amount.map(f64::abs)),
        payer: lookup.number(row.text(PAYER)),
        currency: lookup.number(row.text(CURRENCY)),
        bits,
        channel: Channel::read(row.text(CHANNEL)).code(),
    };
    Some((record, record.currency))
}

pub(super) fn balance(row: &Row<'_>, lookup: &mut Lookup<'_>) -> Option<(Balance, u32)> {
    const CURRENCY: usize = place(BALANCES, "currency");
    const PRODUCT: usize = place(BALANCES, "product_id");
    const DEMAND: usize = place(BALANCES, "demand");
    const METAL: usize = place(BALANCES, "metal");
    const LOAN: usize = place(BALANCES, "loan_bal");
    const MEAN: usize = place(BALANCES, "aum_avg");
    const END: usize = place(BALANCES, "aum_eom");
    const MATURITY: usize = place(BALANCES, "next_maturity_date");
    const MATURING: usize = place(BALANCES, "next_maturity_amt");
    const PAID: usize = place(BALANCES, "rate_paid");
    const MARKET: usize = place(BALANCES, "market_rate");
    let (day, known) = row.dates()?;
    let parts = (DEMAND..=METAL).filter_map(|at| row.cells.number(at, row.at));
    let total = parts.fold(None, |sum: Option<f64>, part| Some(sum.unwrap_or(0.0) + part));
    let mean = row.cells.number(MEAN, row.at);
    let aum = row.cells.number(END, row.at).or(total).or(mean);
    let record = Balance {
        day,
        known,
        aum: aum.unwrap_or(f64::NAN),
        aum_mean: mean.or(aum).unwrap_or(f64::NAN),
        demand: row.number(DEMAND),
        loan: row.number(LOAN),
        maturity_day: row.later_day(MATURITY),
        maturity_amount: row.number(MATURING),
        rate_paid: row.number(PAID),
        market_rate: row.number(MARKET),
        currency: lookup.number(row.text(CURRENCY)),
        product: lookup.number(row.text(PRODUCT)),
    };
    Some((record, record.currency))
}

pub(super) fn product(row: &Row<'_>, _: &mut Lookup<'_>) -> Option<(Product, u32)> {
    const FAMILY: usize = place(PRODUCTS, "family");
    const CLOSE: usize = place(PRODUCTS, "close_date");
    const PROMO: usize = place(PRODUCTS, "promo_flag");
    const PROMO_END: usize = place(PRODUCTS, "promo_end");
    let (day, known) = row.dates()?;
    let record = Product {
        day,
        known,
        close: row.later_day(CLOSE),
        promo_end: row.later_day(PROMO_END),
        promo: u8::from(row.says(PROMO)),
        family: Family::read(row.text(FAMILY)).code(),
    };
    Some((record, 0))
}

pub(super) fn contact(row: &Row<'_>, _: &mut Lookup<'_>) -> Option<(Contact, u32)> {
    const CHANNEL: usize = place(CONTACTS, "channel");
    const ARM: usize = place(CONTACTS, "arm");
    const DELIVERED: usize = place(CONTACTS, "delivered");
    const OPENED: usize = place(CONTACTS, "opened");
    const CLICKED: usize = place(CONTACTS, "clicked");
    const ANSWERED: usize = place(CONTACTS, "answered");
    const OUTCOME: usize = place(CONTACTS, "outcome");
    const UNSUBSCRIBE: usize = place(CONTACTS, "unsubscribe");
    let (day, known) = row.dates()?;
    let holdout = matches!(row.text(ARM), Some("holdout" | "control" | "对照"));
    let refused = matches!(row.text(OUTCOME), Some("refused" | "rejected" | "拒绝"));
    let record = Contact {
        day,
        known,
        channel: Channel::read(row.text(CHANNEL)).code(),
        delivered: row.flag(DELIVERED),
        opened: row.flag(OPENED),
        clicked: row.flag(CLICKED),
        answered: row.flag(ANSWERED),
        refused: u8::from(refused),
        unsubscribed: u8::from(row.says(UNSUBSCRIBE)),
        holdout: u8::from(holdout),
    };
    Some((record, 0))
}

pub(super) fn movement(row: &Row<'_>, lookup: &mut Lookup<'_>) -> Option<(Benefit, u32)> {
    const KIND: usize = place(BENEFITS, "kind");
    const BEHAVIOUR: usize = place(BENEFITS, "behaviour");
    const POINTS: usize = place(BENEFITS, "points");
    const EXPIRY: usize = place(BENEFITS, "expiry_date");
    let (day, known) = row.dates()?;
    let kind = match row.text(KIND).map(str::trim) {
        Some("earn" | "earned") => benefit::EARN,
        Some("redeem" | "redeemed") => benefit::REDEEM,
        Some("expire" | "expired") => benefit::EXPIRE,
        Some("offered") => benefit::OFFERED,
        Some("reached") => benefit::REACHED,
        Some("used") => benefit::USED,
        _ => 0,
    };
    let record = Benefit {
        day,
        known,
        points: row.number(POINTS),
        expiry: row.later_day(EXPIRY),
        behaviour: lookup.number(row.text(BEHAVIOUR)),
        kind,
    };
    Some((record, 0))
}

pub(super) fn answer(row: &Row<'_>, lookup: &mut Lookup<'_>) -> Option<(Feedback, u32)> {
    const CSAT: usize = place(FEEDBACK, "csat");
    const NPS: usize = place(FEEDBACK, "nps");
    const COMPLAINT: usize = place(FEEDBACK, "complaint_type");
    const WAIT: usize = place(FEEDBACK, "service_wait");
    const SOCIAL: usize = place(FEEDBACK, "social_interactions");
    let (day, known) = row.dates()?;
    let record = Feedback {
        day,
        known,
        csat: row.number(CSAT),
        nps: row.number(NPS),
        wait: row.number(WAIT),
        social: row.number(SOCIAL),
        complaint: lookup.number(row.text(COMPLAINT)),
    };
    Some((record, 0))
}

pub(super) fn salary(row: &Row<'_>, lookup: &mut Lookup<'_>) -> Option<(Pay, u32)> {
    const PAYER: usize = place(PAYROLL, "payer_id");
    const SOURCE: usize = place(PAYROLL, "source");
    const AMOUNT: usize = place(PAYROLL, "amount");
    let (day, known) = row.dates()?;
    let source = match row.text(SOURCE).map(str::trim) {
        Some("pension" | "social_security" | "社保" | "社保代发" | "养老金") => {
            pay::PENSION
        }
        _ => pay::ENTERPRISE,
    };
    let record = Pay {
        day,
        known,
        amount: units(row.cells.number(AMOUNT, row.at)),
        payer: lookup.number(row.text(PAYER)),
        source,
    };
    Some((record, 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::schema::RawTable;

    #[test]
    fn every_dated_table_has_its_days_where_they_are_looked_for() {
        for table in RawTable::ALL.into_iter().skip(1) {
            let fields = table.fields();
            assert_eq!(fields[0].name, "cust_id");
            assert!(fields[DAY].required, "{table:?}");
            assert_eq!(fields[LOADED].name, "load_ts", "{table:?}");
        }
        assert_eq!(DAYS.start, crate::units::Day::from_ymd(1900, 1, 1).unwrap().0);
        assert_eq!(DAYS.end, crate::units::Day::from_ymd(2200, 1, 1).unwrap().0);
    }
}
