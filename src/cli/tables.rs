//! Tables and lines for people who read a terminal.

use std::fmt::Write;

use unicode_width::UnicodeWidthStr;

use crate::{
    bundle::{Bundle, FindingNote, HeldOut, Model},
    metrics::Metrics,
    output::{
        manifest::Manifest,
        report::{
            evidence::{Backtest, BacktestFigures, BacktestMonth, Slices},
            group_name,
        },
        words,
    },
    playbook::Quadrant,
    units::Language,
};

/// Rows of cells, set in columns; the first column to the left, the others to the right.
pub(super) fn columns(rows: &[Vec<String>]) -> String {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width =
        |at: usize| rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.width()).max();
    let widths: Vec<usize> = (0..count).map(|at| width(at).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (at, cell) in row.iter().enumerate() {
            let blanks = " ".repeat(widths[at] - cell.width());
            let gap = if at == 0 { "" } else { "  " };
            let _ = match at {
                0 => write!(line, "{cell}{blanks}"),
                _ => write!(line, "{gap}{blanks}{cell}"),
            };
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Rows of cells, set in columns, all to the left.
pub(super) fn left_columns(rows: &[Vec<String>]) -> String {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width =
        |at: usize| rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.width()).max();
    let widths: Vec<usize> = (0..count).map(|at| width(at).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in rows {
        let padded = |(at, cell): (usize, &String)| {
            format!("{cell}{}", " ".repeat(widths[at] - cell.width()))
        };
        let line: Vec<String> = row.iter().enumerate().map(padded).collect();
        text.push_str(line.join("  ").trim_end());
        text.push('\n');
    }
    text
}

fn row<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(str::to_owned).to_vec()
}

/// A number with a comma between thousands.
pub(super) fn thousands(value: f64) -> String {
    let digits = words::number(value.round());
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits.as_str()), |rest| ("-", rest));
    let mut text = String::from(sign);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// The quadrants of a run: customers, value, what is at stake.
pub(super) fn quadrants(manifest: &Manifest, language: Language) -> String {
    let head = language.pick(
        ["quadrant", "what to do", "customers", "value a year", "at stake"],
        ["象限", "行动", "客户数", "年价值", "风险价值"],
    );
    let mut rows = vec![row(head)];
    for quadrant in Quadrant::ALL {
        let Some(group) = manifest.quadrants.get(&quadrant) else { continue };
        rows.push(vec![
            quadrant.name().to_owned(),
            quadrant.label(language).to_owned(),
            thousands(group.customers as f64),
            thousands(group.value),
            thousands(group.value_at_risk),
        ]);
    }
    columns(&rows)
}

fn held_out(split: &HeldOut) -> String {
    match split {
        HeldOut::Folds { folds } => format!("{folds} folds"),
        HeldOut::LaterData { test } => format!("later data, {test}"),
        HeldOut::LaterUnseen { test } => format!("later and unseen, {test}"),
    }
}

const FIGURES: [&str; 9] =
    ["rows", "base rate", "AUC", "95 %", "KS", "log loss", "ECE", "lift 10 %", "capture 20 %"];

fn figures(metrics: &Metrics) -> Vec<String> {
    let at = |depth: f64| metrics.depths.iter().find(|d| (d.depth - depth).abs() < 1e-9);
    vec![
        thousands(metrics.rows as f64),
        percent(metrics.base_rate),
        format!("{:.4}", metrics.auc.value),
        format!("{:.3}–{:.3}", metrics.auc.low, metrics.auc.high),
        format!("{:.3}", metrics.ks),
        format!("{:.4}", metrics.log_loss),
        format!("{:.4}", metrics.ece),
        at(0.1).map_or_else(String::new, |d| format!("{:.2}", d.lift)),
        at(0.2).map_or_else(String::new, |d| percent(d.capture)),
    ]
}

/// How every learner of a model did.
pub(super) fn validations(model: &Model) -> String {
    let mut head = row(["learner", "held out"]);
    head.extend(row(FIGURES));
    let mut rows = vec![head];
    for validation in &model.validations {
        let mut cells = vec![validation.learner.key().to_owned(), held_out(&validation.split)];
        cells.extend(figures(&validation.metrics));
        rows.push(cells);
    }
    columns(&rows)
}

/// The figures of some models on one table.
pub(super) fn measured(models: &[(&str, &Metrics)]) -> String {
    let mut head = row(["model"]);
    head.extend(row(FIGURES));
    head.extend(row(["slope", "EMPC"]));
    let mut rows = vec![head];
    for (name, metrics) in models {
        let mut cells = vec![(*name).to_owned()];
        cells.extend(figures(metrics));
        cells.push(format!("{:.3}", metrics.calibration_slope));
        cells.push(format!("{:.3}", metrics.empc));
        rows.push(cells);
    }
    columns(&rows)
}

/// Groups of customers that are shown.
const GROUPS: usize = 12;

/// The figures of each group of customers, a table for each column they were grouped by.
pub(super) fn slices(model: &str, slices: &[Slices], language: Language) -> String {
    let mut text = String::new();
    for of_column in slices {
        let _ = writeln!(text, "\n{model} by {}", of_column.column);
        let head = ["group", "rows", "events", "predicted", "came true", "95 %", "AUC", "95 %"];
        let mut rows = vec![row(head)];
        for slice in of_column.groups.iter().take(GROUPS) {
            let rate = slice.event_rate;
            let auc = slice.auc.as_ref();
            rows.push(vec![
                group_name(&slice.group, language),
                thousands(slice.rows as f64),
                thousands(slice.events as f64),
                percent(slice.mean_probability),
                percent(rate.value),
                format!("{:.1}–{:.1} %", rate.low * 100.0, rate.high * 100.0),
                auc.map_or_else(String::new, |auc| format!("{:.3}", auc.value)),
                auc.map_or_else(String::new, |auc| format!("{:.3}–{:.3}", auc.low, auc.high)),
            ]);
        }
        text.push_str(&columns(&rows));
        if of_column.groups.len() > GROUPS {
            let more = of_column.groups.len() - GROUPS;
            let _ = writeln!(text, "… and {more} more: see --report or --json");
        }
    }
    text
}

/// The months of a back-test, a table for each model.
pub(super) fn backtest(found: &Backtest) -> String {
    type Of = fn(&BacktestMonth) -> Option<&BacktestFigures>;
    let models: [(&str, Of); 2] =
        [("churn", |m| m.churn.as_ref()), ("reactivation", |m| m.reactivation.as_ref())];
    let head = [
        "month",
        "learned up to",
        "rows",
        "events",
        "AUC",
        "95 %",
        "log loss",
        "lift 10 %",
        "slope",
        "came / expected",
        "95 %",
    ];
    let mut text = String::new();
    for (name, of) in models {
        let months = found.months.iter().filter_map(|month| Some((month, of(month)?)));
        let mut rows = vec![row(head)];
        rows.extend(months.map(|(month, figures)| backtest_month(month, figures)));
        if rows.len() > 1 {
            let _ = writeln!(text, "\n{name}, each month by a model trained before it");
            text.push_str(&columns(&rows));
        }
    }
    text
}

fn backtest_month(month: &BacktestMonth, figures: &BacktestFigures) -> Vec<String> {
    let ratio = figures.observed_over_expected;
    vec![
        month.as_of.to_string(),
        month.learned_up_to.map_or_else(String::new, |day| day.to_string()),
        thousands(figures.rows as f64),
        thousands(figures.events as f64),
        format!("{:.3}", figures.auc.value),
        format!("{:.3}–{:.3}", figures.auc.low, figures.auc.high),
        format!("{:.4}", figures.log_loss.value),
        figures.lift.map_or_else(String::new, |lift| format!("{:.2}", lift.value)),
        format!("{:.2}", figures.calibration_slope),
        ratio.map_or_else(String::new, |ratio| format!("{:.2}", ratio.value)),
        ratio.map_or_else(String::new, |ratio| format!("{:.2}–{:.2}", ratio.low, ratio.high)),
    ]
}

/// A line a finding; columns of which the same is found share one.
pub(super) fn findings(findings: &[FindingNote]) -> String {
    let mut lines: Vec<(Vec<&str>, &FindingNote)> = Vec::new();
    for finding in findings {
        let column = if finding.column.is_empty() { "the file" } else { &finding.column };
        let same = |line: &&mut (Vec<&str>, &FindingNote)| {
            let other = line.1;
            (&other.problem, &other.evidence, other.excluded)
                == (&finding.problem, &finding.evidence, finding.excluded)
        };
        match lines.iter_mut().find(same) {
            Some((columns, _)) => columns.push(column),
            None => lines.push((vec![column], finding)),
        }
    }
    let mut text = String::new();
    for (columns, finding) in lines {
        let what = if finding.excluded { "left out" } else { "kept" };
        let problem = finding.problem.replace('_', " ");
        let _ = writeln!(text, "  {} {what}: {problem} ({})", columns.join(", "), finding.evidence);
    }
    text
}

/// What a training run made, in a screen.
pub(super) fn trained(bundle: &Bundle) -> String {
    let data = &bundle.data;
    let mut text = format!(
        "{} rows: {} active, {} dormant, {} prospects",
        thousands(data.rows as f64),
        thousands(data.active as f64),
        thousands(data.dormant as f64),
        thousands(data.prospect as f64)
    );
    if data.rejected > 0 {
        let _ = write!(text, "; {} set aside", thousands(data.rejected as f64));
    }
    text.push('\n');
    for (name, model) in
        [("churn", Some(&bundle.churn)), ("reactivation", bundle.reactivation.as_ref())]
    {
        let Some(model) = model else { continue };
        let _ = writeln!(
            text,
            "\n{name}: {} events among {} customers ({})",
            thousands(model.events as f64),
            thousands(model.rows as f64),
            percent(model.events as f64 / model.rows as f64)
        );
        text.push_str(&validations(model));
        let _ = writeln!(text, "kept: {}", model.chosen_because);
    }
    if !bundle.findings.is_empty() {
        let _ = write!(text, "\ncolumns:\n{}", findings(&bundle.findings));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_in_chinese_too() {
        let rows = vec![row(["象限", "客户数"]), row(["rescue", "12"])];
        assert_eq!(columns(&rows), "象限    客户数\nrescue      12\n");
    }

    #[test]
    fn thousands_are_parted() {
        assert_eq!(thousands(0.0), "0");
        assert_eq!(thousands(-1_234_567.2), "-1,234,567");
        assert_eq!(thousands(999.0), "999");
    }
}
