//! What a playbook says of some rows: column by column, all rules over all rows at once.

use std::{collections::BTreeSet, sync::Arc};

use arrow_array::{ArrayRef, Float64Array, StringArray, new_null_array};
use arrow_buffer::BooleanBuffer;

use crate::{
    error::Result,
    expr::{Expr, Kind},
    model::Peers,
    playbook::{
        Quadrant,
        bind::{Bound, BoundFigure, How, STAGE},
        ready::Standing,
        scene::{Scene, data_type, quadrants},
    },
    scoring::Scored,
};

/// What a playbook says of some rows.
#[derive(Debug)]
pub struct Played {
    /// The rows with every column that was read or made.
    pub scene: Scene,
    /// For each row the rules that hold: bit *n* is that of rank *n*.
    pub masks: Vec<u128>,
    /// The quadrant of each row.
    pub quadrants: Vec<Option<Quadrant>>,
    /// For each row the reason to suppress it by its place in the book, counted from 1; 0 is none.
    pub(super) suppressed: Vec<u8>,
    /// For each row the channels by which it can be reached, by their place in the book.
    pub(super) reach: Vec<u32>,
    /// For each row the products that are not offered to it.
    pub(super) unsuited: Vec<u32>,
    /// The rows of whom the usual channel has failed.
    pub(super) failed: Option<BooleanBuffer>,
    /// By rank the days until the contact, where the rule says so and holds for anyone.
    pub(super) due: Vec<Option<Vec<Option<f64>>>>,
    /// The columns that say what suits a customer.
    pub(super) suits: Suits,
}

/// Columns that are looked into for every customer with an action, found once.
#[derive(Debug, Default)]
pub(super) struct Suits {
    pub(super) best_channel: Option<StringArray>,
    pub(super) acquired_by: Option<StringArray>,
    pub(super) level: Option<StringArray>,
    pub(super) level_number: Option<Float64Array>,
}

impl Suits {
    fn of(scene: &Scene) -> Self {
        Self {
            best_channel: scene.texts("best_channel").cloned(),
            acquired_by: scene.texts("acq_channel").cloned(),
            level: scene.texts("risk_level").cloned(),
            level_number: scene.numbers("risk_level").cloned(),
        }
    }
}

impl Bound {
    /// Plays the book over scored rows; `last` has for each row its stage in the last feed.
    pub fn play(
        &self,
        scored: &Scored,
        peers: Option<&Peers>,
        last: Option<&[Option<u8>]>,
    ) -> Result<Played> {
        let quadrants = quadrants(scored);
        let scene = self.scene(scored, &quadrants, peers)?;
        self.played(scene, quadrants, last, Some(&Standing::new(scored)))
    }

    /// Plays the book over rows that hold the columns of scores already.
    pub fn over(
        &self,
        scene: Scene,
        quadrants: Vec<Option<Quadrant>>,
        last: Option<&[Option<u8>]>,
    ) -> Result<Played> {
        self.played(scene, quadrants, last, None)
    }

    /// Where it is known how the rows stand, what that decides is not asked again.
    fn played(
        &self,
        mut scene: Scene,
        quadrants: Vec<Option<Quadrant>>,
        last: Option<&[Option<u8>]>,
        standing: Option<&Standing>,
    ) -> Result<Played> {
        let rows = quadrants.len();
        let is_read = |name: &String| standing.is_none() || self.ready.reads.contains(name);
        let nulls = self.nulls.iter().filter(|(name, _)| is_read(name));
        let nulls =
            nulls.map(|(name, kind)| (name.as_str(), new_null_array(&data_type(*kind), rows)));
        scene.add(nulls.collect())?;
        self.stage(&mut scene, last, standing)?;
        for (figure, known) in self.figures.iter().zip(&self.ready.figures) {
            let column = match (known, standing) {
                (Some(by_way), Some(standing)) => standing.spread(by_way)?,
                _ => figure.column(&scene)?,
            };
            scene.add(vec![(&figure.name, column)])?;
        }
        let mut suppressed = vec![0_u8; rows];
        for ((at, when), known) in self.suppress.iter().zip(&self.ready.suppress) {
            each(when, *known, &scene, standing, |row| {
                if suppressed[row] == 0 {
                    suppressed[row] = *at as u8 + 1;
                }
            })?;
        }
        let reach = bits(&self.channels, &self.ready.channels, &scene, standing, [rows, 1])?;
        let unsuited = bits(&self.products, &self.ready.products, &scene, standing, [rows, 0])?;
        let failed = self.fallback.as_ref().map(|when| when.holds(scene.rows())).transpose()?;
        let (masks, due) = self.masks(&scene, &quadrants, standing)?;
        let suits = Suits::of(&scene);
        Ok(Played { scene, masks, quadrants, suppressed, reach, unsuited, failed, due, suits })
    }

    #[expect(clippy::type_complexity, reason = "a list of lists, named where it is kept")]
    fn masks(
        &self,
        scene: &Scene,
        quadrants: &[Option<Quadrant>],
        standing: Option<&Standing>,
    ) -> Result<(Vec<u128>, Vec<Option<Vec<Option<f64>>>>)> {
        let known = &self.ready.masks;
        let mut masks: Vec<u128> = match standing {
            Some(standing) => standing.ways().iter().map(|way| known[usize::from(*way)]).collect(),
            None => vec![0; quadrants.len()],
        };
        let mut due = vec![None; self.rules.len()];
        for (rank, bound) in self.rules.iter().enumerate() {
            let scope = &self.book.rules[bound.at].quadrants;
            let in_scope = |row: usize| {
                scope.is_empty() || quadrants[row].is_some_and(|quadrant| scope.contains(&quadrant))
            };
            let mut holds_for_any = false;
            if let (Some(known), Some(standing)) = (self.ready.rules[rank], standing) {
                holds_for_any = standing.any(known);
            } else {
                for row in bound.when.holds(scene.rows())?.set_indices() {
                    if in_scope(row) {
                        masks[row] |= 1 << rank;
                        holds_for_any = true;
                    }
                }
            }
            if let Some(expr) = bound.due.as_ref().filter(|_| holds_for_any) {
                due[rank] = Some(expr.numbers(scene.rows())?);
            }
        }
        Ok((masks, due))
    }

    /// Adds the figures that can be computed from numbers alone, and gives their names.
    pub fn add_numeric_figures(&self, scene: &mut Scene) -> Result<Vec<String>> {
        let rows = scene.rows().num_rows();
        let nulls = self.nulls.iter();
        let nulls =
            nulls.map(|(name, kind)| (name.as_str(), new_null_array(&data_type(*kind), rows)));
        scene.add(nulls.collect())?;
        let mut names = Vec::new();
        for figure in &self.figures {
            let columns = figure.columns();
            let is_there = |name: &String| scene.rows().column_by_name(name).is_some();
            if figure.kind == Kind::Number && columns.iter().all(is_there) {
                let column = figure.column(scene)?;
                scene.add(vec![(&figure.name, column)])?;
                names.push(figure.name.clone());
            }
        }
        Ok(names)
    }

    /// The stage of each row: the first that holds and can follow the last one. A row that nothing
    /// holds for keeps its last stage.
    fn stage(
        &self,
        scene: &mut Scene,
        last: Option<&[Option<u8>]>,
        standing: Option<&Standing>,
    ) -> Result<()> {
        if self.stages.is_empty() {
            return Ok(());
        }
        let rows = scene.rows().num_rows();
        let mut found: Vec<Option<u8>> = vec![None; rows];
        let of = |row: usize| last.and_then(|last| last.get(row).copied().flatten());
        for ((at, when), known) in self.stages.iter().zip(&self.ready.stages) {
            let stage = &self.book.stages[*at];
            let can_follow: Vec<bool> = (self.book.stages.iter().enumerate())
                .map(|(n, s)| n == *at || stage.after.is_empty() || stage.after.contains(&s.name))
                .collect();
            each(when, *known, scene, standing, |row| {
                let follows =
                    of(row).is_none_or(|last| can_follow.get(usize::from(last)) == Some(&true));
                if found[row].is_none() && follows {
                    found[row] = Some(*at as u8);
                }
            })?;
        }
        let name = |row: usize| {
            let at = found[row].or_else(|| of(row))?;
            self.book.stages.get(usize::from(at)).map(|stage| stage.name.as_str())
        };
        let column: StringArray = (0..rows).map(name).collect();
        scene.add(vec![(STAGE, Arc::new(column))])
    }
}

/// Calls for each row of which a predicate is true, ascending; `known` says for which ways it is, where
/// these decide it.
fn each(
    when: &Expr,
    known: Option<u32>,
    scene: &Scene,
    standing: Option<&Standing>,
    call: impl FnMut(usize),
) -> Result<()> {
    match (known, standing) {
        (Some(known), Some(standing)) => standing.rows(known).for_each(call),
        _ => when.holds(scene.rows())?.set_indices().for_each(call),
    }
    Ok(())
}

/// For each row the bits of the predicates that hold; one that is not there counts as `otherwise`.
fn bits(
    list: &[Option<Expr>],
    known: &[Option<u32>],
    scene: &Scene,
    standing: Option<&Standing>,
    [rows, otherwise]: [usize; 2],
) -> Result<Vec<u32>> {
    let always = list.iter().enumerate().filter(|(_, expr)| expr.is_none() && otherwise == 1);
    let mut bits = vec![always.fold(0, |bits, (at, _)| bits | 1 << at); rows];
    for (at, (expr, known)) in list.iter().zip(known).enumerate() {
        let Some(expr) = expr else { continue };
        each(expr, *known, scene, standing, |row| bits[row] |= 1 << at)?;
    }
    Ok(bits)
}

impl BoundFigure {
    /// The columns that it reads.
    pub(super) fn columns(&self) -> BTreeSet<String> {
        match &self.how {
            How::Expression(expr) => expr.columns(),
            How::Mean(parts) => parts.iter().flat_map(|(_, expr)| expr.columns()).collect(),
        }
    }

    /// The figure of each row.
    pub(super) fn column(&self, scene: &Scene) -> Result<ArrayRef> {
        Ok(match &self.how {
            How::Expression(expr) => match self.kind {
                Kind::Text => {
                    Arc::new(expr.texts(scene.rows())?.into_iter().collect::<StringArray>())
                }
                _ => Arc::new(expr.numbers(scene.rows())?.into_iter().collect::<Float64Array>()),
            },
            How::Mean(parts) => Arc::new(mean(parts, scene)?),
        })
    }
}

/// The weighted mean of what is known of some parts, each cut to 0..1; missing where nothing is.
fn mean(parts: &[(f64, Expr)], scene: &Scene) -> Result<Float64Array> {
    let rows = scene.rows().num_rows();
    let (mut sums, mut weights) = (vec![0.0; rows], vec![0.0; rows]);
    for (weight, part) in parts {
        for (row, value) in part.numbers(scene.rows())?.into_iter().enumerate() {
            if let Some(value) = value {
                sums[row] += weight * value.clamp(0.0, 1.0);
                weights[row] += weight;
            }
        }
    }
    Ok(sums
        .iter()
        .zip(&weights)
        .map(|(sum, weight)| (*weight > 0.0).then(|| sum / weight))
        .collect())
}
