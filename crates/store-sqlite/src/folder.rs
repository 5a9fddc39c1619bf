use std::fs::{DirBuilder, File};
use std::path::{Path, PathBuf};

use divisi_store::{Result, StoreError};

use crate::error::io_error;

/// The folder that holds all data: `divisi.db`, `index.db`, `blobs/`, `lock`, `reserve`. Only its user may read it.
#[derive(Debug, Clone)]
pub struct DataFolder {
    root: PathBuf,
}

impl DataFolder {
    /// Opens the folder, or creates it.
    pub fn open(root: &Path) -> Result<Self> {
        let folder = Self { root: root.to_owned() };
        create_private(&folder.root)?;
        create_private(&folder.blobs())?;
        Ok(folder)
    }

    /// The folder, if there is one with a database in it; creates nothing.
    pub fn existing(root: &Path) -> Option<Self> {
        let folder = Self { root: root.to_owned() };
        folder.database().is_file().then_some(folder)
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
}

fn create_private(path: &Path) -> Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists | std::io::ErrorKind::NotADirectory => {
            StoreError::Foreign { path: path.display().to_string(), reason: "it is not a folder".into() }
        }
        _ => io_error("creating the data folder", &error),
    })
}

/// Makes renames and new names in a folder durable.
pub(crate) fn sync_folder(path: &Path) -> std::io::Result<()> {
    File::open(path)?.sync_all()
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
        assert!(DataFolder::existing(&root).is_none());
    }

    #[test]
    fn a_file_in_its_place_is_named() {
        let temp = tempfile::NamedTempFile::new().unwrap();
        let refused = DataFolder::open(temp.path()).unwrap_err().to_string();
        assert!(refused.contains(&temp.path().display().to_string()), "{refused}");
    }
}
