//! The one error of the library: what went wrong, where, and what to do now.
//!
//! ```
//! use reveille::error::{Error, Kind, Place};
//!
//! let error = Error::new(Kind::WrongType, "\"31/02/2026\" is not a date")
//!     .at(Place::cell("data/customers.csv", 4813, "last_order"));
//! assert_eq!(
//!     error.to_string(),
//!     "data/customers.csv:4813, column last_order: \"31/02/2026\" is not a date"
//! );
//! assert!(error.hint().contains("--types"));
//! ```

use std::{fmt, io, path::PathBuf};

/// The result of everything here that can fail.
pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong ([`Kind`] and words), where ([`Place`]), and what to do now (a hint).
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Error(#[source] Box<Report>);

#[derive(Debug, thiserror::Error)]
struct Report {
    kind: Kind,
    what: String,
    place: Option<Place>,
    hint: Option<String>,
    #[source]
    cause: Option<io::Error>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) => write!(f, "{place}: {}", self.what),
            None => f.write_str(&self.what),
        }
    }
}

impl Error {
    /// An error of this kind; `what` is a sentence without a full stop and without personal data.
    pub fn new(kind: Kind, what: impl Into<String>) -> Self {
        Self(Box::new(Report { kind, what: what.into(), place: None, hint: None, cause: None }))
    }

    /// An input/output error at a path, with the kind that fits it.
    pub fn io(path: impl Into<PathBuf>, doing: &str, cause: io::Error) -> Self {
        let kind = match cause.kind() {
            io::ErrorKind::NotFound => Kind::NotFound,
            io::ErrorKind::PermissionDenied => Kind::NoPermission,
            _ => Kind::Io,
        };
        let what = match kind {
            Kind::NotFound => format!("cannot {doing}: there is no such file or folder"),
            Kind::NoPermission => format!("cannot {doing}: no permission"),
            _ => format!("cannot {doing}: {cause}"),
        };
        let mut error = Self::new(kind, what).at(Place::File(path.into()));
        error.0.cause = Some(cause);
        error
    }

    /// The same error with its place; a place that is already known is kept.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.0.place.get_or_insert(place);
        self
    }

    /// The same error with its own hint in place of the kind's.
    #[must_use]
    pub fn hint_with(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// The kind of the error.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// What went wrong, without the place.
    pub fn what(&self) -> &str {
        &self.0.what
    }

    /// Where it went wrong, if the place is known.
    pub fn place(&self) -> Option<&Place> {
        self.0.place.as_ref()
    }

    /// What to do now: the error's own hint, else the kind's.
    pub fn hint(&self) -> &str {
        self.0.hint.as_deref().unwrap_or_else(|| self.0.kind.hint())
    }
}

/// A place that a person can go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A file or folder.
    File(PathBuf),
    /// A line of a file, counted from 1.
    Line(PathBuf, u64),
    /// A cell: file, line counted from 1, column name.
    Cell(PathBuf, u64, String),
    /// A column of the table at hand.
    Column(String),
    /// A position in an expression, in characters from 1.
    Expression(String, usize),
    /// A key of the configuration, e.g. `cutoffs.value`.
    Key(String),
}

impl Place {
    /// A cell: file, line counted from 1, column name.
    pub fn cell(file: impl Into<PathBuf>, line: u64, column: impl Into<String>) -> Self {
        Self::Cell(file.into(), line, column.into())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(file) => write!(f, "{}", file.display()),
            Self::Line(file, line) => write!(f, "{}:{line}", file.display()),
            Self::Cell(file, line, column) => {
                write!(f, "{}:{line}, column {column}", file.display())
            }
            Self::Column(column) => write!(f, "column {column}"),
            Self::Expression(text, at) => write!(f, "expression `{text}`, character {at}"),
            Self::Key(key) => write!(f, "config key {key}"),
        }
    }
}

/// Who has to act on an error, which decides the exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The question was understood and the answer is no: exit status 1.
    No,
    /// The question could not be answered: exit status 2.
    Failed,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident $verdict:ident $hint:literal,)*) => {
        /// What kind of thing went wrong. Each kind carries the hint that fits when nothing more is known.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Kind { $($(#[$doc])* $name,)* }

        impl Kind {
            /// Every kind there is.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// What to do now, where nothing more particular is known.
            pub fn hint(self) -> &'static str {
                match self { $(Self::$name => $hint,)* }
            }

            /// Whether it is a "no" (exit status 1) or a failure (exit status 2).
            pub fn verdict(self) -> Verdict {
                match self { $(Self::$name => Verdict::$verdict,)* }
            }
        }
    };
}

kinds! {
    /// A file or folder is not there.
    NotFound Failed "check the path; a relative path starts at the folder you are in",
    /// A file or folder may not be read or written.
    NoPermission Failed "check who owns it, or name another place",
    /// Reading or writing failed (disk full, broken pipe, …).
    Io Failed "check free space and the device; what was there before is untouched",
    /// A file is larger than the limit for its kind.
    TooLarge Failed "check that this is the file you meant",
    /// The file is neither CSV, Parquet nor Arrow, or is cut off.
    UnknownFormat Failed "give CSV (also .gz or .zst), Parquet or an Arrow stream; it is told apart by its content",
    /// The text is in no encoding that we know.
    BadEncoding Failed "name the encoding with --encoding (utf-8, gb18030, utf-16le, utf-16be)",
    /// There is no row, or no column.
    EmptyTable Failed "the file needs a header line and at least one row",
    /// A header name is there twice, or is empty.
    BadHeader Failed "give every column its own name in the first line",
    /// The file's quotes do not close.
    UnclosedQuote Failed "find the quote that opens there and close it, or export the file again",
    /// A cell does not hold the type of its column.
    WrongType Failed "correct the cell, name the token as missing with --missing, or set the column's type with --types",
    /// More rows were set aside than the configured share.
    TooManyRejects No "read the rejects file, mend the export, or raise read.max_reject_share",
    /// The outcome of a snapshot is not known yet.
    ImmatureOutcome No "take an earlier as-of date, or leave --labelled out to have its outcomes empty",
    /// A column that is needed is not in the table.
    MissingColumn Failed "add the column to the file, or train a model without it",
    /// An expression cannot be read.
    ExpressionSyntax Failed "write a SQL expression over columns, e.g. \"status = 'closed'\"",
    /// An expression names a column that is not there.
    UnknownColumn Failed "names are case-sensitive; put a name with blanks in double quotes",
    /// An expression mixes types.
    ExpressionType Failed "compare numbers with numbers, text with text and dates with dates",
    /// An expression uses something outside the supported SQL.
    ExpressionUnsupported Failed "supported: comparisons, AND OR NOT, + - * /, IN, BETWEEN, LIKE, IS NULL, CASE, COALESCE, LEAST, GREATEST, ABS, LN and more: see docs/expressions.md",
    /// An outcome is not yes or no.
    NotBinary Failed "write the outcome as a comparison, e.g. --churn \"status = 'closed'\"",
    /// All customers have the same outcome.
    OneClass Failed "the table must hold both customers who left and customers who stayed",
    /// There are too few rows or too few events to learn from.
    TooFew Failed "add history: at least 20 events and 20 non-events are needed",
    /// A column gives the outcome away, and --strict was asked for.
    Leakage No "leave the named columns out with --exclude, or drop --strict to have them left out for you",
    /// A data check failed.
    CheckFailed No "read the findings above; each names its column",
    /// A challenger is worse than the model in use, beyond chance.
    WorseModel No "keep the model in use; --force --because \"…\" overrules, and is recorded",
    /// What was watched is out of its limits.
    Alarm No "read the alarms above; each names its column and its limit",
    /// A model made again is not the same.
    NotReproduced No "give the same history and configuration, and the version of reveille that made it",
    /// A parameter is out of its range.
    BadParameter Failed "see --help for the range",
    /// A playbook cannot be read, or a rule of it is at fault.
    BadPlaybook Failed "`reveille playbook check FILE` names the rule; `reveille init` writes the shipped playbook to compare with",
    /// A campaign is not worth running.
    DoNotRun No "raise what a contact keeps, lower its cost, or contact only those with more at stake",
    /// The configuration cannot be read.
    BadConfig Failed "compare with the file that `reveille init` writes",
    /// A fit ended away from its optimum.
    NotConverged Failed "raise learners.logistic.max_iterations or its l2",
    /// A model bundle is damaged or not a bundle.
    BadBundle Failed "restore the file from a backup or train the model again; a damaged bundle is never used",
    /// A bundle was written by a newer version.
    NewerBundle Failed "use the version of reveille that wrote it, or a later one",
    /// There is no such model in the registry.
    NoModel Failed "`reveille models list` shows what there is; `reveille train` makes one",
    /// A name is not allowed.
    BadName Failed "a model name has 1 to 63 characters: small letters, digits and inner hyphens",
    /// The command line does not fit together.
    Usage Failed "see --help",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_hint_that_says_what_to_do() {
        for kind in Kind::ALL {
            assert!(kind.hint().len() > 5, "{kind:?} has no hint");
            assert!(!kind.hint().ends_with('.'), "{kind:?}: hints carry no full stop");
        }
    }

    #[test]
    fn the_first_known_place_is_kept() {
        let inner = Error::new(Kind::WrongType, "not a date").at(Place::Line("a.csv".into(), 3));
        assert_eq!(inner.at(Place::File("b.csv".into())).to_string(), "a.csv:3: not a date");
    }
}
