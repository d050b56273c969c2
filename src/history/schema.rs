//! The raw tables and their fields.

use serde::{Deserialize, Serialize};

/// How the cells of a field read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cell {
    Text,
    Day,
    Number,
    Flag,
}

/// A field of a raw table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Field {
    pub name: &'static str,
    pub cell: Cell,
    pub required: bool,
}

const fn need(name: &'static str, cell: Cell) -> Field {
    Field { name, cell, required: true }
}

const fn text(name: &'static str) -> Field {
    Field { name, cell: Cell::Text, required: false }
}

const fn day(name: &'static str) -> Field {
    Field { name, cell: Cell::Day, required: false }
}

const fn number(name: &'static str) -> Field {
    Field { name, cell: Cell::Number, required: false }
}

const fn flag(name: &'static str) -> Field {
    Field { name, cell: Cell::Flag, required: false }
}

/// A table that a bank can export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RawTable {
    /// One row a customer.
    Customers,
    /// One row a customer and month's end.
    Balances,
    /// One row a transaction.
    Transactions,
    /// One row a product held.
    Products,
    /// One row a contact of the bank with a customer.
    Contacts,
    /// One row a movement of points, or a benefit.
    Benefits,
    /// One row an answer, a complaint or a visit.
    Feedback,
    /// One row a salary or pension paid in.
    Payroll,
}

impl RawTable {
    /// All of them; the customers first.
    pub const ALL: [Self; 8] = [
        Self::Customers,
        Self::Balances,
        Self::Transactions,
        Self::Products,
        Self::Contacts,
        Self::Benefits,
        Self::Feedback,
        Self::Payroll,
    ];

    /// The name in the configuration, and of its files where none are named.
    pub fn name(self) -> &'static str {
        match self {
            Self::Customers => "customers",
            Self::Balances => "balances",
            Self::Transactions => "transactions",
            Self::Products => "products",
            Self::Contacts => "contacts",
            Self::Benefits => "benefits",
            Self::Feedback => "feedback",
            Self::Payroll => "payroll",
        }
    }

    pub(super) fn fields(self) -> &'static [Field] {
        match self {
            Self::Customers => CUSTOMERS,
            Self::Balances => BALANCES,
            Self::Transactions => TRANSACTIONS,
            Self::Products => PRODUCTS,
            Self::Contacts => CONTACTS,
            Self::Benefits => BENEFITS,
            Self::Feedback => FEEDBACK,
            Self::Payroll => PAYROLL,
        }
    }

    /// The place of a field among the fields.
    pub(super) fn at(self, name: &str) -> usize {
        let fields = self.fields();
        fields.iter().position(|field| field.name == name).unwrap_or(fields.len())
    }
}

pub(super) const CUSTOMERS: &[Field] = &[
    need("cust_id", Cell::Text),
    day("open_date"),
    day("close_date"),
    day("birth_date"),
    day("dnd_until"),
    day("contact_verified_at"),
    text("gender"),
    text("org_hq"),
    text("branch"),
    text("sub_branch"),
    text("manager_id"),
    text("acq_channel"),
    text("acq_product"),
    text("occupation"),
    text("risk_level"),
    text("status"),
    flag("consent_marketing"),
    flag("consent_profiling"),
    flag("consent_external"),
    flag("contact_ok_phone"),
    flag("contact_ok_sms"),
    flag("contact_ok_email"),
    flag("contact_ok_wechat"),
    flag("contact_ok_app"),
    flag("employee_flag"),
];

pub(super) const BALANCES: &[Field] = &[
    need("cust_id", Cell::Text),
    need("as_of", Cell::Day),
    day("load_ts"),
    text("currency"),
    text("product_id"),
    number("demand"),
    number("time_deposit"),
    number("wealth"),
    number("fund"),
    number("insurance"),
    number("metal"),
    number("loan_bal"),
    number("aum_avg"),
    number("aum_eom"),
    day("next_maturity_date"),
    number("next_maturity_amt"),
    number("rate_paid"),
    number("market_rate"),
];

pub(super) const TRANSACTIONS: &[Field] = &[
    need("cust_id", Cell::Text),
    need("event_ts", Cell::Day),
    day("load_ts"),
    text("currency"),
    number("amount"),
    text("type"),
    text("channel"),
    text("direction"),
    text("initiator"),
    flag("same_name_other_bank"),
    text("payer_id"),
    flag("promo"),
];

pub(super) const PRODUCTS: &[Field] = &[
    need("cust_id", Cell::Text),
    need("open_date", Cell::Day),
    day("load_ts"),
    text("product_id"),
    text("family"),
    text("risk_level"),
    day("close_date"),
    flag("promo_flag"),
    day("promo_end"),
];

pub(super) const CONTACTS: &[Field] = &[
    need("cust_id", Cell::Text),
    need("sent_ts", Cell::Day),
    day("load_ts"),
    text("channel"),
    text("arm"),
    flag("delivered"),
    flag("opened"),
    flag("clicked"),
    flag("answered"),
    text("outcome"),
    flag("complaint"),
    flag("unsubscribe"),
];

pub(super) const BENEFITS: &[Field] = &[
    need("cust_id", Cell::Text),
    need("event_ts", Cell::Day),
    day("load_ts"),
    text("kind"),
    text("behaviour"),
    number("points"),
    day("expiry_date"),
];

pub(super) const FEEDBACK: &[Field] = &[
    need("cust_id", Cell::Text),
    need("event_ts", Cell::Day),
    day("load_ts"),
    number("csat"),
    number("nps"),
    text("complaint_type"),
    number("service_wait"),
    number("social_interactions"),
];

pub(super) const PAYROLL: &[Field] = &[
    need("cust_id", Cell::Text),
    need("month", Cell::Day),
    day("load_ts"),
    text("payer_id"),
    text("source"),
    number("amount"),
];

/// The place of a field, found when the program is built.
pub(super) const fn place(fields: &[Field], name: &str) -> usize {
    let mut at = 0;
    while at < fields.len() {
        if same(fields[at].name, name) {
            return at;
        }
        at += 1;
    }
    // No such field: no row has it.
    usize::MAX
}

const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}
