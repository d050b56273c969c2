//! Files and folders that are being made: gone if the run is broken off.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

static UNFINISHED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// Makes something under a hidden name, and remembers it.
pub(super) fn make<T>(path: &Path, begin: impl Fn(&Path) -> io::Result<T>) -> io::Result<T> {
    let mut unfinished = UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner);
    let made = begin(path)?;
    unfinished.insert(path.to_owned());
    Ok(made)
}

/// Forgets what stands in its place, or was removed.
pub(super) fn forget(path: &Path) {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner).remove(path);
}

/// Removes everything that this run has begun and not finished, and lets nothing new begin: the run must end
/// now.
pub fn abandon() {
    let unfinished = UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner);
    for path in unfinished.iter() {
        let _ = fs::remove_file(path).or_else(|_| fs::remove_dir_all(path));
    }
    // Whoever makes something now waits for ever.
    std::mem::forget(unfinished);
}
