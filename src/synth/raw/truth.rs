//! What was planted: of each customer and snapshot, of each branch, of contacts, employers and dirt.

use std::fmt::Write as _;

use super::{
    SMALL,
    bank::{Bank, Month},
    branch::{BRANCHES, Branch, CLOSE_AT_ONCE, HORIZON, LIMIT, PAUSE_SHAPE},
    customer::Group,
    dirt::Kind,
    life::{Break, Life, Past, State},
    mood::Cause,
    rows::{File, Rows},
    talk,
};

/// Of the customers who begin a sleep and keep the account, the share that takes the assets along.
pub(super) const TAKES: f64 = 0.6;

/// A customer on the evening of a snapshot.
#[derive(Debug)]
pub(super) struct Snapshot {
    as_of: i32,
    state: &'static str,
    stage: &'static str,
    leaving: Option<f64>,
    returning: Option<f64>,
    cause: Cause,
    share: Option<f64>,
}

/// What is true of a customer on the evening of a month's end.
pub(super) fn snapshot(life: &Life<'_>, month: Month) -> Snapshot {
    let (state, leaving, returning, cause) = match &life.state {
        State::Prospect | State::Closed(_) => ("prospect", None, None, Cause::Background),
        State::Awake => ("awake", Some(leaving(life, month)), None, strongest(life)),
        State::Quiet(quiet) => {
            let state = if quiet.sleep { "sleep" } else { "pause" };
            (state, None, Some(returning(life, quiet, month)), quiet.cause)
        }
    };
    let phase = match (state, month.last - life.opened) {
        ("prospect" | "sleep", _) => state,
        _ if life.mood.turning => "decline",
        (_, ..90) => "introduction",
        (_, 90..540) => "growth",
        _ => "maturity",
    };
    let pay = life.who.pay.filter(|_| life.mood.paid);
    let share = pay.map(|pay| (pay.share + life.mood.leak).clamp(0.0, 0.98));
    Snapshot { as_of: month.last, state, stage: phase, leaving, returning, cause, share }
}

/// The probability that a sleep begins, or the account is closed, within the horizon.
///
/// # Formula
/// (1 − p)(1 − Π(1 − hⱼ eⱼ uⱼ)): p the branch's share of pauses among breaks, hⱼ the hazard of the j-th
/// month to come, eⱼ the effect of its campaign, uⱼ the part of the month within the horizon. After a
/// pause no break begins for three months, so the first break decides.
fn leaving(life: &Life<'_>, month: Month) -> f64 {
    let mut stays = 1.0;
    let mut left = HORIZON;
    for (ahead, (hazard, _)) in life.hazards.iter().enumerate() {
        let next = Month::new(month.number + 1 + ahead as i32);
        let used = f64::from(left.clamp(0, next.days())) / f64::from(next.days());
        let effect = life.talk.effect_to_come(&life.who, month.number, next.number);
        stays *= 1.0 - (hazard * effect).min(0.9) * used;
        left -= next.days();
    }
    (1.0 - life.who.branch.pause_share) * (1.0 - stays)
}

fn strongest(life: &Life<'_>) -> Cause {
    let near = &life.hazards[..3];
    near.iter()
        .fold((0.0, Cause::Background), |best, one| if one.0 > best.0 { *one } else { best })
        .1
}

/// The probability of return within the horizon, given the days of silence, the kind of sleeper and
/// whether the assets were taken along; and whether a win-back contact is to come.
fn returning(life: &Life<'_>, quiet: &Break, month: Month) -> f64 {
    let branch = life.who.branch;
    let days = month.last - quiet.since;
    let beyond = branch.pause_beyond(days);
    let pausing = if quiet.took { 0.0 } else { branch.pause_share * beyond };
    let taken = if quiet.took { TAKES } else { 1.0 - TAKES };
    let share = (1.0 - branch.pause_share) * (1.0 - CLOSE_AT_ONCE) * taken;
    let sleeping = share * branch.sleeps_beyond(quiet.kind, days);
    let wakes = wakes(life, branch, quiet, month);
    if pausing <= 0.0 {
        return wakes;
    }
    let ends = 1.0 - branch.pause_beyond(days + HORIZON) / beyond;
    (pausing * ends + sleeping * wakes) / (pausing + sleeping)
}

/// The probability that a sleeper wakes within the horizon, by itself or by the next campaign.
fn wakes(life: &Life<'_>, branch: &Branch, quiet: &Break, month: Month) -> f64 {
    let alone = branch.wakes_within(quiet.kind, HORIZON);
    let campaign = Month::new(month.number + 3 - month.number.rem_euclid(3));
    let contact = campaign.day(2);
    let treat = talk::arm(&life.who, campaign.number.div_euclid(3)) == Some(true);
    if !treat || contact - quiet.since < talk::WIN_BACK {
        return alone;
    }
    let before = campaign.first - 1 - month.last;
    let after = HORIZON - before;
    let extra = talk::extra_return(life.who.group);
    let in_time = f64::from(month.last + HORIZON - contact) / f64::from(talk::WIN_BACK_DAYS);
    let in_time = in_time.clamp(0.0, 1.0);
    let by_itself = 1.0 - branch.stays(quiet.kind).powi(after);
    let brought = in_time + (1.0 - in_time) * by_itself;
    branch.wakes_within(quiet.kind, before)
        + branch.sleeps_beyond(quiet.kind, before)
            * (extra * brought + (1.0 - extra) * branch.wakes_within(quiet.kind, after))
}

/// Writes a customer's snapshots, with what became of them.
pub(super) fn write(life: &Life<'_>, snapshots: &[Snapshot], rows: &mut Rows) {
    for taken in snapshots {
        let over = taken.as_of + HORIZON <= life.bank.last_day();
        let came = |wanted: Past| {
            let window = taken.as_of + 1..=taken.as_of + HORIZON;
            i64::from(life.past.iter().any(|(day, past)| *past == wanted && window.contains(day)))
        };
        rows.start(File::Truth, &life.who.id)
            .day(taken.as_of)
            .text(taken.state)
            .text(taken.stage)
            .fixed(taken.leaving, 6)
            .fixed(taken.returning, 6)
            .maybe(taken.leaving.filter(|_| over).map(|_| came(Past::Left)))
            .maybe(taken.returning.filter(|_| over).map(|_| came(Past::Returned)))
            .text(taken.cause.text())
            .flag(life.who.hunts())
            .fixed(taken.share, 3)
            .text(life.who.group.text());
    }
}

/// The files that do not grow with the customers, by name.
pub(super) fn small_files(bank: &Bank, dirt: &[u64]) -> Vec<(&'static str, String)> {
    let mut texts = [thresholds(), groups(), effects(), payers(bank), dirty(dirt)].into_iter();
    SMALL
        .iter()
        .map(|(name, columns)| {
            let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
            (*name, names.join(",") + "\n" + &texts.next().unwrap_or_default())
        })
        .collect()
}

/// The bank's own rules: three months at the head office, half a year for wealth products, a year
/// where it is slowest.
fn thresholds() -> String {
    let mut text = String::new();
    for (level, key, dimension, value, days) in [
        ("hq", "HQ1", "customer", "", 90),
        ("hq", "HQ1", "product", "wealth", 180),
        ("branch", "B07", "customer", "", 120),
        ("sub_branch", "B08S2", "customer", "", 365),
    ] {
        let excluded = "interest|tax|fee|judicial";
        let _ = writeln!(text, "{level},{key},{dimension},{value},{days},0,{excluded}");
    }
    text
}

fn groups() -> String {
    let mut text = String::new();
    for branch in &BRANCHES {
        let at = branch.threshold();
        let _ = writeln!(
            text,
            "branch,{},{HORIZON},{LIMIT},{at},{:.4},{:.4},{:.4},{},{},{},{PAUSE_SHAPE},{:.6}",
            branch.key,
            branch.returns(at - 7, HORIZON),
            branch.returns(at, HORIZON),
            branch.returns(at + 7, HORIZON),
            branch.longest_gap,
            branch.pause_share,
            branch.pause_scale,
            branch.waking,
        );
    }
    text
}

fn effects() -> String {
    let mut text = String::new();
    for group in Group::ALL {
        let ratio = talk::hazard_ratio(group);
        let _ = writeln!(text, "retention,{},break_hazard_ratio,{ratio}", group.text());
    }
    for group in Group::ALL {
        let extra = talk::extra_return(group);
        let _ = writeln!(text, "winback,{},extra_return_probability,{extra}", group.text());
    }
    text
}

fn payers(bank: &Bank) -> String {
    let mut text = String::new();
    for (number, left) in bank.payers.iter().enumerate().skip(1) {
        let left = left.map(|month| crate::units::Day(Month::new(month).first).to_string());
        let _ = writeln!(text, "E{number:05},{}", left.unwrap_or_default());
    }
    text
}

fn dirty(counts: &[u64]) -> String {
    let mut text = String::new();
    for (kind, count) in Kind::ALL.iter().zip(counts) {
        let [name, file, what] = kind.described();
        let _ = writeln!(text, "{name},{file},{count},{what}");
    }
    text
}
