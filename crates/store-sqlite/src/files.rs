//! Content over 64 KiB: one file each, `blobs/<ab>/<hash>`, complete and synced before any commit refers to it.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use divisi_domain::blob::BlobRef;
use divisi_domain::time::Timestamp;
use parking_lot::Mutex;

use crate::disk::Disk;
use crate::folder::DataFolder;

/// Files in flight start so; a crash leaves them behind, the collection takes them away.
const TEMP_PREFIX: &str = "tmp-";

#[derive(Debug)]
pub(crate) struct BlobFiles {
    root: PathBuf,
    disk: Arc<dyn Disk>,
    temp_number: AtomicU64,
    /// Files whose commit is on its way, with how many commits; the collection leaves them alone.
    pending: Mutex<HashMap<BlobRef, usize>>,
    /// First bytes of names whose folder is there, its own name durable.
    folders: Mutex<HashSet<u8>>,
}

/// Why a content file was not put.
#[derive(Debug)]
pub(crate) enum PutError {
    /// It could not be begun (no handle left, no permission): nothing is on the disk, and asking again does no harm.
    NotBegun(io::Error),
    /// A write, a sync or a rename failed: nobody knows what is on the disk.
    Failed(io::Error),
}

/// A file found in the folder.
#[derive(Debug)]
pub(crate) struct FoundFile {
    pub(crate) path: PathBuf,
    /// `None`: not a name of ours, such as a temporary file.
    pub(crate) blob: Option<BlobRef>,
    pub(crate) bytes: u64,
    pub(crate) modified: Timestamp,
}

impl BlobFiles {
    pub(crate) fn new(folder: &DataFolder) -> Self {
        Self {
            root: folder.blobs(),
            disk: Arc::clone(folder.disk()),
            temp_number: AtomicU64::new(0),
            pending: Mutex::default(),
            folders: Mutex::default(),
        }
    }

    fn path(&self, blob: &BlobRef) -> PathBuf {
        let name = blob.to_string();
        self.root.join(&name[..2]).join(name)
    }

    /// The bytes, unchecked; `None` if there is no such file.
    pub(crate) fn read(&self, blob: &BlobRef) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.path(blob)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes and syncs the file unless it is there, and keeps it from being collected until [`Self::all_settled`].
    pub(crate) fn put(&self, blob: &BlobRef, bytes: &[u8]) -> Result<(), PutError> {
        *self.pending.lock().entry(*blob).or_insert(0) += 1;
        let written = self.write(blob, bytes);
        if written.is_err() {
            self.settled(blob);
        }
        written
    }

    /// The commit of each [`Self::put`] has ended, one way or the other.
    pub(crate) fn all_settled(&self, blobs: &[BlobRef]) {
        for blob in blobs {
            self.settled(blob);
        }
    }

    fn settled(&self, blob: &BlobRef) {
        let mut pending = self.pending.lock();
        if let Some(count) = pending.get_mut(blob) {
            *count -= 1;
            if *count == 0 {
                pending.remove(blob);
            }
        }
    }

    /// Removes a file unless a commit with it is on its way or `referenced` says that a stream refers to it.
    pub(crate) fn remove_unless<E>(
        &self,
        file: &FoundFile,
        referenced: impl FnOnce(&BlobRef) -> Result<bool, E>,
    ) -> Result<io::Result<bool>, E> {
        let pending = self.pending.lock();
        if let Some(blob) = &file.blob
            && (pending.contains_key(blob) || referenced(blob)?)
        {
            return Ok(Ok(false));
        }
        Ok(self.disk.remove(&file.path).map(|()| true))
    }

    /// Where the content of this name lies, whether it does or not.
    pub(crate) fn named(&self, blob: &BlobRef) -> FoundFile {
        FoundFile { path: self.path(blob), blob: Some(*blob), bytes: 0, modified: Timestamp::from_millis(0) }
    }

    /// Every file under the folder.
    pub(crate) fn list(&self) -> io::Result<Vec<FoundFile>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.root)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                for inner in fs::read_dir(entry.path())? {
                    found.push(found_file(&inner?)?);
                }
            } else {
                found.push(found_file(&entry)?);
            }
        }
        Ok(found)
    }

    fn write(&self, blob: &BlobRef, bytes: &[u8]) -> Result<(), PutError> {
        let path = self.path(blob);
        let folder = path.parent().unwrap_or(&self.root);
        self.make_folder(blob.0[0], folder)?;
        let there = fs::metadata(&path).is_ok_and(|found| found.len() == bytes.len() as u64);
        // One that is damaged is written anew: whoever submits it again can read it.
        if there && fs::read(&path).is_ok_and(|found| found == bytes) {
            return self.disk.sync_folder(folder).map_err(PutError::Failed);
        }
        let number = self.temp_number.fetch_add(1, Ordering::Relaxed);
        let temp = self.root.join(format!("{TEMP_PREFIX}{}-{number}", std::process::id()));
        let mut file = self.disk.create(&temp).map_err(PutError::NotBegun)?;
        let moved = file.write_all(bytes).and_then(|()| file.sync());
        if let Err(error) = moved.and_then(|()| self.disk.rename(&temp, &path)) {
            let _ = self.disk.remove(&temp);
            return Err(PutError::Failed(error));
        }
        self.disk.sync_folder(folder).map_err(PutError::Failed)
    }

    /// Once a process the name is synced even if the folder is there: whoever made it may have died before he could.
    fn make_folder(&self, first: u8, folder: &Path) -> Result<(), PutError> {
        let mut folders = self.folders.lock();
        if folders.contains(&first) {
            return Ok(());
        }
        if !folder.is_dir() {
            self.disk.create_folder(folder).map_err(PutError::NotBegun)?;
        }
        self.disk.sync_folder(&self.root).map_err(PutError::Failed)?;
        folders.insert(first);
        Ok(())
    }
}

fn found_file(entry: &fs::DirEntry) -> io::Result<FoundFile> {
    let meta = entry.metadata()?;
    let age = meta.modified()?.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let modified = Timestamp::from_millis(i64::try_from(age.as_millis()).unwrap_or(i64::MAX));
    let blob = entry.file_name().to_str().and_then(|name| blake3::Hash::from_hex(name).ok());
    Ok(FoundFile {
        path: entry.path(),
        blob: blob.map(|hash| BlobRef(*hash.as_bytes())),
        bytes: meta.len(),
        modified,
    })
}
