//! Trees by tables: leaves that stand together, and what they give by how a row stands with them.

mod gather;
mod stand;

use self::gather::GATHERED;
pub(super) use self::stand::{Stand, grouped};
use super::{
    classes::{Classes, has},
    paths::{Condition, Path, Paths},
    stakes,
    tile::{Tile, WIDEST},
};

/// How large a tree's tables may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limit {
    /// Most patterns of a table.
    pub(super) patterns: usize,
}

/// Leaves of a tree that stand together, with the columns that they ask.
pub(super) struct Bundle {
    /// Their twigs.
    leaves: Vec<usize>,
    /// By rising `asked`.
    columns: Vec<Column>,
}

/// What a bundle asks of a column.
#[derive(Clone)]
struct Column {
    /// Index among the columns that the tree asks.
    asked: usize,
    /// The classes of its codes that matter.
    classes: Classes,
    /// The condition, where it is that of all leaves.
    shared: Option<Condition>,
}

impl Bundle {
    fn of(at: usize, path: &Path, asked: &[(usize, Classes)]) -> Self {
        let column = |condition: &Condition| {
            let classes = Classes::one(asked[condition.asked].1.count).by_set(&condition.met);
            // Where all codes meet it, or none, nothing can be told by whether they do.
            let shared = (classes.count == 2).then_some(*condition);
            Column { asked: condition.asked, classes, shared }
        };
        let mut columns: Vec<Column> = path.conditions.iter().map(column).collect();
        columns.sort_unstable_by_key(|column| column.asked);
        Self { leaves: vec![at], columns }
    }

    fn and(&self, other: &Self) -> Self {
        let mut columns = self.columns.clone();
        for column in &mut columns {
            if other.find(column.asked).is_none() {
                column.shared = None;
            }
        }
        for column in &other.columns {
            match columns.binary_search_by_key(&column.asked, |known| known.asked) {
                Ok(place) => {
                    let known = &mut columns[place];
                    known.classes = known.classes.and(&column.classes);
                    if known.shared != column.shared {
                        known.shared = None;
                    }
                }
                Err(place) => columns.insert(place, Column { shared: None, ..column.clone() }),
            }
        }
        Self { leaves: self.leaves.iter().chain(&other.leaves).copied().collect(), columns }
    }

    fn find(&self, asked: usize) -> Option<&Column> {
        let place = self.columns.binary_search_by_key(&asked, |column| column.asked).ok()?;
        self.columns.get(place)
    }

    /// How many ways there are to stand with the leaves.
    fn patterns(&self) -> usize {
        self.columns.iter().fold(1, |all, column| all.saturating_mul(column.classes.count))
    }

    /// The columns as a pattern is made of them, from its lowest bits: shared ones come first.
    fn in_order(&self) -> Vec<&Column> {
        let (mut columns, own): (Vec<&Column>, Vec<&Column>) =
            self.columns.iter().partition(|column| column.shared.is_some());
        columns.extend(own);
        columns
    }

    /// Gives up what its columns share where the table is small.
    fn settle(&mut self) {
        if self.patterns() <= FEW {
            self.columns.iter_mut().for_each(|column| column.shared = None);
        }
    }

    /// How many of its columns are not shared.
    fn own(&self) -> usize {
        self.columns.iter().filter(|column| column.shared.is_none()).count()
    }

    /// Whether its tables are small enough. A single leaf may have more patterns: it needs but one
    /// number each.
    fn fits(&self, limit: Limit) -> bool {
        let most = if self.leaves.len() == 1 { 4 * limit.patterns } else { limit.patterns };
        let patterns = self.patterns();
        self.columns.len() <= WIDEST
            && patterns <= most.min(1 << stakes::MOST)
            && patterns * (1 + self.own()) <= 4 * limit.patterns
    }

    /// Size of its tables, in cells of eight bytes, keys and all.
    fn cells(&self) -> usize {
        self.patterns() * (1 + self.own()) + self.columns.len() * KEY
    }
}

/// Tables of at most so many patterns have a line of cells for all their columns: it takes more memory
/// than the worth of a shared column, and less time to look up.
const FEW: usize = 512;

/// About the size of a key, in cells.
const KEY: usize = 8;

/// How the leaves of a tree are told of.
pub(super) struct Plan {
    pub(super) bundles: Vec<Bundle>,
    /// Twigs of the leaves that have no table.
    pub(super) rest: Vec<usize>,
    /// Size of the tables, in cells of eight bytes.
    pub(super) cells: usize,
}

impl Plan {
    /// Joins neighbouring leaves as long as the limit admits it. `children` has those of each twig
    /// that is a fork, after their parent.
    pub(super) fn new(paths: &Paths, children: &[Option<[usize; 2]>], limit: Limit) -> Self {
        let mut plan =
            Self { bundles: Vec::new(), rest: Vec::new(), cells: 32 * paths.asked.len() };
        let mut open: Vec<Option<Bundle>> = children.iter().map(|_| None).collect();
        for (at, children) in children.iter().enumerate().rev() {
            if let Some(children) = children {
                open[at] = match children.map(|child| open[child].take()) {
                    [Some(left), Some(right)] => plan.join(left, right, limit),
                    parts => {
                        parts.into_iter().flatten().for_each(|part| plan.close(part));
                        None
                    }
                };
            } else if let Some(path) = &paths.leaves[at] {
                let bundle = Bundle::of(at, path, &paths.asked);
                if bundle.fits(limit) {
                    open[at] = Some(bundle);
                } else {
                    plan.rest.push(at);
                }
            }
        }
        if let Some(all) = open.first_mut().and_then(Option::take) {
            plan.close(all);
        }
        if plan.bundles.len() <= GATHERED {
            plan.gather(limit);
        }
        plan.bundles.iter_mut().for_each(Bundle::settle);
        let tables = plan.bundles.iter().map(Bundle::cells);
        plan.cells += tables.sum::<usize>();
        plan
    }

    fn join(&mut self, left: Bundle, right: Bundle, limit: Limit) -> Option<Bundle> {
        let both = left.and(&right);
        if both.fits(limit) {
            return Some(both);
        }
        self.close(left);
        self.close(right);
        None
    }

    fn close(&mut self, bundle: Bundle) {
        if !bundle.columns.is_empty() {
            self.bundles.push(bundle);
        }
    }
}

/// What a few leaves give their columns, by how a row stands with them: its pattern. The lowest bits
/// of a pattern say which of the conditions that all leaves share are met.
#[derive(Debug, Clone)]
struct Table {
    /// Columns of which all leaves ask the same.
    shared: Vec<usize>,
    /// What the worth is multiplied by where a shared condition is not met, and where it is.
    scale: Vec<[f64; 2]>,
    /// By pattern, for the shared columns.
    worth: Vec<f64>,
    /// The other columns.
    own: Vec<usize>,
    /// By pattern a line of what each of the others is given.
    cells: Vec<f64>,
}

impl Table {
    /// `columns` are those of the bundle [in order](Bundle::in_order).
    fn new(paths: &Paths, bundle: &Bundle, columns: &[&Column]) -> Self {
        let (shared, own) = columns.split_at(columns.len() - bundle.own());
        let slots = |columns: &[&Column]| -> Vec<usize> {
            columns.iter().map(|column| paths.asked[column.asked].0).collect()
        };
        let scale = shared.iter().filter_map(|column| column.shared);
        let patterns = bundle.patterns();
        let mut table = Self {
            shared: slots(shared),
            scale: scale.map(|condition| stakes::scale(condition.share)).collect(),
            worth: vec![0.0; if shared.is_empty() { 0 } else { patterns }],
            own: slots(own),
            cells: vec![0.0; patterns * own.len()],
        };
        let own: Vec<usize> = own.iter().map(|column| column.asked).collect();
        for path in bundle.leaves.iter().filter_map(|&at| paths.leaves[at].as_ref()) {
            table.count(path, &standings(columns, path), &own);
        }
        table
    }

    /// Adds what the leaves give each column in each row, whose patterns stand in a lane.
    fn add(&self, lane: usize, tile: &mut Tile) {
        self.fetch();
        tile.add_shared(lane, &self.worth, &self.scale, &self.shared);
        tile.add_own(lane, &self.cells, &self.own);
    }

    /// Reads the table once from front to back. Memory is quick to hand out what is read in order, and
    /// slow where rows ask for a line here and a line there.
    fn fetch(&self) {
        let read =
            |cells: &[f64]| cells.iter().step_by(8).fold(0, |all, cell| all ^ cell.to_bits());
        std::hint::black_box(read(&self.worth) ^ read(&self.cells));
    }

    /// Adds what a leaf gives; `met` says for each pattern how it stands with the leaf.
    fn count(&mut self, path: &Path, met: &[u16], own: &[usize]) {
        let shares: Vec<f64> = path.conditions.iter().map(|condition| condition.share).collect();
        let worth = stakes::worth(path.logit, &shares);
        for (sum, met) in self.worth.iter_mut().zip(met) {
            *sum += worth[usize::from(*met)];
        }
        for (number, condition) in path.conditions.iter().enumerate() {
            let Some(place) = own.iter().position(|asked| *asked == condition.asked) else {
                continue;
            };
            let scale = stakes::scale(condition.share);
            let cells = self.cells.iter_mut().skip(place).step_by(own.len());
            for (cell, met) in cells.zip(met) {
                let by = scale[usize::from(met >> number & 1)];
                *cell += by * worth[usize::from(met & !(1 << number))];
            }
        }
    }
}

impl Column {
    /// How a row stands with the column, by the tree's class of its code.
    fn standing(&self, member: usize) -> u16 {
        match self.shared {
            Some(condition) => u16::from(has(&condition.met, member)),
            None => self.classes.of.get(member).map_or(0, |class| u16::from(*class)),
        }
    }
}

/// For each pattern how it stands with a leaf.
fn standings(columns: &[&Column], path: &Path) -> Vec<u16> {
    let mut all = vec![0_u16];
    for column in columns {
        let number = path.conditions.iter().position(|condition| condition.asked == column.asked);
        let bit = |member: usize| match number {
            Some(number) => u16::from(has(&path.conditions[number].met, member)) << number,
            None => 0,
        };
        let bits: Vec<u16> = if let (Some(_), Some(number)) = (column.shared, number) {
            vec![0, 1 << number]
        } else {
            let classes = 0..column.classes.count;
            classes.map(|class| column.classes.first(class).map_or(0, bit)).collect()
        };
        all = bits.iter().flat_map(|bit| all.iter().map(move |met| met | bit)).collect();
    }
    all
}
