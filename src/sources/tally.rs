//! What the cells of a column look like, counted, and the type that follows.

use super::{Column, ColumnType, cell::Class};

/// Cells from which on a few faults do not make a column text.
const MANY: u64 = 1_000;
/// The percentage of them that must be alike.
const ALIKE: u64 = 99;
/// The number of classes.
const CLASSES: usize = 7;

/// How many cells of each class a column has, and the line of the first of each.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    counts: [u64; CLASSES],
    lines: [u64; CLASSES],
}

impl Tally {
    /// Counts a cell.
    #[inline]
    pub(super) fn add(&mut self, class: Class, line: u64) {
        let i = class as usize;
        if self.counts[i] == 0 {
            self.lines[i] = line;
        }
        self.counts[i] += 1;
    }

    /// Adds the cells that come after.
    pub(super) fn merge(&mut self, later: &Self) {
        for i in 0..CLASSES {
            if self.counts[i] == 0 {
                self.lines[i] = later.lines[i];
            }
            self.counts[i] += later.counts[i];
        }
    }

    fn count(&self, classes: &[Class]) -> u64 {
        classes.iter().map(|class| self.counts[*class as usize]).sum()
    }

    /// The line of the first cell of these classes.
    fn first(&self, classes: &[Class]) -> u64 {
        let lines = classes.iter().map(|class| *class as usize);
        lines.filter(|i| self.counts[*i] > 0).map(|i| self.lines[i]).min().unwrap_or(0)
    }

    /// The column with its type, and what a person should be told of it.
    pub(super) fn decide(&self, name: &str) -> (Column, Option<String>) {
        let (kind, note) = self.kind(name);
        (Column { name: name.to_owned(), kind }, note)
    }

    fn kind(&self, name: &str) -> (ColumnType, Option<String>) {
        use Class::{Date, DigitsOfDate, Id, Nan, Number, Text};
        let ids = self.count(&[Id]);
        let numbers = self.count(&[Number, DigitsOfDate]);
        let digits = self.count(&[DigitsOfDate]);
        let dates = self.count(&[Date, DigitsOfDate]);
        let present = self.count(&[Number, DigitsOfDate, Id, Date, Text]);
        if ids > 0 {
            let line = self.first(&[Id]);
            let why = "it holds digits with a leading zero or more than 15 digits, as ids have";
            let note = format!("column {name:?} is kept as text: {why} (first in line {line})");
            return (ColumnType::Text, Some(note));
        }
        if present == 0 {
            return (ColumnType::Text, None);
        }
        if dates == present {
            let note = (digits > 0).then(|| {
                format!("column {name:?} is read as dates: its eight digits are all YYYYMMDD")
            });
            return (ColumnType::Date, note);
        }
        if numbers == present {
            return (ColumnType::Number, None);
        }
        let mostly = |alike: u64| present >= MANY && alike * 100 >= present * ALIKE;
        if mostly(numbers) {
            let line = self.first(&[Date, Text]);
            let note = odd_rows(name, "numbers", present - numbers, present, line);
            (ColumnType::Number, Some(note))
        } else if mostly(dates) && digits < dates {
            let line = self.first(&[Number, Text]);
            let note = odd_rows(name, "dates", present - dates, present, line);
            (ColumnType::Date, Some(note))
        } else if numbers + dates - digits > 0 {
            let line = self.first(&[Date, Text, Nan]);
            let alike = if numbers > 0 {
                format!("{numbers} are numbers")
            } else {
                format!("{dates} are dates")
            };
            let note = format!(
                "column {name:?} is read as text: of its {present} cells {alike}, others are not \
                 (first in line {line})"
            );
            (ColumnType::Text, Some(note))
        } else {
            (ColumnType::Text, None)
        }
    }
}

fn odd_rows(name: &str, alike: &str, odd: u64, present: u64, line: u64) -> String {
    format!(
        "column {name:?} is read as {alike}: {odd} of its {present} cells are none (first in line \
         {line}), and their rows are set aside"
    )
}
