//! Points and benefits: what is left, what earned them, and whether they arrive.

use std::collections::BTreeMap;

use super::{Family, Rows, Spec, Unit, View, spec};
use crate::history::{
    codes::Channel,
    records::{Benefit, NEVER, benefit},
    schema::RawTable,
    view::known,
};

pub(super) const FAMILY: Family = Family {
    title: "Benefits",
    columns: COLUMNS,
    can: |history| history.has(RawTable::Benefits),
    fill,
};

const COLUMNS: &[Spec] = &[
    spec("points_balance", Unit::Points, "points earned − redeemed − expired, not below 0"),
    spec("points_earned_365d", Unit::Points, "points earned in 365 days"),
    spec("points_redeemed_365d", Unit::Points, "points redeemed in 365 days"),
    spec(
        "points_expiring_90d",
        Unit::Points,
        "points earned that expire in the coming 90 days, at most the balance",
    ),
    spec(
        "replay_behaviour",
        Unit::Text,
        "behaviour that earned most points in the 365 days before the last voluntary transaction",
    ),
    spec("replay_channel", Unit::Text, "channel of most voluntary transactions in those days"),
    spec("benefit_offered_365d", Unit::Count, "benefits offered in 365 days"),
    spec("benefit_reached_365d", Unit::Count, "benefits that reached the customer"),
    spec("benefit_used_365d", Unit::Count, "benefits used"),
];

fn fill(view: &View<'_>, rows: &mut Rows) {
    let all: Vec<&Benefit> = known(view.person.benefits, view.limit).collect();
    let points = |kind: u8, after: i32| {
        let of_kind = all.iter().filter(move |b| b.kind == kind && b.day > after);
        of_kind.map(|b| if b.points.is_nan() { 0.0 } else { b.points.abs() }).sum::<f64>()
    };
    let ever = i32::MIN;
    let spent = points(benefit::REDEEM, ever) + points(benefit::EXPIRE, ever);
    let balance = (points(benefit::EARN, ever) - spent).max(0.0);
    let year = view.limit - 365;
    rows.number(Some(balance));
    rows.number(Some(points(benefit::EARN, year)));
    rows.number(Some(points(benefit::REDEEM, year)));
    let soon = |b: &&&Benefit| {
        b.kind == benefit::EARN
            && b.expiry != NEVER
            && b.expiry > view.limit
            && b.expiry <= view.limit.saturating_add(90)
            && !b.points.is_nan()
    };
    let expiring: f64 = all.iter().filter(soon).map(|b| b.points.abs()).sum();
    rows.number(Some(expiring.min(balance)));
    rows.text(replay(view, &all));
    rows.text(view.main_channel().and_then(Channel::name));
    for kind in [benefit::OFFERED, benefit::REACHED, benefit::USED] {
        rows.count(Some(all.iter().filter(|b| b.kind == kind && b.day > year).count() as i32));
    }
}

/// The behaviour that earned most before the customer fell silent; of equals the first by name.
fn replay<'a>(view: &View<'a>, all: &[&Benefit]) -> Option<&'a str> {
    let last = view.last?;
    let mut earned: BTreeMap<&str, f64> = BTreeMap::new();
    for b in all.iter().filter(|b| b.kind == benefit::EARN && b.day <= last && b.day > last - 365) {
        let Some(name) = view.history.words.get(b.behaviour) else { continue };
        *earned.entry(name).or_default() += if b.points.is_nan() { 0.0 } else { b.points };
    }
    earned.into_iter().rev().max_by(|a, b| a.1.total_cmp(&b.1)).map(|(name, _)| name)
}
