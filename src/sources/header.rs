//! The names of the columns.

use std::collections::{BTreeMap, BTreeSet};

use super::{Column, input::Input};
use crate::error::{Error, Kind, Place, Result};

/// The most columns that a table may have.
const MOST_COLUMNS: usize = 65_536;
/// What an index column without a name is called, as pandas does.
const INDEX_NAME: &str = "Unnamed: 0";

/// The names from the cells of a header, without the blanks around them.
///
/// A first name that is empty becomes `Unnamed: 0`, with a note; other empty names and names that
/// are there twice are refused.
pub(super) fn names<'a>(
    cells: impl IntoIterator<Item = &'a [u8]>,
    input: &Input,
    line: u64,
    notes: &mut Vec<String>,
) -> Result<Vec<String>> {
    let place = || Place::Line(input.name(), line);
    let mut names: Vec<String> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for (i, cell) in cells.into_iter().enumerate() {
        let number = i + 1;
        if number > MOST_COLUMNS {
            let what = format!("the header has more than {MOST_COLUMNS} columns");
            return Err(Error::new(Kind::TooLarge, what).at(place()));
        }
        let name = std::str::from_utf8(cell).map_err(|_| {
            let what = format!("the name of column {number} is not text in the file's encoding");
            Error::new(Kind::BadEncoding, what).at(place())
        })?;
        let name = name.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        if name.contains(|c: char| c.is_control()) {
            let what = format!("the name of column {number} holds a control character");
            return Err(Error::new(Kind::BadHeader, what).at(place()));
        }
        let name = if name.is_empty() && i == 0 {
            notes.push(format!("the first column has no name and is called {INDEX_NAME:?}"));
            INDEX_NAME
        } else {
            name
        };
        if name.is_empty() {
            return Err(
                Error::new(Kind::BadHeader, format!("column {number} has no name")).at(place())
            );
        }
        if let Some(first) = places.insert(name.to_owned(), number) {
            let what = format!("columns {first} and {number} have the same name {name:?}");
            return Err(Error::new(Kind::BadHeader, what).at(place()));
        }
        names.push(name.to_owned());
    }
    Ok(names)
}

/// For each wanted column its place among the names.
pub(super) fn places(names: &[String], wanted: &[Column], input: &Input) -> Result<Vec<usize>> {
    let by_name: BTreeMap<&str, usize> =
        names.iter().enumerate().map(|(i, name)| (name.as_str(), i)).collect();
    let mut seen = BTreeSet::new();
    let mut places = Vec::with_capacity(wanted.len());
    for column in wanted {
        let Some(place) = by_name.get(column.name.as_str()) else {
            return Err(missing(&column.name, names).at(input.place()));
        };
        if !seen.insert(*place) {
            let what = format!("the column {:?} is asked for twice", column.name);
            return Err(Error::new(Kind::BadParameter, what));
        }
        places.push(*place);
    }
    Ok(places)
}

fn missing(name: &str, names: &[String]) -> Error {
    let error = Error::new(
        Kind::MissingColumn,
        match nearest(name, names) {
            Some(near) => format!("there is no column {name:?}; the nearest name is {near:?}"),
            None => format!("there is no column {name:?}"),
        },
    );
    match names {
        [] => error,
        _ => error.hint_with("add the column to the file, or give it the name that is expected"),
    }
}

/// The name that takes the fewest changes, if it takes at most half as many as it has characters.
///
/// Upper and lower case, blanks, `_`, `-` and `.` count as equal.
pub(super) fn nearest<'a>(name: &str, names: &'a [String]) -> Option<&'a str> {
    let plain = |text: &str| -> Vec<char> {
        let kept = text.chars().filter(|c| !matches!(c, ' ' | '_' | '-' | '.')).take(128);
        kept.flat_map(char::to_lowercase).collect()
    };
    let sought = plain(name);
    let distances = names.iter().map(|near| (changes(&sought, &plain(near)), near.as_str()));
    let (distance, near) = distances.min()?;
    (distance * 2 <= sought.len()).then_some(near)
}

/// The number of characters to insert, delete or replace.
///
/// # Source
/// R. A. Wagner and M. J. Fischer, *The String-to-String Correction Problem* (J. ACM 1974).
fn changes(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (cell, y) in row.iter_mut().skip(1).zip(b) {
            let above = *cell;
            left = (diagonal + usize::from(x != y)).min(above + 1).min(left + 1);
            diagonal = above;
            *cell = left;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_told() {
        let names = ["CustomerId", "Balance", "客户等级"].map(String::from);
        assert_eq!(nearest("customer_id", &names), Some("CustomerId"));
        assert_eq!(nearest("Balanse", &names), Some("Balance"));
        assert_eq!(nearest("客户登级", &names), Some("客户等级"));
        assert_eq!(nearest("zzz", &names), None);
        assert_eq!(changes(&['a', 'b'], &[]), 2);
        assert_eq!(changes(&[], &['a']), 1);
    }
}
