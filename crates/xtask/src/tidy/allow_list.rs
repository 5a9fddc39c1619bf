//! The ratchet: what is over a hard limit, by how much, and why. The list may only shrink.

use anyhow::Context as _;
use serde::Deserialize;

use super::repository::Repository;

pub(super) const PATH: &str = "crates/xtask/tidy-allow.toml";

/// One thing that is allowed to be longer than the limit, and exactly so long.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Allowed {
    pub(super) path: String,
    /// The function; the whole file when absent.
    pub(super) function: Option<String>,
    pub(super) lines: usize,
    pub(super) reason: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct AllowList {
    #[serde(default)]
    allow: Vec<Allowed>,
}

/// No list is an empty list.
pub(super) fn read(repository: &Repository) -> anyhow::Result<Vec<Allowed>> {
    let text = repository.text(PATH).unwrap_or_default();
    let list: AllowList = toml::from_str(text).context(PATH)?;
    Ok(list.allow)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_read_and_unknown_words_refused() {
        let text = "[[allow]]\npath = \"a.rs\"\nfunction = \"f\"\nlines = 80\nreason = \"a table\"\n";
        let list = read(&Repository::of(&[(PATH, text)])).unwrap();
        assert_eq!((list[0].function.as_deref(), list[0].lines), (Some("f"), 80));
        assert!(read(&Repository::of(&[])).unwrap().is_empty());
        assert!(read(&Repository::of(&[(PATH, &text.replace("lines", "limit"))])).is_err());
    }
}
