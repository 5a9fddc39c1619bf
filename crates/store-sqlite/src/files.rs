//! Content over 64 KiB: one file each, `blobs/<ab>/<hash>`, complete and synced before any commit refers to it.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use divisi_domain::blob::BlobRef;
use divisi_domain::time::Timestamp;
use parking_lot::Mutex;

use crate::folder::sync_folder;

/// Files in flight start so; a crash leaves them behind, the collection takes them away.
const TEMP_PREFIX: &str = "tmp-";

#[derive(Debug)]
pub(crate) struct BlobFiles {
    root: PathBuf,
    temp_number: AtomicU64,
    /// Files whose commit is on its way, with how many commits; the collection leaves them alone.
    pending: Mutex<HashMap<BlobRef, usize>>,
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
    pub(crate) fn new(root: PathBuf) -> Self {
        Self { root, temp_number: AtomicU64::new(0), pending: Mutex::new(HashMap::new()) }
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
    pub(crate) fn put(&self, blob: &BlobRef, bytes: &[u8]) -> io::Result<()> {
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
        Ok(fs::remove_file(&file.path).map(|()| true))
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

    fn write(&self, blob: &BlobRef, bytes: &[u8]) -> io::Result<()> {
        let path = self.path(blob);
        let folder = path.parent().unwrap_or(&self.root);
        if fs::metadata(&path).is_ok_and(|found| found.len() == bytes.len() as u64) {
            return sync_folder(folder);
        }
        if !folder.is_dir() {
            fs::create_dir_all(folder)?;
            sync_folder(&self.root)?;
        }
        let number = self.temp_number.fetch_add(1, Ordering::Relaxed);
        let temp = self.root.join(format!("{TEMP_PREFIX}{}-{number}", std::process::id()));
        let moved = write_synced(&temp, bytes).and_then(|()| fs::rename(&temp, &path));
        if let Err(error) = moved {
            let _ = fs::remove_file(&temp);
            return Err(error);
        }
        sync_folder(folder)
    }
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create_new(path).or_else(|_| File::create(path))?;
    file.write_all(bytes)?;
    file.sync_all()
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
