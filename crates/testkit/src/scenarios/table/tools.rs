//! The agent loop: tool calls, their approval, their interruption, and where the loop stops.

use divisi_domain::approval::Mode;
use divisi_domain::blob::BlobRef;
use divisi_domain::model_step::FailureClass;
use divisi_domain::task::{Resolution, WaitKind};
use divisi_domain::time::Millis;

use super::{ONE, TWO};
use crate::scenarios::{Call, Deed, Reply, Scenario, When, puts, reads, refused, sends};

const TURN1: &str = "p1/execute/s1/cycle0/turn1/model";
const TOOL0: &str = "p1/execute/s1/cycle0/turn1/tool0";
const APPROVAL: When = When::Waits(WaitKind::Approval);
const UNKNOWN: When = When::Waits(WaitKind::OutcomeUnknown);
const DOWN: Millis = Millis(60_000);

pub(super) fn rows() -> Vec<Scenario> {
    let mut rows = calls();
    rows.extend(limits());
    rows.extend(approval());
    rows.extend(interruption());
    rows.extend(unknown());
    rows
}

/// A first turn that asks for these calls.
fn asks(name: &'static str, calls: &[Call]) -> Scenario {
    Scenario::new(name, ONE).on(TURN1, vec![Reply::Calls(calls.to_vec())])
}

fn calls() -> Vec<Scenario> {
    vec![
        asks("the next turn begins when every call has its result", &[reads("search"), reads("read")]).shows(
            &[
                "start p1/execute/s1/cycle0/turn1/tool0 #1 First",
                "p1/execute/s1/cycle0/turn1/tool",
                "p1/execute/s1/cycle0/turn1/tool",
                "start p1/execute/s1/cycle0/turn2/model #1 First on 0 by 1",
                "s1 accepted",
            ],
        ),
        asks("a refused call is not performed, the others are", &[refused("delete"), reads("search")])
            .never(&["start p1/execute/s1/cycle0/turn1/tool0"])
            .shows(&["start p1/execute/s1/cycle0/turn1/tool1", "start p1/execute/s1/cycle0/turn2/model"]),
        asks("a turn of refused calls goes on at once", &[refused("delete")])
            .never(&["start p1/execute/s1/cycle0/turn1/tool"])
            .shows(&["start p1/execute/s1/cycle0/turn2/model"]),
        asks("a turn that asks for nothing goes on", &[]).shows(&["start p1/execute/s1/cycle0/turn2/model"]),
        asks("calls beyond the limit of a turn are refused", &[reads("search"); 2])
            .on(TURN1, vec![Reply::Calls((0..300).map(|_| refused("many")).collect())])
            .ends("completed full approved report"),
        asks("a read-only call that fails for a passing reason is made again", &[reads("search")])
            .on(TOOL0, vec![Reply::Fails(FailureClass::Connection)])
            .shows(&["start p1/execute/s1/cycle0/turn1/tool0 #2 Retry", "s1 accepted"]),
        asks("after three failures the model is told", &[reads("search")])
            .on(TOOL0, vec![Reply::Fails(FailureClass::ToolFailed); 3])
            .shows(&["call p1/execute/s1/cycle0/turn1/tool0 failed", "s1 accepted"])
            .never(&["start p1/execute/s1/cycle0/turn1/tool0 #4"]),
        asks(
            "a call that must not be repeated is told to the model when it failed for sure",
            &[sends("mail")],
        )
        .on(TOOL0, vec![Reply::Fails(FailureClass::ToolFailed)])
        .shows(&["call p1/execute/s1/cycle0/turn1/tool0 failed", "s1 accepted"])
        .never(&["start p1/execute/s1/cycle0/turn1/tool0 #2"]),
        asks("five panics quarantine a call; the subtask finally fails", &[reads("search")])
            .on(TOOL0, vec![Reply::Fails(FailureClass::Panicked); 5])
            .shows(&["run s1 failed quarantined", "s1 failed"])
            .never(&["run s1 cycle1"])
            .ends("failed no_accepted_solution"),
    ]
}

fn limits() -> Vec<Scenario> {
    let again = || vec![Reply::Calls(vec![reads("search")])];
    vec![
        asks("the same call a third time stops the run", &[reads("search")])
            .on("p1/execute/s1/cycle0/turn2/model", again())
            .on("p1/execute/s1/cycle0/turn3/model", again())
            .shows(&["run s1 failed repeated_call", "run s1 cycle1 other", "s1 accepted"])
            .never(&["start p1/execute/s1/cycle0/turn3/tool0", "start p1/execute/s1/cycle0/turn4"]),
        asks("the last turn that still asks for tools stops the run", &[reads("one")])
            .with(|submission| submission.policy.limits.agent_turns_max = 2)
            .on("p1/execute/s1/cycle0/turn2/model", vec![Reply::Calls(vec![reads("two")])])
            .shows(&["run s1 failed turn_limit", "run s1 cycle1 other", "s1 accepted"])
            .never(&["start p1/execute/s1/cycle0/turn2/tool0"]),
    ]
}

fn approval() -> Vec<Scenario> {
    let manual = |name, calls: &[Call]| asks(name, calls).mode(Mode::Manual).then(APPROVAL, Deed::Approve);
    vec![
        manual("manual asks for a call with side effects", &[sends("mail")])
            .then(APPROVAL, Deed::Approve)
            .then(APPROVAL, Deed::Approve)
            .shows(&["ask 2 tool p1/execute/s1/cycle0/turn1/tool0", "approval 2 approved"])
            .shows(&["start p1/execute/s1/cycle0/turn1/tool0 #1", "s1 accepted"]),
        manual("a declined call gives the agent the result declined", &[sends("mail")])
            .then(APPROVAL, Deed::Reject)
            .then(APPROVAL, Deed::Approve)
            .shows(&["approval 2 rejected", "call p1/execute/s1/cycle0/turn1/tool0 declined"])
            .shows(&["start p1/execute/s1/cycle0/turn2/model"])
            .never(&["start p1/execute/s1/cycle0/turn1/tool0"]),
        manual("a call without side effects is not asked for", &[reads("search")])
            .then(APPROVAL, Deed::Approve)
            .shows(&["start p1/execute/s1/cycle0/turn1/tool0", "ask 2 publication"]),
        manual("a question about a call is void when its run is given up", &[sends("mail"), reads("search")])
            .on("p1/execute/s1/cycle0/turn1/tool1", vec![Reply::Fails(FailureClass::Panicked); 5])
            .shows(&["ask 2 tool", "run s1 failed quarantined"])
            .never(&["start p1/execute/s1/cycle0/turn1/tool0"])
            .ends("failed no_accepted_solution"),
        Scenario::new("two questions at a time", TWO)
            .mode(Mode::Manual)
            .on(TURN1, vec![Reply::Calls(vec![sends("mail")])])
            .on("p1/execute/s2/cycle0/turn1/model", vec![Reply::Calls(vec![puts("file")])])
            .then(APPROVAL, Deed::Approve)
            .then(APPROVAL, Deed::Reject)
            .then(APPROVAL, Deed::Approve)
            .then(APPROVAL, Deed::Approve)
            .never(&["start p1/execute/s1/cycle0/turn1/tool0"])
            .shows(&["start p1/execute/s2/cycle0/turn1/tool0", "ask 4 publication"]),
    ]
}

fn interruption() -> Vec<Scenario> {
    let hangs = |name, call: Call| {
        asks(name, &[call]).on(TOOL0, vec![Reply::Hangs]).then(When::InFlight(TOOL0), Deed::Crash(DOWN))
    };
    vec![
        hangs("an interrupted read is made again", reads("search"))
            .shows(&["recovered", "p1/execute/s1/cycle0/turn1/tool0 #1 interrupted alone"])
            .shows(&["start p1/execute/s1/cycle0/turn1/tool0 #2"]),
        hangs("an interrupted call with a key is made again with the same key", puts("file"))
            .shows(&["start p1/execute/s1/cycle0/turn1/tool0 #2", "s1 accepted"]),
        hangs(
            "an approved call that is interrupted and may be repeated is not asked for again",
            puts("file"),
        )
        .mode(Mode::Manual)
        .with_acts(&[
            (APPROVAL, Deed::Approve),
            (APPROVAL, Deed::Approve),
            (When::InFlight(TOOL0), Deed::Crash(DOWN)),
            (APPROVAL, Deed::Approve),
        ])
        .shows(&["ask 2 tool", "start p1/execute/s1/cycle0/turn1/tool0 #2", "ask 3 publication"]),
    ]
}

fn unknown() -> Vec<Scenario> {
    let interrupted = |name, resolution: Resolution| {
        asks(name, &[sends("mail")])
            .on(TOOL0, vec![Reply::Hangs])
            .then(When::InFlight(TOOL0), Deed::Crash(DOWN))
            .then(UNKNOWN, Deed::Resolve(TOOL0, resolution))
            .waits(&[WaitKind::OutcomeUnknown])
    };
    vec![
        interrupted("unknown outcome: made again on a person's word", Resolution::Retry)
            .shows(&["start p1/execute/s1/cycle0/turn1/tool0 #2 Retry", "s1 accepted"]),
        interrupted("unknown outcome: the result is entered", Resolution::Enter(BlobRef([5; 32])))
            .shows(&["call p1/execute/s1/cycle0/turn1/tool0 answered", "s1 accepted"])
            .never(&["start p1/execute/s1/cycle0/turn1/tool0 #2"]),
        interrupted("unknown outcome: skipped", Resolution::Skip)
            .shows(&["call p1/execute/s1/cycle0/turn1/tool0 skipped", "start p1/execute/s1/cycle0/turn2"])
            .never(&["start p1/execute/s1/cycle0/turn1/tool0 #2"]),
        interrupted("unknown outcome: the run is given up", Resolution::Fail).shows(&[
            "run s1 failed given_up",
            "run s1 cycle1 other",
            "s1 accepted",
        ]),
        asks("a call that broke off may have happened: it waits too", &[sends("mail")])
            .on(TOOL0, vec![Reply::Fails(FailureClass::TimedOut)])
            .then(UNKNOWN, Deed::Resolve(TOOL0, Resolution::Skip))
            .waits(&[WaitKind::OutcomeUnknown])
            .shows(&["p1/execute/s1/cycle0/turn1/tool0 #1 failed timed_out"])
            .shows(&["call p1/execute/s1/cycle0/turn1/tool0 skipped", "s1 accepted"])
            .never(&["start p1/execute/s1/cycle0/turn1/tool0 #2"]),
    ]
}
