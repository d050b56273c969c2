//! Files by pattern.

use std::path::{Path, PathBuf};

use crate::error::{Error, Kind, Result};

/// The files below a folder whose path matches a pattern such as `transactions-*.csv` or
/// `2025/*.parquet`, in the order of their names. An absolute pattern stands for itself.
///
/// # Errors
/// `BadName` for what is no pattern; `Io` where a folder cannot be read.
pub fn find(folder: &Path, pattern: &str) -> Result<Vec<PathBuf>> {
    let root = glob::Pattern::escape(&folder.to_string_lossy());
    let whole = if Path::new(pattern).is_absolute() {
        pattern.to_owned()
    } else {
        format!("{root}/{pattern}")
    };
    let bad = |e: glob::PatternError| {
        Error::new(Kind::BadName, format!("{pattern:?} is no pattern of file names: {}", e.msg))
            .hint_with("write e.g. transactions-*.csv")
    };
    let mut files = Vec::new();
    for found in glob::glob(&whole).map_err(bad)? {
        let path = found.map_err(|e| {
            let path = e.path().to_owned();
            Error::io(path, "list", e.into())
        })?;
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if path.is_file() && !hidden {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_in_order_and_the_signs_of_a_folder_mean_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("a [b]*");
        std::fs::create_dir_all(root.join("2025")).unwrap();
        for name in ["t-2.csv", "t-1.csv", "u.csv", ".t-3.csv", "2025/t-4.csv"] {
            std::fs::write(root.join(name), "x").unwrap();
        }
        let names = |pattern| {
            let found = find(&root, pattern).unwrap();
            let name = |path: &PathBuf| path.strip_prefix(&root).unwrap().display().to_string();
            found.iter().map(name).collect::<Vec<_>>()
        };
        assert_eq!(names("t-*.csv"), ["t-1.csv", "t-2.csv"]);
        assert_eq!(names("*/t-*.csv"), ["2025/t-4.csv"]);
        assert!(names("none*").is_empty());
        assert_eq!(find(&root, "***").unwrap_err().kind(), Kind::BadName);
    }
}
