//! What the feed that was worked from said of customers: who was on it, and who was not to be contacted.

use std::path::Path;

use arrow_array::{Array, StringArray};

use crate::{
    dataset::order::customer_key,
    error::{Error, Kind, Place, Result},
    sources::{self, Column, ColumnType, Input, ReadParams},
    units::Seed,
};

/// What became of a customer in the feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Worked {
    /// On it, and free to be contacted; or no feed is known.
    #[default]
    Listed,
    /// On it, but not to be contacted, or left alone to measure the effect.
    Suppressed,
    /// Not on it.
    Unmatched,
}

/// A feed: 16 bytes a customer.
#[derive(Debug, Default)]
pub struct WorkedFeed {
    /// By the hash of the id, ascending: whether the customer could be contacted.
    customers: Vec<(u64, bool)>,
}

impl WorkedFeed {
    /// Reads a feed, of whatever version.
    ///
    /// # Errors
    /// Those of reading; `EmptyTable` where it has no customer.
    pub fn read(file: &Path) -> Result<Self> {
        let column = |name: &str| Column { name: name.to_owned(), kind: ColumnType::Text };
        let params = ReadParams { missing: Vec::new(), ..ReadParams::default() };
        let welcome = ["suppress_flag", "arm"].map(column);
        let input = Input::Path(file.to_owned());
        let (blocks, _) = sources::open_with(&input, &params, &[column("customer_id")], &welcome)?;
        let mut feed = Self::default();
        for block in blocks {
            let rows = block?.rows;
            let texts = |name: &str| -> Option<&StringArray> {
                rows.column_by_name(name)?.as_any().downcast_ref()
            };
            let (flags, arms) = (texts("suppress_flag"), texts("arm"));
            let cell = |of: Option<&'_ StringArray>, row: usize, word: &str| {
                of.is_some_and(|texts| texts.is_valid(row) && texts.value(row) == word)
            };
            let Some(ids) = texts("customer_id") else { continue };
            for row in (0..ids.len()).filter(|row| ids.is_valid(*row)) {
                let is_free = !cell(flags, row, "1") && !cell(arms, row, "holdout");
                feed.customers.push((customer_key(Seed(0), ids.value(row)), is_free));
            }
        }
        if feed.customers.is_empty() {
            return Err(Error::new(Kind::EmptyTable, "the feed has no customer")
                .at(Place::File(file.to_owned())));
        }
        // Of a customer who is there for several days it counts whether any was free.
        feed.customers.sort_unstable_by_key(|(key, is_free)| (*key, !is_free));
        feed.customers.dedup_by_key(|(key, _)| *key);
        Ok(feed)
    }

    /// What became of a customer in it.
    pub fn of(&self, id: &str) -> Worked {
        let key = customer_key(Seed(0), id);
        match self.customers.binary_search_by_key(&key, |(key, _)| *key) {
            Ok(at) if self.customers[at].1 => Worked::Listed,
            Ok(_) => Worked::Suppressed,
            Err(_) => Worked::Unmatched,
        }
    }
}
