//! Bits flipped, bytes cut and added, headers of other kinds.

use proptest::prelude::*;
use reveille::{
    bundle::{Fitted, from_bytes, to_bytes, wire},
    error::Kind,
    units::{Day, Seed},
};

use super::{json, refused, sample, sealed};

#[test]
fn what_is_written_reads_back() {
    for bundle in [sample::bundle(), sample::tiny()] {
        let bytes = to_bytes(&bundle).unwrap();
        assert_eq!(from_bytes(&bytes).unwrap(), bundle);
    }
    assert_eq!(from_bytes(&sealed(&json())).unwrap(), sample::bundle());
}

#[test]
fn a_bundle_with_any_flipped_bit_is_refused() {
    let mut bytes = to_bytes(&sample::tiny()).unwrap();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            bytes[at] ^= 1 << bit;
            refused(&bytes);
            bytes[at] ^= 1 << bit;
        }
    }
    assert!(from_bytes(&bytes).is_ok());
}

#[test]
fn a_bundle_cut_anywhere_is_refused() {
    let bytes = to_bytes(&sample::tiny()).unwrap();
    for length in 0..bytes.len() {
        refused(&bytes[..length]);
        refused(&bytes[length + 1..]);
    }
}

#[test]
fn a_bundle_with_a_byte_too_many_is_refused() {
    let bytes = to_bytes(&sample::tiny()).unwrap();
    for byte in [0, b' ', b'\n', b'}', b'1', 0xff] {
        for at in 0..=bytes.len() {
            let mut longer = bytes.clone();
            longer.insert(at, byte);
            refused(&longer);
        }
    }
}

#[test]
fn other_headers_are_refused() {
    let json = json();
    let (length, digest) = (json.len(), reveille::store::digest(json.as_bytes()));
    for header in [
        String::new(),
        "\n".to_owned(),
        "reveille-bundle\n".to_owned(),
        "reveille-bundle 1\n".to_owned(),
        format!("reveille-bundle 1 {length} blake3:{digest}\r\n"),
        format!("reveille-bundle 1 {length} blake3:{digest} \n"),
        format!("reveille-bundle 1 {length} blake3:{}\n", digest.to_uppercase()),
        format!("reveille-bundle 1 {length} blake3:{}\n", &digest[..63]),
        format!("reveille-bundle 1 {length} sha256:{digest}\n"),
        format!("reveille-bundle 1 0{length} blake3:{digest}\n"),
        format!("reveille-bundle 1 +{length} blake3:{digest}\n"),
        format!("reveille-bundle 01 {length} blake3:{digest}\n"),
        format!("reveille-bundle 0 {length} blake3:{digest}\n"),
        format!("reveille-bundle -1 {length} blake3:{digest}\n"),
        format!("Reveille-bundle 1 {length} blake3:{digest}\n"),
        format!("\u{feff}reveille-bundle 1 {length} blake3:{digest}\n"),
        format!("reveille-bundle 1 18446744073709551615 blake3:{digest}\n"),
        format!("reveille-bundle 1 99999999999999999999 blake3:{digest}\n"),
        format!("reveille-bundle 1{}{length} blake3:{digest}\n", " ".repeat(200)),
    ] {
        let error = refused(format!("{header}{json}").as_bytes());
        assert_eq!(error.kind(), Kind::BadBundle, "{header:?}: {error}");
    }
    let newer = format!("reveille-bundle 2 {length} blake3:{digest}\n{json}");
    assert_eq!(refused(newer.as_bytes()).kind(), Kind::NewerBundle);
}

#[test]
fn a_bundle_over_the_limit_is_refused_before_it_is_read() {
    let large = vec![b' '; wire::LIMIT as usize + 1];
    assert!(refused(&large).to_string().contains("larger"));
}

#[test]
fn what_could_not_be_read_back_is_not_written() {
    let mut bundle = sample::bundle();
    bundle.value_cut = Some(f64::NAN);
    assert_eq!(to_bytes(&bundle).unwrap_err().kind(), Kind::BadBundle);
    let mut bundle = sample::bundle();
    bundle.churn.validations[0].metrics.auc.low = f64::INFINITY;
    assert!(to_bytes(&bundle).unwrap_err().to_string().contains("churn.validations[0]"));
    let mut bundle = sample::bundle();
    bundle.as_of = Some(Day(i32::MAX));
    assert!(to_bytes(&bundle).unwrap_err().to_string().contains("as_of"));
}

prop_compose! {
    fn any_finite()(number in proptest::num::f64::NORMAL | proptest::num::f64::SUBNORMAL
        | proptest::num::f64::ZERO) -> f64 { number }
}

proptest! {
    #[test]
    fn any_finite_number_and_text_reads_back_in_the_same_bytes(
        cut in any_finite(),
        mut cuts in proptest::collection::vec(any_finite(), 3),
        logit in -1e9..1e9_f64,
        seed in any::<u64>(),
        text in "\\PC{1,40}",
        level in any::<String>(),
        day in -700_000..2_900_000_i32,
    ) {
        let mut bundle = sample::bundle();
        bundle.value_cut = Some(cut);
        cuts.sort_by(f64::total_cmp);
        cuts.dedup();
        prop_assume!(cuts.len() == 3);
        if let reveille::features::Bins::Number { cuts: old, .. } =
            &mut bundle.encoder.columns[0].bins
        {
            *old = cuts;
        }
        if let reveille::features::Bins::Category { levels } =
            &mut bundle.encoder.columns[1].bins
        {
            levels[2] = format!("{level}!");
        }
        if let Fitted::Logistic(card) = &mut bundle.churn.fitted {
            card.intercept = logit;
        }
        bundle.seed = Seed(seed);
        bundle.rules.churn = format!("{text}x");
        bundle.config = serde_json::json!({ "text": text, "cut": cut, "seed": seed });
        bundle.as_of = Some(Day(day));
        let bytes = to_bytes(&bundle).unwrap();
        let read = from_bytes(&bytes).unwrap();
        prop_assert_eq!(&read, &bundle);
        prop_assert_eq!(to_bytes(&read).unwrap(), bytes);
    }

    #[test]
    fn any_bytes_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        refused(&bytes);
        refused(&[b"reveille-bundle 1 ".as_slice(), &bytes].concat());
    }

    #[test]
    fn any_json_under_its_digest_is_refused(text in "[\\[\\]{}\":,0-9a-z\\\\eE.+ -]{0,80}") {
        refused(&sealed(&text));
    }
}
