//! Bytes put aside piece by piece, to be fetched again piece by piece.

use std::{
    fs::{self, File},
    io::{Seek, Write},
    path::PathBuf,
};

use super::spool::nameless;
use crate::error::{Error, Result};

/// A file of this run only, without a name on Unix, that grows by pieces.
#[derive(Debug)]
pub struct Scratch {
    file: File,
    named: Option<PathBuf>,
    length: u64,
}

/// Where a piece lies in a [`Scratch`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    at: u64,
    length: usize,
}

impl Scratch {
    /// An empty one in the system's folder for temporary files.
    pub fn new() -> Result<Self> {
        let (file, named) = nameless(&std::env::temp_dir())?;
        Ok(Self { file, named, length: 0 })
    }

    /// Appends a piece.
    pub fn put(&mut self, bytes: &[u8]) -> Result<Piece> {
        let failed = |e| {
            Error::io(std::env::temp_dir(), "put rows aside", e)
                .hint_with("name a folder with more room in TMPDIR")
        };
        let piece = Piece { at: self.length, length: bytes.len() };
        self.file.seek(std::io::SeekFrom::Start(self.length)).map_err(failed)?;
        self.file.write_all(bytes).map_err(failed)?;
        self.length += bytes.len() as u64;
        Ok(piece)
    }

    /// Appends a piece's bytes to a buffer. Several threads may fetch at a time.
    pub fn fetch(&self, piece: Piece, bytes: &mut Vec<u8>) -> Result<()> {
        let start = bytes.len();
        bytes.resize(start + piece.length, 0);
        self.read_at(&mut bytes[start..], piece.at)
            .map_err(|e| Error::io(std::env::temp_dir(), "fetch rows that were put aside", e))
    }

    #[cfg(unix)]
    fn read_at(&self, bytes: &mut [u8], at: u64) -> std::io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(&self.file, bytes, at)
    }

    #[cfg(windows)]
    fn read_at(&self, mut bytes: &mut [u8], mut at: u64) -> std::io::Result<()> {
        while !bytes.is_empty() {
            let read = std::os::windows::fs::FileExt::seek_read(&self.file, bytes, at)?;
            if read == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            bytes = &mut bytes[read..];
            at += read as u64;
        }
        Ok(())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Some(path) = self.named.take() {
            let _ = fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_come_back_as_they_were() {
        let mut scratch = Scratch::new().unwrap();
        let pieces: Vec<Piece> =
            (0..50_u8).map(|i| scratch.put(&vec![i; usize::from(i) * 100]).unwrap()).collect();
        let mut bytes = vec![9];
        scratch.fetch(pieces[7], &mut bytes).unwrap();
        assert_eq!(bytes, [vec![9], vec![7; 700]].concat());
        for (i, piece) in pieces.iter().enumerate() {
            bytes.clear();
            scratch.fetch(*piece, &mut bytes).unwrap();
            assert_eq!(bytes, vec![i as u8; i * 100]);
        }
    }
}
