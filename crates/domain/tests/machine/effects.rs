//! What should be in flight, and when to look again.

use divisi_domain::approval::Mode;
use divisi_domain::model_step::{Cause, FailureClass};
use divisi_domain::money::MicroUsd;
use divisi_domain::name::Name;
use divisi_domain::task::{Effects, Input, RULES, Refusal, Submission, WaitKind, Work};
use divisi_domain::time::Millis;
use divisi_testkit::scenarios::{Deed, Reply, Row, agent, reads, sends};

use crate::driver::Driver;

const ONE: &[Row] = &[("a", &[])];
const WORK: &str = "p1/execute/s1/cycle0/turn1/model";
const RERUN: &str = "p1/execute/s1/cycle1/turn1/model";
const CALL: &str = "p1/execute/s1/cycle0/turn1/tool0";
const REVIEW: &str = "p1/review/s1/cycle0";

fn path_of(driver: &Driver, path: &str) -> divisi_domain::path::EffectPath {
    driver.wanted(path).path
}

#[test]
fn nothing_starts_before_a_slot_is_there_but_the_deadline_runs() {
    let driver = Driver::submitted(ONE, |submission| {
        submission.deadline = Some(divisi_testkit::scenarios::START + Millis(5_000));
    });
    assert!(driver.startable().is_empty());
    assert_eq!(driver.effects().wake_at, Some(driver.now + Millis(5_000)));
}

#[test]
fn the_first_attempt_is_wanted_until_it_is_in_flight() {
    let mut driver = Driver::submitted(ONE, |_| {});
    driver.tell(Input::Admit).unwrap();
    let wanted = driver.wanted("p1/analyse");
    assert_eq!((wanted.attempt, wanted.cause, wanted.alone), (1, Cause::First, false));
    assert!(matches!(wanted.work, Work::Model { target: 0, targets: 2, wrong: None, .. }));
    assert_eq!(driver.effects().wake_at, None, "a stage's time stands while nothing is in flight");
    driver.start("p1/analyse");
    assert!(driver.startable().is_empty());
    assert_eq!(driver.in_flight(), ["p1/analyse #1"]);
    assert_eq!(driver.effects().wake_at, Some(driver.now + Millis::from_mins(2)));
}

#[test]
fn a_parked_task_starts_nothing_and_keeps_what_is_in_flight() {
    let mut driver = Driver::executing(&[("a", &[]), ("b", &[])], |_| {});
    driver.start(WORK);
    driver.tell(Input::Park).unwrap();
    assert!(driver.startable().is_empty());
    assert_eq!(driver.in_flight(), [format!("{WORK} #1")]);
    driver.end(WORK, &Reply::Good);
    assert!(driver.startable().is_empty(), "its review waits as well");
    driver.tell(Input::Resume { rules: RULES }).unwrap();
    assert_eq!(driver.startable(), [REVIEW, "p1/execute/s2/cycle0/turn1/model"]);
}

#[test]
fn a_back_off_is_a_timer() {
    let mut driver = Driver::executing(ONE, |_| {});
    driver.make(WORK, &Reply::FailsFor(FailureClass::RateLimited, Millis(9_000)));
    assert!(driver.startable().is_empty());
    assert_eq!(driver.effects().wake_at, Some(driver.now + Millis(9_000)));
    driver.later(Millis(8_999));
    assert!(driver.startable().is_empty());
    driver.later(Millis(1));
    let wanted = driver.wanted(WORK);
    assert_eq!((wanted.attempt, wanted.cause), (2, Cause::Retry));
    let refused = driver.tell(Input::Resume { rules: RULES });
    assert!(matches!(refused, Err(Refusal::NothingToResume { .. })), "its time has come: {refused:?}");
}

#[test]
fn a_wait_without_an_end_is_neither_due_nor_a_timer() {
    let mut driver = Driver::executing(ONE, |_| {});
    let path = path_of(&driver, WORK);
    driver.tell(Input::Defer { path, waits: WaitKind::Quota, until: None }).unwrap();
    assert_eq!(driver.effects(), Effects::default());
    let waits = driver.task().waiting_for(driver.now).map(|wait| wait.kind);
    assert_eq!(waits, Some(WaitKind::Quota));
}

#[test]
fn urgent_subtasks_come_first() {
    // The first row of a plan has the priority high.
    let driver = Driver::executing(&[("a", &["b"]), ("b", &[]), ("c", &[])], |_| {});
    let paths = ["p1/execute/s2/cycle0/turn1/model", "p1/execute/s3/cycle0/turn1/model"];
    assert_eq!(driver.startable(), paths);
    let driver = Driver::executing(&[("a", &[]), ("b", &[]), ("c", &[])], |_| {});
    assert_eq!(driver.startable()[0], WORK);
}

#[test]
fn after_three_interruptions_an_effect_runs_alone() {
    let mut driver = Driver::executing(ONE, |_| {});
    for attempt in 1..=3 {
        assert!(!driver.wanted(WORK).alone);
        let path = driver.start(WORK);
        driver.tell(Input::Interrupted { path, attempt, alone: false }).unwrap();
    }
    let wanted = driver.wanted(WORK);
    assert!(wanted.alone);
    assert_eq!((wanted.attempt, wanted.cause), (4, Cause::Interrupted));
}

#[test]
fn so_does_a_tool_call() {
    let mut driver = Driver::executing(ONE, |_| {});
    driver.make(WORK, &Reply::Calls(vec![reads("search")]));
    for attempt in 1..=3 {
        assert!(!driver.wanted(CALL).alone);
        let path = driver.start(CALL);
        driver.tell(Input::Interrupted { path, attempt, alone: false }).unwrap();
    }
    let wanted = driver.wanted(CALL);
    assert_eq!((wanted.alone, wanted.attempt, wanted.cause), (true, 4, Cause::Retry));
}

#[test]
fn a_model_that_is_asked_again_is_told_what_was_wrong_until_another_target_starts_clean() {
    let mut driver = Driver::executing(ONE, |_| {});
    let wrong = |driver: &Driver| match driver.wanted(WORK).work {
        Work::Model { wrong, target, .. } => (wrong.is_some(), target),
        Work::Tool { .. } => panic!("not a tool"),
    };
    driver.make(WORK, &Reply::Fails(FailureClass::Unparsable));
    assert_eq!(wrong(&driver), (true, 0));
    let path = driver.start(WORK);
    driver.tell(Input::Interrupted { path, attempt: 2, alone: false }).unwrap();
    assert_eq!(wrong(&driver), (true, 0), "an interruption does not forget it");
    driver.make(WORK, &Reply::Fails(FailureClass::Unparsable));
    assert_eq!(wrong(&driver), (false, 1));
}

#[test]
fn a_rerun_goes_to_the_same_agent_or_to_another_one() {
    for (score, agent_before, avoid) in [(60, Some(agent(1)), vec![]), (30, None, vec![agent(1)])] {
        let mut driver = Driver::executing(ONE, |_| {});
        assert_eq!(driver.wanted(WORK).agent, None);
        driver.make(WORK, &Reply::Good);
        driver.make(REVIEW, &Reply::Score(score));
        let wanted = driver.wanted(RERUN);
        assert_eq!((wanted.agent, wanted.avoid), (agent_before, avoid), "score {score}");
    }
}

#[test]
fn later_turns_stay_with_the_agent_of_the_run() {
    let mut driver = Driver::executing(ONE, |_| {});
    driver.make(WORK, &Reply::Calls(vec![reads("search")]));
    driver.make("p1/execute/s1/cycle0/turn1/tool0", &Reply::Good);
    assert_eq!(driver.wanted("p1/execute/s1/cycle0/turn2/model").agent, Some(agent(1)));
}

#[test]
fn a_route_is_tried_on_three_targets_at_most() {
    for (route, tried) in [(0, 1), (1, 1), (3, 3), (200, 3)] {
        let driver = Driver::executing(ONE, |submission| submission.policy.route_targets = vec![route; 8]);
        let Work::Model { targets, .. } = driver.wanted(WORK).work else { panic!("not a tool") };
        assert_eq!(targets, tried, "a route of {route}");
    }
}

#[test]
fn only_the_turns_of_an_agent_have_its_own_route() {
    let own = |submission: &mut Submission| {
        submission.policy.route_targets = vec![1; 8];
        submission.policy.agent_targets.insert(Name::from_static("researcher"), 3);
    };
    let targets = |driver: &Driver, path: &str| match driver.wanted(path).work {
        Work::Model { targets, .. } => targets,
        Work::Tool { .. } => panic!("not a tool"),
    };
    let mut driver = Driver::executing(ONE, own);
    assert_eq!(targets(&driver, WORK), 3);
    driver.make(WORK, &Reply::Good);
    assert_eq!(targets(&driver, REVIEW), 1);
    driver.make(REVIEW, &Reply::Score(30));
    assert_eq!(targets(&driver, RERUN), 3, "whoever it goes to may have the longest route");
}

#[test]
fn a_call_that_waits_for_a_person_is_not_due() {
    let mut driver = Driver::submitted(ONE, |submission| submission.mode = Mode::Manual);
    driver.tell(Input::Admit).unwrap();
    for path in ["p1/analyse", "p1/select", "p1/decompose/round0"] {
        driver.make(path, &Reply::Good);
    }
    assert_eq!(driver.effects(), Effects::default());
    driver.deed(&Deed::Approve).unwrap();
    driver.make(WORK, &Reply::Calls(vec![reads("search"), sends("mail")]));
    assert_eq!(driver.startable(), ["p1/execute/s1/cycle0/turn1/tool0"]);
    driver.deed(&Deed::Approve).unwrap();
    assert_eq!(driver.startable().len(), 2);
}

#[test]
fn nothing_is_wanted_after_the_end() {
    let mut driver = Driver::executing(ONE, |_| {});
    driver.start(WORK);
    driver.tell(Input::Cancel).unwrap();
    assert_eq!(driver.effects(), Effects::default());
}

#[test]
fn only_the_attempt_that_is_asked_for_starts() {
    let mut driver = Driver::executing(ONE, |_| {});
    let path = path_of(&driver, WORK);
    let start = |attempt, reserved| Input::Start {
        path,
        attempt,
        target: None,
        reserved: MicroUsd(reserved),
        agent: None,
    };
    let refused = |attempt| Err(Refusal::NotDue { path, attempt });
    assert_eq!(driver.tell(start(2, 1)), refused(2));
    assert_eq!(driver.tell(start(0, 1)), refused(0));
    driver.tell(start(1, 1)).unwrap();
    assert_eq!(driver.tell(start(1, 1)), refused(1), "in flight already");
}

#[test]
fn a_call_without_room_waits_for_those_in_flight() {
    let mut driver = Driver::executing(&[("a", &[]), ("b", &[])], |submission| {
        submission.cap = Some(MicroUsd(330));
    });
    driver.start(WORK);
    let other = driver.wanted("p1/execute/s2/cycle0/turn1/model");
    let start =
        Input::Start { path: other.path, attempt: 1, target: None, reserved: MicroUsd(100), agent: None };
    assert_eq!(driver.tell(start.clone()), Err(Refusal::BudgetBusy));
    driver.end(WORK, &Reply::Good);
    assert!(driver.tell(start).is_ok());
}

#[test]
fn an_answer_of_another_kind_is_refused() {
    let mut driver = Driver::executing(ONE, |_| {});
    let path = driver.start(WORK);
    let foreign = driver.ending(WORK, &Reply::Score(80));
    assert_eq!(driver.tell(foreign), Err(Refusal::UnfitAnswer { path }));
    assert_eq!(driver.in_flight(), [format!("{WORK} #1")]);
}

#[test]
fn calls_beyond_the_limit_of_a_turn_are_refused() {
    let mut driver =
        Driver::executing(ONE, |submission| submission.policy.limits.same_call_count_max = u8::MAX);
    driver.make(WORK, &Reply::Calls(vec![reads("search"); 40]));
    assert_eq!(driver.startable().len(), 32);
    for call in 0..32 {
        driver.make(&format!("p1/execute/s1/cycle0/turn1/tool{call}"), &Reply::Good);
    }
    assert_eq!(driver.startable(), ["p1/execute/s1/cycle0/turn2/model"]);
}

#[test]
fn parking_twice_records_one_wait() {
    let mut driver = Driver::executing(ONE, |_| {});
    assert_eq!(driver.lines(Input::Park), ["wait parked"]);
    assert!(driver.lines(Input::Park).is_empty());
}
