//! Fitting: linfa's `Fit` and `Predict` over the binned matrix, for every learner alike.

pub mod calibrate;
pub mod logistic;
pub mod tree;

use linfa::dataset::{DatasetBase, Records};
use ndarray::Array1;

use crate::{
    dataset::BinnedMatrix,
    error::{Error, Kind},
};

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
