//! The store: what is kept, and how it changes. Each change is one new file in place of the old one.

mod change;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use divisi_domain::time::Timestamp;
use secrecy::SecretString;

use crate::disk::{Disk, SystemDisk};
use crate::error::KeyError;
use crate::file::Sealed;
use crate::master::{Master, MasterPlace};
use crate::seal;

/// Random bytes of the system, or why there are none: nothing is sealed with anything else.
pub type Entropy<'a> = &'a dyn Fn() -> io::Result<[u8; 32]>;

/// A sealed file and where its master key is.
#[derive(Debug)]
pub struct KeyStore {
    file: PathBuf,
    place: MasterPlace,
    disk: Box<dyn Disk + Send + Sync>,
}

/// What is known of a key without opening it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyLine {
    /// Its name.
    pub name: String,
    /// When it was set.
    pub set_at: Timestamp,
}

/// A store with the master key that fits it.
#[derive(Debug)]
pub struct Opened {
    file: PathBuf,
    sealed: Sealed,
    master: Master,
}

impl KeyStore {
    /// The store in this file; there need be none yet.
    pub fn at(file: PathBuf, place: MasterPlace) -> Self {
        Self::on(file, place, Box::new(SystemDisk))
    }

    /// As [`Self::at`], on a disk of the caller's.
    pub fn on(file: PathBuf, place: MasterPlace, disk: Box<dyn Disk + Send + Sync>) -> Self {
        Self { file, place, disk }
    }

    /// The sealed file.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Where its master key is, in words; `None`: there is no store.
    pub fn master(&self) -> Result<Option<String>, KeyError> {
        let title = |sealed: Sealed| self.place.title(&sealed.store, sealed.master);
        Ok(Sealed::read(&self.file)?.map(title))
    }

    /// What is kept, by name; needs no master key.
    pub fn lines(&self) -> Result<Vec<KeyLine>, KeyError> {
        let sealed = Sealed::read(&self.file)?;
        let mut lines: Vec<KeyLine> = sealed
            .into_iter()
            .flat_map(|sealed| sealed.entries)
            .map(|entry| KeyLine { name: entry.name, set_at: entry.set_at })
            .collect();
        lines.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(lines)
    }

    /// Opens it; `None`: there is none.
    pub fn open(&self) -> Result<Option<Opened>, KeyError> {
        let Some(sealed) = Sealed::read(&self.file)? else { return Ok(None) };
        let master = self.master_of(&sealed)?;
        Ok(Some(Opened { file: self.file.clone(), sealed, master }))
    }

    fn master_of(&self, sealed: &Sealed) -> Result<Master, KeyError> {
        let place = || self.place.title(&sealed.store, sealed.master);
        let found = self.place.find(&sealed.store, sealed.master)?;
        let master = found.ok_or_else(|| KeyError::NoMaster { store: self.file.clone(), place: place() })?;
        if master.id() == sealed.master {
            return Ok(master);
        }
        let hex = |id: &[u8]| data_encoding::HEXLOWER.encode(id);
        Err(KeyError::WrongMaster {
            store: self.file.clone(),
            place: place(),
            sealed: hex(&sealed.master),
            found: hex(&master.id()),
        })
    }

    /// One change at a time: whoever comes second waits, and reads what the first has written.
    fn lock(&self) -> Result<File, KeyError> {
        let path = self.file.with_extension("lock");
        let failed = KeyError::io(&path, "locked");
        let mut options = File::options();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let locked = options.open(&path).and_then(|file| file.lock().map(|()| file));
        locked.map_err(failed)
    }
}

impl Opened {
    /// The key of this name; `None`: there is none. One that was sealed for another place is an error.
    pub fn key(&self, name: &str) -> Result<Option<SecretString>, KeyError> {
        let Some(entry) = self.sealed.entry(name) else { return Ok(None) };
        let misplaced = || KeyError::Misplaced { name: name.to_owned(), store: self.file.clone() };
        seal::open(&self.master, &self.sealed.store, entry).map(Some).ok_or_else(misplaced)
    }
}
