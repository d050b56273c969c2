//! Customers by what a column says of them.

use std::collections::BTreeMap;

use arrow_array::{Array, Date32Array, Float64Array, RecordBatch, StringArray};

use crate::{
    error::{Error, Kind, Place, Result},
    output::report::evidence::Group,
    units::Day,
};

/// The most groups that a column is told by; the smaller ones are told together.
pub const LARGEST_COUNT: usize = 60;
/// The most different texts of a column that customers are grouped by.
const MOST_TEXTS: usize = 5000;
/// Groups of fewer rows are told together, so that nobody is told alone.
pub(super) const LEAST_ROWS: usize = 20;
/// Numbers with more different values are told by ranges.
const FEW_NUMBERS: usize = 12;
/// Ranges of about equal rows.
const RANGES: usize = 5;
/// Stands for no value.
const NONE: u32 = u32::MAX;

/// A column that customers are grouped by, read as rows come.
#[derive(Debug, Clone)]
pub struct Grouping {
    /// The column.
    pub column: String,
    /// Whether figures are told by it.
    pub is_slice: bool,
    /// Whether it says where a customer is kept.
    pub is_place: bool,
    cells: Cells,
}

#[derive(Debug, Clone, Default)]
enum Cells {
    #[default]
    Unread,
    Text {
        ids: BTreeMap<String, u32>,
        of_row: Vec<u32>,
    },
    Number(Vec<f64>),
    Month(Vec<i32>),
}

impl Grouping {
    /// A column that no row was read of.
    pub fn new(column: &str) -> Self {
        Self { column: column.to_owned(), is_slice: true, is_place: false, cells: Cells::Unread }
    }

    /// Adds some of the rows of a batch.
    ///
    /// # Errors
    /// `MissingColumn`; `BadParameter` where the column has too many different texts.
    pub fn add(&mut self, rows: &RecordBatch, chosen: &[u32]) -> Result<()> {
        let place = || Place::Column(self.column.clone());
        let column = rows.column_by_name(&self.column).ok_or_else(|| {
            Error::new(Kind::MissingColumn, "there is no such column to group by").at(place())
        })?;
        if let Some(texts) = column.as_any().downcast_ref::<StringArray>() {
            if !matches!(self.cells, Cells::Text { .. }) {
                self.cells = Cells::Text { ids: BTreeMap::new(), of_row: Vec::new() };
            }
            let Cells::Text { ids, of_row } = &mut self.cells else { return Ok(()) };
            for &row in chosen {
                let text = texts.is_valid(row as usize).then(|| texts.value(row as usize).trim());
                let Some(text) = text.filter(|text| !text.is_empty()) else {
                    of_row.push(NONE);
                    continue;
                };
                let next = ids.len() as u32;
                let id = match ids.get(text) {
                    Some(id) => *id,
                    None => *ids.entry(text.to_owned()).or_insert(next),
                };
                of_row.push(id);
            }
            if ids.len() > MOST_TEXTS {
                let what = format!("the column has more than {MOST_TEXTS} different values");
                return Err(Error::new(Kind::BadParameter, what)
                    .at(place())
                    .hint_with("group by a coarser column"));
            }
        } else if let Some(numbers) = column.as_any().downcast_ref::<Float64Array>() {
            let cell = |row: &u32| {
                let row = *row as usize;
                if numbers.is_valid(row) { numbers.value(row) + 0.0 } else { f64::NAN }
            };
            self.numbers(chosen.iter().map(cell));
        } else if let Some(days) = column.as_any().downcast_ref::<Date32Array>() {
            let cell = |row: &u32| {
                let row = *row as usize;
                days.is_valid(row).then(|| days.value(row))
            };
            let days: Vec<Option<i32>> = chosen.iter().map(cell).collect();
            self.days(days.into_iter());
        }
        Ok(())
    }

    /// Adds rows by a number each; NaN is missing.
    fn numbers(&mut self, numbers: impl Iterator<Item = f64>) {
        if !matches!(self.cells, Cells::Number(_)) {
            self.cells = Cells::Number(Vec::new());
        }
        if let Cells::Number(all) = &mut self.cells {
            all.extend(numbers);
        }
    }

    /// Adds rows by their day.
    pub fn days(&mut self, days: impl Iterator<Item = Option<i32>>) {
        if !matches!(self.cells, Cells::Month(_)) {
            self.cells = Cells::Month(Vec::new());
        }
        if let Cells::Month(months) = &mut self.cells {
            months.extend(days.map(|day| day.map_or(i32::MIN, month)));
        }
    }

    /// Adds rows by a text each.
    pub fn texts<'a>(&mut self, texts: impl Iterator<Item = Option<&'a str>>) {
        if !matches!(self.cells, Cells::Text { .. }) {
            self.cells = Cells::Text { ids: BTreeMap::new(), of_row: Vec::new() };
        }
        let Cells::Text { ids, of_row } = &mut self.cells else { return };
        for text in texts {
            let next = ids.len() as u32;
            of_row.push(text.map_or(NONE, |text| *ids.entry(text.to_owned()).or_insert(next)));
        }
    }

    /// The groups and the rows of each: months in order, numbers rising, others by rows and then by name;
    /// what is missing and what is too small last.
    pub fn groups(&self) -> Vec<(Group, Vec<u32>)> {
        let mut groups: Vec<(Group, Vec<u32>)> = match &self.cells {
            Cells::Unread => Vec::new(),
            Cells::Text { ids, of_row } => texts(ids, of_row),
            Cells::Number(numbers) => ranges(numbers),
            Cells::Month(months) => by_month(months),
        };
        let mut others = Vec::new();
        let mut told = 0;
        groups.retain_mut(|(_, rows)| {
            told += 1;
            let small = rows.len() < LEAST_ROWS || told > LARGEST_COUNT;
            if small {
                others.append(rows);
            }
            !small
        });
        if !others.is_empty() {
            others.sort_unstable();
            groups.push((Group::Others, others));
        }
        groups
    }
}

/// Months since year 0.
fn month(day: i32) -> i32 {
    let (year, month, _) = Day(day).ymd();
    year * 12 + month as i32 - 1
}

fn texts(ids: &BTreeMap<String, u32>, of_row: &[u32]) -> Vec<(Group, Vec<u32>)> {
    let mut rows: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (row, id) in (0_u32..).zip(of_row) {
        rows.entry(*id).or_default().push(row);
    }
    let mut groups: Vec<_> = ids
        .iter()
        .filter_map(|(text, id)| Some((Group::Value(text.clone()), rows.remove(id)?)))
        .collect();
    // Stable: equal ones stay in the order of their names.
    groups.sort_by_key(|(_, rows)| std::cmp::Reverse(rows.len()));
    groups.extend(rows.remove(&NONE).map(|rows| (Group::Missing, rows)));
    groups
}

fn ranges(numbers: &[f64]) -> Vec<(Group, Vec<u32>)> {
    let mut order: Vec<(f64, u32)> =
        numbers.iter().copied().zip(0..).filter(|(number, _)| !number.is_nan()).collect();
    order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let different = order.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()).count();
    let mut groups: Vec<(Group, Vec<u32>)> = Vec::new();
    let (mut taken, mut open): (usize, Option<(f64, f64, Vec<u32>)>) = (0, None);
    for tied in order.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
        let Some((number, _)) = tied.first() else { continue };
        let (_, last, rows) = open.get_or_insert_with(|| (*number, *number, Vec::new()));
        *last = *number;
        rows.extend(tied.iter().map(|(_, row)| *row));
        taken += tied.len();
        let is_full = taken * RANGES >= order.len() * (groups.len() + 1);
        if (different <= FEW_NUMBERS || is_full)
            && let Some((first, last, rows)) = open.take()
        {
            groups.push((Group::Range(first, last), rows));
        }
    }
    groups.extend(open.map(|(first, last, rows)| (Group::Range(first, last), rows)));
    let missing: Vec<u32> =
        (0_u32..).zip(numbers).filter(|(_, number)| number.is_nan()).map(|(row, _)| row).collect();
    if !missing.is_empty() {
        groups.push((Group::Missing, missing));
    }
    for (_, rows) in &mut groups {
        rows.sort_unstable();
    }
    groups
}

fn by_month(months: &[i32]) -> Vec<(Group, Vec<u32>)> {
    let mut rows: BTreeMap<i32, Vec<u32>> = BTreeMap::new();
    for (row, month) in (0_u32..).zip(months) {
        rows.entry(*month).or_default().push(row);
    }
    let missing = rows.remove(&i32::MIN).map(|rows| (Group::Missing, rows));
    let name = |month: i32| format!("{:04}-{:02}", month.div_euclid(12), month.rem_euclid(12) + 1);
    rows.into_iter().map(|(month, rows)| (Group::Month(name(month)), rows)).chain(missing).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(grouping: &Grouping) -> Vec<(Group, usize)> {
        grouping.groups().into_iter().map(|(group, rows)| (group, rows.len())).collect()
    }

    #[test]
    fn texts_come_by_rows_and_small_ones_together() {
        let mut grouping = Grouping::new("branch");
        let texts = [("B2", 30), ("B1", 30), ("B3", 50), ("B4", 3), ("B5", 2)];
        for (text, times) in texts {
            grouping.texts((0..times).map(|_| Some(text)));
        }
        grouping.texts((0..25).map(|_| None));
        let value = |text: &str| Group::Value(text.to_owned());
        assert_eq!(
            counts(&grouping),
            [
                (value("B3"), 50),
                (value("B1"), 30),
                (value("B2"), 30),
                (Group::Missing, 25),
                (Group::Others, 5)
            ]
        );
    }

    #[test]
    fn many_numbers_come_in_five_ranges_and_few_as_they_are() {
        let mut grouping = Grouping::new("age");
        grouping.numbers((0..1000).map(f64::from));
        assert_eq!(counts(&grouping)[0], (Group::Range(0.0, 199.0), 200));
        assert_eq!(counts(&grouping).len(), 5);
        let mut few = Grouping::new("products");
        few.numbers((0..90).map(|k| f64::from(k % 3)));
        assert_eq!(counts(&few)[1], (Group::Range(1.0, 1.0), 30));
    }

    #[test]
    fn days_come_by_month() {
        let mut grouping = Grouping::new("as_of");
        let days = |text: &str| Day::parse(text).map(|day| day.0);
        grouping
            .days((0..40).map(|k| if k < 20 { days("2026-01-31") } else { days("2025-12-31") }));
        let month = |text: &str| Group::Month(text.to_owned());
        assert_eq!(counts(&grouping), [(month("2025-12"), 20), (month("2026-01"), 20)]);
    }
}
