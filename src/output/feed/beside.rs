//! The files beside a feed: alerts, the hold-out arm, employers.

use std::collections::BTreeMap;

use super::{Turn, text};
use crate::{
    playbook::{
        Arm, Quadrant,
        scene::{later, text_at},
        tally::Employer,
    },
    units::{Day, Language},
};

/// The header of alerts.csv.
pub const ALERTS: &[u8] = b"customer_id,as_of,branch,manager_id,alert,label,quadrant,value_at_risk,contact_by,suppress_reason\n";
/// The header of holdout.csv.
pub const HOLDOUT: &[u8] = b"customer_id,as_of,quadrant,branch,rule,probability,value\n";

fn cell(cell: Option<&str>, out: &mut Vec<u8>) {
    text::push_text(cell.unwrap_or_default(), out);
    out.push(b',');
}

fn number(value: Option<f64>, out: &mut Vec<u8>) {
    if let Some(value) = value {
        text::push_number(value, out);
    }
    out.push(b',');
}

fn day(day: Option<Day>, out: &mut Vec<u8>) {
    if let Some(day) = day {
        text::push_day(day, out);
    }
    out.push(b',');
}

fn end(out: &mut [u8]) {
    if let Some(last) = out.last_mut() {
        *last = b'\n';
    }
}

/// Appends a line for each rule of alert that holds for a customer.
pub fn alerts(turn: Turn<'_>, ids: &[String], language: Language, out: &mut Vec<u8>) {
    let Turn { scored, bound, played, nexts, .. } = turn;
    let (branch, manager) = (played.scene.texts("branch"), played.scene.texts("manager_id"));
    for (row, id) in ids.iter().enumerate() {
        for rule in bound.matched(played, row).filter(|rule| rule.alert) {
            let as_of = scored.as_of.as_ref().map(|days| days[row]);
            cell(Some(id), out);
            day(as_of.map(Day), out);
            cell(text_at(branch, row), out);
            cell(text_at(manager, row), out);
            cell(Some(&rule.code), out);
            cell(Some(rule.words(language)), out);
            cell(played.quadrants[row].map(Quadrant::name), out);
            number(scored.value_at_risk(row), out);
            let days = bound.due(played, rule, row);
            day(as_of.and_then(|as_of| later(as_of, days)), out);
            cell(nexts[row].suppressed, out);
            end(out);
        }
    }
}

/// Appends a line for each customer who is left alone.
pub fn holdout(turn: Turn<'_>, ids: &[String], out: &mut Vec<u8>) {
    let Turn { scored, played, nexts, .. } = turn;
    let branch = played.scene.texts("branch");
    for (row, id) in ids.iter().enumerate() {
        let next = &nexts[row];
        if next.arm != Some(Arm::Holdout) {
            continue;
        }
        cell(Some(id), out);
        day(scored.as_of.as_ref().map(|days| Day(days[row])), out);
        cell(played.quadrants[row].map(Quadrant::name), out);
        cell(text_at(branch, row), out);
        cell(next.rule.map(|rule| rule.code.as_str()), out);
        number(scored.probability[row], out);
        number(scored.value[row], out);
        end(out);
    }
}

/// The employers and pension offices, one line each, in the order of their codes.
pub fn employers(employers: &BTreeMap<String, Employer>) -> Vec<u8> {
    let mut out = b"payroll_payer,staff,stopped,share_stopped,at_risk,leaking,monthly_pay,assets,employer_at_risk\n".to_vec();
    for (payer, employer) in employers {
        cell(Some(payer), &mut out);
        number(Some(employer.staff as f64), &mut out);
        number(Some(employer.stopped as f64), &mut out);
        number(Some(employer.share_stopped()), &mut out);
        number(Some(employer.at_risk as f64), &mut out);
        number(Some(employer.leaking as f64), &mut out);
        number(Some(employer.pay.value()), &mut out);
        number(Some(employer.assets.value()), &mut out);
        number(Some(f64::from(u8::from(employer.is_leaving()))), &mut out);
        end(&mut out);
    }
    out
}
