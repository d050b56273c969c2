//! Reading every version of a registry again.

use std::path::{Path, PathBuf};

use super::{CARD, CURRENT, METRICS, Registry, Version, bundle_file, load_file, misplaced};
use crate::{
    error::{Error, Kind, Place, Result},
    store,
    units::ModelName,
};

/// What [`Registry::verify`] found about a version, or about something else in a model's folder.
#[derive(Debug)]
pub struct Verified {
    /// The model.
    pub name: ModelName,
    /// The version; `None` where the matter is not one version's.
    pub version: Option<Version>,
    /// The folder or file.
    pub path: PathBuf,
    /// What is wrong with it; nothing, where all is well.
    pub faults: Vec<Error>,
}

impl Registry {
    /// Reads every version again: its digest, whether it stands under its own name and version, its
    /// card and its metrics; and for every model whether `current` names a version.
    ///
    /// # Errors
    /// Only where a folder cannot be listed; what is wrong with a version is in its
    /// [`faults`](Verified::faults).
    pub fn verify(&self) -> Result<Vec<Verified>> {
        let mut all = Vec::new();
        for name in self.names()? {
            let model = self.model(&name);
            let versions = self.versions(&name)?;
            let in_use = self.current(&name);
            if let (Err(fault), false) = (in_use, versions.is_empty()) {
                let path = model.join(CURRENT);
                let (name, faults) = (name.clone(), vec![fault]);
                all.push(Verified { name, version: None, path, faults });
            }
            for left in store::list(&model)?.into_iter().filter(|left| store::is_unfinished(left)) {
                let path = model.join(left);
                let (name, faults) = (name.clone(), vec![unfinished(&path)]);
                all.push(Verified { name, version: None, path, faults });
            }
            all.extend(self.history_faults(&name)?);
            for version in versions {
                let folder = self.folder(&name, &version);
                let faults = verify(&name, &version, &folder);
                let (name, version) = (name.clone(), Some(version));
                all.push(Verified { name, version, path: folder, faults });
            }
        }
        Ok(all)
    }

    /// What an auditor would ask about: a version in use that the history does not put in use, and cards
    /// with parts that a person has not filled in.
    ///
    /// # Errors
    /// As [`verify`](Self::verify).
    pub fn open_questions(&self) -> Result<Vec<Verified>> {
        let mut all = Vec::new();
        for name in self.names()? {
            let path = self.history_path(&name);
            if let (Some(fault), true) = (self.not_recorded(&name)?, store::exists(&path)) {
                all.push(Verified { name: name.clone(), version: None, path, faults: vec![fault] });
            }
            let Ok(version) = self.current(&name) else { continue };
            let card = self.folder(&name, &version).join(CARD);
            let open = text(&card)
                .map_or(0, |card| OPEN.map(|word| card.matches(word).count()).iter().sum());
            if open > 0 {
                let what = format!("{open} parts of the model card are not filled in");
                let fault = Error::new(Kind::CheckFailed, what)
                    .at(Place::File(card.clone()))
                    .hint_with("write what only a person can say, marked ✍ in the card");
                let (version, faults) = (Some(version), vec![fault]);
                all.push(Verified { name, version, path: card, faults });
            }
        }
        Ok(all)
    }

    fn not_recorded(&self, name: &ModelName) -> Result<Option<Error>> {
        let Ok(current) = self.current(name) else { return Ok(None) };
        let entries = self.history(name)?;
        let last = entries.iter().rev().find_map(|entry| entry.event.puts_in_use());
        if last == Some(current.as_str()) {
            return Ok(None);
        }
        let what = format!("{current} is in use, but the history does not say since when");
        Ok(Some(
            Error::new(Kind::CheckFailed, what)
                .at(Place::File(self.history_path(name)))
                .hint_with("put it in use again with `reveille models promote`, which records it"),
        ))
    }

    fn history_faults(&self, name: &ModelName) -> Result<Option<Verified>> {
        let Err(fault) = self.history(name) else { return Ok(None) };
        if fault.kind() != Kind::BadBundle {
            return Err(fault);
        }
        let path = self.history_path(name);
        Ok(Some(Verified { name: name.clone(), version: None, path, faults: vec![fault] }))
    }
}

/// What a card says where a person has not written yet.
const OPEN: [&str; 2] = ["_to be filled in_", "_待填写_"];

fn verify(name: &ModelName, version: &Version, folder: &Path) -> Vec<Error> {
    let mut faults = Vec::new();
    match load_file(&bundle_file(folder)) {
        Ok(loaded) if loaded.version != *version || loaded.bundle.name != *name => {
            faults.push(misplaced(&loaded));
        }
        Ok(_) => {}
        Err(fault) => faults.push(fault),
    }
    faults.extend(text(&folder.join(CARD)).err());
    let metrics = folder.join(METRICS);
    let json = text(&metrics).and_then(|json| {
        serde_json::from_str::<serde::de::IgnoredAny>(&json)
            .map_err(|_| beside("this is not JSON").at(Place::File(metrics)))
    });
    faults.extend(json.err());
    faults
}

fn text(path: &Path) -> Result<String> {
    let text = store::read_text(path, super::wire::LIMIT)?;
    if text.trim().is_empty() {
        return Err(beside("the file is empty").at(Place::File(path.to_owned())));
    }
    Ok(text)
}

fn beside(what: &str) -> Error {
    Error::new(Kind::BadBundle, what)
        .hint_with("the model itself can be used; train it again to have the file made anew")
}

fn unfinished(path: &Path) -> Error {
    Error::new(Kind::BadBundle, "a run was stopped before it had finished this")
        .at(Place::File(path.to_owned()))
        .hint_with("delete it, unless a run is writing it right now; nothing reads it")
}
