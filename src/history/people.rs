//! The customers, as the customer file has them.

use super::{dictionary::Lookup, reader::Cells, records::NEVER, schema::RawTable};

/// A customer's attributes. Days are [`NEVER`] and words 0 where not known.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Customer {
    pub open: i32,
    pub close: i32,
    pub birth: i32,
    pub dnd_until: i32,
    pub verified: i32,
    /// In the order of [`WORDS`].
    pub words: [u32; WORDS.len()],
    /// Two bits for each of [`FLAGS`]: 0 no, 1 yes, 2 not known.
    flags: u32,
}

/// The attributes that are words.
pub(super) const WORDS: [&str; 10] = [
    "gender",
    "org_hq",
    "branch",
    "sub_branch",
    "manager_id",
    "acq_channel",
    "acq_product",
    "occupation",
    "risk_level",
    "status",
];

/// The attributes that are yes or no.
pub(super) const FLAGS: [&str; 9] = [
    "consent_marketing",
    "consent_profiling",
    "consent_external",
    "contact_ok_phone",
    "contact_ok_sms",
    "contact_ok_email",
    "contact_ok_wechat",
    "contact_ok_app",
    "employee_flag",
];

/// Where the fields of the customer file stand.
#[derive(Debug)]
pub(super) struct Places {
    days: [usize; 5],
    words: [usize; WORDS.len()],
    flags: [usize; FLAGS.len()],
}

impl Places {
    pub(super) fn new() -> Self {
        let at = |name| RawTable::Customers.at(name);
        Self {
            days: ["open_date", "close_date", "birth_date", "dnd_until", "contact_verified_at"]
                .map(at),
            words: WORDS.map(at),
            flags: FLAGS.map(at),
        }
    }
}

impl Customer {
    pub(super) fn read(
        cells: &Cells,
        row: usize,
        places: &Places,
        lookup: &mut Lookup<'_>,
    ) -> Self {
        let [open, close, birth, dnd_until, verified] =
            places.days.map(|at| cells.day(at, row).unwrap_or(NEVER));
        let words = places.words.map(|at| lookup.number(cells.text(at, row)));
        let flags = places.flags.iter().enumerate().fold(0, |bits, (i, &at)| {
            let flag = cells.flag(at, row).map_or(2, u32::from);
            bits | flag << (2 * i)
        });
        Self { open, close, birth, dnd_until, verified, words, flags }
    }

    /// A customer of whom only the day of opening is known.
    #[cfg(test)]
    pub(super) fn at(open: i32) -> Self {
        Self {
            open,
            close: NEVER,
            birth: NEVER,
            dnd_until: NEVER,
            verified: NEVER,
            words: [0; WORDS.len()],
            flags: 0,
        }
    }

    /// One of [`FLAGS`].
    pub(super) fn flag(&self, which: usize) -> Option<bool> {
        match self.flags >> (2 * which) & 3 {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    /// One of [`WORDS`], as its number in the dictionary.
    pub(super) fn word(&self, name: &str) -> u32 {
        WORDS.iter().position(|word| *word == name).map_or(0, |at| self.words[at])
    }
}
