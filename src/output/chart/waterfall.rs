//! A waterfall: from where everyone starts to where one customer ends.

use super::{Anchor, Svg, WIDTH, fit, width};

/// A step of a waterfall.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What it is.
    pub name: String,
    /// Its figure.
    pub told: String,
    /// From where to where.
    pub from: f64,
    /// See `from`.
    pub to: f64,
    /// Colour, 1 to 5.
    pub look: u8,
}

const ROW: f64 = 32.0;

/// Draws steps from the top down; `label` says what lies to the right, in which unit.
pub fn waterfall(title: &str, label: &str, steps: &[Step]) -> String {
    let top = 22.0;
    let ends = steps.iter().flat_map(|step| [step.from, step.to]);
    let (low, high) = ends
        .filter(|end| end.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
    let range = if high > low { high - low } else { 1.0 };
    let low = if low.is_finite() { low } else { 0.0 };
    let mut svg = Svg::new(title, top + ROW * steps.len() as f64 + 8.0);
    svg.text("soft", Anchor::Start, (4.0, 12.0), &fit(label, WIDTH - 8.0));
    let place = |x: f64| 8.0 + (x - low) / range * (WIDTH - 16.0);
    for (row, step) in (0_u32..).zip(steps) {
        let y = top + f64::from(row) * ROW;
        let room = WIDTH - 8.0 - width(&step.told) - 10.0;
        svg.text("", Anchor::Start, (4.0, y + 11.0), &fit(&step.name, room));
        svg.text("strong", Anchor::End, (WIDTH - 4.0, y + 11.0), &step.told);
        let (from, to) = (place(step.from.min(step.to)), place(step.from.max(step.to)));
        svg.rect("wash", (4.0, y + 16.0), (WIDTH - 8.0, 9.0));
        svg.rect(&format!("f{}", step.look), (from, y + 16.0), ((to - from).max(2.0), 9.0));
    }
    svg.finish()
}
