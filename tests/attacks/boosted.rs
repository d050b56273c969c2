//! Boosted trees and blends that cannot be, under a right digest.

use reveille::bundle::{from_bytes, to_bytes};
use serde_json::{Value, json};

use super::{boosted_json, refused, sample, sealed};

fn changed(pointer: &str, to: Value) -> Vec<u8> {
    let mut value: Value = serde_json::from_str(&boosted_json()).unwrap();
    *value.pointer_mut(pointer).unwrap_or_else(|| panic!("no {pointer}")) = to;
    sealed(&value.to_string())
}

fn at_fault(pointer: &str, to: impl Into<Value>, words: &str) {
    let to = to.into();
    let error = refused(&changed(pointer, to.clone())).to_string();
    assert!(error.contains(words), "{pointer} = {to}: {error}");
}

fn leaf() -> Value {
    json!({"leaf": {"steps": 1, "rows": 1.0}})
}

fn fork(right: usize) -> Value {
    let left_if = json!({"at_most": {"code": 1, "missing": false}});
    json!({"fork": {"column": 0, "left_if": left_if, "right": right, "gain": 0.5}})
}

#[test]
fn what_is_written_reads_back() {
    let bytes = to_bytes(&sample::boosted()).unwrap();
    assert_eq!(from_bytes(&bytes).unwrap(), sample::boosted());
}

#[test]
fn boosted_trees_that_are_none() {
    let trees = "/churn/fitted/trees";
    let at = |end: &str| format!("{trees}/0{end}");
    for right in [0, 1, 2, 3, 5, 99, u32::MAX] {
        at_fault(&at("/0/fork/right"), right, "preorder");
    }
    for right in [0, 1, 2, 4] {
        at_fault(&at("/1/fork/right"), right, "preorder");
    }
    at_fault(&at("/0/fork/right"), u64::from(u32::MAX) + 1, "JSON");
    at_fault(&at("/0/fork/right"), -1, "JSON");
    at_fault(&at(""), json!([]), "preorder");
    at_fault(&at(""), json!([leaf(), leaf()]), "preorder");
    at_fault(&at(""), json!([fork(1)]), "preorder");
    at_fault(&at(""), json!([fork(2), leaf()]), "preorder");
    at_fault(&at("/0/fork/column"), 3, "no such column");
    at_fault(&at("/0/fork/left_if/at_most/code"), 5, "out of range");
    at_fault(&at("/0/fork/left_if/at_most/code"), 256, "JSON");
    at_fault(&at("/1/fork/left_if/one_of/codes"), json!([4, 2]), "do not rise");
    at_fault(&at("/1/fork/left_if/one_of/codes"), json!([2, 5]), "out of range");
    at_fault(&at("/0/fork/gain"), 1e300, "not understood"); // Beyond an f32.
    at_fault(&at("/2/leaf/rows"), -1.0, "rows that cannot be");
    at_fault(&at("/2/leaf/rows"), 1e300, "rows that cannot be");
    at_fault(&at("/2/leaf/steps"), u64::from(u32::MAX), "JSON");
    at_fault("/churn/fitted/base", 0.5, "JSON");
    at_fault("/churn/columns", json!(["country"]), "was not shown");
}

#[test]
fn too_many_trees_nodes_and_questions() {
    let trees = "/churn/fitted/trees";
    let chain = |depth: usize| {
        let forks = (0..depth).flat_map(|level| [fork(2 * level + 2), leaf()]);
        Value::Array(forks.chain([leaf()]).collect())
    };
    assert!(from_bytes(&changed(&format!("{trees}/0"), chain(64))).is_ok());
    at_fault(&format!("{trees}/0"), chain(65), "too deep");
    at_fault(&format!("{trees}/0"), chain(2000), "too deep");
    at_fault(&format!("{trees}/0"), chain(2048), "too many");
    let stumps = |count: usize| Value::Array(vec![json!([leaf()]); count]);
    assert!(from_bytes(&changed(trees, stumps(5000))).is_ok());
    at_fault(trees, stumps(5001), "too many");
}

#[test]
fn blends_that_cannot_be() {
    let parts = "/reactivation/fitted/parts";
    at_fault(parts, json!([]), "without parts");
    at_fault(&format!("{parts}/0/weight"), 0.0, "not positive");
    at_fault(&format!("{parts}/0/weight"), -1.0, "not positive");
    at_fault(&format!("{parts}/1/weight"), 1e300, "beyond all measure");
    at_fault(&format!("{parts}/1/weight"), Value::Null, "JSON");
    at_fault("/reactivation/fitted/intercept", 1e300, "beyond all measure");
    let whole: Value = serde_json::from_str(&boosted_json()).unwrap();
    let fitted = |pointer: &str| whole.pointer(pointer).unwrap().clone();
    let twice = fitted(&format!("{parts}/1/fitted"));
    at_fault(&format!("{parts}/0/fitted"), twice, "same learner twice");
    at_fault(
        &format!("{parts}/0/fitted"),
        fitted("/reactivation/fitted"),
        "a blend within a blend",
    );
    at_fault(&format!("{parts}/1/fitted/trees/0/0/fork/right"), 3, "parts[1].fitted");
    at_fault(&format!("{parts}/1/fitted/trees/0/0/fork/right"), 3, "preorder");
    at_fault(&format!("{parts}/0/fitted/nodes/0/split/left"), 0, "before its parent");
    let mut deep = fitted("/reactivation/fitted");
    for _ in 0..200 {
        deep = json!({"learner": "blend", "intercept": 0.0,
            "parts": [{"weight": 1.0, "fitted": deep}]});
    }
    refused(&changed("/reactivation/fitted", deep));
}
