//! The metrics against scikit-learn, SciPy and plain definitions: `tests/oracle/metrics.py` writes the figures.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

use reveille::{
    learners::calibrate::fit_platt,
    metrics::{
        AtDepth, ProfitParams, auc, auc_difference, beta, measure, paired_log_loss_difference,
    },
    model::Calibration,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Oracle {
    cases: Vec<Case>,
    beta: Vec<[f64; 4]>,
    platt: Vec<Platt>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    outcome: Vec<u8>,
    probability: Vec<f64>,
    other: Vec<f64>,
    value: Vec<Option<f64>>,
    params: ProfitParams,
    events: u64,
    auc: [f64; 3],
    pr_auc: f64,
    ks: f64,
    log_loss: f64,
    brier: f64,
    ece: f64,
    slope: f64,
    intercept: f64,
    empc: f64,
    empc_depth: f64,
    depths: Vec<AtDepth>,
    auc_difference: Option<[f64; 2]>,
    log_loss_difference: [f64; 2],
}

#[derive(Deserialize)]
struct Platt {
    outcome: Vec<u8>,
    logit: Vec<f64>,
    intercept: f64,
    slope: f64,
}

fn oracle() -> Oracle {
    serde_json::from_str(include_str!("oracle/metrics.json")).unwrap()
}

fn truth(outcome: &[u8]) -> Vec<bool> {
    outcome.iter().map(|&event| event == 1).collect()
}

#[track_caller]
fn close(case: &str, what: &str, ours: f64, theirs: f64) {
    let apart = (ours - theirs).abs();
    assert!(apart <= 1e-9 * theirs.abs().max(1.0), "{case}, {what}: {ours} for {theirs}");
}

#[test]
fn every_metric_equals_its_oracle() {
    for case in oracle().cases {
        let outcome = truth(&case.outcome);
        let ours = measure(&outcome, &case.probability, Some(&case.value), &case.params).unwrap();
        let name = case.name.as_str();
        assert_eq!((ours.rows, ours.events), (outcome.len() as u64, case.events), "{name}");
        for (what, ours, theirs) in [
            ("auc", ours.auc.value, case.auc[0]),
            ("auc low", ours.auc.low, case.auc[1]),
            ("auc high", ours.auc.high, case.auc[2]),
            ("gini", ours.gini, 2.0 * case.auc[0] - 1.0),
            ("pr_auc", ours.pr_auc, case.pr_auc),
            ("ks", ours.ks, case.ks),
            ("log_loss", ours.log_loss, case.log_loss),
            ("brier", ours.brier, case.brier),
            ("ece", ours.ece, case.ece),
            ("slope", ours.calibration_slope, case.slope),
            ("intercept", ours.calibration_intercept, case.intercept),
            ("empc", ours.empc, case.empc),
            ("empc_depth", ours.empc_depth, case.empc_depth),
        ] {
            close(name, what, ours, theirs);
        }
        assert_eq!(ours.depths.len(), case.depths.len(), "{name}");
        for (ours, theirs) in ours.depths.iter().zip(&case.depths) {
            assert_eq!((ours.depth, ours.rows), (theirs.depth, theirs.rows), "{name}");
            close(name, "precision", ours.precision, theirs.precision);
            close(name, "lift", ours.lift, theirs.lift);
            close(name, "capture", ours.capture, theirs.capture);
            close(name, "profit", ours.profit, theirs.profit);
            assert_eq!(ours.value_capture.is_some(), theirs.value_capture.is_some(), "{name}");
            let value = (ours.value_capture.unwrap_or(0.0), theirs.value_capture.unwrap_or(0.0));
            close(name, "value captured", value.0, value.1);
        }
        close(name, "auc alone", auc(&outcome, &case.probability).unwrap(), case.auc[0]);
        let ours = paired_log_loss_difference(&outcome, &case.probability, &case.other).unwrap();
        close(name, "difference of losses", ours.mean, case.log_loss_difference[0]);
        close(name, "its standard error", ours.standard_error, case.log_loss_difference[1]);
        if let Some(theirs) = case.auc_difference {
            let ours = auc_difference(&outcome, &case.probability, &case.other).unwrap();
            close(name, "difference of areas", ours.mean, theirs[0]);
            close(name, "its standard error", ours.standard_error, theirs[1]);
        }
    }
}

#[test]
fn the_published_profit_is_reached() {
    let outcome = [false, true, false, true, false, true, false, true];
    let score = [0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 0.8, 0.9];
    let ours = measure(&outcome, &score, None, &ProfitParams::default()).unwrap();
    close("golden", "empc", ours.empc, 23.875_593_418_348_124);
}

#[test]
fn the_incomplete_beta_function_equals_scipys() {
    for [x, a, b, theirs] in oracle().beta {
        let ours = beta::regularised(x, a, b);
        let apart = (ours - theirs).abs();
        assert!(
            apart <= 1e-12 + 1e-9 * theirs.abs().min(1e-3),
            "I_{x}({a}, {b}): {ours} for {theirs}"
        );
    }
}

#[test]
fn platts_line_is_the_optimum() {
    for case in oracle().platt {
        let fitted = fit_platt(&truth(&case.outcome), &case.logit).unwrap();
        let Calibration::Platt { intercept, slope } = fitted else { panic!("{fitted:?}") };
        close("platt", "intercept", intercept, case.intercept);
        close("platt", "slope", slope, case.slope);
    }
}
