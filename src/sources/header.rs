//! The names of the columns.

use std::collections::{BTreeMap, BTreeSet};

use super::{Column, input::Input};
use crate::{
    error::{Error, Kind, Place, Result},
    nearest::nearest,
};

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
        match nearest(name, names.iter().map(String::as_str)) {
            Some(near) => format!("there is no column {name:?}; the nearest name is {near:?}"),
            None => format!("there is no column {name:?}"),
        },
    );
    match names {
        [] => error,
        _ => error.hint_with("add the column to the file, or give it the name that is expected"),
    }
}
