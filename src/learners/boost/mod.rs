//! Boosted trees: a stand-in of one tree until the kernel is there.

use linfa::traits::Fit;
use ndarray::Array1;
use serde::{Deserialize, Serialize};

use super::{Rows, Training, TreeParams};
use crate::{
    error::{Error, Result},
    metrics::log_loss,
    model::{
        Boosted, Calibration, Tree,
        boosted::{Branch, Branches, STEPS},
    },
};

/// How the trees are grown.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BoostParams {}

/// How long the search over presets may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Budget {
    /// Fewer presets.
    Fast,
    /// The usual presets.
    #[default]
    Default,
    /// More presets.
    Thorough,
}

/// What the search over presets found.
#[derive(Debug)]
pub struct Found {
    /// The preset, its rounds fixed.
    pub params: BoostParams,
    /// Out of fold, one a row.
    pub logits: Vec<f64>,
    /// What was tried.
    pub tried: Vec<Trial>,
}

/// A preset that was tried.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// Its name.
    pub name: String,
    /// Its best number of rounds.
    pub rounds: usize,
    /// Out of fold.
    pub log_loss: f64,
}

impl BoostParams {
    /// Whether every parameter is in its range.
    pub fn check(&self) -> Result<()> {
        Ok(())
    }

    /// Chooses by out-of-fold log loss.
    pub fn search(
        &self,
        _: Budget,
        rows: Rows<'_>,
        outcome: &[bool],
        fold: &[u8],
        folds: u8,
    ) -> Result<Found> {
        let mut logits = vec![0.0; outcome.len()];
        let all: Vec<&[u8]> = rows.matrix.columns.iter().map(Vec::as_slice).collect();
        for held in 0..folds {
            let pairs = rows.index.iter().zip(outcome).zip(fold).filter(|(_, f)| **f != held);
            let (index, seen): (Vec<u32>, Vec<bool>) = pairs.map(|((r, y), _)| (*r, *y)).unzip();
            let records = Rows { matrix: rows.matrix, index: &index };
            let fitted = self.fit(&Training::new(records, Array1::from_vec(seen)))?;
            let mut out = vec![0.0; rows.matrix.rows];
            fitted.logits(&all, &mut out);
            for ((logit, row), f) in logits.iter_mut().zip(rows.index).zip(fold) {
                if *f == held {
                    *logit = out[*row as usize];
                }
            }
        }
        let log_loss = log_loss(outcome, &Calibration::Identity.apply(&logits))?;
        let tried = vec![Trial { name: "one tree".to_owned(), rounds: 1, log_loss }];
        Ok(Found { params: self.clone(), logits, tried })
    }
}

impl<'a> Fit<Rows<'a>, Array1<bool>, Error> for BoostParams {
    type Object = Boosted;

    fn fit(&self, training: &Training<'a>) -> Result<Boosted> {
        let tree = TreeParams { max_depth: 5, ..TreeParams::default() }.fit(training)?;
        let mut nodes = Vec::new();
        preorder(&tree, 0, &mut nodes);
        Ok(Boosted { base: 0, trees: vec![Branches { nodes }] })
    }
}

fn preorder(tree: &Tree, at: usize, out: &mut Vec<Branch>) {
    let Some(node) = tree.nodes.get(at) else { return };
    let Some(split) = &node.split else {
        out.push(Branch::Leaf { steps: (node.logit * STEPS) as i32, rows: node.rows });
        return;
    };
    let place = out.len();
    let fork = |right| Branch::Fork {
        column: split.column,
        left_if: split.left_if.clone(),
        right,
        gain: split.gain as f32,
    };
    out.push(fork(0));
    preorder(tree, split.left as usize, out);
    out[place] = fork(out.len() as u32);
    preorder(tree, split.right as usize, out);
}
