//! Records put aside by customer.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use super::records::Record;
use crate::{
    error::Result,
    store::{Piece, Scratch},
};

/// The most parts that customers are put into.
const MOST_PARTS: usize = 512;
/// Customers of a part, where there are few.
const FEW: usize = 512;
/// Bytes of a part that are worth a trip to the disk.
const WORTH: usize = 64 * 1024;

/// Neighbouring customers that are gone through together.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parts {
    customers: usize,
    each: usize,
}

impl Parts {
    pub(super) fn new(customers: usize) -> Self {
        Self { customers, each: customers.div_ceil(MOST_PARTS).max(FEW) }
    }

    pub(super) fn count(self) -> usize {
        self.customers.div_ceil(self.each)
    }

    fn of(self, customer: u32) -> usize {
        customer as usize / self.each
    }

    /// The customers of a part.
    pub(super) fn range(self, part: usize) -> std::ops::Range<u32> {
        let start = part * self.each;
        start as u32..(start + self.each).min(self.customers) as u32
    }
}

/// Memory that all shelves share.
#[derive(Debug, Clone)]
pub(super) struct Budget {
    used: Arc<AtomicU64>,
    limit: u64,
}

impl Budget {
    pub(super) fn new(mebibytes: u32) -> Self {
        Self { used: Arc::default(), limit: u64::from(mebibytes) << 20 }
    }
}

/// The records of one table: in memory while the budget lasts, else in a nameless file.
#[derive(Debug)]
pub(super) struct Shelf {
    parts: Parts,
    budget: Budget,
    held: Vec<Vec<u8>>,
    aside: Vec<Vec<Piece>>,
    scratch: Option<Scratch>,
}

/// A customer and a record, as bytes.
pub(super) fn put<R: Record>(customer: u32, record: &R, bytes: &mut Vec<u8>) {
    bytes.extend_from_slice(&customer.to_le_bytes());
    record.put(bytes);
}

impl Shelf {
    pub(super) fn new(parts: Parts, budget: Budget) -> Self {
        let count = parts.count();
        Self {
            parts,
            budget,
            held: vec![Vec::new(); count],
            aside: vec![Vec::new(); count],
            scratch: None,
        }
    }

    /// Puts records aside that [`put`] wrote.
    pub(super) fn take<R: Record>(&mut self, bytes: &[u8]) -> Result<()> {
        for record in bytes.chunks_exact(4 + R::SIZE) {
            let mut customer = [0; 4];
            customer.copy_from_slice(&record[..4]);
            if let Some(part) = self.held.get_mut(self.parts.of(u32::from_le_bytes(customer))) {
                part.extend_from_slice(record);
            }
        }
        let used = self.budget.used.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        if used + bytes.len() as u64 > self.budget.limit { self.spill() } else { Ok(()) }
    }

    fn spill(&mut self) -> Result<()> {
        let scratch = match &mut self.scratch {
            Some(scratch) => scratch,
            None => self.scratch.insert(Scratch::new()?),
        };
        // Where every part is small, waiting for more would never free anything.
        let total: usize = self.held.iter().map(Vec::len).sum();
        let worth = WORTH.min(total / self.held.len().max(1) / 2 + 1);
        for (held, aside) in self.held.iter_mut().zip(&mut self.aside) {
            if held.len() >= worth {
                aside.push(scratch.put(held)?);
                self.budget.used.fetch_sub(held.len() as u64, Ordering::Relaxed);
                *held = Vec::new();
            }
        }
        Ok(())
    }

    /// The records of a part, by customer, each customer's by day, then by the day they became known,
    /// then by their bytes: whatever the order in which they came.
    pub(super) fn part<R: Record>(&self, part: usize) -> Result<Sorted<R>> {
        let mut bytes = Vec::new();
        if let Some(scratch) = &self.scratch {
            for piece in &self.aside[part] {
                scratch.fetch(*piece, &mut bytes)?;
            }
        }
        let held: &[u8] = if bytes.is_empty() {
            &self.held[part]
        } else {
            bytes.extend_from_slice(&self.held[part]);
            &bytes
        };
        Ok(sort(held, self.parts.range(part)))
    }
}

/// Records of some neighbouring customers.
#[derive(Debug)]
pub(super) struct Sorted<R> {
    first: u32,
    ends: Vec<usize>,
    records: Vec<R>,
}

impl<R> Sorted<R> {
    /// The records of a customer.
    pub(super) fn of(&self, customer: u32) -> &[R] {
        let at = (customer - self.first) as usize;
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.records[start..self.ends[at]]
    }
}

fn sort<R: Record>(bytes: &[u8], customers: std::ops::Range<u32>) -> Sorted<R> {
    let size = 4 + R::SIZE;
    let customer = |record: &[u8]| {
        let mut customer = [0; 4];
        customer.copy_from_slice(&record[..4]);
        u32::from_le_bytes(customer)
    };
    let first = customers.start;
    let mut ends = vec![0; customers.len()];
    for record in bytes.chunks_exact(size) {
        ends[(customer(record) - first) as usize] += 1;
    }
    let mut total = 0;
    for end in &mut ends {
        total += *end;
        *end = total;
    }
    let mut starts: Vec<usize> =
        std::iter::once(0).chain(ends.iter().copied()).take(ends.len()).collect();
    let mut rows: Vec<&[u8]> = vec![&[]; total];
    for record in bytes.chunks_exact(size) {
        let slot = &mut starts[(customer(record) - first) as usize];
        rows[*slot] = &record[4..];
        *slot += 1;
    }
    let mut start = 0;
    let mut of_customer: Vec<(i32, i32, &[u8], R)> = Vec::new();
    let mut records = Vec::with_capacity(total);
    for &end in &ends {
        of_customer.clear();
        of_customer.extend(rows[start..end].iter().map(|row| {
            let record = R::get(row);
            (record.day(), record.known(), *row, record)
        }));
        of_customer.sort_unstable_by(|a, b| (a.0, a.1, a.2).cmp(&(b.0, b.1, b.2)));
        records.extend(of_customer.iter().map(|(.., record)| *record));
        start = end;
    }
    Sorted { first, ends, records }
}
