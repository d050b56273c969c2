//! `reveille generate`: what packagers and editors ask for.

use std::fmt::Write;

use clap::{Args, Command, CommandFactory, Subcommand};
use clap_complete::Shell;

use super::{Cli, ui::Ui};
use crate::{
    config::schema::schema,
    error::{Error, Kind, Result},
    history::catalogue,
    playbook::Book,
};

/// Write completions, man pages, the schema of the configuration or a page of the documentation to standard
/// output.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  reveille generate completions bash
  reveille generate man
  reveille generate man train
  reveille generate schema
  reveille generate features
  reveille generate commands")]
pub(super) struct Generate {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Completions of a shell
    Completions {
        /// bash, elvish, fish, powershell or zsh
        shell: Shell,
    },
    /// The man page of the program or of one command
    Man {
        /// The command; the program itself if not given
        command: Option<String>,
    },
    /// The JSON schema of reveille.toml
    Schema,
    /// The columns of the feature table, with formula and unit, as Markdown
    Features,
    /// Every command with its flags, as Markdown
    Commands,
}

impl Generate {
    pub(super) fn run(&self, ui: &Ui) -> Result<()> {
        let mut program = Cli::command();
        match &self.what {
            What::Completions { shell } => {
                let mut text = Vec::new();
                clap_complete::generate(*shell, &mut program, "reveille", &mut text);
                ui.out(&String::from_utf8_lossy(&text))
            }
            What::Man { command } => {
                program.build();
                let (title, page) = match command {
                    None => ("reveille".to_owned(), program),
                    Some(name) => (format!("reveille-{name}"), named(&program, name)?),
                };
                let mut text = Vec::new();
                clap_mangen::Man::new(page)
                    .title(title)
                    .render(&mut text)
                    .map_err(|e| Error::new(Kind::Io, format!("cannot write the page: {e}")))?;
                ui.out(&String::from_utf8_lossy(&text))
            }
            What::Schema => ui.out(&format!("{:#}\n", schema())),
            What::Features => ui.out(&features()?),
            What::Commands => ui.out(&commands(program)),
        }
    }
}

/// The columns of the feature table.
fn features() -> Result<String> {
    let phrases = Book::shipped()?.phrases;
    let mut text = "# The columns of the feature table\n\n\
        What `reveille features` writes, by family. All windows end on the as-of date: 90 days are that day and the 89 before it. A\n\
        family whose raw file is absent is left out, and so is a column that could only be empty.\n"
        .to_owned();
    for (family, columns) in catalogue() {
        let _ = write!(
            text,
            "\n## {family}\n\n| column | unit | what it is | 中文 |\n|---|---|---|---|\n"
        );
        for column in columns {
            let unit = serde_json::to_value(column.unit).unwrap_or_default();
            let chinese = phrases.get(column.name).map_or("", |phrase| &phrase.name.zh);
            let about = column.about.replace('|', "\\|");
            let unit = unit.as_str().unwrap_or_default();
            let _ = writeln!(text, "| `{}` | {unit} | {about} | {chinese} |", column.name);
        }
    }
    Ok(text)
}

/// Every command with its help.
fn commands(mut program: Command) -> String {
    program.build();
    let mut text =
        "# Commands\n\nWhat `reveille COMMAND --help` prints, for every command.\n".to_owned();
    describe(&program, "reveille", &mut text);
    text
}

fn describe(command: &Command, name: &str, text: &mut String) {
    let help = command.clone().term_width(100).render_long_help().to_string();
    let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    let lines = lines.join("\n");
    let _ = write!(text, "\n## {name}\n\n```text\n{}\n```\n", lines.trim_end());
    for sub in command.get_subcommands() {
        if !sub.is_hide_set() && sub.get_name() != "help" {
            describe(sub, &format!("{name} {}", sub.get_name()), text);
        }
    }
}

/// A command of the program.
fn named(program: &Command, name: &str) -> Result<Command> {
    let found = program.get_subcommands().find(|command| command.get_name() == name);
    let found = found.ok_or_else(|| {
        Error::new(Kind::Usage, format!("there is no command {name:?}"))
            .hint_with("`reveille --help` lists the commands")
    })?;
    Ok(found.clone())
}
