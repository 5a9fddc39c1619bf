use super::{World, tell_owner};
use crate::compose::key_store;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;

/// Gives up a key.
pub(super) fn remove(world: &World, name: &str) -> Result<Exit, Failure> {
    if !key_store(&world.places, &world.settings).remove(name)? {
        let sentence =
            "There is no such key in the key store. `divisi keys list` shows those that there are.";
        return Err(Failure::NotFound(sentence.to_owned()));
    }
    output::tell(&format!(
        "{name} is removed. It is still valid until you revoke it at the service that gave it."
    ));
    tell_owner(world);
    Ok(Exit::Done)
}

/// Gives up all of them, also where nobody can open them any more.
pub(super) fn remove_all(world: &World) -> Result<Exit, Failure> {
    if key_store(&world.places, &world.settings).remove_all()? {
        output::tell(
            "The key store is removed with all that it held. Keys are valid until you revoke them at the services that gave them.",
        );
        tell_owner(world);
    } else {
        output::tell("There is no key store.");
    }
    Ok(Exit::Done)
}
