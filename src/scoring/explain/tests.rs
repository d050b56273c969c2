use super::*;
use crate::{
    bundle::Part,
    model::{
        Boosted, Tree,
        boosted::{Branch, Branches},
        scorecard::Group,
        tree::{Node, Rule, Split},
    },
    scoring::predictor::logits,
};

#[test]
fn reasons_point_where_the_score_lies() {
    let table = |second: f64| {
        let mut table = [0.0; 256];
        table[1] = second;
        table
    };
    let of_columns = [table(0.5), table(0.9), table(-0.3), table(0.1), table(0.05)];
    let with = |actionable: &[u32]| -> Vec<Table<'_>> {
        (0..).zip(&of_columns).map(|(c, table)| (c, actionable.contains(&c), table)).collect()
    };
    let tables = with(&[]);
    let codes: Vec<&[u8]> = vec![&[1, 0], &[1, 0], &[1, 1], &[1, 0], &[1, 0]];
    let told = additive(&tables, 0.0, &codes, &[0, 1], &[1.2, -0.3]);
    let columns = |reasons: Reasons| reasons.map(|r| r.map(|r| r.column));
    assert_eq!(columns(told[0]), [Some(1), Some(0), Some(3)]);
    assert_eq!(columns(told[1]), [Some(2), None, None]);
    assert_eq!(told[1][0].unwrap().direction(), Direction::Lowers);
    // Those that someone can act on come first …
    let told = additive(&with(&[0, 3]), 0.0, &codes, &[0, 1], &[1.2, -0.3]);
    assert_eq!(columns(told[0]), [Some(0), Some(3), Some(1)]);
    assert_eq!(columns(told[1]), [Some(2), None, None]);
    // … and one that was too weak takes the place of the third, where no other is among them.
    let told = additive(&with(&[4]), 0.0, &codes, &[0], &[1.2]);
    assert_eq!(columns(told[0]), [Some(4), Some(1), Some(0)]);
    assert!((told[0][0].unwrap().contribution - 0.05).abs() < 1e-12);
}

fn card() -> Scorecard {
    let group = |logit| Group { rows: 5.0, events: 1.0, woe: logit, logit };
    let column = |column, logit: f64| CardColumn {
        column,
        coefficient: 1.0,
        information_value: 0.3,
        groups: vec![group(0.0), group(logit)],
        group_of: vec![0, 1, 0],
        mean: logit / 3.0,
    };
    Scorecard { intercept: -1.25, columns: vec![column(0, 0.75), column(3, -0.5)] }
}

fn tree() -> Tree {
    let node = |rows, logit, split| Node { rows, events: 0.0, logit, split };
    let left_if = Rule::OneOf { codes: vec![0, 2] };
    let split = Some(Split { column: 1, left_if, left: 1, right: 2, gain: 1.0 });
    Tree { nodes: vec![node(8.0, 0.0, split), node(3.0, -0.4, None), node(5.0, 0.9, None)] }
}

fn boosted() -> Boosted {
    let fork = |column, right| {
        let left_if = Rule::AtMost { code: 1, missing: true };
        Branch::Fork { column, left_if, right, gain: 1.0 }
    };
    let leaf = |steps, rows| Branch::Leaf { steps, rows };
    let nodes =
        vec![fork(2, 2), leaf(-300_000, 4.0), fork(0, 4), leaf(70_000, 2.0), leaf(900_000, 1.0)];
    Boosted { base: -1_000_000, trees: vec![Branches { nodes: nodes.clone() }, Branches { nodes }] }
}

#[test]
fn contributions_and_base_are_the_logit_of_every_learner() {
    let part = |weight, fitted| Part { weight, fitted };
    let parts = vec![
        part(0.25, Fitted::Logistic(card())),
        part(0.5, Fitted::Tree(tree())),
        part(0.3, Fitted::Boost(boosted())),
    ];
    let alone = Fitted::Boost(Boosted { trees: Vec::new(), ..boosted() });
    let none = Fitted::Blend(Blend { intercept: 0.5, parts: vec![part(2.0, alone)] });
    let blend = Fitted::Blend(Blend { intercept: 0.125, parts: parts.clone() });
    let all = parts.into_iter().map(|part| part.fitted).chain([blend, none]);
    let columns: Vec<Vec<u8>> = (0..4_u32)
        .map(|c| (0..81_u32).map(|row| (row / 3_u32.pow(c) % 3) as u8).collect())
        .collect();
    let codes: Vec<&[u8]> = columns.iter().map(Vec::as_slice).collect();
    let rows: Vec<u32> = (0..81).rev().collect();
    for fitted in all {
        let logits = logits(&fitted, &codes, 81);
        let explainer = Explainer::new(&fitted);
        let width = explainer.columns().len();
        let mut told = vec![f64::NAN; 81 * width];
        explainer.contributions(&codes, &rows, &mut told);
        let reasons = explainer.explain(&codes, &rows, &logits, &[]);
        for (at, &row) in rows.iter().enumerate() {
            let of_row = &told[at * width..(at + 1) * width];
            let off = of_row.iter().sum::<f64>() + explainer.base() - logits[row as usize];
            assert!(off.abs() < 1e-12, "{off} in row {row} of {fitted:?}");
            let towards = |c: &&f64| **c * (logits[row as usize] - explainer.base()) > 1e-9;
            let count = of_row.iter().filter(towards).count();
            assert_eq!(reasons[at].iter().flatten().count(), count.min(3));
        }
    }
}
