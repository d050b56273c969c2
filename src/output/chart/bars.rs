//! Bars beneath their words: nothing overlaps, whatever the words are.

use super::{Anchor, Svg, WIDTH, fit, width};

/// A bar.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// What it is.
    pub name: String,
    /// Its length, as a share of the longest that there may be.
    pub share: f64,
    /// Its figure with the unit.
    pub told: String,
    /// Colour, 1 to 5.
    pub look: u8,
}

const ROW: f64 = 30.0;

/// Draws bars from the top down; `label` says what their length is, in which unit.
pub fn bars(title: &str, label: &str, bars: &[Bar]) -> String {
    let top = 22.0;
    let mut svg = Svg::new(title, top + ROW * bars.len() as f64 + 6.0);
    svg.text("soft", Anchor::Start, (4.0, 12.0), &fit(label, WIDTH - 8.0));
    let longest = WIDTH - 8.0;
    for (row, bar) in (0_u32..).zip(bars) {
        let y = top + f64::from(row) * ROW;
        let room = WIDTH - 8.0 - width(&bar.told) - 10.0;
        svg.text("", Anchor::Start, (4.0, y + 11.0), &fit(&bar.name, room));
        svg.text("strong", Anchor::End, (WIDTH - 4.0, y + 11.0), &bar.told);
        svg.rect("wash", (4.0, y + 16.0), (longest, 7.0));
        let length = longest * bar.share.clamp(0.0, 1.0);
        svg.rect(&format!("f{}", bar.look), (4.0, y + 16.0), (length, 7.0));
    }
    svg.finish()
}
