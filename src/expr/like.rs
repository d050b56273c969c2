//! LIKE: patterns with `%`, `_` and an escape character.

use super::node::Case;

/// A part of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// `%`: any characters, or none.
    Any,
    /// `_`: one character.
    One,
    /// The character itself.
    Exactly(char),
}

/// A pattern that is ready to match.
#[derive(Debug)]
pub(super) struct Pattern {
    parts: Vec<Part>,
    /// The text between the `%` of `text`, `text%`, `%text` and `%text%`.
    plain: Option<Plain>,
    case: Case,
}

#[derive(Debug)]
enum Plain {
    Whole(String),
    Start(String),
    End(String),
    Inside(String),
}

impl Pattern {
    /// Reads a pattern. An escape character at its very end stands for itself.
    pub(super) fn new(pattern: &str, escape: Option<char>, case: Case) -> Self {
        let mut parts = Vec::new();
        let mut chars = pattern.chars();
        while let Some(c) = chars.next() {
            let part = match c {
                _ if Some(c) == escape => Part::Exactly(chars.next().unwrap_or(c)),
                '%' => Part::Any,
                '_' => Part::One,
                _ => Part::Exactly(c),
            };
            if part != Part::Any || parts.last() != Some(&Part::Any) {
                match part {
                    Part::Exactly(c) => parts.extend(folded(c, case).map(Part::Exactly)),
                    other => parts.push(other),
                }
            }
        }
        let plain = if case == Case::Sensitive { plain(&parts) } else { None };
        Self { parts, plain, case }
    }

    /// Whether the whole text matches.
    ///
    /// # Cost
    /// Linear for `text`, `text%`, `%text` and `%text%`, at most text × pattern otherwise.
    pub(super) fn matches(&self, text: &str) -> bool {
        match &self.plain {
            Some(Plain::Whole(part)) => text == part,
            Some(Plain::Start(part)) => text.starts_with(part.as_str()),
            Some(Plain::End(part)) => text.ends_with(part.as_str()),
            Some(Plain::Inside(part)) => text.contains(part.as_str()),
            None => match self.case {
                Case::Sensitive => self.walk(text),
                Case::Insensitive => {
                    let lower: String = text.chars().flat_map(|c| folded(c, self.case)).collect();
                    self.walk(&lower)
                }
            },
        }
    }

    /// Greedy matching that goes back to the last `%` only, which is enough.
    fn walk(&self, text: &str) -> bool {
        let (mut rest, mut at) = (text, 0);
        let mut retry: Option<(&str, usize)> = None;
        loop {
            let mut chars = rest.chars();
            let matched = match (self.parts.get(at), chars.next()) {
                (None, None) => return true,
                (Some(Part::Any), _) => {
                    retry = Some((rest, at + 1));
                    at += 1;
                    continue;
                }
                (Some(Part::One), Some(_)) => true,
                (Some(Part::Exactly(want)), Some(c)) => *want == c,
                _ => false,
            };
            if matched {
                rest = chars.as_str();
                at += 1;
                continue;
            }
            let Some((from, part)) = retry else { return false };
            let mut later = from.chars();
            if later.next().is_none() {
                return false;
            }
            retry = Some((later.as_str(), part));
            (rest, at) = (later.as_str(), part);
        }
    }
}

fn folded(c: char, case: Case) -> impl Iterator<Item = char> {
    let (same, lower) = match case {
        Case::Sensitive => (Some(c), None),
        Case::Insensitive => (None, Some(c.to_lowercase())),
    };
    same.into_iter().chain(lower.into_iter().flatten())
}

fn plain(parts: &[Part]) -> Option<Plain> {
    let (start, parts) = match parts {
        [Part::Any, rest @ ..] => (true, rest),
        all => (false, all),
    };
    let (end, parts) = match parts {
        [rest @ .., Part::Any] => (true, rest),
        all => (false, all),
    };
    let text = parts.iter().map(|part| match part {
        Part::Exactly(c) => Some(*c),
        _ => None,
    });
    let text = text.collect::<Option<String>>()?;
    Some(match (start, end) {
        (false, false) => Plain::Whole(text),
        (false, true) => Plain::Start(text),
        (true, false) => Plain::End(text),
        (true, true) => Plain::Inside(text),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn like(text: &str, pattern: &str) -> bool {
        Pattern::new(pattern, Some('\\'), Case::Sensitive).matches(text)
    }

    #[test]
    fn patterns() {
        for (text, pattern) in [
            ("", ""),
            ("", "%"),
            ("abc", "abc"),
            ("abc", "a%"),
            ("abc", "%c"),
            ("abc", "%b%"),
            ("abc", "_b_"),
            ("abc", "a%b%c"),
            ("aab", "%ab"),
            ("上海分行", "上_分%"),
            ("5%", "5\\%"),
            ("a_b", "a\\_b"),
            ("a\\", "a\\\\"),
            ("a\\", "a\\"),
            ("mississippi", "m%iss%pi"),
        ] {
            assert!(like(text, pattern), "{text} {pattern}");
        }
        for (text, pattern) in [
            ("", "_"),
            ("abc", "ab"),
            ("abc", "ABC"),
            ("50", "5\\%"),
            ("axb", "a\\_b"),
            ("ab", "_"),
            ("上海", "_"),
            ("abc", "%b"),
            ("mississippi", "m%iss%pa"),
        ] {
            assert!(!like(text, pattern), "{text} {pattern}");
        }
        assert!(Pattern::new("ÄB%", Some('\\'), Case::Insensitive).matches("äbC"));
        assert!(Pattern::new("5\\%", None, Case::Sensitive).matches("5\\ and more"));
    }

    proptest! {
        #[test]
        fn agrees_with_trying_every_split(text in "[ab]{0,8}", pattern in "[ab_%]{0,6}") {
            fn slow(text: &[u8], pattern: &[u8]) -> bool {
                match pattern.split_first() {
                    None => text.is_empty(),
                    Some((b'%', rest)) => (0..=text.len()).any(|i| slow(&text[i..], rest)),
                    Some((b'_', rest)) => !text.is_empty() && slow(&text[1..], rest),
                    Some((c, rest)) => text.first() == Some(c) && slow(&text[1..], rest),
                }
            }
            prop_assert_eq!(like(&text, &pattern), slow(text.as_bytes(), pattern.as_bytes()));
        }
    }
}
