//! What people and programs read: the feed, the card, the manifest.

pub mod card;
pub mod feed;
pub mod manifest;
pub mod table;
pub mod words;
