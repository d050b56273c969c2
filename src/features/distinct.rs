//! How many different values there are, and how often each comes, in bounded memory.

/// How many different values are told apart at most.
const KEPT: usize = 1024;
const SLOTS: usize = 4 * KEPT;
const EMPTY: u64 = u64::MAX;

/// Spreads 64 bits evenly; one to one.
///
/// # Source
/// Sebastiano Vigna's `splitmix64` finaliser (public domain).
pub(super) fn mix(bits: u64) -> u64 {
    let mut z = bits.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A sample of the *different* values with the exact number of rows of each: all of them as long as
/// they are few, afterwards those whose hash is small. Which ones remain depends on the set of
/// values only.
///
/// # Source
/// Gibbons, *Distinct sampling for highly-accurate answers to distinct values queries* (VLDB 2001).
#[derive(Debug, Clone)]
pub(super) struct Distinct {
    keys: Vec<u64>,
    rows: Vec<u64>,
    kept: usize,
    limit: u64,
}

impl Distinct {
    pub(super) fn new() -> Self {
        Self { keys: vec![EMPTY; SLOTS], rows: vec![0; SLOTS], kept: 0, limit: u64::MAX }
    }

    /// Counts `rows` rows with this value; the value `u64::MAX` is not one.
    #[inline]
    pub(super) fn add(&mut self, value: u64, rows: u64) {
        let hash = mix(value);
        if hash <= self.limit {
            self.count(hash, value, rows);
        }
    }

    #[inline]
    fn count(&mut self, hash: u64, value: u64, rows: u64) {
        let mut slot = hash as usize % SLOTS;
        // There is always a free slot: at most KEPT + 1 of the SLOTS are taken.
        loop {
            if self.keys[slot] == value {
                self.rows[slot] += rows;
                return;
            }
            if self.keys[slot] == EMPTY {
                break;
            }
            slot = (slot + 1) % SLOTS;
        }
        self.keys[slot] = value;
        self.rows[slot] = rows;
        self.kept += 1;
        if self.kept > KEPT {
            self.thin();
        }
    }

    #[cold]
    fn thin(&mut self) {
        let mut limit = self.limit;
        let held = self.entries();
        while held.iter().filter(|(value, _)| mix(*value) <= limit).count() > KEPT {
            limit /= 2;
        }
        *self = Self { limit, ..Self::new() };
        for (value, rows) in held {
            self.add(value, rows);
        }
    }

    /// Whether every different value is held.
    pub(super) fn is_complete(&self) -> bool {
        self.limit == u64::MAX
    }

    /// The values held, with their rows, in no particular order.
    pub(super) fn entries(&self) -> Vec<(u64, u64)> {
        let held = self.keys.iter().zip(&self.rows).filter(|(key, _)| **key != EMPTY);
        held.map(|(key, rows)| (*key, *rows)).collect()
    }

    /// Mean number of rows of a different value; 0 where there is none.
    pub(super) fn rows_per_value(&self) -> f64 {
        let rows: u64 = self.rows.iter().sum();
        if self.kept == 0 { 0.0 } else { rows as f64 / self.kept as f64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_values_are_counted_exactly_and_many_are_estimated() {
        let mut few = Distinct::new();
        (0..10_000u64).for_each(|i| few.add(i % 1000, 1));
        assert!(few.is_complete());
        assert_eq!(few.entries().len(), 1000);
        assert!((few.rows_per_value() - 10.0).abs() < 1e-12);

        let mut many = Distinct::new();
        (0..1_000_000u64).for_each(|i| many.add(i % 500_000, 1));
        assert!(!many.is_complete());
        assert!(many.entries().iter().all(|(_, rows)| *rows == 2));
        assert!((300..=1024).contains(&many.entries().len()));
    }

    #[test]
    fn what_is_held_does_not_depend_on_the_order() {
        let mut up = Distinct::new();
        (0..50_000u64).for_each(|i| up.add(i, 1));
        let mut down = Distinct::new();
        (0..50_000u64).rev().for_each(|i| down.add(i, 1));
        let sorted = |d: &Distinct| {
            let mut entries = d.entries();
            entries.sort_unstable();
            entries
        };
        assert_eq!(sorted(&up), sorted(&down));
    }
}
