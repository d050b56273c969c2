//! Times binning and fitting apart, for the comparison with other programs' kernels
//! (`bench/peers/fit_peers.py`): reads a table, bins it, fits one learner, measures another table.
//!
//! ```sh
//! cargo run --release --example fit -- TRAIN TEST OUTCOME LEARNER [threads=1] [repeats=3] [KEY=VALUE…]
//! ```
//!
//! The other keys are parameters of the learner. Prints one line of JSON; CPU seconds are those of
//! all threads, as Linux counts them.
#![allow(clippy::print_stdout)]

use std::{fs, time::Instant};

use arrow_array::{Array, Float64Array, StringArray};
use linfa::traits::Fit;
use ndarray::Array1;
use rayon::prelude::*;
use reveille::{
    bundle::Fitted,
    dataset::{BinnedMatrix, keys},
    error::{Error, Kind, Result},
    features::{ColumnPlan, EncodeParams, Encoder, EncoderBuilder, How, Observed},
    learners::{BoostParams, LogisticParams, Rows, Training, TreeParams},
    metrics::{auc, log_loss},
    scoring::{explain::Explainer, predictor::logits},
    sources::{self, ColumnType, Input, ReadParams, Table},
    units::Seed,
};
use serde_json::{Map, Value, json};

/// Rows whose reasons are timed.
const EXPLAINED: u32 = 20_000;

/// Wall and CPU seconds since it was started.
struct Clock(Instant, f64);

impl Clock {
    fn start() -> Self {
        Self(Instant::now(), cpu_seconds())
    }

    fn read(&self) -> Value {
        json!({ "wall_s": self.0.elapsed().as_secs_f64(), "cpu_s": cpu_seconds() - self.1 })
    }
}

/// The CPU seconds of all threads that are alive: the first number of their `schedstat`, in ns.
fn cpu_seconds() -> f64 {
    let Ok(threads) = fs::read_dir("/proc/self/task") else { return f64::NAN };
    let ran = |thread: fs::DirEntry| -> Option<u64> {
        let text = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse().ok()
    };
    threads.flatten().filter_map(ran).sum::<u64>() as f64 / 1e9
}

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [train, test, outcome, learner, options @ ..] = words.as_slice() else {
        return Err(Error::new(
            Kind::BadParameter,
            "what is asked for is TRAIN TEST OUTCOME LEARNER",
        ));
    };
    let mut params = Map::new();
    for (key, value) in options.iter().filter_map(|option| option.split_once('=')) {
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
        params.insert(key.to_owned(), value);
    }
    let mut count = |key: &str| params.remove(key).and_then(|value| value.as_u64());
    let (threads, repeats) = (count("threads").unwrap_or(1), count("repeats").unwrap_or(1));
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads as usize);
    pool.build_global().map_err(|error| Error::new(Kind::BadParameter, error.to_string()))?;

    let clock = Clock::start();
    let (table, events) = read(train, outcome)?;
    let reading = clock.read();
    let (tested, answers) = read(test, outcome)?;
    for _ in 0..repeats {
        let clock = Clock::start();
        let (encoder, matrix) = bin(&table, outcome)?;
        let binning = clock.read();
        let clock = Clock::start();
        let fitted = fit(learner, &matrix, &events, &params)?;
        let fitting = clock.read();
        let codes = encode(&tested, &encoder)?;
        let clock = Clock::start();
        let scores = logits(&fitted, &codes.codes(), codes.rows);
        let scoring = clock.read();
        let some: Vec<u32> = (0..EXPLAINED.min(codes.rows as u32)).collect();
        let explainer = Explainer::new(&fitted);
        let clock = Clock::start();
        let reasons = explainer.explain(&codes.codes(), &some, &scores, &[]);
        let explaining = clock.read();
        let chances: Vec<f64> = scores.iter().map(|logit| 1.0 / (1.0 + (-logit).exp())).collect();
        let facts = json!({
            "program": "reveille", "learner": learner, "params": params, "threads": threads, "rows": matrix.rows,
            "columns": matrix.columns.len(), "read": reading, "bin": binning, "fit": fitting,
            "score": scoring,
            "scored": codes.rows, "explain": explaining, "explained": reasons.len(), "auc": auc(&answers, &scores)?, "log_loss": log_loss(&answers, &chances)?,
        });
        println!("{facts}");
    }
    Ok(())
}

/// The table and, of each row, whether the outcome is 1.
fn read(path: &str, outcome: &str) -> Result<(Table, Vec<bool>)> {
    let table = sources::read(&Input::parse(path), &ReadParams::default())?;
    let mut events = Vec::with_capacity(table.rows());
    for block in &table.blocks {
        let column = block.rows.column_by_name(outcome);
        let Some(numbers) =
            column.and_then(|column| column.as_any().downcast_ref::<Float64Array>())
        else {
            return Err(Error::new(
                Kind::MissingColumn,
                format!("no column of numbers named {outcome}"),
            ));
        };
        events.extend(
            (0..numbers.len()).map(|row| numbers.is_valid(row) && numbers.value(row) > 0.5),
        );
    }
    Ok((table, events))
}

/// The frozen bins and the codes of all rows in file order.
fn bin(table: &Table, outcome: &str) -> Result<(Encoder, BinnedMatrix)> {
    let features =
        table.columns.iter().filter(|column| column.name != outcome && column.name != "id");
    let plans: Vec<ColumnPlan> = features
        .map(|column| {
            let how = if column.kind == ColumnType::Number { How::Number } else { How::Category };
            ColumnPlan { name: column.name.clone(), how }
        })
        .collect();
    let mut builder = EncoderBuilder::new(&plans, &EncodeParams::default())?;
    for block in &table.blocks {
        let names: StringArray =
            block.numbers.iter().map(|number| Some(number.to_string())).collect();
        let keys = keys(Seed::default(), &names, None);
        let keep = vec![true; block.numbers.len()];
        builder.observe(&block.rows, &Observed { keys: &keys.row, as_of: None, keep: &keep })?;
    }
    let (encoder, _) = builder.finish()?;
    let matrix = encode(table, &encoder)?;
    Ok((encoder, matrix))
}

fn encode(table: &Table, encoder: &Encoder) -> Result<BinnedMatrix> {
    let ready = encoder.ready();
    let blocks: Vec<_> = table
        .blocks
        .par_iter()
        .map(|block| ready.encode(&block.rows, None))
        .collect::<Result<_>>()?;
    let mut matrix = BinnedMatrix::of(encoder, table.rows());
    blocks.iter().try_for_each(|block| matrix.push(block))?;
    Ok(matrix)
}

fn fit(
    learner: &str,
    matrix: &BinnedMatrix,
    events: &[bool],
    params: &Map<String, Value>,
) -> Result<Fitted> {
    let index: Vec<u32> = (0..matrix.rows as u32).collect();
    let training = Training::new(Rows { matrix, index: &index }, Array1::from_vec(events.to_vec()));
    match learner {
        "boost" => parsed::<BoostParams>(params)?.fit(&training).map(Fitted::Boost),
        "logistic" => parsed::<LogisticParams>(params)?.fit(&training).map(Fitted::Logistic),
        "tree" => parsed::<TreeParams>(params)?.fit(&training).map(Fitted::Tree),
        other => Err(Error::new(Kind::BadParameter, format!("no learner named {other}"))),
    }
}

fn parsed<P: serde::de::DeserializeOwned>(params: &Map<String, Value>) -> Result<P> {
    serde_json::from_value(Value::Object(params.clone()))
        .map_err(|error| Error::new(Kind::BadParameter, error.to_string()))
}
