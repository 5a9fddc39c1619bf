//! Golden bytes of every (kind, version) of events. They are written once: a kind whose bytes change gets a
//! new version, and both files stay.

use std::collections::BTreeMap;

use divisi_domain::journal::{self, JournalEvent};
use divisi_domain::task::{encode, kind_name};
use divisi_testkit::samples;

use super::Generated;

pub(super) fn all() -> Vec<Generated> {
    let tasks = samples::events();
    let tasks = tasks.iter().map(|event| (event.kind(), event.kind_version(), encode(event)));
    let mut files = folder("", tasks, kind_name);
    files.extend(journal("agent/", &samples::agent_events()));
    files.extend(journal("workspace/", &samples::workspace_events()));
    files
}

fn journal<E: JournalEvent>(place: &str, events: &[E]) -> Vec<Generated> {
    let name = |kind| E::KINDS.iter().find(|(known, _)| *known == kind).map_or("unknown", |(_, name)| name);
    let bodies = events.iter().map(|event| (event.kind(), event.kind_version(), journal::encode(event)));
    folder(place, bodies, name)
}

/// One file for each kind and version, one line for each body.
fn folder(
    place: &str,
    bodies: impl Iterator<Item = (u16, u8, Vec<u8>)>,
    name: impl Fn(u16) -> &'static str,
) -> Vec<Generated> {
    let mut files: BTreeMap<(u16, u8), String> = BTreeMap::new();
    for (kind, version, body) in bodies {
        let lines = files.entry((kind, version)).or_default();
        lines.extend(body.iter().map(|byte| format!("{byte:02x}")));
        lines.push('\n');
    }
    let file = |((kind, version), content)| {
        let path = format!("crates/domain/tests/golden/{place}{kind:02}_{}_v{version}.hex", name(kind));
        Generated { path, content, keep: true }
    };
    files.into_iter().map(file).collect()
}
