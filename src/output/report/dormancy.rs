//! After how many quiet days a customer does not come back: a section of the report, and a page of its own.

use serde::{Deserialize, Serialize};

use super::page::Page;
use crate::{
    error::{Error, Kind, Result},
    history::{Group, Learned, Level, Point},
    output::{
        card::words::{count, percent},
        chart::{Axis, Bar, Lines, Mark, Series, Unit, bars},
    },
    units::Language,
};

/// Version of the layout of [`json`].
const VERSION: u32 = 1;
/// Groups whose thresholds are drawn; the table has all.
const DRAWN: usize = 12;

/// The figures as a file has them.
#[derive(Debug, Serialize, Deserialize)]
struct Figures {
    reveille: String,
    version: u32,
    #[serde(flatten)]
    learned: Learned,
}

/// The figures as JSON.
///
/// # Shape
/// `{"reveille": "dormancy", "version": 1, "horizon_days", "limit", "groups": […]}`; the groups are
/// [`Group`]s as they stand, the whole bank first.
pub fn json(learned: &Learned) -> String {
    let figures =
        Figures { reveille: "dormancy".to_owned(), version: VERSION, learned: learned.clone() };
    let mut text = serde_json::to_string_pretty(&figures).unwrap_or_default();
    text.push('\n');
    text
}

/// Reads what [`json`] wrote.
///
/// # Errors
/// `BadParameter` where the text is none of it.
pub fn parse(text: &str) -> Result<Learned> {
    let bad = |what: String| {
        Error::new(Kind::BadParameter, what)
            .hint_with("write it with reveille dormancy --history DIR --json > dormancy.json")
    };
    let figures: Figures = serde_json::from_str(text)
        .map_err(|e| bad(format!("these are no figures of reveille dormancy: {e}")))?;
    if figures.reveille != "dormancy" || figures.version != VERSION {
        let what = format!(
            "figures of {} version {}, not of dormancy version {VERSION}",
            figures.reveille, figures.version
        );
        return Err(bad(what));
    }
    if figures.learned.groups.is_empty() {
        return Err(bad("the figures are of no group".to_owned()));
    }
    Ok(figures.learned)
}

/// A page of its own.
pub fn html(learned: &Learned, language: Language) -> String {
    let mut page = Page::new(language);
    page.title(language.pick("When a quiet customer does not come back", "客户静默多久后不再回来"));
    told(&mut page, learned);
    page.finish("")
}

/// The section of the report.
pub(super) fn of(page: &mut Page, learned: &Learned) {
    page.section("dormancy", "When a quiet customer does not come back", "客户静默多久后不再回来");
    told(page, learned);
}

fn told(page: &mut Page, learned: &Learned) {
    let language = page.language();
    let (limit, horizon) = (percent(learned.limit), learned.horizon_days);
    let Some(bank) = learned.groups.first() else { return };
    let answer = match bank.days {
        Some(days) => language.pick(
            format!("In the whole bank that is after {days} quiet days."),
            format!("全行门槛为静默 {days} 天。"),
        ),
        None => language.pick(
            "In the whole bank it never gets that unlikely within what the data can tell."
                .to_owned(),
            "在现有数据范围内，全行未出现低于该水平的时点。".to_owned(),
        ),
    };
    page.paragraph(&language.pick(
        format!("A customer counts as dormant where a return within {horizon} days is less likely than {limit}. {answer}"),
        format!("若客户在 {horizon} 天内恢复主动交易的概率低于 {limit}，即视为沉睡。{answer}"),
    ));
    page.begin("charts two");
    curves(page, learned, bank);
    thresholds(page, learned);
    page.end();
    table(page, learned);
    moved(page, bank);
}

/// The name of a group of customers.
fn name(group: &Group, language: Language) -> String {
    let level = match group.level {
        None => return language.pick("whole bank", "全行").to_owned(),
        Some(Level::Hq) => language.pick("head office", "总行"),
        Some(Level::Branch) => language.pick("branch", "分行"),
        Some(Level::SubBranch) => language.pick("sub-branch", "支行"),
    };
    format!("{level} {}", group.key)
}

/// The bank's curve, and those of the groups with the earliest and the latest threshold.
fn curves(page: &mut Page, learned: &Learned, bank: &Group) {
    let language = page.language();
    let with_days = || learned.groups[1..].iter().filter_map(|group| Some((group.days?, group)));
    let earliest = with_days().min_by_key(|(days, _)| *days);
    let latest = with_days().max_by_key(|(days, _)| *days);
    let mut shown = vec![(bank, 1)];
    if let (Some((first, early)), Some((last, late))) = (earliest, latest)
        && first < last
    {
        shown.extend([(early, 2), (late, 3)]);
    }
    let thresholds = shown.iter().filter_map(|(group, _)| group.days);
    let end = thresholds.max().map_or(i32::MAX, |days| days.saturating_mul(2).max(180));
    let points = |group: &Group| {
        group.curve.iter().take_while(|p| p.days <= end).copied().collect::<Vec<_>>()
    };
    let mut series: Vec<Series> =
        shown.iter().map(|(group, look)| line(group, *look, &points(group), language)).collect();
    let last = points(bank).last().map_or(1.0, |p| f64::from(p.days));
    series.push(Series {
        name: language.pick("the limit", "界限").to_owned(),
        look: 5,
        points: vec![(0.0, learned.limit), (last, learned.limit)],
        band: Vec::new(),
    });
    let caption = language.pick("Chance of a return, by quiet days", "静默天数与恢复概率");
    let marks = bank.days.map(|days| Mark {
        x: f64::from(days),
        name: language.pick(format!("{days} days"), format!("{days} 天")),
    });
    let horizon = learned.horizon_days;
    let x = language.pick("days without a voluntary transaction", "无主动交易的天数（天）");
    let chart = Lines {
        title: caption.to_owned(),
        x: Axis::around(x, Unit::Plain, std::iter::once(last)),
        y: Axis::share(&language.pick(
            format!("chance of a return within {horizon} days, %"),
            format!("{horizon} 天内恢复的概率（%）"),
        )),
        series,
        intervals: None,
        marks: marks.into_iter().collect(),
    };
    page.figure(
        &chart.draw(),
        caption,
        language.pick(
            "The band is the 95% interval of the whole bank (Kaplan–Meier); the others are the groups with the earliest and the latest threshold.",
            "色带为全行的 95% 区间（Kaplan–Meier）；其余曲线为门槛最早与最晚的分组。",
        ),
    );
}

/// The line of a group; the first one has its interval.
fn line(group: &Group, look: u8, points: &[Point], language: Language) -> Series {
    let band = points.iter().filter(|_| look == 1).map(|p| (p.low, p.high));
    Series {
        name: name(group, language),
        look,
        points: points.iter().map(|p| (f64::from(p.days), p.chance)).collect(),
        band: band.collect(),
    }
}

/// The thresholds of the largest groups.
fn thresholds(page: &mut Page, learned: &Learned) {
    let language = page.language();
    let mut groups: Vec<&Group> =
        learned.groups.iter().filter(|group| group.days.is_some()).collect();
    groups.sort_by_key(|group| (group.level.is_some(), std::cmp::Reverse(group.customers)));
    groups.truncate(DRAWN);
    groups.sort_by_key(|group| (group.level.is_some(), group.days));
    let longest = groups.iter().filter_map(|group| group.days).max().unwrap_or(1);
    let drawn: Vec<Bar> = groups
        .iter()
        .map(|group| {
            let days = group.days.unwrap_or(0);
            Bar {
                name: name(group, language),
                share: f64::from(days) / f64::from(longest.max(1)),
                told: format!("{days} ({})", interval(group)),
                look: if group.level.is_none() { 5 } else { 1 },
            }
        })
        .collect();
    let caption = language.pick("Dormant after", "沉睡门槛");
    let label = language.pick("quiet days (95% interval)", "静默天数（95% 区间）");
    let note = language
        .pick("The largest groups, the earliest first.", "客户数最多的分组，按门槛从早到晚。");
    page.figure(&bars(caption, label, &drawn), caption, note);
}

fn interval(group: &Group) -> String {
    let day = |day: Option<i32>| day.map_or_else(|| "?".to_owned(), |day| day.to_string());
    format!("{}–{}", day(group.days_low), day(group.days_high))
}

fn table(page: &mut Page, learned: &Learned) {
    let language = page.language();
    let none = || "–".to_owned();
    let rows: Vec<Vec<String>> = learned
        .groups
        .iter()
        .map(|group| {
            let today = group.moved.iter().find(|moved| Some(moved.days) == group.days);
            vec![
                name(group, language),
                count(group.customers),
                count(group.spells),
                group.days.map_or_else(
                    || language.pick("never", "无").to_owned(),
                    |days| days.to_string(),
                ),
                interval(group),
                today.map_or_else(none, |moved| count(moved.dormant)),
                today.map_or_else(none, |moved| count(moved.back_by_themselves.round() as u64)),
            ]
        })
        .collect();
    let head = [
        ("Group", "分组"),
        ("Customers", "客户数"),
        ("Spells of quiet", "静默期数"),
        ("Dormant after, days", "沉睡门槛（天）"),
        ("95% interval, days", "95% 区间（天）"),
        ("Dormant today", "当前沉睡客户"),
        ("Back by themselves", "预计自行恢复"),
    ];
    page.fold(language.pick("All groups", "全部分组"));
    page.table(&head, 1, &rows);
    page.end_fold();
}

/// What another threshold would change.
fn moved(page: &mut Page, bank: &Group) {
    if bank.moved.is_empty() {
        return;
    }
    let language = page.language();
    page.heading(language.pick("If the threshold moved, whole bank", "门槛变动的影响（全行）"));
    let rows: Vec<Vec<String>> = bank
        .moved
        .iter()
        .map(|moved| {
            let here = if Some(moved.days) == bank.days { " ★" } else { "" };
            vec![
                format!("{}{here}", moved.days),
                count(moved.dormant),
                count(moved.back_by_themselves.round() as u64),
                count(moved.missed.round() as u64),
            ]
        })
        .collect();
    let head = [
        ("Threshold, days", "门槛（天）"),
        ("Dormant today", "当前沉睡客户"),
        ("Back by themselves: contacted for nothing", "本会自行恢复（白白联系）"),
        ("Reached too late", "联系过晚"),
    ];
    page.table(&head, 1, &rows);
    page.note(language.pick(
        "Expected from the curve. An early threshold spends contacts on customers who would come back by themselves; a late one reaches those who will not after they have cooled down.",
        "按曲线估计。门槛过早会联系本会自行恢复的客户；过晚则错过不会自行恢复的客户。",
    ));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::Moved;

    fn group(level: Option<Level>, key: &str, days: i32) -> Group {
        let point = |day: i32| {
            let chance = 1.0 / (1.0 + f64::from(day) / 20.0);
            Point {
                days: day,
                at_risk: 9,
                raw: chance,
                low: chance * 0.9,
                high: chance * 1.1,
                chance,
            }
        };
        Group {
            level,
            key: key.to_owned(),
            customers: 900,
            spells: 4000,
            days: Some(days),
            days_low: Some(days - 7),
            days_high: None,
            curve: (0..60).map(|week| point(week * 7)).collect(),
            moved: vec![Moved { days, dormant: 80, back_by_themselves: 6.6, missed: 12.2 }],
        }
    }

    fn learned() -> Learned {
        let groups = vec![
            group(None, "", 120),
            group(Some(Level::Branch), "Ost <b>", 90),
            group(Some(Level::Branch), "West", 180),
        ];
        Learned { horizon_days: 90, limit: 0.1, groups }
    }

    #[test]
    fn what_is_written_is_read_again() {
        assert_eq!(parse(&json(&learned())).unwrap(), learned());
        for wrong in ["", "{}", &json(&learned()).replace("\"version\": 1", "\"version\": 2")] {
            assert_eq!(parse(wrong).unwrap_err().kind(), Kind::BadParameter);
        }
    }

    #[test]
    fn the_page_tells_every_group_in_both_languages() {
        for language in [Language::En, Language::Zh] {
            let page = html(&learned(), language);
            for told in ["120", "90", "180", "83–?", "West", "Ost &lt;b&gt;"] {
                assert!(page.contains(told), "{told} is not on the page");
            }
            assert!(!page.contains("<b>") && !page.contains("NaN"));
        }
    }
}
