//! Exact counts: rows and events in one integer, so that a sum does not depend on its order and one
//! histogram less another is exact.

use std::ops::{Add, AddAssign, Sub};

/// Most rows that are counted into one [`Tally::Small`].
pub(super) const AT_ONCE: usize = 1 << 15;

/// Rows and events of some rows, in units of `1 / scale` rows (see [`super::sample::Sample`]).
pub(super) trait Tally:
    Copy + Default + PartialEq + Send + Sync + Add<Output = Self> + Sub<Output = Self> + AddAssign
{
    /// The same for at most [`AT_ONCE`] rows, as small as can be: tables of it stay in the nearest cache.
    type Small: Copy + Default + AddAssign;

    /// A row of this many units, an event or not.
    fn row(units: u64, event: bool) -> Self;
    /// The same, small.
    fn small(units: u64, event: bool) -> Self::Small;
    /// What a small one holds.
    fn of_small(small: Self::Small) -> Self;
    /// Units of rows.
    fn rows(self) -> u64;
    /// Units of events.
    fn events(self) -> u64;
}

/// Rows of weight 1: events in the upper half, rows in the lower.
impl Tally for u64 {
    type Small = u32;

    #[inline]
    fn small(units: u64, event: bool) -> u32 {
        units as u32 | (units as u32 * u32::from(event)) << 16
    }

    #[inline]
    fn of_small(small: u32) -> Self {
        Self::from(small & 0xffff) | Self::from(small >> 16) << 32
    }

    #[inline]
    fn row(units: u64, event: bool) -> Self {
        units | (units * Self::from(event)) << 32
    }

    #[inline]
    fn rows(self) -> u64 {
        self & 0xffff_ffff
    }

    #[inline]
    fn events(self) -> u64 {
        self >> 32
    }
}

/// Weighted rows: events in the upper half, rows in the lower.
impl Tally for u128 {
    type Small = Self;

    #[inline]
    fn small(units: u64, event: bool) -> Self {
        Self::row(units, event)
    }

    #[inline]
    fn of_small(small: Self) -> Self {
        small
    }

    #[inline]
    fn row(units: u64, event: bool) -> Self {
        let units = Self::from(units);
        units | (units * Self::from(event)) << 64
    }

    #[inline]
    fn rows(self) -> u64 {
        self as u64
    }

    #[inline]
    fn events(self) -> u64 {
        (self >> 64) as u64
    }
}
