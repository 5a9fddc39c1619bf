use std::collections::BTreeMap;

use divisi_domain::path::EffectPath;
use divisi_domain::task::{Event, Refusal, Task};
use divisi_domain::time::Timestamp;

use super::scenario::Scenario;
use crate::machine::{Broken, Glimpse, Seen, Stream, line, rule};

/// What a host made of a scenario.
#[derive(Debug, Clone)]
pub struct Run {
    /// The last state.
    pub task: Task,
    /// Everything recorded.
    pub events: Vec<(Timestamp, Event)>,
    /// What people saw.
    pub glimpses: Vec<Glimpse>,
    /// Which transitions happened.
    pub seen: Seen,
    /// What was refused, in order.
    pub refusals: Vec<Refusal>,
}

impl Run {
    /// Of a stream that has come to rest.
    pub fn of(stream: &Stream, refusals: Vec<Refusal>) -> Result<Self, Broken> {
        let task = stream.task().cloned().ok_or_else(|| Broken("there is no task".to_owned()))?;
        let event = |entry: &crate::machine::Entry| entry.event().map(|event| (entry.at, event));
        let events = stream.entries().iter().map(event).collect::<Result<_, _>>()?;
        let (glimpses, seen) = (stream.glimpses().to_vec(), stream.seen().clone());
        Ok(Self { task, events, glimpses, seen, refusals })
    }

    /// The events as lines.
    pub fn lines(&self) -> Vec<String> {
        self.events.iter().map(|(_, event)| line(event)).collect()
    }

    /// The events of each effect, in their order.
    pub fn by_path(&self) -> BTreeMap<EffectPath, Vec<Event>> {
        let mut by_path: BTreeMap<EffectPath, Vec<Event>> = BTreeMap::new();
        for (_, event) in &self.events {
            if let Some(path) = path_of(event) {
                by_path.entry(path).or_default().push(event.clone());
            }
        }
        by_path
    }

    /// Checks what the scenario says must come of it.
    pub fn check(&self, scenario: &Scenario) -> Result<(), Broken> {
        let lines = self.lines();
        let mut left = lines.iter();
        for wanted in &scenario.lines {
            let found = left.any(|line| line.starts_with(wanted));
            rule(found, || format!("missing: {wanted}\n  {}", lines.join("\n  ")))?;
        }
        for unwanted in &scenario.never {
            let found = lines.iter().find(|line| line.starts_with(unwanted));
            rule(found.is_none(), || format!("{found:?} must not happen\n  {}", lines.join("\n  ")))?;
        }
        let mut seen = self.glimpses.iter().filter_map(|glimpse| glimpse.waits);
        for kind in &scenario.waits {
            let found = seen.any(|seen| seen == *kind);
            rule(found, || format!("no wait {}: {:?}", kind.as_str(), self.glimpses))?;
        }
        let afterwards = |line: &&String| !line.starts_with("rated") && !line.starts_with("erased");
        let last = lines.iter().rev().find(afterwards);
        let ends = last.is_some_and(|last| last == scenario.ends);
        rule(ends, || format!("ends with {last:?}, not {:?}\n  {}", scenario.ends, lines.join("\n  ")))
    }
}

fn path_of(event: &Event) -> Option<EffectPath> {
    match event {
        Event::EffectStarted { path, .. }
        | Event::EffectEnded { path, .. }
        | Event::AttemptScheduled { path, .. }
        | Event::CallSettled { path, .. } => Some(*path),
        _ => None,
    }
}
