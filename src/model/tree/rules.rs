//! The leaves of a tree as rules: the questions on the way, merged by column.

use std::collections::BTreeMap;

use super::{Rule, Tree};

/// A leaf, and the conditions that lead to it.
#[derive(Debug, Clone, PartialEq)]
pub struct LeafRule {
    /// Index of the leaf among the tree's nodes.
    pub leaf: u32,
    /// Training rows (or their weight) in the leaf.
    pub rows: f64,
    /// Training events (or their weight) in the leaf.
    pub events: f64,
    /// Logit of the leaf's smoothed event rate.
    pub logit: f64,
    /// At most one condition a column, in the order in which the path first asks them.
    pub conditions: Vec<Condition>,
}

/// What a rule asks of one column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// Index of the column among the encoded columns.
    pub column: u32,
    /// The codes that fulfil it.
    pub allowed: Allowed,
}

/// The codes that fulfil a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Allowed {
    /// Ordered column: codes `from..=to`, and code 0 if `missing` is set. `to` is 255 where there is
    /// no upper limit; `from > to` where only missing values are allowed.
    Range {
        /// Smallest allowed code, at least 1.
        from: u8,
        /// Largest allowed code.
        to: u8,
        /// Whether missing values are allowed.
        missing: bool,
    },
    /// Category: one of these codes, ascending.
    OneOf(Vec<u8>),
    /// Category: any code but these, ascending.
    NoneOf(Vec<u8>),
}

impl Allowed {
    /// Whether a code fulfils the condition.
    pub fn contains(&self, code: u8) -> bool {
        match self {
            Self::Range { missing, .. } if code == 0 => *missing,
            Self::Range { from, to, .. } => (*from..=*to).contains(&code),
            Self::OneOf(codes) => codes.contains(&code),
            Self::NoneOf(codes) => !codes.contains(&code),
        }
    }

    /// Every code: what a column allows before its first question, which is `rule`.
    fn all(rule: &Rule) -> Self {
        match rule {
            Rule::AtMost { .. } => Self::Range { from: 1, to: u8::MAX, missing: true },
            Rule::OneOf { .. } => Self::NoneOf(Vec::new()),
        }
    }

    /// What is left of it on one side of a question.
    fn narrowed(&self, rule: &Rule, side: Side) -> Self {
        let kept = |code: &u8| rule.goes_left(*code) == (side == Side::Left);
        match (self, rule) {
            (Self::Range { from, to, missing }, Rule::AtMost { code, missing: missing_left }) => {
                let missing = *missing && *missing_left == (side == Side::Left);
                match side {
                    Side::Left => Self::Range { from: *from, to: (*to).min(*code), missing },
                    Side::Right => {
                        Self::Range { from: (*from).max(code.saturating_add(1)), to: *to, missing }
                    }
                }
            }
            (Self::NoneOf(codes), Rule::OneOf { codes: asked }) if side == Side::Right => {
                let mut codes: Vec<u8> = codes.iter().chain(asked).copied().collect();
                codes.sort_unstable();
                codes.dedup();
                Self::NoneOf(codes)
            }
            _ => Self::OneOf(
                (0..=u8::MAX).filter(|code| self.contains(*code)).filter(kept).collect(),
            ),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

impl Tree {
    /// Every leaf with the conditions that lead to it, in the order of the nodes.
    pub fn rules(&self) -> Vec<LeafRule> {
        let mut conditions: BTreeMap<usize, Vec<Condition>> = BTreeMap::new();
        let mut rules = Vec::new();
        for (at, node) in self.nodes.iter().enumerate() {
            let so_far = conditions.remove(&at).unwrap_or_default();
            match (&node.split, self.children(at)) {
                (Some(split), Some([left, right])) => {
                    let narrowed = |side| narrow(&so_far, split.column, &split.left_if, side);
                    conditions.insert(left, narrowed(Side::Left));
                    conditions.insert(right, narrowed(Side::Right));
                }
                _ => rules.push(LeafRule {
                    leaf: at as u32,
                    rows: node.rows,
                    events: node.events,
                    logit: node.logit,
                    conditions: so_far,
                }),
            }
        }
        rules
    }
}

fn narrow(so_far: &[Condition], column: u32, rule: &Rule, side: Side) -> Vec<Condition> {
    let mut conditions = so_far.to_vec();
    if let Some(known) = conditions.iter_mut().find(|c| c.column == column) {
        known.allowed = known.allowed.narrowed(rule, side);
    } else {
        conditions.push(Condition { column, allowed: Allowed::all(rule).narrowed(rule, side) });
    }
    conditions
}
