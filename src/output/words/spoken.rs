//! Phrases of the playbook, ready to be told.

use super::{
    cells::CellText,
    number::{push_change, push_number, push_percent},
};
use crate::{
    output::feed::{is_plain, needs_quotes},
    playbook::{
        NumberAs, Phrase,
        phrases::{Piece, Template},
    },
    units::Language,
};

/// A phrase in one language.
#[derive(Debug)]
pub(super) struct Spoken {
    pieces: Vec<(Piece, bool)>,
    pub(super) told_as: NumberAs,
    zero: Option<String>,
    missing: String,
    /// The medians of peer groups, where they are known.
    peers: Vec<Option<f64>>,
}

impl Spoken {
    /// None where the template cannot be read: then the column is told by its name.
    pub(super) fn new(
        phrase: &Phrase,
        peers: Option<Vec<Option<f64>>>,
        language: Language,
    ) -> Option<Self> {
        let template = Template::parse(language.pick(&phrase.en, &phrase.zh)).ok()?;
        Some(Self {
            pieces: template.pieces,
            told_as: phrase.told_as,
            zero: phrase.zero.as_ref().map(|pair| pair.pick(language).to_owned()),
            missing: phrase.of_missing(language),
            peers: peers.unwrap_or_default(),
        })
    }

    /// Appends the phrase; whether it said what is usual, or there is nothing usual to say.
    pub(super) fn push(
        &self,
        cell: &CellText<'_>,
        group: Option<usize>,
        language: Language,
        out: &mut String,
    ) -> bool {
        let number = match cell {
            CellText::Missing => {
                out.push_str(&self.missing);
                return true;
            }
            CellText::Number(value) => Some(*value),
            _ => None,
        };
        let peer = group.and_then(|group| self.peers.get(group).copied().flatten());
        // Of zero the words stand for all but what is usual.
        let zero = self.zero.as_ref().filter(|_| number == Some(0.0));
        out.push_str(zero.map_or("", String::as_str));
        let mut told = false;
        for (piece, optional) in &self.pieces {
            let is_left_out = if *optional { peer.is_none() } else { zero.is_some() };
            if is_left_out {
                continue;
            }
            match (piece, number) {
                (Piece::Words(words), _) => out.push_str(words),
                (Piece::Value, Some(value)) => push_as(self.told_as, value, out),
                (Piece::Value, None) => {
                    cell.push(false, language, out);
                }
                (Piece::Peer, _) => {
                    push_as(self.told_as, peer.unwrap_or(f64::NAN), out);
                    told = true;
                }
            }
        }
        told || !self.has_peer()
    }

    fn has_peer(&self) -> bool {
        self.pieces.iter().any(|(piece, _)| *piece == Piece::Peer)
    }

    /// Whether all words can stand in a CSV file as they are. Where a value comes first, the reader of the
    /// cell has to look at it.
    pub(super) fn is_plain(&self) -> bool {
        let words = self.pieces.iter().filter_map(|(piece, _)| match piece {
            Piece::Words(words) => Some(words.as_str()),
            _ => None,
        });
        let whole = self.zero.as_deref().into_iter().chain([self.missing.as_str()]);
        words.clone().all(needs_no_quotes)
            && whole.clone().all(is_plain)
            && matches!(self.pieces.first(), Some((Piece::Words(words), _)) if is_plain(words))
    }
}

pub(super) fn needs_no_quotes(words: &str) -> bool {
    !needs_quotes(words.as_bytes())
}

/// Appends a number in the way that its phrase asks for.
pub(super) fn push_as(told_as: NumberAs, value: f64, out: &mut String) {
    match told_as {
        NumberAs::Number => push_number(value, out),
        NumberAs::Change => push_change(value, out),
        NumberAs::Percent => push_percent(value, out),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::playbook::{Book, Phrase};

    fn spoken(column: &str, peers: Option<Vec<Option<f64>>>, language: Language) -> Spoken {
        let phrase: Phrase = Book::shipped().unwrap().phrases[column].clone();
        Spoken::new(&phrase, peers, language).unwrap()
    }

    fn told(spoken: &Spoken, cell: CellText<'_>, group: Option<usize>) -> (String, bool) {
        let mut text = String::new();
        let is_usual_told = spoken.push(&cell, group, Language::En, &mut text);
        (text, is_usual_told)
    }

    #[test]
    fn a_value_is_told_against_the_customers_own_peers() {
        let medians = || Some(vec![Some(12.0), None]);
        let quiet = spoken("quiet_days", medians(), Language::En);
        let days = CellText::Number(143.0);
        let with = "no voluntary transaction for 143 days; people like this: 12";
        assert_eq!(told(&quiet, days, Some(0)), (with.to_owned(), true));
        let without = "no voluntary transaction for 143 days";
        for group in [Some(1), Some(7), None] {
            assert_eq!(told(&quiet, days, group), (without.to_owned(), false));
        }
        let chinese = spoken("quiet_days", medians(), Language::Zh);
        assert_eq!(told(&chinese, days, Some(0)).0, "已143天无主动交易，同类客户为12天");
    }

    #[test]
    fn nothing_and_zero_have_words_of_their_own() {
        let count = spoken("txn_count_90d", Some(vec![Some(8.0)]), Language::En);
        let zero = "no transaction in 90 days; people like this: 8";
        assert_eq!(told(&count, CellText::Number(0.0), Some(0)), (zero.to_owned(), true));
        let rate = spoken("open_rate_sms", None, Language::En);
        assert_eq!(told(&rate, CellText::Missing, Some(0)).0, "no text message sent");
        assert_eq!(told(&rate, CellText::Number(0.375), None).0, "opens 38% of text messages");
        let change = spoken("aum_change_3m", Some(vec![Some(0.018)]), Language::En);
        let fallen = "assets -94% in 3 months; people like this: +1.8%";
        assert_eq!(told(&change, CellText::Number(-0.94), Some(0)).0, fallen);
        let stopped = spoken("payroll_stopped", None, Language::Zh);
        assert_eq!(told(&stopped, CellText::Number(1.0), None), ("代发已中断".to_owned(), true));
        let branch = spoken("branch", None, Language::En);
        assert_eq!(told(&branch, CellText::Text("B01"), None).0, "branch B01");
    }

    #[test]
    fn only_words_that_begin_a_cell_safely_are_plain() {
        assert!(spoken("quiet_days", None, Language::En).is_plain());
        // A value that comes first may be negative.
        assert!(!spoken("product_count", None, Language::En).is_plain());
    }
}
