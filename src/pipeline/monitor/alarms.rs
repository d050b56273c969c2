//! What is out of its limits, beyond chance.
//!
//! An alarm needs two things: that the figure passes its limit, and, where chance plays a part, that
//! chance alone would rarely do that. The chance is shared out over all checks of the run (Bonferroni),
//! however many columns and groups there are.

use serde::Serialize;

use super::{Health, Request, Watched, parted::MONTH};

/// Something that is out of its limits.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Alarm {
    /// What: `shift`, `missing`, `unseen`, `outside`, `expected_auc`, `auc`, `base_rate`, `calibration`.
    pub what: &'static str,
    /// The column, or the model: churn or reactivation.
    pub of: String,
    /// The group, where it is not all customers: way and name, e.g. `month 2026-03`.
    pub group: Option<String>,
    /// The figure.
    pub figure: f64,
    /// Its limit.
    pub limit: f64,
    /// How often chance alone would bring it about, where that can be told.
    pub p_value: Option<f64>,
}

/// Cells outside the range of training, at least, before their share is looked at.
const LEAST_OUTSIDE: f64 = 10.0;

/// Raises what is to be raised.
pub(super) fn raise(watched: &mut Watched, request: &Request<'_>, has_baseline: bool) {
    let mut checks = Checks { rare: Vec::new(), sure: Vec::new(), count: 0 };
    checks.columns(watched, request);
    checks.groups(watched, request, has_baseline);
    for (name, health) in [("churn", &watched.churn), ("reactivation", &watched.reactivation)] {
        if let Some(health) = health {
            checks.health(name, health, request);
        }
    }
    let level = request.params.alpha / checks.count.max(1) as f64;
    let mut alarms = checks.sure;
    alarms.extend(checks.rare.into_iter().filter(|a| a.p_value.is_some_and(|p| p <= level)));
    let far = |alarm: &Alarm| alarm.figure.abs() / alarm.limit;
    alarms.sort_by(|a, b| {
        let is_group = |alarm: &Alarm| alarm.group.is_some();
        is_group(a)
            .cmp(&is_group(b))
            .then_with(|| far(b).total_cmp(&far(a)))
            .then_with(|| a.of.cmp(&b.of))
    });
    watched.ok = alarms.is_empty();
    watched.checks = checks.count;
    watched.alarms = alarms;
}

struct Checks {
    /// Past the limit; to be raised if rare enough.
    rare: Vec<Alarm>,
    /// To be raised.
    sure: Vec<Alarm>,
    count: u64,
}

impl Checks {
    fn columns(&mut self, watched: &Watched, request: &Request<'_>) {
        let limits = request.params;
        let (now, trained) = (watched.scored as f64, request.bundle.data.rows as f64);
        for column in &watched.columns {
            let alarm = |what, figure, limit, p_value| Alarm {
                what,
                of: column.name.clone(),
                group: None,
                figure,
                limit,
                p_value,
            };
            self.check(alarm("shift", column.psi, limits.psi, Some(column.p_value)));
            let p = two_shares((column.missing, now), (column.missing_trained, trained));
            let change = column.missing - column.missing_trained;
            self.check(alarm("missing", change, limits.missing, Some(p)));
            if let (Some(unseen), Some(before)) = (column.unseen, column.unseen_trained) {
                let p = two_shares((unseen, now), (before, trained));
                let more = (unseen - before).max(0.0);
                self.check(alarm("unseen", more, limits.unseen, Some(p)));
            }
            if column.outside * watched.rows as f64 >= LEAST_OUTSIDE {
                self.check(alarm("outside", column.outside, limits.outside, None));
            }
        }
    }

    /// Months are held against training, other groups against the same group of the baseline: a branch
    /// never looked like the whole bank.
    fn groups(&mut self, watched: &Watched, request: &Request<'_>, has_baseline: bool) {
        let columns = request.bundle.encoder.columns.len() as u64;
        for (way, groups) in &watched.by {
            let is_month = way == MONTH;
            if (is_month && groups.len() < 2) || (!is_month && !has_baseline) {
                continue;
            }
            for group in groups {
                self.count += columns - columns.min(group.columns.len() as u64);
                for column in &group.columns {
                    self.check(Alarm {
                        what: "shift",
                        of: column.name.clone(),
                        group: Some(format!("{way} {}", group.name)),
                        figure: column.psi,
                        limit: request.params.psi,
                        p_value: Some(column.p_value),
                    });
                }
            }
        }
    }

    fn health(&mut self, name: &str, health: &Health, request: &Request<'_>) {
        let limits = request.params;
        let alarm = |what, figure, limit, p_value| Alarm {
            what,
            of: name.to_owned(),
            group: None,
            figure,
            limit,
            p_value,
        };
        if let Some(validated) = health.validated_auc {
            let drop = (validated - health.expected.auc).max(0.0);
            self.check(alarm("expected_auc", drop, limits.auc_drop, None));
            if let Some(real) = &health.real {
                let is_beyond = real.auc.high < validated;
                let drop = if is_beyond { validated - real.auc.value } else { 0.0 };
                self.check(alarm("auc", drop, limits.auc_drop, None));
            }
        }
        if let Some(prior) = &health.prior_shift {
            let change = prior.now / prior.trained - 1.0;
            self.check(alarm("base_rate", change, limits.base_rate, Some(prior.p_value)));
        }
        if let (Some(ratio), Some(intercept)) = (health.observed_to_expected, &health.intercept) {
            let change = ratio - 1.0;
            self.check(alarm("calibration", change, limits.base_rate, Some(intercept.p_value)));
        }
    }

    fn check(&mut self, alarm: Alarm) {
        self.count += u64::from(alarm.p_value.is_some());
        if alarm.figure.abs() < alarm.limit {
            return;
        }
        if alarm.p_value.is_some() { &mut self.rare } else { &mut self.sure }.push(alarm);
    }
}

/// How often chance alone makes two shares so different; each with its number of rows.
fn two_shares((a, n): (f64, f64), (b, m): (f64, f64)) -> f64 {
    let counts = |share: f64, rows: f64| {
        let hits = (share * rows).round().max(0.0) as u64;
        [hits, (rows as u64).saturating_sub(hits)]
    };
    crate::metrics::drift::chance(&counts(b, m), &counts(a, n))
}
