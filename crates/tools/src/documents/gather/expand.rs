//! From arguments to files. Links to folders inside of a folder are not followed, so no walk goes in a circle.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};

use super::{GatherError, GatherLimits, LeftOut, Origin};
use crate::documents::limits::size;

/// How many bytes of a file tell whether it is text.
const SNIFFED_BYTES: u64 = 8 * 1024;

/// A file and what tells it apart from others: its path without links.
type Found = (PathBuf, Origin);

/// A search under way.
pub(super) struct Search<'a> {
    base: &'a Path,
    limits: &'a GatherLimits,
    found: Vec<Found>,
    left_out: Vec<LeftOut>,
    entries: usize,
    hidden: usize,
}

/// Which files of a walk are wanted, and from where names are told.
struct Walk<'a> {
    root: &'a Path,
    pattern: Option<&'a GlobMatcher>,
    /// How many folders deep wanted files can lie.
    levels: usize,
}

impl<'a> Search<'a> {
    pub(super) fn new(base: &'a Path, limits: &'a GatherLimits) -> Self {
        Self { base, limits, found: Vec::new(), left_out: Vec::new(), entries: 0, hidden: 0 }
    }

    /// Adds what one argument names. A file that exists is never taken for a pattern.
    pub(super) fn add(&mut self, argument: &str) -> Result<(), GatherError> {
        if argument == "-" {
            self.found.push((PathBuf::from("-"), Origin::Stdin));
            return Ok(());
        }
        let path = self.base.join(argument);
        match fs::metadata(&path) {
            Ok(meta) if meta.is_dir() => {
                self.walk(&path, 0, &Walk { root: &path, pattern: None, levels: usize::MAX })
            }
            Ok(meta) if meta.is_file() => self.file(&path, meta.len(), argument),
            Ok(_) => {
                self.leave_out(argument, "It is neither a file nor a folder.");
                Ok(())
            }
            Err(error) if is_missing(&error) => self.pattern(argument),
            Err(error) => {
                self.leave_out(argument, &unreadable(&error));
                Ok(())
            }
        }
    }

    pub(super) fn finish(mut self) -> Result<(Vec<Found>, Vec<LeftOut>), GatherError> {
        if self.hidden > 0 {
            let what =
                if self.hidden == 1 { "hidden file or folder is" } else { "hidden files or folders are" };
            let why = format!("{} {what} not looked at. Name what is wanted of them itself.", self.hidden);
            self.leave_out(HIDDEN, &why);
        }
        // Of several links to a file the file itself gives the name.
        let is_link = |identity: &PathBuf, origin: &Origin| *origin != Origin::Path(identity.clone());
        self.found.sort_by(|(a, x), (b, y)| (a, is_link(a, x), x).cmp(&(b, is_link(b, y), y)));
        self.found.dedup_by(|a, b| a.0 == b.0);
        let bytes: u64 =
            self.found.iter().map(|(path, _)| fs::metadata(path).map_or(0, |meta| meta.len())).sum();
        let max = self.limits.total_bytes_max;
        if bytes > max { Err(GatherError::TooLarge { bytes, max }) } else { Ok((self.found, self.left_out)) }
    }

    fn file(&mut self, path: &Path, len: u64, shown: &str) -> Result<(), GatherError> {
        if len > self.limits.file_bytes_max {
            let (has, max) = (size(len), size(self.limits.file_bytes_max));
            self.leave_out(shown, &format!("It has {has}, more than the {max} a file may have."));
            return Ok(());
        }
        let identity = match fs::canonicalize(path) {
            Ok(identity) => identity,
            Err(error) => {
                self.leave_out(shown, &unreadable(&error));
                return Ok(());
            }
        };
        self.found.push((identity, Origin::Path(path.to_owned())));
        let max = self.limits.files_max;
        if self.found.len() > max { Err(GatherError::TooMany { max }) } else { Ok(()) }
    }

    fn pattern(&mut self, argument: &str) -> Result<(), GatherError> {
        if !argument.contains(['*', '?', '[', '{']) {
            return Err(GatherError::Missing(argument.to_owned()));
        }
        let bad = |error: globset::Error| GatherError::BadPattern {
            pattern: argument.to_owned(),
            reason: error.kind().to_string(),
        };
        let full = self.base.join(argument);
        let (root, rest) = split_pattern(&full);
        let glob = GlobBuilder::new(&rest).literal_separator(true).build().map_err(bad)?;
        let before = (self.found.len(), self.left_out.len());
        if root.is_dir() {
            let walk = Walk { root: &root, pattern: Some(&glob.compile_matcher()), levels: levels(&rest) };
            self.walk(&root, 0, &walk)?;
        }
        let nothing = (self.found.len(), self.left_out.len()) == before;
        if nothing { Err(GatherError::NoMatch(argument.to_owned())) } else { Ok(()) }
    }

    fn walk(&mut self, folder: &Path, depth: usize, walk: &Walk) -> Result<(), GatherError> {
        let shown = folder.strip_prefix(self.base).unwrap_or(folder).display().to_string();
        if depth > self.limits.depth_max {
            self.leave_out(&shown, &format!("It lies deeper than {} folders.", self.limits.depth_max));
            return Ok(());
        }
        let listed = fs::read_dir(folder).and_then(Iterator::collect::<std::io::Result<Vec<_>>>);
        let mut entries = match listed {
            Ok(entries) => entries,
            Err(error) => {
                self.leave_out(&shown, &unreadable(&error));
                return Ok(());
            }
        };
        entries.sort_by_key(fs::DirEntry::file_name);
        self.entries += entries.len();
        if self.entries > self.limits.entries_max {
            return Err(GatherError::TooMany { max: self.limits.files_max });
        }
        entries.iter().try_for_each(|entry| self.entry(&entry.path(), depth, walk))
    }

    fn entry(&mut self, path: &Path, depth: usize, walk: &Walk) -> Result<(), GatherError> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let is_link = fs::symlink_metadata(path).is_ok_and(|meta| meta.is_symlink());
        let shown = path.strip_prefix(self.base).unwrap_or(path).display().to_string();
        let wanted = walk
            .pattern
            .is_none_or(|glob| path.strip_prefix(walk.root).is_ok_and(|rest| glob.is_match(rest)));
        match fs::metadata(path) {
            _ if name.starts_with('.') => self.hidden += usize::from(wanted),
            Ok(meta) if meta.is_dir() && depth + 1 >= walk.levels => {}
            Ok(meta) if meta.is_dir() && is_link => {
                self.leave_out(&shown, "It is a link to a folder: name that folder itself.");
            }
            Ok(meta) if meta.is_dir() => return self.walk(path, depth + 1, walk),
            Ok(meta) if meta.is_file() && wanted && is_link && leads_out(path, walk.root) => {
                self.leave_out(
                    &shown,
                    "It is a link that leads out of the folder: name what it leads to itself.",
                );
            }
            Ok(meta) if meta.is_file() && wanted => return self.found_file(path, meta.len(), &shown),
            Ok(meta) if wanted && !meta.is_dir() => {
                self.leave_out(&shown, "It is neither a file nor a folder.");
            }
            Err(error) if wanted => self.leave_out(&shown, &unreadable(&error)),
            Ok(_) | Err(_) => {}
        }
        Ok(())
    }

    /// A file that nobody named by itself is left out where it is no document.
    fn found_file(&mut self, path: &Path, len: u64, shown: &str) -> Result<(), GatherError> {
        match looks_binary(path) {
            Ok(false) => self.file(path, len, shown),
            Ok(true) => {
                self.leave_out(shown, "It is not a text document.");
                Ok(())
            }
            Err(error) => {
                self.leave_out(shown, &unreadable(&error));
                Ok(())
            }
        }
    }

    fn leave_out(&mut self, name: &str, why: &str) {
        self.left_out.push(LeftOut { name: name.to_owned(), why: why.to_owned() });
    }
}

/// What all that is hidden is called together.
const HIDDEN: &str = ".* (hidden)";

fn unreadable(error: &std::io::Error) -> String {
    format!("It cannot be read: {error}.")
}

fn is_missing(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory)
}

/// Whether a link in a folder leads to what nobody named: it may be put there by somebody else.
fn leads_out(link: &Path, root: &Path) -> bool {
    let inside = |(target, root): (PathBuf, PathBuf)| target.starts_with(root);
    !fs::canonicalize(link).and_then(|target| Ok((target, fs::canonicalize(root)?))).is_ok_and(inside)
}

/// The folders before the first wildcard, and the rest as a pattern.
fn split_pattern(full: &Path) -> (PathBuf, String) {
    let is_wild = |part: &std::ffi::OsStr| part.to_string_lossy().contains(['*', '?', '[', '{']);
    let parts: Vec<_> = full.components().collect();
    let first = parts.iter().position(|part| is_wild(part.as_os_str())).unwrap_or(parts.len());
    let rest: PathBuf = parts[first..].iter().collect();
    (parts[..first].iter().collect(), rest.to_string_lossy().into_owned())
}

/// How deep a pattern reaches: as many folders as it names, or any number.
fn levels(pattern: &str) -> usize {
    let any = pattern.contains("**") || pattern.contains('{');
    if any { usize::MAX } else { pattern.split('/').count() }
}

/// Zero bytes, except in a PDF or in UTF-16, are not text.
fn looks_binary(path: &Path) -> std::io::Result<bool> {
    let mut head = Vec::new();
    fs::File::open(path)?.take(SNIFFED_BYTES).read_to_end(&mut head)?;
    let marked = [b"\xff\xfe".as_slice(), b"\xfe\xff", b"%PDF-"].iter().any(|mark| head.starts_with(mark));
    Ok(!marked && (head.contains(&0) || crate::documents::kind::foreign_format(&head).is_some()))
}
