//! The customers' ids, and the place of each in the customer file.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

/// Ids in the order in which they came; one allocation for all.
#[derive(Debug, Default)]
pub(super) struct Ids {
    places: HashMap<u64, u32, BuildHasherDefault<Asis>>,
    text: String,
    ends: Vec<usize>,
}

/// A hasher for keys that are hashes already.
#[derive(Debug, Default)]
pub(super) struct Asis(u64);

impl Hasher for Asis {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {}

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}

impl Ids {
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn get(&self, place: u32) -> &str {
        let place = place as usize;
        let start = if place == 0 { 0 } else { self.ends[place - 1] };
        &self.text[start..self.ends[place]]
    }

    /// Adds an id; `Err` with its place where it is there already.
    pub(super) fn add(&mut self, id: &str) -> Result<u32, u32> {
        let mut key = hash(id);
        while let Some(&place) = self.places.get(&key) {
            if self.get(place) == id {
                return Err(place);
            }
            key = mix(key);
        }
        let place = self.ends.len() as u32;
        self.text.push_str(id);
        self.ends.push(self.text.len());
        self.places.insert(key, place);
        Ok(place)
    }

    pub(super) fn find(&self, id: &str) -> Option<u32> {
        let mut key = hash(id);
        loop {
            let place = *self.places.get(&key)?;
            if self.get(place) == id {
                return Some(place);
            }
            key = mix(key);
        }
    }
}

/// Spreads a text over 64 bits, eight bytes at a time.
pub(super) fn hash(text: &str) -> u64 {
    let mut state = text.len() as u64;
    for chunk in text.as_bytes().chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        state = mix(state ^ u64::from_le_bytes(word));
    }
    state
}

/// The finaliser of SplitMix64 (Steele, Lea & Flood 2014); never a fixed point for long.
fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn ids_keep_their_places(ids in prop::collection::vec("[0-9a-z客]{0,12}", 0..60)) {
            let mut known = Ids::default();
            let mut order: Vec<&str> = Vec::new();
            for id in &ids {
                match known.add(id) {
                    Ok(place) => {
                        prop_assert_eq!(place as usize, order.len());
                        order.push(id);
                    }
                    Err(place) => prop_assert_eq!(order[place as usize], id),
                }
            }
            for (place, id) in order.iter().enumerate() {
                prop_assert_eq!(known.find(id), Some(place as u32));
                prop_assert_eq!(known.get(place as u32), *id);
            }
            prop_assert_eq!(known.find("not there"), None);
        }
    }
}
