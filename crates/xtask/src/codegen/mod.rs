//! Files that are made from the code and committed; a test is red when they are not what the code says.

mod diagrams;
mod golden;
mod mermaid;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Root of the work tree.
    #[arg(long, default_value = ".")]
    root: PathBuf,
}

/// A file as the code says it must be.
#[derive(Debug)]
struct Generated {
    /// From the root of the work tree.
    path: String,
    content: String,
    /// What it held before stays: it is bytes that were written once.
    keep: bool,
}

impl Generated {
    /// Whether the file in `root` is as it must be.
    fn is_current(&self, root: &Path) -> bool {
        fs::read_to_string(root.join(&self.path)).is_ok_and(|found| self.keep || found == self.content)
    }
}

fn all() -> Vec<Generated> {
    let mut files = diagrams::all();
    files.extend(golden::all());
    files
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout().lock();
    for file in all().into_iter().filter(|file| !file.is_current(&options.root)) {
        let place = options.root.join(&file.path);
        if let Some(folder) = place.parent() {
            fs::create_dir_all(folder).with_context(|| file.path.clone())?;
        }
        fs::write(&place, &file.content).with_context(|| file.path.clone())?;
        writeln!(out, "wrote {}", file.path)?;
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn committed_files_are_what_the_code_says() {
        let root = Path::new("../..");
        let stale: Vec<String> =
            all().into_iter().filter(|file| !file.is_current(root)).map(|file| file.path).collect();
        assert!(stale.is_empty(), "run `cargo xtask codegen` and commit {stale:?}");
    }

    #[test]
    fn codegen_writes_what_is_missing_and_keeps_what_was_written_once() {
        let root = tempfile::tempdir().unwrap();
        let options = Options { root: root.path().to_owned() };
        run(&options).unwrap();
        assert!(all().iter().all(|file| file.is_current(root.path())));
        let once = all().into_iter().find(|file| file.keep).unwrap();
        let diagram = all().into_iter().find(|file| !file.keep).unwrap();
        for file in [&once, &diagram] {
            fs::write(root.path().join(&file.path), "other").unwrap();
        }
        run(&options).unwrap();
        assert_eq!(fs::read_to_string(root.path().join(&once.path)).unwrap(), "other");
        assert_eq!(fs::read_to_string(root.path().join(&diagram.path)).unwrap(), diagram.content);
    }
}
