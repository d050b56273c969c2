//! The verdict: is the model good, whom do we contact, what does it bring.

use serde::Serialize;

use super::{Part, Report, Which, evidence::ModelEvidence, page::Page};
use crate::{
    metrics::{AtDepth, Estimate, ProfitParams},
    output::{
        card::words::{count, number, percent},
        chart::compact,
    },
    playbook::Quadrant,
    units::Language,
};

/// What the figures of a model come to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Verdict {
    /// How well it tells customers apart, as far as the interval of the AUC lets one say.
    pub ranking: Grade,
    /// Whether as many events came as it expected: the interval of observed over expected holds 1, or
    /// lies within 0.8..1.25.
    pub probabilities_hold: bool,
    /// Of the rows in the top tenth, the share with the event.
    pub rate_in_top_tenth: f64,
    /// Lift of the top tenth.
    pub lift_of_top_tenth: Estimate,
    /// The share of customers at which the expected profit is greatest, on average over acceptance rates.
    pub contact_share: f64,
    /// Expected maximum profit for each customer in the table.
    pub profit_per_customer: f64,
}

/// How well a model tells customers apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// The lower end of the AUC's interval is at least 0.7.
    Good,
    /// At least 0.6.
    Usable,
    /// Above 0.5.
    Weak,
    /// Not above 0.5: it may be chance.
    NotShown,
}

impl Verdict {
    /// The verdict on a model.
    ///
    /// # Source
    /// The grades follow Hosmer, Lemeshow & Sturdivant, *Applied Logistic Regression* (2013) §5.2.4
    /// (0.7 acceptable), here asked of the lower end of the interval.
    pub fn of(found: &ModelEvidence) -> Self {
        let metrics = &found.figures.metrics;
        let ranking = match metrics.auc.low {
            low if low >= 0.7 => Grade::Good,
            low if low >= 0.6 => Grade::Usable,
            low if low > 0.5 => Grade::Weak,
            _ => Grade::NotShown,
        };
        let holds = |ratio: &Estimate| {
            (ratio.low..=ratio.high).contains(&1.0) || (0.8..=1.25).contains(&ratio.value)
        };
        let tenth = found.tenth();
        Self {
            ranking,
            probabilities_hold: found.figures.observed_over_expected.as_ref().is_some_and(holds),
            rate_in_top_tenth: tenth.map_or(0.0, |(at, _)| at.precision),
            lift_of_top_tenth: tenth
                .map_or(Estimate { value: 0.0, low: 0.0, high: 0.0 }, |(_, lift)| *lift),
            contact_share: metrics.empc_depth,
            profit_per_customer: metrics.empc,
        }
    }
}

impl ModelEvidence {
    /// The top tenth of the ranking, and its lift.
    fn tenth(&self) -> Option<(&AtDepth, &Estimate)> {
        let depths = self.figures.metrics.depths.iter().zip(&self.figures.lifts);
        depths.into_iter().find(|(at, _)| (at.depth - 0.1).abs() < 1e-9)
    }
}

fn grade(grade: Grade, language: Language) -> &'static str {
    match grade {
        Grade::Good => language.pick("Yes, it is good", "效果良好"),
        Grade::Usable => language.pick("It is usable", "可用"),
        Grade::Weak => language.pick("It is weak", "效果偏弱"),
        Grade::NotShown => language.pick("Not shown to be", "尚未证明有效"),
    }
}

/// The three cards on top of the page.
pub(super) fn cards(page: &mut Page, report: &Report<'_>, parts: &[Part<'_>]) {
    page.begin("cards");
    quality(page, parts);
    whom(page, report);
    gain(page, report, parts);
    page.end();
}

fn quality(page: &mut Page, parts: &[Part<'_>]) {
    let language = page.language();
    let answer = parts.first().map_or(Grade::NotShown, |part| Verdict::of(part.found).ranking);
    page.card(language.pick("Is the model good?", "模型好不好？"), grade(answer, language));
    for part in parts {
        let verdict = Verdict::of(part.found);
        let figures = &part.found.figures;
        let (which, happened) = (part.which, part.which.happened(language));
        page.heading(&match language {
            Language::En => format!(
                "{}: {}",
                which.name(language),
                grade(verdict.ranking, language).to_lowercase()
            ),
            Language::Zh => {
                format!("{}：{}", which.name(language), grade(verdict.ranking, language))
            }
        });
        let lift = verdict.lift_of_top_tenth;
        let [top, all] = [verdict.rate_in_top_tenth, figures.metrics.base_rate].map(percent);
        page.paragraph(&language.pick(
            format!("Of the tenth of customers with the highest scores, {top} {happened}; of all customers, {all}. That is {:.1} times as many (95% interval {:.1}–{:.1}).", lift.value, lift.low, lift.high),
            format!("得分最高的十分之一客户中有 {top}{happened}，全部客户为 {all}，即 {:.1} 倍（95% 区间 {:.1}–{:.1}）。", lift.value, lift.low, lift.high),
        ));
        let (expected, came) =
            (count(figures.expected_events.round() as u64), count(figures.metrics.events));
        let events = which.events(language);
        page.paragraph(&if verdict.probabilities_hold {
            language.pick(
                format!("Its probabilities hold: it expected {expected} {events}, and {came} came."),
                format!("概率可信：预计{events} {expected} 位，实际 {came} 位。"),
            )
        } else {
            language.pick(
                format!("Its probabilities do not hold: it expected {expected} {events}, and {came} came. Use the order of customers, not the percentages, and train again."),
                format!("概率不可信：预计{events} {expected} 位，实际 {came} 位。请只使用排序，不使用概率值，并重新训练。"),
            )
        });
    }
    page.end();
}

fn whom(page: &mut Page, report: &Report<'_>) {
    let language = page.language();
    let quadrants = &report.evidence.quadrants;
    let acted: u64 = quadrants.iter().filter(|q| first(q.quadrant)).map(|q| q.customers).sum();
    page.card(
        language.pick("Whom do we contact?", "联系哪些客户？"),
        &language.pick(
            format!("{} customers first", count(acted)),
            format!("优先 {} 位客户", count(acted)),
        ),
    );
    let mut items = Vec::new();
    for facts in quadrants.iter().filter(|facts| facts.quadrant.has_action()) {
        let (name, label) = (facts.quadrant.name(), facts.quadrant.label(language));
        let customers = count(facts.customers);
        let money = compact(facts.value_at_risk, language);
        let stake = if report.bundle.rules.value.is_none() || facts.value_at_risk <= 0.0 {
            String::new()
        } else if facts.quadrant.state() == crate::scoring::State::Active {
            language
                .pick(format!(", {money} a year at stake"), format!("，每年面临流失的价值 {money}"))
        } else {
            language.pick(
                format!(", {money} a year may return"),
                format!("，每年可望挽回的价值 {money}"),
            )
        };
        items.push(language.pick(
            format!("{name} ({label}): {customers}{stake}"),
            format!("{label}（{name}）：{customers} 位{stake}"),
        ));
    }
    page.list(&items);
    page.paragraph(language.pick(
        "Begin with rescue and wake-first: high value, and something is about to happen. The feed of reveille predict names each customer with reasons.",
        "先从“重点挽留”和“优先唤醒”开始：价值高，且即将发生变化。reveille predict 的名单列出每位客户及原因。",
    ));
    page.end();
}

/// The quadrants to begin with.
fn first(quadrant: Quadrant) -> bool {
    matches!(quadrant, Quadrant::Rescue | Quadrant::WakeFirst)
}

fn gain(page: &mut Page, report: &Report<'_>, parts: &[Part<'_>]) {
    let language = page.language();
    let answer = parts.first().map(|part| caught(part, language)).unwrap_or_default();
    page.card(language.pick("What does it bring?", "能带来什么？"), &answer);
    for part in parts {
        let figures = &part.found.figures;
        page.heading(part.which.name(language));
        if let Some(at) = fifth(part) {
            let capture = figures.captures.get(3).copied();
            let range = capture
                .map_or_else(String::new, |c| format!("{}–{}", percent(c.low), percent(c.high)));
            let value = at.value_capture.map_or_else(String::new, |share| {
                let (share, events) = (percent(share), part.which.events(language));
                language.pick(
                    format!(", and {share} of the value of all {events}"),
                    format!("，占全部{events}价值的 {share}"),
                )
            });
            let (share, events) = (percent(at.capture), part.which.events(language));
            page.paragraph(&language.pick(
                format!("A list of the fifth with the highest scores holds {share} of all {events} (95% interval {range}){value}. Chance would give 20%."),
                format!("得分最高的五分之一客户包含 {share} 的{events}（95% 区间 {range}）{value}；随机抽取为 20%。"),
            ));
        }
        let metrics = &figures.metrics;
        let each = number(metrics.empc, 3);
        let all = compact(metrics.empc * metrics.rows as f64, language);
        let depth = percent(metrics.empc_depth);
        page.paragraph(&language.pick(
            format!("Contacting the top {depth} is expected to earn {all} among these {} customers, {each} for each.", count(metrics.rows)),
            format!("联系得分最高的 {depth}，在这 {} 位客户中预计获利 {all}，平均每位 {each}。", count(metrics.rows)),
        ));
    }
    page.note(&assumptions(&report.evidence.profit, language));
    page.end();
}

fn caught(part: &Part<'_>, language: Language) -> String {
    let Some(at) = fifth(part) else { return String::new() };
    let (share, events) = (format!("{:.0}%", at.capture * 100.0), part.which.events(language));
    language.pick(
        format!("{share} of {events} on a fifth of the list"),
        format!("五分之一的名单覆盖 {share} 的{events}"),
    )
}

fn fifth<'a>(part: &Part<'a>) -> Option<&'a AtDepth> {
    part.found.figures.metrics.depths.iter().find(|at| (at.depth - 0.2).abs() < 1e-9)
}

/// What expected profits rest on.
pub(super) fn assumptions(profit: &ProfitParams, language: Language) -> String {
    let ProfitParams { clv, d, f, alpha, beta } = *profit;
    let [clv, offer, contact] = [clv, d, f].map(|amount| number(amount, 6));
    let accepted = percent(alpha / (alpha + beta));
    let default = *profit == ProfitParams::default();
    let set = if default {
        language.pick(
            " These are the values of a textbook: put your own under [profit] in reveille.toml before you rely on the amounts.",
            "以上为教科书默认值：引用金额前，请在 reveille.toml 的 [profit] 中填入本行数值。",
        )
    } else {
        ""
    };
    language.pick(
        format!("Profit assumes that a customer who is kept is worth {clv}, an offer costs {offer}, a contact {contact}, and {accepted} accept.{set}"),
        format!("利润假设：留住一位客户的价值为 {clv}，优惠成本 {offer}，联系成本 {contact}，接受率 {accepted}。{set}"),
    )
}

/// The heading of a model's part of a section, where there are two.
pub(super) fn part_heading(page: &mut Page, part: &Part<'_>) {
    let language = page.language();
    page.heading(part.which.name(language));
}

impl Which {
    /// The axis of its probability, with its unit.
    pub(super) fn probability(self, language: Language) -> &'static str {
        match self {
            Self::Churn => language.pick("probability of leaving, %", "流失概率（%）"),
            Self::Reactivation => language.pick("probability of returning, %", "唤醒概率（%）"),
        }
    }
}
