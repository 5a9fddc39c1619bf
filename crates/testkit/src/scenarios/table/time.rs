//! Deadlines of stages and subtasks, the user's own, and time without a process.

use divisi_domain::approval::Mode;
use divisi_domain::task::{TaskState, WaitKind};
use divisi_domain::time::Millis;

use super::{ONE, TWO};
use crate::scenarios::{Deed, Held, Reply, Scenario, When};

const FAILED: When = When::In(TaskState::Failed);

pub(super) fn rows() -> Vec<Scenario> {
    let mut rows = stages();
    rows.extend(users());
    rows
}

/// The stage at `path` takes too long, and is resumed at `stage` with nothing before it done again.
fn slow(name: &'static str, path: &'static str, lines: &[&'static str], never: &[&'static str]) -> Scenario {
    Scenario::new(name, ONE)
        .on(path, vec![Reply::Hangs])
        .then(FAILED, Deed::Resume)
        .shows(&["failed deadline_exceeded", "resumed"])
        .shows(lines)
        .never(never)
}

fn stages() -> Vec<Scenario> {
    vec![
        slow("a slow analysis", "p1/analyse", &["enter analysis"], &[]).shows(&["start p2/analyse #1"]),
        slow("a slow selection", "p1/select", &["enter selection"], &["start p2/analyse"]),
        slow("a slow plan", "p1/decompose/round0", &["enter decomposition 0"], &["start p2/select"]),
        slow("a slow coordination", "p1/coordinate", &["enter coordination"], &["start p2/execute"]),
        slow("a slow report", "p1/synthesise/round0", &["enter synthesis 0"], &["start p2/coordinate"]),
        slow(
            "a slow final review",
            "p1/final_review/round0",
            &["enter final review 0"],
            &["start p2/synthesise"],
        ),
        Scenario::new("a slow run is given up, not the task", ONE)
            .on("p1/execute/s1/cycle0/turn1/model", vec![Reply::Hangs])
            .shows(&["p1/execute/s1/cycle0/turn1/model #1 cancelled", "run s1 failed deadline_exceeded"])
            .shows(&["run s1 cycle1 other", "s1 accepted"]),
        Scenario::new("a slow review gives the run up", ONE)
            .on("p1/review/s1/cycle0", vec![Reply::Hangs])
            .shows(&["run s1 failed timed_out", "run s1 cycle1 other", "s1 accepted"]),
        Scenario::new("time without a process does not count", ONE)
            .on("p1/coordinate", vec![Reply::Hangs])
            .then(When::InFlight("p1/coordinate"), Deed::Crash(Millis::from_mins(60)))
            .shows(&[
                "recovered",
                "p1/coordinate #1 interrupted alone",
                "start p1/coordinate #2 Interrupted",
            ]),
        Scenario::new("time in a wait does not count", ONE)
            .hold("p1/coordinate", Held::For(WaitKind::Quota, Some(Millis::from_mins(600))))
            .waits(&[WaitKind::Quota])
            .shows(&["start p1/coordinate #1 First"]),
        Scenario::new("a person may take their time", ONE)
            .mode(Mode::Assisted)
            .then(When::Waits(WaitKind::Approval), Deed::Crash(Millis::from_mins(100_000)))
            .then(When::Waits(WaitKind::Approval), Deed::Approve)
            .shows(&["recovered", "approval 1 approved"]),
        Scenario::new("a crash with several in flight counts against none of them", TWO)
            .on("p1/execute/s1/cycle0/turn1/model", vec![Reply::Hangs])
            .on("p1/execute/s2/cycle0/turn1/model", vec![Reply::Hangs])
            .then(When::InFlight("p1/execute/s1/cycle0/turn1/model"), Deed::Crash(Millis(5)))
            .shows(&["recovered"])
            .never(&["p1/execute/s1/cycle0/turn1/model #1 interrupted alone"]),
    ]
}

/// Something hangs at `path` until the user's own deadline, long before the stage's.
fn late(name: &'static str, path: &'static str) -> Scenario {
    let scenario = Scenario::new(name, ONE).on(path, vec![Reply::Hangs]).deadline(Millis::from_secs(30));
    scenario.ends("failed deadline_exceeded")
}

fn users() -> Vec<Scenario> {
    vec![
        Scenario::new("the user's deadline counts in the queue", ONE)
            .queued()
            .deadline(Millis::from_secs(30))
            .then(FAILED, Deed::Resume)
            .shows(&["failed deadline_exceeded", "resumed", "enter analysis"]),
        Scenario::new("a deadline that was over at submission", ONE)
            .with(|submission| submission.deadline = Some(divisi_domain::time::Timestamp::from_millis(1)))
            .queued()
            .ends("failed deadline_exceeded"),
        Scenario::new(
            "the user's deadline counts while a person is asked; resumed, the plan is asked about again",
            ONE,
        )
        .mode(Mode::Assisted)
        .deadline(Millis::from_secs(30))
        .then(FAILED, Deed::Resume)
        .then(When::Waits(WaitKind::Approval), Deed::Approve)
        .shows(&["ask 1 plan", "failed deadline_exceeded", "resumed", "enter plan approval", "ask 2 plan"])
        .never(&["start p2/decompose"]),
        Scenario::new("the same while the publication is asked for", ONE)
            .mode(Mode::Manual)
            .deadline(Millis::from_secs(30))
            .then(When::Waits(WaitKind::Approval), Deed::Approve)
            .then(FAILED, Deed::Resume)
            .then(When::Waits(WaitKind::Approval), Deed::Approve)
            .shows(&["ask 2 publication", "failed deadline_exceeded", "enter result approval 0"])
            .shows(&["ask 3 publication"])
            .never(&["start p2/"]),
        Scenario::new("the user's deadline passes while no process runs, in a person's wait", ONE)
            .mode(Mode::Assisted)
            .deadline(Millis::from_secs(30))
            .then(When::Waits(WaitKind::Approval), Deed::Crash(Millis::from_secs(60)))
            .shows(&["ask 1 plan", "failed deadline_exceeded"])
            .never(&["start p1/execute"])
            .ends("failed deadline_exceeded"),
        late("late while no process runs", "p1/coordinate")
            .then(When::InFlight("p1/coordinate"), Deed::Crash(Millis::from_secs(60)))
            .never(&["start p1/coordinate #2"]),
        late("late in a run", "p1/execute/s1/cycle0/turn1/model"),
        late("late in a review", "p1/review/s1/cycle0"),
        late("late in a rerun", "p1/execute/s1/cycle1/turn1/model")
            .on("p1/review/s1/cycle0", vec![Reply::Score(60)])
            .shows(&["run s1 cycle1"]),
        late("late in the coordination: accepted work is kept for the one who resumes", "p1/coordinate")
            .then(FAILED, Deed::Resume)
            .shows(&["failed deadline_exceeded", "enter coordination"])
            .never(&["start p2/execute"])
            .ends("completed full approved report"),
        late("a revision after the deadline is not late at once", "p1/execute/s1/cycle0/turn1/model")
            .on("p1/execute/s1/cycle0/turn1/model", vec![])
            .with(|submission| submission.policy.limits.plan_rejections_max = 2)
            .hold("p2/synthesise/round0", Held::For(WaitKind::Quota, Some(Millis::from_secs(60))))
            .then(
                When::In(TaskState::Completed),
                Deed::Revise(divisi_domain::task::RevisionScope::FinalAnswer),
            )
            .ends("failed deadline_exceeded"),
    ]
}
