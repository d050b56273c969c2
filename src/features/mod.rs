//! The column encoding that training and prediction share.
//!
//! An [`EncoderBuilder`] looks at the training rows once and gives an [`Encoder`]: plain data that
//! turns any table with the same columns into codes of one byte, the same way for ever. What it
//! gives depends on the rows as a set, never on their order, their blocks or the threads.

mod builder;
mod change;
mod cuts;
mod distinct;
mod encode;
pub mod encoder;
mod levels;
mod numbers;
mod search;
mod texts;
mod words;

pub use builder::{ColumnPlan, EncodeParams, EncoderBuilder, Holds, How, Observed, Profile};
pub use encode::{Encoded, Ready};
pub use encoder::{Bins, CodeKind, EncodedColumn, Encoder, Meaning, Typical};
