//! Makes a saved model again, and says what differs where it is not the same.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::{
    bundle::{Bundle, Model, to_bytes},
    config::Config,
    error::{Error, Kind, Result},
    pipeline::{
        Watcher,
        train::{Strictness, train},
    },
    sources::Input,
};

/// The key under which a bundle says that it was made from another one, and how.
pub const REFRESHED: &str = "refreshed";

/// What came out when a model was made again.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reproduced {
    /// Whether the bytes are the same.
    pub same: bool,
    /// Size of the bundle, in bytes.
    pub bytes: u64,
    /// What differs, the likely cause first.
    pub differs: Vec<Differs>,
}

/// Something that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Differs {
    /// What it is, e.g. `data`.
    pub what: &'static str,
    /// As it was.
    pub was: String,
    /// As it is now.
    pub now: String,
}

/// Trains again with the configuration that a bundle holds, and compares the bytes. `present` is the
/// configuration at hand, if one was given: it is not used, but where it differs that is told.
///
/// # Errors
/// Those of training; `BadConfig` where this version cannot read the configuration; `Usage` for a
/// version that no training made.
pub fn reproduce(
    input: &Input,
    bundle: &Bundle,
    present: Option<&Config>,
    watcher: &dyn Watcher,
) -> Result<Reproduced> {
    if let Some(from) = bundle.config.get(REFRESHED).and_then(|how| how.get("from")) {
        let from = from.as_str().unwrap_or("another version");
        return Err(Error::new(
            Kind::Usage,
            format!("this version was made from {from} by a new intercept"),
        )
        .hint_with("make that version again, and refresh it with `reveille monitor --refresh`"));
    }
    let config = config_of(bundle)?;
    if let Some(present) = present {
        for change in changes(&as_value(&config)?, &as_value(present)?) {
            watcher.note(&format!(
                "the model was made with {} = {}; the configuration at hand says {}",
                change.0, change.1, change.2
            ));
        }
    }
    let now = train(input, &config, Strictness::LeaveOut, None, watcher)?.bundle;
    let (was_bytes, now_bytes) = (to_bytes(bundle)?, to_bytes(&now)?);
    let same = was_bytes == now_bytes;
    let differs = if same { Vec::new() } else { differences(bundle, &now) };
    Ok(Reproduced { same, bytes: now_bytes.len() as u64, differs })
}

/// The configuration that a model was made with.
///
/// # Errors
/// `BadConfig` where this version cannot read it.
pub fn config_of(bundle: &Bundle) -> Result<Config> {
    let mut config = bundle.config.clone();
    if let Some(keys) = config.as_object_mut() {
        keys.remove(REFRESHED);
    }
    serde_json::from_value(config).map_err(|e| {
        let what = format!("the configuration in the model cannot be read: {e}");
        Error::new(Kind::BadConfig, what)
            .hint_with(format!("use version {} of reveille, which made it", bundle.program))
    })
}

fn as_value(config: &Config) -> Result<Value> {
    serde_json::to_value(config).map_err(|e| Error::new(Kind::BadConfig, e.to_string()))
}

/// The keys whose values differ: path, left, right.
fn changes(left: &Value, right: &Value) -> Vec<(String, String, String)> {
    fn flat(at: &str, value: &Value, into: &mut BTreeMap<String, String>) {
        match value {
            Value::Object(keys) => keys.iter().for_each(|(key, value)| {
                flat(&if at.is_empty() { key.clone() } else { format!("{at}.{key}") }, value, into);
            }),
            _ => drop(into.insert(at.to_owned(), value.to_string())),
        }
    }
    let (mut a, mut b) = (BTreeMap::new(), BTreeMap::new());
    flat("", left, &mut a);
    flat("", right, &mut b);
    let keys: std::collections::BTreeSet<&String> = a.keys().chain(b.keys()).collect();
    let of = |side: &BTreeMap<String, String>, key: &String| {
        side.get(key).cloned().unwrap_or_else(|| "nothing".to_owned())
    };
    keys.into_iter()
        .map(|key| (key.clone(), of(&a, key), of(&b, key)))
        .filter(|(_, left, right)| left != right)
        .collect()
}

fn differences(was: &Bundle, now: &Bundle) -> Vec<Differs> {
    let days = |b: &Bundle| {
        format!("{} to {}", show(b.data.snapshots.first()), show(b.data.snapshots.last()))
    };
    let model = |model: Option<&Model>| {
        model.map_or_else(|| "none".to_owned(), |m| digest(&(&m.fitted, &m.calibration)))
    };
    let pairs = [
        ("program", was.program.clone(), now.program.clone()),
        ("data", was.data.digest.clone(), now.data.digest.clone()),
        ("rows", was.data.rows.to_string(), now.data.rows.to_string()),
        ("rows set aside", was.data.rejected.to_string(), now.data.rejected.to_string()),
        ("snapshots", days(was), days(now)),
        ("config", digest(&was.config), digest(&now.config)),
        ("columns", digest(&was.source.columns), digest(&now.source.columns)),
        ("encoding", digest(&was.encoder), digest(&now.encoder)),
        ("churn model", model(Some(&was.churn)), model(Some(&now.churn))),
        ("reactivation model", model(was.reactivation.as_ref()), model(now.reactivation.as_ref())),
        ("findings", digest(&was.findings), digest(&now.findings)),
        ("all", digest(was), digest(now)),
    ];
    let differs: Vec<Differs> = pairs
        .into_iter()
        .filter(|(_, was, now)| was != now)
        .map(|(what, was, now)| Differs { what, was, now })
        .collect();
    // The whole is named only where no part is.
    let is_part_known = differs.len() > 1;
    differs.into_iter().filter(|d| d.what != "all" || !is_part_known).collect()
}

fn show(day: Option<&crate::units::Day>) -> String {
    day.map_or_else(|| "undated".to_owned(), ToString::to_string)
}

fn digest(part: &impl Serialize) -> String {
    let bytes = serde_json::to_vec(part).unwrap_or_default();
    blake3::hash(&bytes).to_hex()[..12].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_differ_are_named_with_both_values() {
        let left =
            serde_json::json!({"train": {"folds": 5, "seed": 1}, "read": {"missing": ["NA"]}});
        let right = serde_json::json!({"train": {"folds": 3, "seed": 1}, "extra": 2});
        let found = changes(&left, &right);
        let keys: Vec<&str> = found.iter().map(|(key, _, _)| key.as_str()).collect();
        assert_eq!(keys, ["extra", "read.missing", "train.folds"]);
        assert_eq!((found[2].1.as_str(), found[2].2.as_str()), ("5", "3"));
    }
}
