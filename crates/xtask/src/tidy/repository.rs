//! The files of the work tree that are, or are about to be, part of the project.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

use super::rust_file::RustFile;

/// A larger file is not text that anybody wrote.
const TEXT_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Every file by its path from the root, with `/` between the parts.
pub(super) struct Repository {
    root: PathBuf,
    files: BTreeMap<String, Option<String>>,
    rust: Vec<RustFile>,
}

impl Repository {
    /// Reads what git tracks and what it would track: a violation shows before it is committed.
    pub(super) fn read(root: &Path) -> anyhow::Result<Self> {
        let mut files = BTreeMap::new();
        for path in listed(root)? {
            let place = root.join(&path);
            // A tracked file that is deleted in the work tree is still listed.
            if let Ok(metadata) = place.metadata() {
                let text = metadata.len() <= TEXT_BYTES_MAX;
                let bytes =
                    if text { std::fs::read(&place).with_context(|| path.clone())? } else { Vec::new() };
                files.insert(path, String::from_utf8(bytes).ok().filter(|_| text));
            }
        }
        Self::assemble(root.to_owned(), files)
    }

    fn assemble(root: PathBuf, files: BTreeMap<String, Option<String>>) -> anyhow::Result<Self> {
        let sources = files.iter().filter_map(|(path, text)| Some((path.as_str(), text.as_deref()?)));
        let sources =
            sources.filter(|(path, _)| Path::new(path).extension().is_some_and(|kind| kind == "rs"));
        let mut rust =
            sources.map(|(path, text)| RustFile::parse(path, text)).collect::<anyhow::Result<Vec<_>>>()?;
        RustFile::mark_test_modules(&mut rust);
        Ok(Self { root, files, rust })
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Text files with their content, by path.
    pub(super) fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().filter_map(|(path, text)| Some((path.as_str(), text.as_deref()?)))
    }

    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path)?.as_deref()
    }

    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    pub(super) fn rust(&self) -> &[RustFile] {
        &self.rust
    }

    /// Whether a file, or a folder with a file in it, lies at the path. The root is the empty path.
    pub(super) fn holds(&self, path: &str) -> bool {
        let folder = format!("{path}/");
        path.is_empty() || self.files.contains_key(path) || self.paths().any(|file| file.starts_with(&folder))
    }

    /// A repository of these texts, for tests.
    #[cfg(test)]
    pub(super) fn of(files: &[(&str, &str)]) -> Self {
        let files = files.iter().map(|(path, text)| ((*path).to_owned(), Some((*text).to_owned()))).collect();
        Self::assemble(PathBuf::new(), files).unwrap()
    }
}

fn listed(root: &Path) -> anyhow::Result<Vec<String>> {
    // A checkout may belong to another user than the one who runs the check: it is only read.
    let output = Command::new("git")
        .args(["-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .context("git lists the files of the project, and it could not be started: install git")?;
    if !output.status.success() {
        bail!("git could not list the files: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let names = String::from_utf8(output.stdout).context("a file name is not UTF-8")?;
    Ok(names.split_terminator('\0').map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_their_folders_are_there_and_nothing_else_is() {
        let repository = Repository::of(&[("docs/errors/disk-full.md", "# Disk full\n")]);
        for (path, there) in [
            ("docs/errors/disk-full.md", true),
            ("docs/errors", true),
            ("docs", true),
            ("", true),
            ("docs/err", false),
            ("disk-full.md", false),
        ] {
            assert_eq!(repository.holds(path), there, "{path}");
        }
    }

    #[test]
    fn this_file_is_found_in_the_work_tree() {
        let root = Path::new("../..");
        let paths = listed(root).unwrap();
        assert!(paths.iter().any(|path| path == "crates/xtask/src/tidy/repository.rs"));
        assert!(!paths.iter().any(|path| path.starts_with("target/")));
    }

    #[test]
    fn source_that_does_not_parse_is_named() {
        let files = BTreeMap::from([("a.rs".to_owned(), Some("fn (".to_owned()))]);
        let refused = Repository::assemble(PathBuf::new(), files).err().unwrap();
        assert!(format!("{refused:#}").starts_with("a.rs:"), "{refused:#}");
    }
}
