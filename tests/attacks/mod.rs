//! Attacks on the wire format.

mod boosted;
mod damage;
mod json;
mod registry;

use std::sync::LazyLock;

use reveille::{
    bundle::{Bundle, from_bytes, to_bytes},
    error::{Error, Kind},
};

use crate::sample;

/// A bundle file around some JSON, with the right length and digest.
pub(crate) fn sealed(json: &str) -> Vec<u8> {
    let digest = reveille::store::digest(json.as_bytes());
    format!("reveille-bundle 1 {} blake3:{digest}\n{json}", json.len()).into_bytes()
}

/// The JSON of a bundle.
pub(crate) fn json() -> String {
    static JSON: LazyLock<String> = LazyLock::new(|| json_of(&sample::bundle()));
    JSON.clone()
}

/// The JSON of the bundle with boosted trees and a blend.
pub(crate) fn boosted_json() -> String {
    static JSON: LazyLock<String> = LazyLock::new(|| json_of(&sample::boosted()));
    JSON.clone()
}

fn json_of(bundle: &Bundle) -> String {
    let text = String::from_utf8(to_bytes(bundle).unwrap()).unwrap();
    text.split_once('\n').unwrap().1.to_owned()
}

pub(crate) fn refused(bytes: &[u8]) -> Error {
    let error = from_bytes(bytes).expect_err("a bad bundle was read");
    assert!(matches!(error.kind(), Kind::BadBundle | Kind::NewerBundle), "{error}");
    assert!(!error.hint().is_empty());
    error
}
