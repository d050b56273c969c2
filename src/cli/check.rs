//! `reveille check`.

use clap::Args;
use serde_json::json;

use super::{
    options::{ConfigFlags, FitFlags, ReadFlags, RoleFlags},
    tables,
    ui::Ui,
};
use crate::{
    dataset::split::Role,
    error::{Error, Kind, Result},
    pipeline::{
        check::{Checked, check},
        train::note,
    },
    sources::{ColumnType, Input, Reject},
};

/// Check a table: types, outcomes, leakage.
///
/// Does all that `train` does before it fits. Exit status 1 where a column gives the outcome away or
/// too many rows were set aside.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  reveille check history.csv --churn Exited")]
pub(super) struct Check {
    /// Table of customers and what became of them; `-` is standard input
    data: String,

    #[command(flatten)]
    roles: RoleFlags,
    #[command(flatten)]
    fit: FitFlags,
    #[command(flatten)]
    read: ReadFlags,

    /// Print the findings as JSON
    #[arg(long, help_heading = "Output")]
    json: bool,

    #[command(flatten)]
    config: ConfigFlags,
}

impl Check {
    pub(super) fn run(&self, ui: &Ui) -> Result<()> {
        let mut config = self.config.load()?;
        self.roles.apply(&mut config);
        self.fit.apply(&mut config)?;
        self.read.apply(&mut config.read);
        let checked = check(&Input::parse(&self.data), &config, ui)?;
        ui.out(&if self.json { as_json(&checked) } else { as_text(&checked) })?;
        let rejected = checked.rejects.len() as f64;
        if rejected > config.read.max_reject_share * (rejected + checked.rows as f64) {
            return Err(Error::new(
                Kind::TooManyRejects,
                format!("{rejected} rows were set aside"),
            ));
        }
        if checked.leaks() {
            let names: Vec<&str> = checked
                .findings
                .iter()
                .filter(|finding| finding.problem.is_leakage())
                .map(|finding| finding.column.as_str())
                .collect();
            return Err(Error::new(
                Kind::CheckFailed,
                format!("the outcome is given away by {}", names.join(", ")),
            ));
        }
        Ok(())
    }
}

fn type_name(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::Number => "number",
        ColumnType::Text => "text",
        ColumnType::Date => "date",
    }
}

fn as_text(checked: &Checked) -> String {
    let of = |(rows, events): (u64, u64)| {
        format!(
            "{} known, {} events",
            tables::thousands(rows as f64),
            tables::thousands(events as f64)
        )
    };
    let [active, dormant, prospect] = checked.states.map(|n| tables::thousands(n as f64));
    let columns: Vec<String> = checked
        .columns
        .iter()
        .map(|column| format!("{} ({})", column.name, type_name(column.kind)))
        .collect();
    let notes: Vec<_> = checked.findings.iter().map(note).collect();
    let snapshots = if checked.maturity.is_empty() { String::new() } else { snapshots(checked) };
    let findings =
        if notes.is_empty() { "  nothing\n".to_owned() } else { tables::findings(&notes) };
    format!(
        "rows: {} ({active} active, {dormant} dormant, {prospect} prospects), {} set aside\nchurn: {}\nreactivation: {}\n{}{snapshots}columns: {}\nfindings:\n{findings}",
        tables::thousands(checked.rows as f64),
        checked.rejects.len(),
        of(checked.churn),
        of(checked.reactivation),
        set_aside(checked),
        columns.join(", "),
    )
}

/// The first rows that were set aside, and why.
fn set_aside(checked: &Checked) -> String {
    let line = |reject: &Reject| {
        let column =
            reject.column.as_ref().map_or_else(String::new, |name| format!(", column {name}"));
        format!("  line {}{column}: {}\n", reject.line, reject.cause)
    };
    let shown: String = checked.rejects.iter().take(5).map(line).collect();
    if shown.is_empty() { shown } else { format!("set aside, the first of them:\n{shown}") }
}

/// The label-maturity calendar.
fn snapshots(checked: &Checked) -> String {
    let mut rows = vec![
        ["  snapshot", "rows", "events", "outcome known by", "good for"]
            .map(str::to_owned)
            .to_vec(),
    ];
    for snapshot in &checked.maturity {
        rows.push(vec![
            format!("  {}", snapshot.as_of),
            tables::thousands(snapshot.rows as f64),
            tables::thousands(snapshot.events as f64),
            snapshot.window_end.to_string(),
            match snapshot.role {
                Role::Trainable => "training before the test",
                Role::Purged => "the final fit only: not known by the test's date",
                Role::Test => "test on later data",
            }
            .to_owned(),
        ]);
    }
    format!("snapshots (churn):\n{}", tables::columns(&rows))
}

fn as_json(checked: &Checked) -> String {
    let outcome = |(rows, events): (u64, u64)| json!({ "rows": rows, "events": events });
    let columns: Vec<_> = checked
        .columns
        .iter()
        .map(|column| json!({ "name": column.name, "type": type_name(column.kind) }))
        .collect();
    let findings: Vec<_> = checked.findings.iter().map(note).collect();
    let rejects: Vec<_> = checked
        .rejects
        .iter()
        .take(1000)
        .map(
            |reject| json!({ "line": reject.line, "column": reject.column, "cause": reject.cause }),
        )
        .collect();
    let whole = json!({
        "reveille": "check",
        "version": 1,
        "rows": checked.rows,
        "rejected": checked.rejects.len(),
        "rejects": rejects,
        "states": { "active": checked.states[0], "dormant": checked.states[1], "prospect": checked.states[2] },
        "churn": outcome(checked.churn),
        "reactivation": outcome(checked.reactivation),
        "columns": columns,
        "snapshots": checked.maturity,
        "findings": findings,
        "ok": !checked.leaks(),
    });
    format!("{whole:#}\n")
}
