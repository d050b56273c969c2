//! Axes: round ticks, and figures with their unit.

use super::{Anchor, Svg, WIDTH};
use crate::units::Language;

/// What the numbers of an axis are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Shares, told in percent.
    Percent,
    /// Amounts of money or counts, told in thousands and millions.
    Amount(Language),
    /// Times as many.
    Times,
    /// Anything else.
    Plain,
}

impl Unit {
    /// A number with its unit.
    pub fn tell(self, number: f64) -> String {
        match self {
            Self::Percent => format!("{}%", plain(number * 100.0)),
            Self::Amount(language) => compact(number, language),
            Self::Times => format!("{}×", plain(number)),
            Self::Plain => plain(number),
        }
    }
}

/// A number of ticks, without idle digits.
fn plain(number: f64) -> String {
    let rounded = format!("{number:.4}");
    let short = rounded.trim_end_matches('0').trim_end_matches('.');
    if short == "-0" { "0".to_owned() } else { short.to_owned() }
}

/// An amount with three digits and the word for its size: `12.3k`, `4.56M`; 万 and 亿 in Chinese.
pub fn compact(number: f64, language: Language) -> String {
    let size = number.abs();
    let steps: [(f64, &str); 3] = match language {
        Language::En => [(1e9, "bn"), (1e6, "M"), (1e3, "k")],
        Language::Zh => [(1e12, "万亿"), (1e8, "亿"), (1e4, "万")],
    };
    for (unit, word) in steps {
        // What would be rounded up to the next unit is told in that.
        if size >= unit * 0.9995 {
            return format!("{}{word}", three_digits(number / unit));
        }
    }
    three_digits(number)
}

fn three_digits(number: f64) -> String {
    let decimals = match number.abs() {
        size if size >= 99.95 => 0,
        size if size >= 9.995 => 1,
        _ => 2,
    };
    let text = format!("{number:.decimals$}");
    let text = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    };
    if text == "-0" { "0".to_owned() } else { text }
}

/// One axis: what it shows, in which unit, from where to where.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// What it shows, unit included.
    pub label: String,
    /// Of its numbers.
    pub unit: Unit,
    /// Least and most.
    pub range: (f64, f64),
    /// Names of 0, 1, 2 and so on; empty where the numbers are told themselves.
    pub names: Vec<String>,
}

impl Axis {
    /// An axis of names, in equal steps.
    pub fn named(label: &str, names: Vec<String>) -> Self {
        let range = (-0.5, names.len() as f64 - 0.5);
        Self { label: label.to_owned(), unit: Unit::Plain, range, names }
    }

    /// An axis that holds all of these numbers and little more, whether or not 0 is near.
    pub fn close(label: &str, unit: Unit, numbers: impl Iterator<Item = f64>) -> Self {
        let (low, high) = numbers
            .filter(|number| number.is_finite())
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
        let (low, high) = if low < high { (low, high) } else { (low - 0.5, low + 0.5) };
        let step = step(high - low);
        let range = ((low / step).floor() * step, (high / step).ceil() * step);
        Self { label: label.to_owned(), unit, range, names: Vec::new() }
    }

    /// An axis that starts at 0 or below and holds all numbers.
    pub fn around(label: &str, unit: Unit, numbers: impl Iterator<Item = f64>) -> Self {
        let (low, high) = numbers
            .filter(|number| number.is_finite())
            .fold((0.0_f64, 0.0_f64), |(low, high), x| (low.min(x), high.max(x)));
        let high = if high > low { high } else { low + 1.0 };
        let step = step(high - low);
        let range = ((low / step).floor() * step, (high / step).ceil() * step);
        Self { label: label.to_owned(), unit, range, names: Vec::new() }
    }

    /// Shares from nothing to all.
    pub fn share(label: &str) -> Self {
        Self { label: label.to_owned(), unit: Unit::Percent, range: (0.0, 1.0), names: Vec::new() }
    }

    /// Round numbers along the axis.
    pub fn ticks(&self) -> Vec<f64> {
        if !self.names.is_empty() {
            return Vec::new();
        }
        let (low, high) = self.range;
        let step = step(high - low);
        let first = (low / step).ceil() as i64;
        (0..12_i64)
            .map(|k| (first + k) as f64 * step)
            .take_while(|tick| *tick <= high + step * 1e-6)
            .collect()
    }

    /// Where a number lies along the axis, 0 to 1.
    pub(super) fn place(&self, number: f64) -> f64 {
        ((number - self.range.0) / (self.range.1 - self.range.0)).clamp(0.0, 1.0)
    }
}

/// A round step that parts a range into four to eight.
fn step(range: f64) -> f64 {
    let rough = range / 5.0;
    let ten = 10_f64.powf(rough.log10().floor());
    let round = [1.0, 2.0, 2.5, 5.0, 10.0];
    round.into_iter().map(|r| r * ten).find(|r| *r >= rough * 0.999).unwrap_or(rough)
}

/// The field of a chart between its axes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) right: f64,
    pub(super) bottom: f64,
}

impl Field {
    pub(super) fn at(&self, x: &Axis, y: &Axis, (a, b): (f64, f64)) -> (f64, f64) {
        let across = self.left + x.place(a) * (self.right - self.left);
        let up = self.bottom - y.place(b) * (self.bottom - self.top);
        (across, up)
    }

    /// Draws grid, axes, ticks and labels: that of `y` above the field, that of `x` below it.
    pub(super) fn draw(&self, svg: &mut Svg, x: &Axis, y: &Axis) {
        for tick in y.ticks() {
            let (_, at) = self.at(x, y, (x.range.0, tick));
            svg.line("grid", (self.left, at), (self.right, at));
            svg.text("soft", Anchor::End, (self.left - 6.0, at + 4.0), &y.unit.tell(tick));
        }
        for tick in x.ticks() {
            let (at, _) = self.at(x, y, (tick, y.range.0));
            svg.line("axis", (at, self.bottom), (at, self.bottom + 4.0));
            svg.text("soft", Anchor::Middle, (at, self.bottom + 17.0), &x.unit.tell(tick));
        }
        self.names(svg, x);
        svg.line("axis", (self.left, self.bottom), (self.right, self.bottom));
        svg.text("soft", Anchor::Start, (4.0, 12.0), &super::fit(&y.label, WIDTH - 8.0));
        let label = super::fit(&x.label, WIDTH - 8.0);
        svg.text("soft", Anchor::End, (WIDTH - 4.0, self.bottom + 34.0), &label);
    }

    /// The names along an axis, as many of them as have room.
    fn names(&self, svg: &mut Svg, x: &Axis) {
        let widest = x.names.iter().map(|name| super::width(name)).fold(1.0, f64::max) + 6.0;
        let each = (self.right - self.left) / x.names.len().max(1) as f64;
        let every = ((widest / each).ceil() as usize).max(1);
        for (k, name) in x.names.iter().enumerate().rev().step_by(every) {
            let at = self.left + x.place(k as f64) * (self.right - self.left);
            svg.line("axis", (at, self.bottom), (at, self.bottom + 4.0));
            let at = at.min(WIDTH - super::width(name) / 2.0);
            svg.text("soft", Anchor::Middle, (at, self.bottom + 17.0), name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn ticks_are_few_and_inside(low in -1e6..1e6_f64, range in 1e-3..1e9_f64) {
            let axis = Axis::around("", Unit::Plain, [low, low + range].into_iter());
            let ticks = axis.ticks();
            prop_assert!((2..=12).contains(&ticks.len()), "{:?}", ticks);
            prop_assert!(ticks.iter().all(|t| *t >= axis.range.0 - 1e-6 * range.abs()));
            prop_assert!(axis.range.0 <= low && low + range <= axis.range.1 * (1.0 + 1e-12) + 1e-9);
        }
    }

    #[test]
    fn amounts_are_told_in_words_of_their_language() {
        for (number, en, zh) in [
            (0.0, "0", "0"),
            (12.34, "12.3", "12.3"),
            (999.7, "1k", "1000"),
            (12_345.0, "12.3k", "1.23万"),
            (-4_560_000.0, "-4.56M", "-456万"),
            (123_456_789.0, "123M", "1.23亿"),
        ] {
            assert_eq!(compact(number, Language::En), en);
            assert_eq!(compact(number, Language::Zh), zh);
        }
    }
}
