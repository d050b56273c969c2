//! The data behind it: maturity of outcomes, findings of the checks, all learners; and the limits.

use super::{
    Part, Report,
    evidence::{MeasuredOn, Split},
    page::Page,
    verdict::{assumptions, part_heading},
};
use crate::{
    bundle::{FindingNote, HeldOut, Validation},
    output::card::{
        learner_name,
        words::{count, percent, problem, share},
    },
    units::Language,
};

/// With fewer events than this, figures are rough.
const FEW_EVENTS: u64 = 500;

/// The section about the data.
pub(super) fn of(page: &mut Page, report: &Report<'_>) {
    let language = page.language();
    page.section("data", "The data behind it", "数据");
    let evidence = report.evidence;
    page.paragraph(&language.pick(
        format!(
            "{} rows were read, {} were set aside as unreadable.",
            count(evidence.rows),
            count(evidence.rejected)
        ),
        format!(
            "读入 {} 行，{} 行因无法读取而剔除。",
            count(evidence.rows),
            count(evidence.rejected)
        ),
    ));
    maturity(page, report);
    findings(page, &report.bundle.findings);
    for part in report.parts() {
        part_heading(page, &part);
        page.small_heading(
            language
                .pick("All learners that were tried, on held-out rows", "各算法在留出样本上的效果"),
        );
        let chosen = part.model.fitted.name();
        let rows: Vec<_> = part
            .model
            .validations
            .iter()
            .map(|validation| learner(validation, validation.learner == chosen, language))
            .collect();
        let head = [
            ("Learner", "算法"),
            ("Held out", "检验样本"),
            ("Rows", "样本数"),
            ("AUC (95%)", "AUC（95%）"),
            ("Log loss", "对数损失"),
            ("Lift of the top tenth", "前 10% 提升度"),
        ];
        page.table(&head, 2, &rows);
    }
}

fn maturity(page: &mut Page, report: &Report<'_>) {
    let language = page.language();
    let snapshots = &report.evidence.snapshots;
    page.heading(language.pick("When outcomes are known", "结果成熟度"));
    if snapshots.is_empty() {
        page.paragraph(language.pick(
            "The table has no as-of dates: whether all outcomes had time to happen cannot be told.",
            "数据表没有快照日，无法判断结果是否已经成熟。",
        ));
        return;
    }
    let latest = snapshots.last().map(|snapshot| snapshot.as_of);
    let rows: Vec<_> = snapshots
        .iter()
        .map(|snapshot| {
            let past = latest.is_some_and(|latest| snapshot.window_end > latest);
            vec![
                snapshot.as_of.to_string(),
                snapshot.window_end.to_string(),
                if past {
                    language.pick("after the last snapshot", "晚于最后一期快照").to_owned()
                } else {
                    language.pick("by the last snapshot", "最后一期快照前已知").to_owned()
                },
                count(snapshot.customers),
                percent(share(snapshot.known as f64, snapshot.customers as f64)),
            ]
        })
        .collect();
    let head = [
        ("Snapshot", "快照"),
        ("Window ends", "结果窗口结束"),
        ("Known", "成熟"),
        ("Customers", "客户数"),
        ("Outcome known", "结果已知占比"),
    ];
    page.table(&head, 3, &rows);
}

fn findings(page: &mut Page, findings: &[FindingNote]) {
    let language = page.language();
    page.heading(language.pick("What the checks of the training table found", "训练数据检查结果"));
    if findings.is_empty() {
        page.paragraph(language.pick(
            "Nothing: no column gives the outcome away.",
            "未发现问题：没有泄露结果的变量。",
        ));
        return;
    }
    let rows: Vec<_> = findings
        .iter()
        .map(|finding| {
            let column = if finding.column.is_empty() {
                language.pick("(the file)", "（整个文件）")
            } else {
                &finding.column
            };
            let handled = if finding.excluded {
                language.pick("left out", "剔除")
            } else {
                language.pick("kept", "保留")
            };
            vec![
                column.to_owned(),
                problem(&finding.problem, language),
                finding.evidence.clone(),
                handled.to_owned(),
            ]
        })
        .collect();
    let head = [("Column", "变量"), ("Finding", "问题"), ("Evidence", "依据"), ("It was", "处理")];
    page.table(&head, 4, &rows);
}

fn learner(validation: &Validation, is_chosen: bool, language: Language) -> Vec<String> {
    let name = learner_name(validation.learner, language);
    let metrics = &validation.metrics;
    let auc = metrics.auc;
    let split = match &validation.split {
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
    };
    let lift = metrics.depths.iter().find(|at| (at.depth - 0.1).abs() < 1e-9);
    vec![
        if is_chosen { format!("★ {name}") } else { name.to_owned() },
        split,
        count(metrics.rows),
        format!("{:.3} ({:.3}–{:.3})", auc.value, auc.low, auc.high),
        format!("{:.4}", metrics.log_loss),
        lift.map_or_else(|| "–".to_owned(), |at| format!("{:.2}", at.lift)),
    ]
}

/// The section about limits.
pub(super) fn limits(page: &mut Page, report: &Report<'_>, parts: &[Part<'_>]) {
    let language = page.language();
    page.section("limits", "What not to expect", "局限");
    let mut items = Vec::new();
    for part in parts {
        let name = part.which.name(language);
        if matches!(part.found.split, Split::Folds { .. }) {
            items.push(language.pick(
                format!(
                    "{name}: not tested on later data. Customers change; expect somewhat less."
                ),
                format!("{name}：未在后期数据上检验。客户行为会变化，实际效果可能略低。"),
            ));
        }
        let events = part.found.figures.metrics.events;
        if events < FEW_EVENTS {
            items.push(language.pick(
                format!("{name}: measured on {} events only; read the intervals, not the figures alone.", count(events)),
                format!("{name}：仅基于 {} 个事件，请结合区间阅读。", count(events)),
            ));
        }
    }
    if report.evidence.measured_on == MeasuredOn::Table {
        items.push(language.pick(
            "The figures are of the table that was given. If the model learned from these very rows, they flatter it: evaluate on rows it has not seen.",
            "指标来自所提供的数据表；若模型曾用这些行训练，指标会偏乐观，请使用未参与训练的数据。",
        ).to_owned());
    }
    if report.bundle.rules.value.is_none() {
        items.push(language.pick(
            "Without a value expression customers are told apart by risk only (--value at training).",
            "未提供价值表达式，客户仅按风险区分（训练时使用 --value）。",
        ).to_owned());
    }
    items.push(assumptions(&report.evidence.profit, language));
    items.push(language.pick(
        "That customers leave does not mean that a contact keeps them: what a campaign earns shows only against a control group.",
        "预测客户流失并不意味着联系即可挽留：营销的真实收益只有与对照组相比才能得知。",
    ).to_owned());
    items.push(language.pick(
        "Snapshots of one customer resemble each other: intervals over several months are somewhat too narrow.",
        "同一客户的多期快照彼此相似，跨月汇总的区间略偏窄。",
    ).to_owned());
    page.list(&items);
    page.note(language.pick(
        "What only a person can say (owner, purpose, approval, legal basis) stands in the model card, card.md.",
        "须由人工填写的内容（负责人、用途、审批、法律依据）见模型卡 card.md。",
    ));
}
