//! A fitted learner of any kind.

use serde::{Deserialize, Serialize};

use crate::model::{Boosted, Scorecard, Tree};

/// A fitted learner.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "learner", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fitted {
    /// A scorecard.
    Logistic(Scorecard),
    /// A tree.
    Tree(Tree),
    /// Boosted trees.
    Boost(Boosted),
    /// A sum of the others' logits.
    Blend(Blend),
}

/// Several learners as one: the logit is the intercept and the weighted sum of theirs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blend {
    /// Logit.
    pub intercept: f64,
    /// What is added up: no blend among them, none twice.
    pub parts: Vec<Part>,
}

/// A learner with its weight in a blend.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// What its logit is multiplied by, above 0.
    pub weight: f64,
    /// The learner.
    pub fitted: Fitted,
}

/// The name of a learner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LearnerName {
    /// The scorecard.
    Logistic,
    /// The tree.
    Tree,
    /// Boosted trees.
    Boost,
    /// The blend of the others.
    Blend,
}

impl LearnerName {
    /// The word for it in commands, configuration and files.
    pub fn key(self) -> &'static str {
        match self {
            Self::Logistic => "logistic",
            Self::Tree => "tree",
            Self::Boost => "boost",
            Self::Blend => "blend",
        }
    }
}

impl Fitted {
    /// Which learner it is.
    pub fn name(&self) -> LearnerName {
        match self {
            Self::Logistic(_) => LearnerName::Logistic,
            Self::Tree(_) => LearnerName::Tree,
            Self::Boost(_) => LearnerName::Boost,
            Self::Blend(_) => LearnerName::Blend,
        }
    }

    /// The encoded columns that it reads.
    pub fn columns(&self) -> Vec<u32> {
        match self {
            Self::Logistic(card) => card.columns.iter().map(|column| column.column).collect(),
            Self::Tree(tree) => {
                tree.nodes.iter().filter_map(|node| Some(node.split.as_ref()?.column)).collect()
            }
            Self::Boost(boosted) => boosted.columns(),
            Self::Blend(blend) => {
                blend.parts.iter().flat_map(|part| part.fitted.columns()).collect()
            }
        }
    }

    /// Gives every encoded column the number that `new_index` has for it.
    pub fn renumber(&mut self, new_index: &[u32]) {
        let renumber = |column: &mut u32| {
            if let Some(new) = new_index.get(*column as usize) {
                *column = *new;
            }
        };
        match self {
            Self::Logistic(card) => card.columns.iter_mut().for_each(|c| renumber(&mut c.column)),
            Self::Tree(tree) => {
                let splits = tree.nodes.iter_mut().filter_map(|node| node.split.as_mut());
                splits.for_each(|split| renumber(&mut split.column));
            }
            Self::Boost(boosted) => boosted.renumber(new_index),
            Self::Blend(blend) => {
                blend.parts.iter_mut().for_each(|part| part.fitted.renumber(new_index));
            }
        }
    }
}
