//! Arrows between the rooms only point down: [`ROOMS`] is the whole list, and a new arrow is a decision about the
//! house, made here where a reviewer sees it.

use super::manifest::{Manifest, Use, manifests};
use super::report::Report;
use super::repository::Repository;

/// What one room may use of ours.
enum MayUse {
    Only(&'static [&'static str]),
    /// All rooms but these.
    AllBut(&'static [&'static str]),
}

/// Any room may use these in its tests.
const FOR_TESTS: &[&str] = &["testkit", "vendors"];

const ROOMS: &[(&str, MayUse)] = &[
    ("domain", MayUse::Only(&[])),
    ("store", MayUse::Only(&["domain"])),
    ("store-sqlite", MayUse::Only(&["domain", "store"])),
    ("store-postgres", MayUse::Only(&["domain", "store"])),
    ("keys", MayUse::Only(&["domain"])),
    ("llm", MayUse::Only(&["domain"])),
    ("providers", MayUse::Only(&["domain", "llm"])),
    ("tools", MayUse::Only(&["domain", "store"])),
    ("engine", MayUse::Only(&["domain", "llm", "store", "tools"])),
    ("engine-temporal", MayUse::Only(&["domain", "engine", "store"])),
    ("api", MayUse::Only(&["domain"])),
    ("server", MayUse::Only(&["api", "domain", "engine", "store", "tools"])),
    ("client", MayUse::Only(&["api", "domain"])),
    ("bench", MayUse::AllBut(&["cli", "testkit", "vendors", "xtask"])),
    ("cli", MayUse::AllBut(&["testkit", "vendors", "xtask"])),
    // Development only: the first stands for other people's servers, the second drives every room from inside, the
    // third from outside.
    ("vendors", MayUse::Only(&["domain"])),
    ("testkit", MayUse::AllBut(&["bench", "cli", "xtask"])),
    ("xtask", MayUse::AllBut(&["cli"])),
];

pub(super) fn check(repository: &Repository) -> anyhow::Result<Report> {
    let mut report = Report::default();
    for manifest in manifests(repository)? {
        check_room(&manifest, &mut report);
    }
    Ok(report)
}

fn check_room(manifest: &Manifest, report: &mut Report) {
    let expected = manifest.expected_package();
    if manifest.package != expected {
        report.error(
            &manifest.path,
            0,
            format!("the package is `{}` and must be `{expected}`", manifest.package),
        );
    }
    let Some((_, may_use)) = ROOMS.iter().find(|(room, _)| *room == manifest.room) else {
        report.error(&manifest.path, 0, format!("the room `{}` is not in the list of rooms", manifest.room));
        return;
    };
    for dependency in &manifest.dependencies {
        if let Some(used) = dependency.room().filter(|used| !allowed(may_use, used, dependency.usage)) {
            let sentence = format!("`{}` may not use `{used}`; it may use {}", manifest.room, list(may_use));
            report.error(&manifest.path, 0, sentence);
        }
    }
}

fn allowed(may_use: &MayUse, used: &str, usage: Use) -> bool {
    let for_tests = usage == Use::Tests && FOR_TESTS.contains(&used);
    let declared = match may_use {
        MayUse::Only(rooms) => rooms.contains(&used),
        MayUse::AllBut(rooms) => !rooms.contains(&used),
    };
    for_tests || declared
}

fn list(may_use: &MayUse) -> String {
    match may_use {
        MayUse::Only([]) => "none of ours".to_owned(),
        MayUse::Only(rooms) => rooms.join(", "),
        MayUse::AllBut(rooms) => format!("all but {}", rooms.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The errors about a room with these lines after its name.
    fn errors(room: &str, package: &str, rest: &str) -> Vec<String> {
        let path = format!("crates/{room}/Cargo.toml");
        let text = format!("[package]\nname = \"{package}\"\n{rest}");
        check(&Repository::of(&[(&path, &text)])).unwrap().error_lines()
    }

    #[test]
    fn declared_edges_pass() {
        for (room, rest) in [
            (
                "domain",
                "[dependencies]\nserde = \"1\"\n[dev-dependencies]\ndivisi-testkit.workspace = true\n",
            ),
            ("providers", "[dev-dependencies]\ndivisi-vendors.workspace = true\n"),
            ("server", "[dependencies]\ndivisi-engine.workspace = true\ndivisi-store.workspace = true\n"),
            ("cli", "[dependencies]\ndivisi-store-sqlite.workspace = true\ndivisi-bench.workspace = true\n"),
            ("xtask", "[dependencies]\ndivisi-testkit.workspace = true\ndivisi-engine.workspace = true\n"),
        ] {
            assert_eq!(errors(room, &format!("divisi-{room}"), rest), [""; 0], "{room}");
        }
    }

    #[test]
    fn a_planted_edge_is_found() {
        for (room, rest, found) in [
            ("domain", "[dependencies]\ndivisi-store.workspace = true\n", "`domain` may not use `store`"),
            ("engine", "[build-dependencies]\ndivisi-providers.workspace = true\n", "not use `providers`"),
            ("store-sqlite", "[dev-dependencies]\ndivisi-engine.workspace = true\n", "not use `engine`"),
            ("engine", "[dependencies]\ndivisi-testkit.workspace = true\n", "not use `testkit`"),
            ("providers", "[dependencies]\ndivisi-vendors.workspace = true\n", "not use `vendors`"),
            ("cli", "[dependencies]\ndivisi-vendors.workspace = true\n", "not use `vendors`"),
            ("vendors", "[dev-dependencies]\ndivisi-llm.workspace = true\n", "not use `llm`"),
            ("cli", "[dependencies]\ndivisi-xtask.workspace = true\n", "not use `xtask`"),
            ("providers", "[dependencies]\ndivisi-keys.workspace = true\n", "not use `keys`"),
            ("llm", "[target.'cfg(unix)'.dependencies]\nd = { package = \"divisi-api\" }\n", "not use `api`"),
        ] {
            let errors = errors(room, &format!("divisi-{room}"), rest);
            assert!(matches!(&errors[..], [one] if one.contains(found)), "{room}: {errors:?}");
        }
    }

    #[test]
    fn unknown_rooms_and_foreign_names_are_found() {
        assert_eq!(
            errors("attic", "divisi-attic", ""),
            ["crates/attic/Cargo.toml: the room `attic` is not in the list of rooms"]
        );
        let misnamed = errors("llm", "divisi-models", "");
        assert_eq!(
            misnamed,
            ["crates/llm/Cargo.toml: the package is `divisi-models` and must be `divisi-llm`"]
        );
    }

    #[test]
    fn every_room_named_in_the_list_exists_in_it() {
        for (room, may_use) in ROOMS {
            let (MayUse::Only(named) | MayUse::AllBut(named)) = may_use;
            for other in *named {
                assert!(ROOMS.iter().any(|(known, _)| known == other), "{room} names {other}");
            }
        }
    }

    #[test]
    fn arrows_between_rooms_of_the_product_never_close_a_circle() {
        // A room may stand in the list only after all it may use.
        let mut above: Vec<&str> = Vec::new();
        for (room, may_use) in ROOMS {
            if let MayUse::Only(used) = may_use {
                assert!(used.iter().all(|below| above.contains(below)), "{room} points up");
            }
            above.push(room);
        }
    }
}
