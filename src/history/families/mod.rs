//! The feature families. Each is one file: its columns with formula and unit, and how they are filled.
//!
//! A family whose source is absent is left out whole, and its absence is recorded. All windows end on
//! the as-of date: `90d` is that day and the 89 before it.

mod activity;
mod assets;
mod benefits;
mod causes;
mod channels;
mod contacts;
mod customer;
mod feedback;
mod payroll;
mod products;
mod promotion;

use serde::Serialize;

use super::{load::History, outcome, schema::RawTable, table::Rows, view::View};

/// What the cells of a column measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Words.
    Text,
    /// A date.
    Date,
    /// Days.
    Days,
    /// Months.
    Months,
    /// A number of things.
    Count,
    /// 1 yes, 0 no.
    Flag,
    /// 0 to 1.
    Share,
    /// A ratio or a relative change; no unit.
    Ratio,
    /// The currency of the amounts.
    Money,
    /// Years.
    Years,
    /// Points of a programme, or of a score.
    Points,
    /// Minutes.
    Minutes,
    /// Percent a year.
    Rate,
}

impl Unit {
    pub(super) fn is_whole(self) -> bool {
        matches!(self, Self::Days | Self::Months | Self::Count | Self::Flag)
    }
}

/// A column of the feature table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Spec {
    /// Its name.
    pub name: &'static str,
    /// What its cells measure.
    pub unit: Unit,
    /// Its formula, in words.
    pub about: &'static str,
}

const fn spec(name: &'static str, unit: Unit, about: &'static str) -> Spec {
    Spec { name, unit, about }
}

/// Columns that belong together: one source, one file.
pub(super) struct Family {
    /// Its heading in the documentation.
    pub title: &'static str,
    pub columns: &'static [Spec],
    /// Whether the files have what it needs.
    pub can: fn(&History) -> bool,
    pub fill: fn(&View<'_>, &mut Rows),
}

/// All families, in the order of the columns.
pub(super) const FAMILIES: &[Family] = &[
    customer::FAMILY,
    activity::FAMILY,
    channels::FAMILY,
    assets::FAMILY,
    products::FAMILY,
    payroll::FAMILY,
    promotion::FAMILY,
    contacts::FAMILY,
    benefits::FAMILY,
    feedback::FAMILY,
    causes::FAMILY,
    outcome::FAMILY,
];

/// All columns that there can be, by family, in their order.
pub fn catalogue() -> Vec<(&'static str, &'static [Spec])> {
    FAMILIES.iter().map(|family| (family.title, family.columns)).collect()
}

impl History {
    /// Whether a raw table is there.
    pub(super) fn has(&self, table: RawTable) -> bool {
        self.fields.contains_key(&table)
    }

    /// Whether a field of a raw table is there.
    pub(super) fn has_field(&self, table: RawTable, field: &str) -> bool {
        self.fields.get(&table).is_some_and(|fields| fields.contains(&field))
    }
}

/// Whether the files have what a column needs: one that could only be empty is left out.
pub(super) fn is_there(history: &History, column: &str) -> bool {
    use RawTable::{Balances, Customers, Transactions};
    let any = |table, fields: &[&str]| fields.iter().any(|field| history.has_field(table, field));
    match column {
        "age_years" | "birthday_in_days" => any(Customers, &["birth_date"]),
        "contact_verified_days" => any(Customers, &["contact_verified_at"]),
        "account_status" => any(Customers, &["status"]),
        "days_to_maturity" | "days_since_maturity" | "matured_not_renewed" => {
            any(Balances, &["next_maturity_date"])
        }
        "maturity_amount" => any(Balances, &["next_maturity_amt"]),
        "demand_share" => any(Balances, &["demand"]),
        "loan_balance" => any(Balances, &["loan_bal"]),
        "rate_gap" | "rate_sensitivity_12m" => any(Balances, &["rate_paid"]),
        "dormant_legal" => history.has(Balances),
        "outflow_before_silence" => any(Transactions, &["same_name_other_bank"]),
        "complaint_before_silence" => history.has(RawTable::Feedback),
        name if name.starts_with("txn_in_") || name.starts_with("txn_out_") => {
            any(Transactions, &["direction"])
        }
        name if name.starts_with("txn_amount_") => any(Transactions, &["amount"]),
        name if Customers.fields().iter().any(|field| field.name == name) => {
            any(Customers, &[name])
        }
        _ => true,
    }
}

/// A share; none of nothing.
fn share(part: i32, whole: i32) -> Option<f64> {
    (whole > 0).then(|| f64::from(part) / f64::from(whole))
}

/// The relative change from one amount to another; none from what is not above 0.
fn change(from: f64, to: f64) -> Option<f64> {
    (from > 0.0).then(|| to / from - 1.0)
}

/// A share in few trials, drawn towards what is usual: the mean of a Beta distribution after `hits` of
/// `trials`, with a prior of weight 4.
///
/// # Source
/// Gelman et al., *Bayesian Data Analysis* (3rd ed. 2013), 2.4.
fn smoothed(hits: i32, trials: i32, usual: f64) -> f64 {
    (f64::from(hits) + 4.0 * usual) / (f64::from(trials) + 4.0)
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let n = values.len();
    match n {
        0 => None,
        _ if n % 2 == 1 => Some(values[n / 2]),
        _ => Some(f64::midpoint(values[n / 2 - 1], values[n / 2])),
    }
}
