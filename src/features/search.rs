//! The code of a number: a table leads near it, a short search without branches to it.

use super::encoder::MOST_CUTS;

/// Entries of the table.
const CELLS: usize = 4096;
/// Rows that are searched for side by side, which hides the latency of each search.
const LANES: usize = 16;

/// The cuts of a column, made ready for the search.
///
/// A never falling map leads each number to one of [`CELLS`] cells; the table says how many cuts lie
/// in the cells before, so that only the cuts within the cell are left to search. Of two maps (even
/// steps, and even steps of the logarithm) the one with fewer cuts in its fullest cell is taken.
#[derive(Debug)]
pub(super) struct Cuts {
    /// Padded with NaN, which is at or below no number, so that a search needs no bounds.
    padded: Box<[f64; 512]>,
    before: Box<[u8; CELLS]>,
    map: Map,
    /// A cell holds fewer than 2^steps cuts.
    steps: u32,
    least: f64,
    most: f64,
}

#[derive(Debug, Clone, Copy)]
enum Map {
    Even { from: f64, scale: f64 },
    Logarithm { from: i64, shift: u32 },
}

/// The bits of a number, so that the order of integers is that of the numbers.
#[inline]
fn rank(x: f64) -> i64 {
    let bits = x.to_bits() as i64;
    bits ^ ((bits >> 63) & i64::MAX)
}

#[inline]
fn even(x: f64, from: f64, scale: f64) -> usize {
    ((x - from) * scale).max(0.0).min((CELLS - 1) as f64) as i32 as usize & (CELLS - 1)
}

#[inline]
fn logarithm(x: f64, from: i64, shift: u32) -> usize {
    let steps = rank(x).max(from).wrapping_sub(from) as u64;
    (steps >> shift).min(CELLS as u64 - 1) as usize
}

impl Map {
    fn cell(self, x: f64) -> usize {
        match self {
            Self::Even { from, scale } => even(x, from, scale),
            Self::Logarithm { from, shift } => logarithm(x, from, shift),
        }
    }

    /// Both maps over the range of the cuts; one alone where the range is too wide or too narrow.
    fn over(first: f64, last: f64) -> Vec<Self> {
        let (from, to) = (rank(first), rank(last));
        let span = to.wrapping_sub(from) as u64;
        let shift = (64 - span.leading_zeros()).saturating_sub(CELLS.trailing_zeros());
        let mut maps = vec![Self::Logarithm { from, shift }];
        let scale = (CELLS - 1) as f64 / (last - first);
        if scale.is_finite() && scale > 0.0 {
            maps.push(Self::Even { from: first, scale });
        }
        maps
    }
}

impl Cuts {
    /// Cuts beyond the 253rd are passed over.
    pub(super) fn of(cuts: &[f64], least: f64, most: f64) -> Self {
        let cuts = cuts.get(..MOST_CUTS).unwrap_or(cuts);
        let mut padded = Box::new([f64::NAN; 512]);
        for (slot, cut) in padded.iter_mut().zip(cuts) {
            *slot = *cut;
        }
        let ends = cuts.first().zip(cuts.last());
        let maps = ends.map_or_else(Vec::new, |(first, last)| Map::over(*first, *last));
        let in_cells = |map: Map| {
            let mut counts = vec![0_u8; CELLS];
            for cut in cuts {
                counts[map.cell(*cut)] += 1;
            }
            (counts.iter().copied().max().unwrap_or_default(), counts, map)
        };
        let none = (0, vec![0; CELLS], Map::Logarithm { from: 0, shift: 63 });
        let best = maps.into_iter().map(in_cells).min_by_key(|(fullest, ..)| *fullest);
        let (fullest, counts, map) = best.unwrap_or(none);
        let mut before = Box::new([0; CELLS]);
        let mut sum = 0;
        for (before, count) in before.iter_mut().zip(counts) {
            *before = sum;
            sum += count;
        }
        let steps = (usize::from(fullest) + 1).next_power_of_two().trailing_zeros();
        Self { padded, before, map, steps, least, most }
    }

    /// 1 + the number of cuts at or below each number; 0 for what is not a finite number.
    pub(super) fn codes(&self, cells: &[f64]) -> Vec<u8> {
        let mut codes = vec![0; cells.len()];
        match self.map {
            Map::Even { from, scale } => self.with(cells, &mut codes, |x| even(x, from, scale)),
            Map::Logarithm { from, shift } => {
                self.with(cells, &mut codes, |x| logarithm(x, from, shift));
            }
        }
        codes
    }

    fn with(&self, cells: &[f64], codes: &mut [u8], cell: impl Fn(f64) -> usize) {
        match self.steps {
            0 => self.search::<0>(cells, codes, cell),
            1 => self.search::<1>(cells, codes, cell),
            2 => self.search::<2>(cells, codes, cell),
            3 => self.search::<3>(cells, codes, cell),
            4 => self.search::<4>(cells, codes, cell),
            _ => self.search::<8>(cells, codes, cell),
        }
    }

    fn search<const STEPS: u32>(
        &self,
        cells: &[f64],
        codes: &mut [u8],
        cell: impl Fn(f64) -> usize,
    ) {
        let (of_lanes, of_rest) = codes.as_chunks_mut::<LANES>();
        let (lanes, rest) = cells.as_chunks::<LANES>();
        for (cells, codes) in lanes.iter().zip(of_lanes) {
            self.search_lanes::<STEPS>(cells, codes, &cell);
        }
        let (mut lanes, mut codes) = ([f64::NAN; LANES], [0; LANES]);
        lanes[..rest.len()].copy_from_slice(rest);
        self.search_lanes::<STEPS>(&lanes, &mut codes, &cell);
        of_rest.copy_from_slice(&codes[..rest.len()]);
    }

    #[inline]
    fn search_lanes<const STEPS: u32>(
        &self,
        cells: &[f64; LANES],
        codes: &mut [u8; LANES],
        cell: impl Fn(f64) -> usize,
    ) {
        let (padded, before) = (&*self.padded, &*self.before);
        let mut below = [0; LANES];
        for (below, x) in below.iter_mut().zip(cells) {
            *below = usize::from(before[cell(*x) & (CELLS - 1)]);
        }
        for step in (0..STEPS).rev() {
            let half = 1_usize << step;
            for (below, x) in below.iter_mut().zip(cells) {
                let is_above = padded[(*below + half - 1) & 511] <= *x;
                *below += half * usize::from(is_above);
            }
        }
        for ((code, below), x) in codes.iter_mut().zip(&below).zip(cells) {
            *code = (below + 1) as u8 * u8::from(x.is_finite());
        }
    }

    /// How many numbers lie below the least or above the most of training.
    pub(super) fn outside(&self, cells: &[f64]) -> u64 {
        let outside = |x: &f64| u64::from((*x < self.least || *x > self.most) && x.is_finite());
        cells.iter().map(outside).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(mut cuts: Vec<f64>, mut cells: Vec<f64>) {
        cuts.sort_by(f64::total_cmp);
        cuts.dedup_by(|a, b| *a <= *b);
        cuts.truncate(MOST_CUTS);
        cells.extend(&cuts);
        cells.extend(cuts.iter().flat_map(|x| [x.next_up(), x.next_down()]));
        cells.extend([0.0, -0.0, f64::MAX, -f64::MAX, f64::NAN, f64::INFINITY]);
        let codes = Cuts::of(&cuts, 0.0, 0.0).codes(&cells);
        for (x, code) in cells.iter().zip(codes) {
            let expected = if x.is_finite() { 1 + cuts.partition_point(|cut| cut <= x) } else { 0 };
            assert_eq!(usize::from(code), expected, "{x} among {cuts:?}");
        }
    }

    proptest! {
        #[test]
        fn any_number_is_found_among_any_cuts(
            cuts in proptest::collection::vec(proptest::num::f64::NORMAL | proptest::num::f64::ZERO | proptest::num::f64::SUBNORMAL, 0..300),
            cells in proptest::collection::vec(proptest::num::f64::ANY, 0..100),
        ) {
            check(cuts, cells);
        }

        #[test]
        fn amounts_are_found_among_their_cuts(
            cuts in proptest::collection::vec(-1e6_f64..1e6, 0..300),
            cells in proptest::collection::vec(-2e6_f64..2e6, 0..100),
        ) {
            check(cuts, cells);
        }
    }

    #[test]
    fn numbers_are_found_in_narrow_and_wide_ranges() {
        check(vec![], vec![1.0]);
        check(vec![1.0], vec![1.0, 2.0]);
        check((0..253).map(f64::from).collect(), (0..300).map(|x| f64::from(x) / 2.0).collect());
        check((0..253).map(|i| f64::from_bits(1.0_f64.to_bits() + i)).collect(), vec![]);
        check((0..253).map(|i| (f64::from(i) - 126.0).powi(99)).collect(), vec![]);
        check(vec![-f64::MAX, f64::MAX], vec![]);
    }
}
