//! Laws of the snapshots, over histories made by chance.

use proptest::prelude::*;

use super::{
    calendar::AsOfs,
    dictionary::Words,
    load::{History, Shelves},
    params::{ChurnSign, HistoryParams},
    people::Customer,
    quality::Quality,
    records::{
        Balance, Benefit, Contact, Feedback, NEVER, Pay, Product, Record, Txn, benefit, txn,
    },
    schema::RawTable,
    shelf::{Budget, Parts, Shelf, put},
};
use crate::units::Day;

const AS_OF: i32 = 20_000;

/// All records of one customer.
#[derive(Debug, Clone, Default)]
struct Life {
    txns: Vec<Txn>,
    balances: Vec<Balance>,
    products: Vec<Product>,
    contacts: Vec<Contact>,
    benefits: Vec<Benefit>,
    feedback: Vec<Feedback>,
    pays: Vec<Pay>,
}

fn shelf<R: Record>(lives: &[Life], of: fn(&Life) -> &Vec<R>, mebibytes: u32) -> Shelf {
    let mut shelf = Shelf::new(Parts::new(lives.len()), Budget::new(mebibytes));
    for (customer, life) in lives.iter().enumerate() {
        let mut bytes = Vec::new();
        for record in of(life) {
            put(customer as u32, record, &mut bytes);
        }
        shelf.take::<R>(&bytes).unwrap();
    }
    shelf
}

fn history(lives: &[Life], open: i32) -> History {
    let params = HistoryParams::default();
    let shelves = Shelves {
        txns: shelf(lives, |l| &l.txns, 1),
        balances: shelf(lives, |l| &l.balances, 1),
        products: shelf(lives, |l| &l.products, 1),
        contacts: shelf(lives, |l| &l.contacts, 1),
        benefits: shelf(lives, |l| &l.benefits, 1),
        feedback: shelf(lives, |l| &l.feedback, 1),
        payroll: shelf(lives, |l| &l.pays, 1),
    };
    let mut ids = super::ids::Ids::default();
    let customers = (0..lives.len()).map(|i| {
        ids.add(&format!("c{i}")).unwrap();
        Customer::at(open)
    });
    let customers = customers.collect();
    let fields = RawTable::ALL
        .map(|table| (table, table.fields().iter().map(|field| field.name).collect()))
        .into();
    History {
        params,
        ids,
        customers,
        words: Words::default(),
        parts: Parts::new(lives.len()),
        shelves,
        fields,
        base_currency: 0,
        rates: std::collections::BTreeMap::new(),
        first_day: Day(AS_OF - 800),
        complete_until: Day(AS_OF + 400),
        quality: Quality::default(),
        rejected: Vec::new(),
    }
}

/// A bank without customers.
pub(super) fn nobody() -> History {
    history(&[], 0)
}

/// The rows of the snapshots as text, without the outcomes where they are not wanted.
fn rows(history: &History, as_ofs: &[i32], outcomes: bool) -> Vec<String> {
    let as_ofs = AsOfs::These(as_ofs.iter().map(|day| Day(*day)).collect());
    let snapshots = history.snapshots(&as_ofs).unwrap();
    let mut lines = Vec::new();
    let columns = snapshots.schema().fields().len() - if outcomes { 0 } else { 3 };
    let text = |batch: arrow_array::RecordBatch| {
        let batch = batch.project(&(0..columns).collect::<Vec<_>>()).unwrap();
        Ok(format!("{batch:?}"))
    };
    snapshots
        .each(&text, &mut |_, text| {
            lines.push(text);
            Ok(())
        })
        .unwrap();
    lines
}

fn day() -> impl Strategy<Value = i32> {
    AS_OF - 500..AS_OF + 120
}

fn txns(days: impl Strategy<Value = i32>) -> impl Strategy<Value = Vec<Txn>> {
    let txn = (days, 0..40_i32, 0..10_000_000_i64, 0..512_u16, 0..11_u8).prop_map(
        |(day, late, amount, bits, channel)| Txn {
            day,
            known: day + if late > 30 { late } else { 0 },
            amount,
            bits,
            channel,
            ..Txn::default()
        },
    );
    prop::collection::vec(txn, 0..12)
}

#[expect(clippy::too_many_lines, reason = "one record of each kind")]
fn life() -> impl Strategy<Value = Life> {
    let balance = (day(), 0.0..1e6_f64, 0.0..1.0_f64, day()).prop_map(|(day, aum, share, due)| {
        let demand = aum * share;
        let (paid, market) = (2.0 * share, 1.5);
        Balance {
            day,
            known: day,
            aum,
            aum_mean: aum,
            demand,
            loan: 0.0,
            maturity_day: due,
            maturity_amount: demand,
            rate_paid: paid,
            market_rate: market,
            ..Balance::default()
        }
    });
    let product = (day(), 0..200_i32, 0..8_u8, 0..2_u8).prop_map(|(day, held, family, promo)| {
        Product { day, known: day, close: day + held, promo_end: day + held / 2, promo, family }
    });
    let contact = (day(), 0..11_u8, 0..3_u8, 0..3_u8, 0..2_u8).prop_map(
        |(day, channel, delivered, opened, flag)| Contact {
            day,
            known: day,
            channel,
            delivered,
            opened,
            clicked: opened,
            answered: opened,
            refused: flag,
            unsubscribed: 0,
            holdout: flag,
        },
    );
    let movement = (day(), 0.0..900.0_f64, 0..7_u8).prop_map(|(day, points, kind)| Benefit {
        day,
        known: day,
        points,
        expiry: day + 300,
        behaviour: 0,
        kind,
    });
    let answer = (day(), 1.0..5.0_f64).prop_map(|(day, csat)| Feedback {
        day,
        known: day,
        csat,
        nps: f64::NAN,
        wait: csat,
        social: 1.0,
        complaint: 0,
    });
    let pay = (day(), 1..9_000_000_i64, 1..3_u8).prop_map(|(day, amount, source)| Pay {
        day,
        known: day,
        amount,
        payer: 0,
        source,
    });
    let few = 0..5_usize;
    (
        txns(day()),
        prop::collection::vec(balance, 0..8),
        prop::collection::vec(product, few.clone()),
        prop::collection::vec(contact, few.clone()),
        prop::collection::vec(movement, few.clone()),
        prop::collection::vec(answer, few.clone()),
        prop::collection::vec(pay, few),
    )
        .prop_map(|(txns, balances, products, contacts, benefits, feedback, pays)| Life {
            txns,
            balances,
            products,
            contacts,
            benefits,
            feedback,
            pays,
        })
}

/// The life without anything that was not known on the as-of date, and with other things after it.
fn otherwise(life: &Life, after: &Life) -> Life {
    fn mix<R: Record>(past: &[R], future: &[R]) -> Vec<R> {
        let is_known = |record: &&R| record.day() <= AS_OF && record.known() <= AS_OF;
        let past = past.iter().filter(is_known);
        let future = future.iter().filter(|record| !is_known(record));
        future.chain(past).copied().collect()
    }
    Life {
        txns: mix(&life.txns, &after.txns),
        balances: mix(&life.balances, &after.balances),
        // A closing after the as-of date is not known on it either.
        products: mix(&life.products, &after.products)
            .into_iter()
            .map(|p| Product { close: if p.close > AS_OF { NEVER } else { p.close }, ..p })
            .collect(),
        contacts: mix(&life.contacts, &after.contacts),
        benefits: mix(&life.benefits, &after.benefits),
        feedback: mix(&life.feedback, &after.feedback),
        pays: mix(&life.pays, &after.pays),
    }
}

/// Histories, each with dozens of customers: 100,000 customers in all.
const CASES: u32 = 1000;
const CUSTOMERS: usize = 100;

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn nothing_after_the_as_of_date_changes_a_feature(
        lives in prop::collection::vec((life(), life()), CUSTOMERS)
    ) {
        let known: Vec<Life> = lives.iter().map(|(life, _)| life.clone()).collect();
        let other: Vec<Life> = lives.iter().map(|(life, after)| otherwise(life, after)).collect();
        let open = AS_OF - 600;
        prop_assert_eq!(
            rows(&history(&known, open), &[AS_OF], false),
            rows(&history(&other, open), &[AS_OF], false)
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn neither_the_order_of_the_rows_nor_other_snapshots_change_a_row(
        lives in prop::collection::vec(life(), 1..6)
    ) {
        let turned: Vec<Life> = lives
            .iter()
            .map(|life| {
                let mut life = life.clone();
                life.txns.reverse();
                life.balances.reverse();
                life.contacts.reverse();
                life.pays.reverse();
                life
            })
            .collect();
        let open = AS_OF - 600;
        let rows_of = |lives: &[Life], days: &[i32]| rows(&history(lives, open), days, true);
        prop_assert_eq!(rows_of(&lives, &[AS_OF]), rows_of(&turned, &[AS_OF]));
        prop_assert_eq!(rows_of(&lives[..1], &[AS_OF]).len(), 1);
        let alone = rows_of(&lives[..1], &[AS_OF - 31]);
        let history = history(&lives[..1], open);
        let both = AsOfs::These(vec![Day(AS_OF - 31), Day(AS_OF)]);
        let snapshots = history.snapshots(&both).unwrap();
        let mut first = None;
        snapshots
            .each(&|batch| Ok(format!("{:?}", batch.slice(0, 1))), &mut |_, text| {
                first.get_or_insert(text);
                Ok(())
            })
            .unwrap();
        prop_assert_eq!(first, alone.into_iter().next());
    }
}

fn cell(history: &History, as_of: i32, column: &str) -> Option<f64> {
    use arrow_array::{
        Array,
        cast::AsArray,
        types::{Float64Type, Int32Type},
    };
    let snapshots = history.snapshots(&AsOfs::These(vec![Day(as_of)])).unwrap();
    let mut found = None;
    snapshots
        .each(&Ok, &mut |_, batch| {
            let column = batch.column_by_name(column).unwrap();
            if column.is_valid(0) {
                found = match column.as_primitive_opt::<Int32Type>() {
                    Some(whole) => Some(f64::from(whole.value(0))),
                    None => Some(column.as_primitive::<Float64Type>().value(0)),
                };
            }
            Ok(())
        })
        .unwrap();
    found
}

fn spend(day: i32, amount: i64) -> Txn {
    Txn {
        day,
        known: day,
        amount: amount * 10_000,
        bits: txn::VOLUNTARY | txn::OUT,
        channel: 1,
        ..Txn::default()
    }
}

#[test]
fn windows_hold_the_days_they_say() {
    let txns =
        vec![spend(AS_OF - 90, 1), spend(AS_OF - 89, 2), spend(AS_OF, 4), spend(AS_OF + 1, 8)];
    let history = history(&[Life { txns, ..Life::default() }], AS_OF - 600);
    assert_eq!(cell(&history, AS_OF, "txn_count_90d"), Some(2.0));
    assert_eq!(cell(&history, AS_OF, "txn_out_90d"), Some(6.0));
    assert_eq!(cell(&history, AS_OF, "txn_count_180d"), Some(3.0));
    assert_eq!(cell(&history, AS_OF, "quiet_days"), Some(0.0));
    assert_eq!(cell(&history, AS_OF, "txn_count_91_365d"), Some(1.0));
}

#[test]
fn a_row_loaded_late_is_known_late() {
    let late = Txn { known: AS_OF + 3, ..spend(AS_OF - 5, 2) };
    let life = Life { txns: vec![spend(AS_OF - 40, 1), late], ..Life::default() };
    let history = history(&[life], AS_OF - 600);
    assert_eq!(cell(&history, AS_OF, "quiet_days"), Some(40.0));
    assert_eq!(cell(&history, AS_OF + 3, "quiet_days"), Some(8.0));
}

#[test]
fn interest_is_no_activity() {
    let interest = Txn { bits: txn::IN, ..spend(AS_OF - 2, 1) };
    let life = Life { txns: vec![spend(AS_OF - 100, 1), interest], ..Life::default() };
    let history = history(&[life], AS_OF - 600);
    assert_eq!(cell(&history, AS_OF, "quiet_days"), Some(100.0));
    assert_eq!(cell(&history, AS_OF, "dormant"), Some(1.0));
}

#[test]
fn outcomes_are_those_of_the_window() {
    let quiet = Life { txns: vec![spend(AS_OF - 10, 1)], ..Life::default() };
    let of = |life: &Life, column| {
        cell(&history(std::slice::from_ref(life), AS_OF - 600), AS_OF, column)
    };
    assert_eq!(of(&quiet, "churned_90d"), Some(1.0));
    assert_eq!(of(&quiet, "reactivated_90d"), None);
    let stays = Life { txns: vec![spend(AS_OF - 10, 1), spend(AS_OF + 1, 1)], ..Life::default() };
    assert_eq!(of(&stays, "churned_90d"), Some(0.0));
    let back = Life { txns: vec![spend(AS_OF - 200, 1), spend(AS_OF + 90, 1)], ..Life::default() };
    assert_eq!(of(&back, "churned_90d"), None);
    assert_eq!(of(&back, "reactivated_90d"), Some(1.0));
    assert_eq!(of(&back, "reactivated_sustained_180d"), Some(1.0));
    let late = Life { txns: vec![spend(AS_OF - 200, 1), spend(AS_OF + 91, 1)], ..Life::default() };
    assert_eq!(of(&late, "reactivated_90d"), Some(0.0));
    let brief = Life { txns: vec![spend(AS_OF - 200, 1), spend(AS_OF + 5, 1)], ..Life::default() };
    assert_eq!(of(&brief, "reactivated_sustained_180d"), Some(0.0));
}

#[test]
fn an_outcome_that_is_not_over_is_empty() {
    let life = Life { txns: vec![spend(AS_OF - 10, 1)], ..Life::default() };
    let mut history = history(&[life], AS_OF - 600);
    history.complete_until = Day(AS_OF + 89);
    assert_eq!(cell(&history, AS_OF, "churned_90d"), None);
    history.complete_until = Day(AS_OF + 90);
    assert_eq!(cell(&history, AS_OF, "churned_90d"), Some(1.0));
}

#[test]
fn assets_that_leave_are_a_loss() {
    let balance = |day, aum| Balance {
        day,
        known: day,
        aum,
        aum_mean: aum,
        maturity_day: NEVER,
        ..Balance::default()
    };
    let life = |after: f64| Life {
        txns: vec![spend(AS_OF - 10, 1), spend(AS_OF + 60, 1)],
        balances: vec![balance(AS_OF - 1, 1000.0), balance(AS_OF + 80, after)],
        ..Life::default()
    };
    let of = |after| cell(&history(&[life(after)], AS_OF - 600), AS_OF, "churned_90d");
    assert_eq!(of(200.0), Some(1.0));
    assert_eq!(of(201.0), Some(0.0));
    let mut only_silence = history(&[life(0.0)], AS_OF - 600);
    only_silence.params.outcome.churn = vec![ChurnSign::Silent];
    assert_eq!(cell(&only_silence, AS_OF, "churned_90d"), Some(0.0));
}

#[test]
fn money_that_passes_through_is_measured_after_five_days() {
    let pay = |day| Pay { day, known: day, amount: 1000 * 10_000, payer: 0, source: 1 };
    let away = |day, amount| Txn { bits: txn::OUT | txn::TO_OTHER_BANK, ..spend(day, amount) };
    let life = Life {
        txns: vec![
            away(AS_OF - 37, 800),
            away(AS_OF - 35, 100),
            away(AS_OF - 34, 100),
            away(AS_OF, 900),
        ],
        pays: vec![pay(AS_OF - 40), pay(AS_OF - 4)],
        ..Life::default()
    };
    let history = history(&[life], AS_OF - 600);
    assert_eq!(cell(&history, AS_OF, "pass_through_3m"), Some(0.9));
    assert_eq!(cell(&history, AS_OF, "pass_through_amount_3m"), Some(900.0));
    assert_eq!(cell(&history, AS_OF, "payroll_count_3m"), Some(2.0));
}

#[test]
fn points_are_what_is_left() {
    let movement = |day, kind, points| Benefit {
        day,
        known: day,
        points,
        expiry: AS_OF + 30,
        behaviour: 0,
        kind,
    };
    let benefits = vec![
        movement(AS_OF - 400, benefit::EARN, 100.0),
        movement(AS_OF - 10, benefit::EARN, 50.0),
        movement(AS_OF - 5, benefit::REDEEM, 30.0),
    ];
    let history = history(&[Life { benefits, ..Life::default() }], AS_OF - 600);
    assert_eq!(cell(&history, AS_OF, "points_balance"), Some(120.0));
    assert_eq!(cell(&history, AS_OF, "points_earned_365d"), Some(50.0));
    assert_eq!(cell(&history, AS_OF, "points_expiring_90d"), Some(120.0));
}

#[test]
fn records_come_back_from_the_disk_as_from_memory() {
    let lives: Vec<Life> = (0..3000)
        .map(|i| Life {
            txns: (0..40).map(|j| spend(AS_OF - (i * 7 + j * 13) % 600, i64::from(j))).collect(),
            ..Life::default()
        })
        .collect();
    let aside = shelf(&lives, |l| &l.txns, 1);
    let held = shelf(&lives, |l| &l.txns, 64);
    for part in 0..Parts::new(lives.len()).count() {
        let (a, b) = (aside.part::<Txn>(part).unwrap(), held.part::<Txn>(part).unwrap());
        for customer in Parts::new(lives.len()).range(part) {
            assert_eq!(a.of(customer), b.of(customer));
        }
    }
}
