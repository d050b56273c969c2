//! What passes between bank and customer: campaigns, points, surveys, complaints.

use super::super::{calendar, draw::Stream};
use super::{
    bank::Month,
    branch::KINDS,
    customer::{BEHAVIOURS, Customer, Group},
    days::Window,
    life::{Life, NEVER, State},
    rows::{File, Row, Rows},
};
use crate::units::Day;

/// What the bank and the customer have said so far.
#[derive(Debug, Default)]
pub(super) struct Talk {
    /// The quarter of the last retention contact, and its effect on the hazard of a break.
    treated: Option<(i32, f64)>,
    unsubscribed: bool,
    /// Points that expire at this year's end, and at the next.
    points: [i64; 2],
}

/// Share of each campaign that is contacted; the others are held out.
const TREATED: f64 = 0.7;
/// Quiet days from which on the bank tries to win a sleeper back.
pub(super) const WIN_BACK: i32 = 270;
/// Days after the contact within which it brings a sleeper back.
pub(super) const WIN_BACK_DAYS: i32 = 26;

/// How often the sleepers of each kind open what they are sent.
const OPENS_ASLEEP: [f64; 3] = [0.03, 0.15, 0.45];

/// The planted factor on the hazard of a break, in the quarter of the contact.
pub(super) fn hazard_ratio(group: Group) -> f64 {
    match group {
        Group::Digital => 0.55,
        Group::Counter => 0.85,
        Group::Hunter => 1.3,
    }
}

/// The planted probability that a win-back contact brings a sleeper back within its month.
pub(super) fn extra_return(group: Group) -> f64 {
    match group {
        Group::Digital => 0.14,
        Group::Counter => 0.05,
        Group::Hunter => 0.09,
    }
}

/// Whether the customer is contacted in a quarter's campaign; `None` outside the programme.
pub(super) fn arm(who: &Customer, quarter: i32) -> Option<bool> {
    let included = who.programme && who.consent[0];
    included.then(|| Stream::new(who.key ^ 0xA2, quarter as u64).happens(TREATED))
}

impl Talk {
    /// The factor on the hazard of a break in a month.
    pub(super) fn effect(&self, month: i32) -> f64 {
        let quarter = month.div_euclid(3);
        self.treated.filter(|(when, _)| *when == quarter).map_or(1.0, |(_, effect)| effect)
    }

    /// The factor that the month will have for one who is awake until then.
    pub(super) fn effect_to_come(&self, who: &Customer, now: i32, month: i32) -> f64 {
        let quarter = month.div_euclid(3);
        if quarter == now.div_euclid(3) {
            return self.effect(month);
        }
        if arm(who, quarter) == Some(true) { hazard_ratio(who.group) } else { 1.0 }
    }

    /// Some transactions earn points.
    pub(super) fn earn(
        &mut self,
        who: &Customer,
        (day, second): (i32, u32),
        kind: &str,
        stream: &mut Stream,
        rows: &mut Rows,
    ) {
        if !stream.happens(0.3) {
            return;
        }
        let behaviour = match kind {
            "wealth_buy" => "wealth",
            "transfer" if stream.happens(0.3) => "transfer",
            _ if stream.happens(0.75) => BEHAVIOURS[who.habit],
            _ => BEHAVIOURS[stream.choice(&[1.0; 6])],
        };
        let points = 10 + (stream.uniform() * 90.0) as i64;
        self.points[1] += points;
        let (year, _, _) = Day(day).ymd();
        let expires = calendar::month_end((year + 1) * 12 + 11).0;
        rows.start(File::Benefits, &who.id)
            .time(day, second + 30)
            .text("earn")
            .text(behaviour)
            .number(points)
            .day(expires);
    }

    fn benefit(who: &Customer, at: (i32, u32), kind: &str, points: i64, rows: &mut Rows) {
        rows.start(File::Benefits, &who.id)
            .time(at.0, at.1)
            .text(kind)
            .text("")
            .number(points)
            .text("");
    }

    /// Redeems a share of the points.
    fn redeem(&mut self, who: &Customer, at: (i32, u32), share: f64, rows: &mut Rows) {
        let held: i64 = self.points.iter().sum();
        let points = (held as f64 * share) as i64;
        if points < 1 {
            return;
        }
        let old = points.min(self.points[0]);
        self.points[0] -= old;
        self.points[1] -= points - old;
        Self::benefit(who, at, "redeem", points, rows);
    }
}

/// The quarter's campaign: retention for who is awake, win-back for who has been quiet for long.
pub(super) fn programme(life: &mut Life<'_>, month: Month, rows: &mut Rows) {
    if month.number.rem_euclid(3) != 0 || life.opened >= month.first {
        return;
    }
    let Some(treat) = arm(&life.who, month.number.div_euclid(3)) else { return };
    let day = month.day(2);
    let mut stream = Stream::new(life.who.key ^ 0xC0, month.number as u64);
    let group = life.who.group;
    match &mut life.state {
        State::Awake => {
            let effect = if treat { hazard_ratio(group) } else { 1.0 };
            life.talk.treated = Some((month.number.div_euclid(3), effect));
            contact(life, 'R', month, day, treat, &mut stream, rows);
        }
        State::Quiet(quiet) if day - quiet.since >= WIN_BACK => {
            if treat && stream.happens(extra_return(group)) {
                let after = 1 + (stream.uniform() * f64::from(WIN_BACK_DAYS)) as i32;
                quiet.until = quiet.until.min(day + after);
                quiet.closes = NEVER;
            }
            contact(life, 'W', month, day, treat, &mut stream, rows);
        }
        _ => {}
    }
}

/// All else that is said in a month.
pub(super) fn month(
    life: &mut Life<'_>,
    month: Month,
    windows: &[Window],
    stream: &mut Stream,
    rows: &mut Rows,
) {
    let wanted = life.who.consent[0] && !life.talk.unsubscribed;
    if wanted && life.opened < month.first && stream.happens(0.5) {
        let treat = Stream::new(life.who.key ^ 0xA1, month.number as u64).happens(0.9);
        contact(life, 'N', month, month.day(8), treat, stream, rows);
    }
    points(life, month, windows, stream, rows);
    if let Some(window) = windows.first() {
        let span = window.to - window.from + 1;
        let day = window.from + (stream.uniform() * f64::from(span)) as i32;
        feedback(life, month, day, stream, rows);
    }
}

const CHANNELS: [&str; 6] = ["phone", "sms", "email", "wechat", "app", "branch"];

/// A planned contact and what came of it.
fn contact(
    life: &mut Life<'_>,
    campaign: char,
    month: Month,
    day: i32,
    treat: bool,
    stream: &mut Stream,
    rows: &mut Rows,
) {
    let who = &life.who;
    let weights = match campaign {
        'N' => [0.0, 0.3, 0.25, 0.2, 0.25, 0.0],
        _ if who.digital > 0.5 => [0.2, 0.1, 0.0, 0.3, 0.4, 0.0],
        _ => [0.6, 0.2, 0.0, 0.05, 0.0, 0.15],
    };
    let channel = stream.choice(&weights);
    let (year, _, _) = Day(month.first).ymd();
    let period = year as u64 * 100 + month.of_year() as u64;
    let prefix = match campaign {
        'N' => "N",
        'R' => "R",
        _ => "W",
    };
    let row = rows
        .start(File::Contacts, &who.id)
        .numbered(prefix, life.number, 9)
        .joined_number(period, 6)
        .numbered(prefix, period, 6)
        .text(if treat { "treat" } else { "holdout" })
        .text(CHANNELS[channel])
        .time(day, 9 * 3600 + (stream.uniform() * 30_000.0) as u32);
    if !treat {
        row.text(",,,,,,,,,,");
        return;
    }
    let openness = match life.state {
        State::Quiet(quiet) => OPENS_ASLEEP[quiet.kind.min(KINDS.len() - 1)],
        _ => who.openness * life.mood.energy.min(1.0),
    };
    let reachable = who.reachable.get(channel).copied().unwrap_or(true);
    if reply(row, channel, reachable, openness, campaign, stream) {
        life.talk.unsubscribed = true;
    }
}

/// Writes what came of a contact, and tells whether the customer wants no more.
fn reply(
    row: Row<'_>,
    channel: usize,
    reachable: bool,
    openness: f64,
    campaign: char,
    stream: &mut Stream,
) -> bool {
    let call = channel == 0;
    let delivered = stream.happens(if reachable { 0.97 } else { 0.1 });
    let noticed =
        delivered && stream.happens(if call { (2.0 * openness).min(0.8) } else { openness });
    let clicked = noticed && !call && stream.happens(0.25);
    let seconds = noticed.then(|| 2 + (-25.0 * (1.0 - stream.uniform()).ln()) as i64);
    let outcome = match noticed {
        true if stream.happens(0.12) => "accepted",
        true if stream.happens(0.15) => "refused",
        _ => "none",
    };
    let offer = campaign != 'N';
    let complaint = noticed && stream.happens(0.004);
    let unsubscribe = noticed && campaign == 'N' && stream.happens(0.006);
    let row = row
        .flag(delivered)
        .flag(noticed)
        .maybe(seconds.filter(|_| !call))
        .flag(clicked)
        .text(if call { if noticed { "1" } else { "0" } } else { "" })
        .maybe(seconds.filter(|_| call).map(|s| 4 * s))
        .text(outcome)
        .text(if offer { if campaign == 'R' { "GIFT20" } else { "BACK50" } } else { "" });
    let row = row.maybe_money(offer.then_some(if campaign == 'R' { 2000 } else { 5000 }));
    row.flag(complaint).flag(unsubscribe);
    unsubscribe
}

/// Points redeemed, left and expired, and the benefits of the month.
fn points(
    life: &mut Life<'_>,
    month: Month,
    windows: &[Window],
    stream: &mut Stream,
    rows: &mut Rows,
) {
    let who = &life.who;
    for window in windows {
        if let Some(ended) = window.ends {
            // The deaf spend their points before they go; the others leave them.
            if ended.kind == 0 {
                life.talk.redeem(who, (window.to, 79_500), 1.0, rows);
            }
            continue;
        }
        let day = window.from + (stream.uniform() * f64::from(window.to - window.from + 1)) as i32;
        if stream.happens(if who.hunts() { 0.5 } else { 0.08 }) {
            life.talk.redeem(who, (day, 70_000), 0.4 + 0.6 * stream.uniform(), rows);
        }
        if stream.happens(0.08) {
            Talk::benefit(who, (day, 30_000), "offered", 0, rows);
            if stream.happens(0.6) {
                Talk::benefit(who, (day, 40_000), "reached", 0, rows);
                if stream.happens(0.4) {
                    Talk::benefit(who, (day, 60_000), "used", 0, rows);
                }
            }
        }
    }
    if month.of_year() == 12 {
        let lost = life.talk.points[0];
        if lost > 0 {
            Talk::benefit(who, (month.last, 86_000), "expire", lost, rows);
        }
        life.talk.points = [life.talk.points[1], 0];
    }
}

/// A complaint now and then, and the answer to the quarter's survey.
fn feedback(life: &mut Life<'_>, month: Month, day: i32, stream: &mut Stream, rows: &mut Rows) {
    let who = &life.who;
    let trouble = who.branch.trouble;
    let upset = if life.mood.turning { 1.6 } else { 1.0 };
    if stream.happens(0.009 * upset * (1.0 + 1.5 * trouble)) {
        life.mood.complained = 0;
        let kinds = ["service", "product", "fee", "app"];
        let weights = [0.4 + 0.4 * trouble, 0.25, 0.2, 0.15];
        let wait = 10.0 + 25.0 * trouble + 20.0 * stream.uniform();
        rows.start(File::Feedback, &who.id)
            .time(day, 52_000)
            .text("")
            .text("")
            .text(kinds[stream.choice(&weights)])
            .number(wait as i64)
            .number(i64::from(stream.count(0.3)));
    }
    if who.answers && month.number.rem_euclid(3) == 1 && stream.happens(0.8) {
        let hurt = if life.mood.complained <= 6 { 1.4 } else { 0.0 };
        let away = if life.mood.turning { 0.6 } else { 0.0 };
        let mood = who.mood - hurt - away - 0.5 * trouble + 0.3 * stream.noise();
        rows.start(File::Feedback, &who.id)
            .time(day, 64_000)
            .number(mood.round().clamp(1.0, 5.0) as i64)
            .number((2.4 * mood - 2.0 + stream.noise()).round().clamp(0.0, 10.0) as i64)
            .text("")
            .text("")
            .number(i64::from(stream.count(0.5)));
    }
}
