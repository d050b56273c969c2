//! How far the customers have moved from those that the model learned from.

use super::page::Page;
use crate::{
    output::{
        card::words::count,
        chart::{Bar, bars},
        manifest::{ColumnFacts, MAJOR_SHIFT},
    },
    units::Language,
};

/// Columns that are drawn.
const DRAWN: usize = 10;
/// From here on a column has moved a little.
///
/// # Source
/// The usual limits of .1 and .25: Siddiqi, *Credit Risk Scorecards* (2006).
const MINOR_SHIFT: f64 = 0.1;

/// The section.
pub(super) fn of(page: &mut Page, columns: &[ColumnFacts]) {
    let language = page.language();
    page.section("drift", "Whether customers have changed", "客户是否变化");
    let shifted = columns.iter().filter(|column| column.psi >= MAJOR_SHIFT).count();
    let a_little = columns.iter().filter(|column| column.psi >= MINOR_SHIFT).count() - shifted;
    page.paragraph(&answer(shifted, a_little, columns.len(), language));
    let longest = columns.first().map_or(0.0, |column| column.psi).max(2.0 * MAJOR_SHIFT);
    let drawn: Vec<Bar> = columns
        .iter()
        .take(DRAWN)
        .map(|column| Bar {
            name: page.called(&column.name),
            share: column.psi / longest,
            told: format!("{:.3}", column.psi),
            look: if column.psi >= MAJOR_SHIFT { 2 } else { 1 },
        })
        .collect();
    let caption = language.pick("The columns that moved most", "变化最大的变量");
    let label = language.pick("PSI against training (no unit)", "相对训练样本的 PSI（无单位）");
    page.begin("charts two");
    page.figure(
        &bars(caption, label, &drawn),
        caption,
        language.pick(
            "Below 0.1 is little, from 0.25 on (orange) the model should be trained again.",
            "低于 0.1 为轻微；达到 0.25（橙色）应重新训练。",
        ),
    );
    page.end();
    let rows: Vec<Vec<String>> = columns
        .iter()
        .map(|column| {
            vec![
                page.called(&column.name),
                format!("{:.4}", column.psi),
                count(column.missing),
                count(column.unseen),
                count(column.outside),
            ]
        })
        .collect();
    let head = [
        ("Column", "变量"),
        ("PSI", "PSI"),
        ("Missing cells", "缺失"),
        ("Unknown categories", "未知类别"),
        ("Outside the range of training", "超出训练范围"),
    ];
    page.fold(language.pick("All columns", "全部变量"));
    page.table(&head, 1, &rows);
    page.end_fold();
}

fn answer(shifted: usize, a_little: usize, all: usize, language: Language) -> String {
    match (shifted, a_little) {
        (0, 0) => language.pick(
            format!("No: none of {all} columns is distributed otherwise than at training."),
            format!("否：{all} 个变量的分布均与训练时一致。"),
        ),
        (0, few) => language.pick(
            format!("A little: {few} of {all} columns have moved (PSI from 0.1 to 0.25), none far."),
            format!("略有变化：{all} 个变量中有 {few} 个轻微偏移（PSI 0.1 至 0.25）。"),
        ),
        (far, few) => language.pick(
            format!("Yes: {far} of {all} columns have moved far (PSI of 0.25 or more), {few} a little. Where time itself is in a column (tenure, days since a campaign) that is natural; elsewhere train again."),
            format!("是：{all} 个变量中有 {far} 个明显偏移（PSI ≥ 0.25），{few} 个轻微偏移。若变量本身随时间推移（如开户时长），属正常现象；否则应重新训练。"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_goes_by_the_usual_limits() {
        let tell = |a, b| answer(a, b, 30, Language::En);
        assert!(tell(0, 0).starts_with("No"));
        assert!(tell(0, 2).starts_with("A little: 2 of 30"));
        assert!(tell(3, 1).starts_with("Yes: 3 of 30"));
    }

    #[test]
    fn every_column_is_told() {
        let column = |name: &str, psi| ColumnFacts {
            name: name.to_owned(),
            psi,
            unseen: 0,
            outside: 12,
            missing: 3,
        };
        for language in [Language::En, Language::Zh] {
            let mut page = Page::new(language);
            of(&mut page, &[column("aum", 0.3), column("age", 0.0)]);
            let page = page.finish("");
            assert!(page.contains("0.3000") && page.contains("age") && page.contains("0.300"));
        }
    }
}
