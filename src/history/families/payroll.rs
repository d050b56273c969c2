//! Salaries and pensions, and how much of them stays.

use super::{Family, Rows, Spec, Unit, View, median, spec};
use crate::history::{
    codes::{NO_AMOUNT, money},
    records::{Pay, pay, txn},
    schema::RawTable,
};

pub(super) const FAMILY: Family = Family {
    title: "Payroll",
    columns: COLUMNS,
    can: |history| {
        history.has(RawTable::Payroll) || history.has_field(RawTable::Transactions, "type")
    },
    fill,
};

/// Days within which money that leaves counts as passed through.
const PASS_DAYS: i32 = 5;
/// Days after which a missed pay day counts.
const GRACE: i32 = 10;

const COLUMNS: &[Spec] = &[
    spec(
        "payroll_source",
        Unit::Text,
        "pension or enterprise: the source of the last pay in 366 days",
    ),
    spec("payroll_payer", Unit::Text, "its payer"),
    spec("payroll_count_3m", Unit::Count, "pays in 92 days"),
    spec("payroll_months_12m", Unit::Count, "different calendar months with a pay in 366 days"),
    spec("payroll_amount_3m", Unit::Money, "median pay in 92 days"),
    spec(
        "payroll_amount_change",
        Unit::Ratio,
        "median pay in 92 days ÷ median pay of the 274 days before − 1",
    ),
    spec("days_since_payroll", Unit::Days, "days since the last pay"),
    spec(
        "months_since_first_payroll",
        Unit::Months,
        "months since the first pay, of 30.4375 days, rounded down",
    ),
    spec(
        "payroll_stopped",
        Unit::Flag,
        "two pays or more in 366 days, and none for the usual gap between them and 10 days",
    ),
    spec(
        "payroll_regularity",
        Unit::Ratio,
        "standard deviation ÷ mean of the gaps between pays in 366 days; from 3 on; 0 is clockwork",
    ),
    spec(
        "pass_through_3m",
        Unit::Share,
        "median over the pays in 92 days of what left within 5 days to the customer's own accounts at other banks ÷ the pay, at most 1; only pays whose 5 days are over",
    ),
    spec("pass_through_amount_3m", Unit::Money, "sum of what left so in 92 days"),
];

fn fill(view: &View<'_>, rows: &mut Rows) {
    let after = |days: i32| {
        let after = view.limit - days;
        view.pays.iter().filter(move |pay| pay.day > after)
    };
    let year: Vec<&Pay> = after(366).collect();
    let last = latest(view, &year);
    rows.text(last.map(|pay| if pay.source == pay::PENSION { "pension" } else { "enterprise" }));
    rows.text(last.and_then(|pay| view.history.words.get(pay.payer)));
    rows.count(Some(after(92).count() as i32));
    rows.count(Some(months(&year)));
    let amounts = |pays: &mut dyn Iterator<Item = &Pay>| {
        let known = pays.filter(|pay| pay.amount != NO_AMOUNT);
        median(known.map(|pay| money(pay.amount)).collect())
    };
    let recent = amounts(&mut after(92));
    let before = amounts(&mut after(366).filter(|pay| pay.day <= view.limit - 92));
    rows.number(recent);
    rows.number(recent.zip(before).and_then(|(now, before)| super::change(before, now)));
    rows.count(view.pays.last().map(|pay| view.since(pay.day)));
    let first = view.pays.first().map(|pay| view.since(pay.day));
    rows.count(first.map(|days| (f64::from(days) / 30.4375) as i32));
    let gaps: Vec<f64> = year
        .windows(2)
        .map(|pair| f64::from(pair[1].day - pair[0].day))
        .filter(|gap| *gap > 0.0)
        .collect();
    rows.flag(stopped(view, &gaps));
    rows.number(regularity(&gaps));
    let (share, amount) = pass_through(view);
    rows.number(share);
    rows.number(amount);
}

/// The last pay; of several on one day that whose payer comes last by name.
fn latest<'a>(view: &View<'_>, year: &[&'a Pay]) -> Option<&'a Pay> {
    year.iter().copied().max_by_key(|pay| (pay.day, view.history.words.get(pay.payer), pay.source))
}

fn months(pays: &[&Pay]) -> i32 {
    let mut months: Vec<(i32, u32)> = pays
        .iter()
        .map(|pay| crate::units::Day(pay.day).ymd())
        .map(|(year, month, _)| (year, month))
        .collect();
    months.dedup();
    months.len() as i32
}

fn stopped(view: &View<'_>, gaps: &[f64]) -> Option<bool> {
    let usual = median(gaps.to_vec())?;
    let last = view.pays.last()?;
    Some(f64::from(view.since(last.day)) > usual + f64::from(GRACE))
}

fn regularity(gaps: &[f64]) -> Option<f64> {
    if gaps.len() < 2 {
        return None;
    }
    let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
    let spread: f64 = gaps.iter().map(|gap| (gap - mean).powi(2)).sum();
    Some((spread / (gaps.len() as f64 - 1.0)).sqrt() / mean)
}

/// Which share of the pays of 92 days left at once, and how much money that is.
fn pass_through(view: &View<'_>) -> (Option<f64>, Option<f64>) {
    if !view.history.has_field(RawTable::Transactions, "same_name_other_bank") {
        return (None, None);
    }
    let mut shares = Vec::new();
    let mut total = 0_i64;
    let pays = view.pays.iter().filter(|pay| {
        pay.day > view.limit - 92
            && pay.day + PASS_DAYS <= view.limit
            && pay.amount != NO_AMOUNT
            && pay.amount > 0
    });
    for pay in pays {
        let days = pay.day..=pay.day + PASS_DAYS;
        let start = view.person.txns.partition_point(|t| t.day < pay.day);
        let leaving = view.person.txns[start..]
            .iter()
            .take_while(|t| days.contains(&t.day))
            .filter(|t| t.known <= view.limit && t.bits & txn::TO_OTHER_BANK != 0)
            .fold(0_i64, |sum, t| sum.saturating_add(view.units(t)))
            .min(pay.amount);
        total = total.saturating_add(leaving);
        shares.push(leaving as f64 / pay.amount as f64);
    }
    let any = !shares.is_empty();
    (median(shares), any.then(|| money(total)))
}
