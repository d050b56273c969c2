//! The playbook as it is written: a TOML file of SQL predicates that a bank can read and edit.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, Kind, Place, Result},
    expr,
    playbook::{Phrase, Quadrant, check},
    units::{Day, Language},
};

/// The playbook that is used where none is named.
pub const SHIPPED: &str = include_str!("retail-bank.toml");

/// The version of the format.
pub const VERSION: u32 = 1;

/// The largest playbook that is read, in bytes.
pub const LIMIT: u64 = 1 << 20;

/// The most rules: one bit each.
pub const MOST_RULES: usize = 128;

/// A playbook.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Book {
    /// Version of the format.
    pub playbook: u32,
    /// Its name.
    pub name: String,
    /// The columns that it may speak of. A table need not have them.
    pub columns: Columns,
    /// Who are peers.
    #[serde(default)]
    pub peers: PeerParams,
    /// The stages of a customer's life; the first that holds is the stage.
    #[serde(default)]
    pub stages: Vec<Stage>,
    /// Figures that rules and the feed read, in order: a later one may read an earlier one.
    #[serde(default)]
    pub figures: Vec<Figure>,
    /// What can be offered.
    #[serde(default)]
    pub products: Vec<Product>,
    /// Gifts and rates that cost something.
    #[serde(default)]
    pub offers: Vec<Offer>,
    /// The actions in words.
    #[serde(default)]
    pub actions: Vec<Named>,
    /// The ways to reach a customer.
    #[serde(default)]
    pub channels: Vec<Channel>,
    /// Of whom the usual channel has failed: the second one comes first.
    #[serde(default)]
    pub fallback: Option<String>,
    /// Festivals: rules read the days to the next one as `holiday_in_days`.
    #[serde(default)]
    pub holidays: Vec<Day>,
    /// Who must not be contacted; the first that holds is the reason.
    #[serde(default)]
    pub suppress: Vec<Suppress>,
    /// Who is left alone to measure the effect.
    #[serde(default)]
    pub holdout: Holdout,
    /// The segments and what to do.
    pub rules: Vec<Rule>,
    /// Reasons in words, by column.
    #[serde(default)]
    pub phrases: BTreeMap<String, Phrase>,
}

/// The columns that a playbook may speak of, by type.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Columns {
    /// Columns of numbers.
    pub number: Vec<String>,
    /// Columns of texts.
    pub text: Vec<String>,
    /// Columns of dates.
    pub date: Vec<String>,
}

/// Who are peers: customers of one age band and one asset band.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PeerParams {
    /// The column of the age, in years.
    pub age: String,
    /// Where age bands begin, ascending.
    pub ages: Vec<f64>,
    /// The column of the assets, in money.
    pub assets: String,
    /// Where asset bands begin, ascending.
    pub bands: Vec<f64>,
}

/// A stage of a customer's life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// Its name in the feed.
    pub name: String,
    /// Who is in it.
    pub when: String,
    /// The stages that it can follow, itself aside; any where the list is empty. It counts where the
    /// stage of the last feed is known.
    #[serde(default)]
    pub after: Vec<String>,
}

/// A number or a text that is computed for each customer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// Its name as a column.
    pub name: String,
    /// An expression.
    #[serde(default)]
    pub of: Option<String>,
    /// Instead of one expression: the weighted mean of these, each cut to 0..1, over those that are
    /// known.
    #[serde(default)]
    pub parts: Vec<FigurePart>,
    /// Columns that count as missing where the table lacks them.
    #[serde(default)]
    pub optional: Vec<String>,
}

/// A part of a figure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FigurePart {
    /// An expression.
    pub of: String,
    /// Its weight, above 0.
    pub weight: f64,
}

/// Something that can be offered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// Its code in the feed.
    pub code: String,
    /// Risk of the product, 1 to 5 (R1 to R5).
    pub risk: u8,
    /// Who has it already, or must not have it; offered to nobody of whom it is true.
    #[serde(default)]
    pub unless: Option<String>,
    /// In English.
    pub en: String,
    /// In Chinese.
    pub zh: String,
}

/// A gift or a rate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Offer {
    /// Its code in the feed.
    pub code: String,
    /// What it costs where it is taken, in money.
    pub cost: f64,
    /// In English.
    pub en: String,
    /// In Chinese.
    pub zh: String,
}

/// A code in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// The code in the feed.
    pub code: String,
    /// In English.
    pub en: String,
    /// In Chinese.
    pub zh: String,
}

/// A way to reach a customer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Channel {
    /// Its code in the feed.
    pub code: String,
    /// Who can be reached this way; everybody where its columns are absent.
    #[serde(default)]
    pub when: Option<String>,
    /// What a contact costs, in money.
    pub cost: f64,
    /// The share of what is at stake that a contact keeps, 0..1.
    pub success: f64,
    /// Whether a person makes the contact: then branch and manager have a capacity for it.
    #[serde(default)]
    pub personal: bool,
}

/// Who must not be contacted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suppress {
    /// The reason in the feed.
    pub reason: String,
    /// Who.
    pub when: String,
    /// Columns that count as missing where the table lacks them.
    #[serde(default)]
    pub optional: Vec<String>,
    /// A customer of whom it must be true.
    #[serde(default, skip_serializing_if = "toml::Table::is_empty")]
    pub example: toml::Table,
    /// A customer of whom it must not be true.
    #[serde(default, skip_serializing_if = "toml::Table::is_empty")]
    pub near_miss: toml::Table,
}

/// Who is left alone to measure the effect.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Holdout {
    /// Share of the customers with an action, 0..1.
    pub share: f64,
    /// The change of the outcome's rate that must be seen, 0..1.
    pub effect: f64,
    /// The chance to see it, 0..1.
    pub power: f64,
    /// The chance to see one that is not there, 0..1, on two sides.
    pub alpha: f64,
    /// Changes who is drawn. The same text leaves the same customers alone from month to month.
    pub salt: String,
}

impl Default for Holdout {
    fn default() -> Self {
        Self { share: 0.1, effect: 0.03, power: 0.8, alpha: 0.05, salt: "universal".to_owned() }
    }
}

/// A segment, and what to do about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The segment's code in the feed.
    pub code: String,
    /// Who is in it: a SQL predicate.
    pub when: String,
    /// Of several rules the one with the highest priority acts.
    pub priority: i32,
    /// What kind of segment it is, e.g. `passive`, `cause`, `sleeper`, `alert`.
    #[serde(default)]
    pub group: String,
    /// The quadrants for which it holds; all where the list is empty.
    #[serde(default)]
    pub quadrants: Vec<Quadrant>,
    /// Columns that count as missing where the table lacks them.
    #[serde(default)]
    pub optional: Vec<String>,
    /// In English.
    pub en: String,
    /// In Chinese.
    pub zh: String,
    /// What to do; a rule without an action only names the segment.
    #[serde(default)]
    pub action: Option<String>,
    /// Products by preference; the first that suits the customer is offered.
    #[serde(default)]
    pub products: Vec<String>,
    /// A gift or a rate.
    #[serde(default)]
    pub offer: Option<String>,
    /// Whether no gift and no rate may be offered, whatever other rules say.
    #[serde(default)]
    pub no_discount: bool,
    /// Channels by preference; `best` is the customer's own best one, `acquired` the one that won the
    /// customer.
    #[serde(default)]
    pub channels: Vec<String>,
    /// Days from the as-of date by which the contact is to be made: an expression.
    #[serde(default)]
    pub due: Option<String>,
    /// Days between regular contacts.
    #[serde(default)]
    pub cadence_days: Option<u32>,
    /// The script of the talk.
    #[serde(default)]
    pub script: Option<String>,
    /// Whether it is told at once, in alerts.csv.
    #[serde(default)]
    pub alert: bool,
    /// A customer who must match.
    #[serde(default)]
    pub example: toml::Table,
    /// A customer who nearly matches, and must not.
    #[serde(default)]
    pub near_miss: toml::Table,
}

impl Book {
    /// The shipped playbook.
    pub fn shipped() -> Result<Self> {
        Self::parse(SHIPPED)
    }

    /// Reads a playbook and checks it.
    ///
    /// # Errors
    /// `BadPlaybook` with the rule at fault.
    pub fn parse(text: &str) -> Result<Self> {
        if text.len() as u64 > LIMIT {
            let what = format!("the playbook is larger than {LIMIT} bytes");
            return Err(Error::new(Kind::TooLarge, what));
        }
        let book: Self = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            let line = text.get(..at).map_or(1, |before| before.matches('\n').count() + 1);
            let what = format!("line {line} of the playbook: {}", error.message());
            Error::new(Kind::BadPlaybook, what)
        })?;
        check::book(&book)?;
        Ok(book)
    }

    /// The declared columns and their types.
    pub fn declared(&self) -> BTreeMap<&str, expr::Kind> {
        let Columns { number, text, date } = &self.columns;
        [(number, expr::Kind::Number), (text, expr::Kind::Text), (date, expr::Kind::Date)]
            .into_iter()
            .flat_map(|(names, kind)| names.iter().map(move |name| (name.as_str(), kind)))
            .collect()
    }

    /// The words of an action.
    pub fn action_words(&self, code: &str, language: Language) -> String {
        let found = self.actions.iter().find(|action| action.code == code);
        found.map_or(code, |action| language.pick(&action.en, &action.zh)).to_owned()
    }
}

impl Rule {
    /// The segment in words.
    pub fn words(&self, language: Language) -> &str {
        language.pick(&self.en, &self.zh)
    }

    /// The place of a fault in it.
    pub fn place(&self) -> Place {
        Place::Key(format!("rules.{}", self.code))
    }
}
