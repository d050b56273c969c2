//! Reasons in words, in English and Chinese: by the phrases of a playbook, or by the names of columns.

mod cells;
mod number;
mod spoken;

pub use cells::{CellText, Cells};
pub(in crate::output) use number::integer;
pub use number::{number, push_number};

use number::usual_change;
use spoken::{Spoken, needs_no_quotes, push_as};

use crate::{
    bundle::Bundle,
    features::{Bins, EncodedColumn},
    output::feed::is_plain,
    playbook::Book,
    scoring::{Direction, Reason, State},
    units::Language,
};

/// Writes reasons for the rows of one bundle in one language. Everything that does not depend on
/// the row is put together once.
#[derive(Debug)]
pub struct Words {
    columns: Vec<ColumnWords>,
    language: Language,
}

#[derive(Debug)]
struct ColumnWords {
    saying: Saying,
    /// What is typical, for whom no peers are known.
    typical: String,
    /// The code where the column raises the score, and where it lowers it.
    codes: [String; 2],
    /// Whether a spreadsheet and a CSV reader take the words as they are, but for the cell in them.
    is_plain: bool,
    /// Whether they take the codes as they are.
    code_is_plain: bool,
}

/// How the value of a column is told.
#[derive(Debug)]
enum Saying {
    /// `name = value`.
    Named { before: String, dated: bool },
    /// By a phrase of the playbook.
    Phrase(Spoken),
    /// The change of one column against another, both called by their names.
    Change { before: String, after: String },
}

impl Words {
    /// Prepares the words of a bundle: the phrases of a playbook, and names where it has none.
    pub fn new(bundle: &Bundle, book: &Book, language: Language) -> Self {
        let columns = bundle.encoder.columns.iter();
        let columns = columns.map(|column| ColumnWords::new(bundle, book, column, language));
        Self { columns: columns.collect(), language }
    }

    /// Appends a reason with where it pushes, e.g. `no voluntary transaction for 143 days; people like this: 12
    /// (raises the risk)`; `group` is the customer's peer group.
    pub fn write(
        &self,
        reason: Reason,
        state: State,
        cell: &CellText<'_>,
        group: Option<usize>,
        out: &mut String,
    ) {
        let Some(words) = self.columns.get(reason.column as usize) else { return };
        let open = match &words.saying {
            Saying::Named { .. } => self.language.pick(": ", "，"),
            _ => self.language.pick(" (", "（"),
        };
        self.tell(reason.column as usize, cell, group, out);
        out.push_str(open);
        out.push_str(effect(reason.direction(), state, self.language));
        if !matches!(words.saying, Saying::Named { .. }) {
            out.push_str(self.language.pick(")", "）"));
        }
    }

    /// Appends what an encoded column says of a customer, e.g. `no voluntary transaction for 143 days; people
    /// like this: 12`.
    pub fn tell(&self, column: usize, cell: &CellText<'_>, group: Option<usize>, out: &mut String) {
        let Some(words) = self.columns.get(column) else { return };
        let is_usual_told = match &words.saying {
            Saying::Named { before, dated } => {
                out.push_str(before);
                let known = cell.push(*dated, self.language, out);
                if !known {
                    out.push_str(self.language.pick("missing", "缺失"));
                }
                !known
            }
            Saying::Phrase(phrase) => phrase.push(cell, group, self.language, out),
            Saying::Change { before, after } => {
                out.push_str(before);
                let known = cell.push(false, self.language, out);
                if !known {
                    out.push_str(self.language.pick("unknown", "未知"));
                }
                out.push_str(after);
                !known
            }
        };
        if !is_usual_told {
            out.push_str(&words.typical);
        }
    }

    /// The code of a reason: the column and `+` or `-`.
    pub fn code(&self, reason: Reason) -> &str {
        self.columns.get(reason.column as usize).map_or("", |words| match reason.direction() {
            Direction::Raises => &words.codes[0],
            Direction::Lowers => &words.codes[1],
        })
    }

    /// Whether the words of a reason hold nothing that CSV would have to quote, or that a spreadsheet
    /// would take for a formula, but what the cell holds.
    pub fn are_plain(&self, reason: Reason) -> bool {
        self.columns.get(reason.column as usize).is_none_or(|words| words.is_plain)
    }

    /// The same of the code of a reason.
    pub fn code_is_plain(&self, reason: Reason) -> bool {
        self.columns.get(reason.column as usize).is_none_or(|words| words.code_is_plain)
    }
}

impl ColumnWords {
    fn new(bundle: &Bundle, book: &Book, column: &EncodedColumn, language: Language) -> Self {
        let name = &column.name;
        let called = |name: &str| Some(book.phrases.get(name)?.name.pick(language).to_owned());
        let saying = match &column.bins {
            Bins::DaysBefore { .. } => Saying::Named {
                before: language
                    .pick(format!("days since {name} = "), format!("距 {name} 的天数 = ")),
                dated: true,
            },
            Bins::Change { of, against, .. } => match called(of).zip(called(against)) {
                Some((of, against)) => Saying::Change {
                    before: language.pick(format!("{of} "), format!("{of}较{against}变化")),
                    after: language.pick(format!(" against {against}"), String::new()),
                },
                None => Saying::Named {
                    before: language.pick(
                        format!("{of} against {against} = "),
                        format!("{of} 较 {against} 变化 = "),
                    ),
                    dated: false,
                },
            },
            Bins::Number { .. } | Bins::Category { .. } => {
                let spoken = book.phrases.get(name).and_then(|phrase| {
                    let peers = bundle.peers.as_ref().and_then(|peers| peers.column(name));
                    Spoken::new(phrase, peers.map(|peers| peers.median.clone()), language)
                });
                let named = || Saying::Named { before: format!("{name} = "), dated: false };
                spoken.map_or_else(named, Saying::Phrase)
            }
        };
        let mut usual = String::new();
        let median = match &column.bins {
            Bins::Number { median, .. } | Bins::DaysBefore { median, .. } => {
                saying.push_number(*median, &mut usual);
                Some(usual)
            }
            Bins::Change { median, .. } => usual_change(*median),
            Bins::Category { .. } => None,
        };
        let typical = median.map_or_else(String::new, |median| match (language, &saying) {
            (Language::En, Saying::Named { .. }) => format!(" (typical {median})"),
            (Language::Zh, Saying::Named { .. }) => format!("(通常为 {median})"),
            (Language::En, _) => format!("; typical {median}"),
            (Language::Zh, _) => format!("，通常为{median}"),
        });
        let effects_are_plain = [State::Active, State::Dormant].into_iter().all(|state| {
            [Direction::Raises, Direction::Lowers]
                .into_iter()
                .all(|direction| is_plain(effect(direction, state, language)))
        });
        Self {
            is_plain: saying.is_plain() && is_plain(&typical) && effects_are_plain,
            code_is_plain: is_plain(name),
            codes: ['+', '-'].map(|sign| format!("{name}{sign}")),
            saying,
            typical,
        }
    }
}

impl Saying {
    fn push_number(&self, value: f64, out: &mut String) {
        match self {
            Self::Phrase(phrase) => push_as(phrase.told_as, value, out),
            _ => push_number(value, out),
        }
    }

    fn is_plain(&self) -> bool {
        match self {
            Self::Named { before, .. } => is_plain(before),
            Self::Change { before, after } => is_plain(before) && needs_no_quotes(after),
            Self::Phrase(phrase) => phrase.is_plain(),
        }
    }
}

/// Where a reason pushes.
fn effect(direction: Direction, state: State, language: Language) -> &'static str {
    let dormant = state == State::Dormant;
    match (language, dormant, direction) {
        (Language::En, false, Direction::Raises) => "raises the risk",
        (Language::En, false, Direction::Lowers) => "lowers the risk",
        (Language::En, true, Direction::Raises) => "raises the chance to return",
        (Language::En, true, Direction::Lowers) => "lowers the chance to return",
        (Language::Zh, false, Direction::Raises) => "推高流失风险",
        (Language::Zh, false, Direction::Lowers) => "降低流失风险",
        (Language::Zh, true, Direction::Raises) => "提高唤醒机会",
        (Language::Zh, true, Direction::Lowers) => "降低唤醒机会",
    }
}
