//! The files that a person names: a file, a folder, a glob, or `-` for standard input. Only looks, copies
//! nothing; every way through the file system ends.

mod expand;
mod names;

use std::collections::HashSet;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::limits::size;

/// How much may be gathered. Settings; these are the defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GatherLimits {
    /// Files of a task.
    pub files_max: usize,
    /// Bytes of one file; larger ones are left out with a warning.
    pub file_bytes_max: u64,
    /// Bytes of all files of a task.
    pub total_bytes_max: u64,
    /// Folders inside each other.
    pub depth_max: usize,
    /// Entries of folders that are looked at.
    pub entries_max: usize,
}

impl Default for GatherLimits {
    fn default() -> Self {
        Self {
            files_max: 1_000,
            file_bytes_max: 20 * super::limits::MIB,
            total_bytes_max: 100 * super::limits::MIB,
            depth_max: 32,
            entries_max: 100_000,
        }
    }
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gathered {
    /// In the order of the display names, each file once.
    pub files: Vec<FoundFile>,
    /// What was left out, sorted.
    pub left_out: Vec<LeftOut>,
}

/// Something that was named, or lies in a folder that was named, and is not read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LeftOut {
    /// As a person would find it.
    pub name: String,
    /// Why, as a sentence.
    pub why: String,
}

impl std::fmt::Display for LeftOut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "'{}' was left out. {}", self.name, self.why)
    }
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundFile {
    /// Display name, unique: the file's name, with as many of its folders as tell it apart.
    pub name: String,
    /// Where its bytes come from.
    pub origin: Origin,
}

/// Where a file's bytes come from.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Origin {
    /// A file.
    Path(PathBuf),
    /// Standard input, which the caller reads.
    Stdin,
}

/// Why nothing can be gathered. Each sentence names the fix.
#[derive(Debug, thiserror::Error)]
pub enum GatherError {
    /// A named file does not exist.
    #[error("There is no file or folder '{0}'. Check the spelling, or give the path from here.")]
    Missing(String),
    /// A glob matches nothing.
    #[error("No file matches '{0}'. Check the pattern, and quote it so that your shell leaves it alone.")]
    NoMatch(String),
    /// A glob that cannot be understood.
    #[error(
        "'{pattern}' is not a pattern: {reason}. Use * for any name, ** for any folders, ? for one character."
    )]
    BadPattern {
        /// As given.
        pattern: String,
        /// What is wrong.
        reason: String,
    },
    /// Too many files.
    #[error(
        "There are more than {max} files, the most a task may have. Name a smaller folder or a narrower pattern."
    )]
    TooMany {
        /// The limit.
        max: usize,
    },
    /// Too many bytes.
    #[error("The files have {} together, more than the {} a task may have. Name fewer of them.", size(*.bytes), size(*.max))]
    TooLarge {
        /// Their bytes.
        bytes: u64,
        /// The limit.
        max: u64,
    },
    /// Everything that was named was left out.
    #[error("None of the named files can be used: {0}")]
    Nothing(String),
}

/// Finds the files that arguments name. Their order does not matter. `base` is what relative paths start from.
pub fn gather(base: &Path, arguments: &[String], limits: &GatherLimits) -> Result<Gathered, GatherError> {
    let mut search = expand::Search::new(base, limits);
    for argument in arguments {
        search.add(argument)?;
    }
    let (found, mut left_out) = search.finish()?;
    left_out.sort();
    left_out.dedup();
    let mut seen = HashSet::new();
    let origins: Vec<Origin> = found
        .into_iter()
        .filter(|(identity, _)| seen.insert(identity.clone()))
        .map(|(_, origin)| origin)
        .collect();
    if origins.is_empty() && !arguments.is_empty() {
        let shown: Vec<String> = left_out.iter().take(5).map(ToString::to_string).collect();
        let why = if shown.is_empty() { "the folders are empty.".to_owned() } else { shown.join(" ") };
        return Err(GatherError::Nothing(why));
    }
    let mut files: Vec<FoundFile> = names::unique(&origins)
        .into_iter()
        .zip(origins)
        .map(|(name, origin)| FoundFile { name, origin })
        .collect();
    files.sort_by(|a, b| (&a.name, &a.origin).cmp(&(&b.name, &b.origin)));
    Ok(Gathered { files, left_out })
}

impl FoundFile {
    /// The file's bytes, at most `bytes_max` and one more: a longer answer tells that the file has grown.
    /// `None` for standard input.
    pub fn read(&self, bytes_max: u64) -> Option<std::io::Result<Vec<u8>>> {
        let Origin::Path(path) = &self.origin else { return None };
        Some(File::open(path).and_then(|file| read_bounded(file, bytes_max)))
    }
}

/// Reads at most `bytes_max` bytes and one more.
pub fn read_bounded(from: impl Read, bytes_max: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(bytes_max.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests;
