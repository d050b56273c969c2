//! What happened to a model: trained, promoted, refused, watched. Lines are added and never changed.

use std::{fmt, path::PathBuf};

use serde::{Deserialize, Serialize};

use super::Registry;
use crate::{
    error::{Error, Kind, Place, Result},
    store,
    units::{Day, ModelName},
};

const HISTORY: &str = "history.jsonl";
/// Largest history that is read: some hundred thousand entries.
const LIMIT: u64 = 1 << 28;

/// A moment of the calendar, in UTC: `2026-03-31T18:05:09Z`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Moment(String);

impl Moment {
    /// The moment so many seconds after 1970.
    pub fn of_seconds(seconds: u64) -> Self {
        let (day, rest) = (Day((seconds / 86_400) as i32), seconds % 86_400);
        Self(format!("{day}T{:02}:{:02}:{:02}Z", rest / 3600, rest / 60 % 60, rest % 60))
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A line of the history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    pub at: Moment,
    /// Version of the program.
    pub program: String,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// What happened to a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A version was made.
    Trained {
        /// The version.
        version: String,
        /// Whether it was put in use at once.
        in_use: bool,
        /// Digest of what the learners saw.
        data: String,
    },
    /// A version was put in use.
    Promoted {
        /// The version.
        version: String,
        /// The version that was in use before.
        replaced: Option<String>,
        /// The table both were compared on.
        on: Option<String>,
        /// The comparison.
        comparison: Option<serde_json::Value>,
        /// Why it was put in use against the verdict, or without one.
        because: Option<String>,
    },
    /// A version was not put in use, as it is worse than the one in use.
    Refused {
        /// The version.
        version: String,
        /// The version that stays in use.
        champion: String,
        /// The table both were compared on.
        on: String,
        /// The comparison.
        comparison: serde_json::Value,
    },
    /// Current customers were compared with those the version learned from.
    Monitored {
        /// The version.
        version: String,
        /// The table.
        on: String,
        /// Whether all was within the limits.
        ok: bool,
        /// The figures in short.
        summary: serde_json::Value,
    },
    /// A version was made from another one by a new intercept.
    Refreshed {
        /// The new version.
        version: String,
        /// The version it was made from.
        from: String,
        /// The figures.
        summary: serde_json::Value,
    },
}

impl Event {
    /// The version that it put in use, if it did.
    pub fn puts_in_use(&self) -> Option<&str> {
        match self {
            Self::Trained { version, in_use: true, .. } | Self::Promoted { version, .. } => {
                Some(version)
            }
            _ => None,
        }
    }

    /// The version that it is about.
    pub fn version(&self) -> &str {
        match self {
            Self::Trained { version, .. }
            | Self::Promoted { version, .. }
            | Self::Refused { version, .. }
            | Self::Monitored { version, .. }
            | Self::Refreshed { version, .. } => version,
        }
    }
}

impl Registry {
    /// Adds a line to the history of a model.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn record(&self, name: &ModelName, at: Moment, event: Event) -> Result<()> {
        let entry = Entry { at, program: env!("CARGO_PKG_VERSION").to_owned(), event };
        let line = serde_json::to_string(&entry)
            .map_err(|e| Error::new(Kind::Io, format!("cannot write JSON: {e}")))?;
        store::append_line(&self.history_path(name), &line)
    }

    /// The history of a model, the oldest first; empty where nothing was recorded.
    ///
    /// # Errors
    /// [`Kind::BadBundle`] with the line that cannot be read.
    pub fn history(&self, name: &ModelName) -> Result<Vec<Entry>> {
        let path = self.history_path(name);
        if !store::exists(&path) {
            return Ok(Vec::new());
        }
        let text = store::read_text(&path, LIMIT)?;
        let entry = |(at, line): (usize, &str)| {
            serde_json::from_str(line).map_err(|_| {
                Error::new(Kind::BadBundle, "this line of the history cannot be read")
                    .at(Place::Line(path.clone(), at as u64 + 1))
                    .hint_with("restore the file from a backup; models can be used without it")
            })
        };
        text.lines().enumerate().map(entry).collect()
    }

    pub(super) fn history_path(&self, name: &ModelName) -> PathBuf {
        self.model(name).join(HISTORY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_as_in_a_calendar() {
        assert_eq!(Moment::of_seconds(0).to_string(), "1970-01-01T00:00:00Z");
        assert_eq!(Moment::of_seconds(1_774_980_309).to_string(), "2026-03-31T18:05:09Z");
    }

    #[test]
    fn what_is_recorded_reads_back_and_a_damaged_line_is_named() {
        let root = tempfile::tempdir().unwrap();
        let registry = Registry::open(root.path());
        let name: ModelName = "retail".parse().unwrap();
        assert!(registry.history(&name).unwrap().is_empty());
        std::fs::create_dir(root.path().join("retail")).unwrap();
        let event = Event::Promoted {
            version: "undated-0123456789ab".to_owned(),
            replaced: None,
            on: None,
            comparison: None,
            because: Some("it was agreed\non Monday".to_owned()),
        };
        registry.record(&name, Moment::of_seconds(7), event.clone()).unwrap();
        registry.record(&name, Moment::of_seconds(8), event.clone()).unwrap();
        let history = registry.history(&name).unwrap();
        assert_eq!((history.len(), &history[1].event), (2, &event));
        assert_eq!(history[0].event.puts_in_use(), Some("undated-0123456789ab"));
        store::append_line(&registry.history_path(&name), "{\"event\":\"trained\"}").unwrap();
        let error = registry.history(&name).unwrap_err();
        assert!(error.to_string().contains("history.jsonl:3"), "{error}");
    }
}
