use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};

use divisi_store::Result;

use crate::error::io_error;
use crate::folder::DataFolder;

/// Bytes of the lock file that are read for a message.
const LOCK_TEXT_BYTES_MAX: u64 = 64;

/// The right to write to a data folder. One process has it at a time; the system takes it back when the process dies.
#[derive(Debug)]
pub struct Ownership {
    /// Holds the lock while it is open.
    file: File,
}

/// Who holds a folder, for messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    /// Its process id, if it had written it yet.
    pub pid: Option<u32>,
}

impl Ownership {
    /// Takes the folder for this process; `None` if another one, or another handle of this one, has it. Does not wait.
    pub fn acquire(folder: &DataFolder) -> Result<Option<Self>> {
        let file = open(folder).map_err(|error| io_error("opening the lock file", &error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(io_error("locking the data folder", &error)),
        }
        let ownership = Self { file };
        ownership.write_pid().map_err(|error| io_error("writing the lock file", &error))?;
        Ok(Some(ownership))
    }

    /// Who has the folder; `None` if nobody has.
    pub fn owner(folder: &DataFolder) -> Result<Option<Owner>> {
        if !folder.lock().exists() {
            return Ok(None);
        }
        let file = open(folder).map_err(|error| io_error("opening the lock file", &error))?;
        match file.try_lock_shared() {
            Ok(()) => Ok(None),
            Err(TryLockError::WouldBlock) => Ok(Some(Owner { pid: read_pid(&file) })),
            Err(TryLockError::Error(error)) => Err(io_error("looking at the lock", &error)),
        }
    }

    fn write_pid(&self) -> std::io::Result<()> {
        let mut file = &self.file;
        file.set_len(0)?;
        file.rewind()?;
        writeln!(file, "{}", std::process::id())
    }
}

fn open(folder: &DataFolder) -> std::io::Result<File> {
    OpenOptions::new().create(true).truncate(false).read(true).write(true).open(folder.lock())
}

fn read_pid(file: &File) -> Option<u32> {
    let mut text = String::new();
    file.take(LOCK_TEXT_BYTES_MAX).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_holds_a_folder_and_the_other_learns_who() {
        let temp = tempfile::tempdir().unwrap();
        let folder = DataFolder::open(temp.path()).unwrap();
        assert_eq!(Ownership::owner(&folder).unwrap(), None);
        let first = Ownership::acquire(&folder).unwrap().unwrap();
        assert!(Ownership::acquire(&folder).unwrap().is_none());
        assert_eq!(Ownership::owner(&folder).unwrap(), Some(Owner { pid: Some(std::process::id()) }));
        drop(first);
        assert_eq!(Ownership::owner(&folder).unwrap(), None);
        assert!(Ownership::acquire(&folder).unwrap().is_some());
    }
}
