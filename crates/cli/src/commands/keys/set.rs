use divisi_engine::driver::Clock as _;
use divisi_keys::KeyName;
use divisi_store_sqlite::DataFolder;

use super::{World, tell_owner};
use crate::compose::{ProcessClock, SessionError, entropy, key_store, services, variable};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::{output, silent};

/// Keeps a key.
pub(super) fn set(world: &World, name: &KeyName) -> Result<Exit, Failure> {
    let Some(key) = silent::secret(&format!("{name}: "))? else { return Ok(Exit::Interrupted) };
    DataFolder::open(&world.places.data).map_err(SessionError::from)?;
    let store = key_store(&world.places, &world.settings);
    let new = store.master()?.is_none();
    store.set(name, &key, ProcessClock::start(None).now(), &entropy)?;
    output::tell(&format!("{name} is kept, sealed, in {}.", store.file().display()));
    if let (true, Some(master)) = (new, store.master()?) {
        output::tell(&format!(
            "Its master key is {master}: whoever has both can read the keys, and without it nobody can. It is in no copy of the data folder."
        ));
    }
    if variable(name.as_str()).is_some() {
        output::tell(&format!("note: {name} is also set in this environment, and wins there."));
    }
    if !read_by_anybody(world, name)? {
        output::tell(&format!(
            "note: No model service reads {name}. `key_env = \"{name}\"` under [providers.…] in the configuration file makes one do so."
        ));
    }
    tell_owner(world);
    Ok(Exit::Done)
}

/// Whether a service has or wants the key of this name.
fn read_by_anybody(world: &World, name: &KeyName) -> Result<bool, Failure> {
    Ok(services(&world.places, &world.settings)?.iter().any(|service| service.reads(name.as_str())))
}
