//! How the customer takes the bank's contacts.

use super::{Family, Rows, Spec, Unit, View, smoothed, spec};
use crate::history::{codes::Channel, records::Contact, schema::RawTable, view::known};

pub(super) const FAMILY: Family = Family {
    title: "Contacts",
    columns: COLUMNS,
    can: |history| history.has(RawTable::Contacts),
    fill,
};

const COLUMNS: &[Spec] = &[
    spec("contact_count_30d", Unit::Count, "contacts of the bank in 30 days, hold-outs aside"),
    spec("contact_count_90d", Unit::Count, "the same in 90 days"),
    spec("days_since_contact", Unit::Days, "days since the last contact"),
    spec(
        "open_rate_sms",
        Unit::Share,
        "text messages opened ÷ delivered in 365 days, drawn towards .2 by 4 messages; missing without any",
    ),
    spec("open_rate_email", Unit::Share, "the same of e-mails"),
    spec("open_rate_wechat", Unit::Share, "the same of WeChat messages"),
    spec("open_rate_app", Unit::Share, "the same of app messages"),
    spec("click_rate_email", Unit::Share, "e-mails clicked ÷ delivered, drawn towards .05 by 4"),
    spec(
        "answer_rate_phone",
        Unit::Share,
        "calls answered ÷ calls in 365 days, drawn towards .3 by 4",
    ),
    spec("best_channel", Unit::Text, "channel with the highest of these rates"),
    spec("refusals_90d", Unit::Count, "offers refused in 90 days"),
    spec("unsubscribed", Unit::Flag, "has ever unsubscribed"),
    spec("undelivered_streak", Unit::Count, "last contacts in a row that were not delivered"),
    spec("opened_last_3", Unit::Count, "how many of the last 3 delivered messages were opened"),
    spec("holdout_last", Unit::Flag, "was held out of the last campaign"),
];

/// A channel, what counts as a response, and what is usual.
type Asked = (Channel, fn(&Contact) -> u8, f64);

const ASKED: [Asked; 6] = [
    (Channel::Sms, |c| c.opened, 0.2),
    (Channel::Email, |c| c.opened, 0.2),
    (Channel::Wechat, |c| c.opened, 0.2),
    (Channel::App, |c| c.opened, 0.2),
    (Channel::Email, |c| c.clicked, 0.05),
    (Channel::Phone, |c| c.answered, 0.3),
];

fn fill(view: &View<'_>, rows: &mut Rows) {
    let all: Vec<&Contact> = known(view.person.contacts, view.limit).collect();
    let sent: Vec<&Contact> = all.iter().copied().filter(|c| c.holdout == 0).collect();
    let within = |days: i32| sent.iter().filter(move |c| c.day > view.limit - days);
    rows.count(Some(within(30).count() as i32));
    rows.count(Some(within(90).count() as i32));
    rows.count(sent.last().map(|c| view.since(c.day)));
    let year: Vec<&Contact> = within(365).copied().collect();
    let mut rates = Vec::new();
    for (channel, response, usual) in ASKED {
        let of_channel = || year.iter().filter(|c| c.channel == channel.code() && c.delivered != 0);
        let asked = of_channel().filter(|c| response(c) != 2).count() as i32;
        let hits = of_channel().filter(|c| response(c) == 1).count() as i32;
        let rate = (asked > 0).then(|| smoothed(hits, asked, usual));
        rows.number(rate);
        rates.push((channel, rate));
    }
    rows.text(best(&rates));
    rows.count(Some(within(90).map(|c| i32::from(c.refused)).sum()));
    rows.flag(Some(all.iter().any(|c| c.unsubscribed == 1)));
    rows.count(Some(sent.iter().rev().take_while(|c| c.delivered == 0).count() as i32));
    let messages = sent.iter().rev().filter(|c| c.delivered == 1 && c.opened != 2).take(3);
    rows.count(Some(messages.map(|c| i32::from(c.opened)).sum()));
    rows.flag(all.last().map(|c| c.holdout == 1));
}

/// The channel with the highest rate; of equals the first. Clicks are not compared with openings.
fn best(rates: &[(Channel, Option<f64>)]) -> Option<&'static str> {
    let mut best: Option<(Channel, f64)> = None;
    for (at, (channel, rate)) in rates.iter().enumerate() {
        let Some(rate) = rate.filter(|_| at != 4) else { continue };
        if best.is_none_or(|(_, most)| rate > most) {
            best = Some((*channel, rate));
        }
    }
    best.and_then(|(channel, _)| channel.name())
}
