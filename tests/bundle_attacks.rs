//! Damaged and hostile bundles: all refused, none panics.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod attacks;
mod sample;
