//! What the tests of whole commands share: running the program, and tables made on the spot.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::missing_panics_doc, missing_docs)]

use std::{
    fmt::Write as _,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

/// A folder of its own in which the program runs.
pub struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    pub fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    pub fn json(&self, name: &str) -> serde_json::Value {
        serde_json::from_str(&self.read(name)).unwrap()
    }

    /// Runs the program; whatever its exit status.
    pub fn try_run(&self, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_reveille"))
            .args(args)
            .current_dir(self.folder.path())
            .env("NO_COLOR", "1")
            .output()
            .unwrap()
    }

    /// Runs the program, which must succeed; gives its standard output.
    pub fn run(&self, args: &[&str]) -> String {
        let output = self.try_run(args);
        let talk = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{args:?}\n{talk}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs the program with this on its standard input; it must succeed; gives its standard output.
    pub fn run_with(&self, input: &[u8], args: &[&str]) -> String {
        let mut child = Command::new(env!("CARGO_BIN_EXE_reveille"))
            .args(args)
            .current_dir(self.folder.path())
            .env("NO_COLOR", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{args:?}\n{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs the program, which must end with this status; gives its standard error.
    pub fn refused(&self, status: i32, args: &[&str]) -> String {
        let output = self.try_run(args);
        let talk = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(status), "{args:?}\n{talk}");
        assert!(talk.contains("hint:"), "{talk}");
        talk
    }

    /// The one bundle of a model.
    pub fn bundle(&self, model: &str) -> Vec<u8> {
        let folder = self.path("models").join(model);
        let version = fs::read_to_string(folder.join("current")).unwrap();
        fs::read(folder.join(version.trim()).join("model.bundle")).unwrap()
    }
}

/// The folder of the project.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Numbers between 0 and 1 that look random and never change.
pub struct Draws(u64);

impl Draws {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// A table of customers: age, balance, city and products drive whether they left.
pub fn customers(rows: usize) -> Vec<String> {
    let mut draws = Draws::new(7);
    let mut lines = vec!["id,age,balance,city,products,left".to_owned()];
    for row in 0..rows {
        let age = 18.0 + (draws.next() * 60.0).floor();
        let balance = (draws.next() * 1e5).round();
        let city = ["Utrecht", "Gent", "Lyon", "成都"][(draws.next() * 4.0) as usize];
        let products = 1 + (draws.next() * 4.0) as usize;
        let logit =
            -4.0 + age / 20.0 + if city == "Gent" { 1.0 } else { 0.0 } - products as f64 * 0.3;
        let left = draws.next() < 1.0 / (1.0 + f64::exp(-logit));
        let mut line = String::new();
        let balance = if row % 17 == 3 { "NA".to_owned() } else { balance.to_string() };
        write!(
            line,
            "{:08},{age},{balance},{city},{products},{}",
            row * 7919 % 100_003,
            u8::from(left)
        )
        .unwrap();
        lines.push(line);
    }
    lines
}

/// The lines in another order, the header first.
pub fn shuffled(lines: &[String], seed: u64) -> Vec<String> {
    let mut draws = Draws::new(seed);
    let mut rest: Vec<(u64, String)> =
        lines[1..].iter().map(|line| (draws.next().to_bits(), line.clone())).collect();
    rest.sort();
    std::iter::once(lines[0].clone()).chain(rest.into_iter().map(|(_, line)| line)).collect()
}

/// The lines as a file.
pub fn file(lines: &[String]) -> String {
    let mut text = lines.join("\n");
    text.push('\n');
    text
}

/// The cells of one column of a CSV text.
pub fn column(csv: &str, name: &str) -> Vec<String> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let at = reader.headers().unwrap().iter().position(|header| header == name).unwrap();
    reader.records().map(|record| record.unwrap()[at].to_owned()).collect()
}

/// The rows of a file, each with the wanted columns only.
pub fn table<const N: usize>(folder: &Path, file: &str, wanted: [&str; N]) -> Vec<[String; N]> {
    let mut reader = csv::Reader::from_path(folder.join(file)).unwrap();
    let header = reader.headers().unwrap().clone();
    let places = wanted.map(|name| header.iter().position(|column| column == name).unwrap());
    let mut row = csv::StringRecord::new();
    let mut rows = Vec::new();
    while reader.read_record(&mut row).unwrap() {
        rows.push(places.map(|place| row[place].to_owned()));
    }
    rows
}
