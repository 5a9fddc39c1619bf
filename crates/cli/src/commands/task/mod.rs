//! `divisi task …`.

mod cancel;
mod delete;
mod erase;
mod events;
mod export_test;
mod list;
mod plan;
mod rate;
mod result;
mod resume;
mod revise;
mod settle;
mod show;
mod watch;

use super::World;
use crate::args::task::TaskCommand;
use crate::exit::Exit;
use crate::failure::Failure;

pub(super) async fn run(world: &World, command: TaskCommand) -> Result<Exit, Failure> {
    match command {
        TaskCommand::List(args) => list::list(world, &args).await,
        TaskCommand::Show(args) => show::show(world, &args).await,
        TaskCommand::Result(args) => result::result(world, args).await,
        TaskCommand::Events(args) => events::events(world, &args).await,
        TaskCommand::ExportTest(args) => export_test::export_test(world, args).await,
        TaskCommand::Plan(args) => plan::plan(world, &args).await,
        TaskCommand::Cancel { task } => cancel::cancel(world, task).await,
        TaskCommand::Revise(args) => revise::revise(world, args).await,
        TaskCommand::Resume(args) => resume::resume(world, args).await,
        TaskCommand::Watch(args) => watch::watch(world, &args).await,
        TaskCommand::Resolve(args) => settle::settle(world, &args).await,
        TaskCommand::Rate(args) => rate::rate(world, &args).await,
        TaskCommand::Delete { task, erase: true, yes } => erase::erase(world, task, yes).await,
        TaskCommand::Delete { task, erase: false, yes } => delete::delete(world, task, yes).await,
        TaskCommand::Prune { older_than, yes } => delete::prune(world, older_than, yes),
    }
}
