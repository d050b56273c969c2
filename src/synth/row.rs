//! Rows as CSV text, in the order of [`super::columns`].

use super::{month::Observed, person::Person};
use crate::units::Day;

/// Appends the cells of [`super::columns::COLUMNS`], without a line end.
pub(super) fn features(out: &mut Vec<u8>, id: &[u8], as_of: &[u8], who: &Person, seen: &Observed) {
    out.extend_from_slice(id);
    text(out, as_of);
    out.extend_from_slice(b",B");
    padded(out, u64::from(who.branch), 3);
    text(out, who.region().as_bytes());
    text(out, who.segment.text().as_bytes());
    integer(out, who.age_known.then_some(seen.age as i64));
    text(out, who.gender.as_bytes());
    integer(out, Some(i64::from(seen.tenure)));
    text(out, who.channel.text().as_bytes());
    text(out, who.payroll.text().as_bytes());
    fixed(out, Some(seen.aum), 2);
    fixed(out, Some(seen.aum_avg_3m), 2);
    fixed(out, Some(seen.aum_avg_12m), 2);
    fixed(out, seen.aum_change_3m, 4);
    fixed(out, seen.demand_share, 3);
    integer(out, Some(i64::from(seen.products)));
    integer(out, Some(i64::from(seen.has_wealth)));
    integer(out, Some(i64::from(seen.has_loan)));
    integer(out, seen.days_to_maturity.map(i64::from));
    integer(out, Some(i64::from(seen.txn_30d)));
    integer(out, Some(i64::from(seen.txn_90d)));
    integer(out, Some(i64::from(seen.txn_prior_90d)));
    fixed(out, seen.counter_share, 2);
    integer(out, Some(i64::from(seen.logins)));
    integer(out, seen.quiet_days.map(i64::from));
    fixed(out, seen.passthrough, 2);
    integer(out, Some(i64::from(seen.complaints)));
    integer(out, Some(i64::from(seen.contacts)));
    fixed(out, seen.opened_share, 2);
    integer(out, seen.satisfaction.map(i64::from));
    integer(out, Some(i64::from(seen.points)));
    fixed(out, Some(seen.fees_12m), 2);
    text(out, who.risk_level.as_bytes());
}

/// Appends a comma and a text that needs no quotes.
pub(super) fn text(out: &mut Vec<u8>, value: &[u8]) {
    out.push(b',');
    out.extend_from_slice(value);
}

/// Appends a comma and a whole number, or nothing after the comma.
pub(super) fn integer(out: &mut Vec<u8>, value: Option<i64>) {
    out.push(b',');
    if let Some(value) = value {
        if value < 0 {
            out.push(b'-');
        }
        padded(out, value.unsigned_abs(), 1);
    }
}

/// Appends a comma and a number rounded to this many decimals, or nothing after the comma.
pub(super) fn fixed(out: &mut Vec<u8>, value: Option<f64>, decimals: u32) {
    out.push(b',');
    let Some(value) = value else { return };
    let unit = 10_u64.pow(decimals);
    let scaled = (value * unit as f64).round() as i64;
    if scaled < 0 {
        out.push(b'-');
    }
    let scaled = scaled.unsigned_abs();
    padded(out, scaled / unit, 1);
    out.push(b'.');
    padded(out, scaled % unit, decimals as usize);
}

/// Appends a number with leading zeros up to a width.
pub(super) fn padded(out: &mut Vec<u8>, mut value: u64, width: usize) {
    let start = out.len();
    while value > 0 {
        out.push(b'0' + (value % 10) as u8);
        value /= 10;
    }
    while out.len() < start + width {
        out.push(b'0');
    }
    out[start..].reverse();
}

/// A day as `2026-03-31`.
pub(super) fn date(day: Day) -> Vec<u8> {
    day.to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_number_reads_back(value in -1e9_f64..1e9, decimals in 1u32..6) {
            let mut out = Vec::new();
            fixed(&mut out, Some(value), decimals);
            let text = String::from_utf8(out).unwrap();
            let read: f64 = text.trim_start_matches(',').parse().unwrap();
            // Half a unit of the last decimal, and the spacing of numbers of this size.
            let apart = 0.5 / 10_f64.powi(decimals as i32) + 2.0 * f64::EPSILON * value.abs();
            prop_assert!((read - value).abs() <= apart);
        }
    }
}
