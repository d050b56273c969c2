//! Scores today's customers into the feed: streaming, in constant memory, in the order of the input.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

mod beside;
mod run;

use crate::{
    bundle::Bundle,
    error::{Error, Kind, Place, Result},
    output::{
        feed::FeedStyle,
        manifest::{FileFacts, Manifest},
    },
    pipeline::{Watcher, playbook},
    playbook::{Book, Bound, ReasonsFor},
    scoring::Scorer,
    sources::{Blocks, Input, ReadParams, Reject},
    store::{self, AtomicFile, Hashing},
    units::Language,
};

use beside::Beside;
use run::{Run, Totals};

/// Where the feed goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FeedTarget {
    /// A CSV file.
    Csv(PathBuf),
    /// A Parquet file.
    Parquet(PathBuf),
    /// CSV on standard output.
    Stdout,
}

impl FeedTarget {
    /// `-` is standard output, `.parquet` a Parquet file, anything else CSV.
    pub fn parse(text: &str) -> Self {
        let path = PathBuf::from(text);
        match path.extension().and_then(|extension| extension.to_str()) {
            _ if text == "-" => Self::Stdout,
            Some("parquet") => Self::Parquet(path),
            _ => Self::Csv(path),
        }
    }

    /// The file, if it is one.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Csv(path) | Self::Parquet(path) => Some(path),
            Self::Stdout => None,
        }
    }
}

/// A run of `predict`.
#[derive(Debug)]
pub struct Request<'a> {
    /// The customers to score.
    pub input: Input,
    /// The model.
    pub bundle: &'a Bundle,
    /// Its name and version, `name@version`.
    pub model: String,
    /// Where the feed goes.
    pub target: FeedTarget,
    /// Where rows that were set aside are listed; beside the feed if not given.
    pub rejects: Option<PathBuf>,
    /// How the table is read.
    pub read: ReadParams,
    /// For whom reasons are told.
    pub reasons: ReasonsFor,
    /// Language of the words.
    pub language: Language,
    /// The text of another playbook than that of the model.
    pub playbook: Option<String>,
    /// The last feed, from which bands move only where the customer clearly has.
    pub previous: Option<PathBuf>,
    /// Whether a CSV feed starts with the mark by which some spreadsheets know UTF-8.
    pub mark: Mark,
}

/// Whether a CSV file starts with a byte order mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mark {
    /// It does not.
    #[default]
    Without,
    /// It does.
    Bom,
}

/// What a run left behind.
#[derive(Debug)]
pub struct Done {
    /// The manifest.
    pub manifest: Manifest,
    /// Where the rejects lie, if there are any and they were written.
    pub rejects: Option<PathBuf>,
}

/// Scores the customers. `stdout` takes the feed where it goes to standard output.
///
/// The feed is complete even where too many rows were set aside; then the error says so.
pub fn predict(
    request: &Request<'_>,
    stdout: &mut (dyn Write + Send),
    watcher: &dyn Watcher,
) -> Result<Done> {
    let params =
        ReadParams { missing: request.bundle.source.missing.clone(), ..request.read.clone() };
    let (plays, blocks) = Plays::open(request, &params)?;
    plays.tell(watcher);
    let scorer = scorer(request, plays.bound.book())?;
    let style = FeedStyle::new(
        request.bundle,
        &plays.bound,
        &request.model,
        &plays.run_id,
        request.language,
    );
    let previous = request
        .previous
        .as_ref()
        .map(|file| beside::previous(file, plays.bound.book()))
        .transpose()?;
    watcher.stage(&format!("scoring {}", request.input));
    let run = Run {
        scorer: &scorer,
        bound: &plays.bound,
        style: &style,
        previous: previous.as_ref(),
        language: request.language,
        watcher,
    };
    let mark = request.mark == Mark::Bom;
    let mut beside = request.target.file().map(Beside::create).transpose()?;
    let mut files = Vec::new();
    let (totals, digest) = match &request.target {
        FeedTarget::Stdout => (run.csv(blocks, None, mark, stdout)?, None),
        FeedTarget::Csv(path) => {
            let mut file = Hashing::new(AtomicFile::create(path)?);
            let totals = run.csv(blocks, beside.as_mut(), mark, &mut file)?;
            let (file, digest) = file.finish();
            files.push(file);
            (totals, Some(digest))
        }
        FeedTarget::Parquet(path) => {
            let file = Hashing::new(AtomicFile::create(path)?);
            let (totals, file) = run.parquet(blocks, beside.as_mut(), file)?;
            let (file, digest) = file.finish();
            files.push(file);
            (totals, Some(digest))
        }
    };
    let (manifest, rejects) = summary(request, &plays, &totals, digest);
    match last_files(request, &totals, beside, &manifest, rejects.as_deref()) {
        Ok(last) => store::commit_all(files.into_iter().chain(last).collect())?,
        Err(error) => {
            // The feed is worth keeping whatever becomes of the rest.
            store::commit_all(files)?;
            return Err(error);
        }
    }
    finish(request, manifest, totals.rejects.len() as u64, rejects)
}

/// The model made ready to score, and to give the reasons that are wanted.
fn scorer<'a>(request: &Request<'a>, book: &Book) -> Result<Scorer<'a>> {
    let scorer = Scorer::new(request.bundle)?;
    let Some(wanted) = request.reasons.wanted() else { return Ok(scorer) };
    let columns = request.bundle.encoder.columns.iter();
    let actionable: Vec<bool> = columns.map(|column| book.is_actionable(column)).collect();
    Ok(scorer.explaining(wanted, &actionable))
}

/// The playbook of a run, bound to the columns of the table.
struct Plays {
    bound: Bound,
    blake3: String,
    run_id: String,
}

impl Plays {
    /// Opens the table with the columns that the model needs, and those that the playbook can use.
    fn open(request: &Request<'_>, params: &ReadParams) -> Result<(Self, Blocks)> {
        let bundle = request.bundle;
        if request.previous.is_some() && bundle.source.id.is_none() {
            let what = "without an id column no customer is known again from the last feed";
            return Err(Error::new(Kind::Usage, what).hint_with("train with --id"));
        }
        let text = playbook::text(bundle, request.playbook.as_deref());
        let (bound, blocks) = playbook::open(bundle, text, &request.input, params)?;
        let blake3 = store::digest(text.as_bytes());
        let version = env!("CARGO_PKG_VERSION");
        let named = format!("{}\n{blake3}\n{}\n{version}", request.model, request.language);
        let run_id = store::digest(named.as_bytes())[..12].to_owned();
        Ok((Self { bound, blake3, run_id }, blocks))
    }

    /// Says once which columns would bring more rules into play.
    fn tell(&self, watcher: &dyn Watcher) {
        let all = self.bound.book().rules.len();
        if self.bound.ranks() < all {
            watcher.note(&format!(
                "playbook {}: {} of {all} rules are off, for the table lacks their columns; the manifest lists them",
                self.bound.book().name,
                all - self.bound.ranks(),
            ));
        }
    }
}

/// What the manifest says, and where the rejects are listed, if anywhere.
fn summary(
    request: &Request<'_>,
    plays: &Plays,
    totals: &Totals,
    digest: Option<String>,
) -> (Manifest, Option<PathBuf>) {
    let rejected = totals.rejects.len() as u64;
    let (model, reasons) = (&request.model, request.reasons);
    let mut manifest = Manifest::new(request.bundle, model, reasons, &totals.tally, rejected);
    manifest.run_id.clone_from(&plays.run_id);
    manifest.playbook = totals.plays.facts(&plays.bound, plays.blake3.clone());
    if let (Some(feed), Some(blake3)) = (request.target.file(), digest) {
        let name = feed.file_name().unwrap_or_default().to_string_lossy().into_owned();
        manifest.feed = Some(FileFacts { name, blake3 });
    }
    let beside = || request.target.file().map(|feed| feed.with_file_name("rejects.csv"));
    (manifest, request.rejects.clone().or_else(beside))
}

/// The files that are known only at the end, to be put in their places after the feed, the manifest last.
fn last_files(
    request: &Request<'_>,
    totals: &Totals,
    beside: Option<Beside>,
    manifest: &Manifest,
    rejects: Option<&Path>,
) -> Result<Vec<AtomicFile>> {
    let mut files = Vec::new();
    if let Some(beside) = beside {
        files.extend(beside.finish(&totals.plays)?);
    }
    if let Some(path) = rejects {
        files.push(rejects_file(path, &totals.rejects)?);
    }
    if let Some(feed) = request.target.file() {
        let path = feed.with_file_name("manifest.json");
        files.push(store::begin(&path, manifest.json().as_bytes())?);
    }
    Ok(files)
}

/// What a run leaves behind, or that too many rows were set aside.
fn finish(
    request: &Request<'_>,
    manifest: Manifest,
    rejected: u64,
    rejects: Option<PathBuf>,
) -> Result<Done> {
    let all = manifest.rows + rejected;
    if all > 0 && rejected as f64 > request.read.max_reject_share * all as f64 {
        let what = format!(
            "{rejected} of {all} rows were set aside, more than the allowed share of {}",
            request.read.max_reject_share
        );
        let mut error = Error::new(Kind::TooManyRejects, what);
        if let Some(path) = rejects {
            error = error.at(Place::File(path));
        }
        return Err(error);
    }
    Ok(Done { manifest, rejects: rejects.filter(|_| rejected > 0) })
}

/// Writes the list of rows that were set aside: line, column and cause.
pub fn write_rejects(path: &Path, rejects: &[Reject]) -> Result<()> {
    rejects_file(path, rejects)?.commit()
}

fn rejects_file(path: &Path, rejects: &[Reject]) -> Result<AtomicFile> {
    let failed = |e: csv::Error| {
        Error::new(Kind::Io, format!("cannot write: {e}")).at(Place::File(path.to_owned()))
    };
    let mut writer = csv::Writer::from_writer(AtomicFile::create(path)?);
    writer.write_record(["line", "column", "cause"]).map_err(failed)?;
    for reject in rejects {
        let line = reject.line.to_string();
        let column = reject.column.as_deref().unwrap_or_default();
        writer.write_record([line.as_str(), column, reject.cause.as_str()]).map_err(failed)?;
    }
    writer.into_inner().map_err(|e| Error::io(path, "write", e.into_error()))
}
