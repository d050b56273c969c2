//! The command line: one file a command, and `ui` the only writer to the terminal.

mod campaign;
mod check;
mod demo;
mod evaluate;
mod init;
mod models;
mod options;
mod playbook;
mod predict;
mod synth;
mod tables;
mod train;
mod ui;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::error::{Result, Verdict};
use ui::Ui;

/// Find who is leaving, wake who is sleeping.
///
/// Trains a churn model over active customers and a reactivation model over dormant ones, and
/// scores today's customers into value-by-risk quadrants with reasons.
#[derive(Debug, Parser)]
#[command(
    name = "reveille",
    version,
    propagate_version = true,
    after_help = "Start with `reveille demo`. Exit status: 0 done; 1 the answer is no; 2 error."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,

    /// Number of threads; all cores if not given. Results do not depend on it
    #[arg(long, global = true, env = "REVEILLE_THREADS", value_name = "N")]
    threads: Option<usize>,

    /// Say nothing but errors and warnings
    #[arg(long, short, global = true)]
    quiet: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Demo),
    Init(init::Init),
    Synth(synth::Synth),
    Check(check::Check),
    Train(train::Train),
    Evaluate(evaluate::Evaluate),
    Predict(predict::Predict),
    #[command(subcommand)]
    Playbook(playbook::Playbook),
    #[command(subcommand)]
    Campaign(campaign::Campaign),
    #[command(subcommand)]
    Models(models::Models),
}

/// The whole program.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return Ui::usage(&error),
    };
    let mut ui = Ui::new(cli.quiet);
    match run(&cli, &mut ui) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if ui.reader_left() {
                return ExitCode::SUCCESS;
            }
            ui.error(&error);
            match error.kind().verdict() {
                Verdict::No => ExitCode::from(1),
                Verdict::Failed => ExitCode::from(2),
            }
        }
    }
}

fn run(cli: &Cli, ui: &mut Ui) -> Result<()> {
    if let Some(threads) = cli.threads {
        options::use_threads(threads)?;
    }
    match &cli.command {
        Command::Demo(demo) => demo.run(ui),
        Command::Init(init) => init.run(ui),
        Command::Synth(synth) => synth.run(ui),
        Command::Check(check) => check.run(ui),
        Command::Train(train) => train.run(ui),
        Command::Evaluate(evaluate) => evaluate.run(ui),
        Command::Predict(predict) => predict.run(ui),
        Command::Playbook(playbook) => playbook.run(ui),
        Command::Campaign(campaign) => campaign.run(ui),
        Command::Models(models) => models.run(ui),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
