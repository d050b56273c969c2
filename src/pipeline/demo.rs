//! The whole of it on a synthetic bank.

use std::{
    io,
    path::{Path, PathBuf},
};

use crate::{
    bundle::registry::{Registry, Saved},
    config::Config,
    error::{Error, Kind, Result},
    history::{AsOfs, Every, OutcomeParams},
    learners::Budget,
    output::{card, manifest::Manifest},
    pipeline::{
        Watcher,
        features::{self, features},
        predict::{self, FeedTarget, predict},
        train::{Strictness, Trained, train},
    },
    sources::Input,
    synth::{
        MAX_MONTHS,
        calendar::{month_end, month_of},
        raw::{self, Dirt, RawParams},
    },
    units::{Day, Language, Seed},
};

/// What bank to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DemoParams {
    /// How many customers it has.
    pub customers: u64,
    /// How many month-end snapshots are learned from; the last is the latest whose outcome is known.
    pub months: u32,
    /// The seed of the bank and of every random choice.
    pub seed: Seed,
}

/// What the demo made, and where it lies.
#[derive(Debug)]
pub struct Shown {
    /// The bank's raw files, and the truth.
    pub bank: PathBuf,
    /// The table that was learned from.
    pub history: PathBuf,
    /// What it holds.
    pub built: features::Built,
    /// The trained models.
    pub trained: Trained,
    /// Where they are kept.
    pub saved: Saved,
    /// The feed.
    pub feed: PathBuf,
    /// What the feed holds.
    pub manifest: Manifest,
}

/// Makes a bank's raw files, builds the feature table of the past months and that of today, trains both
/// models on the one, and scores the other.
///
/// # Errors
/// `BadParameter` for a number out of its range; those of [`raw::write`], [`features()`], [`train`] and
/// [`predict()`].
pub fn demo(
    params: &DemoParams,
    folder: &Path,
    language: Language,
    watcher: &dyn Watcher,
) -> Result<Shown> {
    let bank = folder.join("bank");
    let mut config = Config::default();
    config.train.seed = params.seed;
    // Enough to see what there is; a bank takes the time for more.
    config.train.budget = Budget::Fast;
    let (raw_bank, first, last) = plan(params, &config.history.outcome)?;
    watcher.stage("making the raw files of a synthetic bank");
    raw::write(&raw_bank, &bank)?;
    let make_table = |name: &str, as_ofs: AsOfs, labelled: bool| {
        let table = folder.join(name);
        let request = features::Request {
            folder: bank.clone(),
            history: config.history.clone(),
            read: config.read.clone(),
            as_ofs,
            target: FeedTarget::Parquet(table.clone()),
            labelled,
        };
        Ok::<_, Error>((table, features(&request, &mut io::sink(), watcher)?))
    };
    let months = AsOfs::Every { every: Every::Month, from: Some(first), to: Some(last) };
    let (history, built) = make_table("history.parquet", months, true)?;
    let (current, _) =
        make_table("current.parquet", AsOfs::These(vec![raw_bank.last_as_of]), false)?;
    let trained =
        train(&Input::Path(history.clone()), &config, Strictness::LeaveOut, None, watcher)?;
    let bundle = &trained.bundle;
    let card = card::markdown(bundle, language);
    let registry = Registry::open(folder.join("models"));
    let saved = registry.save(bundle, &card, &card::metrics_json(bundle))?;
    let feed = folder.join("feed.csv");
    let request = predict::Request {
        reasons: crate::playbook::ReasonsFor::Action,
        input: Input::Path(current),
        bundle,
        model: format!("{}@{}", bundle.name, saved.version),
        target: FeedTarget::Csv(feed.clone()),
        rejects: None,
        read: config.read.clone(),
        language,
        playbook: None,
        previous: None,
        mark: predict::Mark::Without,
    };
    let manifest = predict(&request, &mut io::sink(), watcher)?.manifest;
    Ok(Shown { bank, history, built, trained, saved, feed, manifest })
}

/// The raw bank, and the first and the last month-end to learn from.
fn plan(params: &DemoParams, outcome: &OutcomeParams) -> Result<(RawParams, Day, Day)> {
    let usual = RawParams::default();
    // The months that had ended by today, and by the latest day whose outcome is known.
    let ended = |day: Day| month_of(Day(day.0 + 1)) - 1;
    let today = ended(usual.last_as_of);
    let last = ended(Day(usual.last_as_of.0 - outcome.gap_days - outcome.days));
    let most = MAX_MONTHS.saturating_sub((today - last).unsigned_abs());
    if !(1..=most).contains(&params.months) {
        let what = format!("{} is not a number of months from 1 to {most}", params.months);
        return Err(Error::new(Kind::BadParameter, what));
    }
    let first = last - params.months as i32 + 1;
    let bank = RawParams {
        customers: params.customers,
        months: (today - first + 1) as u32,
        seed: params.seed,
        dirt: Dirt::Some,
        ..usual
    };
    Ok((bank, month_end(first), month_end(last)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn learns_from_the_latest_months_whose_outcome_is_known() {
        let params = DemoParams { customers: 10, months: 9, seed: Seed(1) };
        let outcome = OutcomeParams::default();
        let (bank, first, last) = plan(&params, &outcome).unwrap();
        assert_eq!(bank.last_as_of.to_string(), "2026-03-31");
        assert_eq!(last.to_string(), "2025-12-31");
        assert_eq!(first.to_string(), "2025-04-30");
        assert_eq!(bank.months, 12);
        for months in [0, 598, u32::MAX] {
            let wrong = DemoParams { months, ..params };
            assert_eq!(plan(&wrong, &outcome).unwrap_err().kind(), Kind::BadParameter);
        }
    }
}
