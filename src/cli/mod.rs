//! The command line: one file a command, and `ui` the only writer to the terminal.

mod campaign;
mod check;
mod clock;
mod demo;
mod dormancy;
mod evaluate;
mod explain;
mod features;
mod generate;
mod init;
mod models;
mod monitor;
mod options;
mod playbook;
mod predict;
mod synth;
mod tables;
mod train;
mod ui;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{
    error::{Result, Verdict},
    store,
};
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
    Features(features::Features),
    Dormancy(dormancy::Dormancy),
    Check(check::Check),
    Train(train::Train),
    Evaluate(evaluate::Evaluate),
    Predict(predict::Predict),
    Monitor(monitor::Monitor),
    Explain(explain::Explain),
    #[command(subcommand)]
    Playbook(playbook::Playbook),
    #[command(subcommand)]
    Campaign(campaign::Campaign),
    #[command(subcommand)]
    Models(models::Models),
    #[command(hide = true)]
    Generate(generate::Generate),
}

/// The whole program.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return Ui::usage(&error),
    };
    leave_nothing_half_written();
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

/// Ctrl-C: what is being written is removed, what was there before stays.
fn leave_nothing_half_written() {
    // Where no handler can be set, the system ends the run by itself.
    let _ = ctrlc::set_handler(|| {
        store::abandon();
        std::process::exit(BROKEN_OFF);
    });
}

/// Exit status of a run that was broken off: 128 and the number of the signal, as shells have it.
const BROKEN_OFF: i32 = 130;

fn run(cli: &Cli, ui: &mut Ui) -> Result<()> {
    if let Some(threads) = cli.threads {
        options::use_threads(threads)?;
    }
    match &cli.command {
        Command::Demo(demo) => demo.run(ui),
        Command::Init(init) => init.run(ui),
        Command::Synth(synth) => synth.run(ui),
        Command::Features(features) => features.run(ui),
        Command::Dormancy(dormancy) => dormancy.run(ui),
        Command::Check(check) => check.run(ui),
        Command::Train(train) => train.run(ui),
        Command::Evaluate(evaluate) => evaluate.run(ui),
        Command::Predict(predict) => predict.run(ui),
        Command::Monitor(monitor) => monitor.run(ui),
        Command::Explain(explain) => explain.run(ui),
        Command::Playbook(playbook) => playbook.run(ui),
        Command::Campaign(campaign) => campaign.run(ui),
        Command::Models(models) => models.run(ui),
        Command::Generate(generate) => generate.run(ui),
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
