//! What the `Cargo.toml` of a room says it uses.

use anyhow::Context as _;
use toml::Table;

use super::repository::Repository;

/// Our crates are called this and the name of their folder.
const PREFIX: &str = "divisi-";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// To build, on any platform: `dependencies` and `build-dependencies`.
    Product,
    /// `dev-dependencies`.
    Tests,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Dependency {
    /// The package's own name, whatever the room calls it.
    pub(super) package: String,
    pub(super) usage: Use,
}

impl Dependency {
    /// The name of the room, when the package is one of ours.
    pub(super) fn room(&self) -> Option<&str> {
        self.package.strip_prefix(PREFIX)
    }
}

#[derive(Debug)]
pub(super) struct Manifest {
    pub(super) path: String,
    /// The folder under `crates/`.
    pub(super) room: String,
    pub(super) package: String,
    pub(super) dependencies: Vec<Dependency>,
}

impl Manifest {
    /// What Cargo must be told to call a room in this folder.
    pub(super) fn expected_package(&self) -> String {
        format!("{PREFIX}{}", self.room)
    }
}

/// The manifests of all rooms.
pub(super) fn manifests(repository: &Repository) -> anyhow::Result<Vec<Manifest>> {
    let rooms = repository.texts().filter_map(|(path, text)| {
        let room = path.strip_prefix("crates/")?.strip_suffix("/Cargo.toml")?;
        (!room.contains('/')).then_some((path, room, text))
    });
    rooms.map(|(path, room, text)| read(path, room, text).with_context(|| path.to_owned())).collect()
}

fn read(path: &str, room: &str, text: &str) -> anyhow::Result<Manifest> {
    let manifest: Table = toml::from_str(text)?;
    let package = manifest.get("package").and_then(|package| package.get("name")?.as_str());
    let package = package.context("the manifest has no package name")?.to_owned();
    let mut dependencies = sections(&manifest);
    for platform in manifest.get("target").and_then(toml::Value::as_table).into_iter().flatten() {
        dependencies.extend(platform.1.as_table().map(sections).unwrap_or_default());
    }
    Ok(Manifest { path: path.to_owned(), room: room.to_owned(), package, dependencies })
}

fn sections(table: &Table) -> Vec<Dependency> {
    let kinds = [
        ("dependencies", Use::Product),
        ("build-dependencies", Use::Product),
        ("dev-dependencies", Use::Tests),
    ];
    let sections = kinds.into_iter().filter_map(|(key, usage)| Some((table.get(key)?.as_table()?, usage)));
    let entries = sections.flat_map(|(section, usage)| section.iter().map(move |entry| (entry, usage)));
    entries.map(|((name, value), usage)| Dependency { package: real_name(name, value), usage }).collect()
}

fn real_name(name: &str, value: &toml::Value) -> String {
    value.get("package").and_then(toml::Value::as_str).unwrap_or(name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_dependency_is_read_by_its_real_name() {
        let text = "[package]\nname = \"divisi-a\"\n[dependencies]\ndivisi-domain.workspace = true\n\
                    json = { package = \"serde_json\", version = \"1\" }\n[build-dependencies]\ncc = \"1\"\n\
                    [dev-dependencies]\ndivisi-testkit.workspace = true\n\
                    [target.'cfg(unix)'.dependencies]\nlibc = \"0.2\"\n";
        let manifests =
            manifests(&Repository::of(&[("crates/a/Cargo.toml", text), ("Cargo.toml", "x = 1")])).unwrap();
        assert_eq!(manifests.len(), 1);
        let found: Vec<_> = manifests[0].dependencies.iter().map(|d| (d.package.as_str(), d.usage)).collect();
        let expected = [
            ("divisi-domain", Use::Product),
            ("serde_json", Use::Product),
            ("cc", Use::Product),
            ("divisi-testkit", Use::Tests),
            ("libc", Use::Product),
        ];
        assert_eq!(found, expected);
        assert_eq!(manifests[0].dependencies[0].room(), Some("domain"));
        assert_eq!(manifests[0].expected_package(), "divisi-a");
    }

    #[test]
    fn a_manifest_without_a_name_is_refused_with_its_path() {
        let refused = manifests(&Repository::of(&[("crates/a/Cargo.toml", "[lib]\n")])).unwrap_err();
        assert!(format!("{refused:#}").starts_with("crates/a/Cargo.toml"));
    }
}
