//! The last feed: bands that stay where they were unless the customer has clearly moved.

use crate::{
    playbook::{Book, Quadrant},
    scoring::{Band, Scored, ValueBand},
    store,
};

/// How far a probability or a value must cross its cut for the band to change: a share of the cut.
pub const MARGIN: f64 = 0.1;

/// What the last feed said of a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Last {
    /// The quadrant.
    pub quadrant: Option<Quadrant>,
    /// The value band; unknown counts as none.
    pub value: Option<Band>,
    /// The risk band.
    pub risk: Option<Band>,
    /// The stage, by its place in the playbook.
    pub stage: Option<u8>,
}

/// The customers of the last feed: 16 bytes each, whatever their ids.
#[derive(Debug, Clone, Default)]
pub struct Previous {
    /// By the hash of the id, ascending.
    customers: Vec<(u64, Last)>,
}

/// The hash of an id.
fn key(id: &str) -> u64 {
    let digest = store::digest(id.as_bytes());
    u64::from_str_radix(&digest[..16], 16).unwrap_or_default()
}

impl Previous {
    /// Adds a customer.
    pub fn add(&mut self, id: &str, last: Last) {
        self.customers.push((key(id), last));
    }

    /// Makes it ready to be asked. Of a customer who is there twice the first counts.
    pub fn sort(&mut self) {
        self.customers.sort_by_key(|(key, _)| *key);
        self.customers.dedup_by_key(|(key, _)| *key);
    }

    /// How many customers it holds.
    pub fn len(&self) -> usize {
        self.customers.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.customers.is_empty()
    }

    /// What the last feed said of a customer.
    pub fn of(&self, id: &str) -> Option<Last> {
        let at = self.customers.binary_search_by_key(&key(id), |(key, _)| *key).ok()?;
        Some(self.customers[at].1)
    }

    /// Reads a stage by its name.
    pub fn stage(book: &Book, name: &str) -> Option<u8> {
        let at = book.stages.iter().position(|stage| stage.name == name)?;
        u8::try_from(at).ok()
    }
}

/// Lets bands stay where they were unless the number has crossed its cut by [`MARGIN`] of it.
///
/// # Formula
/// high stays while x ≥ cut − m |cut|; low stays while x < cut + m |cut|.
pub fn settle(
    scored: &mut Scored,
    last: &[Option<Last>],
    value_cut: Option<f64>,
    risk_cut: impl Fn(crate::scoring::State) -> Option<f64>,
) {
    for (row, last) in last.iter().enumerate() {
        let Some(last) = last else { continue };
        if let (Some(value), Some(cut), Some(before)) = (scored.value[row], value_cut, last.value) {
            scored.value_band[row] = match stays(value, cut, before) {
                Band::High => ValueBand::High,
                Band::Low => ValueBand::Low,
            };
        }
        // A customer who fell asleep is judged by another model: nothing stays.
        let same_state =
            last.quadrant.is_some_and(|quadrant| quadrant.state() == scored.state[row]);
        let cut = risk_cut(scored.state[row]).filter(|_| same_state);
        if let (Some(p), Some(cut), Some(before)) = (scored.probability[row], cut, last.risk) {
            scored.risk_band[row] = Some(stays(p, cut, before));
        }
    }
}

fn stays(value: f64, cut: f64, before: Band) -> Band {
    let margin = MARGIN * cut.abs();
    let edge = match before {
        Band::High => cut - margin,
        Band::Low => cut + margin,
    };
    if value >= edge { Band::High } else { Band::Low }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_band_changes_only_beyond_the_margin() {
        assert_eq!(stays(0.19, 0.2, Band::High), Band::High);
        assert_eq!(stays(0.17, 0.2, Band::High), Band::Low);
        assert_eq!(stays(0.21, 0.2, Band::Low), Band::Low);
        assert_eq!(stays(0.23, 0.2, Band::Low), Band::High);
    }

    #[test]
    fn a_customer_is_found_by_its_id_and_no_other() {
        let mut previous = Previous::default();
        let last = |quadrant| Last { quadrant: Some(quadrant), ..Last::default() };
        previous.add("007", last(Quadrant::Rescue));
        previous.add("7", last(Quadrant::Grow));
        previous.sort();
        assert_eq!(previous.of("007"), Some(last(Quadrant::Rescue)));
        assert_eq!(previous.of("7"), Some(last(Quadrant::Grow)));
        assert_eq!(previous.of("07"), None);
        assert_eq!(previous.len(), 2);
    }
}
