//! What shared state says to an attempt: an agent's slot, a model's terms, room among the attempts in flight.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use divisi_domain::id::AgentId;
use divisi_domain::model_step::{FailureClass, Target};
use divisi_domain::money::MicroUsd;
use divisi_domain::name::Name;
use divisi_domain::path::Node;
use divisi_domain::plan::PlanNode;
use divisi_domain::scheduling::{Registration, Score, Seat};
use divisi_domain::stats::AgentStats;
use divisi_domain::task::{Input, Task, Wanted, Work, effects};
use divisi_llm::policy::Admitted as Call;
use divisi_store::AgentRow;

use super::calls::{Caller, Turn};
use super::live::{Live, Pending};
use super::shares::{Shares, Waiters};
use super::slots::Exchange;
use super::types::{Action, TaskKey, agent_id};
use super::{Core, QueueKey};
use crate::crew::{ANALYST, AgentType, COORDINATOR, GENERALIST, MANAGER};

/// Everything that an attempt holds from its start to its end.
#[derive(Debug, Clone)]
pub(super) struct Grant {
    pub(super) target: Option<Target>,
    pub(super) reserved: MicroUsd,
    pub(super) agent: Option<AgentId>,
    pub(super) seat: Option<Seat>,
    /// What the gateway let through; `None` for a tool, and where the cap has no room.
    pub(super) call: Option<Box<Call>>,
    /// Why nobody is asked.
    pub(super) refused: Option<(FailureClass, String)>,
}

/// The answer to an attempt that wants to start.
#[derive(Debug)]
pub(super) enum Admitted {
    /// It may.
    Now(Box<Grant>),
    /// Not now; the task is remembered and pumped when room is made.
    Later,
    /// The machine is to be told why not.
    Told(Box<Input>),
}

/// Running tasks that wait for room, most urgent first.
#[derive(Debug, Default)]
pub(super) struct Starved {
    /// For room among the attempts in flight.
    pool: Waiters,
    /// For a slot of an agent of a type.
    agents: BTreeMap<Name, BTreeSet<QueueKey>>,
    /// For a slot of any specialist but some.
    others: BTreeSet<QueueKey>,
    /// Types of which a slot was freed since they were last served.
    freed: BTreeSet<Name>,
}

impl Starved {
    /// Takes the next task that waits for room among the attempts in flight.
    pub(super) fn next_in_pool(&mut self, shares: &Shares) -> Option<TaskKey> {
        shares.pop(&mut self.pool)
    }

    /// Whether the task waits for room.
    pub(super) fn holds(&self, place: &QueueKey) -> bool {
        self.pool.contains(place)
            || self.others.contains(place)
            || self.agents.values().any(|waiting| waiting.contains(place))
    }

    pub(super) fn forget(&mut self, place: &QueueKey) {
        self.pool.remove(place);
        self.others.remove(place);
        for waiting in self.agents.values_mut() {
            waiting.remove(place);
        }
    }
}

impl Core {
    pub(super) fn admit(
        &mut self,
        key: TaskKey,
        task: Option<&Arc<Task>>,
        wanted: &Wanted,
        exchange: &Exchange,
        settled: bool,
    ) -> Admitted {
        let Some(task) = task else { return Admitted::Later };
        if !self.has_room(key, wanted.alone) {
            let place = self.queue_key(key);
            self.starved.pool.insert(place);
            return Admitted::Later;
        }
        let Work::Model { purpose, .. } = &wanted.work else {
            let (reserved, agent) = (MicroUsd::ZERO, wanted.agent);
            let grant = Grant { target: None, reserved, agent, seat: None, call: None, refused: None };
            return Admitted::Now(Box::new(grant));
        };
        let (agent, seat, agent_type) = match self.seat(key, task, wanted, exchange) {
            Ok(seated) => seated,
            Err(admitted) => return admitted,
        };
        let (purpose, agent_type) = (*purpose, agent_type.as_ref());
        match self.call(&Caller { key, task, wanted, purpose, agent_type, settled }) {
            Turn::Go(target, reserved, call) => {
                let (target, agent) = (Some(target), Some(agent));
                Admitted::Now(Box::new(Grant { target, reserved, agent, seat, call, refused: None }))
            }
            Turn::Refused(target, refused) => {
                let (target, agent, reserved) = (Some(target), Some(agent), MicroUsd::ZERO);
                let (call, refused) = (None, Some(refused));
                Admitted::Now(Box::new(Grant { target, reserved, agent, seat, call, refused }))
            }
            Turn::Later => Admitted::Later,
            Turn::Told(input) => Admitted::Told(input),
        }
    }

    /// Room among the attempts in flight, where no workspace that has less of it waits. An effect that must run alone waits until nothing else does, and nothing
    /// else starts meanwhile.
    fn has_room(&mut self, key: TaskKey, alone: bool) -> bool {
        if alone {
            self.quiescing.get_or_insert(key);
            return self.quiescing == Some(key) && self.flights.is_empty() && !self.others_fly(key);
        }
        self.quiescing.is_none()
            && self.flights.len() < self.limits.effects_in_flight_max
            && !self.shares.yields(key.workspace, &self.starved.pool)
    }

    /// Whether the log still shows attempts of other tasks in flight that nobody makes any more: their ends are on their way
    /// to it. Were the process to die now, it would not be known that this one was alone, and it would be tried for ever.
    fn others_fly(&self, key: TaskKey) -> bool {
        let interrupted = |pending: &Pending| matches!(pending.input, Input::Interrupted { .. });
        let flies = |live: &Live| {
            let recorded = live.task.as_ref();
            recorded.is_some_and(|task| !effects(task, self.now).in_flight.is_empty())
        };
        let others = self.live.iter().filter(|(other, _)| **other != key);
        others.map(|(_, live)| live).any(flies) || self.loading.values().flatten().any(interrupted)
    }

    fn seat(
        &mut self,
        key: TaskKey,
        task: &Task,
        wanted: &Wanted,
        exchange: &Exchange,
    ) -> Result<(AgentId, Option<Seat>, Option<Name>), Admitted> {
        let Node::Model { subtask, .. } = wanted.path.node else {
            let crew = task.submission.crew.clone();
            return Ok((agent_id(key.workspace, &crew, &fixed_type(wanted.path.node)), None, None));
        };
        let Some(node) = task.subtasks.get(&subtask).map(|subtask| subtask.node.clone()) else {
            return Err(Admitted::Later);
        };
        self.register_crew(key);
        let found = self.pick(key, task, wanted, &node, exchange);
        let Some(seat) = found else {
            let place = self.queue_key(key);
            // Who has the run may be of another type than the plan says.
            let seated = wanted.agent.and_then(|agent| self.roster.seat_of(agent));
            let seated = seated.and_then(|seat| self.roster.agent(seat));
            let kind = seated.map(|agent| agent.registration.agent_type.clone());
            let waiting = match kind {
                Some(kind) => self.starved.agents.entry(kind).or_default(),
                None if wanted.avoid.is_empty() => self.starved.agents.entry(node.agent_type).or_default(),
                None => &mut self.starved.others,
            };
            waiting.insert(place);
            return Err(Admitted::Later);
        };
        let agent = self.roster.agent(seat);
        let Some((id, kind)) =
            agent.map(|agent| (agent.registration.id, agent.registration.agent_type.clone()))
        else {
            return Err(Admitted::Later);
        };
        Ok((id, Some(seat), Some(kind)))
    }

    /// The agent that has the run keeps it; else the best of the plan's type; a different specialist where one is
    /// asked for and there is one.
    fn pick(
        &self,
        key: TaskKey,
        task: &Task,
        wanted: &Wanted,
        node: &PlanNode,
        exchange: &Exchange,
    ) -> Option<Seat> {
        let usable = |seat: &Seat| self.usable(*seat, exchange);
        if let Some(seat) = wanted.agent.and_then(|agent| self.roster.seat_of(agent)) {
            return Some(seat).filter(usable);
        }
        let own = agent_id(key.workspace, &task.submission.crew, &node.agent_type);
        if wanted.avoid.contains(&own) {
            let others = self.others(key, wanted, node);
            if !others.is_empty() {
                return others.into_iter().find(usable);
            }
        }
        self.roster.seat_of(own).filter(usable)
    }

    /// Specialists of the crew other than those to avoid that have the capability which the subtask names; where it names
    /// none, those that share one with the plan's own. The lowest score first, who can do anything last.
    fn others(&self, key: TaskKey, wanted: &Wanted, node: &PlanNode) -> Vec<Seat> {
        let Some(live) = self.live.get(&key) else { return Vec::new() };
        let own = live.crew.agent(node.agent_type.as_str());
        let shares = |agent: &AgentType| {
            own.is_some_and(|own| agent.capabilities.iter().any(|skill| own.capabilities.contains(skill)))
        };
        let fits = |agent: &AgentType| {
            let named = node.capability.as_ref();
            named.map_or_else(|| shares(agent), |capability| agent.capabilities.contains(capability))
        };
        let mut found: Vec<(bool, Score, Seat)> = live
            .crew
            .specialists()
            .filter_map(|agent| {
                let id = agent_id(key.workspace, &live.crew.name, &agent.name);
                let seat = self.roster.seat_of(id).filter(|_| !wanted.avoid.contains(&id))?;
                let general = agent.name.as_str() == GENERALIST;
                let score = self.roster.agent(seat)?.score();
                (fits(agent) || general).then_some((general, score, seat))
            })
            .collect();
        found.sort_unstable();
        found.into_iter().map(|(.., seat)| seat).collect()
    }

    /// Makes the crew's specialists known as agents of the workspace.
    pub(super) fn register_crew(&mut self, key: TaskKey) {
        let Some(crew) = self.live.get(&key).map(|live| Arc::clone(&live.crew)) else { return };
        for agent in crew.specialists() {
            let id = agent_id(key.workspace, &crew.name, &agent.name);
            if self.roster.seat_of(id).is_none() {
                let position = self.positions.values().max().map_or(0, |last| last.saturating_add(1));
                self.register(registration(id, agent), position, AgentStats::default());
            }
        }
    }

    /// What the crew of a fresh submission says of its agents holds from now on.
    pub(super) fn register_anew(&mut self, key: TaskKey) {
        let Some(crew) = self.live.get(&key).map(|live| Arc::clone(&live.crew)) else { return };
        for agent in crew.specialists() {
            let id = agent_id(key.workspace, &crew.name, &agent.name);
            let Some(seat) = self.roster.seat_of(id) else { continue };
            let now = registration(id, agent);
            if self.roster.agent(seat).is_some_and(|known| known.registration != now)
                && self.roster.change(seat, now).is_ok()
            {
                self.announced.remove(&id);
                self.slot_freed(Some(agent.name.clone()));
            }
        }
    }

    /// An agent as its row has it.
    pub(super) fn known_agent(&mut self, row: &AgentRow) {
        let registration = Registration {
            id: row.agent,
            agent_type: row.agent_type.clone(),
            capabilities: row.capabilities.iter().cloned().collect(),
            slots: u16::try_from(row.slots).unwrap_or(u16::MAX),
        };
        self.register(registration, row.registered, row.stats);
        self.announced.insert(row.agent);
    }

    fn register(&mut self, registration: Registration, position: u32, stats: AgentStats) {
        let id = registration.id;
        // Known already, or without slots: both leave the roster as it was.
        if self.roster.register(registration, stats).is_ok() {
            self.positions.insert(id, position);
        }
    }

    /// Remembers that an agent of a type has a free slot; it is given away at the end of the step.
    pub(super) fn slot_freed(&mut self, kind: Option<Name>) {
        self.starved.freed.extend(kind);
    }

    /// Remembers the room that an ended attempt has made; it is given away at the end of the step.
    pub(super) fn room_made(&mut self) {
        if let Some(key) = self.quiescing.filter(|_| self.flights.is_empty()) {
            self.wake_later(key);
        }
    }

    /// Offers freed slots to whoever waits for an agent of their type, until nobody takes them or there are none left.
    /// Tells whether there was anything to offer.
    pub(super) fn serve_freed(&mut self) -> bool {
        #[cfg(feature = "planted")]
        if self.planted == Some(super::Planted::LostWakeUp) {
            return false;
        }
        let Some(kind) = self.starved.freed.pop_first() else { return false };
        for place in std::mem::take(&mut self.starved.others) {
            self.wake_later(place.2);
        }
        let mut waiting = self.starved.agents.remove(&kind).unwrap_or_default();
        while self.slot_is_free(&kind)
            && let Some(place) = waiting.pop_first()
        {
            self.pump(place.2);
        }
        self.starved.agents.entry(kind).or_default().append(&mut waiting);
        true
    }

    fn slot_is_free(&self, kind: &Name) -> bool {
        self.roster.agents().any(|agent| agent.registration.agent_type == *kind && agent.free())
    }

    /// Wakes everyone that waited while an effect ran alone.
    pub(super) fn quiet_over(&mut self) {
        self.quiescing = None;
        for place in self.starved.pool.take_all() {
            self.wake_later(place.2);
        }
    }

    pub(super) fn abort(&mut self, flight: super::FlightKey) {
        self.actions.push(Action::Abort(flight));
    }
}

fn registration(id: AgentId, agent: &AgentType) -> Registration {
    Registration {
        id,
        agent_type: agent.name.clone(),
        capabilities: agent.capabilities.iter().cloned().collect(),
        slots: agent.slots,
    }
}

fn fixed_type(node: Node) -> Name {
    Name::from_static(match node {
        Node::Coordinate => COORDINATOR,
        Node::Synthesise { .. } => ANALYST,
        Node::Analyse
        | Node::Select
        | Node::Decompose { .. }
        | Node::Review { .. }
        | Node::FinalReview { .. } => MANAGER,
        Node::Model { .. } | Node::Tool { .. } => GENERALIST,
    })
}
