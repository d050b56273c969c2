//! Text to sqlparser's tree: limits, the words that are columns, and errors in plain words.

use sqlparser::{
    ast,
    dialect::Dialect,
    keywords::Keyword,
    parser::Parser,
    tokenizer::{Location, Span, Token, TokenWithSpan, Tokenizer, Word},
};

use crate::error::{self, Result};

use super::{
    names::{is_name_part, plain_sign},
    node::Function,
    source::{Source, TOO_DEEP},
};

/// The longest expression, in bytes.
pub(super) const MAX_BYTES: usize = 64 * 1024;
/// The most operators of one expression.
const MAX_OPERATORS: usize = 1000;
/// The deepest nesting of parentheses and CASE.
const MAX_NESTING: usize = 40;
/// The deepest recursion of the parser.
const MAX_RECURSION: usize = 64;
/// The tables' SQL: names in double quotes or backticks, letters of every script in bare names.
#[derive(Debug)]
struct TableSql;

impl Dialect for TableSql {
    fn is_identifier_start(&self, c: char) -> bool {
        is_name_part(c) && !c.is_ascii_digit()
    }

    fn is_identifier_part(&self, c: char) -> bool {
        is_name_part(c)
    }

    fn is_delimited_identifier_start(&self, c: char) -> bool {
        c == '"' || c == '`'
    }

    fn is_reserved_for_identifier(&self, _: Keyword) -> bool {
        true
    }
}

/// Words with a meaning of their own; a column of that name needs quotes.
const GRAMMAR: [&str; 18] = [
    "AND", "AS", "BETWEEN", "CASE", "CAST", "ELSE", "END", "ESCAPE", "FALSE", "ILIKE", "IN", "IS",
    "LIKE", "NOT", "NULL", "OR", "THEN", "TRUE",
];

/// Whether the word has a meaning of its own.
pub(super) fn is_grammar(word: &str) -> bool {
    let word = word.to_ascii_uppercase();
    word == "WHEN" || GRAMMAR.contains(&word.as_str())
}

/// What an unsupported word or function stands for, if it is a known one.
fn unsupported(word: &str, call: Call) -> Option<&'static str> {
    Some(match word {
        "SELECT" | "EXISTS" | "ANY" | "ALL" | "SOME" => "it begins a subquery",
        "FROM" | "WHERE" | "GROUP" | "ORDER" | "HAVING" | "LIMIT" | "UNION" | "JOIN" | "WITH" => {
            "it is part of a whole query"
        }
        "OVER" | "PARTITION" => "it makes a window function, and an expression sees one row",
        "INTERVAL" => "it is an interval; add days to a date instead, as in opened + 30",
        "TIMESTAMP" | "TIME" | "EXTRACT" => "it is about a time of day",
        "SIMILAR" | "RLIKE" | "REGEXP" | "GLOB" => "it is a pattern other than LIKE's",
        "COLLATE" | "DISTINCT" => "it has no use here",
        "CURRENT_DATE" | "CURRENT_TIMESTAMP" | "NOW" => {
            "its value would change from run to run; write the date"
        }
        _ if call == Call::Bare => return None,
        "SUM" | "COUNT" | "AVG" | "MIN" | "MAX" | "STDDEV" | "VARIANCE" | "MEDIAN" => {
            "it is an aggregate, and an expression sees one row"
        }
        "LAG" | "LEAD" | "ROW_NUMBER" | "RANK" | "DENSE_RANK" | "NTILE" | "FIRST_VALUE"
        | "LAST_VALUE" => "it is a window function, and an expression sees one row",
        "IF" | "IIF" | "DECODE" => "write CASE WHEN … THEN … ELSE … END",
        _ => "there is no such function",
    })
}

/// Whether a parenthesis follows a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Call {
    Bare,
    Called,
}

impl Source<'_> {
    /// Reads the text as one expression.
    pub(super) fn parse(&self) -> Result<ast::Expr> {
        if self.text().len() > MAX_BYTES {
            let what = format!("the expression is longer than {} KiB", MAX_BYTES / 1024);
            return Err(self.too_large(1, what));
        }
        let tokens = Tokenizer::new(&TableSql, self.text()).tokenize_with_location();
        let tokens = tokens.map_err(|e| self.tokenizer_error(&e.message, e.location))?;
        let tokens = self.prepare(tokens)?;
        let mut parser = Parser::new(&TableSql)
            .with_recursion_limit(MAX_RECURSION)
            .with_tokens_with_locations(tokens);
        let parsed = parser.parse_expr().map_err(|e| self.parser_error(&e))?;
        let next = parser.peek_token();
        if next.token == Token::EOF {
            Ok(parsed)
        } else {
            let at = self.position(next.span.start);
            let what = format!("the expression was complete before {}", found(&next.token));
            Err(self.syntax_with(at, what, "two conditions are joined by AND or OR"))
        }
    }

    /// Drops blanks and comments, quotes the words that are names, and refuses what lies outside
    /// the supported SQL, so that the parser meets only words it cannot misread.
    fn prepare(&self, tokens: Vec<TokenWithSpan>) -> Result<Vec<TokenWithSpan>> {
        let blank = |t: &TokenWithSpan| matches!(t.token, Token::Whitespace(_) | Token::EOF);
        let tokens: Vec<TokenWithSpan> = tokens.into_iter().filter(|t| !blank(t)).collect();
        if tokens.is_empty() {
            return Err(self.syntax(1, "the expression is empty"));
        }
        self.check_limits(&tokens)?;
        let mut ready: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            let (ready_token, used) = match &token.token {
                Token::Word(word) if word.quote_style.is_none() => {
                    let before = at.checked_sub(1).and_then(|i| tokens.get(i));
                    self.word(word, token.span, before, tokens.get(at..).unwrap_or_default())?
                }
                other => {
                    self.check_token(other, token.span.start)?;
                    (token.clone(), 1)
                }
            };
            ready.push(ready_token);
            at += used.max(1);
        }
        Ok(ready)
    }

    /// What a bare word becomes, and how many tokens it covers.
    fn word(
        &self,
        word: &Word,
        span: Span,
        before: Option<&TokenWithSpan>,
        rest: &[TokenWithSpan],
    ) -> Result<(TokenWithSpan, usize)> {
        let as_name = |value: String| {
            let word = Word { value, quote_style: Some('"'), keyword: Keyword::NoKeyword };
            TokenWithSpan { token: Token::Word(word), span }
        };
        let as_is = || TokenWithSpan { token: Token::Word(word.clone()), span };
        let next = rest.get(1).map(|t| &t.token);
        let upper = word.value.to_ascii_uppercase();
        let type_name = match before.map(|t| &t.token) {
            Some(Token::DoubleColon) => true,
            Some(Token::Word(w)) => {
                let previous = w.value.to_ascii_uppercase();
                w.quote_style.is_none()
                    && (previous == "AS" || (previous == "DOUBLE" && upper == "PRECISION"))
            }
            _ => false,
        };
        let date_literal = upper == "DATE" && matches!(next, Some(Token::SingleQuotedString(_)));
        let unknown = upper == "UNKNOWN" && is_word(before, &["IS", "NOT"]);
        if is_grammar(&upper) || type_name || date_literal || unknown {
            return Ok((as_is(), 1));
        }
        if let Some((name, used)) = self.dotted(rest) {
            return Ok((as_name(name), used));
        }
        let call = if next == Some(&Token::LParen) { Call::Called } else { Call::Bare };
        if call == Call::Called && Function::named(&upper).is_some() {
            return Ok((as_name(upper), 1));
        }
        let column = self.columns().iter().any(|(c, _)| c.eq_ignore_ascii_case(&word.value));
        match unsupported(&upper, call) {
            Some(what) if !column || call == Call::Called => {
                let at = self.position(span.start);
                let name: String = word.value.chars().take(40).collect();
                let what = format!("{name} is not supported: {what}");
                Err(self.error(error::Kind::ExpressionUnsupported, at, what))
            }
            _ => Ok((as_name(word.value.clone()), 1)),
        }
    }

    /// The longest column name `a.b.c` that these tokens begin with, and its number of tokens.
    fn dotted(&self, tokens: &[TokenWithSpan]) -> Option<(String, usize)> {
        let mut name = String::new();
        let mut best = None;
        for (i, token) in tokens.iter().enumerate() {
            match &token.token {
                Token::Word(word) if i % 2 == 0 && word.quote_style.is_none() => {
                    name.push_str(&word.value);
                    if self.columns().iter().any(|(column, _)| *column == name) {
                        best = Some((name.clone(), i + 1));
                    }
                }
                Token::Period if i % 2 == 1 => name.push('.'),
                _ => break,
            }
        }
        best
    }

    /// Counts operators and nesting, and finds parentheses without a partner.
    fn check_limits(&self, tokens: &[TokenWithSpan]) -> Result<()> {
        let mut open = Vec::new();
        let (mut operators, mut cases) = (0, 0_usize);
        let mut before = &Token::LParen;
        for token in tokens {
            let at = || self.position(token.span.start);
            match &token.token {
                Token::LParen => open.push(token.span.start),
                Token::RParen if open.pop().is_none() => {
                    return Err(self.syntax(at(), "this closing parenthesis was never opened"));
                }
                Token::Minus if matches!(before, Token::LParen | Token::Comma) => {}
                Token::Word(word) if word.quote_style.is_none() && is_grammar(&word.value) => {
                    operators += 1;
                    match word.value.to_ascii_uppercase().as_str() {
                        "CASE" => cases += 1,
                        "END" => cases = cases.saturating_sub(1),
                        _ => {}
                    }
                }
                Token::RParen
                | Token::Comma
                | Token::Number(..)
                | Token::Period
                | Token::SingleQuotedString(_)
                | Token::Word(_) => {}
                _ => operators += 1,
            }
            before = &token.token;
            if operators > MAX_OPERATORS {
                let what = format!("the expression has more than {MAX_OPERATORS} operators");
                return Err(self.too_large(at(), what));
            }
            if open.len() + cases > MAX_NESTING {
                return Err(self.too_large(at(), TOO_DEEP));
            }
        }
        match open.pop() {
            Some(at) => Err(self.syntax(self.position(at), "this parenthesis is not closed")),
            None => Ok(()),
        }
    }

    /// Lets the signs of the supported SQL pass.
    fn check_token(&self, token: &Token, start: Location) -> Result<()> {
        let at = self.position(start);
        match token {
            Token::Word(_)
            | Token::Number(_, false)
            | Token::SingleQuotedString(_)
            | Token::Comma
            | Token::DoubleEq
            | Token::Eq
            | Token::Neq
            | Token::Lt
            | Token::Gt
            | Token::LtEq
            | Token::GtEq
            | Token::Plus
            | Token::Minus
            | Token::Mul
            | Token::Div
            | Token::Mod
            | Token::StringConcat
            | Token::LParen
            | Token::RParen
            | Token::Period
            | Token::DoubleColon => Ok(()),
            Token::Char(c) => {
                let error = self.syntax(at, format!("{c:?} has no meaning here"));
                Err(match plain_sign(*c) {
                    Some(sign) => error.hint_with(format!("write {sign} in place of {c}")),
                    None => error,
                })
            }
            Token::SemiColon | Token::Backslash | Token::LBrace | Token::RBrace => {
                Err(self.syntax(at, format!("{} has no meaning here", found(token))))
            }
            _ => {
                let what = format!("{} is not supported", found(token));
                Err(self.error(error::Kind::ExpressionUnsupported, at, what))
            }
        }
    }
}

fn is_word(token: Option<&TokenWithSpan>, words: &[&str]) -> bool {
    match token.map(|t| &t.token) {
        Some(Token::Word(word)) => {
            word.quote_style.is_none() && words.iter().any(|w| word.value.eq_ignore_ascii_case(w))
        }
        _ => false,
    }
}

/// A token in the words of an error, shortened.
fn found(token: &Token) -> String {
    let text = match token {
        Token::Word(word) => word.value.clone(),
        other => other.to_string(),
    };
    text.chars().take(40).collect()
}
