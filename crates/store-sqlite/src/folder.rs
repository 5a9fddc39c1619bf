use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use divisi_store::{Result, StoreError};

use crate::disk::{Disk, SystemDisk};
use crate::error::io_error;

/// The folder that holds all data: `divisi.db`, `index.db`, `blobs/`, `lock`, `reserve`. Only its user may read it.
#[derive(Debug, Clone)]
pub struct DataFolder {
    root: PathBuf,
    disk: Arc<dyn Disk>,
}

impl DataFolder {
    /// Opens the folder, or creates it.
    pub fn open(root: &Path) -> Result<Self> {
        Self::open_on(root, Arc::new(SystemDisk))
    }

    /// As [`Self::open`], on a disk of the caller's.
    pub fn open_on(root: &Path, disk: Arc<dyn Disk>) -> Result<Self> {
        let folder = Self { root: root.to_owned(), disk };
        #[cfg(unix)]
        crate::privacy::keep(&folder)?;
        folder.create().map_err(|error| refused(root, &error))?;
        Ok(folder)
    }

    /// The folder, if there is one with a database in it; creates nothing. What cannot be looked at is an error: it may hold
    /// everything.
    pub fn existing(root: &Path) -> Result<Option<Self>> {
        let folder = Self { root: root.to_owned(), disk: Arc::new(SystemDisk) };
        match folder.database().metadata() {
            Ok(found) => Ok(found.is_file().then_some(folder)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => Err(refused(root, &error)),
            Err(error) => Err(io_error("looking into it", &error)),
        }
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The database.
    pub fn database(&self) -> PathBuf {
        self.root.join("divisi.db")
    }

    /// The full-text index: a cache, safe to delete while nobody runs.
    pub fn index(&self) -> PathBuf {
        self.root.join("index.db")
    }

    /// Content over 64 KiB.
    pub fn blobs(&self) -> PathBuf {
        self.root.join("blobs")
    }

    /// Locked by the owner; holds its process id.
    pub fn lock(&self) -> PathBuf {
        self.root.join("lock")
    }

    /// Disk space kept for cancelling and deleting.
    pub fn reserve(&self) -> PathBuf {
        self.root.join("reserve")
    }

    /// What it lies on.
    pub(crate) const fn disk(&self) -> &Arc<dyn Disk> {
        &self.disk
    }

    /// Makes the folders and their names durable. A database says that this was done.
    fn create(&self) -> io::Result<()> {
        let blobs = self.blobs();
        if self.database().is_file() && blobs.is_dir() {
            return Ok(());
        }
        create_chain(self.disk.as_ref(), &self.root)?;
        create_missing(self.disk.as_ref(), &blobs)?;
        self.disk.sync_folder(&self.root)
    }
}

/// Creates what is missing of a path, and syncs the name of each folder made and of the last one: whoever made that may
/// have died before he could.
fn create_chain(disk: &dyn Disk, path: &Path) -> io::Result<()> {
    let holder = match path.parent() {
        None => return Ok(()),
        Some(holder) if holder.as_os_str().is_empty() => Path::new("."),
        Some(holder) => holder,
    };
    if !path.is_dir() {
        if !holder.is_dir() {
            create_chain(disk, holder)?;
        }
        if create_missing(disk, path)? {
            return disk.sync_folder(holder);
        }
    }
    match disk.sync_folder(holder) {
        // Somebody else's folder, which was there before us.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        synced => synced,
    }
}

/// Creates a folder; `false`: it is there, perhaps made by somebody else in this moment.
fn create_missing(disk: &dyn Disk, path: &Path) -> io::Result<bool> {
    if path.is_dir() {
        return Ok(false);
    }
    match disk.create_folder(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(false),
        made => made.map(|()| true),
    }
}

fn refused(path: &Path, error: &io::Error) -> StoreError {
    match error.kind() {
        io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => {
            StoreError::Foreign { path: path.display().to_string(), reason: "it is not a folder".into() }
        }
        _ => io_error("creating the data folder", error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_made_for_its_user_alone() {
        let temp = tempfile::tempdir().unwrap();
        let root = temp.path().join("a/b");
        let folder = DataFolder::open(&root).unwrap();
        assert!(folder.blobs().is_dir());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(root.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        }
        DataFolder::open(&root).unwrap();
        assert!(DataFolder::existing(&root).unwrap().is_none());
    }

    /// Another process made the folder after this one had looked.
    #[derive(Debug)]
    struct Overtaken;

    impl Disk for Overtaken {
        fn vfs(&self) -> Option<&std::ffi::CStr> {
            None
        }

        fn create(&self, path: &Path) -> io::Result<Box<dyn crate::disk::DiskFile>> {
            SystemDisk.create(path)
        }

        fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
            SystemDisk.rename(from, to)
        }

        fn remove(&self, path: &Path) -> io::Result<()> {
            SystemDisk.remove(path)
        }

        fn create_folder(&self, path: &Path) -> io::Result<()> {
            SystemDisk.create_folder(path)?;
            SystemDisk.create_folder(path)
        }

        fn sync_folder(&self, path: &Path) -> io::Result<()> {
            SystemDisk.sync_folder(path)
        }
    }

    #[test]
    fn whoever_is_overtaken_uses_the_folder_that_is_there() {
        let temp = tempfile::tempdir().unwrap();
        let folder = DataFolder::open_on(&temp.path().join("a/b"), Arc::new(Overtaken)).unwrap();
        assert!(folder.blobs().is_dir());
    }

    #[test]
    fn a_file_in_its_place_is_named() {
        let temp = tempfile::NamedTempFile::new().unwrap();
        let refused = DataFolder::open(temp.path()).unwrap_err().to_string();
        assert!(refused.contains(&temp.path().display().to_string()), "{refused}");
    }
}
