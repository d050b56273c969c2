//! The columns of the feed: the contract.

/// Version of the columns; it grows when a column is added at the end.
pub const VERSION: u32 = 2;

/// Columns that version 1 had: the first ones, unchanged.
pub const OF_VERSION_1: usize = 18;

/// How the cells of a feed column read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellKind {
    /// Text.
    Text,
    /// A decimal number that reads back to the same f64.
    Number,
    /// A date, YYYY-MM-DD.
    Date,
}

/// A column of the feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedColumn {
    /// Name in the header.
    pub name: &'static str,
    /// How its cells read.
    pub kind: CellKind,
    /// What it holds.
    pub about: &'static str,
    /// The words that it may hold, where there are but a few.
    pub words: &'static [&'static str],
}

const fn text(name: &'static str, about: &'static str) -> FeedColumn {
    FeedColumn { name, kind: CellKind::Text, about, words: &[] }
}

const fn word(
    name: &'static str,
    words: &'static [&'static str],
    about: &'static str,
) -> FeedColumn {
    FeedColumn { name, kind: CellKind::Text, about, words }
}

const fn number(name: &'static str, about: &'static str) -> FeedColumn {
    FeedColumn { name, kind: CellKind::Number, about, words: &[] }
}

const fn date(name: &'static str, about: &'static str) -> FeedColumn {
    FeedColumn { name, kind: CellKind::Date, about, words: &[] }
}

const QUADRANTS: &[&str] = &[
    "rescue",
    "cherish",
    "automate",
    "grow",
    "wake-first",
    "call-personally",
    "nudge",
    "let-rest",
    "activate",
    "leave",
];

/// The columns of the feed, in order. An empty cell means: does not apply, or is not known.
pub const COLUMNS: &[FeedColumn] = &[
    text("customer_id", "the id as given; the row number where the table has no id"),
    date("as_of", "date of the snapshot, YYYY-MM-DD"),
    word("state", &["active", "dormant", "prospect"], "active, dormant or prospect"),
    number("churn_probability", "probability that an active customer leaves in the outcome window"),
    number(
        "reactivation_probability",
        "probability that a dormant customer returns in the outcome window",
    ),
    number("value", "value a year by the value expression"),
    number("value_at_risk", "value × probability: what may be lost, or come back"),
    word(
        "value_band",
        &["high", "low", "unknown"],
        "high, low or unknown, by the cut fixed at training",
    ),
    word("risk_band", &["high", "low"], "high or low, by the cut fixed at training"),
    word(
        "quadrant",
        QUADRANTS,
        "rescue, cherish, automate, grow, wake-first, call-personally, nudge, let-rest, activate or leave",
    ),
    text(
        "reason_1",
        "first of three reasons in words; those that someone can act on come first, the strongest of them first",
    ),
    text("reason_2", "second reason"),
    text("reason_3", "third reason"),
    text("reason_1_code", "column of the first reason and + (raises) or - (lowers)"),
    text("reason_2_code", "the same for the second"),
    text("reason_3_code", "the same for the third"),
    text("quadrant_label", "the quadrant in words"),
    text("model", "name and version of the model"),
    text("run_id", "names model, playbook and language of the run; the manifest has the same"),
    text("org_hq", "head office, as given"),
    text("branch", "branch, as given"),
    text("sub_branch", "sub-branch, as given"),
    text("manager_id", "manager of the customer, as given"),
    text("stage", "stage of the customer's life"),
    text("segment", "code of the rule of highest priority that holds"),
    text("segment_label", "that segment in words"),
    text("segments", "codes of all rules that hold, by priority, with | between them"),
    text("causes", "codes of likely causes, as evidence in the data"),
    text("sleeper_group", "which of the four groups of sleepers"),
    text("payroll_class", "payroll source, assets and stage, e.g. PENSION_HIGH_MATURE"),
    text("turning_point", "what turned against the customer's own past, and where to"),
    number("aum", "assets now, as given"),
    number("passivity", "0 to 1: how much the customer waits for the bank"),
    number("criticality", "0 to 1: how near a turn"),
    number("satisfaction", "0 to 1: what the customer said"),
    number("share_of_wallet", "0 to 1: the share of the customer's money that is here, estimated"),
    number("discount_dependence", "0 to 1: how much hangs on promotions"),
    number("loyalty", "0 to 1; satisfaction is no part of it"),
    number("headroom", "what the customer could bring, in money"),
    date("next_money_date", "when the next deposit matures"),
    text("rule", "code of the rule that acts"),
    text("action", "what to do"),
    text("action_label", "the action in words"),
    text("product", "the product that suits the customer's risk level"),
    text("product_label", "the product in words"),
    text("offer", "what is offered besides, or NO_DISCOUNT"),
    number("offer_cost", "what the offer costs where it is taken"),
    text("channel_1", "how to reach the customer"),
    text("channel_2", "how, if that fails"),
    date("contact_by", "the last day for the contact"),
    number("cadence_days", "days between regular contacts"),
    text("script_id", "the script of the talk"),
    text("replay", "the behaviour that earned points before the silence"),
    number("expected_gain", "value that the contact is expected to keep, less its cost"),
    number("priority_rank", "rank within the plan; empty before `reveille campaign plan`"),
    word("arm", &["treat", "holdout"], "treat, or holdout: left alone to measure the effect"),
    number("suppress_flag", "1 where the customer must not be contacted, else 0"),
    text("suppress_reason", "why the customer must not be contacted"),
    word("previous_quadrant", QUADRANTS, "the quadrant in the last feed"),
];
