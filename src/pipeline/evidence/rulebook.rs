//! The quadrants as a few rules over columns, told on a sample of customers.

use crate::{
    error::Result,
    features::{Bins, Encoder, Meaning},
    learners::rulebook::{Path, rulebook},
    output::report::evidence::{QuadrantRule, RuleCondition, Rulebook, Values},
    playbook::Quadrant,
};

use super::Sampler;

/// Rules that are told, at most.
const MOST: usize = 12;
/// Rows below which nothing is told.
const FEW: usize = 100;

/// Customers with their codes and their quadrant.
#[derive(Debug, Default)]
pub struct QuadrantSample(Sampler);

impl QuadrantSample {
    /// Offers a customer; `code` gives the code of each encoded column.
    pub fn offer(&mut self, columns: usize, quadrant: Quadrant, code: impl Fn(usize) -> u8) {
        // The quadrant stands as one more column.
        let or_quadrant = |at: usize| if at < columns { code(at) } else { quadrant as u8 };
        self.0.offer(columns + 1, or_quadrant);
    }

    /// The rules; `None` where there are too few customers, or they all stand in one quadrant.
    pub fn rules(&self, encoder: &Encoder) -> Result<Option<Rulebook>> {
        let Some((quadrants, columns)) = self.0.columns().split_last() else { return Ok(None) };
        let one = quadrants.iter().all(|quadrant| Some(quadrant) == quadrants.first());
        if one || quadrants.len() < FEW {
            return Ok(None);
        }
        // A change of one column against another is no question for people.
        let is_asked = |bins: &Bins| matches!(bins, Bins::Number { .. } | Bins::DaysBefore { .. });
        let asked: Vec<usize> = (0..columns.len())
            .filter(|at| encoder.columns.get(*at).is_some_and(|column| is_asked(&column.bins)))
            .collect();
        let codes: Vec<&[u8]> = asked.iter().map(|at| columns[*at].as_slice()).collect();
        let paths = rulebook(&codes, quadrants, MOST)?;
        let rows = quadrants.len() as u64;
        let right: usize = paths.iter().map(|path| path.right).sum();
        let may_lack = |column: &usize| codes[*column].contains(&0);
        let rule = |path: &Path| told(path, &asked, encoder, &may_lack);
        Ok(Some(Rulebook {
            customers: rows,
            right: right as u64,
            rules: paths.iter().filter_map(rule).collect(),
        }))
    }
}

fn told(
    path: &Path,
    asked: &[usize],
    encoder: &Encoder,
    may_lack: &dyn Fn(&usize) -> bool,
) -> Option<QuadrantRule> {
    let condition = |(at, (first, last)): (&usize, &(u8, u8))| {
        let column = encoder.columns.get(*asked.get(*at)?)?;
        let end = |code: u8| match column.bins.meaning(code) {
            // Between whole numbers a cut at a half says the same as the next number.
            Meaning::Range { from, below, whole: true } => {
                (from.map(f64::ceil), below.map(f64::ceil))
            }
            Meaning::Range { from, below, .. } => (from, below),
            _ => (None, None),
        };
        // Where nobody lacks it, nobody has to be told.
        let or_missing = *first == 0 && may_lack(at);
        let values = if *last == 0 {
            Values::Missing
        } else {
            // No code lies above the last one.
            let highest = (column.bins.code_count().saturating_sub(1)).min(usize::from(*last));
            Values::Range { from: end((*first).max(1)).0, below: end(highest as u8).1 }
        };
        let any = values == Values::Range { from: None, below: None };
        let or_missing = or_missing && values != Values::Missing;
        (!(any && or_missing)).then(|| RuleCondition {
            column: column.name.clone(),
            known: any && !or_missing,
            values,
            or_missing,
        })
    };
    Some(QuadrantRule {
        quadrant: *Quadrant::ALL.get(usize::from(path.class))?,
        conditions: path.within.iter().filter_map(condition).collect(),
        customers: path.rows as u64,
        right: path.right as u64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::EncodedColumn;

    #[test]
    fn the_rules_speak_of_values_not_of_codes() {
        let number = |cuts: &[f64]| Bins::Number {
            cuts: cuts.to_vec(),
            least: 0.0,
            median: 1.0,
            most: 100.0,
        };
        let column =
            |name: &str, bins| EncodedColumn { name: name.to_owned(), bins, counts: Vec::new() };
        let levels = Bins::Category { levels: vec!["a".into(), "b".into()] };
        let columns = vec![
            column("city", levels),
            column("aum", number(&[10.0, 20.0, 30.0])),
            column("quiet", number(&[5.0])),
        ];
        let encoder = Encoder { columns };
        let mut sample = QuadrantSample::default();
        assert!(sample.rules(&encoder).unwrap().is_none());
        for row in 0..900_u32 {
            let (aum, quiet) = ((row % 4 + 1) as u8, (row / 4 % 3) as u8);
            let quadrant = if aum >= 3 && quiet == 2 {
                Quadrant::Rescue
            } else if aum >= 3 {
                Quadrant::Cherish
            } else {
                Quadrant::Grow
            };
            sample.offer(3, quadrant, |at| [1, aum, quiet][at]);
        }
        let book = sample.rules(&encoder).unwrap().unwrap();
        assert_eq!((book.right, book.rules.len()), (book.customers, 3));
        let rule = |quadrant| book.rules.iter().find(|rule| rule.quadrant == quadrant).unwrap();
        let range = |column: &str, from, below, or_missing| RuleCondition {
            column: column.to_owned(),
            values: Values::Range { from, below },
            or_missing,
            known: false,
        };
        let high = range("aum", Some(20.0), None, false);
        let rescue = [high.clone(), range("quiet", Some(5.0), None, false)];
        assert_eq!(rule(Quadrant::Rescue).conditions, rescue);
        let cherish = [high, range("quiet", None, Some(5.0), true)];
        assert_eq!(rule(Quadrant::Cherish).conditions, cherish);
        assert_eq!(rule(Quadrant::Grow).conditions, [range("aum", None, Some(20.0), false)]);
    }
}
