//! Telling rows apart by what they hold, so that folds and samples do not depend on row order.

use std::collections::BTreeMap;

use super::sample::{Column, Line, WIDTH};
use crate::{dataset::CodeKind, units::Seed};

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
            words.push(words_of(column, key));
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

/// What each code of a column adds to the hash.
fn words_of(column: &Column, key: u64) -> [u64; 256] {
    let mut words = [0; 256];
    let mut rank = 0_u64;
    for code in 0..=u8::MAX {
        if !column.present[usize::from(code)] {
            continue;
        }
        let name = match column.kind {
            CodeKind::Ordered if code > 0 => {
                rank += 1;
                rank
            }
            _ => u64::from(code),
        };
        words[usize::from(code)] = mix(key.wrapping_add(name));
    }
    words
}

/// Spreads the bits of a word.
///
/// # Source
/// The finaliser of SplitMix64 (Steele, Lea & Flood, *Fast Splittable Pseudorandom Number
/// Generators*, 2014), variant 13 of Stafford.
pub(super) fn mix(word: u64) -> u64 {
    let z = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
