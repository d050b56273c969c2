//! Where it is good, whether groups are treated alike, and what it missed.

use super::{
    Part,
    curves::interval,
    evidence::{Cause, FairGroup, Group, MissedCause, MissedPlace, Slice},
    page::Page,
    verdict::part_heading,
};
use crate::{
    metrics::Estimate,
    output::{
        card::words::{count, number, percent, share},
        chart::compact,
    },
    units::Language,
};

/// A ratio below this is worth a look.
const FOUR_FIFTHS: f64 = 0.8;

/// The name of a group of customers.
pub fn group_name(group: &Group, language: Language) -> String {
    match group {
        Group::Value(text) | Group::Month(text) => text.clone(),
        Group::Range(first, last) if first >= last => number(*first, 6),
        Group::Range(first, last) => {
            let (first, last) = (number(*first, 6), number(*last, 6));
            language.pick(format!("{first} to {last}"), format!("{first} 至 {last}"))
        }
        Group::Missing => language.pick("(missing)", "（缺失）").to_owned(),
        Group::Others => language.pick("(all smaller groups)", "（其余小组合计）").to_owned(),
    }
}

fn ratio(estimate: Option<&Estimate>) -> String {
    estimate.map_or_else(|| "–".to_owned(), |e| interval(e, |x| format!("{x:.2}")))
}

/// The section about groups of customers.
pub(super) fn slices(page: &mut Page, parts: &[Part<'_>]) {
    let language = page.language();
    page.section("groups", "Where it is good", "分组效果");
    page.paragraph(language.pick(
        "The same figures for groups of customers, with 95% intervals: small groups have wide ones. Groups of fewer than 20 customers are told together.",
        "按客户分组的效果及 95% 区间；小组区间较宽。不足 20 位客户的小组合并显示。",
    ));
    let mut any = false;
    for part in parts.iter().filter(|part| !part.found.slices.is_empty()) {
        any = true;
        part_heading(page, part);
        for slices in &part.found.slices {
            page.small_heading(
                &language.pick(format!("By {}", slices.column), format!("按 {}", slices.column)),
            );
            let rows: Vec<_> = slices.groups.iter().map(|s| slice(s, language)).collect();
            let head = [
                ("Group", "分组"),
                ("Customers", "客户数"),
                ("Predicted", "预测概率"),
                ("Came true (95%)", "实际发生率（95%）"),
                ("Observed / expected", "实际/预期"),
                ("AUC (95%)", "AUC（95%）"),
                ("Log loss", "对数损失"),
                ("Caught above the cut", "阈值以上覆盖率"),
            ];
            page.table(&head, 1, &rows);
        }
    }
    if !any {
        page.paragraph(language.pick(
            "Customers were not grouped: the table has no as-of date, and no column was named with --by.",
            "未分组：数据表没有快照日，也未用 --by 指定分组变量。",
        ));
    }
}

fn slice(slice: &Slice, language: Language) -> Vec<String> {
    vec![
        group_name(&slice.group, language),
        count(slice.rows),
        percent(slice.mean_probability),
        interval(&slice.event_rate, percent),
        ratio(slice.observed_over_expected.as_ref()),
        slice
            .auc
            .as_ref()
            .map_or_else(|| "–".to_owned(), |auc| interval(auc, |x| format!("{x:.3}"))),
        format!("{:.4}", slice.log_loss),
        if slice.events > 0 { interval(&slice.caught, percent) } else { "–".to_owned() },
    ]
}

/// The section about fairness.
pub(super) fn fairness(page: &mut Page, parts: &[Part<'_>]) {
    let language = page.language();
    page.section("fairness", "Are groups treated alike?", "公平性");
    if parts.iter().all(|part| part.found.fairness.is_empty()) {
        page.paragraph(language.pick(
            "Not measured. Name the columns in reveille.toml, e.g. [evaluate] fairness = [\"gender\"], and run evaluate; they need not be columns of the model.",
            "未评估。请在 reveille.toml 中指定变量，例如 [evaluate] fairness = [\"gender\"]，再运行 evaluate；这些变量不必入模。",
        ));
        return;
    }
    page.paragraph(language.pick(
        "To be selected is to lie above the cut, and so to be contacted. The ratio is against the group selected most often; below 0.8 (four fifths) it is worth a look. Groups may differ because they leave at different rates: compare with what came true. A question mark: it may be chance.",
        "“入选”指高于阈值，即会被联系。比值以入选率最高的组为基准，低于 0.8（五分之四规则）时应关注。各组流失率本身不同也会造成差异，请与实际发生率对照。带问号者可能为偶然。",
    ));
    for part in parts.iter().filter(|part| !part.found.fairness.is_empty()) {
        part_heading(page, part);
        for fairness in &part.found.fairness {
            page.small_heading(
                &language
                    .pick(format!("By {}", fairness.column), format!("按 {}", fairness.column)),
            );
            let rows: Vec<_> = fairness.groups.iter().map(|g| fair_group(g, language)).collect();
            let head = [
                ("Group", "分组"),
                ("Customers", "客户数"),
                ("Selected (95%)", "入选率（95%）"),
                ("Ratio (95%)", "比值（95%）"),
                ("", ""),
                ("Predicted", "预测概率"),
                ("Came true (95%)", "实际发生率（95%）"),
                ("Observed / expected", "实际/预期"),
                ("Events caught", "事件覆盖率"),
            ];
            page.table(&head, 1, &rows);
        }
    }
}

fn fair_group(group: &FairGroup, language: Language) -> Vec<String> {
    let flag = match &group.selection_ratio {
        Some(ratio) if ratio.high < FOUR_FIFTHS => language.pick("below 0.8", "低于 0.8"),
        Some(ratio) if ratio.value < FOUR_FIFTHS => language.pick("below 0.8?", "低于 0.8？"),
        Some(_) => language.pick("alike", "相近"),
        None => language.pick("too few", "样本不足"),
    };
    vec![
        group_name(&group.group, language),
        count(group.rows),
        interval(&group.selected, percent),
        ratio(group.selection_ratio.as_ref()),
        flag.to_owned(),
        percent(group.mean_probability),
        interval(&group.event_rate, percent),
        ratio(group.observed_over_expected.as_ref()),
        percent(group.caught.value),
    ]
}

/// The section about what was missed.
pub(super) fn missed(page: &mut Page, parts: &[Part<'_>]) {
    let language = page.language();
    page.section("missed", "What it missed", "漏判复盘");
    for part in parts {
        part_heading(page, part);
        let missed = &part.found.missed;
        let events = part.which.events(language);
        let money = |value: Option<f64>| {
            value.map_or_else(|| "–".to_owned(), |value| compact(value, language))
        };
        let cut = percent(part.found.risk_cut);
        let worth = match (missed.missed_value, missed.value) {
            (Some(lost), Some(all)) if all > 0.0 => {
                let (told, share) = (compact(lost, language), percent(share(lost, all)));
                language.pick(
                    format!(
                        " They were worth {told} a year, {share} of the value of all {events}."
                    ),
                    format!("其年价值合计 {told}，占全部{events}价值的 {share}。"),
                )
            }
            _ => String::new(),
        };
        let (below, all) = (count(missed.missed), count(missed.events));
        let unreached = if missed.by_feed {
            language.pick(" or were not to be contacted", "或不在可联系之列")
        } else {
            ""
        };
        page.paragraph(&language.pick(
            format!("{below} of {all} {events} lay below the cut of {cut}{unreached}.{worth}"),
            format!("{all} 位{events}中有 {below} 位低于阈值 {cut}{unreached}。{worth}"),
        ));
        let cause = |of: &MissedCause| {
            vec![cause(of.cause, language).to_owned(), count(of.events), money(of.value)]
        };
        let rows: Vec<_> = missed.causes.iter().map(cause).collect();
        let head = [("Why", "原因"), ("Customers", "客户数"), ("Value a year", "年价值")];
        page.table(&head, 1, &rows);
        if let Some(column) = missed.place_column.as_ref().filter(|_| !missed.places.is_empty()) {
            page.small_heading(&language.pick(
                format!("Where, by {column}: the costliest first"),
                format!("按 {column}，损失由大到小"),
            ));
            let place = |of: &MissedPlace| {
                let (missed, events) = (count(of.missed), count(of.events));
                vec![group_name(&of.group, language), missed, events, money(of.missed_value)]
            };
            let rows: Vec<_> = missed.places.iter().map(place).collect();
            let head = [
                ("Group", "分组"),
                ("Missed", "漏判"),
                ("All events", "全部事件"),
                ("Value missed a year", "漏判年价值"),
            ];
            page.table(&head, 1, &rows);
        }
    }
}

fn cause(cause: Cause, language: Language) -> &'static str {
    match cause {
        Cause::Unmatched => language.pick("not on the feed", "不在名单内"),
        Cause::Suppressed => language.pick(
            "not contacted: suppressed, or left alone to measure the effect",
            "未联系：不得联系或留作对照",
        ),
        Cause::LittleData => language.pick(
            "little data: half or more of the model's columns are empty",
            "数据不足：半数以上入模变量为空",
        ),
        Cause::NearMiss => {
            language.pick("near miss: at least half the cut", "接近阈值：概率不低于阈值的一半")
        }
        Cause::LowScore => {
            language.pick("low score: below half the cut", "评分偏低：概率低于阈值的一半")
        }
    }
}
