//! Golden bytes of every (kind, version) of events. They are written once: a kind whose bytes change gets a
//! new version, and both files stay.

use std::collections::BTreeMap;

use divisi_domain::task::{encode, kind_name};

use super::Generated;

pub(super) fn all() -> Vec<Generated> {
    let mut files: BTreeMap<(u16, u8), String> = BTreeMap::new();
    for event in divisi_testkit::samples::events() {
        let lines = files.entry((event.kind(), event.kind_version())).or_default();
        lines.extend(encode(&event).iter().map(|byte| format!("{byte:02x}")));
        lines.push('\n');
    }
    let file = |((kind, version), content)| {
        let path = format!("crates/domain/tests/golden/{kind:02}_{}_v{version}.hex", kind_name(kind));
        Generated { path, content, keep: true }
    };
    files.into_iter().map(file).collect()
}
