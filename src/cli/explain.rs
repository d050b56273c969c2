//! `reveille explain`.

use std::{fmt::Write, path::PathBuf};

use clap::Args;

use super::{
    options::{ConfigFlags, ReadFlags, RegistryFlags},
    tables,
    ui::Ui,
};
use crate::{
    error::{Error, Kind, Result},
    output::{
        chart::{self, Step},
        report::values_told,
        words::number,
    },
    pipeline::{
        explain::{Cell, Explanation, Request, Rules, Score, explain},
        playbook,
    },
    scoring::State,
    sources::Input,
    store,
    units::Language,
};

/// Contributions that are shown one by one.
const SHOWN: usize = 10;
/// Cells of a bar.
const BAR: usize = 20;

/// Why one customer scores as they do, and what would have to change.
///
/// The contributions are exact: with the base they add up to the score. The rules of the playbook say who
/// the customer is and what to do. What would have to change is the
/// nearest change of one column that brings the customer to the other side of the cut, all others as they
/// are; it tells how the model sees the customer, not what a contact would do.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  reveille explain 00000042 --data current.csv
  reveille explain 00000042 --data current.csv --svg why.svg --lang zh")]
pub(super) struct Explain {
    /// The customer's id as it stands in the table (a row number where the table has no ids)
    customer: String,

    /// Table that holds the customer; of several rows the latest is taken
    #[arg(long, short, value_name = "DATA")]
    data: String,

    /// NAME, NAME@VERSION or a path; the only model of the registry if not given
    #[arg(long, short, value_name = "MODEL")]
    model: Option<String>,

    /// Columns that nobody can change, besides age, gender, tenure, branch and the like
    #[arg(long, value_name = "COL,…", value_delimiter = ',')]
    fixed: Vec<String>,

    /// Another playbook than that of the model
    #[arg(long, value_name = "FILE")]
    playbook: Option<PathBuf>,

    #[command(flatten)]
    read: ReadFlags,

    /// Draw it as a picture
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    svg: Option<PathBuf>,

    /// Print it as JSON
    #[arg(long, help_heading = "Output")]
    json: bool,

    /// Language of the words: en or zh
    #[arg(
        long,
        env = "REVEILLE_LANG",
        default_value = "en",
        value_name = "LANG",
        help_heading = "Output"
    )]
    lang: Language,

    #[command(flatten)]
    registry: RegistryFlags,
    #[command(flatten)]
    config: ConfigFlags,
}

impl Explain {
    pub(super) fn run(&self, ui: &Ui) -> Result<()> {
        let config = self.config.load()?;
        let file = self.playbook.as_deref().or(config.playbook.file.as_deref());
        let playbook = playbook::named(file)?;
        let mut read = config.read;
        self.read.apply(&mut read);
        let reference = self.registry.reference(self.model.as_deref())?;
        let loaded = self.registry.open().load(&reference)?;
        let request = Request {
            input: Input::parse(&self.data),
            bundle: &loaded.bundle,
            read,
            customer: &self.customer,
            fixed: &self.fixed,
            playbook: playbook.as_deref(),
            language: self.lang,
        };
        let explanation = explain(&request, ui)?;
        if let Some(file) = &self.svg {
            let score = explanation.score.as_ref().ok_or_else(|| {
                Error::new(Kind::Usage, "no model applies to this customer: nothing to draw")
            })?;
            let drawn = chart::standalone(&draw(score, explanation.state, self.lang));
            store::write(file, drawn.as_bytes())?;
            ui.say(&format!("the picture is {}", file.display()));
        }
        if self.json {
            let whole = serde_json::json!({
                "reveille": "explain",
                "version": 1,
                "model": format!("{}@{}", loaded.bundle.name, loaded.version),
                "explanation": explanation,
            });
            return ui.out(&format!("{whole:#}\n"));
        }
        ui.out(&text(&explanation, self.lang))
    }
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

fn cell(cell: &Cell, language: Language) -> String {
    match cell {
        Cell::Missing => language.pick("missing", "缺失").to_owned(),
        Cell::Number(x) => number(*x),
        Cell::Text(text) => text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect(),
    }
}

fn text(explanation: &Explanation, language: Language) -> String {
    let mut text = head(explanation, language);
    let Some(score) = &explanation.score else {
        text.push_str(language.pick("no model applies to this state\n", "该状态没有适用的模型\n"));
        return text;
    };
    text.push('\n');
    text.push_str(&waterfall(score, language));
    text.push('\n');
    let high = score.probability >= score.risk_cut;
    if score.changes.is_empty() {
        text.push_str(language.pick(
            "no change of one column alone would bring the customer to the other side of the cut\n",
            "仅改变单个变量无法使该客户越过阈值\n",
        ));
        return text;
    }
    text.push_str(match (high, language) {
        (true, Language::En) => "one of these changes alone would bring it below the cut:\n",
        (true, Language::Zh) => "以下任一变化即可使概率降到阈值以下：\n",
        (false, Language::En) => "one of these changes alone would bring it above the cut:\n",
        (false, Language::Zh) => "以下任一变化即可使概率升到阈值以上：\n",
    });
    let rows: Vec<Vec<String>> = score
        .changes
        .iter()
        .map(|change| {
            let (from, to) = (cell(&change.from, language), values_told(&change.to, language));
            vec![format!("  {}: {from} → {to}", change.name), percent(change.probability)]
        })
        .collect();
    text.push_str(&tables::columns(&rows));
    text
}

fn head(explanation: &Explanation, language: Language) -> String {
    let state = match explanation.state {
        State::Active => language.pick("active", "活跃"),
        State::Dormant => language.pick("dormant", "沉睡"),
        State::Prospect => language.pick("prospect", "未成交"),
    };
    let mut text = language.pick(
        format!("customer {}, {state}", explanation.customer),
        format!("客户 {}，{state}", explanation.customer),
    );
    if let Some(day) = explanation.as_of {
        text.push_str(&language.pick(format!(", as of {day}"), format!("，截至 {day}")));
    }
    text.push('\n');
    if let Some(score) = &explanation.score {
        let (p, cut) = (percent(score.probability), percent(score.risk_cut));
        let what = match explanation.state {
            State::Dormant => language.pick("probability of returning", "唤醒概率"),
            _ => language.pick("probability of leaving", "流失概率"),
        };
        let _ = writeln!(
            text,
            "{}",
            language.pick(
                format!("{what} {p} (high from {cut})"),
                format!("{what} {p}（不低于 {cut} 为高）"),
            )
        );
    }
    if let Some(value) = explanation.value {
        let cut = explanation.value_cut.map(number).unwrap_or_default();
        let value = number(value);
        let _ = writeln!(
            text,
            "{}",
            language.pick(
                format!("value {value} a year (high from {cut})"),
                format!("年价值 {value}（不低于 {cut} 为高）"),
            )
        );
    }
    if let Some(quadrant) = explanation.quadrant {
        let (name, label) = (quadrant.name(), quadrant.label(language));
        let _ = writeln!(
            text,
            "{}",
            language.pick(format!("quadrant {name}: {label}"), format!("象限：{label}（{name}）"),)
        );
    }
    text.push_str(&rules(&explanation.rules, language));
    text
}

/// Who the customer is, and what to do.
fn rules(rules: &Rules, language: Language) -> String {
    let mut text = String::new();
    let names: Vec<String> =
        rules.segments.iter().map(|told| format!("{}: {}", told.code, told.words)).collect();
    if let Some((first, others)) = names.split_first() {
        let _ = writeln!(text, "{} {first}", language.pick("segment", "客群"));
        if !others.is_empty() {
            let codes = rules.segments[1..].iter().map(|told| told.code.as_str());
            let codes = codes.collect::<Vec<_>>().join(", ");
            let _ = writeln!(text, "{} {codes}", language.pick("also", "另属"));
        }
    }
    if let Some((action, rule)) = rules.action.as_ref().zip(rules.rule.as_ref()) {
        let mut parts = vec![action.words.clone()];
        parts.extend(rules.product.as_ref().map(|product| product.words.clone()));
        parts.extend(
            rules
                .channels
                .first()
                .map(|channel| language.pick(format!("by {channel}"), format!("渠道 {channel}"))),
        );
        parts.extend(
            rules.contact_by.map(|day| language.pick(format!("until {day}"), format!("{day} 前"))),
        );
        let told = parts.join(language.pick(", ", "，"));
        let _ = writeln!(
            text,
            "{}",
            language.pick(
                format!("next: {told} (rule {rule})"),
                format!("下一步：{told}（规则 {rule}）"),
            )
        );
    }
    if let Some(reason) = &rules.suppressed {
        let _ = writeln!(
            text,
            "{}",
            language.pick(format!("not contacted: {reason}"), format!("不联系：{reason}"))
        );
    }
    text
}

/// One step of the waterfall: words, where the probability was, where it is.
struct Move {
    words: String,
    from: f64,
    to: f64,
}

fn moves(score: &Score, language: Language) -> Vec<Move> {
    let mut at = score.base_probability;
    let mut moves = Vec::new();
    for contribution in score.contributions.iter().take(SHOWN) {
        let to = contribution.probability_so_far;
        let words = contribution.words.chars().map(|c| if c.is_control() { ' ' } else { c });
        moves.push(Move { words: words.collect(), from: at, to });
        at = to;
    }
    let others = score.contributions.len().saturating_sub(SHOWN);
    if others > 0 {
        let words =
            language.pick(format!("{others} other columns"), format!("其余 {others} 个变量"));
        moves.push(Move { words, from: at, to: score.probability });
    }
    moves
}

fn waterfall(score: &Score, language: Language) -> String {
    let moves = moves(score, language);
    let most = moves.iter().map(|m| m.from.max(m.to)).fold(score.base_probability, f64::max);
    let start = language.pick("everyone starts at", "起点（平均水平）");
    let mut rows = vec![vec![
        start.to_owned(),
        bar(0.0, score.base_probability, most, '░'),
        String::new(),
        percent(score.base_probability),
    ]];
    for each in &moves {
        let sign = if each.to >= each.from { '█' } else { '▒' };
        rows.push(vec![
            each.words.clone(),
            bar(each.from, each.to, most, sign),
            format!("{:+.1}", (each.to - each.from) * 100.0),
            percent(each.to),
        ]);
    }
    tables::columns(&rows)
}

/// A bar from one probability to another, on a scale up to `most`.
fn bar(from: f64, to: f64, most: f64, sign: char) -> String {
    let place = |p: f64| ((p / most.max(1e-12)) * BAR as f64).round() as usize;
    let (low, high) = (place(from.min(to)).min(BAR), place(from.max(to)).min(BAR));
    let mut text = " ".repeat(low);
    text.extend(std::iter::repeat_n(sign, (high - low).max(1)));
    let length = text.chars().count();
    text.push_str(&" ".repeat((BAR + 1).saturating_sub(length)));
    text
}

fn draw(score: &Score, state: State, language: Language) -> String {
    let step = |words: &str, from: f64, to: f64, told: String, look| Step {
        name: words.to_owned(),
        told,
        from,
        to,
        look,
    };
    let start = language.pick("everyone starts at", "起点（平均水平）");
    let base = score.base_probability;
    let mut steps = vec![step(start, 0.0, base, percent(base), 5)];
    for each in moves(score, language) {
        let change = (each.to - each.from) * 100.0;
        let look = if change >= 0.0 { 2 } else { 1 };
        steps.push(step(&each.words, each.from, each.to, format!("{change:+.1}"), look));
    }
    let end = language.pick("this customer", "该客户");
    let p = score.probability;
    steps.push(step(end, 0.0, p, percent(p), 4));
    let label = match state {
        State::Dormant => language.pick("probability of returning, %", "唤醒概率（%）"),
        _ => language.pick("probability of leaving, %", "流失概率（%）"),
    };
    chart::waterfall(label, label, &steps)
}
