//! The report: one self-contained page that says whether a model is good, whom to contact and what that
//! brings, with the figures behind it; and the same figures as JSON.
//!
//! The page holds no script and asks for nothing from anywhere: its policy forbids both. It holds no
//! time stamp either: the same figures give the same page.

mod backtest;
mod curves;
mod data;
pub mod dormancy;
mod drift;
mod drivers;
pub mod evidence;
mod fitted;
mod groups;
mod map;
mod page;
mod rulebook;
pub mod verdict;

pub use drivers::values as values_told;
pub use groups::group_name;

use serde_json::json;

use self::{
    evidence::{Evidence, ModelEvidence, Split},
    page::Page,
    verdict::Verdict,
};
use crate::{
    bundle::{Bundle, Model},
    output::card::words::{count, percent},
    playbook::{Book, book},
    units::Language,
};

/// Version of the layout of [`Report::json`].
const REPORT_VERSION: u32 = 1;

/// A report that is to be told.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// The models.
    pub bundle: &'a Bundle,
    /// Name and version, `name@version`.
    pub model: &'a str,
    /// What was found.
    pub evidence: &'a Evidence,
    /// Language of the page.
    pub language: Language,
}

/// One of the two models with what was found of it.
#[derive(Debug, Clone, Copy)]
struct Part<'a> {
    which: Which,
    model: &'a Model,
    found: &'a ModelEvidence,
}

/// Which model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    Churn,
    Reactivation,
}

impl Which {
    fn key(self) -> &'static str {
        match self {
            Self::Churn => "churn",
            Self::Reactivation => "reactivation",
        }
    }

    fn name(self, language: Language) -> &'static str {
        match self {
            Self::Churn => language.pick("Churn of active customers", "活跃客户流失"),
            Self::Reactivation => language.pick("Return of dormant customers", "沉睡客户唤醒"),
        }
    }

    /// What those are called to whom it happened.
    fn events(self, language: Language) -> &'static str {
        match self {
            Self::Churn => language.pick("leavers", "流失客户"),
            Self::Reactivation => language.pick("returners", "唤醒客户"),
        }
    }

    /// What happened, in the past.
    fn happened(self, language: Language) -> &'static str {
        match self {
            Self::Churn => language.pick("left", "流失"),
            Self::Reactivation => language.pick("came back", "被唤醒"),
        }
    }
}

impl<'a> Report<'a> {
    fn parts(&self) -> Vec<Part<'a>> {
        let churn = self.evidence.churn.as_ref();
        let churn =
            churn.map(|found| Part { which: Which::Churn, model: &self.bundle.churn, found });
        let returned = self.bundle.reactivation.as_ref().zip(self.evidence.reactivation.as_ref());
        let returned =
            returned.map(|(model, found)| Part { which: Which::Reactivation, model, found });
        churn.into_iter().chain(returned).collect()
    }

    /// The page.
    pub fn html(&self) -> String {
        let language = self.language;
        let mut page = Page::new(language);
        // The model's own playbook comes last: it may call a column otherwise.
        let books = [Some(book::SHIPPED), self.bundle.playbook.as_deref()];
        books.into_iter().flatten().flat_map(Book::parse).for_each(|book| page.name(&book));
        let parts = self.parts();
        head(&mut page, self, &parts);
        verdict::cards(&mut page, self, &parts);
        let backtest = self.evidence.backtest.as_ref();
        let mut sections = vec![("map", "Whom", "客户分布"), ("curves", "How good", "效果曲线")];
        sections.extend(backtest.map(|_| ("backtest", "Month by month", "逐月回测")));
        sections.extend([
            ("drivers", "Why", "驱动因素"),
            ("groups", "Where", "分组效果"),
            ("fairness", "Fairness", "公平性"),
            ("missed", "Missed", "漏判"),
        ]);
        let drift = &self.evidence.drift;
        let dormancy = self.evidence.dormancy.as_ref();
        sections.extend((!drift.is_empty()).then_some(("drift", "Drift", "漂移")));
        sections.extend(dormancy.map(|_| ("dormancy", "Dormancy", "沉睡门槛")));
        sections.extend([("data", "Data", "数据"), ("limits", "Limits", "局限")]);
        page.contents(&sections);
        map::of(&mut page, self);
        curves::of(&mut page, &parts);
        if let Some(backtest) = backtest {
            backtest::of(&mut page, &parts, backtest);
        }
        drivers::of(&mut page, self, &parts);
        groups::slices(&mut page, &parts);
        groups::fairness(&mut page, &parts);
        groups::missed(&mut page, &parts);
        if !drift.is_empty() {
            drift::of(&mut page, drift);
        }
        if let Some(learned) = dormancy {
            dormancy::of(&mut page, learned);
        }
        data::of(&mut page, self);
        data::limits(&mut page, self, &parts);
        page.finish(self.model)
    }

    /// The same figures as JSON.
    ///
    /// # Shape
    /// `{"reveille": "report", "version": 1, "model", "program", "as_of", "verdict": {"churn": {…}},
    /// "learners": {"churn": {"chosen", "chosen_because", "rows", "events", "validations"}}, "evidence":
    /// {…}, "findings": […]}`; the evidence is [`Evidence`] as it stands.
    pub fn json(&self) -> String {
        let parts = self.parts();
        let by_model = |of: &dyn Fn(&Part<'_>) -> serde_json::Value| {
            let of = parts.iter().map(|part| (part.which.key().to_owned(), of(part)));
            serde_json::Value::Object(of.collect())
        };
        let verdict = by_model(&|part| json!(Verdict::of(part.found)));
        let learners = by_model(&|part| {
            json!({
                "chosen": part.model.fitted.name(),
                "chosen_because": part.model.chosen_because,
                "rows": part.model.rows,
                "events": part.model.events,
                "validations": part.model.validations,
            })
        });
        let whole = json!({
            "reveille": "report",
            "version": REPORT_VERSION,
            "model": self.model,
            "program": self.bundle.program,
            "as_of": self.bundle.as_of,
            "verdict": verdict,
            "learners": learners,
            "evidence": self.evidence,
            "findings": self.bundle.findings,
        });
        format!("{whole:#}\n")
    }
}

fn head(page: &mut Page, report: &Report<'_>, parts: &[Part<'_>]) {
    let language = report.language;
    let name = report.bundle.name.as_str();
    page.title(&language.pick(format!("Report on {name}"), format!("模型报告：{name}")));
    let on = parts.first().map(|part| rows_told(part.found, language)).unwrap_or_default();
    let as_of = report
        .bundle
        .as_of
        .map_or_else(|| language.pick("undated", "无日期").to_owned(), |day| day.to_string());
    page.lead(&language.pick(
        format!("Model {}, learned up to {as_of}. All figures: {on}.", report.model),
        format!("模型 {}，训练数据截至 {as_of}。全部指标来自：{on}。", report.model),
    ));
    if report.evidence.may_flatter(report.bundle.as_of) {
        page.paragraph(language.pick(
            "⚠ These customers are not later than those the model learned from: it has probably seen them, and the figures flatter it. Evaluate on later data.",
            "⚠ 这些客户不晚于模型的训练数据，模型很可能已见过，指标偏乐观。请使用更晚的数据评估。",
        ));
    }
}

/// Which rows the figures are of.
fn rows_told(found: &ModelEvidence, language: Language) -> String {
    let rows = count(found.figures.metrics.rows);
    let rate = percent(found.figures.metrics.base_rate);
    match found.split {
        Split::Table => language.pick(
            format!("the table that was given, {rows} customers with a known outcome ({rate})"),
            format!("所提供的数据表，{rows} 位结果已知的客户（{rate}）"),
        ),
        Split::Folds { folds } => language.pick(
            format!("{folds} folds, {rows} customers each judged by a model that had not seen them ({rate})"),
            format!("{folds} 折交叉验证，{rows} 位客户均由未见过该客户的模型评分（{rate}）"),
        ),
        Split::LaterData { test } => language.pick(
            format!("later data of {test}, {rows} customers judged by a model of the time before ({rate})"),
            format!("{test} 的后期数据，{rows} 位客户由此前训练的模型评分（{rate}）"),
        ),
    }
}
