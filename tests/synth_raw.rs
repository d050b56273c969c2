//! The raw files of the synthetic bank: the same bytes for the same seed, nothing that depends on what
//! comes later, and everything that was planted to be found in the files themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    sync::OnceLock,
};

use reveille::{
    error::Kind,
    synth::{
        columns::markdown,
        raw::{self, Dirt, RawParams},
    },
    units::{Day, Seed},
};
use support::table;

/// The days of the window of a return.
const HORIZON: i32 = 90;

fn bank(params: &RawParams) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    raw::write(params, folder.path()).unwrap();
    folder
}

fn small() -> RawParams {
    RawParams { customers: 300, months: 9, seed: Seed(4), ..Default::default() }
}

/// A large bank that several tests read.
fn large() -> &'static Path {
    static BANK: OnceLock<tempfile::TempDir> = OnceLock::new();
    let params = RawParams { customers: 20_000, seed: Seed(11), ..Default::default() };
    BANK.get_or_init(|| bank(&params)).path()
}

fn day(text: &str) -> Option<i32> {
    Day::parse(text).map(|day| day.0)
}

fn number(text: &str) -> f64 {
    text.parse().unwrap()
}

fn last_day() -> i32 {
    RawParams::default().last_as_of.0
}

/// The days with voluntary transactions of each customer, in order.
fn active_days(folder: &Path) -> BTreeMap<String, BTreeSet<i32>> {
    let mut days: BTreeMap<String, BTreeSet<i32>> = BTreeMap::new();
    for [id, at, initiator] in
        table(folder, "transactions.csv", ["cust_id", "event_ts", "initiator"])
    {
        let day = day(&at).filter(|day| *day <= last_day());
        if let Some(day) = day.filter(|_| initiator == "customer" && !id.is_empty()) {
            days.entry(id).or_default().insert(day);
        }
    }
    days
}

#[test]
fn any_number_of_threads_writes_the_same_bytes() {
    let digests = [1, 2, 8].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        // More than one round of pieces.
        let params = RawParams { customers: 9000, months: 1, ..small() };
        let folder = pool.install(|| bank(&params));
        let file = |name: &str| blake3::hash(&fs::read(folder.path().join(name)).unwrap());
        raw::files().iter().map(|(name, _)| file(name)).collect::<Vec<_>>()
    });
    assert_eq!(digests[0], digests[1]);
    assert_eq!(digests[0], digests[2]);
    let (one, other) = (bank(&small()), bank(&RawParams { seed: Seed(5), ..small() }));
    let read = |folder: &tempfile::TempDir| fs::read(folder.path().join("balances.csv")).unwrap();
    assert_ne!(read(&one), read(&other));
}

/// The rows of a file up to a day, by the column that dates them.
fn until(folder: &Path, file: &str, dated: &str, last: i32) -> Vec<Vec<String>> {
    let mut reader = csv::Reader::from_path(folder.join(file)).unwrap();
    let place = reader.headers().unwrap().iter().position(|column| column == dated).unwrap();
    let rows = reader.records().map(|row| row.unwrap().iter().map(String::from).collect());
    let early = |row: &Vec<String>| day(&row[place]).unwrap() <= last;
    rows.filter(early).collect()
}

#[test]
fn no_row_depends_on_what_comes_after_it() {
    let early = Day::parse("2025-11-30").unwrap();
    let clean = RawParams { dirt: Dirt::None, ..small() };
    let now = bank(&clean);
    let then = bank(&RawParams { months: clean.months - 4, last_as_of: early, ..clean });
    let mut rows = 0;
    for (file, dated) in [
        ("balances.csv", "as_of"),
        ("transactions.csv", "event_ts"),
        ("contacts.csv", "sent_ts"),
        ("benefits.csv", "event_ts"),
        ("feedback.csv", "event_ts"),
        ("payroll.csv", "month"),
    ] {
        let known = until(then.path(), file, dated, early.0);
        assert_eq!(known, until(now.path(), file, dated, early.0), "{file}");
        rows += known.len();
    }
    assert!(rows > 20_000, "{rows}");
    // The truth too, but for what became of the customers.
    let truth = |folder: &Path| -> Vec<Vec<String>> {
        let mut rows = until(folder, "truth_customers.csv", "as_of", early.0);
        for row in &mut rows {
            drop(row.drain(6..8));
        }
        rows
    };
    assert_eq!(truth(then.path()), truth(now.path()));
}

#[test]
fn the_demand_account_is_the_sum_of_the_transactions() {
    let folder = bank(&RawParams { dirt: Dirt::None, ..small() });
    let cents = |text: &str| text.replace('.', "").parse::<i64>().unwrap();
    let mut moved: BTreeMap<(String, String), i64> = BTreeMap::new();
    let wanted = ["cust_id", "event_ts", "direction", "amount"];
    for [id, at, direction, amount] in table(folder.path(), "transactions.csv", wanted) {
        assert!(cents(&amount) > 0);
        let sign = if direction == "in" { 1 } else { -1 };
        *moved.entry((id, at[..7].to_owned())).or_default() += sign * cents(&amount);
    }
    let mut before: Option<(String, i64)> = None;
    let mut checked = 0;
    for [id, as_of, demand] in table(folder.path(), "balances.csv", ["cust_id", "as_of", "demand"])
    {
        let demand = cents(&demand);
        assert!(demand >= 0, "{id} {as_of}");
        if let Some((_, start)) = before.take_if(|(last, _)| *last == id) {
            let flow = moved.get(&(id.clone(), as_of[..7].to_owned())).copied().unwrap_or(0);
            // Money of term deposits and wealth products comes and goes as transactions too.
            assert_eq!(start + flow, demand, "{id} {as_of}");
            checked += 1;
        }
        before = Some((id, demand));
    }
    assert!(checked > 4000, "{checked}");
}

/// One silence: from the day of the last transaction to the next, the end of the files, the closing.
struct Silence {
    next: Option<i32>,
    /// Days until the files end, or the account is closed.
    seen: i32,
    open: i32,
}

/// The first quiet day from which the probability of return lies below the limit: silences counted, and
/// the curve made to fall by pooling (pool-adjacent-violators).
fn found_threshold(silences: &[Silence], limit: f64) -> i32 {
    let mut blocks: Vec<(f64, f64, i32)> = Vec::new();
    for quiet in 5..260 {
        let at_risk = silences.iter().filter(|silence| {
            silence.next.is_none_or(|next| next > quiet)
                && silence.seen >= quiet + HORIZON
                && silence.open > quiet
        });
        let (mut returned, mut all) = (0.0, 0.0);
        for silence in at_risk {
            all += 1.0;
            returned += f64::from(u8::from(silence.next.is_some_and(|n| n <= quiet + HORIZON)));
        }
        blocks.push((returned, all, 1));
        while let [.., (r1, n1, d1), (r2, n2, d2)] = blocks[..] {
            if r1 * n2 >= r2 * n1 {
                break;
            }
            blocks.truncate(blocks.len() - 2);
            blocks.push((r1 + r2, n1 + n2, d1 + d2));
        }
    }
    let mut quiet = 5;
    for (returned, all, days) in blocks {
        if returned < limit * all {
            break;
        }
        quiet += days;
    }
    quiet
}

#[test]
fn the_planted_thresholds_are_found_within_a_week() {
    let folder = large();
    let mut branches: BTreeMap<String, (u32, Vec<Silence>)> = BTreeMap::new();
    let mut days = active_days(folder);
    for [id, branch, closed] in table(folder, "customers.csv", ["cust_id", "branch", "close_date"])
    {
        let group = branches.entry(branch).or_default();
        group.0 += 1;
        let days: Vec<i32> = days.remove(&id).unwrap_or_default().into_iter().collect();
        let closed = day(&closed);
        for (place, at) in days.iter().enumerate() {
            group.1.push(Silence {
                next: days.get(place + 1).map(|next| next - at),
                seen: last_day() - at,
                open: closed.map_or(i32::MAX, |closed| closed - at),
            });
        }
    }
    let mut enough = 0;
    let wanted = ["key", "return_limit", "threshold_days"];
    for [key, limit, planted] in table(folder, "truth_groups.csv", wanted) {
        let (customers, silences) = &branches[&key];
        let found = found_threshold(silences, number(&limit));
        let apart = found - number(&planted) as i32;
        if *customers >= 2000 {
            enough += 1;
            assert!(apart.abs() <= 7, "{key}: {found} found, {planted} planted");
        }
    }
    assert!(enough >= 6, "{enough} branches are large enough");
}

/// Outcomes of one snapshot against their true probability, in tenths of the truth.
fn agrees(rows: &[(f64, f64)], what: &str) {
    let mut rows = rows.to_vec();
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    assert!(rows.len() > 2000, "{what}: {}", rows.len());
    for part in rows.chunks(rows.len().div_ceil(10)) {
        let expected: f64 = part.iter().map(|row| row.0).sum();
        let came: f64 = part.iter().map(|row| row.1).sum();
        let error = part.iter().map(|row| row.0 * (1.0 - row.0)).sum::<f64>().sqrt();
        assert!((came - expected).abs() <= 4.0 * error, "{what}: {came}, {expected} ± {error}");
    }
}

#[test]
fn outcomes_come_as_often_as_the_truth_says() {
    // Snapshots more than 90 days apart, in each month of the quarter.
    for as_of in ["2024-06-30", "2024-11-30", "2025-04-30", "2025-10-31"] {
        for (probability, outcome) in
            [("true_leaving_90d", "left_90d"), ("true_return_90d", "returned_90d")]
        {
            let rows = table(large(), "truth_customers.csv", ["as_of", probability, outcome]);
            let here = rows.iter().filter(|row| row[0] == as_of && !row[1].is_empty());
            let pairs: Vec<_> = here.map(|row| (number(&row[1]), number(&row[2]))).collect();
            agrees(&pairs, &format!("{outcome} of {as_of}"));
        }
    }
}

#[test]
fn returns_and_outcomes_of_the_truth_are_those_of_the_transactions() {
    let folder = large();
    let days = active_days(folder);
    let wanted = ["cust_id", "as_of", "state", "returned_90d"];
    let mut checked = 0;
    for [id, as_of, state, returned] in table(folder, "truth_customers.csv", wanted) {
        let Some(days) = days.get(&id) else { continue };
        let as_of = day(&as_of).unwrap();
        let next = days.range(as_of + 1..=as_of + HORIZON).next();
        if !returned.is_empty() {
            assert_eq!(next.is_some(), returned == "1", "{id} {as_of}");
            checked += 1;
        } else if state == "awake" && as_of + HORIZON <= last_day() {
            assert!(days.range(..=as_of).next().is_some(), "{id} {as_of}");
        }
    }
    assert!(checked > 10_000, "{checked}");
}

/// A share, of how many, by group.
#[derive(Default, Clone, Copy)]
struct Share {
    yes: f64,
    all: f64,
}

impl Share {
    fn add(&mut self, yes: bool) {
        self.yes += f64::from(u8::from(yes));
        self.all += 1.0;
    }

    fn rate(self) -> f64 {
        self.yes / self.all
    }

    /// Variance of the rate, and of its logarithm.
    fn variance(self) -> [f64; 2] {
        let plain = self.rate() * (1.0 - self.rate()) / self.all;
        [plain, plain / self.rate().powi(2)]
    }
}

/// The planted values of a programme, by group.
fn planted(programme: &str) -> Vec<(String, f64)> {
    table(large(), "truth_effects.csv", ["programme", "effect_group", "value"])
        .into_iter()
        .filter(|row| row[0] == programme)
        .map(|[_, group, value]| (group, number(&value)))
        .collect()
}

#[test]
fn the_effects_of_contacts_are_those_that_were_planted() {
    let folder = large();
    let mut groups: BTreeMap<String, String> = BTreeMap::new();
    let mut left: BTreeMap<(String, i32), bool> = BTreeMap::new();
    let wanted = ["cust_id", "as_of", "effect_group", "left_90d"];
    for [id, as_of, group, gone] in table(folder, "truth_customers.csv", wanted) {
        if !gone.is_empty() {
            left.insert((id.clone(), day(&as_of).unwrap()), gone == "1");
        }
        groups.insert(id, group);
    }
    let days = active_days(folder);
    let mut shares: BTreeMap<(char, String, String), Share> = BTreeMap::new();
    for [id, campaign, arm, sent] in
        table(folder, "contacts.csv", ["cust_id", "campaign_id", "arm", "sent_ts"])
    {
        let kind = campaign.chars().next().unwrap();
        let sent = day(&sent).unwrap();
        let Some(group) = groups.get(&id) else { continue };
        let key = (kind, group.clone(), arm);
        if kind == 'R' {
            // Sent on the 2nd: the snapshot before is of the last of the month before.
            if let Some(gone) = left.get(&(id, sent - 2)) {
                shares.entry(key).or_default().add(*gone);
            }
        } else if kind == 'W' && sent + 26 <= last_day() {
            let back =
                days.get(&id).is_some_and(|d| d.range(sent + 1..=sent + 26).next().is_some());
            shares.entry(key).or_default().add(back);
        }
    }
    let share = |kind: char, group: &str, arm: &str| shares[&(kind, group.into(), arm.into())];
    for (group, ratio) in planted("retention") {
        let (treat, holdout) = (share('R', &group, "treat"), share('R', &group, "holdout"));
        let found = (treat.rate() / holdout.rate()).ln();
        let error = (treat.variance()[1] + holdout.variance()[1]).sqrt();
        assert!((found - ratio.ln()).abs() <= 3.5 * error, "{group}: {found} ± {error}, {ratio}");
    }
    for (group, extra) in planted("winback") {
        let (treat, holdout) = (share('W', &group, "treat"), share('W', &group, "holdout"));
        let found = treat.rate() - holdout.rate();
        let error = (treat.variance()[0] + holdout.variance()[0]).sqrt();
        assert!(found > 0.0, "{group}: {found}");
        assert!((found - extra).abs() <= 3.5 * error, "{group}: {found} ± {error}, {extra}");
    }
    // Held out by hash: about three in ten, whatever the group.
    for (kind, group, arm) in shares.keys().filter(|key| key.2 == "holdout") {
        let (out, all) = (share(*kind, group, arm).all, share(*kind, group, "treat").all);
        assert!((out / (out + all) - 0.3).abs() < 0.05, "{kind} {group}");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "two laws of one file")]
fn hunters_live_on_promotions_and_leakers_pass_their_pay_on() {
    let folder = large();
    let mut hunter: BTreeMap<String, bool> = BTreeMap::new();
    let mut planted: BTreeMap<(String, String), f64> = BTreeMap::new();
    let wanted = ["cust_id", "as_of", "promo_hunter", "pass_through", "state"];
    for [id, as_of, hunts, share, state] in table(folder, "truth_customers.csv", wanted) {
        if state == "awake" && !share.is_empty() {
            planted.insert((id.clone(), as_of[..7].to_owned()), number(&share));
        }
        hunter.insert(id, hunts == "1");
    }
    let mut promo: BTreeMap<String, Share> = BTreeMap::new();
    let mut money: BTreeMap<bool, Vec<f64>> = BTreeMap::new();
    let mut outflow: BTreeMap<(String, i32), f64> = BTreeMap::new();
    let wanted = [
        "cust_id",
        "event_ts",
        "initiator",
        "promo",
        "same_name_other_bank",
        "direction",
        "amount",
        "currency",
    ];
    for [id, at, initiator, in_promo, same, direction, amount, currency] in
        table(folder, "transactions.csv", wanted)
    {
        let (Some(day), Ok(amount)) = (day(&at), amount.parse::<f64>()) else { continue };
        if initiator != "customer" || currency != "CNY" || day > last_day() {
            continue;
        }
        if same == "1" && direction == "out" {
            *outflow.entry((id.clone(), day)).or_default() += amount;
        }
        if let Some(hunts) = hunter.get(&id) {
            money.entry(*hunts).or_default().push(amount);
            promo.entry(id).or_default().add(in_promo == "1");
        }
    }
    let busy = |hunts: bool| -> Vec<Share> {
        promo.iter().filter(|(id, s)| hunter[*id] == hunts && s.all >= 40.0).map(|x| *x.1).collect()
    };
    let over = |shares: &[Share]| {
        shares.iter().filter(|s| s.rate() > 0.8).count() as f64 / shares.len() as f64
    };
    let mean = |shares: &[Share]| shares.iter().map(|s| s.all).sum::<f64>() / shares.len() as f64;
    let (hunters, others) = (busy(true), busy(false));
    assert!(hunters.len() > 1000, "{}", hunters.len());
    assert!(over(&hunters) > 0.95, "{}", over(&hunters));
    assert!(over(&others) < 0.001, "{}", over(&others));
    assert!(mean(&hunters) > 1.5 * mean(&others));
    let mut median = |hunts: bool| {
        let amounts = money.get_mut(&hunts).unwrap();
        amounts.sort_by(f64::total_cmp);
        amounts[amounts.len() / 2]
    };
    assert!(median(true) < 0.2 * median(false));

    let mut near = Share::default();
    let mut leaks = Share::default();
    for [id, paid, amount] in table(folder, "payroll.csv", ["cust_id", "month", "amount"]) {
        let Some(share) = planted.get(&(id.clone(), paid[..7].to_owned())) else { continue };
        let day = day(&paid).unwrap();
        let out: f64 = (day..=day + 5).filter_map(|at| outflow.get(&(id.clone(), at))).sum::<f64>();
        near.add((out / number(&amount) - share).abs() < 0.03);
        leaks.add(*share >= 0.7);
    }
    assert!(near.rate() > 0.9, "{}", near.rate());
    assert!((0.2..0.4).contains(&leaks.rate()), "{}", leaks.rate());
}

/// How many rows of each kind of dirt are in the files.
fn dirt(folder: &Path) -> BTreeMap<&'static str, u64> {
    let mut found: BTreeMap<&str, u64> = BTreeMap::new();
    let mut note = |kind, yes: bool| *found.entry(kind).or_default() += u64::from(yes);
    let mut first: BTreeMap<String, i32> = BTreeMap::new();
    let wanted = ["cust_id", "event_ts", "amount", "currency"];
    for [id, at, amount, currency] in table(folder, "transactions.csv", wanted) {
        let at = day(&at);
        note("future_transaction", at.is_some_and(|day| day > last_day()));
        note("unparseable_date", at.is_none());
        note("unparseable_amount", amount.parse::<f64>().is_err());
        note("second_currency", currency != "CNY");
        note("missing_id", id.is_empty());
        if let Some(at) = at {
            let earliest = first.entry(id).or_insert(at);
            *earliest = at.min(*earliest);
        }
    }
    let mut known = BTreeSet::new();
    for [id, opened] in table(folder, "customers.csv", ["cust_id", "open_date"]) {
        note("negative_tenure", day(&opened).unwrap() > last_day());
        known.insert(id);
    }
    let mut seen = BTreeSet::new();
    for [id, as_of] in table(folder, "balances.csv", ["cust_id", "as_of"]) {
        note("unknown_customer", !known.contains(&id));
        note("duplicate_month", !seen.insert((id, as_of)));
    }
    for file in ["products.csv", "contacts.csv", "benefits.csv", "feedback.csv", "payroll.csv"] {
        assert!(table(folder, file, ["cust_id"]).iter().all(|row| known.contains(&row[0])));
    }
    found
}

#[test]
fn there_is_as_much_dirt_as_the_truth_says_and_none_if_none_is_wanted() {
    let params = RawParams { customers: 3000, months: 3, ..small() };
    for (folder, wanted) in
        [(bank(&params), true), (bank(&RawParams { dirt: Dirt::None, ..params }), false)]
    {
        let found = dirt(folder.path());
        let told = table(folder.path(), "truth_dirt.csv", ["kind", "rows"]);
        assert_eq!(told.len(), found.len());
        for [kind, rows] in told {
            assert_eq!(found[kind.as_str()].to_string(), rows, "{kind}");
            assert_eq!(rows != "0", wanted, "{kind}: {rows}");
        }
    }
}

#[test]
fn rows_keep_the_rules_of_their_kind() {
    let folder = bank(&RawParams { dirt: Dirt::None, customers: 1500, ..small() });
    let wanted = ["event_ts", "load_ts", "type", "initiator", "payer_id"];
    let (mut late, mut all) = (0.0, 0.0);
    for [at, load, kind, initiator, payer] in table(folder.path(), "transactions.csv", wanted) {
        let lag = day(&load).unwrap() - day(&at).unwrap();
        assert!((0..=21).contains(&lag), "{lag}");
        late += f64::from(u8::from(lag > 0));
        all += 1.0;
        let by_bank = matches!(kind.as_str(), "interest" | "tax" | "fee" | "judicial");
        assert_eq!(by_bank, initiator == "bank", "{kind}");
        let paid = matches!(kind.as_str(), "salary" | "pension");
        assert_eq!(paid, !payer.is_empty());
        assert_eq!(paid || kind == "repayment", initiator == "system", "{kind}");
    }
    assert!((late / all - 0.03_f64).abs() < 0.005, "{late} of {all}");
    let mut ids = BTreeSet::new();
    let wanted = ["cust_id", "open_date", "close_date", "status"];
    for [id, opened, closed, status] in table(folder.path(), "customers.csv", wanted) {
        assert!(id.len() == 8 && id.starts_with('0'), "{id}");
        assert_eq!(closed.is_empty(), status != "closed");
        assert!(closed.is_empty() || day(&closed) > day(&opened), "{id}");
        assert!(ids.insert(id), "a customer is there twice");
    }
}

#[test]
fn the_docs_name_every_column() {
    let page = fs::read_to_string("docs/synthetic-bank.md").unwrap();
    let folder = bank(&RawParams { customers: 20, months: 1, ..small() });
    for (name, columns) in raw::files() {
        assert!(page.contains(&format!("`{name}`")), "docs/synthetic-bank.md lacks {name}");
        assert!(page.contains(&markdown(columns)), "docs/synthetic-bank.md is behind in {name}");
        let text = fs::read_to_string(folder.path().join(name)).unwrap();
        let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
        assert_eq!(text.lines().next().unwrap(), names.join(","));
    }
}

#[test]
fn numbers_out_of_range_are_refused_with_their_place() {
    let folder = tempfile::tempdir().unwrap();
    let good = RawParams { customers: 1, months: 1, ..Default::default() };
    assert!(raw::write(&good, folder.path()).is_ok());
    for (bad, place) in [
        (RawParams { customers: 0, ..good }, "config key synth.customers"),
        (RawParams { customers: u64::MAX, ..good }, "config key synth.customers"),
        (RawParams { months: 0, ..good }, "config key synth.months"),
        (RawParams { months: u32::MAX, ..good }, "config key synth.months"),
        (RawParams { last_as_of: Day(20_000), ..good }, "config key synth.last_as_of"),
        (RawParams { last_as_of: Day(i32::MAX), ..good }, "config key synth.last_as_of"),
    ] {
        let error = raw::write(&bad, folder.path()).unwrap_err();
        assert_eq!(error.kind(), Kind::BadParameter);
        assert!(error.to_string().starts_with(place), "{error}");
    }
}
