//! Column names: the nearest one to a misspelt name, and when a name needs quotes.

use super::Kind;

/// Names are compared on this many characters.
const COMPARED: usize = 64;

/// The column whose name is nearest to `name`: one that differs in capitals only, else the one with
/// the fewest changed characters, at most a third of them.
///
/// # Source
/// Levenshtein (1966), with transpositions of neighbours counted as one change (Damerau 1964).
pub(super) fn nearest<'a>(name: &str, columns: &[(&'a str, Kind)]) -> Option<&'a str> {
    let folded = name.to_lowercase();
    if let Some((column, _)) = columns.iter().find(|(c, _)| c.to_lowercase() == folded) {
        return Some(column);
    }
    let wanted: Vec<char> = folded.chars().take(COMPARED).collect();
    let limit = (wanted.len() / 3).max(1);
    columns
        .iter()
        .map(|(column, _)| {
            let have: Vec<char> = column.to_lowercase().chars().take(COMPARED).collect();
            (distance(&wanted, &have), have.len(), *column)
        })
        .filter(|&(changes, length, _)| changes <= limit && changes < length)
        .min()
        .map(|(_, _, column)| column)
}

fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let change = last[j] + usize::from(x != y);
            let mut best = change.min(last[j + 1] + 1).min(row[j] + 1);
            let swapped = i > 0 && j > 0 && a[i - 1] == *y && b[j - 1] == *x;
            if swapped && x != y {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(0)
}

/// Whether a character can be part of a name that stands without quotes.
///
/// Letters and digits of every script, `_`, and signs outside ASCII, such as emoji, but not blanks and
/// not the full-width and typographic punctuation that is easily typed in place of SQL's own.
pub(super) fn is_name_part(c: char) -> bool {
    let lookalike = matches!(c, '\u{2000}'..='\u{206f}' | '\u{3000}'..='\u{3004}'
        | '\u{3008}'..='\u{3020}' | '\u{ff00}'..='\u{ff0f}' | '\u{ff1a}'..='\u{ff20}'
        | '\u{ff3b}'..='\u{ff40}' | '\u{ff5b}'..='\u{ff65}' | '×' | '÷' | '−' | '≤' | '≥' | '≠'
        | '\u{feff}');
    c == '_'
        || c.is_alphanumeric()
        || !(c.is_ascii() || c.is_whitespace() || c.is_control() || lookalike)
}

/// What SQL has in place of a full-width or typographic sign.
pub(super) fn plain_sign(c: char) -> Option<&'static str> {
    Some(match c {
        '（' => "(",
        '）' => ")",
        '，' | '、' => ",",
        '＝' => "=",
        '＜' => "<",
        '＞' => ">",
        '≤' => "<=",
        '≥' => ">=",
        '≠' => "<>",
        '＋' => "+",
        '－' | '−' | '–' | '—' => "-",
        '＊' | '×' => "*",
        '／' | '÷' => "/",
        '％' => "%",
        '‘' | '’' | '＇' | '“' | '”' => "'",
        '＂' => "\"",
        _ => return None,
    })
}

/// The name in double quotes, as SQL writes a name.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The name as a person would write it: bare where that is allowed.
pub(super) fn written(name: &str) -> String {
    let bare = name.chars().all(is_name_part) && !name.starts_with(|c: char| c.is_numeric());
    if bare && !name.is_empty() && !super::reader::is_grammar(name) {
        name.to_owned()
    } else {
        quoted(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_ignores_capitals_first() {
        let columns = [("Exited", Kind::Number), ("exit", Kind::Number), ("余额", Kind::Number)];
        assert_eq!(nearest("EXITED", &columns), Some("Exited"));
        assert_eq!(nearest("Exietd", &columns), Some("Exited"));
        assert_eq!(nearest("exi", &columns), Some("exit"));
        assert_eq!(nearest("余颔", &columns), Some("余额"));
        assert_eq!(nearest("balance", &columns), None);
        assert_eq!(nearest("", &columns), None);
    }

    #[test]
    fn distances() {
        let chars = |s: &str| s.chars().collect::<Vec<_>>();
        for (a, b, want) in [("", "", 0), ("abc", "", 3), ("kitten", "sitting", 3), ("ab", "ba", 1)]
        {
            assert_eq!(distance(&chars(a), &chars(b)), want, "{a} {b}");
        }
    }

    #[test]
    fn names_that_need_quotes_get_them() {
        assert_eq!(written("age"), "age");
        assert_eq!(written("客户号"), "客户号");
        assert_eq!(written("Customer Status"), "\"Customer Status\"");
        assert_eq!(written("2024_flag"), "\"2024_flag\"");
        assert_eq!(written("end"), "\"end\"");
        assert_eq!(written("a\"b"), "\"a\"\"b\"");
    }
}
