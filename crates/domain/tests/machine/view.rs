//! State, stage, status and progress by the table of spec/workflow.md, and what a task waits for.

use divisi_domain::approval::{ApprovalSubject, Mode};
use divisi_domain::model_step::FailureClass;
use divisi_domain::task::{Input, RevisionScope, TaskState, WaitKind};
use divisi_domain::time::Millis;
use divisi_testkit::plain_host;
use divisi_testkit::scenarios::{Deed, Reply, Row, Scenario, When, sends};

use crate::driver::Driver;

const ONE: &[Row] = &[("a", &[])];
const APPROVAL: When = When::Waits(WaitKind::Approval);
const DONE: When = When::In(TaskState::Completed);

/// State, stage, status and progress of each moment of `pass`, without repetitions.
fn seen(scenario: &Scenario, pass: u16) -> Vec<(TaskState, &'static str, &'static str, u8)> {
    let run = plain_host::run(scenario).unwrap();
    let glimpses = run.glimpses.iter().filter(|glimpse| glimpse.pass == pass);
    let mut seen: Vec<_> =
        glimpses.map(|glimpse| (glimpse.state, glimpse.stage, glimpse.status, glimpse.progress)).collect();
    seen.dedup();
    seen
}

#[test]
fn the_thirteen_states_have_their_numbers_and_names() {
    let names = [
        "Pending",
        "TaskAnalysis",
        "SpecialistSelection",
        "TaskDecomposition",
        "SpecialistExecution",
        "ManagerReview",
        "RevisionRequired",
        "Coordination",
        "Synthesis",
        "ManagerFinalReview",
        "Completed",
        "Failed",
        "Cancelled",
    ];
    assert_eq!(TaskState::ALL.map(TaskState::as_str), names);
    for (code, state) in (1..).zip(TaskState::ALL) {
        assert_eq!((state.code(), TaskState::from_code(code)), (code, Some(state)));
        assert_eq!(state.is_terminal(), code > 10, "{}", state.as_str());
    }
    assert_eq!([0, 14].map(TaskState::from_code), [None, None]);
}

#[test]
fn every_row_of_the_table_is_shown() {
    use TaskState::{
        Completed, Coordination, ManagerFinalReview, ManagerReview, Pending, RevisionRequired,
        SpecialistExecution, SpecialistSelection, Synthesis, TaskAnalysis, TaskDecomposition,
    };
    let scenario = Scenario::new("", &[("a", &[]), ("b", &["a"])])
        .mode(Mode::Manual)
        .on("p1/review/s2/cycle0", vec![Reply::Score(60)])
        .then(APPROVAL, Deed::Approve)
        .then(APPROVAL, Deed::Approve);
    let expected = [
        (Pending, "initialization", "pending", 5),
        (TaskAnalysis, "task_analysis", "in_progress", 10),
        (SpecialistSelection, "specialist_selection", "in_progress", 15),
        (TaskDecomposition, "task_decomposition", "in_progress", 20),
        (TaskDecomposition, "plan_approval", "awaiting_approval", 22),
        (SpecialistExecution, "specialist_execution", "in_progress", 25),
        (SpecialistExecution, "specialist_execution", "in_progress", 42),
        (ManagerReview, "manager_review", "manager_review", 65),
        (RevisionRequired, "specialist_execution", "revision_in_progress", 65),
        (ManagerReview, "manager_review", "manager_review", 65),
        (Coordination, "coordination", "coordination", 75),
        (Synthesis, "synthesis", "synthesis", 85),
        (ManagerFinalReview, "manager_review", "manager_review", 95),
        (ManagerFinalReview, "result_approval", "awaiting_approval", 97),
        (Completed, "completed", "completed", 100),
    ];
    assert_eq!(seen(&scenario, 1), expected);
}

#[test]
fn a_rerun_leaves_progress_unchanged_whatever_else_is_accepted() {
    let mut driver = Driver::executing(&[("a", &[]), ("b", &[])], |_| {});
    let seen = |driver: &Driver| (driver.task().state(), driver.task().progress);
    driver.make("p1/execute/s1/cycle0/turn1/model", &Reply::Good);
    driver.make("p1/review/s1/cycle0", &Reply::Score(60));
    assert_eq!(seen(&driver), (TaskState::SpecialistExecution, 25));
    driver.start("p1/execute/s1/cycle1/turn1/model");
    driver.make("p1/execute/s2/cycle0/turn1/model", &Reply::Good);
    assert_eq!(seen(&driver), (TaskState::RevisionRequired, 25));
    driver.make("p1/review/s2/cycle0", &Reply::Good);
    assert_eq!(seen(&driver), (TaskState::RevisionRequired, 25));
    driver.end("p1/execute/s1/cycle1/turn1/model", &Reply::Good);
    assert_eq!(seen(&driver), (TaskState::ManagerReview, 65));
}

#[test]
fn a_revision_is_pending_until_its_first_attempt() {
    let full = Scenario::new("", ONE).then(DONE, Deed::Revise(RevisionScope::FullTask));
    let shown: Vec<_> =
        seen(&full, 2).iter().map(|(_, stage, status, progress)| (*stage, *status, *progress)).collect();
    let expected = [
        ("task_analysis", "revision_pending", 10),
        ("task_analysis", "revision_in_progress", 10),
        ("specialist_selection", "revision_in_progress", 15),
        ("task_decomposition", "revision_in_progress", 20),
        ("specialist_execution", "revision_in_progress", 25),
        ("manager_review", "manager_review", 65),
        ("coordination", "coordination", 75),
        ("synthesis", "synthesis", 85),
        ("manager_review", "manager_review", 95),
        ("completed", "completed", 100),
    ];
    assert_eq!(shown, expected);
    let part = Scenario::new("", ONE).then(DONE, Deed::Revise(RevisionScope::SpecificSubtasks(vec![1])));
    assert_eq!(seen(&part, 2)[0].1, "specialist_execution");
    let report = Scenario::new("", ONE).then(DONE, Deed::Revise(RevisionScope::FinalAnswer));
    assert_eq!(
        seen(&report, 2)[..2],
        [
            (TaskState::Synthesis, "synthesis", "revision_pending", 85),
            (TaskState::Synthesis, "synthesis", "synthesis", 85),
        ]
    );
}

#[test]
fn an_end_keeps_the_stage_and_the_progress_that_it_came_in() {
    let failed = Scenario::new("", ONE)
        .on("p1/coordinate", vec![Reply::Fails(FailureClass::Refused); 2])
        .ends("failed refused");
    assert_eq!(seen(&failed, 1).last(), Some(&(TaskState::Failed, "coordination", "failed", 75)));
    let path = "p1/synthesise/round0";
    let cancelled =
        Scenario::new("", ONE).on(path, vec![Reply::Hangs]).then(When::InFlight(path), Deed::Cancel);
    assert_eq!(seen(&cancelled, 1).last(), Some(&(TaskState::Cancelled, "synthesis", "cancelled", 85)));
}

#[test]
fn a_resumed_pass_begins_with_the_progress_of_its_stage() {
    let resumed = Scenario::new("", ONE)
        .on("p1/select", vec![Reply::Fails(FailureClass::Refused); 2])
        .then(When::In(TaskState::Failed), Deed::Resume);
    let first = seen(&resumed, 2)[0];
    assert_eq!(first, (TaskState::SpecialistSelection, "specialist_selection", "in_progress", 15));
}

fn waits(driver: &Driver) -> Option<(WaitKind, u64)> {
    let wait = driver.task().waiting_for(driver.now)?;
    Some((wait.kind, wait.since.since(divisi_testkit::scenarios::START).0))
}

#[test]
fn a_task_says_what_it_waits_for_and_since_when() {
    let mut driver = Driver::submitted(ONE, |submission| submission.mode = Mode::Manual);
    assert_eq!(waits(&driver), Some((WaitKind::Queued, 0)));
    driver.later(Millis(10));
    driver.tell(Input::Admit).unwrap();
    assert_eq!(waits(&driver), None);
    for path in ["p1/analyse", "p1/select", "p1/decompose/round0"] {
        driver.make(path, &Reply::Good);
    }
    assert_eq!(waits(&driver), Some((WaitKind::Approval, 10)));
    assert_eq!(driver.task().pending_approval().map(|asked| asked.subject), Some(ApprovalSubject::Plan));
    driver.deed(&Deed::Approve).unwrap();
    assert_eq!(driver.task().pending_approval(), None);
    driver.later(Millis(10));
    driver.make("p1/execute/s1/cycle0/turn1/model", &Reply::Calls(vec![sends("mail"), sends("post")]));
    assert_eq!(waits(&driver), Some((WaitKind::Approval, 20)));
    assert_eq!(driver.task().pending_approval(), None, "what the stage waits for, not a call in it");
    driver.deed(&Deed::Approve).unwrap();
    assert_eq!(waits(&driver), None, "one of the two may be made");
    let path = driver.start("p1/execute/s1/cycle0/turn1/tool0");
    driver.later(Millis(10));
    driver.tell(Input::Interrupted { path, attempt: 1, alone: true }).unwrap();
    assert_eq!(waits(&driver), Some((WaitKind::OutcomeUnknown, 30)), "more urgent than the question");
    driver.later(Millis(10));
    driver.tell(Input::Park).unwrap();
    assert_eq!(waits(&driver), Some((WaitKind::Parked, 40)));
    driver.tell(Input::Cancel).unwrap();
    assert_eq!(waits(&driver), None);
}

#[test]
fn a_step_that_rests_beside_one_that_runs_is_no_wait_of_the_task() {
    let mut driver = Driver::executing(&[("a", &[]), ("b", &[])], |_| {});
    driver
        .make("p1/execute/s1/cycle0/turn1/model", &Reply::FailsFor(FailureClass::RateLimited, Millis(6_000)));
    assert_eq!(waits(&driver), None, "the other may start");
    driver.start("p1/execute/s2/cycle0/turn1/model");
    assert_eq!(waits(&driver), None, "the other runs");
    driver
        .end("p1/execute/s2/cycle0/turn1/model", &Reply::FailsFor(FailureClass::RateLimited, Millis(9_000)));
    assert_eq!(waits(&driver), Some((WaitKind::Provider, 0)));
    driver.later(Millis(6_000));
    assert_eq!(waits(&driver), None, "its time has come");
}
