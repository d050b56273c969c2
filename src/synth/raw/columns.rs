//! The columns of the raw bank's files, in the order in which they are written.

use super::super::columns::{Column, column};

/// The columns of `customers.csv`: one row a customer, as it is on the last day.
pub const CUSTOMERS: &[Column] = &[
    column("cust_id", "text", "never", "number of the customer, with leading zeros"),
    column("open_date", "date", "never", "opening of the account"),
    column("close_date", "date", "account open", "closing of the account"),
    column("birth_date", "date", "never", "date of birth"),
    column("gender", "F, M", "1 % of customers", "gender"),
    column("org_hq", "text", "never", "head office"),
    column("branch", "B01..B08", "never", "branch that keeps the account"),
    column("sub_branch", "B01S1..B08S3", "never", "sub-branch"),
    column("manager_id", "text", "40 % of customers", "relationship manager"),
    column(
        "acq_channel",
        "branch, app, payroll, toll_card, referral, campaign",
        "never",
        "how the customer came to the bank",
    ),
    column("acq_product", "deposit, card, payroll, etc, wealth, loan", "never", "first product"),
    column("occupation", "text", "some customers", "occupation"),
    column("risk_level", "C1..C5", "never", "appetite for risk, C5 = high"),
    column("consent_marketing", "0, 1", "never", "agrees to marketing"),
    column("consent_profiling", "0, 1", "never", "agrees to profiling"),
    column("consent_external", "0, 1", "never", "agrees to data from elsewhere"),
    column("dnd_until", "date", "98 % of customers", "not to be disturbed until"),
    column("contact_ok_phone", "0, 1", "never", "may be called"),
    column("contact_ok_sms", "0, 1", "never", "may be sent text messages"),
    column("contact_ok_email", "0, 1", "never", "may be sent e-mail"),
    column("contact_ok_wechat", "0, 1", "never", "may be written to on WeChat"),
    column("contact_ok_app", "0, 1", "never", "may be notified in the app"),
    column(
        "contact_verified_at",
        "date",
        "not verified yet",
        "when the contact details were verified",
    ),
    column("employee_flag", "0, 1", "never", "works for the bank"),
    column(
        "status",
        "open, closed, deceased, judicial",
        "never",
        "state of the account on the last day",
    ),
];

/// The columns of `balances.csv`: one row a customer and month's end, while the account is open.
pub const BALANCES: &[Column] = &[
    column("cust_id", "text", "never", "as in customers.csv"),
    column("as_of", "date", "never", "a month's end"),
    column("demand", "money", "never", "on demand accounts"),
    column("time_deposit", "money", "never", "in term deposits"),
    column("wealth", "money", "never", "in wealth products"),
    column("fund", "money", "never", "in funds"),
    column("insurance", "money", "never", "in insurance"),
    column("metal", "money", "never", "in precious metals"),
    column("loan_bal", "money", "never", "loans outstanding"),
    column("aum_avg", "money", "never", "assets, mean of this and the last month's end"),
    column("aum_eom", "money", "never", "assets at the month's end, without loans"),
    column("next_maturity_date", "date", "no term deposit", "next term deposit falls due"),
    column("next_maturity_amt", "money", "no term deposit", "its amount"),
    column("rate_paid", "% a year", "never", "rate paid on the term deposit, or on demand"),
    column("market_rate", "% a year", "never", "rate that other banks pay for a year"),
    column("currency", "CNY", "never", "currency of all amounts"),
    column("load_ts", "date", "never", "when the row reached the bank's tables"),
];

/// The columns of `transactions.csv`: one row a transaction.
pub const TRANSACTIONS: &[Column] = &[
    column("cust_id", "text", "never", "as in customers.csv"),
    column("event_ts", "time", "never", "when it happened"),
    column(
        "load_ts",
        "date",
        "never",
        "when the row reached the bank's tables: the same day, 3 % of them days to weeks later",
    ),
    column(
        "type",
        "purchase, transfer, deposit, withdrawal, salary, pension, interest, tax, fee, judicial, repayment, wealth_buy, wealth_sell",
        "never",
        "kind",
    ),
    column("channel", "counter, atm, app, web, phone, auto", "never", "where it was made"),
    column("direction", "in, out", "never", "into the demand account, or out of it"),
    column("amount", "money", "never", "above 0"),
    column("currency", "CNY, USD", "never", "currency of the amount"),
    column("initiator", "customer, bank, system", "never", "who began it"),
    column(
        "same_name_other_bank",
        "0, 1",
        "never",
        "the other side is the customer's own account at another bank",
    ),
    column("payer_id", "text", "not pay", "who pays the salary or pension"),
    column("promo", "0, 1", "never", "within a promotion"),
];

/// The columns of `products.csv`: one row a product held.
pub const PRODUCTS: &[Column] = &[
    column("cust_id", "text", "never", "as in customers.csv"),
    column("product_id", "text", "never", "number of the contract"),
    column(
        "family",
        "deposit, wealth, fund, insurance, metal, loan, card, etc",
        "never",
        "family of products",
    ),
    column("risk_level", "R1..R5", "never", "risk of the product"),
    column("open_date", "date", "never", "since"),
    column("close_date", "date", "still held", "until"),
    column("promo_flag", "0, 1", "never", "opened in a promotion"),
    column("promo_end", "date", "not in a promotion", "end of that promotion"),
];

/// The columns of `contacts.csv`: one row a planned contact; those held out were not contacted.
pub const CONTACTS: &[Column] = &[
    column("cust_id", "text", "never", "as in customers.csv"),
    column("contact_id", "text", "never", "number of the contact"),
    column(
        "campaign_id",
        "text",
        "never",
        "newsletter N, retention R, win-back W, with year and month",
    ),
    column("arm", "treat, holdout", "never", "drawn by hash"),
    column("channel", "phone, sms, email, wechat, app, branch", "never", "by which it went"),
    column("sent_ts", "time", "never", "when it was sent, or would have been"),
    column("delivered", "0, 1", "held out", "reached the customer"),
    column("opened", "0, 1", "held out", "was opened"),
    column("read_sec", "seconds", "not opened", "was read for so long"),
    column("clicked", "0, 1", "held out", "a link was followed"),
    column("answered", "0, 1", "not a call", "the call was answered"),
    column("talk_sec", "seconds", "not answered", "length of the call"),
    column("outcome", "none, accepted, refused", "held out", "what came of it"),
    column("offer_id", "text", "no offer", "offer made"),
    column("offer_cost", "money", "no offer", "cost of the offer"),
    column("complaint", "0, 1", "held out", "the customer complained about it"),
    column("unsubscribe", "0, 1", "held out", "the customer wants no more of it"),
];

/// The columns of `benefits.csv`: points and benefits, one row an event.
pub const BENEFITS: &[Column] = &[
    column("cust_id", "text", "never", "as in customers.csv"),
    column("event_ts", "time", "never", "when it happened"),
    column("kind", "earn, redeem, expire, offered, reached, used", "never", "kind"),
    column(
        "behaviour",
        "login, transfer, bill, invite, wealth, game",
        "points not earned",
        "what earned the points",
    ),
    column("points", "points", "never", "points, 0 for a benefit"),
    column("expiry_date", "date", "points not earned", "when points earned expire"),
];

/// The columns of `feedback.csv`: surveys and complaints.
pub const FEEDBACK: &[Column] = &[
    column("cust_id", "text", "never", "as in customers.csv"),
    column("event_ts", "time", "never", "when it was given"),
    column("csat", "1..5", "a complaint", "satisfaction, 5 = very satisfied"),
    column("nps", "0..10", "a complaint", "would recommend the bank, 10 = surely"),
    column(
        "complaint_type",
        "service, product, fee, app",
        "no complaint",
        "what the complaint is about",
    ),
    column("service_wait", "minutes", "a survey", "waited for service"),
    column("social_interactions", "count", "never", "mentions of the bank since the last row"),
];

/// The columns of `payroll.csv`: one row a payment.
pub const PAYROLL: &[Column] = &[
    column("cust_id", "text", "never", "as in customers.csv"),
    column("payer_id", "text", "never", "employer E, pension office P"),
    column("source", "pension, enterprise", "never", "kind of payer"),
    column("month", "date", "never", "pay day"),
    column("amount", "money", "never", "paid"),
    column("n_employees", "count", "pension", "employees of the payer"),
    column("agreement_end", "date", "pension", "end of the agreement between payer and bank"),
];

/// The columns of `truth_customers.csv`, which no model may see: one row a customer and snapshot, while the account is open.
pub const TRUTH_CUSTOMERS: &[Column] = &[
    column("cust_id", "text", "never", "as in customers.csv"),
    column("as_of", "date", "never", "a month's end"),
    column(
        "state",
        "prospect, awake, pause, sleep",
        "never",
        "hidden state on the evening of as_of",
    ),
    column(
        "stage",
        "prospect, introduction, growth, maturity, decline, sleep",
        "never",
        "stage of the customer's life",
    ),
    column(
        "true_leaving_90d",
        "0..1",
        "not awake",
        "probability that in the next 90 days a sleep begins or the account is closed, given all up to as_of",
    ),
    column(
        "true_return_90d",
        "0..1",
        "awake or prospect",
        "probability of a voluntary transaction in the next 90 days, given all that can be seen up to as_of",
    ),
    column(
        "left_90d",
        "0, 1",
        "not awake, or 90 days not over",
        "whether a sleep began or the account was closed",
    ),
    column(
        "returned_90d",
        "0, 1",
        "awake or prospect, or 90 days not over",
        "whether the customer came back",
    ),
    column(
        "cause",
        "name",
        "background",
        "strongest planted driver: of the risk of who is awake, of the break of who is quiet",
    ),
    column("promo_hunter", "0, 1", "never", "lives on promotions"),
    column(
        "pass_through",
        "share 0..1",
        "no pay",
        "planted share of the pay that leaves within 5 days",
    ),
    column("effect_group", "digital, counter, hunter", "never", "group of truth_effects.csv"),
];

/// The columns of `truth_groups.csv`: the planted rhythm of each branch.
pub const TRUTH_GROUPS: &[Column] = &[
    column("level", "branch", "never", "level of the organisation"),
    column("key", "B01..B08", "never", "the group"),
    column("horizon_days", "days", "never", "window of the return"),
    column("return_limit", "0..1", "never", "limit below which a quiet customer is dormant"),
    column(
        "threshold_days",
        "days",
        "never",
        "first quiet day with a probability of return below the limit",
    ),
    column("return_week_before", "0..1", "never", "probability of return, quiet for a week less"),
    column("return_at_threshold", "0..1", "never", "probability of return at the threshold"),
    column("return_week_after", "0..1", "never", "probability of return, quiet for a week more"),
    column("longest_gap_days", "days", "never", "longest gap of an awake customer"),
    column("pause_share", "0..1", "never", "share of pauses among breaks"),
    column("pause_scale_days", "days", "never", "scale of the Weibull length of pauses"),
    column("pause_shape", "number", "never", "its shape"),
    column("waking_per_day", "hazard", "never", "daily hazard of waking of an ordinary sleeper"),
];

/// The columns of `truth_effects.csv`: the planted effects of contacts.
pub const TRUTH_EFFECTS: &[Column] = &[
    column("programme", "retention, winback", "never", "programme of contacts"),
    column("effect_group", "digital, counter, hunter", "never", "group of truth_customers.csv"),
    column("measure", "break_hazard_ratio, extra_return_probability", "never", "what is changed"),
    column(
        "value",
        "number",
        "never",
        "monthly hazard of a break, treated against held out, in the three months from the contact; or probability to return within the month of the contact because of it",
    ),
];

/// The columns of `truth_payers.csv`: the employers.
pub const TRUTH_PAYERS: &[Column] = &[
    column("payer_id", "text", "never", "as in payroll.csv"),
    column(
        "left_month",
        "date",
        "still pays here",
        "first day of the month from which the employer pays through another bank",
    ),
];

/// The columns of `truth_dirt.csv`: dirty rows and cells.
pub const TRUTH_DIRT: &[Column] = &[
    column("kind", "name", "never", "kind of dirt"),
    column("file", "name", "never", "file in which it lies"),
    column("rows", "count", "never", "rows of that kind"),
    column("what", "text", "never", "what is wrong"),
];

/// The columns of `org_thresholds.csv`: the bank's own rules of dormancy, which may be wrong.
pub const ORG_THRESHOLDS: &[Column] = &[
    column("level", "hq, branch, sub_branch", "never", "level of the organisation"),
    column("key", "text", "never", "head office, branch or sub-branch"),
    column("dimension", "customer, product, channel, asset", "never", "what the rule is about"),
    column("value", "text", "dimension customer", "family, channel or name of the band of assets"),
    column("days", "days", "never", "quiet days from which on dormant"),
    column("min_balance", "money", "never", "at most this balance, 0 = any"),
    column(
        "excluded",
        "types, separated by a bar",
        "never",
        "types of transaction that are no activity",
    ),
];
