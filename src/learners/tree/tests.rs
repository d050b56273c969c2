#![allow(clippy::float_cmp)] // Equal to the last bit is what the laws say.

use linfa::dataset::DatasetBase;
use proptest::prelude::*;

use super::*;
use crate::dataset::{BinnedMatrix, CodeKind};

/// A table with outcomes and, where not empty, weights.
#[derive(Debug, Clone)]
struct Table {
    matrix: BinnedMatrix,
    events: Vec<bool>,
    weights: Vec<f32>,
}

impl Table {
    fn new(kinds: Vec<CodeKind>, columns: Vec<Vec<u8>>, events: Vec<bool>) -> Self {
        let code_counts = columns
            .iter()
            .map(|column| column.iter().max().map_or(1, |&most| u16::from(most) + 1))
            .collect();
        let names = (0..columns.len()).map(|column| format!("x{column}")).collect();
        let matrix = BinnedMatrix { rows: events.len(), names, kinds, code_counts, columns };
        Self { matrix, events, weights: Vec::new() }
    }

    fn index(&self) -> Vec<u32> {
        (0..self.events.len() as u32).collect()
    }

    fn fit(&self, params: &TreeParams) -> Result<Tree> {
        let index = self.index();
        let rows = Rows { matrix: &self.matrix, index: &index };
        let training = DatasetBase::new(rows, Array1::from_vec(self.events.clone()));
        params.fit(&training.with_weights(Array1::from_vec(self.weights.clone())))
    }

    /// The rows named, in that order.
    fn rows(&self, index: &[usize]) -> Self {
        let columns = self.matrix.columns.iter();
        Self {
            matrix: BinnedMatrix {
                rows: index.len(),
                columns: columns.map(|c| index.iter().map(|&row| c[row]).collect()).collect(),
                ..self.matrix.clone()
            },
            events: index.iter().map(|&row| self.events[row]).collect(),
            weights: Vec::new(),
        }
    }

    fn logits(&self, tree: &Tree) -> Vec<f64> {
        let codes: Vec<&[u8]> = self.matrix.columns.iter().map(Vec::as_slice).collect();
        let mut logits = vec![0.0; self.events.len()];
        tree.logits(&codes, &mut logits);
        logits
    }
}

/// Tables of 20 to 150 rows with both outcomes, whose outcome leans on the first column.
fn tables() -> impl Strategy<Value = Table> {
    (1_usize..5, 20_usize..150).prop_flat_map(|(columns, rows)| {
        let kind = prop_oneof![Just(CodeKind::Ordered), Just(CodeKind::Category)];
        let column = (1_u8..30).prop_flat_map(move |most| {
            proptest::collection::vec(prop_oneof![1 => Just(0), 8 => 0..=most], rows)
        });
        (
            proptest::collection::vec(kind, columns),
            proptest::collection::vec(column, columns),
            proptest::collection::vec(0_u8..30, rows),
        )
            .prop_map(|(kinds, columns, noise)| {
                let mut events: Vec<bool> =
                    noise.iter().zip(&columns[0]).map(|(noise, code)| noise < code).collect();
                events[0] = true;
                events[1] = false;
                Table::new(kinds, columns, events)
            })
    })
}

fn growers() -> impl Strategy<Value = TreeParams> {
    (any::<bool>(), 1_u8..6, 1_usize..7).prop_map(|(linfa, min_leaf, max_depth)| TreeParams {
        grower: if linfa { Grower::Linfa } else { Grower::Histogram },
        min_leaf: f64::from(min_leaf),
        max_depth,
        prune_folds: 3,
        ..TreeParams::default()
    })
}

fn on_threads<R: Send>(threads: usize, work: impl FnOnce() -> R + Send) -> R {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
}

fn bytes(tree: &Tree) -> String {
    serde_json::to_string(tree).unwrap()
}

/// A large table made by hash, so that many tasks take part.
fn large(rows: usize) -> Table {
    let word = |row: usize, column: usize| content::mix((row * 64 + column) as u64);
    let columns: Vec<Vec<u8>> = (0..20)
        .map(|column| (0..rows).map(|row| (word(row, column) % 200) as u8).collect())
        .collect();
    let events = (0..rows)
        .map(|row| {
            let lean = u64::from(columns[0][row]) + u64::from(columns[17][row] / 3 % 2 * 60);
            word(row, 40) % 400 < lean
        })
        .collect();
    let kinds = (0..20)
        .map(|column| if column % 5 == 2 { CodeKind::Category } else { CodeKind::Ordered })
        .collect();
    Table::new(kinds, columns, events)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_tree_is_valid_and_keeps_its_limits(table in tables(), params in growers()) {
        let tree = table.fit(&params).unwrap();
        tree.check(&table.matrix.code_counts).unwrap();
        prop_assert!(tree.depth() <= params.max_depth);
        prop_assert!(tree.leaves() <= params.max_leaves);
        prop_assert_eq!(tree.nodes[0].rows, table.events.len() as f64);
        for node in &tree.nodes {
            prop_assert!(tree.leaves() == 1 || node.rows >= params.min_leaf);
            if let Some(split) = &node.split {
                let (left, right) =
                    (&tree.nodes[split.left as usize], &tree.nodes[split.right as usize]);
                prop_assert_eq!(left.rows + right.rows, node.rows);
                prop_assert_eq!(left.events + right.events, node.events);
            }
        }
    }

    #[test]
    fn row_order_is_indifferent(table in tables(), params in growers(), turn in 0_usize..150) {
        let rows = table.events.len();
        let mut order: Vec<usize> = (0..rows).rev().collect();
        order.rotate_left(turn % rows);
        let (tree, other) = (table.fit(&params).unwrap(), table.rows(&order).fit(&params).unwrap());
        prop_assert_eq!(bytes(&tree), bytes(&other));
    }

    #[test]
    fn a_row_k_times_is_a_row_of_weight_k(
        table in tables(), params in growers(), times in proptest::collection::vec(1_usize..5, 150)
    ) {
        let rows = table.events.len();
        let repeated: Vec<usize> =
            (0..rows).flat_map(|row| std::iter::repeat_n(row, times[row])).collect();
        let mut weighted = table.clone();
        weighted.weights = (0..rows).map(|row| times[row] as f32).collect();
        let (tree, other) =
            (weighted.fit(&params).unwrap(), table.rows(&repeated).fit(&params).unwrap());
        prop_assert_eq!(bytes(&tree), bytes(&other));
    }

    #[test]
    fn a_constant_column_is_ignored(table in tables(), params in growers(), code in any::<u8>()) {
        let mut wider = table.clone();
        wider.matrix.columns.push(vec![code; table.events.len()]);
        wider.matrix.kinds.push(CodeKind::Ordered);
        wider.matrix.names.push("constant".into());
        wider.matrix.code_counts.push(256);
        prop_assert_eq!(bytes(&table.fit(&params).unwrap()), bytes(&wider.fit(&params).unwrap()));
    }

    #[test]
    fn a_monotone_recoding_leaves_the_logits_alone(table in tables(), params in growers()) {
        let mut recoded = table.clone();
        for (column, kind) in recoded.matrix.columns.iter_mut().zip(&table.matrix.kinds) {
            if *kind == CodeKind::Ordered {
                for code in column.iter_mut().filter(|code| **code > 0) {
                    *code = 3 * *code + u8::from(*code > 7) * 40 + u8::from(*code > 15) * 50;
                }
            }
        }
        let (tree, other) = (table.fit(&params).unwrap(), recoded.fit(&params).unwrap());
        prop_assert_eq!(table.logits(&tree), recoded.logits(&other));
    }

    #[test]
    fn contributions_add_up(table in tables(), params in growers()) {
        let tree = table.fit(&params).unwrap();
        let codes: Vec<&[u8]> = table.matrix.columns.iter().map(Vec::as_slice).collect();
        let mut parts = vec![f64::NAN; codes.len()];
        for (row, logit) in table.logits(&tree).into_iter().enumerate() {
            tree.contributions(&codes, row, &mut parts);
            prop_assert!((tree.base() + parts.iter().sum::<f64>() - logit).abs() < 1e-12);
            prop_assert_eq!(tree.nodes[tree.leaf_of(&codes, row)].logit, logit);
        }
    }

    #[test]
    fn weights_of_any_size_fit(
        table in tables(), weights in proptest::collection::vec(0.0_f32..3e38, 150), params in growers()
    ) {
        let mut weighted = table.clone();
        weighted.weights = weights[..table.events.len()].to_vec();
        match weighted.fit(&params) {
            Ok(tree) => tree.check(&table.matrix.code_counts).unwrap(),
            Err(error) => prop_assert_eq!(error.kind(), Kind::OneClass),
        }
    }
}

#[test]
fn threads_are_indifferent() {
    let table = large(120_000);
    for grower in [Grower::Histogram, Grower::Linfa] {
        let params = TreeParams { grower, linfa_rows_at_most: 3000, ..TreeParams::default() };
        let trees: Vec<String> = [1, 2, 8]
            .into_iter()
            .map(|threads| on_threads(threads, || bytes(&table.fit(&params).unwrap())))
            .collect();
        assert_eq!(trees[0], trees[1]);
        assert_eq!(trees[0], trees[2]);
        assert!(trees[0].matches("gain").count() > 3);
    }
}

#[test]
fn column_order_is_indifferent() {
    let table = large(5000);
    let mut turned = table.clone();
    turned.matrix.columns.reverse();
    turned.matrix.kinds.reverse();
    turned.matrix.names.reverse();
    turned.matrix.code_counts.reverse();
    let params = TreeParams::default();
    let (tree, other) = (table.fit(&params).unwrap(), turned.fit(&params).unwrap());
    assert!(tree.leaves() > 2);
    assert_eq!(table.logits(&tree), turned.logits(&other));
}

#[test]
fn what_cannot_be_fitted_is_refused() {
    let kind = |table: &Table| table.fit(&TreeParams::default()).unwrap_err().kind();
    let table = |events: Vec<bool>| {
        Table::new(vec![CodeKind::Ordered], vec![vec![1; events.len()]], events)
    };
    assert_eq!(kind(&table(vec![])), Kind::EmptyTable);
    assert_eq!(kind(&table(vec![true])), Kind::OneClass);
    assert_eq!(kind(&table(vec![false; 50])), Kind::OneClass);
    for weight in [f32::NAN, f32::INFINITY, -1.0] {
        let mut table = table(vec![true, false]);
        table.weights = vec![1.0, weight];
        assert_eq!(kind(&table), Kind::BadParameter);
    }
    let mut weightless = table(vec![true, false]);
    weightless.weights = vec![1.0, 0.0];
    assert_eq!(kind(&weightless), Kind::OneClass);
    weightless.weights = vec![1.0];
    assert_eq!(kind(&weightless), Kind::BadParameter);
}

#[test]
fn columns_that_tell_nothing_give_one_leaf() {
    for grower in [Grower::Histogram, Grower::Linfa] {
        let params = TreeParams { grower, ..TreeParams::default() };
        let events: Vec<bool> = (0..100).map(|row| row % 4 == 0).collect();
        for columns in [vec![], vec![vec![0; 100]], vec![vec![7; 100]; 3]] {
            let kinds = vec![CodeKind::Ordered; columns.len()];
            let tree = Table::new(kinds, columns, events.clone()).fit(&params).unwrap();
            assert_eq!(tree.nodes.len(), 1);
            assert!((tree.base() - (1.0_f64 / 3.0).ln()).abs() < 1e-12);
        }
    }
}

#[test]
fn all_256_codes_are_taken() {
    for (grower, kind) in [
        (Grower::Histogram, CodeKind::Ordered),
        (Grower::Histogram, CodeKind::Category),
        (Grower::Linfa, CodeKind::Ordered),
        (Grower::Linfa, CodeKind::Category),
    ] {
        let codes: Vec<u8> = (0..5120).map(|row| (row % 256) as u8).collect();
        let events = codes.iter().map(|&code| code > 200 || code == 0).collect();
        let table = Table::new(vec![kind], vec![codes], events);
        let tree = table.fit(&TreeParams { grower, ..TreeParams::default() }).unwrap();
        tree.check(&[256]).unwrap();
        for (logit, &event) in table.logits(&tree).iter().zip(&table.events) {
            assert_eq!(*logit > 0.0, event, "{grower:?} {kind:?}");
        }
    }
}

#[test]
fn parameters_out_of_range_are_named() {
    let default = TreeParams::default;
    for (params, name) in [
        (TreeParams { max_depth: 0, ..default() }, "max_depth"),
        (TreeParams { max_leaves: 1, ..default() }, "max_leaves"),
        (TreeParams { min_leaf: f64::NAN, ..default() }, "min_leaf"),
        (TreeParams { smoothing: Some(0.0), ..default() }, "smoothing"),
        (TreeParams { penalty: Some(f64::INFINITY), ..default() }, "penalty"),
        (TreeParams { prune_folds: 1, ..default() }, "prune_folds"),
        (TreeParams { linfa_rows_at_most: 1_000_000, ..default() }, "linfa_rows_at_most"),
        (TreeParams { linfa_max_depth: 100, ..default() }, "linfa_max_depth"),
    ] {
        let error = params.check().unwrap_err();
        assert_eq!(error.kind(), Kind::BadParameter);
        assert!(error.to_string().contains(name), "{error}");
    }
    default().check().unwrap();
}

#[test]
fn linfas_weights_cannot_tie() {
    for (events, others) in [(1, 1), (2, 2), (3, 9), (1000, 3000), (2345, 17_655), (10_000, 10_000)]
    {
        let weight = by_linfa::balance(events, others).unwrap();
        assert!((f64::from(weight) * events as f64 / others as f64 - 1.0).abs() < 0.1);
        let mut sum = 0.0_f32;
        for _ in 0..events {
            sum += weight;
            assert!(sum > others as f32 || sum.fract() > 0.0);
        }
    }
}

#[test]
fn predicting_reads_the_index() {
    let table = large(2000);
    let tree = table.fit(&TreeParams::default()).unwrap();
    let index = [5, 1999, 5, 0];
    let mut logits = Array1::zeros(4);
    tree.predict_inplace(&Rows { matrix: &table.matrix, index: &index }, &mut logits);
    let all = table.logits(&tree);
    for (logit, row) in logits.iter().zip(index) {
        assert_eq!(*logit, all[row as usize]);
    }
}
