//! DeLong's comparison of two areas against the fast form of Sun & Xu, and the tails it needs against
//! SciPy: `tests/oracle/delong.py` writes the figures.
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use reveille::metrics::{contrast::auc_contrast, tails};
use serde::Deserialize;

#[derive(Deserialize)]
struct Oracle {
    cases: Vec<Case>,
    chi_square: Vec<[f64; 3]>,
}

#[derive(Deserialize)]
struct Case {
    outcome: Vec<u8>,
    a: Vec<f64>,
    b: Vec<f64>,
    areas: [f64; 2],
    difference: f64,
    standard_error: f64,
    p_value: f64,
}

fn oracle() -> Oracle {
    serde_json::from_str(include_str!("oracle/delong.json")).unwrap()
}

#[track_caller]
fn close(what: &str, ours: f64, theirs: f64) {
    assert!((ours - theirs).abs() <= 1e-9, "{what}: {ours} for {theirs}");
}

#[test]
fn two_areas_compare_as_by_sun_and_xu() {
    for case in oracle().cases {
        let outcome: Vec<bool> = case.outcome.iter().map(|&event| event == 1).collect();
        let ours = auc_contrast(&outcome, &case.a, &case.b).unwrap();
        close("first area", ours.a, case.areas[0]);
        close("second area", ours.b, case.areas[1]);
        close("difference", ours.difference.value, case.difference);
        let half = 1.959_963_984_540_054 * case.standard_error;
        close("low", ours.difference.low, case.difference - half);
        close("high", ours.difference.high, case.difference + half);
        close("p", ours.p_value, case.p_value);
    }
}

#[test]
fn chi_square_tails_equal_scipys() {
    for [x, degrees, theirs] in oracle().chi_square {
        let ours = tails::chi_square(x, degrees);
        let apart = (ours - theirs).abs();
        assert!(apart <= 1e-12 + 1e-9 * theirs, "{x}, {degrees}: {ours} for {theirs}");
    }
    assert_eq!((tails::chi_square(-1.0, 3.0), tails::chi_square(f64::NAN, 3.0)), (1.0, 1.0));
    assert!((tails::two_sided(-1.959_963_984_540_054) - 0.05).abs() < 1e-12);
}
