use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::id::AgentId;
use crate::name::Name;
use crate::stats::{AgentStats, Outcome};
use crate::time::Millis;

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../tests/vectors.json")).unwrap()
}

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn can(capability: &str) -> Wanted {
    Wanted { agent_type: None, capability: Some(name(capability)) }
}

fn registration(id: u8, kind: &str, capabilities: &[&str], slots: u16) -> Registration {
    Registration {
        id: AgentId::from_bytes([id; 16]),
        agent_type: name(kind),
        capabilities: capabilities.iter().map(|one| name(one)).collect(),
        slots,
    }
}

/// A decimal such as 0.98 or 109.0 as millionths.
fn millionths(value: &Value) -> u64 {
    let text = value.to_string();
    let (whole, rest) = text.split_once('.').unwrap_or((&text, "0"));
    format!("{whole}{rest:0<6}").parse().unwrap()
}

#[test]
fn vectors_of_the_score() {
    let rows = vectors();
    let rows = rows["scheduler_score"].as_array().unwrap();
    assert_eq!(rows.len(), 4);
    for row in rows {
        let number = |field: &str| row[field].as_u64().unwrap();
        let stats = AgentStats {
            success_ppm: u32::try_from(millionths(&row["success_rate"])).unwrap(),
            response_micros: number("avg_response_ms") * 1_000,
            outcomes: 0,
        };
        let slots = |field| u16::try_from(number(field)).unwrap();
        let found = score(slots("load"), slots("slots"), &stats);
        assert_eq!(u64::from(found.0), millionths(&row["score"]), "{row}");
    }
}

#[test]
fn the_scenario_of_the_vectors() {
    let vectors = vectors();
    let scenario = &vectors["scheduler_scenario"];
    let mut roster = Roster::new();
    let mut ids = BTreeMap::new();
    for (at, agent) in scenario["agents"].as_array().unwrap().iter().enumerate() {
        let capabilities: Vec<&str> =
            agent["capabilities"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
        let slots = u16::try_from(agent["slots"].as_u64().unwrap()).unwrap();
        let registration = registration(u8::try_from(at).unwrap(), "worker", &capabilities, slots);
        let seat = roster.register(registration, AgentStats::default()).unwrap();
        ids.insert(seat, agent["id"].as_str().unwrap());
    }
    for row in scenario["assign"].as_array().unwrap() {
        let desk = roster.desk(&can(row[0].as_str().unwrap()));
        let seat = roster.pick(desk).unwrap();
        assert_eq!(ids[&seat], row[1].as_str().unwrap(), "{row}");
        assert!(roster.take(seat));
    }
    let after = &scenario["after"];
    assert_eq!(roster.capacity(), after["capacity"].as_u64().unwrap());
    assert_eq!(roster.load(), after["load"].as_u64().unwrap());
    let utilisation = roster.utilisation_hundredths().unwrap();
    assert_eq!(utilisation * 10_000, millionths(&after["utilisation_percent"]));
}

#[test]
fn slow_agents_do_not_drown_load() {
    let slow = AgentStats { response_micros: u64::MAX, ..AgentStats::default() };
    assert_eq!(score(0, 1, &slow), Score(105_000_000));
    assert_eq!(score(1, 0, &AgentStats::default()), Score(215_000_000));
    assert_eq!(score(9, 3, &AgentStats::default()), Score(215_000_000), "never above full");
}

#[test]
fn equal_scores_go_to_the_first_registered() {
    let mut roster = Roster::new();
    let seats: Vec<Seat> = (0..3)
        .map(|id| roster.register(registration(id, "worker", &["read"], 2), AgentStats::default()).unwrap())
        .collect();
    let desk = roster.desk(&can("read"));
    let mut picked = Vec::new();
    while let Some(seat) = roster.pick(desk) {
        assert!(roster.take(seat));
        picked.push(seat);
    }
    assert_eq!(picked, [&seats[..], &seats[..]].concat(), "round by round, in order");
    assert!(!roster.take(seats[0]), "no slot is given twice");
    roster.free(seats[1]);
    assert_eq!(roster.pick(desk), Some(seats[1]));
}

#[test]
fn only_agents_that_fit_and_are_available() {
    let mut roster = Roster::new();
    let refused = roster.register(registration(9, "worker", &["read"], 0), AgentStats::default());
    assert_eq!(refused, Err(RegisterRefused::NoSlots(AgentId::from_bytes([9; 16]))));
    let reader = roster.register(registration(0, "reader", &["read"], 1), AgentStats::default()).unwrap();
    let writer =
        roster.register(registration(1, "writer", &["read", "write"], 1), AgentStats::default()).unwrap();
    let again = roster.register(registration(1, "writer", &[], 1), AgentStats::default());
    assert!(matches!(again, Err(RegisterRefused::Twice(_))));
    let both = |kind: &str, one: &str| Wanted { agent_type: Some(name(kind)), capability: Some(name(one)) };
    let rows = [
        (can("write"), Some(writer)),
        (can("read"), Some(reader)),
        (Wanted { agent_type: Some(name("writer")), capability: None }, Some(writer)),
        (both("writer", "read"), Some(writer)),
        (both("reader", "write"), None),
        (Wanted { agent_type: None, capability: None }, Some(reader)),
        (can("dance"), None),
    ];
    for (wanted, expected) in rows {
        let desk = roster.desk(&wanted);
        assert_eq!(roster.pick(desk), expected, "{wanted:?}");
        assert_eq!(roster.anyone(&wanted), expected.is_some(), "{wanted:?}");
    }
    let desk = roster.desk(&can("read"));
    assert_eq!(roster.pick_other(desk, |id| id == AgentId::from_bytes([0; 16])), Some(writer));
    assert_eq!(roster.pick_other(desk, |_| true), None);
    for (health, status) in [(Health::Error, "error"), (Health::Maintenance, "maintenance")] {
        roster.set_health(reader, health);
        assert_eq!(roster.agent(reader).unwrap().status().as_str(), status);
        assert_eq!(roster.pick(desk), Some(writer));
    }
    roster.set_health(reader, Health::Available);
    assert_eq!(roster.pick(desk), Some(reader));
    assert_eq!(roster.agent(reader).unwrap().status(), Status::Idle);
    assert!(roster.take(reader));
    assert_eq!(roster.agent(reader).unwrap().status(), Status::Busy);
}

#[test]
fn who_is_changed_is_something_else_and_keeps_what_runs_and_how_it_did() {
    let mut roster = Roster::new();
    let one = roster.register(registration(0, "reader", &["read"], 1), AgentStats::default()).unwrap();
    let two = roster.register(registration(1, "reader", &["read"], 1), AgentStats::default()).unwrap();
    let (read, write) = (roster.desk(&can("read")), roster.desk(&can("write")));
    let done = Outcome { success: false, response: Millis(50) };
    roster.record(one, done);
    assert_eq!(roster.pick(read), Some(two), "who failed is asked later");
    assert!(roster.take(one));
    let refused = roster.change(one, registration(0, "writer", &["write"], 0));
    assert_eq!(refused, Err(RegisterRefused::NoSlots(AgentId::from_bytes([0; 16]))));
    roster.change(one, registration(0, "writer", &["write"], 2)).unwrap();
    assert_eq!((roster.pick(read), roster.pick(write)), (Some(two), Some(one)));
    let agent = roster.agent(one).unwrap();
    assert_eq!((agent.load, agent.stats), (1, AgentStats::default().after(done)));
    assert_eq!(roster.seat_of(AgentId::from_bytes([1; 16])), Some(two));
    assert_eq!(roster.seat_of(AgentId::from_bytes([2; 16])), None);
}

#[derive(Debug, Clone)]
enum Step {
    Register(u8, u16),
    Change(u32, u8, u16),
    Ask(u8),
    Assign(u8),
    Free(u32),
    Record(u32, bool, u64),
    Health(u32, bool),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0_u8..4, 1_u16..4).prop_map(|(group, slots)| Step::Register(group, slots)),
        (0_u32..20, 0_u8..4, 1_u16..4).prop_map(|(seat, group, slots)| Step::Change(seat, group, slots)),
        (0_u8..4).prop_map(Step::Ask),
        (0_u8..4).prop_map(Step::Assign),
        (0_u32..20).prop_map(Step::Free),
        (0_u32..20, any::<bool>(), 0_u64..5_000)
            .prop_map(|(seat, success, millis)| Step::Record(seat, success, millis)),
        (0_u32..20, any::<bool>()).prop_map(|(seat, well)| Step::Health(seat, well)),
    ]
}

proptest! {
    /// After anything that happened, the roster picks what the rule as written chooses.
    #[test]
    fn the_roster_agrees_with_the_rule(steps in prop::collection::vec(step(), 0..120)) {
        let groups = ["a", "b", "c", "d"];
        let mut roster = Roster::new();
        let mut seats: Vec<Seat> = Vec::new();
        let at = |seats: &[Seat], seat: u32| seats.get(seat as usize).copied();
        for step in steps {
            match step {
                Step::Register(group, slots) => {
                    let id = u8::try_from(seats.len()).unwrap();
                    let own = [groups[usize::from(group)], "a"];
                    seats.push(roster.register(registration(id, "worker", &own, slots), AgentStats::default()).unwrap());
                }
                Step::Change(seat, group, slots) => if let Some(seat) = at(&seats, seat) {
                    let id = u8::try_from(seats.iter().position(|known| *known == seat).unwrap()).unwrap();
                    let own = [groups[usize::from(group)]];
                    roster.change(seat, registration(id, "worker", &own, slots)).unwrap();
                },
                Step::Ask(group) => drop(roster.desk(&can(groups[usize::from(group)]))),
                Step::Assign(group) => {
                    let desk = roster.desk(&can(groups[usize::from(group)]));
                    if let Some(seat) = roster.pick(desk) {
                        prop_assert!(roster.take(seat));
                        let agent = roster.agent(seat).unwrap();
                        prop_assert!(agent.load <= agent.registration.slots);
                    }
                }
                Step::Free(seat) => if let Some(seat) = at(&seats, seat) { roster.free(seat) },
                Step::Record(seat, success, millis) => {
                    let outcome = Outcome { success, response: Millis(millis) };
                    if let Some(seat) = at(&seats, seat) { roster.record(seat, outcome) }
                }
                Step::Health(seat, well) => {
                    let health = if well { Health::Available } else { Health::Error };
                    if let Some(seat) = at(&seats, seat) { roster.set_health(seat, health) }
                }
            }
            for group in groups {
                let desk = roster.desk(&can(group));
                let expected = choose(roster.agents(), &can(group)).map(|at| seats[at]);
                prop_assert_eq!(roster.pick(desk), expected);
                prop_assert_eq!(roster.pick_other(desk, |_| false), expected);
            }
        }
    }
}
