//! A sample of the training rows, drawn by hash, from which is learned what is usual among peers.

use std::{collections::BTreeMap, sync::Arc};

use arrow_array::{Array, ArrayRef, Float64Array, RecordBatch};
use arrow_schema::{DataType, Field, Schema};

use crate::{
    error::{Error, Kind, Result},
    model::{PeerColumn, Peers},
};

/// Rows that are kept: enough for a median in each of some dozens of groups.
const MOST_ROWS: usize = 20_000;

/// Fewest rows of a group that speak for it; below, all rows do.
const FEWEST: usize = 30;

/// The rows with the smallest keys, whatever their order: a random sample, for keys are hashes.
#[derive(Debug, Clone)]
pub struct PeerSample {
    names: Vec<String>,
    rows: BTreeMap<u64, Vec<f64>>,
}

impl PeerSample {
    /// An empty sample of these columns of numbers.
    pub fn new(names: Vec<String>) -> Self {
        Self { names, rows: BTreeMap::new() }
    }

    /// Looks at rows; `keys` has the hash of each.
    pub fn observe(&mut self, rows: &RecordBatch, keys: &[u64]) {
        let columns: Vec<Option<&Float64Array>> = self
            .names
            .iter()
            .map(|name| rows.column_by_name(name)?.as_any().downcast_ref())
            .collect();
        let cell = |column: Option<&Float64Array>, row: usize| match column {
            Some(column) if column.is_valid(row) => column.value(row),
            _ => f64::NAN,
        };
        for (row, &key) in keys.iter().enumerate() {
            let is_full = self.rows.len() >= MOST_ROWS;
            if is_full && self.rows.last_key_value().is_some_and(|(last, _)| key > *last) {
                continue;
            }
            let cells: Vec<f64> = columns.iter().map(|column| cell(*column, row)).collect();
            // Of two rows with one key the same is kept in any order.
            let bits = |cells: &[f64]| cells.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
            match self.rows.entry(key) {
                std::collections::btree_map::Entry::Vacant(slot) => {
                    slot.insert(cells);
                }
                std::collections::btree_map::Entry::Occupied(mut slot) => {
                    if bits(&cells) < bits(slot.get()) {
                        slot.insert(cells);
                    }
                }
            }
            if self.rows.len() > MOST_ROWS {
                self.rows.pop_last();
            }
        }
    }

    /// The sample as a table.
    pub fn table(&self) -> Result<RecordBatch> {
        let field = |name: &String| Field::new(name, DataType::Float64, true);
        let schema = Schema::new(self.names.iter().map(field).collect::<Vec<_>>());
        let column = |at: usize| -> ArrayRef {
            let cell = |cells: &Vec<f64>| cells.get(at).copied().filter(|x| x.is_finite());
            Arc::new(self.rows.values().map(cell).collect::<Float64Array>())
        };
        let columns = (0..self.names.len()).map(column).collect();
        let options = arrow_array::RecordBatchOptions::new().with_row_count(Some(self.rows.len()));
        RecordBatch::try_new_with_options(Arc::new(schema), columns, &options)
            .map_err(|e| Error::new(Kind::UnknownFormat, e.to_string()))
    }
}

/// Fits what is usual of the named columns; `None` where the table lacks the columns that make peers.
/// `shape` has the columns and cuts that make them.
pub fn fit(shape: Peers, rows: &RecordBatch, names: &[String]) -> Option<Peers> {
    let numbers = |name: &str| -> Option<&Float64Array> {
        rows.column_by_name(name)?.as_any().downcast_ref()
    };
    let (age, assets) = (numbers(&shape.age)?, numbers(&shape.assets)?);
    let cell = |column: &Float64Array, row: usize| column.is_valid(row).then(|| column.value(row));
    let groups: Vec<usize> =
        (0..rows.num_rows()).map(|row| shape.group(cell(age, row), cell(assets, row))).collect();
    let column = |name: &String| {
        let column = numbers(name)?;
        let mut known: Vec<Vec<f64>> = vec![Vec::new(); shape.groups()];
        for (row, group) in groups.iter().enumerate() {
            if let Some(value) = cell(column, row).filter(|value| value.is_finite()) {
                known[*group].push(value);
            }
        }
        let mut all: Vec<f64> = known.iter().flatten().copied().collect();
        let overall = (quantile(&mut all, 0.5), quantile(&mut all, 0.7));
        let of = |known: &mut Vec<f64>| {
            let enough = known.len() >= FEWEST;
            if enough { (quantile(known, 0.5), quantile(known, 0.7)) } else { overall }
        };
        let (median, upper) = known.iter_mut().map(of).unzip();
        Some(PeerColumn { name: name.clone(), median, upper })
    };
    let columns = names.iter().filter_map(column).collect();
    Some(Peers { columns, ..shape })
}

/// The smallest number that at least a share `q` of all numbers does not exceed.
fn quantile(numbers: &mut [f64], q: f64) -> Option<f64> {
    if numbers.is_empty() {
        return None;
    }
    let rank = (q * numbers.len() as f64).ceil() as usize;
    let at = rank.clamp(1, numbers.len()) - 1;
    Some(*numbers.select_nth_unstable_by(at, f64::total_cmp).1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(values: &[(f64, f64)]) -> RecordBatch {
        let of = |pick: fn(&(f64, f64)) -> f64| -> ArrayRef {
            Arc::new(values.iter().map(|pair| Some(pick(pair))).collect::<Float64Array>())
        };
        RecordBatch::try_from_iter([("age", of(|p| p.0)), ("aum", of(|p| p.1))]).unwrap()
    }

    fn shape() -> Peers {
        Peers {
            age: "age".into(),
            ages: vec![40.0],
            assets: "aum".into(),
            bands: vec![100.0],
            columns: Vec::new(),
        }
    }

    #[test]
    fn the_sample_does_not_depend_on_the_order() {
        let all: Vec<(f64, f64)> = (0..30_000).map(|i| (f64::from(i % 80), f64::from(i))).collect();
        let key = |x: f64| (x as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut forwards = PeerSample::new(vec!["age".into(), "aum".into()]);
        let keys: Vec<u64> = all.iter().map(|p| key(p.1)).collect();
        forwards.observe(&rows(&all), &keys);
        let mut backwards = PeerSample::new(vec!["age".into(), "aum".into()]);
        for chunk in all.rchunks(7_001) {
            let keys: Vec<u64> = chunk.iter().map(|p| key(p.1)).collect();
            backwards.observe(&rows(chunk), &keys);
        }
        assert_eq!(forwards.table().unwrap(), backwards.table().unwrap());
        assert_eq!(forwards.table().unwrap().num_rows(), MOST_ROWS);
    }

    #[test]
    fn medians_are_those_of_the_group_or_of_all_where_it_is_small() {
        let mut all: Vec<(f64, f64)> = (1..=41).map(|i| (30.0, f64::from(i))).collect();
        all.extend((0..5).map(|_| (50.0, 1000.0)));
        let peers = fit(shape(), &rows(&all), &["aum".to_owned()]).unwrap();
        let aum = peers.column("aum").unwrap();
        assert_eq!(aum.median[peers.group(Some(30.0), Some(5.0))], Some(21.0));
        assert_eq!(aum.upper[peers.group(Some(30.0), Some(5.0))], Some(29.0));
        assert_eq!(aum.median[peers.group(Some(50.0), Some(1000.0))], Some(23.0));
        let none = Peers { age: "years".into(), ..shape() };
        assert!(fit(none, &rows(&all), &[]).is_none());
    }
}
