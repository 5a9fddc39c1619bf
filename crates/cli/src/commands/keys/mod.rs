//! Keys of model services, sealed in a file.

mod list;
mod remove;
mod rotate;
mod set;

use divisi_keys::KeyName;

use super::World;
use crate::args::KeysCommand;
use crate::compose::owner;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;

/// `divisi keys …`.
pub(super) fn run(world: &World, command: &KeysCommand) -> Result<Exit, Failure> {
    match command {
        KeysCommand::Set { value: Some(_), .. } => Err(Failure::Input(
            "A key is never given on the command line, where other users and the history of the shell see it. Type it when \
             it is asked for, or pipe it in. Change this one if others may have seen it."
                .to_owned(),
        )),
        KeysCommand::Set { name, value: None } => set::set(world, &parsed(name)?),
        KeysCommand::List { json } => list::list(world, *json),
        KeysCommand::Remove { name: Some(name), all: false } => remove::remove(world, name),
        KeysCommand::Remove { .. } => remove::remove_all(world),
        KeysCommand::Rotate { to } => rotate::rotate(world, to.as_deref()),
    }
}

fn parsed(name: &str) -> Result<KeyName, Failure> {
    name.parse().map_err(|error: divisi_keys::KeyNameError| {
        Failure::Input(format!("{error}. If this was the key itself, change it: others may have seen it."))
    })
}

/// Keys are read when a process starts.
fn tell_owner(world: &World) {
    if let Ok(Some(owner)) = owner(&world.places) {
        output::tell(&format!(
            "note: {owner} runs the tasks of this data folder, and goes on with the keys it has."
        ));
    }
}
