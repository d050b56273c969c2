//! Telling rows apart by what they hold, so that folds and samples do not depend on row order.

use std::collections::BTreeMap;

use super::sample::{Line, WIDTH};
use crate::{
    learners::lines::{Column, mix},
    units::Seed,
};

/// For each row a hash of its codes and outcome.
///
/// A column counts by its name, so the order of columns is indifferent; ordered codes count by their
/// rank among the codes that occur, so a monotone recoding is; a constant column does not count.
pub(super) fn hashes(
    columns: &[Column],
    blocks: &[Vec<Line>],
    events: &[bool],
    seed: Seed,
) -> Vec<u64> {
    let outcome = seed.hash("tree: outcome", b"");
    let mut hashes: Vec<u64> =
        events.iter().map(|&event| if event { mix(outcome) } else { outcome }).collect();
    let mut names: BTreeMap<&str, u32> = BTreeMap::new();
    for (columns, lines) in columns.chunks(WIDTH).zip(blocks) {
        let mut words: Vec<[u64; 256]> = Vec::new();
        for column in columns {
            let nth = names.entry(&column.name).or_default();
            let key = seed.hash(&format!("tree: column {nth}"), column.name.as_bytes());
            *nth += 1;
            words.push(column.words(key));
        }
        for (hash, line) in hashes.iter_mut().zip(lines) {
            for (words, &code) in words.iter().zip(line) {
                *hash = hash.wrapping_add(words[usize::from(code)]);
            }
        }
    }
    for hash in &mut hashes {
        *hash = mix(*hash);
    }
    hashes
}
