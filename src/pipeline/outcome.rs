//! What the expressions say of each row: state, outcomes, value, and the keys that order rows.

use arrow_array::{RecordBatch, StringArray};

use crate::{
    dataset::order,
    error::{Error, Kind, Place, Result},
    expr::Expr,
    features::ColumnPlan,
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

/// The answers for a stretch of rows; one entry a row, or none at all where nothing was asked.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Answers {
    /// The state.
    pub state: Vec<State>,
    /// Whether an active customer left; `None` where that is not known.
    pub churn: Vec<Option<bool>>,
    /// Whether a dormant customer came back; `None` where that is not known. Empty where it is not
    /// asked.
    pub reactivation: Vec<Option<bool>>,
    /// Value a year; NaN where it is not known, empty where it is not asked. See [`Answers::worth`].
    value: Vec<f64>,
    /// As-of date, days since 1970-01-01; empty where the table has none.
    pub as_of: Vec<i32>,
    /// Hash of the customer.
    pub customer: Vec<u64>,
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

    /// The columns that may become features.
    pub fn plans(&self) -> &'a [ColumnPlan] {
        &self.roles.plans
    }

    /// Answers for a block.
    pub fn answer(&self, block: &Block) -> Result<Answers> {
        let rows = &block.rows;
        let state = self.states.of(rows)?;
        let only = |wanted: State, answers: Vec<Option<bool>>| -> Vec<Option<bool>> {
            let kept = answers.into_iter().zip(&state).map(|(a, s)| a.filter(|_| *s == wanted));
            kept.collect()
        };
        let churn = only(State::Active, self.churn.truth(rows)?);
        let reactivation = match &self.reactivation {
            Some(expr) => only(State::Dormant, expr.truth(rows)?),
            None => Vec::new(),
        };
        let value = match &self.value {
            Some(value) => value.numbers(rows)?.iter().map(|v| v.unwrap_or(f64::NAN)).collect(),
            None => Vec::new(),
        };
        let as_of = as_of_days(rows, self.roles.as_of.as_deref())?.unwrap_or_default();
        let customer = self.customers(rows)?;
        Ok(Answers { state, churn, reactivation, value, as_of, customer })
    }

    fn customers(&self, rows: &RecordBatch) -> Result<Vec<u64>> {
        let Some(id) = &self.roles.id else {
            let features: Vec<usize> =
                (0..rows.num_columns()).filter(|&at| self.is_feature(rows, at)).collect();
            let features = rows.project(&features).map_err(|e| {
                Error::new(Kind::UnknownFormat, format!("the table cannot be read: {e}"))
            })?;
            return Ok(order::content_keys(self.seed, &features, None).customer);
        };
        let ids = rows.column_by_name(id).and_then(|c| c.as_any().downcast_ref::<StringArray>());
        let ids = ids.ok_or_else(|| {
            Error::new(Kind::WrongType, "the id column was not read as text")
                .at(Place::Column(id.clone()))
        })?;
        Ok(order::keys(self.seed, ids, None).customer)
    }

    fn is_feature(&self, rows: &RecordBatch, at: usize) -> bool {
        let schema = rows.schema();
        self.roles.plans.iter().any(|plan| plan.name == *schema.field(at).name())
    }
}

impl Answers {
    /// Answers without a row, with room for those of so many.
    pub fn with_room(questions: &Questions<'_>, rows: usize) -> Self {
        let roles = questions.roles;
        let only_if = |asked: bool| if asked { rows } else { 0 };
        Self {
            state: Vec::with_capacity(rows),
            churn: Vec::with_capacity(rows),
            reactivation: Vec::with_capacity(only_if(roles.rules.reactivation.is_some())),
            value: Vec::with_capacity(only_if(roles.rules.value.is_some())),
            as_of: Vec::with_capacity(only_if(roles.as_of.is_some())),
            customer: Vec::with_capacity(rows),
        }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.state.len()
    }

    /// Appends the answers of the next rows.
    pub fn append(&mut self, mut next: Self) {
        self.state.append(&mut next.state);
        self.churn.append(&mut next.churn);
        self.reactivation.append(&mut next.reactivation);
        self.value.append(&mut next.value);
        self.as_of.append(&mut next.as_of);
        self.customer.append(&mut next.customer);
    }

    /// Brings the rows into another order: entry `i` becomes what was entry `order[i]`.
    pub fn reorder(&mut self, order: &[u32]) {
        fn pick<T: Copy>(all: &mut Vec<T>, order: &[u32]) {
            if !all.is_empty() {
                *all = order.iter().map(|&i| all[i as usize]).collect();
            }
        }
        pick(&mut self.state, order);
        pick(&mut self.churn, order);
        pick(&mut self.reactivation, order);
        pick(&mut self.value, order);
        pick(&mut self.as_of, order);
        pick(&mut self.customer, order);
    }

    /// Value a year, where it is asked and known.
    pub fn worth(&self, row: usize) -> Option<f64> {
        self.value.get(row).copied().filter(|value| !value.is_nan())
    }

    /// Whether the value of customers is asked for.
    pub fn has_values(&self) -> bool {
        !self.value.is_empty()
    }

    /// Hash of the customer and the as-of date.
    pub fn key(&self, row: usize) -> u64 {
        order::snapshot_key(self.customer[row], self.as_of.get(row).copied())
    }

    /// Whether a dormant customer came back, where that is asked and known.
    pub fn returned(&self, row: usize) -> Option<bool> {
        self.reactivation.get(row).copied().flatten()
    }

    /// Whether a row has an outcome to learn from.
    pub fn labelled(&self, row: usize) -> bool {
        self.churn[row].is_some() || self.returned(row).is_some()
    }
}
