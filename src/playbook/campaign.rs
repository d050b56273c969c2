//! What there is to give out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, Kind, Place, Result},
    playbook::verdict::Caution,
};

/// What there is to give out in one campaign.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CampaignParams {
    /// Contacts by channel; a channel that is not named has no limit.
    pub capacity: BTreeMap<String, u32>,
    /// Personal contacts that each branch can make; no limit if not given.
    pub per_branch: Option<u32>,
    /// The same of branches that differ.
    pub branches: BTreeMap<String, u32>,
    /// Personal contacts that each manager can make; no limit if not given.
    pub per_manager: Option<u32>,
    /// The same of managers that differ.
    pub managers: BTreeMap<String, u32>,
    /// Money for contacts and offers; no limit if not given.
    pub budget: Option<f64>,
    /// Share of the contacts that is kept for passive customers and those of low value, 0..1.
    pub floor: f64,
    /// Newcomers on the list, as a share of the last list, at most.
    pub max_turnover: f64,
    /// How sure one must be.
    pub caution: Caution,
}

impl Default for CampaignParams {
    fn default() -> Self {
        Self {
            capacity: BTreeMap::new(),
            per_branch: None,
            branches: BTreeMap::new(),
            per_manager: None,
            managers: BTreeMap::new(),
            budget: None,
            floor: 0.2,
            max_turnover: 0.5,
            caution: Caution::default(),
        }
    }
}

impl CampaignParams {
    /// Checks every range.
    pub fn check(&self) -> Result<()> {
        let range = |key: &str, fits: bool, range: &str| {
            if fits {
                return Ok(());
            }
            Err(Error::new(Kind::BadParameter, format!("must be {range}"))
                .at(Place::Key(format!("campaign.{key}"))))
        };
        let share = |x: f64| (0.0..=1.0).contains(&x);
        range("floor", share(self.floor), "0 to 1")?;
        range("max_turnover", self.max_turnover >= 0.0 && self.max_turnover <= 1e3, "0 or more")?;
        let budget = self.budget.unwrap_or(0.0);
        range("budget", budget.is_finite() && budget >= 0.0, "0 or more")?;
        range("caution.least_chance", share(self.caution.least_chance), "0 to 1")?;
        let evidence = self.caution.evidence;
        range("caution.evidence", evidence.is_finite() && evidence >= 0.0, "0 or more")
    }
}
