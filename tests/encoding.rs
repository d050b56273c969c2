//! Laws of the frozen encoding: what it may not depend on, and what no input may break.

#![allow(clippy::float_cmp)] // Bins are exact.
#![allow(clippy::unwrap_used, clippy::panic, clippy::similar_names)] // A test may stop.

use std::{collections::BTreeSet, sync::Arc};

use arrow_array::{Array, ArrayRef, Date32Array, Float64Array, RecordBatch, StringArray};
use proptest::prelude::*;
use reveille::{
    dataset::{BinnedMatrix, canonical_order, keys},
    error::Kind,
    features::{
        Bins, ColumnPlan, EncodeParams, Encoder, EncoderBuilder, Holds, How, Meaning, Observed,
        Profile, Typical,
    },
    model::Codes,
    units::Seed,
};

fn plan(name: &str, how: How) -> ColumnPlan {
    ColumnPlan { name: name.to_owned(), how }
}

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, a)| (name, a, true)))
        .unwrap()
}

fn numbers(cells: &[Option<f64>]) -> ArrayRef {
    Arc::new(cells.iter().copied().collect::<Float64Array>())
}

fn texts(cells: &[Option<&str>]) -> ArrayRef {
    Arc::new(cells.iter().copied().collect::<StringArray>())
}

fn spread(row: u64) -> u64 {
    Seed(9).hash("test", &row.to_le_bytes())
}

/// Fits on all rows, in batches of `size`.
fn fit(
    plans: &[ColumnPlan],
    params: &EncodeParams,
    rows: &RecordBatch,
    keys: &[u64],
    as_of: Option<&[i32]>,
    size: usize,
) -> (Encoder, Vec<Profile>) {
    let mut builder = EncoderBuilder::new(plans, params).unwrap();
    for at in (0..rows.num_rows()).step_by(size) {
        let end = (at + size).min(rows.num_rows());
        let about = Observed {
            keys: &keys[at..end],
            as_of: as_of.map(|as_of| &as_of[at..end]),
            keep: &vec![true; end - at],
        };
        builder.observe(&rows.slice(at, end - at), &about).unwrap();
    }
    builder.finish().unwrap()
}

fn fit_one(column: ArrayRef, how: How) -> (Encoder, Profile, Vec<u8>) {
    let rows = batch(vec![("x", column)]);
    let keys: Vec<u64> = (0..rows.num_rows() as u64).map(spread).collect();
    let plans = [plan("x", how)];
    let (encoder, profiles) =
        fit(&plans, &EncodeParams::default(), &rows, &keys, None, rows.num_rows());
    encoder.check().unwrap();
    let codes = encoder.encode(&rows, None).unwrap().columns.remove(0);
    (encoder, profiles[0].clone(), codes)
}

fn permuted(rows: &RecordBatch, order: &[u32]) -> RecordBatch {
    let schema = rows.schema();
    let columns = rows.columns().iter().zip(schema.fields()).map(|(column, field)| {
        let any = column.as_any();
        let array: ArrayRef = if let Some(a) = any.downcast_ref::<Float64Array>() {
            let at = |i: &u32| a.is_valid(*i as usize).then(|| a.value(*i as usize));
            Arc::new(order.iter().map(at).collect::<Float64Array>())
        } else if let Some(a) = any.downcast_ref::<StringArray>() {
            let at = |i: &u32| a.is_valid(*i as usize).then(|| a.value(*i as usize));
            Arc::new(order.iter().map(at).collect::<StringArray>())
        } else {
            let a = any.downcast_ref::<Date32Array>().unwrap();
            let at = |i: &u32| a.is_valid(*i as usize).then(|| a.value(*i as usize));
            Arc::new(order.iter().map(at).collect::<Date32Array>())
        };
        (field.name().clone(), array, true)
    });
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

/// A table with every sort of column; large enough that the sample is thinned.
fn table(rows: u32) -> (RecordBatch, Vec<ColumnPlan>, StringArray, Vec<i32>) {
    let h = |row: u32, salt: u64| Seed(salt).hash("table", &row.to_le_bytes());
    let share = |row: u32, salt: u64| h(row, salt) as f64 / u64::MAX as f64;
    let number = |salt: u64, f: &dyn Fn(f64) -> f64| -> ArrayRef {
        let cell = |r| (h(r, salt + 50) % 17 != 0).then(|| f(share(r, salt)));
        Arc::new((0..rows).map(cell).collect::<Float64Array>())
    };
    let level = |r: u32, salt: u64, many: u64| format!("level {}", h(r, salt) % many);
    let few: StringArray = (0..rows).map(|r| Some(level(r, 1, 7))).collect();
    let many: StringArray = (0..rows)
        .map(|r| if r % 3 == 0 { Some(level(r, 2, 5)) } else { Some(format!("rare {r}")) })
        .collect();
    let days: Date32Array = (0..rows).map(|r| Some(10_000 + (h(r, 3) % 5000) as i32)).collect();
    let as_of = (0..rows).map(|r| 16_000 + (r % 3) as i32).collect();
    let ids = (0..rows).map(|r| Some(format!("{:09}", r / 3))).collect();
    let rows = batch(vec![
        ("balance", number(4, &|x| (20.0 * x).exp())),
        ("age", number(5, &|x| (18.0 + 70.0 * x).floor())),
        ("few", Arc::new(few)),
        ("many", Arc::new(many)),
        ("opened", Arc::new(days)),
        ("products", number(6, &|x| (4.0 * x * x).floor())),
    ]);
    let plans = vec![
        plan("balance", How::Number),
        plan("age", How::Number),
        plan("few", How::Category),
        plan("many", How::Category),
        plan("opened", How::DaysBefore),
        plan("products", How::Category),
    ];
    (rows, plans, ids, as_of)
}

#[test]
fn order_batches_and_threads_change_no_byte() {
    let (rows, plans, ids, as_of) = table(120_000);
    let params = EncodeParams { sample_rows: 5000, ..EncodeParams::default() };
    let run = |rows: &RecordBatch, ids: &StringArray, as_of: &[i32], size: usize| {
        let keys = keys(Seed(1), ids, Some(as_of));
        let (mut encoder, profiles) = fit(&plans, &params, rows, &keys.row, Some(as_of), size);
        let mut matrix = BinnedMatrix::of(&encoder, rows.num_rows());
        for at in (0..rows.num_rows()).step_by(size) {
            let length = size.min(rows.num_rows() - at);
            let codes = encoder.encode(&rows.slice(at, length), Some(&as_of[at..at + length]));
            matrix.push(&codes.unwrap()).unwrap();
        }
        let order = canonical_order(&keys.row, &matrix, &vec![0; matrix.rows]);
        matrix.reorder(&order);
        encoder.count(&matrix.codes(), &(0..matrix.rows as u32).collect::<Vec<_>>());
        encoder.check().unwrap();
        (serde_json::to_string(&encoder).unwrap(), profiles, matrix.digest())
    };
    let first = run(&rows, &ids, &as_of, 120_000);
    assert_eq!(first, run(&rows, &ids, &as_of, 7_001));

    let mut order: Vec<u32> = (0..120_000).collect();
    order.sort_by_key(|row| spread(u64::from(*row)));
    let shuffled = permuted(&rows, &order);
    let shuffled_ids: StringArray =
        order.iter().map(|row| Some(ids.value(*row as usize))).collect();
    let shuffled_as_of: Vec<i32> = order.iter().map(|row| as_of[*row as usize]).collect();
    for threads in [1, 2, 8] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let again = pool.install(|| run(&shuffled, &shuffled_ids, &shuffled_as_of, 50_000));
        assert_eq!(first, again, "{threads} threads");
    }
    let encoder: Encoder = serde_json::from_str(&first.0).unwrap();
    assert_eq!(serde_json::to_string(&encoder).unwrap(), first.0);
    // 80,000 texts that come once do not hide the five that fill a third of the rows.
    let Bins::Category { levels } = &encoder.columns[3].bins else { panic!("a category") };
    assert_eq!(
        levels.iter().map(String::as_str).collect::<BTreeSet<_>>(),
        BTreeSet::from(["level 0", "level 1", "level 2", "level 3", "level 4"])
    );
}

#[test]
fn quantiles_of_a_sample_are_near_those_of_all_rows() {
    let (rows, plans, ids, _) = table(100_000);
    let keys = keys(Seed(1), &ids, None).row;
    let params =
        |sample_rows| EncodeParams { sample_rows, max_bins: 20, ..EncodeParams::default() };
    let cuts = |sample_rows| {
        let (encoder, _) = fit(&plans[..1], &params(sample_rows), &rows, &keys, None, 100_000);
        match &encoder.columns[0].bins {
            Bins::Number { cuts, .. } => cuts.clone(),
            _ => panic!("a number"),
        }
    };
    for (all, sampled) in cuts(1_000_000).iter().zip(cuts(20_000)) {
        // The number is e^(20 u) with u even over 0..1: compare the ranks.
        assert!((all.ln() / 20.0 - sampled.ln() / 20.0).abs() < 0.015, "{all} {sampled}");
    }
}

#[test]
fn a_column_that_is_absent_or_of_another_type_is_named() {
    let rows = batch(vec![("age", numbers(&[Some(1.0), Some(2.0)]))]);
    let (encoder, _) =
        fit(&[plan("age", How::Number)], &EncodeParams::default(), &rows, &[1, 2], None, 2);
    let other = batch(vec![("Age", numbers(&[Some(1.0)]))]);
    let error = encoder.encode(&other, None).unwrap_err();
    assert_eq!(error.kind(), Kind::MissingColumn);
    assert!(error.to_string().starts_with("column age: "), "{error}");
    let text = batch(vec![("age", texts(&[Some("1")]))]);
    assert_eq!(encoder.encode(&text, None).unwrap_err().kind(), Kind::WrongType);
    let none = encoder.encode_columns(&other, None, &[false]).unwrap();
    assert_eq!(none.columns, [Vec::<u8>::new()]);
    let mut builder =
        EncoderBuilder::new(&[plan("x", How::Number)], &EncodeParams::default()).unwrap();
    let about = Observed { keys: &[1, 2], as_of: None, keep: &[true, true] };
    assert_eq!(builder.observe(&rows, &about).unwrap_err().kind(), Kind::MissingColumn);
    assert_eq!(builder.finish().unwrap_err().kind(), Kind::EmptyTable);
}

#[test]
fn rows_that_are_not_kept_leave_no_trace() {
    let rows = batch(vec![
        ("x", numbers(&[Some(1.0), Some(9e99), Some(2.0)])),
        ("t", texts(&[Some("a"), Some("b"), Some("a")])),
    ]);
    let plans = [plan("x", How::Number), plan("t", How::Category)];
    let params = EncodeParams { min_level_rows: 1, ..EncodeParams::default() };
    let mut builder = EncoderBuilder::new(&plans, &params).unwrap();
    let about = Observed { keys: &[1, 2, 3], as_of: None, keep: &[true, false, true] };
    builder.observe(&rows, &about).unwrap();
    let (encoder, profiles) = builder.finish().unwrap();
    assert!(matches!(&encoder.columns[0].bins, Bins::Number { most, .. } if *most == 2.0));
    assert_eq!(profiles[0].rows, 2);
    let encoded = encoder.encode(&rows, None).unwrap();
    assert_eq!(encoded.columns, [vec![1, 2, 2], vec![1, 2, 1]]);
    assert_eq!((encoded.outside, encoded.unseen), (vec![1, 0], vec![0, 1]));
}

#[test]
fn what_is_no_number_is_missing_and_zero_has_no_sign() {
    let cells = [Some(0.0), Some(-0.0), None, Some(f64::NAN), Some(f64::INFINITY), Some(-1.0)];
    let (encoder, profile, codes) = fit_one(numbers(&cells), How::Number);
    assert_eq!(codes, [2, 2, 0, 0, 0, 1]);
    assert_eq!((profile.missing, profile.distinct, profile.below_zero), (3, 2, 1));
    assert!(profile.holds == Holds::WholeNumbers && profile.distinct_is_exact);
    assert_eq!(encoder.describe(0, 0), "missing");
}

#[test]
fn huge_and_tiny_numbers_are_kept_apart() {
    let cells = [-1e308, -f64::MAX, f64::MAX, 1e308, 5e-324, 0.0, 1.0, -5e-324];
    let (encoder, _, codes) = fit_one(numbers(&cells.map(Some)), How::Number);
    assert_eq!(codes, [2, 1, 8, 7, 5, 4, 6, 3]);
    for code in 0..=9 {
        assert!(!encoder.describe(0, code).is_empty());
    }
}

#[test]
fn a_column_without_values_or_with_one_is_encoded() {
    let (encoder, profile, codes) = fit_one(numbers(&[None, None]), How::Number);
    assert_eq!((codes, profile.distinct), (vec![0, 0], 0));
    assert_eq!(encoder.typical(0), Typical::Number(0.0));
    let (_, profile, codes) = fit_one(numbers(&[Some(7.0), Some(7.0)]), How::Number);
    assert_eq!((codes, profile.distinct), (vec![1, 1], 1));
    let (encoder, _, codes) = fit_one(texts(&[None, None]), How::Category);
    assert_eq!(codes, [0, 0]);
    assert_eq!(encoder.typical(0), Typical::Nothing);
    assert_eq!(encoder.code_counts(), [2]);
}

#[test]
fn a_million_different_texts_are_bounded_and_estimated() {
    let ids: StringArray = (0..1_000_000).map(|i| Some(format!("customer {i}"))).collect();
    let (encoder, profile, codes) = fit_one(Arc::new(ids), How::Category);
    assert_eq!(encoder.code_counts(), [2], "no level is frequent");
    assert!(codes.iter().all(|code| *code == 1));
    assert!(!profile.distinct_is_exact);
    assert!((profile.rows_per_value - 1.0).abs() < 1e-9 && profile.distinct == 1_000_000);
    assert!(serde_json::to_string(&encoder).unwrap().len() < 200);
}

#[test]
fn codes_are_told_in_words() {
    let ages: Vec<Option<f64>> = (0..5000).map(|i| Some(f64::from(i % 1000))).collect();
    let (encoder, _, codes) = fit_one(numbers(&ages), How::Number);
    assert_eq!(encoder.describe(0, 1), "≤ 3");
    assert_eq!(encoder.describe(0, 2), "4 – 7");
    assert!(encoder.describe(0, *codes.iter().max().unwrap()).starts_with("≥ 99"));
    assert_eq!(encoder.typical(0), Typical::Number(499.0));
    let cells: Vec<Option<&str>> =
        (0..60).map(|i| Some(["France", "法国", "x"][if i == 0 { 2 } else { i % 2 }])).collect();
    let (encoder, _, _) = fit_one(texts(&cells), How::Category);
    assert_eq!(encoder.describe(0, 1), "法国");
    assert_eq!(encoder.describe(0, 2), "France");
    assert_eq!(encoder.describe(0, 3), "other");
    assert_eq!(encoder.meaning(0, 3), Meaning::Other);
    assert_eq!(encoder.describe(7, 3), "missing");
}

#[test]
fn a_broken_encoding_is_refused() {
    let (encoder, _, _) = fit_one(numbers(&[Some(1.0), Some(2.0), Some(3.0)]), How::Number);
    let broken = |change: &dyn Fn(&mut Encoder)| {
        let mut encoder = encoder.clone();
        change(&mut encoder);
        assert_eq!(encoder.check().unwrap_err().kind(), Kind::BadBundle);
    };
    let number = |cuts: Vec<f64>, least, median, most| Bins::Number { cuts, least, median, most };
    broken(&|e| e.columns[0].counts.push(1));
    broken(&|e| e.columns.push(e.columns[0].clone()));
    broken(&|e| e.columns[0].bins = number(vec![2.0, 1.0], 0.0, 1.0, 2.0));
    broken(&|e| e.columns[0].bins = number(vec![1.0, f64::NAN], 0.0, 1.0, 2.0));
    broken(&|e| e.columns[0].bins = number(vec![1.0, 2.0], 0.0, f64::INFINITY, 2.0));
    broken(&|e| e.columns[0].bins = number((0..254).map(f64::from).collect(), 0.0, 1.0, 2.0));
    broken(&|e| e.columns[0].bins = number(vec![1.0, 2.0], 3.0, 1.0, 2.0));
    broken(&|e| e.columns[0].bins = Bins::Category { levels: vec!["a".into(), "a".into()] });
    // Even a broken encoding encodes without panic.
    let mut encoder = encoder.clone();
    encoder.columns[0].bins = number((0..400).map(f64::from).collect(), 0.0, 1.0, 2.0);
    let rows = batch(vec![("x", numbers(&[Some(1e9), Some(-1.0)]))]);
    assert_eq!(encoder.encode(&rows, None).unwrap().columns[0].len(), 2);
}

#[test]
fn days_before_need_an_as_of_date() {
    let days: Date32Array = [Some(i32::MIN), Some(100), None, Some(i32::MAX)].into_iter().collect();
    let rows = batch(vec![("opened", Arc::new(days))]);
    let plans = [plan("opened", How::DaysBefore)];
    let as_of = [101, 101, 101, 101];
    let params = EncodeParams::default();
    let (encoder, profiles) = fit(&plans, &params, &rows, &[1, 2, 3, 4], Some(&as_of), 4);
    assert_eq!(profiles[0].below_zero, 1);
    assert_eq!(profiles[0].holds, Holds::Days);
    assert_eq!(encoder.encode(&rows, Some(&as_of)).unwrap().columns[0], [3, 2, 0, 1]);
    assert_eq!(encoder.encode(&rows, None).unwrap_err().kind(), Kind::BadParameter);
}

#[test]
fn parameters_out_of_range_are_refused() {
    let default = EncodeParams::default;
    for params in [
        EncodeParams { max_bins: 255, ..default() },
        EncodeParams { max_bins: 1, ..default() },
        EncodeParams { max_levels: 254, ..default() },
        EncodeParams { min_level_rows: 0, ..default() },
        EncodeParams { sample_rows: 10, ..default() },
    ] {
        assert_eq!(EncoderBuilder::new(&[], &params).unwrap_err().kind(), Kind::BadParameter);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_code_is_one_more_than_the_cuts_at_or_below(
        training in proptest::collection::vec(proptest::option::of(-1e3_f64..1e3), 1..900),
        others in proptest::collection::vec(proptest::num::f64::ANY, 1..200),
        bins in 2_usize..=254,
    ) {
        let rows = batch(vec![("x", numbers(&training))]);
        let keys: Vec<u64> = (0..training.len() as u64).map(spread).collect();
        let params = EncodeParams { max_bins: bins, ..EncodeParams::default() };
        let plans = [plan("x", How::Number)];
        let (encoder, _) = fit(&plans, &params, &rows, &keys, None, 100);
        let Bins::Number { cuts, least, most, .. } = &encoder.columns[0].bins else { panic!() };
        let mut cells: Vec<Option<f64>> = others.iter().map(|x| Some(*x)).chain(training).collect();
        cells.extend([Some(f64::MAX), Some(-f64::MAX)]);
        cells.sort_by(|a, b| a.unwrap_or(f64::NAN).total_cmp(&b.unwrap_or(f64::NAN)));
        let encoded = encoder.encode(&batch(vec![("x", numbers(&cells))]), None).unwrap();
        let mut before = 0;
        let mut outside = 0;
        for (cell, code) in cells.iter().zip(&encoded.columns[0]) {
            let Some(x) = cell.filter(|x| x.is_finite()) else {
                prop_assert_eq!(*code, 0);
                continue;
            };
            prop_assert_eq!(usize::from(*code), 1 + cuts.iter().filter(|cut| **cut <= x).count());
            prop_assert!(*code >= before, "monotone");
            before = *code;
            outside += u64::from(x < *least || x > *most);
        }
        prop_assert_eq!(usize::from(before), cuts.len() + 1, "the largest number is in the last bin");
        prop_assert_eq!(encoded.outside[0], outside);
    }

    #[test]
    fn a_level_keeps_its_code_and_others_share_one(
        training in proptest::collection::vec(proptest::option::of("[a-e]{0,3}"), 1..400),
        others in proptest::collection::vec("\\PC{0,12}", 0..50),
    ) {
        let cells: Vec<Option<&str>> = training.iter().map(Option::as_deref).collect();
        let (encoder, _, codes) = fit_one(texts(&cells), How::Category);
        let Bins::Category { levels } = &encoder.columns[0].bins else { panic!() };
        let expected = |cell: &str| {
            levels.iter().position(|level| level == cell).unwrap_or(levels.len()) as u8 + 1
        };
        for (cell, code) in cells.iter().zip(codes) {
            prop_assert_eq!(code, cell.map_or(0, expected));
        }
        let cells: Vec<Option<&str>> = others.iter().map(|text| Some(text.as_str())).collect();
        let encoded = encoder.encode(&batch(vec![("x", texts(&cells))]), None).unwrap();
        let other = levels.len() as u8 + 1;
        for (cell, code) in others.iter().zip(&encoded.columns[0]) {
            prop_assert_eq!(*code, expected(cell));
        }
        let unseen: u64 = encoded.columns[0].iter().map(|code| u64::from(*code == other)).sum();
        prop_assert_eq!(encoded.unseen[0], unseen);
    }

    #[test]
    fn counts_are_the_rows_of_each_code(cells in proptest::collection::vec(-5_i32..5, 1..200)) {
        let cells: Vec<Option<f64>> = cells.iter().map(|x| (*x != 0).then(|| f64::from(*x))).collect();
        let (mut encoder, _, codes) = fit_one(numbers(&cells), How::Number);
        let rows: Vec<u32> = (0..cells.len() as u32).collect();
        let columns: &Codes<'_> = &[&codes];
        encoder.count(columns, &rows);
        encoder.check().unwrap();
        for (code, count) in encoder.columns[0].counts.iter().enumerate() {
            prop_assert_eq!(*count, codes.iter().filter(|c| usize::from(**c) == code).count() as u64);
        }
    }
}

#[test]
fn sliced_batches_are_read_at_their_offset() {
    let cells: Vec<Option<f64>> =
        (0..100).map(|i| (i % 7 != 0).then(|| f64::from(i % 13))).collect();
    let words: Vec<Option<&str>> =
        (0..100).map(|i| (i % 5 != 0).then_some(["a", "bb", "ccc"][i % 3])).collect();
    let rows = batch(vec![("x", numbers(&cells)), ("t", texts(&words))]);
    let plans = [plan("x", How::Number), plan("t", How::Category)];
    let keys: Vec<u64> = (0..100).map(spread).collect();
    let (encoder, _) = fit(&plans, &EncodeParams::default(), &rows, &keys, None, 100);
    let whole = encoder.encode(&rows, None).unwrap();
    let part = encoder.encode(&rows.slice(33, 40), None).unwrap();
    assert_eq!(part.columns[0], whole.columns[0][33..73]);
    assert_eq!(part.columns[1], whole.columns[1][33..73]);
}
