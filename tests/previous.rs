//! The feed from month to month: bands that stay, lists that stay, and readers that keep reading.
#![allow(clippy::unwrap_used, clippy::float_cmp)]

mod support;

use support::{Desk, column, root};

/// A desk with a model of the bank in `data/` and its customers of today, scored into `feed.csv`.
fn scored() -> (Desk, String) {
    let desk = Desk::new();
    let data = |name: &str| root().join("data").join(name).to_str().unwrap().to_owned();
    let current = data("current.csv");
    desk.run(&[
        "-q",
        "train",
        &data("history.csv"),
        "--id",
        "customer_id",
        "--as-of",
        "as_of",
        "--churn",
        "churned_90d",
        "--reactivation",
        "reactivated_90d",
        "--dormant",
        "days_since_last_txn > 90",
        "--prospect",
        "days_since_last_txn IS NULL",
        "--value",
        "aum * 0.012 + fees_12m",
        "--learner",
        "tree",
    ]);
    desk.run(&["-q", "predict", &current, "-o", "feed.csv"]);
    (desk, current)
}

/// A table with one more column at its end.
fn with_a_column(table: &str, name: &str, cell: &str) -> String {
    let mut lines = table.lines();
    let header = format!("{},{name}\n", lines.next().unwrap());
    lines.fold(header, |all, line| all + line + "," + cell + "\n")
}

/// The feed, its alerts and the list are those of the last month to the byte but for the column that
/// says where a customer was, and the mark of who is new on the list.
#[test]
fn nothing_changed_means_no_turnover() {
    let (desk, current) = scored();
    let told =
        desk.try_run(&["predict", &current, "-o", "again/feed.csv", "--previous", "feed.csv"]);
    assert!(!told.status.success(), "a folder that is not there is not made");
    std::fs::create_dir(desk.path("again")).unwrap();
    let again = ["predict", &current, "-o", "again/feed.csv", "--previous", "feed.csv"];
    let told = String::from_utf8(desk.try_run(&again).stderr).unwrap();
    assert!(
        told.contains("0 of 1,465 customers of the last feed changed their quadrant"),
        "{told}"
    );

    let (before, after) = (desk.read("feed.csv"), desk.read("again/feed.csv"));
    assert_eq!(column(&after, "previous_quadrant"), column(&before, "quadrant"));
    for (before, after) in before.lines().zip(after.lines()).skip(1) {
        let [before, after] = [before, after].map(|line| line.rsplit_once(',').unwrap().0);
        assert_eq!(before, after);
    }
    for beside in ["alerts.csv", "holdout.csv", "employers.csv", "rejects.csv"] {
        assert_eq!(desk.bytes(beside), desk.bytes(&format!("again/{beside}")), "{beside}");
    }
    let moves = desk.json("again/manifest.json")["playbook"]["moves"].clone();
    assert!(moves.as_array().unwrap().iter().all(|step| step["from"] == step["to"]), "{moves}");

    let limits =
        ["--anyway", "--capacity", "phone=10", "--capacity", "wechat=50", "--budget", "100"];
    desk.run(&[&["-q", "campaign", "plan", "feed.csv", "-o", "list.csv"][..], &limits].concat());
    let again = ["-q", "campaign", "plan", "again/feed.csv", "-o", "again/list.csv"];
    let stable = ["--previous", "list.csv", "--max-turnover", "0"];
    desk.run(&[&again[..], &stable, &limits].concat());
    let lists = [desk.read("list.csv"), desk.read("again/list.csv")];
    let [first, second] = lists.map(|list| column(&list, "customer_id"));
    assert!(first.len() > 50, "{}", first.len());
    assert_eq!(first, second);
    assert!(column(&desk.read("again/list.csv"), "is_new").iter().all(|new| new == "0"));
    assert_eq!(desk.json("again/plan.json")["newcomers"], 0);
}

/// A value that went up or down by some per cent: the band is the last one unless the cut is crossed
/// by a tenth of it.
#[test]
fn a_band_stays_until_the_customer_has_clearly_moved() {
    let (desk, current) = scored();
    let table = std::fs::read_to_string(&current).unwrap();
    let at = table.lines().next().unwrap().split(',').position(|name| name == "aum").unwrap();
    let moved = table.lines().enumerate().map(|(row, line)| {
        let mut cells: Vec<String> = line.split(',').map(str::to_owned).collect();
        if let Ok(aum) = cells[at].parse::<f64>() {
            let change = [0.6, 0.93, 1.07, 1.6][row % 4];
            cells[at] = format!("{:.2}", aum * change);
        }
        cells.join(",") + "\n"
    });
    desk.write("moved.csv", moved.collect::<String>());
    desk.run(&["-q", "predict", "moved.csv", "-o", "next.csv", "--previous", "feed.csv"]);
    let (before, after) = (desk.read("feed.csv"), desk.read("next.csv"));
    let cuts = desk.json("manifest.json")["cuts"].clone();
    let (mut stayed, mut changed) = (0, 0);
    let mut check = |last: &str, now: &str, figure: f64, cut: f64| {
        let edge = if last == "high" { cut * 0.9 } else { cut * 1.1 };
        assert_eq!(now, if figure >= edge { "high" } else { "low" }, "{last}, {figure}, cut {cut}");
        let alone = if figure >= cut { "high" } else { "low" };
        stayed += usize::from(now != alone);
        changed += usize::from(now != last);
    };
    for (band, figure, cut) in [
        ("value_band", "value", "value"),
        ("risk_band", "churn_probability", "churn"),
        ("risk_band", "reactivation_probability", "reactivation"),
    ] {
        let cut = cuts[cut].as_f64().unwrap();
        let figures = column(&after, figure);
        let bands = column(&before, band).into_iter().zip(column(&after, band));
        for ((last, now), figure) in bands.zip(figures) {
            if let (Ok(figure), "high" | "low") = (figure.parse(), last.as_str()) {
                check(&last, &now, figure, cut);
            }
        }
    }
    assert!(stayed > 5 && changed > 5, "{stayed} stayed, {changed} changed");
}

/// What a later version adds stands at the end of the lines: this one reads it as if it were not there.
#[test]
fn a_feed_of_the_next_version_is_read_like_its_own() {
    let (desk, current) = scored();
    let next = with_a_column(&desk.read("feed.csv"), "of_version_2", "某物");
    desk.write("next.csv", next);
    let plan = |feed: &str, list: &str| {
        desk.run(&["-q", "campaign", "plan", feed, "-o", list, "--anyway", "--json"])
    };
    assert_eq!(plan("feed.csv", "a.csv"), plan("next.csv", "b.csv"));
    assert_eq!(desk.bytes("a.csv"), desk.bytes("b.csv"));
    let next = with_a_column(&desk.read("a.csv"), "of_version_2", "");
    desk.write("next-list.csv", next);
    let stable = |list: &str, out: &str| {
        let base = ["-q", "campaign", "plan", "feed.csv", "--anyway", "--json", "-o", out];
        desk.run(&[&base[..], &["--previous", list]].concat())
    };
    assert_eq!(stable("a.csv", "c.csv"), stable("next-list.csv", "d.csv"));
    let scored = |previous: &str, out: &str| {
        desk.run(&["-q", "predict", &current, "-o", out, "--previous", previous]);
        desk.bytes(out)
    };
    assert_eq!(scored("feed.csv", "e.csv"), scored("next.csv", "f.csv"));
}
