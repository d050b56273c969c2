//! Lines over two axes.

use super::{Anchor, Axis, Svg, WIDTH, axis::Field, fit, width};

/// A line.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// What it shows.
    pub name: String,
    /// Colour and dash, 1 to 4; 5 is a thin line to compare with.
    pub look: u8,
    /// Its points, by rising x.
    pub points: Vec<(f64, f64)>,
    /// The interval of each point, drawn as a band; empty for a line without.
    pub band: Vec<(f64, f64)>,
}

/// A point with an interval across it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Where it stands.
    pub x: f64,
    /// Its value.
    pub y: f64,
    /// Its interval.
    pub range: (f64, f64),
}

/// A place on the x axis worth naming.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// Where.
    pub x: f64,
    /// What is there.
    pub name: String,
}

/// Lines, points with intervals and marks over two axes.
#[derive(Debug, Clone, PartialEq)]
pub struct Lines {
    /// What the chart shows, for those who cannot see it.
    pub title: String,
    /// To the right.
    pub x: Axis,
    /// Upwards.
    pub y: Axis,
    /// The lines.
    pub series: Vec<Series>,
    /// Points with intervals, all of one name.
    pub intervals: Option<(String, Vec<Interval>)>,
    /// Places worth naming.
    pub marks: Vec<Mark>,
}

/// Height of a line of words.
const WORDS: f64 = 16.0;

/// An entry of the legend: its look (0 for a dot) and its words.
type Entry<'a> = (u8, &'a str);

impl Lines {
    /// Draws it.
    pub fn draw(&self) -> String {
        let mut entries: Vec<Entry<'_>> =
            self.series.iter().map(|series| (series.look, series.name.as_str())).collect();
        entries.extend(self.intervals.iter().map(|(name, _)| (0, name.as_str())));
        let legend = lay_out(&entries);
        let rows = legend.last().map_or(0.0, |(_, row, _)| row + 1.0);
        let top = 20.0 + rows * WORDS + 8.0 + if self.marks.is_empty() { 0.0 } else { WORDS };
        let field = Field { left: 52.0, top, right: WIDTH - 16.0, bottom: top + 190.0 };
        let mut svg = Svg::new(&self.title, field.bottom + 42.0);
        field.draw(&mut svg, &self.x, &self.y);
        for ((look, name), (x, row, _)) in entries.iter().zip(&legend) {
            let y = 20.0 + row * WORDS + 6.0;
            match look {
                0 => svg.circle("f1", (x + 9.0, y), 3.5),
                look => svg.line(&format!("l{look}"), (*x, y), (x + 18.0, y)),
            }
            svg.text("", Anchor::Start, (x + 24.0, y + 4.0), &fit(name, WIDTH - x - 28.0));
        }
        for mark in &self.marks {
            let (x, _) = field.at(&self.x, &self.y, (mark.x, 0.0));
            svg.line("axis", (x, field.top - 4.0), (x, field.bottom));
            let half = width(&mark.name) / 2.0;
            let middle = x.clamp(half + 2.0, (WIDTH - half - 2.0).max(half + 2.0));
            svg.text("strong", Anchor::Middle, (middle, field.top - 9.0), &mark.name);
        }
        for series in &self.series {
            let ends = series.points.iter().zip(&series.band);
            let low = ends.clone().map(|((x, _), (low, _))| (*x, *low));
            let high = ends.rev().map(|((x, _), (_, high))| (*x, *high));
            let around: Vec<_> =
                low.chain(high).map(|point| field.at(&self.x, &self.y, point)).collect();
            if !around.is_empty() {
                svg.path(&format!("f{} band", series.look), &around);
            }
            let points: Vec<_> =
                series.points.iter().map(|point| field.at(&self.x, &self.y, *point)).collect();
            svg.path(&format!("l{}", series.look), &points);
        }
        for point in self.intervals.iter().flat_map(|(_, points)| points) {
            let place = |y: f64| field.at(&self.x, &self.y, (point.x, y));
            let (low, high) = (place(point.range.0), place(point.range.1));
            svg.path("l1 thin", &[low, high]);
            svg.circle("f1", place(point.y), 3.5);
        }
        svg.finish()
    }
}

/// Places of the entries: x, row and width; as many in a row as fit.
fn lay_out(entries: &[Entry<'_>]) -> Vec<(f64, f64, f64)> {
    let (mut x, mut row) = (4.0, 0.0);
    let mut places = Vec::with_capacity(entries.len());
    for (_, name) in entries {
        let wide = 24.0 + width(name) + 14.0;
        if x > 4.0 && x + wide > WIDTH {
            (x, row) = (4.0, row + 1.0);
        }
        places.push((x, row, wide));
        x += wide;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_legend_never_meet() {
        let names =
            ["all customers", "活跃客户的流失", "a very long name of a series, longer than others"];
        let entries: Vec<Entry<'_>> = names.iter().map(|name| (1, *name)).collect();
        let places = lay_out(&entries);
        for (a, b) in places.iter().zip(&places[1..]) {
            assert!(a.1 < b.1 || a.0 + a.2 <= b.0 + 1e-9, "{places:?}");
        }
    }
}
