//! Active time in the machine: what counts, and what does not.

use divisi_domain::approval::Mode;
use divisi_domain::task::{Input, RULES, WaitKind};
use divisi_domain::time::{Millis, Timestamp};
use divisi_testkit::scenarios::{Deed, Reply, Row, START};

use crate::driver::Driver;

const ONE: &[Row] = &[("a", &[])];
const WORK: &str = "p1/execute/s1/cycle0/turn1/model";
const MINUTE: Millis = Millis::from_mins(1);

#[test]
fn time_without_a_process_is_added_to_the_deadline() {
    let mut driver = Driver::executing(ONE, |_| {});
    driver.start(WORK);
    driver.later(Millis::from_mins(4));
    let last_seen = driver.now;
    driver.later(Millis::from_mins(600));
    driver.tell(Input::Recovered { last_seen }).unwrap();
    assert_eq!(driver.effects().wake_at, Some(driver.now + Millis::from_mins(11)));
}

#[test]
fn an_attempt_that_was_interrupted_leaves_the_rest_to_the_next() {
    let mut driver = Driver::executing(ONE, |_| {});
    let path = driver.start(WORK);
    driver.later(Millis::from_mins(10));
    let last_seen = driver.now;
    driver.later(Millis::from_mins(600));
    driver.tell(Input::Recovered { last_seen }).unwrap();
    driver.tell(Input::Interrupted { path, attempt: 1, alone: true }).unwrap();
    assert_eq!(driver.effects().wake_at, None);
    driver.later(Millis::from_mins(600));
    driver.start(WORK);
    assert_eq!(driver.effects().wake_at, Some(driver.now + Millis::from_mins(5)));
}

#[test]
fn waiting_and_parking_do_not_count() {
    let mut driver = Driver::executing(ONE, |_| {});
    let path = driver.wanted(WORK).path;
    driver.tell(Input::Defer { path, waits: WaitKind::Quota, until: None }).unwrap();
    driver.later(Millis::from_mins(600));
    driver.tell(Input::Park).unwrap();
    driver.later(Millis::from_mins(600));
    driver.tell(Input::Resume { rules: RULES }).unwrap();
    driver.start(WORK);
    assert_eq!(driver.effects().wake_at, Some(driver.now + Millis::from_mins(15)));
}

/// Whether `TimerDue` is to be given now, and when next.
fn due(driver: &Driver) -> (bool, Option<Timestamp>) {
    let effects = driver.effects();
    (effects.overdue, effects.wake_at)
}

#[test]
fn a_stage_s_time_comes_like_that_of_a_subtask() {
    let mut driver = Driver::submitted(ONE, |_| {});
    driver.tell(Input::Admit).unwrap();
    driver.start("p1/analyse");
    driver.later(Millis::from_mins(2));
    assert_eq!(due(&driver), (true, None));
    assert_eq!(driver.lines(Input::TimerDue).last().unwrap(), "failed deadline_exceeded");
    assert_eq!(due(&driver), (false, None), "nothing is due after the end");
}

#[test]
fn a_timer_fires_at_its_time_and_not_before() {
    let mut driver = Driver::executing(ONE, |_| {});
    driver.start(WORK);
    driver.later(Millis(15 * 60_000 - 1));
    assert!(driver.tell(Input::TimerDue).unwrap().is_empty());
    assert_eq!(due(&driver), (false, Some(driver.now + Millis(1))));
    driver.later(Millis(1));
    assert_eq!(due(&driver), (true, None), "what has come is no time to wake at");
    let lines = driver.lines(Input::TimerDue);
    assert_eq!(lines[..2], [format!("{WORK} #1 cancelled"), "run s1 failed deadline_exceeded".to_owned()]);
}

#[test]
fn a_rerun_and_its_review_have_their_own_time() {
    let mut driver = Driver::executing(ONE, |_| {});
    driver.start(WORK);
    driver.later(Millis::from_mins(14));
    driver.end(WORK, &Reply::Good);
    driver.start("p1/review/s1/cycle0");
    assert_eq!(driver.effects().wake_at, Some(driver.now + Millis::from_mins(5)));
    driver.later(MINUTE);
    driver.end("p1/review/s1/cycle0", &Reply::Score(60));
    driver.start("p1/execute/s1/cycle1/turn1/model");
    assert_eq!(driver.effects().wake_at, Some(driver.now + Millis::from_mins(15)));
}

#[test]
fn the_wall_clock_is_never_below_the_log() {
    let mut driver = Driver::executing(ONE, |_| {});
    let before = driver.task().updated_at;
    driver.now = before - MINUTE;
    driver.start(WORK);
    assert_eq!(driver.task().updated_at, before);
    assert_eq!(driver.effects().wake_at, Some(before + Millis::from_mins(15)));
}

/// The second subtask needs itself.
const INVALID: &[Row] = &[("a", &[]), ("b", &["b"])];

#[test]
fn a_plan_and_its_repairs_share_one_time() {
    let mut driver = Driver::submitted(ONE, |_| {});
    driver.tell(Input::Admit).unwrap();
    for path in ["p1/analyse", "p1/select"] {
        driver.make(path, &Reply::Good);
    }
    for (round, minutes_left) in [("p1/decompose/round0", 3), ("p1/decompose/round1", 2)] {
        driver.start(round);
        assert_eq!(driver.effects().wake_at, Some(driver.now + Millis::from_mins(minutes_left)));
        driver.later(MINUTE);
        driver.end(round, &Reply::Plan(INVALID));
    }
    driver.start("p1/decompose/round2");
    driver.later(MINUTE);
    assert_eq!(driver.lines(Input::TimerDue).last().unwrap(), "failed deadline_exceeded");
    driver.tell(Input::Resume { rules: RULES }).unwrap();
    driver.start("p2/decompose/round0");
    assert_eq!(driver.effects().wake_at, Some(driver.now + Millis::from_mins(3)));
}

#[test]
fn a_plan_that_a_person_wants_written_again_has_its_own_time() {
    let mut driver = Driver::submitted(ONE, |submission| submission.mode = Mode::Assisted);
    driver.tell(Input::Admit).unwrap();
    for path in ["p1/analyse", "p1/select"] {
        driver.make(path, &Reply::Good);
    }
    driver.start("p1/decompose/round0");
    driver.later(MINUTE);
    driver.end("p1/decompose/round0", &Reply::Good);
    driver.deed(&Deed::Reject).unwrap();
    driver.start("p1/decompose/round1");
    assert_eq!(driver.effects().wake_at, Some(driver.now + Millis::from_mins(3)));
}

#[test]
fn nothing_starts_after_the_user_s_deadline() {
    let mut driver = Driver::submitted(ONE, |submission| submission.deadline = Some(START + MINUTE));
    driver.tell(Input::Admit).unwrap();
    assert_eq!(driver.startable(), ["p1/analyse"]);
    driver.later(MINUTE);
    assert!(driver.startable().is_empty() && driver.effects().overdue);
    assert_eq!(driver.lines(Input::TimerDue), ["failed deadline_exceeded"]);
}
