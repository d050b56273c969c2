//! By which ways the customer comes.

use super::{Family, Rows, Spec, Unit, View, share, spec};
use crate::history::{codes::Channel, past::Sums, records::NEVER, schema::RawTable, view::known};

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
    let [_, _, recent, half, year] = &view.windows;
    let of = |sums: &Sums, channel: Channel| sums.by_channel[usize::from(channel.code())];
    let named = year.count - of(year, Channel::None);
    let digital = Channel::ALL.into_iter().filter(|channel| channel.is_digital());
    let digital: i32 = digital.map(|channel| of(year, channel)).sum();
    let seen = Channel::ALL.into_iter().filter(|channel| *channel != Channel::None);
    let seen = seen.filter(|channel| of(recent, *channel) > 0).count();
    rows.number(share(of(year, Channel::Branch), named));
    rows.number(share(digital, named));
    rows.count(Some(of(recent, Channel::App)));
    rows.count(Some(of(half, Channel::App)));
    rows.count(Some(seen as i32));
    rows.text(view.main_channel().and_then(Channel::name));
    rows.number(initiated(view, recent.by_customer));
    let near = share(near_maturities(view), year.count);
    rows.number(near.filter(|_| view.history.has(RawTable::Balances)));
}

/// Voluntary transactions of the last year within 7 days of a maturity.
fn near_maturities(view: &View<'_>) -> i32 {
    let maturities = maturities(view);
    if maturities.is_empty() {
        return 0;
    }
    let near = view.recent(365).filter(|t| maturities.iter().any(|day| (t.day - day).abs() <= 7));
    near.count() as i32
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

fn initiated(view: &View<'_>, own: i32) -> Option<f64> {
    let after = view.limit - 90;
    let contacts =
        known(view.person.contacts, view.limit).rev().take_while(|contact| contact.day > after);
    let contacts = contacts.filter(|contact| contact.holdout == 0).count() as i32;
    share(own, own + contacts)
}
