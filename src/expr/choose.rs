//! Functions, and the choice of one of several values in each row.

use crate::error::Result;

use super::{
    Kind,
    eval::{Bench, broken, compare, known},
    lane::{Cells, Lane, Texts, Truths},
    node::{Comparison, Function, Id},
};

impl Bench<'_> {
    pub(super) fn call(
        &mut self,
        function: Function,
        arguments: &[Id],
        kind: Kind,
    ) -> Result<Lane> {
        use Function as F;
        match (function, arguments) {
            (F::Coalesce | F::Least | F::Greatest | F::Nullif, _) => {
                let lanes =
                    arguments.iter().map(|id| self.take(*id)).collect::<Result<Vec<_>>>()?;
                self.choice(function, &lanes, kind)
            }
            (F::Lower | F::Upper | F::Trim | F::Length, [text]) => {
                let texts = self.texts(*text)?;
                self.textual(function, &texts)
            }
            (F::Power | F::Round, [x, y]) => {
                let (x, y) = (self.numbers(*x)?, self.numbers(*y)?);
                let f = if function == F::Power { power } else { round_to };
                Ok(Lane::Number(x.zip(&y, f).finite()))
            }
            (_, [x]) => {
                let x = self.numbers(*x)?;
                Ok(Lane::Number(numeric(function, &x).ok_or_else(broken)?.finite()))
            }
            _ => Err(broken()),
        }
    }

    fn textual(&self, function: Function, texts: &Texts) -> Result<Lane> {
        let len = self.len;
        Ok(match function {
            Function::Lower => {
                Lane::Text(Texts::each(len, |row| texts.get(row).map(str::to_lowercase))?)
            }
            Function::Upper => {
                Lane::Text(Texts::each(len, |row| texts.get(row).map(str::to_uppercase))?)
            }
            Function::Trim => Lane::Text(Texts::each(len, |row| texts.get(row).map(str::trim))?),
            _ => Lane::Number(Cells::each(len, |row| {
                texts.get(row).map(|text| text.chars().count() as f64)
            })),
        })
    }

    fn choice(&self, function: Function, lanes: &[Lane], kind: Kind) -> Result<Lane> {
        let len = self.len;
        match function {
            Function::Coalesce => {
                let known: Vec<_> = lanes.iter().map(|lane| known(lane, len)).collect();
                pick(lanes, kind, len, |row| known.iter().position(|bits| bits.value(row)))
            }
            Function::Nullif => match lanes {
                [a, b] => {
                    let equal = compare(Comparison::Equal, a, b, len)?.yes;
                    pick(lanes, kind, len, |row| (!equal.value(row)).then_some(0))
                }
                _ => Err(broken()),
            },
            _ => extreme(function, lanes, len),
        }
    }
}

/// LEAST and GREATEST of what is not missing.
fn extreme(function: Function, lanes: &[Lane], len: usize) -> Result<Lane> {
    let better = if function == Function::Least { Comparison::Less } else { Comparison::Greater };
    let mut rest = lanes.iter();
    let first = rest.next().ok_or_else(broken)?;
    let kind = match first {
        Lane::Number(_) => Kind::Number,
        Lane::Date(_) => Kind::Date,
        Lane::Text(_) => Kind::Text,
        Lane::Boolean(_) => Kind::Boolean,
    };
    let mut best = vec![0_usize; len];
    let mut have = known(first, len);
    for (i, lane) in rest.enumerate() {
        // Each is compared with the best so far.
        let so_far = pick(lanes, kind, len, |row| best.get(row).copied())?;
        let wins = compare(better, lane, &so_far, len)?.yes;
        let first_known = &known(lane, len) & &!&have;
        let takes = &wins | &first_known;
        for row in takes.set_indices() {
            if let Some(best) = best.get_mut(row) {
                *best = i + 1;
            }
        }
        have = &have | &takes;
    }
    pick(lanes, kind, len, |row| best.get(row).copied())
}

fn numeric(function: Function, x: &Cells<f64>) -> Option<Cells<f64>> {
    Some(match function {
        Function::Abs => x.map(f64::abs),
        Function::Ln => x.map(f64::ln),
        Function::Exp => x.map(f64::exp),
        Function::Sqrt => x.map(f64::sqrt),
        Function::Floor => x.map(f64::floor),
        Function::Ceil => x.map(f64::ceil),
        Function::Round => x.map(f64::round),
        _ => return None,
    })
}

fn power(x: f64, y: f64) -> f64 {
    x.powf(y)
}

/// To a number of decimals, halves away from zero; negative decimals round to tens, hundreds, ….
fn round_to(x: f64, decimals: f64) -> f64 {
    let scale = 10_f64.powi(decimals.trunc().abs().min(400.0) as i32);
    let rounded =
        if decimals < 0.0 { (x / scale).round() * scale } else { (x * scale).round() / scale };
    // Past the digits that a number has there is nothing to round.
    if rounded.is_finite() || decimals < 0.0 { rounded } else { x }
}

/// In each row the value of the lane that `choice` names; missing where it names none.
pub(super) fn pick(
    lanes: &[Lane],
    kind: Kind,
    len: usize,
    choice: impl Fn(usize) -> Option<usize>,
) -> Result<Lane> {
    let chosen = |row: usize| choice(row).and_then(|lane| lanes.get(lane));
    Ok(match kind {
        Kind::Number => Lane::Number(Cells::each(len, |row| match chosen(row)? {
            Lane::Number(cells) => cells.get(row),
            _ => None,
        })),
        Kind::Date => Lane::Date(Cells::each(len, |row| match chosen(row)? {
            Lane::Date(cells) => cells.get(row),
            _ => None,
        })),
        Kind::Text => Lane::Text(Texts::each(len, |row| match chosen(row)? {
            Lane::Text(texts) => texts.get(row),
            _ => None,
        })?),
        Kind::Boolean => Lane::Boolean(Truths::each(len, |row| match chosen(row)? {
            Lane::Boolean(truths) => truths.get(row),
            _ => None,
        })),
    })
}
