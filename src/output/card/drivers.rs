//! What drives a model: the points of a scorecard, the rules of a tree, the columns of boosted trees,
//! the weights of a blend.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Which, learner_name,
    page::Page,
    words::{code, count, meaning, number, percent, share, weight},
};
use crate::{
    bundle::{Blend, Fitted, Model},
    features::{Bins, EncodedColumn, Encoder},
    model::{
        Boosted, Scorecard, Tree,
        boosted::Branches,
        scorecard::CardColumn,
        tree::{Node, Rule, Split},
    },
    units::Language,
};

/// So many points double the odds.
const POINTS_TO_DOUBLE: f64 = 20.0;
/// So many columns are shown group by group.
const DETAILED: usize = 60;
/// So many rules are shown.
const RULES: usize = 40;

/// The number of columns that a fitted learner looks at.
pub(super) fn columns_used(fitted: &Fitted) -> usize {
    fitted.columns().into_iter().collect::<BTreeSet<_>>().len()
}

/// The section about one model.
pub(super) fn of(page: &mut Page, which: Which, model: &Model, encoder: &Encoder) {
    learner(page, which, &model.fitted, encoder);
    changes(page, &model.fitted, encoder);
}

/// What a column of change holds, where the model has one.
fn changes(page: &mut Page, fitted: &Fitted, encoder: &Encoder) {
    let read = fitted.columns();
    let column = read.iter().filter_map(|column| encoder.columns.get(*column as usize));
    let change = column.filter_map(|column| match &column.bins {
        Bins::Change { of, against, .. } => Some((column, of, against)),
        _ => None,
    });
    let Some((column, of, against)) = change.min_by_key(|(column, ..)| &column.name) else {
        return;
    };
    let (name, a, b) = (code(&column.name), code(of), code(against));
    page.paragraph(
        &format!("A column with \"vs\", such as {name}, is a relative change: the difference of {a} and {b} over the sum of their sizes. 0 is no change, -1 all gone, 1 from nothing; -0.33 is half as much, 0.33 twice as much."),
        &format!("含“vs”的变量（如 {name}）为相对变化：{a} 与 {b} 之差除以两者绝对值之和。0 表示不变，-1 表示降为零，1 表示从无到有；-0.33 表示减半，0.33 表示翻倍。"),
    );
}

fn learner(page: &mut Page, which: Which, fitted: &Fitted, encoder: &Encoder) {
    match fitted {
        Fitted::Logistic(card) => scorecard(page, which, card, encoder),
        Fitted::Tree(tree) => rules(page, which, tree, encoder),
        Fitted::Boost(boosted) => ensemble(page, boosted, encoder),
        Fitted::Blend(blend) => parts(page, which, blend, encoder),
    }
}

fn parts(page: &mut Page, which: Which, blend: &Blend, encoder: &Encoder) {
    let language = page.language();
    let intercept = number(blend.intercept, 4);
    page.paragraph(
        &format!("The logits of these learners are multiplied by their weights and added up, with {intercept}. What a column contributes to a score is added up in the same way."),
        &format!("将下列算法的对数几率（logit）按权重相加，再加 {intercept}；各变量对评分的贡献也按同样方式相加。"),
    );
    let rows = blend.parts.iter().map(|part| {
        let name = learner_name(part.fitted.name(), language);
        vec![name.to_owned(), format!("{:.3}", part.weight)]
    });
    page.table(&[("Learner", "算法"), ("Weight", "权重")], 1, rows.collect());
    for part in &blend.parts {
        let name = part.fitted.name();
        page.heading(4, learner_name(name, Language::En), learner_name(name, Language::Zh));
        learner(page, which, &part.fitted, encoder);
    }
}

fn ensemble(page: &mut Page, boosted: &Boosted, encoder: &Encoder) {
    let trees = boosted.trees.len() as u64;
    let leaves = boosted.trees.iter().map(Branches::leaves);
    let (all, most) = (leaves.clone().sum::<usize>() as u64, leaves.max().unwrap_or(0) as u64);
    let (trees, all, most) = (count(trees), count(all), count(most));
    page.paragraph(
        &format!("The score is a sum over {trees} trees with {all} leaves in all, at most {most} in one. No single rule decides it; the reasons of a customer are exact Shapley values. What the trees learned comes from these columns:"),
        &format!("评分为 {trees} 棵树之和，共 {all} 个叶节点，单棵最多 {most} 个。评分并非由单条规则决定；每位客户的原因为精确的 Shapley 值。各变量的贡献如下："),
    );
    let share = ("Share of what the trees explain", "贡献占比");
    gains(page, boosted.forks(), share, encoder);
}

fn splits(tree: &Tree) -> impl Iterator<Item = &Split> {
    tree.nodes.iter().filter_map(|node| node.split.as_ref())
}

fn points(logit: f64) -> i64 {
    (logit * POINTS_TO_DOUBLE / std::f64::consts::LN_2).round() as i64
}

fn signed(points: i64) -> String {
    if points > 0 { format!("+{points}") } else { points.to_string() }
}

fn scorecard(page: &mut Page, which: Which, card: &Scorecard, encoder: &Encoder) {
    let start = signed(points(card.intercept));
    let (odds_en, odds_zh) = match which {
        Which::Churn => ("leaving", "流失"),
        Which::Reactivation => ("coming back", "唤醒"),
    };
    page.paragraph(
        &format!("A customer starts with {start} points and gets those of one group a column. {POINTS_TO_DOUBLE} points more double the odds of {odds_en}; 0 points in all are even odds before calibration. Points are rounded here; the score is not."),
        &format!("客户的起始分为 {start} 分，每个变量按所属分组加分；每增加 {POINTS_TO_DOUBLE} 分，{odds_zh}的几率（odds）翻倍；总分为 0 表示校准前{odds_zh}与否各半。表中分值已取整，实际评分不取整。"),
    );
    let mut columns: Vec<(&CardColumn, &EncodedColumn)> = card
        .columns
        .iter()
        .filter_map(|column| Some((column, encoder.columns.get(column.column as usize)?)))
        .collect();
    columns.sort_by(|(a, _), (b, _)| b.information_value.total_cmp(&a.information_value));
    let language = page.language();
    let rows = columns.iter().enumerate().map(|(place, (column, encoded))| {
        let all = column.groups.iter().map(|group| points(group.logit));
        let (least, most) = (all.clone().min().unwrap_or(0), all.max().unwrap_or(0));
        vec![
            (place + 1).to_string(),
            code(&encoded.name),
            strength(column.information_value, language).to_owned(),
            format!("{:.3}", column.information_value),
            language.pick(
                format!("{} to {}", signed(least), signed(most)),
                format!("{} 至 {}", signed(least), signed(most)),
            ),
        ]
    });
    let head = [
        ("", "序号"),
        ("Column", "变量"),
        ("Strength", "预测能力"),
        ("Information value", "信息值（IV）"),
        ("Points", "分值范围"),
    ];
    page.table(&head, 3, rows.collect());
    for (place, (column, encoded)) in columns.iter().take(DETAILED).enumerate() {
        let heading = format!("{}. {}", place + 1, code(&encoded.name));
        page.heading(4, &heading, &heading);
        groups(page, which, column, encoded);
    }
    if columns.len() > DETAILED {
        page.paragraph(
            &format!(
                "The groups of the other {} columns are in the model file.",
                columns.len() - DETAILED
            ),
            &format!("其余 {} 个变量的分组见模型文件。", columns.len() - DETAILED),
        );
    }
}

/// The customary reading of information values.
///
/// # Source
/// Siddiqi, *Credit Risk Scorecards* (2006), ch. 6.
fn strength(information_value: f64, language: Language) -> &'static str {
    match information_value {
        iv if iv < 0.02 => language.pick("hardly any", "极弱"),
        iv if iv < 0.1 => language.pick("weak", "弱"),
        iv if iv < 0.3 => language.pick("medium", "中"),
        iv if iv < 0.5 => language.pick("strong", "强"),
        _ => language.pick("very strong", "极强"),
    }
}

fn groups(page: &mut Page, which: Which, column: &CardColumn, encoded: &EncodedColumn) {
    let language = page.language();
    let all: f64 = column.groups.iter().map(|group| group.rows).sum();
    let rows = column.groups.iter().enumerate().filter_map(|(number, group)| {
        let within: Vec<bool> =
            column.group_of.iter().map(|of| usize::from(*of) == number).collect();
        let name = meaning(encoded, &within, language);
        if name.is_empty() {
            return None;
        }
        let (rate, woe) = if group.rows > 0.0 {
            (percent(share(group.events, group.rows)), format!("{:+.3}", group.woe))
        } else {
            ("–".to_owned(), "–".to_owned())
        };
        let unseen = language.pick(" (not in training)", "（训练中未出现）");
        Some(vec![
            name.trim().to_owned() + if group.rows > 0.0 { "" } else { unseen },
            weight(group.rows),
            percent(share(group.rows, all)),
            rate,
            woe,
            signed(points(group.logit)),
        ])
    });
    let head = [
        ("Group", "分组"),
        ("Rows", "样本数"),
        ("Share", "占比"),
        which.event(),
        ("WOE", "证据权重（WOE）"),
        ("Points", "分值"),
    ];
    page.table(&head, 1, rows.collect());
}

fn rules(page: &mut Page, which: Which, tree: &Tree, encoder: &Encoder) {
    let language = page.language();
    let gained = splits(tree).map(|split| (split.column, split.gain));
    gains(page, gained, ("Share of what the tree explains", "贡献占比"), encoder);
    let mut leaves = leaves(tree, encoder);
    leaves.sort_by(|a, b| b.node.rows.total_cmp(&a.node.rows));
    let all = tree.nodes.first().map_or(0.0, |root| root.rows);
    page.paragraph(
        "Each customer falls under exactly one of these rules, most customers first:",
        "每位客户恰好落入下列一条规则，按客户数从多到少排列：",
    );
    let rows = leaves.iter().take(RULES).enumerate().map(|(place, leaf)| {
        let conditions: Vec<_> = leaf
            .conditions
            .iter()
            .filter_map(|(column, within)| Some((encoder.columns.get(*column as usize)?, within)))
            .map(|(column, within)| {
                let range = meaning(column, within, language);
                let colon = language.pick(": ", "：");
                format!("{}{colon}{}", code(&column.name), range.trim())
            })
            .collect();
        let rule = if conditions.is_empty() {
            language.pick("everybody", "全部客户").to_owned()
        } else {
            conditions.join(language.pick(" **and** ", " **且** "))
        };
        vec![
            (place + 1).to_string(),
            rule,
            weight(leaf.node.rows),
            percent(share(leaf.node.rows, all)),
            percent(share(leaf.node.events, leaf.node.rows)),
        ]
    });
    let head =
        [("", "序号"), ("Rule", "规则"), ("Rows", "样本数"), ("Share", "占比"), which.event()];
    page.table(&head, 2, rows.collect());
    if leaves.len() > RULES {
        let (more, rest) = (leaves.len() - RULES, leaves.iter().skip(RULES));
        let rest = percent(share(rest.map(|leaf| leaf.node.rows).sum(), all));
        page.paragraph(
            &format!("The other {more} rules hold {rest} of the rows; they are in the model file."),
            &format!("其余 {more} 条规则覆盖 {rest} 的样本，见模型文件。"),
        );
    }
}

/// Columns by what they add to the likelihood; `forks` has the column and the gain of each.
fn gains(
    page: &mut Page,
    forks: impl Iterator<Item = (u32, f64)>,
    gained: (&str, &str),
    encoder: &Encoder,
) {
    let mut gains: BTreeMap<u32, (f64, u64)> = BTreeMap::new();
    for (column, gain) in forks {
        let (sum, times) = gains.entry(column).or_default();
        *sum += gain;
        *times += 1;
    }
    let all: f64 = gains.values().map(|(gain, _)| gain).sum();
    let mut gains: Vec<_> = gains.into_iter().collect();
    gains.sort_by(|(_, a), (_, b)| b.0.total_cmp(&a.0));
    let rows = gains.iter().filter_map(|(column, (gain, times))| {
        let name = code(&encoder.columns.get(*column as usize)?.name);
        Some(vec![name, percent(share(*gain, all)), count(*times)])
    });
    let head = [("Column", "变量"), gained, ("Splits", "分裂次数")];
    page.table(&head, 1, rows.collect());
}

/// A leaf and, by column in the order of the splits, the codes that lead to it.
struct Leaf<'a> {
    node: &'a Node,
    conditions: Conditions,
}

type Conditions = Vec<(u32, Vec<bool>)>;

fn leaves<'a>(tree: &'a Tree, encoder: &Encoder) -> Vec<Leaf<'a>> {
    let mut conditions: BTreeMap<u32, Conditions> = BTreeMap::new();
    let mut leaves = Vec::new();
    // A child stands after its parent, so its conditions are there when it is met.
    for (number, node) in tree.nodes.iter().enumerate() {
        let here = conditions.remove(&(number as u32)).unwrap_or_default();
        let Some(split) = &node.split else {
            leaves.push(Leaf { node, conditions: here });
            continue;
        };
        let codes = encoder.columns.get(split.column as usize).map_or(0, |c| c.counts.len());
        let goes_left = |code: usize| match &split.left_if {
            Rule::AtMost { code: most, missing: true } => code <= usize::from(*most),
            Rule::AtMost { code: most, missing: false } => (1..=usize::from(*most)).contains(&code),
            Rule::OneOf { codes } => codes.iter().any(|left| usize::from(*left) == code),
        };
        for (child, side) in [(split.left, true), (split.right, false)] {
            let mut there = here.clone();
            if there.iter().all(|(column, _)| *column != split.column) {
                there.push((split.column, vec![true; codes]));
            }
            for (_, within) in there.iter_mut().filter(|(column, _)| *column == split.column) {
                for (code, within) in within.iter_mut().enumerate() {
                    *within &= goes_left(code) == side;
                }
            }
            conditions.insert(child, there);
        }
    }
    leaves
}
