use std::collections::BTreeMap;

use divisi_domain::time::Timestamp;
use divisi_engine::driver::Clock as _;
use serde::Serialize;

use super::World;
use crate::compose::{ProcessClock, key_store, services, variable};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;
use crate::render::{ago, columns};

/// A key, and where it is. Nothing of the key itself.
#[derive(Debug, Serialize)]
struct Line {
    name: String,
    /// When it was put into the key store; `null` where it is not there.
    set_at: Option<String>,
    /// Where the key that is in force comes from; `null` where none is.
    from: Option<&'static str>,
    /// Services that read it.
    used_by: Vec<String>,
    #[serde(skip)]
    kept_at: Option<Timestamp>,
}

/// Prints the keys that there are. Those in the store are listed also where they cannot be opened.
pub(super) fn list(world: &World, json: bool) -> Result<Exit, Failure> {
    let store = key_store(&world.places, &world.settings);
    let kept: BTreeMap<String, Timestamp> =
        store.lines()?.into_iter().map(|line| (line.name, line.set_at)).collect();
    let services = services(&world.places, &world.settings)?;
    let mut names: Vec<String> = kept.keys().cloned().collect();
    names.extend(
        services.iter().flat_map(|service| service.key_names.clone()).filter(|name| variable(name).is_some()),
    );
    names.sort();
    names.dedup();
    let opened = store.open();
    let line = |name: String| {
        let kept_at = kept.get(&name).copied();
        let opens = || matches!(&opened, Ok(Some(opened)) if matches!(opened.key(&name), Ok(Some(_))));
        let from = match variable(&name) {
            Some(_) => Some("environment"),
            None if opens() => Some("key store"),
            None => None,
        };
        let readers = services.iter().filter(|service| service.reads(&name));
        let used_by = readers.map(|service| service.name.to_string()).collect();
        Line { set_at: kept_at.map(divisi_api::time::format), from, used_by, kept_at, name }
    };
    let lines: Vec<Line> = names.into_iter().map(line).collect();
    if json {
        output::print_json(&lines)?;
    } else if lines.is_empty() {
        output::tell("No key is kept, and none is set. `divisi keys set OPENAI_API_KEY` keeps one.");
    } else {
        output::print(&columns(&rows(&lines), 3, world.terminal.list_width))?;
    }
    match opened {
        Ok(_) => Ok(Exit::Done),
        Err(error) => Err(error.into()),
    }
}

fn rows(lines: &[Line]) -> Vec<Vec<String>> {
    let now = ProcessClock::start(None).now();
    let mut rows = vec![["name", "in force", "kept", "used by"].map(str::to_owned).to_vec()];
    rows.extend(lines.iter().map(|line| {
        vec![
            line.name.clone(),
            line.from.unwrap_or("cannot be opened").to_owned(),
            line.kept_at.map_or_else(|| "-".to_owned(), |at| ago(at, now)),
            if line.used_by.is_empty() { "nobody".to_owned() } else { line.used_by.join(", ") },
        ]
    }));
    rows
}
