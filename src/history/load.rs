//! Reads all raw tables into records by customer.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use arrow_array::{Array, cast::AsArray};

use super::{
    desk::{Desk, Found},
    dictionary::{Dictionary, Words},
    dormancy::{Rule, means_customers},
    ids::Ids,
    make,
    params::HistoryParams,
    people::Customer,
    quality::{Quality, Rejected},
    schema::RawTable,
    shelf::{Budget, Parts, Shelf},
};
use crate::{
    error::{Error, Kind, Place, Result},
    sources::{self, Column, ColumnType, Input, ReadParams},
    store,
    units::Day,
};

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
    let Desk { ids, people, fields, mut quality, found, .. } = desk;
    let Found { rejected, days, currencies } = found;
    quality.absent = RawTable::ALL.into_iter().filter(|table| !files.contains_key(table)).collect();
    quality.customers = ids.len() as u64;
    let words = dictionary.finish();
    let (base_currency, rates) = currency(params, &currencies, &words)?;
    quality.currency = words.get(base_currency).map(str::to_owned);
    let (first_day, complete_until) = span(&days, params)?;
    complete(&mut quality, &days, &currencies, base_currency, complete_until);
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

/// Days of the rows of each table, and how many rows each has.
type Days = BTreeMap<RawTable, BTreeMap<i32, u64>>;

/// Counts what can be counted only when all is read.
fn complete(
    quality: &mut Quality,
    days: &Days,
    currencies: &BTreeMap<(RawTable, u32), u64>,
    base_currency: u32,
    complete_until: Day,
) {
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
fn span(days: &Days, params: &HistoryParams) -> Result<(Day, Day)> {
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
