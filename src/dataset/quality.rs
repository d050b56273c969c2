//! Columns that cannot be features: constant, unique, running, personal, from the future.

use super::{
    finding::{Action, Finding, Problem},
    personal,
};
use crate::features::{Holds, Profile};

/// Below this many rows nothing is said about uniqueness.
const FEWEST_ROWS: u64 = 100;
/// Mean rows of a different value below which a column names its rows.
const NEARLY_UNIQUE: f64 = 1.1;
/// Values that a personal column has at least; with fewer it is a flag such as "has a phone".
const FEWEST_PERSONAL: u64 = 10;
/// Ends of names (in words) of numbers that name something.
const ID_WORDS: &[&str] = &[
    "id",
    "ids",
    "no",
    "nr",
    "num",
    "number",
    "key",
    "uuid",
    "guid",
    "code",
    "index",
    "row",
    "rownumber",
    "customerid",
    "clientid",
    "userid",
    "accountid",
    "rowid",
];
const ID_SIGNS: &[&str] = &["编号", "序号", "客户号", "账号", "卡号", "流水号", "代码"];

/// Whether a column of this name holds a name, an address or another personal datum. The rule is by
/// whole words: `Surname`, `phone_no`, `身份证号` are, `ProductName`, `PhoneService`, `手机银行登录次数` are not.
pub fn is_personal(name: &str) -> bool {
    personal::is_personal(name)
}

/// The findings that need no outcome, at most one a column, in the order of the profiles. None of
/// them depends on the order of the rows.
pub fn inspect(profiles: &[Profile]) -> Vec<Finding> {
    profiles.iter().filter_map(one).collect()
}

fn one(profile: &Profile) -> Option<Finding> {
    let there = profile.rows - profile.missing.min(profile.rows);
    let rows = profile.rows;
    let found = |problem: Problem, evidence: String| {
        let column = profile.name.clone();
        Some(Finding { column, problem, evidence, auc: None, action: Action::Excluded })
    };
    if there == 0 {
        return found(Problem::AllMissing, format!("{rows} rows, all missing"));
    }
    if is_personal(&profile.name) && (profile.distinct > FEWEST_PERSONAL || rows < FEWEST_ROWS) {
        return found(Problem::PersonalName, different(profile, there));
    }
    if profile.distinct == 1 && profile.missing == 0 {
        return found(Problem::Constant, format!("1 value in {rows} rows"));
    }
    if profile.holds == Holds::Days && profile.below_zero > 0 {
        let evidence = format!("{} of {there} dates lie after the as-of date", profile.below_zero);
        return found(Problem::DatedAfterAsOf, evidence);
    }
    let unique = there >= FEWEST_ROWS && profile.rows_per_value < NEARLY_UNIQUE;
    if unique && profile.holds == Holds::Texts {
        return found(Problem::UniqueText, different(profile, there));
    }
    if unique && profile.holds == Holds::WholeNumbers && names_rows(profile, there) {
        return found(Problem::RunningId, different(profile, there));
    }
    None
}

fn different(profile: &Profile, there: u64) -> String {
    let about = if profile.distinct_is_exact { "" } else { "about " };
    format!("{about}{} different values in {there} rows", profile.distinct)
}

/// Whether whole numbers that hardly repeat number the rows: they fill their range, or the name says so.
fn names_rows(profile: &Profile, there: u64) -> bool {
    let span = profile.most.zip(profile.least).map_or(f64::INFINITY, |(most, least)| most - least);
    let fills_its_range = span < 2.0 * there as f64 && profile.rows_per_value < 1.001;
    let words = personal::words(&profile.name);
    let last_says_so = words.last().is_some_and(|word| ID_WORDS.contains(&word.as_str()));
    fills_its_range || last_says_so || ID_SIGNS.iter().any(|sign| profile.name.contains(sign))
}

/// Whether the file is sorted by the outcome: the AUC of the place in the file, for outcomes in the
/// order of the file. It is about the file, and no column is excluded for it.
pub fn row_order(outcome: impl IntoIterator<Item = bool>, max_auc: f64) -> Option<Finding> {
    let (mut events, mut others, mut pairs) = (0_u64, 0_u64, 0_u128);
    for is_event in outcome {
        if is_event {
            events += 1;
            pairs += u128::from(others);
        } else {
            others += 1;
        }
    }
    let all = u128::from(events) * u128::from(others);
    if all == 0 || events.min(others) < 5 {
        return None;
    }
    let auc = pairs as f64 / all as f64;
    let strength = auc.max(1.0 - auc);
    (strength >= max_auc).then(|| Finding {
        column: String::new(),
        problem: Problem::RowOrder,
        evidence: format!("the row number alone has AUC {strength:.4}"),
        auc: Some(strength),
        action: Action::Warned,
    })
}
