//! Fitting: linfa's `Fit` and `Predict` over the binned matrix, for every learner alike.

pub mod blend;
pub mod boost;
pub mod calibrate;
pub mod logistic;
pub mod tree;

pub use blend::BlendParams;
pub use boost::{BoostParams, Budget};
pub use logistic::LogisticParams;
pub use tree::TreeParams;

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

/// The codes of a column in the chosen rows; code 0 for a row that is not there.
fn gather(rows: &Rows<'_>, column: usize) -> Vec<u8> {
    let column = &rows.matrix.columns[column];
    rows.index.iter().map(|&row| column.get(row as usize).copied().unwrap_or(0)).collect()
}
