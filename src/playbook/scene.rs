//! Some rows with everything that rules may read: their own columns, scores, peers, figures.

use std::sync::Arc;

use arrow_array::{
    Array, ArrayRef, Date32Array, Float64Array, RecordBatch, StringArray, new_null_array,
};
use arrow_schema::{DataType, Field, Schema};

use crate::{
    error::{Error, Kind as Fault, Result},
    expr::Kind,
    model::Peers,
    playbook::{
        Quadrant,
        bind::{Bound, PEER, PEER_UPPER},
    },
    scoring::{Band, Scored, State, ValueBand},
    units::Day,
};

/// Rows that grow by columns. A column of a name that is there takes its place.
#[derive(Debug, Clone)]
pub struct Scene {
    rows: RecordBatch,
}

impl Scene {
    /// The rows of a table.
    pub fn new(rows: RecordBatch) -> Self {
        Self { rows }
    }

    /// The rows with all that was added.
    pub fn rows(&self) -> &RecordBatch {
        &self.rows
    }

    /// Adds columns.
    pub fn add(&mut self, columns: Vec<(&str, ArrayRef)>) -> Result<()> {
        if columns.is_empty() {
            return Ok(());
        }
        let schema = self.rows.schema();
        let mut fields: Vec<_> = schema.fields().iter().cloned().collect();
        let mut arrays = self.rows.columns().to_vec();
        for (name, array) in columns {
            let field = Arc::new(Field::new(name, array.data_type().clone(), true));
            if let Some(at) = fields.iter().position(|field| field.name() == name) {
                (fields[at], arrays[at]) = (field, array);
            } else {
                fields.push(field);
                arrays.push(array);
            }
        }
        let schema = Arc::new(Schema::new(fields));
        let options =
            arrow_array::RecordBatchOptions::new().with_row_count(Some(self.rows.num_rows()));
        self.rows = RecordBatch::try_new_with_options(schema, arrays, &options)
            .map_err(|e| Error::new(Fault::UnknownFormat, e.to_string()))?;
        Ok(())
    }

    /// A column of numbers.
    pub fn numbers(&self, name: &str) -> Option<&Float64Array> {
        self.rows.column_by_name(name)?.as_any().downcast_ref()
    }

    /// A column of texts.
    pub fn texts(&self, name: &str) -> Option<&StringArray> {
        self.rows.column_by_name(name)?.as_any().downcast_ref()
    }
}

/// A cell of a column of numbers.
pub fn number_at(column: Option<&Float64Array>, row: usize) -> Option<f64> {
    let column = column?;
    (row < column.len() && column.is_valid(row))
        .then(|| column.value(row))
        .filter(|x| x.is_finite())
}

/// A cell of a column of texts.
pub fn text_at(column: Option<&StringArray>, row: usize) -> Option<&str> {
    let column = column?;
    (row < column.len() && column.is_valid(row)).then(|| column.value(row))
}

/// The Arrow type of a kind.
pub(super) fn data_type(kind: Kind) -> DataType {
    match kind {
        Kind::Number => DataType::Float64,
        Kind::Text => DataType::Utf8,
        Kind::Date => DataType::Date32,
        Kind::Boolean => DataType::Boolean,
    }
}

/// The quadrant of each scored row.
pub fn quadrants(scored: &Scored) -> Vec<Option<Quadrant>> {
    (0..scored.state.len())
        .map(|row| Quadrant::of(scored.state[row], scored.value_band[row], scored.risk_band[row]))
        .collect()
}

impl Bound {
    /// Scored rows with the columns that this playbook reads row by row of scores and peers.
    pub fn scene(
        &self,
        scored: &Scored,
        quadrants: &[Option<Quadrant>],
        peers: Option<&Peers>,
    ) -> Result<Scene> {
        let mut scene = Scene::new(scored.block.rows.clone());
        let mut columns: Vec<(&str, ArrayRef)> = Vec::new();
        for (name, kind) in crate::playbook::bind::SCORES {
            if self.ready.reads.contains(name) {
                let array = self.score(name, scored, quadrants);
                columns.push((
                    name,
                    array.unwrap_or_else(|| new_null_array(&data_type(kind), quadrants.len())),
                ));
            }
        }
        scene.add(columns)?;
        self.add_peers(&mut scene, peers)?;
        Ok(scene)
    }

    fn score(
        &self,
        name: &str,
        scored: &Scored,
        quadrants: &[Option<Quadrant>],
    ) -> Option<ArrayRef> {
        let rows = 0..scored.state.len();
        let of_state = |state: State| -> ArrayRef {
            let one = |row: usize| scored.probability[row].filter(|_| scored.state[row] == state);
            Arc::new(rows.clone().map(one).collect::<Float64Array>())
        };
        let words = |word: &dyn Fn(usize) -> Option<&'static str>| -> ArrayRef {
            Arc::new(rows.clone().map(word).collect::<StringArray>())
        };
        Some(match name {
            "p_churn" => of_state(State::Active),
            "p_react" => of_state(State::Dormant),
            "value" => Arc::new(scored.value.iter().copied().collect::<Float64Array>()),
            "value_at_risk" => {
                Arc::new(rows.map(|row| scored.value_at_risk(row)).collect::<Float64Array>())
            }
            "state" => words(&|row| Some(scored.state[row].name())),
            "quadrant" => words(&|row| quadrants[row].map(Quadrant::name)),
            "value_band" => words(&|row| Some(value_band(scored.value_band[row]))),
            "risk_band" => words(&|row| scored.risk_band[row].map(risk_band)),
            "score_date" => Arc::new(Date32Array::from(scored.as_of.clone()?)),
            "holiday_in_days" => {
                let holidays = &self.book.holidays;
                let next = |day: &i32| {
                    let next = holidays.get(holidays.partition_point(|h| h.0 < *day))?;
                    Some(f64::from(next.0) - f64::from(*day))
                };
                Arc::new(scored.as_of.as_ref()?.iter().map(next).collect::<Float64Array>())
            }
            _ => return None,
        })
    }

    fn add_peers(&self, scene: &mut Scene, peers: Option<&Peers>) -> Result<()> {
        let Some(peers) = peers else { return Ok(()) };
        let wanted: Vec<&String> =
            self.ready.reads.iter().filter(|name| name.starts_with(PEER)).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let groups: Vec<usize> = {
            let of_rows = PeerGroups::new(scene, peers);
            (0..scene.rows().num_rows()).map(|row| of_rows.of(row)).collect()
        };
        let column = |name: &str| -> Option<ArrayRef> {
            let of_group = match name.strip_prefix(PEER_UPPER) {
                Some(column) => &peers.column(column)?.upper,
                None => &peers.column(name.strip_prefix(PEER)?)?.median,
            };
            let usual = |group: &usize| of_group.get(*group).copied().flatten();
            Some(Arc::new(groups.iter().map(usual).collect::<Float64Array>()))
        };
        let found = wanted.into_iter().filter_map(|name| Some((name.as_str(), column(name)?)));
        scene.add(found.collect())
    }
}

/// The peer groups of some rows.
#[derive(Debug)]
pub struct PeerGroups<'a> {
    peers: &'a Peers,
    age: Option<&'a Float64Array>,
    assets: Option<&'a Float64Array>,
}

impl<'a> PeerGroups<'a> {
    /// Those of the rows of a scene.
    pub fn new(scene: &'a Scene, peers: &'a Peers) -> Self {
        Self { peers, age: scene.numbers(&peers.age), assets: scene.numbers(&peers.assets) }
    }

    /// That of one row.
    pub fn of(&self, row: usize) -> usize {
        self.peers.group(number_at(self.age, row), number_at(self.assets, row))
    }
}

/// The word of a value band in the feed.
pub fn value_band(band: ValueBand) -> &'static str {
    match band {
        ValueBand::High => "high",
        ValueBand::Low => "low",
        ValueBand::Unknown => "unknown",
    }
}

/// The word of a risk band in the feed.
pub fn risk_band(band: Band) -> &'static str {
    match band {
        Band::High => "high",
        Band::Low => "low",
    }
}

/// The day so many days after another, within the calendar.
pub fn later(day: i32, days: f64) -> Option<Day> {
    let day = Day(day.checked_add(days.clamp(-1e6, 1e6).floor() as i32)?);
    let (year, month, of_month) = day.ymd();
    (Day::from_ymd(year, month, of_month) == Some(day)).then_some(day)
}
