//! The quadrant map: value upwards, risk to the right, a bubble of money in each quadrant.

use super::{Anchor, Svg, WIDTH, fit};

/// A quadrant.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// Its name.
    pub name: String,
    /// What to do.
    pub action: String,
    /// Customers, told.
    pub customers: String,
    /// The money that its bubble stands for, told.
    pub money: String,
    /// That money.
    pub amount: f64,
    /// Colour, 1 to 5.
    pub look: u8,
}

/// A map of four quadrants.
#[derive(Debug, Clone, PartialEq)]
pub struct Map {
    /// What the chart shows, for those who cannot see it.
    pub title: String,
    /// High value: unlikely, likely; low value: unlikely, likely.
    pub cells: [[Cell; 2]; 2],
    /// What lies to the right, with its unit.
    pub x: String,
    /// Where the right half begins.
    pub x_cut: String,
    /// What lies upwards, with its unit.
    pub y: String,
    /// Where the upper half begins.
    pub y_cut: String,
}

const SIDE: f64 = 172.0;
const TALL: f64 = 150.0;
const LARGEST: f64 = 30.0;

impl Map {
    /// Draws it: the area of a bubble is its money.
    pub fn draw(&self) -> String {
        let (left, top) = (6.0, 22.0);
        let most = self.cells.iter().flatten().map(|cell| cell.amount).fold(0.0, f64::max);
        let mut svg = Svg::new(&self.title, top + 2.0 * TALL + 58.0);
        svg.text("soft", Anchor::Start, (4.0, 12.0), &fit(&self.y, WIDTH - 8.0));
        for (row, cells) in (0_u32..).zip(&self.cells) {
            for (column, cell) in (0_u32..).zip(cells) {
                let x = left + f64::from(column) * (SIDE + 4.0);
                let y = top + f64::from(row) * (TALL + 20.0);
                svg.rect("wash", (x, y), (SIDE, TALL));
                let room = SIDE - 16.0;
                svg.text("strong", Anchor::Start, (x + 8.0, y + 17.0), &fit(&cell.name, room));
                svg.text("soft", Anchor::Start, (x + 8.0, y + 32.0), &fit(&cell.action, room));
                let share = if most > 0.0 { (cell.amount.max(0.0) / most).sqrt() } else { 0.0 };
                let radius = if share > 0.0 { (LARGEST * share).max(2.0) } else { 0.0 };
                svg.circle(&format!("f{}", cell.look), (x + SIDE / 2.0, y + 75.0), radius);
                let middle = x + SIDE / 2.0;
                svg.text("strong", Anchor::Middle, (middle, y + 124.0), &fit(&cell.money, room));
                svg.text("soft", Anchor::Middle, (middle, y + 140.0), &fit(&cell.customers, room));
            }
        }
        let between = top + TALL + 14.0;
        svg.text("soft", Anchor::Middle, (WIDTH / 2.0, between), &fit(&self.y_cut, WIDTH - 8.0));
        let below = top + 2.0 * TALL + 20.0;
        svg.text(
            "soft",
            Anchor::Middle,
            (WIDTH / 2.0, below + 15.0),
            &fit(&self.x_cut, WIDTH - 8.0),
        );
        svg.text("soft", Anchor::End, (WIDTH - 4.0, below + 31.0), &fit(&self.x, WIDTH - 8.0));
        svg.finish()
    }
}
