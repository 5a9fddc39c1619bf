use std::path::Path;

use super::World;
use crate::compose::{entropy, key_store};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;

/// Seals all keys with a new master key.
pub(super) fn rotate(world: &World, to: Option<&Path>) -> Result<Exit, Failure> {
    let to = to.map(|to| world.base.join(to));
    let place = key_store(&world.places, &world.settings).rotate(to.as_deref(), &entropy)?;
    output::tell(&format!(
        "All keys are sealed with a new master key: {place}. The old one opens them no more."
    ));
    if let Some(to) = to {
        output::tell(&format!("From now on it has to be named: DIVISI_MASTER_KEY_FILE={}", to.display()));
    }
    Ok(Exit::Done)
}
