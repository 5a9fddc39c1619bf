//! All registered agents with the next choice for every kind and capability kept ready.

use std::collections::BTreeMap;

use super::agent::{Agent, Health, Registration, Wanted};
use super::tournament::{NOBODY, Tournament};
use crate::id::AgentId;
use crate::name::Name;
use crate::stats::{AgentStats, Outcome};

/// Why a worker was not registered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegisterRefused {
    /// It could never be given anything.
    #[error("{0} has no slots, so that it could never work. Register it with at least one.")]
    NoSlots(AgentId),
    /// It is there already.
    #[error("{0} is registered already. Change it instead.")]
    Twice(AgentId),
    /// The roster is full.
    #[error("There are {max} agents already. Remove some first.")]
    Full {
        /// How many there may be.
        max: usize,
    },
}

/// A registered agent's place: the order of registration, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seat(u32);

impl Seat {
    fn index(self) -> usize {
        self.0 as usize
    }
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    All,
    Type(Name),
    Capability(Name),
    Both(Name, Name),
}

impl From<&Wanted> for Group {
    fn from(wanted: &Wanted) -> Self {
        match (wanted.agent_type.clone(), wanted.capability.clone()) {
            (None, None) => Self::All,
            (Some(kind), None) => Self::Type(kind),
            (None, Some(capability)) => Self::Capability(capability),
            (Some(kind), Some(capability)) => Self::Both(kind, capability),
        }
    }
}

/// A question that is asked again and again, looked up once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Desk(usize);

#[derive(Debug, Clone)]
struct Entry {
    agent: Agent,
    /// Tournament and leaf of each group that the agent is in.
    leaves: Vec<(usize, usize)>,
}

/// The agents of a process. A tournament exists for each question once it was asked
/// ([`Roster::desk`]), so that a change touches only those.
#[derive(Debug, Clone, Default)]
pub struct Roster {
    entries: Vec<Entry>,
    seats: BTreeMap<AgentId, Seat>,
    desks: BTreeMap<Group, usize>,
    tournaments: Vec<Tournament>,
    wanted: Vec<Wanted>,
}

impl Roster {
    /// Agents of one roster.
    pub const AGENTS_MAX: usize = 1_000_000;

    /// An empty roster.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a worker, idle, with the statistics that its stream gives.
    pub fn register(
        &mut self,
        registration: Registration,
        stats: AgentStats,
    ) -> Result<Seat, RegisterRefused> {
        if registration.slots == 0 {
            return Err(RegisterRefused::NoSlots(registration.id));
        }
        if self.seats.contains_key(&registration.id) {
            return Err(RegisterRefused::Twice(registration.id));
        }
        let full = RegisterRefused::Full { max: Self::AGENTS_MAX };
        if self.entries.len() >= Self::AGENTS_MAX {
            return Err(full);
        }
        let seat = Seat(u32::try_from(self.entries.len()).map_err(|_| full)?);
        self.seats.insert(registration.id, seat);
        let agent = Agent { registration, health: Health::Available, load: 0, stats };
        let mut leaves = Vec::new();
        for (at, tournament) in self.tournaments.iter_mut().enumerate() {
            if agent.fits(&self.wanted[at]) {
                leaves.push((at, tournament.push(key(seat, &agent))));
            }
        }
        self.entries.push(Entry { agent, leaves });
        Ok(seat)
    }

    /// A worker is something else from now on; what it runs and how it did stay.
    pub fn change(&mut self, seat: Seat, registration: Registration) -> Result<(), RegisterRefused> {
        if registration.slots == 0 {
            return Err(RegisterRefused::NoSlots(registration.id));
        }
        let Some(entry) = self.entries.get_mut(seat.index()) else { return Ok(()) };
        for (at, leaf) in entry.leaves.drain(..) {
            self.tournaments[at].set(leaf, NOBODY);
        }
        entry.agent.registration = registration;
        for (at, tournament) in self.tournaments.iter_mut().enumerate() {
            if entry.agent.fits(&self.wanted[at]) {
                entry.leaves.push((at, tournament.push(key(seat, &entry.agent))));
            }
        }
        Ok(())
    }

    /// The desk that answers a question; keep it to ask again without a look-up.
    pub fn desk(&mut self, wanted: &Wanted) -> Desk {
        let group = Group::from(wanted);
        if let Some(&at) = self.desks.get(&group) {
            return Desk(at);
        }
        let mut tournament = Tournament::new();
        let at = self.tournaments.len();
        for (index, entry) in self.entries.iter_mut().enumerate() {
            if entry.agent.fits(wanted) {
                let seat = Seat(u32::try_from(index).unwrap_or(u32::MAX));
                entry.leaves.push((at, tournament.push(key(seat, &entry.agent))));
            }
        }
        self.tournaments.push(tournament);
        self.wanted.push(wanted.clone());
        self.desks.insert(group, at);
        Desk(at)
    }

    /// The agent to give the next attempt: free, fitting, lowest score, first registered.
    pub fn pick(&self, desk: Desk) -> Option<Seat> {
        self.tournaments.get(desk.0).and_then(|tournament| seat(tournament.winner()))
    }

    /// Like [`Self::pick`], passing over some: a rerun by a *different* specialist.
    pub fn pick_other(&self, desk: Desk, passed_over: impl Fn(AgentId) -> bool) -> Option<Seat> {
        let tournament = self.tournaments.get(desk.0)?;
        let allowed = |key: &u64| {
            let agent = seat(*key).and_then(|seat| self.agent(seat));
            agent.is_some_and(|agent| !passed_over(agent.registration.id))
        };
        tournament.keys().filter(allowed).min().and_then(seat)
    }

    /// The agent at a seat.
    pub fn agent(&self, seat: Seat) -> Option<&Agent> {
        self.entries.get(seat.index()).map(|entry| &entry.agent)
    }

    /// The seat of an agent.
    pub fn seat_of(&self, id: AgentId) -> Option<Seat> {
        self.seats.get(&id).copied()
    }

    /// All agents in the order of their registration.
    pub fn agents(&self) -> impl Iterator<Item = &Agent> {
        self.entries.iter().map(|entry| &entry.agent)
    }

    /// Whether anybody could ever answer, now or when something is freed.
    pub fn anyone(&self, wanted: &Wanted) -> bool {
        self.agents().any(|agent| agent.fits(wanted))
    }

    /// Takes a slot; `false` (and nothing changes) where none is free.
    pub fn take(&mut self, seat: Seat) -> bool {
        let free = self.agent(seat).is_some_and(Agent::free);
        if free {
            self.update(seat, |agent| agent.load += 1);
        }
        free
    }

    /// Gives a slot back.
    pub fn free(&mut self, seat: Seat) {
        self.update(seat, |agent| agent.load = agent.load.saturating_sub(1));
    }

    /// Counts a real outcome.
    pub fn record(&mut self, seat: Seat, outcome: Outcome) {
        self.update(seat, |agent| agent.stats = agent.stats.after(outcome));
    }

    /// Takes an agent out or back in.
    pub fn set_health(&mut self, seat: Seat, health: Health) {
        self.update(seat, |agent| agent.health = health);
    }

    /// Slots of all agents.
    pub fn capacity(&self) -> u64 {
        self.agents().map(|agent| u64::from(agent.registration.slots)).sum()
    }

    /// Slots in use.
    pub fn load(&self) -> u64 {
        self.agents().map(|agent| u64::from(agent.load)).sum()
    }

    /// Load ÷ capacity in hundredths of a per cent, cut; `None` without agents.
    pub fn utilisation_hundredths(&self) -> Option<u64> {
        (self.load() * 10_000).checked_div(self.capacity())
    }

    fn update(&mut self, seat: Seat, change: impl FnOnce(&mut Agent)) {
        let Some(entry) = self.entries.get_mut(seat.index()) else { return };
        change(&mut entry.agent);
        let key = key(seat, &entry.agent);
        for &(at, leaf) in &entry.leaves {
            self.tournaments[at].set(leaf, key);
        }
    }
}

/// Score, then registration, in one number: the least wins.
fn key(seat: Seat, agent: &Agent) -> u64 {
    if agent.free() { (u64::from(agent.score().0) << 32) + u64::from(seat.0) } else { NOBODY }
}

fn seat(key: u64) -> Option<Seat> {
    let low = u32::try_from(key & u64::from(u32::MAX)).ok()?;
    (key != NOBODY).then_some(Seat(low))
}
