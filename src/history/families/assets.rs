//! What the customer has with the bank, and how it moves.

use super::{Family, Rows, Spec, Unit, View, change, spec};
use crate::history::{
    records::{Balance, NEVER, txn},
    schema::RawTable,
};

pub(super) const FAMILY: Family = Family {
    title: "Assets",
    columns: COLUMNS,
    can: |history| history.has(RawTable::Balances),
    fill,
};

const COLUMNS: &[Spec] = &[
    spec(
        "aum",
        Unit::Money,
        "assets at the latest month's end; missing where that is over 62 days ago",
    ),
    spec("aum_avg_3m", Unit::Money, "mean of the balances in 92 days"),
    spec("aum_avg_12m", Unit::Money, "mean of the balances in 366 days"),
    spec("aum_change_1m", Unit::Ratio, "aum ÷ aum a month before − 1"),
    spec("aum_change_3m", Unit::Ratio, "aum ÷ aum 3 months before − 1"),
    spec("aum_change_12m", Unit::Ratio, "aum ÷ aum 12 months before − 1"),
    spec(
        "aum_trend_6m",
        Unit::Ratio,
        "slope a month of a straight line through the balances of 184 days, ÷ their mean",
    ),
    spec(
        "aum_volatility_12m",
        Unit::Ratio,
        "standard deviation ÷ mean of the balances in 366 days; from 4 on",
    ),
    spec(
        "aum_seasonality_12m",
        Unit::Ratio,
        "aum 9 months ago ÷ aum 12 months ago − 1: what the coming quarter brought last year",
    ),
    spec(
        "aum_drop_max_12m",
        Unit::Share,
        "largest fall from one balance to the next in 366 days, as a share of the former",
    ),
    spec("aum_peak_24m", Unit::Money, "largest balance in 731 days"),
    spec("aum_of_peak", Unit::Share, "aum ÷ aum_peak_24m"),
    spec("demand_share", Unit::Share, "demand deposits ÷ aum"),
    spec("loan_balance", Unit::Money, "loans at the latest month's end"),
    spec(
        "large_outflows_90d",
        Unit::Count,
        "outgoing transactions in 90 days of 30 % of aum_avg_12m or more",
    ),
    spec("days_to_maturity", Unit::Days, "days to the next maturity"),
    spec("maturity_amount", Unit::Money, "amount of the next maturity"),
    spec("days_since_maturity", Unit::Days, "days since the last maturity that has passed"),
    spec("matured_not_renewed", Unit::Flag, "a maturity has passed in 90 days and none lies ahead"),
    spec("rate_gap", Unit::Rate, "rate paid − market rate, at the latest month's end"),
    spec(
        "rate_sensitivity_12m",
        Unit::Ratio,
        "slope of the relative change of the balance over the rate gap of the month before, in 366 days; from 6 changes on",
    ),
];

fn fill(view: &View<'_>, rows: &mut Rows) {
    let within = |days: i32| {
        let after = view.limit - days;
        view.balances.iter().filter(move |b| b.day > after && !b.aum.is_nan())
    };
    let aum = view.aum();
    let year: Vec<&Balance> = within(366).collect();
    let year_aum: Vec<f64> = year.iter().map(|b| b.aum).collect();
    let half: Vec<&Balance> = within(184).collect();
    rows.number(aum);
    rows.number(mean(&within(92).map(|b| b.aum).collect::<Vec<_>>()));
    let usual = mean(&year_aum);
    rows.number(usual);
    for months in [1, 3, 12] {
        let before = view.aum_before(months);
        rows.number(aum.zip(before).and_then(|(now, before)| change(before, now)));
    }
    rows.number(trend(&half));
    rows.number(volatility(&year_aum));
    let then = view.aum_before(12).zip(view.aum_before(9));
    rows.number(then.and_then(|(from, to)| change(from, to)));
    rows.number(largest_drop(&year_aum));
    let peak = within(731).map(|b| b.aum).max_by(f64::total_cmp);
    rows.number(peak);
    rows.number(aum.zip(peak).filter(|(_, peak)| *peak > 0.0).map(|(aum, peak)| aum / peak));
    let latest = view.balance();
    let demand = latest.map(|b| b.demand);
    rows.number(demand.zip(aum).filter(|(_, aum)| *aum > 0.0).map(|(demand, aum)| demand / aum));
    rows.number(latest.map(|b| b.loan));
    rows.count(large_outflows(view, usual));
    fill_maturities(view, rows);
    rows.number(latest.map(|b| b.rate_paid - b.market_rate));
    rows.number(sensitivity(&year));
}

fn fill_maturities(view: &View<'_>, rows: &mut Rows) {
    let latest = view.balance();
    let next = latest.filter(|b| b.maturity_day != NEVER && b.maturity_day > view.limit);
    rows.count(next.map(|b| b.maturity_day - view.as_of.0));
    rows.number(next.map(|b| b.maturity_amount));
    let past = view.balances.iter().map(|b| b.maturity_day).filter(|day| *day <= view.limit).max();
    rows.count(past.map(|day| view.since(day)));
    rows.flag(latest.map(|_| past.is_some_and(|day| view.since(day) <= 90) && next.is_none()));
}

impl View<'_> {
    /// The balance so many months ago: that nearest to it, at most half a month off.
    pub(in crate::history) fn aum_before(&self, months: i32) -> Option<f64> {
        let latest = self.balance()?.day;
        let wanted = latest - (f64::from(months) * 30.4375).round() as i32;
        let near = self.balances.iter().min_by_key(|b| ((b.day - wanted).abs(), b.day))?;
        Some(near.aum).filter(|aum| (near.day - wanted).abs() <= 16 && !aum.is_nan())
    }
}

/// The mean, as the first value and the mean distance from it: equal values have exactly their value.
fn mean(values: &[f64]) -> Option<f64> {
    let first = *values.first()?;
    let beyond: f64 = values.iter().map(|value| value - first).sum();
    Some(first + beyond / values.len() as f64)
}

/// Slope a month by least squares, relative to the mean.
fn trend(balances: &[&Balance]) -> Option<f64> {
    if balances.len() < 3 {
        return None;
    }
    let months: Vec<f64> = balances.iter().map(|b| f64::from(b.day) / 30.4375).collect();
    let aum: Vec<f64> = balances.iter().map(|b| b.aum).collect();
    let mean = mean(&aum).filter(|mean| *mean > 0.0)?;
    slope(&months, &aum).map(|slope| slope / mean)
}

/// The slope of the line of least squares.
fn slope(x: &[f64], y: &[f64]) -> Option<f64> {
    let (mean_x, mean_y) = (mean(x)?, mean(y)?);
    let spread: f64 = x.iter().map(|x| (x - mean_x).powi(2)).sum();
    let shared: f64 = x.iter().zip(y).map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    (spread > 1e-12).then(|| shared / spread)
}

fn volatility(aum: &[f64]) -> Option<f64> {
    let mean = mean(aum).filter(|mean| *mean > 0.0 && aum.len() >= 4)?;
    let spread: f64 = aum.iter().map(|x| (x - mean).powi(2)).sum();
    Some((spread / (aum.len() as f64 - 1.0)).sqrt() / mean)
}

fn largest_drop(aum: &[f64]) -> Option<f64> {
    let drops = aum.windows(2).filter(|pair| pair[0] > 0.0).map(|pair| 1.0 - pair[1] / pair[0]);
    drops.max_by(f64::total_cmp).map(|drop| drop.max(0.0))
}

fn large_outflows(view: &View<'_>, usual: Option<f64>) -> Option<i32> {
    let usual = usual.filter(|usual| *usual > 0.0)?;
    let least = 0.3 * usual;
    if !view.history.has_field(RawTable::Transactions, "amount") {
        return None;
    }
    let outgoing = view.recent(90).filter(|t| t.bits & txn::OUT != 0);
    let large = outgoing.filter(|t| crate::history::codes::money(view.units(t)) >= least);
    Some(large.count() as i32)
}

fn sensitivity(year: &[&Balance]) -> Option<f64> {
    let steps = year.windows(2).filter_map(|pair| {
        let gap = pair[0].rate_paid - pair[0].market_rate;
        change(pair[0].aum, pair[1].aum).filter(|_| gap.is_finite()).map(|step| (gap, step))
    });
    let (gaps, steps): (Vec<f64>, Vec<f64>) = steps.unzip();
    if gaps.len() < 6 { None } else { slope(&gaps, &steps) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_drops_are_those_of_the_formulas() {
        assert_eq!(slope(&[0.0, 1.0, 2.0], &[1.0, 3.0, 5.0]), Some(2.0));
        assert_eq!(slope(&[1.0, 1.0], &[1.0, 3.0]), None);
        assert_eq!(largest_drop(&[100.0, 50.0, 60.0, 54.0]), Some(0.5));
        assert_eq!(largest_drop(&[10.0, 20.0]), Some(0.0));
        assert_eq!(largest_drop(&[10.0]), None);
        // Standard deviation of 1, 2, 3, 4 is √(5/3), their mean 2.5.
        let cv = volatility(&[1.0, 2.0, 3.0, 4.0]).unwrap();
        assert!((cv - (5.0_f64 / 3.0).sqrt() / 2.5).abs() < 1e-15);
    }
}
