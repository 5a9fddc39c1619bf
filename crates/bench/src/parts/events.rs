//! What the events of a task take by their kinds: bytes, and processor time to write, read and apply them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use divisi_domain::task::{Task, decode, encode, kind_name};
use divisi_store::{Reads, StoredEvent, StreamRef};

use crate::error::BenchError;
use crate::figure::{Figure, Unit};
use crate::load::{Plant, Setup, WORKSPACE, one, reader};
use crate::means::Means;
use crate::scale::Scale;
use crate::statistics::number;

/// Events read from a task.
const EVENTS_MAX: usize = 1_000;

/// Of one kind, in all rounds.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Kind {
    events: usize,
    bytes: usize,
    coded: Duration,
    applied: Duration,
}

pub(super) async fn run(means: &Means, scale: Scale) -> Result<Vec<Figure>, BenchError> {
    let folder = tempfile::tempdir_in(&means.scratch).map_err(BenchError::system("making a folder"))?;
    let plant = Arc::new(Plant::start(means, folder.path(), Setup::default())?);
    let task = one(&plant, 0).await?;
    Plant::whole(plant)?.stop().await?;
    let log = reader(folder.path())?.events(&StreamRef::new(WORKSPACE, task), 0, EVENTS_MAX)?;
    let rounds = scale.pick(2, 2_000, 2_000);
    let mut kinds = BTreeMap::new();
    for _ in 0..rounds {
        replay(means, task, &log, &mut kinds)?;
    }
    Ok(figures(&kinds, rounds))
}

/// The whole log once more, each event for itself.
fn replay(
    means: &Means,
    id: divisi_domain::id::TaskId,
    log: &[StoredEvent],
    kinds: &mut BTreeMap<u16, Kind>,
) -> Result<(), BenchError> {
    let mut task = None;
    for stored in log {
        let (event, coded) = means.timed(|| {
            let event = decode(stored.kind, stored.kind_version, &stored.body)?;
            Ok((encode(&event).len(), event))
        });
        let (bytes, event) =
            event.map_err(|error: divisi_domain::task::CodecError| BenchError::Invalid(error.to_string()))?;
        let ((), applied) = means.timed(|| match &mut task {
            Some(task) => Task::apply(task, &event, stored.at),
            None => task = Task::begin(id, &event, stored.at),
        });
        let kind = kinds.entry(stored.kind).or_default();
        kind.events += 1;
        kind.bytes += bytes;
        kind.coded += coded;
        kind.applied += applied;
    }
    if task.is_some_and(|task| task.is_terminal()) {
        return Ok(());
    }
    Err(BenchError::Invalid("the log of a task does not lead to its end".to_owned()))
}

fn figures(kinds: &BTreeMap<u16, Kind>, rounds: usize) -> Vec<Figure> {
    let micros = |time: Duration| time.as_secs_f64() * 1e6 / number(rounds);
    let all = kinds.values().fold(Kind::default(), |all, kind| Kind {
        events: all.events + kind.events,
        bytes: all.bytes + kind.bytes,
        coded: all.coded + kind.coded,
        applied: all.applied + kind.applied,
    });
    let label = |what: &str, kind: &Kind| {
        format!("{what}: {} a task, {} bytes", kind.events / rounds, kind.bytes / rounds)
    };
    let split = |kind: &Kind| {
        format!("coding {:.1} µs, applying {:.1} µs a task", micros(kind.coded), micros(kind.applied))
    };
    let row = |what: &str, kind: &Kind| {
        Figure::of(label(what, kind), Unit::Micros, micros(kind.coded + kind.applied)).note(split(kind))
    };
    let mut costly: Vec<(&u16, &Kind)> = kinds.iter().collect();
    costly.sort_by_key(|(_, kind)| std::cmp::Reverse(kind.coded + kind.applied));
    let whole = row("events, read, written and applied", &all);
    std::iter::once(whole)
        .chain(costly.into_iter().map(|(code, kind)| row(&format!("  {}", kind_name(*code)), kind)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_add_up_to_the_whole_and_the_costly_come_first() {
        let kind = |events, bytes, micros| Kind {
            events,
            bytes,
            coded: Duration::from_micros(micros),
            applied: Duration::from_micros(micros),
        };
        let kinds = BTreeMap::from([(4, kind(2, 20, 1)), (5, kind(4, 80, 3))]);
        let figures = figures(&kinds, 2);
        let rows: Vec<(&str, f64)> =
            figures.iter().map(|one| (one.label.as_str(), one.value.unwrap())).collect();
        assert_eq!(
            rows,
            [
                ("events, read, written and applied: 3 a task, 50 bytes", 4.0),
                (&*format!("  {}: 2 a task, 40 bytes", kind_name(5)), 3.0),
                (&*format!("  {}: 1 a task, 10 bytes", kind_name(4)), 1.0),
            ]
        );
    }
}
