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
        if let (Some(0.0), Some(zero)) = (number, &self.zero) {
            out.push_str(zero);
            // Of zero the phrase has no place for peers: what is usual of them follows alone.
            return self.push_usual(peer, out);
        }
        let mut told = false;
        for (piece, optional) in &self.pieces {
            if *optional && peer.is_none() {
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

    /// Appends the part of the phrase about peers.
    fn push_usual(&self, peer: Option<f64>, out: &mut String) -> bool {
        let Some(peer) = peer else { return !self.has_peer() };
        for (piece, _) in self.pieces.iter().filter(|(_, optional)| *optional) {
            match piece {
                Piece::Words(words) => out.push_str(words),
                Piece::Peer => push_as(self.told_as, peer, out),
                Piece::Value => {}
            }
        }
        true
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
