//! Column names: when a name needs quotes.

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
    fn names_that_need_quotes_get_them() {
        assert_eq!(written("age"), "age");
        assert_eq!(written("客户号"), "客户号");
        assert_eq!(written("Customer Status"), "\"Customer Status\"");
        assert_eq!(written("2024_flag"), "\"2024_flag\"");
        assert_eq!(written("end"), "\"end\"");
        assert_eq!(written("a\"b"), "\"a\"\"b\"");
    }
}
