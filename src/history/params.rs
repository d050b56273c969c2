//! What to build, from which files.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{dormancy::Rule, learn::LearnParams, schema::RawTable};
use crate::{
    error::{Error, Kind, Place, Result},
    nearest::nearest,
    units::Day,
};

/// From which files the feature table is built, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HistoryParams {
    /// The folder of the files.
    pub folder: Option<String>,
    /// Whether the as-of date itself has passed when a snapshot is taken.
    pub as_of_day: AsOfDay,
    /// The last day for which the files are complete; found from the data if not given.
    pub complete_until: Option<Day>,
    /// The currency of the amounts; the most common one if not given.
    pub currency: Option<String>,
    /// What one unit of another currency is worth. Amounts in a currency that is not here count as
    /// activity, without an amount.
    pub rates: BTreeMap<String, f64>,
    /// Types of transactions that no customer makes: they are no activity.
    pub involuntary: Vec<String>,
    /// Types of transactions that are a salary.
    pub salary: Vec<String>,
    /// Types of transactions that are a pension.
    pub pension: Vec<String>,
    /// Where asset bands begin, ascending, in the currency of the amounts.
    pub asset_bands: Vec<f64>,
    /// Memory for records, in MiB; beyond it they wait in a nameless file in TMPDIR. It changes no
    /// figure.
    pub memory_mb: u32,
    /// When a customer counts as dormant.
    pub dormancy: DormancyParams,
    /// What counts as leaving and as returning.
    pub outcome: OutcomeParams,
    /// How thresholds of dormancy are learned.
    pub learn: LearnParams,
    /// One row a customer.
    pub customers: TableSource,
    /// One row a customer and month's end.
    pub balances: TableSource,
    /// One row a transaction.
    pub transactions: TableSource,
    /// One row a product held.
    pub products: TableSource,
    /// One row a contact.
    pub contacts: TableSource,
    /// One row a movement of points, or a benefit.
    pub benefits: TableSource,
    /// One row an answer or complaint.
    pub feedback: TableSource,
    /// One row a salary or pension.
    pub payroll: TableSource,
}

impl Default for HistoryParams {
    fn default() -> Self {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Self {
            folder: None,
            as_of_day: AsOfDay::default(),
            complete_until: None,
            currency: None,
            rates: BTreeMap::new(),
            involuntary: words(&["interest", "tax", "fee", "judicial"]),
            salary: words(&["salary"]),
            pension: words(&["pension"]),
            asset_bands: vec![50_000.0, 300_000.0, 1_000_000.0],
            memory_mb: 1024,
            dormancy: DormancyParams::default(),
            outcome: OutcomeParams::default(),
            learn: LearnParams::default(),
            customers: TableSource::default(),
            balances: TableSource::default(),
            transactions: TableSource::default(),
            products: TableSource::default(),
            contacts: TableSource::default(),
            benefits: TableSource::default(),
            feedback: TableSource::default(),
            payroll: TableSource::default(),
        }
    }
}

/// Whether the as-of date itself has passed when a snapshot is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AsOfDay {
    /// A snapshot is taken in the evening: rows of its own day count.
    #[default]
    Included,
    /// A snapshot is taken in the morning: only rows of earlier days count.
    Excluded,
}

/// Where a raw table comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TableSource {
    /// Patterns of file names, below the folder; by the table's name if not given.
    pub files: Vec<String>,
    /// Which rows count, as a SQL expression over the file's columns.
    #[serde(rename = "where", skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// For each field the file's column, or a SQL expression over its columns; a field that is not
    /// here is the column of its own name, where there is one.
    pub columns: BTreeMap<String, String>,
}

/// When a customer counts as dormant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DormancyParams {
    /// Quiet days beyond which a customer is dormant, where no rule says otherwise.
    pub days: i32,
    /// Least AUM of a dormant customer, where no rule says otherwise.
    pub min_balance: f64,
    /// Quiet days up to which a customer counts as fully active in the summary.
    pub active_days: i32,
    /// Thresholds by level and dimension; the most specific one decides.
    pub rules: Vec<Rule>,
    /// When an account is dormant by law or contract; any of them. A flag of its own.
    pub legal: Vec<LegalRule>,
}

impl Default for DormancyParams {
    fn default() -> Self {
        Self {
            days: 90,
            min_balance: 0.0,
            active_days: 90,
            rules: Vec::new(),
            legal: vec![LegalRule::default()],
        }
    }
}

/// When an account is dormant by law or contract.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LegalRule {
    /// Days without a transaction of the customer.
    pub days: i32,
    /// The most AUM.
    pub max_balance: f64,
    /// Whether a customer with a loan or any product but a deposit is spared.
    pub spare_contracts: bool,
    /// Whether a customer who is paid a salary or a pension is spared.
    pub spare_payroll: bool,
}

impl Default for LegalRule {
    /// Industrial Bank (China) since 15 October 2025: 365 days, at most 10 yuan, no contract, social
    /// security cards spared.
    fn default() -> Self {
        Self { days: 365, max_balance: 10.0, spare_contracts: true, spare_payroll: true }
    }
}

/// What counts as leaving.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChurnSign {
    /// The customer closed within the window.
    Closed,
    /// The customer is dormant when the window ends.
    Dormant,
    /// The customer made no transaction within the window.
    Silent,
    /// The AUM at the window's end lies below what it was by the share `aum_drop` or more.
    AumDrop,
    /// A salary or pension that came within the 62 days before came no more within the window.
    PayrollStopped,
}

/// What counts as leaving and as returning.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OutcomeParams {
    /// Length of the outcome window, in days.
    pub days: i32,
    /// Days between the as-of date and the window: the time a list needs to be worked.
    pub gap_days: i32,
    /// What counts as leaving: any of these, as far as the files tell.
    pub churn: Vec<ChurnSign>,
    /// Share of the AUM whose loss counts as leaving.
    pub aum_drop: f64,
    /// Share of the AUM peak of 24 months whose regain counts as returning.
    pub aum_regained: f64,
    /// Days after which a return is sustained if the customer is active then.
    pub sustained_days: i32,
}

impl Default for OutcomeParams {
    fn default() -> Self {
        Self {
            days: 90,
            gap_days: 0,
            churn: vec![ChurnSign::Closed, ChurnSign::Dormant, ChurnSign::AumDrop],
            aum_drop: 0.8,
            aum_regained: 0.5,
            sustained_days: 180,
        }
    }
}

impl HistoryParams {
    /// Where a raw table comes from.
    pub fn source(&self, table: RawTable) -> &TableSource {
        match table {
            RawTable::Customers => &self.customers,
            RawTable::Balances => &self.balances,
            RawTable::Transactions => &self.transactions,
            RawTable::Products => &self.products,
            RawTable::Contacts => &self.contacts,
            RawTable::Benefits => &self.benefits,
            RawTable::Feedback => &self.feedback,
            RawTable::Payroll => &self.payroll,
        }
    }

    /// The last day whose rows count in a snapshot.
    pub(super) fn last_day(&self, as_of: Day) -> i32 {
        match self.as_of_day {
            AsOfDay::Included => as_of.0,
            AsOfDay::Excluded => as_of.0 - 1,
        }
    }

    /// Checks every range and every field's name.
    pub fn check(&self) -> Result<()> {
        let range = |key: &str, fits: bool, range: &str| {
            if fits {
                return Ok(());
            }
            Err(Error::new(Kind::BadParameter, format!("must be {range}"))
                .at(Place::Key(format!("history.{key}"))))
        };
        let days = 1..=3660;
        range("dormancy.days", days.contains(&self.dormancy.days), "1 to 3660")?;
        range("dormancy.active_days", days.contains(&self.dormancy.active_days), "1 to 3660")?;
        range("outcome.days", days.contains(&self.outcome.days), "1 to 3660")?;
        range("outcome.gap_days", (0..=3660).contains(&self.outcome.gap_days), "0 to 3660")?;
        range(
            "outcome.sustained_days",
            (self.outcome.days..=3660).contains(&self.outcome.sustained_days),
            "outcome.days to 3660",
        )?;
        let share = |x: f64| x > 0.0 && x <= 1.0;
        range("outcome.aum_drop", share(self.outcome.aum_drop), "above 0, at most 1")?;
        range("outcome.aum_regained", share(self.outcome.aum_regained), "above 0, at most 1")?;
        range("outcome.churn", !self.outcome.churn.is_empty(), "one sign of leaving or more")?;
        let ascending = self.asset_bands.windows(2).all(|pair| pair[0] < pair[1]);
        range("asset_bands", ascending, "ascending amounts")?;
        range("memory_mb", self.memory_mb > 0, "1 or more")?;
        let rates = self.rates.values().all(|rate| *rate > 0.0 && rate.is_finite());
        range("rates", rates, "above 0")?;
        for rule in &self.dormancy.rules {
            range("dormancy.rules.days", days.contains(&rule.days), "1 to 3660")?;
        }
        for rule in &self.dormancy.legal {
            range("dormancy.legal.days", days.contains(&rule.days), "1 to 3660")?;
        }
        self.learn.check()?;
        RawTable::ALL.into_iter().try_for_each(|table| self.check_fields(table))
    }

    fn check_fields(&self, table: RawTable) -> Result<()> {
        let names = || table.fields().iter().map(|field| field.name);
        for given in self.source(table).columns.keys() {
            if names().any(|name| name == given) {
                continue;
            }
            let error =
                Error::new(Kind::BadConfig, format!("{} have no field {given}", table.name()))
                    .at(Place::Key(format!("history.{}.columns.{given}", table.name())));
            return Err(match nearest(given, names()) {
                Some(near) => error.hint_with(format!("did you mean {near}?")),
                None => {
                    error.hint_with(format!("there are {}", names().collect::<Vec<_>>().join(", ")))
                }
            });
        }
        Ok(())
    }
}
