//! Columns of values: numbers, days, text, and the three truth values, with missing cells.

use arrow_array::{Array, StringArray, builder::StringBuilder};
use arrow_buffer::{ArrowNativeType, BooleanBuffer, NullBuffer, ScalarBuffer};

use crate::error::{Error, Kind, Result};

/// The values of one term over all rows.
#[derive(Debug)]
pub(super) enum Lane {
    Number(Cells<f64>),
    /// Days since 1970-01-01.
    Date(Cells<i32>),
    Text(Texts),
    Boolean(Truths),
}

/// Numbers or days: one for all rows, or one a row.
#[derive(Debug, Clone)]
pub(super) enum Cells<T: ArrowNativeType> {
    /// The same in every row; `None` is missing.
    One(Option<T>),
    /// One a row; what stands in a missing row means nothing.
    Rows(ScalarBuffer<T>, Option<NullBuffer>),
}

impl<T: ArrowNativeType> Cells<T> {
    /// The value of a row.
    pub(super) fn get(&self, row: usize) -> Option<T> {
        match self {
            Self::One(value) => *value,
            Self::Rows(values, nulls) => match nulls {
                Some(nulls) if nulls.is_null(row) => None,
                _ => values.get(row).copied(),
            },
        }
    }

    /// One value a row.
    pub(super) fn each(len: usize, value: impl Fn(usize) -> Option<T>) -> Self {
        let mut values = Vec::with_capacity(len);
        let valid = BooleanBuffer::collect_bool(len, |row| {
            let cell = value(row);
            values.push(cell.unwrap_or_default());
            cell.is_some()
        });
        Self::rows(values, Some(NullBuffer::new(valid)))
    }

    fn rows(values: Vec<T>, nulls: Option<NullBuffer>) -> Self {
        Self::Rows(ScalarBuffer::from(values), nulls)
    }

    /// A function of each value.
    pub(super) fn map<R: ArrowNativeType>(&self, f: impl Fn(T) -> R) -> Cells<R> {
        match self {
            Self::One(value) => Cells::One(value.map(f)),
            Self::Rows(values, nulls) => {
                Cells::rows(values.iter().map(|&x| f(x)).collect(), nulls.clone())
            }
        }
    }

    /// A function of two values in each row; missing where either is.
    pub(super) fn zip<U: ArrowNativeType, R: ArrowNativeType>(
        &self,
        other: &Cells<U>,
        f: impl Fn(T, U) -> R,
    ) -> Cells<R> {
        match (self, other) {
            (Self::One(None), _) | (_, Cells::One(None)) => Cells::One(None),
            (Self::One(Some(x)), other) => other.map(|y| f(*x, y)),
            (Self::Rows(..), Cells::One(Some(y))) => self.map(|x| f(x, *y)),
            (Self::Rows(a, without), Cells::Rows(b, nulls)) => Cells::rows(
                a.iter().zip(b.iter()).map(|(&x, &y)| f(x, y)).collect(),
                NullBuffer::union(without.as_ref(), nulls.as_ref()),
            ),
        }
    }

    /// Whether two values in each row are as asked; unknown where either is missing.
    pub(super) fn relate(&self, other: &Self, len: usize, f: impl Fn(T, T) -> bool) -> Truths {
        match (self, other) {
            (Self::One(None), _) | (_, Self::One(None)) => Truths::constant(None, len),
            (Self::One(Some(x)), Self::One(Some(y))) => Truths::constant(Some(f(*x, *y)), len),
            (Self::Rows(a, nulls), Self::One(Some(y))) => {
                Truths::new(bits(a, |x| f(x, *y)), nulls.as_ref())
            }
            (Self::One(Some(x)), Self::Rows(b, nulls)) => {
                Truths::new(bits(b, |y| f(*x, y)), nulls.as_ref())
            }
            (Self::Rows(a, without), Self::Rows(b, nulls)) => {
                let rows = a.len().min(b.len());
                let (a, b) = (&a[..rows], &b[..rows]);
                let holds = BooleanBuffer::collect_bool(rows, |row| f(a[row], b[row]));
                Truths::new(holds, NullBuffer::union(without.as_ref(), nulls.as_ref()).as_ref())
            }
        }
    }

    /// A predicate of each value.
    pub(super) fn test(&self, len: usize, f: impl Fn(T) -> bool) -> Truths {
        match self {
            Self::One(value) => Truths::constant(value.map(f), len),
            Self::Rows(values, nulls) => Truths::new(bits(values, f), nulls.as_ref()),
        }
    }

    /// Where there is a value.
    pub(super) fn known(&self, len: usize) -> BooleanBuffer {
        match self {
            Self::One(Some(_)) => BooleanBuffer::new_set(len),
            Self::One(None) => BooleanBuffer::new_unset(len),
            Self::Rows(_, nulls) => valid(len, nulls.as_ref()),
        }
    }

    /// The same with the values for which `keep` does not hold made missing.
    pub(super) fn only(self, keep: impl Fn(T) -> bool) -> Self {
        match self {
            Self::One(value) => Self::One(value.filter(|&x| keep(x))),
            Self::Rows(values, nulls) => {
                // Counted first, without a branch: nearly always all are kept.
                let kept = values.iter().filter(|&&x| keep(x)).count();
                if kept == values.len() {
                    return Self::Rows(values, nulls);
                }
                let kept = NullBuffer::new(bits(&values, keep));
                Self::Rows(values, NullBuffer::union(nulls.as_ref(), Some(&kept)))
            }
        }
    }
}

impl Cells<f64> {
    /// The same with what is infinite or not a number made missing.
    pub(super) fn finite(self) -> Self {
        self.only(f64::is_finite)
    }
}

fn bits<T: Copy>(values: &[T], f: impl Fn(T) -> bool) -> BooleanBuffer {
    BooleanBuffer::collect_bool(values.len(), |row| f(values[row]))
}

fn valid(len: usize, nulls: Option<&NullBuffer>) -> BooleanBuffer {
    nulls.map_or_else(|| BooleanBuffer::new_set(len), |nulls| nulls.inner().clone())
}

/// Text: the same for all rows, or one a row.
#[derive(Debug, Clone)]
pub(super) enum Texts {
    One(Option<String>),
    Rows(StringArray),
}

impl Texts {
    /// The text of a row.
    pub(super) fn get(&self, row: usize) -> Option<&str> {
        match self {
            Self::One(text) => text.as_deref(),
            Self::Rows(texts) if row < texts.len() && texts.is_valid(row) => Some(texts.value(row)),
            Self::Rows(_) => None,
        }
    }

    /// One text a row.
    ///
    /// # Errors
    /// `TooLarge` where they come to 2 GiB.
    pub(super) fn each<S: AsRef<str>>(
        len: usize,
        text: impl Fn(usize) -> Option<S>,
    ) -> Result<Self> {
        let mut builder = StringBuilder::with_capacity(len, len * 8);
        let mut bytes = 0_usize;
        for row in 0..len {
            let text = text(row);
            bytes += text.as_ref().map_or(0, |text| text.as_ref().len());
            if bytes > i32::MAX as usize {
                let what = "an expression makes more than 2 GiB of text from one block of rows";
                return Err(Error::new(Kind::TooLarge, what)
                    .hint_with("shorten the text with fewer || or fewer columns"));
            }
            builder.append_option(text);
        }
        Ok(Self::Rows(builder.finish()))
    }

    /// A predicate of each text; unknown where it is missing.
    pub(super) fn test(&self, len: usize, f: impl Fn(&str) -> bool) -> Truths {
        match self {
            Self::One(text) => Truths::constant(text.as_deref().map(f), len),
            Self::Rows(texts) => {
                let holds = BooleanBuffer::collect_bool(texts.len(), |row| f(texts.value(row)));
                Truths::new(holds, texts.nulls())
            }
        }
    }

    /// Whether two texts in each row are as asked; unknown where either is missing.
    pub(super) fn relate(
        &self,
        other: &Self,
        len: usize,
        f: impl Fn(&str, &str) -> bool,
    ) -> Truths {
        match (self, other) {
            (Self::One(None), _) | (_, Self::One(None)) => Truths::constant(None, len),
            (Self::One(Some(x)), other) => other.test(len, |y| f(x, y)),
            (texts, Self::One(Some(y))) => texts.test(len, |x| f(x, y)),
            (Self::Rows(a), Self::Rows(b)) => {
                let rows = a.len().min(b.len());
                let holds = BooleanBuffer::collect_bool(rows, |row| f(a.value(row), b.value(row)));
                Truths::new(holds, NullBuffer::union(a.nulls(), b.nulls()).as_ref())
            }
        }
    }

    /// Where there is a text.
    pub(super) fn known(&self, len: usize) -> BooleanBuffer {
        match self {
            Self::One(Some(_)) => BooleanBuffer::new_set(len),
            Self::One(None) => BooleanBuffer::new_unset(len),
            Self::Rows(texts) => valid(len, texts.nulls()),
        }
    }
}

/// Truth values: a row is true where `yes` is set, false where `no` is, unknown where neither is.
///
/// Never both. With this pair three-valued logic is one or two bitwise operations: NOT swaps, and AND
/// is true where both are true, false where either is false.
///
/// # Source
/// Kleene's strong logic of indeterminacy (1938), which is SQL's (ISO/IEC 9075-2, 8.21).
#[derive(Debug, Clone)]
pub(super) struct Truths {
    pub(super) yes: BooleanBuffer,
    pub(super) no: BooleanBuffer,
}

impl Truths {
    /// True where it holds, unknown where missing.
    pub(super) fn new(holds: BooleanBuffer, nulls: Option<&NullBuffer>) -> Self {
        match nulls {
            None => Self { no: !&holds, yes: holds },
            Some(nulls) => Self { yes: &holds & nulls.inner(), no: &!&holds & nulls.inner() },
        }
    }

    /// True or false in every row.
    pub(super) fn certain(holds: BooleanBuffer) -> Self {
        Self::new(holds, None)
    }

    pub(super) fn constant(value: Option<bool>, len: usize) -> Self {
        let fill = |set: bool| {
            if set { BooleanBuffer::new_set(len) } else { BooleanBuffer::new_unset(len) }
        };
        Self { yes: fill(value == Some(true)), no: fill(value == Some(false)) }
    }

    /// The truth value of a row.
    pub(super) fn get(&self, row: usize) -> Option<bool> {
        let set = |bits: &BooleanBuffer| row < bits.len() && bits.value(row);
        match (set(&self.yes), set(&self.no)) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        }
    }

    /// One truth value a row.
    pub(super) fn each(len: usize, value: impl Fn(usize) -> Option<bool>) -> Self {
        let mut yes = Vec::with_capacity(len);
        let no = BooleanBuffer::collect_bool(len, |row| {
            let value = value(row);
            yes.push(value == Some(true));
            value == Some(false)
        });
        Self { yes: BooleanBuffer::from(yes), no }
    }

    pub(super) fn not(self) -> Self {
        Self { yes: self.no, no: self.yes }
    }

    pub(super) fn and(&self, other: &Self) -> Self {
        Self { yes: &self.yes & &other.yes, no: &self.no | &other.no }
    }

    pub(super) fn or(&self, other: &Self) -> Self {
        Self { yes: &self.yes | &other.yes, no: &self.no & &other.no }
    }

    /// Where it is true or false.
    pub(super) fn known(&self) -> BooleanBuffer {
        &self.yes | &self.no
    }

    /// Whether two truth values in each row are as asked, false before true.
    pub(super) fn relate(&self, other: &Self, f: impl Fn(bool, bool) -> bool) -> Self {
        let rows = self.yes.len().min(other.yes.len());
        let holds =
            BooleanBuffer::collect_bool(rows, |row| f(self.yes.value(row), other.yes.value(row)));
        let known = NullBuffer::new(&self.known() & &other.known());
        Self::new(holds, Some(&known))
    }
}
