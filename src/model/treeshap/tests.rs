use proptest::prelude::*;

use super::*;
use crate::model::{
    Boosted, Tree,
    boosted::{Branch, Branches, STEPS, tests::ensembles},
    tree::{Node, Split},
};

/// The mean logit of a tree over the training rows, where the columns of `known` are those of the
/// row: Lundberg's EXPVALUE, word for word.
fn expected(tree: &Branches, at: usize, codes: &[u8], known: u32) -> (f64, f64) {
    match &tree.nodes[at] {
        Branch::Leaf { steps, rows } => (f64::from(*steps) / STEPS, *rows),
        Branch::Fork { column, left_if, right, .. } => {
            let left = expected(tree, at + 1, codes, known);
            let right = expected(tree, *right as usize, codes, known);
            let rows = left.1 + right.1;
            let value = if known >> column & 1 == 1 {
                if left_if.goes_left(codes[*column as usize]) { left.0 } else { right.0 }
            } else if rows > 0.0 {
                (left.0 * left.1 + right.0 * right.1) / rows
            } else {
                f64::midpoint(left.0, right.0)
            };
            (value, rows)
        }
    }
}

/// Shapley's values by their definition, over all subsets of the columns.
fn by_definition(boosted: &Boosted, codes: &[u8]) -> Vec<f64> {
    let players = codes.len() as u32;
    let value = |known: u32| -> f64 {
        boosted.trees.iter().map(|tree| expected(tree, 0, codes, known).0).sum()
    };
    let values: Vec<f64> = (0..1 << players).map(value).collect();
    let factorial = |n: u32| (1..=n).map(f64::from).product::<f64>();
    let share = |player: u32| {
        let without = (0..1_u32 << players).filter(|known| known >> player & 1 == 0);
        let gains = without.map(|known| {
            let size = known.count_ones();
            let orders = factorial(size) * factorial(players - size - 1) / factorial(players);
            orders * (values[(known | 1 << player) as usize] - values[known as usize])
        });
        gains.sum()
    };
    (0..players).map(share).collect()
}

/// The shares of one row by encoded column.
fn shares(shap: &TreeShap, codes: &Codes, row: u32, columns: usize) -> Vec<f64> {
    let mut told = vec![f64::NAN; shap.columns().len()];
    shap.shares(codes, &[row], &mut told);
    let mut all = vec![0.0; columns];
    for (&column, share) in shap.columns().iter().zip(told) {
        all[column as usize] = share;
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn shares_are_shapley_values(
        boosted in ensembles(8, 61, 4), row in proptest::collection::vec(any::<u8>(), 8)
    ) {
        let codes: Vec<&[u8]> = row.iter().map(std::slice::from_ref).collect();
        let told = shares(&boosted.shap(), &codes, 0, 8);
        for (told, exact) in told.into_iter().zip(by_definition(&boosted, &row)) {
            prop_assert!((told - exact).abs() < 1e-9, "{told} is not {exact}");
        }
    }

    #[test]
    fn tables_of_any_size_say_the_same(
        boosted in ensembles(12, 90, 4),
        columns in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 5), 12),
    ) {
        let codes: Vec<&[u8]> = columns.iter().map(Vec::as_slice).collect();
        let without = within(&boosted, None);
        let width = without.columns().len();
        let mut plain = vec![0.0; 5 * width];
        without.shares(&codes, &[0, 1, 2, 3, 4], &mut plain);
        for patterns in [1, 2, 4, 16, 64, 2048] {
            let tables = within(&boosted, Some(Limit { patterns }));
            let mut told = vec![f64::NAN; 5 * width];
            tables.shares(&codes, &[0, 1, 2, 3, 4], &mut told);
            for (told, plain) in told.iter().zip(&plain) {
                prop_assert!((told - plain).abs() < 1e-9, "{told} is not {plain}");
            }
        }
    }

    #[test]
    fn shares_and_base_are_the_logit(
        boosted in ensembles(40, 170, 12),
        columns in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 9..12), 39)
    ) {
        let codes: Vec<&[u8]> = columns.iter().map(Vec::as_slice).collect();
        let shap = boosted.shap();
        let mut logits = [0.0; 13];
        boosted.logits(&codes, &mut logits);
        let rows: Vec<u32> = (0..13).rev().collect();
        let width = shap.columns().len();
        let mut told = vec![f64::NAN; 13 * width];
        shap.shares(&codes, &rows, &mut told);
        for (at, &row) in rows.iter().enumerate() {
            let sum: f64 = told[at * width..(at + 1) * width].iter().sum();
            prop_assert!((sum + shap.base() - logits[row as usize]).abs() < 1e-9);
        }
    }
}

/// The shares of an ensemble by tables of such a size, or without any.
fn within(boosted: &Boosted, limit: Option<Limit>) -> TreeShap {
    let trees: Vec<_> = boosted.trees.iter().map(Branches::twigs).collect();
    let columns = boosted.columns();
    let planned: Vec<_> = trees.iter().map(|twigs| plan(twigs, &columns, limit?)).collect();
    TreeShap::planted(f64::from(boosted.base) / STEPS, columns, &trees, &planned)
}

/// More rows than are told of together, and the same one by one.
#[test]
fn rows_do_not_depend_on_their_neighbours() {
    let boosted = chain(9);
    let shap = boosted.shap();
    let columns: Vec<Vec<u8>> =
        (0..9_usize).map(|c| (0..3000).map(|row| (row * (c + 3) % 23) as u8).collect()).collect();
    let codes: Vec<&[u8]> = columns.iter().map(Vec::as_slice).collect();
    let rows: Vec<u32> = (0..3000).collect();
    let mut together = vec![f64::NAN; 3000 * 9];
    shap.shares(&codes, &rows, &mut together);
    let mut alone = vec![f64::NAN; 9];
    for row in rows {
        shap.shares(&codes, &[row], &mut alone);
        let same = together[row as usize * 9..].iter().zip(&alone);
        assert!(same.into_iter().all(|(a, b)| a.to_bits() == b.to_bits()), "row {row}");
    }
}

/// An ensemble too large for tables of the largest size still has its memory bounded.
#[test]
fn tables_stay_within_their_bounds() {
    let tree = |shift: u32| {
        let mut boosted = chain(12);
        for node in &mut boosted.trees[0].nodes {
            if let Branch::Fork { left_if, .. } = node {
                *left_if = Rule::AtMost { code: 1 + shift as u8, missing: false };
            }
        }
        boosted.trees.remove(0)
    };
    let boosted = Boosted { base: 0, trees: (0..250).cycle().take(500).map(tree).collect() };
    let columns = boosted.columns();
    let trees: Vec<_> = boosted.trees.iter().map(Branches::twigs).collect();
    for patterns in LIMITS {
        let limit = Limit { patterns };
        let cells: usize = trees.iter().map(|t| plan(t, &columns, limit).unwrap().1.cells).sum();
        assert_eq!(plans(&trees, &columns, limit).is_some(), cells <= MOST_CELLS, "{patterns}");
    }
    let fits = |patterns: usize| plans(&trees, &columns, Limit { patterns }).is_some();
    assert!(!fits(LIMITS[0]) && fits(LIMITS[LIMITS.len() - 1]));
    let codes = vec![[40_u8].as_slice(); 12];
    let mut logit = [0.0];
    boosted.logits(&codes, &mut logit);
    let shap = boosted.shap();
    let sum: f64 = shares(&shap, &codes, 0, 12).iter().sum();
    assert!((sum + shap.base() - logit[0]).abs() < 1e-9);
}

/// A tree that asks `depth` columns one after the other.
fn chain(depth: u32) -> Boosted {
    let mut nodes = Vec::new();
    for column in 0..depth {
        let left_if = Rule::AtMost { code: 9, missing: column % 2 == 0 };
        nodes.push(Branch::Fork { column, left_if, right: nodes.len() as u32 + 2, gain: 1.0 });
        nodes.push(Branch::Leaf { steps: 4096 * column as i32, rows: f64::from(column % 7) });
    }
    nodes.push(Branch::Leaf { steps: -1 << 20, rows: 3.0 });
    Boosted { base: 77, trees: vec![Branches { nodes }] }
}

#[test]
fn paths_of_any_length_add_up() {
    for depth in 1..=64 {
        let boosted = chain(depth);
        for code in [0, 9, 10] {
            let column = [code];
            let codes = vec![column.as_slice(); depth as usize];
            let mut logit = [0.0];
            boosted.logits(&codes, &mut logit);
            let shap = boosted.shap();
            let sum: f64 = shares(&shap, &codes, 0, depth as usize).iter().sum();
            assert!((sum + shap.base() - logit[0]).abs() < 1e-9, "{depth} columns");
        }
    }
}

#[test]
fn columns_that_stand_alike_share_alike() {
    // A leaf of logit 2 that both columns must agree on; a quarter of the rows does.
    let node = |logit, split| Node { rows: 1.0, events: 0.0, logit, split };
    let split = |column, left, right| {
        let left_if = Rule::AtMost { code: 1, missing: false };
        Some(Split { column, left_if, left, right, gain: 1.0 })
    };
    let mut nodes = vec![
        node(0.0, split(0, 1, 2)),
        node(0.0, split(1, 3, 4)),
        node(0.0, None),
        node(2.0, None),
        node(0.0, None),
    ];
    nodes[2].rows = 2.0;
    let tree = Tree { nodes };
    assert!((tree.base() - 0.5).abs() < 1e-15);
    let mut told = [0.0; 3];
    tree.contributions(&[&[1], &[1], &[1]], 0, &mut told);
    for (told, exact) in told.into_iter().zip([0.75, 0.75, 0.0]) {
        assert!((told - exact).abs() < 1e-12);
    }
    tree.contributions(&[&[2], &[1], &[1]], 0, &mut told);
    for (told, exact) in told.into_iter().zip([-0.75, 0.25, 0.0]) {
        assert!((told - exact).abs() < 1e-12);
    }
}

#[test]
fn trees_without_nodes_say_nothing() {
    let tree = Tree { nodes: Vec::new() };
    let shap = tree.shap();
    shap.shares(&[], &[0, 5], &mut []);
    assert!(shap.columns().is_empty() && shap.base().abs() < f64::MIN_POSITIVE);
}
