//! Expressions: SQLite as oracle, the laws of three-valued logic, hostile text, errors.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

use std::{fmt::Write, sync::Arc};

use arrow_array::{ArrayRef, BooleanArray, Date32Array, Float64Array, RecordBatch, StringArray};
use proptest::prelude::*;
use reveille::{
    error::{Kind as Cause, Place},
    expr::{Expr, Kind},
    units::Day,
};
use serde::Deserialize;

/// The columns of the oracle's table.
const COLUMNS: [(&str, Kind); 9] = [
    ("a", Kind::Number),
    ("b", Kind::Number),
    ("余额", Kind::Number),
    ("s", Kind::Text),
    ("t", Kind::Text),
    ("p", Kind::Boolean),
    ("q", Kind::Boolean),
    ("d", Kind::Date),
    ("e", Kind::Date),
];

#[derive(Deserialize)]
struct Oracle {
    rows: Vec<Row>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Row {
    a: Option<f64>,
    b: Option<f64>,
    #[serde(rename = "余额")]
    balance: Option<f64>,
    s: Option<String>,
    t: Option<String>,
    p: Option<bool>,
    q: Option<bool>,
    d: Option<String>,
    e: Option<String>,
}

#[derive(Deserialize)]
struct Case {
    expr: String,
    kind: String,
    values: Vec<serde_json::Value>,
}

fn oracle() -> (RecordBatch, Vec<Case>) {
    let oracle: Oracle = serde_json::from_str(include_str!("oracle/expr_sqlite.json")).unwrap();
    let rows = &oracle.rows;
    let numbers = |f: fn(&Row) -> Option<f64>| -> ArrayRef {
        Arc::new(rows.iter().map(f).collect::<Float64Array>())
    };
    let texts = |f: fn(&Row) -> Option<&str>| -> ArrayRef {
        Arc::new(rows.iter().map(f).collect::<StringArray>())
    };
    let truths = |f: fn(&Row) -> Option<bool>| -> ArrayRef {
        Arc::new(rows.iter().map(f).collect::<BooleanArray>())
    };
    let dates = |f: fn(&Row) -> Option<&str>| -> ArrayRef {
        Arc::new(
            rows.iter().map(|r| f(r).map(|d| Day::parse(d).unwrap().0)).collect::<Date32Array>(),
        )
    };
    let columns = [
        numbers(|r| r.a),
        numbers(|r| r.b),
        numbers(|r| r.balance),
        texts(|r| r.s.as_deref()),
        texts(|r| r.t.as_deref()),
        truths(|r| r.p),
        truths(|r| r.q),
        dates(|r| r.d.as_deref()),
        dates(|r| r.e.as_deref()),
    ];
    let named = COLUMNS.iter().zip(columns).map(|((name, _), column)| (*name, column));
    (RecordBatch::try_from_iter(named).unwrap(), oracle.cases)
}

fn parse(text: &str) -> Expr {
    Expr::parse(text, &COLUMNS).unwrap_or_else(|e| panic!("{text}: {e}"))
}

#[test]
fn sqlite_has_the_same_values() {
    let (rows, cases) = oracle();
    assert!(cases.len() >= 300);
    for Case { expr: text, kind, values } in cases {
        let expr = parse(&text);
        for expr in [&expr, &parse(&expr.sql())] {
            match kind.as_str() {
                "number" => {
                    let got = expr.numbers(&rows).unwrap();
                    for (row, (got, want)) in got.iter().zip(&values).enumerate() {
                        let same = match (got, want.as_f64()) {
                            (None, None) => true,
                            (Some(x), Some(y)) => (x - y).abs() <= 1e-12 * y.abs().max(1.0),
                            _ => false,
                        };
                        assert!(same, "{text}: row {row}: {got:?}, SQLite {want}");
                    }
                }
                "boolean" => {
                    let want: Vec<_> = values.iter().map(serde_json::Value::as_bool).collect();
                    assert_eq!(expr.truth(&rows).unwrap(), want, "{text}");
                }
                _ => {
                    let want: Vec<_> =
                        values.iter().map(|v| v.as_str().map(str::to_owned)).collect();
                    assert_eq!(expr.texts(&rows).unwrap(), want, "{text}");
                }
            }
        }
    }
}

#[test]
fn canonical_sql_reads_back_to_itself() {
    for Case { expr, .. } in oracle().1 {
        let expr = parse(&expr);
        let again = parse(&expr.sql());
        assert_eq!(again.sql(), expr.sql());
        assert_eq!(again.kind(), expr.kind());
        assert_eq!(again.columns(), expr.columns());
    }
}

/// Nine rows: every pair of truth values.
fn pairs() -> RecordBatch {
    let all = [Some(true), Some(false), None];
    let p: BooleanArray = all.iter().flat_map(|p| [*p; 3]).collect();
    let q: BooleanArray = all.iter().cycle().take(9).copied().collect();
    RecordBatch::try_from_iter([("p", Arc::new(p) as ArrayRef), ("q", Arc::new(q) as ArrayRef)])
        .unwrap()
}

fn over_pairs(text: &str) -> Vec<Option<bool>> {
    let columns = [("p", Kind::Boolean), ("q", Kind::Boolean)];
    Expr::parse(text, &columns).unwrap().truth(&pairs()).unwrap()
}

#[test]
fn truth_tables() {
    let (t, f, u) = (Some(true), Some(false), None);
    // p: t t t f f f u u u; q: t f u t f u t f u
    assert_eq!(over_pairs("p AND q"), [t, f, u, f, f, f, u, f, u]);
    assert_eq!(over_pairs("p OR q"), [t, t, t, t, f, u, t, u, u]);
    assert_eq!(over_pairs("NOT p"), [f, f, f, t, t, t, u, u, u]);
    assert_eq!(over_pairs("p = q"), [t, f, u, f, t, u, u, u, u]);
    assert_eq!(over_pairs("p IS TRUE"), [t, t, t, f, f, f, f, f, f]);
    assert_eq!(over_pairs("p IS NOT TRUE"), [f, f, f, t, t, t, t, t, t]);
    assert_eq!(over_pairs("p IS UNKNOWN"), [f, f, f, f, f, f, t, t, t]);
    assert_eq!(over_pairs("p IN (q, FALSE)"), [t, f, u, t, t, t, u, u, u]);
    assert_eq!(over_pairs("p NOT IN (q, FALSE)"), [f, t, u, f, f, f, u, u, u]);
    assert_eq!(over_pairs("p AND NULL"), [u, u, u, f, f, f, u, u, u]);
}

/// Any boolean expression over p and q.
fn logic() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![Just("p"), Just("q"), Just("TRUE"), Just("NULL")].prop_map(String::from);
    leaf.prop_recursive(4, 24, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(x, y)| format!("({x} AND {y})")),
            (inner.clone(), inner.clone()).prop_map(|(x, y)| format!("({x} OR {y})")),
            inner.clone().prop_map(|x| format!("NOT ({x})")),
            inner.prop_map(|x| format!("({x}) IS NOT FALSE")),
        ]
    })
}

/// Text that is nearly SQL.
#[allow(clippy::too_many_lines, reason = "a list")]
fn scraps() -> impl Strategy<Value = String> {
    let scrap = prop::sample::select(vec![
        "a",
        "b",
        "余额",
        "s",
        "p",
        "d",
        "1",
        "2.5",
        "1e400",
        "'x'",
        "'2026-01-31'",
        "DATE",
        "NULL",
        "TRUE",
        "(",
        ")",
        "(",
        ")",
        ",",
        "+",
        "-",
        "*",
        "/",
        "%",
        "||",
        "=",
        "<>",
        "<",
        ">=",
        "AND",
        "OR",
        "NOT",
        "IN",
        "IS",
        "BETWEEN",
        "LIKE",
        "ILIKE",
        "ESCAPE",
        "CASE",
        "WHEN",
        "THEN",
        "ELSE",
        "END",
        "CAST",
        "AS",
        "TEXT",
        "DOUBLE",
        "PRECISION",
        "::",
        "COALESCE",
        "LEAST",
        "ABS",
        "ROUND",
        "SUM",
        "SELECT",
        "OVER",
        "INTERVAL",
        "EXISTS",
        ".",
        ";",
        "\"",
        "'",
        "`",
        "$1",
        "$$",
        "--",
        "/*",
        "[",
        "{",
        ":",
        "@",
        "?",
        "E'",
        "X'",
        "U&'",
        "N'",
        "\\",
        "\0",
        "😀",
        "（",
        "\u{feff}",
        "\n",
        "\t",
        "XOR",
        "DIV",
        "ANY",
        "AT",
        "TIME",
        "ZONE",
        "COLLATE",
        "DISTINCT",
        "FROM",
        "UNKNOWN",
        "#",
        "->",
        "=>",
        "!",
    ]);
    prop::collection::vec(scrap, 0..24).prop_map(|scraps| scraps.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn de_morgan_and_double_negation(x in logic(), y in logic()) {
        prop_assert_eq!(
            over_pairs(&format!("NOT ({x} AND {y})")),
            over_pairs(&format!("NOT ({x}) OR NOT ({y})"))
        );
        prop_assert_eq!(
            over_pairs(&format!("NOT ({x} OR {y})")),
            over_pairs(&format!("(NOT ({x})) AND NOT ({y})"))
        );
        prop_assert_eq!(over_pairs(&format!("NOT (NOT ({x}))")), over_pairs(&x));
    }

    #[test]
    fn an_operation_on_a_missing_value_is_missing(
        x in prop::option::of(-1e9..1e9f64),
        y in prop::option::of(-1e9..1e9f64),
    ) {
        let column = |x| Arc::new(Float64Array::from(vec![x])) as ArrayRef;
        let rows = RecordBatch::try_from_iter([("x", column(x)), ("y", column(y))]).unwrap();
        let columns = [("x", Kind::Number), ("y", Kind::Number)];
        for sign in ["+", "-", "*", "/", "%", "=", "<>", "<", "<=", ">", ">="] {
            let value = Expr::parse(&format!("x {sign} y"), &columns).unwrap().numbers(&rows).unwrap();
            let dividing = (sign == "/" || sign == "%") && y == Some(0.0);
            prop_assert_eq!(value[0].is_none(), x.is_none() || y.is_none() || dividing);
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,60}") {
        let _ = Expr::parse(&text, &COLUMNS);
    }

    #[test]
    fn any_scraps_are_read_or_refused_with_a_hint(text in scraps()) {
        let (rows, _) = oracle();
        match Expr::parse(&text, &COLUMNS) {
            Ok(expr) => {
                let again = parse(&expr.sql());
                prop_assert_eq!(again.sql(), expr.sql());
                let values = |e: &Expr| (e.truth(&rows).ok(), e.numbers(&rows).ok(), e.texts(&rows).ok());
                prop_assert_eq!(values(&again), values(&expr));
            }
            Err(error) => {
                prop_assert!(matches!(error.place(), Some(Place::Expression(..))), "{}", error);
                prop_assert!(error.hint().len() > 5);
            }
        }
    }
}

#[test]
fn hostile_texts_are_refused_quickly() {
    let deep =
        |open: &str, close: &str, n: usize| [open.repeat(n), "1".into(), close.repeat(n)].concat();
    let texts = [
        deep("(", ")", 10_000),
        deep("(", ")", 60_000),
        deep("ABS(", ")", 10_000),
        deep("NOT ", "", 900),
        deep("-", "", 900),
        deep("- ", "", 30_000),
        deep("CASE WHEN p THEN ", " END", 5_000),
        deep("a IN (", ")", 5_000),
        "1 + ".repeat(30_000) + "1",
        "p AND ".repeat(999) + "(",
        "p IS NULL".to_owned() + &" IS NULL".repeat(800),
        "a".to_owned() + &"::TEXT::DOUBLE".repeat(400),
        "x".repeat(1_000_000),
        "'".to_owned() + &"x".repeat(1_000_000),
        "a\0b".into(),
        "\0".into(),
        "😀 = 1".into(),
        "\u{202e}a".into(),
        "case".repeat(1000),
        "case-".repeat(900) + "c",
        "CASE ".repeat(39),
        "(CASE ".repeat(20),
        "CAST(".repeat(39) + "a",
        "date ".repeat(900),
        "( ( a".repeat(20),
        "[".repeat(5000),
        "{".repeat(5000),
        "a.".repeat(5000),
        "\"".repeat(4001),
        "/*".repeat(5000),
        "a between ".repeat(900),
        "a like ".repeat(900),
    ];
    for text in texts {
        let start = std::time::Instant::now();
        let error = Expr::parse(&text, &COLUMNS).err();
        let shown: String = text.chars().take(30).collect();
        assert!(error.is_some(), "{shown}");
        assert!(error.unwrap().to_string().len() < 2000, "{shown}");
        assert!(start.elapsed().as_secs() < 5, "{shown}: {:?}", start.elapsed());
    }
}

#[test]
fn what_is_long_but_reasonable_is_read() {
    let (rows, _) = oracle();
    let many: Vec<String> = (0..8000).map(|i| i.to_string()).collect();
    for text in [
        format!("a IN ({})", many.join(", ")),
        "p OR ".repeat(900) + "q",
        "a + ".repeat(900) + "1",
        "(".repeat(39) + "a" + &" + 1)".repeat(39) + " IS NULL IS NULL",
        "a - (".repeat(20) + "a" + &")".repeat(20),
        "CASE WHEN p THEN 1 ELSE ".repeat(15) + "0" + &" END".repeat(15),
        format!("CASE {} END", "WHEN a = 1 THEN 'x' ".repeat(200)),
    ] {
        let expr = parse(&text);
        assert!(
            expr.truth(&rows).is_ok() || expr.numbers(&rows).is_ok() || expr.texts(&rows).is_ok()
        );
    }
}

#[test]
fn names_of_every_kind() {
    let columns = [
        ("Customer Status", Kind::Text),
        ("2024_flag", Kind::Number),
        ("order", Kind::Number),
        ("default", Kind::Text),
        ("emp.var.rate", Kind::Number),
        ("客户号", Kind::Number),
        ("say \"hi\"", Kind::Number),
        ("date", Kind::Date),
        ("end", Kind::Number),
        ("a", Kind::Number),
        ("\"a\"", Kind::Text),
        ("余额（元）", Kind::Number),
        ("ABS", Kind::Number),
        ("😀", Kind::Number),
    ];
    for (text, needs) in [
        ("Customer Status", "Customer Status"),
        ("  2024_flag ", "2024_flag"),
        ("order", "order"),
        ("order > 3", "order"),
        ("`order` > 3", "order"),
        ("default = 'yes'", "default"),
        ("emp.var.rate < -1", "emp.var.rate"),
        ("客户号 = 1", "客户号"),
        ("\"Customer Status\" = 'x'", "Customer Status"),
        ("\"say \"\"hi\"\"\" = 1", "say \"hi\""),
        ("date >= '2026-01-31'", "date"),
        ("date = DATE '2026-01-31'", "date"),
        ("\"end\" = 1", "end"),
        ("余额（元）", "余额（元）"),
        ("\"a\"", "\"a\""),
        ("a", "a"),
        ("ABS(ABS) > 1", "ABS"),
        ("😀 > 1", "😀"),
    ] {
        let expr = Expr::parse(text, &columns).unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(expr.columns().into_iter().collect::<Vec<_>>(), [needs], "{text}");
        let again = Expr::parse(&expr.sql(), &columns).unwrap();
        assert_eq!((again.sql(), again.columns()), (expr.sql(), expr.columns()), "{text}");
    }
}

/// Every error as a user sees it.
#[test]
#[allow(clippy::too_many_lines, reason = "a list")]
fn errors_say_what_where_and_what_now() {
    let columns = [
        ("Exited", Kind::Number),
        ("age", Kind::Number),
        ("status", Kind::Text),
        ("opened", Kind::Date),
        ("flag", Kind::Boolean),
        ("Customer Status", Kind::Text),
        ("2024_flag", Kind::Number),
        ("end", Kind::Date),
    ];
    let mut shown = String::new();
    for text in [
        "",
        "exited",
        "Exietd = 1",
        "status = \"closed\"",
        "Customer Status = 'x'",
        "2024_flag = 1",
        "end > 1",
        "age >",
        "age > 30 AND",
        "(age > 30",
        "age > 30)",
        "age > 30 status",
        "status = 'closed",
        "\"status = 'x'",
        "age BETWEEN 1",
        "age IN ()",
        "age IN 1",
        "status LIKE",
        "age NOT 3",
        "age IS 3",
        "CASE WHEN flag THEN 1",
        "CASE flag THEN 1 END",
        "CAST(age AS)",
        "CAST(age AS INT)",
        "COALESCE()",
        "LN(1, 2)",
        "ROUND(age, 1, 2)",
        "age = '30'",
        "age = 'old'",
        "status = 1",
        "flag = 1",
        "age = TRUE",
        "status = TRUE",
        "opened > 5",
        "opened > 'soon'",
        "opened > status",
        "status > age",
        "Exited AND flag",
        "status OR flag",
        "NOT age",
        "age LIKE '3%'",
        "age || 'x'",
        "-status",
        "flag + 1",
        "LOWER(age)",
        "COALESCE(age, 'none')",
        "CASE WHEN flag THEN 1 ELSE 'x' END",
        "CAST(opened AS DOUBLE)",
        "CAST(age AS DATE)",
        "SUM(age) > 3",
        "(SELECT 1)",
        "EXISTS (SELECT 1)",
        "LAG(age) OVER (ORDER BY age)",
        "ABS(age) OVER ()",
        "IIF(flag, 1, 2)",
        "opened + INTERVAL '3 days'",
        "opened < CURRENT_DATE",
        "status SIMILAR TO 'x'",
        "age & 1",
        "age ^ 2",
        "age; DROP",
        "age > 30，flag",
        "（age > 30）",
        "age ≥ 30",
        "status = ‘x’",
        "status = $1",
        "age[1]",
        "status LIKE 'x' ESCAPE 'ab'",
        "1e999",
        "x.y = 1",
        "age > 30\n  AND agee < 40",
        "age = 1 AND 状态 = 'x'",
        "(age, flag)",
        "age <> ALL (1)",
        "COUNT(*)",
        "E'x'",
        "age -> 1",
        "SELECT age",
        "age > 1 WHERE flag",
        "opened + opened",
        "GREATEST(age, opened)",
    ] {
        let error = Expr::parse(text, &columns).err().unwrap_or_else(|| panic!("{text}"));
        writeln!(shown, "{:?} {error}\n  hint: {}", error.kind(), error.hint()).unwrap();
    }
    insta::assert_snapshot!(shown);
}

fn one(name: &str, column: ArrayRef) -> RecordBatch {
    RecordBatch::try_from_iter([(name, column)]).unwrap()
}

#[test]
fn an_outcome_may_be_a_column() {
    let (t, f, u) = (Some(true), Some(false), None);
    let rows = one("Exited", Arc::new(Float64Array::from(vec![Some(1.0), Some(0.0), None])));
    let exited = Expr::parse("Exited", &[("Exited", Kind::Number)]).unwrap();
    assert_eq!(exited.truth(&rows).unwrap(), [t, f, u]);

    let words = vec![
        Some("Yes"),
        Some("no "),
        None,
        Some(" TRUE"),
        Some("f"),
        Some("是"),
        Some("否"),
        Some(""),
    ];
    let rows = one("y", Arc::new(StringArray::from(words)));
    let y = Expr::parse("y", &[("y", Kind::Text)]).unwrap();
    assert_eq!(y.truth(&rows).unwrap(), [t, f, u, t, f, t, f, u]);

    let rows = one("label", Arc::new(Float64Array::from(vec![-1.0, 1.0, 1.0])));
    let columns = [("label", Kind::Number)];
    let label = Expr::parse("label = -1", &columns).unwrap();
    assert_eq!(label.truth(&rows).unwrap(), [t, f, f]);
    let error = Expr::parse("label", &columns).unwrap().truth(&rows).unwrap_err();
    assert_eq!(error.kind(), Cause::NotBinary);
    assert_eq!(
        error.to_string(),
        "column label: it holds -1 and 1, and an outcome holds 0 and 1 only"
    );
    assert_eq!(error.hint(), "write the outcome as a comparison, e.g. \"label = 1\"");

    let status: StringArray =
        ["stays", "left", "stays", "stays", "stays"].map(Some).into_iter().collect();
    let rows = one("Customer Status", Arc::new(status));
    let error =
        Expr::parse("Customer Status", &[("Customer Status", Kind::Text)]).unwrap().truth(&rows);
    let error = error.unwrap_err();
    assert!(error.to_string().contains("it holds 'left' and 'stays'"), "{error}");
    assert!(error.hint().ends_with("\"\"Customer Status\" = 'left'\""), "{}", error.hint());
}

#[test]
fn names_of_people_are_not_shown() {
    let names: StringArray = (0..100).map(|i| Some(format!("Person {i}"))).collect();
    let rows = one("name", Arc::new(names));
    let error = Expr::parse("name", &[("name", Kind::Text)]).unwrap().truth(&rows).unwrap_err();
    assert!(!format!("{error} {}", error.hint()).contains("Person"), "{error}");
    let error = Expr::parse("name", &[("name", Kind::Text)]).unwrap().numbers(&rows).unwrap_err();
    assert_eq!(error.kind(), Cause::ExpressionType);
}

#[test]
fn many_rows_in_blocks_have_the_same_values() {
    let n = 100_003;
    let x: Vec<Option<f64>> = (0..n).map(|i| (i % 7 != 0).then(|| f64::from(i))).collect();
    let rows = one("x", Arc::new(Float64Array::from(x.clone())));
    let expr = Expr::parse("x * 2 + 1", &[("x", Kind::Number)]).unwrap();
    let want: Vec<Option<f64>> = x.iter().map(|x| x.map(|x| x * 2.0 + 1.0)).collect();
    assert_eq!(expr.numbers(&rows).unwrap(), want);
    assert_eq!(expr.numbers(&rows.slice(40_000, 50_001)).unwrap(), want[40_000..90_001]);
    assert_eq!(expr.numbers(&rows.slice(5, 0)).unwrap(), []);
}

#[test]
fn cells_that_are_no_numbers_are_missing() {
    let x = Float64Array::from(vec![f64::NAN, f64::INFINITY, 1e308, -0.0]);
    let rows = one("x", Arc::new(x));
    let numbers =
        |text: &str| Expr::parse(text, &[("x", Kind::Number)]).unwrap().numbers(&rows).unwrap();
    assert_eq!(numbers("x"), [None, None, Some(1e308), Some(0.0)]);
    assert_eq!(numbers("x * 10"), [None, None, None, Some(0.0)]);
    assert_eq!(numbers("x IS NULL"), [Some(1.0), Some(1.0), Some(0.0), Some(0.0)]);
    assert_eq!(numbers("x IN (0)"), [None, None, Some(0.0), Some(1.0)]);
    assert_eq!(numbers("LN(x)"), [None, None, Some(1e308_f64.ln()), None]);
    assert_eq!(numbers("POWER(x, 2)"), [None, None, None, Some(0.0)]);
}

#[test]
fn casts_dates_and_rounding() {
    let (rows, _) = oracle();
    let text = |text: &str| parse(text).texts(&rows).unwrap()[0].clone();
    let number = |text: &str| parse(text).numbers(&rows).unwrap()[0];
    assert_eq!(text("CAST(7 AS TEXT) || '/' || CAST(0.1 AS TEXT)").as_deref(), Some("7/0.1"));
    assert_eq!(text("CAST(DATE '2026-01-31' + 1 AS TEXT)").as_deref(), Some("2026-02-01"));
    assert_eq!(text("CAST(DATE '2026-01-31' + 1.5 AS TEXT)").as_deref(), Some("2026-02-01"));
    assert_eq!(text("CAST(DATE '2026-01-31' + 1e9 AS TEXT)"), None);
    assert_eq!(text("TRUE::TEXT").as_deref(), Some("true"));
    assert_eq!(number("CAST(' 1.5 ' AS DOUBLE PRECISION)"), Some(1.5));
    assert_eq!(number("CAST('x' AS DOUBLE)"), None);
    assert_eq!(number("CAST('inf' AS DOUBLE)"), None);
    assert_eq!(number("CAST('20260131' AS DATE) - DATE '2026-01-01'"), Some(30.0));
    assert_eq!(number("DATE '2026-03-01' - '2026-02-01'"), Some(28.0));
    assert_eq!(number("CAST(p AS DOUBLE) + 0 * 1 IS NOT NULL OR TRUE"), Some(1.0));
    assert_eq!(number("ROUND(-2.5)"), Some(-3.0));
    assert_eq!(number("ROUND(1234.567, 1)"), Some(1234.6));
    assert_eq!(number("ROUND(1234.567, -2)"), Some(1200.0));
    assert_eq!(number("ROUND(0.1, 400)"), Some(0.1));
    assert_eq!(number("7 / 2"), Some(3.5));
    assert_eq!(number("-7 % 3"), Some(-1.0));
    assert_eq!(number("- 2 * - 3"), Some(6.0));
    assert_eq!(number("1 - -1"), Some(2.0));
    assert_eq!(number("2 + 3 * 4 - 10 / 5"), Some(12.0));
}
