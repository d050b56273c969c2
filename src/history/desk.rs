//! The reading of the raw tables: rows to records, with everything counted.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::{
    dictionary::{Dictionary, Lookup},
    ids::Ids,
    make::Row,
    params::HistoryParams,
    people::{Customer, Places},
    quality::{Quality, Rejected, TableFacts},
    reader::Plan,
    records::{NEVER, Record},
    schema::RawTable,
    shelf::{Shelf, put},
};
use crate::{
    error::Result,
    sources::{Block, ReadParams},
};

/// The most rows set aside that are listed, for each table; all are counted.
const MOST_LISTED: usize = 10_000;

/// The reading in progress.
pub(super) struct Desk<'a> {
    pub params: &'a HistoryParams,
    pub read: &'a ReadParams,
    pub rows: &'a (dyn Fn(RawTable, u64) + Sync),
    pub dictionary: &'a Dictionary,
    pub ids: Ids,
    pub people: Vec<Customer>,
    pub fields: BTreeMap<RawTable, Vec<&'static str>>,
    pub quality: Quality,
    pub found: Found,
}

/// What is found in the rows.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub rejected: Vec<Rejected>,
    pub days: BTreeMap<RawTable, BTreeMap<i32, u64>>,
    pub currencies: BTreeMap<(RawTable, u32), u64>,
}

/// What is needed to make records of a block's rows, on any thread.
struct Bench<'a> {
    plan: &'a Plan,
    params: &'a HistoryParams,
    ids: &'a Ids,
    dictionary: &'a Dictionary,
}

/// What a block became.
struct Read {
    bytes: Vec<u8>,
    rows: u64,
    facts: Facts,
    rejected: Vec<(u64, Option<String>, String)>,
    days: BTreeMap<i32, u64>,
    currencies: BTreeMap<u32, u64>,
}

#[derive(Default)]
struct Facts {
    filtered: u64,
    unknown: u64,
    late: u64,
    future: u64,
}

/// How a row becomes a record; `None` where its date is missing. The currency is 0 where none is named.
pub(super) type Make<R> = fn(&Row<'_>, &mut Lookup<'_>) -> Option<(R, u32)>;

impl<'a> Desk<'a> {
    pub(super) fn new(
        params: &'a HistoryParams,
        read: &'a ReadParams,
        rows: &'a (dyn Fn(RawTable, u64) + Sync),
        dictionary: &'a Dictionary,
    ) -> Self {
        Self {
            params,
            read,
            rows,
            dictionary,
            ids: Ids::default(),
            people: Vec::new(),
            fields: BTreeMap::new(),
            quality: Quality::default(),
            found: Found::default(),
        }
    }

    fn plan(&mut self, table: RawTable, files: &[PathBuf]) -> Result<(Plan, TableFacts)> {
        let plan = Plan::new(table, self.params.source(table), &files[0], self.read)?;
        let (present, absent): (Vec<_>, Vec<_>) =
            table.fields().iter().map(|field| field.name).partition(|name| plan.has(name));
        let facts = TableFacts {
            table,
            files: files.to_vec(),
            rows: 0,
            filtered: 0,
            rejected: 0,
            unknown_customer: 0,
            has_load_date: plan.has("load_ts"),
            loaded_late: 0,
            future_dated: 0,
            other_currency: 0,
            days: None,
            absent_fields: absent,
        };
        self.fields.insert(table, present);
        Ok((plan, facts))
    }

    pub(super) fn customers(&mut self, files: &BTreeMap<RawTable, Vec<PathBuf>>) -> Result<()> {
        let files = &files[&RawTable::Customers];
        let (plan, mut facts) = self.plan(RawTable::Customers, files)?;
        let (places, at) = (Places::new(), RawTable::Customers.at("cust_id"));
        let dictionary = self.dictionary;
        for file in files {
            for block in plan.open(file, self.read)? {
                let block = block?;
                let cells = plan.cells(&block)?;
                let mut aside = of_block(&block);
                let mut lookup = dictionary.lookup();
                for row in 0..block.rows.num_rows() {
                    if !cells.keeps(row) {
                        facts.filtered += 1;
                        continue;
                    }
                    let Some(id) = cells.text(at, row).filter(|id| !id.is_empty()) else {
                        aside.push((block.lines[row], Some("cust_id".into()), "is missing".into()));
                        continue;
                    };
                    if self.ids.add(id).is_err() {
                        // The customers may well be those of a file of transactions.
                        self.quality.duplicate_customers += 1;
                        continue;
                    }
                    facts.rows += 1;
                    self.people.push(Customer::read(&cells, row, &places, &mut lookup));
                }
                self.found.list(file, aside, &mut facts);
                (self.rows)(RawTable::Customers, facts.rows);
            }
        }
        for person in &mut self.people {
            if person.close < person.open && person.open != NEVER {
                self.quality.closed_before_opened += 1;
                person.close = NEVER;
            }
        }
        self.quality.tables.push(facts);
        Ok(())
    }

    pub(super) fn table<R: Record>(
        &mut self,
        table: RawTable,
        files: &BTreeMap<RawTable, Vec<PathBuf>>,
        mut aside: Shelf,
        make: Make<R>,
    ) -> Result<Shelf> {
        let Some(files) = files.get(&table) else { return Ok(aside) };
        let (plan, mut facts) = self.plan(table, files)?;
        let (params, ids, dictionary) = (self.params, &self.ids, self.dictionary);
        let bench = Bench { plan: &plan, params, ids, dictionary };
        for file in files {
            plan.open(file, self.read)?.in_parallel(
                |block| bench.block(&block, make),
                |read: Read| {
                    aside.take::<R>(&read.bytes)?;
                    self.found.note(table, file, read, &mut facts);
                    (self.rows)(table, facts.rows);
                    Ok(())
                },
            )?;
        }
        self.quality.tables.push(facts);
        Ok(aside)
    }
}

impl Found {
    fn list(
        &mut self,
        file: &Path,
        of: Vec<(u64, Option<String>, String)>,
        facts: &mut TableFacts,
    ) {
        for (line, column, cause) in of {
            facts.rejected += 1;
            if facts.rejected <= MOST_LISTED as u64 {
                self.rejected.push(Rejected { file: file.to_owned(), line, column, cause });
            }
        }
    }

    fn note(&mut self, table: RawTable, file: &Path, read: Read, facts: &mut TableFacts) {
        facts.rows += read.rows;
        facts.filtered += read.facts.filtered;
        facts.unknown_customer += read.facts.unknown;
        facts.loaded_late += read.facts.late;
        facts.future_dated += read.facts.future;
        let days = self.days.entry(table).or_default();
        for (day, count) in read.days {
            *days.entry(day).or_default() += count;
        }
        for (currency, count) in read.currencies {
            *self.currencies.entry((table, currency)).or_default() += count;
        }
        self.list(file, read.rejected, facts);
    }
}

impl Bench<'_> {
    fn block<R: Record>(&self, block: &Block, make: Make<R>) -> Result<Read> {
        let cells = self.plan.cells(block)?;
        let count = block.rows.num_rows();
        let mut read = Read {
            bytes: Vec::with_capacity(count * (4 + R::SIZE)),
            rows: 0,
            facts: Facts::default(),
            rejected: of_block(block),
            days: BTreeMap::new(),
            currencies: BTreeMap::new(),
        };
        let mut lookup = self.dictionary.lookup();
        let mut day_before = (i32::MIN, 0);
        let customers = self.ids.find_all((0..count).map(|row| cells.text(0, row)));
        for (row, customer) in customers.into_iter().enumerate() {
            if !cells.keeps(row) {
                read.facts.filtered += 1;
                continue;
            }
            if cells.text(0, row).is_none() {
                let place = (block.lines[row], Some("cust_id".to_owned()), "is missing".to_owned());
                read.rejected.push(place);
                continue;
            }
            let Some(customer) = customer else {
                read.facts.unknown += 1;
                let cause = "the customer file does not have this customer".to_owned();
                read.rejected.push((block.lines[row], Some("cust_id".to_owned()), cause));
                continue;
            };
            let raw = Row { cells: &cells, at: row, params: self.params };
            let Some((record, currency)) = make(&raw, &mut lookup) else {
                let cause = "the date is missing or outside 1900 to 2200".to_owned();
                read.rejected.push((block.lines[row], None, cause));
                continue;
            };
            read.rows += 1;
            read.facts.late += u64::from(record.known() > record.day() + 1);
            read.facts.future += u64::from(raw.is_dated_after_loading());
            if currency != 0 {
                *read.currencies.entry(currency).or_default() += 1;
            }
            if day_before.0 == record.day() {
                day_before.1 += 1;
            } else {
                if day_before.1 > 0 {
                    *read.days.entry(day_before.0).or_default() += day_before.1;
                }
                day_before = (record.day(), 1);
            }
            put(customer, &record, &mut read.bytes);
        }
        if day_before.1 > 0 {
            *read.days.entry(day_before.0).or_default() += day_before.1;
        }
        Ok(read)
    }
}

/// The rows of a block that could not be read.
fn of_block(block: &Block) -> Vec<(u64, Option<String>, String)> {
    let rejects = block.rejects.iter();
    rejects.map(|reject| (reject.line, reject.column.clone(), reject.cause.clone())).collect()
}
