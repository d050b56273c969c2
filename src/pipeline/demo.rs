//! The whole of it on a synthetic bank.

use std::{
    io,
    path::{Path, PathBuf},
};

use crate::{
    bundle::registry::{Registry, Saved},
    config::Config,
    error::Result,
    output::{card, manifest::Manifest},
    pipeline::{
        Watcher,
        predict::{self, FeedTarget, predict},
        train::{Strictness, Trained, train},
    },
    sources::Input,
    store,
    synth::{self, SynthParams},
    units::Language,
};

/// What the demo made, and where it lies.
#[derive(Debug)]
pub struct Shown {
    /// The bank: history, current customers, truth.
    pub bank: PathBuf,
    /// The trained models.
    pub trained: Trained,
    /// Where they are kept.
    pub saved: Saved,
    /// The feed.
    pub feed: PathBuf,
    /// What the feed holds.
    pub manifest: Manifest,
}

/// Makes a bank, trains both models on its history, and scores its customers of today.
pub fn demo(
    bank: &SynthParams,
    folder: &Path,
    language: Language,
    watcher: &dyn Watcher,
) -> Result<Shown> {
    let bank_folder = folder.join("bank");
    store::create_folder(&bank_folder)?;
    watcher.stage("making a synthetic bank");
    synth::write(bank, &bank_folder)?;
    let config = config(bank);
    let history = Input::Path(bank_folder.join("history.csv"));
    let trained = train(&history, &config, Strictness::LeaveOut, None, watcher)?;
    let bundle = &trained.bundle;
    let card = card::markdown(bundle, language);
    let registry = Registry::open(folder.join("models"));
    let saved = registry.save(bundle, &card, &card::metrics_json(bundle))?;
    let feed = folder.join("feed.csv");
    let request = predict::Request {
        reasons: crate::playbook::ReasonsFor::Action,
        input: Input::Path(bank_folder.join("current.csv")),
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
    Ok(Shown { bank: bank_folder, trained, saved, feed, manifest })
}

fn config(bank: &SynthParams) -> Config {
    let mut config = Config::default();
    config.table.id = Some("customer_id".to_owned());
    config.table.as_of = Some("as_of".to_owned());
    config.rules.churn = Some(synth::CHURN.to_owned());
    config.rules.reactivation = Some(synth::REACTIVATION.to_owned());
    config.rules.dormant = Some(synth::DORMANT.to_owned());
    config.rules.prospect = Some(synth::PROSPECT.to_owned());
    config.rules.value = Some(synth::VALUE.to_owned());
    config.train.seed = bank.seed;
    config
}
