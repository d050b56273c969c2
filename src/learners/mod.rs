//! Fitting: linfa's `Fit` and `Predict` over the binned matrix, for every learner alike.

mod apart;
pub mod blend;
pub mod boost;
pub mod calibrate;
pub mod logistic;
pub mod rulebook;
pub mod tree;

pub use blend::BlendParams;
pub use boost::{BoostParams, Budget};
pub use logistic::LogisticParams;
pub use tree::TreeParams;

use std::borrow::Cow;

use linfa::{
    dataset::{DatasetBase, Records},
    traits::Fit,
};
use ndarray::Array1;
use serde::{Deserialize, Serialize};

use crate::{
    bundle::{Fitted, LearnerName},
    dataset::BinnedMatrix,
    error::{Error, Kind, Result},
};

/// The parameters of every learner.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LearnerParams {
    /// The scorecard.
    pub logistic: LogisticParams,
    /// The tree.
    pub tree: TreeParams,
    /// Boosted trees.
    pub boost: BoostParams,
    /// The blend.
    pub blend: BlendParams,
}

impl LearnerParams {
    /// Checks the parameters of every learner.
    pub fn check(&self) -> Result<()> {
        self.logistic.check()?;
        self.tree.check()?;
        self.boost.check()?;
        self.blend.check()
    }

    /// Fits one learner on the rows of the matrix that `index` names, in canonical order, with one
    /// outcome for each. A blend is not fitted on rows, but on what its parts say of them.
    pub fn fit(
        &self,
        learner: LearnerName,
        matrix: &BinnedMatrix,
        index: &[u32],
        outcome: &[bool],
    ) -> Result<Fitted> {
        let rows = Rows { matrix, index };
        let training = Training::new(rows, Array1::from_vec(outcome.to_vec()));
        match learner {
            LearnerName::Logistic => self.logistic.fit(&training).map(Fitted::Logistic),
            LearnerName::Tree => self.tree.fit(&training).map(Fitted::Tree),
            LearnerName::Boost => self.boost.fit(&training).map(Fitted::Boost),
            LearnerName::Blend => {
                Err(Error::new(Kind::BadParameter, "a blend is made of fitted learners"))
            }
        }
    }
}

/// Rows of the binned matrix as linfa's records: the matrix, and which of its rows in which order.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    /// The matrix.
    pub matrix: &'a BinnedMatrix,
    /// The rows to use, in canonical order.
    pub index: &'a [u32],
}

impl Records for Rows<'_> {
    type Elem = u8;

    fn nsamples(&self) -> usize {
        self.index.len()
    }

    fn nfeatures(&self) -> usize {
        self.matrix.columns.len()
    }
}

/// What a learner is fitted on: rows, outcomes (`true` is the event) and, where set, weights.
///
/// linfa keeps weights as `f32`; an empty weight array stands for weight 1.
pub type Training<'a> = DatasetBase<Rows<'a>, Array1<bool>>;

impl From<linfa::error::Error> for Error {
    fn from(error: linfa::error::Error) -> Self {
        Self::new(Kind::BadParameter, format!("linfa refuses to fit: {error}"))
    }
}

/// The outcomes of the rows, without a copy where they lie in one stretch.
fn outcomes<'a>(training: &'a Training<'_>) -> Cow<'a, [bool]> {
    match training.targets.as_slice() {
        Some(outcomes) => outcomes.into(),
        None => training.targets.iter().copied().collect(),
    }
}

/// Puts the entries that go left before the others, both in the order they were in; how many go left.
///
/// They move by way of `room`, which holds at least one: where they are more than it holds, halves are
/// parted and then joined, so that many rows do not need the memory twice.
fn part_in_order<T: Copy>(
    entries: &mut [T],
    room: &mut [T],
    goes_left: &impl Fn(T) -> bool,
) -> usize {
    if entries.len() > room.len() {
        let middle = entries.len() / 2;
        let (low, high) = entries.split_at_mut(middle);
        let of_low = part_in_order(low, room, goes_left);
        let of_high = part_in_order(high, room, goes_left);
        entries[of_low..middle + of_high].rotate_left(middle - of_low);
        return of_low + of_high;
    }
    let room = &mut room[..entries.len()];
    let (mut left, mut right) = (0, 0);
    for at in 0..entries.len() {
        let entry = entries[at];
        let goes_left = usize::from(goes_left(entry));
        entries[left] = entry;
        room[right] = entry;
        left += goes_left;
        right += 1 - goes_left;
    }
    entries[left..].copy_from_slice(&room[..right]);
    left
}

/// The codes of a column in the chosen rows; code 0 for a row that is not there.
fn gather(rows: &Rows<'_>, column: usize) -> Vec<u8> {
    let column = &rows.matrix.columns[column];
    rows.index.iter().map(|&row| column.get(row as usize).copied().unwrap_or(0)).collect()
}

/// Whether rows, outcomes and weights fit together and into the matrix; for learners that number rows in
/// 32 bits.
fn check_shapes(training: &Training, what_is_fitted: &str) -> Result<()> {
    let rows = training.records;
    if rows.index.is_empty() {
        let what = format!("there are no rows to fit {what_is_fitted} on");
        return Err(Error::new(Kind::EmptyTable, what));
    }
    let bad = |what: &str| Err(Error::new(Kind::BadParameter, what));
    let length = rows.matrix.rows;
    if u32::try_from(rows.index.len()).is_err() {
        return bad("at most 2^32 - 1 rows can be fitted on");
    }
    if rows.matrix.columns.iter().any(|column| column.len() != length) {
        return bad("the columns of the matrix differ in length");
    }
    if rows.matrix.kinds.len() != rows.matrix.columns.len() {
        return bad("the matrix has not one kind for each column");
    }
    if rows.index.iter().any(|&row| row as usize >= length) {
        return bad("a row to fit on is not in the matrix");
    }
    if training.targets.len() != rows.index.len() {
        return bad("there is not one outcome for each row");
    }
    if !training.weights.is_empty() && training.weights.len() != rows.index.len() {
        return bad("there is not one weight for each row");
    }
    Ok(())
}
