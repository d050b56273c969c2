//! The value-by-risk quadrants.

use serde::{Deserialize, Serialize};

use crate::{
    scoring::{Band, State, ValueBand},
    units::Language,
};

/// Where a customer stands: value × churn risk for the active, value × chance to return for the
/// dormant, value for those who never transacted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quadrant {
    /// Active, high value, high risk.
    Rescue,
    /// Active, high value, low risk.
    Cherish,
    /// Active, low value, high risk.
    Automate,
    /// Active, low value, low risk.
    Grow,
    /// Dormant, high value, likely to return.
    WakeFirst,
    /// Dormant, high value, unlikely to return.
    CallPersonally,
    /// Dormant, low value, likely to return.
    Nudge,
    /// Dormant, low value, unlikely to return.
    LetRest,
    /// Never transacted, high value.
    Activate,
    /// Never transacted, low value.
    Leave,
}

impl Quadrant {
    /// All quadrants, in the order in which people read them.
    pub const ALL: [Self; 10] = [
        Self::Rescue,
        Self::Cherish,
        Self::Automate,
        Self::Grow,
        Self::WakeFirst,
        Self::CallPersonally,
        Self::Nudge,
        Self::LetRest,
        Self::Activate,
        Self::Leave,
    ];

    /// The quadrant of a customer. An unknown value counts as low: an expensive contact needs a
    /// known value. A dormant customer without a reactivation model has no quadrant.
    pub fn of(state: State, value: ValueBand, risk: Option<Band>) -> Option<Self> {
        let valuable = value == ValueBand::High;
        Some(match (state, valuable, risk) {
            (State::Active, true, Some(Band::High)) => Self::Rescue,
            (State::Active, true, Some(Band::Low)) => Self::Cherish,
            (State::Active, false, Some(Band::High)) => Self::Automate,
            (State::Active, false, Some(Band::Low)) => Self::Grow,
            (State::Dormant, true, Some(Band::High)) => Self::WakeFirst,
            (State::Dormant, true, Some(Band::Low)) => Self::CallPersonally,
            (State::Dormant, false, Some(Band::High)) => Self::Nudge,
            (State::Dormant, false, Some(Band::Low)) => Self::LetRest,
            (State::Prospect, true, _) => Self::Activate,
            (State::Prospect, false, _) => Self::Leave,
            (_, _, None) => return None,
        })
    }

    /// The word in the feed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rescue => "rescue",
            Self::Cherish => "cherish",
            Self::Automate => "automate",
            Self::Grow => "grow",
            Self::WakeFirst => "wake-first",
            Self::CallPersonally => "call-personally",
            Self::Nudge => "nudge",
            Self::LetRest => "let-rest",
            Self::Activate => "activate",
            Self::Leave => "leave",
        }
    }

    /// What to do, in words.
    pub fn label(self, language: Language) -> &'static str {
        let (en, zh) = match self {
            Self::Rescue => ("rescue in person", "重点挽留"),
            Self::Cherish => ("look after", "重点维护"),
            Self::Automate => ("retain at low cost", "低成本挽留"),
            Self::Grow => ("grow", "培育提升"),
            Self::WakeFirst => ("wake first", "优先唤醒"),
            Self::CallPersonally => ("call in person", "人工攻坚"),
            Self::Nudge => ("nudge automatically", "自动触达"),
            Self::LetRest => ("let rest", "暂缓"),
            Self::Activate => ("win the first transaction", "高质量未成交"),
            Self::Leave => ("leave for now", "低质量未成交"),
        };
        match language {
            Language::En => en,
            Language::Zh => zh,
        }
    }

    /// Whether marketing acts on it; the others wait.
    pub fn has_action(self) -> bool {
        !matches!(self, Self::Grow | Self::LetRest | Self::Leave)
    }

    /// Whose quadrant it is.
    pub fn state(self) -> State {
        match self {
            Self::Rescue | Self::Cherish | Self::Automate | Self::Grow => State::Active,
            Self::WakeFirst | Self::CallPersonally | Self::Nudge | Self::LetRest => State::Dormant,
            Self::Activate | Self::Leave => State::Prospect,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_quadrant_is_reached_and_belongs_to_its_state() {
        let mut reached = std::collections::BTreeSet::new();
        for state in [State::Active, State::Dormant, State::Prospect] {
            for value in [ValueBand::Unknown, ValueBand::Low, ValueBand::High] {
                for risk in [None, Some(Band::Low), Some(Band::High)] {
                    let Some(quadrant) = Quadrant::of(state, value, risk) else { continue };
                    assert_eq!(quadrant.state(), state);
                    reached.insert(quadrant);
                }
            }
        }
        assert_eq!(reached.len(), Quadrant::ALL.len());
    }
}
