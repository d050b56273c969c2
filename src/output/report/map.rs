//! The quadrant map.

use super::{Report, evidence::QuadrantFacts, page::Page, rulebook};
use crate::{
    output::{
        card::words::{count, number, percent},
        chart::{Cell, Map, compact},
    },
    playbook::Quadrant,
    units::Language,
};

/// The section.
pub(super) fn of(page: &mut Page, report: &Report<'_>) {
    let language = page.language();
    page.section("map", "Where the customers stand", "客户分布：价值 × 风险");
    page.paragraph(language.pick(
        "Each customer stands in one quadrant. The area of a bubble is the money that is expected to go, or to come back, within a year: value times probability. The cut-offs were fixed at training, so months can be compared.",
        "每位客户属于一个象限。气泡面积为一年内预计流失（或可望挽回）的金额，即价值 × 概率。阈值于训练时固定，便于各月比较。",
    ));
    if let Some(day) = report.evidence.quadrants_as_of {
        page.note(&language.pick(format!("As of {day}."), format!("截至 {day}。")));
    }
    page.begin("charts");
    let active = [[Quadrant::Cherish, Quadrant::Rescue], [Quadrant::Grow, Quadrant::Automate]];
    let caption = language.pick("Active customers", "活跃客户");
    draw(page, report, active, caption, report.bundle.churn.risk_cut);
    if let Some(model) = &report.bundle.reactivation {
        let dormant =
            [[Quadrant::CallPersonally, Quadrant::WakeFirst], [Quadrant::LetRest, Quadrant::Nudge]];
        let caption = language.pick("Dormant customers", "沉睡客户");
        draw(page, report, dormant, caption, model.risk_cut);
    }
    page.end();
    table(page, report);
    rulebook::of(page, report);
}

fn draw(
    page: &mut Page,
    report: &Report<'_>,
    quadrants: [[Quadrant; 2]; 2],
    caption: &str,
    cut: f64,
) {
    let language = page.language();
    let has_value = report.bundle.rules.value.is_some();
    let is_active = quadrants[0][1] == Quadrant::Rescue;
    let looks = [[1, 2], [3, 4]];
    let facts = |quadrant: Quadrant| {
        report.evidence.quadrants.iter().find(|facts| facts.quadrant == quadrant)
    };
    let cell = |row: usize, column: usize| {
        let quadrant = quadrants[row][column];
        let (name, label) = (quadrant.name(), quadrant.label(language));
        let facts = facts(quadrant);
        let customers = facts.map_or(0, |facts| facts.customers);
        let amount =
            facts.map_or(0.0, |f| if has_value { f.value_at_risk } else { f.expected_events });
        let (name, action) = language.pick((name, label), (label, name));
        Cell {
            action: if action == name { String::new() } else { action.to_owned() },
            name: name.to_owned(),
            customers: language.pick(
                format!("{} customers", count(customers)),
                format!("{} 位客户", count(customers)),
            ),
            money: money(amount, has_value, is_active, language),
            amount,
            look: looks[row][column],
        }
    };
    let value_cut = report.bundle.value_cut.map_or_else(
        || language.pick("no value expression", "未提供价值表达式").to_owned(),
        |cut| {
            let cut = number(cut, 4);
            language.pick(format!("value {cut} a year"), format!("年价值 {cut}"))
        },
    );
    let (x, risk) = if is_active {
        (
            language.pick("probability of leaving, % →", "流失概率（%）→"),
            language.pick("leaving", "流失"),
        )
    } else {
        (
            language.pick("probability of returning, % →", "唤醒概率（%）→"),
            language.pick("returning", "唤醒"),
        )
    };
    let map = Map {
        title: caption.to_owned(),
        cells: [[cell(0, 0), cell(0, 1)], [cell(1, 0), cell(1, 1)]],
        x: x.to_owned(),
        x_cut: language.pick(
            format!("← below {} {risk} · from it on →", percent(cut)),
            format!("← {risk}概率低于 {} · 不低于 →", percent(cut)),
        ),
        y: language.pick("↑ value, money a year", "↑ 价值（金额/年）").to_owned(),
        y_cut: language
            .pick(format!("↑ from {value_cut} · below ↓"), format!("↑ 不低于{value_cut} · 低于 ↓")),
    };
    page.figure(&map.draw(), caption, "");
}

fn money(amount: f64, has_value: bool, is_active: bool, language: Language) -> String {
    let told = compact(amount, language);
    match (has_value, is_active) {
        (true, true) => {
            language.pick(format!("{told} a year at stake"), format!("每年 {told} 面临流失"))
        }
        (true, false) => {
            language.pick(format!("{told} a year may return"), format!("每年 {told} 可望挽回"))
        }
        (false, true) => {
            language.pick(format!("{told} expected to leave"), format!("预计流失 {told} 位"))
        }
        (false, false) => {
            language.pick(format!("{told} expected back"), format!("预计唤醒 {told} 位"))
        }
    }
}

fn table(page: &mut Page, report: &Report<'_>) {
    let language = page.language();
    let row = |facts: &QuadrantFacts| {
        let rate = |part: f64, whole: u64| {
            if whole == 0 { "–".to_owned() } else { percent(part / whole as f64) }
        };
        let modelled = facts.expected_events > 0.0;
        vec![
            facts.quadrant.name().to_owned(),
            facts.quadrant.label(language).to_owned(),
            count(facts.customers),
            compact(facts.value, language),
            compact(facts.value_at_risk, language),
            if modelled { rate(facts.expected_events, facts.customers) } else { "–".to_owned() },
            rate(facts.events as f64, facts.known),
            count(facts.known),
        ]
    };
    let rows: Vec<_> = report.evidence.quadrants.iter().map(row).collect();
    let head = [
        ("Quadrant", "象限"),
        ("What to do", "行动"),
        ("Customers", "客户数"),
        ("Value a year", "年价值"),
        ("Value × probability", "价值 × 概率"),
        ("Predicted", "预测概率"),
        ("Came true", "实际发生率"),
        ("Outcome known", "结果已知"),
    ];
    page.table(&head, 2, &rows);
}
