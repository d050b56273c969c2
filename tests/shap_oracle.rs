//! The reasons of boosted trees against LightGBM's TreeSHAP (`tests/oracle/shap.py` makes the
//! figures).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use reveille::model::Boosted;
use serde::Deserialize;

#[derive(Deserialize)]
struct Oracle {
    boosted: Boosted,
    columns: Vec<Vec<u8>>,
    /// By row: one entry a column, and the base.
    contributions: Vec<Vec<f64>>,
}

#[test]
fn the_shares_are_lightgbms() {
    let oracle: Oracle = serde_json::from_str(include_str!("oracle/shap.json")).unwrap();
    let codes: Vec<&[u8]> = oracle.columns.iter().map(Vec::as_slice).collect();
    let shap = oracle.boosted.shap();
    assert_eq!(shap.columns(), oracle.boosted.columns());
    let (width, rows) = (shap.columns().len(), oracle.contributions.len());
    let mut shares = vec![0.0; rows * width];
    shap.shares(&codes, &(0..rows as u32).collect::<Vec<_>>(), &mut shares);
    for (shares, exact) in shares.chunks(width).zip(&oracle.contributions) {
        let mut expected = exact[..exact.len() - 1].to_vec();
        for (&column, share) in shap.columns().iter().zip(shares) {
            let expected = std::mem::take(&mut expected[column as usize]);
            assert!((share - expected).abs() < 1e-9, "{share} is not {expected}");
        }
        assert!(expected.iter().all(|rest| *rest == 0.0));
        assert!((shap.base() - exact[exact.len() - 1]).abs() < 1e-9);
    }
}
