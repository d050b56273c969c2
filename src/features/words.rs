//! Finding a short text among few: one step, whatever the text.

use super::{encoder::MOST_LEVELS, levels::Cell};

/// Numbers that a table is tried with, at most.
const TRIES: u64 = 256;

/// The short texts of a frozen category, each in a slot of its own.
///
/// A number is sought that keeps all of them apart when the texts are multiplied by it, so that one
/// comparison tells whether a text is among them. Where none is found, or where two texts differ only
/// in what they end with zeros, there is no such table.
#[derive(Debug, Clone)]
pub(super) struct Words {
    factor: u64,
    shift: u32,
    /// The number of the text that has this slot, if one has.
    slots: Vec<u8>,
    /// Each text as a number; 0 where it is a long one.
    numbers: Box<[u64; 256]>,
    /// Bytes of each text; 255 where the text is a long one.
    lengths: Box<[u8; 256]>,
    /// The number of texts, long ones included.
    all: u8,
}

impl Words {
    /// Bytes of a short text, at most.
    const LONGEST: usize = 8;

    /// The short texts among these, under their places.
    pub(super) fn of(texts: &[String]) -> Option<Self> {
        let all = u8::try_from(texts.len()).ok().filter(|_| texts.len() <= MOST_LEVELS)?;
        let (mut numbers, mut lengths) = (Box::new([0; 256]), Box::new([u8::MAX; 256]));
        let mut short: Vec<u8> = Vec::new();
        for (number, text) in (0..all).zip(texts) {
            if text.len() <= Self::LONGEST {
                numbers[usize::from(number)] = Cell::of(text).word();
                lengths[usize::from(number)] = text.len() as u8;
                short.push(number);
            }
        }
        // So many that chance keeps them apart within a few tries.
        let bits = (short.len() * short.len() / 4).max(16).next_power_of_two().trailing_zeros();
        let shift = 64 - bits;
        let mut factors = (1..=TRIES).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let (factor, slots) = factors.find_map(|factor| {
            let mut slots: Vec<Option<u8>> = vec![None; 1 << bits];
            let is_free = |number: &u8| {
                let word: u64 = numbers[usize::from(*number)];
                let slot = &mut slots[(word.wrapping_mul(factor) >> shift) as usize];
                slot.replace(*number).is_none()
            };
            short.iter().all(is_free).then_some((factor, slots))
        })?;
        let slots = slots.into_iter().map(Option::unwrap_or_default).collect();
        Some(Self { factor, shift, slots, numbers, lengths, all })
    }

    /// The number of the text at a place of a buffer, or the number of texts where it is not among
    /// them; what stands behind it is read and masked away. None of a long text, and of one within
    /// the last bytes of the buffer.
    #[inline]
    pub(super) fn find(&self, buffer: &[u8], start: usize, end: usize) -> Option<u8> {
        let eight = buffer.get(start..)?.first_chunk::<8>()?;
        let length = end.wrapping_sub(start);
        let word = u64::from_le_bytes(*eight) & MASKS.get(length)?;
        let slot = (word.wrapping_mul(self.factor) >> self.shift) as usize;
        let number = usize::from(*self.slots.get(slot)?);
        // One comparison, and so no branch that depends on the text.
        let apart =
            (self.numbers[number] ^ word) | (u64::from(self.lengths[number]) ^ length as u64);
        Some(if apart == 0 { number as u8 } else { self.all })
    }
}

/// The bytes of a word that belong to a text of each length.
const MASKS: [u64; 9] = {
    let mut masks = [u64::MAX; 9];
    let mut length = 0;
    while length < 8 {
        masks[length] = (1 << (8 * length)) - 1;
        length += 1;
    }
    masks
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::levels::Levels;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_table_says_what_a_search_says(
            texts in proptest::collection::btree_set("[a-c\u{0}]{0,3}|.{0,12}", 0..253),
            others in proptest::collection::vec("[a-c\u{0}]{0,3}|.{0,8}", 0..99),
        ) {
            let texts: Vec<String> = texts.into_iter().collect();
            let Some(words) = Words::of(&texts) else { return Ok(()) };
            let levels = Levels::of(&texts);
            for text in texts.iter().chain(&others) {
                let (buffer, cell) = (format!("ab{text}behind it"), Cell::of(text));
                let found = words.find(buffer.as_bytes(), 2, 2 + text.len());
                prop_assert_eq!(found.is_some(), text.len() <= Words::LONGEST);
                let level = levels.find(cell.hash(), cell);
                prop_assert!(found.is_none_or(|found| usize::from(found) == level), "{:?}", text);
                let at_the_end = words.find(text.as_bytes(), 0, text.len());
                prop_assert!(at_the_end.is_none() || at_the_end == found);
            }
        }
    }

    #[test]
    fn usual_categories_have_a_table() {
        for count in [0, 1, 2, 30, 253] {
            for name in ["a", "branch", "\u{5206}"] {
                let texts: Vec<String> = (0..count).map(|n| format!("{name}{n}")).collect();
                assert!(Words::of(&texts).is_some(), "{count} of {name}");
            }
        }
        // One text, told apart from the other by what a short text ends with.
        assert!(Words::of(&["a".to_owned(), "a\u{0}".to_owned()]).is_none());
        assert!(Words::of(&vec![String::new(); 300]).is_none());
    }
}
