//! What became of the customer in the window after the as-of date.

use super::{
    families::{Family, Spec, Unit},
    load::History,
    params::ChurnSign,
    records::{NEVER, txn},
    schema::RawTable,
    table::Rows,
    view::{View, all_balances},
};

pub(super) const FAMILY: Family =
    Family { title: "Outcomes", columns: COLUMNS, can: |_| true, fill };

/// Their names end in the length of their window: with `history.outcome.days = 60` they are
/// `churned_60d` and so on.
const COLUMNS: &[Spec] = &[
    Spec {
        name: CHURNED,
        unit: Unit::Flag,
        about: "of an active customer: shows a sign of `history.outcome.churn` in the window; missing where the window is not over",
    },
    Spec {
        name: REACTIVATED,
        unit: Unit::Flag,
        about: "of a dormant customer: a voluntary transaction in the window, or the share `aum_regained` of the AUM peak again",
    },
    Spec {
        name: SUSTAINED,
        unit: Unit::Flag,
        about: "the same, and not dormant `sustained_days` after the as-of date",
    },
];

const CHURNED: &str = "churned_90d";
const REACTIVATED: &str = "reactivated_90d";
const SUSTAINED: &str = "reactivated_sustained_180d";

impl History {
    /// The name of a column: those of outcomes end in the length of their window.
    pub(super) fn column_name(&self, spec: &Spec) -> String {
        let outcome = &self.params.outcome;
        match spec.name {
            CHURNED => format!("churned_{}d", outcome.days),
            REACTIVATED => format!("reactivated_{}d", outcome.days),
            SUSTAINED => format!("reactivated_sustained_{}d", outcome.sustained_days),
            name => name.to_owned(),
        }
    }
}

/// What became of a customer; none where it does not apply or is not known yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Outcome {
    pub churned: Option<bool>,
    pub reactivated: Option<bool>,
    pub sustained: Option<bool>,
}

fn fill(view: &View<'_>, rows: &mut Rows) {
    let outcome = view.outcome();
    rows.flag(outcome.churned);
    rows.flag(outcome.reactivated);
    rows.flag(outcome.sustained);
}

/// Days after the as-of date, both ends included.
#[derive(Debug, Clone, Copy)]
struct Window {
    start: i32,
    end: i32,
}

impl Window {
    fn holds(self, day: i32) -> bool {
        (self.start..=self.end).contains(&day)
    }
}

pub(super) fn outcome(view: &View<'_>) -> Outcome {
    let params = &view.history.params.outcome;
    let maturity = view.history.maturity(view.as_of);
    let start = view.limit + params.gap_days + 1;
    let window = Window { start, end: start + params.days - 1 };
    if !maturity.mature || view.last.is_none() {
        return Outcome::default();
    }
    if !view.standing.dormant {
        let churned = params.churn.iter().any(|sign| shows(view, *sign, window));
        return Outcome { churned: Some(churned), ..Outcome::default() };
    }
    let back = active_days(view, window).next().is_some() || regained(view, window);
    let later = start + params.sustained_days - 1;
    let sustained = maturity.sustained.then(|| back && !is_quiet(view, later));
    Outcome { reactivated: Some(back), sustained, ..Outcome::default() }
}

/// The days with voluntary activity in a window, whenever they became known, latest first.
fn active_days<'a>(view: &'a View<'_>, window: Window) -> Box<dyn Iterator<Item = i32> + 'a> {
    if view.history.has(RawTable::Transactions) {
        let txns = view.person.txns;
        let end = txns.partition_point(|t| t.day <= window.end);
        let days = txns[..end].iter().rev().take_while(move |t| t.day >= window.start);
        return Box::new(days.filter(|t| t.bits & txn::VOLUNTARY != 0).map(|t| t.day));
    }
    let balances = all_balances(view.history, view.person.balances, i32::MAX);
    let moved = balances.windows(2).filter(|pair| super::view::moved(pair[0].aum, pair[1].aum));
    let mut days: Vec<i32> = moved.map(|pair| pair[1].day).filter(|d| window.holds(*d)).collect();
    days.reverse();
    Box::new(days.into_iter())
}

/// Whether the customer has been quiet for longer than the threshold on a day.
fn is_quiet(view: &View<'_>, day: i32) -> bool {
    let ever = Window { start: i32::MIN, end: day };
    active_days(view, ever).next().is_none_or(|last| day - last > view.standing.threshold)
}

fn shows(view: &View<'_>, sign: ChurnSign, window: Window) -> bool {
    match sign {
        ChurnSign::Closed => {
            let close = view.customer().close;
            close != NEVER && window.holds(close)
        }
        ChurnSign::Dormant => is_quiet(view, window.end),
        ChurnSign::Silent => active_days(view, window).next().is_none(),
        ChurnSign::AumDrop => {
            let drop = view.history.params.outcome.aum_drop;
            match (view.aum(), aum_at(view, window)) {
                // A loss of exactly the share counts, whatever the last bit says.
                (Some(before), Some(after)) => before > 0.0 && 1.0 - after / before >= drop - 1e-9,
                _ => false,
            }
        }
        ChurnSign::PayrollStopped => {
            let paid = view.pays.last().is_some_and(|pay| pay.day > view.limit - 62);
            paid && !view.person.pays.iter().any(|pay| window.holds(pay.day))
        }
    }
}

/// The last balance within a window.
fn aum_at(view: &View<'_>, window: Window) -> Option<f64> {
    let balances = all_balances(view.history, view.person.balances, i32::MAX);
    let last = balances.iter().rev().find(|balance| balance.day <= window.end)?;
    Some(last.aum).filter(|aum| window.holds(last.day) && !aum.is_nan())
}

/// Whether assets came back without a transaction that tells.
fn regained(view: &View<'_>, window: Window) -> bool {
    let share = view.history.params.outcome.aum_regained;
    let peak = view
        .balances
        .iter()
        .filter(|balance| balance.day > view.limit - 731 && !balance.aum.is_nan())
        .map(|balance| balance.aum)
        .max_by(f64::total_cmp);
    match (peak, view.aum(), aum_at(view, window)) {
        (Some(peak), Some(now), Some(then)) if peak > 0.0 => {
            now < share * peak && then >= share * peak
        }
        _ => false,
    }
}
