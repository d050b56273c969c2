//! How the model would have done month after month, had it been trained at the time.

use super::{
    Part, Which,
    curves::interval,
    evidence::{Backtest, BacktestFigures, BacktestMonth},
    page::Page,
    verdict::part_heading,
};
use crate::output::{
    card::{learner_name, words::count},
    chart::{Axis, Interval, Lines, Series, Unit},
};

type Month<'a> = (&'a BacktestMonth, &'a BacktestFigures);

/// The section.
pub(super) fn of(page: &mut Page, parts: &[Part<'_>], backtest: &Backtest) {
    let language = page.language();
    page.section("backtest", "Month by month", "逐月回测");
    let days = backtest.outcome_days;
    page.paragraph(&language.pick(
        format!("For each month a model like this one was trained on what was known on that day — snapshots whose outcome window of {days} days had ended — and measured on that month. So would it have done in use."),
        format!("每个月都用当日已知的数据（{days} 天结果窗口已结束的快照）重新训练同样的模型，再在该月上检验：这就是实际使用时应有的效果。"),
    ));
    for part in parts {
        let figures = |month: &'_ BacktestMonth| match part.which {
            Which::Churn => month.churn,
            Which::Reactivation => month.reactivation,
        };
        let found: Vec<(&BacktestMonth, BacktestFigures)> =
            backtest.months.iter().filter_map(|month| Some((month, figures(month)?))).collect();
        let months: Vec<Month<'_>> = found.iter().map(|(month, found)| (*month, found)).collect();
        part_heading(page, part);
        if months.is_empty() {
            page.paragraph(language.pick(
                "No month had enough events to train and to measure on.",
                "没有任何月份的事件数足以训练和检验。",
            ));
            continue;
        }
        page.begin("charts two");
        auc(page, &months);
        calibration(page, &months);
        page.end();
        table(page, &months);
    }
}

fn auc(page: &mut Page, months: &[Month<'_>]) {
    let language = page.language();
    let caption = language.pick("Does it rank well every month?", "每月的排序能力");
    let points = months.iter().map(|(_, figures)| figures.auc.value);
    let band = months.iter().map(|(_, figures)| (figures.auc.low, figures.auc.high));
    let label = language.pick("AUC, 0.5 is chance (no unit)", "AUC，0.5 为随机（无单位）");
    draw(page, months, caption, label, points.collect(), band.collect(), None);
}

fn calibration(page: &mut Page, months: &[Month<'_>]) {
    let language = page.language();
    let caption = language.pick("Do the numbers hold every month?", "每月的概率是否可信");
    let ratios: Vec<_> = months
        .iter()
        .filter_map(|(month, figures)| Some((*month, *figures, figures.observed_over_expected?)))
        .collect();
    let months: Vec<Month<'_>> = ratios.iter().map(|(month, found, _)| (*month, *found)).collect();
    let points = ratios.iter().map(|(.., ratio)| ratio.value).collect();
    let band = ratios.iter().map(|(.., ratio)| (ratio.low, ratio.high)).collect();
    let label = language.pick("events that came ÷ expected, ×", "实际/预期事件数（×）");
    let right = language.pick("as predicted", "与预测一致");
    draw(page, &months, caption, label, points, band, Some((right, 1.0)));
}

/// A line with its band; `level` is a height worth naming.
fn draw(
    page: &mut Page,
    months: &[Month<'_>],
    caption: &str,
    label: &str,
    values: Vec<f64>,
    band: Vec<(f64, f64)>,
    level: Option<(&str, f64)>,
) {
    let language = page.language();
    let names: Vec<String> = months.iter().map(|(month, _)| month.as_of.to_string()).collect();
    let x = Axis::named(language.pick("as-of date", "快照日"), names);
    let all = band.iter().flat_map(|(low, high)| [*low, *high]);
    let unit = if level.is_some() { Unit::Times } else { Unit::Plain };
    let y = Axis::close(label, unit, all.chain(level.map(|(_, height)| height)));
    let name = language.pick("the month, 95% interval", "当月，95% 区间").to_owned();
    let points: Vec<(f64, f64)> = (0_u32..).map(f64::from).zip(values).collect();
    // One month makes no line.
    let (mut series, mut intervals) = (Vec::new(), None);
    if let ([(x, y)], [range]) = (points.as_slice(), band.as_slice()) {
        intervals = Some((name, vec![Interval { x: *x, y: *y, range: *range }]));
    } else {
        series.push(Series { name, look: 1, points, band });
    }
    series.extend(level.map(|(name, height)| Series {
        name: name.to_owned(),
        look: 5,
        points: vec![(x.range.0, height), (x.range.1, height)],
        band: Vec::new(),
    }));
    let title = caption.to_owned();
    let chart = Lines { title, x, y, series, intervals, marks: Vec::new() };
    page.figure(&chart.draw(), caption, "");
}

fn table(page: &mut Page, months: &[Month<'_>]) {
    let language = page.language();
    let three = |x: f64| format!("{x:.3}");
    let two = |x: f64| format!("{x:.2}");
    let none = || "–".to_owned();
    let rows: Vec<Vec<String>> = months
        .iter()
        .map(|(month, figures)| {
            vec![
                month.as_of.to_string(),
                learner_name(figures.learner, language).to_owned(),
                month.learned_up_to.map_or_else(none, |day| day.to_string()),
                count(figures.learned_from),
                count(figures.rows),
                count(figures.events),
                interval(&figures.auc, three),
                interval(&figures.log_loss, |x| format!("{x:.4}")),
                figures.lift.map_or_else(none, |lift| interval(&lift, two)),
                two(figures.calibration_slope),
                figures.observed_over_expected.map_or_else(none, |ratio| interval(&ratio, two)),
            ]
        })
        .collect();
    let head = [
        ("Month", "月份"),
        ("Learner", "算法"),
        ("Learned up to", "训练截至"),
        ("Learned from", "训练样本数"),
        ("Customers", "客户数"),
        ("Events", "事件数"),
        ("AUC (95%)", "AUC（95%）"),
        ("Log loss (95%)", "对数损失（95%）"),
        ("Lift of the top tenth (95%)", "前 10% 提升度（95%）"),
        ("Calibration slope", "校准斜率"),
        ("Came / expected (95%)", "实际/预期（95%）"),
    ];
    page.table(&head, 2, &rows);
}
