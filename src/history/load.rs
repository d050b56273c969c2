//! Reads all raw tables into records by customer.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use arrow_array::{Array, cast::AsArray};
use rayon::prelude::*;

use super::{
    dictionary::{Dictionary, Lookup, Words},
    dormancy::{Rule, means_customers},
    ids::Ids,
    make::{self, Row},
    params::HistoryParams,
    people::{Customer, Places},
    quality::{Quality, Rejected, TableFacts},
    reader::Plan,
    records::{NEVER, Record},
    schema::RawTable,
    shelf::{Budget, Parts, Shelf, put},
};
use crate::{
    error::{Error, Kind, Place, Result},
    sources::{self, Block, Column, ColumnType, Input, ReadParams},
    store,
    units::Day,
};

/// The most rows set aside that are listed, for each table; all are counted.
const MOST_LISTED: usize = 10_000;
/// Blocks that are worked on at a time, for each thread.
const AHEAD: usize = 2;

/// All that is known of the customers.
#[derive(Debug)]
pub struct History {
    pub(super) params: HistoryParams,
    pub(super) ids: Ids,
    pub(super) customers: Vec<Customer>,
    pub(super) words: Words,
    pub(super) parts: Parts,
    pub(super) shelves: Shelves,
    pub(super) fields: BTreeMap<RawTable, Vec<&'static str>>,
    pub(super) base_currency: u32,
    pub(super) rates: BTreeMap<u32, f64>,
    pub(super) first_day: Day,
    pub(super) complete_until: Day,
    /// What was found.
    pub quality: Quality,
    /// Rows set aside, up to ten thousand a table.
    pub rejected: Vec<Rejected>,
}

/// The records of all tables.
#[derive(Debug)]
pub(super) struct Shelves {
    pub txns: Shelf,
    pub balances: Shelf,
    pub products: Shelf,
    pub contacts: Shelf,
    pub benefits: Shelf,
    pub feedback: Shelf,
    pub payroll: Shelf,
}

/// Reads the raw tables. `rows` hears how many rows of which table were read.
///
/// # Errors
/// `NotFound` where there are no customers, or neither transactions nor balances; those of reading a
/// file; `BadParameter`.
pub fn load(
    params: &HistoryParams,
    folder: &Path,
    read: &ReadParams,
    rows: &(dyn Fn(RawTable, u64) + Sync),
) -> Result<History> {
    params.check()?;
    let mut params = params.clone();
    params.dormancy.rules.extend(thresholds(folder, read)?);
    let kinds = params.dormancy.rules.iter().flat_map(|rule| &rule.excluded);
    let kinds: Vec<String> = kinds.filter(|what| !means_customers(what)).cloned().collect();
    params.involuntary.extend(kinds);
    let params = &params;
    let mut files = BTreeMap::new();
    for table in RawTable::ALL {
        let found = find(table, params, folder)?;
        if !found.is_empty() {
            files.insert(table, found);
        }
    }
    let has = |table| files.contains_key(&table);
    if !has(RawTable::Customers) {
        return Err(absent(folder, "there is no file of customers", "customers"));
    }
    if !has(RawTable::Transactions) && !has(RawTable::Balances) {
        let what = "there is neither a file of transactions nor one of balances";
        return Err(absent(folder, what, "transactions"));
    }
    let dictionary = Dictionary::default();
    let mut desk = Desk::new(params, read, rows, &dictionary);
    desk.customers(&files)?;
    let (parts, budget) = (Parts::new(desk.ids.len()), Budget::new(params.memory_mb));
    let shelf = || Shelf::new(parts, budget.clone());
    let shelves = Shelves {
        balances: desk.table(RawTable::Balances, &files, shelf(), make::balance)?,
        txns: desk.table(RawTable::Transactions, &files, shelf(), make::transaction)?,
        products: desk.table(RawTable::Products, &files, shelf(), make::product)?,
        contacts: desk.table(RawTable::Contacts, &files, shelf(), make::contact)?,
        benefits: desk.table(RawTable::Benefits, &files, shelf(), make::movement)?,
        feedback: desk.table(RawTable::Feedback, &files, shelf(), make::answer)?,
        payroll: desk.table(RawTable::Payroll, &files, shelf(), make::salary)?,
    };
    let Desk { ids, people, fields, mut quality, rejected, days, currencies, .. } = desk;
    quality.absent = RawTable::ALL.into_iter().filter(|table| !files.contains_key(table)).collect();
    quality.customers = ids.len() as u64;
    let words = dictionary.finish();
    let (base_currency, rates) = currency(params, &currencies, &words)?;
    quality.currency = words.get(base_currency).map(str::to_owned);
    let (first_day, complete_until) = span(&days, params)?;
    quality.complete_until = complete_until.to_string();
    for facts in &mut quality.tables {
        facts.other_currency = currencies
            .iter()
            .filter(|((table, code), _)| *table == facts.table && *code != base_currency)
            .filter(|((_, code), _)| *code != 0)
            .map(|(_, count)| count)
            .sum();
        let of_table = days.get(&facts.table);
        let beyond = of_table.into_iter().flat_map(|days| days.range(complete_until.0 + 1..));
        facts.future_dated += beyond.map(|(_, count)| count).sum::<u64>();
        facts.days = of_table.and_then(|days| {
            let (first, last) = (days.first_key_value()?, days.last_key_value()?);
            Some((Day(*first.0).to_string(), Day(*last.0).to_string()))
        });
    }
    Ok(History {
        params: params.clone(),
        ids,
        customers: people,
        words,
        parts,
        shelves,
        fields,
        base_currency,
        rates,
        first_day,
        complete_until,
        quality,
        rejected,
    })
}

fn absent(folder: &Path, what: &str, table: &str) -> Error {
    Error::new(Kind::NotFound, what).at(Place::File(folder.to_owned())).hint_with(format!(
        "call it {table}.csv (or .parquet), or name it in the configuration: [history.{table}] files = [\"…\"]"
    ))
}

/// The file of thresholds of dormancy, where there is one.
const THRESHOLDS: &str = "org_thresholds.csv";

/// The thresholds that a file gives.
fn thresholds(folder: &Path, read: &ReadParams) -> Result<Vec<Rule>> {
    let path = folder.join(THRESHOLDS);
    if !store::exists(&path) {
        return Ok(Vec::new());
    }
    let input = Input::Path(path.clone());
    let names = sources::names(&input, read)?;
    let wanted: Vec<Column> =
        ["level", "key", "dimension", "value", "days", "min_balance", "excluded"]
            .into_iter()
            .filter(|name| names.iter().any(|known| known == name))
            .map(|name| Column { name: name.to_owned(), kind: ColumnType::Text })
            .collect();
    let mut rules = Vec::new();
    for block in sources::open(&input, read, None, &wanted)? {
        let block = block?;
        for row in 0..block.rows.num_rows() {
            let cell = |name: &str| {
                let column = block.rows.column_by_name(name)?.as_string_opt::<i32>()?;
                column.is_valid(row).then(|| column.value(row).trim())
            };
            let rule = Rule::read(&cell).map_err(|(column, what)| {
                Error::new(Kind::WrongType, what)
                    .at(Place::cell(path.clone(), block.lines[row], column))
                    .hint_with("level is hq, branch or sub_branch; dimension customer, asset, channel or product; days a whole number")
            })?;
            rules.push(rule);
        }
    }
    Ok(rules)
}

/// The files of a table: those named, or those called like it.
fn find(table: RawTable, params: &HistoryParams, folder: &Path) -> Result<Vec<PathBuf>> {
    let source = params.source(table);
    if source.files.is_empty() {
        let name = table.name();
        let mut files = Vec::new();
        for ending in ["csv", "csv.gz", "csv.zst", "parquet", "arrow"] {
            files.extend(store::find(folder, &format!("{name}.{ending}"))?);
            files.extend(store::find(folder, &format!("{name}[-_]*.{ending}"))?);
            files.extend(store::find(folder, &format!("{name}/*.{ending}"))?);
        }
        files.sort();
        files.dedup();
        return Ok(files);
    }
    let mut files = Vec::new();
    for pattern in &source.files {
        let found = store::find(folder, pattern)?;
        if found.is_empty() {
            let what = format!("no file matches {pattern:?}");
            return Err(Error::new(Kind::NotFound, what).at(Place::File(folder.to_owned())));
        }
        files.extend(found);
    }
    Ok(files)
}

/// The currency of the amounts, and what others are worth in it.
fn currency(
    params: &HistoryParams,
    seen: &BTreeMap<(RawTable, u32), u64>,
    words: &Words,
) -> Result<(u32, BTreeMap<u32, f64>)> {
    let rates =
        params.rates.iter().filter_map(|(name, rate)| Some((words.find(name)?, *rate))).collect();
    if let Some(name) = &params.currency {
        let code = words.find(name).ok_or_else(|| {
            Error::new(Kind::BadParameter, format!("no amount is in {name}"))
                .at(Place::Key("history.currency".to_owned()))
        })?;
        return Ok((code, rates));
    }
    let mut totals: BTreeMap<&str, (u64, u32)> = BTreeMap::new();
    for (&(_, code), count) in seen {
        if let Some(name) = words.get(code) {
            totals.entry(name).or_insert((0, code)).0 += count;
        }
    }
    let most = totals.iter().max_by(|a, b| a.1.0.cmp(&b.1.0).then_with(|| b.0.cmp(a.0)));
    Ok((most.map_or(0, |(_, (_, code))| *code), rates))
}

/// Days without any row that an export may have before its last rows; what lies beyond a longer gap is
/// dated wrongly.
const LONGEST_GAP: i32 = 45;

/// The first day of any event, and the last for which the data are complete.
fn span(
    days: &BTreeMap<RawTable, BTreeMap<i32, u64>>,
    params: &HistoryParams,
) -> Result<(Day, Day)> {
    let mut all: BTreeMap<i32, u64> = BTreeMap::new();
    for table in [RawTable::Transactions, RawTable::Balances] {
        for (day, count) in days.get(&table).into_iter().flatten() {
            *all.entry(*day).or_default() += count;
        }
    }
    let total: u64 = all.values().sum();
    let Some((&first, _)) = all.first_key_value() else {
        return Err(Error::new(Kind::EmptyTable, "no transaction and no balance can be used"));
    };
    let mut seen = 0;
    let mut last = first;
    for (&day, &count) in &all {
        // The last thousandth of the rows may be dated wrongly: only what follows closely counts.
        if seen as f64 > 0.999 * total as f64 && day - last > LONGEST_GAP {
            break;
        }
        seen += count;
        last = day;
    }
    Ok((Day(first), params.complete_until.unwrap_or(Day(last))))
}

/// The reading in progress.
struct Desk<'a> {
    params: &'a HistoryParams,
    read: &'a ReadParams,
    rows: &'a (dyn Fn(RawTable, u64) + Sync),
    dictionary: &'a Dictionary,
    ids: Ids,
    people: Vec<Customer>,
    fields: BTreeMap<RawTable, Vec<&'static str>>,
    quality: Quality,
    rejected: Vec<Rejected>,
    days: BTreeMap<RawTable, BTreeMap<i32, u64>>,
    currencies: BTreeMap<(RawTable, u32), u64>,
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
type Make<R> = fn(&Row<'_>, &mut Lookup<'_>) -> Option<(R, u32)>;

impl<'a> Desk<'a> {
    fn new(
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
            rejected: Vec::new(),
            days: BTreeMap::new(),
            currencies: BTreeMap::new(),
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

    fn customers(&mut self, files: &BTreeMap<RawTable, Vec<PathBuf>>) -> Result<()> {
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
                self.list(file, aside, &mut facts);
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

    fn table<R: Record>(
        &mut self,
        table: RawTable,
        files: &BTreeMap<RawTable, Vec<PathBuf>>,
        mut shelf: Shelf,
        make: Make<R>,
    ) -> Result<Shelf> {
        let Some(files) = files.get(&table) else { return Ok(shelf) };
        let (plan, mut facts) = self.plan(table, files)?;
        let ahead = AHEAD * rayon::current_num_threads();
        for file in files {
            let mut blocks = plan.open(file, self.read)?;
            loop {
                let some: Vec<Block> = blocks.by_ref().take(ahead).collect::<Result<_>>()?;
                if some.is_empty() {
                    break;
                }
                let done: Vec<Result<Read>> =
                    some.par_iter().map(|block| self.block(&plan, block, make)).collect();
                for read in done {
                    let read = read?;
                    shelf.take::<R>(&read.bytes)?;
                    self.note(table, file, read, &mut facts);
                }
                (self.rows)(table, facts.rows);
            }
        }
        self.quality.tables.push(facts);
        Ok(shelf)
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

    fn block<R: Record>(&self, plan: &Plan, block: &Block, make: Make<R>) -> Result<Read> {
        let cells = plan.cells(block)?;
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
        for row in 0..count {
            if !cells.keeps(row) {
                read.facts.filtered += 1;
                continue;
            }
            let Some(id) = cells.text(0, row) else {
                let place = (block.lines[row], Some("cust_id".to_owned()), "is missing".to_owned());
                read.rejected.push(place);
                continue;
            };
            let Some(customer) = self.ids.find(id) else {
                read.facts.unknown += 1;
                let cause = "the customer file does not have this customer".to_owned();
                read.rejected.push((block.lines[row], Some("cust_id".to_owned()), cause));
                continue;
            };
            let raw = Row { cells: &cells, row, params: self.params };
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
