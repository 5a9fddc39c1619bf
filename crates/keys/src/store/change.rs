use std::io;
use std::path::Path;

use divisi_domain::time::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use super::{Entropy, KeyStore, Opened};
use crate::disk::{private_folder, replace};
use crate::error::KeyError;
use crate::file::{Entry, Sealed, StoreId};
use crate::master::{Master, MasterPlace, file_in, left_over};
use crate::name::KeyName;
use crate::seal::{self, NONCE_BYTES};

/// The longest key.
const KEY_BYTES_MAX: usize = 8 * 1024;
/// The most keys in a store.
const KEYS_MAX: usize = 256;

impl KeyStore {
    /// Keeps a key under a name, in place of what was there. The first one makes the store, and a master key where its place
    /// has none. The folder of the file must be there.
    pub fn set(
        &self,
        name: &KeyName,
        key: &SecretString,
        now: Timestamp,
        entropy: Entropy<'_>,
    ) -> Result<(), KeyError> {
        let key = checked(key)?;
        let _lock = self.lock()?;
        let (mut sealed, master) = match Sealed::read(&self.file)? {
            Some(sealed) => {
                let master = self.master_of(&sealed)?;
                (sealed, master)
            }
            None => self.begin(entropy)?,
        };
        sealed.entries.retain(|entry| entry.name != name.as_str());
        if sealed.entries.len() >= KEYS_MAX {
            return Err(KeyError::Full(KEYS_MAX));
        }
        let mut entry = Entry {
            name: name.as_str().to_owned(),
            version: sealed.next_version,
            set_at: now,
            nonce: self.nonce(entropy)?,
            sealed: Vec::new(),
        };
        sealed_by(&master, &sealed.store, &mut entry, &key)?;
        sealed.next_version += 1;
        sealed.entries.push(entry);
        self.write(&sealed)
    }

    /// Takes a key out; `false`: there is none of this name. Needs no master key.
    pub fn remove(&self, name: &str) -> Result<bool, KeyError> {
        if Sealed::read(&self.file)?.is_none() {
            return Ok(false);
        }
        let _lock = self.lock()?;
        let Some(mut sealed) = Sealed::read(&self.file)? else { return Ok(false) };
        let before = sealed.entries.len();
        sealed.entries.retain(|entry| entry.name != name);
        if sealed.entries.len() == before {
            return Ok(false);
        }
        self.write(&sealed)?;
        Ok(true)
    }

    /// Gives up the whole store, whatever state it is in, and the master key that was made for it; `false`: there is none.
    pub fn remove_all(&self) -> Result<bool, KeyError> {
        if !self.file.try_exists().map_err(KeyError::io(&self.file, "looked at"))? {
            return Ok(false);
        }
        let _lock = self.lock()?;
        let sealed = Sealed::read(&self.file).ok().flatten();
        self.disk.remove(&self.file).map_err(KeyError::io(&self.file, "removed"))?;
        if let Some(folder) = self.file.parent() {
            self.disk.sync_folder(folder).map_err(KeyError::io(folder, "synced"))?;
        }
        // Of a damaged one it is not known any more which master key was made for it.
        if let Some(sealed) = sealed {
            self.retire(&sealed.store, None)?;
        }
        Ok(true)
    }

    /// Seals every key with another master key: a new one in our own folder, or that of the file `to`, which is made where
    /// there is none. The new master key is durable before the store changes over, and the old one goes after that: whenever
    /// the process dies, the store is readable with the master key in its place. Answers with where the new one is.
    pub fn rotate(&self, to: Option<&Path>, entropy: Entropy<'_>) -> Result<String, KeyError> {
        Sealed::read(&self.file)?.ok_or(KeyError::Empty)?;
        let _lock = self.lock()?;
        let keys = self.open()?.ok_or(KeyError::Empty)?;
        let (fresh, place) = self.successor(to, &keys, entropy)?;
        let mut sealed = Sealed { master: fresh.id(), ..keys.sealed.clone() };
        for entry in &mut sealed.entries {
            let Some(key) = keys.key(&entry.name)? else { continue };
            entry.nonce = self.nonce(entropy)?;
            sealed_by(&fresh, &sealed.store, entry, &key)?;
        }
        self.write(&sealed)?;
        self.retire(&sealed.store, Some(&fresh))?;
        Ok(place)
    }

    /// A store with nothing in it, and its master key.
    fn begin(&self, entropy: Entropy<'_>) -> Result<(Sealed, Master), KeyError> {
        let mut store = StoreId::default();
        let random = self.random(entropy)?;
        store.copy_from_slice(&random[..size_of::<StoreId>()]);
        let made = || self.random(entropy).map(Master::new);
        let master = match &self.place {
            MasterPlace::Given(..) => self.place.find(&store, [0; 8])?.ok_or(KeyError::Nowhere)?,
            MasterPlace::File(path) => match Master::read(path)? {
                Some(master) => master,
                None => self.keep(path, made()?)?,
            },
            MasterPlace::Folder(folder) => {
                let master = made()?;
                self.keep(&file_in(folder, &store, master.id()), master)?
            }
            MasterPlace::Nowhere => return Err(KeyError::Nowhere),
        };
        Ok((Sealed { store, master: master.id(), next_version: 1, entries: Vec::new() }, master))
    }

    /// The master key that comes after that of `keys`, durable in its place.
    fn successor(
        &self,
        to: Option<&Path>,
        keys: &Opened,
        entropy: Entropy<'_>,
    ) -> Result<(Master, String), KeyError> {
        let Opened { sealed, master, .. } = keys;
        let old = || self.place.title(&sealed.store, sealed.master);
        match (to, &self.place) {
            (Some(path), _) => {
                let fresh = match Master::read(path)? {
                    Some(fresh) if fresh.id() == master.id() => return Err(KeyError::OwnMaster(old())),
                    Some(fresh) => fresh,
                    None => self.keep(path, Master::new(self.random(entropy)?))?,
                };
                Ok((fresh, format!("'{}'", path.display())))
            }
            (None, MasterPlace::Folder(folder)) => {
                let fresh = Master::new(self.random(entropy)?);
                let path = file_in(folder, &sealed.store, fresh.id());
                Ok((self.keep(&path, fresh)?, format!("'{}'", path.display())))
            }
            (None, MasterPlace::Given(..) | MasterPlace::File(_)) => Err(KeyError::OwnMaster(old())),
            (None, MasterPlace::Nowhere) => Err(KeyError::Nowhere),
        }
    }

    /// Writes a master key to its file.
    fn keep(&self, path: &Path, master: Master) -> Result<Master, KeyError> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        private_folder(folder).map_err(KeyError::io(folder, "made"))?;
        let path = folder.join(path.file_name().unwrap_or_default());
        let text = master.text();
        replace(self.disk.as_ref(), &path, text.expose_secret().as_bytes())
            .map_err(KeyError::io(&path, "written"))?;
        Ok(master)
    }

    /// Removes the master keys that were made for the store, other than the one in use.
    fn retire(&self, store: &StoreId, in_use: Option<&Master>) -> Result<(), KeyError> {
        let MasterPlace::Folder(folder) = &self.place else { return Ok(()) };
        let old = left_over(folder, store, in_use.map(Master::id));
        for path in &old {
            self.disk.remove(path).map_err(KeyError::io(path, "removed"))?;
        }
        if old.is_empty() {
            return Ok(());
        }
        self.disk.sync_folder(folder).map_err(KeyError::io(folder, "synced"))
    }

    fn write(&self, sealed: &Sealed) -> Result<(), KeyError> {
        replace(self.disk.as_ref(), &self.file, &sealed.encode()).map_err(KeyError::io(&self.file, "written"))
    }

    fn nonce(&self, entropy: Entropy<'_>) -> Result<[u8; NONCE_BYTES], KeyError> {
        let mut nonce = [0; NONCE_BYTES];
        nonce.copy_from_slice(&self.random(entropy)?[..NONCE_BYTES]);
        Ok(nonce)
    }

    fn random(&self, entropy: Entropy<'_>) -> Result<[u8; 32], KeyError> {
        let refused = KeyError::io(&self.file, "sealed: the system has no random numbers");
        // All zeros is what a source that failed in silence looks like.
        entropy()
            .and_then(|bytes| if bytes == [0; 32] { Err(io::ErrorKind::Other.into()) } else { Ok(bytes) })
            .map_err(refused)
    }
}

fn sealed_by(
    master: &Master,
    store: &StoreId,
    entry: &mut Entry,
    key: &SecretString,
) -> Result<(), KeyError> {
    seal::seal(master, store, entry, key).ok_or(KeyError::NotAKey("the cipher refuses it"))
}

/// A key without what surrounds it. It goes into a header: nothing but visible ASCII.
fn checked(key: &SecretString) -> Result<SecretString, KeyError> {
    let text = key.expose_secret().trim();
    match text {
        "" => Err(KeyError::NotAKey("it is empty")),
        text if text.len() > KEY_BYTES_MAX => Err(KeyError::NotAKey("it is longer than 8 KiB")),
        text if !text.bytes().all(|byte| byte.is_ascii_graphic()) => {
            Err(KeyError::NotAKey("it has a space, a line break or a character that is no ASCII in it"))
        }
        text => Ok(SecretString::from(text)),
    }
}
