//! Invented customers whom a banker would know: each rule of the shipped playbook catches its own, and not the neighbour.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;

use reveille::playbook::{Book, examples::play};
use serde::Deserialize;

#[derive(Deserialize)]
struct Customers {
    pairs: Vec<Pair>,
}

#[derive(Deserialize)]
struct Pair {
    rule: String,
    who: String,
    has: toml::Table,
    but: toml::Table,
    acts: Option<String>,
    #[serde(default)]
    is: toml::Table,
    why: String,
}

#[test]
fn every_rule_catches_its_customer_and_not_the_neighbour() {
    let customers: Customers = toml::from_str(include_str!("customers/customers.toml")).unwrap();
    let pairs = customers.pairs;
    assert!(pairs.len() * 2 >= 120, "{} customers", pairs.len() * 2);
    let book = Book::shipped().unwrap();
    let told: BTreeSet<&str> = pairs.iter().map(|pair| pair.rule.as_str()).collect();
    let rules: BTreeSet<&str> = book.rules.iter().map(|rule| rule.code.as_str()).collect();
    assert_eq!(told, rules, "rules without a customer, or customers without a rule");

    let mut tables = Vec::new();
    for pair in &pairs {
        assert_eq!(pair.but.len(), 1, "{}: a neighbour differs in one thing", pair.rule);
        let mut neighbour = pair.has.clone();
        neighbour.extend(pair.but.clone());
        tables.extend([pair.has.clone(), neighbour]);
    }
    let (bound, played) = play(&book, &tables.iter().collect::<Vec<_>>()).unwrap();
    let mut wrong = Vec::new();
    for (at, pair) in pairs.iter().enumerate() {
        let mut fault = |what: String| {
            wrong.push(format!("{}, {} ({}): {what}", pair.rule, pair.who, pair.why));
        };
        let holds = |row| bound.matched(&played, row).any(|rule| rule.code == pair.rule);
        if !holds(2 * at) {
            fault("not caught".to_owned());
        }
        if holds(2 * at + 1) {
            fault(format!("the neighbour is caught, with {}", pair.but));
        }
        let acting = bound.matched(&played, 2 * at).find(|rule| rule.action.is_some());
        if pair.acts.is_some() && acting.map(|rule| &rule.code) != pair.acts.as_ref() {
            fault(format!("{:?} acts", acting.map(|rule| &rule.code)));
        }
        for (figure, wanted) in &pair.is {
            let found = played.scene.texts(figure).expect("a figure of text");
            let found = reveille::playbook::scene::text_at(Some(found), 2 * at);
            if found != wanted.as_str() {
                fault(format!("{figure} is {found:?}, not {wanted}"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
