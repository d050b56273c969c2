//! Whether a campaign is worth running, before the list leaves.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::metrics::power::{Power, normal_cdf, normal_quantile};

/// What a contact is expected to do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Contact {
    /// What is lost, or comes back, where the outcome happens.
    pub value: f64,
    /// The chance of the outcome without the contact.
    pub probability: f64,
    /// The share of outcomes that the contact changes.
    pub success: f64,
    /// What it costs in any case.
    pub cost: f64,
    /// What it costs besides where it succeeds.
    pub offer: f64,
}

/// Sums over the contacts of a list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Books {
    contacts: u64,
    cost: f64,
    kept: f64,
    /// By channel: its success, and what would be kept if it were 1.
    channels: BTreeMap<String, (f64, f64)>,
    /// Variance of the outcomes themselves.
    chance: f64,
    rate: f64,
    changed: f64,
}

/// How sure one must be.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Caution {
    /// How many contacts the successes of the channels were measured on.
    pub evidence: f64,
    /// The least chance of a profit at which a campaign is run, 0..1.
    pub least_chance: f64,
}

impl Default for Caution {
    fn default() -> Self {
        Self { evidence: 200.0, least_chance: 0.8 }
    }
}

/// The answer, and what it rests on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// Whether to run it.
    pub run: bool,
    /// Contacts of the list.
    pub contacts: u64,
    /// Their cost.
    pub cost: f64,
    /// What they are expected to keep, in money a year.
    pub kept: f64,
    /// What is kept less the cost.
    pub profit: f64,
    /// The profit lies between these in nine of ten cases.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// The chance that the profit is above 0.
    pub chance_of_profit: f64,
    /// The success at which the list just pays for itself, as a multiple of the assumed one.
    pub break_even: Option<f64>,
    /// The mean change of the outcome's rate that is expected.
    pub effect: f64,
    /// The smallest hold-out that could show it; `None` where even half of all are too few.
    pub holdout_needed: Option<u64>,
}

impl Books {
    /// Adds a contact.
    pub fn add(&mut self, channel: &str, contact: Contact) {
        let Contact { value, probability, success, cost, offer } = contact;
        let changed = probability * success;
        let net = value - offer;
        self.contacts += 1;
        self.cost += cost;
        self.kept += net * changed;
        self.chance += net * net * changed * (1.0 - changed);
        self.rate += probability;
        self.changed += changed;
        if !self.channels.contains_key(channel) {
            self.channels.insert(channel.to_owned(), (success, 0.0));
        }
        if let Some((_, stake)) = self.channels.get_mut(channel) {
            *stake += net * probability;
        }
    }

    /// The verdict; `held` customers are left alone besides.
    ///
    /// # Formula
    /// profit = Σ (v − o) p s − c; its variance is that of the outcomes, Σ (v − o)² q (1 − q) with
    /// q = p s, and that of not knowing s: Σ over channels of stake² s (1 − s) / (n + 1), the variance of
    /// a Beta distribution with mean s from n contacts. The chance of a profit is that of a normal
    /// variable.
    ///
    /// # Source
    /// Gelman et al., *Bayesian Data Analysis* (2013), 2.4, for the Beta variance; Verbraken, Verbeke &
    /// Baesens (2013) for the profit of a retention campaign.
    pub fn verdict(&self, caution: Caution, power: Power, held: u64) -> Verdict {
        let unknown: f64 = self
            .channels
            .values()
            .map(|(s, stake)| stake * stake * s * (1.0 - s) / (caution.evidence.max(0.0) + 1.0))
            .sum();
        let spread = (self.chance + unknown).sqrt();
        let profit = self.kept - self.cost;
        let chance = if spread > 0.0 {
            normal_cdf(profit / spread)
        } else {
            f64::from(u8::from(profit > 0.0))
        };
        let width = normal_quantile(0.95) * spread;
        let n = self.contacts.max(1) as f64;
        let (rate, effect) = (self.rate / n, self.changed / n);
        let all = self.contacts as f64 + held as f64;
        Verdict {
            run: self.contacts > 0 && profit > 0.0 && chance >= caution.least_chance,
            contacts: self.contacts,
            cost: self.cost,
            kept: self.kept,
            profit,
            low: profit - width,
            high: profit + width,
            chance_of_profit: chance,
            break_even: (self.kept > 0.0).then(|| self.cost / self.kept),
            effect,
            holdout_needed: power.needed(rate, all, effect).map(|held| held as u64),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn books(success: f64, cost: f64) -> Books {
        let mut books = Books::default();
        for at in 0..2000 {
            let value = 200.0 + f64::from(at % 50) * 20.0;
            let contact = Contact { value, probability: 0.2, success, cost, offer: 0.0 };
            books.add("phone", contact);
        }
        books
    }

    const POWER: Power = Power { power: 0.8, alpha: 0.05 };

    #[test]
    fn it_says_run_at_three_times_the_cost_and_not_below_it() {
        let (success, stake) = (0.1, 0.2 * 690.0);
        let run = books(success, stake * success / 3.0).verdict(Caution::default(), POWER, 200);
        assert!(run.run && run.chance_of_profit > 0.9, "{run:?}");
        assert!((run.break_even.unwrap() - 1.0 / 3.0).abs() < 1e-9);
        let not = books(success, stake * success * 1.1).verdict(Caution::default(), POWER, 200);
        assert!(!not.run && not.chance_of_profit < 0.5 && not.profit < 0.0, "{not:?}");
        assert!(not.low < not.profit && not.profit < not.high);
    }

    #[test]
    fn a_list_without_contacts_is_not_run() {
        let nothing = Books::default().verdict(Caution::default(), POWER, 0);
        assert!(!nothing.run);
        assert_eq!(nothing.contacts, 0);
        assert!(nothing.profit.abs() < 1e-12 && nothing.effect.abs() < 1e-12);
    }

    #[test]
    fn the_interval_is_that_of_a_simulation() {
        // Python's random, seed 1: s ~ Beta(20, 180), each of 2,000 values kept with .2 s, less 8,000;
        // 1,500 draws: mean 19,642, standard deviation 7,542.
        let verdict = books(0.1, 4.0).verdict(Caution::default(), POWER, 0);
        assert!((verdict.profit - 19_600.0).abs() < 1e-6, "{}", verdict.profit);
        let spread = (verdict.high - verdict.low) / (2.0 * normal_quantile(0.95));
        assert!((spread / 7_542.0 - 1.0).abs() < 0.03, "{spread}");
    }
}
