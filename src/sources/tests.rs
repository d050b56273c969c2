use std::{io::Write, sync::Arc};

use arrow_array::{Array, cast::AsArray, types::Date32Type, types::Float64Type};
use proptest::prelude::*;

use super::{
    input::Bytes,
    table::{open_bytes, scan_bytes},
    *,
};
use crate::{
    error::{Kind, Result},
    units::Day,
};

/// A table laid out cell by cell, to compare.
#[derive(Debug, Clone, PartialEq)]
struct Seen {
    columns: Vec<Column>,
    rows: Vec<Vec<Option<String>>>,
    lines: Vec<u64>,
    numbers: Vec<u64>,
    rejects: Vec<Reject>,
    notes: Vec<String>,
    count: u64,
}

fn kept(bytes: &[u8]) -> Bytes {
    Bytes::Kept(Arc::new(bytes.to_vec()))
}

fn cells(column: &dyn Array) -> Vec<Option<String>> {
    match column.data_type() {
        arrow_schema::DataType::Float64 => {
            let numbers = column.as_primitive::<Float64Type>();
            numbers.iter().map(|x| x.map(|x| x.to_string())).collect()
        }
        arrow_schema::DataType::Date32 => {
            let days = column.as_primitive::<Date32Type>();
            days.iter().map(|x| x.map(|x| Day(x).to_string())).collect()
        }
        _ => column.as_string::<i32>().iter().map(|x| x.map(str::to_owned)).collect(),
    }
}

fn lay_out(blocks: impl Iterator<Item = Result<Block>>, seen: &mut Seen) -> Result<()> {
    for block in blocks {
        let block = block?;
        let columns: Vec<_> = block.rows.columns().iter().map(|c| cells(c.as_ref())).collect();
        assert_eq!(block.lines.len(), block.rows.num_rows());
        assert_eq!(block.numbers.len(), block.rows.num_rows());
        for row in 0..block.rows.num_rows() {
            seen.rows.push(columns.iter().map(|column| column[row].clone()).collect());
        }
        seen.lines.extend(block.lines);
        seen.numbers.extend(block.numbers);
        seen.rejects.extend(block.rejects);
    }
    Ok(())
}

fn see_with(bytes: &[u8], params: &ReadParams, length: usize) -> Result<Seen> {
    let input = Input::Stdin;
    let scan = scan_bytes(&input, kept(bytes), params, length)?;
    let blocks =
        open_bytes(&input, &kept(bytes), params, Some(scan.format), &scan.columns, length)?;
    let mut seen = Seen {
        columns: scan.columns,
        rows: Vec::new(),
        lines: Vec::new(),
        numbers: Vec::new(),
        rejects: Vec::new(),
        notes: scan.notes,
        count: scan.rows,
    };
    lay_out(blocks, &mut seen)?;
    assert_eq!(seen.count as usize, seen.rows.len() + seen.rejects.len());
    Ok(seen)
}

fn see(bytes: &[u8]) -> Result<Seen> {
    see_with(bytes, &ReadParams::default(), text::LENGTH)
}

fn kinds(seen: &Seen) -> Vec<ColumnType> {
    seen.columns.iter().map(|column| column.kind).collect()
}

fn on_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

const SMALL: &str = "id,amount,day,city\n007,1.5,2026-03-31,Köln\n008,,2026/4/1,北京\n";

#[test]
fn a_small_table_is_read_with_its_types() {
    let seen = see(SMALL.as_bytes()).unwrap();
    let (date, number, text) = (ColumnType::Date, ColumnType::Number, ColumnType::Text);
    assert_eq!(kinds(&seen), [text, number, date, text]);
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(seen.rows[0], [some("007"), some("1.5"), some("2026-03-31"), some("Köln")]);
    assert_eq!(seen.rows[1], [some("008"), None, some("2026-04-01"), some("北京")]);
    assert_eq!((seen.lines, seen.numbers), (vec![2, 3], vec![1, 2]));
}

#[test]
fn encodings_and_wrappings_read_alike() {
    let plain = see(SMALL.as_bytes()).unwrap();
    let utf16 = |little: bool, mark: bool| -> Vec<u8> {
        let text = if mark { format!("\u{feff}{SMALL}") } else { SMALL.to_owned() };
        let pair = |c: u16| if little { c.to_le_bytes() } else { c.to_be_bytes() };
        text.encode_utf16().flat_map(pair).collect()
    };
    let (gb, _, _) = encoding_rs::GB18030.encode(SMALL);
    let same: Vec<(&str, Vec<u8>)> = vec![
        ("mark", format!("\u{feff}{SMALL}").into_bytes()),
        ("utf-16le", utf16(true, true)),
        ("utf-16be", utf16(false, true)),
        ("utf-16le without mark", utf16(true, false)),
        ("utf-16be without mark", utf16(false, false)),
        ("gb18030", gb.to_vec()),
        ("crlf", SMALL.replace('\n', "\r\n").into_bytes()),
        ("cr", SMALL.replace('\n', "\r").into_bytes()),
        ("semicolon", SMALL.replace(',', ";").into_bytes()),
        ("tab", SMALL.replace(',', "\t").into_bytes()),
        ("bar", SMALL.replace(',', "|").into_bytes()),
        ("gzip", gzip(SMALL.as_bytes())),
        (
            "two gzip members",
            [gzip(&SMALL.as_bytes()[..30]), gzip(&SMALL.as_bytes()[30..])].concat(),
        ),
        ("zstd", zstd::encode_all(SMALL.as_bytes(), 1).unwrap()),
        ("gzip of utf-16", gzip(&utf16(true, true))),
        ("no last line end", SMALL.trim_end().as_bytes().to_vec()),
        ("empty lines", SMALL.replace('\n', "\n\n").into_bytes()),
    ];
    for (name, bytes) in same {
        let seen = see(&bytes).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!((&seen.columns, &seen.rows), (&plain.columns, &plain.rows), "{name}");
    }
}

#[test]
fn an_encoding_is_found_far_behind_the_first_bytes() {
    let mut text = String::from("id,city\n");
    let filler = "a".repeat(200);
    text.extend((0..4_000).map(|i| format!("{i},{filler}\n")));
    text.push_str("4000,上海\n");
    let (gb, _, _) = encoding_rs::GB18030.encode(&text);
    for bytes in [gb.as_ref(), text.as_bytes()] {
        let seen = see(bytes).unwrap();
        assert_eq!(seen.rows.last().unwrap()[1].as_deref(), Some("上海"));
        assert!(seen.rejects.is_empty());
    }
}

#[test]
fn latin_1_is_not_taken_for_chinese() {
    let text = b"id,name\n1,Andr\xe9\n2,Zo\xeb\n3,Bob\n4,\xc9mile\n";
    let seen = see(text).unwrap();
    assert_eq!(seen.rows.len(), 1);
    assert_eq!(seen.rejects.len(), 3);
    assert_eq!(seen.rejects[0].line, 2);
    assert_eq!(seen.rejects[0].column.as_deref(), Some("name"));
}

#[test]
fn a_fault_costs_one_row() {
    let text =
        "a,b,c\n1,2,3\n1,2\n1,2,3,4\n4,\"x,5\n6,y,7\n8,\"z\",9\n10,\"u\"v,11\n12,w\0,13\n14,w,15\n";
    let seen = see(text.as_bytes()).unwrap();
    assert_eq!(seen.lines, [2, 6, 7, 10]);
    assert_eq!(seen.numbers, [1, 5, 6, 9]);
    let faults: Vec<_> =
        seen.rejects.iter().map(|r| (r.line, r.column.as_deref(), r.cause.as_str())).collect();
    let quote = "has a quote that does not close where its cell ends";
    assert_eq!(
        faults,
        [
            (3, None, "has 2 cells where the header has 3"),
            (4, None, "has 4 cells where the header has 3"),
            (5, Some("b"), quote),
            (8, Some("b"), quote),
            (9, Some("b"), "holds a NUL byte"),
        ]
    );
}

#[test]
fn quotes_may_hold_anything() {
    let text = "a,b\n\"1\n2\",\"x \"\"y\"\", z\"\r\n3,5\" pipe\n";
    let seen = see(text.as_bytes()).unwrap();
    assert_eq!(seen.rows[0][0].as_deref(), Some("1\n2"));
    assert_eq!(seen.rows[0][1].as_deref(), Some("x \"y\", z"));
    assert_eq!(seen.rows[1][1].as_deref(), Some("5\" pipe"));
    assert_eq!(seen.lines, [2, 4]);
}

fn failure(bytes: &[u8]) -> (Kind, String) {
    let error = see(bytes).unwrap_err();
    (error.kind(), error.to_string())
}

#[test]
fn a_long_way_back_to_the_next_row_is_found_in_pieces_too() {
    let text = b"a,b\n\"\n1\n.,.aa,\"a\n\n\"\n";
    let params = ReadParams { delimiter: Some(','), ..ReadParams::default() };
    for length in 1..30 {
        assert_eq!(see_with(text, &params, length).unwrap(), see(text).unwrap(), "{length}");
    }
}

#[test]
fn a_doubtful_file_is_refused_with_its_place() {
    let cases: [(&[u8], Kind, &str); 14] = [
        (b"", Kind::EmptyTable, "<stdin>: the file is empty"),
        (b"\n\n", Kind::EmptyTable, "<stdin>: the file is empty"),
        (b"a,b\n", Kind::EmptyTable, "<stdin>: the table has no rows"),
        (b"a,b,a\n1,2,3\n", Kind::BadHeader, "<stdin>:1: columns 1 and 3 have the same name \"a\""),
        (b"a,,c\n1,2,3\n", Kind::BadHeader, "<stdin>:1: column 2 has no name"),
        (
            b"a,\xff\xfe\xff\n1,2\n",
            Kind::BadEncoding,
            "<stdin>:1: the name of column 2 is not text in the file's encoding",
        ),
        (
            b"a,b\0\n1,2\n",
            Kind::BadHeader,
            "<stdin>:1: the name of column 2 holds a control character",
        ),
        (
            b"a,b\n1,2\n3,\"4\n5,6\n",
            Kind::UnclosedQuote,
            "<stdin>:3: the quote that opens in this line never closes",
        ),
        (
            b"a,\"b\n1,2\n",
            Kind::UnclosedQuote,
            "<stdin>:1: the quote that opens in this line never closes",
        ),
        (
            b"PK\x03\x04rest",
            Kind::UnknownFormat,
            "<stdin>: this is an Excel or zip file, not a table",
        ),
        (b"PAR1rest", Kind::UnknownFormat, "<stdin>: the Parquet data is damaged or cut off"),
        (b"ARROW1\0\0rest", Kind::UnknownFormat, "<stdin>: the Arrow data is damaged or cut off"),
        (b"\xff\xff\xff\xff", Kind::UnknownFormat, "<stdin>: the Arrow data is damaged or cut off"),
        (b"\x1f\x8brest", Kind::UnknownFormat, "<stdin>: the gzip data is damaged or cut off"),
    ];
    for (bytes, kind, words) in cases {
        assert_eq!(failure(bytes), (kind, words.to_owned()), "{bytes:?}");
    }
}

#[test]
fn a_cut_compression_is_refused() {
    let text = (0..20_000).fold(String::from("a,b\n"), |t, i| t + &format!("{i},{}\n", i * 7919));
    for whole in [gzip(text.as_bytes()), zstd::encode_all(text.as_bytes(), 1).unwrap()] {
        for cut in [5, 100, whole.len() / 2, whole.len() - 1] {
            assert_eq!(failure(&whole[..cut]).0, Kind::UnknownFormat, "{cut}");
        }
    }
}

#[test]
fn a_row_without_end_is_refused() {
    let mut text = b"a,b\n1,".to_vec();
    text.resize(cut::LONGEST_RECORD + 3 * cut::STRETCH, b'x');
    assert_eq!(failure(&text).0, Kind::TooLarge);
    text[6] = b'"';
    assert_eq!(
        failure(&text),
        (Kind::UnclosedQuote, "<stdin>:2: the quote that opens in this line never closes".into())
    );
}

#[test]
fn an_index_column_gets_a_name() {
    let seen = see(b",x\n0,5\n1,6\n").unwrap();
    assert_eq!(seen.columns[0].name, "Unnamed: 0");
    assert_eq!(seen.notes.len(), 1);
}

fn one_column(cells: impl IntoIterator<Item = String>) -> Seen {
    let text = cells.into_iter().fold(String::from("x,n\n"), |t, cell| t + &cell + ",1\n");
    see(text.as_bytes()).unwrap()
}

#[test]
fn ids_stay_text_and_dates_are_found() {
    let kind = |cells: &[&str]| kinds(&one_column(cells.iter().map(ToString::to_string)))[0];
    assert_eq!(kind(&["12", "0012"]), ColumnType::Text);
    assert_eq!(kind(&["12", "1234567890123456789"]), ColumnType::Text);
    assert_eq!(kind(&["123456789012345", "0"]), ColumnType::Number);
    assert_eq!(kind(&["0.001", "0"]), ColumnType::Number);
    assert_eq!(kind(&["20260331", "20251231"]), ColumnType::Date);
    assert_eq!(kind(&["20260331", "20261331"]), ColumnType::Number);
    assert_eq!(kind(&["20260331", "2026-04-01"]), ColumnType::Date);
    assert_eq!(kind(&["2026-03", "NA"]), ColumnType::Date);
    assert_eq!(kind(&["", "NA"]), ColumnType::Text);
    assert_eq!(kind(&["NaN", "1"]), ColumnType::Number);
    assert_eq!(kind(&["NaN", "x"]), ColumnType::Text);
    assert_eq!(kind(&["inf", "1"]), ColumnType::Text);
    assert_eq!(kind(&["1", "x"]), ColumnType::Text);
    assert_eq!(kind(&["true", "false"]), ColumnType::Text);
}

#[test]
fn a_few_faults_among_many_numbers_are_set_aside() {
    let cells = |numbers: usize, odd: usize| {
        let all = (0..numbers).map(|i| i.to_string());
        one_column(all.chain((0..odd).map(|_| "oops".to_owned())))
    };
    let seen = cells(990, 10);
    assert_eq!(kinds(&seen)[0], ColumnType::Number);
    assert_eq!(seen.rejects.len(), 10);
    assert_eq!(seen.rejects[0].line, 992);
    assert_eq!(seen.rejects[0].cause, "is not a number");
    assert_eq!(
        seen.notes,
        [
            "column \"x\" is read as numbers: 10 of its 1000 cells are none (first in line 992), and \
          their rows are set aside"
        ]
    );
    let mixed = cells(989, 11);
    assert_eq!(kinds(&mixed)[0], ColumnType::Text);
    assert_eq!(mixed.notes.len(), 1);
    assert_eq!(kinds(&cells(989, 9))[0], ColumnType::Text);
}

#[test]
fn given_types_overrule() {
    let mut params = ReadParams::default();
    params.types.insert("id".into(), ColumnType::Number);
    params.types.insert("amuont".into(), ColumnType::Text);
    let seen = see_with(SMALL.as_bytes(), &params, text::LENGTH).unwrap();
    assert_eq!(seen.rows[0][0].as_deref(), Some("7"));
    assert_eq!(
        seen.notes,
        ["a type is given for \"amuont\", which is no column; the nearest is \"amount\""]
    );
}

#[test]
fn only_wanted_columns_are_read_in_the_wanted_order() {
    let wanted = |name: &str, kind| Column { name: name.into(), kind };
    let params = ReadParams::default();
    let input = Input::Stdin;
    let columns = [wanted("city", ColumnType::Text), wanted("amount", ColumnType::Number)];
    let bytes = kept(SMALL.as_bytes());
    let blocks: Vec<_> = open_bytes(&input, &bytes, &params, None, &columns, text::LENGTH)
        .unwrap()
        .collect::<Result<_>>()
        .unwrap();
    let names: Vec<_> = blocks[0].rows.schema().fields().iter().map(|f| f.name().clone()).collect();
    assert_eq!(names, ["city", "amount"]);
    let absent = [wanted("Amout", ColumnType::Number)];
    let error = open_bytes(&input, &bytes, &params, None, &absent, text::LENGTH).err().unwrap();
    assert_eq!(error.kind(), Kind::MissingColumn);
    assert_eq!(
        error.to_string(),
        "<stdin>: there is no column \"Amout\"; the nearest name is \"amount\""
    );
}

#[test]
fn work_in_parallel_keeps_the_order() {
    let text = (0..5000).fold(String::from("a,b\n"), |t, i| t + &format!("{i},x\n"));
    let wanted = [Column { name: "a".into(), kind: ColumnType::Number }];
    let params = ReadParams::default();
    for threads in [1, 3] {
        let numbers: Vec<u64> = on_threads(threads, || {
            let bytes = kept(text.as_bytes());
            let blocks = open_bytes(&Input::Stdin, &bytes, &params, None, &wanted, 64).unwrap();
            let mut numbers = Vec::new();
            let work = |block: Block| Ok(block.numbers);
            let take = |more: Vec<u64>| {
                numbers.extend(more);
                Ok(())
            };
            blocks.in_parallel(work, take).unwrap();
            numbers
        });
        assert_eq!(numbers, (1..=5000).collect::<Vec<_>>());
    }
}

#[test]
fn a_fault_comes_after_what_lies_before_it() {
    let text = (0..5000).fold(String::from("a,b\n"), |t, i| t + &format!("{i},x\n"));
    let wanted = [Column { name: "a".into(), kind: ColumnType::Number }];
    let params = ReadParams::default();
    for threads in [1, 3] {
        let (rows, error) = on_threads(threads, || {
            let bytes = kept(format!("{text}1,\"x\n").as_bytes());
            let blocks = open_bytes(&Input::Stdin, &bytes, &params, None, &wanted, 64).unwrap();
            let mut rows = 0;
            let take = |more: usize| {
                rows += more;
                Ok(())
            };
            let error = blocks.in_parallel(|block| Ok(block.rows.num_rows()), take).unwrap_err();
            (rows, error)
        });
        assert_eq!(error.kind(), Kind::UnclosedQuote);
        assert!(rows > 4900, "{rows}");
    }
}

#[test]
fn a_pipe_is_put_aside_where_it_is_long() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.csv");
    std::fs::write(&path, SMALL).unwrap();
    let input = Input::Path(path);
    let params = ReadParams::default();
    let of = |most: u64| {
        let bytes = Bytes::keep(&input, most).unwrap();
        assert_eq!(matches!(bytes, Bytes::Spooled(_)), most < SMALL.len() as u64);
        let scan = scan_bytes(&input, bytes, &params, 16).unwrap();
        let blocks = open(&input, &params, Some(&scan), &scan.columns).unwrap();
        let blocks: Vec<Block> = blocks.collect::<Result<_>>().unwrap();
        (scan.columns, blocks.into_iter().map(|block| block.rows).collect::<Vec<_>>())
    };
    assert_eq!(of(10), of(1000));
}

#[test]
fn a_file_that_changes_meanwhile_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.csv");
    std::fs::write(&path, SMALL).unwrap();
    let scan = scan(&Input::Path(path.clone()), &ReadParams::default()).unwrap();
    scan.still_holds().unwrap();
    std::fs::write(&path, format!("{SMALL}009,2,2026/4/1,Oslo\n")).unwrap();
    let error = scan.still_holds().unwrap_err();
    assert_eq!((error.kind(), error.hint().contains("complete")), (Kind::Io, true));
}

#[test]
fn rows_that_cannot_be_read_leave_the_others_in_their_places() {
    let lines = (1..=300).map(|row| match row % 50 {
        7 => format!("{row},x,b\n"),
        9 => format!("{row},1\n"),
        _ => format!("{row},{row}.5,n{row}\n"),
    });
    let text = std::iter::once("id,amount,note\n".to_owned()).chain(lines).collect::<String>();
    let number = ("amount".to_owned(), ColumnType::Number);
    let params = ReadParams { types: [number].into(), ..ReadParams::default() };
    let seen = see_with(text.as_bytes(), &params, text::LENGTH).unwrap();
    let good: Vec<u64> = (1..=300).filter(|row| ![7, 9].contains(&(row % 50))).collect();
    assert_eq!(seen.numbers, good);
    assert_eq!(seen.lines, good.iter().map(|row| row + 1).collect::<Vec<_>>());
    let row =
        |row: &u64| [row.to_string(), format!("{row}.5"), format!("n{row}")].map(Some).to_vec();
    assert_eq!(seen.rows, good.iter().map(row).collect::<Vec<_>>());
    let rejects: Vec<(u64, Option<&str>)> =
        seen.rejects.iter().map(|r| (r.line, r.column.as_deref())).collect();
    let bad = (0..6).flat_map(|k| [(50 * k + 8, Some("amount")), (50 * k + 10, None)]);
    assert_eq!(rejects, bad.collect::<Vec<_>>());
}

/// What the csv crate reads, blanks as missing.
fn by_csv_crate(text: &[u8]) -> Vec<Vec<Option<String>>> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text);
    let cell = |c: &str| (!c.trim().is_empty()).then(|| c.to_owned());
    reader.records().map(|r| r.unwrap().iter().map(cell).collect()).collect()
}

fn all_text(width: usize) -> ReadParams {
    let types = (0..width).map(|i| (format!("c{i}"), ColumnType::Text)).collect();
    ReadParams { missing: Vec::new(), types, delimiter: Some(','), ..ReadParams::default() }
}

fn written(rows: &[Vec<String>], width: usize, quotes: csv::QuoteStyle, crlf: bool) -> Vec<u8> {
    let terminator = if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
    let mut writer = csv::WriterBuilder::new()
        .quote_style(quotes)
        .terminator(terminator)
        .from_writer(Vec::new());
    writer.write_record((0..width).map(|i| format!("c{i}"))).unwrap();
    for row in rows {
        writer.write_record(row).unwrap();
    }
    writer.into_inner().unwrap()
}

fn table(cell: &'static str) -> impl Strategy<Value = (usize, Vec<Vec<String>>)> {
    (2_usize..5).prop_flat_map(move |width| {
        let row = proptest::collection::vec(cell, width);
        (Just(width), proptest::collection::vec(row, 1..30))
    })
}

proptest! {
    #[test]
    fn what_the_csv_crate_writes_is_read_as_it_reads(
        (width, rows) in table("[a-z0-9 ,\"\n;é北]{0,8}"),
        always in any::<bool>(),
        crlf in any::<bool>(),
        length in 1_usize..200,
    ) {
        let style = if always { csv::QuoteStyle::Always } else { csv::QuoteStyle::Necessary };
        let text = written(&rows, width, style, crlf);
        let seen = see_with(&text, &all_text(width), length).unwrap();
        prop_assert_eq!(&seen.rows, &by_csv_crate(&text));
        prop_assert!(seen.rejects.is_empty());
    }

    #[test]
    fn lines_without_quotes_are_read_as_the_csv_crate_does(
        lines in proptest::collection::vec("[a-z0-9 ,.]{0,20}", 1..40),
        crlf in any::<bool>(),
        length in 1_usize..100,
    ) {
        let end = if crlf { "\r\n" } else { "\n" };
        let text = format!("c0,c1,c2{end}{}", lines.join(end));
        let expected = by_csv_crate(text.as_bytes());
        prop_assume!(!expected.is_empty());
        let seen = see_with(text.as_bytes(), &all_text(3), length).unwrap();
        prop_assert_eq!(seen.count as usize, expected.len());
        let whole: Vec<_> = expected.into_iter().filter(|row| row.len() == 3).collect();
        prop_assert_eq!(seen.rows, whole);
    }

    #[test]
    fn neither_stretches_nor_threads_change_a_table(
        body in "([a1.]{0,3}[,\"\n]|[,\"\r\n]|\"[a,\n]{0,4}\"[,\n]){0,80}",
        length in 1_usize..60,
        threads in 1_usize..4,
    ) {
        let text = format!("a,b\n{body}");
        let params = ReadParams { delimiter: Some(','), ..ReadParams::default() };
        let whole = see_with(text.as_bytes(), &params, text::LENGTH);
        let pieces = on_threads(threads, || see_with(text.as_bytes(), &params, length));
        match (whole, pieces) {
            (Ok(whole), Ok(pieces)) => prop_assert_eq!(whole, pieces),
            (Err(whole), Err(pieces)) => prop_assert_eq!(whole.to_string(), pieces.to_string()),
            (whole, pieces) => prop_assert!(false, "{:?} is not {:?}", whole, pieces),
        }
    }

    #[test]
    fn no_bytes_panic(
        head in proptest::sample::select(vec![
            &b""[..], b"a,b\n", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x1f\x8b\x08\0\0\0\0\0\0\0",
            b"\x28\xb5\x2f\xfd", b"PAR1", b"ARROW1\0\0", b"\xff\xff\xff\xff", b"\xff\xff\xff\xff\x10\0\0\0",
        ]),
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
        length in 1_usize..100,
    ) {
        let _ = see_with(&[head, &bytes].concat(), &ReadParams::default(), length);
    }

    #[test]
    fn no_text_panics(
        text in "([\"\\x00-\\x7f]|[à-ü]|[一-丁]|[0-9,;\n]){0,200}",
        encoding in proptest::sample::select(vec![None, Some("utf-8"), Some("gb18030"), Some("utf-16le"), Some("utf-16be")]),
        length in 1_usize..100,
    ) {
        let params = ReadParams { encoding: encoding.map(str::to_owned), ..ReadParams::default() };
        let _ = see_with(text.as_bytes(), &params, length);
    }
}

mod typed {
    use arrow_array::{
        ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, DictionaryArray,
        Float32Array, Float64Array, Int32Array, Int64Array, LargeStringArray, RecordBatch,
        StringArray, StringViewArray, TimestampMicrosecondArray, UInt8Array, types::Int8Type,
    };
    use parquet::{
        arrow::ArrowWriter, basic::Compression as ParquetCompression,
        file::properties::WriterProperties,
    };

    use super::*;

    fn batch() -> RecordBatch {
        let dictionary: DictionaryArray<Int8Type> =
            vec![Some("a"), None, Some("b"), Some("a")].into_iter().collect();
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("int", Arc::new(Int32Array::from(vec![Some(1), None, Some(-3), Some(4)]))),
            ("id", Arc::new(Int64Array::from(vec![1, 2, 3, 9_007_199_254_740_993]))),
            ("count", Arc::new(Int64Array::from(vec![1, 2, 3, 4]))),
            ("small", Arc::new(UInt8Array::from(vec![1, 2, 3, 255]))),
            ("single", Arc::new(Float32Array::from(vec![0.5, f32::NAN, 1.5, 2.5]))),
            ("double", Arc::new(Float64Array::from(vec![0.1, 0.2, f64::INFINITY, 0.4]))),
            (
                "money",
                Arc::new(
                    Decimal128Array::from(vec![12_345, -5, 0, 100])
                        .with_precision_and_scale(10, 2)
                        .unwrap(),
                ),
            ),
            ("yes", Arc::new(BooleanArray::from(vec![Some(true), Some(false), None, Some(true)]))),
            ("text", Arc::new(StringArray::from(vec![Some("x"), Some("NA"), Some(" "), None]))),
            ("large", Arc::new(LargeStringArray::from(vec!["北京", "b", "c", "d"]))),
            (
                "view",
                Arc::new(StringViewArray::from(vec![
                    "short",
                    "a text of more than twelve bytes",
                    "c",
                    "d",
                ])),
            ),
            ("level", Arc::new(dictionary)),
            ("day", Arc::new(Date32Array::from(vec![0, 1, -1, 20_000]))),
            (
                "time",
                Arc::new(TimestampMicrosecondArray::from(vec![
                    0,
                    86_400_000_000 - 1,
                    -1,
                    86_400_000_000,
                ])),
            ),
            ("blob", Arc::new(BinaryArray::from(vec![&b"x"[..], b"y", b"z", b"w"]))),
        ];
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, c)| (n, c, true)))
            .unwrap()
    }

    fn parquet(compression: ParquetCompression) -> Vec<u8> {
        let properties = WriterProperties::builder()
            .set_compression(compression)
            .set_max_row_group_row_count(Some(3))
            .build();
        let mut writer =
            ArrowWriter::try_new(Vec::new(), batch().schema(), Some(properties)).unwrap();
        writer.write(&batch()).unwrap();
        writer.into_inner().unwrap()
    }

    fn arrow_stream() -> Vec<u8> {
        let mut writer =
            arrow_ipc::writer::StreamWriter::try_new(Vec::new(), &batch().schema()).unwrap();
        writer.write(&batch()).unwrap();
        writer.write(&batch().slice(0, 2)).unwrap();
        writer.finish().unwrap();
        writer.into_inner().unwrap()
    }

    fn arrow_file() -> Vec<u8> {
        let mut writer =
            arrow_ipc::writer::FileWriter::try_new(Vec::new(), &batch().schema()).unwrap();
        writer.write(&batch()).unwrap();
        writer.write(&batch().slice(0, 2)).unwrap();
        writer.finish().unwrap();
        writer.into_inner().unwrap()
    }

    fn files() -> Vec<(&'static str, Vec<u8>)> {
        vec![
            ("parquet", parquet(ParquetCompression::UNCOMPRESSED)),
            ("parquet snappy", parquet(ParquetCompression::SNAPPY)),
            ("arrow stream", arrow_stream()),
            ("arrow file", arrow_file()),
            ("arrow stream in gzip", gzip(&arrow_stream())),
        ]
    }

    #[test]
    fn every_scalar_type_is_read() {
        for (name, bytes) in files() {
            let seen = see(&bytes).unwrap_or_else(|e| panic!("{name}: {e}"));
            let text = |row: usize| -> Vec<&str> {
                seen.rows[row].iter().map(|c| c.as_deref().unwrap_or("-")).collect()
            };
            assert_eq!(
                text(0),
                [
                    "1",
                    "1",
                    "1",
                    "1",
                    "0.5",
                    "0.1",
                    "123.45",
                    "true",
                    "x",
                    "北京",
                    "short",
                    "a",
                    "1970-01-01",
                    "1970-01-01"
                ],
                "{name}"
            );
            assert_eq!(
                text(1),
                [
                    "-",
                    "2",
                    "2",
                    "2",
                    "-",
                    "0.2",
                    "-0.05",
                    "false",
                    "-",
                    "b",
                    "a text of more than twelve bytes",
                    "-",
                    "1970-01-02",
                    "1970-01-01"
                ],
                "{name}"
            );
            assert_eq!(seen.rows[2][1].as_deref(), Some("9007199254740993"), "{name}");
            assert_eq!(seen.columns[1].kind, ColumnType::Text);
            assert_eq!(seen.columns[2].kind, ColumnType::Number);
            assert_eq!(seen.numbers[..3], [1, 2, 4], "{name}");
            assert_eq!(
                seen.rejects[0],
                Reject { line: 3, column: Some("double".into()), cause: "is not finite".into() }
            );
            assert_eq!(
                seen.notes,
                ["column \"blob\" is left out: a cell of type Binary is no single value"]
            );
        }
    }

    #[test]
    fn columns_can_be_wanted_as_other_types() {
        let wanted = |name: &str, kind| Column { name: name.into(), kind };
        let columns = [
            wanted("yes", ColumnType::Number),
            wanted("int", ColumnType::Text),
            wanted("day", ColumnType::Text),
            wanted("count", ColumnType::Number),
        ];
        let params = ReadParams::default();
        for (name, bytes) in files() {
            let blocks =
                open_bytes(&Input::Stdin, &kept(&bytes), &params, None, &columns, text::LENGTH)
                    .unwrap();
            let block = blocks.map(Result::unwrap).next().unwrap();
            let row: Vec<_> = block
                .rows
                .columns()
                .iter()
                .map(|c| cells(c.as_ref())[0].clone().unwrap())
                .collect();
            assert_eq!(row, ["1", "1", "1970-01-01", "1"], "{name}");
        }
        let blob = [wanted("blob", ColumnType::Text)];
        let error = open_bytes(&Input::Stdin, &kept(&arrow_file()), &params, None, &blob, 64);
        assert_eq!(error.err().unwrap().kind(), Kind::WrongType);
    }

    #[test]
    fn a_cut_file_is_refused_or_read_to_a_batch() {
        for (name, bytes) in files() {
            for cut in (0..bytes.len()).step_by(13) {
                match see(&bytes[..cut]) {
                    Err(error) => assert!(
                        matches!(
                            error.kind(),
                            Kind::UnknownFormat
                                | Kind::EmptyTable
                                | Kind::BadHeader
                                | Kind::BadEncoding
                                | Kind::UnclosedQuote
                        ),
                        "{name} cut at {cut}: {error}"
                    ),
                    Ok(seen) => assert!(
                        cut < 8 || !name.starts_with("parquet"),
                        "{name} cut at {cut}: {seen:?}"
                    ),
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 256 } else { 20_000 }))]
        #[test]
        fn no_change_to_a_file_panics(
            which in 0_usize..5,
            changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..6),
        ) {
            let (_, mut bytes) = files().swap_remove(which);
            for (place, byte) in changes {
                let place = place.index(bytes.len());
                bytes[place] = byte;
            }
            let _ = see(&bytes);
        }
    }
}
