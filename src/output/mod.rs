//! What leaves the program.

pub mod card;
