//! One choice of an agent with the two updates that follow it: a slot taken, a slot given back.

use divisi_domain::id::AgentId;
use divisi_domain::name::Name;
use divisi_domain::scheduling::{Desk, Registration, Roster, Seat, Wanted};
use divisi_domain::stats::AgentStats;

use crate::error::BenchError;
use crate::figure::{Figure, Unit};
use crate::means::Means;
use crate::scale::Scale;
use crate::statistics::{median, number};

/// Agents, and the most microseconds a choice among them should take.
const ROWS: [(usize, f64); 3] = [(10, 0.1), (1_000, 0.2), (100_000, 0.5)];
/// Slots of each agent.
const SLOTS: u16 = 4;
/// Slots that are taken while choices are measured: each choice takes one and gives the oldest back.
const TAKEN: usize = 20;

pub(super) fn run(means: &Means, scale: Scale) -> Result<Vec<Figure>, BenchError> {
    let choices = scale.pick(100, 1_000_000, 1_000_000);
    ROWS.iter()
        .map(|(agents, most)| row(means, scale, *agents, choices).map(|figure| figure.at_most(*most)))
        .collect()
}

fn row(means: &Means, scale: Scale, agents: usize, choices: usize) -> Result<Figure, BenchError> {
    let mut times = Vec::new();
    for _ in 0..scale.rounds() {
        let mut roster = roster(agents)?;
        let desk = roster.desk(&Wanted { agent_type: None, capability: Some(kind()) });
        let (made, took) = means.timed(|| choose(&mut roster, desk, choices));
        if made != choices {
            return Err(BenchError::Invalid(format!("{made} of {choices} choices were made")));
        }
        times.push(took.as_secs_f64() * 1e6 / number(choices));
    }
    let label = format!("choice of an agent and two updates, {agents} agents");
    Ok(Figure::of(label, Unit::Micros, median(&times).unwrap_or_default()))
}

fn roster(agents: usize) -> Result<Roster, BenchError> {
    let mut roster = Roster::new();
    for number in 0..agents {
        let mut id = [0; 16];
        id[8..].copy_from_slice(&(number as u64).to_be_bytes());
        let registration = Registration {
            id: AgentId::from_bytes(id),
            agent_type: kind(),
            capabilities: [kind()].into(),
            slots: SLOTS,
        };
        let stats =
            AgentStats { response_micros: 50_000 + 10 * (number as u64 % 977), ..AgentStats::default() };
        roster.register(registration, stats).map_err(|error| BenchError::Invalid(error.to_string()))?;
    }
    Ok(roster)
}

fn kind() -> Name {
    Name::from_static("reader")
}

/// How many choices were made.
fn choose(roster: &mut Roster, desk: Desk, choices: usize) -> usize {
    let mut taken: [Option<Seat>; TAKEN] = [None; TAKEN];
    let mut made = 0;
    for turn in 0..choices {
        let oldest = &mut taken[turn % TAKEN];
        if let Some(seat) = oldest.take() {
            roster.free(seat);
        }
        let picked = roster.pick(desk).filter(|seat| roster.take(*seat));
        made += usize::from(picked.is_some());
        *oldest = picked;
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_choice_finds_an_agent_and_no_slot_is_lost() {
        for agents in [10, 100] {
            let mut roster = roster(agents).unwrap();
            let desk = roster.desk(&Wanted { agent_type: None, capability: Some(kind()) });
            assert_eq!(choose(&mut roster, desk, 1_000), 1_000);
            assert_eq!(roster.load(), TAKEN as u64);
        }
    }
}
