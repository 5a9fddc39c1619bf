use super::*;
use crate::blob::{BlobRef, Digest};
use crate::name::Name;
use crate::time::Timestamp;

fn call(digest: u8, phase: CallPhase) -> CallRecord {
    let request = CallRequest {
        tool: Name::from_static("search_documents"),
        digest: Digest([digest; 32]),
        class: EffectClass::AtLeastOnce,
        side_effects: false,
        refused: None,
    };
    CallRecord { request, phase }
}

#[test]
fn a_turn_is_complete_when_no_call_is_open() {
    let mut run = Run::new(1, 0, false, Timestamp::default());
    assert!(!run.turn_complete(), "a run without turns has nothing to continue from");
    let content = BlobRef([0; 32]);
    run.turns.push(Turn { content, calls: vec![call(1, CallPhase::Refused), call(2, CallPhase::Open)] });
    assert!(!run.turn_complete());
    run.turns[0].calls[1].phase = CallPhase::Answered { content, ok: false };
    assert!(run.turn_complete());
}

#[test]
fn equal_calls_are_counted_over_all_turns_of_a_run() {
    let mut run = Run::new(1, 0, false, Timestamp::default());
    for _ in 0..2 {
        let content = BlobRef([0; 32]);
        run.turns
            .push(Turn { content, calls: vec![call(1, CallPhase::Refused), call(2, CallPhase::Skipped)] });
    }
    assert_eq!(run.times_asked(Digest([1; 32])), 2);
    assert_eq!(run.times_asked(Digest([3; 32])), 0);
}
