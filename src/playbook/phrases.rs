//! Columns in words: how a reason is told to people, and whether someone can act on it.

use serde::{Deserialize, Serialize};

use crate::{features::EncodedColumn, playbook::Book, units::Language};

/// How a number is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NumberAs {
    /// As it is.
    #[default]
    Number,
    /// A share, in percent.
    Percent,
    /// A relative change, in percent with its sign.
    Change,
}

/// A text in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    /// In English.
    pub en: String,
    /// In Chinese.
    pub zh: String,
}

impl Pair {
    /// The text in a language.
    pub fn pick(&self, language: Language) -> &str {
        language.pick(&self.en, &self.zh)
    }
}

/// How a column is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Phrase {
    /// What it is called.
    pub name: Pair,
    /// A value in English: a template with `{value}`, `{peer}` and `[what is left out without a peer]`.
    pub en: String,
    /// The same in Chinese.
    pub zh: String,
    /// How a number is told.
    #[serde(default, rename = "as")]
    pub told_as: NumberAs,
    /// Instead of the template where the value is 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zero: Option<Pair>,
    /// What is told where there is no value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<Pair>,
    /// Whether someone can act on it.
    #[serde(default)]
    pub actionable: bool,
}

impl Phrase {
    /// What is told where there is no value.
    pub fn of_missing(&self, language: Language) -> String {
        let name = self.name.pick(language);
        let unknown = || language.pick(format!("{name}: not known"), format!("{name}未知"));
        self.missing.as_ref().map_or_else(unknown, |pair| pair.pick(language).to_owned())
    }

    /// What is wrong with it.
    pub(super) fn fault(&self) -> Option<String> {
        for text in [&self.en, &self.zh] {
            if let Err(fault) = Template::parse(text) {
                return Some(format!("{text:?} {fault}"));
            }
        }
        let fixed = [Some(&self.name), self.zero.as_ref(), self.missing.as_ref()];
        let mut texts = fixed.into_iter().flatten().flat_map(|pair| [&pair.en, &pair.zh]);
        texts
            .find(|text| text.trim().is_empty() || text.contains(['{', '}', '[', ']']))
            .map(|text| format!("{text:?} must be plain words"))
    }
}

/// A part of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// These words.
    Words(String),
    /// The customer's value.
    Value,
    /// What is usual among peers.
    Peer,
}

/// A phrase made ready: its parts, each with whether it is left out where no peer is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// The parts.
    pub pieces: Vec<(Piece, bool)>,
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// What is wrong with it, in words that follow its text.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let mut pieces: Vec<(Piece, bool)> = Vec::new();
        let (mut rest, mut optional) = (text, false);
        while let Some(c) = rest.chars().next() {
            let after = &rest[c.len_utf8()..];
            match c {
                '[' | ']' if optional == (c == '[') => {
                    return Err("has brackets that do not match");
                }
                '[' | ']' => (optional, rest) = (c == '[', after),
                '{' => {
                    let (name, after) =
                        after.split_once('}').ok_or("has a brace without its other")?;
                    let piece = match name {
                        "value" => Piece::Value,
                        "peer" if optional => Piece::Peer,
                        "peer" => return Err("has {peer} outside of [brackets]"),
                        _ => return Err("may speak of {value} and {peer} only"),
                    };
                    pieces.push((piece, optional));
                    rest = after;
                }
                '}' => return Err("has a brace without its other"),
                _ => {
                    let end = rest.find(['[', ']', '{', '}']).unwrap_or(rest.len());
                    pieces.push((Piece::Words(rest[..end].to_owned()), optional));
                    rest = &rest[end..];
                }
            }
        }
        if optional {
            return Err("has brackets that do not match");
        }
        if !pieces.iter().any(|(piece, optional)| !optional && !matches!(piece, Piece::Peer)) {
            return Err("says nothing where no peer is known");
        }
        Ok(Self { pieces })
    }
}

/// Words in the names of columns that tell what nobody can change.
const FIXED: [&str; 26] = [
    "age",
    "birth",
    "gender",
    "sex",
    "tenure",
    "branch",
    "region",
    "open",
    "opened",
    "acquisition",
    "acq",
    "geography",
    "country",
    "city",
    "occupation",
    "race",
    "nationality",
    "marital",
    "since",
    "年龄",
    "性别",
    "地区",
    "支行",
    "开户",
    "籍贯",
    "职业",
];

/// Whether a column's name says that it tells what nobody can change.
pub fn never_changes(name: &str) -> bool {
    let mut words = name.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase);
    let (latin, signs): (Vec<&str>, Vec<&str>) = FIXED.iter().partition(|word| word.is_ascii());
    words.any(|word| latin.contains(&word.as_str())) || signs.iter().any(|sign| name.contains(sign))
}

impl Book {
    /// Whether someone can act on an encoded column: as its phrase says, else as its name does.
    pub fn is_actionable(&self, column: &EncodedColumn) -> bool {
        column.reads().iter().all(|name| {
            self.phrases.get(*name).map_or_else(|| !never_changes(name), |phrase| phrase.actionable)
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(text: &str) -> Piece {
        Piece::Words(text.to_owned())
    }

    #[test]
    fn a_template_is_read_piece_by_piece() {
        let read = Template::parse("已{value}天[，同类{peer}天]。").unwrap();
        let expected = [
            (words("已"), false),
            (Piece::Value, false),
            (words("天"), false),
            (words("，同类"), true),
            (Piece::Peer, true),
            (words("天"), true),
            (words("。"), false),
        ];
        assert_eq!(read.pieces, expected);
        for wrong in
            ["", "[x]", "{value", "value}", "{val}", "{peer}", "a]", "[[a]]", "a[b", "[{peer}]"]
        {
            assert!(Template::parse(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange(text in "[\\[\\]{}valuepr 天]{0,40}") {
            let _ = Template::parse(&text);
        }
    }

    #[test]
    fn every_column_of_the_feature_table_has_a_phrase() {
        let book = Book::shipped().unwrap();
        let keys = ["customer_id", "as_of"];
        // Columns of today's snapshots only: no model can read them.
        let today = |about: &str| about.contains("today's snapshots only");
        for (family, columns) in crate::history::catalogue() {
            for column in columns.iter().filter(|c| family != "Outcomes" && !today(c.about)) {
                let is_told = book.phrases.contains_key(column.name) || keys.contains(&column.name);
                assert!(is_told, "{}", column.name);
            }
        }
    }

    #[test]
    fn names_of_what_nobody_can_change_are_known() {
        for name in
            ["age", "customer_age", "tenure_months", "branch", "客户年龄", "days_since_open"]
        {
            assert!(never_changes(name), "{name}");
        }
        for name in ["aum", "average_balance", "product_count", "usage", "contacts_90d"] {
            assert!(!never_changes(name), "{name}");
        }
    }
}
