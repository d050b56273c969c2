//! Columns of other types as true and false.

use std::collections::BTreeMap;

use crate::error::{self, Error, Result};

use super::{Expr, lane::Texts, print};

/// Different values that are named one by one in an error.
const NAMED: usize = 6;

/// The truth value that a word stands for.
pub(super) fn read(word: &str) -> Option<bool> {
    const WORDS: [(&str, bool); 12] = [
        ("1", true),
        ("0", false),
        ("yes", true),
        ("no", false),
        ("true", true),
        ("false", false),
        ("y", true),
        ("n", false),
        ("t", true),
        ("f", false),
        ("是", true),
        ("否", false),
    ];
    let word = word.trim();
    WORDS.iter().find(|(known, _)| word.eq_ignore_ascii_case(known)).map(|&(_, truth)| truth)
}

/// Truth values of words; `None` where one of them is no such word. A blank is unknown.
pub(super) fn of_texts(texts: &Texts, len: usize) -> Option<Vec<Option<bool>>> {
    (0..len)
        .map(|row| match texts.get(row) {
            Some(word) if !word.trim().is_empty() => read(word).map(Some),
            _ => Some(None),
        })
        .collect()
}

/// Truth values of 0 and 1.
pub(super) fn of_numbers(expr: &Expr, numbers: &[Option<f64>]) -> Result<Vec<Option<bool>>> {
    let truths = numbers.iter().map(|x| match x {
        None => Some(None),
        Some(0.0) => Some(Some(false)),
        Some(1.0) => Some(Some(true)),
        Some(_) => None,
    });
    truths.collect::<Option<Vec<_>>>().ok_or_else(|| not_binary_numbers(expr, numbers))
}

fn not_binary_numbers(expr: &Expr, numbers: &[Option<f64>]) -> Error {
    let mut found: Vec<f64> = Vec::new();
    let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
    for &x in numbers.iter().flatten() {
        (least, most) = (least.min(x), most.max(x));
        if found.len() <= NAMED && !found.contains(&x) {
            found.push(x);
        }
    }
    found.sort_by(f64::total_cmp);
    let (holds, comparison) = if found.len() <= NAMED {
        let named: Vec<String> = found.iter().map(|x| print::number(*x)).collect();
        (listed(&named), format!("= {}", print::number(most)))
    } else {
        let range = format!("numbers from {} to {}", print::number(least), print::number(most));
        (range, String::from("> 0"))
    };
    error(expr, &holds, "0 and 1", &comparison)
}

/// The error for texts that are not all yes or no.
pub(super) fn not_binary_texts(expr: &Expr, texts: &[Option<String>]) -> Error {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut cells = 0;
    for word in texts.iter().flatten().map(|text| text.trim()).filter(|text| !text.is_empty()) {
        cells += 1;
        *counts.entry(word).or_default() += 1;
    }
    // Many different texts may be names of people, which no error may show.
    let levels = counts.len() <= NAMED
        && (cells > 2 * counts.len() || counts.len() <= 2)
        && counts.keys().all(|word| word.chars().count() <= 40);
    let (holds, comparison) = if levels {
        let named: Vec<String> = counts.keys().map(|word| print::text_literal(word)).collect();
        let rarest =
            counts.iter().min_by_key(|(_, count)| **count).map_or("closed", |(word, _)| word);
        (listed(&named), format!("= {}", print::text_literal(rarest)))
    } else {
        (format!("{} different texts", counts.len()), String::from("= 'closed'"))
    };
    error(expr, &holds, "yes and no (or true/false, y/n, t/f, 1/0, 是/否)", &comparison)
}

fn error(expr: &Expr, holds: &str, want: &str, comparison: &str) -> Error {
    let what = format!("it holds {holds}, and an outcome holds {want} only");
    Error::new(error::Kind::NotBinary, what).at(expr.place()).hint_with(format!(
        "write the outcome as a comparison, e.g. \"{} {comparison}\"",
        expr.shown()
    ))
}

fn listed(names: &[String]) -> String {
    match names {
        [] => String::from("nothing"),
        [one] => format!("{one} only"),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}
