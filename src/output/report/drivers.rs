//! Why: what drives the scores.

use super::{
    Part, Report,
    evidence::{Dependence, Driver, Values},
    fitted,
    page::Page,
    verdict::part_heading,
};
use crate::{
    output::{
        card::{
            learner_name, why,
            words::{number, percent},
        },
        chart::{Bar, bars},
    },
    units::Language,
};

/// Columns shown.
const SHOWN: usize = 12;

/// The section.
pub(super) fn of(page: &mut Page, report: &Report<'_>, parts: &[Part<'_>]) {
    let language = page.language();
    page.section("drivers", "What drives the score", "驱动因素");
    page.paragraph(language.pick(
        "What goes along with the outcome, not what causes it.",
        "以下为相关关系，并非因果关系。",
    ));
    for part in parts {
        part_heading(page, part);
        let learner = learner_name(part.model.fitted.name(), language);
        let why = why(part.model, language);
        page.paragraph(&language.pick(
            format!("Learner: {learner}. Why this one: {why}"),
            format!("算法：{learner}。选用理由：{why}。"),
        ));
        page.begin("charts");
        importance(page, &part.found.drivers);
        for driver in part.found.drivers.iter().filter(|driver| !driver.dependence.is_empty()) {
            dependence(page, part, driver);
        }
        page.end();
        fitted::of(page, part, &part.model.fitted, &report.bundle.encoder);
    }
}

fn importance(page: &mut Page, drivers: &[Driver]) {
    let language = page.language();
    let most = drivers.first().map_or(1.0, |driver| driver.share);
    let bar = |driver: &Driver| Bar {
        name: page.called(&driver.column),
        share: driver.share / most,
        told: percent(driver.share),
        look: 1,
    };
    let shown: Vec<Bar> = drivers.iter().take(SHOWN).map(bar).collect();
    let caption = language.pick("What weighs most", "重要性");
    let label = language.pick("share of what moves the score, %", "对评分变动的贡献占比（%）");
    let rest: f64 = drivers.iter().skip(SHOWN).map(|driver| driver.share).sum();
    let note = if drivers.len() > SHOWN {
        let (more, rest) = (drivers.len() - SHOWN, percent(rest));
        language.pick(
            format!("{more} more columns: {rest} together."),
            format!("其余 {more} 个变量合计 {rest}。"),
        )
    } else {
        String::new()
    };
    page.figure(&bars(caption, label, &shown), caption, &note);
}

fn dependence(page: &mut Page, part: &Part<'_>, driver: &Driver) {
    let language = page.language();
    let most = driver.dependence.iter().map(|step| step.probability).fold(0.0, f64::max);
    let bar = |step: &Dependence| {
        let share = percent(step.share);
        let values = values(&step.values, language);
        Bar {
            name: language.pick(
                format!("{values} · {share} of customers"),
                format!("{values} · 占客户 {share}"),
            ),
            share: if most > 0.0 { step.probability / most } else { 0.0 },
            told: percent(step.probability),
            look: 3,
        }
    };
    let shown: Vec<Bar> = driver.dependence.iter().map(bar).collect();
    let label = language.pick(
        format!("mean {}, were all customers so", part.which.probability(language)),
        format!("假设全部客户如此时的平均{}", part.which.probability(language)),
    );
    let name = page.called(&driver.column);
    page.figure(&bars(&name, &label, &shown), &name, "");
}

/// Values of a column in words.
pub fn values(values: &Values, language: Language) -> String {
    let told = |x: f64| number(x, 5);
    match values {
        Values::Missing => language.pick("missing", "缺失").to_owned(),
        Values::Other => language.pick("any other", "其他取值").to_owned(),
        Values::Level { level } => level.clone(),
        Values::Range { from: None, below: None } => {
            language.pick("any value", "任意值").to_owned()
        }
        Values::Range { from: Some(from), below: None } => format!("≥ {}", told(*from)),
        Values::Range { from: None, below: Some(below) } => format!("< {}", told(*below)),
        Values::Range { from: Some(from), below: Some(below) } => {
            let (from, below) = (told(*from), told(*below));
            language.pick(format!("{from} to < {below}"), format!("{from} 至 < {below}"))
        }
    }
}
