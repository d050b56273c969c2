//! The registry: `<root>/<name>/<as-of|undated>-<digest12>/{model.bundle,card.md,metrics.json}`, and
//! `<root>/<name>/current`, one line that names the version in use, and `<root>/<name>/history.jsonl`, a
//! line for each thing that happened to the model, which only ever grows.
//!
//! A version never changes once it stands there. A run that is killed at any moment leaves the old
//! `current` with its version whole, or the new one with its own.

mod history;
mod reference;
mod verify;

use std::path::{Path, PathBuf};

pub use self::{
    history::{Entry, Event, Moment},
    reference::{ModelRef, Version},
    verify::Verified,
};
use super::{Bundle, wire};
use crate::{
    error::{Error, Kind, Place, Result},
    nearest::nearest,
    store,
    units::{Day, ModelName},
};

const BUNDLE: &str = "model.bundle";
const CARD: &str = "card.md";
const METRICS: &str = "metrics.json";
const CURRENT: &str = "current";

/// A folder of models.
#[derive(Debug, Clone)]
pub struct Registry {
    root: PathBuf,
}

/// Where a model was put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// Its version.
    pub version: Version,
    /// The folder of its files.
    pub folder: PathBuf,
}

/// A version that the registry holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The model's name.
    pub name: ModelName,
    /// The version.
    pub version: Version,
    /// The latest snapshot it learned from.
    pub as_of: Option<Day>,
    /// Whether it is the one in use.
    pub current: bool,
    /// The folder of its files.
    pub folder: PathBuf,
}

/// A model that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// The model.
    pub bundle: Bundle,
    /// Its version.
    pub version: Version,
    /// The file it was read from.
    pub path: PathBuf,
}

impl Registry {
    /// The registry in this folder, which need not exist yet.
    pub fn open(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Saves a model with its card and its metrics, and makes it the one in use.
    ///
    /// Saving the same model again changes nothing but a card or metrics that read differently.
    ///
    /// # Errors
    /// Those of [`wire::to_bytes`] and of the disk; the version in use stays as it was.
    pub fn save(&self, bundle: &Bundle, card: &str, metrics_json: &str) -> Result<Saved> {
        let saved = self.add(bundle, card, metrics_json)?;
        self.put_in_use(&bundle.name, &saved.version)?;
        Ok(saved)
    }

    /// Saves a model as [`save`](Self::save) does, and leaves the version in use as it is.
    ///
    /// # Errors
    /// As [`save`](Self::save).
    pub fn add(&self, bundle: &Bundle, card: &str, metrics_json: &str) -> Result<Saved> {
        let bytes = wire::to_bytes(bundle)?;
        let version = Version::of(bundle, wire::open(&bytes)?.digest);
        let model = store::child(&self.root, bundle.name.as_str())?;
        store::create_folder(&model)?;
        let folder = store::child(&model, version.as_str())?;
        let files =
            [(BUNDLE, &bytes[..]), (CARD, card.as_bytes()), (METRICS, metrics_json.as_bytes())];
        if store::write_folder(&folder, &files)? == store::Placed::AlreadyThere {
            for (name, bytes) in files {
                let path = folder.join(name);
                if !store::read(&path, wire::LIMIT).is_ok_and(|there| there == bytes) {
                    store::write(&path, bytes)?;
                }
            }
        }
        Ok(Saved { version, folder })
    }

    /// Makes a version that the registry holds the one in use.
    ///
    /// # Errors
    /// [`Kind::NoModel`] where there is no such version; those of the disk.
    pub fn put_in_use(&self, name: &ModelName, version: &Version) -> Result<()> {
        let current = self.model(name).join(CURRENT);
        if !store::is_folder(&self.folder(name, version)) {
            return Err(self.no_version(name, "there is no such version", &current));
        }
        let line = format!("{version}\n");
        if !store::read(&current, wire::LIMIT).is_ok_and(|there| there == line.as_bytes()) {
            store::write(&current, line.as_bytes())?;
        }
        Ok(())
    }

    /// The version in use; `None` where there is none yet.
    ///
    /// # Errors
    /// Where `current` is there and names no version.
    pub fn in_use(&self, name: &ModelName) -> Result<Option<Version>> {
        if !store::exists(&self.model(name).join(CURRENT)) {
            return Ok(None);
        }
        self.current(name).map(Some)
    }

    /// Every version of every model, by name, then by as-of date.
    pub fn list(&self) -> Result<Vec<Listed>> {
        let mut listed = Vec::new();
        for name in self.names()? {
            let current = self.current(&name).ok();
            for version in self.versions(&name)? {
                listed.push(Listed {
                    as_of: version.as_of(),
                    current: current.as_ref() == Some(&version),
                    folder: self.folder(&name, &version),
                    name: name.clone(),
                    version,
                });
            }
        }
        Ok(listed)
    }

    /// The bundle file and the version that a reference means.
    ///
    /// # Errors
    /// [`Kind::NoModel`] with what comes nearest, or with the versions to choose from.
    pub fn find(&self, model: &ModelRef) -> Result<(PathBuf, Version)> {
        match model {
            ModelRef::Path(path) => {
                let loaded = load_file(&bundle_file(path))?;
                Ok((loaded.path, loaded.version))
            }
            ModelRef::Name(name) => {
                self.known(name)?;
                let version = self.current(name)?;
                Ok((self.folder(name, &version).join(BUNDLE), version))
            }
            ModelRef::Version(name, wanted) => {
                self.known(name)?;
                let version = self.choose(name, wanted)?;
                Ok((self.folder(name, &version).join(BUNDLE), version))
            }
        }
    }

    /// Reads the model that a reference means.
    ///
    /// # Errors
    /// Those of [`find`](Self::find) and [`wire::from_bytes`]; a model that stands under a name or
    /// version that is not its own is a [`Kind::BadBundle`].
    pub fn load(&self, model: &ModelRef) -> Result<Loaded> {
        let (path, version) = self.find(model)?;
        let loaded = load_file(&path)?;
        let under_its_name = match model {
            ModelRef::Path(_) => true,
            ModelRef::Name(name) | ModelRef::Version(name, _) => loaded.bundle.name == *name,
        };
        if loaded.version != version || !under_its_name {
            return Err(misplaced(&loaded));
        }
        Ok(loaded)
    }

    fn names(&self) -> Result<Vec<ModelName>> {
        let names = store::list(&self.root)?.into_iter().filter_map(|name| name.parse().ok());
        Ok(names.filter(|name: &ModelName| store::is_folder(&self.model(name))).collect())
    }

    fn versions(&self, name: &ModelName) -> Result<Vec<Version>> {
        let folder = self.model(name);
        let versions = store::list(&folder)?.into_iter().filter_map(|name| name.parse().ok());
        Ok(versions
            .filter(|version: &Version| store::is_folder(&folder.join(version.as_str())))
            .collect())
    }

    fn model(&self, name: &ModelName) -> PathBuf {
        self.root.join(name.as_str())
    }

    fn folder(&self, name: &ModelName, version: &Version) -> PathBuf {
        self.model(name).join(version.as_str())
    }

    fn known(&self, name: &ModelName) -> Result<()> {
        let names = self.names()?;
        if names.contains(name) && !self.versions(name)?.is_empty() {
            return Ok(());
        }
        let error = Error::new(Kind::NoModel, format!("there is no model named {name}"))
            .at(Place::File(self.root.clone()));
        Err(match nearest(name.as_str(), names.iter().map(ModelName::as_str)) {
            Some(near) => error.hint_with(format!("did you mean {near}?")),
            None => error,
        })
    }

    fn current(&self, name: &ModelName) -> Result<Version> {
        let path = self.model(name).join(CURRENT);
        let line = store::read_text(&path, 1024).map_err(|error| match error.kind() {
            Kind::NotFound => self.no_version(name, "no version of it is in use", &path),
            _ => error,
        })?;
        let version = line.trim_end_matches(['\n', '\r']).parse::<Version>();
        version
            .ok()
            .filter(|version| store::is_folder(&self.folder(name, version)))
            .ok_or_else(|| self.no_version(name, "this names no version of the model", &path))
    }

    fn choose(&self, name: &ModelName, wanted: &str) -> Result<Version> {
        let mut fit: Vec<_> =
            self.versions(name)?.into_iter().filter(|version| version.fits(wanted)).collect();
        if let Some(exact) = fit.iter().position(|version| version.as_str() == wanted) {
            return Ok(fit.swap_remove(exact));
        }
        let what = match fit.len() {
            1 => return Ok(fit.remove(0)),
            0 => format!("there is no version {wanted} of {name}"),
            several => format!("{several} versions of {name} begin with {wanted}"),
        };
        Err(self.no_version(name, what, &self.model(name)))
    }

    fn no_version(&self, name: &ModelName, what: impl Into<String>, path: &Path) -> Error {
        let error = Error::new(Kind::NoModel, what).at(Place::File(path.to_owned()));
        let versions = self.versions(name).unwrap_or_default();
        match versions.iter().rev().take(5).map(|v| format!("{name}@{v}")).collect::<Vec<_>>() {
            none if none.is_empty() => error,
            some => error.hint_with(format!("there is {}", some.join(", "))),
        }
    }
}

/// The version that a bundle has in the registry.
///
/// # Errors
/// Those of [`wire::to_bytes`].
pub fn version(bundle: &Bundle) -> Result<Version> {
    Ok(Version::of(bundle, wire::open(&wire::to_bytes(bundle)?)?.digest))
}

/// A path may name the bundle file or the folder of a version.
fn bundle_file(path: &Path) -> PathBuf {
    if store::is_folder(path) { path.join(BUNDLE) } else { path.to_owned() }
}

fn load_file(path: &Path) -> Result<Loaded> {
    let at = |error: Error| error.at(Place::File(path.to_owned()));
    let bytes = store::read(path, wire::LIMIT)?;
    let bundle = wire::from_bytes(&bytes).map_err(at)?;
    let version = Version::of(&bundle, wire::open(&bytes).map_err(at)?.digest);
    Ok(Loaded { bundle, version, path: path.to_owned() })
}

fn misplaced(loaded: &Loaded) -> Error {
    let own = format!("{}@{}", loaded.bundle.name, loaded.version);
    Error::new(Kind::BadBundle, format!("this bundle is {own}, which is not what its folder says"))
        .at(Place::File(loaded.path.clone()))
        .hint_with("put it back where it came from, or give its path to use it as it is")
}
