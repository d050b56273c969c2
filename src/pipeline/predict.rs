//! Scores today's customers into the feed: streaming, in constant memory, in the order of the input.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use crate::{
    bundle::Bundle,
    error::{Error, Kind, Place, Result},
    output::{
        feed::{CsvFeed, FeedStyle, ParquetFeed, columnar},
        manifest::{FileFacts, Manifest},
    },
    pipeline::Watcher,
    playbook::ReasonsFor,
    scoring::{Scorer, Tally},
    sources::{self, Block, Input, ReadParams, Reject},
    store::{AtomicFile, Hashing},
    units::Language,
};

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
    let mut scorer = Scorer::new(request.bundle)?;
    if let Some(wanted) = request.reasons.wanted() {
        scorer = scorer.explaining(wanted);
    }
    let style = FeedStyle::new(request.bundle, &request.model, request.language);
    let params =
        ReadParams { missing: request.bundle.source.missing.clone(), ..request.read.clone() };
    let blocks = sources::open(&request.input, &params, None, &request.bundle.source.columns)?;
    watcher.stage(&format!("scoring {}", request.input));
    let run = Run { scorer: &scorer, style: &style, watcher };
    let (totals, digest) = match &request.target {
        FeedTarget::Stdout => (run.csv(blocks, stdout)?, None),
        FeedTarget::Csv(path) => {
            let mut file = Hashing::new(AtomicFile::create(path)?);
            let totals = run.csv(blocks, &mut file)?;
            let (file, digest) = file.finish();
            file.commit()?;
            (totals, Some(digest))
        }
        FeedTarget::Parquet(path) => {
            let (totals, file) = run.parquet(blocks, Hashing::new(AtomicFile::create(path)?))?;
            let (file, digest) = file.finish();
            file.commit()?;
            (totals, Some(digest))
        }
    };
    finish(request, &totals, digest)
}

fn finish(request: &Request<'_>, totals: &Totals, digest: Option<String>) -> Result<Done> {
    let rejected = totals.rejects.len() as u64;
    let (model, reasons) = (&request.model, request.reasons);
    let mut manifest = Manifest::new(request.bundle, model, reasons, &totals.tally, rejected);
    let beside = |name: &str| request.target.file().map(|feed| feed.with_file_name(name));
    let rejects = request.rejects.clone().or_else(|| beside("rejects.csv"));
    if let Some(path) = &rejects {
        write_rejects(path, &totals.rejects)?;
    }
    if let (Some(feed), Some(blake3)) = (request.target.file(), digest) {
        let name = feed.file_name().unwrap_or_default().to_string_lossy().into_owned();
        manifest.feed = Some(FileFacts { name, blake3 });
        crate::store::write(&feed.with_file_name("manifest.json"), manifest.json().as_bytes())?;
    }
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
    let file = writer.into_inner().map_err(|e| Error::io(path, "write", e.into_error()))?;
    file.commit()
}

/// Scored stretches that may wait for the writer.
const WAITING: usize = 4;

#[derive(Debug, Default)]
struct Totals {
    tally: Tally,
    rejects: Vec<Reject>,
}

struct Run<'a> {
    scorer: &'a Scorer<'a>,
    style: &'a FeedStyle,
    watcher: &'a dyn Watcher,
}

impl Run<'_> {
    fn csv(
        &self,
        blocks: sources::Blocks,
        out: &mut (impl Write + Send + ?Sized),
    ) -> Result<Totals> {
        let failed = |e: std::io::Error| Error::io("the feed", "write", e);
        out.write_all(&CsvFeed::header()).map_err(failed)?;
        let score = |block| {
            let scored = self.scorer.score(block)?;
            let lines = CsvFeed::lines(&self.style.rows(self.scorer.bundle(), &scored));
            Ok((lines, Tally::of(&scored)))
        };
        let totals = self.run(blocks, score, |lines| out.write_all(&lines).map_err(failed))?;
        out.flush().map_err(failed)?;
        Ok(totals)
    }

    fn parquet<W: Write + Send>(&self, blocks: sources::Blocks, out: W) -> Result<(Totals, W)> {
        let mut feed = ParquetFeed::new(out)?;
        let score = |block| {
            let scored = self.scorer.score(block)?;
            let batch = columnar::batch(&self.style.rows(self.scorer.bundle(), &scored))?;
            Ok((batch, Tally::of(&scored)))
        };
        let totals = self.run(blocks, score, |batch| feed.write(&batch))?;
        Ok((totals, feed.finish()?))
    }

    /// Scores blocks side by side, and passes the results on in order to a thread that writes them
    /// while the next blocks are read and scored.
    fn run<T: Send>(
        &self,
        blocks: sources::Blocks,
        score: impl Fn(Block) -> Result<(T, Tally)> + Sync,
        mut write: impl FnMut(T) -> Result<()> + Send,
    ) -> Result<Totals> {
        let work = |mut block: Block| {
            let rejects = std::mem::take(&mut block.rejects);
            Ok((score(block)?, rejects))
        };
        std::thread::scope(|scope| {
            let (sender, receiver) = std::sync::mpsc::sync_channel::<T>(WAITING);
            let writer = scope.spawn(move || receiver.into_iter().try_for_each(&mut write));
            let mut totals = Totals::default();
            // Why the writer stopped is known once it is asked.
            let mut is_written = true;
            let scored = blocks.in_parallel(work, |((part, tally), mut rejects)| {
                totals.rejects.append(&mut rejects);
                totals.tally.merge(&tally);
                self.watcher.rows(totals.tally.rows);
                is_written = sender.send(part).is_ok();
                if is_written { Ok(()) } else { Err(Error::new(Kind::Io, "the feed ended")) }
            });
            drop(sender);
            match writer.join() {
                Ok(Ok(())) => scored.map(|()| totals),
                Ok(written) => {
                    if is_written { scored.and(written) } else { written }.map(|()| totals)
                }
                Err(_) => Err(Error::new(Kind::Io, "the writer of the feed stopped")),
            }
        })
    }
}
