//! Damaged and hostile bundles: all refused, none panics.

mod attacks;
mod sample;
