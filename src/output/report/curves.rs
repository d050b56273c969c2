//! How good: what a list of any length holds, what it earns, and whether probabilities hold.

use super::{Part, page::Page, rows_told, verdict::part_heading};
use crate::{
    metrics::Estimate,
    output::{
        card::words::{number, percent},
        chart::{Axis, Interval, Lines, Mark, Series, Unit},
    },
    units::Language,
};

/// The section.
pub(super) fn of(page: &mut Page, parts: &[Part<'_>]) {
    let language = page.language();
    page.section("curves", "How good it is", "效果曲线");
    for part in parts {
        part_heading(page, part);
        let rows = rows_told(part.found, language);
        page.note(&language.pick(format!("On {rows}."), format!("基于{rows}。")));
        page.begin("charts two");
        gains(page, part);
        lift(page, part);
        profit(page, part);
        calibration(page, part);
        page.end();
        figures(page, part);
    }
}

fn contacted(language: Language) -> Axis {
    Axis::share(
        language.pick(
            "customers contacted, the highest scores first, %",
            "按得分从高到低联系的客户（%）",
        ),
    )
}

fn series(name: &str, look: u8, points: Vec<(f64, f64)>) -> Series {
    Series { name: name.to_owned(), look, points, band: Vec::new() }
}

fn gains(page: &mut Page, part: &Part<'_>) {
    let language = page.language();
    let curve = &part.found.figures.curve;
    let events = part.which.events(language);
    let mut captured = vec![(0.0, 0.0)];
    captured.extend(curve.iter().map(|at| (at.depth, at.capture)));
    let mut lines = vec![series(events, 1, captured)];
    let mut value = vec![(0.0, 0.0)];
    value.extend(curve.iter().filter_map(|at| Some((at.depth, at.value_capture?))));
    if value.len() > 1 {
        lines.push(series(language.pick("their value", "其价值"), 2, value));
    }
    lines.push(series(language.pick("chance", "随机"), 5, vec![(0.0, 0.0), (1.0, 1.0)]));
    let caption = language.pick("What a list catches", "名单的覆盖率");
    let chart = Lines {
        title: caption.to_owned(),
        x: contacted(language),
        y: Axis::share(&language.pick(
            format!("share of all {events} on the list, %"),
            format!("名单覆盖的{events}（%）"),
        )),
        series: lines,
        intervals: None,
        marks: Vec::new(),
    };
    page.figure(
        &chart.draw(),
        caption,
        language.pick("The further above the dashed line, the better.", "曲线越高于虚线越好。"),
    );
}

fn lift(page: &mut Page, part: &Part<'_>) {
    let language = page.language();
    let figures = &part.found.figures;
    let points: Vec<_> = figures.curve.iter().map(|at| (at.depth, at.lift)).collect();
    let told = |(at, lift): (&crate::metrics::AtDepth, &Estimate)| Interval {
        x: at.depth,
        y: lift.value,
        range: (lift.low, lift.high),
    };
    let intervals: Vec<_> =
        figures.metrics.depths.iter().zip(&figures.lifts).skip(1).map(told).collect();
    let highest = points.iter().map(|(_, y)| *y).chain(intervals.iter().map(|i| i.range.1));
    let caption = language.pick("Lift", "提升度");
    let chart = Lines {
        title: caption.to_owned(),
        x: contacted(language),
        y: Axis::around(
            language.pick("times as many as by chance, ×", "相对随机的倍数（×）"),
            Unit::Times,
            highest,
        ),
        series: vec![
            series(language.pick("the model", "模型"), 1, points),
            series(language.pick("chance", "随机"), 5, vec![(0.0, 1.0), (1.0, 1.0)]),
        ],
        intervals: Some((language.pick("95% interval", "95% 区间").to_owned(), intervals)),
        marks: Vec::new(),
    };
    page.figure(&chart.draw(), caption, "");
}

fn profit(page: &mut Page, part: &Part<'_>) {
    let language = page.language();
    let figures = &part.found.figures;
    let mut points = vec![(0.0, 0.0)];
    points.extend(figures.curve.iter().map(|at| (at.depth, at.profit)));
    let caption = language.pick("Expected profit", "预期利润");
    let best = figures.best_depth;
    let marks = if best > 0.0 {
        let best_told = percent(best);
        let name = language.pick(format!("best: {best_told}"), format!("最优：{best_told}"));
        vec![Mark { x: best, name }]
    } else {
        Vec::new()
    };
    let chart = Lines {
        title: caption.to_owned(),
        x: contacted(language),
        y: Axis::around(
            language.pick("profit per customer of the table, money", "平均每位客户利润（金额）"),
            Unit::Plain,
            points.iter().map(|(_, y)| *y),
        ),
        series: vec![series(language.pick("the model", "模型"), 1, points)],
        intervals: None,
        marks,
    };
    let note = if best > 0.0 {
        language.pick(
            "At the mean acceptance rate. Beyond the mark, each further contact costs more than it brings.",
            "按平均接受率计算。超过标记处后，每多联系一位客户都得不偿失。",
        )
    } else {
        language.pick(
            "At the mean acceptance rate, no list pays for itself.",
            "按平均接受率计算，任何名单都无法回本。",
        )
    };
    page.figure(&chart.draw(), caption, note);
}

fn calibration(page: &mut Page, part: &Part<'_>) {
    let language = page.language();
    let groups = &part.found.figures.calibration;
    let told = groups.iter().map(|group| Interval {
        x: group.predicted,
        y: group.observed.value,
        range: (group.observed.low, group.observed.high),
    });
    let intervals: Vec<_> = told.collect();
    let most = intervals.iter().map(|i| i.range.1.max(i.x)).fold(0.0, f64::max);
    let caption = language.pick("Do probabilities hold?", "概率是否可信");
    let y = match part.which {
        super::Which::Churn => language.pick("customers who left, %", "实际流失率（%）"),
        super::Which::Reactivation => {
            language.pick("customers who came back, %", "实际唤醒率（%）")
        }
    };
    let axis = |label: &str| Axis::around(label, Unit::Percent, std::iter::once(most));
    let (x, y) = (axis(part.which.probability(language)), axis(y));
    let end = x.range.1;
    let chart = Lines {
        title: caption.to_owned(),
        series: vec![series(
            language.pick("as predicted", "与预测一致"),
            5,
            vec![(0.0, 0.0), (end, end)],
        )],
        intervals: Some((
            language.pick("tenths of customers, 95% interval", "客户十等分，95% 区间").to_owned(),
            intervals,
        )),
        marks: Vec::new(),
        x,
        y,
    };
    page.figure(
        &chart.draw(),
        caption,
        language.pick(
            "Intervals that touch the dashed line: the probabilities can be taken at their word.",
            "区间与虚线相交，表示概率可信。",
        ),
    );
}

/// A figure with its interval.
pub(super) fn interval(estimate: &Estimate, tell: impl Fn(f64) -> String) -> String {
    format!("{} ({}–{})", tell(estimate.value), tell(estimate.low), tell(estimate.high))
}

fn figures(page: &mut Page, part: &Part<'_>) {
    let language = page.language();
    let figures = &part.found.figures;
    let metrics = &figures.metrics;
    let three = |x: f64| format!("{x:.3}");
    let four = |x: f64| format!("{x:.4}");
    let row = |en: &str, zh: &str, told: String| vec![language.pick(en, zh).to_owned(), told];
    let mut rows = vec![
        row("Event rate", "发生率", interval(&figures.event_rate, percent)),
        row(
            "AUC: chance that an event scores above a non-event",
            "AUC：事件客户得分高于非事件客户的概率",
            interval(&metrics.auc, three),
        ),
        row("KS", "KS", three(metrics.ks)),
        row("Average precision (PR-AUC)", "平均精度（PR-AUC）", three(metrics.pr_auc)),
        row("Log loss, nats", "对数损失（nat）", interval(&figures.log_loss_interval, four)),
        row("Brier score", "Brier 分数", interval(&figures.brier_interval, four)),
        row("Expected calibration error", "期望校准误差（ECE）", four(metrics.ece)),
        row(
            "Calibration slope (1 is right)",
            "校准斜率（1 为准确）",
            three(metrics.calibration_slope),
        ),
        row(
            "Calibration intercept (0 is right)",
            "校准截距（0 为准确）",
            three(metrics.calibration_intercept),
        ),
        row(
            "Expected maximum profit per customer, money",
            "期望最大利润（金额/客户）",
            number(metrics.empc, 5),
        ),
    ];
    if let Some(ratio) = &figures.observed_over_expected {
        rows.insert(
            7,
            row(
                "Observed over expected events",
                "实际/预期事件数",
                interval(ratio, |x| format!("{x:.2}")),
            ),
        );
    }
    let depths = metrics.depths.iter().zip(&figures.captures);
    rows.extend(depths.map(|(at, capture)| {
        let depth = format!("{}%", number(at.depth * 100.0, 4));
        vec![
            language
                .pick(format!("Caught by the top {depth}"), format!("得分最高 {depth} 的覆盖率")),
            interval(capture, percent),
        ]
    }));
    page.fold(language.pick("All figures with their 95% intervals", "全部指标及 95% 区间"));
    page.table(&[("Figure", "指标"), ("Value", "数值")], 1, &rows);
    page.end_fold();
}
