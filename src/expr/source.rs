//! An expression's text: positions in it, and what is wrong there in plain words.

use sqlparser::{parser::ParserError, tokenizer::Location};

use crate::{
    error::{self, Error, Place},
    nearest::nearest,
};

use super::{
    Kind,
    names::{is_name_part, quoted, written},
    reader::is_grammar,
};

/// A longer text is quoted in an error by its beginning only.
const SHOWN: usize = 300;

/// What is said of too many parentheses.
pub(super) const TOO_DEEP: &str = "the expression is nested too deeply";

/// An expression's text with what is needed to point into it.
#[derive(Debug)]
pub(super) struct Source<'a> {
    text: &'a str,
    /// How many characters stand before each line.
    lines: Vec<usize>,
    columns: &'a [(&'a str, Kind)],
}

impl<'a> Source<'a> {
    pub(super) fn new(text: &'a str, columns: &'a [(&'a str, Kind)]) -> Self {
        let breaks = text.chars().enumerate().filter(|&(_, c)| c == '\n').map(|(i, _)| i + 1);
        Self { text, lines: std::iter::once(0).chain(breaks).collect(), columns }
    }

    /// The whole text.
    pub(super) fn text(&self) -> &'a str {
        self.text
    }

    /// The columns of the table.
    pub(super) fn columns(&self) -> &'a [(&'a str, Kind)] {
        self.columns
    }

    /// A location of sqlparser's in characters from 1.
    pub(super) fn position(&self, location: Location) -> usize {
        let line = (location.line as usize).saturating_sub(1);
        let before = self.lines.get(line).copied().unwrap_or(0);
        before + (location.column as usize).max(1)
    }

    /// An error at a position of this text.
    pub(super) fn error(&self, kind: error::Kind, at: usize, what: impl Into<String>) -> Error {
        let shown = match self.text.char_indices().nth(SHOWN) {
            Some((end, _)) => format!("{}…", self.text.get(..end).unwrap_or_default()),
            None => self.text.to_owned(),
        };
        Error::new(kind, what).at(Place::Expression(shown, at))
    }

    /// A syntax error; the hint names a column that lacks its quotes, if that is the cause.
    pub(super) fn syntax(&self, at: usize, what: impl Into<String>) -> Error {
        self.syntax_with(at, what, error::Kind::ExpressionSyntax.hint())
    }

    /// The same with a hint for where no quotes lack.
    pub(super) fn syntax_with(&self, at: usize, what: impl Into<String>, hint: &str) -> Error {
        let error = self.error(error::Kind::ExpressionSyntax, at, what).hint_with(hint);
        match self.name_to_quote(at) {
            Some(name) => {
                error.hint_with(format!("put the name in double quotes: {}", quoted(name)))
            }
            None => error,
        }
    }

    /// A column that cannot stand bare and whose name covers this position of the text.
    pub(super) fn name_to_quote(&self, at: usize) -> Option<&'a str> {
        let bytes = self.text.char_indices().nth(at.saturating_sub(1));
        let byte = bytes.map_or(self.text.len(), |(byte, _)| byte);
        self.columns.iter().map(|(name, _)| *name).find(|name| {
            let plain = name.chars().all(is_name_part)
                && !name.starts_with(|c: char| c.is_ascii_digit())
                && !is_grammar(name);
            let covers = |(start, _): (usize, &str)| start <= byte && byte < start + name.len();
            !plain && !name.is_empty() && self.text.match_indices(name).any(covers)
        })
    }

    /// An error for an expression beyond the limits.
    pub(super) fn too_large(&self, at: usize, what: impl Into<String>) -> Error {
        self.error(error::Kind::ExpressionSyntax, at, what)
            .hint_with("split it: compute a part of it as a column of the table first")
    }

    /// An error for a name that no column has, with the nearest one.
    pub(super) fn unknown_column(&self, name: &str, at: usize) -> Error {
        let shown: String = name.chars().take(60).collect();
        let what = format!("there is no column {}", quoted(&shown));
        let error = self.error(error::Kind::UnknownColumn, at, what);
        if let Some(whole) = self.name_to_quote(at) {
            return error.hint_with(format!("put the name in double quotes: {}", quoted(whole)));
        }
        let in_quotes = self.text.chars().nth(at.saturating_sub(1)) == Some('"');
        match nearest(name, self.columns.iter().map(|(column, _)| *column)) {
            Some(column) => error.hint_with(format!(
                "did you mean {}? Names are case-sensitive; a text stands in single quotes",
                written(column)
            )),
            None if in_quotes => error
                .hint_with(format!("double quotes are for names; for a text write '{shown}'")),
            None => error.hint_with(
                "names are case-sensitive; a name with blanks stands in double quotes, a text in single quotes",
            ),
        }
    }

    pub(super) fn tokenizer_error(&self, message: &str, location: Location) -> Error {
        let at = self.position(location);
        if message.contains("string literal") {
            self.syntax(at, "the quote of this text is not closed")
                .hint_with("close it with ', and write a quote inside a text twice: 'it''s'")
        } else if message.contains("delimiter") || message.contains("identifier") {
            self.syntax(at, "the quote of this name is not closed")
        } else {
            self.syntax(at, "this cannot be read")
        }
    }

    pub(super) fn parser_error(&self, error: &ParserError) -> Error {
        let end = self.text.trim_end().chars().count() + 1;
        let message = match error {
            ParserError::RecursionLimitExceeded => return self.too_large(end, TOO_DEEP),
            ParserError::TokenizerError(message) | ParserError::ParserError(message) => message,
        };
        let (message, at) = match message.rsplit_once(" at Line: ") {
            Some((message, place)) => (message, self.written_place(place).unwrap_or(end)),
            None => (message.as_str(), end),
        };
        let wanted = message.strip_prefix("Expected: ").and_then(|m| m.split_once(", found: "));
        match wanted {
            Some((wanted, "EOF")) => self
                .syntax(end, format!("the expression ends where {} was expected", plain(wanted))),
            Some((wanted, found)) => {
                let found: String = found.chars().take(40).collect();
                self.syntax(at, format!("expected {}, found {found}", plain(wanted)))
            }
            None => self.syntax(at, "this cannot be read"),
        }
    }

    /// Reads `1, Column: 5`.
    fn written_place(&self, place: &str) -> Option<usize> {
        let (line, column) = place.split_once(", Column: ")?;
        Some(self.position(Location::new(line.parse().ok()?, column.parse().ok()?)))
    }
}

/// What sqlparser expected, in plain words.
fn plain(wanted: &str) -> &str {
    match wanted {
        "(" => "an opening parenthesis",
        ")" => "a closing parenthesis",
        "an expression" | "an expression:" => "a column, a number or a text",
        _ if wanted.contains("NULL") => "NULL, TRUE or FALSE",
        _ if wanted.contains("NOT") => "IN, BETWEEN or LIKE",
        _ if wanted.contains("literal string") => "a text in single quotes",
        _ if wanted.contains("data type") => "a type: DOUBLE PRECISION, TEXT or DATE",
        _ => wanted,
    }
}
