//! What the expressions say of each row: state, outcomes, value, and the keys that order rows.

use arrow_array::{RecordBatch, StringArray};

use crate::{
    dataset::order::{self, Keys},
    error::{Error, Kind, Place, Result},
    expr::Expr,
    pipeline::roles::Roles,
    scoring::{State, StateRules, scorer::as_of_days, state::kinds},
    sources::{Block, Column},
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
    /// Number of the row in the file, counted from 1.
    pub number: Vec<u64>,
}

impl<'a> Questions<'a> {
    /// Binds the expressions to the columns of a table.
    pub fn bind(roles: &'a Roles, columns: &[Column], seed: Seed) -> Result<Self> {
        let kinds = kinds(columns);
        let parse =
            |text: &Option<String>| text.as_ref().map(|t| Expr::parse(t, &kinds)).transpose();
        Ok(Self {
            states: StateRules::bind(&roles.rules, columns)?,
            churn: Expr::parse(&roles.rules.churn, &kinds)?,
            reactivation: parse(&roles.rules.reactivation)?,
            value: parse(&roles.rules.value)?,
            roles,
            seed,
        })
    }

    /// Answers for a block.
    pub fn answer(&self, block: &Block) -> Result<Answers> {
        let answers = self.answer_rows(&block.rows)?;
        Ok(Answers { number: block.numbers.clone(), ..answers })
    }

    fn answer_rows(&self, rows: &RecordBatch) -> Result<Answers> {
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
        let as_of = as_of_days(rows, self.roles.as_of.as_deref())?.unwrap_or_default();
        let Keys { customer, row: key } = self.keys(rows, &as_of)?;
        Ok(Answers { state, churn, reactivation, value, as_of, customer, key, number: Vec::new() })
    }

    fn keys(&self, rows: &RecordBatch, as_of: &[i32]) -> Result<Keys> {
        let as_of = (!as_of.is_empty()).then_some(as_of);
        let Some(id) = &self.roles.id else {
            let features: Vec<usize> =
                (0..rows.num_columns()).filter(|&at| self.is_feature(rows, at)).collect();
            let features = rows.project(&features).map_err(|e| {
                Error::new(Kind::UnknownFormat, format!("the table cannot be read: {e}"))
            })?;
            return Ok(order::content_keys(self.seed, &features, as_of));
        };
        let ids = rows.column_by_name(id).and_then(|c| c.as_any().downcast_ref::<StringArray>());
        let ids = ids.ok_or_else(|| {
            Error::new(Kind::WrongType, "the id column was not read as text")
                .at(Place::Column(id.clone()))
        })?;
        Ok(order::keys(self.seed, ids, as_of))
    }

    fn is_feature(&self, rows: &RecordBatch, at: usize) -> bool {
        let schema = rows.schema();
        self.roles.plans.iter().any(|plan| plan.name == *schema.field(at).name())
    }
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
        self.number.append(&mut next.number);
    }

    /// The rows in another order: entry `i` becomes what was entry `order[i]`.
    #[must_use]
    pub fn reordered(&self, order: &[u32]) -> Self {
        fn pick<T: Copy>(all: &[T], order: &[u32]) -> Vec<T> {
            if all.is_empty() {
                Vec::new()
            } else {
                order.iter().map(|&i| all[i as usize]).collect()
            }
        }
        Self {
            state: pick(&self.state, order),
            churn: pick(&self.churn, order),
            reactivation: pick(&self.reactivation, order),
            value: pick(&self.value, order),
            as_of: pick(&self.as_of, order),
            customer: pick(&self.customer, order),
            key: pick(&self.key, order),
            number: pick(&self.number, order),
        }
    }

    /// Whether a row has an outcome to learn from.
    pub fn labelled(&self, row: usize) -> bool {
        self.churn[row].is_some() || self.reactivation[row].is_some()
    }
}
