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
            for version in versions {
                let folder = self.folder(&name, &version);
                let faults = verify(&name, &version, &folder);
                let (name, version) = (name.clone(), Some(version));
                all.push(Verified { name, version, path: folder, faults });
            }
        }
        Ok(all)
    }
}

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
