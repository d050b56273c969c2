//! The files of the raw bank, and the rows of a run of customers.

use super::super::{columns::Column, draw::Stream, row};
use super::customer::{Pay, Source};
use crate::units::Day;

/// The files that grow with the customers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum File {
    Customers,
    Balances,
    Transactions,
    Products,
    Contacts,
    Benefits,
    Feedback,
    Payroll,
    Truth,
}

impl File {
    pub(super) const ALL: [Self; 9] = [
        Self::Customers,
        Self::Balances,
        Self::Transactions,
        Self::Products,
        Self::Contacts,
        Self::Benefits,
        Self::Feedback,
        Self::Payroll,
        Self::Truth,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Customers => "customers.csv",
            Self::Balances => "balances.csv",
            Self::Transactions => "transactions.csv",
            Self::Products => "products.csv",
            Self::Contacts => "contacts.csv",
            Self::Benefits => "benefits.csv",
            Self::Feedback => "feedback.csv",
            Self::Payroll => "payroll.csv",
            Self::Truth => "truth_customers.csv",
        }
    }

    pub(super) fn columns(self) -> &'static [Column] {
        use super::columns as c;
        match self {
            Self::Customers => c::CUSTOMERS,
            Self::Balances => c::BALANCES,
            Self::Transactions => c::TRANSACTIONS,
            Self::Products => c::PRODUCTS,
            Self::Contacts => c::CONTACTS,
            Self::Benefits => c::BENEFITS,
            Self::Feedback => c::FEEDBACK,
            Self::Payroll => c::PAYROLL,
            Self::Truth => c::TRUTH_CUSTOMERS,
        }
    }
}

/// The rows of a run of customers, file by file.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub bytes: [Vec<u8>; 9],
    pub counts: [u64; 9],
    /// Rows of each kind of [`super::dirt::Kind`].
    pub dirt: [u64; super::dirt::Kind::ALL.len()],
}

impl Rows {
    /// Starts a row whose first cell is `first`.
    pub(super) fn start(&mut self, file: File, first: &[u8]) -> Row<'_> {
        self.counts[file as usize] += 1;
        let bytes = &mut self.bytes[file as usize];
        bytes.extend_from_slice(first);
        Row { bytes }
    }
}

/// A row in the making; it ends with its line when it is dropped.
#[derive(Debug)]
pub(super) struct Row<'a> {
    bytes: &'a mut Vec<u8>,
}

impl Drop for Row<'_> {
    fn drop(&mut self) {
        self.bytes.push(b'\n');
    }
}

impl Row<'_> {
    pub(super) fn text(self, value: impl AsRef<[u8]>) -> Self {
        row::text(self.bytes, value.as_ref());
        self
    }

    /// A text with a number after it.
    pub(super) fn numbered(self, value: &str, number: u64, width: usize) -> Self {
        row::text(self.bytes, value.as_bytes());
        row::padded(self.bytes, number, width);
        self
    }

    /// The relationship manager of a branch.
    pub(super) fn manager(self, branch: &str, number: Option<u64>) -> Self {
        match number {
            Some(number) => self.numbered("M", number, 2).joined(branch),
            None => self.text(""),
        }
    }

    /// More of the last cell.
    pub(super) fn joined(self, more: &str) -> Self {
        self.bytes.extend_from_slice(more.as_bytes());
        self
    }

    /// A number after the last cell.
    pub(super) fn joined_number(self, number: u64, width: usize) -> Self {
        row::padded(self.bytes, number, width);
        self
    }

    /// A payer: an employer, or the pension office.
    pub(super) fn payer(self, pay: &Pay) -> Self {
        self.numbered(if pay.source == Source::Pension { "P" } else { "E" }, pay.payer, 5)
    }

    pub(super) fn flags(self, values: &[bool]) -> Self {
        values.iter().fold(self, |row, value| row.flag(*value))
    }

    pub(super) fn maybe_money(self, cents: Option<i64>) -> Self {
        match cents {
            Some(cents) => self.money(cents),
            None => self.text(""),
        }
    }

    pub(super) fn number(self, value: impl Into<i64>) -> Self {
        row::integer(self.bytes, Some(value.into()));
        self
    }

    pub(super) fn maybe(self, value: Option<i64>) -> Self {
        row::integer(self.bytes, value);
        self
    }

    pub(super) fn flag(self, value: bool) -> Self {
        self.text(if value { "1" } else { "0" })
    }

    pub(super) fn fixed(self, value: Option<f64>, decimals: u32) -> Self {
        row::fixed(self.bytes, value, decimals);
        self
    }

    /// Money, of cents.
    pub(super) fn money(self, cents: i64) -> Self {
        self.bytes.push(b',');
        if cents < 0 {
            self.bytes.push(b'-');
        }
        let cents = cents.unsigned_abs();
        row::padded(self.bytes, cents / 100, 1);
        self.bytes.push(b'.');
        row::padded(self.bytes, cents % 100, 2);
        self
    }

    pub(super) fn day(self, day: i32) -> Self {
        self.bytes.push(b',');
        date(self.bytes, day);
        self
    }

    pub(super) fn maybe_day(self, day: Option<i32>) -> Self {
        match day {
            Some(day) => self.day(day),
            None => self.text(""),
        }
    }

    /// A day and the seconds after its midnight.
    pub(super) fn time(self, day: i32, second: u32) -> Self {
        let row = self.day(day);
        row.bytes.push(b' ');
        row::padded(row.bytes, u64::from(second / 3600), 2);
        row.bytes.push(b':');
        row::padded(row.bytes, u64::from(second / 60 % 60), 2);
        row.bytes.push(b':');
        row::padded(row.bytes, u64::from(second % 60), 2);
        row
    }
}

fn date(out: &mut Vec<u8>, day: i32) {
    let (year, month, day) = Day(day).ymd();
    row::padded(out, year as u64, 4);
    out.push(b'-');
    row::padded(out, u64::from(month), 2);
    out.push(b'-');
    row::padded(out, u64::from(day), 2);
}

/// The day on which a row of some day reaches the bank's tables: the same, or now and then later.
pub(super) fn load_day(day: i32, late: f64, stream: &mut Stream) -> i32 {
    if stream.happens(late) { day + 2 + stream.choice(&[1.0; 20]) as i32 } else { day }
}
