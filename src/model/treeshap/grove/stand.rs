//! Tables whose patterns are looked up together, by one addition a column.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use super::{Bundle, Paths, Table};
use crate::model::treeshap::tile::{Key, LANES, Tile};

/// How far ahead is looked for a table to be looked up with others.
const AHEAD: usize = 256;

/// A few tables, at most [`LANES`], whose patterns are looked up together.
#[derive(Debug, Clone)]
pub(in crate::model::treeshap) struct Stand {
    keys: Vec<Key>,
    tables: Vec<Table>,
}

/// A bundle of a tree with the paths of the tree.
pub(in crate::model::treeshap) type Member<'a> = (&'a Paths, &'a Bundle);

/// The bundles of all trees in groups of at most [`LANES`]: those that ask the same columns together, so
/// that a row has few to look up.
pub(in crate::model::treeshap) fn grouped<'a>(
    bundles: impl Iterator<Item = Member<'a>>,
) -> Vec<Vec<Member<'a>>> {
    let asked = |(paths, bundle): Member<'a>| -> Vec<usize> {
        bundle.columns.iter().map(|column| paths.asked[column.asked].0).collect()
    };
    // The next one is the last.
    let mut waiting: Vec<(Member<'a>, Vec<usize>)> =
        bundles.map(|member| (member, asked(member))).collect();
    waiting.reverse();
    let mut groups = Vec::new();
    while let Some((first, slots)) = waiting.pop() {
        let (mut group, mut known) = (vec![first], BTreeSet::from_iter(slots));
        while group.len() < LANES {
            // Few columns that the group does not ask yet, and many that it does.
            let fit = |slots: &[usize]| {
                (slots.iter().filter(|slot| !known.contains(slot)).count(), Reverse(slots.len()))
            };
            let ahead = waiting.iter().enumerate().rev().take(AHEAD);
            let best = ahead.min_by_key(|(_, (_, slots))| fit(slots)).map(|(at, _)| at);
            let Some(at) = best else { break };
            let (member, slots) = waiting.remove(at);
            group.push(member);
            known.extend(slots);
        }
        groups.push(group);
    }
    groups
}

impl Stand {
    /// At most [`LANES`] bundles.
    pub(in crate::model::treeshap) fn new(members: &[Member<'_>]) -> Self {
        let mut tables = Vec::with_capacity(members.len());
        let mut adds: BTreeMap<usize, Box<[[u16; LANES]; 256]>> = BTreeMap::new();
        for (lane, (paths, bundle)) in members.iter().enumerate().take(LANES) {
            let columns = bundle.in_order();
            let mut patterns = 1;
            for column in &columns {
                let (slot, classes) = &paths.asked[column.asked];
                let adds = adds.entry(*slot).or_insert_with(|| Box::new([[0; LANES]; 256]));
                for (adds, &class) in adds.iter_mut().zip(&classes.of) {
                    adds[lane] = column.standing(usize::from(class)) * patterns as u16;
                }
                patterns *= column.classes.count;
            }
            tables.push(Table::new(paths, bundle, &columns));
        }
        Self { keys: adds.into_iter().map(|(slot, adds)| Key::new(slot, &adds)).collect(), tables }
    }

    /// Adds what the tables give each column in each row.
    pub(in crate::model::treeshap) fn add(&self, tile: &mut Tile) {
        tile.index(&self.keys);
        for (lane, table) in self.tables.iter().enumerate() {
            table.add(lane, tile);
        }
    }
}
