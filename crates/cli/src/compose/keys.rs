//! Where the keys of model services are kept, and the master key of them.

use divisi_keys::{KeyStore, MasterPlace};
use secrecy::SecretString;

use super::folder::Places;
use super::gateway::variable;
use crate::config::Settings;

/// The variable that holds the master key itself. It is no setting: settings are shown.
const MASTER_KEY: &str = "DIVISI_MASTER_KEY";

/// The key store of these places; it need not be there yet.
pub(crate) fn key_store(places: &Places, settings: &Settings) -> KeyStore {
    let given = variable(MASTER_KEY).map(|text| MasterPlace::Given(SecretString::from(text), MASTER_KEY));
    let named = || settings.master_key_file.clone().map(MasterPlace::File);
    let own = || places.masters.clone().map(MasterPlace::Folder);
    let place = given.or_else(named).or_else(own).unwrap_or(MasterPlace::Nowhere);
    KeyStore::at(places.keys.clone(), place)
}
