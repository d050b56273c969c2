//! Counts what a playbook does: for the manifest, alerts.csv, employers.csv and holdout.csv.

use std::collections::BTreeMap;

use crate::{
    metrics::power::Power,
    playbook::{
        Arm, Bound, Next, Played, Quadrant,
        next::NO_CHANNEL,
        scene::{number_at, text_at},
    },
    scoring::{Scored, tally::ExactSum},
};
use serde::{Deserialize, Serialize};

/// Counts over played rows. Memory grows with rules, quadrants × branches, and employers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PlayTally {
    /// Customers of whom each rule holds, by code.
    segments: BTreeMap<String, u64>,
    /// Customers for whom each rule acts, suppressed ones not counted.
    acting: BTreeMap<String, u64>,
    /// Customers by the reason to suppress them.
    suppressed: BTreeMap<String, u64>,
    /// Treated and held out by quadrant and branch.
    strata: BTreeMap<(Option<Quadrant>, String), Stratum>,
    /// Quadrant in the last feed and now.
    moves: BTreeMap<(Option<Quadrant>, Option<Quadrant>), u64>,
    /// Employers and pension offices.
    pub employers: BTreeMap<String, Employer>,
}

/// Treated and held-out customers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Stratum {
    treated: u64,
    held: u64,
    events: ExactSum,
}

/// What is known of an employer from its staff.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Employer {
    /// Customers whom it pays, or paid.
    pub staff: u64,
    /// Those whose pay has stopped.
    pub stopped: u64,
    /// Those likely to leave.
    pub at_risk: u64,
    /// Those who move seven tenths or more of their pay elsewhere.
    pub leaking: u64,
    /// Their monthly pay.
    pub pay: ExactSum,
    /// Their assets here.
    pub assets: ExactSum,
}

/// What the playbook did, as it stands in the manifest.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlayFacts {
    /// Name of the playbook.
    pub name: String,
    /// BLAKE3 of its text.
    pub blake3: String,
    /// What is switched off, for want of columns.
    pub off: Vec<super::Off>,
    /// Customers of whom each rule holds.
    pub segments: BTreeMap<String, u64>,
    /// Customers for whom each rule acts.
    pub acting: BTreeMap<String, u64>,
    /// Customers who must not be contacted, by reason.
    pub suppressed: BTreeMap<String, u64>,
    /// The hold-out arm by quadrant.
    pub holdout: Vec<HoldoutFacts>,
    /// Customers by quadrant in the last feed and now, where there was one.
    pub moves: Vec<Move>,
}

/// The hold-out arm of a quadrant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoldoutFacts {
    /// The quadrant.
    pub quadrant: Quadrant,
    /// Customers to be contacted.
    pub treated: u64,
    /// Customers left alone.
    pub held: u64,
    /// The smallest change of the outcome's rate that these can show.
    pub smallest_effect: Option<f64>,
    /// How many would have to be left alone to show the effect that the playbook asks for; `None`
    /// where there are too few customers.
    pub needed: Option<u64>,
}

/// Customers who moved from one quadrant to another, or stayed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Move {
    /// In the last feed; `None` for a customer who was not in it.
    pub from: Option<Quadrant>,
    /// Now.
    pub to: Option<Quadrant>,
    /// So many.
    pub customers: u64,
}

impl PlayTally {
    /// Counts a stretch.
    pub fn of(
        bound: &Bound,
        played: &Played,
        nexts: &[Next<'_>],
        scored: &Scored,
        previous: Option<&[Option<Quadrant>]>,
    ) -> Self {
        let mut tally = Self::default();
        let mut ranks = vec![0_u64; bound.ranks()];
        let mut acting: BTreeMap<&str, u64> = BTreeMap::new();
        let mut suppressed: BTreeMap<&str, u64> = BTreeMap::new();
        let branches = played.scene.texts("branch");
        let mut strata: BTreeMap<(Option<Quadrant>, &str), Stratum> = BTreeMap::new();
        for (row, next) in nexts.iter().enumerate() {
            let mut mask = played.masks[row];
            while mask != 0 {
                ranks[mask.trailing_zeros() as usize] += 1;
                mask &= mask - 1;
            }
            if let Some(reason) = next.suppressed {
                *suppressed.entry(reason).or_default() += 1;
            } else if let Some(rule) = next.rule {
                *acting.entry(&rule.code).or_default() += 1;
            }
            if let Some(arm) = next.arm {
                let branch = text_at(branches, row).unwrap_or_default();
                let stratum = strata.entry((played.quadrants[row], branch)).or_default();
                match arm {
                    Arm::Treat => stratum.treated += 1,
                    Arm::Holdout => stratum.held += 1,
                }
                stratum.events.add(scored.probability[row].unwrap_or(0.0));
            }
            if let Some(previous) = previous {
                *tally.moves.entry((previous[row], played.quadrants[row])).or_default() += 1;
            }
        }
        for (rank, count) in ranks.into_iter().enumerate() {
            if let Some(rule) = bound.rule(rank) {
                tally.segments.insert(rule.code.clone(), count);
            }
        }
        tally.acting = acting.into_iter().map(|(code, n)| (code.to_owned(), n)).collect();
        tally.suppressed = suppressed.into_iter().map(|(why, n)| (why.to_owned(), n)).collect();
        let owned = |((q, b), s): ((Option<Quadrant>, &str), Stratum)| ((q, b.to_owned()), s);
        tally.strata = strata.into_iter().map(owned).collect();
        tally.employers = employers(played, scored);
        tally
    }

    /// Adds the counts of another stretch.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in [
            (&mut self.segments, &other.segments),
            (&mut self.acting, &other.acting),
            (&mut self.suppressed, &other.suppressed),
        ] {
            for (key, count) in theirs {
                *mine.entry(key.clone()).or_default() += count;
            }
        }
        for (key, stratum) in &other.strata {
            let mine = self.strata.entry(key.clone()).or_default();
            mine.treated += stratum.treated;
            mine.held += stratum.held;
            mine.events.merge(stratum.events);
        }
        for (key, count) in &other.moves {
            *self.moves.entry(*key).or_default() += count;
        }
        for (name, employer) in &other.employers {
            self.employers.entry(name.clone()).or_default().merge(employer);
        }
    }

    /// What stands in the manifest.
    pub fn facts(&self, bound: &Bound, blake3: String) -> PlayFacts {
        let moves = self.moves.iter();
        let mut suppressed = self.suppressed.clone();
        let reasons = bound.book().suppress.iter().map(|suppress| suppress.reason.as_str());
        for reason in reasons.chain([NO_CHANNEL]) {
            suppressed.entry(reason.to_owned()).or_default();
        }
        PlayFacts {
            name: bound.book().name.clone(),
            blake3,
            off: bound.off().to_vec(),
            segments: self.segments.clone(),
            acting: self.acting.clone(),
            suppressed,
            holdout: self.holdout(bound),
            moves: moves
                .map(|((from, to), n)| Move { from: *from, to: *to, customers: *n })
                .collect(),
        }
    }

    fn holdout(&self, bound: &Bound) -> Vec<HoldoutFacts> {
        let wanted = &bound.book().holdout;
        let power = Power { power: wanted.power, alpha: wanted.alpha };
        let mut sums: BTreeMap<Quadrant, Stratum> = BTreeMap::new();
        for ((quadrant, _), stratum) in &self.strata {
            let Some(quadrant) = quadrant else { continue };
            let sum = sums.entry(*quadrant).or_default();
            sum.treated += stratum.treated;
            sum.held += stratum.held;
            sum.events.merge(stratum.events);
        }
        sums.into_iter()
            .map(|(quadrant, Stratum { treated, held, events })| {
                let all = (treated + held) as f64;
                let rate = events.value() / all;
                let needed = power.needed(rate, all, wanted.effect).map(|held| held as u64);
                HoldoutFacts {
                    quadrant,
                    treated,
                    held,
                    smallest_effect: power.smallest_effect(rate, treated as f64, held as f64),
                    needed: needed.filter(|_| rate > 0.0),
                }
            })
            .collect()
    }
}

impl Employer {
    fn merge(&mut self, other: &Self) {
        self.staff += other.staff;
        self.stopped += other.stopped;
        self.at_risk += other.at_risk;
        self.leaking += other.leaking;
        self.pay.merge(other.pay);
        self.assets.merge(other.assets);
    }

    /// The share of its staff whose pay has stopped.
    pub fn share_stopped(&self) -> f64 {
        self.stopped as f64 / self.staff.max(1) as f64
    }

    /// Whether the employer itself may be leaving: at least three of its staff, and a fifth, have
    /// stopped.
    pub fn is_leaving(&self) -> bool {
        self.stopped >= 3 && self.share_stopped() >= 0.2
    }
}

fn employers(played: &Played, scored: &Scored) -> BTreeMap<String, Employer> {
    let mut found: BTreeMap<&str, Employer> = BTreeMap::new();
    let scene = &played.scene;
    let Some(payers) = scene.texts("payroll_payer") else { return BTreeMap::new() };
    let [stopped, pay, assets, leak] =
        ["payroll_stopped", "payroll_amount_3m", "aum", "pass_through_3m"]
            .map(|name| scene.numbers(name));
    for row in 0..scored.state.len() {
        let Some(payer) = text_at(Some(payers), row) else { continue };
        let employer = found.entry(payer).or_default();
        employer.staff += 1;
        employer.stopped += u64::from(number_at(stopped, row) == Some(1.0));
        employer.at_risk += u64::from(scored.risk_band[row] == Some(crate::scoring::Band::High));
        employer.leaking += u64::from(number_at(leak, row).is_some_and(|share| share >= 0.7));
        employer.pay.add(number_at(pay, row).unwrap_or(0.0));
        employer.assets.add(number_at(assets, row).unwrap_or(0.0));
    }
    found.into_iter().map(|(name, employer)| (name.to_owned(), employer)).collect()
}
