//! Flags that several commands share, and how they overrule the configuration.

use std::{collections::BTreeMap, path::PathBuf};

use clap::Args;

use crate::{
    bundle::registry::{ModelRef, Registry},
    config::{Config, LearnerChoice},
    error::{Error, Kind, Result},
    learners::Budget,
    sources::{ColumnType, ReadParams},
    store,
    units::{Day, ModelName, Seed},
};

/// Where a configuration comes from.
#[derive(Debug, Args)]
#[command(next_help_heading = "Configuration")]
pub(super) struct ConfigFlags {
    /// Configuration file; `reveille.toml` in this folder is read if it is there
    #[arg(long, env = "REVEILLE_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,

    /// Set a key of the configuration, e.g. learners.tree.max_depth=4
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
}

impl ConfigFlags {
    /// Whether one was named on the command line.
    pub(super) fn is_given(&self) -> bool {
        self.config.is_some() || !self.set.is_empty()
    }

    /// The configuration: the file, then `--set`.
    pub(super) fn load(&self) -> Result<Config> {
        let usual = PathBuf::from("reveille.toml");
        let mut config = match &self.config {
            Some(file) => Config::read(file)?,
            None if store::exists(&usual) => Config::read(&usual)?,
            None => Config::default(),
        };
        self.set.iter().try_for_each(|assignment| config.set(assignment))?;
        Ok(config)
    }
}

/// How a table is read.
#[derive(Debug, Args)]
#[command(next_help_heading = "Reading")]
pub(super) struct ReadFlags {
    /// Delimiter of a CSV file; detected if not given
    #[arg(long, value_name = "CHAR")]
    delimiter: Option<char>,

    /// Encoding of a CSV file: utf-8, gb18030, utf-16le or utf-16be; detected if not given
    #[arg(long, value_name = "NAME")]
    encoding: Option<String>,

    /// Cells that stand for a missing value, besides blanks [default: NA,NULL,\N,?]
    #[arg(long, value_name = "TOKEN,…", value_delimiter = ',')]
    missing: Option<Vec<String>>,

    /// Column types that overrule what is found, e.g. branch=text,opened=date
    #[arg(long, value_name = "COL=TYPE,…", value_delimiter = ',', value_parser = column_type)]
    types: Vec<(String, ColumnType)>,
}

fn column_type(text: &str) -> std::result::Result<(String, ColumnType), String> {
    let (column, kind) = text.rsplit_once('=').ok_or("write COL=number, COL=text or COL=date")?;
    let kind = match kind {
        "number" => ColumnType::Number,
        "text" => ColumnType::Text,
        "date" => ColumnType::Date,
        other => return Err(format!("{other} is no type; there are number, text and date")),
    };
    Ok((column.to_owned(), kind))
}

impl ReadFlags {
    /// Lays the flags over the configuration.
    pub(super) fn apply(&self, read: &mut ReadParams) {
        read.delimiter = self.delimiter.or(read.delimiter);
        read.encoding = self.encoding.clone().or(read.encoding.take());
        if let Some(missing) = &self.missing {
            read.missing.clone_from(missing);
        }
        read.types.extend(self.types.iter().cloned().collect::<BTreeMap<_, _>>());
    }
}

/// Which column is what, and what happened.
#[derive(Debug, Args)]
#[command(next_help_heading = "Columns and rules (each rule is a SQL expression over columns)")]
pub(super) struct RoleFlags {
    /// Column that names the customer; found by its name if not given
    #[arg(long, value_name = "COL")]
    id: Option<String>,

    /// Column of the as-of date of each row
    #[arg(long, value_name = "COL")]
    as_of: Option<String>,

    /// Which active customers left, e.g. Exited or "status = 'closed'"
    #[arg(long, value_name = "EXPR", allow_hyphen_values = true)]
    churn: Option<String>,

    /// Who is dormant, e.g. "days_quiet > 90"
    #[arg(long, value_name = "EXPR")]
    dormant: Option<String>,

    /// Who has never transacted, e.g. "first_txn IS NULL"
    #[arg(long, value_name = "EXPR")]
    prospect: Option<String>,

    /// Which dormant customers came back
    #[arg(long, value_name = "EXPR")]
    reactivation: Option<String>,

    /// What a customer is worth a year, e.g. "aum * 0.012 + fees_12m"
    #[arg(long, value_name = "EXPR", allow_hyphen_values = true)]
    value: Option<String>,

    /// Columns that never become features; names or globs
    #[arg(long, value_name = "COL,GLOB,…", value_delimiter = ',')]
    exclude: Vec<String>,

    /// Columns whose numbers are codes of categories
    #[arg(long, value_name = "COL,…", value_delimiter = ',')]
    categorical: Vec<String>,
}

impl RoleFlags {
    /// Lays the flags over the configuration.
    pub(super) fn apply(&self, config: &mut Config) {
        fn over(slot: &mut Option<String>, flag: Option<&String>) {
            if let Some(flag) = flag {
                *slot = Some(flag.clone());
            }
        }
        over(&mut config.table.id, self.id.as_ref());
        over(&mut config.table.as_of, self.as_of.as_ref());
        over(&mut config.rules.churn, self.churn.as_ref());
        over(&mut config.rules.dormant, self.dormant.as_ref());
        over(&mut config.rules.prospect, self.prospect.as_ref());
        over(&mut config.rules.reactivation, self.reactivation.as_ref());
        over(&mut config.rules.value, self.value.as_ref());
        config.table.exclude.extend(self.exclude.iter().cloned());
        config.table.categorical.extend(self.categorical.iter().cloned());
    }
}

/// How to train.
#[derive(Debug, Args)]
#[command(next_help_heading = "Training")]
pub(super) struct FitFlags {
    /// Name of the model in the registry [default: retail]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,

    /// auto, logistic, tree, boost or blend; auto fits all and keeps the simplest that is hardly
    /// worse than the best
    #[arg(long, value_name = "LEARNER", value_parser = learner)]
    learner: Option<LearnerChoice>,

    /// How many presets of the boosted trees are tried out of fold: fast for one glance, thorough
    /// for a night [default: default]
    #[arg(long, value_name = "BUDGET", value_parser = budget)]
    budget: Option<Budget>,

    /// Number of folds [default: 5]
    #[arg(long, value_name = "K")]
    folds: Option<u8>,

    /// Seed of every random choice [default: 1]
    #[arg(long, env = "REVEILLE_SEED", value_name = "N")]
    seed: Option<u64>,

    /// Learn from no row after this as-of date, e.g. to compare models on the rows after it
    #[arg(long, value_name = "DATE", value_parser = day)]
    until: Option<Day>,
}

/// A date on the command line.
pub(super) fn day(text: &str) -> std::result::Result<Day, String> {
    Day::parse(text).ok_or_else(|| "write a date as 2026-03-31".to_owned())
}

fn learner(text: &str) -> std::result::Result<LearnerChoice, String> {
    match text {
        "auto" => Ok(LearnerChoice::Auto),
        "logistic" => Ok(LearnerChoice::Logistic),
        "tree" => Ok(LearnerChoice::Tree),
        "boost" => Ok(LearnerChoice::Boost),
        "blend" => Ok(LearnerChoice::Blend),
        other => {
            Err(format!("{other} is no learner; there are auto, logistic, tree, boost and blend"))
        }
    }
}

fn budget(text: &str) -> std::result::Result<Budget, String> {
    match text {
        "fast" => Ok(Budget::Fast),
        "default" => Ok(Budget::Default),
        "thorough" => Ok(Budget::Thorough),
        other => Err(format!("{other} is no budget; there are fast, default and thorough")),
    }
}

impl FitFlags {
    /// Lays the flags over the configuration.
    pub(super) fn apply(&self, config: &mut Config) -> Result<()> {
        if let Some(name) = &self.name {
            config.train.name = name.parse::<ModelName>()?;
        }
        config.train.learner = self.learner.unwrap_or(config.train.learner);
        config.train.budget = self.budget.unwrap_or(config.train.budget);
        config.train.folds = self.folds.unwrap_or(config.train.folds);
        config.train.seed = self.seed.map_or(config.train.seed, Seed);
        config.train.until = self.until.or(config.train.until);
        Ok(())
    }
}

/// Where models are kept.
#[derive(Debug, Args)]
#[command(next_help_heading = "Configuration")]
pub(super) struct RegistryFlags {
    /// Folder of the model registry
    #[arg(long, env = "REVEILLE_MODELS", value_name = "DIR", default_value = "models")]
    models: PathBuf,
}

impl RegistryFlags {
    /// The registry.
    pub(super) fn open(&self) -> Registry {
        Registry::open(&self.models)
    }

    /// The model that a flag names, or else the only one there is.
    pub(super) fn reference(&self, flag: Option<&str>) -> Result<ModelRef> {
        if let Some(text) = flag {
            return ModelRef::parse(text);
        }
        let mut names: Vec<String> =
            self.open().list()?.into_iter().map(|listed| listed.name.to_string()).collect();
        names.dedup();
        match names.as_slice() {
            [only] => ModelRef::parse(only),
            [] => Err(Error::new(
                Kind::NoModel,
                format!("there is no model in {}", self.models.display()),
            )),
            _ => Err(Error::new(
                Kind::Usage,
                format!("there are several models: {}", names.join(", ")),
            )
            .hint_with("name one with --model")),
        }
    }
}

/// Fixes the number of threads for the whole run.
pub(super) fn use_threads(threads: usize) -> Result<()> {
    if !(1..=1024).contains(&threads) {
        return Err(Error::new(Kind::BadParameter, "the number of threads must be 1 to 1024"));
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
    pool.map_err(|e| Error::new(Kind::BadParameter, format!("cannot start {threads} threads: {e}")))
}
