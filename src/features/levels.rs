//! Finding a text among texts.

/// An even 64-bit hash of a text, never 0.
///
/// # Source
/// The folded multiplication of Wang Yi's `wyhash` (public domain), in safe code.
#[inline]
pub(super) fn hash(text: &[u8]) -> u64 {
    const A: u64 = 0xa076_1d64_78bd_642f;
    const B: u64 = 0xe703_7ed1_a0b4_28db;
    let length = text.len() as u64;
    let (first, last) = match (text.first_chunk::<8>(), text.last_chunk::<8>()) {
        (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
        _ => short(text),
    };
    let mut state = fold(A ^ length, first ^ B);
    if text.len() > 16 {
        for eight in text[8..].chunks_exact(8) {
            let eight = eight.first_chunk::<8>().map_or(0, |bytes| u64::from_le_bytes(*bytes));
            state = fold(state ^ eight, B);
        }
    }
    fold(state ^ last, A) | 1
}

#[inline]
fn short(text: &[u8]) -> (u64, u64) {
    if let (Some(first), Some(last)) = (text.first_chunk::<4>(), text.last_chunk::<4>()) {
        return (u64::from(u32::from_le_bytes(*first)), u64::from(u32::from_le_bytes(*last)));
    }
    match text {
        [] => (0, 0),
        [a] => (u64::from(*a), 1),
        [a, b] => (u64::from(*a), (u64::from(*b) << 8) | 2),
        [a, b, rest @ ..] => {
            let c = rest.first().copied().unwrap_or_default();
            (u64::from(*a) | (u64::from(*b) << 8), (u64::from(c) << 8) | 3)
        }
    }
}

#[inline]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product as u64) ^ ((product >> 64) as u64)
}

/// Texts numbered 0, 1, … in the order in which they came.
#[derive(Debug, Clone)]
pub(super) struct Levels {
    /// Number + 1 of the text that sits there; 0 where none does. A power of two, at most half full.
    slots: Vec<u32>,
    texts: Vec<Text>,
}

#[derive(Debug, Clone)]
struct Text {
    hash: u64,
    bytes: Box<[u8]>,
}

impl Levels {
    pub(super) fn new() -> Self {
        Self { slots: vec![0; 64], texts: Vec::new() }
    }

    /// The texts of a frozen category, in its order.
    pub(super) fn of(texts: &[String]) -> Self {
        let mut levels = Self::new();
        for text in texts {
            levels.add(hash(text.as_bytes()), text.as_bytes());
        }
        levels
    }

    pub(super) fn len(&self) -> usize {
        self.texts.len()
    }

    pub(super) fn hash_of(&self, number: usize) -> u64 {
        self.texts.get(number).map_or(0, |text| text.hash)
    }

    pub(super) fn text(&self, number: usize) -> String {
        let bytes = self.texts.get(number).map_or(&[][..], |text| &text.bytes);
        String::from_utf8_lossy(bytes).into_owned()
    }

    /// The number of a text, or the number of texts where it is not among them.
    #[inline]
    pub(super) fn find(&self, hash: u64, bytes: &[u8]) -> usize {
        let last = self.slots.len() - 1;
        let mut slot = (hash as usize >> 8) & last;
        loop {
            let number = self.slots[slot] as usize;
            let Some(text) = self.texts.get(number.wrapping_sub(1)) else {
                return self.texts.len();
            };
            if text.hash == hash && *text.bytes == *bytes {
                return number - 1;
            }
            slot = (slot + 1) & last;
        }
    }

    /// The number of a text, which is added where it is new.
    #[inline]
    pub(super) fn add(&mut self, hash: u64, bytes: &[u8]) -> usize {
        let number = self.find(hash, bytes);
        if number == self.texts.len() {
            self.texts.push(Text { hash, bytes: bytes.into() });
            if self.texts.len() * 2 > self.slots.len() {
                self.slots = vec![0; self.slots.len() * 4];
                (0..self.texts.len()).for_each(|number| self.seat(number));
            } else {
                self.seat(number);
            }
        }
        number
    }

    fn seat(&mut self, number: usize) {
        let last = self.slots.len() - 1;
        let mut slot = (self.hash_of(number) as usize >> 8) & last;
        while self.slots[slot] != 0 {
            slot = (slot + 1) & last;
        }
        self.slots[slot] = number as u32 + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn every_text_is_found_under_its_number(texts in proptest::collection::btree_set(".{0,24}", 0..300)) {
            let texts: Vec<String> = texts.into_iter().collect();
            let levels = Levels::of(&texts);
            prop_assert_eq!(levels.len(), texts.len());
            for (number, text) in texts.iter().enumerate() {
                prop_assert_eq!(levels.find(hash(text.as_bytes()), text.as_bytes()), number);
                prop_assert_eq!(&levels.text(number), text);
            }
            let other = "\u{1}none of them, surely";
            prop_assert_eq!(levels.find(hash(other.as_bytes()), other.as_bytes()), texts.len());
        }
    }

    #[test]
    fn texts_that_differ_little_hash_apart() {
        let mut seen = BTreeSet::new();
        for length in 0..40 {
            for letter in b'a'..=b'e' {
                for at in 0..length.max(1) {
                    let mut text = vec![b'x'; length];
                    if let Some(place) = text.get_mut(at) {
                        *place = letter;
                    }
                    seen.insert((hash(&text), text));
                }
            }
        }
        let hashes: BTreeSet<u64> = seen.iter().map(|(hash, _)| *hash).collect();
        assert_eq!(hashes.len(), seen.len());
    }
}
