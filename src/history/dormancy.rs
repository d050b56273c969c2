//! Who is dormant: quiet for longer than the threshold of the customer's group.

use serde::{Deserialize, Serialize};

use super::{
    codes::{Channel, Family},
    dictionary::Words,
    params::{DormancyParams, LegalRule},
    records::pay,
    view::{View, by, known},
};

/// The part of the bank for which a threshold holds. The lower one decides.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// All of the bank, or what `org_hq` names.
    #[default]
    Hq,
    /// A branch.
    Branch,
    /// A sub-branch.
    SubBranch,
}

impl Level {
    /// The attribute of a customer that names it.
    pub fn attribute(self) -> &'static str {
        match self {
            Self::Hq => "org_hq",
            Self::Branch => "branch",
            Self::SubBranch => "sub_branch",
        }
    }
}

/// Which of the customers of a level. On one level the more particular one decides: product before
/// channel before asset band before all customers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    /// All.
    #[default]
    Customer,
    /// Those in the asset band `value`, counted from 0.
    Asset,
    /// Those whose main channel of the last 365 active days is `value`.
    Channel,
    /// Those who hold a product of the family `value`.
    Product,
}

/// A threshold of dormancy.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rule {
    /// The part of the bank.
    pub level: Level,
    /// Its name; any if empty.
    pub key: String,
    /// Which of its customers.
    pub dimension: Dimension,
    /// The family, the channel or the number of the asset band.
    pub value: String,
    /// Quiet days beyond which such a customer is dormant.
    pub days: i32,
    /// The least AUM of a dormant customer.
    pub min_balance: Option<f64>,
    /// Who is spared: `payroll`, `pension` (or `social_security`), or the family of a product held, such
    /// as `loan`. Other words are types of transactions that are no activity, anywhere in the bank.
    pub excluded: Vec<String>,
}

impl Rule {
    /// Reads a rule from its cells; an error names the column and says what is wrong with it.
    pub(super) fn read<'a>(
        cell: &dyn Fn(&str) -> Option<&'a str>,
    ) -> Result<Self, (&'static str, String)> {
        let level = match cell("level").unwrap_or("hq") {
            "hq" => Level::Hq,
            "branch" => Level::Branch,
            "sub_branch" => Level::SubBranch,
            other => return Err(("level", format!("{other:?} is no level"))),
        };
        let dimension = match cell("dimension").unwrap_or("customer") {
            "customer" => Dimension::Customer,
            "asset" => Dimension::Asset,
            "channel" => Dimension::Channel,
            "product" => Dimension::Product,
            other => return Err(("dimension", format!("{other:?} is no dimension"))),
        };
        let days = cell("days").and_then(|days| days.parse().ok());
        let days = days.filter(|days| (1..=3660).contains(days));
        let days = days.ok_or(("days", "this is no number of days from 1 to 3660".to_owned()))?;
        let least = match cell("min_balance").map(str::parse) {
            None => None,
            Some(Ok(least)) => Some(least),
            Some(Err(_)) => return Err(("min_balance", "this is no amount".to_owned())),
        };
        let text = |name| cell(name).unwrap_or_default().to_owned();
        let excluded = cell("excluded").unwrap_or_default();
        let excluded = excluded.split([';', '|']).map(str::trim).filter(|what| !what.is_empty());
        Ok(Self {
            level,
            key: text("key"),
            dimension,
            value: text("value"),
            days,
            min_balance: least,
            excluded: excluded.map(str::to_owned).collect(),
        })
    }
}

/// Where a customer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standing {
    /// Quiet days beyond which the customer is dormant.
    pub threshold: i32,
    /// Dormant by behaviour.
    pub dormant: bool,
    /// Dormant by law or contract.
    pub legal: bool,
}

/// The thresholds, the most specific first.
#[derive(Debug)]
pub(super) struct Rules {
    rules: Vec<(Rule, Option<u32>)>,
    params: DormancyParams,
}

impl Rules {
    pub(super) fn new(params: &DormancyParams, words: &Words) -> Self {
        let mut rules: Vec<(Rule, Option<u32>)> =
            params.rules.iter().map(|rule| (rule.clone(), words.find(&rule.key))).collect();
        // Of two equally specific rules the first one decides.
        rules.sort_by(|(a, _), (b, _)| {
            let rank = |rule: &Rule| (rule.level, !rule.key.is_empty(), rule.dimension);
            rank(b).cmp(&rank(a))
        });
        Self { rules, params: params.clone() }
    }

    /// Where a customer stands on the as-of date of a view.
    pub(super) fn judge(&self, view: &View<'_>) -> Standing {
        let rule = self.rules.iter().find(|(rule, key)| applies(rule, *key, view));
        let threshold = rule.map_or(self.params.days, |(rule, _)| rule.days);
        let least = rule.and_then(|(rule, _)| rule.min_balance).unwrap_or(self.params.min_balance);
        let quiet = view.last.map(|last| view.since(last));
        // Without balances nobody can be said to have too little.
        let holds = view.aum().is_none_or(|aum| aum >= least);
        let spared =
            rule.is_some_and(|(rule, _)| rule.excluded.iter().any(|what| is_spared(what, view)));
        Standing {
            threshold,
            dormant: quiet.is_some_and(|quiet| quiet > threshold) && holds && !spared,
            legal: self.params.legal.iter().any(|rule| is_legally_dormant(rule, view)),
        }
    }
}

fn applies(rule: &Rule, key: Option<u32>, view: &View<'_>) -> bool {
    let here = match key {
        _ if rule.key.is_empty() => true,
        Some(key) => view.customer().word(rule.level.attribute()) == key,
        None => false,
    };
    here && match rule.dimension {
        Dimension::Customer => true,
        Dimension::Asset => view.asset_band().is_some_and(|band| rule.value.parse() == Ok(band)),
        Dimension::Channel => view.main_channel() == Some(Channel::read(Some(&rule.value))),
        Dimension::Product => holds(view, Family::read(Some(&rule.value))),
    }
}

/// Whether the customer holds a product of a family.
pub(super) fn holds(view: &View<'_>, family: Family) -> bool {
    known(view.person.products, view.limit)
        .any(|product| product.family == family.code() && !by(product.close, view.limit))
}

/// Whether a word of [`Rule::excluded`] means customers; the others mean types of transactions.
pub(super) fn means_customers(what: &str) -> bool {
    matches!(what, "payroll" | "pension" | "social_security")
        || Family::read(Some(what)) != Family::Other
}

fn is_spared(what: &str, view: &View<'_>) -> bool {
    let paid = |source: Option<u8>| {
        let recent = view.pays.iter().rev().take_while(|p| p.day > view.limit - 92);
        recent.into_iter().any(|p| source.is_none_or(|source| p.source == source))
    };
    match what {
        "payroll" => paid(None),
        "pension" | "social_security" => paid(Some(pay::PENSION)),
        "loan" => has_loan(view),
        family => match Family::read(Some(family)) {
            Family::Other => false,
            family => holds(view, family),
        },
    }
}

fn has_loan(view: &View<'_>) -> bool {
    view.balance().is_some_and(|balance| balance.loan > 0.0) || holds(view, Family::Loan)
}

fn is_legally_dormant(rule: &LegalRule, view: &View<'_>) -> bool {
    let quiet = view.quiet_days().is_some_and(|quiet| quiet >= rule.days);
    let little = view.aum().is_some_and(|aum| aum <= rule.max_balance);
    if !quiet || !little {
        return false;
    }
    let contract = rule.spare_contracts
        && (has_loan(view)
            || [Family::Wealth, Family::Fund, Family::Insurance, Family::Metal]
                .into_iter()
                .any(|family| holds(view, family)));
    let paid = rule.spare_payroll && is_spared("payroll", view);
    !contract && !paid
}

impl View<'_> {
    /// The asset band: how many of the bands' beginnings the AUM has reached.
    pub(super) fn asset_band(&self) -> Option<usize> {
        let bands = &self.history.params.asset_bands;
        self.aum().map(|aum| bands.iter().filter(|start| aum >= **start).count())
    }

    /// The channel of most voluntary transactions in the 365 days before the last one.
    pub(super) fn main_channel(&self) -> Option<Channel> {
        let last = self.last?;
        let mut counts = self.past.within(last - 365, last).by_channel;
        counts[usize::from(Channel::None.code())] = 0;
        let most = *counts.iter().max()?;
        let at = counts.iter().position(|count| *count == most && most > 0)?;
        Some(Channel::of(at as u8))
    }
}
