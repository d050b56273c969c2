//! How long it takes only to read a table into Arrow columns, on all threads: what `predict` is
//! measured against.
//!
//! ```sh
//! cargo bench --bench parse -- wide.csv
//! ```
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

use std::{path::Path, time::Instant};

use reveille::sources::{self, ColumnType, Input, ReadParams};

fn main() {
    // `cargo bench` adds a flag of its own.
    let Some(file) = std::env::args().skip(1).find(|arg| !arg.starts_with("--")) else {
        println!("parse: name a table to read");
        return;
    };
    let (input, params) = (Input::from(Path::new(&file)), ReadParams::default());
    let scan = sources::scan(&input, &params).unwrap();
    let numbers: Vec<_> =
        scan.columns.iter().filter(|c| c.kind == ColumnType::Number).cloned().collect();
    for (what, columns) in [("numbers only", &numbers), ("all columns", &scan.columns)] {
        let (started, before) = (Instant::now(), cpu_seconds());
        let mut rows = 0;
        let blocks = sources::open(&input, &params, Some(&scan), columns).unwrap();
        let work = |block: sources::Block| Ok(block.rows.num_rows());
        let take = |more| {
            rows += more;
            Ok(())
        };
        blocks.in_parallel(work, take).unwrap();
        let (wall, cpu) = (started.elapsed().as_secs_f64(), cpu_seconds() - before);
        println!(
            "{what}: {rows} rows, {} columns, wall {wall:.2} s, CPU {cpu:.2} s",
            columns.len()
        );
    }
}

/// CPU seconds of this process, where the system tells; 0 elsewhere.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks = after_name.split_whitespace().skip(11).take(2);
    ticks.filter_map(|t| t.parse::<f64>().ok()).sum::<f64>() / 100.0
}
