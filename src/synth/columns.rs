//! The columns of the synthetic bank, in the order in which they are written.

/// A column: its name, its unit or levels, when it is missing, and what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// The name in the header.
    pub name: &'static str,
    /// The unit, or the levels of a category.
    pub unit: &'static str,
    /// When the cell is empty.
    pub missing: &'static str,
    /// What a banker reads in it.
    pub meaning: &'static str,
}

pub(super) const fn column(
    name: &'static str,
    unit: &'static str,
    missing: &'static str,
    meaning: &'static str,
) -> Column {
    Column { name, unit, missing, meaning }
}

/// The columns of `current.csv`; `history.csv` has [`OUTCOMES`] after them.
pub const COLUMNS: &[Column] = &[
    column("customer_id", "text", "never", "number of the customer, with leading zeros"),
    column("as_of", "date", "never", "evening of the snapshot, a month's end"),
    column("branch", "B001..B040", "never", "branch that keeps the account"),
    column("region", "north, east, south, west, centre", "never", "region of the branch"),
    column("segment", "mass, affluent, private", "never", "segment the bank gave at the opening"),
    column("age", "years", "2 % of customers", "age"),
    column("gender", "F, M", "1 % of customers", "gender"),
    column("tenure_months", "months", "never", "since the account was opened"),
    column(
        "acquisition_channel",
        "branch, app, payroll, toll_card, referral, campaign",
        "never",
        "how the customer came to the bank",
    ),
    column("payroll_source", "enterprise, pension, none", "never", "regular income paid in here"),
    column("aum", "money", "never", "assets under management on the evening of as_of"),
    column("aum_avg_3m", "money", "never", "mean of the last 3 month-end assets"),
    column("aum_avg_12m", "money", "never", "mean of the last 12 month-end assets"),
    column(
        "aum_change_3m",
        "share",
        "assets 3 months ago under 50",
        "aum against 3 months ago, -1 = all gone",
    ),
    column("demand_share", "share 0..1", "no assets", "share of the assets on demand accounts"),
    column("product_count", "count", "never", "products held"),
    column("has_wealth", "0, 1", "never", "holds funds or wealth products"),
    column("has_loan", "0, 1", "never", "has a loan"),
    column("days_to_maturity", "days", "no term deposit", "until the next term deposit falls due"),
    column("txn_count_30d", "count", "never", "transactions in the last month"),
    column("txn_count_90d", "count", "never", "transactions in the last 3 months"),
    column("txn_count_prior_90d", "count", "never", "transactions in the 3 months before those"),
    column(
        "counter_share",
        "share 0..1",
        "no transaction in 180 days",
        "share of the transactions made at a counter",
    ),
    column("app_logins_30d", "count", "never", "logins to the app in the last month"),
    column("days_since_last_txn", "days", "never transacted", "days since the last transaction"),
    column(
        "salary_passthrough_share",
        "share 0..1",
        "no payroll income",
        "share of the income that leaves for another bank within 5 days",
    ),
    column("complaints_180d", "count", "never", "complaints in the last 6 months"),
    column(
        "contacts_90d",
        "count",
        "never",
        "messages and calls from the bank in the last 3 months",
    ),
    column(
        "opened_share",
        "share 0..1",
        "no contact in 180 days",
        "share of the messages of the last 6 months that were opened",
    ),
    column(
        "satisfaction",
        "1..5",
        "about 80 % of customers",
        "last answer to the survey, 5 = very satisfied",
    ),
    column("points_balance", "points", "never", "bonus points left"),
    column("fees_12m", "money", "never", "fees paid in the last 12 months"),
    column("risk_level", "C1..C5", "10 % of customers", "appetite for risk, C5 = high"),
];

/// The outcomes that `history.csv` has after [`COLUMNS`].
pub const OUTCOMES: &[Column] = &[
    column(
        "churned_90d",
        "0, 1",
        "customer not active",
        "left in the 90 days after as_of: closed the account, took the assets away or fell silent",
    ),
    column(
        "reactivated_90d",
        "0, 1",
        "customer not dormant",
        "transacted again in the 90 days after as_of",
    ),
];

/// The columns of `truth.csv`, which no model may see.
pub const TRUTH: &[Column] = &[
    column("customer_id", "text", "never", "as in the other files"),
    column("as_of", "date", "never", "as in the other files"),
    column("state", "active, dormant, prospect", "never", "state on the evening of as_of"),
    column(
        "true_churn_probability",
        "0..1",
        "customer not active",
        "probability that churned_90d is 1, given all that happened up to as_of",
    ),
    column(
        "true_reactivation_probability",
        "0..1",
        "customer not dormant",
        "probability that reactivated_90d is 1, given all that happened up to as_of",
    ),
    column(
        "cause",
        "name",
        "prospect",
        "the strongest of the planted causes at as_of, `background` if none is strong",
    ),
];

/// A table of columns in Markdown, as it stands in `data/README.md`.
pub fn markdown(columns: &[Column]) -> String {
    let mut text = String::from("| column | unit | empty | meaning |\n|---|---|---|---|\n");
    for Column { name, unit, missing, meaning } in columns {
        text.extend(["| `", name, "` | ", unit, " | ", missing, " | ", meaning, " |\n"]);
    }
    text
}
