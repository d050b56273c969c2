//! The fitted numbers: encoding, scorecard, tree, calibration.

use std::collections::BTreeSet;

use super::{MAX_COLUMNS, MAX_COUNT, all_different, ensure, finite, short, text};
use crate::{
    error::Result,
    features::{Bins, EncodedColumn, Encoder},
    model::{
        Calibration, Scorecard, Tree,
        scorecard::{CardColumn, Group},
        tree::{Node, Rule, Split},
    },
};

const MAX_CUTS: usize = 253;
const MAX_GROUPS: usize = 255;
const MAX_NODES: usize = 1 << 16;
/// Whoever walks a tree may do so by recursion.
const MAX_TREE_DEPTH: u8 = 64;
const MAX_POINTS: usize = 1 << 16;
/// Far beyond any logit, and far from where a sum of ten thousand would overflow.
const MAX_LOGIT: f64 = 1e9;

/// Checks an encoder and gives the number of codes of each of its columns.
pub(super) fn encoder(encoder: &Encoder) -> Result<Vec<u16>> {
    let names = encoder.columns.iter().map(|column| column.name.as_str());
    all_different("encoder.columns", names, MAX_COLUMNS)?;
    encoder.columns.iter().enumerate().map(|(number, found)| column(number, found)).collect()
}

fn column(number: usize, column: &EncodedColumn) -> Result<u16> {
    let at = format!("encoder.columns[{number}]");
    let codes = match &column.bins {
        Bins::Number { cuts, least, median, most }
        | Bins::DaysBefore { cuts, least, median, most } => {
            ordered(&at, cuts, [*least, *median, *most])?
        }
        Bins::Change { of, against, cuts, median } => {
            ensure(&at, of != against, "a change of a column against itself")?;
            let inside = cuts.iter().all(|cut| cut.abs() <= 1.0);
            ensure(&at, inside, "a change beyond -1..1")?;
            ordered(&at, cuts, [-1.0, *median, 1.0])?
        }
        Bins::Category { levels } => {
            let different: BTreeSet<_> = levels.iter().collect();
            ensure(&at, different.len() == levels.len(), "the same level twice")?;
            levels.iter().try_for_each(|level| text(&at, level))?;
            short(&at, levels.len(), MAX_CUTS)?;
            levels.len() + 2
        }
    };
    ensure(&at, column.counts.len() == codes, "one count a code is needed")?;
    let sum = column.counts.iter().try_fold(0_u64, |sum, count| sum.checked_add(*count));
    ensure(&at, sum.is_some_and(|sum| sum <= MAX_COUNT), "counts that are too large")?;
    Ok(codes as u16)
}

/// Checks the cuts of a number with its least, median and most, and gives the number of its codes.
fn ordered(at: &str, cuts: &[f64], [least, median, most]: [f64; 3]) -> Result<usize> {
    finite(at, cuts)?;
    finite(at, &[least, median, most])?;
    ensure(at, least <= median && median <= most, "least, median and most do not rise")?;
    ensure(at, cuts.is_sorted_by(|a, b| a < b), "the cuts do not rise")?;
    short(at, cuts.len(), MAX_CUTS)?;
    Ok(cuts.len() + 2)
}

/// Checks a scorecard against the number of codes of each encoded column.
pub(super) fn scorecard(at: &str, card: &Scorecard, code_counts: &[u16]) -> Result<()> {
    logits(at, &[card.intercept])?;
    let different: BTreeSet<_> = card.columns.iter().map(|column| column.column).collect();
    ensure(at, different.len() == card.columns.len(), "the same column twice")?;
    card.columns.iter().try_for_each(|column| card_column(at, column, code_counts))
}

fn card_column(at: &str, column: &CardColumn, code_counts: &[u16]) -> Result<()> {
    let CardColumn { column, coefficient, information_value, groups, group_of, mean } = column;
    let at = format!("{at}, column {column}");
    let Some(codes) = code_counts.get(*column as usize) else {
        return Err(super::fault(at, "there is no such column"));
    };
    logits(&at, &[*coefficient, *mean])?;
    finite(&at, &[*information_value])?;
    short(&at, groups.len(), MAX_GROUPS)?;
    ensure(&at, group_of.len() == usize::from(*codes), "one group a code is needed")?;
    let known = group_of.iter().all(|group| usize::from(*group) < groups.len());
    ensure(&at, known, "a group that is not there")?;
    for Group { rows, events, woe, logit } in groups {
        shares(&at, *events, *rows)?;
        logits(&at, &[*woe, *logit])?;
    }
    Ok(())
}

/// Checks a tree against the number of codes of each encoded column.
pub(super) fn tree(at: &str, tree: &Tree, code_counts: &[u16]) -> Result<()> {
    ensure(at, !tree.nodes.is_empty(), "a tree without nodes")?;
    short(at, tree.nodes.len(), MAX_NODES)?;
    // The depth of each node, once its parent has been met.
    let mut depths: Vec<Option<u8>> = vec![None; tree.nodes.len()];
    if let Some(root) = depths.first_mut() {
        *root = Some(0);
    }
    for (number, Node { rows, events, logit, split }) in tree.nodes.iter().enumerate() {
        let at = format!("{at}.nodes[{number}]");
        shares(&at, *events, *rows)?;
        logits(&at, &[*logit])?;
        let Some(depth) = depths.get(number).copied().flatten() else {
            return Err(super::fault(at, "a node without a parent"));
        };
        let Some(Split { column, left_if, left, right, gain }) = split else { continue };
        finite(&at, &[*gain])?;
        ensure(&at, depth < MAX_TREE_DEPTH, "the tree is too deep")?;
        let Some(codes) = code_counts.get(*column as usize) else {
            return Err(super::fault(at, "there is no such column"));
        };
        rule(&at, left_if, *codes)?;
        for child in [*left, *right] {
            let child = child as usize;
            ensure(&at, child > number, "a child that stands before its parent")?;
            let free = depths.get_mut(child).filter(|depth| depth.is_none());
            let Some(free) = free else {
                return Err(super::fault(at, "a child that is not there, or has another parent"));
            };
            *free = Some(depth + 1);
        }
    }
    Ok(())
}

pub(super) fn rule(at: &str, rule: &Rule, codes: u16) -> Result<()> {
    match rule {
        Rule::AtMost { code, .. } => ensure(at, u16::from(*code) < codes, "a code out of range"),
        Rule::OneOf { codes: left } => {
            ensure(at, left.is_sorted_by(|a, b| a < b), "the codes of a rule do not rise")?;
            let known = left.iter().all(|code| u16::from(*code) < codes);
            ensure(at, known, "a code out of range")
        }
    }
}

/// Checks a calibration.
pub(super) fn calibration(at: &str, calibration: &Calibration) -> Result<()> {
    match calibration {
        Calibration::Identity => Ok(()),
        Calibration::Platt { intercept, slope } => {
            logits(at, &[*intercept, *slope])?;
            ensure(at, *slope > 0.0, "a slope that is not positive")
        }
        Calibration::Isotonic { logits: x, probabilities: y } => {
            logits(at, x)?;
            short(at, x.len(), MAX_POINTS)?;
            ensure(at, !x.is_empty() && x.len() == y.len(), "points that do not pair up")?;
            ensure(at, x.is_sorted_by(|a, b| a < b), "the logits do not rise")?;
            ensure(at, y.is_sorted(), "the probabilities fall")?;
            let inside = y.iter().all(|&probability| 0.0 < probability && probability < 1.0);
            ensure(at, inside, "a probability outside 0..1")
        }
    }
}

pub(super) fn logits(at: &str, logits: &[f64]) -> Result<()> {
    let sane = logits.iter().all(|logit| logit.abs() <= MAX_LOGIT);
    ensure(at, sane, "a number that is not finite, or beyond all measure")
}

/// Events among rows, both weights.
fn shares(at: &str, events: f64, rows: f64) -> Result<()> {
    // Two sums of the same weights may differ in the last digits.
    let fit = 0.0 <= events && events <= rows * (1.0 + 1e-9) && rows <= MAX_COUNT as f64;
    ensure(at, fit, "events and rows that do not fit together")
}
