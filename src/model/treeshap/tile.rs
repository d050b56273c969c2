//! A few rows that are told of together, column by column.

use crate::model::{Codes, distinct};

/// Rows of a tile. Not a power of two, whose columns would be in each other's way in the cache.
pub(super) const ROWS: usize = 2040;

/// Rows that are told of together. Everything has an entry a row; those past `rows` mean nothing.
#[derive(Default)]
pub(super) struct Tile {
    /// Rows that are there, at most [`ROWS`].
    pub(super) rows: usize,
    /// Codes of each column.
    pub(super) codes: Vec<[u8; ROWS]>,
    /// What each column adds.
    pub(super) sums: Vec<[f64; ROWS]>,
    /// How the rows stand with the tables of a stand.
    index: Vec<[u16; LANES]>,
}

/// Tables whose patterns are looked up together: their indices fit two registers.
pub(super) const LANES: usize = 16;

/// What a column adds to the indices of a row.
#[derive(Debug, Clone)]
pub(super) struct Key {
    /// Place of the column among those that all trees ask.
    pub(super) slot: usize,
    /// The class of each of its codes.
    pub(super) class_of: Box<[u8; 256]>,
    /// By class what is added to the index of each table.
    pub(super) adds: Vec<[u16; LANES]>,
}

impl Key {
    /// `adds` has for each code what is added to the index of each table.
    pub(super) fn new(slot: usize, adds: &[[u16; LANES]; 256]) -> Self {
        let (class_of, adds) = distinct(|code| adds[usize::from(code)]);
        Self { slot, class_of: Box::new(class_of), adds }
    }
}

impl Tile {
    /// Takes the chosen rows, at most [`ROWS`], with their codes of some columns. A column that is not
    /// there, or a row past its end, reads as missing.
    pub(super) fn load(&mut self, columns: &[u32], codes: &Codes, rows: &[u32]) {
        self.rows = rows.len().min(ROWS);
        self.codes.resize(columns.len(), [0; ROWS]);
        self.sums.resize(columns.len(), [0.0; ROWS]);
        self.index.resize(ROWS, [0; LANES]);
        for (own, &column) in self.codes.iter_mut().zip(columns) {
            let all = codes.get(column as usize).copied().unwrap_or_default();
            for (code, &row) in own.iter_mut().zip(rows) {
                *code = all.get(row as usize).copied().unwrap_or(0);
            }
        }
        for sums in &mut self.sums {
            sums[..self.rows].fill(0.0);
        }
    }

    /// Looks up how the rows stand with each table: the sums of what the keys add.
    pub(super) fn index(&mut self, keys: &[Key]) {
        let index = &mut self.index[..self.rows];
        index.fill([0; LANES]);
        let (fours, rest) = keys.as_chunks::<4>();
        for keys in fours {
            add_keys(keys, &self.codes, index);
        }
        for key in rest {
            add_keys(std::array::from_ref(key), &self.codes, index);
        }
    }

    /// Adds to the sums of the columns of the slots, all different, the worth by pattern without the
    /// column's own bit, times the scale by that bit. The patterns are those of the table of a lane.
    pub(super) fn add_shared(
        &mut self,
        lane: usize,
        worth: &[f64],
        scale: &[[f64; 2]],
        slots: &[usize],
    ) {
        match slots.len() {
            0 => {}
            1 => self.add_shared_of::<1>(lane, worth, scale, slots),
            2 => self.add_shared_of::<2>(lane, worth, scale, slots),
            3 => self.add_shared_of::<3>(lane, worth, scale, slots),
            4 => self.add_shared_of::<4>(lane, worth, scale, slots),
            5 => self.add_shared_of::<5>(lane, worth, scale, slots),
            6 => self.add_shared_of::<6>(lane, worth, scale, slots),
            7 => self.add_shared_of::<7>(lane, worth, scale, slots),
            8 => self.add_shared_of::<8>(lane, worth, scale, slots),
            9 => self.add_shared_of::<9>(lane, worth, scale, slots),
            10 => self.add_shared_of::<10>(lane, worth, scale, slots),
            11 => self.add_shared_of::<11>(lane, worth, scale, slots),
            _ => self.add_shared_of::<WIDEST>(lane, worth, scale, slots),
        }
    }

    fn add_shared_of<const W: usize>(
        &mut self,
        lane: usize,
        worth: &[f64],
        scale: &[[f64; 2]],
        slots: &[usize],
    ) {
        let Ok(slots) = <[usize; W]>::try_from(slots) else { return };
        let Ok(sums) = self.sums.get_disjoint_mut(slots) else { return };
        // Four, so that it is looked up and not guessed by the processor.
        let scale: [[f64; 4]; W] = std::array::from_fn(|c| {
            let [unmet, met] = scale.get(c).copied().unwrap_or_default();
            [unmet, met, unmet, met]
        });
        for (row, index) in self.index.iter().take(self.rows).enumerate() {
            let index = index[lane % LANES];
            for column in 0..W {
                let by = scale[column][usize::from(index >> column & 3)];
                sums[column][row] += by * worth[usize::from(index & !(1 << column))];
            }
        }
    }

    /// Adds to the sums of the columns of the slots, all different, a line of cells by
    /// pattern in the table of a lane.
    pub(super) fn add_own(&mut self, lane: usize, cells: &[f64], slots: &[usize]) {
        match slots.len() {
            0 => {}
            1 => self.add_own_of::<1>(lane, cells, slots),
            2 => self.add_own_of::<2>(lane, cells, slots),
            3 => self.add_own_of::<3>(lane, cells, slots),
            4 => self.add_own_of::<4>(lane, cells, slots),
            5 => self.add_own_of::<5>(lane, cells, slots),
            6 => self.add_own_of::<6>(lane, cells, slots),
            7 => self.add_own_of::<7>(lane, cells, slots),
            8 => self.add_own_of::<8>(lane, cells, slots),
            9 => self.add_own_of::<9>(lane, cells, slots),
            10 => self.add_own_of::<10>(lane, cells, slots),
            11 => self.add_own_of::<11>(lane, cells, slots),
            _ => self.add_own_of::<WIDEST>(lane, cells, slots),
        }
    }

    fn add_own_of<const W: usize>(&mut self, lane: usize, cells: &[f64], slots: &[usize]) {
        let Ok(slots) = <[usize; W]>::try_from(slots) else { return };
        let Ok(sums) = self.sums.get_disjoint_mut(slots) else { return };
        let (lines, _) = cells.as_chunks::<W>();
        for (row, index) in self.index.iter().take(self.rows).enumerate() {
            let index = index[lane % LANES];
            let cells = &lines[usize::from(index)];
            for column in 0..W {
                sums[column][row] += cells[column];
            }
        }
    }
}

/// The most columns that [`Tile::add_own`] takes.
pub(super) const WIDEST: usize = 12;

fn add_keys<const COLUMNS: usize>(
    keys: &[Key; COLUMNS],
    codes: &[[u8; ROWS]],
    index: &mut [[u16; LANES]],
) {
    let codes = keys.each_ref().map(|key| &codes[key.slot]);
    for (row, index) in index.iter_mut().enumerate().take(ROWS) {
        let mut sums = *index;
        for (key, codes) in keys.iter().zip(codes) {
            let class = key.class_of[usize::from(codes[row])];
            // By value: so it becomes one wide load and one addition.
            let adds = key.adds[usize::from(class)];
            sums = std::array::from_fn(|lane| sums[lane] + adds[lane]);
        }
        *index = sums;
    }
}
