//! Hostile JSON under a right digest.

use proptest::prelude::*;
use reveille::bundle::{from_bytes, to_bytes};
use serde_json::Value;

use super::{boosted_json, json, refused, sealed};

/// The bundle's JSON with one value changed.
fn changed(pointer: &str, to: Value) -> String {
    let mut value: Value = serde_json::from_str(&json()).unwrap();
    *value.pointer_mut(pointer).unwrap_or_else(|| panic!("no {pointer}")) = to;
    value.to_string()
}

fn at_fault(pointer: &str, to: impl Into<Value>, words: &str) {
    let to = to.into();
    let error = refused(&sealed(&changed(pointer, to.clone()))).to_string();
    assert!(error.contains(words), "{pointer} = {to}: {error}");
}

const TREE: &str = "/reactivation/fitted/nodes";
const CARD: &str = "/churn/fitted/columns/0";

#[test]
fn trees_that_are_none() {
    let at = |end: &str| format!("{TREE}{end}");
    at_fault(&at("/0/split/left"), 0, "before its parent");
    at_fault(&at("/1/split/right"), 0, "before its parent");
    at_fault(&at("/1/split/right"), 1, "before its parent");
    at_fault(&at("/1/split/right"), 3, "another parent");
    at_fault(&at("/1/split/right"), 2, "another parent");
    at_fault(&at("/1/split/right"), 99, "not there");
    at_fault(&at("/1/split/right"), u32::MAX, "not there");
    at_fault(&at("/1/split/right"), u64::from(u32::MAX) + 1, "JSON");
    at_fault(&at("/1/split"), Value::Null, "without a parent");
    at_fault(&at("/0/split/column"), 3, "no such column");
    at_fault(&at("/0/split/column"), -1, "JSON");
    at_fault(&at("/0/split/left_if/at_most/code"), 4, "out of range");
    at_fault(&at("/0/split/left_if/at_most/code"), 256, "JSON");
    at_fault(&at("/1/split/left_if/one_of/codes"), serde_json::json!([3, 2]), "do not rise");
    at_fault(&at("/1/split/left_if/one_of/codes"), serde_json::json!([2, 2]), "do not rise");
    at_fault(&at("/1/split/left_if/one_of/codes"), serde_json::json!([2, 5]), "out of range");
    at_fault(&at("/0/rows"), -1.0, "fit together");
    at_fault(&at("/0/events"), 6001.0, "fit together");
    at_fault(&at("/0/logit"), 1e300, "beyond all measure");
    at_fault(TREE, serde_json::json!([]), "without nodes");
}

#[test]
fn peers_that_are_no_groups() {
    at_fault("/peers/ages", serde_json::json!([40.0, 40.0]), "do not rise");
    at_fault("/peers/ages", serde_json::json!([40.0, 50.0]), "one number a group");
    at_fault("/peers/bands", serde_json::json!(vec![0.0; 30]), "too many");
    at_fault("/peers/age", " ", "empty");
    at_fault("/peers/columns/0/median", serde_json::json!([1.0]), "one number a group");
    at_fault("/peers/columns/0/upper/1", "x", "JSON");
    at_fault("/playbook", "", "empty");
    at_fault("/playbook", "x".repeat((1 << 20) + 1), "too long");
}

#[test]
fn a_tree_too_deep_for_recursion() {
    let leaf = || serde_json::json!({"rows": 1.0, "events": 0.0, "logit": 0.0, "split": null});
    let chain = |depth: usize| {
        let mut nodes = Vec::new();
        for level in 0..depth {
            let split = serde_json::json!({"column": 0,
                "left_if": {"at_most": {"code": 1, "missing": false}},
                "left": 2 * level + 1, "right": 2 * level + 2, "gain": 0.0});
            if level > 0 {
                nodes.push(leaf());
            }
            let mut node = leaf();
            node["split"] = split;
            nodes.push(node);
        }
        nodes.extend([leaf(), leaf()]);
        Value::Array(nodes)
    };
    assert!(from_bytes(&sealed(&changed(TREE, chain(64)))).is_ok());
    at_fault(TREE, chain(65), "too deep");
    at_fault(TREE, chain(1000), "too deep");
    at_fault(TREE, Value::Array(vec![leaf(); 65_537]), "too many");
}

#[test]
fn scorecards_that_point_elsewhere() {
    let at = |end: &str| format!("{CARD}{end}");
    at_fault(&at("/column"), 3, "no such column");
    at_fault(&at("/column"), 1, "same column twice");
    at_fault(&at("/group_of"), serde_json::json!([0, 0, 0, 1]), "one group a code");
    at_fault(&at("/group_of"), serde_json::json!([0, 0, 0, 1, 1, 1]), "one group a code");
    at_fault(&at("/group_of/0"), 4, "a group that is not there");
    at_fault(&at("/groups"), serde_json::json!([]), "a group that is not there");
    at_fault(&at("/groups/0/logit"), 1e10, "beyond all measure");
    at_fault(&at("/groups/0/events"), 1e9, "fit together");
    at_fault("/churn/columns", serde_json::json!(["age"]), "was not shown");
    at_fault("/churn/columns/2", "nowhere", "not encoded");
    at_fault("/churn/columns/2", "age", "same name twice");
}

#[test]
fn encodings_that_cannot_be() {
    let at = |end: &str| format!("/encoder/columns/{end}");
    at_fault(&at("0/bins/cuts"), serde_json::json!([34.0, 34.0, 55.5]), "do not rise");
    at_fault(&at("0/bins/cuts"), serde_json::json!([42.0, 34.0, 55.5]), "do not rise");
    at_fault(&at("0/bins/cuts"), serde_json::json!([34.0, 42.0]), "one count a code");
    at_fault(&at("0/bins/median"), 1000.0, "do not rise");
    at_fault(&at("0/counts/0"), u64::MAX, "too large");
    at_fault(&at("0/name"), "country", "same name twice");
    at_fault(&at("0/name"), " ", "empty");
    at_fault(&at("0/name"), "fee", "not among source.columns");
    at_fault(&at("1/bins/levels/1"), "France", "same level twice");
    at_fault("/source/columns/0/kind", "text", "type");
    at_fault("/source/columns/1/name", "age", "same name twice");
    let many: Vec<f64> = (0..254).map(f64::from).collect();
    let counts = vec![1; 256];
    let mut value: Value = serde_json::from_str(&changed(&at("0/bins/cuts"), many.into())).unwrap();
    value["encoder"]["columns"][0]["counts"] = counts.into();
    assert!(refused(&sealed(&value.to_string())).to_string().contains("too many"));
}

#[test]
fn calibrations_and_cuts_that_cannot_be() {
    let to = |json: Value, words: &str| at_fault("/churn/calibration", json, words);
    to(serde_json::json!({"how": "platt", "intercept": 0.0, "slope": 0.0}), "not positive");
    to(serde_json::json!({"how": "platt", "intercept": 0.0, "slope": -1.0}), "not positive");
    let points = |logits: &[f64], probabilities: &[f64]| serde_json::json!({"how": "isotonic", "logits": logits, "probabilities": probabilities});
    to(points(&[], &[]), "pair up");
    to(points(&[0.0], &[0.1, 0.2]), "pair up");
    to(points(&[0.0, 0.0], &[0.1, 0.2]), "do not rise");
    to(points(&[0.0, 1.0], &[0.2, 0.1]), "fall");
    to(points(&[0.0, 1.0], &[0.2, 1.0]), "outside");
    to(points(&[0.0, 1.0], &[0.0, 0.2]), "outside");
    at_fault("/churn/risk_cut", 1.5, "0..1");
    at_fault("/churn/risk_cut", -0.1, "0..1");
    at_fault("/churn/events", 40_001, "fit together");
    at_fault("/data/snapshots", serde_json::json!(["2026-03-31", "2025-12-31"]), "do not rise");
    at_fault("/name", "../x", "not a model name");
    at_fault("/rules/reactivation", Value::Null, "missing");
    at_fault("/rules/value", Value::Null, "without a value expression");
}

#[test]
fn numbers_that_are_none() {
    let with = |number: &str| {
        sealed(&json().replace("\"risk_cut\":0.3125", &format!("\"risk_cut\":{number}")))
    };
    assert!(from_bytes(&with("0.3125")).is_ok());
    for number in [
        "1e999",
        "-1e999",
        "NaN",
        "Infinity",
        "-Infinity",
        "null",
        "\"0.5\"",
        "true",
        "0x1",
        "01",
        ".5",
        "1.",
        "1e",
        "--1",
        "+1",
        "[0.5]",
        "{}",
        "",
        "1 2",
    ] {
        refused(&with(number));
    }
    // A number as we would not write it, though it is one.
    refused(&with("1"));
    refused(&with(&format!("{}.0", "9".repeat(1000))));
    assert!(from_bytes(&with(&format!("0.3125{}", "0".repeat(100_000)))).is_ok());
}

#[test]
fn fields_told_twice_unknown_or_missing() {
    let json = json();
    let error = |json: String| refused(&sealed(&json)).to_string();
    assert!(error(json.replacen("\"seed\":7", "\"seed\":7,\"seed\":7", 1)).contains("twice"));
    // Also where the content is free.
    assert!(error(json.replacen("\"l2\":", "\"l2\":1,\"l2\":", 1)).contains("twice"));
    assert!(error(json.replacen("\"l2\":", "\"l2\":1,\"\\u006c2\":", 1)).contains("twice"));
    for (known, more) in [
        ("{\"program\"", "{\"evil\":1,\"program\""),
        ("\"how\":\"platt\"", "\"how\":\"platt\",\"evil\":1"),
        (
            "\"learner\":\"logistic\",\"intercept\"",
            "\"learner\":\"logistic\",\"evil\":1,\"intercept\"",
        ),
        ("\"kind\":\"folds\"", "\"kind\":\"folds\",\"evil\":[]"),
        ("\"prospect\":null,", ""),
        ("\"id\":\"customer_id\",", ""),
        ("\"as_of\":\"2026-03-31\"", "\"as_of\":\"2026/3/31\""),
        (
            "{\"how\":\"platt\",\"intercept\":0.012,\"slope\":1.034}",
            "{\"how\":\"identity\",\"evil\":1}",
        ),
        ("{\"how\":\"platt\",\"intercept\":0.012,\"slope\":1.034}", "[\"identity\"]"),
    ] {
        assert!(json.contains(known), "{known}");
        error(json.replacen(known, more, 1));
    }
    let identity = json.replacen(
        "{\"how\":\"platt\",\"intercept\":0.012,\"slope\":1.034}",
        "{\"how\":\"identity\"}",
        1,
    );
    assert!(from_bytes(&sealed(&identity)).is_ok());
}

#[test]
fn what_is_too_deep_or_too_much() {
    let config = |inside: &str| {
        json().replacen("\"config\":{", &format!("\"config\":{{\"evil\":{inside},"), 1)
    };
    let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    assert!(from_bytes(&sealed(&config(&nested(50)))).is_ok());
    assert!(refused(&sealed(&config(&nested(64)))).to_string().contains("deeper"));
    refused(&sealed(&config(&nested(1_000_000))));
    refused(&sealed(&"[".repeat(10_000_000)));
    refused(&sealed(&"{\"a\":".repeat(1_000_000)));
    let objects = format!("{}1{}", "{\"a\":".repeat(1_000_000), "}".repeat(1_000_000));
    refused(&sealed(&config(&objects)));
    let much = format!("[{}0]", "0,".repeat(20_000_000));
    assert!(refused(&sealed(&config(&much))).to_string().contains("more than"));
    // Each of these takes a hundred times its length in memory.
    let maps = format!("[{}0]", "{\"\":0},".repeat(1_200_000));
    assert!(refused(&sealed(&config(&maps))).to_string().contains("more than"));
    refused(&sealed(&changed("/encoder/columns/0/counts", Value::Null).replacen("null", &much, 1)));
    refused(&sealed(&format!("\"{}\"", "a".repeat(50_000_000))));
    refused(&sealed(&json().replacen(
        "\"program\":\"0.1.0\"",
        &format!("\"program\":\"{}\"", "a".repeat(1_000_000)),
        1,
    )));
}

#[test]
fn an_error_shows_no_control_characters() {
    let json = json().replacen("{\"program\"", "{\"\\u001b[31m\\u0007evil\":1,\"program\"", 1);
    let error = refused(&sealed(&json)).to_string();
    assert!(!error.chars().any(char::is_control), "{error:?}");
    assert!(error.len() < 1000);
}

#[derive(Debug, Clone)]
enum Mutation {
    Replace(Value),
    Remove,
    Repeat,
    Swap,
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let value = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (0..6_i64).prop_map(Value::from),
        (0..6_i64).prop_map(|n| Value::from(n as f64)),
        any::<f64>().prop_map(Value::from),
        Just(Value::from(f64::MAX)),
        "\\PC{0,8}".prop_map(Value::from),
        Just(serde_json::json!([])),
        Just(serde_json::json!({})),
        Just(serde_json::json!([0, 1])),
        Just(serde_json::json!([0.0, 1.0])),
    ];
    prop_oneof![
        6 => value.prop_map(Mutation::Replace),
        1 => Just(Mutation::Remove),
        1 => Just(Mutation::Repeat),
        1 => Just(Mutation::Swap),
    ]
}

/// The number of values in a value, itself included.
fn size(value: &Value) -> usize {
    1 + match value {
        Value::Array(all) => all.iter().map(size).sum(),
        Value::Object(all) => all.values().map(size).sum(),
        _ => 0,
    }
}

/// Changes the value that comes at `place` when all are counted depth first.
fn mutate(value: &mut Value, mut place: usize, mutation: &Mutation) {
    if place == 0 {
        match (mutation, value) {
            (Mutation::Replace(with), value) => *value = with.clone(),
            (Mutation::Remove, Value::Array(all)) => drop(all.pop()),
            (Mutation::Remove, Value::Object(all)) => {
                let first = all.keys().next().cloned();
                first.and_then(|key| all.remove(&key));
            }
            (Mutation::Repeat, Value::Array(all)) => all.extend(all.clone()),
            (Mutation::Swap, Value::Array(all)) => all.reverse(),
            _ => {}
        }
        return;
    }
    place -= 1;
    let children: Vec<&mut Value> = match value {
        Value::Array(all) => all.iter_mut().collect(),
        Value::Object(all) => all.values_mut().collect(),
        _ => return,
    };
    for child in children {
        let inside = size(child);
        if place < inside {
            return mutate(child, place, mutation);
        }
        place -= inside;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Whatever is changed: refused, or a bundle that writes, reads and describes itself.
    #[test]
    fn no_change_under_a_new_digest_leads_to_a_panic(
        boosted in any::<bool>(),
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), mutation()), 1..4)
    ) {
        let text = if boosted { boosted_json() } else { json() };
        let mut value: Value = serde_json::from_str(&text).unwrap();
        for (place, mutation) in &changes {
            let place = place.index(size(&value));
            mutate(&mut value, place, mutation);
        }
        if let Ok(bundle) = from_bytes(&sealed(&value.to_string())) {
            let bytes = to_bytes(&bundle).unwrap();
            prop_assert_eq!(from_bytes(&bytes).unwrap(), bundle.clone());
            for language in [reveille::units::Language::En, reveille::units::Language::Zh] {
                reveille::output::card::markdown(&bundle, language);
            }
            reveille::output::card::metrics_json(&bundle);
        }
    }

    #[test]
    fn no_change_of_a_byte_under_a_new_digest_leads_to_a_panic(
        place in any::<proptest::sample::Index>(), byte in any::<u8>()
    ) {
        let mut bytes = json().into_bytes();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        let digest = reveille::store::digest(&bytes);
        let header = format!("reveille-bundle 1 {} blake3:{digest}\n", bytes.len());
        let _ = from_bytes(&[header.as_bytes(), &bytes].concat());
    }
}
