//! A few rows that are told of together, column by column.

/// Rows of a tile. Not a power of two, whose columns would be in each other's way in the cache.
pub(super) const ROWS: usize = 1016;

/// Rows that are told of together. Everything has an entry a row; those past `rows` mean nothing.
pub(super) struct Tile {
    /// Rows that are there, at most [`ROWS`].
    pub(super) rows: usize,
    /// Codes of each column.
    pub(super) codes: Vec<[u8; ROWS]>,
    /// What each column adds.
    pub(super) sums: Vec<[f64; ROWS]>,
    /// Classes of the codes of each column that one tree asks.
    classes: Vec<[u8; ROWS]>,
    /// How the rows stand with a few leaves.
    index: [u16; ROWS],
}

/// What a column adds to the index of a row.
#[derive(Debug, Clone)]
pub(super) struct Key {
    /// Index of the column among those that the tree asks.
    pub(super) asked: usize,
    /// By class of its code.
    pub(super) adds: Box<[u16]>,
}

impl Tile {
    /// A tile of no rows, for so many columns.
    pub(super) fn new(columns: usize) -> Self {
        Self {
            rows: 0,
            codes: vec![[0; ROWS]; columns],
            sums: vec![[0.0; ROWS]; columns],
            classes: Vec::new(),
            index: [0; ROWS],
        }
    }

    /// Looks up the classes of the codes of the columns that a tree asks: for each its place and the
    /// class of each code.
    pub(super) fn classify(&mut self, asked: &[(usize, Box<[u8; 256]>)]) {
        self.classes.resize(self.classes.len().max(asked.len()), [0; ROWS]);
        for ((slot, class_of), classes) in asked.iter().zip(&mut self.classes) {
            for (class, code) in classes.iter_mut().zip(&self.codes[*slot]) {
                *class = class_of[usize::from(*code)];
            }
        }
    }

    /// The index of each row: the sum of what the keys add.
    pub(super) fn index(&mut self, keys: &[Key]) {
        self.index = [0; ROWS];
        let (fours, rest) = keys.as_chunks::<4>();
        for keys in fours {
            add_keys(keys, &self.classes, &mut self.index[..self.rows]);
        }
        for key in rest {
            add_keys(std::array::from_ref(key), &self.classes, &mut self.index[..self.rows]);
        }
    }

    /// Adds to the sums of the columns of the slots, all different, the worth by pattern without the
    /// column's own bit, times the scale by that bit.
    pub(super) fn add_shared(&mut self, worth: &[f64], scale: &[[f64; 2]], slots: &[usize]) {
        match slots.len() {
            0 => {}
            1 => self.add_shared_of::<1>(worth, scale, slots),
            2 => self.add_shared_of::<2>(worth, scale, slots),
            3 => self.add_shared_of::<3>(worth, scale, slots),
            4 => self.add_shared_of::<4>(worth, scale, slots),
            5 => self.add_shared_of::<5>(worth, scale, slots),
            6 => self.add_shared_of::<6>(worth, scale, slots),
            7 => self.add_shared_of::<7>(worth, scale, slots),
            8 => self.add_shared_of::<8>(worth, scale, slots),
            9 => self.add_shared_of::<9>(worth, scale, slots),
            10 => self.add_shared_of::<10>(worth, scale, slots),
            11 => self.add_shared_of::<11>(worth, scale, slots),
            _ => self.add_shared_of::<WIDEST>(worth, scale, slots),
        }
    }

    fn add_shared_of<const W: usize>(
        &mut self,
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
        for (row, &index) in self.index.iter().take(self.rows).enumerate() {
            for column in 0..W {
                let by = scale[column][usize::from(index >> column & 3)];
                sums[column][row] += by * worth[usize::from(index & !(1 << column))];
            }
        }
    }

    /// Adds to the sums of the columns of the slots, all different, a line of cells by pattern.
    pub(super) fn add_own(&mut self, cells: &[f64], slots: &[usize]) {
        match slots.len() {
            0 => {}
            1 => self.add_own_of::<1>(cells, slots),
            2 => self.add_own_of::<2>(cells, slots),
            3 => self.add_own_of::<3>(cells, slots),
            4 => self.add_own_of::<4>(cells, slots),
            5 => self.add_own_of::<5>(cells, slots),
            6 => self.add_own_of::<6>(cells, slots),
            7 => self.add_own_of::<7>(cells, slots),
            8 => self.add_own_of::<8>(cells, slots),
            9 => self.add_own_of::<9>(cells, slots),
            10 => self.add_own_of::<10>(cells, slots),
            11 => self.add_own_of::<11>(cells, slots),
            _ => self.add_own_of::<WIDEST>(cells, slots),
        }
    }

    fn add_own_of<const W: usize>(&mut self, cells: &[f64], slots: &[usize]) {
        let Ok(slots) = <[usize; W]>::try_from(slots) else { return };
        let Ok(sums) = self.sums.get_disjoint_mut(slots) else { return };
        let (lines, _) = cells.as_chunks::<W>();
        for (row, &index) in self.index.iter().take(self.rows).enumerate() {
            let line = &lines[usize::from(index)];
            for column in 0..W {
                sums[column][row] += line[column];
            }
        }
    }
}

/// The most columns that [`Tile::add_own`] takes.
pub(super) const WIDEST: usize = 12;

fn add_keys<const COLUMNS: usize>(
    keys: &[Key; COLUMNS],
    classes: &[[u8; ROWS]],
    index: &mut [u16],
) {
    let classes = keys.each_ref().map(|key| &classes[key.asked]);
    for (row, index) in index.iter_mut().enumerate().take(ROWS) {
        // By value: so it is kept in a register.
        let mut sum = *index;
        for (key, classes) in keys.iter().zip(classes) {
            sum += key.adds[usize::from(classes[row])];
        }
        *index = sum;
    }
}
