//! What is to be done about one customer: product, offer, channel, date, arm, or why not.

use crate::{
    playbook::{
        Bound, Played, Rule,
        book::Channel,
        scene::{later, number_at, text_at},
    },
    scoring::Scored,
    units::{Day, Seed},
};

/// Days until a contact where the rule does not say.
const DUE: f64 = 14.0;

/// The offer of those who must not be offered a price.
pub const NO_DISCOUNT: &str = "NO_DISCOUNT";
/// Why a customer is not contacted whom no channel reaches.
pub const NO_CHANNEL: &str = "NO_CHANNEL";

/// Whether a customer is treated, or left alone so that the effect can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Arm {
    /// Contacted.
    Treat,
    /// Left alone.
    Holdout,
}

impl Arm {
    /// The word in the feed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Treat => "treat",
            Self::Holdout => "holdout",
        }
    }
}

/// What is to be done about one customer.
#[derive(Debug, Clone, Default)]
pub struct Next<'a> {
    /// The segment: the rule of highest priority that holds.
    pub segment: Option<&'a Rule>,
    /// The rule that acts: that of highest priority with an action.
    pub rule: Option<&'a Rule>,
    /// Why the customer is not contacted.
    pub suppressed: Option<&'a str>,
    /// The product by its place in the book.
    pub product: Option<usize>,
    /// The offer in the feed, and what it costs.
    pub offer: Option<(&'a str, f64)>,
    /// The channels, the first one first.
    pub channels: [Option<&'a Channel>; 2],
    /// The day by which the contact is to be made.
    pub contact_by: Option<Day>,
    /// Treated or left alone; `None` where there is nothing to do.
    pub arm: Option<Arm>,
    /// What the contact is expected to keep, less its cost, in money a year.
    pub gain: Option<f64>,
}

impl Bound {
    /// The rules that hold for a row, the one that acts first in front.
    pub fn matched<'a>(&'a self, played: &Played, row: usize) -> impl Iterator<Item = &'a Rule> {
        let mut mask = played.masks.get(row).copied().unwrap_or(0);
        std::iter::from_fn(move || {
            if mask == 0 {
                return None;
            }
            let rank = mask.trailing_zeros() as usize;
            mask &= mask - 1;
            self.rule(rank)
        })
    }

    /// What is to be done about a row.
    pub fn next<'a>(&'a self, played: &Played, scored: &Scored, row: usize, id: &str) -> Next<'a> {
        let mut mask = played.masks[row];
        let mut next = Next { segment: self.matched(played, row).next(), ..Next::default() };
        let mut acting = None;
        while mask != 0 && acting.is_none() {
            let rank = mask.trailing_zeros() as usize;
            mask &= mask - 1;
            acting = self.rule(rank).filter(|rule| rule.action.is_some()).map(|rule| (rank, rule));
        }
        let Some((rank, rule)) = acting else {
            next.suppressed = self.next_reason(played, row);
            return next;
        };
        next.rule = Some(rule);
        next.suppressed = self.next_reason(played, row);
        if next.suppressed.is_none() {
            next.channels = self.channels(rule, played, row);
            if next.channels[0].is_none() {
                next.suppressed = Some(NO_CHANNEL);
            }
        }
        if next.suppressed.is_some() {
            return next;
        }
        next.product = self.product(rule, played, row);
        let no_discount = self.matched(played, row).any(|rule| rule.no_discount);
        next.offer = self.offer(rule, no_discount);
        let due = played.due[rank].as_ref().and_then(|due| due[row]).unwrap_or(DUE);
        let as_of = scored.as_of.as_ref().map(|days| days[row]);
        next.contact_by = as_of.and_then(|day| later(day, due.max(0.0)));
        next.arm = Some(self.arm(id));
        next.gain = gain(&next, scored, row);
        next
    }

    /// Why a row is suppressed, if it is.
    pub fn next_reason(&self, played: &Played, row: usize) -> Option<&str> {
        let at = usize::from(played.suppressed[row]).checked_sub(1)?;
        self.book.suppress.get(at).map(|suppress| suppress.reason.as_str())
    }

    /// The first two channels of a rule that reach the customer; where the usual one has failed, the
    /// second comes first.
    fn channels<'a>(
        &'a self,
        rule: &Rule,
        played: &Played,
        row: usize,
    ) -> [Option<&'a Channel>; 2] {
        let mut found = [None; 2];
        let mut count = 0;
        for code in &rule.channels {
            let code = match code.as_str() {
                "best" => text_at(played.scene.texts("best_channel"), row),
                "acquired" => text_at(played.scene.texts("acq_channel"), row),
                code => Some(code),
            };
            let at = code.and_then(|code| self.book.channels.iter().position(|c| c.code == code));
            let Some(at) = at.filter(|at| played.reach[row] & (1 << at) != 0) else { continue };
            let channel = &self.book.channels[at];
            let is_new = found.iter().flatten().all(|known: &&Channel| known.code != channel.code);
            if is_new && count < found.len() {
                found[count] = Some(channel);
                count += 1;
            }
        }
        let failed = played.failed.as_ref().is_some_and(|failed| failed.value(row));
        if failed && count == 2 {
            found.swap(0, 1);
        }
        found
    }

    /// The first product of a rule that the customer has not, and whose risk is not above the
    /// customer's level. A level that is not known counts as the lowest.
    fn product(&self, rule: &Rule, played: &Played, row: usize) -> Option<usize> {
        let level = text_at(played.scene.texts("risk_level"), row)
            .and_then(|level| level.trim().trim_start_matches(['C', 'c']).parse::<u8>().ok())
            .or_else(|| number_at(played.scene.numbers("risk_level"), row).map(|level| level as u8))
            .unwrap_or(1);
        let suits = |at: &usize| {
            self.book.products[*at].risk <= level && played.unsuited[row] & (1 << at) == 0
        };
        let place = |code: &String| self.book.products.iter().position(|p| p.code == *code);
        rule.products.iter().filter_map(place).find(suits)
    }

    /// Days until the contact that a rule asks for.
    pub fn due(&self, played: &Played, rule: &Rule, row: usize) -> f64 {
        let rank =
            (0..self.ranks()).find(|rank| self.rule(*rank).is_some_and(|r| r.code == rule.code));
        let due = rank.and_then(|rank| played.due[rank].as_ref()).and_then(|due| due[row]);
        due.unwrap_or(DUE).max(0.0)
    }

    fn offer(&self, rule: &Rule, no_discount: bool) -> Option<(&str, f64)> {
        if no_discount {
            return Some((NO_DISCOUNT, 0.0));
        }
        let code = rule.offer.as_ref()?;
        let offer = self.book.offers.iter().find(|offer| offer.code == *code)?;
        Some((&offer.code, offer.cost))
    }

    /// The arm of a customer: the same from month to month, whatever the model, because it depends on
    /// the id and the salt alone. Being independent of all else, it takes the same share of every
    /// quadrant and branch, but for chance.
    pub fn arm(&self, id: &str) -> Arm {
        let holdout = &self.book.holdout;
        let draw = Seed(0).hash(&format!("holdout:{}", holdout.salt), id.as_bytes());
        let share = (draw >> 11) as f64 / (1_u64 << 53) as f64;
        if share < holdout.share { Arm::Holdout } else { Arm::Treat }
    }
}

/// What a contact is expected to keep, less its cost: value at risk × success − cost of channel −
/// success × cost of the offer. Not known without a value and a probability.
fn gain(next: &Next<'_>, scored: &Scored, row: usize) -> Option<f64> {
    let channel = next.channels[0]?;
    let stake = scored.value_at_risk(row)?;
    let offer = next.offer.map_or(0.0, |(_, cost)| cost);
    Some(channel.success * (stake - offer) - channel.cost)
}
