//! `reveille generate`: what packagers and editors ask for.

use clap::{Args, Command, CommandFactory, Subcommand};
use clap_complete::Shell;

use super::{Cli, ui::Ui};
use crate::{
    config::schema::schema,
    error::{Error, Kind, Result},
};

/// Write completions, man pages or the schema of the configuration to standard output.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  reveille generate completions bash
  reveille generate man
  reveille generate man train
  reveille generate schema")]
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
