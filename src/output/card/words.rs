//! Figures, names and sets of codes as a reader of a model card wants them.

use crate::{
    features::{Bins, EncodedColumn},
    units::Language,
};

/// At most so many levels of a category are told by name.
const LEVELS: usize = 8;

/// A text from the data inside Markdown: one line, nothing in it is markup.
pub(super) fn plain(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars().take(200) {
        match c {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '\\' | '`' | '*' | '[' | ']' | '|' | '#' => safe.extend(['\\', c]),
            c if c.is_control() => safe.push(' '),
            c => safe.push(c),
        }
    }
    safe
}

/// A name or an expression as code, also inside a table.
pub(super) fn code(text: &str) -> String {
    let one_line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let inner = one_line.replace('|', "\\|");
    if inner.contains('`') { format!("`` {inner} ``") } else { format!("`{inner}`") }
}

/// A count with a comma at every third digit.
pub(in crate::output) fn count(number: u64) -> String {
    grouped(&number.to_string(), 4)
}

/// A sum of weights as a count.
pub(in crate::output) fn weight(rows: f64) -> String {
    count(rows.round().max(0.0) as u64)
}

/// A share with one decimal.
pub(in crate::output) fn percent(share: f64) -> String {
    format!("{:.1}%", share * 100.0)
}

/// Part over whole; 0 where there is no whole.
pub(in crate::output) fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

/// A number with so many significant digits and without idle zeros.
pub(in crate::output) fn number(x: f64, digits: i32) -> String {
    let exact = format!("{x}");
    if exact.len() <= digits as usize || x == 0.0 {
        return grouped(&exact, 5);
    }
    let magnitude = x.abs().log10().floor() as i32;
    if !(-7..15).contains(&magnitude) {
        return format!("{x:e}");
    }
    let decimals = (digits - 1 - magnitude).max(0) as usize;
    let rounded = format!("{x:.decimals$}");
    let short = if rounded.contains('.') {
        rounded.trim_end_matches('0').trim_end_matches('.')
    } else {
        &rounded
    };
    grouped(short, 5)
}

/// With a comma at every third digit, from so many digits on: a cut of 2019 may be a year.
fn grouped(number: &str, from: usize) -> String {
    let (sign, digits) = number.strip_prefix('-').map_or(("", number), |digits| ("-", digits));
    let (whole, rest) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    if whole.len() < from || !whole.bytes().all(|b| b.is_ascii_digit()) {
        return number.to_owned();
    }
    let mut text = String::from(sign);
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text + rest
}

/// What a set of codes of a column means; `within[code]` tells whether the code is in the set.
///
/// That a value is missing is told where the training rows held such values, or where nothing else is
/// in the set.
pub(super) fn meaning(column: &EncodedColumn, within: &[bool], language: Language) -> String {
    told_by(column, within, language, quoted)
}

/// What a set of codes of a column means, as it stands: nothing is escaped.
pub(in crate::output) fn bare_meaning(
    column: &EncodedColumn,
    within: &[bool],
    language: Language,
) -> String {
    told_by(column, within, language, str::to_owned)
}

fn told_by(
    column: &EncodedColumn,
    within: &[bool],
    language: Language,
    quote: fn(&str) -> String,
) -> String {
    let mut parts = match &column.bins {
        Bins::Number { cuts, .. } | Bins::Change { cuts, .. } => ranges(cuts, within, language),
        Bins::DaysBefore { cuts, .. } => ranges(cuts, within, language)
            .into_iter()
            .map(|range| language.pick(format!("{range} days ago"), format!("快照前{range}天")))
            .collect(),
        Bins::Category { levels } => levels_in(levels, within, language, quote),
    };
    let seen = column.counts.first().is_some_and(|missing| *missing > 0);
    if within.first().copied().unwrap_or(false) && (seen || parts.is_empty()) {
        parts.push(language.pick("missing", "缺失").to_owned());
    }
    parts.join(language.pick(", or ", "，或"))
}

/// The runs of codes of an ordered column as ranges.
fn ranges(cuts: &[f64], within: &[bool], language: Language) -> Vec<String> {
    let last = cuts.len() + 1;
    let is_in = |code: usize| within.get(code).copied().unwrap_or(false);
    let mut ranges = Vec::new();
    let mut code = 1;
    while code <= last {
        if !is_in(code) {
            code += 1;
            continue;
        }
        let first = code;
        while code <= last && is_in(code) {
            code += 1;
        }
        // Code k holds the values from cuts[k − 2] to below cuts[k − 1].
        let from = first.checked_sub(2).and_then(|k| cuts.get(k)).map(|cut| told(*cut, cuts));
        let to = cuts.get(code - 2).map(|cut| told(*cut, cuts));
        ranges.push(match (from, to) {
            (None, None) => language.pick("any value", "任意值").to_owned(),
            (None, Some(to)) => language.pick(format!("less than {to}"), format!("小于 {to} ")),
            (Some(from), None) => {
                language.pick(format!("{from} or more"), format!("不小于 {from} "))
            }
            (Some(from), Some(to)) => language
                .pick(format!("{from} to less than {to}"), format!(" {from}（含）至 {to}（不含）")),
        });
    }
    ranges
}

/// A cut with six digits, or with all where six would make it look like its neighbour.
fn told(cut: f64, cuts: &[f64]) -> String {
    let short = number(cut, 6);
    let twins = cuts.iter().filter(|other| number(**other, 6) == short).count();
    if twins > 1 { format!("{cut}") } else { short }
}

fn levels_in(
    levels: &[String],
    within: &[bool],
    language: Language,
    quote: fn(&str) -> String,
) -> Vec<String> {
    let is_in = |code: usize| within.get(code).copied().unwrap_or(false);
    let others = is_in(levels.len() + 1);
    let (inside, outside): (Vec<_>, Vec<_>) =
        levels.iter().enumerate().partition(|(level, _)| is_in(level + 1));
    if others && outside.is_empty() {
        return vec![language.pick("any level", "任意取值").to_owned()];
    }
    if others && outside.len() < inside.len() {
        let names = names(&outside, language, quote);
        return vec![language.pick(format!("any but {names}"), format!("除 {names} 之外"))];
    }
    let mut parts = Vec::new();
    if !inside.is_empty() {
        parts.push(names(&inside, language, quote));
    }
    if others {
        parts.push(language.pick("any other", "其他取值").to_owned());
    }
    parts
}

fn names(levels: &[(usize, &String)], language: Language, quote: fn(&str) -> String) -> String {
    let comma = language.pick(", ", "、");
    let told: Vec<_> = levels.iter().take(LEVELS).map(|(_, level)| quote(level)).collect();
    let more = levels.len().saturating_sub(LEVELS);
    let told = told.join(comma);
    match more {
        0 => told,
        more => {
            told + &language.pick(format!(" and {more} more"), format!("等 {} 项", levels.len()))
        }
    }
}

fn quoted(level: &str) -> String {
    let short: String = level.chars().take(40).collect();
    if short.trim().is_empty() { format!("\"{short}\"") } else { plain(&short) }
}

/// What a finding of the data checks means.
pub(in crate::output) fn problem(problem: &str, language: Language) -> String {
    let (en, zh) = match problem {
        "all_missing" => ("no row has a value", "全部缺失"),
        "constant" => ("all rows have the same value", "取值恒定"),
        "unique_text" => ("nearly every row has its own text", "几乎每行取值不同的文本"),
        "running_id" => ("numbers the rows", "流水编号"),
        "personal_name" => ("personal by its name", "从名称看属个人信息"),
        "dated_after_as_of" => ("holds dates after the as-of date", "含晚于快照日的日期"),
        "copy_of_outcome" => ("a copy of the outcome", "与结果重复"),
        "gives_outcome_away" => ("gives the outcome away", "泄露结果"),
        "pure_region" => ("some of its values give the outcome away", "部分取值泄露结果"),
        "row_order" => ("the file is sorted by the outcome", "文件按结果排序"),
        other => return plain(&other.replace('_', " ")),
    };
    language.pick(en, zh).to_owned()
}

/// The column of a finding; without one it is about the whole file.
pub(super) fn column_or_file(column: &str, language: Language) -> String {
    if column.is_empty() {
        language.pick("(the file)", "（整个文件）").to_owned()
    } else {
        code(column)
    }
}

/// Whether a column's name sounds like an attribute that the law protects.
pub(super) fn sounds_personal(name: &str) -> bool {
    const WORDS: &[&str] = &[
        "age",
        "birth",
        "birthday",
        "birthdate",
        "dob",
        "gender",
        "sex",
        "race",
        "ethnicity",
        "ethnic",
        "nationality",
        "citizenship",
        "country",
        "geography",
        "religion",
        "marital",
        "married",
        "partner",
        "dependents",
        "disability",
        "pregnant",
        "zip",
        "zipcode",
        "postcode",
        "senior",
        "surname",
    ];
    const SIGNS: &[&str] = &[
        "年龄", "出生", "生日", "性别", "民族", "国籍", "籍贯", "户籍", "宗教", "婚姻", "残疾",
        "邮编", "地区",
    ];
    let mut word = String::new();
    let mut before = ' ';
    // Words end at anything but a letter, and before a capital after a small letter.
    for c in name.chars().chain(std::iter::once(' ')) {
        let ends = !c.is_alphabetic() || (c.is_uppercase() && before.is_lowercase());
        if ends && WORDS.contains(&word.as_str()) {
            return true;
        }
        if ends {
            word.clear();
        }
        if c.is_alphabetic() {
            word.extend(c.to_lowercase());
        }
        before = c;
    }
    SIGNS.iter().any(|sign| name.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number_column(cuts: &[f64], missing: u64) -> EncodedColumn {
        let bins = Bins::Number { cuts: cuts.to_vec(), least: 0.0, median: 1.0, most: 2.0 };
        let mut counts = vec![1; cuts.len() + 2];
        counts[0] = missing;
        EncodedColumn { name: "x".into(), bins, counts }
    }

    #[test]
    fn codes_of_a_number_are_ranges() {
        let column = number_column(&[34.0, 42.0, 55.5], 0);
        let mean = |codes: &[usize], column: &EncodedColumn| {
            let mut within = vec![false; 5];
            for code in codes {
                within[*code] = true;
            }
            meaning(column, &within, Language::En)
        };
        assert_eq!(mean(&[1], &column), "less than 34");
        assert_eq!(mean(&[2], &column), "34 to less than 42");
        assert_eq!(mean(&[2, 3], &column), "34 to less than 55.5");
        assert_eq!(mean(&[0, 4], &column), "55.5 or more");
        assert_eq!(mean(&[0], &column), "missing");
        assert_eq!(mean(&[1, 4], &column), "less than 34, or 55.5 or more");
        assert_eq!(mean(&[1, 2, 3, 4], &column), "any value");
        let with_missing = number_column(&[34.0, 42.0, 55.5], 7);
        assert_eq!(mean(&[0, 4], &with_missing), "55.5 or more, or missing");
    }

    #[test]
    fn codes_of_a_category_are_its_levels() {
        let levels = ["France", "Germany", "a|b<i>"].map(String::from).to_vec();
        let bins = Bins::Category { levels };
        let column = EncodedColumn { name: "c".into(), bins, counts: vec![0; 5] };
        let mean = |within: [bool; 5]| meaning(&column, &within, Language::En);
        assert_eq!(mean([false, true, false, false, false]), "France");
        assert_eq!(mean([true, true, true, true, true]), "any level");
        assert_eq!(mean([true, true, false, true, true]), "any but Germany");
        assert_eq!(mean([false, false, false, true, true]), "a\\|b&lt;i&gt;, or any other");
        assert_eq!(mean([true, false, false, false, false]), "missing");
    }

    #[test]
    fn cuts_that_look_alike_are_told_in_full() {
        let cuts = [1_000_000.25, 1_000_000.5];
        assert_eq!(told(cuts[0], &cuts), "1000000.25");
        assert_eq!(told(127_644.239_999_9, &[127_644.239_999_9, 130_000.0]), "127,644");
    }

    #[test]
    fn numbers_are_short_and_grouped() {
        for (x, text) in [
            (0.0, "0"),
            (2019.0, "2019"),
            (127_644.24, "127,644"),
            (-1_234_567.0, "-1,234,567"),
            (0.000_123_456_789, "0.000123457"),
            (33.5, "33.5"),
            (1e300, "1e300"),
            (0.1 + 0.2, "0.3"),
        ] {
            assert_eq!(number(x, 6), text);
        }
        assert_eq!((count(1_000_000), count(7815)), ("1,000,000".into(), "7,815".into()));
    }

    #[test]
    fn names_of_protected_attributes_are_heard() {
        for name in ["Age", "customer_age", "Gender", "SeniorCitizen", "MaritalStatus", "客户年龄"]
        {
            assert!(sounds_personal(name), "{name}");
        }
        for name in ["average_balance", "usage", "mortgage", "Sexton", "余额", ""] {
            assert!(!sounds_personal(name), "{name}");
        }
    }

    #[test]
    fn nothing_in_a_text_is_markup() {
        assert_eq!(plain("a|b\n<script>[x](y)"), "a\\|b &lt;script&gt;\\[x\\](y)");
        assert_eq!(code("a`b|c"), "`` a`b\\|c ``");
    }
}
