//! The contract of the feed as a file that programs read.

use serde_json::{Value, json};

use super::{COLUMNS, CellKind, FeedColumn, VERSION};

/// The schema of the feed as JSON text.
///
/// # Source
/// Frictionless Data, *Table Schema* 1.0: names, types, formats and constraints of the fields.
pub fn json() -> String {
    let fields: Vec<Value> = COLUMNS.iter().map(field).collect();
    let schema = json!({
        "$schema": "https://specs.frictionlessdata.io/schemas/table-schema.json",
        "feed_version": VERSION,
        "encoding": "utf-8",
        "dialect": { "delimiter": ",", "quoteChar": "\"", "doubleQuote": true, "header": true },
        "compatibility": "columns are only ever added at the end; a reader of an older version reads the first ones",
        "missingValues": [""],
        "primaryKey": ["customer_id"],
        "fields": fields,
    });
    format!("{}\n", serde_json::to_string_pretty(&schema).unwrap_or_default())
}

fn field(column: &FeedColumn) -> Value {
    let (kind, sql) = match column.kind {
        CellKind::Text => ("string", "text"),
        CellKind::Number => ("number", "double precision"),
        CellKind::Date => ("date", "date"),
    };
    let mut field = json!({
        "name": column.name,
        "type": kind,
        "sql": sql,
        "description": column.about,
    });
    if column.kind == CellKind::Date {
        field["format"] = json!("%Y-%m-%d");
    }
    if !column.words.is_empty() {
        field["constraints"] = json!({ "enum": column.words });
    }
    field
}
