use std::collections::BTreeMap;

use divisi_domain::task::{Event, Task};

use crate::machine::{Broken, line, rule};
use crate::scenarios::Run;

/// What must be the same on every host: per effect path the same events, and the final state, without the
/// agents that a host picks, the references of plans, and the times of back-offs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    paths: BTreeMap<String, Vec<String>>,
    state: Vec<String>,
}

impl Outline {
    /// Of a task and its events.
    pub fn of(task: &Task, events: &[Event]) -> Self {
        let mut paths: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for event in events {
            if let Some(path) = path_of(event) {
                paths.entry(path).or_default().push(without_agent(event));
            }
        }
        Self { paths, state: state(task) }
    }

    /// Of what another host made of a scenario.
    pub fn of_run(run: &Run) -> Self {
        let events: Vec<Event> = run.events.iter().map(|(_, event)| event.clone()).collect();
        Self::of(&run.task, &events)
    }
}

/// Whether two hosts made the same of a scenario.
pub fn agree(one: &Outline, other: &Outline) -> Result<(), Broken> {
    for (path, lines) in &one.paths {
        let others = other.paths.get(path);
        rule(others == Some(lines), || format!("{path}:\n  {lines:?}\n  {others:?}"))?;
    }
    let more = other.paths.keys().find(|path| !one.paths.contains_key(*path));
    rule(more.is_none(), || format!("only one host has {more:?}"))?;
    let differs = one.state.iter().zip(&other.state).find(|(left, right)| left != right);
    rule(one.state == other.state, || format!("the final states differ: {differs:#?}"))
}

fn path_of(event: &Event) -> Option<String> {
    match event {
        Event::EffectStarted { path, .. }
        | Event::EffectEnded { path, .. }
        | Event::AttemptScheduled { path, .. }
        | Event::CallSettled { path, .. } => Some(path.to_string()),
        _ => None,
    }
}

fn without_agent(event: &Event) -> String {
    let line = line(event);
    match (event, line.rsplit_once(" by ")) {
        (Event::EffectStarted { .. }, Some((start, _))) => start.to_owned(),
        _ => line,
    }
}

fn state(task: &Task) -> Vec<String> {
    let ledger = &task.ledger;
    let ending = task.ending.as_ref();
    let mut lines = vec![
        format!(
            "{:?} {:?} pass {} numbers {}",
            task.stage,
            task.wait.map(|wait| wait.kind),
            task.pass,
            task.numbers_used
        ),
        format!("{:?} {:?} {:?} {:?}", ledger.cap(), ledger.spent(), ledger.excess(), ledger.reserved()),
        format!("{:?}", ending.map(|end| (end.from, end.content, end.approved, &end.missing, end.reason))),
        format!("{:?} {:?} {:?}", task.stars, task.erased, task.quarantined),
        format!("{:?}", task.drafts),
    ];
    for (number, subtask) in &task.subtasks {
        let runs = subtask.runs.iter().map(|run| {
            format!(
                "{} {} {} {:?} {:?}",
                run.pass, run.cycle, run.other_specialist, run.solution, run.failure
            )
        });
        let runs: Vec<String> = runs.collect();
        lines.push(format!("s{number} {:?} {:?} {runs:?}", subtask.phase, subtask.accepted));
    }
    let mut asked: Vec<String> =
        task.approvals.iter().map(|one| format!("{:?} {}", one.subject, one.state.as_str())).collect();
    asked.sort();
    lines.extend(asked);
    lines
}
