//! What the first bytes of a file say about it.

use std::io::{BufReader, Cursor, Read};

use flate2::read::MultiGzDecoder;

use super::{
    ReadParams,
    input::{Bytes, Input, Stream, read_up_to, unreadable},
};
use crate::error::{Error, Kind, Result};

/// The format of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Text with delimiters.
    Csv {
        /// The byte between two cells.
        delimiter: u8,
        /// The encoding of the text.
        encoding: Encoding,
        /// The compression around the text.
        compression: Compression,
    },
    /// Apache Parquet.
    Parquet,
    /// An Apache Arrow IPC stream or file.
    Arrow,
}

/// An encoding of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    Utf8,
    /// GB18030, and with it GBK and GB2312.
    Gb18030,
    /// UTF-16, the low byte first.
    Utf16Le,
    /// UTF-16, the high byte first.
    Utf16Be,
}

impl Encoding {
    /// The encoding of this name.
    pub(super) fn parse(name: &str) -> Result<Self> {
        match name.to_ascii_lowercase().replace('_', "-").as_str() {
            "utf-8" | "utf8" => Ok(Self::Utf8),
            "gb18030" | "gbk" | "gb2312" | "cp936" => Ok(Self::Gb18030),
            "utf-16le" | "utf-16" | "utf16" | "utf16le" => Ok(Self::Utf16Le),
            "utf-16be" | "utf16be" => Ok(Self::Utf16Be),
            _ => Err(Error::new(Kind::BadEncoding, format!("{name:?} is no encoding known here"))),
        }
    }

    /// The name as it is written in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Gb18030 => "gb18030",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
        }
    }
}

/// The compression around a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// None.
    Plain,
    /// gzip, one member or several.
    Gzip,
    /// Zstandard, one frame or several.
    Zstd,
}

impl Compression {
    /// What to call the bytes in an error.
    pub(super) fn what(self) -> &'static str {
        match self {
            Self::Plain => "file's",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }
}

/// What kind of table the bytes hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sniffed {
    Text,
    Parquet,
    ArrowStream,
    ArrowFile,
}

/// An input of which the first bytes have been looked at.
pub(super) struct Opened {
    pub(super) stream: Stream,
    pub(super) compression: Compression,
    pub(super) sniffed: Sniffed,
}

const HEAD: usize = 8;

/// Opens an input, takes off the compression and looks what is inside.
pub(super) fn open(input: &Input, bytes: &Bytes) -> Result<Opened> {
    let (head, stream) = peek(bytes.stream()?).map_err(|e| Error::io(input.name(), "read", e))?;
    let compression = match head.as_slice() {
        [0x1f, 0x8b, ..] => Compression::Gzip,
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Compression::Zstd,
        _ => Compression::Plain,
    };
    if compression == Compression::Plain {
        let sniffed = sniff(input, &head)?;
        return Ok(Opened { stream, compression, sniffed });
    }
    let inner: Stream = if compression == Compression::Gzip {
        Box::new(MultiGzDecoder::new(BufReader::with_capacity(1 << 16, stream)))
    } else {
        let decoder = zstd::stream::read::Decoder::new(stream);
        Box::new(decoder.map_err(|e| unreadable(input, compression.what(), e))?)
    };
    let (head, stream) = peek(inner).map_err(|e| unreadable(input, compression.what(), e))?;
    match sniff(input, &head)? {
        Sniffed::Parquet => Err(Error::new(
            Kind::UnknownFormat,
            "this is a Parquet file that was compressed once more",
        )
        .at(input.place())
        .hint_with("unpack it; Parquet is compressed by itself")),
        sniffed => Ok(Opened { stream, compression, sniffed }),
    }
}

fn peek(mut stream: Stream) -> std::io::Result<(Vec<u8>, Stream)> {
    let mut head = Vec::new();
    read_up_to(&mut stream, HEAD, &mut head)?;
    Ok((head.clone(), Box::new(Cursor::new(head).chain(stream))))
}

fn sniff(input: &Input, head: &[u8]) -> Result<Sniffed> {
    if head.starts_with(b"PAR1") {
        Ok(Sniffed::Parquet)
    } else if head.starts_with(b"ARROW1\0\0") {
        Ok(Sniffed::ArrowFile)
    } else if head.starts_with(&[0xff, 0xff, 0xff, 0xff]) {
        Ok(Sniffed::ArrowStream)
    } else if head.starts_with(b"PK\x03\x04") || head.starts_with(b"\xd0\xcf\x11\xe0") {
        Err(Error::new(Kind::UnknownFormat, "this is an Excel or zip file, not a table")
            .at(input.place())
            .hint_with("save the sheet as CSV (UTF-8), or unpack the zip"))
    } else {
        Ok(Sniffed::Text)
    }
}

/// The delimiter that the parameters name, if they name one.
pub(super) fn named_delimiter(params: &ReadParams) -> Result<Option<u8>> {
    match params.delimiter {
        None => Ok(None),
        Some(c) if c.is_ascii() && !matches!(c, '"' | '\n' | '\r' | '\0') => Ok(Some(c as u8)),
        Some(c) => Err(Error::new(Kind::BadParameter, format!("{c:?} cannot be a delimiter"))
            .hint_with("give one ASCII character: , ; | or a tab")),
    }
}
