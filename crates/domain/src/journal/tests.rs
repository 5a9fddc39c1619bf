use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::id::AgentId;
use crate::name::Name;
use crate::scheduling::Registration;
use crate::stats::{AgentStats, Outcome};
use crate::task::CodecError;
use crate::time::Millis;

fn registered(slots: u16, position: u32) -> AgentEvent {
    let registration = Registration {
        id: AgentId::from_bytes([1; 16]),
        agent_type: Name::from_static("reader"),
        capabilities: BTreeSet::from([Name::from_static("read")]),
        slots,
    };
    AgentEvent::Registered { registration, position }
}

fn ended(success: bool, millis: u64) -> AgentEvent {
    AgentEvent::Ended(Outcome { success, response: Millis(millis) })
}

fn fold(events: &[AgentEvent]) -> Option<AgentRecord> {
    events.iter().fold(None, AgentRecord::after)
}

#[test]
fn an_agent_is_what_its_events_make_of_it() {
    type Row<'a> = (&'a [AgentEvent], Option<(u16, u32, AgentStats)>);
    let good = AgentStats::default().after(Outcome { success: true, response: Millis(100) });
    let rows: [Row<'_>; 5] = [
        (&[], None),
        (&[ended(true, 100)], None),
        (&[registered(2, 7)], Some((2, 7, AgentStats::default()))),
        (&[registered(2, 7), ended(true, 100)], Some((2, 7, good))),
        (&[registered(2, 7), ended(true, 100), registered(3, 9)], Some((3, 7, good))),
    ];
    for (events, expected) in rows {
        let found = fold(events).map(|agent| (agent.registration.slots, agent.position, agent.stats));
        assert_eq!(found, expected, "{events:?}");
    }
}

#[test]
fn what_is_newer_or_damaged_is_refused() {
    let body = encode(&ended(true, 1));
    let read: AgentEvent = decode(2, 1, &body).unwrap();
    assert_eq!(read, ended(true, 1));
    for (kind, version) in [(3, 1), (2, 2)] {
        let refused = decode::<AgentEvent>(kind, version, &body);
        assert!(matches!(refused, Err(CodecError::Newer { .. })), "{refused:?}");
    }
    let swapped = decode::<AgentEvent>(1, 1, &body);
    assert!(matches!(swapped, Err(CodecError::Malformed { kind: 1, .. })), "{swapped:?}");
    for cut in 0..body.len() {
        let refused = decode::<AgentEvent>(2, 1, &body[..cut]);
        assert!(matches!(refused, Err(CodecError::Malformed { .. })), "cut at {cut}");
    }
}

proptest! {
    /// Statistics depend on the order of the stream alone: what a reader has folded up to a place goes on from there.
    #[test]
    fn a_fold_may_be_interrupted_anywhere(
        outcomes in prop::collection::vec((any::<bool>(), 0_u64..1_000_000), 0..60),
        at in any::<prop::sample::Index>(),
    ) {
        let mut events = vec![registered(2, 0)];
        events.extend(outcomes.iter().map(|(success, millis)| ended(*success, *millis)));
        let (early, late) = events.split_at(at.index(events.len() + 1));
        let resumed = late.iter().fold(fold(early), AgentRecord::after);
        prop_assert_eq!(resumed, fold(&events));
    }
}
