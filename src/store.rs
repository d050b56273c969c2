//! The only hand on the disk: whole files in, whole files out.
//!
//! What is written appears under its name complete and durable, or not at all: a temporary file in
//! the same folder, flushed to the device, renamed over the old one, and the folder flushed too.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Read, Write},
    path::{Path, PathBuf},
};

use crate::error::{Error, Kind, Place, Result};

/// Opens a file for reading.
pub fn open(path: &Path) -> Result<File> {
    let file = File::open(path).map_err(|e| Error::io(path, "read", e))?;
    let is_folder = file.metadata().map_err(|e| Error::io(path, "read", e))?.is_dir();
    if is_folder {
        return Err(Error::new(Kind::UnknownFormat, "this is a folder, not a file")
            .at(Place::File(path.to_owned())));
    }
    Ok(file)
}

/// Reads a file of at most `limit` bytes; a larger one is refused before it is read.
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>> {
    let file = open(path)?;
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).map_err(|e| Error::io(path, "read", e))?;
    if bytes.len() as u64 > limit {
        return Err(Error::new(Kind::TooLarge, format!("the file is larger than {limit} bytes"))
            .at(Place::File(path.to_owned())));
    }
    Ok(bytes)
}

/// Reads a UTF-8 text of at most `limit` bytes.
pub fn read_text(path: &Path, limit: u64) -> Result<String> {
    String::from_utf8(read(path, limit)?).map_err(|_| {
        Error::new(Kind::BadEncoding, "the file is not UTF-8")
            .at(Place::File(path.to_owned()))
            .hint_with("save it as UTF-8")
    })
}

/// Whether there is a file or folder at this path.
pub fn exists(path: &Path) -> bool {
    path.exists()
}

/// Makes a folder and those above it.
pub fn create_folder(path: &Path) -> Result<()> {
    fs::create_dir_all(path).map_err(|e| Error::io(path, "make the folder", e))
}

/// The names in a folder, sorted; empty where there is no such folder.
pub fn list(folder: &Path) -> Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(Error::io(folder, "list", e)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|e| Error::io(folder, "list", e))?;
        names.extend(entry.file_name().into_string().ok());
    }
    names.sort();
    Ok(names)
}

/// The path of a plain name inside a folder; a name that would leave the folder is refused.
pub fn child(folder: &Path, name: &str) -> Result<PathBuf> {
    let plain = !name.is_empty()
        && name != "."
        && name != ".."
        && !name.contains(['/', '\\', '\0'])
        && Path::new(name).file_name().is_some();
    if plain {
        Ok(folder.join(name))
    } else {
        Err(Error::new(
            Kind::BadName,
            format!("{name:?} is not a name inside {}", folder.display()),
        ))
    }
}

/// Writes a whole file, atomically and durably.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = AtomicFile::create(path)?;
    file.write_all(bytes).map_err(|e| Error::io(path, "write", e))?;
    file.commit()
}

/// A file that appears under its name only when it is complete and on the device.
///
/// Dropped without [`commit`](Self::commit), it leaves what was there before.
#[derive(Debug)]
pub struct AtomicFile {
    path: PathBuf,
    temporary: PathBuf,
    writer: Option<BufWriter<File>>,
}

impl AtomicFile {
    /// Starts a file that will stand at `path`; its folder must exist.
    pub fn create(path: &Path) -> Result<Self> {
        let name = path.file_name().ok_or_else(|| {
            Error::new(Kind::BadName, "this names no file").at(Place::File(path.to_owned()))
        })?;
        let mut attempt = 0_u32;
        loop {
            let mut hidden = std::ffi::OsString::from(".");
            hidden.push(name);
            hidden.push(format!(".{}-{attempt}.tmp", std::process::id()));
            let temporary = path.with_file_name(hidden);
            match OpenOptions::new().write(true).create_new(true).open(&temporary) {
                Ok(file) => {
                    let writer = Some(BufWriter::with_capacity(1 << 18, file));
                    return Ok(Self { path: path.to_owned(), temporary, writer });
                }
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists && attempt < 1000 => {
                    attempt += 1
                }
                Err(e) => return Err(Error::io(path, "write", e)),
            }
        }
    }

    /// Puts the file in its place, durably.
    pub fn commit(mut self) -> Result<()> {
        let Some(writer) = self.writer.take() else { return Ok(()) };
        let result = finish(writer, &self.temporary, &self.path);
        if result.is_err() {
            let _ = fs::remove_file(&self.temporary);
        }
        result.map_err(|e| Error::io(&self.path, "write", e))
    }
}

fn finish(writer: BufWriter<File>, temporary: &Path, path: &Path) -> io::Result<()> {
    let file = writer.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.sync_all()?;
    fs::rename(temporary, path)?;
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    File::open(folder)?.sync_all()
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.writer {
            Some(writer) => writer.write(bytes),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Drop for AtomicFile {
    fn drop(&mut self) {
        if self.writer.take().is_some() {
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

/// The BLAKE3 digest of some bytes, as 64 hexadecimal digits.
pub fn digest(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_uncommitted_file_leaves_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("feed.csv");
        write(&path, b"old").unwrap();
        let mut file = AtomicFile::create(&path).unwrap();
        file.write_all(b"half of the n").unwrap();
        drop(file);
        assert_eq!(read(&path, 10).unwrap(), b"old");
        assert_eq!(list(folder.path()).unwrap(), ["feed.csv"]);
        write(&path, b"new").unwrap();
        assert_eq!(read(&path, 10).unwrap(), b"new");
    }

    #[test]
    fn names_that_leave_the_folder_are_refused() {
        for name in ["", ".", "..", "../x", "a/b", "/etc", "a\\b", "a\0"] {
            assert!(child(Path::new("models"), name).is_err(), "{name:?}");
        }
        assert_eq!(child(Path::new("models"), "retail").unwrap(), Path::new("models/retail"));
    }

    #[test]
    fn a_file_over_its_limit_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("big");
        write(&path, &[0; 100]).unwrap();
        assert_eq!(read(&path, 99).unwrap_err().kind(), Kind::TooLarge);
    }
}
