//! A task's stream in memory, as a store would hold it: encoded events, and the inputs that were decided on.

use std::collections::BTreeSet;
use std::sync::Arc;

use divisi_domain::id::{InputId, TaskId};
use divisi_domain::journal::{Spent, spends};
use divisi_domain::money::MicroUsd;
use divisi_domain::task::{Envelope, Event, Refusal, Task, decide, decode, encode};
use divisi_domain::time::Timestamp;

use super::rules::Rules;
use super::{Broken, Glimpse, Seen, rule};

/// An event as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When it was recorded.
    pub at: Timestamp,
    /// The input that it came of.
    pub input: InputId,
    /// Its kind.
    pub kind: u16,
    /// The version of its kind.
    pub version: u8,
    /// Its body.
    pub body: Vec<u8>,
}

impl Entry {
    /// The event that was stored.
    pub fn event(&self) -> Result<Event, Broken> {
        decode(self.kind, self.version, &self.body).map_err(|error| Broken(error.to_string()))
    }
}

/// What came of a commit.
#[derive(Debug, Clone, PartialEq)]
pub enum Committed {
    /// The input was decided on before: nothing was done again.
    Repeated,
    /// The machine refused; nothing was recorded.
    Refused(Refusal),
    /// These events were recorded.
    Done(Vec<Event>),
}

/// The stream of one task.
#[derive(Debug, Clone)]
pub struct Stream {
    id: TaskId,
    entries: Vec<Entry>,
    inputs: BTreeSet<InputId>,
    task: Option<Task>,
    rules: Rules,
    seen: Seen,
    glimpses: Vec<Glimpse>,
    /// What the workspace's stream was told, commit by commit.
    spent: Vec<Spent>,
}

impl Stream {
    /// A stream without events.
    pub fn new(id: TaskId) -> Self {
        Self {
            id,
            entries: Vec::new(),
            inputs: BTreeSet::new(),
            task: None,
            rules: Rules::default(),
            seen: Seen::default(),
            glimpses: Vec::new(),
            spent: Vec::new(),
        }
    }

    /// The state after all events.
    pub fn task(&self) -> Option<&Task> {
        self.task.as_ref()
    }

    /// Everything recorded.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Transitions that happened.
    pub fn seen(&self) -> &Seen {
        &self.seen
    }

    /// What people saw after each commit, without repetitions.
    pub fn glimpses(&self) -> &[Glimpse] {
        &self.glimpses
    }

    /// Decides on an input and records what comes of it, unless it was decided on before.
    pub fn commit(&mut self, envelope: &Envelope) -> Result<Committed, Broken> {
        if self.inputs.contains(&envelope.id) {
            return Ok(Committed::Repeated);
        }
        let before = self.task.clone();
        let mut decided = before.clone().map(Arc::new);
        let events = match decide(self.id, &mut decided, envelope) {
            Ok(events) => events,
            Err(refusal) => {
                let same = decided.as_deref() == before.as_ref();
                rule(same, || format!("a refused input changed the task: {envelope:?}"))?;
                return Ok(Committed::Refused(refusal));
            }
        };
        self.inputs.insert(envelope.id);
        let at = envelope.at.max(before.as_ref().map_or(envelope.at, |task| task.updated_at));
        for event in &events {
            self.record(event, envelope.id, at)?;
        }
        let told = spends(self.id, before.as_ref(), &events);
        self.spent.extend(told.into_iter().map(|(_, spent)| spent));
        let decided = decided.ok_or_else(|| Broken("an accepted input left no task".to_owned()))?;
        let same = self.task.as_ref() == Some(&*decided);
        rule(same, || format!("the decided state is not what its events make: {events:?}"))?;
        self.seen.batch(before.as_ref(), &decided)?;
        self.glimpses.extend(Glimpse::of(&decided, at).filter(|new| self.glimpses.last() != Some(new)));
        Ok(Committed::Done(events))
    }

    fn record(&mut self, event: &Event, input: InputId, at: Timestamp) -> Result<(), Broken> {
        let (kind, version, body) = (event.kind(), event.kind_version(), encode(event));
        let entry = Entry { at, input, kind, version, body };
        let stored = entry.event()?;
        rule(stored == *event, || format!("{event:?} does not survive its encoding"))?;
        let before = self.task.clone();
        match &mut self.task {
            Some(task) => task.apply(&stored, at),
            None => self.task = Task::begin(self.id, &stored, at),
        }
        self.entries.push(entry);
        let after = self.task.as_ref().ok_or_else(|| Broken("the first event begins no task".to_owned()))?;
        self.rules.check(before.as_ref(), &stored, after)?;
        self.seen.event(before.as_ref(), after)
    }

    /// The state that the first `upto` stored events make, from nothing.
    pub fn replay(&self, upto: usize) -> Result<Option<Task>, Broken> {
        let mut task: Option<Task> = None;
        for entry in self.entries.iter().take(upto) {
            let event = entry.event()?;
            match &mut task {
                Some(task) => task.apply(&event, entry.at),
                None => task = Task::begin(self.id, &event, entry.at),
            }
        }
        Ok(task)
    }

    /// Checks that what the workspace was told at the ends of passes is what the task's ledger says, however the
    /// events were cut into commits.
    pub fn check_spent(&self) -> Result<(), Broken> {
        let events: Vec<Event> = self.entries.iter().map(Entry::event).collect::<Result<_, _>>()?;
        let at_once: Vec<Spent> =
            spends(self.id, None, &events).into_iter().map(|(_, spent)| spent).collect();
        rule(at_once == self.spent, || format!("told {:?}, the log gives {at_once:?}", self.spent))?;
        let Some(task) = &self.task else { return Ok(()) };
        let open = if task.is_terminal() { MicroUsd::ZERO } else { task.pass_spent() };
        let told: MicroUsd = self.spent.iter().map(|spent| spent.charged).sum();
        rule(told + open == task.ledger.spent(), || {
            format!("the workspace was told {told}, the ledger says {}", task.ledger.spent())
        })
    }

    /// Checks that a full replay, and a snapshot after `upto` events with the tail, give the live state.
    pub fn check_replay(&self, upto: usize) -> Result<(), Broken> {
        let full = self.replay(self.entries.len())?;
        rule(full == self.task, || "a full replay is not the live state".to_owned())?;
        let Some(early) = self.replay(upto)? else { return Ok(()) };
        let broken = |error: &dyn std::fmt::Display| Broken(format!("a snapshot does not survive: {error}"));
        let snapshot = minicbor::to_vec(&early).map_err(|error| broken(&error))?;
        let mut task: Task = minicbor::decode(&snapshot).map_err(|error| broken(&error))?;
        for entry in self.entries.iter().skip(upto) {
            task.apply(&entry.event()?, entry.at);
        }
        rule(Some(&task) == self.task.as_ref(), || {
            format!("a snapshot after {upto} events and the tail are not the live state")
        })
    }
}
