//! A Markdown page in one of two languages.

use crate::units::Language;

/// A page that is being written.
#[derive(Debug)]
pub(super) struct Page {
    language: Language,
    text: String,
}

impl Page {
    /// An empty page.
    pub(super) fn new(language: Language) -> Self {
        Self { language, text: String::new() }
    }

    /// The language of the page.
    pub(super) fn language(&self) -> Language {
        self.language
    }

    /// The page as text.
    pub(super) fn finish(self) -> String {
        format!("{}\n", self.text.trim_end())
    }

    /// A heading.
    pub(super) fn heading(&mut self, level: usize, en: &str, zh: &str) {
        let marks = "#".repeat(level);
        self.push(&[&marks, " ", self.language.pick(en, zh), "\n\n"]);
    }

    /// Text without an end of line.
    pub(super) fn text(&mut self, en: &str, zh: &str) {
        self.push(&[self.language.pick(en, zh)]);
    }

    /// A paragraph, or the end of one.
    pub(super) fn paragraph(&mut self, en: &str, zh: &str) {
        self.push(&[self.language.pick(en, zh), "\n\n"]);
    }

    /// An entry of a list; after the last one comes a [`gap`](Self::gap).
    pub(super) fn item(&mut self, text: &str) {
        self.push(&["- ", text, "\n"]);
    }

    /// An empty line.
    pub(super) fn gap(&mut self) {
        self.push(&["\n"]);
    }

    /// Named facts.
    pub(super) fn facts(&mut self, facts: &[(&str, &str, String)]) {
        let name = |(en, zh, _): &(&str, &str, String)| self.language.pick(*en, *zh).to_owned();
        let rows = facts.iter().map(|fact| vec![name(fact), fact.2.clone()]).collect();
        self.table(&[("", ""), ("", "")], 2, rows);
    }

    /// A table whose first `words` columns stand left and the others, figures, right.
    pub(super) fn table(&mut self, head: &[(&str, &str)], words: usize, rows: Vec<Vec<String>>) {
        let head: Vec<_> = head.iter().map(|(en, zh)| self.language.pick(*en, *zh)).collect();
        self.push(&["| ", &head.join(" | "), " |\n|"]);
        for column in 0..head.len() {
            self.push(&[if column < words { "---|" } else { "--:|" }]);
        }
        for row in rows {
            self.push(&["\n| ", &row.join(" | "), " |"]);
        }
        self.push(&["\n\n"]);
    }

    /// What only a person can say, left open.
    pub(super) fn questions(&mut self, questions: &[(&str, &str)]) {
        for (en, zh) in questions {
            let question = self.language.pick(en, zh);
            let open = self.language.pick(": _to be filled in_", "：_待填写_");
            self.push(&["> ✍ ", question, open, "  \n"]);
        }
        self.gap();
    }

    fn push(&mut self, texts: &[&str]) {
        self.text.extend(texts.iter().copied());
    }
}
