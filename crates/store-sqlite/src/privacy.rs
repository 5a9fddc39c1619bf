//! A data folder that was there before us: it is made private where it is ours, else refused.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use divisi_store::{Result, StoreError};

use crate::error::io_error;
use crate::folder::DataFolder;

/// What the folder may be for its user.
const PRIVATE: u32 = 0o700;
/// Bits that let others in.
const OTHERS: u32 = 0o077;
/// What a fresh volume holds.
const OF_THE_SYSTEM: &str = "lost+found";

/// Takes the permissions of others away. A folder that holds things of others keeps them, and is refused.
pub(crate) fn keep(folder: &DataFolder) -> Result<()> {
    let root = folder.root();
    // What is not there is made private; what is no folder is refused later.
    let Some(found) = root.metadata().ok().filter(std::fs::Metadata::is_dir) else { return Ok(()) };
    let mode = found.permissions().mode();
    if mode & OTHERS == 0 {
        return Ok(());
    }
    if !is_ours(folder)? {
        return Err(open(
            root,
            mode,
            "and it holds other files, so that it is left as it is: name a new folder",
        ));
    }
    let closed = std::fs::set_permissions(root, PermissionsExt::from_mode(PRIVATE));
    closed.map_err(|error| {
        open(root, mode, &format!("and this user may not change that ({error}): name a folder of your own"))
    })
}

/// A folder of data, or an empty one.
fn is_ours(folder: &DataFolder) -> Result<bool> {
    if folder.database().is_file() || folder.lock().is_file() {
        return Ok(true);
    }
    let entries =
        std::fs::read_dir(folder.root()).map_err(|error| io_error("looking into the data folder", &error))?;
    Ok(entries.filter_map(std::result::Result::ok).all(|entry| entry.file_name() == OF_THE_SYSTEM))
}

fn open(root: &Path, mode: u32, why: &str) -> StoreError {
    StoreError::Foreign {
        path: root.display().to_string(),
        reason: format!("other users can open it (mode {:04o}), {why}", mode & 0o7777),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_folder_that_was_there_is_made_private_or_refused() {
        let rows: [(&[&str], bool); 5] = [
            (&[], true),
            (&["lost+found"], true),
            (&["divisi.db", "notes.txt"], true),
            (&["lock"], true),
            (&["notes.txt"], false),
        ];
        for (files, ours) in rows {
            let temp = tempfile::tempdir().unwrap();
            for name in files {
                std::fs::write(temp.path().join(name), "").unwrap();
            }
            std::fs::set_permissions(temp.path(), PermissionsExt::from_mode(0o755)).unwrap();
            match DataFolder::open(temp.path()) {
                Ok(_) => assert!(ours && mode(temp.path()) == 0o700, "{files:?}"),
                Err(error) => {
                    assert!(!ours && mode(temp.path()) == 0o755, "{files:?}");
                    assert!(error.to_string().contains("mode 0755"), "{error}");
                }
            }
        }
    }
}
