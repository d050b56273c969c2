//! The only writer to the terminal: data to standard output, talk to standard error.

use std::{
    io::{self, IsTerminal, Write},
    process::ExitCode,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Instant,
};

use crate::{
    error::{Error, Result},
    pipeline::Watcher,
};

/// The terminal.
#[derive(Debug)]
pub(super) struct Ui {
    quiet: bool,
    colour: bool,
    talk: Talk,
    reader_left: AtomicBool,
}

/// What is said on standard error while a command runs.
#[derive(Debug)]
struct Talk {
    terminal: bool,
    started: Instant,
    stage: Mutex<Option<(String, Instant)>>,
    shown: AtomicU64,
}

impl Ui {
    /// The terminal; `quiet` keeps stages and notes back.
    pub(super) fn new(quiet: bool) -> Self {
        let terminal = io::stderr().is_terminal();
        let colour = terminal && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
        let talk = Talk {
            terminal,
            started: Instant::now(),
            stage: Mutex::new(None),
            shown: AtomicU64::new(0),
        };
        Self { quiet, colour, talk, reader_left: AtomicBool::new(false) }
    }

    /// Prints what clap has to say: help and version to standard output, errors to standard error.
    pub(super) fn usage(error: &clap::Error) -> ExitCode {
        let _ = error.print();
        if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS }
    }

    /// Writes data to standard output.
    pub(super) fn out(&self, text: &str) -> Result<()> {
        let mut stdout = io::stdout().lock();
        stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(|e| {
            if e.kind() == io::ErrorKind::BrokenPipe {
                self.reader_left.store(true, Ordering::Relaxed);
            }
            Error::io("standard output", "write", e)
        })
    }

    /// Standard output for a stream of data.
    pub(super) fn stdout(&self) -> Stdout<'_> {
        Stdout { ui: self, stdout: io::stdout() }
    }

    /// Whether the reader of standard output has gone, as `| head` does; that is no error.
    pub(super) fn reader_left(&self) -> bool {
        self.reader_left.load(Ordering::Relaxed)
    }

    /// Something the user should know.
    pub(super) fn say(&self, text: &str) {
        if !self.quiet {
            self.talk.line(text);
        }
    }

    /// Something that may be wrong; said even when quiet.
    pub(super) fn warn(&self, text: &str) {
        let word = self.paint("warning:", "33");
        self.talk.line(&format!("{word} {text}"));
    }

    /// An error with its hint.
    pub(super) fn error(&self, error: &Error) {
        let word = self.paint("error:", "31");
        self.talk.line(&format!("{word} {error}"));
        self.talk.line(&format!("{} {}", self.paint("hint:", "36"), error.hint()));
    }

    /// Seconds since the command began.
    pub(super) fn elapsed(&self) -> f64 {
        self.talk.started.elapsed().as_secs_f64()
    }

    fn paint(&self, word: &str, colour: &str) -> String {
        if self.colour { format!("\u{1b}[1;{colour}m{word}\u{1b}[0m") } else { word.to_owned() }
    }
}

impl Talk {
    /// A line on standard error; nobody can be told if that fails.
    fn line(&self, text: &str) {
        let clear = if self.terminal { "\r\u{1b}[K" } else { "" };
        let _ = writeln!(io::stderr().lock(), "{clear}{text}");
    }
}

impl Watcher for Ui {
    fn stage(&self, words: &str) {
        if self.quiet {
            return;
        }
        if let Ok(mut stage) = self.talk.stage.lock() {
            *stage = Some((words.to_owned(), Instant::now()));
        }
        self.talk.shown.store(0, Ordering::Relaxed);
        if self.talk.terminal {
            let _ = write!(io::stderr().lock(), "\r\u{1b}[K{words} …");
        }
    }

    fn note(&self, words: &str) {
        self.say(&format!("note: {words}"));
    }

    fn rows(&self, done: u64) {
        if self.quiet || !self.talk.terminal {
            return;
        }
        let Ok(stage) = self.talk.stage.lock() else { return };
        let Some((words, since)) = stage.as_ref() else { return };
        let seconds = since.elapsed().as_secs_f64();
        let tick = (seconds * 4.0) as u64 + 1;
        if self.talk.shown.swap(tick, Ordering::Relaxed) != tick {
            let rate = done as f64 / seconds.max(1e-3);
            let _ = write!(io::stderr().lock(), "\r\u{1b}[K{words}: {done} rows, {rate:.0} rows/s");
        }
    }
}

/// Standard output for a stream of data; notices when its reader has gone.
pub(super) struct Stdout<'a> {
    ui: &'a Ui,
    stdout: io::Stdout,
}

impl Stdout<'_> {
    fn noticed<T>(&self, result: io::Result<T>) -> io::Result<T> {
        if result.as_ref().is_err_and(|e| e.kind() == io::ErrorKind::BrokenPipe) {
            self.ui.reader_left.store(true, Ordering::Relaxed);
        }
        result
    }
}

impl Write for Stdout<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Past its line buffer: the feed comes in large pieces.
        let written = self.stdout.lock().write(bytes);
        self.noticed(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.stdout.flush();
        self.noticed(flushed)
    }
}
