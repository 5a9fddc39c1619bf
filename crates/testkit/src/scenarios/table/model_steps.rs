//! Model calls: retries, failover, asking again, waits for providers, quarantine.

use divisi_domain::model_step::FailureClass;
use divisi_domain::task::{TaskState, WaitKind};
use divisi_domain::time::Millis;

use super::{ONE, TWO};
use crate::scenarios::{Deed, Held, Reply, Scenario, When};

const ANALYSE: &str = "p1/analyse";
const WORK: &str = "p1/execute/s1/cycle0/turn1/model";
const REVIEW: &str = "p1/review/s1/cycle0";

pub(super) fn rows() -> Vec<Scenario> {
    let mut rows = failures();
    rows.extend(giving_up());
    rows.extend(waits());
    rows.extend(poison());
    rows
}

fn on_one_target(name: &'static str) -> Scenario {
    Scenario::new(name, ONE).with(|submission| submission.policy.route_targets = vec![1; 8])
}

fn failures() -> Vec<Scenario> {
    vec![
        Scenario::new("a passing failure: the same target after a back-off", ONE)
            .on(ANALYSE, vec![Reply::Fails(FailureClass::Overloaded)])
            .waits(&[WaitKind::Provider])
            .shows(&["again p1/analyse Retry on 0", "start p1/analyse #2 Retry on 0", "enter selection"]),
        on_one_target("the provider's own wait wins")
            .on(ANALYSE, vec![Reply::FailsFor(FailureClass::RateLimited, Millis(90_000))])
            .waits(&[WaitKind::Provider])
            .shows(&["start p1/analyse #2 Retry on 0"]),
        Scenario::new("a target that asks for a long pause is passed over for the next", ONE)
            .on(ANALYSE, vec![Reply::FailsFor(FailureClass::RateLimited, Millis(90_000))])
            .shows(&["start p1/analyse #2 Failover on 1", "enter selection"]),
        Scenario::new("the first target down and the next set up wrong: it waits for the first", ONE)
            .on(ANALYSE, {
                let mut replies = vec![Reply::Fails(FailureClass::Overloaded); 6];
                replies.push(Reply::Fails(FailureClass::Unauthorized));
                replies
            })
            .waits(&[WaitKind::Provider])
            .shows(&["start p1/analyse #7 Failover on 1", "again p1/analyse NewSeries on 0 waits provider"])
            .shows(&["enter selection"]),
        Scenario::new("six attempts on one target, then the next one", ONE)
            .on(ANALYSE, vec![Reply::Fails(FailureClass::Overloaded); 6])
            .shows(&[
                "start p1/analyse #6 Retry on 0",
                "start p1/analyse #7 Failover on 1",
                "enter selection",
            ]),
        Scenario::new("an answer that broke off is taken up by the next target at once", ONE)
            .on(ANALYSE, vec![Reply::Fails(FailureClass::Truncated)])
            .shows(&["start p1/analyse #2 Failover on 1"])
            .never(&["start p1/analyse #2 Retry"]),
        Scenario::new("an answer of the last target that broke off is asked for again after a back-off", ONE)
            .on(ANALYSE, vec![Reply::Fails(FailureClass::Truncated); 2])
            .shows(&[
                "start p1/analyse #2 Failover on 1",
                "start p1/analyse #3 Retry on 1",
                "enter selection",
            ])
            .never(&["again p1/analyse NewSeries"]),
        Scenario::new("a target that was not given up is asked again before the task fails", ONE)
            .on(ANALYSE, vec![Reply::Fails(FailureClass::Truncated), Reply::Fails(FailureClass::Refused)])
            .shows(&["start p1/analyse #2 Failover on 1", "start p1/analyse #3 Failover on 0"])
            .shows(&["enter selection"]),
        Scenario::new("an answer that is no JSON is asked for again, told what was wrong", ONE)
            .on(ANALYSE, vec![Reply::Fails(FailureClass::Unparsable)])
            .shows(&["start p1/analyse #2 Reask on 0", "enter selection"]),
        Scenario::new("twice no JSON: the next target", ONE)
            .on(ANALYSE, vec![Reply::Fails(FailureClass::Unparsable); 2])
            .shows(&["start p1/analyse #2 Reask on 0", "start p1/analyse #3 Failover on 1"]),
        Scenario::new("a context that is too long may fit a larger model", ONE)
            .on(ANALYSE, vec![Reply::Fails(FailureClass::ContextTooLong)])
            .shows(&["start p1/analyse #2 Failover on 1"])
            .never(&["start p1/analyse #2 Retry"]),
    ]
}

fn giving_up() -> Vec<Scenario> {
    vec![
        Scenario::new("a refusal by every target fails the task with its class", ONE)
            .on(ANALYSE, vec![Reply::Fails(FailureClass::Refused); 2])
            .ends("failed refused"),
        on_one_target("answers that break off for ever are not paid for for ever")
            .on(ANALYSE, vec![Reply::Fails(FailureClass::Truncated); 8])
            .waits(&[WaitKind::Provider])
            .shows(&["again p1/analyse NewSeries on 0 waits provider", "start p1/analyse #7 NewSeries on 0"])
            .never(&["start p1/analyse #8"])
            .ends("failed truncated"),
        on_one_target("what breaks off only when told what was wrong is waited for by nobody")
            .on(ANALYSE, {
                let mut replies = vec![Reply::Fails(FailureClass::Unparsable)];
                replies.extend(vec![Reply::Fails(FailureClass::Truncated); 3]);
                replies
            })
            .shows(&["start p1/analyse #2 Reask on 0", "start p1/analyse #4 Retry on 0"])
            .never(&["again p1/analyse NewSeries"])
            .ends("failed truncated"),
        Scenario::new("never JSON: a typed failure, and resume begins at the same stage", ONE)
            .on("p1/select", vec![Reply::Fails(FailureClass::Unparsable); 4])
            .then(When::In(TaskState::Failed), Deed::Resume)
            .shows(&["failed unparsable", "resumed", "enter selection", "start p2/select #1 First on 0"])
            .never(&["start p2/analyse"]),
        Scenario::new("a run without an answer counts as rejected", ONE)
            .on(WORK, vec![Reply::Fails(FailureClass::BadRequest); 2])
            .shows(&["run s1 failed bad_request", "run s1 cycle1 other", "s1 accepted"]),
        Scenario::new("a solution without a review is run again", ONE)
            .on(REVIEW, vec![Reply::Fails(FailureClass::Refused); 2])
            .shows(&["run s1 failed refused", "run s1 cycle1 other", "s1 accepted"]),
        Scenario::new("no agent can do it: the subtask fails at once, the others go on", TWO)
            .hold(WORK, Held::NoAgent)
            .shows(&["run s1 failed no_capable_agent", "s1 failed"])
            .never(&["run s1 cycle1"])
            .ends("completed partial approved report missing s1"),
        Scenario::new("no agent can do anything: no_capable_agent", ONE)
            .hold(WORK, Held::NoAgent)
            .ends("failed no_capable_agent"),
        Scenario::new("nobody can manage: no_capable_agent, resumed where it was", ONE)
            .hold("p1/coordinate", Held::NoAgent)
            .then(When::In(TaskState::Failed), Deed::Resume)
            .shows(&["failed no_capable_agent", "resumed", "enter coordination", "start p2/coordinate"])
            .never(&["start p2/execute"]),
    ]
}

fn waits() -> Vec<Scenario> {
    vec![
        on_one_target("all providers down: the task waits and says why, and a new series begins")
            .on(ANALYSE, vec![Reply::Fails(FailureClass::Connection); 6])
            .waits(&[WaitKind::Provider])
            .shows(&["again p1/analyse NewSeries on 0 waits provider", "start p1/analyse #7 NewSeries on 0"])
            .shows(&["enter selection"]),
        Scenario::new("eight wire attempts over all targets, then a rest", ONE)
            .on(ANALYSE, vec![Reply::Fails(FailureClass::Overloaded); 8])
            .shows(&["start p1/analyse #8 Retry on 1", "again p1/analyse NewSeries on 0 waits provider"])
            .shows(&["start p1/analyse #9 NewSeries on 0"]),
        on_one_target("a person need not wait for the provider")
            .with(|submission| submission.policy.limits.target_attempts_max = 1)
            .on(ANALYSE, vec![Reply::Fails(FailureClass::Connection)])
            .on("p1/select", vec![Reply::Hangs])
            .then(When::Waits(WaitKind::Provider), Deed::Park)
            .then(When::Waits(WaitKind::Parked), Deed::Resume)
            .then(When::InFlight("p1/select"), Deed::Cancel)
            .shows(&["again p1/analyse NewSeries on 0 waits provider", "wait parked over"])
            .shows(&["again p1/analyse NewSeries on 0", "start p1/analyse #2 NewSeries on 0"])
            .ends("cancelled"),
        on_one_target("a person need not wait as long as the provider asked for")
            .on(ANALYSE, vec![Reply::FailsFor(FailureClass::RateLimited, Millis(86_400_000))])
            .on("p1/select", vec![Reply::Hangs])
            .then(When::Waits(WaitKind::Provider), Deed::Resume)
            .then(When::InFlight("p1/select"), Deed::Cancel)
            .shows(&["start p1/analyse #2 Retry on 0", "enter selection"])
            .ends("cancelled"),
        Scenario::new("a quota lets a call wait until its time", ONE)
            .hold(WORK, Held::For(WaitKind::Quota, Some(Millis(30_000))))
            .waits(&[WaitKind::Quota])
            .shows(&["again p1/execute/s1/cycle0/turn1/model First on 0 waits quota"])
            .shows(&["start p1/execute/s1/cycle0/turn1/model #1 First"]),
        Scenario::new("a wait without an end is ended by a person", ONE)
            .hold(WORK, Held::For(WaitKind::Quota, None))
            .then(When::Waits(WaitKind::Quota), Deed::Resume)
            .waits(&[WaitKind::Quota])
            .shows(&["start p1/execute/s1/cycle0/turn1/model #1 First", "s1 accepted"]),
        Scenario::new("cancelled while it rests", ONE)
            .hold(WORK, Held::For(WaitKind::Provider, None))
            .then(When::Waits(WaitKind::Provider), Deed::Cancel)
            .ends("cancelled"),
    ]
}

fn poison() -> Vec<Scenario> {
    let crashes = |mut scenario: Scenario, path, count| {
        for _ in 0..count {
            scenario = scenario.then(When::InFlight(path), Deed::Crash(Millis(60_000)));
        }
        scenario
    };
    let hangs =
        |name, path, count| crashes(Scenario::new(name, ONE).on(path, vec![Reply::Hangs; 9]), path, count);
    vec![
        hangs("five deaths alone quarantine a run; it is not made again", WORK, 5)
            .shows(&["start p1/execute/s1/cycle0/turn1/model #5 Interrupted", "run s1 failed quarantined"])
            .shows(&["s1 failed"])
            .never(&["start p1/execute/s1/cycle0/turn1/model #6", "run s1 cycle1"])
            .ends("failed no_accepted_solution"),
        hangs("what the task cannot do without is quarantined with the task", ANALYSE, 5)
            .ends("failed quarantined"),
        hangs("interruptions do not count towards the attempts", ANALYSE, 4)
            .on(ANALYSE, [vec![Reply::Hangs; 4], vec![Reply::Fails(FailureClass::Overloaded); 6]].concat())
            .shows(&["start p1/analyse #5 Interrupted", "start p1/analyse #11 Failover on 1"]),
        Scenario::new("five panics quarantine", ONE)
            .on("p1/coordinate", vec![Reply::Fails(FailureClass::Panicked); 5])
            .then(When::In(TaskState::Failed), Deed::Resume)
            .shows(&["failed quarantined", "resumed", "enter coordination"])
            .never(&["start p2/execute"]),
    ]
}
