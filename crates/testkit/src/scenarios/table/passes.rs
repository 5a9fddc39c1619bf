//! The next pass: resume after a failure, revise after completion.

use divisi_domain::approval::Mode;
use divisi_domain::model_step::FailureClass;
use divisi_domain::task::{OnBudget, Refusal, RevisionScope, TaskState, WaitKind};
use divisi_domain::time::Millis;

use super::{CHAIN, ONE, REQUIRED, TWO};
use crate::scenarios::{Deed, Held, Reply, Row, Scenario, When};

/// Three in a row.
const LINE: &[Row] = &[("a", &[]), ("b", &["a"]), ("c", &["b"])];
/// Two on one, and a fourth on one of them.
const FORK: &[Row] = &[("a", &[]), ("b", &["a"]), ("c", &["a"]), ("d", &["b"])];
const DONE: When = When::In(TaskState::Completed);
const FAILED: When = When::In(TaskState::Failed);

pub(super) fn rows() -> Vec<Scenario> {
    let mut rows = resumed();
    rows.extend(revised());
    rows.extend(kept());
    rows
}

fn hopeless(scenario: Scenario) -> Scenario {
    scenario
        .on("p1/review/s1/cycle0", vec![Reply::Score(30)])
        .on("p1/review/s1/cycle1", vec![Reply::Score(30)])
        .on("p1/review/s1/cycle2", vec![Reply::Score(30)])
        .on("p1/review/s1/cycle3", vec![Reply::Score(30)])
}

/// The key is revoked while the first subtask works; the second is done by then.
fn keyless(scenario: Scenario) -> Scenario {
    let refused = || vec![Reply::Fails(FailureClass::Unauthorized); 2];
    scenario
        .on("p1/execute/s1/cycle0/turn1/model", refused())
        .on("p1/execute/s1/cycle1/turn1/model", refused())
        .on("p1/execute/s1/cycle2/turn1/model", refused())
        .on("p1/execute/s1/cycle3/turn1/model", refused())
        .on("p1/coordinate", refused())
}

fn resumed() -> Vec<Scenario> {
    vec![
        hopeless(Scenario::new("no_accepted_solution, resumed: the cycles begin anew", REQUIRED))
            .then(FAILED, Deed::Resume)
            .shows(&["s2 skipped", "failed no_accepted_solution", "resumed", "enter execution"])
            .shows(&["start p2/execute/s1/cycle0", "s1 accepted", "s2 accepted"]),
        hopeless(Scenario::new("accepted work is not run again, and a gap stays one", TWO))
            .on("p1/coordinate", vec![Reply::Fails(FailureClass::Refused); 2])
            .then(FAILED, Deed::Resume)
            .shows(&["s1 failed", "failed refused", "resumed", "enter coordination"])
            .never(&["start p2/execute"])
            .ends("completed partial approved report missing s1"),
        keyless(Scenario::new("what was lost with the provider is run again before the report", TWO))
            .then(FAILED, Deed::Resume)
            .shows(&["s1 failed", "failed unauthorized", "resumed", "enter execution"])
            .shows(&["start p2/execute/s1/cycle0", "s1 accepted", "enter coordination"])
            .never(&["start p2/execute/s2"])
            .ends("completed full approved report"),
        Scenario::new("resumed in the execution: only what is missing runs", TWO)
            .on("p1/execute/s2/cycle0/turn1/model", vec![Reply::Hangs])
            .deadline(Millis::from_secs(30))
            .then(FAILED, Deed::Resume)
            .shows(&["s1 accepted", "failed deadline_exceeded", "resumed", "start p2/execute/s2/cycle0"])
            .never(&["start p2/execute/s1"]),
        Scenario::new("the selection fails for good, twice", ONE)
            .on("p1/select", vec![Reply::Fails(FailureClass::Refused); 2])
            .on("p2/select", vec![Reply::Fails(FailureClass::Refused); 2])
            .then(FAILED, Deed::Resume)
            .then(FAILED, Deed::Resume)
            .shows(&["failed refused", "resumed", "failed refused", "resumed", "start p3/select"])
            .never(&["start p3/analyse"]),
    ]
}

fn revised() -> Vec<Scenario> {
    vec![
        Scenario::new("revise the full task: new numbers, new solutions", TWO)
            .then(DONE, Deed::Revise(RevisionScope::FullTask))
            .shows(&["completed", "revise full_task", "enter analysis", "run s3 cycle0", "run s4 cycle0"])
            .never(&["start p2/execute/s1", "start p2/execute/s2"]),
        Scenario::new("revise one subtask: only it runs, then what is made of all of them", TWO)
            .then(DONE, Deed::Revise(RevisionScope::SpecificSubtasks(vec![1])))
            .shows(&["revise s1", "enter execution", "run s1 cycle0", "s1 accepted", "enter coordination"])
            .never(&["start p2/execute/s2", "start p2/analyse", "start p2/decompose"]),
        Scenario::new(
            "an answer that was built on a changed one is made anew, and what that was built on stands",
            LINE,
        )
        .then(DONE, Deed::Revise(RevisionScope::SpecificSubtasks(vec![2])))
        .shows(&["revise s2", "run s2 cycle0", "s2 accepted", "run s3 cycle0", "s3 accepted"])
        .shows(&["enter coordination"])
        .never(&["start p2/execute/s1"]),
        Scenario::new("what stands beside a changed answer is not made anew", FORK)
            .then(DONE, Deed::Revise(RevisionScope::SpecificSubtasks(vec![2])))
            .shows(&["revise s2", "run s2 cycle0", "s2 accepted", "run s4 cycle0", "s4 accepted"])
            .never(&["start p2/execute/s1", "start p2/execute/s3"]),
        Scenario::new("revise the report alone", ONE)
            .then(DONE, Deed::Revise(RevisionScope::FinalAnswer))
            .shows(&["revise final_answer", "enter synthesis 0", "start p2/synthesise/round0"])
            .never(&["start p2/execute", "start p2/coordinate"]),
        Scenario::new("revise again: numbers are never reused", ONE)
            .then(DONE, Deed::Revise(RevisionScope::FullTask))
            .then(DONE, Deed::Revise(RevisionScope::FullTask))
            .then(DONE, Deed::Revise(RevisionScope::SpecificSubtasks(vec![3])))
            .refuses(DONE, Deed::Revise(RevisionScope::SpecificSubtasks(vec![1])), |why| {
                matches!(why, Refusal::NoSuchSubtask { number: 1 })
            })
            .refuses(DONE, Deed::Revise(RevisionScope::SpecificSubtasks(vec![])), |why| {
                *why == Refusal::NothingToRevise
            })
            .shows(&["run s1", "revise full_task", "run s2", "revise full_task", "run s3", "revise s3"])
            .shows(&["start p4/execute/s3/cycle0"]),
        Scenario::new("a failed revision is resumed, still for its request", ONE)
            .on("p2/analyse", vec![Reply::Fails(FailureClass::Refused); 2])
            .then(DONE, Deed::Revise(RevisionScope::FullTask))
            .then(FAILED, Deed::Resume)
            .shows(&["failed refused", "resumed", "start p3/analyse", "run s2 cycle0"]),
        Scenario::new("an assisted revision asks about its own plan", ONE)
            .mode(Mode::Assisted)
            .then(When::Waits(WaitKind::Approval), Deed::Approve)
            .then(DONE, Deed::Revise(RevisionScope::FullTask))
            .then(When::Waits(WaitKind::Approval), Deed::Approve)
            .shows(&["approval 1 approved", "revise full_task", "ask 2 plan", "approval 2 approved"]),
        Scenario::new("only a completed task is revised", ONE)
            .on("p1/analyse", vec![Reply::Hangs])
            .refuses(When::InFlight("p1/analyse"), Deed::Revise(RevisionScope::FullTask), |why| {
                matches!(why, Refusal::NotCompleted { .. })
            })
            .then(When::InFlight("p1/analyse"), Deed::Cancel)
            .ends("cancelled"),
    ]
}

fn kept() -> Vec<Scenario> {
    let rejected = |scenario: Scenario| {
        scenario
            .on("p2/review/s1/cycle0", vec![Reply::Score(30)])
            .on("p2/review/s1/cycle1", vec![Reply::Score(30)])
            .on("p2/review/s1/cycle2", vec![Reply::Score(30)])
            .on("p2/review/s1/cycle3", vec![Reply::Score(30)])
    };
    vec![
        rejected(Scenario::new(
            "what was built on an answer stands where its revision brings nothing better",
            CHAIN,
        ))
        .then(DONE, Deed::Revise(RevisionScope::SpecificSubtasks(vec![1])))
        .shows(&["revise s1", "run s1 cycle3 other", "s1 accepted", "s2 accepted", "enter coordination"])
        .never(&["start p2/execute/s2"]),
        Scenario::new(
            "a failed revision is resumed: what was built on the changed answer is still made anew",
            CHAIN,
        )
        .on("p2/execute/s2/cycle0/turn1/model", vec![Reply::Hangs])
        .deadline(Millis::from_mins(5))
        .then(DONE, Deed::Revise(RevisionScope::SpecificSubtasks(vec![1])))
        .then(FAILED, Deed::Resume)
        .shows(&["revise s1", "s1 accepted", "failed deadline_exceeded", "start p3/execute/s2/cycle0"])
        .shows(&["s2 accepted", "enter coordination"])
        .never(&["start p3/execute/s1"]),
        rejected(Scenario::new("what was accepted stands where its revision brings nothing better", ONE))
            .then(DONE, Deed::Revise(RevisionScope::SpecificSubtasks(vec![1])))
            .shows(&["revise s1", "run s1 cycle3 other", "s1 accepted", "enter coordination"])
            .never(&["s1 failed"]),
        hopeless(Scenario::new(
            "revising a failed subtask takes up those that were skipped for it",
            &[("a", &[]), ("b", &["a!"]), ("c", &[])],
        ))
        .then(DONE, Deed::Revise(RevisionScope::SpecificSubtasks(vec![1])))
        .shows(&["s2 skipped", "completed partial approved report missing s1 s2", "revise s1"])
        .shows(&["s1 accepted", "run s2 cycle0", "s2 accepted"])
        .never(&["start p2/execute/s3"]),
        hopeless(Scenario::new(
            "revising a skipped subtask takes up what it cannot do without",
            &[("a", &[]), ("b", &["a!"]), ("c", &[])],
        ))
        .then(DONE, Deed::Revise(RevisionScope::SpecificSubtasks(vec![2])))
        .shows(&["s2 skipped", "revise s2", "start p2/execute/s1/cycle0", "s1 accepted", "s2 accepted"])
        .never(&["start p2/execute/s3"]),
        Scenario::new("a revision takes up what the cap had cut short", CHAIN)
            .cap(380, OnBudget::Finish)
            .then(DONE, Deed::Revise(RevisionScope::SpecificSubtasks(vec![2])))
            .then(When::Waits(WaitKind::Budget), Deed::Cap(Some(2_000)))
            .shows(&[
                "completed partial unapproved solutions missing s2",
                "revise s2",
                "wait budget",
                "s2 accepted",
            ])
            .never(&["start p2/execute/s1"]),
        Scenario::new("nothing is pending once a revision has begun", ONE)
            .hold("p2/synthesise/round0", Held::For(WaitKind::Quota, Some(Millis(1_000))))
            .then(DONE, Deed::Revise(RevisionScope::FinalAnswer))
            .waits(&[WaitKind::Quota]),
    ]
}
