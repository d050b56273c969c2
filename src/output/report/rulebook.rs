//! The quadrants as a few rules over columns: rules of thumb that can be said in a meeting.

use serde::Serialize;

use super::{Report, evidence::Values, page::Page, values_told};
use crate::{
    output::card::words::{count, percent, share},
    playbook::Quadrant,
};

/// The quadrants as a few rules over columns, told on a sample of customers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rulebook {
    /// Customers of the sample.
    pub customers: u64,
    /// Those of them whom the rules put into their quadrant.
    pub right: u64,
    /// The rules, that of most customers first; each customer is under one.
    pub rules: Vec<QuadrantRule>,
}

/// Who stands in a quadrant, mostly.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QuadrantRule {
    /// The quadrant of most.
    pub quadrant: Quadrant,
    /// What must hold of a customer, all of it; nothing where the list is empty.
    pub conditions: Vec<RuleCondition>,
    /// Customers of the sample under it.
    pub customers: u64,
    /// Those of them in that quadrant.
    pub right: u64,
}

/// What must hold of one column.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RuleCondition {
    /// The column.
    pub column: String,
    /// Its values.
    pub values: Values,
    /// Whether it may be missing, too.
    pub or_missing: bool,
    /// Whether it is enough that it is known.
    pub known: bool,
}

/// The quadrants as rules that can be said in a meeting.
pub(super) fn of(page: &mut Page, report: &Report<'_>) {
    let Some(book) = &report.evidence.rulebook else { return };
    let language = page.language();
    let right = percent(share(book.right as f64, book.customers as f64));
    page.fold(language.pick("In a few rules", "用几条规则概括"));
    page.note(&language.pick(
        format!("Rules of thumb, to tell people what a quadrant is made of: they put {right} of {} customers into their quadrant. The feed goes by the scores, not by these.", count(book.customers)),
        format!("经验规则，用于说明象限由哪些客户构成：对 {} 位客户中的 {right} 归类正确。名单以评分为准，不以此为准。", count(book.customers)),
    ));
    let rows: Vec<Vec<String>> = book
        .rules
        .iter()
        .map(|rule| {
            let told: Vec<String> =
                rule.conditions.iter().map(|each| condition(page, each)).collect();
            let told = if told.is_empty() {
                language.pick("everybody", "全部客户").to_owned()
            } else {
                told.join(language.pick(" and ", "，且 "))
            };
            let (name, label) = (rule.quadrant.name(), rule.quadrant.label(language));
            vec![
                told,
                language.pick(name, label).to_owned(),
                percent(share(rule.customers as f64, book.customers as f64)),
                percent(share(rule.right as f64, rule.customers as f64)),
            ]
        })
        .collect();
    let head = [
        ("If", "条件"),
        ("then mostly", "多属象限"),
        ("Customers", "客户占比"),
        ("Of them right", "其中正确"),
    ];
    page.table(&head, 2, &rows);
    page.end_fold();
}

fn condition(page: &Page, condition: &RuleCondition) -> String {
    let language = page.language();
    let values = if condition.known {
        language.pick("known", "已知").to_owned()
    } else {
        values_told(&condition.values, language)
    };
    let missing = if condition.or_missing { language.pick(" or missing", "或缺失") } else { "" };
    format!("{} {values}{missing}", page.called(&condition.column))
}
