//! How a model is named: `retail`, `retail@2026-03-31-0123456789ab`, `retail@0123`, or a path.

use std::{fmt, path::PathBuf, str::FromStr};

use crate::{
    bundle::Bundle,
    error::{Error, Kind, Result},
    units::{Day, ModelName},
};

const DIGEST: usize = 12;
const UNDATED: &str = "undated";

/// A version of a model: the as-of date it learned up to, or `undated`, and the first twelve digits of
/// its bundle's digest.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(String);

impl Version {
    /// The version of a bundle with this digest.
    pub(super) fn of(bundle: &Bundle, digest: &str) -> Self {
        let as_of = bundle.as_of.map_or_else(|| UNDATED.to_owned(), |day| day.to_string());
        Self(format!("{as_of}-{}", digest.get(..DIGEST).unwrap_or(digest)))
    }

    /// The version as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The as-of date in it.
    pub fn as_of(&self) -> Option<Day> {
        self.parts().and_then(|(as_of, _)| Day::parse(as_of))
    }

    /// The twelve digits in it.
    pub fn digest(&self) -> &str {
        self.parts().map_or("", |(_, digest)| digest)
    }

    fn parts(&self) -> Option<(&str, &str)> {
        self.0.rsplit_once('-')
    }

    /// Whether a user who types `wanted` may mean this version: its start, or that of its digest.
    pub(super) fn fits(&self, wanted: &str) -> bool {
        !wanted.is_empty() && (self.0.starts_with(wanted) || self.digest().starts_with(wanted))
    }
}

impl FromStr for Version {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let version = Self(text.to_owned());
        let fits = version.parts().is_some_and(|(as_of, digest)| {
            let dated = Day::parse(as_of).is_some_and(|day| day.to_string() == as_of);
            let hexadecimal = digest.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
            (dated || as_of == UNDATED) && hexadecimal && digest.len() == DIGEST
        });
        if fits {
            Ok(version)
        } else {
            Err(Error::new(Kind::BadName, format!("{text:?} is not a version of a model"))
                .hint_with("`reveille models list` shows the versions"))
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a user types to mean a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelRef {
    /// The version of this model that is in use.
    Name(ModelName),
    /// A version of this model: the whole of it, or as much of it or of its digest as is unique.
    Version(ModelName, String),
    /// A bundle file, or the folder of a version.
    Path(PathBuf),
}

impl ModelRef {
    /// Reads `name`, `name@version`, or a path, which is what has a slash in it, ends in `.bundle` or
    /// is `.` or `..`.
    ///
    /// # Errors
    /// [`Kind::BadName`] for what is none of these.
    pub fn parse(text: &str) -> Result<Self> {
        let is_path = text.contains(['/', '\\'])
            || [".", ".."].contains(&text)
            || text.to_ascii_lowercase().ends_with(".bundle");
        match text.split_once('@') {
            _ if text.contains('\0') => Err(Error::new(Kind::BadName, "a model has no NUL in it")),
            _ if is_path && !names_a_version(text) => Ok(Self::Path(PathBuf::from(text))),
            None => Ok(Self::Name(text.parse()?)),
            Some((name, version)) => {
                let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
                if version.is_empty() || !version.bytes().all(plain) {
                    let what = format!("{version:?} is not a version of a model");
                    return Err(Error::new(Kind::BadName, what)
                        .hint_with("`reveille models list` shows the versions"));
                }
                Ok(Self::Version(name.parse()?, version.to_owned()))
            }
        }
    }
}

/// `retail@../x` is a bad version, and no path.
fn names_a_version(text: &str) -> bool {
    text.split_once('@').is_some_and(|(name, _)| name.parse::<ModelName>().is_ok())
}

impl FromStr for ModelRef {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

impl fmt::Display for ModelRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => write!(f, "{name}"),
            Self::Version(name, version) => write!(f, "{name}@{version}"),
            Self::Path(path) => write!(f, "{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_names_versions_or_paths() {
        let name = || "retail".parse::<ModelName>().unwrap();
        assert_eq!(ModelRef::parse("retail").unwrap(), ModelRef::Name(name()));
        assert_eq!(
            ModelRef::parse("retail@01ab").unwrap(),
            ModelRef::Version(name(), "01ab".to_owned())
        );
        for path in ["a/b", "./retail", "model.bundle", "/x/v@1/model.bundle", "../retail", ".."] {
            assert_eq!(ModelRef::parse(path).unwrap(), ModelRef::Path(path.into()), "{path}");
        }
        for bad in ["", "Retail", "a b", "retail@", "retail@../x", "retail@a/b", "@1", "a\0", "…"]
        {
            assert_eq!(ModelRef::parse(bad).unwrap_err().kind(), Kind::BadName, "{bad:?}");
        }
    }

    #[test]
    fn versions_are_read_exactly() {
        for good in ["undated-0123456789ab", "2026-03-31-0123456789ab"] {
            assert_eq!(good.parse::<Version>().unwrap().as_str(), good);
        }
        for bad in [
            "",
            "../x",
            "undated",
            "undated-0123456789AB",
            "undated-0123456789",
            "2026-02-31-0123456789ab",
            "2026/03/31-0123456789ab",
            "-0123456789ab",
            "undated-0123456789ab\n",
        ] {
            assert!(bad.parse::<Version>().is_err(), "{bad:?}");
        }
    }
}
