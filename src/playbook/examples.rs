//! The examples that every rule carries: a customer who must match, and one who must not.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, Date32Array, Float64Array, RecordBatch, RecordBatchOptions, StringArray,
};
use arrow_schema::Schema;

use crate::{
    error::{Error, Kind as Fault, Result},
    expr::Kind,
    playbook::{
        Book, Bound, Played, Quadrant,
        bind::{PEER, SCORES, STAGE},
        scene::Scene,
    },
    sources::Column,
    units::Day,
};

/// An example that does not do what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The rule.
    pub rule: String,
    /// What is wrong.
    pub what: String,
}

/// What became of the examples.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Examples that were run.
    pub run: usize,
    /// Those that failed.
    pub failures: Vec<Failure>,
    /// Rules without both kinds of example.
    pub untested: Vec<String>,
}

/// Runs the examples of every rule and every reason to suppress.
pub fn run(book: &Book) -> Result<Report> {
    let mut report = Report::default();
    let mut cases: Vec<(String, bool, &toml::Table)> = Vec::new();
    let rules = book.rules.iter().map(|r| (format!("rule {}", r.code), &r.example, &r.near_miss));
    let suppress =
        book.suppress.iter().map(|s| (format!("suppress {}", s.reason), &s.example, &s.near_miss));
    for (part, example, near_miss) in rules.chain(suppress) {
        if example.is_empty() || near_miss.is_empty() {
            report.untested.push(part.clone());
        }
        for (must, table) in [(true, example), (false, near_miss)] {
            if !table.is_empty() {
                cases.push((part.clone(), must, table));
            }
        }
    }
    let tables: Vec<&toml::Table> = cases.iter().map(|(_, _, table)| *table).collect();
    let (bound, played) = play(book, &tables)?;
    report.run = cases.len();
    for (row, (part, must, _)) in cases.into_iter().enumerate() {
        let holds = if let Some(code) = part.strip_prefix("rule ") {
            bound.matched(&played, row).any(|rule| rule.code == code)
        } else {
            let reason = bound.next_reason(&played, row);
            part.strip_prefix("suppress ") == reason
        };
        if holds != must {
            let what = if must { "the example does not match" } else { "the near miss matches" };
            report.failures.push(Failure { rule: part, what: what.to_owned() });
        }
    }
    Ok(report)
}

/// Plays a book over customers that are described by their columns; what is not named is missing.
pub fn play(book: &Book, customers: &[&toml::Table]) -> Result<(Bound, Played)> {
    let mut kinds: Vec<(String, Kind)> =
        book.declared().into_iter().map(|(name, kind)| (name.to_owned(), kind)).collect();
    kinds.extend(SCORES.map(|(name, kind)| (name.to_owned(), kind)));
    let mut columns: Vec<Column> = book.welcome(&[]);
    let says_stage = customers.iter().any(|customer| customer.contains_key(STAGE));
    if !says_stage {
        columns.retain(|column| column.name != STAGE);
        kinds.retain(|(name, _)| name != STAGE);
    }
    for key in customers.iter().flat_map(|customer| customer.keys()) {
        if key.starts_with(PEER) && !kinds.iter().any(|(name, _)| name == key) {
            kinds.push((key.clone(), Kind::Number));
        }
        if !kinds.iter().any(|(name, _)| name == key) {
            let what = format!("an example speaks of {key}, which is no column");
            return Err(Error::new(Fault::BadPlaybook, what)
                .hint_with("declare it under [columns]; figures are computed, not given"));
        }
    }
    let bound = Bound::with_peer_columns(book.clone(), &columns, &kinds)?;
    let mut fields = Vec::new();
    let mut arrays: Vec<ArrayRef> = Vec::new();
    for (name, kind) in &kinds {
        let array = column(name, *kind, customers)?;
        fields.push(arrow_schema::Field::new(name, array.data_type().clone(), true));
        arrays.push(array);
    }
    let options = RecordBatchOptions::new().with_row_count(Some(customers.len()));
    let rows = RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)
        .map_err(|e| Error::new(Fault::BadPlaybook, e.to_string()))?;
    let quadrant = |customer: &&toml::Table| {
        let name = customer.get("quadrant")?.as_str()?;
        Quadrant::ALL.into_iter().find(|quadrant| quadrant.name() == name)
    };
    let quadrants = customers.iter().map(quadrant).collect();
    let played = bound.over(Scene::new(rows), quadrants, None)?;
    Ok((bound, played))
}

fn column(name: &str, kind: Kind, customers: &[&toml::Table]) -> Result<ArrayRef> {
    let wrong = || {
        let what = format!("an example gives {name} a value that is not {kind}");
        Error::new(Fault::BadPlaybook, what)
    };
    let cells = || customers.iter().map(|customer| customer.get(name));
    let number = |cell: Option<&toml::Value>| match cell {
        None => Ok(None),
        Some(toml::Value::Integer(x)) => Ok(Some(*x as f64)),
        Some(toml::Value::Float(x)) => Ok(Some(*x)),
        Some(toml::Value::Boolean(x)) => Ok(Some(f64::from(u8::from(*x)))),
        Some(_) => Err(wrong()),
    };
    let text = |cell: Option<&toml::Value>| match cell {
        None => Ok(None),
        Some(toml::Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(wrong()),
    };
    Ok(match kind {
        Kind::Text => Arc::new(cells().map(text).collect::<Result<StringArray>>()?),
        Kind::Date => {
            let day = |cell| {
                let written = text(cell)?;
                written.map(|day| Day::parse(&day).map(|day| day.0).ok_or_else(wrong)).transpose()
            };
            Arc::new(cells().map(day).collect::<Result<Date32Array>>()?)
        }
        _ => Arc::new(cells().map(number).collect::<Result<Float64Array>>()?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_rule_has_examples_that_hold() {
        let report = run(&Book::shipped().unwrap()).unwrap();
        assert_eq!(report.failures, []);
        assert_eq!(report.untested, Vec::<String>::new());
        assert!(report.run >= 120, "{}", report.run);
    }
}
