//! By which ways the customer comes.

use super::{Family, Rows, Spec, Unit, View, share, spec};
use crate::history::{
    codes::Channel,
    records::{NEVER, txn},
    schema::RawTable,
    view::known,
};

pub(super) const FAMILY: Family = Family {
    title: "Channels",
    columns: COLUMNS,
    can: |history| {
        history.has_field(RawTable::Transactions, "channel")
            || history.has_field(RawTable::Transactions, "initiator")
    },
    fill,
};

const COLUMNS: &[Spec] = &[
    spec(
        "counter_share_365d",
        Unit::Share,
        "share of voluntary transactions at the counter in 365 days",
    ),
    spec("digital_share_365d", Unit::Share, "share by app, web or WeChat"),
    spec("app_count_90d", Unit::Count, "voluntary transactions by app in 90 days"),
    spec("app_count_180d", Unit::Count, "the same in 180 days"),
    spec("channel_count_90d", Unit::Count, "different channels in 90 days"),
    spec(
        "main_channel",
        Unit::Text,
        "channel of most voluntary transactions in the 365 days before the last one",
    ),
    spec(
        "initiated_share_90d",
        Unit::Share,
        "transactions begun by the customer ÷ (these + contacts of the bank), in 90 days",
    ),
    spec(
        "trigger_share_365d",
        Unit::Share,
        "share of voluntary transactions within 7 days of a maturity of the customer's own, in 365 days",
    ),
];

fn fill(view: &View<'_>, rows: &mut Rows) {
    let mut by_channel = [0; Channel::ALL.len()];
    let (mut app_90, mut app_180, mut seen_90, mut triggered) = (0, 0, 0_u16, 0);
    let maturities = maturities(view);
    let app = Channel::App.code();
    for t in view.recent(365) {
        by_channel[usize::from(t.channel)] += 1;
        app_90 += i32::from(t.channel == app && t.day > view.limit - 90);
        app_180 += i32::from(t.channel == app && t.day > view.limit - 180);
        if t.day > view.limit - 90 && t.channel != Channel::None.code() {
            seen_90 |= 1 << t.channel;
        }
        triggered += i32::from(maturities.iter().any(|day| (t.day - day).abs() <= 7));
    }
    let all: i32 = by_channel.iter().sum();
    let named = all - by_channel[usize::from(Channel::None.code())];
    let digital: i32 = Channel::ALL
        .iter()
        .filter(|channel| channel.is_digital())
        .map(|channel| by_channel[usize::from(channel.code())])
        .sum();
    rows.number(share(by_channel[usize::from(Channel::Branch.code())], named));
    rows.number(share(digital, named));
    rows.count(Some(app_90));
    rows.count(Some(app_180));
    rows.count(Some(seen_90.count_ones() as i32));
    rows.text(view.main_channel().and_then(Channel::name));
    rows.number(initiated(view));
    rows.number(share(triggered, all).filter(|_| view.history.has(RawTable::Balances)));
}

/// The customer's own maturities that were known within the last year.
fn maturities(view: &View<'_>) -> Vec<i32> {
    let mut days: Vec<i32> = view
        .balances
        .iter()
        .filter(|balance| balance.day > view.limit - 420)
        .map(|balance| balance.maturity_day)
        .filter(|day| *day != NEVER)
        .collect();
    days.sort_unstable();
    days.dedup();
    days
}

fn initiated(view: &View<'_>) -> Option<f64> {
    let after = view.limit - 90;
    let own = view.recent(90).filter(|t| t.bits & txn::BY_CUSTOMER != 0).count() as i32;
    let contacts =
        known(view.person.contacts, view.limit).rev().take_while(|contact| contact.day > after);
    let contacts = contacts.filter(|contact| contact.holdout == 0).count() as i32;
    share(own, own + contacts)
}
