//! The files beside a feed: alerts, the hold-out arm, employers.

use std::collections::BTreeMap;

use arrow_array::StringArray;

use super::{Turn, line::Line};
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

/// Appends a line for each rule of alert that holds for a customer.
pub fn alerts(turn: Turn<'_>, ids: &StringArray, language: Language, out: &mut Vec<u8>) {
    let Turn { scored, bound, played, nexts, .. } = turn;
    let (branch, manager) = (played.scene.texts("branch"), played.scene.texts("manager_id"));
    for (row, id) in ids.iter().enumerate() {
        for rule in bound.alerts(played, row) {
            let mut line = Line::default();
            let as_of = scored.as_of.as_ref().map(|days| days[row]);
            line.text(id);
            line.day(as_of.map(Day));
            line.text(text_at(branch, row));
            line.text(text_at(manager, row));
            line.text(Some(&rule.code));
            line.text(Some(rule.words(language)));
            line.text(played.quadrants[row].map(Quadrant::name));
            line.number(scored.value_at_risk(row));
            let days = bound.due(played, rule, row);
            line.day(as_of.and_then(|as_of| later(as_of, days)));
            line.text(nexts[row].suppressed);
            out.extend(line.finish());
        }
    }
}

/// Appends a line for each customer who is left alone.
pub fn holdout(turn: Turn<'_>, ids: &StringArray, out: &mut Vec<u8>) {
    let Turn { scored, played, nexts, .. } = turn;
    let branch = played.scene.texts("branch");
    for (row, id) in ids.iter().enumerate() {
        let next = &nexts[row];
        if next.arm != Some(Arm::Holdout) {
            continue;
        }
        let mut line = Line::default();
        line.text(id);
        line.day(scored.as_of.as_ref().map(|days| Day(days[row])));
        line.text(played.quadrants[row].map(Quadrant::name));
        line.text(text_at(branch, row));
        line.text(next.rule.map(|rule| rule.code.as_str()));
        line.number(scored.probability[row]);
        line.number(scored.value[row]);
        out.extend(line.finish());
    }
}

/// The employers and pension offices, one line each, in the order of their codes.
pub fn employers(employers: &BTreeMap<String, Employer>) -> Vec<u8> {
    let mut out = b"payroll_payer,staff,stopped,share_stopped,at_risk,leaking,monthly_pay,assets,employer_at_risk\n".to_vec();
    for (payer, employer) in employers {
        let mut line = Line::default();
        line.text(Some(payer));
        line.number(Some(employer.staff as f64));
        line.number(Some(employer.stopped as f64));
        line.number(Some(employer.share_stopped()));
        line.number(Some(employer.at_risk as f64));
        line.number(Some(employer.leaking as f64));
        line.number(Some(employer.pay.value()));
        line.number(Some(employer.assets.value()));
        line.number(Some(f64::from(u8::from(employer.is_leaving()))));
        out.extend(line.finish());
    }
    out
}
