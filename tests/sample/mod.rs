//! A small bundle made by hand.

#![allow(dead_code)]

use reveille::{
    bundle::{
        Blend, Bundle, DataFacts, FindingNote, Fitted, HeldOut, LearnerName, Model, Part, Rules,
        Source, Validation,
    },
    features::{Bins, EncodedColumn, Encoder},
    metrics::{AtDepth, CalibrationPoint, Estimate, Metrics},
    model::{
        Boosted, Calibration, PeerColumn, Peers, Scorecard, Tree,
        boosted::{Branch, Branches},
        scorecard::{CardColumn, Group},
        tree::{Node, Rule, Split},
    },
    sources::{Column, ColumnType},
    units::{Day, Seed},
};

/// A bundle with a scorecard for churn and a tree for reactivation.
pub(crate) fn bundle() -> Bundle {
    Bundle {
        program: "0.1.0".to_owned(),
        name: "retail".parse().unwrap(),
        as_of: Day::from_ymd(2026, 3, 31),
        seed: Seed(7),
        source: source(),
        rules: Rules {
            churn: "status_6m = 'closed' OR aum_6m < 0.2 * aum".to_owned(),
            reactivation: Some("tx_6m > 0".to_owned()),
            dormant: Some("days_quiet > 90".to_owned()),
            prospect: None,
            value: Some("aum * 0.012 + fees_12m".to_owned()),
        },
        encoder: encoder(),
        churn: churn(),
        reactivation: Some(reactivation()),
        playbook: Some("playbook = 1".to_owned()),
        peers: Some(peers()),
        value_cut: Some(350.0),
        data: DataFacts {
            digest: "5c".repeat(32),
            rows: 48_012,
            rejected: 12,
            active: 40_000,
            dormant: 6000,
            prospect: 2000,
            snapshots: vec![Day(20_453), Day(20_543)],
        },
        findings: findings(),
        config: serde_json::json!({"seed": 7, "learners": {"logistic": {"l2": [0.1, 1.0]}}}),
    }
}

/// What is usual of one column, in four groups.
fn peers() -> Peers {
    let column = PeerColumn {
        name: "aum".to_owned(),
        median: vec![Some(5000.0), None, Some(8000.5), Some(1.0), Some(2.0), Some(3.0)],
        upper: vec![Some(9000.0), None, Some(9000.5), Some(1.5), Some(2.5), Some(3.5)],
    };
    let (age, assets) = ("age".to_owned(), "aum".to_owned());
    Peers { age, ages: vec![40.0], assets, bands: Vec::new(), columns: vec![column] }
}

/// The smallest bundle there is.
pub(crate) fn tiny() -> Bundle {
    let mut tiny = bundle();
    tiny.encoder.columns.truncate(1);
    tiny.source.columns.truncate(1);
    tiny.churn.columns.truncate(1);
    if let Fitted::Logistic(card) = &mut tiny.churn.fitted {
        card.columns.truncate(1);
    }
    tiny.churn.validations.clear();
    tiny.reactivation = None;
    tiny.playbook = None;
    tiny.peers = None;
    tiny.findings.clear();
    tiny.config = serde_json::Value::Null;
    tiny
}

/// The bundle with boosted trees for churn, and for reactivation a blend of them and the tree.
pub(crate) fn boosted() -> Bundle {
    let mut bundle = bundle();
    bundle.churn.fitted = Fitted::Boost(ensemble());
    if let Some(model) = &mut bundle.reactivation {
        let parts = vec![
            Part { weight: 0.375, fitted: model.fitted.clone() },
            Part { weight: 0.65, fitted: Fitted::Boost(ensemble()) },
        ];
        model.fitted = Fitted::Blend(Blend { intercept: -0.04, parts });
    }
    bundle
}

fn ensemble() -> Boosted {
    let fork = |column, left_if, right, gain| Branch::Fork { column, left_if, right, gain };
    let leaf = |steps, rows| Branch::Leaf { steps, rows };
    let at_most = |code| Rule::AtMost { code, missing: true };
    let one_of = |codes: &[u8]| Rule::OneOf { codes: codes.to_vec() };
    let first = vec![
        fork(0, at_most(2), 4, 812.5),
        fork(1, one_of(&[2, 4]), 3, 96.25),
        leaf(41_000, 9000.0),
        leaf(-62_000, 20_000.0),
        leaf(137_500, 11_000.0),
    ];
    let second = vec![fork(0, at_most(3), 2, 301.0), leaf(-9000, 36_000.0), leaf(80_000, 4000.0)];
    let trees = [first, second].map(|nodes| Branches { nodes }).to_vec();
    Boosted { base: -1_482_910, trees }
}

fn source() -> Source {
    let column = |name: &str, kind| Column { name: name.to_owned(), kind };
    Source {
        id: Some("customer_id".to_owned()),
        as_of: Some("as_of".to_owned()),
        columns: vec![
            column("age", ColumnType::Number),
            column("country", ColumnType::Text),
            column("last_visit", ColumnType::Date),
            column("aum", ColumnType::Number),
            column("fees_12m", ColumnType::Number),
            column("days_quiet", ColumnType::Number),
        ],
        missing: ["NA", "?"].map(String::from).to_vec(),
    }
}

fn encoder() -> Encoder {
    let age = Bins::Number { cuts: vec![34.0, 42.0, 55.5], least: 18.0, median: 39.0, most: 92.0 };
    let visit =
        Bins::DaysBefore { cuts: vec![30.0, 180.0], least: 0.0, median: 41.0, most: 2100.0 };
    let country = Bins::Category {
        levels: ["France", "Germany", "Spain | España"].map(String::from).to_vec(),
    };
    let column = |name: &str, bins, counts| EncodedColumn { name: name.to_owned(), bins, counts };
    Encoder {
        columns: vec![
            column("age", age, vec![0, 14_000, 16_000, 12_000, 4000]),
            column("country", country, vec![120, 23_000, 12_000, 10_880, 0]),
            column("last_visit", visit, vec![900, 20_000, 15_000, 10_100]),
        ],
    }
}

fn group(rows: f64, events: f64, woe: f64, logit: f64) -> Group {
    Group { rows, events, woe, logit }
}

fn churn() -> Model {
    let age = CardColumn {
        column: 0,
        coefficient: 0.94,
        information_value: 0.612,
        groups: vec![
            group(26_000.0, 2600.0, -0.811, -0.762),
            group(10_500.0, 3675.0, 0.767, 0.721),
            group(3500.0, 1540.0, 1.145, 1.076),
            group(0.0, 0.0, 0.0, 0.0),
        ],
        group_of: vec![3, 0, 0, 1, 2],
        mean: -0.21,
    };
    let country = CardColumn {
        column: 1,
        coefficient: 0.88,
        information_value: 0.171,
        groups: vec![group(29_600.0, 4736.0, -0.272, -0.239), group(10_400.0, 3079.0, 0.523, 0.46)],
        group_of: vec![0, 0, 1, 0, 0],
        mean: -0.057,
    };
    Model {
        fitted: Fitted::Logistic(Scorecard { intercept: -1.415, columns: vec![age, country] }),
        calibration: Calibration::Platt { intercept: 0.012, slope: 1.034 },
        risk_cut: 0.3125,
        rows: 40_000,
        events: 7815,
        columns: ["age", "country", "last_visit"].map(String::from).to_vec(),
        chosen_because: "the simplest learner within one standard error of the lowest log loss"
            .to_owned(),
        validations: vec![
            validation(LearnerName::Logistic, HeldOut::Folds { folds: 5 }, 0.847),
            validation(LearnerName::Logistic, HeldOut::LaterData { test: Day(20_543) }, 0.829),
            validation(LearnerName::Logistic, HeldOut::LaterUnseen { test: Day(20_543) }, 0.821),
            validation(LearnerName::Tree, HeldOut::Folds { folds: 5 }, 0.838),
        ],
        boost_trials: Vec::new(),
    }
}

fn reactivation() -> Model {
    let node = |rows: f64, events: f64, split| {
        let logit = ((events + 0.5) / (rows - events + 0.5)).ln();
        Node { rows, events, logit, split }
    };
    let split =
        |column, left_if, left, right, gain| Some(Split { column, left_if, left, right, gain });
    let nodes = vec![
        node(6000.0, 420.0, split(2, Rule::AtMost { code: 1, missing: false }, 1, 2, 96.5)),
        node(1400.0, 252.0, split(1, Rule::OneOf { codes: vec![2, 3] }, 3, 4, 31.25)),
        node(4600.0, 168.0, None),
        node(600.0, 66.0, None),
        node(800.0, 186.0, None),
    ];
    Model {
        fitted: Fitted::Tree(Tree { nodes }),
        calibration: Calibration::Isotonic {
            logits: vec![-3.2, -2.0, -1.2],
            probabilities: vec![0.035, 0.11, 0.23],
        },
        risk_cut: 0.1,
        rows: 6000,
        events: 420,
        columns: ["age", "country", "last_visit"].map(String::from).to_vec(),
        chosen_because: "the lowest log loss".to_owned(),
        validations: vec![validation(LearnerName::Tree, HeldOut::Folds { folds: 5 }, 0.701)],
        boost_trials: Vec::new(),
    }
}

fn validation(learner: LearnerName, split: HeldOut, auc: f64) -> Validation {
    let depth = |depth: f64, lift: f64, value_capture| AtDepth {
        depth,
        rows: (depth * 40_000.0) as u64,
        precision: lift * 0.195,
        lift,
        capture: lift * depth,
        value_capture,
        profit: 1.25 * depth,
    };
    let metrics = Metrics {
        rows: 40_000,
        events: 7815,
        base_rate: 0.195_375,
        auc: Estimate { value: auc, low: auc - 0.006, high: auc + 0.006 },
        pr_auc: 0.62,
        ks: 0.534,
        gini: 2.0 * auc - 1.0,
        log_loss: 0.3531,
        brier: 0.1097,
        ece: 0.0083,
        calibration_slope: 1.004,
        calibration_intercept: 0.003,
        empc: 4.125,
        empc_depth: 0.183,
        depths: vec![
            depth(0.01, 4.72, Some(0.052)),
            depth(0.05, 4.31, Some(0.208)),
            depth(0.1, 3.62, Some(0.371)),
            depth(0.2, 2.71, None),
        ],
        calibration_curve: vec![
            CalibrationPoint { rows: 20_000, mean_predicted: 0.0502, observed: 0.0487 },
            CalibrationPoint { rows: 20_000, mean_predicted: 0.3405, observed: 0.3421 },
        ],
    };
    Validation { learner, split, metrics }
}

fn findings() -> Vec<FindingNote> {
    let note = |column: &str, problem: &str, evidence: &str, excluded| FindingNote {
        column: column.to_owned(),
        problem: problem.to_owned(),
        evidence: evidence.to_owned(),
        excluded,
    };
    vec![
        note("Complain", "gives_outcome_away", "AUC 0.998 on its own", true),
        note("row_id", "running_id", "48012 values in 48012 rows", true),
        note("", "row_order", "AUC 0.910 of the position in the file", false),
    ]
}
