//! The binary `divisi` and the only composition root: reads settings, puts the parts together, runs one command.
//!
//! Nothing here decides a workflow: commands speak the HTTP contract through the client, whoever answers.

mod args;
mod commands;
mod compose;
mod config;
#[cfg(test)]
mod drift;
mod exit;
mod failure;
mod input;
mod keyboard;
mod output;
mod progress;
mod render;
mod signals;
mod silent;

use std::process::ExitCode;

use clap::Parser as _;

use args::{Cli, Command};
use exit::Exit;

/// Prompts and answers are made on one thread and freed on another, for which the system's allocator takes locks: with a thousand
/// tasks at once a third of all processor time (docs/performance.md).
#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    if matches!(cli.command, Command::ParseDocument) {
        return divisi_tools::documents::child::main(std::io::stdin().lock(), std::io::stdout().lock());
    }
    match start(cli) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            output::complain(&failure.to_string());
            failure.exit().into()
        }
    }
}

/// Help and version are no errors; all else of clap is one of usage.
fn usage(error: &clap::Error) -> ExitCode {
    // Nothing can be said where standard error is closed.
    let _ = error.print();
    if error.use_stderr() { Exit::Usage.into() } else { Exit::Done.into() }
}

fn start(cli: Cli) -> Result<Exit, failure::Failure> {
    let world = commands::World::of(&cli)?;
    output::start_log(&world.settings.log);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| failure::Failure::setup(format!("no threads can be started: {error}")))?;
    let done = runtime.block_on(commands::run(cli.command, &world));
    // What still runs after a second Ctrl-C is not waited for.
    runtime.shutdown_background();
    done
}
