//! What must hold of the metrics whatever the data.

use proptest::prelude::*;

use super::*;

/// Both outcomes, probabilities with ties, values with gaps.
fn table() -> impl Strategy<Value = (Vec<bool>, Vec<f64>, Vec<Option<f64>>)> {
    let probability = prop_oneof![
        (0_u32..=20).prop_map(|twentieths| f64::from(twentieths) / 20.0),
        0.0..=1.0_f64,
    ];
    let value = prop::option::weighted(0.8, -10.0..1000.0_f64);
    prop::collection::vec((any::<bool>(), probability, value), 2..80).prop_map(|rows| {
        let mut outcome: Vec<bool> = rows.iter().map(|row| row.0).collect();
        (outcome[0], outcome[1]) = (true, false);
        (outcome, rows.iter().map(|row| row.1).collect(), rows.iter().map(|row| row.2).collect())
    })
}

fn shuffled<T: Clone>(items: &[T], seed: u64) -> Vec<T> {
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by_key(|&row| {
        (row as u64 ^ seed).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29)
    });
    order.into_iter().map(|row| items[row].clone()).collect()
}

fn params() -> ProfitParams {
    ProfitParams::default()
}

proptest! {
    #[test]
    fn the_order_of_rows_is_nothing((y, p, v) in table(), seed in any::<u64>()) {
        let (y2, p2, v2) = (shuffled(&y, seed), shuffled(&p, seed), shuffled(&v, seed));
        let first = measure(&y, &p, Some(&v), &params()).unwrap();
        prop_assert_eq!(&first, &measure(&y2, &p2, Some(&v2), &params()).unwrap());
        let (q, q2) = (shuffled(&p, 7), shuffled(&shuffled(&p, 7), seed));
        prop_assert_eq!(
            paired_log_loss_difference(&y, &p, &q).unwrap(),
            paired_log_loss_difference(&y2, &p2, &q2).unwrap()
        );
        prop_assert_eq!(
            auc_difference(&y, &p, &q).unwrap(), auc_difference(&y2, &p2, &q2).unwrap()
        );
    }

    #[test]
    fn every_figure_is_finite_and_in_its_range((y, p, v) in table()) {
        let m = measure(&y, &p, Some(&v), &params()).unwrap();
        for share in [m.auc.value, m.auc.low, m.auc.high, m.pr_auc, m.ks, m.brier, m.ece, m.empc_depth] {
            prop_assert!((0.0..=1.0).contains(&share), "{:?}", m);
        }
        prop_assert!(m.auc.low <= m.auc.value && m.auc.value <= m.auc.high);
        prop_assert!(m.auc.high - m.auc.low > 0.0 || m.ks == 0.0 || m.auc.value == 0.5, "{:?}", m.auc);
        prop_assert!(m.log_loss >= 0.0 && m.empc >= 0.0);
        prop_assert!(m.calibration_slope.is_finite() && m.calibration_intercept.is_finite());
        prop_assert_eq!(m.gini, 2.0 * m.auc.value - 1.0);
        prop_assert!(m.ks >= m.gini.abs() / 2.0 - 1e-12);
        for pair in m.depths.windows(2) {
            prop_assert!(pair[0].capture <= pair[1].capture + 1e-12);
            prop_assert!(pair[0].value_capture <= pair[1].value_capture.map(|share| share + 1e-12));
        }
        prop_assert_eq!(m.calibration_curve.iter().map(|point| point.rows).sum::<u64>(), m.rows);
        prop_assert!(m.calibration_curve.len() <= 10);
        let json = serde_json::to_string(&m).unwrap();
        prop_assert_eq!(serde_json::from_str::<Metrics>(&json).unwrap(), m);
    }

    #[test]
    fn the_area_turns_with_the_sign_and_the_outcome((y, p, _) in table()) {
        let minus: Vec<f64> = p.iter().map(|p| -p).collect();
        let not: Vec<bool> = y.iter().map(|event| !event).collect();
        let area = auc(&y, &p).unwrap();
        prop_assert!((area - (1.0 - auc(&y, &minus).unwrap())).abs() < 1e-15);
        prop_assert!((area - (1.0 - auc(&not, &p).unwrap())).abs() < 1e-15);
    }

    #[test]
    fn a_rising_map_leaves_the_ranking_alone((y, p, _) in table()) {
        // Doubling and such are exact: no two scores fall together.
        let mapped: Vec<f64> = p.iter().map(|p| p * 1024.0 - if *p < 0.5 { 1e6 } else { 0.0 }).collect();
        let (a, b) = (Ranked::new(&y, &p).unwrap(), Ranked::new(&y, &mapped).unwrap());
        prop_assume!(a.levels().len() == b.levels().len());
        prop_assert_eq!(auc::delong(&a), auc::delong(&b));
        prop_assert_eq!(ranking::ks(&a), ranking::ks(&b));
        prop_assert_eq!(ranking::average_precision(&a), ranking::average_precision(&b));
        prop_assert_eq!(profit::empc(&a, &params()).unwrap(), profit::empc(&b, &params()).unwrap());
    }

    #[test]
    fn all_rows_hold_all_events((y, p, _) in table()) {
        let ranked = Ranked::new(&y, &p).unwrap();
        let all = ranking::at_depth(&ranked, 1.0, &params());
        prop_assert_eq!((all.capture, all.rows), (1.0, ranked.rows()));
        prop_assert!((all.lift - 1.0).abs() < 1e-12);
    }

    #[test]
    fn the_most_profit_is_no_less_than_at_any_one_depth((y, p, _) in table(), depth in 0.0..1.0_f64) {
        // The maximum inside the integral is at least the integral at a fixed cut between levels.
        let ranked = Ranked::new(&y, &p).unwrap();
        let at = ranking::at_depth(&ranked, depth, &params());
        prop_assert!(profit::empc(&ranked, &params()).unwrap().per_customer >= at.profit - 1e-9);
    }

    #[test]
    fn a_model_against_itself_is_no_different((y, p, _) in table()) {
        let zero = Difference { mean: 0.0, standard_error: 0.0 };
        prop_assert_eq!(paired_log_loss_difference(&y, &p, &p).unwrap(), zero);
        prop_assert_eq!(auc_difference(&y, &p, &p).unwrap(), zero);
    }

    #[test]
    fn the_two_log_losses_agree((y, p, _) in table()) {
        let by_level = calibration::log_loss(&Ranked::new(&y, &p).unwrap());
        prop_assert!((log_loss(&y, &p).unwrap() - by_level).abs() < 1e-12);
    }

    #[test]
    fn the_base_rate_is_the_best_constant(events in 1_usize..40, others in 1_usize..40, p in 0.01..0.99_f64) {
        let y: Vec<bool> = (0..events + others).map(|row| row < events).collect();
        let base = vec![events as f64 / y.len() as f64; y.len()];
        let constant = vec![p; y.len()];
        let of = |p: &[f64]| measure(&y, p, None, &params()).unwrap();
        let (best, any) = (of(&base), of(&constant));
        prop_assert!(best.log_loss <= any.log_loss + 1e-12 && best.brier <= any.brier + 1e-12);
        prop_assert!(best.ece < 1e-12 && best.calibration_intercept.abs() < 1e-9);
        prop_assert_eq!((any.auc.value, any.ks, any.calibration_slope), (0.5, 0.0, 1.0));
    }

    #[test]
    fn a_line_on_the_logits_is_found_again((y, p, _) in table(), a in -2.0..2.0_f64, b in 0.2..3.0_f64) {
        let inner: Vec<f64> = p.iter().map(|p| 0.05 + 0.9 * p).collect();
        let bent: Vec<f64> =
            inner.iter().map(|p| 1.0 / (1.0 + (-a - b * (p / (1.0 - p)).ln()).exp())).collect();
        let (first, second) =
            (measure(&y, &inner, None, &params()).unwrap(), measure(&y, &bent, None, &params()).unwrap());
        prop_assume!(first.calibration_slope.abs() < 20.0 && first.ks < 1.0);
        prop_assume!(Ranked::new(&y, &inner).unwrap().levels().len() > 1);
        prop_assert!((second.calibration_slope * b - first.calibration_slope).abs() < 1e-6);
        let intercept = second.calibration_intercept + second.calibration_slope * a;
        prop_assert!((intercept - first.calibration_intercept).abs() < 1e-6);
    }

    #[test]
    fn the_index_of_drift_is_a_distance(
        counts in prop::collection::vec((0_u64..500, 0_u64..500), 1..20), times in 1_u64..9,
    ) {
        let (a, b): (Vec<u64>, Vec<u64>) = counts.into_iter().unzip();
        let more: Vec<u64> = a.iter().map(|count| count * times).collect();
        prop_assert_eq!(psi(&a, &more), 0.0);
        prop_assert!((psi(&a, &b) - psi(&b, &a)).abs() < 1e-12);
        let (total_a, total_b) = (a.iter().sum::<u64>(), b.iter().sum::<u64>());
        let alike = a.iter().zip(&b).all(|(a, b)| a * total_b == b * total_a);
        prop_assert_eq!(psi(&a, &b) > 0.0, !alike && total_a > 0 && total_b > 0);
    }

    #[test]
    fn the_incomplete_beta_function_is_a_distribution(x in 0.0..1.0_f64, a in 0.1..200.0_f64, b in 0.1..200.0_f64) {
        let p = beta::regularised(x, a, b);
        prop_assert!((-1e-14..=1.0 + 1e-14).contains(&p));
        prop_assert!((p + beta::regularised(1.0 - x, b, a) - 1.0).abs() < 1e-12);
        prop_assert!(beta::regularised((x + 0.01).min(1.0), a, b) >= p - 1e-12);
    }
}

#[test]
fn what_cannot_be_measured_is_an_error_and_no_panic() {
    let kind = |y: &[bool], p: &[f64], v: Option<&[Option<f64>]>| {
        measure(y, p, v, &params()).unwrap_err().kind()
    };
    let (y, p) = ([true, false], [0.2, 0.1]);
    assert_eq!(kind(&[], &[], None), Kind::EmptyTable);
    assert_eq!(kind(&y, &[0.2], None), Kind::BadParameter);
    assert_eq!(kind(&[true, true], &p, None), Kind::OneClass);
    for bad in [f64::NAN, -0.1, 1.1, f64::INFINITY] {
        assert_eq!(kind(&y, &[0.2, bad], None), Kind::BadParameter);
        assert!(log_loss(&y, &[0.2, bad]).is_err());
        assert!(paired_log_loss_difference(&y, &p, &[0.2, bad]).is_err());
    }
    assert_eq!(kind(&y, &p, Some(&[None])), Kind::BadParameter);
    assert_eq!(kind(&y, &p, Some(&[None, Some(f64::NAN)])), Kind::BadParameter);
    assert!(auc_difference(&[true, true], &p, &p).is_err());
    assert!(auc_difference(&y, &p, &[f64::NAN, 0.0]).is_err());
    for wrong in [
        ProfitParams { clv: 0.0, ..params() },
        ProfitParams { d: 200.0, ..params() },
        ProfitParams { f: f64::NAN, ..params() },
        ProfitParams { alpha: -1.0, ..params() },
        ProfitParams { beta: f64::INFINITY, ..params() },
    ] {
        let error = measure(&y, &p, None, &wrong).unwrap_err();
        assert_eq!(error.kind(), Kind::BadParameter);
        assert!(error.to_string().contains("profit."), "{error}");
    }
}

#[test]
fn extreme_money_and_probabilities_give_finite_figures() {
    let y = [true, false, true, false, true];
    let p = [0.0, 1.0, 5e-324, 1.0 - f64::EPSILON / 2.0, 0.5];
    let v = [Some(f64::MAX), Some(1.0), Some(f64::MAX), None, Some(5e-324)];
    let m = measure(&y, &p, Some(&v), &params()).unwrap();
    assert!(m.log_loss.is_finite() && m.calibration_slope.is_finite());
    assert!(m.depths.iter().all(|depth| depth.value_capture.unwrap() <= 1.0));
    let free = ProfitParams { d: 0.0, f: 0.0, ..params() };
    assert!(measure(&y, &p, None, &free).unwrap().empc.is_finite());
}

#[test]
fn a_wide_tie_is_one_group_of_the_curve() {
    let y: Vec<bool> = (0..100).map(|row| row % 3 == 0).collect();
    let p: Vec<f64> =
        (0..100).map(|row| if row < 55 { 0.1 } else { f64::from(row) / 100.0 }).collect();
    let curve = measure(&y, &p, None, &params()).unwrap().calibration_curve;
    assert_eq!(curve.iter().map(|point| point.rows).collect::<Vec<_>>(), [55, 5, 10, 10, 10, 10]);
}

#[test]
fn empty_counts_have_no_drift() {
    assert_eq!(psi(&[], &[]), 0.0);
    assert_eq!(psi(&[0, 0], &[1, 2]), 0.0);
    assert!(psi(&[5, 5], &[10]) > 0.25);
    assert!(psi(&[u64::MAX, u64::MAX], &[u64::MAX, 1]).is_finite());
}
