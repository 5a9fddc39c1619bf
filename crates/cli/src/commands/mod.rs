//! One file per command: open a session, ask, print.

mod agents;
mod approvals;
mod background;
pub(crate) mod bench;
mod config;
mod crews;
mod doctor;
mod follow;
mod keys;
pub(crate) mod leave;
mod models;
mod question;
mod resolve;
mod run;
mod submit;
mod task;
mod tell;
mod up;
mod world;

pub(crate) use world::World;

use crate::args::Command;
use crate::exit::Exit;
use crate::failure::Failure;

/// Runs a command to its end.
pub(crate) async fn run(command: Command, world: &World) -> Result<Exit, Failure> {
    match command {
        Command::Run(args) => run::run(world, *args).await,
        Command::Task(command) => task::run(world, command).await,
        Command::Approvals(command) => approvals::run(world, command).await,
        Command::Agents { json } => agents::run(world, json).await,
        Command::Crews(command) => crews::run(world, &command),
        Command::Keys(command) => keys::run(world, &command),
        Command::Models { try_them, json } => models::run(world, try_them, json).await,
        Command::Doctor { rebuild, json } => doctor::run(world, rebuild, json).await,
        Command::Config { command } => config::run(world, command),
        Command::Up { until_idle } => up::run(world, until_idle).await,
        Command::Bench(command) => bench::run(world, command).await,
        Command::ParseDocument => Ok(Exit::Error),
    }
}
