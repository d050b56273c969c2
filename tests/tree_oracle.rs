//! The grown tree against scikit-learn's, node by node (`tests/oracle/tree.py` makes the figures).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use linfa::{dataset::DatasetBase, traits::Fit};
use ndarray::Array1;
use reveille::{
    dataset::{BinnedMatrix, CodeKind},
    learners::{Rows, tree::TreeParams},
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Oracle {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    columns: Vec<Vec<u8>>,
    events: Vec<bool>,
    max_depth: usize,
    min_leaf: f64,
    nodes: Vec<NodeFigures>,
}

#[derive(Deserialize)]
struct NodeFigures {
    column: i64,
    rows: u32,
    events: u32,
}

#[test]
fn the_unpruned_tree_is_scikit_learns() {
    let oracle: Oracle = serde_json::from_str(include_str!("oracle/tree.json")).unwrap();
    for case in oracle.cases {
        let rows = case.events.len();
        let matrix = BinnedMatrix {
            rows,
            names: (0..case.columns.len()).map(|c| format!("x{c}")).collect(),
            kinds: vec![CodeKind::Ordered; case.columns.len()],
            code_counts: vec![200; case.columns.len()],
            columns: case.columns,
        };
        let index: Vec<u32> = (0..rows as u32).collect();
        let training = DatasetBase::new(
            Rows { matrix: &matrix, index: &index },
            Array1::from_vec(case.events),
        );
        let params = TreeParams {
            max_depth: case.max_depth,
            max_leaves: 1000,
            min_leaf: case.min_leaf,
            prune_folds: 0,
            ..TreeParams::default()
        };
        let tree = params.fit(&training).unwrap();
        tree.check(&matrix.code_counts).unwrap();
        let ours: Vec<(i64, u32, u32)> = tree
            .nodes
            .iter()
            .map(|n| {
                let column = n.split.as_ref().map_or(-2, |split| i64::from(split.column));
                (column, n.rows as u32, n.events as u32)
            })
            .collect();
        let theirs: Vec<(i64, u32, u32)> =
            case.nodes.iter().map(|n| (n.column, n.rows, n.events)).collect();
        assert_eq!(ours, theirs);
    }
}
