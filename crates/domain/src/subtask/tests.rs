use super::*;
use crate::blob::{BlobRef, Digest};
use crate::model_step::FailureClass;
use crate::name::Name;
use crate::plan::{PlanNode, Settled};
use crate::review::{Next, Rerun, Scores};
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

fn reviewed(cycle: u8, tenths: u8) -> Run {
    let scores = Scores::from_tenths([tenths; 4]).unwrap();
    let review = Some(Review { content: BlobRef([1; 32]), scores });
    Run { review, ..Run::new(1, cycle, false, Timestamp::default()) }
}

fn failed(cycle: u8, failure: CycleFailure) -> Run {
    Run { failure: Some(failure), ..Run::new(1, cycle, false, Timestamp::default()) }
}

#[test]
fn what_follows_a_run() {
    let (same, other) = (Next::Rerun(Rerun::SameSpecialist), Next::Rerun(Rerun::OtherSpecialist));
    let rows = [
        (Run::new(1, 0, false, Timestamp::default()), 2, None),
        (reviewed(0, 70), 2, Some(Next::Accept)),
        (reviewed(0, 69), 2, Some(same)),
        (reviewed(1, 50), 2, Some(same)),
        (reviewed(2, 50), 2, Some(other)),
        (reviewed(3, 50), 2, Some(Next::FinallyFail)),
        (reviewed(0, 49), 2, Some(other)),
        (reviewed(0, 69), 0, Some(other)),
        (failed(0, CycleFailure::TurnLimit), 2, Some(other)),
        (failed(2, CycleFailure::NoAnswer(FailureClass::Refused)), 2, Some(other)),
        (failed(3, CycleFailure::GivenUp), 2, Some(Next::FinallyFail)),
        (failed(0, CycleFailure::Quarantined), 2, Some(Next::FinallyFail)),
        (failed(0, CycleFailure::NoCapableAgent), 2, Some(Next::FinallyFail)),
        // A review that came before the run was given up does not count.
        (Run { failure: Some(CycleFailure::DeadlineExceeded), ..reviewed(0, 90) }, 2, Some(other)),
        (failed(u8::MAX, CycleFailure::GivenUp), u8::MAX, Some(Next::FinallyFail)),
        (reviewed(u8::MAX, 60), u8::MAX, Some(Next::FinallyFail)),
    ];
    for (run, cycles_max, expected) in rows {
        assert_eq!(run.consequence(cycles_max), expected, "{run:?}");
    }
}

fn subtask() -> Subtask {
    Subtask::new(PlanNode {
        number: 1,
        agent_type: Name::from_static("researcher"),
        capability: None,
        priority: crate::plan::Priority::Medium,
        complexity: crate::plan::Complexity::Moderate,
        dependencies: Vec::new(),
        estimate: crate::plan::Estimate::default(),
    })
}

#[test]
fn only_a_waiting_subtask_has_a_consequence_and_only_of_this_pass() {
    let mut subtask = subtask();
    assert_eq!(subtask.after_run(1, 2), None, "no run yet");
    subtask.runs.push(reviewed(0, 90));
    assert_eq!(subtask.after_run(1, 2), Some(Next::Accept));
    assert_eq!(subtask.after_run(2, 2), None, "a later pass begins anew");
    subtask.phase = SubtaskPhase::Reviewing;
    assert_eq!(subtask.after_run(1, 2), None);
}

#[test]
fn what_is_settled_and_what_is_not() {
    let rows = [
        (SubtaskPhase::Waiting, "Waiting", None),
        (SubtaskPhase::Running, "Running", None),
        (SubtaskPhase::Reviewing, "Reviewing", None),
        (SubtaskPhase::Accepted, "Accepted", Some(Settled::Accepted)),
        (SubtaskPhase::FinallyFailed, "FinallyFailed", Some(Settled::Failed)),
        (SubtaskPhase::Skipped, "Skipped", Some(Settled::Skipped)),
    ];
    for (phase, name, expected) in rows {
        assert_eq!(Subtask { phase, ..subtask() }.settled(), expected, "{name}");
        assert_eq!(phase.as_str(), name);
    }
}

#[test]
fn a_call_that_waits_for_a_person_is_not_in_flight() {
    assert!(!ToolStep::due().in_flight());
    assert!(!ToolStep::awaiting(3).in_flight());
    let phase = ToolPhase::InFlight { since: Timestamp::default() };
    assert!(ToolStep { phase, ..ToolStep::due() }.in_flight());
}
