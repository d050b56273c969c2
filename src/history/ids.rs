//! The customers' ids, and the place of each in the customer file.

use std::hash::Hasher;

/// Ids in the order in which they came; one allocation for all.
#[derive(Debug, Default)]
pub(super) struct Ids {
    /// A power of two of them, at most three quarters in use; an id lies in the first free one from
    /// the place that its key names.
    slots: Vec<Slot>,
    text: String,
    ends: Vec<usize>,
}

/// What tells an id from others: all its bytes where it is short, so that the slot alone answers and
/// no text has to be fetched.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Key {
    front: u64,
    back: u64,
    length: u32,
}

#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    key: Key,
    /// The place and 1; 0 where the slot is free.
    taken_by: u32,
}

/// Bytes of an id that its key holds.
const SHORT: u32 = 16;
/// Slots of the smallest table.
const FEWEST: usize = 64;

impl Key {
    fn of(id: &str) -> Self {
        let bytes = id.as_bytes();
        let length = bytes.len() as u32;
        let halves = if length > SHORT {
            let front = hash(id);
            (front, mix(front))
        } else if let Some((front, back)) = both_ends::<8>(bytes) {
            (u64::from_le_bytes(front), u64::from_le_bytes(back))
        } else if let Some((front, back)) = both_ends::<4>(bytes) {
            (u64::from(u32::from_le_bytes(front)), u64::from(u32::from_le_bytes(back)))
        } else {
            (bytes.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)), 0)
        };
        Self { front: halves.0, back: halves.1, length }
    }

    /// The slot to begin with.
    fn start(self, slots: usize) -> usize {
        mix(self.front ^ mix(self.back ^ u64::from(self.length))) as usize & (slots - 1)
    }
}

/// The first and the last bytes, which may overlap; `None` where there are fewer.
fn both_ends<const N: usize>(bytes: &[u8]) -> Option<([u8; N], [u8; N])> {
    Some((*bytes.first_chunk()?, *bytes.last_chunk()?))
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
        if 4 * self.ends.len() >= 3 * self.slots.len() {
            self.grow();
        }
        let key = Key::of(id);
        let at = self.slot(key, id);
        if let Some(place) = self.slots[at].taken_by.checked_sub(1) {
            return Err(place);
        }
        self.text.push_str(id);
        self.ends.push(self.text.len());
        let count = self.ends.len() as u32;
        self.slots[at] = Slot { key, taken_by: count };
        Ok(count - 1)
    }

    pub(super) fn find(&self, id: &str) -> Option<u32> {
        if self.slots.is_empty() {
            return None;
        }
        self.slots[self.slot(Key::of(id), id)].taken_by.checked_sub(1)
    }

    /// The places of many ids. The slots to begin with are known before the first is fetched, so
    /// that many are fetched at a time.
    pub(super) fn find_all<'a>(
        &self,
        ids: impl Iterator<Item = Option<&'a str>> + Clone,
    ) -> Vec<Option<u32>> {
        if self.slots.is_empty() {
            return ids.map(|_| None).collect();
        }
        let key = |id: Option<&str>| {
            let key = Key::of(id.unwrap_or_default());
            (key, key.start(self.slots.len()))
        };
        let keys: Vec<(Key, usize)> = ids.clone().map(key).collect();
        let first = |(key, start): &(Key, usize)| {
            let slot = &self.slots[*start];
            if slot.key == *key { slot.taken_by } else { 0 }
        };
        let firsts: Vec<u32> = keys.iter().map(first).collect();
        let place = |(id, (first, (key, _))): (Option<&str>, (u32, (Key, usize)))| {
            // A long id is told by its text alone, and some lie further on.
            let place = first.checked_sub(1).filter(|_| key.length <= SHORT);
            id.and_then(|id| place.or_else(|| self.find(id)))
        };
        ids.zip(firsts.into_iter().zip(keys)).map(place).collect()
    }

    /// The slot of an id, or the free one where it belongs.
    #[inline]
    fn slot(&self, key: Key, id: &str) -> usize {
        let mut at = key.start(self.slots.len());
        loop {
            let slot = &self.slots[at];
            let is_it = slot.key == key && (key.length <= SHORT || self.is_at(slot, id));
            if slot.taken_by == 0 || is_it {
                return at;
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }

    /// Whether the text of a slot's id is this one.
    fn is_at(&self, slot: &Slot, id: &str) -> bool {
        slot.taken_by.checked_sub(1).is_some_and(|place| self.get(place) == id)
    }

    fn grow(&mut self) {
        let count = (2 * self.slots.len()).max(FEWEST);
        let old = std::mem::replace(&mut self.slots, vec![Slot::default(); count]);
        for slot in old.into_iter().filter(|slot| slot.taken_by > 0) {
            let mut at = slot.key.start(count);
            while self.slots[at].taken_by > 0 {
                at = (at + 1) & (count - 1);
            }
            self.slots[at] = slot;
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
        fn ids_keep_their_places(ids in prop::collection::vec("[0-9客]{0,20}", 0..200)) {
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
            let all = known.find_all(ids.iter().map(|id| Some(id.as_str())));
            let one_by_one: Vec<Option<u32>> = ids.iter().map(|id| known.find(id)).collect();
            prop_assert_eq!(all, one_by_one);
        }
    }
}
