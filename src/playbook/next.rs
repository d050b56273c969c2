//! What is to be done about one customer: product, offer, channel, date, arm, or why not.

use crate::{
    playbook::{
        Bound, Played, Rule,
        book::Channel,
        ready::{Deed, Route},
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
    /// Where two are alike, all but segment, date, arm and gain are too.
    pub kind: Kind,
}

/// What of the playbook is to be done, by places in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Kind(u64);

impl Kind {
    /// The kind as a number.
    pub fn number(self) -> u64 {
        self.0
    }

    /// Places come in the order in which they are found, of at most 255 each.
    fn and(self, place: Option<usize>) -> Self {
        Self(self.0 << 8 | place.map_or(0, |place| place as u64 + 1))
    }
}

impl Bound {
    /// The rules that hold for a row, the one that acts first in front.
    pub fn matched<'a>(&'a self, played: &Played, row: usize) -> impl Iterator<Item = &'a Rule> {
        self.of_mask(played.masks.get(row).copied().unwrap_or(0))
    }

    /// The rules of some ranks, ascending.
    fn of_mask(&self, mut mask: u128) -> impl Iterator<Item = &Rule> {
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
        let mask = played.masks[row];
        let mut next = Next { segment: self.matched(played, row).next(), ..Next::default() };
        next.suppressed = self.next_reason(played, row);
        let acting = mask & self.ready.acting;
        let rank = (acting != 0).then(|| acting.trailing_zeros() as usize);
        next.rule = rank.and_then(|rank| self.rule(rank));
        let suppressed = usize::from(played.suppressed[row]).checked_sub(1);
        next.kind = next.kind.and(rank).and(suppressed);
        let (Some(rank), None) = (rank, next.suppressed) else { return next };
        let deed = &self.ready.deeds[rank];
        let channels = self.channels(deed, played, row);
        next.channels = channels.map(|at| self.book.channels.get(at?));
        next.kind = next.kind.and(channels[0]).and(channels[1]);
        if next.channels[0].is_none() {
            next.suppressed = Some(NO_CHANNEL);
            return next;
        }
        next.product = self.product(deed, played, row);
        let no_discount = mask & self.ready.no_discount != 0;
        next.offer = self.offer(deed, no_discount);
        next.kind = next.kind.and(next.product).and(no_discount.then_some(0));
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
    fn channels(&self, deed: &Deed, played: &Played, row: usize) -> [Option<usize>; 2] {
        let mut found = [None; 2];
        let mut count = 0;
        let channel = |code: Option<&str>| {
            code.and_then(|code| self.book.channels.iter().position(|c| c.code == code))
        };
        for route in &deed.routes {
            let at = match route {
                Route::Best => channel(text_at(played.suits.best_channel.as_ref(), row)),
                Route::Acquired => channel(text_at(played.suits.acquired_by.as_ref(), row)),
                Route::At(at) => Some(*at),
            };
            let at = at.filter(|at| played.reach[row] & (1 << at) != 0);
            if at.is_some() && !found.contains(&at) && count < found.len() {
                found[count] = at;
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
    fn product(&self, deed: &Deed, played: &Played, row: usize) -> Option<usize> {
        let suits = &played.suits;
        let level = text_at(suits.level.as_ref(), row)
            .and_then(|level| level.trim().trim_start_matches(['C', 'c']).parse::<u8>().ok())
            .or_else(|| number_at(suits.level_number.as_ref(), row).map(|level| level as u8))
            .unwrap_or(1);
        let suits = |at: &usize| {
            self.book.products[*at].risk <= level && played.unsuited[row] & (1 << at) == 0
        };
        deed.products.iter().copied().find(suits)
    }

    /// The rules of alert that hold for a row.
    pub fn alerts<'a>(&'a self, played: &Played, row: usize) -> impl Iterator<Item = &'a Rule> {
        let mask = played.masks.get(row).copied().unwrap_or(0);
        self.of_mask(mask & self.ready.alerts)
    }

    /// Days until the contact that a rule asks for.
    pub fn due(&self, played: &Played, rule: &Rule, row: usize) -> f64 {
        let rank =
            (0..self.ranks()).find(|rank| self.rule(*rank).is_some_and(|r| r.code == rule.code));
        let due = rank.and_then(|rank| played.due[rank].as_ref()).and_then(|due| due[row]);
        due.unwrap_or(DUE).max(0.0)
    }

    fn offer(&self, deed: &Deed, no_discount: bool) -> Option<(&str, f64)> {
        if no_discount {
            return Some((NO_DISCOUNT, 0.0));
        }
        let offer = self.book.offers.get(deed.offer?)?;
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
