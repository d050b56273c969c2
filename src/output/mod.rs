//! What people and programs read: the feed, the card, the manifest, the report.

pub mod card;
pub mod chart;
pub mod feed;
pub mod manifest;
pub mod report;
pub mod table;
pub mod words;
