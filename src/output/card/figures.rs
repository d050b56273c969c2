//! The tables of figures.

use super::{
    Which, learner, learner_name,
    page::Page,
    words::{count, number, percent},
};
use crate::{
    bundle::{HeldOut, LearnerName, Model, Validation},
    units::Language,
};

/// How to read the tables.
pub(super) fn reading_aid(page: &mut Page) {
    page.paragraph(
        "All figures come from rows that the learner had not seen, after calibration. The learner in use is in bold. AUC: the chance that a customer with the event scores above one without (0.5 is a coin), with its 95% interval. KS: the largest distance between the two groups' score distributions. Log loss and Brier: error of the probabilities, smaller is better. ECE: mean gap between predicted and observed rate. Slope: 1 where probabilities are neither too bold nor too timid. EMPC: expected maximum profit of a campaign per customer, and the share of customers it contacts.",
        "以下指标均在模型未见过的样本上、经概率校准后计算，粗体为选用的算法。AUC：随机一名发生事件的客户得分高于未发生者的概率（0.5 相当于随机），括号内为 95% 置信区间；KS：两类客户得分分布的最大差距；对数损失与 Brier 分数：概率误差，越小越好；ECE：预测概率与实际发生率的平均差距；校准斜率：等于 1 时概率既不过激也不保守；EMPC：每位客户的期望最大营销利润及相应的触达比例。",
    );
}

/// The figures of all learners of a model.
pub(super) fn tables(page: &mut Page, which: Which, model: &Model) {
    if model.validations.is_empty() {
        page.paragraph(
            "**No figures:** the model was not tested on held-out rows.",
            "**无效果指标：**模型未在留出样本上检验。",
        );
        return;
    }
    let language = page.language();
    let chosen = learner(model);
    quality(page, model, chosen);
    lists(page, which, model, chosen);
    let curve = model.validations.iter().filter(|v| v.learner == chosen);
    if let Some(validation) = curve.max_by_key(|v| rank(&v.split)) {
        let split = split_name(&validation.split, language);
        page.paragraph(
            &format!("Predicted and observed rate of the learner in use, {split}:"),
            &format!("选用算法的预测概率与实际发生率（{split}）："),
        );
        let rows = validation.metrics.calibration_curve.iter().map(|point| {
            vec![count(point.rows), percent(point.mean_predicted), percent(point.observed)]
        });
        let head = [("Customers", "客户数"), ("Predicted", "预测概率"), ("Observed", "实际发生率")];
        page.table(&head, 0, rows.collect());
    }
}

fn quality(page: &mut Page, model: &Model, chosen: LearnerName) {
    let head = [
        ("Learner", "算法"),
        ("Held out", "检验样本"),
        ("Rows", "样本数"),
        ("Base rate", "基准率"),
        ("AUC (95%)", "AUC（95% 区间）"),
        ("KS", "KS"),
        ("PR-AUC", "PR-AUC"),
        ("Log loss", "对数损失"),
        ("Brier", "Brier 分数"),
        ("ECE", "ECE"),
        ("Slope", "校准斜率"),
        ("EMPC", "EMPC"),
    ];
    let language = page.language();
    let rows = model.validations.iter().map(|validation| {
        let m = &validation.metrics;
        let interval = (m.auc.low, m.auc.high);
        let mut row = names(validation, chosen, language);
        row.extend([
            count(m.rows),
            percent(m.base_rate),
            language.pick(
                format!("{:.3} ({:.3}–{:.3})", m.auc.value, interval.0, interval.1),
                format!("{:.3}（{:.3}–{:.3}）", m.auc.value, interval.0, interval.1),
            ),
            format!("{:.3}", m.ks),
            format!("{:.3}", m.pr_auc),
            format!("{:.4}", m.log_loss),
            format!("{:.4}", m.brier),
            format!("{:.4}", m.ece),
            format!("{:.3}", m.calibration_slope),
            language.pick(
                format!("{:.2} ({})", m.empc, percent(m.empc_depth)),
                format!("{:.2}（{}）", m.empc, percent(m.empc_depth)),
            ),
        ]);
        row
    });
    page.table(&head, 2, rows.collect());
}

fn lists(page: &mut Page, which: Which, model: &Model, chosen: LearnerName) {
    page.paragraph(
        "What a list of the highest-scored customers holds:",
        "按得分从高到低取前若干客户时，名单的效果：",
    );
    let event = match which {
        Which::Churn => ("Of these left", "名单流失率"),
        Which::Reactivation => ("Of these came back", "名单唤醒率"),
    };
    let head = [
        ("Learner", "算法"),
        ("Held out", "检验样本"),
        ("List", "名单比例"),
        ("Customers", "客户数"),
        event,
        ("Lift", "提升度"),
        ("Events captured", "事件捕获率"),
        ("Value captured", "价值捕获率"),
        ("Profit per customer", "每客户利润"),
    ];
    let language = page.language();
    let mut rows = Vec::new();
    for validation in &model.validations {
        for depth in &validation.metrics.depths {
            let mut row = names(validation, chosen, language);
            row.extend([
                format!("{}%", number(depth.depth * 100.0, 4)),
                count(depth.rows),
                percent(depth.precision),
                format!("{:.2}", depth.lift),
                percent(depth.capture),
                depth.value_capture.map_or_else(|| "–".to_owned(), percent),
                format!("{:.2}", depth.profit),
            ]);
            rows.push(row);
        }
    }
    page.table(&head, 2, rows);
}

fn names(validation: &Validation, chosen: LearnerName, language: Language) -> Vec<String> {
    let learner = learner_name(validation.learner, language);
    let learner =
        if validation.learner == chosen { format!("**{learner}**") } else { learner.to_owned() };
    vec![learner, split_name(&validation.split, language)]
}

fn split_name(split: &HeldOut, language: Language) -> String {
    match split {
        HeldOut::Folds { folds } => {
            language.pick(format!("{folds} folds"), format!("{folds} 折交叉验证"))
        }
        HeldOut::LaterData { test } => {
            language.pick(format!("later data, {test}"), format!("后期数据 {test}"))
        }
        HeldOut::LaterUnseen { test } => language.pick(
            format!("later data, new customers, {test}"),
            format!("后期数据中的新客户 {test}"),
        ),
    }
}

/// How much a kind of held-out rows resembles the use of the model.
fn rank(split: &HeldOut) -> u8 {
    match split {
        HeldOut::Folds { .. } => 0,
        HeldOut::LaterUnseen { .. } => 1,
        HeldOut::LaterData { .. } => 2,
    }
}
