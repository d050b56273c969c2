//! The planted truth: how likely it is that a customer leaves, or wakes, from what the bank sees.
//!
//! Thresholds, U-shapes and interactions on purpose: an additive scorecard cannot follow them all.

use super::{
    month::Observed,
    person::{Channel, Payroll, Person},
};

/// Monthly probability of leaving of a customer of whom nothing is known yet.
pub(super) const NEWCOMER: f64 = 0.025;
/// Monthly probability of leaving again soon after waking.
pub(super) const JUST_WOKE: f64 = 0.04;
/// Monthly probability of waking in the first months of silence.
pub(super) const JUST_LEFT: f64 = 0.03;

/// What was planted as the driver of a customer's risk, or of the chance to return.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cause {
    /// Nothing in particular.
    Background,
    /// Transactions fell against the customer's own past.
    FadingActivity,
    /// Assets are moving away.
    MovingAssets,
    /// A term deposit falls due and nothing else holds the customer.
    Maturity,
    /// A complaint, or poor service at the branch.
    PoorService,
    /// The salary leaves for another bank.
    PassThrough,
    /// One product, little time here.
    ShallowRelation,
    /// For sleepers: fell asleep a short time ago.
    RecentSleep,
    /// For sleepers: still reads what the bank sends, or opens the app.
    StillListening,
    /// For sleepers: money or points left here.
    SomethingLeft,
}

impl Cause {
    /// The name in `truth.csv`.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Background => "background",
            Self::FadingActivity => "fading_activity",
            Self::MovingAssets => "moving_assets",
            Self::Maturity => "maturity",
            Self::PoorService => "poor_service",
            Self::PassThrough => "pass_through",
            Self::ShallowRelation => "shallow_relation",
            Self::RecentSleep => "recent_sleep",
            Self::StillListening => "still_listening",
            Self::SomethingLeft => "something_left",
        }
    }
}

/// Monthly probability that an active customer leaves, and the strongest driver.
pub(super) fn leaving(person: &Person, seen: &Observed) -> (f64, Cause) {
    let drivers = [
        (Cause::FadingActivity, fading(seen)),
        (Cause::MovingAssets, moving(seen)),
        (Cause::Maturity, maturing(person, seen)),
        (Cause::PoorService, poor_service(person, seen)),
        (Cause::PassThrough, passing_through(person, seen)),
        (Cause::ShallowRelation, shallow(person, seen)),
    ];
    combine(-5.75 + background(person, seen), &drivers)
}

/// Monthly probability that a dormant customer wakes, and the strongest driver.
pub(super) fn waking(person: &Person, seen: &Observed) -> (f64, Cause) {
    let quiet = seen.quiet_days.unwrap_or(0);
    let recent = if quiet <= 180 {
        1.3
    } else if quiet <= 400 {
        0.5
    } else {
        -0.3
    };
    let opens = seen.opened_share.unwrap_or(0.0) > 0.3;
    let mut listening = if opens { 0.9 } else { 0.0 };
    if seen.logins > 0 {
        listening += if seen.contacts > 0 { 1.5 } else { 0.5 };
    }
    let money = seen.aum > 5_000.0;
    let mut left = if money { 0.6 } else { 0.0 };
    if seen.points > 800 {
        left += if opens { 1.2 } else { 0.3 };
    }
    if money && seen.days_to_maturity.is_some_and(|days| days <= 60) {
        left += 1.4;
    }
    let income = if person.payroll == Payroll::Enterprise { 0.5 } else { 0.0 };
    let old = if seen.age > 68.0 { -0.7 } else { 0.0 };
    let hurt = if seen.complaints > 0 || person.branch_trouble() > 0.0 { -1.0 } else { 0.0 };
    combine(
        -5.7 + income + old + hurt,
        &[
            (Cause::RecentSleep, recent),
            (Cause::StillListening, listening),
            (Cause::SomethingLeft, left),
        ],
    )
}

/// How strongly the drivers pull, against the background.
const STRENGTH: f64 = 1.3;

fn combine(background: f64, drivers: &[(Cause, f64)]) -> (f64, Cause) {
    let mut logit = background;
    let mut strongest = (Cause::Background, 0.6);
    for &(cause, weight) in drivers {
        logit += STRENGTH * weight;
        if weight > strongest.1 {
            strongest = (cause, weight);
        }
    }
    (1.0 / (1.0 + (-logit).exp()), strongest.0)
}

fn activity_ratio(seen: &Observed) -> f64 {
    f64::from(seen.txn_90d + 2) / f64::from(seen.txn_prior_90d + 2)
}

fn fading(seen: &Observed) -> f64 {
    let ratio = activity_ratio(seen);
    let fall = if ratio < 0.45 {
        2.2
    } else if ratio < 0.7 {
        1.1
    } else {
        0.0
    };
    let silence = if seen.quiet_days.unwrap_or(0) > 30 { 0.8 } else { 0.0 };
    fall + silence
}

fn moving(seen: &Observed) -> f64 {
    let change = seen.aum_change_3m.unwrap_or(0.0);
    let outflow = if change < -0.25 { 1.1 } else { 0.0 };
    let both = if change < -0.2 && activity_ratio(seen) < 0.7 { 1.0 } else { 0.0 };
    outflow + both
}

fn maturing(person: &Person, seen: &Observed) -> f64 {
    let soon = seen.days_to_maturity.is_some_and(|days| days <= 50);
    if !soon || seen.has_loan {
        return 0.0;
    }
    match (person.payroll, seen.has_wealth) {
        (Payroll::None, false) => 2.2,
        (Payroll::None, true) => 0.9,
        (Payroll::Enterprise | Payroll::Pension, _) => 0.3,
    }
}

fn poor_service(person: &Person, seen: &Observed) -> f64 {
    let complaint = match (seen.complaints, seen.tenure) {
        (0, _) => 0.0,
        (1, 60..) => 0.4,
        (1, _) => 1.3,
        _ => 2.3,
    };
    let unhappy = if seen.satisfaction.is_some_and(|answer| answer <= 2) { 0.9 } else { 0.0 };
    complaint + unhappy + 0.6 * person.branch_trouble()
}

fn passing_through(person: &Person, seen: &Observed) -> f64 {
    let share = seen.passthrough.unwrap_or(0.0);
    match (person.payroll, seen.has_wealth) {
        (Payroll::None, _) => 0.0,
        (_, true) if share > 0.7 => 0.2,
        (_, false) if share > 0.7 => 1.5,
        _ => -0.6,
    }
}

fn shallow(person: &Person, seen: &Observed) -> f64 {
    let few = match seen.products {
        0 | 1 => 0.9,
        2 => 0.3,
        3 => 0.0,
        _ => -0.7,
    };
    let new = if seen.tenure < 12 { 0.7 } else { 0.0 };
    let card_only = person.channel == Channel::TollCard && seen.products <= 1;
    few + new + if card_only { 1.0 } else { 0.0 }
}

fn background(person: &Person, seen: &Observed) -> f64 {
    let age = match seen.age {
        age if age < 24.0 => 0.1,
        age if age < 36.0 => 0.6,
        age if age < 62.0 => 0.0,
        _ => -0.6,
    };
    let hunter = seen.logins > 8 && seen.products <= 2 && seen.demand_share.unwrap_or(1.0) < 0.4;
    let faithful = seen.counter_share.unwrap_or(0.0) > 0.6 && seen.tenure > 60;
    let wooed = seen.opened_share.unwrap_or(0.0) > 0.4 && seen.contacts > 0;
    let region = if person.region() == "south" { 0.3 } else { 0.0 };
    let large = -0.12 * ((seen.aum_avg_12m + 100.0).ln() - 9.5).clamp(-3.0, 4.0);
    age + region
        + large
        + if hunter { 0.8 } else { 0.0 }
        + if faithful { -0.7 } else { 0.0 }
        + if wooed { -0.5 } else { 0.0 }
}
