//! What the expressions say of each row: state, outcomes, value, and the keys that order rows.

use arrow_array::{Array, Date32Array, Float64Array, RecordBatch, StringArray};

use crate::{
    dataset::keys::{customer_key, row_key},
    error::{Error, Kind, Place, Result},
    expr::Expr,
    pipeline::roles::Roles,
    scoring::{State, StateRules, scorer::as_of_days, state::kinds},
    sources::Column,
    units::Seed,
};

/// The expressions of a run, bound to a table.
#[derive(Debug)]
pub struct Questions<'a> {
    roles: &'a Roles,
    seed: Seed,
    states: StateRules,
    churn: Expr,
    reactivation: Option<Expr>,
    value: Option<Expr>,
}

/// The answers for a stretch of rows; one entry a row.
#[derive(Debug, Default)]
pub struct Answers {
    /// The state.
    pub state: Vec<State>,
    /// Whether an active customer left; `None` where that is not known.
    pub churn: Vec<Option<bool>>,
    /// Whether a dormant customer came back; `None` where that is not known.
    pub reactivation: Vec<Option<bool>>,
    /// Value a year.
    pub value: Vec<Option<f64>>,
    /// As-of date, days since 1970-01-01; empty where the table has none.
    pub as_of: Vec<i32>,
    /// Hash of the customer.
    pub customer: Vec<u64>,
    /// Hash of the customer and the as-of date.
    pub key: Vec<u64>,
}

impl<'a> Questions<'a> {
    /// Binds the expressions to the columns of a table.
    pub fn bind(roles: &'a Roles, columns: &[Column], seed: Seed) -> Result<Self> {
        let kinds = kinds(columns);
        let parse = |text: &Option<String>| text.as_ref().map(|t| Expr::parse(t, &kinds)).transpose();
        Ok(Self {
            states: StateRules::bind(&roles.rules, columns)?,
            churn: Expr::parse(&roles.rules.churn, &kinds)?,
            reactivation: parse(&roles.rules.reactivation)?,
            value: parse(&roles.rules.value)?,
            roles,
            seed,
        })
    }

    /// Answers for some rows.
    pub fn answer(&self, rows: &RecordBatch) -> Result<Answers> {
        let state = self.states.of(rows)?;
        let only = |wanted: State, answers: Vec<Option<bool>>| -> Vec<Option<bool>> {
            let kept = answers.into_iter().zip(&state).map(|(a, s)| a.filter(|_| *s == wanted));
            kept.collect()
        };
        let churn = only(State::Active, self.churn.truth(rows)?);
        let reactivation = match &self.reactivation {
            Some(expr) => only(State::Dormant, expr.truth(rows)?),
            None => vec![None; rows.num_rows()],
        };
        let value = match &self.value {
            Some(value) => value.numbers(rows)?,
            None => vec![None; rows.num_rows()],
        };
        let as_of = self.as_of(rows)?;
        let (customer, key) = self.keys(rows, &as_of)?;
        Ok(Answers { state, churn, reactivation, value, as_of, customer, key })
    }

    fn as_of(&self, rows: &RecordBatch) -> Result<Vec<i32>> {
        Ok(as_of_days(rows, self.roles.as_of.as_deref())?.unwrap_or_default())
    }

    fn keys(&self, rows: &RecordBatch, as_of: &[i32]) -> Result<(Vec<u64>, Vec<u64>)> {
        let Some(id) = &self.roles.id else {
            let keys = self.content_keys(rows);
            return Ok((keys.clone(), keys));
        };
        let ids = rows.column_by_name(id).and_then(|c| c.as_any().downcast_ref::<StringArray>());
        let ids = ids.ok_or_else(|| {
            Error::new(Kind::WrongType, "the id column was not read as text").at(Place::Column(id.clone()))
        })?;
        let of_row = |row: usize| {
            let text = if ids.is_valid(row) { ids.value(row) } else { "" };
            (customer_key(self.seed, text), row_key(self.seed, text, as_of.get(row).copied()))
        };
        Ok((0..rows.num_rows()).map(of_row).unzip())
    }

    /// Without an id the content of a row stands for the customer: equal rows stay together, and the
    /// order of the file does not matter.
    fn content_keys(&self, rows: &RecordBatch) -> Vec<u64> {
        let mut keys = vec![self.seed.hash("content", b""); rows.num_rows()];
        for plan in &self.roles.plans {
            let Some(column) = rows.column_by_name(&plan.name) else { continue };
            let column = column.as_any();
            if let Some(numbers) = column.downcast_ref::<Float64Array>() {
                mix_all(&mut keys, |row| numbers.is_valid(row).then(|| numbers.value(row).to_bits()));
            } else if let Some(dates) = column.downcast_ref::<Date32Array>() {
                mix_all(&mut keys, |row| dates.is_valid(row).then(|| dates.value(row) as u64));
            } else if let Some(texts) = column.downcast_ref::<StringArray>() {
                mix_all(&mut keys, |row| texts.is_valid(row).then(|| hash_text(texts.value(row))));
            }
        }
        keys
    }
}

fn mix_all(keys: &mut [u64], cell: impl Fn(usize) -> Option<u64>) {
    for (row, key) in keys.iter_mut().enumerate() {
        *key = mix(*key ^ cell(row).map_or(0x6d69_7373_696e_6721, |bits| bits.wrapping_add(1)));
    }
}

fn hash_text(text: &str) -> u64 {
    text.bytes().fold(text.len() as u64, |hash, byte| mix(hash ^ u64::from(byte)))
}

/// Stirs 64 bits.
///
/// # Source
/// Steele, Lea & Flood, *Fast splittable pseudorandom number generators* (2014), `mix64` of SplitMix.
fn mix(bits: u64) -> u64 {
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

impl Answers {
    /// Appends the answers of the next rows.
    pub fn append(&mut self, mut next: Self) {
        self.state.append(&mut next.state);
        self.churn.append(&mut next.churn);
        self.reactivation.append(&mut next.reactivation);
        self.value.append(&mut next.value);
        self.as_of.append(&mut next.as_of);
        self.customer.append(&mut next.customer);
        self.key.append(&mut next.key);
    }

    /// The rows in another order: entry `i` becomes what was entry `order[i]`.
    #[must_use]
    pub fn reordered(&self, order: &[u32]) -> Self {
        fn pick<T: Copy>(all: &[T], order: &[u32]) -> Vec<T> {
            if all.is_empty() { Vec::new() } else { order.iter().map(|&i| all[i as usize]).collect() }
        }
        Self {
            state: pick(&self.state, order),
            churn: pick(&self.churn, order),
            reactivation: pick(&self.reactivation, order),
            value: pick(&self.value, order),
            as_of: pick(&self.as_of, order),
            customer: pick(&self.customer, order),
            key: pick(&self.key, order),
        }
    }

    /// Whether a row has an outcome to learn from.
    pub fn labelled(&self, row: usize) -> bool {
        self.churn[row].is_some() || self.reactivation[row].is_some()
    }
}
