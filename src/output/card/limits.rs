//! What a reader should not expect of a model, as far as the model file can tell.

use super::{
    models,
    page::Page,
    words::{code, count},
};
use crate::{
    bundle::{Bundle, HeldOut},
    features::Bins,
};

/// With fewer events than this, figures are rough.
const FEW_EVENTS: u64 = 500;

/// The section about limits.
pub(super) fn of(page: &mut Page, bundle: &Bundle) {
    page.heading(2, "Limits", "局限");
    let language = page.language();
    for (which, model) in models(bundle) {
        let name = which.name(language);
        let later = model.validations.iter().any(|v| !matches!(v.split, HeldOut::Folds { .. }));
        if !later {
            page.item(&language.pick(
                format!("{name}: not tested on data later than it learned from. Customers change; expect somewhat less than the figures above."),
                format!("{name}：未在晚于训练期的数据上检验。客户行为会变化，实际效果可能略低于上述指标。"),
            ));
        }
        if model.events < FEW_EVENTS {
            let events = count(model.events);
            page.item(&language.pick(
                format!("{name}: learned from {events} events only; the figures are rough."),
                format!("{name}：训练事件仅 {events} 个，指标精度有限。"),
            ));
        }
    }
    if bundle.reactivation.is_none() {
        page.item(language.pick(
            "Dormant customers get no probability: there was no outcome, or no dormant customer, to learn from.",
            "沉睡客户无概率：训练数据未提供唤醒结果，或没有沉睡客户。",
        ));
    }
    if bundle.value_cut.is_none() {
        page.item(language.pick(
            "Without a value expression, customers are told apart by risk only.",
            "未提供价值表达式，客户仅按风险区分。",
        ));
    }
    let data = &bundle.data;
    if data.rejected > 0 {
        let (rejected, rows) = (count(data.rejected), count(data.rows));
        page.item(&language.pick(
            format!(
                "{rejected} rows could not be read and were not learned from; {rows} were read."
            ),
            format!("{rejected} 行无法读取，未参与训练；共读入 {rows} 行。"),
        ));
    }
    outside(page, bundle);
    page.item(language.pick(
        "Points and rules tell what goes along with the outcome, not what causes it: changing a customer's figure need not change what the customer does.",
        "分值与规则反映的是相关性而非因果关系：改变客户的某项指标未必会改变其行为。",
    ));
    page.item(language.pick(
        "The probabilities hold for customers like those it learned from, and for the outcome as defined above. A warning at scoring (PSI) says when customers have drifted away; then train again.",
        "概率仅适用于与训练样本相似的客户及上述结果定义。评分时若出现漂移预警（PSI），应重新训练。",
    ));
    page.gap();
    page.questions(&[("Known limits beyond these, and advice", "其他已知局限与使用建议")]);
}

/// What scoring does with values that training had not met.
fn outside(page: &mut Page, bundle: &Bundle) {
    let language = page.language();
    page.item(language.pick(
        "A number beyond the trained range counts like the outermost range of its column, a level never met like \"any other\"; both are counted at scoring.",
        "超出训练范围的数值按该变量最外侧区间处理，未见过的类别按“其他取值”处理；评分时均会计数。",
    ));
    let columns = bundle.encoder.columns.iter().filter(|c| !matches!(c.bins, Bins::Change { .. }));
    let never_missing = columns.filter(|c| c.counts.first() == Some(&0));
    let names: Vec<_> = never_missing.map(|column| code(&column.name)).collect();
    if !names.is_empty() && names.len() <= 20 {
        let names = names.join(language.pick(", ", "、"));
        page.item(&language.pick(
            format!("Never missing in training, so a missing value at scoring is new to the model: {names}."),
            format!("以下变量在训练中从未缺失，评分时若缺失则属模型未见过的情形：{names}。"),
        ));
    }
}
