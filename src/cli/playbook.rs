//! `reveille playbook`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::{
    options::{ConfigFlags, ReadFlags},
    tables,
    ui::Ui,
};
use crate::{
    error::{Error, Kind, Result},
    pipeline::playbook,
    playbook::{Book, Bound, book::SHIPPED, examples},
    sources::{self, Input},
    units::Language,
};

/// Check, test and print the playbook: segments and what to do, as SQL rules.
#[derive(Debug, Subcommand)]
pub(super) enum Playbook {
    Check(Check),
    Test(Test),
    Show(Show),
}

/// Check a playbook, and say which rules a table would switch off.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  reveille playbook check
  reveille playbook check playbook.toml --table current.csv")]
pub(super) struct Check {
    /// The playbook; that of the configuration, or else the shipped one, if not given
    file: Option<PathBuf>,

    /// A table whose columns it is to meet
    #[arg(long, value_name = "TABLE")]
    table: Option<String>,

    /// Print the findings as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    read: ReadFlags,
    #[command(flatten)]
    config: ConfigFlags,
}

/// Run the examples that every rule carries; exit status 1 if one fails.
#[derive(Debug, Args)]
pub(super) struct Test {
    /// The playbook; that of the configuration, or else the shipped one, if not given
    file: Option<PathBuf>,

    #[command(flatten)]
    config: ConfigFlags,
}

/// List the rules in the order in which they act, or print the shipped file.
#[derive(Debug, Args)]
pub(super) struct Show {
    /// The playbook; that of the configuration, or else the shipped one, if not given
    file: Option<PathBuf>,

    /// Print the shipped playbook as it is, to be changed
    #[arg(long)]
    shipped: bool,

    /// Language of the words: en or zh
    #[arg(long, env = "REVEILLE_LANG", default_value = "en", value_name = "LANG")]
    lang: Language,

    #[command(flatten)]
    config: ConfigFlags,
}

fn book(file: Option<&Path>, config: &ConfigFlags) -> Result<Book> {
    let config = config.load()?;
    let file = file.or(config.playbook.file.as_deref());
    match file {
        Some(file) => playbook::parse(&playbook::read(file)?, Some(file)),
        None => Book::shipped(),
    }
}

impl Playbook {
    pub(super) fn run(&self, ui: &Ui) -> Result<()> {
        match self {
            Self::Check(check) => check.run(ui),
            Self::Test(test) => test.run(ui),
            Self::Show(show) => show.run(ui),
        }
    }
}

impl Check {
    fn run(&self, ui: &Ui) -> Result<()> {
        let book = book(self.file.as_deref(), &self.config)?;
        let (name, rules) = (book.name.clone(), book.rules.len());
        let Some(table) = &self.table else {
            if self.json {
                return ui.out(&as_json(&name, rules, &[]));
            }
            return ui.out(&format!("{name}: {rules} rules, each of them right\n"));
        };
        let mut read = self.config.load()?.read;
        self.read.apply(&mut read);
        let scan = sources::scan(&Input::parse(table), &read)?;
        let bound = Bound::new(book, &scan.columns, None)?;
        if self.json {
            return ui.out(&as_json(&name, rules, bound.off()));
        }
        let mut rows = Vec::new();
        for off in bound.off() {
            rows.push(vec![off.part.clone(), off.needs.join(", ")]);
        }
        let on = bound.ranks();
        let mut text = format!("{name}: {on} of {rules} rules can be asked of {table}\n");
        if !rows.is_empty() {
            text.push_str("switched off, for want of these columns:\n");
            text.push_str(&tables::left_columns(&rows));
        }
        ui.out(&text)
    }
}

fn as_json(name: &str, rules: usize, off: &[crate::playbook::Off]) -> String {
    let value = serde_json::json!({ "version": 1, "playbook": name, "rules": rules, "off": off });
    format!("{}\n", serde_json::to_string_pretty(&value).unwrap_or_default())
}

impl Test {
    fn run(&self, ui: &Ui) -> Result<()> {
        let book = book(self.file.as_deref(), &self.config)?;
        let report = examples::run(&book)?;
        for failure in &report.failures {
            ui.warn(&format!("{}: {}", failure.rule, failure.what));
        }
        for part in &report.untested {
            ui.warn(&format!("{part} lacks an example or a near miss"));
        }
        if !report.failures.is_empty() {
            let what = format!("{} of {} examples failed", report.failures.len(), report.run);
            return Err(Error::new(Kind::CheckFailed, what)
                .hint_with("mend the rule, or the example that is named above"));
        }
        ui.out(&format!("{}: {} examples, all as they should be\n", book.name, report.run))
    }
}

impl Show {
    fn run(&self, ui: &Ui) -> Result<()> {
        if self.shipped {
            return ui.out(SHIPPED);
        }
        let book = book(self.file.as_deref(), &self.config)?;
        let mut order: Vec<_> = book.rules.iter().collect();
        order.sort_by_key(|rule| std::cmp::Reverse(rule.priority));
        let head = self.lang.pick(["rule", "who", "action"], ["规则", "客户", "行动"]);
        let mut rows = vec![head.map(str::to_owned).to_vec()];
        for rule in order {
            let action = rule.action.as_ref().map(|code| book.action_words(code, self.lang));
            let words = rule.words(self.lang).to_owned();
            rows.push(vec![rule.code.clone(), words, action.unwrap_or_default()]);
        }
        ui.out(&tables::left_columns(&rows))
    }
}
