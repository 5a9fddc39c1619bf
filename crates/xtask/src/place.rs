//! Where the work tree is.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// A file that only the root of our work tree has.
const MARK: &str = "crates/xtask/Cargo.toml";

/// The work tree that this process was started in. It is not the one that this programme was built from: several clones
/// may share their build output, and none may be checked in place of another.
pub(crate) fn work_tree() -> anyhow::Result<PathBuf> {
    let here = std::env::current_dir().context("the current folder is not there")?;
    above(&here)
        .map(Path::to_owned)
        .with_context(|| format!("{} is not in a work tree of Divisi", here.display()))
}

fn above(here: &Path) -> Option<&Path> {
    here.ancestors().find(|folder| folder.join(MARK).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_nearest_above() {
        let clone = tempfile::tempdir().unwrap();
        let deep = clone.path().join("docs/adr");
        std::fs::create_dir_all(&deep).unwrap();
        std::fs::create_dir_all(clone.path().join("crates/xtask")).unwrap();
        assert_eq!(above(&deep), None);
        std::fs::write(clone.path().join(MARK), "").unwrap();
        assert_eq!(above(&deep), Some(clone.path()));
        assert!(work_tree().unwrap().join("crates/xtask/src/place.rs").is_file());
    }
}
