//! The fitted model itself: the points of a scorecard, the tree drawn, the parts of a blend.

use std::fmt::Write;

use super::{Part, page::Page};
use crate::{
    bundle::Fitted,
    features::{EncodedColumn, Encoder},
    model::{
        Scorecard, Tree,
        boosted::Branches,
        scorecard::CardColumn,
        tree::{Rule, Split},
    },
    output::{
        card::{
            learner_name,
            words::{bare_meaning, count, percent, share, weight},
        },
        chart::escape,
    },
    units::Language,
};

/// So many points double the odds.
const POINTS_TO_DOUBLE: f64 = 20.0;
/// Columns of a scorecard that are shown.
const COLUMNS: usize = 20;
/// Questions on a path of the tree that are drawn.
const DEPTH: usize = 6;

/// What a learner holds that people can read.
pub(super) fn of(page: &mut Page, part: &Part<'_>, fitted: &Fitted, encoder: &Encoder) {
    let language = page.language();
    match fitted {
        Fitted::Logistic(card) => {
            page.fold(language.pick("The scorecard's points", "评分卡分值表"));
            scorecard(page, part, card, encoder);
            page.end_fold();
        }
        Fitted::Tree(tree) => {
            page.fold(language.pick("The tree", "决策树"));
            draw(page, part, tree, encoder);
            page.end_fold();
        }
        Fitted::Boost(boosted) => {
            let (trees, leaves) =
                (boosted.trees.len(), boosted.trees.iter().map(Branches::leaves).sum::<usize>());
            let (trees, leaves) = (count(trees as u64), count(leaves as u64));
            page.note(&language.pick(
                format!("The boosted trees are a sum of {trees} trees with {leaves} leaves: no single rule decides. reveille explain takes one customer's score apart, exactly."),
                format!("提升树为 {trees} 棵树（共 {leaves} 个叶节点）之和，不由单条规则决定。可用 reveille explain 精确分解单个客户的评分。"),
            ));
        }
        Fitted::Blend(blend) => {
            let rows: Vec<_> = blend
                .parts
                .iter()
                .map(|part| {
                    let name = learner_name(part.fitted.name(), language);
                    vec![name.to_owned(), format!("{:.3}", part.weight)]
                })
                .collect();
            page.small_heading(language.pick("What the blend adds up", "融合模型的构成"));
            page.table(&[("Learner", "算法"), ("Weight of its logit", "对数几率权重")], 1, &rows);
            blend.parts.iter().for_each(|each| of(page, part, &each.fitted, encoder));
        }
    }
}

fn points(logit: f64) -> String {
    let points = (logit * POINTS_TO_DOUBLE / std::f64::consts::LN_2).round() as i64;
    if points > 0 { format!("+{points}") } else { points.to_string() }
}

fn scorecard(page: &mut Page, part: &Part<'_>, card: &Scorecard, encoder: &Encoder) {
    let language = page.language();
    let start = points(card.intercept);
    let happened = part.which.happened(language);
    page.note(&language.pick(
        format!("A customer starts with {start} points and gets those of one group a column; {POINTS_TO_DOUBLE} points more double the odds. The rate is the share of training customers in the group who {happened}."),
        format!("起始分为 {start}，每个变量按所属分组加分；每增加 {POINTS_TO_DOUBLE} 分，几率翻倍。比率为训练样本中该组客户{happened}的占比。"),
    ));
    let mut columns: Vec<(&CardColumn, &EncodedColumn)> = card
        .columns
        .iter()
        .filter_map(|column| Some((column, encoder.columns.get(column.column as usize)?)))
        .collect();
    columns.sort_by(|(a, _), (b, _)| b.information_value.total_cmp(&a.information_value));
    let mut rows = Vec::new();
    for (column, encoded) in columns.iter().take(COLUMNS) {
        let all: f64 = column.groups.iter().map(|group| group.rows).sum();
        let mut name = page.called(&encoded.name);
        for (number, group) in column.groups.iter().enumerate() {
            let within: Vec<bool> =
                column.group_of.iter().map(|of| usize::from(*of) == number).collect();
            let values = bare_meaning(encoded, &within, language);
            if values.trim().is_empty() || group.rows <= 0.0 {
                continue;
            }
            rows.push(vec![
                std::mem::take(&mut name),
                values.trim().to_owned(),
                points(group.logit),
                percent(share(group.rows, all)),
                percent(share(group.events, group.rows)),
            ]);
        }
    }
    let head = [
        ("Column", "变量"),
        ("Group", "分组"),
        ("Points", "分值"),
        ("Customers", "占比"),
        ("Rate", "比率"),
    ];
    page.table(&head, 2, &rows);
    if columns.len() > COLUMNS {
        let more = columns.len() - COLUMNS;
        page.note(&language.pick(
            format!("{more} weaker columns are in the model card."),
            format!("其余 {more} 个较弱的变量见模型卡。"),
        ));
    }
}

fn draw(page: &mut Page, part: &Part<'_>, tree: &Tree, encoder: &Encoder) {
    let language = page.language();
    let happened = part.which.happened(language);
    page.note(&language.pick(
        format!("Read it from the top: every line is a group of training customers with its size; the bar is the share of them who {happened}."),
        format!("自上而下阅读：每行为一组训练客户及其规模，色条为其中{happened}的占比。"),
    ));
    let most = tree.nodes.iter().map(|node| share(node.events, node.rows)).fold(0.0, f64::max);
    let mut markup = String::from("<ul class=\"tree\">");
    let drawing = Drawing { tree, encoder, page, language, most };
    drawing.node(0, language.pick("everybody", "全部客户"), 0, &mut markup);
    markup.push_str("</ul>\n");
    page.raw(&markup);
}

struct Drawing<'a> {
    tree: &'a Tree,
    encoder: &'a Encoder,
    page: &'a Page,
    language: Language,
    /// The highest rate of a node.
    most: f64,
}

impl Drawing<'_> {
    fn node(&self, at: usize, words: &str, depth: usize, markup: &mut String) {
        let Some(node) = self.tree.nodes.get(at) else { return };
        let rate = share(node.events, node.rows);
        let wide = if self.most > 0.0 { rate / self.most * 90.0 } else { 0.0 };
        let _ = write!(
            markup,
            "<li>{} <span class=\"rate\" style=\"width:{wide:.0}px\"></span><b>{}</b> <span class=\"soft\">{}</span>",
            escape(words),
            percent(rate),
            self.language
                .pick(format!("of {}", weight(node.rows)), format!("（{} 位）", weight(node.rows))),
        );
        // A child stands after its parent, so this ends.
        let children = node
            .split
            .as_ref()
            .filter(|split| depth < DEPTH && split.left as usize > at && split.right as usize > at);
        if let Some(split) = children {
            markup.push_str("<ul>");
            for (child, side) in [(split.left, true), (split.right, false)] {
                self.node(child as usize, &self.question(split, side), depth + 1, markup);
            }
            markup.push_str("</ul>");
        } else if node.split.is_some() {
            markup.push_str(" …");
        }
        markup.push_str("</li>");
    }

    fn question(&self, split: &Split, left: bool) -> String {
        let Some(column) = self.encoder.columns.get(split.column as usize) else {
            return String::new();
        };
        let codes = column.bins.code_count();
        let goes = |code: usize| split.left_if.goes_left(code as u8) == left;
        let within: Vec<bool> = (0..codes).map(goes).collect();
        let colon = self.language.pick(": ", "：");
        let mut values = bare_meaning(column, &within, self.language);
        // Few would be missing, and they go with the others.
        if matches!(split.left_if, Rule::AtMost { .. }) && values.is_empty() {
            values.push('–');
        }
        format!("{}{colon}{}", self.page.called(&column.name), values.trim())
    }
}
