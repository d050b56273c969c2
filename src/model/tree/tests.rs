#![allow(clippy::float_cmp)] // Equal to the last bit is what the laws say.

use proptest::prelude::*;

use super::*;
use crate::error::Kind;

fn node(logit: f64, split: Option<Split>) -> Node {
    Node { rows: 10.0, events: 3.0, logit, split }
}

#[allow(clippy::unnecessary_wraps)] // As a node holds it.
fn split(column: u32, left_if: Rule, left: u32, right: u32) -> Option<Split> {
    Some(Split { column, left_if, left, right, gain: 1.0 })
}

/// Column 0 ordered, asked twice; column 1 a category.
fn example() -> Tree {
    Tree {
        nodes: vec![
            node(-1.0, split(0, Rule::AtMost { code: 5, missing: true }, 1, 2)),
            node(-0.5, split(1, Rule::OneOf { codes: vec![2, 200] }, 3, 4)),
            node(0.5, split(0, Rule::AtMost { code: 9, missing: false }, 5, 6)),
            node(0.25, None),
            node(-2.0, None),
            node(1.0, None),
            node(3.0, None),
        ],
    }
}

#[test]
fn a_tree_predicts_and_explains() {
    let tree = example();
    let codes: [&[u8]; 2] = [&[0, 3, 5, 6, 9, 10, 255], &[2, 3, 200, 0, 0, 0, 9]];
    let mut logits = [0.0; 7];
    tree.logits(&codes, &mut logits);
    assert_eq!(logits, [0.25, -2.0, 0.25, 1.0, 1.0, 3.0, 3.0]);
    let mut parts = [f64::NAN; 2];
    tree.contributions(&codes, 1, &mut parts);
    // The mean is 0.5625; -0.875 with column 0 alone, 0 with column 1 alone, -2 with both.
    for (part, exact) in parts.into_iter().zip([-1.71875, -0.84375]) {
        assert!((part - exact).abs() < 1e-12, "{part} is not {exact}");
    }
    assert_eq!((tree.depth(), tree.leaves(), tree.base()), (2, 4, 0.5625));
    tree.check(&[256, 256]).unwrap();
}

#[test]
fn rules_merge_the_questions_of_a_column() {
    let rules = example().rules();
    let allowed: Vec<Vec<Allowed>> = rules
        .iter()
        .map(|rule| rule.conditions.iter().map(|c| c.allowed.clone()).collect())
        .collect();
    let low = Allowed::Range { from: 1, to: 5, missing: true };
    assert_eq!(
        allowed,
        [
            vec![low.clone(), Allowed::OneOf(vec![2, 200])],
            vec![low, Allowed::NoneOf(vec![2, 200])],
            vec![Allowed::Range { from: 6, to: 9, missing: false }],
            vec![Allowed::Range { from: 10, to: 255, missing: false }],
        ]
    );
}

#[test]
fn short_or_absent_columns_read_as_missing() {
    let tree = example();
    let mut logits = [0.0; 20];
    tree.logits(&[&[9, 9], &[]], &mut logits);
    assert_eq!(logits[..3], [1.0, 1.0, -2.0]);
    tree.logits(&[], &mut logits);
    assert_eq!(logits, [-2.0; 20]);
    assert_eq!(tree.leaf_of(&[], 7), 4);
    Tree { nodes: vec![] }.logits(&[], &mut logits);
    assert_eq!(logits, [0.0; 20]);
}

#[test]
fn a_tree_that_cannot_be_is_refused() {
    let broken = |change: fn(&mut Tree)| {
        let mut tree = example();
        change(&mut tree);
        tree.check(&[11, 201]).unwrap_err().kind()
    };
    let changes: [fn(&mut Tree); 10] = [
        |tree| tree.nodes.clear(),
        |tree| tree.nodes[3].logit = f64::NAN,
        |tree| tree.nodes[3].events = 11.0,
        |tree| tree.nodes[3].rows = f64::INFINITY,
        |tree| tree.nodes.push(node(0.0, None)),
        |tree| tree.nodes[2].split = split(0, Rule::AtMost { code: 9, missing: false }, 5, 5),
        |tree| tree.nodes[2].split = split(0, Rule::AtMost { code: 9, missing: false }, 1, 6),
        |tree| tree.nodes[2].split = split(2, Rule::AtMost { code: 9, missing: false }, 5, 6),
        |tree| tree.nodes[2].split = split(0, Rule::AtMost { code: 11, missing: false }, 5, 6),
        |tree| tree.nodes[2].split = split(1, Rule::OneOf { codes: vec![3, 1] }, 5, 6),
    ];
    for change in changes {
        assert_eq!(broken(change), Kind::BadBundle);
    }
    example().check(&[11, 201]).unwrap();
}

fn rules() -> impl Strategy<Value = Rule> {
    prop_oneof![
        (any::<u8>(), any::<bool>()).prop_map(|(code, missing)| Rule::AtMost { code, missing }),
        proptest::collection::btree_set(any::<u8>(), 0..9)
            .prop_map(|codes| Rule::OneOf { codes: codes.into_iter().collect() }),
    ]
}

/// Any nodes at all: children anywhere, columns that are not there.
fn wild_trees() -> impl Strategy<Value = Tree> {
    let split = (0_u32..6, rules(), 0_u32..24, 0_u32..24);
    proptest::collection::vec((-9.0..9.0, proptest::option::of(split)), 0..24).prop_map(|nodes| {
        Tree {
            nodes: nodes
                .into_iter()
                .map(|(logit, asked)| {
                    node(logit, asked.and_then(|(column, rule, l, r)| split_of(column, rule, l, r)))
                })
                .collect(),
        }
    })
}

fn split_of(column: u32, rule: Rule, left: u32, right: u32) -> Option<Split> {
    split(column, rule, left, right)
}

/// Trees that hold together: each node is asked or not, children in preorder.
fn sound_trees() -> impl Strategy<Value = Tree> {
    proptest::collection::vec((-9.0..9.0, 0_u32..4, rules(), any::<bool>()), 1..40).prop_map(
        |seeds| {
            let mut nodes = vec![node(seeds[0].0, None)];
            for (at, (_, column, rule, asked)) in seeds.iter().enumerate() {
                if *asked && at < nodes.len() {
                    let next = nodes.len() as u32;
                    nodes[at].split = split(*column, rule.clone(), next, next + 1);
                    nodes.push(node(f64::from(next), None));
                    nodes.push(node(f64::from(next) + 0.5, None));
                }
            }
            Tree { nodes }
        },
    )
}

proptest! {
    #[test]
    fn any_tree_is_walked_or_refused(
        tree in wild_trees(), column in proptest::collection::vec(any::<u8>(), 0..40)
    ) {
        let codes: [&[u8]; 3] = [&column, &column, &[]];
        let mut out = vec![0.0; 37];
        tree.logits(&codes, &mut out);
        let mut parts = [0.0; 3];
        tree.contributions(&codes, 3, &mut parts);
        let _ = (tree.check(&[256, 256, 256]), tree.depth(), tree.rules());
    }

    #[test]
    fn the_compiled_walk_is_the_plain_walk(
        tree in sound_trees(), columns in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 53), 4)
    ) {
        let codes: Vec<&[u8]> = columns.iter().map(Vec::as_slice).collect();
        let mut logits = vec![0.0; 53];
        tree.logits(&codes, &mut logits);
        let rules = tree.rules();
        for (row, logit) in logits.into_iter().enumerate() {
            let leaf = tree.leaf_of(&codes, row);
            prop_assert_eq!(logit, tree.nodes[leaf].logit);
            let of_kind = |c: &&Condition| !matches!(c.allowed, Allowed::Range { to: 255, .. });
            let rule = rules.iter().find(|rule| rule.leaf as usize == leaf).unwrap();
            for condition in rule.conditions.iter().filter(of_kind) {
                prop_assert!(condition.allowed.contains(columns[condition.column as usize][row]));
            }
        }
    }

    #[test]
    fn a_tree_reads_back(tree in sound_trees()) {
        let text = serde_json::to_string(&tree).unwrap();
        prop_assert_eq!(serde_json::from_str::<Tree>(&text).unwrap(), tree);
    }
}
