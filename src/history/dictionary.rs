//! Texts that come again and again, as numbers.

use std::{collections::HashMap, hash::BuildHasherDefault, sync::Mutex};

use super::ids::{Asis, Ids, hash};

/// Texts seen in any table. Number 0 stands for none.
///
/// The numbers depend on which thread came first: nothing may be ordered by them.
#[derive(Debug, Default)]
pub(super) struct Dictionary(Mutex<Ids>);

/// A dictionary with the texts that one thread saw lately.
#[derive(Debug)]
pub(super) struct Lookup<'a> {
    shared: &'a Dictionary,
    /// The last one: a currency is mostly the same in all rows.
    last: (String, u32),
    seen: HashMap<u64, (Box<str>, u32), BuildHasherDefault<Asis>>,
}

impl Dictionary {
    pub(super) fn lookup(&self) -> Lookup<'_> {
        Lookup { shared: self, last: (String::new(), 0), seen: HashMap::default() }
    }

    /// The texts, when all are there.
    pub(super) fn finish(self) -> Words {
        Words(self.0.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    fn number(&self, text: &str) -> u32 {
        let mut ids = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let (Ok(place) | Err(place)) = ids.add(text);
        place + 1
    }
}

impl Lookup<'_> {
    /// The number of a text; 0 for none.
    pub(super) fn number(&mut self, text: Option<&str>) -> u32 {
        let Some(text) = text else { return 0 };
        if self.last.1 > 0 && self.last.0 == text {
            return self.last.1;
        }
        let number = self.search(text);
        self.last.0.clear();
        self.last.0.push_str(text);
        self.last.1 = number;
        number
    }

    fn search(&mut self, text: &str) -> u32 {
        let key = hash(text);
        if let Some((known, number)) = self.seen.get(&key)
            && known.as_ref() == text
        {
            return *number;
        }
        let number = self.shared.number(text);
        self.seen.insert(key, (text.into(), number));
        number
    }
}

/// The texts of a dictionary that is complete.
#[derive(Debug, Default)]
pub(super) struct Words(Ids);

impl Words {
    /// The text of a number; none for 0.
    pub(super) fn get(&self, number: u32) -> Option<&str> {
        (number > 0).then(|| self.0.get(number - 1))
    }

    /// The number of a text that was seen.
    pub(super) fn find(&self, text: &str) -> Option<u32> {
        self.0.find(text).map(|place| place + 1)
    }
}
