//! The only hand on the disk: whole files in, whole files out.
//!
//! What is written appears under its name complete and durable, or not at all: a temporary file in
//! the same folder, flushed to the device, renamed over the old one, and the folder flushed too.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Read, Write},
    path::{Path, PathBuf},
};

mod find;
mod scratch;
mod spool;
mod together;
mod unfinished;

pub use find::find;
pub use scratch::{Piece, Scratch};
pub use spool::{Spool, SpoolReader};
pub use together::{begin, commit_all};
pub use unfinished::abandon;

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

/// What a file was like at some time: whoever writes to it changes this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    length: u64,
    /// Nanoseconds after 1970, where the system tells.
    written: Option<u128>,
}

/// What a file is like now.
pub fn stamp(path: &Path) -> Result<Stamp> {
    let found = fs::metadata(path).map_err(|e| Error::io(path, "read", e))?;
    let written =
        found.modified().ok().and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
    Ok(Stamp { length: found.len(), written: written.map(|since| since.as_nanos()) })
}

/// Whether there is something at this path that can be read but once: a pipe, a socket, a device.
pub fn is_pipe(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir())
}

/// Whether there is a file or folder at this path.
pub fn exists(path: &Path) -> bool {
    path.exists()
}

/// Whether there is a folder at this path.
pub fn is_folder(path: &Path) -> bool {
    path.is_dir()
}

/// Makes a folder and those above it, durably.
pub fn create_folder(path: &Path) -> Result<()> {
    let mut missing = Vec::new();
    let mut above = Some(path);
    while let Some(folder) = above.filter(|f| !f.as_os_str().is_empty() && !f.exists()) {
        missing.push(folder);
        above = folder.parent();
    }
    for folder in missing.into_iter().rev() {
        let made = match fs::create_dir(folder) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(e) => Err(e),
            Ok(()) => sync_folder(folder_of(folder)),
        };
        made.map_err(|e| Error::io(folder, "make the folder", e))?;
    }
    if path.is_dir() || path.as_os_str().is_empty() {
        Ok(())
    } else {
        Err(Error::new(Kind::Io, "there is a file where a folder is needed")
            .at(Place::File(path.to_owned()))
            .hint_with("move the file away, or name another folder"))
    }
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
    begin(path, bytes)?.commit()
}

/// Adds a line to a file that only ever grows, durably; makes the file where there is none.
///
/// The line goes to the end in one operation, so that a killed run leaves all of it or nothing, and two
/// runs at once leave both lines. Where the device takes only a part, that part is cut off again.
pub fn append_line(path: &Path, line: &str) -> Result<()> {
    let failed = |e: io::Error| Error::io(path, "write", e);
    if line.contains('\n') {
        return Err(Error::new(Kind::BadParameter, "a line holds no line break"));
    }
    let is_new = !path.exists();
    let mut file = OpenOptions::new().append(true).create(true).open(path).map_err(failed)?;
    let before = file.metadata().map_err(failed)?.len();
    let bytes = format!("{line}\n");
    let written = match file.write(bytes.as_bytes()) {
        Ok(written) if written == bytes.len() => file.sync_all(),
        Ok(_) => Err(io::ErrorKind::StorageFull.into()),
        Err(e) => Err(e),
    };
    if let Err(e) = written {
        let _ = file.set_len(before);
        return Err(failed(e));
    }
    if is_new { sync_folder(folder_of(path)).map_err(failed) } else { Ok(()) }
}

/// What [`write_folder`] found at its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placed {
    /// Nothing; the folder now stands there.
    New,
    /// A folder of that name with something in it; it was left as it is.
    AlreadyThere,
}

/// Puts a folder with these files in its place, atomically and durably; the folder above must exist.
///
/// The files (name and content) are written into a hidden folder beside it, flushed, and the hidden
/// folder is renamed: whoever looks sees no folder or the whole of it.
pub fn write_folder(path: &Path, files: &[(&str, &[u8])]) -> Result<Placed> {
    if path.exists() {
        return Ok(Placed::AlreadyThere);
    }
    let temporary = hidden(path, |hidden| fs::create_dir(hidden))?.1;
    let result = fill_folder(&temporary, path, files);
    if !matches!(result, Ok(Placed::New)) {
        let _ = fs::remove_dir_all(&temporary);
    }
    unfinished::forget(&temporary);
    result.map_err(|e| Error::io(path, "write the folder", e))
}

fn fill_folder(temporary: &Path, path: &Path, files: &[(&str, &[u8])]) -> io::Result<Placed> {
    for (name, bytes) in files {
        let mut file =
            OpenOptions::new().write(true).create_new(true).open(temporary.join(name))?;
        file.write_all(bytes)?;
        file.sync_all()?;
    }
    sync_folder(temporary)?;
    match fs::rename(temporary, path) {
        Err(_) if path.is_dir() => return Ok(Placed::AlreadyThere),
        renamed => renamed?,
    }
    sync_folder(folder_of(path))?;
    Ok(Placed::New)
}

/// Makes something under a hidden name beside `path` that nobody else uses.
fn hidden<T>(path: &Path, make: impl Fn(&Path) -> io::Result<T>) -> Result<(T, PathBuf)> {
    let name = path.file_name().ok_or_else(|| {
        Error::new(Kind::BadName, "this names no file").at(Place::File(path.to_owned()))
    })?;
    let mut attempt = 0_u32;
    loop {
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}-{attempt}{TEMPORARY}", std::process::id()));
        let temporary = path.with_file_name(hidden);
        match unfinished::make(&temporary, &make) {
            Ok(opened) => return Ok((opened, temporary)),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists && attempt < 1000 => attempt += 1,
            Err(e) => return Err(Error::io(path, "write", e)),
        }
    }
}

/// The end of the names of unfinished files and folders, which also start with a dot.
const TEMPORARY: &str = ".tmp";

/// Whether a name is that of an unfinished file or folder, which a killed run leaves behind.
pub fn is_unfinished(name: &str) -> bool {
    name.starts_with('.') && name.ends_with(TEMPORARY)
}

/// A file that appears under its name only when it is complete and on the device.
///
/// Dropped without [`commit`](Self::commit), it leaves what was there before. A link is followed, and
/// what it points to is replaced. A device or a pipe cannot be replaced: it is written as it goes.
#[derive(Debug)]
pub struct AtomicFile {
    path: PathBuf,
    /// `None` for a device or a pipe, and once the file is in its place.
    temporary: Option<PathBuf>,
    writer: Option<BufWriter<File>>,
    /// Bytes that have not been sent to the device.
    unsent: usize,
}

/// Bytes after which a file is sent to the device while more are made, so that little is left at its end.
const SENT_AT_ONCE: usize = 8 << 20;

impl AtomicFile {
    /// Starts a file that will stand at `path`; its folder must exist.
    pub fn create(path: &Path) -> Result<Self> {
        let (file, temporary, path) = match fs::metadata(path) {
            Ok(found) if found.is_dir() => {
                return Err(Error::new(Kind::BadName, "this is a folder, not a file")
                    .at(Place::File(path.to_owned()))
                    .hint_with("name a file inside it"));
            }
            Ok(found) if !found.is_file() => {
                let device = OpenOptions::new().write(true).open(path);
                (device.map_err(|e| Error::io(path, "write", e))?, None, path.to_owned())
            }
            found => {
                let linked = found.and_then(|_| fs::canonicalize(path));
                let path = linked.unwrap_or_else(|_| path.to_owned());
                let (file, temporary) = hidden(&path, |hidden| {
                    OpenOptions::new().write(true).create_new(true).open(hidden)
                })?;
                (file, Some(temporary), path)
            }
        };
        let writer = Some(BufWriter::with_capacity(1 << 18, file));
        Ok(Self { path, temporary, writer, unsent: 0 })
    }

    /// Puts the file in its place, durably.
    pub fn commit(self) -> Result<()> {
        commit_all(vec![self])
    }

    /// Sends what is left to the device.
    fn send(&mut self) -> Result<()> {
        let Some(writer) = self.writer.take() else { return Ok(()) };
        let file = writer.into_inner().map_err(io::IntoInnerError::into_error);
        let sent =
            file.and_then(|file| if self.temporary.is_some() { file.sync_all() } else { Ok(()) });
        sent.map_err(|e| Error::io(&self.path, "write", e))
    }

    /// Gives the file its name.
    fn place(&mut self) -> Result<()> {
        let Some(temporary) = self.temporary.take() else { return Ok(()) };
        let placed = fs::rename(&temporary, &self.path);
        if placed.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        unfinished::forget(&temporary);
        placed.map_err(|e| Error::io(&self.path, "write", e))
    }
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Flushes the names in a folder to the device, where folders can be opened.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(writer) = &mut self.writer else { return Err(io::ErrorKind::BrokenPipe.into()) };
        let written = writer.write(bytes)?;
        self.unsent += written;
        if self.unsent >= SENT_AT_ONCE && self.temporary.is_some() {
            writer.flush()?;
            writer.get_ref().sync_data()?;
            self.unsent = 0;
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Drop for AtomicFile {
    fn drop(&mut self) {
        self.writer = None;
        if let Some(temporary) = &self.temporary {
            let _ = fs::remove_file(temporary);
            unfinished::forget(temporary);
        }
    }
}

/// A writer that takes the digest of what passes through it.
#[derive(Debug)]
pub struct Hashing<W> {
    inner: W,
    hasher: blake3::Hasher,
}

impl<W> Hashing<W> {
    /// Takes the digest of what is written to `inner` from now on.
    pub fn new(inner: W) -> Self {
        Self { inner, hasher: blake3::Hasher::new() }
    }

    /// The writer, and the digest as 64 hexadecimal digits.
    pub fn finish(self) -> (W, String) {
        (self.inner, self.hasher.finalize().to_hex().to_string())
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
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
    fn lines_are_added_and_nothing_else_changes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.jsonl");
        append_line(&path, "one").unwrap();
        append_line(&path, "two").unwrap();
        assert_eq!(read(&path, 99).unwrap(), b"one\ntwo\n");
        assert_eq!(append_line(&path, "a\nb").unwrap_err().kind(), Kind::BadParameter);
        assert_eq!(append_line(folder.path(), "x").unwrap_err().kind(), Kind::Io);
        assert_eq!(read(&path, 99).unwrap(), b"one\ntwo\n");
    }

    #[test]
    fn names_that_leave_the_folder_are_refused() {
        for name in ["", ".", "..", "../x", "a/b", "/etc", "a\\b", "a\0"] {
            assert!(child(Path::new("models"), name).is_err(), "{name:?}");
        }
        assert_eq!(child(Path::new("models"), "retail").unwrap(), Path::new("models/retail"));
    }

    #[test]
    fn a_folder_appears_whole_and_is_never_replaced() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("v1");
        assert_eq!(write_folder(&path, &[("a", b"1"), ("b", b"2")]).unwrap(), Placed::New);
        assert_eq!(write_folder(&path, &[("a", b"3")]).unwrap(), Placed::AlreadyThere);
        assert_eq!(read(&path.join("a"), 9).unwrap(), b"1");
        assert_eq!(list(root.path()).unwrap(), ["v1"]);
        assert!(write_folder(&root.path().join("v2"), &[("no/such", b"1")]).is_err());
        assert_eq!(list(root.path()).unwrap(), ["v1"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_followed_and_a_device_is_written_as_it_goes() {
        use std::os::unix::fs::FileTypeExt;
        let root = tempfile::tempdir().unwrap();
        let (file, link) = (root.path().join("file"), root.path().join("link"));
        write(&file, b"old").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        write(&link, b"new").unwrap();
        assert_eq!(read(&file, 9).unwrap(), b"new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        write(Path::new("/dev/null"), b"gone").unwrap();
        assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
        assert_eq!(write(root.path(), b"x").unwrap_err().kind(), Kind::BadName);
    }

    #[test]
    fn folders_are_made_all_the_way_and_not_over_a_file() {
        let root = tempfile::tempdir().unwrap();
        let deep = root.path().join("a/b/c");
        create_folder(&deep).unwrap();
        create_folder(&deep).unwrap();
        assert!(is_folder(&deep));
        write(&root.path().join("file"), b"").unwrap();
        assert!(create_folder(&root.path().join("file")).is_err());
        assert!(create_folder(&root.path().join("file/x")).is_err());
    }

    #[test]
    fn a_file_over_its_limit_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("big");
        write(&path, &[0; 100]).unwrap();
        assert_eq!(read(&path, 99).unwrap_err().kind(), Kind::TooLarge);
    }
}
