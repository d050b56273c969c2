//! The model card: what a model is, how well it does, what drives it, and what nobody but a person
//! can say about it.
//!
//! # Source
//! Mitchell et al., *Model Cards for Model Reporting*, FAT* 2019: its nine sections, in its order
//! where a reader of a bank's models would not look for them elsewhere.

mod drivers;
mod figures;
mod learner;
mod limits;
mod page;
pub(in crate::output) mod words;

pub(in crate::output) use learner::{learner_name, why};

use serde_json::{Map, Value, json};

use self::{
    page::Page,
    words::{code, count, number, percent, plain, share},
};
use crate::{
    bundle::{Bundle, FindingNote, LearnerName, Model, registry},
    model::Calibration,
    units::Language,
};

/// Version of the layout of [`metrics_json`].
const METRICS_VERSION: u32 = 1;

/// The model card as Markdown. It holds no time stamp: the same model has the same card.
pub fn markdown(bundle: &Bundle, language: Language) -> String {
    let mut page = Page::new(language);
    details(&mut page, bundle);
    intended_use(&mut page);
    who_is_who(&mut page, bundle);
    trained_on(&mut page, bundle);
    page.heading(2, "How well it does", "模型效果");
    figures::reading_aid(&mut page);
    for (which, model) in models(bundle) {
        page.heading(3, which.name(Language::En), which.name(Language::Zh));
        figures::tables(&mut page, which, model);
    }
    page.heading(2, "Why this learner", "为何选用该算法");
    for (which, model) in models(bundle) {
        let (name, learner) = (which.name(language), learner_name(learner(model), language));
        let because = plain(&why(model, language));
        page.item(&language.pick(
            format!("{name}: **{learner}** – {because}"),
            format!("{name}：**{learner}** – {because}"),
        ));
    }
    page.gap();
    page.heading(2, "What drives it", "驱动因素");
    for (which, model) in models(bundle) {
        page.heading(3, which.name(Language::En), which.name(Language::Zh));
        drivers::of(&mut page, which, model, &bundle.encoder);
    }
    left_out(&mut page, &bundle.findings);
    cut_offs(&mut page, bundle);
    ethics(&mut page, bundle);
    limits::of(&mut page, bundle);
    page.finish()
}

/// Every figure of every learner of both models as JSON, by model and learner.
///
/// # Shape
/// `{"reveille": "metrics", "version": 1, "name", "model_version", "program", "as_of", "models":
/// {"churn": {"chosen", "chosen_because", "rows", "events", "base_rate", "risk_cut", "columns",
/// "learners": {"logistic": [{"split": {"kind": "folds", "folds": 5}, "metrics": {…}}]}}}}`.
/// `models.reactivation` is there where such a model is, and `boost_trials` (name, rounds and log loss
/// of each preset) where boosted trees were fitted. The figures are those of
/// [`Metrics`](crate::metrics::Metrics), their rows and base rate among them.
pub fn metrics_json(bundle: &Bundle) -> String {
    let models: Map<_, _> = models(bundle)
        .map(|(which, model)| {
            let mut learners = Map::new();
            for validation in &model.validations {
                let each = json!({ "split": validation.split, "metrics": validation.metrics });
                let of_learner = learners
                    .entry(learner_key(validation.learner))
                    .or_insert_with(|| Value::Array(Vec::new()));
                if let Value::Array(splits) = of_learner {
                    splits.push(each);
                }
            }
            let mut told = json!({
                "chosen": learner_key(learner(model)),
                "chosen_because": model.chosen_because,
                "rows": model.rows,
                "events": model.events,
                "base_rate": share(model.events as f64, model.rows as f64),
                "risk_cut": model.risk_cut,
                "columns": model.columns,
                "learners": learners,
            });
            if let Some(told) = told.as_object_mut().filter(|_| !model.boost_trials.is_empty()) {
                told.insert("boost_trials".to_owned(), json!(model.boost_trials));
            }
            (which.key().to_owned(), told)
        })
        .collect();
    let all = json!({
        "reveille": "metrics",
        "version": METRICS_VERSION,
        "name": bundle.name,
        "model_version": registry::version(bundle).ok().map(|version| version.to_string()),
        "program": bundle.program,
        "as_of": bundle.as_of,
        "models": models,
    });
    format!("{all:#}\n")
}

/// One of the two models.
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
            Self::Churn => language.pick("Churn", "流失模型"),
            Self::Reactivation => language.pick("Reactivation", "唤醒模型"),
        }
    }

    /// The head of a table's column with the share of events, in both languages.
    fn event(self) -> (&'static str, &'static str) {
        match self {
            Self::Churn => ("Left", "流失率"),
            Self::Reactivation => ("Came back", "唤醒率"),
        }
    }
}

fn models(bundle: &Bundle) -> impl Iterator<Item = (Which, &Model)> {
    let reactivation = bundle.reactivation.as_ref().map(|model| (Which::Reactivation, model));
    std::iter::once((Which::Churn, &bundle.churn)).chain(reactivation)
}

fn learner(model: &Model) -> LearnerName {
    model.fitted.name()
}

fn learner_key(learner: LearnerName) -> &'static str {
    learner.key()
}

fn details(page: &mut Page, bundle: &Bundle) {
    let language = page.language();
    let name = bundle.name.as_str();
    page.heading(1, &format!("Model card: {name}"), &format!("模型卡：{name}"));
    page.text(
        "For each active customer of the bank, this model gives the probability of leaving",
        "本模型为每位活跃客户给出流失概率",
    );
    page.text(
        if bundle.reactivation.is_some() {
            "; for each dormant customer, the probability of coming back."
        } else {
            ". It has no part for dormant customers."
        },
        if bundle.reactivation.is_some() {
            "，为每位沉睡客户给出唤醒概率。"
        } else {
            "，不含沉睡客户部分。"
        },
    );
    page.paragraph(
        " Every figure below was worked out from the model file; what only a person can say is marked ✍.",
        "下列数字均由模型文件得出；须由人工填写之处以 ✍ 标出。",
    );
    let version =
        registry::version(bundle).map_or_else(|_| "–".to_owned(), |version| code(version.as_str()));
    let as_of = bundle
        .as_of
        .map_or_else(|| language.pick("undated", "无日期").to_owned(), |day| day.to_string());
    page.facts(&[
        ("Version", "版本", version),
        ("Learned up to", "训练数据截至", as_of),
        ("Made by", "生成程序", format!("reveille {}", plain(&bundle.program))),
        ("Seed", "随机种子", bundle.seed.0.to_string()),
    ]);
    let head = [
        ("", ""),
        ("Learner", "算法"),
        ("Customers", "适用客户"),
        ("Rows", "样本数"),
        ("Events", "事件数"),
        ("Base rate", "基准率"),
        ("Columns offered", "候选变量"),
        ("Columns used", "入模变量"),
        ("Calibration", "概率校准"),
    ];
    let rows = models(bundle).map(|(which, model)| model_facts(which, model, language)).collect();
    page.table(&head, 3, rows);
}

fn model_facts(which: Which, model: &Model, language: Language) -> Vec<String> {
    let calibration = match &model.calibration {
        Calibration::Identity => language.pick("none needed", "无需校准").to_owned(),
        Calibration::Platt { intercept, slope } => {
            let (slope, intercept) = (number(*slope, 4), number(*intercept, 4));
            language.pick(
                format!("Platt: slope {slope}, intercept {intercept}"),
                format!("Platt：斜率 {slope}，截距 {intercept}"),
            )
        }
        Calibration::Isotonic { logits, .. } => language.pick(
            format!("isotonic, {} points", logits.len()),
            format!("保序回归，{} 个点", logits.len()),
        ),
    };
    let customers = match which {
        Which::Churn => language.pick("active", "活跃客户"),
        Which::Reactivation => language.pick("dormant", "沉睡客户"),
    };
    vec![
        which.name(language).to_owned(),
        learner_name(learner(model), language).to_owned(),
        customers.to_owned(),
        count(model.rows),
        count(model.events),
        percent(share(model.events as f64, model.rows as f64)),
        count(model.columns.len() as u64),
        count(drivers::columns_used(&model.fitted) as u64),
        calibration,
    ]
}

fn intended_use(page: &mut Page) {
    page.heading(2, "Intended use", "预期用途");
    page.questions(&[
        ("Owner of the model, and whom to ask", "模型负责人及联系方式"),
        ("Decisions it is meant for, and who takes them", "用于何种决策，由谁决策"),
        ("Decisions it must not be used for", "不得用于何种决策"),
        ("Reviewed and approved by, on", "审核人、批准人及日期"),
    ]);
}

fn who_is_who(page: &mut Page, bundle: &Bundle) {
    page.heading(2, "Who is who", "客户界定");
    page.paragraph(
        "These expressions over the columns of the table decide who a customer is and what happened. The columns in the two outcomes are not among the model's columns.",
        "以下表达式（基于数据表各列）界定客户状态与结果。两个结果表达式所用的列不作为模型变量。",
    );
    let language = page.language();
    let rules = &bundle.rules;
    let told = |rule: &Option<String>, en: &str, zh: &str| {
        rule.as_ref().map_or_else(|| language.pick(en, zh).to_owned(), |rule| code(rule))
    };
    page.facts(&[
        ("Dormant", "沉睡客户", told(&rules.dormant, "nobody", "无")),
        ("Prospect (never transacted)", "未成交客户", told(&rules.prospect, "nobody", "无")),
        ("Active", "活跃客户", language.pick("everybody else", "其余全部客户").to_owned()),
        ("Left (outcome of active customers)", "流失（活跃客户的结果）", code(&rules.churn)),
        (
            "Came back (outcome of dormant customers)",
            "唤醒（沉睡客户的结果）",
            told(&rules.reactivation, "not given", "未提供"),
        ),
        ("Value of a customer, a year", "客户年价值", told(&rules.value, "not given", "未提供")),
    ]);
}

fn trained_on(page: &mut Page, bundle: &Bundle) {
    page.heading(2, "What it was trained on", "训练数据");
    let (data, language) = (&bundle.data, page.language());
    let snapshots = match (data.snapshots.first(), data.snapshots.last()) {
        (Some(first), Some(last)) if first != last => language.pick(
            format!("{}, {first} to {last}", data.snapshots.len()),
            format!("{} 期，{first} 至 {last}", data.snapshots.len()),
        ),
        (Some(only), _) => language.pick(format!("1, {only}"), format!("1 期，{only}")),
        _ => language.pick("1, undated", "1 期，无日期").to_owned(),
    };
    let columns = bundle.encoder.columns.len() as u64;
    page.facts(&[
        ("Rows read", "读入行数", count(data.rows)),
        ("Rows set aside as unreadable", "因无法读取而剔除的行数", count(data.rejected)),
        ("Rows of active customers", "活跃客户行数", count(data.active)),
        ("Rows of dormant customers", "沉睡客户行数", count(data.dormant)),
        ("Rows of prospects", "未成交客户行数", count(data.prospect)),
        ("Snapshots", "快照", snapshots),
        ("Columns encoded", "编码变量数", count(columns)),
        ("Digest of what the learners saw", "训练数据摘要", code(&data.digest)),
    ]);
    page.questions(&[
        ("Where the data came from, and what period it covers", "数据来源及覆盖时段"),
        ("Customers who are not in it", "未包含的客户群体"),
    ]);
}

fn left_out(page: &mut Page, findings: &[FindingNote]) {
    page.heading(
        2,
        "What the data checks found, and what was left out",
        "数据检查结果与剔除的变量",
    );
    if findings.is_empty() {
        page.paragraph(
            "The checks of the training table found nothing.",
            "训练数据检查未发现问题。",
        );
        return;
    }
    let language = page.language();
    let rows = findings.iter().map(|finding| {
        let handled = if finding.excluded {
            language.pick("left out", "剔除")
        } else {
            language.pick("kept", "保留")
        };
        vec![
            words::column_or_file(&finding.column, language),
            words::problem(&finding.problem, language),
            plain(&finding.evidence),
            handled.to_owned(),
        ]
    });
    let head =
        [("Column", "变量"), ("Finding", "问题"), ("Evidence", "依据"), ("Column was", "处理")];
    page.table(&head, 4, rows.collect());
}

fn cut_offs(page: &mut Page, bundle: &Bundle) {
    page.heading(2, "Cut-offs", "分档阈值");
    page.paragraph(
        "Fixed at training, so that months can be compared.",
        "阈值于训练时固定，便于各月比较。",
    );
    if let Some(cut) = bundle.value_cut {
        let cut = number(cut, 8);
        page.item(&page.language().pick(
            format!("Value is high from {cut} a year."),
            format!("年价值不低于 {cut} 为高价值。"),
        ));
    }
    for (which, model) in models(bundle) {
        let cut = format!("{:.2}%", model.risk_cut * 100.0);
        page.item(&match which {
            Which::Churn => page.language().pick(
                format!("The risk of leaving is high from a probability of {cut}."),
                format!("流失概率不低于 {cut} 为高风险。"),
            ),
            Which::Reactivation => page.language().pick(
                format!("A dormant customer is likely to come back from a probability of {cut}."),
                format!("唤醒概率不低于 {cut} 为较可能唤醒。"),
            ),
        });
    }
    page.gap();
}

fn ethics(page: &mut Page, bundle: &Bundle) {
    page.heading(2, "Ethical considerations", "伦理与公平性");
    let sensitive: Vec<_> = bundle
        .encoder
        .columns
        .iter()
        .filter(|column| words::sounds_personal(&column.name))
        .map(|column| code(&column.name))
        .collect();
    if !sensitive.is_empty() {
        let columns = sensitive.join(page.language().pick(", ", "、"));
        page.paragraph(
            &format!("By their names, these columns may tell of attributes that the law protects, or stand in for them: {columns}."),
            &format!("从名称看，下列变量可能涉及受法律保护的个人属性或其替代变量：{columns}。"),
        );
    }
    page.questions(&[
        (
            "Groups of customers whose results were compared, and what came out",
            "比较过哪些客户群体，结果如何",
        ),
        (
            "Harm that a wrong score can do, and how a customer can object",
            "评分有误可能造成的影响，客户如何提出异议",
        ),
        ("Consent, retention and the legal basis of the data", "客户授权、数据留存期限及法律依据"),
    ]);
}
