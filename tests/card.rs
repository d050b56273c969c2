//! The model card as its reader sees it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod sample;

use reveille::{
    output::card::{markdown, metrics_json},
    units::Language,
};

#[test]
fn the_card_in_english() {
    insta::assert_snapshot!(markdown(&sample::bundle(), Language::En));
}

#[test]
fn the_card_in_chinese() {
    insta::assert_snapshot!(markdown(&sample::bundle(), Language::Zh));
}

#[test]
fn the_card_of_the_smallest_model() {
    insta::assert_snapshot!(markdown(&sample::tiny(), Language::En));
}

#[test]
fn the_card_of_boosted_trees_and_a_blend() {
    insta::assert_snapshot!(drivers(Language::En));
}

#[test]
fn the_card_of_boosted_trees_and_a_blend_in_chinese() {
    insta::assert_snapshot!(drivers(Language::Zh));
}

/// The part of the card that says what drives the models.
fn drivers(language: Language) -> String {
    let card = markdown(&sample::boosted(), language);
    let heading = language.pick("## What drives it", "## 驱动因素");
    let from = card.find(heading).unwrap();
    let length = card[from + 2..].find("\n## ").unwrap();
    card[from..from + 2 + length].to_owned()
}

#[test]
fn the_metrics_as_json() {
    insta::assert_snapshot!(metrics_json(&sample::bundle()));
}

#[test]
fn every_table_has_as_many_cells_in_every_row() {
    for language in [Language::En, Language::Zh] {
        let card = markdown(&sample::bundle(), language);
        let mut width = 0;
        for line in card.lines() {
            let cells = line.replace("\\|", "").matches('|').count();
            assert!(width == 0 || cells == 0 || cells == width, "{line}");
            width = if line.starts_with('|') { cells } else { 0 };
        }
    }
}

#[test]
fn both_languages_tell_the_same_figures() {
    let figures = |language| {
        let card = markdown(&sample::bundle(), language);
        let tables = card.lines().filter(|line| line.starts_with('|')).collect::<String>();
        let mut figures: Vec<_> = tables
            .split(|c: char| !c.is_ascii_digit() && c != '.')
            .filter(|figure| figure.contains('.') && figure.len() > 1)
            .map(String::from)
            .collect();
        figures.sort();
        figures
    };
    assert_eq!(figures(Language::En), figures(Language::Zh));
}

#[test]
fn what_comes_from_the_data_is_never_markup() {
    let mut bundle = sample::bundle();
    let evil = "</td><script>alert(1)</script>\n# x | [a](javascript:b) `c` \u{1b}[31m";
    bundle.findings[0].evidence = evil.to_owned();
    bundle.churn.chosen_because = evil.to_owned();
    bundle.rules.churn = evil.to_owned();
    for language in [Language::En, Language::Zh] {
        let card = markdown(&bundle, language);
        for line in card.lines().filter(|line| line.contains("alert")) {
            let code = line.contains("`` </td>");
            assert!(code || !line.contains("<script>"), "{line}");
        }
        assert!(!card.contains('\u{1b}') && !card.contains("\n# x"));
    }
}
