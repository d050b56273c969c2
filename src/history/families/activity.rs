//! How often, how lately, how much: voluntary transactions.

use super::{Family, Rows, Spec, Unit, View, spec};
use crate::history::{codes::money, past::Sums, schema::RawTable};

pub(super) const FAMILY: Family = Family {
    title: "Activity",
    columns: COLUMNS,
    can: |history| history.has(RawTable::Transactions),
    fill,
};

const COLUMNS: &[Spec] = &[
    spec("days_since_last_txn", Unit::Days, "days since the last voluntary transaction"),
    spec("days_since_first_txn", Unit::Days, "days since the first"),
    spec("txn_count_7d", Unit::Count, "voluntary transactions in 7 days"),
    spec("txn_count_30d", Unit::Count, "the same in 30 days"),
    spec("txn_count_90d", Unit::Count, "the same in 90 days"),
    spec("txn_count_180d", Unit::Count, "the same in 180 days"),
    spec("txn_count_365d", Unit::Count, "the same in 365 days"),
    spec("txn_amount_7d", Unit::Money, "sum of their amounts, whatever their direction"),
    spec("txn_amount_30d", Unit::Money, "the same in 30 days"),
    spec("txn_amount_90d", Unit::Money, "the same in 90 days"),
    spec("txn_amount_180d", Unit::Money, "the same in 180 days"),
    spec("txn_amount_365d", Unit::Money, "the same in 365 days"),
    spec("txn_in_7d", Unit::Money, "sum of what came in"),
    spec("txn_in_30d", Unit::Money, "the same in 30 days"),
    spec("txn_in_90d", Unit::Money, "the same in 90 days"),
    spec("txn_in_180d", Unit::Money, "the same in 180 days"),
    spec("txn_in_365d", Unit::Money, "the same in 365 days"),
    spec("txn_out_7d", Unit::Money, "sum of what went out"),
    spec("txn_out_30d", Unit::Money, "the same in 30 days"),
    spec("txn_out_90d", Unit::Money, "the same in 90 days"),
    spec("txn_out_180d", Unit::Money, "the same in 180 days"),
    spec("txn_out_365d", Unit::Money, "the same in 365 days"),
    spec("active_days_90d", Unit::Count, "days with a voluntary transaction in 90 days"),
    spec("active_days_365d", Unit::Count, "the same in 365 days"),
    spec(
        "gap_mean_365d",
        Unit::Ratio,
        "mean days between two active days in 365 days; from 2 active days on",
    ),
    spec(
        "gap_cv_365d",
        Unit::Ratio,
        "standard deviation ÷ mean of these gaps; from 3 active days on; 0 is clockwork, 1 is chance",
    ),
    spec("gap_overdue", Unit::Ratio, "days since the last transaction ÷ gap_mean_365d"),
    spec("txn_count_91_365d", Unit::Count, "voluntary transactions 91 to 365 days ago"),
    spec(
        "txn_count_ratio_90d",
        Unit::Ratio,
        "transactions a day in 90 days ÷ transactions a day in the 275 days before, as far as the customer was there",
    ),
    spec("txn_amount_ratio_90d", Unit::Ratio, "the same of amounts"),
    spec(
        "fade_p_value",
        Unit::Share,
        "probability of so few transactions in 90 days at the rate of the days before (conditional test of two Poisson rates)",
    ),
];

/// Transactions in some days.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Rate {
    pub count: i32,
    pub amount: i64,
    pub days: i32,
}

impl Rate {
    pub(super) fn rate(self) -> f64 {
        f64::from(self.count) / f64::from(self.days.max(1))
    }
}

/// The last 90 days, and the 275 before them as far as the customer was there.
pub(super) fn two_rates(view: &View<'_>) -> (Rate, Rate) {
    let there = view.open.map_or(365, |open| (view.limit - open + 1).clamp(0, 365));
    let rate = |sums: &Sums, days| Rate { count: sums.count, amount: sums.amount(), days };
    let [_, _, quarter, _, year] = &view.windows;
    let recent = rate(quarter, there.min(90));
    (recent, rate(&year.less(quarter), there - recent.days))
}

fn fill(view: &View<'_>, rows: &mut Rows) {
    let days = view.past.days(view.limit - 365, view.limit);
    rows.count(view.last.map(|day| view.since(day)));
    rows.count(view.first.map(|day| view.since(day)));
    for window in &view.windows {
        rows.count(Some(window.count));
    }
    for sum in [Sums::amount, Sums::inflow, Sums::outflow] {
        for window in &view.windows {
            rows.number(Some(money(sum(window))));
        }
    }
    let in_90 = view.past.days(view.limit - 90, view.limit).len();
    rows.count(Some(in_90 as i32));
    rows.count(Some(days.len() as i32));
    let (mean, cv) = gaps(days);
    rows.number(mean);
    rows.number(cv);
    rows.number(view.last.zip(mean).map(|(last, mean)| f64::from(view.since(last)) / mean));
    let (recent, before) = two_rates(view);
    rows.count(Some(before.count));
    let is_known = before.count > 0 && before.days > 0 && recent.days > 0;
    rows.number(is_known.then(|| recent.rate() / before.rate()));
    let per_day = |rate: Rate| money(rate.amount) / f64::from(rate.days.max(1));
    rows.number(is_known.then(|| per_day(recent) / per_day(before)));
    rows.number(is_known.then(|| fade(recent, before)));
}

/// Mean and coefficient of variation of the gaps between active days.
fn gaps(days: &[i32]) -> (Option<f64>, Option<f64>) {
    let (Some(first), Some(last)) = (days.first(), days.last()) else { return (None, None) };
    let count = days.len() as f64 - 1.0;
    if count < 1.0 {
        return (None, None);
    }
    let mean = f64::from(last - first) / count;
    let spread: f64 =
        days.windows(2).map(|pair| (f64::from(pair[1] - pair[0]) - mean).powi(2)).sum();
    let cv = (count >= 2.0).then(|| (spread / (count - 1.0)).sqrt() / mean);
    (Some(mean), cv)
}

/// The probability of at most so many of all transactions in the recent days, if the rate never changed.
///
/// # Formula
/// P(X ≤ k), X ~ Binomial(n, p): k recent transactions, n in all, p the recent share of the days.
///
/// # Source
/// Przyborowski & Wilenski (1940), *Biometrika* 31, 313–323.
fn fade(recent: Rate, before: Rate) -> f64 {
    let n = f64::from(recent.count + before.count);
    let p = f64::from(recent.days) / f64::from(recent.days + before.days);
    // Term by term, in logarithms, so that thousands of transactions do not underflow.
    let mut log_term = n * (1.0 - p).ln();
    let mut sum = log_term.exp();
    let odds = (p / (1.0 - p)).ln();
    for k in 1..=recent.count {
        let k = f64::from(k);
        log_term += ((n - k + 1.0) / k).ln() + odds;
        sum += log_term.exp();
    }
    sum.min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_those_between_days() {
        assert_eq!(gaps(&[]), (None, None));
        assert_eq!(gaps(&[5]), (None, None));
        assert_eq!(gaps(&[5, 15]), (Some(10.0), None));
        let (mean, cv) = gaps(&[0, 10, 20, 30]);
        assert_eq!((mean, cv), (Some(10.0), Some(0.0)));
        // Gaps 2 and 4: mean 3, standard deviation √2.
        assert!((gaps(&[0, 2, 6]).1.unwrap() - 2f64.sqrt() / 3.0).abs() < 1e-15);
    }

    #[test]
    fn the_test_of_two_rates_is_binomial() {
        let rate = |count, days| Rate { count, days, ..Rate::default() };
        // scipy.stats.binom.cdf(2, 22, 90/365)
        let p = fade(rate(2, 90), rate(20, 275));
        assert!((p - 0.064_956_678_873_758).abs() < 1e-9, "{p}");
        assert!((fade(rate(5, 90), rate(0, 275)) - 1.0).abs() < 1e-12);
        assert!(fade(rate(0, 90), rate(5000, 275)) < 1e-300);
        assert!(fade(rate(3000, 90), rate(5000, 275)).is_finite());
    }
}
