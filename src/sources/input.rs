//! Where the bytes come from.

use std::{
    fmt,
    io::{self, Cursor, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    error::{Error, Kind, Place, Result},
    store,
};

/// A file, or standard input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A file.
    Path(PathBuf),
    /// Standard input, written `-`.
    Stdin,
}

impl Input {
    /// The input that an argument names: `-` is standard input, all else a path.
    pub fn parse(text: &str) -> Self {
        if text == "-" { Self::Stdin } else { Self::Path(PathBuf::from(text)) }
    }

    /// The name under which errors speak of it.
    pub(super) fn name(&self) -> PathBuf {
        match self {
            Self::Path(path) => path.clone(),
            Self::Stdin => PathBuf::from("<stdin>"),
        }
    }

    pub(super) fn place(&self) -> Place {
        Place::File(self.name())
    }
}

impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name().display())
    }
}

impl From<&Path> for Input {
    fn from(path: &Path) -> Self {
        Self::Path(path.to_owned())
    }
}

/// Bytes that can be read from front to back.
pub(super) type Stream = Box<dyn Read + Send>;

/// Bytes of a pipe that are kept in memory, at most; more of them are put aside on the disk.
const MOST_KEPT: u64 = 1 << 28;

/// The bytes of an input: a file can be read again, a pipe only if its bytes were kept.
#[derive(Debug, Clone)]
pub(super) enum Bytes {
    Input(Input),
    Kept(Arc<Vec<u8>>),
    Spooled(Arc<store::Spool>),
}

impl Bytes {
    /// The bytes of an input in a form that can be read twice: those of a pipe are kept.
    pub(super) fn to_read_twice(input: &Input) -> Result<Self> {
        match input {
            Input::Path(path) if !store::is_pipe(path) => Ok(Self::Input(input.clone())),
            _ => Self::keep(input, MOST_KEPT),
        }
    }

    /// The bytes of an input, up to this many in memory.
    pub(super) fn keep(input: &Input, most: u64) -> Result<Self> {
        let mut stream = Self::Input(input.clone()).stream()?;
        let mut bytes = Vec::new();
        let read = stream.by_ref().take(most + 1).read_to_end(&mut bytes);
        read.map_err(|e| Error::io(input.name(), "read", e))?;
        if bytes.len() as u64 <= most {
            return Ok(Self::Kept(Arc::new(bytes)));
        }
        let spool = store::Spool::fill(&mut Cursor::new(bytes).chain(stream))?;
        Ok(Self::Spooled(Arc::new(spool)))
    }

    /// The bytes from the front.
    pub(super) fn stream(&self) -> Result<Stream> {
        Ok(match self {
            Self::Input(Input::Path(path)) => Box::new(store::open(path)?),
            Self::Input(Input::Stdin) => Box::new(io::stdin()),
            Self::Kept(bytes) => Box::new(Cursor::new(Shared(Arc::clone(bytes)))),
            Self::Spooled(spool) => Box::new(store::SpoolReader::new(Arc::clone(spool))),
        })
    }

    /// What the file is like now, where it is one.
    pub(super) fn stamp(&self) -> Result<Option<store::Stamp>> {
        match self {
            Self::Input(Input::Path(path)) => store::stamp(path).map(Some),
            _ => Ok(None),
        }
    }
}

#[derive(Debug)]
struct Shared(Arc<Vec<u8>>);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// Reads up to `wanted` bytes; fewer only at the end.
pub(super) fn read_up_to(
    stream: &mut Stream,
    wanted: usize,
    bytes: &mut Vec<u8>,
) -> io::Result<usize> {
    bytes.reserve(wanted);
    stream.by_ref().take(wanted as u64).read_to_end(bytes)
}

/// The error for bytes that cannot be read on: a damaged file, or a fault of the device.
pub(super) fn unreadable(input: &Input, what: &str, cause: io::Error) -> Error {
    match cause.kind() {
        io::ErrorKind::UnexpectedEof
        | io::ErrorKind::InvalidData
        | io::ErrorKind::InvalidInput
        | io::ErrorKind::Other => {
            Error::new(Kind::UnknownFormat, format!("the {what} data is damaged or cut off"))
                .at(input.place())
                .hint_with("copy or export the file again")
        }
        _ => Error::io(input.name(), "read", cause),
    }
}
