//! For whom reasons are told.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{playbook::Quadrant, scoring::Wanted};

/// The customers for whom reasons are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasonsFor {
    /// Everyone whom a model scores.
    All,
    /// Those in a quadrant with an action.
    #[default]
    Action,
    /// Nobody.
    None,
}

impl ReasonsFor {
    /// Which rows are to be explained; `None` where no row is.
    pub fn wanted(self) -> Option<Wanted> {
        match self {
            Self::All => Some(|_, _, _| true),
            Self::Action => Some(|state, value, risk| {
                Quadrant::of(state, value, risk).is_some_and(Quadrant::has_action)
            }),
            Self::None => None,
        }
    }
}

impl FromStr for ReasonsFor {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "all" => Ok(Self::All),
            "action" => Ok(Self::Action),
            "none" => Ok(Self::None),
            _ => Err("there are all, action and none".to_owned()),
        }
    }
}
