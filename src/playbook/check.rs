//! Whether a playbook holds together, before any row is seen.

use std::collections::BTreeSet;

use crate::{
    error::{Error, Kind, Result},
    playbook::{
        Bound, Quadrant,
        bind::{SCORES, STAGE},
        book::{Book, MOST_RULES, Rule, VERSION},
    },
};

/// The most products, and the most channels: one bit each.
const MOST: usize = 32;

/// Refuses a playbook that could not be played.
pub(super) fn book(book: &Book) -> Result<()> {
    if book.playbook != VERSION {
        let what = format!("its format is {}, and this program reads {VERSION}", book.playbook);
        return Err(fault(&what));
    }
    ensure(!book.rules.is_empty(), "it has no rule")?;
    ensure(book.rules.len() <= MOST_RULES, &format!("it has more than {MOST_RULES} rules"))?;
    ensure(book.products.len() <= MOST, &format!("it has more than {MOST} products"))?;
    ensure(book.channels.len() <= MOST, &format!("it has more than {MOST} channels"))?;
    ensure(book.stages.len() < 250, "it has more than 250 stages")?;
    ensure(book.suppress.len() < 250, "it has more than 250 reasons to suppress")?;
    codes(book)?;
    names(book)?;
    amounts(book)?;
    for (column, phrase) in &book.phrases {
        if let Some(what) = phrase.fault() {
            return Err(fault(&format!("phrase of {column}: {what}")));
        }
    }
    book.rules.iter().try_for_each(|rule| references(book, rule))?;
    expressions(book)
}

fn codes(book: &Book) -> Result<()> {
    different("rule", book.rules.iter().map(|r| r.code.as_str()))?;
    different("product", book.products.iter().map(|p| p.code.as_str()))?;
    different("offer", book.offers.iter().map(|o| o.code.as_str()))?;
    different("action", book.actions.iter().map(|a| a.code.as_str()))?;
    different("channel", book.channels.iter().map(|c| c.code.as_str()))?;
    different("stage", book.stages.iter().map(|s| s.name.as_str()))?;
    different("figure", book.figures.iter().map(|f| f.name.as_str()))?;
    let reasons = book.suppress.iter().map(|s| s.reason.as_str());
    reasons.into_iter().try_for_each(|reason| plain("suppress", reason))
}

/// A code stands in lists between bars and in file names.
fn plain(what: &str, code: &str) -> Result<()> {
    let fits = !code.is_empty()
        && code.len() <= 64
        && code.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
    ensure(fits, &format!("{what} {code:?}: a code has 1 to 64 letters, digits, _, - or ."))
}

fn different<'a>(what: &str, codes: impl Iterator<Item = &'a str>) -> Result<()> {
    let mut seen = BTreeSet::new();
    for code in codes {
        plain(what, code)?;
        ensure(seen.insert(code), &format!("the {what} {code} is there twice"))?;
    }
    Ok(())
}

/// No name may stand for two columns.
fn names(book: &Book) -> Result<()> {
    let columns = &book.columns;
    let declared = [&columns.number, &columns.text, &columns.date].into_iter().flatten();
    let figures = book.figures.iter().map(|figure| &figure.name);
    let mut seen: BTreeSet<&str> = SCORES.iter().map(|(name, _)| *name).collect();
    for name in declared.chain(figures) {
        ensure(seen.insert(name), &format!("the column {name} is declared twice"))?;
    }
    let is_text = columns.text.iter().any(|name| name == STAGE);
    ensure(!seen.contains(STAGE) || is_text, "the column stage must be text")?;
    let peers = &book.peers;
    for name in [&peers.age, &peers.assets] {
        let known = name.is_empty() || columns.number.contains(name);
        ensure(known, &format!("peers: {name} is no declared column of numbers"))?;
    }
    for cuts in [&peers.ages, &peers.bands] {
        let rise = cuts.is_sorted_by(|a, b| a < b) && cuts.iter().all(|cut| cut.is_finite());
        ensure(rise && cuts.len() <= 20, "peers: the cuts must rise, and be at most 20")?;
    }
    Ok(())
}

fn amounts(book: &Book) -> Result<()> {
    let share = |x: f64| (0.0..=1.0).contains(&x);
    let cost = |x: f64| x.is_finite() && x >= 0.0;
    for channel in &book.channels {
        let fits = cost(channel.cost) && share(channel.success);
        ensure(
            fits,
            &format!("channel {}: a cost of 0 or more, a success of 0 to 1", channel.code),
        )?;
    }
    for offer in &book.offers {
        ensure(cost(offer.cost), &format!("offer {}: a cost is 0 or more", offer.code))?;
    }
    for product in &book.products {
        ensure(
            (1..=5).contains(&product.risk),
            &format!("product {}: a risk is 1 to 5", product.code),
        )?;
    }
    for figure in &book.figures {
        let one = figure.of.is_some() == figure.parts.is_empty();
        ensure(one, &format!("figure {}: give either `of` or `parts`", figure.name))?;
        let weights = figure.parts.iter().all(|p| p.weight.is_finite() && p.weight > 0.0);
        ensure(weights, &format!("figure {}: a weight is above 0", figure.name))?;
    }
    let holdout = &book.holdout;
    ensure(share(holdout.share) && holdout.share < 1.0, "holdout: a share is 0 to 1")?;
    let open = |x: f64| x > 0.0 && x < 1.0;
    let fits = open(holdout.effect) && open(holdout.power) && open(holdout.alpha);
    ensure(fits, "holdout: effect, power and alpha lie between 0 and 1")
}

fn references(book: &Book, rule: &Rule) -> Result<()> {
    let at = |what: &str, code: &str| format!("rule {}: there is no {what} {code}", rule.code);
    for code in &rule.products {
        let known = book.products.iter().any(|product| product.code == *code);
        ensure(known, &at("product", code))?;
    }
    if let Some(code) = &rule.offer {
        ensure(book.offers.iter().any(|offer| offer.code == *code), &at("offer", code))?;
    }
    if let Some(code) = &rule.action {
        ensure(book.actions.iter().any(|action| action.code == *code), &at("action", code))?;
        ensure(
            !rule.channels.is_empty(),
            &format!("rule {}: an action needs a channel", rule.code),
        )?;
    }
    for code in &rule.channels {
        let known = ["best", "acquired"].contains(&code.as_str())
            || book.channels.iter().any(|channel| channel.code == *code);
        ensure(known, &at("channel", code))?;
    }
    let names: Vec<&str> = book.stages.iter().map(|stage| stage.name.as_str()).collect();
    for stage in &book.stages {
        for before in &stage.after {
            let known = names.contains(&before.as_str());
            ensure(known, &format!("stage {}: there is no stage {before}", stage.name))?;
        }
    }
    let distinct: BTreeSet<Quadrant> = rule.quadrants.iter().copied().collect();
    let twice = format!("rule {}: a quadrant is there twice", rule.code);
    ensure(distinct.len() == rule.quadrants.len(), &twice)
}

/// With every column there, every expression must be right.
fn expressions(book: &Book) -> Result<()> {
    let everything = book.welcome(&[]);
    Bound::new(book.clone(), &everything, None).map(drop)
}

fn ensure(holds: bool, what: &str) -> Result<()> {
    if holds { Ok(()) } else { Err(fault(what)) }
}

fn fault(what: &str) -> Error {
    Error::new(Kind::BadPlaybook, format!("the playbook: {what}"))
}
