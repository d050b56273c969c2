//! `reveille features`.

use std::path::PathBuf;

use clap::Args;

use super::{
    options::{ConfigFlags, ReadFlags},
    tables,
    ui::Ui,
};
use crate::{
    error::{Error, Kind, Result},
    history::{AsOfs, Every, RawTable},
    pipeline::{
        features::{Built, Request, features},
        predict::FeedTarget,
    },
    units::Day,
};

/// Build the feature table from raw history.
///
/// Reads customers, balances, transactions and what else the folder holds, and writes one row a
/// customer and as-of date with what was known then, and with what became of the customer where that
/// is known by now. Beside the table lie its facts as JSON (counts, the label-maturity calendar, what
/// is missing) and the rows that were set aside.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  reveille features --history raw --as-of 2026-03-31 -o current.parquet
  reveille features --history raw --every month --to 2025-12-31 --labelled -o history.parquet
  reveille train history.parquet --value \"aum * 0.012\"")]
pub(super) struct Features {
    /// Folder of the raw files; history.folder of the configuration if not given
    #[arg(long, value_name = "DIR")]
    history: Option<PathBuf>,

    /// As-of dates
    #[arg(long, value_name = "DATE,…", value_delimiter = ',', value_parser = day, conflicts_with = "every")]
    as_of: Vec<Day>,

    /// A snapshot every week, month or quarter
    #[arg(long, value_name = "RHYTHM", required_unless_present = "as_of")]
    every: Option<Every>,

    /// Not before this date; with --every
    #[arg(long, value_name = "DATE", value_parser = day, requires = "every")]
    from: Option<Day>,

    /// Not after this date; with --every
    #[arg(long, value_name = "DATE", value_parser = day, requires = "every")]
    to: Option<Day>,

    /// Stop if the outcome of a snapshot is not known yet
    #[arg(long)]
    labelled: bool,

    /// The table: a .csv or .parquet file, or `-` for CSV on standard output
    #[arg(
        long,
        short,
        alias = "out",
        value_name = "TABLE",
        default_value = "features.parquet",
        help_heading = "Output"
    )]
    output: String,

    /// Print the facts as JSON
    #[arg(long, help_heading = "Output")]
    json: bool,

    #[command(flatten)]
    read: ReadFlags,
    #[command(flatten)]
    config: ConfigFlags,
}

pub(super) fn day(text: &str) -> std::result::Result<Day, String> {
    Day::parse(text).ok_or_else(|| "write a date as 2026-03-31".to_owned())
}

/// The folder of the raw files: the flag's, or the configuration's.
pub(super) fn folder(flag: Option<&PathBuf>, config: Option<&String>) -> Result<PathBuf> {
    flag.cloned().or_else(|| config.map(PathBuf::from)).ok_or_else(|| {
        Error::new(Kind::Usage, "no folder of raw files is named")
            .hint_with("give --history DIR, or set history.folder in the configuration")
    })
}

impl Features {
    pub(super) fn run(&self, ui: &Ui) -> Result<()> {
        let config = self.config.load()?;
        let mut read = config.read;
        self.read.apply(&mut read);
        let as_ofs = match self.every {
            Some(every) => AsOfs::Every { every, from: self.from, to: self.to },
            None => AsOfs::These(self.as_of.clone()),
        };
        let request = Request {
            folder: folder(self.history.as_ref(), config.history.folder.as_ref())?,
            history: config.history,
            read,
            as_ofs,
            target: FeedTarget::parse(&self.output),
            labelled: self.labelled,
        };
        let built = features(&request, &mut ui.stdout(), ui)?;
        warn(&built, ui);
        if self.json && request.target != FeedTarget::Stdout {
            return ui.out(&built.json());
        }
        ui.say(summary(&built, request.history.dormancy.active_days).trim_end());
        ui.say(&format!(
            "{} rows of {} columns into {} in {:.1} s",
            tables::thousands(built.rows as f64),
            built.columns.len(),
            if request.target == FeedTarget::Stdout { "standard output" } else { &self.output },
            ui.elapsed()
        ));
        Ok(())
    }
}

/// The raw tables and the label-maturity calendar.
fn summary(built: &Built, active_days: i32) -> String {
    let number = |n: u64| tables::thousands(n as f64);
    let texts = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect();
    let mut raw: Vec<Vec<String>> =
        vec![texts(&["table", "rows", "set aside", "loaded late", "first day", "last day"])];
    for table in &built.quality.tables {
        let (first, last) = table.days.clone().unwrap_or_default();
        let late = if table.has_load_date { number(table.loaded_late) } else { "?".to_owned() };
        raw.push(vec![
            table.table.name().to_owned(),
            number(table.rows),
            number(table.rejected),
            if table.table == RawTable::Customers { String::new() } else { late },
            first,
            last,
        ]);
    }
    let within = format!("active in {active_days} days");
    let mut calendar: Vec<Vec<String>> = vec![texts(&[
        "snapshot",
        "customers",
        &within,
        "of them left",
        "dormant",
        "of them back",
        "never",
        "outcome known by",
    ])];
    for facts in &built.snapshots {
        let known = |n: Option<u64>| n.map_or_else(|| "not yet".to_owned(), number);
        calendar.push(vec![
            facts.maturity.as_of.to_string(),
            number(facts.customers),
            number(facts.recently_active),
            known(facts.recently_active_churned),
            number(facts.dormant),
            known(facts.reactivated),
            number(facts.prospects),
            facts.maturity.window_end.to_string(),
        ]);
    }
    format!("{}\n{}", tables::columns(&raw), tables::columns(&calendar))
}

/// What a person should know before using the table.
fn warn(built: &Built, ui: &Ui) {
    if !built.late_rows_guarded {
        let unguarded = built
            .quality
            .tables
            .iter()
            .filter(|table| table.table != RawTable::Customers && !table.has_load_date);
        let names: Vec<&str> = unguarded.map(|table| table.table.name()).collect();
        ui.say(&format!(
            "{} do not say when rows were loaded (load_ts): a row entered late cannot be told from one that was known",
            names.join(", ")
        ));
    }
    if !built.quality.absent.is_empty() {
        let names: Vec<&str> = built.quality.absent.iter().map(|table| table.name()).collect();
        ui.say(&format!("not there: {}", names.join(", ")));
    }
    let says = |count: u64, what: &str| {
        if count > 0 {
            ui.warn(&format!("{} {what}", tables::thousands(count as f64)));
        }
    };
    says(
        built.quality.duplicate_customers,
        "rows of the customer file repeat an id; the first counts",
    );
    says(
        built.quality.closed_before_opened,
        "accounts close before they open; the closing is taken for unknown",
    );
    says(
        built.oddities.opened_after_first_event,
        "accounts open after their first event; the earlier day counts",
    );
    says(
        built.oddities.active_after_closing,
        "accounts have transactions after their closing; they stay closed",
    );
    says(built.oddities.duplicate_balances, "balances are there twice for one day; one counts");
    for table in &built.quality.tables {
        let name = table.table.name();
        says(
            table.unknown_customer,
            &format!("rows of {name} belong to customers that the customer file does not have"),
        );
        says(
            table.future_dated,
            &format!("rows of {name} are dated after they were loaded or after the data end"),
        );
        says(
            table.other_currency,
            &format!("rows of {name} are in another currency than the amounts"),
        );
        says(
            table.rejected - table.unknown_customer,
            &format!("rows of {name} were set aside; the rejects file says why"),
        );
    }
}
