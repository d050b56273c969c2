//! The JSON schema of the configuration, asked of the very reader of the file: which keys a table takes,
//! and of which types each value may be.

use serde_json::{Map, Value, json};

use super::Config;

/// A key that no table has.
const NO_KEY: &str = "no key is called so";

/// Values of each type, as TOML.
const SAMPLES: [(&str, &[&str]); 5] = [
    ("boolean", &["true"]),
    ("integer", &["1"]),
    ("number", &["0.5"]),
    ("string", &["'x'"]),
    ("array", &["['x']", "[0.5]", "[1]"]),
];

/// The schema, for editors that complete and check `reveille.toml`.
///
/// # Source
/// JSON Schema, draft 2020-12.
pub fn schema() -> Value {
    let defaults = serde_json::to_value(Config::default()).unwrap_or_default();
    let mut whole = table(&[], &defaults);
    if let Some(whole) = whole.as_object_mut() {
        whole.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
        whole.insert("title".to_owned(), json!("Configuration of reveille"));
    }
    whole
}

/// A table and what it takes.
fn table(path: &[&str], defaults: &Value) -> Value {
    let takes = match answer(path, &format!("'{NO_KEY}' = 0")) {
        Answer::Fields(names) => names,
        Answer::Variants(names) => return one_of(&names, defaults),
        // Any key will do, as in the types of columns.
        Answer::Fits | Answer::Other => return json!({ "type": "object", "default": defaults }),
    };
    let properties: Map<String, Value> = takes
        .into_iter()
        .map(|name| {
            let default = defaults.get(&name).cloned().unwrap_or_default();
            let mut inner = path.to_vec();
            inner.push(&name);
            let of =
                if default.is_object() { table(&inner, &default) } else { key(&inner, &default) };
            (name.clone(), of)
        })
        .collect();
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

/// A choice between keys, of which one is given.
fn one_of(names: &[String], default: &Value) -> Value {
    let properties: Map<String, Value> =
        names.iter().map(|name| (name.clone(), json!(true))).collect();
    json!({
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
        "minProperties": 1,
        "maxProperties": 1,
        "default": default,
    })
}

/// A key with its types, its words where it takes only some, and its default.
fn key(path: &[&str], default: &Value) -> Value {
    let Some((name, tables)) = path.split_last() else { return json!(true) };
    let fits = |value: &&str| matches!(answer(tables, &format!("{name} = {value}")), Answer::Fits);
    let types: Vec<&str> = SAMPLES
        .iter()
        .filter(|(_, values)| values.iter().any(&fits))
        .map(|(kind, _)| *kind)
        .collect();
    let mut told = Map::new();
    match answer(tables, &format!("{name} = '{NO_KEY}'")) {
        Answer::Variants(words) => {
            told.insert("enum".to_owned(), json!(words));
        }
        _ => {
            told.insert("type".to_owned(), json!(types));
        }
    }
    if !default.is_null() {
        told.insert("default".to_owned(), default.clone());
    }
    Value::Object(told)
}

/// What the reader says of a line in a table.
enum Answer {
    /// It fits.
    Fits,
    /// There is no such key; these there are.
    Fields(Vec<String>),
    /// There is no such word; these there are.
    Variants(Vec<String>),
    /// Something else is wrong.
    Other,
}

fn answer(path: &[&str], line: &str) -> Answer {
    let head = if path.is_empty() { String::new() } else { format!("[{}]\n", path.join(".")) };
    let Err((message, _)) = Config::parse(&format!("{head}{line}\n")) else { return Answer::Fits };
    let names = message.split_once("expected").map_or("", |(_, names)| names);
    let names = names.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    if message.contains("unknown field") {
        Answer::Fields(names)
    } else if message.contains("unknown variant") {
        Answer::Variants(names)
    } else {
        Answer::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_knows_keys_words_and_types() {
        let schema = schema();
        let at =
            |path: &str| schema.pointer(path).unwrap_or_else(|| panic!("{path} in {schema:#}"));
        let train = "/properties/train/properties";
        assert_eq!(
            at(&format!("{train}/learner/enum")),
            &json!(["auto", "logistic", "tree", "boost", "blend"])
        );
        assert_eq!(at(&format!("{train}/folds/type")), &json!(["integer"]));
        assert_eq!(at(&format!("{train}/folds/default")), &json!(5));
        assert_eq!(at("/properties/evaluate/properties/fairness/type"), &json!(["array"]));
        // Left out of the defaults, and still a key.
        let tree = "/properties/learners/properties/tree/properties";
        assert_eq!(at(&format!("{tree}/smoothing/type")), &json!(["integer", "number"]));
        assert_eq!(at("/properties/cutoffs/properties/value/properties/amount"), &json!(true));
        assert_eq!(at("/properties/rules/properties/churn/type"), &json!(["string"]));
    }

    #[test]
    fn every_key_of_the_defaults_is_in_the_schema() {
        fn walk(defaults: &Value, schema: &Value, path: &str) {
            let Some(keys) = defaults.as_object() else { return };
            if keys.is_empty() {
                return;
            }
            for (name, value) in keys {
                let path = format!("{path}.{name}");
                let inner = &schema["properties"][name];
                assert!(!inner.is_null(), "{path}");
                walk(value, inner, &path);
            }
        }
        walk(&serde_json::to_value(Config::default()).unwrap(), &schema(), "");
    }
}
