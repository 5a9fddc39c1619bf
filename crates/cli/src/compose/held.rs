//! Whether the data folder is still the one that was opened: a folder can be deleted or moved under a running process,
//! whose open files then go on as if nothing had happened.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use divisi_store_sqlite::DataFolder;

/// How often it is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// Why an owner stopped by itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Broken {
    /// One of its parts failed.
    #[error("Divisi stops here: {0}.")]
    Part(String),
    /// Its folder is not there any more.
    #[error(
        "The data folder '{0}' is gone: it was deleted, moved or replaced while its tasks ran. Divisi stops here; put the \
         folder back, or name another with --data-dir."
    )]
    FolderGone(String),
}

/// The folder as it was opened.
#[derive(Debug)]
pub(crate) struct Held {
    root: PathBuf,
    lock: PathBuf,
    identity: Option<(u64, u64)>,
}

impl Held {
    /// Remembers the folder as it is now.
    pub(crate) fn of(folder: &DataFolder) -> Self {
        let lock = folder.lock();
        Self { root: folder.root().to_owned(), identity: identity(&lock), lock }
    }

    /// Returns once it is not there any more.
    pub(crate) async fn gone(self) -> Broken {
        while identity(&self.lock) == self.identity {
            rest().await;
        }
        Broken::FolderGone(self.root.display().to_string())
    }
}

fn identity(path: &Path) -> Option<(u64, u64)> {
    let found = std::fs::metadata(path).ok()?;
    Some((found.dev(), found.ino()))
}

#[expect(clippy::disallowed_methods, reason = "nobody tells that a folder was deleted: it is looked at")]
async fn rest() {
    tokio::time::sleep(LOOK).await;
}
