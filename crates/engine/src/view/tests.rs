use divisi_domain::model_step::FailureClass;
use divisi_domain::task::{Event, FailureReason, Stage, WaitKind};
use serde_json::json;

use super::*;

#[test]
fn events_are_told_by_kind() {
    let rows = [
        (Event::Entered(Stage::Synthesis { round: 1 }), json!({ "stage": "synthesis" })),
        (Event::WaitStarted(WaitKind::Budget), json!({ "waiting_for": "budget" })),
        (Event::Failed { reason: FailureReason::PlanInvalid }, json!({ "reason": "plan_invalid" })),
        (
            Event::Completed { content: None, approved: true, missing: vec![2], reason: None },
            json!({ "approved": true, "missing": [2], "reason": null }),
        ),
        (Event::Cancelled, json!({})),
    ];
    for (event, expected) in rows {
        assert_eq!(event_data(&event), expected);
    }
}

#[test]
fn every_failure_and_every_wait_has_a_sentence_of_its_own() {
    use FailureReason as F;
    let failures = [
        F::PlanInvalid,
        F::PlanRejected,
        F::NoCapableAgent,
        F::NoAcceptedSolution,
        F::BudgetExhausted,
        F::DeadlineExceeded,
        F::NoAnswer(FailureClass::TimedOut),
        F::Quarantined,
        F::PublicationRejected,
        F::Stuck,
    ];
    let waits = [
        WaitKind::Queued,
        WaitKind::Parked,
        WaitKind::Approval,
        WaitKind::Budget,
        WaitKind::Quota,
        WaitKind::Provider,
        WaitKind::Store,
        WaitKind::OutcomeUnknown,
    ];
    let mut sentences: Vec<&str> =
        failures.map(failure_sentence).into_iter().chain(waits.map(wait_sentence)).collect();
    assert!(sentences.iter().all(|sentence| sentence.ends_with('.')));
    sentences.sort_unstable();
    sentences.dedup();
    assert_eq!(sentences.len(), failures.len() + waits.len());
}
