//! A pipe's bytes, put aside to be read again.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

use super::hidden;
use crate::error::{Error, Result};

/// Bytes put aside on the disk, to be read as often as needed by this run and by nobody else.
///
/// On Unix the file has no name, so that nothing is left behind even by a killed run; elsewhere it is
/// removed with the spool.
#[derive(Debug)]
pub struct Spool {
    file: File,
    named: Option<PathBuf>,
}

impl Spool {
    /// Puts the bytes of a stream aside, in the system's folder for temporary files.
    pub fn fill(stream: &mut impl Read) -> Result<Self> {
        let folder = std::env::temp_dir();
        let (file, named) = nameless(&folder)?;
        let mut spool = Self { file, named };
        io::copy(stream, &mut spool.file).map_err(|e| {
            Error::io(folder, "put the input aside", e).hint_with(
                "name a folder with more room in TMPDIR, or give a file instead of a pipe",
            )
        })?;
        Ok(spool)
    }

    /// Another handle on the bytes; all handles share one place of reading.
    pub fn handle(&self) -> io::Result<File> {
        self.file.try_clone()
    }

    #[cfg(unix)]
    fn read_at(&self, bytes: &mut [u8], at: u64) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(&self.file, bytes, at)
    }

    #[cfg(windows)]
    fn read_at(&self, bytes: &mut [u8], at: u64) -> io::Result<usize> {
        std::os::windows::fs::FileExt::seek_read(&self.file, bytes, at)
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        if let Some(path) = self.named.take() {
            let _ = fs::remove_file(path);
        }
    }
}

/// A new file for this run only: without a name on Unix, so that nothing is left behind by a killed
/// run; elsewhere its name is to be removed with it.
pub(super) fn nameless(folder: &Path) -> Result<(File, Option<PathBuf>)> {
    let (file, path) = hidden(&folder.join("reveille"), |hidden| {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(hidden)
    })?;
    if cfg!(unix) {
        let _ = fs::remove_file(&path);
        return Ok((file, None));
    }
    Ok((file, Some(path)))
}

/// Reads a spool from the front, whoever else reads it.
#[derive(Debug)]
pub struct SpoolReader {
    spool: Arc<Spool>,
    at: u64,
}

impl SpoolReader {
    /// Begins at the front.
    pub fn new(spool: Arc<Spool>) -> Self {
        Self { spool, at: 0 }
    }
}

impl Read for SpoolReader {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let read = self.spool.read_at(bytes, self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spool_is_read_as_often_as_needed() {
        let bytes: Vec<u8> = (0..100_000_u32).map(|i| i as u8).collect();
        let spool = Arc::new(Spool::fill(&mut bytes.as_slice()).unwrap());
        let (mut first, mut second) = (SpoolReader::new(spool.clone()), SpoolReader::new(spool));
        let mut head = [0; 100];
        first.read_exact(&mut head).unwrap();
        let mut all = Vec::new();
        second.read_to_end(&mut all).unwrap();
        assert_eq!((all.as_slice(), head.as_slice()), (bytes.as_slice(), &bytes[..100]));
        let mut rest = Vec::new();
        first.read_to_end(&mut rest).unwrap();
        assert_eq!(rest, &bytes[100..]);
    }
}
