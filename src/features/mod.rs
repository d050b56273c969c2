//! The column encoding that training and prediction share.

pub mod encoder;

pub use encoder::{Bins, EncodedColumn, Encoder};
