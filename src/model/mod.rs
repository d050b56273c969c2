//! Fitted numbers and how they predict: no training here.
//!
//! Everything reads *codes*: one `u8` a cell, as the frozen encoding of `features` gives them.
//! Code 0 is a missing value; an ordered column has codes 1, 2, … by rising value; a category has a
//! code for each known level and one, the last, for all others.

pub mod boosted;
pub mod calibration;
pub mod peers;
pub mod scorecard;
pub mod tree;
pub mod treeshap;

pub use boosted::{Boosted, CompiledBoost};
pub use calibration::Calibration;
pub use peers::{PeerColumn, Peers};
pub use scorecard::Scorecard;
pub use tree::{CompiledTree, Tree};
pub use treeshap::TreeShap;

/// The encoded columns of a stretch of rows, all of one length.
pub type Codes<'a> = [&'a [u8]];

/// What each code stands for, said once: for each code the place of its answer, and the answers in
/// the order of their first codes.
fn distinct<T: PartialEq>(answer: impl Fn(u8) -> T) -> ([u8; 256], Vec<T>) {
    let (mut place_of, mut answers) = ([0; 256], Vec::new());
    for (code, place) in (0..=u8::MAX).zip(&mut place_of) {
        let answer = answer(code);
        // Neighbours most often share their answer.
        let known = answers.iter().rposition(|known| *known == answer);
        *place = known.unwrap_or(answers.len()) as u8;
        if known.is_none() {
            answers.push(answer);
        }
    }
    (place_of, answers)
}
