//! Charts as inline SVG: text that depends on the figures only, and no script.
//!
//! A chart is drawn for a width of [`WIDTH`] units, so that its words can be read on a telephone; a page
//! sets several side by side where there is room. Colours are variables of the page ([`STYLE`]), one set for
//! light and one for dark. Series differ in dash and shape besides colour.
//!
//! # Source
//! Colours after Okabe & Ito, *Color Universal Design* (2008): told apart with any colour vision.

mod axis;
mod bars;
mod lines;
mod map;
mod waterfall;

use std::fmt::Write;

use unicode_width::UnicodeWidthStr;

pub use axis::{Axis, Unit, compact};
pub use bars::{Bar, bars};
pub use lines::{Interval, Lines, Mark, Series};
pub use map::{Cell, Map};
pub use waterfall::{Step, waterfall};

/// The width of a chart, in its own units.
pub const WIDTH: f64 = 360.0;

/// The colours and letters of charts, as CSS.
pub const STYLE: &str = "\
:root{--paper:#fff;--ink:#1c2330;--soft:#566073;--rule:#d8dde5;--wash:#f4f6f9;--c1:#0072b2;--c2:#c2570c;--c3:#00805e;--c4:#7a5195;--on:#fff}
@media (prefers-color-scheme:dark){:root{--paper:#14181f;--ink:#e8ecf2;--soft:#a9b3c2;--rule:#353d4a;--wash:#1d232d;--c1:#56b4e9;--c2:#e69f00;--c3:#2fc59c;--c4:#cc9fe0;--on:#14181f}}
@media print{:root{--paper:#fff;--ink:#1c2330;--soft:#566073;--rule:#d8dde5;--wash:#f4f6f9;--c1:#0072b2;--c2:#c2570c;--c3:#00805e;--c4:#7a5195;--on:#fff}}
svg.chart{display:block;width:100%;max-width:480px;height:auto;font-family:system-ui,-apple-system,\"Segoe UI\",\"Noto Sans\",\"PingFang SC\",\"Microsoft YaHei\",\"Noto Sans CJK SC\",sans-serif}
.chart text{fill:var(--ink);font-size:11px}
.chart .soft{fill:var(--soft)}
.chart .strong{font-weight:600}
.chart .grid{stroke:var(--rule);stroke-width:1;fill:none}
.chart .axis{stroke:var(--soft);stroke-width:1;fill:none}
.chart .l1,.chart .l2,.chart .l3,.chart .l4,.chart .l5{fill:none;stroke-width:2;stroke-linejoin:round}
.chart .l1{stroke:var(--c1)}
.chart .l2{stroke:var(--c2);stroke-dasharray:7 3}
.chart .l3{stroke:var(--c3);stroke-dasharray:2 3}
.chart .l4{stroke:var(--c4);stroke-dasharray:9 3 2 3}
.chart .l5{stroke:var(--soft);stroke-width:1;stroke-dasharray:4 4}
.chart .f1{fill:var(--c1)}.chart .f2{fill:var(--c2)}.chart .f3{fill:var(--c3)}.chart .f4{fill:var(--c4)}
.chart .f5{fill:var(--soft)}
.chart .wash{fill:var(--wash)}
.chart .thin{opacity:.75}
.chart .band{opacity:.18}
";

/// A drawing that is being made.
#[derive(Debug)]
struct Svg {
    height: f64,
    title: String,
    body: String,
}

/// Where a text stands against its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Anchor {
    Start,
    Middle,
    End,
}

impl Svg {
    fn new(title: &str, height: f64) -> Self {
        Self { height, title: title.to_owned(), body: String::new() }
    }

    fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let ((x1, y1), (x2, y2)) = (from, to);
        let _ = write!(
            self.body,
            "<line class=\"{class}\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/>",
            short(x1),
            short(y1),
            short(x2),
            short(y2)
        );
    }

    fn path(&mut self, class: &str, points: &[(f64, f64)]) {
        let mut d = String::new();
        for (at, (x, y)) in points.iter().enumerate() {
            let _ = write!(d, "{}{} {}", if at == 0 { "M" } else { "L" }, short(*x), short(*y));
        }
        let _ = write!(self.body, "<path class=\"{class}\" d=\"{d}\"/>");
    }

    fn rect(&mut self, class: &str, corner: (f64, f64), size: (f64, f64)) {
        let _ = write!(
            self.body,
            "<rect class=\"{class}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>",
            short(corner.0),
            short(corner.1),
            short(size.0.max(0.0)),
            short(size.1.max(0.0))
        );
    }

    fn circle(&mut self, class: &str, centre: (f64, f64), radius: f64) {
        let _ = write!(
            self.body,
            "<circle class=\"{class}\" cx=\"{}\" cy=\"{}\" r=\"{}\"/>",
            short(centre.0),
            short(centre.1),
            short(radius)
        );
    }

    fn text(&mut self, class: &str, anchor: Anchor, at: (f64, f64), words: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let _ = write!(
            self.body,
            "<text class=\"{class}\" x=\"{}\" y=\"{}\" text-anchor=\"{anchor}\">{}</text>",
            short(at.0),
            short(at.1),
            escape(words)
        );
    }

    fn finish(self) -> String {
        let title = escape(&self.title);
        format!(
            "<svg class=\"chart\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{title}\">{}</svg>",
            short(WIDTH),
            short(self.height),
            self.body
        )
    }
}

/// A chart as a file of its own: with its style, and a background.
pub fn standalone(chart: &str) -> String {
    let Some((head, rest)) = chart.split_once('>') else { return String::new() };
    format!(
        "{head}><style>{STYLE}</style><rect width=\"100%\" height=\"100%\" fill=\"var(--paper)\"/>{rest}\n"
    )
}

/// A coordinate with at most one decimal.
fn short(number: f64) -> String {
    let text = format!("{number:.1}");
    let text = text.strip_suffix(".0").unwrap_or(&text);
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// A text in which nothing is markup, and no character that XML forbids.
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            // Right-to-left marks would turn the words around.
            '\u{200e}'
            | '\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{fffe}'
            | '\u{ffff}' => {}
            c if c.is_control() => safe.push(' '),
            c => safe.push(c),
        }
    }
    safe
}

/// About how wide a text of 11 units is drawn; rather too wide than too narrow.
fn width(text: &str) -> f64 {
    text.width() as f64 * 6.4
}

/// A text cut so that it is no wider than this.
fn fit(text: &str, most: f64) -> String {
    if width(text) <= most {
        return text.to_owned();
    }
    let mut short = String::new();
    for c in text.chars() {
        short.push(c);
        if width(&short) > most - width("…") {
            short.pop();
            break;
        }
    }
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn nothing_in_a_text_is_markup(text in any::<String>()) {
            let safe = escape(&text);
            prop_assert!(!safe.contains(['<', '>', '"', '\'']));
            prop_assert!(!safe.chars().any(char::is_control));
        }

        #[test]
        fn a_text_that_is_cut_fits(text in any::<String>(), most in 20.0..300.0) {
            prop_assert!(width(&fit(&text, most)) <= most + width("…"));
        }
    }

    #[test]
    fn a_chart_alone_has_its_own_style() {
        let mut svg = Svg::new("t", 10.0);
        svg.circle("f1", (1.0, 2.0), 3.0);
        let alone = standalone(&svg.finish());
        assert!(alone.starts_with("<svg") && alone.contains("<style>") && alone.contains("circle"));
    }
}
