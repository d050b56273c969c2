//! How a model would have done month after month, had it been trained at the time.

use crate::{
    bundle::{Bundle, LearnerName},
    config::{Config, LearnerChoice},
    error::{Error, Kind, Place, Result},
    metrics::{Figures, ProfitParams},
    output::report::evidence::{Backtest, BacktestFigures, BacktestMonth, SnapshotFacts},
    pipeline::{
        Watcher,
        evaluate::{Request, outcome_days},
        reproduce::config_of,
        scores::{Scores, scores},
        train::{Strictness, train},
    },
    scoring::State,
    sources::{self, Input, ReadParams, Scan},
    units::Day,
};

/// The depth of the list whose lift is told.
const DEPTH: f64 = 0.1;

/// Whether a table can be back-tested at all, before anything is read.
///
/// # Errors
/// `Usage` for a model without as-of dates, and for standard input.
pub fn require(input: &Input, bundle: &Bundle) -> Result<()> {
    if bundle.source.as_of.is_none() {
        return Err(Error::new(
            Kind::Usage,
            "a back-test needs as-of dates, and the model has none",
        )
        .hint_with("train with --as-of COL on a table of several snapshots"));
    }
    if *input == Input::Stdin {
        let what = "a back-test reads the table several times, and standard input comes once";
        return Err(Error::new(Kind::Usage, what).hint_with("save the table to a file first"));
    }
    Ok(())
}

/// Trains for each of the last `months` snapshots on what was known on its day, with the configuration
/// of the model, and measures on the snapshot. `snapshots` are those of the table.
///
/// A row was known on a day if its outcome window had ended by then: the rule by which `train` tests on
/// later data.
///
/// # Errors
/// `TooFew` where fewer snapshots have an earlier one to learn from, or one of them cannot be tested;
/// those of [`require`] and of training.
pub fn backtest(
    request: &Request<'_>,
    months: u32,
    snapshots: &[SnapshotFacts],
    watcher: &dyn Watcher,
) -> Result<Backtest> {
    let Request { input, bundle, read, profit, .. } = request;
    require(input, bundle)?;
    let horizon = outcome_days(bundle);
    let days = testable(snapshots, months, horizon)?;
    let params = ReadParams { missing: bundle.source.missing.clone(), ..read.clone() };
    let config = Config { read: params.clone(), ..same_config(bundle)? };
    let scan = sources::scan(input, &params)?;
    let room = Room { input, scan, config, profit, horizon };
    let months = days.into_iter().map(|day| room.month(day, watcher)).collect::<Result<_>>()?;
    Ok(Backtest { outcome_days: horizon, months })
}

/// The last snapshots with known outcomes before which others had their outcome.
fn testable(snapshots: &[SnapshotFacts], months: u32, horizon: i32) -> Result<Vec<Day>> {
    let known: Vec<Day> = snapshots.iter().filter(|s| s.known > 0).map(|s| s.as_of).collect();
    let had_outcome = |first: &Day, day: &Day| first.0.saturating_add(horizon) <= day.0;
    let mut days: Vec<Day> = known
        .iter()
        .filter(|day| known.first().is_some_and(|first| had_outcome(first, day)))
        .copied()
        .collect();
    let wanted = months as usize;
    if days.len() < wanted {
        let what = format!(
            "{} of the {} snapshots with outcomes can be back-tested, and {months} are wanted: the others have no earlier one whose outcome window of {horizon} days had ended",
            days.len(),
            known.len()
        );
        let hint = match days.len() {
            0 => "give a table that reaches further back".to_owned(),
            most => format!("take --backtest {most}, or give a table that reaches further back"),
        };
        return Err(Error::new(Kind::TooFew, what).hint_with(hint));
    }
    Ok(days.split_off(days.len() - wanted))
}

/// The configuration of a model, its learner settled where both models have the same.
fn same_config(bundle: &Bundle) -> Result<Config> {
    let mut config = config_of(bundle)?;
    let learner = bundle.churn.fitted.name();
    if bundle.reactivation.as_ref().is_none_or(|model| model.fitted.name() == learner) {
        config.train.learner = match learner {
            LearnerName::Logistic => LearnerChoice::Logistic,
            LearnerName::Tree => LearnerChoice::Tree,
            LearnerName::Boost => LearnerChoice::Boost,
            LearnerName::Blend => LearnerChoice::Blend,
        };
    }
    Ok(config)
}

struct Room<'a> {
    input: &'a Input,
    scan: Scan,
    config: Config,
    profit: &'a ProfitParams,
    horizon: i32,
}

impl Room<'_> {
    fn month(&self, day: Day, watcher: &dyn Watcher) -> Result<BacktestMonth> {
        let quiet = Quiet { day, watcher };
        let mut config = self.config.clone();
        config.train.until = Some(Day(day.0.saturating_sub(self.horizon)));
        let trained = train(self.input, &config, Strictness::LeaveOut, None, &quiet)
            .map_err(|error| named(&error, day))?;
        let bundle = trained.bundle;
        let found = scores(self.input, &config.read, &self.scan, &bundle, &bundle.rules, &quiet)?;
        let churn = self.figures(&found, State::Active, day, &bundle)?;
        if churn.is_none() {
            let what = format!("the snapshot of {day} holds one outcome only");
            return Err(Error::new(Kind::TooFew, what).hint_with("take a smaller --backtest"));
        }
        Ok(BacktestMonth {
            as_of: day,
            learned_up_to: bundle.as_of,
            snapshots: bundle.data.snapshots.len() as u64,
            churn,
            reactivation: self.figures(&found, State::Dormant, day, &bundle)?,
        })
    }

    /// The figures of one population on one day; none without a model or without both outcomes.
    fn figures(
        &self,
        found: &Scores,
        state: State,
        day: Day,
        bundle: &Bundle,
    ) -> Result<Option<BacktestFigures>> {
        let model = if state == State::Dormant {
            bundle.reactivation.as_ref()
        } else {
            Some(&bundle.churn)
        };
        let Some(model) = model else { return Ok(None) };
        let is_asked = |row: &usize| found.state[*row] == state && found.as_of[*row] == day.0;
        let rows: Vec<usize> = (0..found.state.len()).filter(is_asked).collect();
        let outcome: Vec<bool> = rows.iter().map(|&row| found.outcome[row]).collect();
        let probability: Vec<f64> = rows.iter().map(|&row| found.probability[row]).collect();
        let figures = match Figures::of(&outcome, &probability, None, self.profit) {
            Err(error) if matches!(error.kind(), Kind::OneClass | Kind::EmptyTable) => {
                return Ok(None);
            }
            figures => figures?,
        };
        let metrics = &figures.metrics;
        let mut lifts = metrics.depths.iter().zip(&figures.lifts);
        let lift = lifts.find(|(at, _)| (at.depth - DEPTH).abs() < 1e-9);
        Ok(Some(BacktestFigures {
            learner: model.fitted.name(),
            learned_from: model.rows,
            rows: metrics.rows,
            events: metrics.events,
            auc: metrics.auc,
            log_loss: figures.log_loss_interval,
            lift: lift.map(|(_, lift)| *lift),
            calibration_slope: metrics.calibration_slope,
            observed_over_expected: figures.observed_over_expected,
        }))
    }
}

/// An error of training that says for which day.
fn named(error: &Error, day: Day) -> Error {
    let kind = error.kind();
    let named = Error::new(kind, format!("back-test of {day}: {error}"))
        .at(Place::Key("--backtest".to_owned()));
    if matches!(kind, Kind::TooFew | Kind::OneClass) {
        return named.hint_with("take a smaller --backtest, or a table that reaches further back");
    }
    named
}

/// Says which day the work is for. Notes on the table are those of the model's own training.
struct Quiet<'a> {
    day: Day,
    watcher: &'a dyn Watcher,
}

impl Watcher for Quiet<'_> {
    fn stage(&self, words: &str) {
        self.watcher.stage(&format!("back-test of {}: {words}", self.day));
    }

    fn note(&self, _: &str) {}

    fn rows(&self, done: u64) {
        self.watcher.rows(done);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshots(days: &[(i32, u64)]) -> Vec<SnapshotFacts> {
        let facts = |(day, known): &(i32, u64)| SnapshotFacts {
            as_of: Day(*day),
            customers: 10,
            known: *known,
            window_end: Day(day + 90),
        };
        days.iter().map(facts).collect()
    }

    #[test]
    fn only_snapshots_with_a_known_past_are_tested() {
        let facts = snapshots(&[(0, 0), (30, 9), (60, 9), (119, 9), (120, 9), (150, 9), (180, 0)]);
        assert_eq!(testable(&facts, 2, 90).unwrap(), [Day(120), Day(150)]);
        assert_eq!(testable(&facts, 1, 90).unwrap(), [Day(150)]);
        let error = testable(&facts, 3, 90).unwrap_err();
        assert_eq!(error.kind(), Kind::TooFew);
        assert!(error.hint().contains("--backtest 2"));
        assert_eq!(testable(&facts, 1, 500).unwrap_err().kind(), Kind::TooFew);
    }
}
