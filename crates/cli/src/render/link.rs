//! Links to the places that a report cites, for terminals that follow them.

use std::path::{Path, PathBuf};

/// Finds the files that a report names.
#[derive(Debug, Clone, Default)]
pub(crate) struct Links {
    roots: Vec<PathBuf>,
}

impl Links {
    /// Files are looked for where the arguments point, and in the present folder.
    pub(crate) fn of(base: &Path, arguments: &[String]) -> Self {
        let mut roots = vec![base.to_owned()];
        for argument in arguments {
            let path = base.join(argument);
            // A glob's folder is the part before its first pattern.
            let folder = path.ancestors().find(|folder| folder.is_dir());
            roots.extend(folder.map(Path::to_owned));
        }
        roots.dedup();
        Self { roots }
    }

    /// The target of `file:line` or `file p. N`; `None` where there is no such file.
    pub(crate) fn target(&self, place: &str) -> Option<String> {
        let (file, line) = match place.rsplit_once(':') {
            Some((file, line)) if line.starts_with(|first: char| first.is_ascii_digit()) => (file, line),
            _ => (place.split_once(" p. ").map_or(place, |(file, _)| file), ""),
        };
        let path = self.roots.iter().map(|root| root.join(file)).find(|path| path.is_file())?;
        let path = path.canonicalize().ok()?;
        let line: String = line.chars().take_while(char::is_ascii_digit).collect();
        let anchor = if line.is_empty() { String::new() } else { format!("#L{line}") };
        Some(format!("file://{}{anchor}", percent(&path.to_string_lossy())))
    }
}

/// A path as a URL has it.
fn percent(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let parts: Vec<String> = path
        .bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect();
    parts.concat()
}

/// The text as a link (OSC 8).
pub(crate) fn hyperlink(text: &str, target: &str) -> String {
    format!("\x1b]8;;{target}\x1b\\{text}\x1b]8;;\x1b\\")
}
