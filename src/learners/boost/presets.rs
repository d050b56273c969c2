//! Settings that suit tables of different character.

use super::BoostParams;

/// The first `count` presets with so many trees at most, the most widely useful first. `shorter` is what
/// their steps are multiplied by.
pub(super) fn presets(
    base: &BoostParams,
    count: usize,
    rounds: usize,
    shorter: f64,
) -> Vec<(&'static str, BoostParams)> {
    let preset = |max_leaves, learning_rate: f64, row_sample, column_sample| BoostParams {
        rounds,
        learning_rate: learning_rate * shorter,
        max_leaves,
        row_sample,
        column_sample,
        ..base.clone()
    };
    let steady = preset(15, 0.05, 0.7, 0.7);
    let shallow = BoostParams { level_l2: 20.0, ..preset(5, 0.08, 0.7, 0.5) };
    let deep = BoostParams { l2: 3.0, ..preset(31, 0.05, 0.8, 0.6) };
    let careful = BoostParams {
        min_leaf: 40.0,
        l2: 5.0,
        level_l2: 40.0,
        level_luck: 1.0,
        ..preset(8, 0.05, 0.7, 0.5)
    };
    let trusting =
        BoostParams { min_leaf: 30.0, l2: 2.0, level_luck: 0.0, ..preset(12, 0.05, 0.8, 0.8) };
    let stumps = preset(3, 0.1, 0.8, 0.5);
    let whole = preset(15, 0.05, 1.0, 0.5);
    let smooth = BoostParams { l2: 3.0, ..preset(15, 0.05, 0.9, 0.5) };
    let narrow = BoostParams { level_l2: 40.0, ..preset(8, 0.05, 0.6, 0.25) };
    let halves = preset(15, 0.05, 0.5, 0.7);
    let broad = BoostParams { level_l2: 20.0, ..preset(5, 0.08, 0.9, 0.5) };
    let deeper = BoostParams { l2: 10.0, min_leaf: 30.0, ..preset(63, 0.03, 0.8, 0.5) };
    let all = [
        ("steady", steady),
        ("shallow", shallow),
        ("deep", deep),
        ("careful", careful),
        ("trusting", trusting),
        ("stumps", stumps),
        ("whole", whole),
        ("smooth", smooth),
        ("narrow", narrow),
        ("deeper", deeper),
        ("halves", halves),
        ("broad", broad),
    ];
    all.into_iter().take(count).collect()
}

/// A preset that was found on few rows, for many: these bear larger trees, and longer steps where so
/// many trees as it took would take too long.
pub(super) fn for_many_rows(found: &BoostParams, rounds: usize) -> BoostParams {
    let longer = (found.rounds as f64 / rounds as f64).max(1.0);
    BoostParams {
        rounds,
        learning_rate: (found.learning_rate * longer).clamp(0.1, 0.2),
        max_leaves: found.max_leaves.max(31),
        row_sample: 1.0,
        column_sample: 1.0,
        ..found.clone()
    }
}
