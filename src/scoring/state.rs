//! Which customer is active, dormant or a prospect.

use arrow_array::RecordBatch;
use serde::{Deserialize, Serialize};

use crate::{
    bundle::Rules,
    error::Result,
    expr::{Expr, Kind},
    sources::{Column, ColumnType},
};

/// The state of a customer on the as-of date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Transacts at its usual rhythm 活跃.
    Active,
    /// Has transacted before and is quiet 沉睡.
    Dormant,
    /// Has never transacted 未成交.
    Prospect,
}

impl State {
    /// The word in the feed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Dormant => "dormant",
            Self::Prospect => "prospect",
        }
    }
}

/// The expressions that tell the states apart, bound to a table.
#[derive(Debug, Clone)]
pub struct StateRules {
    dormant: Option<Expr>,
    prospect: Option<Expr>,
}

impl StateRules {
    /// Binds the rules to the columns of a table.
    pub fn bind(rules: &Rules, columns: &[Column]) -> Result<Self> {
        let kinds = kinds(columns);
        let parse =
            |text: &Option<String>| text.as_ref().map(|t| Expr::parse(t, &kinds)).transpose();
        Ok(Self { dormant: parse(&rules.dormant)?, prospect: parse(&rules.prospect)? })
    }

    /// The state of each row. A prospect is a prospect even where the dormancy rule holds too; a
    /// rule whose answer is unknown does not hold.
    pub fn of(&self, rows: &RecordBatch) -> Result<Vec<State>> {
        let mut states = vec![State::Active; rows.num_rows()];
        for (rule, state) in [(&self.dormant, State::Dormant), (&self.prospect, State::Prospect)] {
            let Some(rule) = rule else { continue };
            for (slot, holds) in states.iter_mut().zip(rule.truth(rows)?) {
                if holds == Some(true) {
                    *slot = state;
                }
            }
        }
        Ok(states)
    }
}

/// The columns of a table as expressions see them.
pub fn kinds(columns: &[Column]) -> Vec<(&str, Kind)> {
    columns
        .iter()
        .map(|column| {
            let kind = match column.kind {
                ColumnType::Number => Kind::Number,
                ColumnType::Text => Kind::Text,
                ColumnType::Date => Kind::Date,
            };
            (column.name.as_str(), kind)
        })
        .collect()
}
