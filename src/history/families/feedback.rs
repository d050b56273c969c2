//! What the customer says.

use super::{Family, Rows, Spec, Unit, View, spec};
use crate::history::{records::Feedback, schema::RawTable, view::known};

pub(super) const FAMILY: Family = Family {
    title: "Feedback",
    columns: COLUMNS,
    can: |history| history.has(RawTable::Feedback),
    fill,
};

const COLUMNS: &[Spec] = &[
    spec("csat_last", Unit::Points, "last satisfaction score"),
    spec("nps_last", Unit::Points, "last likelihood to recommend, 0 to 10"),
    spec("complaints_90d", Unit::Count, "complaints in 90 days"),
    spec("complaints_365d", Unit::Count, "complaints in 365 days"),
    spec("days_since_complaint", Unit::Days, "days since the last complaint"),
    spec("complaint_type_last", Unit::Text, "type of the last complaint"),
    spec("service_wait_last", Unit::Minutes, "last waiting time"),
    spec("social_count_365d", Unit::Count, "mentions, shares and comments in 365 days"),
];

fn fill(view: &View<'_>, rows: &mut Rows) {
    let all: Vec<&Feedback> = known(view.person.feedback, view.limit).collect();
    let last = |value: fn(&Feedback) -> f64| {
        all.iter().rev().map(|f| value(f)).find(|value| !value.is_nan())
    };
    let complaints = || all.iter().filter(|f| f.complaint != 0);
    rows.number(last(|f| f.csat));
    rows.number(last(|f| f.nps));
    for days in [90, 365] {
        rows.count(Some(complaints().filter(|f| f.day > view.limit - days).count() as i32));
    }
    let word = |f: &Feedback| view.history.words.get(f.complaint);
    let latest = complaints().max_by_key(|f| (f.day, word(f)));
    rows.count(latest.map(|f| view.since(f.day)));
    rows.text(latest.and_then(|f| word(f)));
    rows.number(last(|f| f.wait));
    let social = all.iter().filter(|f| f.day > view.limit - 365 && !f.social.is_nan());
    rows.count(Some(social.map(|f| f.social.clamp(0.0, 1e6) as i32).sum()));
}
