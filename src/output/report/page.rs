//! A page of HTML in one of two languages. Every text goes through [`escape`].

use std::{collections::BTreeMap, fmt::Write};

use crate::{
    output::chart::{STYLE, escape},
    playbook::Book,
    units::Language,
};

/// A page that is being written.
#[derive(Debug)]
pub(super) struct Page {
    language: Language,
    /// What columns are called.
    names: BTreeMap<String, String>,
    body: String,
    title: String,
    is_open: bool,
}

/// The page may show itself and nothing else.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

const LAYOUT: &str = "\
*{box-sizing:border-box}
html{color-scheme:light dark}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,\"Segoe UI\",\"Noto Sans\",\"PingFang SC\",\"Microsoft YaHei\",\"Noto Sans CJK SC\",sans-serif}
main{max-width:1180px;margin:0 auto;padding:24px 16px 64px}
h1{font-size:1.7rem;line-height:1.2;margin:.2em 0}
h2{font-size:1.3rem;margin:2.2em 0 .4em;padding-top:.5em;border-top:1px solid var(--rule)}
h3{font-size:1.05rem;margin:1.6em 0 .4em}
h4{font-size:.95rem;margin:1.2em 0 .3em}
p{margin:.4em 0 .8em;max-width:72ch}
.soft{color:var(--soft)}
.lead{color:var(--soft);overflow-wrap:anywhere}
nav{display:flex;flex-wrap:wrap;gap:6px 18px;margin:20px 0 0}
nav a{color:var(--c1)}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(320px,100%),1fr));gap:16px;margin:20px 0}
.card{background:var(--wash);border-top:4px solid var(--c1);padding:14px 18px 8px;min-width:0}
.card h2{font-size:1.05rem;margin:0 0 .2em;padding:0;border:0;color:var(--soft);font-weight:600}
.card .answer{font-size:1.45rem;font-weight:700;line-height:1.25;margin:.1em 0 .35em}
.card h3{margin:.9em 0 .1em;font-size:.95rem}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(340px,100%),1fr));gap:20px 24px}
.charts.two{grid-template-columns:repeat(auto-fill,minmax(min(440px,100%),1fr))}
figure{margin:0;min-width:0;break-inside:avoid}
figcaption{font-weight:600;margin:.6em 0 .3em}
.note{font-size:.88rem;color:var(--soft);font-weight:400;margin:.2em 0 0}
.wide{overflow-x:auto;margin:.4em 0 1em}
table{border-collapse:collapse;font-size:.88rem;font-variant-numeric:tabular-nums}
th,td{padding:4px 10px 4px 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--rule)}
th{font-weight:600;color:var(--soft)}
th.n,td.n{text-align:right;white-space:nowrap;padding:4px 0 4px 14px}
td.w{min-width:9em;max-width:34em;overflow-wrap:anywhere}
details{margin:.6em 0}
summary{cursor:pointer;color:var(--c1);font-weight:600}
code{font-family:ui-monospace,Consolas,monospace;font-size:.92em;overflow-wrap:anywhere}
ul{padding-left:1.2em;max-width:78ch}
ul.tree,ul.tree ul{list-style:none;margin:0;padding:0 0 0 16px;max-width:none}
ul.tree{padding-left:0}
ul.tree li{position:relative;padding:3px 0 3px 14px;border-left:1px solid var(--rule);font-size:.88rem}
ul.tree li::before{content:\"\";position:absolute;left:0;top:1.1em;width:10px;border-top:1px solid var(--rule)}
.rate{display:inline-block;height:.7em;background:var(--c2);vertical-align:baseline;margin:0 6px 0 2px}
@media print{main{max-width:none;padding:0}nav{display:none}h2{break-after:avoid}.card{border:1px solid #888}summary{display:none}}
";

impl Page {
    /// An empty page.
    pub(super) fn new(language: Language) -> Self {
        Self {
            language,
            names: BTreeMap::new(),
            body: String::new(),
            title: String::new(),
            is_open: false,
        }
    }

    /// Calls columns by the names of a playbook, where the page is not in the language of columns.
    pub(super) fn name(&mut self, book: &Book) {
        if self.language == Language::Zh {
            let names = book.phrases.iter();
            self.names
                .extend(names.map(|(column, phrase)| (column.clone(), phrase.name.zh.clone())));
        }
    }

    /// What a column is called, with its name in the table; of a change of two what both are called.
    pub(super) fn called(&self, column: &str) -> String {
        let known = |name: &str| self.names.get(name);
        if let Some(name) = known(column) {
            return format!("{name} {column}");
        }
        match column.split_once(" vs ").map(|(of, against)| (known(of), known(against))) {
            Some((Some(of), Some(against))) => format!("{of} / {against}"),
            _ => column.to_owned(),
        }
    }

    /// The language of the page.
    pub(super) fn language(&self) -> Language {
        self.language
    }

    /// The whole page; `model` is told at its foot.
    pub(super) fn finish(mut self, model: &str) -> String {
        self.close();
        let tongue = self.language.pick("en", "zh-CN");
        let foot = self.language.pick(
            "Made by reveille. The same figures lie beside this page as JSON.",
            "由 reveille 生成。同名 JSON 文件包含相同的数字。",
        );
        format!(
            "<!doctype html>\n<html lang=\"{tongue}\"><head><meta charset=\"utf-8\"><meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><meta name=\"referrer\" content=\"no-referrer\"><title>{}</title><style>\n{STYLE}{LAYOUT}</style></head>\n<body><main>\n{}\n<p class=\"soft\">{foot} {}</p>\n</main></body></html>\n",
            escape(&self.title),
            self.body,
            escape(model)
        )
    }

    /// The heading of the page.
    pub(super) fn title(&mut self, words: &str) {
        words.clone_into(&mut self.title);
        self.push("<h1>", words, "</h1>\n");
    }

    /// The line below the heading.
    pub(super) fn lead(&mut self, words: &str) {
        self.push("<p class=\"lead\">", words, "</p>\n");
    }

    /// Links to the sections: (id, English, Chinese).
    pub(super) fn contents(&mut self, sections: &[(&str, &str, &str)]) {
        self.body.push_str("<nav>");
        for (id, en, zh) in sections {
            let words = escape(self.language.pick(en, zh));
            let _ = write!(self.body, "<a href=\"#{id}\">{words}</a>");
        }
        self.body.push_str("</nav>\n");
    }

    /// Begins a section.
    pub(super) fn section(&mut self, id: &str, en: &str, zh: &str) {
        self.close();
        let words = escape(self.language.pick(en, zh));
        let _ = writeln!(self.body, "<section id=\"{id}\"><h2>{words}</h2>");
        self.is_open = true;
    }

    fn close(&mut self) {
        if std::mem::take(&mut self.is_open) {
            self.body.push_str("</section>\n");
        }
    }

    /// A heading within a section.
    pub(super) fn heading(&mut self, words: &str) {
        self.push("<h3>", words, "</h3>\n");
    }

    /// A small heading.
    pub(super) fn small_heading(&mut self, words: &str) {
        self.push("<h4>", words, "</h4>\n");
    }

    /// A paragraph.
    pub(super) fn paragraph(&mut self, words: &str) {
        self.push("<p>", words, "</p>\n");
    }

    /// A paragraph of less weight.
    pub(super) fn note(&mut self, words: &str) {
        self.push("<p class=\"note\">", words, "</p>\n");
    }

    /// What follows stands side by side where there is room, until [`Self::end`].
    pub(super) fn begin(&mut self, class: &str) {
        let _ = write!(self.body, "<div class=\"{class}\">");
    }

    /// Ends what was begun.
    pub(super) fn end(&mut self) {
        self.body.push_str("</div>\n");
    }

    /// Begins a card with its question and answer, until [`Self::end`].
    pub(super) fn card(&mut self, question: &str, answer: &str) {
        self.begin("card");
        self.push("<h2>", question, "</h2>");
        self.push("<p class=\"answer\">", answer, "</p>\n");
    }

    /// A chart with its caption and how to read it.
    pub(super) fn figure(&mut self, chart: &str, caption: &str, note: &str) {
        self.push("<figure><figcaption>", caption, "</figcaption>");
        self.body.push_str(chart);
        if !note.is_empty() {
            self.push("<p class=\"note\">", note, "</p>");
        }
        self.body.push_str("</figure>\n");
    }

    /// Begins something that can be folded away, open at first; until [`Self::end_fold`].
    pub(super) fn fold(&mut self, words: &str) {
        self.push("<details open><summary>", words, "</summary>");
    }

    /// Ends what can be folded away.
    pub(super) fn end_fold(&mut self) {
        self.body.push_str("</details>\n");
    }

    /// A list.
    pub(super) fn list(&mut self, items: &[String]) {
        self.body.push_str("<ul>");
        for item in items {
            self.push("<li>", item, "</li>");
        }
        self.body.push_str("</ul>\n");
    }

    /// A table whose first `words` columns are words and the others figures.
    pub(super) fn table(&mut self, head: &[(&str, &str)], words: usize, rows: &[Vec<String>]) {
        let class = |at: usize| if at < words { "w" } else { "n" };
        self.body.push_str("<div class=\"wide\"><table><thead><tr>");
        for (at, (en, zh)) in head.iter().enumerate() {
            let cell = escape(self.language.pick(en, zh));
            let _ = write!(self.body, "<th class=\"{}\" scope=\"col\">{cell}</th>", class(at));
        }
        self.body.push_str("</tr></thead><tbody>");
        for row in rows {
            self.body.push_str("<tr>");
            for (at, cell) in row.iter().enumerate() {
                let _ = write!(self.body, "<td class=\"{}\">{}</td>", class(at), escape(cell));
            }
            self.body.push_str("</tr>");
        }
        self.body.push_str("</tbody></table></div>\n");
    }

    /// Markup that was made elsewhere.
    pub(super) fn raw(&mut self, markup: &str) {
        self.body.push_str(markup);
    }

    fn push(&mut self, before: &str, words: &str, after: &str) {
        self.body.push_str(before);
        self.body.push_str(&escape(words));
        self.body.push_str(after);
    }
}
