//! What learners are called, and why one was kept.

use crate::{
    bundle::{HeldOut, LearnerName, Model},
    units::Language,
};

/// Why the learner of a model was kept, in words.
pub(in crate::output) fn why(model: &Model, language: Language) -> String {
    if language == Language::En {
        return model.chosen_because.clone();
    }
    // What was said at training is in English: in Chinese the same figures are told anew.
    let is_later = |split: &HeldOut| matches!(split, HeldOut::LaterData { .. });
    let any_later = model.validations.iter().any(|v| is_later(&v.split));
    let judged = model.validations.iter().filter(|v| match v.split {
        HeldOut::LaterData { .. } => true,
        HeldOut::Folds { .. } => !any_later,
        HeldOut::LaterUnseen { .. } => false,
    });
    let losses: Vec<String> = judged
        .map(|v| format!("{} {:.4}", learner_name(v.learner, language), v.metrics.log_loss))
        .collect();
    let on = if any_later { "后期数据" } else { "交叉验证" };
    match losses.as_slice() {
        [] => "按要求只训练了该算法".to_owned(),
        [one] => format!("按要求只训练了该算法；{on}上的对数损失：{one}"),
        all => format!(
            "{on}上的对数损失（越低越好）：{}；差异在误差范围内时选更简单的算法",
            all.join("、")
        ),
    }
}

/// What a learner is called.
pub(in crate::output) fn learner_name(learner: LearnerName, language: Language) -> &'static str {
    match learner {
        LearnerName::Logistic => language.pick("scorecard (logistic)", "评分卡（逻辑回归）"),
        LearnerName::Tree => language.pick("decision tree", "决策树"),
        LearnerName::Boost => language.pick("boosted trees", "提升树"),
        LearnerName::Blend => language.pick("blend", "融合模型"),
    }
}
