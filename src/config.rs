//! The configuration of a run: every room's parameters in one place.
//!
//! A flag overrules the environment, that the file, and that the defaults here.

pub mod schema;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::{
    bundle::LearnerName,
    dataset::LeakageParams,
    error::{Error, Kind, Place, Result},
    features::EncodeParams,
    history::HistoryParams,
    learners::{Budget, LearnerParams},
    metrics::ProfitParams,
    playbook::campaign::CampaignParams,
    scoring::WatchParams,
    sources::ReadParams,
    store,
    units::{Day, ModelName, Seed},
};

/// Everything that shapes a model.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Which column plays which part.
    pub table: TableParams,
    /// Who is who and what happened, as SQL expressions.
    pub rules: RuleParams,
    /// How to train and validate.
    pub train: TrainParams,
    /// How tables are read.
    pub read: ReadParams,
    /// How columns become codes.
    pub encode: EncodeParams,
    /// When a column counts as giving the outcome away.
    pub checks: LeakageParams,
    /// The learners.
    pub learners: LearnerParams,
    /// Where the bands begin.
    pub cutoffs: CutoffParams,
    /// The money behind the expected maximum profit.
    pub profit: ProfitParams,
    /// From which raw files the feature table is built, and how.
    pub history: HistoryParams,
    /// When `monitor` raises an alarm.
    pub monitor: WatchParams,
    /// What a model is measured by.
    pub evaluate: EvaluateParams,
    /// Segments and actions.
    pub playbook: PlaybookParams,
    /// What there is to give out in a campaign.
    pub campaign: CampaignParams,
}

/// What a model is measured by, besides all customers together.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EvaluateParams {
    /// Columns whose groups of customers are told apart.
    pub by: Vec<String>,
    /// Columns by which it is told whether groups of customers are treated alike, e.g. gender.
    pub fairness: Vec<String>,
}

/// Segments and actions.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PlaybookParams {
    /// The playbook; a relative path starts at the folder of the configuration. The shipped one if
    /// none is given.
    pub file: Option<PathBuf>,
}

/// Which column plays which part.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TableParams {
    /// The column that names the customer; looked for by name if not given.
    pub id: Option<String>,
    /// The column of the as-of date.
    pub as_of: Option<String>,
    /// Columns that never become features; names or globs.
    pub exclude: Vec<String>,
    /// Columns whose numbers are codes of categories.
    pub categorical: Vec<String>,
    /// Personal columns, besides those known by their names: they are never read into a model.
    pub pii: Vec<String>,
}

/// Who is who and what happened, as SQL expressions.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RuleParams {
    /// Which active customers left.
    pub churn: Option<String>,
    /// Which dormant customers came back.
    pub reactivation: Option<String>,
    /// Who is dormant.
    pub dormant: Option<String>,
    /// Who never transacted.
    pub prospect: Option<String>,
    /// What a customer is worth a year.
    pub value: Option<String>,
}

/// How to train and validate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainParams {
    /// Name of the model in the registry.
    pub name: ModelName,
    /// The learner; `auto` takes the simplest that is hardly worse than the best.
    pub learner: LearnerChoice,
    /// How far a simpler learner's log loss may lie above the best one's and still be hardly worse:
    /// that many standard errors of their difference, 0 to 10.
    pub margin: f64,
    /// How many presets of the boosted trees are tried.
    pub budget: Budget,
    /// Number of folds, 2 to 50.
    pub folds: u8,
    /// Seed of every random choice.
    pub seed: Seed,
    /// Length of the outcome window after the as-of date, in days.
    pub outcome_days: i32,
    /// The last as-of date to learn from; later rows are left out, e.g. to compare models on them.
    pub until: Option<Day>,
}

impl Default for TrainParams {
    fn default() -> Self {
        Self {
            name: default_name(),
            learner: LearnerChoice::Auto,
            margin: 0.25,
            budget: Budget::default(),
            folds: 5,
            seed: Seed::default(),
            outcome_days: 90,
            until: None,
        }
    }
}

fn default_name() -> ModelName {
    #[expect(clippy::expect_used, reason = "the literal fits the pattern")]
    "retail".parse().expect("a model name")
}

/// Which learner to train.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LearnerChoice {
    /// All of them; the simplest that is hardly worse than the best is kept.
    Auto,
    /// The scorecard.
    Logistic,
    /// The tree.
    Tree,
    /// Boosted trees.
    Boost,
    /// The blend of the others.
    Blend,
}

impl LearnerChoice {
    /// The learner that was asked for; none for `auto`.
    pub fn asked(self) -> Option<LearnerName> {
        match self {
            Self::Auto => None,
            Self::Logistic => Some(LearnerName::Logistic),
            Self::Tree => Some(LearnerName::Tree),
            Self::Boost => Some(LearnerName::Boost),
            Self::Blend => Some(LearnerName::Blend),
        }
    }

    /// The learners to fit on rows, the simplest first: a blend needs all of them.
    pub fn parts(self) -> &'static [LearnerName] {
        match self {
            Self::Auto | Self::Blend => {
                &[LearnerName::Logistic, LearnerName::Tree, LearnerName::Boost]
            }
            Self::Logistic => &[LearnerName::Logistic],
            Self::Tree => &[LearnerName::Tree],
            Self::Boost => &[LearnerName::Boost],
        }
    }

    /// Whether what they say is blended.
    pub fn blends(self) -> bool {
        matches!(self, Self::Auto | Self::Blend)
    }
}

/// Where the bands begin. They are fixed at training and travel with the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CutoffParams {
    /// High value.
    pub value: ValueCut,
    /// High churn risk.
    pub churn: RiskCut,
    /// Likely reactivation.
    pub reactivation: RiskCut,
}

impl Default for CutoffParams {
    fn default() -> Self {
        Self {
            value: ValueCut::Quantile(0.8),
            churn: RiskCut::Quantile(0.8),
            reactivation: RiskCut::Quantile(0.8),
        }
    }
}

/// Where high value begins.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueCut {
    /// At this amount a year.
    Amount(f64),
    /// At this quantile of the customers' values, 0..1.
    Quantile(f64),
}

/// Where high risk begins.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RiskCut {
    /// At this probability.
    Probability(f64),
    /// At this quantile of the held-out probabilities, 0..1.
    Quantile(f64),
    /// Where a contact pays for itself with the average customer: cost ÷ (success rate × value).
    Profit {
        /// Cost of one contact, in the unit of the value.
        contact_cost: f64,
        /// Share of contacted customers whose outcome it changes, 0..1.
        success_rate: f64,
    },
}

impl Config {
    /// Largest configuration file that is read.
    const LIMIT: u64 = 1 << 20;

    /// Reads a configuration file.
    pub fn read(path: &Path) -> Result<Self> {
        let text = store::read_text(path, Self::LIMIT)?;
        let mut config = Self::parse(&text).map_err(|(message, at)| {
            let line = text.get(..at).map_or(1, |before| before.matches('\n').count() as u64 + 1);
            Error::new(Kind::BadConfig, message).at(Place::Line(path.to_owned(), line))
        })?;
        if let Some(file) = config.playbook.file.as_mut() {
            *file = path.with_file_name(&*file);
        }
        Ok(config)
    }

    /// Reads a configuration text; an error comes with its position in bytes.
    fn parse(text: &str) -> std::result::Result<Self, (String, usize)> {
        toml::from_str(text).map_err(|error| {
            (error.message().to_owned(), error.span().map_or(0, |span| span.start))
        })
    }

    /// Sets one key by its path, e.g. `learners.tree.max_depth=4`; the value is TOML, and anything
    /// that is not is taken as text.
    pub fn set(&mut self, assignment: &str) -> Result<()> {
        let (key, value) = assignment.split_once('=').ok_or_else(|| {
            Error::new(Kind::Usage, format!("{assignment:?} is not of the form KEY=VALUE"))
                .hint_with("e.g. --set learners.tree.max_depth=4")
        })?;
        let key = key.trim();
        let as_toml = |value: &str| toml::from_str::<toml::Table>(&format!("value = {value}")).ok();
        let value = as_toml(value)
            .and_then(|mut table| table.remove("value"))
            .unwrap_or_else(|| toml::Value::String(value.trim().to_owned()));
        let bad =
            |message: String| Error::new(Kind::BadConfig, message).at(Place::Key(key.to_owned()));
        let mut whole = toml::Table::try_from(&*self).map_err(|e| bad(e.to_string()))?;
        let mut table = &mut whole;
        let mut parts = key.split('.').peekable();
        while let Some(part) = parts.next() {
            if parts.peek().is_none() {
                table.insert(part.to_owned(), value);
                break;
            }
            let inner = table
                .entry(part.to_owned())
                .or_insert_with(|| toml::Value::Table(toml::Table::new()));
            table = inner.as_table_mut().ok_or_else(|| bad(format!("{part} is not a table")))?;
        }
        *self = whole.try_into().map_err(|e: toml::de::Error| bad(e.message().to_owned()))?;
        Ok(())
    }

    /// Checks every range.
    pub fn check(&self) -> Result<()> {
        let range = |key: &str, fits: bool, range: &str| {
            if fits {
                return Ok(());
            }
            Err(Error::new(Kind::BadParameter, format!("must be {range}"))
                .at(Place::Key(key.to_owned())))
        };
        range("train.folds", (2..=50).contains(&self.train.folds), "2 to 50")?;
        range("train.outcome_days", (1..=3660).contains(&self.train.outcome_days), "1 to 3660")?;
        range("train.margin", (0.0..=10.0).contains(&self.train.margin), "0 to 10")?;
        let share = self.read.max_reject_share;
        range("read.max_reject_share", (0.0..=1.0).contains(&share), "0 to 1")?;
        if let ValueCut::Quantile(q) = self.cutoffs.value {
            range("cutoffs.value", (0.0..=1.0).contains(&q), "a quantile of 0 to 1")?;
        }
        for (key, cut) in [
            ("cutoffs.churn", self.cutoffs.churn),
            ("cutoffs.reactivation", self.cutoffs.reactivation),
        ] {
            let fits = match cut {
                RiskCut::Probability(p) | RiskCut::Quantile(p) => (0.0..=1.0).contains(&p),
                RiskCut::Profit { contact_cost, success_rate } => {
                    contact_cost >= 0.0 && success_rate > 0.0 && success_rate <= 1.0
                }
            };
            range(key, fits, "0 to 1 (and a success rate above 0)")?;
        }
        self.encode.check()?;
        self.checks.check()?;
        self.profit.check()?;
        self.campaign.check()?;
        self.history.check()?;
        self.monitor.check()?;
        self.learners.check()
    }

    /// The configuration as TOML text.
    pub fn to_toml(&self) -> String {
        toml::to_string_pretty(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_read_back_and_pass_their_own_check() {
        let config = Config::default();
        assert_eq!(Config::parse(&config.to_toml()).unwrap(), config);
        config.check().unwrap();
    }

    #[test]
    fn a_misspelt_key_is_an_error_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("reveille.toml");
        std::fs::write(&path, "[train]\nfolds = 5\n\nfold = 3\n").unwrap();
        let error = Config::read(&path).unwrap_err();
        assert_eq!(error.kind(), Kind::BadConfig);
        assert!(error.to_string().contains("reveille.toml:4"), "{error}");
    }

    #[test]
    fn a_key_can_be_set_by_its_path() {
        let mut config = Config::default();
        config.set("train.folds=3").unwrap();
        config.set("cutoffs.value={ amount = 5e4 }").unwrap();
        config.set("train.name=branch-7").unwrap();
        assert_eq!(config.train.folds, 3);
        assert_eq!(config.cutoffs.value, ValueCut::Amount(5e4));
        assert_eq!(config.train.name.as_str(), "branch-7");
        assert_eq!(config.set("train.fold=3").unwrap_err().kind(), Kind::BadConfig);
        assert_eq!(config.set("folds").unwrap_err().kind(), Kind::Usage);
    }
}
