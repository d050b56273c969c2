//! A plain table of Arrow batches, as CSV or Parquet.

mod csv;
mod parquet;

pub use csv::CsvTable;
pub use parquet::ParquetTable;
