//! What the playbook says of one customer.

use serde::Serialize;

use crate::{
    bundle::Bundle,
    error::Result,
    playbook::{Bound, Rule, scene::PeerGroups},
    scoring::Scored,
    units::{Day, Language},
};

/// A code with its words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Told {
    /// The code, as in the feed.
    pub code: String,
    /// In words.
    pub words: String,
}

/// Which rules apply, and what they ask for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rules {
    /// The segments, the foremost first.
    pub segments: Vec<Told>,
    /// The rule that acts.
    pub rule: Option<String>,
    /// What to do.
    pub action: Option<Told>,
    /// The product to speak of.
    pub product: Option<Told>,
    /// By which channels, the first one first.
    pub channels: Vec<String>,
    /// By when.
    pub contact_by: Option<Day>,
    /// Why the customer is not contacted.
    pub suppressed: Option<String>,
}

/// What the playbook says of one row, and the row's peer group.
pub(super) fn of(
    bound: &Bound,
    bundle: &Bundle,
    done: &Scored,
    row: usize,
    customer: &str,
    language: Language,
) -> Result<(Rules, Option<usize>)> {
    let peers = bundle.peers.as_ref();
    let played = bound.play(done, peers, None)?;
    let next = bound.next(&played, done, row, customer);
    let segment =
        |rule: &Rule| Told { code: rule.code.clone(), words: rule.words(language).to_owned() };
    let action = next
        .rule
        .and_then(|rule| rule.action.as_ref())
        .map(|code| Told { code: code.clone(), words: bound.book().action_words(code, language) });
    let product = next.product.and_then(|at| bound.book().products.get(at)).map(|product| Told {
        code: product.code.clone(),
        words: language.pick(&product.en, &product.zh).to_owned(),
    });
    let rules = Rules {
        segments: bound.matched(&played, row).map(segment).collect(),
        rule: next.rule.map(|rule| rule.code.clone()),
        action,
        product,
        channels: next.channels.iter().flatten().map(|channel| channel.code.clone()).collect(),
        contact_by: next.contact_by,
        suppressed: next.suppressed.map(str::to_owned),
    };
    let group = peers.map(|peers| PeerGroups::new(&played.scene, peers).of(row));
    Ok((rules, group))
}
