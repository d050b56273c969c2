#![allow(clippy::float_cmp)] // Equal to the last bit is what the laws say.

use proptest::prelude::*;

use super::*;

pub(in crate::model) fn rules() -> impl Strategy<Value = Rule> {
    prop_oneof![
        (any::<u8>(), any::<bool>()).prop_map(|(code, missing)| Rule::AtMost { code, missing }),
        proptest::collection::btree_set(any::<u8>(), 0..9)
            .prop_map(|codes| Rule::OneOf { codes: codes.into_iter().collect() }),
    ]
}

/// A tree in preorder: each part of the seeds has a fork of the first, or is a leaf.
fn grow(seeds: &[(u32, Rule, i32, f64, u8)], nodes: &mut Vec<Branch>) {
    let Some(((column, left_if, steps, rows, cut), rest)) = seeds.split_first() else { return };
    let Some(cut) = rest.len().checked_sub(2).map(|most| 1 + usize::from(*cut) * most / 256) else {
        nodes.push(Branch::Leaf { steps: *steps, rows: *rows });
        return;
    };
    let at = nodes.len();
    nodes.push(Branch::Fork { column: *column, left_if: left_if.clone(), right: 0, gain: 1.0 });
    grow(&rest[..cut], nodes);
    let after = nodes.len() as u32;
    if let Branch::Fork { right, .. } = &mut nodes[at] {
        *right = after;
    }
    grow(&rest[cut..], nodes);
}

/// Trees that ask `columns` columns, of up to about half as many leaves as there are `seeds`.
pub(in crate::model) fn trees(columns: u32, seeds: usize) -> impl Strategy<Value = Branches> {
    let rows = prop_oneof![4 => 0.0..1000.0, 1 => Just(0.0)];
    let seed = (0..columns, rules(), -2_000_000..2_000_000_i32, rows, any::<u8>());
    proptest::collection::vec(seed, 1..=seeds).prop_map(|seeds| {
        let mut nodes = Vec::new();
        grow(&seeds, &mut nodes);
        Branches { nodes }
    })
}

pub(in crate::model) fn ensembles(
    columns: u32,
    seeds: usize,
    most: usize,
) -> impl Strategy<Value = Boosted> {
    let trees = proptest::collection::vec(trees(columns, seeds), 0..=most);
    (-9_000_000..9_000_000_i32, trees).prop_map(|(base, trees)| Boosted { base, trees })
}

fn fork(column: u32, right: u32) -> Branch {
    let left_if = Rule::AtMost { code: 5, missing: false };
    Branch::Fork { column, left_if, right, gain: 1.0 }
}

fn leaf(steps: i32) -> Branch {
    Branch::Leaf { steps, rows: 1.0 }
}

#[test]
fn trees_out_of_preorder_are_known_and_add_nothing() {
    let depth = |nodes: &[Branch]| Branches { nodes: nodes.to_vec() }.depth();
    assert_eq!(depth(&[leaf(1)]), Some(0));
    assert_eq!(depth(&[fork(0, 2), leaf(1), leaf(2)]), Some(1));
    assert_eq!(depth(&[fork(0, 4), fork(1, 3), leaf(1), leaf(2), leaf(3)]), Some(2));
    assert_eq!(depth(&[fork(0, 2), leaf(1), fork(1, 4), leaf(2), leaf(3)]), Some(2));
    let broken: [&[Branch]; 7] = [
        &[],
        &[fork(0, 1)],
        &[fork(0, 2), leaf(1)],
        &[fork(0, 1), leaf(1), leaf(2)],
        &[leaf(1), leaf(2)],
        &[fork(0, 0), leaf(1), leaf(2)],
        &[fork(0, 3), leaf(1), leaf(2), leaf(3)],
    ];
    for nodes in broken {
        assert_eq!(depth(nodes), None, "{nodes:?}");
        let one = Boosted { base: 1 << 20, trees: vec![Branches { nodes: nodes.to_vec() }] };
        let mut out = [0.0];
        one.logits(&[&[3], &[7]], &mut out);
        assert_eq!((out[0], one.shap().base()), (1.0, 1.0));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn the_compiled_ensemble_is_the_plain_walk(
        small in ensembles(7, 63, 40),
        large in ensembles(7, 170, 12),
        columns in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..700), 6),
        rows in 0_usize..700,
    ) {
        let both = [small.trees.clone(), large.trees].concat();
        for boosted in [Boosted { base: small.base, trees: both }, small] {
            // One column of the seven is not there, and most are too short.
            let codes: Vec<&[u8]> = columns.iter().map(Vec::as_slice).collect();
            let mut logits = vec![f64::NAN; rows];
            boosted.logits(&codes, &mut logits);
            for (row, logit) in logits.into_iter().enumerate() {
                let steps: i64 =
                    boosted.trees.iter().map(|tree| i64::from(tree.steps(&codes, row))).sum();
                prop_assert_eq!(logit, (i64::from(boosted.base) + steps) as f64 / STEPS);
            }
        }
    }

    #[test]
    fn an_ensemble_reads_back(boosted in ensembles(9, 40, 3)) {
        let text = serde_json::to_string(&boosted).unwrap();
        prop_assert_eq!(serde_json::from_str::<Boosted>(&text).unwrap(), boosted);
    }
}
