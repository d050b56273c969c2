//! Finding a text among texts.

/// A text as it is looked up: its bytes, with the first eight of them (or fewer) as a number.
///
/// Up to eight bytes, number and length are the text, so that short texts are compared in one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cell<'a> {
    bytes: &'a [u8],
    word: u64,
}

impl<'a> Cell<'a> {
    /// The text at `start..end` of a buffer; what stands behind it is read and masked away.
    #[inline]
    pub(super) fn within(buffer: &'a [u8], start: usize, end: usize) -> Self {
        let bytes = buffer.get(start..end).unwrap_or_default();
        let eight = buffer.get(start..).and_then(|rest| rest.first_chunk::<8>());
        let word = match eight {
            Some(eight) => u64::from_le_bytes(*eight),
            None => bytes.iter().rev().fold(0, |word, byte| (word << 8) | u64::from(*byte)),
        };
        let behind = 64 - 8 * bytes.len().min(8) as u32;
        Self { bytes, word: word & u64::MAX.checked_shr(behind).unwrap_or(0) }
    }

    pub(super) fn of(text: &'a str) -> Self {
        Self::within(text.as_bytes(), 0, text.len())
    }

    #[inline]
    pub(super) fn bytes(self) -> &'a [u8] {
        self.bytes
    }

    /// The first eight bytes, or fewer, as a number.
    #[inline]
    pub(super) fn word(self) -> u64 {
        self.word
    }

    /// An even 64-bit hash, never 0.
    ///
    /// # Source
    /// The folded multiplication of Wang Yi's `wyhash` (public domain), in safe code.
    #[inline]
    pub(super) fn hash(self) -> u64 {
        const A: u64 = 0xa076_1d64_78bd_642f;
        const B: u64 = 0xe703_7ed1_a0b4_28db;
        let mut state = fold(A ^ self.bytes.len() as u64, self.word ^ B);
        if let Some(rest) = self.bytes.get(8..).filter(|rest| !rest.is_empty()) {
            for eight in rest.chunks_exact(8) {
                let eight = eight.first_chunk::<8>().map_or(0, |bytes| u64::from_le_bytes(*bytes));
                state = fold(state ^ eight, B);
            }
            let last = self.bytes.last_chunk::<8>().map_or(0, |bytes| u64::from_le_bytes(*bytes));
            state = fold(state ^ last, A);
        }
        state | 1
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
    word: u64,
    bytes: Box<[u8]>,
}

impl Text {
    #[inline]
    fn is(&self, hash: u64, cell: Cell<'_>) -> bool {
        self.hash == hash
            && self.word == cell.word
            && self.bytes.len() == cell.bytes.len()
            && (cell.bytes.len() <= 8 || *self.bytes == *cell.bytes)
    }
}

impl Levels {
    pub(super) fn new() -> Self {
        Self { slots: vec![0; 64], texts: Vec::new() }
    }

    /// The texts of a frozen category, in its order.
    pub(super) fn of(texts: &[String]) -> Self {
        let mut levels = Self::new();
        for text in texts {
            let cell = Cell::of(text);
            levels.add(cell.hash(), cell);
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
    pub(super) fn find(&self, hash: u64, cell: Cell<'_>) -> usize {
        let last = self.slots.len() - 1;
        let mut slot = (hash as usize >> 8) & last;
        loop {
            let number = self.slots[slot] as usize;
            let Some(text) = self.texts.get(number.wrapping_sub(1)) else {
                return self.texts.len();
            };
            if text.is(hash, cell) {
                return number - 1;
            }
            slot = (slot + 1) & last;
        }
    }

    /// The number of a text, which is added where it is new.
    #[inline]
    pub(super) fn add(&mut self, hash: u64, cell: Cell<'_>) -> usize {
        let number = self.find(hash, cell);
        if number == self.texts.len() {
            self.texts.push(Text { hash, word: cell.word, bytes: cell.bytes.into() });
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
                prop_assert_eq!(levels.find(Cell::of(text).hash(), Cell::of(text)), number);
                prop_assert_eq!(&levels.text(number), text);
            }
            let other = "\u{1}none of them, surely";
            prop_assert_eq!(levels.find(Cell::of(other).hash(), Cell::of(other)), texts.len());
        }
    }

    #[test]
    fn what_stands_behind_a_text_does_not_matter() {
        let buffer = b"yesno and so on";
        for (start, end) in [(0, 3), (3, 5), (3, 3), (0, 8), (1, 12), (14, 15)] {
            let alone = &buffer[start..end];
            let within = Cell::within(buffer, start, end);
            assert_eq!(within, Cell::within(alone, 0, alone.len()));
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
                    seen.insert((Cell::within(&text, 0, length).hash(), text));
                }
            }
        }
        let hashes: BTreeSet<u64> = seen.iter().map(|(hash, _)| *hash).collect();
        assert_eq!(hashes.len(), seen.len());
    }
}
