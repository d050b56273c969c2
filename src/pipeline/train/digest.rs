//! The digest of what a model was trained on.

use crate::pipeline::prepare::Prepared;

/// Rows that are digested at a time.
const DIGESTED: usize = 4096;

/// A digest of everything the learners saw, whatever the order of the file.
pub(super) fn digest(prepared: &Prepared) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(prepared.matrix.digest().as_bytes());
    let answers = &prepared.answers;
    let outcome = |known: Option<bool>| known.map_or(0_u8, |event| 1 + u8::from(event));
    let mut bytes = Vec::with_capacity(DIGESTED * 18);
    for first in (0..answers.rows()).step_by(DIGESTED) {
        bytes.clear();
        for row in first..(first + DIGESTED).min(answers.rows()) {
            bytes.extend_from_slice(&answers.key(row).to_le_bytes());
            bytes.extend_from_slice(&answers.worth(row).map_or(0, f64::to_bits).to_le_bytes());
            bytes.extend([outcome(answers.churn[row]), outcome(answers.returned(row))]);
        }
        hasher.update(&bytes);
    }
    hasher.finalize().to_hex().to_string()
}
