//! Publication, cancelling, parking, rating and erasing.

use divisi_domain::approval::Mode;
use divisi_domain::task::{Refusal, TaskState, WaitKind};

use super::ONE;
use crate::scenarios::{Deed, Reply, Scenario, When};

const APPROVAL: When = When::Waits(WaitKind::Approval);
const DONE: When = When::In(TaskState::Completed);

pub(super) fn rows() -> Vec<Scenario> {
    let mut rows = publication();
    rows.extend(cancelling());
    rows.extend(parking());
    rows.extend(afterwards());
    rows
}

/// A manual task whose plan is approved.
fn manual(name: &'static str) -> Scenario {
    Scenario::new(name, ONE).mode(Mode::Manual).then(APPROVAL, Deed::Approve)
}

fn publication() -> Vec<Scenario> {
    vec![
        manual("manual asks for the publication")
            .then(APPROVAL, Deed::Approve)
            .shows(&["enter final review 0", "enter result approval 0", "ask 2 publication"])
            .shows(&["approval 2 approved"]),
        manual("a rejected publication counts as a round")
            .then(APPROVAL, Deed::Reject)
            .then(APPROVAL, Deed::Approve)
            .shows(&["approval 2 rejected", "enter synthesis 1", "enter result approval 1"])
            .shows(&["ask 3 publication", "approval 3 approved"]),
        manual("no round left: the draft stays readable")
            .then(APPROVAL, Deed::Reject)
            .then(APPROVAL, Deed::Reject)
            .then(APPROVAL, Deed::Reject)
            .shows(&["enter synthesis 1", "enter synthesis 2", "approval 4 rejected"])
            .never(&["enter synthesis 3"])
            .ends("failed publication_rejected"),
        manual("publication_rejected, resumed: the report is written again")
            .then(APPROVAL, Deed::Reject)
            .then(APPROVAL, Deed::Reject)
            .then(APPROVAL, Deed::Reject)
            .then(When::In(TaskState::Failed), Deed::Resume)
            .then(APPROVAL, Deed::Approve)
            .shows(&["failed publication_rejected", "resumed", "enter synthesis 0", "ask 5 publication"])
            .never(&["start p2/execute", "start p2/coordinate"]),
        manual("an edited result is the result")
            .then(APPROVAL, Deed::EditResult)
            .shows(&["approval 2 edited"]),
        manual("what the final review did not approve may be published by a person")
            .on("p1/final_review/round0", vec![Reply::NotApproved])
            .on("p1/final_review/round1", vec![Reply::NotApproved])
            .on("p1/final_review/round2", vec![Reply::NotApproved])
            .then(APPROVAL, Deed::Approve)
            .shows(&["enter result approval 2", "ask 2 publication"]),
    ]
}

/// Cancelled while `path` is in flight.
fn cancelled(name: &'static str, path: &'static str) -> Scenario {
    Scenario::new(name, ONE)
        .on(path, vec![Reply::Hangs])
        .then(When::InFlight(path), Deed::Cancel)
        .refuses(When::In(TaskState::Cancelled), Deed::Cancel, |why| matches!(why, Refusal::Terminal { .. }))
        .refuses(When::In(TaskState::Cancelled), Deed::Resume, |why| *why == Refusal::Cancelled)
        .ends("cancelled")
}

fn cancelling() -> Vec<Scenario> {
    let scenario = Scenario::new("cancelled in the queue", ONE).queued();
    vec![
        scenario
            .then(When::Waits(WaitKind::Queued), Deed::Cancel)
            .waits(&[WaitKind::Queued])
            .ends("cancelled"),
        cancelled("cancelled in the analysis", "p1/analyse").shows(&["p1/analyse #1 cancelled"]),
        cancelled("cancelled in the selection", "p1/select"),
        cancelled("cancelled in the decomposition", "p1/decompose/round0"),
        cancelled("cancelled in a run", "p1/execute/s1/cycle0/turn1/model"),
        cancelled("cancelled in a review", "p1/review/s1/cycle0"),
        cancelled("cancelled in a rerun", "p1/execute/s1/cycle1/turn1/model")
            .on("p1/review/s1/cycle0", vec![Reply::Score(60)]),
        cancelled("cancelled in the coordination", "p1/coordinate"),
        cancelled("cancelled in the synthesis", "p1/synthesise/round0"),
        cancelled("cancelled in the final review", "p1/final_review/round0"),
        Scenario::new("a question becomes void when the task is cancelled", ONE)
            .mode(Mode::Assisted)
            .then(APPROVAL, Deed::Cancel)
            .ends("cancelled"),
    ]
}

fn parking() -> Vec<Scenario> {
    vec![
        Scenario::new("parked: what is in flight ends, nothing starts, until resumed", ONE)
            .on("p1/execute/s1/cycle0/turn1/model", vec![Reply::Hangs])
            .then(When::InFlight("p1/execute/s1/cycle0/turn1/model"), Deed::Park)
            .then(When::Waits(WaitKind::Parked), Deed::Crash(divisi_domain::time::Millis(60_000)))
            .then(When::Waits(WaitKind::Parked), Deed::Resume)
            .waits(&[WaitKind::Parked])
            .shows(&["wait parked", "recovered", "wait parked over"])
            .shows(&["start p1/execute/s1/cycle0/turn1/model #2 Interrupted"]),
        Scenario::new("parked in the queue", ONE)
            .queued()
            .then(When::Waits(WaitKind::Queued), Deed::Park)
            .then(When::Waits(WaitKind::Parked), Deed::Admit)
            .then(When::Waits(WaitKind::Parked), Deed::Park)
            .then(When::Waits(WaitKind::Parked), Deed::Resume)
            .then(When::Waits(WaitKind::Queued), Deed::Admit)
            .shows(&["wait parked", "wait parked over", "enter analysis"]),
        Scenario::new("a running task that waits for nothing cannot be resumed", ONE)
            .on("p1/analyse", vec![Reply::Hangs])
            .refuses(When::InFlight("p1/analyse"), Deed::Resume, |why| {
                matches!(why, Refusal::NothingToResume { .. })
            })
            .refuses(When::InFlight("p1/analyse"), Deed::Rate(3), |why| {
                matches!(why, Refusal::NotCompleted { .. })
            })
            .refuses(When::InFlight("p1/analyse"), Deed::Erase, |why| {
                matches!(why, Refusal::NotCompleted { .. })
            })
            .then(When::InFlight("p1/analyse"), Deed::Cancel)
            .ends("cancelled"),
    ]
}

fn afterwards() -> Vec<Scenario> {
    vec![
        Scenario::new("rated, and rated again", ONE)
            .then(DONE, Deed::Rate(2))
            .then(DONE, Deed::Rate(5))
            .refuses(DONE, Deed::Rate(6), |why| *why == Refusal::NoRating)
            .shows(&["rated 2", "rated 5"]),
        Scenario::new("erased: the skeleton stays and nothing runs on it", ONE)
            .then(DONE, Deed::Erase)
            .then(DONE, Deed::Erase)
            .refuses(DONE, Deed::Revise(divisi_domain::task::RevisionScope::FinalAnswer), |why| {
                *why == Refusal::Erased
            })
            .shows(&["completed", "erased"]),
        Scenario::new("a failed task that was erased cannot be resumed", ONE)
            .deadline(divisi_domain::time::Millis(1_000))
            .queued()
            .then(When::In(TaskState::Failed), Deed::Erase)
            .refuses(When::In(TaskState::Failed), Deed::Resume, |why| *why == Refusal::Erased)
            .ends("failed deadline_exceeded"),
        Scenario::new("a completed task has nothing to resume", ONE)
            .refuses(DONE, Deed::Resume, |why| matches!(why, Refusal::NothingToResume { .. }))
            .refuses(DONE, Deed::Park, |why| matches!(why, Refusal::Terminal { .. }))
            .refuses(DONE, Deed::Cancel, |why| matches!(why, Refusal::Terminal { .. }))
            .refuses(DONE, Deed::Cap(Some(1)), |why| matches!(why, Refusal::Terminal { .. })),
    ]
}
