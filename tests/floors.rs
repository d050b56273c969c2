//! The architecture, held by a test: imports point down, rooms on one floor do not meet, each
//! private door has one user, and files and functions stay readable.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// Floors from the ground up.
const FLOORS: &[(u32, &[&str])] = &[
    (1, &["units", "error", "nearest", "spare"]),
    (2, &["store"]),
    (3, &["sources", "model", "metrics", "expr", "synth"]),
    (4, &["features", "history"]),
    (5, &["bundle", "dataset"]),
    (6, &["scoring", "learners"]),
    (7, &["playbook"]),
    (8, &["output"]),
    (9, &["config"]),
    (10, &["pipeline"]),
    (11, &["cli"]),
    (12, &["main", "lib"]),
];

/// Crates and modules that only some places may name.
const DOORS: &[(&str, &[&str])] = &[
    ("linfa", &["learners"]),
    ("ndarray", &["learners"]),
    ("clap", &["cli"]),
    ("ctrlc", &["cli"]),
    ("parquet", &["sources", "output/feed", "output/table"]),
    ("sqlparser", &["expr"]),
    ("encoding_rs", &["sources"]),
    ("std::fs", &["store"]),
    ("fs::", &["store"]),
    ("std::time::SystemTime", &["cli"]),
];

/// Lines of a file without its tests.
const LONGEST_FILE: usize = 400;

fn floor(room: &str) -> u32 {
    FLOORS
        .iter()
        .find(|(_, rooms)| rooms.contains(&room))
        .unwrap_or_else(|| panic!("the room {room} stands on no floor"))
        .0
}

fn sources() -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
        let mut entries: Vec<_> =
            fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                walk(&path, found);
            } else if path.file_name().is_some_and(|name| name == "tests.rs") {
                // Tests of a room that fill a file of their own.
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let text = text.split("\n#[cfg(test)]").next().unwrap_or_default().to_owned();
                found.push((path, text));
            }
        }
    }
    let mut found = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    found
}

/// The path of a file below `src/`, e.g. `cli/ui.rs`.
fn below_src(path: &Path) -> String {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    path.strip_prefix(src).unwrap().to_string_lossy().replace('\\', "/")
}

/// The room a file belongs to: its folder, or its own name on the ground of `src/`.
fn room(file: &str) -> String {
    file.split('/').next().unwrap().trim_end_matches(".rs").to_owned()
}

/// Code lines: no comments and no text in quotes that spans a whole line.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.trim_start().starts_with("//"))
}

/// The rooms that a text imports from this crate.
fn imports(text: &str) -> Vec<String> {
    let code: String = code(text).collect::<Vec<_>>().join(" ");
    let mut rooms = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(group) => rooms.extend(first_names(group)),
            None => rooms.push(name(rest)),
        }
    }
    rooms.retain(|room| !room.is_empty());
    rooms
}

fn name(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// The first name of each branch of an import group, up to its closing brace.
fn first_names(group: &str) -> Vec<String> {
    let (mut depth, mut names, mut expecting) = (0, Vec::new(), true);
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => expecting = true,
            c if expecting && depth == 0 && c.is_alphanumeric() => {
                names.push(name(&group[at..]));
                expecting = false;
            }
            _ => {}
        }
    }
    names
}

#[test]
fn imports_point_down_and_rooms_on_one_floor_do_not_meet() {
    let mut broken = Vec::new();
    for (path, text) in sources() {
        let file = below_src(&path);
        let own = room(&file);
        if own == "lib" || own == "main" {
            continue;
        }
        for imported in imports(&text) {
            if imported != own && floor(&imported) >= floor(&own) && !ground_floor(&own, &imported)
            {
                broken.push(format!("{file} imports {imported}"));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// The two rooms of the ground floor know each other: a unit refuses a bad value with an error.
fn ground_floor(own: &str, imported: &str) -> bool {
    floor(own) == 1 && floor(imported) == 1
}

#[test]
fn scoring_never_imports_learners() {
    for (path, text) in sources() {
        if room(&below_src(&path)) == "scoring" {
            assert!(!imports(&text).contains(&"learners".to_owned()), "{}", path.display());
        }
    }
}

#[test]
fn each_door_has_its_own_users() {
    let mut broken = Vec::new();
    for (path, text) in sources() {
        let file = below_src(&path);
        for (door, users) in DOORS {
            let named = code(&text).any(|line| names_path(line, door));
            if named && !users.iter().any(|user| file.starts_with(user)) {
                broken.push(format!("{file} uses {door}"));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// Whether a line names a crate or path, not merely a word that holds it.
fn names_path(line: &str, door: &str) -> bool {
    let ends_in_path = door.ends_with("::");
    line.match_indices(door).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = &line[at + door.len()..];
        let own_word =
            before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != ':' && c != '/');
        own_word
            && (ends_in_path
                || after.starts_with("::")
                || after.starts_with(':')
                || door.contains("::"))
    })
}

#[test]
fn files_stay_readable() {
    let mut lengths: BTreeMap<String, usize> = BTreeMap::new();
    for (path, text) in sources() {
        lengths.insert(below_src(&path), text.lines().count());
    }
    let long: Vec<_> = lengths.iter().filter(|(_, lines)| **lines > LONGEST_FILE).collect();
    assert!(long.is_empty(), "files over {LONGEST_FILE} lines: {long:?}");
    let mut sorted: Vec<usize> = lengths.values().copied().collect();
    sorted.sort_unstable();
    assert!(
        sorted[sorted.len() / 2] <= 200,
        "the median file has {} lines",
        sorted[sorted.len() / 2]
    );
    let banned = ["util", "utils", "common", "helpers"];
    for file in lengths.keys() {
        let names = file.split('/').map(|part| part.trim_end_matches(".rs"));
        assert!(!names.into_iter().any(|part| banned.contains(&part)), "{file} names nothing");
    }
}

#[test]
fn the_reader_of_imports_reads_groups() {
    let text =
        "use crate::{\n    bundle::{Bundle, Model},\n    error::Result,\n};\nuse crate::store;\n";
    assert_eq!(imports(text), ["bundle", "error", "store"]);
}
