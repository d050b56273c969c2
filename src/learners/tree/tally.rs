//! Exact counts: rows and events in one integer, so that a sum does not depend on its order and one
//! histogram less another is exact.

use std::ops::{Add, AddAssign, Sub};

/// Rows and events of some rows, in units of `1 / scale` rows (see [`super::sample::Sample`]).
pub(super) trait Tally:
    Copy + Default + PartialEq + Send + Sync + Add<Output = Self> + Sub<Output = Self> + AddAssign
{
    /// A row of this many units, an event or not.
    fn row(units: u64, event: bool) -> Self;
    /// Units of rows.
    fn rows(self) -> u64;
    /// Units of events.
    fn events(self) -> u64;
}

/// Rows of weight 1: events in the upper half, rows in the lower.
impl Tally for u64 {
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
