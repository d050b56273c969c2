//! What is planted in the synthetic bank is found again: thresholds of dormancy, causes, promotion hunters, pay that
//! passes through, and whether a campaign pays.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::{
    collections::{BTreeMap, HashMap},
    sync::OnceLock,
};

use support::{Desk, table};

const NOW: &str = "2025-12-31";

/// A bank, a model of its earlier months, and the feed of `NOW` with its truth.
fn bank() -> &'static Desk {
    static BANK: OnceLock<Desk> = OnceLock::new();
    BANK.get_or_init(|| {
        let desk = Desk::new();
        desk.run(&[
            "synth",
            "--raw",
            "--customers",
            "4000",
            "--months",
            "12",
            "--out",
            "raw",
            "-q",
        ]);
        let features = ["features", "--history", "raw", "-q", "--as-of"];
        let earlier = ["2025-06-30,2025-09-30", "--labelled", "-o", "history.csv"];
        desk.run(&[&features[..], &earlier[..]].concat());
        desk.run(&[&features[..], &[NOW, "-o", "now.csv"]].concat());
        desk.run(&["train", "history.csv", "--learner", "tree", "-q"]);
        desk.run(&["predict", "now.csv", "-o", "feed.csv", "-q"]);
        desk
    })
}

/// The truth of each customer at `NOW`.
fn truth<const N: usize>(wanted: [&str; N]) -> HashMap<String, [String; N]> {
    let folder = bank().path("raw");
    let keys = table(&folder, "truth_customers.csv", ["cust_id", "as_of"]);
    let rows = table(&folder, "truth_customers.csv", wanted);
    let now = keys.into_iter().zip(rows).filter(|([_, as_of], _)| as_of == NOW);
    now.map(|([id, _], row)| (id, row)).collect()
}

/// Precision and recall.
fn found(rows: impl Iterator<Item = (bool, bool)>) -> (f64, f64) {
    let (mut both, mut told, mut true_ones) = (0.0, 0.0, 0.0);
    for (said, is) in rows {
        let one = |yes: bool| f64::from(u8::from(yes));
        both += one(said && is);
        told += one(said);
        true_ones += one(is);
    }
    assert!(true_ones >= 100.0, "only {true_ones} planted");
    (both / told, both / true_ones)
}

#[test]
fn seven_in_ten_planted_causes_are_named_first() {
    let truth = truth(["cause", "left_90d"]);
    let shown: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("competitor", &["CAUSE_RIVAL"][..]),
        ("pass_through", &["CAUSE_RIVAL"]),
        ("pay_stopped", &["CAUSE_LIFE_EVENT"]),
        ("poor_service", &["CAUSE_SERVICE"]),
        ("maturity", &["CAUSE_PRODUCT", "CAUSE_PRICE"]),
        ("shallow_relation", &["CAUSE_SHALLOW"]),
        ("promotion_over", &["CAUSE_PROMOTION"]),
    ]);
    let mut counts: BTreeMap<&str, [u32; 2]> = BTreeMap::new();
    let mut leavers = [0_u32; 2];
    for [id, causes] in table(&bank().path("."), "feed.csv", ["customer_id", "causes"]) {
        let Some([cause, left]) = truth.get(&id).filter(|[cause, _]| !cause.is_empty()) else {
            continue;
        };
        let (cause, expected) = shown.get_key_value(cause.as_str()).expect(cause);
        let right = usize::from(expected.contains(&causes.split('|').next().unwrap()));
        counts.entry(cause).or_default()[right] += 1;
        if left == "1" {
            leavers[right] += 1;
        }
    }
    let share = |[wrong, right]: [u32; 2]| f64::from(right) / f64::from(wrong + right);
    let all = counts.values().fold([0, 0], |sum, n| [sum[0] + n[0], sum[1] + n[1]]);
    assert_eq!(counts.len(), shown.len(), "{counts:?}");
    assert!(share(all) >= 0.7, "{:.3} of {all:?}, {counts:?}", share(all));
    assert!(share(leavers) >= 0.7, "{:.3} of those who left", share(leavers));
}

#[test]
fn promotion_hunters_are_found() {
    let truth = truth(["promo_hunter"]);
    let told = table(&bank().path("."), "feed.csv", ["customer_id", "segments"]);
    let count = table(&bank().path("."), "now.csv", ["customer_id", "txn_count_365d"]);
    // Nobody can be known by how they act who has hardly acted for a year.
    let acts: HashMap<String, bool> = count
        .into_iter()
        .map(|[id, count]| (id, count.parse::<f64>().is_ok_and(|count| count >= 12.0)))
        .collect();
    let rows = told.iter().filter(|[id, _]| acts[id]).filter_map(|[id, segments]| {
        let [hunter] = truth.get(id)?;
        Some((segments.split('|').any(|code| code == "PROMO_HUNTER"), hunter == "1"))
    });
    let (precision, recall) = found(rows);
    assert!(precision >= 0.9 && recall >= 0.8, "precision {precision:.3}, recall {recall:.3}");
}

#[test]
fn pay_that_passes_through_is_found() {
    let truth = truth(["state", "pass_through"]);
    let told = table(&bank().path("."), "feed.csv", ["customer_id", "segments"]);
    // Who is in a break gets no pay here, so nothing can pass through.
    let rows = told.iter().filter_map(|[id, segments]| {
        let [state, share] = truth.get(id)?;
        let leaks = share.parse::<f64>().is_ok_and(|share| share >= 0.7);
        let told = segments.split('|').any(|code| code == "PAYROLL_LEAK");
        (state == "awake").then_some((told, leaks))
    });
    let (precision, recall) = found(rows);
    assert!(precision >= 0.9 && recall >= 0.8, "precision {precision:.3}, recall {recall:.3}");
}

/// The shipped playbook with these figures for every channel.
fn playbook(success: f64, cost: f64) -> String {
    let mut in_channel = false;
    let shipped = include_str!("../src/playbook/retail-bank.toml");
    let lines = shipped.lines().map(|line| {
        if line.starts_with('[') {
            in_channel = line == "[[channels]]";
        }
        match line.split(" = ").next() {
            Some("success") if in_channel => format!("success = {success}\n"),
            Some("cost") if in_channel => format!("cost = {cost}\n"),
            _ => line.to_owned() + "\n",
        }
    });
    lines.collect()
}

#[test]
fn a_campaign_runs_where_the_planted_effect_pays_and_not_where_it_does_not() {
    let desk = bank();
    let effects =
        table(&desk.path("raw"), "truth_effects.csv", ["programme", "effect_group", "value"]);
    let ratio = effects.iter().find(|[p, group, _]| p == "retention" && group == "digital");
    // The share of breaks that a contact prevents.
    let success = 1.0 - ratio.unwrap()[2].parse::<f64>().unwrap();
    let feed = |success: f64, cost: f64| {
        desk.write("book.toml", playbook(success, cost));
        desk.run(&["predict", "now.csv", "--playbook", "book.toml", "-o", "planned.csv", "-q"]);
    };
    let plan = |list: &str, more: &[&str]| {
        let base = ["campaign", "plan", "planned.csv", "--playbook", "book.toml", "--json"];
        let output = desk.try_run(&[&base[..], &["-o", list], more].concat());
        let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        (output.status.code().unwrap(), told)
    };
    // What a contact keeps at most: the value at risk of the customers who could be contacted.
    feed(success, 0.0);
    let stakes: Vec<f64> = table(&desk.path("."), "planned.csv", ["value_at_risk", "channel_1"])
        .iter()
        .filter(|[_, channel]| !channel.is_empty())
        .filter_map(|[stake, _]| stake.parse().ok())
        .collect();
    let mean = stakes.iter().sum::<f64>() / stakes.len() as f64;
    let most = stakes.iter().copied().fold(0.0, f64::max);

    feed(success, mean * success / 3.0);
    let (code, told) = plan("run.csv", &[]);
    assert_eq!((code, told["verdict"]["run"].as_bool()), (0, Some(true)), "{told}");
    assert!(desk.path("run.csv").exists());
    let (kept, cost) = (told["verdict"]["kept"].as_f64(), told["verdict"]["cost"].as_f64());
    let (kept, cost) = (kept.unwrap(), cost.unwrap());
    assert!(kept >= 3.0 * cost, "kept {kept}, cost {cost}");
    // By the true risk too, the list earns more than it costs.
    let truth = truth(["true_leaving_90d"]);
    let value: HashMap<String, f64> = table(&desk.path("."), "feed.csv", ["customer_id", "value"])
        .into_iter()
        .filter_map(|[id, value]| Some((id, value.parse().ok()?)))
        .collect();
    let truly: f64 = table(&desk.path("."), "run.csv", ["customer_id"])
        .iter()
        .filter_map(|[id]| Some(value.get(id)? * success * truth.get(id)?[0].parse::<f64>().ok()?))
        .sum();
    assert!(truly > cost, "{truly} kept by the truth, cost {cost}");

    // Where one contact costs more than the best could keep, and where it does nothing, as with hunters and newsletters.
    for (success, cost) in [(success, most * success * 1.1), (0.0, 0.01)] {
        feed(success, cost);
        let (code, told) = plan("not.csv", &[]);
        assert_eq!((code, told["verdict"]["run"].as_bool()), (1, Some(false)), "{told}");
        assert!(!desk.path("not.csv").exists());
    }
}

#[test]
fn dormancy_thresholds_are_found_within_a_week() {
    let desk = Desk::new();
    desk.run(&["synth", "--raw", "--customers", "18000", "--out", "raw", "-q"]);
    let told: serde_json::Value =
        serde_json::from_str(&desk.run(&["dormancy", "--history", "raw", "--json"])).unwrap();
    let planted: HashMap<String, i64> =
        table(&desk.path("raw"), "truth_groups.csv", ["key", "threshold_days"])
            .into_iter()
            .map(|[branch, days]| (branch, days.parse().unwrap()))
            .collect();
    let mut large = 0;
    for group in told["groups"].as_array().unwrap() {
        let Some(planted) = planted.get(group["key"].as_str().unwrap()) else { continue };
        if group["customers"].as_u64().unwrap() >= 2_000 {
            large += 1;
            let found = group["days"].as_i64().unwrap();
            assert!((found - planted).abs() <= 7, "{found} days, planted {planted}: {group}");
        }
    }
    assert!(large >= 5, "only {large} groups of 2,000");
}
