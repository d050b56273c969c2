//! Files that are put in their places together.

use std::{
    collections::BTreeSet,
    io::Write,
    path::{Path, PathBuf},
};

use rayon::prelude::*;

use super::{AtomicFile, folder_of, sync_folder};
use crate::error::{Error, Result};

/// A file with these bytes that waits to be put in its place.
pub fn begin(path: &Path, bytes: &[u8]) -> Result<AtomicFile> {
    let mut file = AtomicFile::create(path)?;
    file.write_all(bytes).map_err(|e| Error::io(path, "write", e))?;
    Ok(file)
}

/// Puts files in their places, durably and in this order, once all of them are on the device: where one
/// cannot be written, none appears.
///
/// They are sent to the device side by side, and each folder is flushed once: for a few small files that is
/// several times as fast as one after the other.
pub fn commit_all(mut files: Vec<AtomicFile>) -> Result<()> {
    let sent: Vec<Result<()>> = files.par_iter_mut().map(AtomicFile::send).collect();
    sent.into_iter().collect::<Result<()>>()?;
    let files_of =
        |file: &AtomicFile| file.temporary.is_some().then(|| folder_of(&file.path).to_owned());
    let folders: BTreeSet<PathBuf> = files.iter().filter_map(files_of).collect();
    files.iter_mut().try_for_each(AtomicFile::place)?;
    folders.iter().try_for_each(|folder| {
        sync_folder(folder).map_err(|e| {
            Error::io(folder, "flush to the device", e).hint_with(
                "the new files are in their places, but check the device: they may not stay",
            )
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_appear_or_none() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (folder.path().join("one"), folder.path().join("two"));
        let files = vec![begin(&one, b"1").unwrap(), begin(&two, b"2").unwrap()];
        assert_eq!(crate::store::list(folder.path()).unwrap().len(), 2);
        assert!(!one.exists() && !two.exists());
        commit_all(files).unwrap();
        assert_eq!(crate::store::list(folder.path()).unwrap(), ["one", "two"]);
        drop(begin(&one, b"3").unwrap());
        assert_eq!(crate::store::read(&one, 9).unwrap(), b"1");
        assert_eq!(crate::store::list(folder.path()).unwrap(), ["one", "two"]);
    }
}
