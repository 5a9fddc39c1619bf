use super::*;
use crate::blob::BlobRef;
use crate::limits::Limits;
use crate::retry::RetryAdvice;
use crate::time::{Millis, Timestamp};

const NOW: Timestamp = Timestamp::from_millis(10_000);

fn advice(entropy: u64) -> RetryAdvice {
    RetryAdvice { now: NOW, entropy, retry_after: None, deadline: None }
}

/// Fails attempts of the given classes in turn and tells what follows the last one.
fn after(classes: &[FailureClass], targets: u8) -> Next {
    after_within(classes, targets, &Limits::default())
}

fn after_within(classes: &[FailureClass], targets: u8, limits: &Limits) -> Next {
    let mut step = ModelStep::due(NOW);
    let mut next = Next::Again { cause: Cause::First, target: 0, not_before: None };
    for class in classes {
        let Next::Again { cause, target, not_before } = next else { panic!("ended early: {next:?}") };
        step.schedule(Due { cause, target, not_before, waits: None, since: NOW });
        step.start(step.attempt + 1, target, cause, NOW);
        step.fail(*class, None, NOW);
        next = step.after_failure(*class, targets, limits, &advice(u64::MAX));
    }
    next
}

fn again(cause: Cause, target: u8, wait_ms: Option<u64>) -> Next {
    Next::Again { cause, target, not_before: wait_ms.map(|ms| NOW + Millis(ms)) }
}

#[test]
fn what_follows_a_failure() {
    use FailureClass::{BadRequest, Overloaded, Panicked, RateLimited, ToolFailed, Truncated, Unparsable};
    let rows: &[(&[FailureClass], u8, Next)] = &[
        (&[Overloaded], 1, again(Cause::Retry, 0, Some(1_000))),
        (&[Overloaded, RateLimited], 1, again(Cause::Retry, 0, Some(2_000))),
        (&[Overloaded; 5], 1, again(Cause::Retry, 0, Some(16_000))),
        (&[Overloaded; 6], 1, Next::GiveUp),
        (&[Overloaded; 6], 2, again(Cause::Failover, 1, None)),
        (&[Overloaded; 7], 2, again(Cause::Retry, 1, Some(1_000))),
        (&[Overloaded; 8], 2, Next::GiveUp),
        (&[Unparsable], 2, again(Cause::Reask, 0, None)),
        (&[Unparsable, Unparsable], 2, again(Cause::Failover, 1, None)),
        (&[Unparsable; 4], 2, Next::GiveUp),
        (&[BadRequest], 3, again(Cause::Failover, 1, None)),
        (&[BadRequest; 3], 3, Next::GiveUp),
        (&[Truncated], 2, again(Cause::Failover, 1, None)),
        (&[Truncated], 1, again(Cause::Retry, 0, Some(1_000))),
        (&[Truncated, Truncated], 2, again(Cause::Retry, 1, Some(1_000))),
        (&[Truncated; 3], 3, again(Cause::Retry, 2, Some(1_000))),
        (&[Truncated; 7], 2, again(Cause::Failover, 0, None)),
        (&[Truncated; 8], 2, Next::GiveUp),
        (&[Unparsable, Truncated, Truncated], 1, again(Cause::Retry, 0, Some(4_000))),
        (&[Unparsable, Truncated, Truncated, Truncated], 1, Next::GiveUp),
        (&[Truncated, BadRequest], 2, again(Cause::Failover, 0, None)),
        (&[Truncated, BadRequest, Overloaded], 2, again(Cause::Retry, 0, Some(2_000))),
        (&[Truncated, BadRequest, BadRequest], 2, Next::GiveUp),
        (&[Unparsable, Overloaded], 2, again(Cause::Retry, 0, Some(2_000))),
        (&[BadRequest, Unparsable, Unparsable], 3, again(Cause::Failover, 2, None)),
        (&[BadRequest, BadRequest, Overloaded], 3, again(Cause::Retry, 2, Some(1_000))),
        (&[Unparsable, Unparsable, Unparsable, Unparsable, Unparsable], 3, again(Cause::Reask, 2, None)),
        (&[Unparsable; 6], 3, Next::GiveUp),
        (&[BadRequest], 1, Next::GiveUp),
        (&[Panicked], 1, again(Cause::Retry, 0, None)),
        (&[ToolFailed], 1, again(Cause::Retry, 0, Some(1_000))),
    ];
    for (classes, targets, expected) in rows {
        assert_eq!(after(classes, *targets), *expected, "{classes:?} on {targets} targets");
    }
}

#[test]
fn a_crew_may_ask_a_target_more_or_less_often() {
    use FailureClass::Overloaded;
    let within = |target_attempts_max| Limits { target_attempts_max, ..Limits::default() };
    let rows: [(&[FailureClass], u8, Next); 4] = [
        (&[Overloaded; 6], 8, again(Cause::Retry, 0, Some(16_000))),
        (&[Overloaded; 7], 7, again(Cause::Failover, 1, None)),
        (&[Overloaded; 2], 3, again(Cause::Retry, 0, Some(2_000))),
        (&[Overloaded; 3], 3, again(Cause::Failover, 1, None)),
    ];
    for (classes, target_attempts_max, expected) in rows {
        assert_eq!(after_within(classes, 2, &within(target_attempts_max)), expected, "{target_attempts_max}");
    }
}

#[test]
fn the_provider_s_own_wait_wins() {
    let limits = Limits::default();
    let mut step = ModelStep::due(NOW);
    step.start(1, 0, Cause::First, NOW);
    step.fail(FailureClass::RateLimited, None, NOW);
    let asked = RetryAdvice { retry_after: Some(Millis(30_000)), ..advice(7) };
    let next = step.after_failure(FailureClass::RateLimited, 1, &limits, &asked);
    assert_eq!(next, again(Cause::Retry, 0, Some(30_000)));
}

#[test]
fn who_asks_for_a_long_pause_is_passed_over_while_another_was_not_asked() {
    let rows = [
        (10_000, 2, again(Cause::Retry, 0, Some(10_000))),
        (10_001, 2, again(Cause::Failover, 1, None)),
        (3_600_000, 1, again(Cause::Retry, 0, Some(3_600_000))),
    ];
    for (wait, targets, expected) in rows {
        let mut step = ModelStep::due(NOW);
        step.start(1, 0, Cause::First, NOW);
        step.fail(FailureClass::RateLimited, None, NOW);
        let asked = RetryAdvice { retry_after: Some(Millis(wait)), ..advice(7) };
        let next = step.after_failure(FailureClass::RateLimited, targets, &Limits::default(), &asked);
        assert_eq!(next, expected, "{wait} ms on {targets} targets");
    }
}

#[test]
fn a_target_that_only_could_not_answer_may_recover() {
    use FailureClass::{Overloaded, Unauthorized};
    let rows: [(&[(FailureClass, u8)], bool); 6] = [
        (&[(Overloaded, 0)], true),
        (&[(Unauthorized, 0)], false),
        (&[(Unauthorized, 0), (Unauthorized, 1)], false),
        (&[(Overloaded, 0), (Unauthorized, 1)], true),
        (&[(Unauthorized, 0), (Overloaded, 1)], true),
        (&[(Overloaded, 0), (Unauthorized, 0), (Unauthorized, 1)], false),
    ];
    for (failures, expected) in rows {
        let mut step = ModelStep::due(NOW);
        for (attempt, (class, target)) in (1..).zip(failures) {
            step.start(attempt, *target, Cause::Failover, NOW);
            step.fail(*class, None, NOW);
        }
        assert_eq!(step.may_recover(2, &Limits::default()), expected, "{failures:?}");
    }
}

#[test]
fn a_retry_past_the_deadline_is_none_and_another_target_is_asked() {
    let rows = [
        (Some(11_001), 2, again(Cause::Retry, 0, Some(1_000))),
        (Some(11_000), 2, again(Cause::Failover, 1, None)),
        (Some(11_000), 1, Next::GiveUp),
        (None, 1, again(Cause::Retry, 0, Some(1_000))),
    ];
    for (deadline, targets, expected) in rows {
        let mut step = ModelStep::due(NOW);
        step.start(1, 0, Cause::First, NOW);
        step.fail(FailureClass::Overloaded, None, NOW);
        let advice = RetryAdvice { deadline: deadline.map(Timestamp::from_millis), ..advice(u64::MAX) };
        let next = step.after_failure(FailureClass::Overloaded, targets, &Limits::default(), &advice);
        assert_eq!(next, expected, "{deadline:?} on {targets} targets");
    }
}

#[test]
fn interruptions_count_for_nothing_but_make_it_run_alone() {
    let limits = Limits::default();
    let mut step = ModelStep::due(NOW);
    for round in 1..=3 {
        step.start(round, 0, Cause::Interrupted, NOW);
        step.interrupt(false, NOW);
        assert_eq!(step.after_interruption(&limits), again(Cause::Interrupted, 0, None));
    }
    assert!(step.alone(&limits));
    assert_eq!((step.counted, step.poison), (0, 0));
    for round in 4..=8 {
        step.start(round, 0, Cause::Interrupted, NOW);
        step.interrupt(true, NOW);
    }
    assert_eq!(step.after_interruption(&limits), Next::Quarantine);
}

#[test]
fn five_panics_quarantine() {
    assert_eq!(after(&[FailureClass::Panicked; 5], 1), Next::Quarantine);
}

#[test]
fn jitter_is_anything_from_nothing_to_the_ceiling() {
    let mut step = ModelStep::due(NOW);
    step.start(1, 0, Cause::First, NOW);
    step.fail(FailureClass::Overloaded, None, NOW);
    let wait =
        |entropy| match step.after_failure(FailureClass::Overloaded, 1, &Limits::default(), &advice(entropy))
        {
            Next::Again { not_before: Some(at), .. } => at.since(NOW).0,
            next => unreachable!("{next:?}"),
        };
    assert_eq!((wait(0), wait(u64::MAX / 2), wait(u64::MAX)), (0, 500, 1_000));
}

#[test]
fn a_target_that_shared_state_chose_begins_its_own_count() {
    let mut step = ModelStep::due(NOW);
    for attempt in 1..=5 {
        step.start(attempt, 0, Cause::Retry, NOW);
        step.fail(FailureClass::Overloaded, None, NOW);
    }
    step.start(6, 1, Cause::Retry, NOW);
    step.fail(FailureClass::Overloaded, None, NOW);
    let next = step.after_failure(FailureClass::Overloaded, 2, &Limits::default(), &advice(u64::MAX));
    assert_eq!(next, again(Cause::Retry, 1, Some(1_000)));
}

/// Attempts on the targets that shared state admitted, whichever were preferred.
fn after_admitted(admitted: &[(u8, FailureClass)], targets: u8) -> Next {
    let limits = Limits::default();
    let mut step = ModelStep::due(NOW);
    let mut next = Next::GiveUp;
    for (target, class) in admitted {
        let cause = if step.attempt == 0 { Cause::First } else { Cause::Retry };
        step.start(step.attempt + 1, *target, cause, NOW);
        step.fail(*class, None, NOW);
        next = step.after_failure(*class, targets, &limits, &advice(u64::MAX));
    }
    next
}

#[test]
fn a_target_that_shared_state_passed_over_is_asked_before_the_step_is_given_up() {
    use FailureClass::{Overloaded, Refused, Truncated, Unparsable};
    type Row<'a> = (&'a [(u8, FailureClass)], u8, Next);
    let rows: &[Row<'_>] = &[
        (&[(1, Refused)], 2, again(Cause::Failover, 0, None)),
        (&[(1, Refused), (0, Refused)], 2, Next::GiveUp),
        (&[(2, Refused)], 3, again(Cause::Failover, 0, None)),
        (&[(1, Refused)], 3, again(Cause::Failover, 2, None)),
        (&[(1, Refused), (2, Refused)], 3, again(Cause::Failover, 0, None)),
        (&[(1, Truncated)], 2, again(Cause::Failover, 0, None)),
        (&[(0, Unparsable), (1, Refused)], 2, again(Cause::Failover, 0, None)),
        (&[(0, Overloaded), (1, Refused)], 2, again(Cause::Failover, 0, None)),
        (
            &[
                (0, Overloaded),
                (0, Overloaded),
                (0, Overloaded),
                (0, Overloaded),
                (0, Overloaded),
                (0, Overloaded),
                (1, Refused),
            ],
            2,
            Next::GiveUp,
        ),
    ];
    for (admitted, targets, expected) in rows {
        assert_eq!(after_admitted(admitted, *targets), *expected, "{admitted:?} on {targets} targets");
    }
}

#[test]
fn what_was_wrong_is_told_until_another_target_starts_clean() {
    let rows = [
        (Cause::Reask, true),
        (Cause::Interrupted, true),
        (Cause::Retry, true),
        (Cause::Failover, false),
        (Cause::NewSeries, false),
    ];
    for (cause, told) in rows {
        let mut step = ModelStep::due(NOW);
        step.start(1, 0, Cause::First, NOW);
        step.fail(FailureClass::Unparsable, Some(BlobRef([1; 32])), NOW);
        step.schedule(Due { cause, target: 0, not_before: None, waits: None, since: NOW });
        assert_eq!(step.wrong.is_some(), told, "{cause:?}");
    }
}

#[test]
fn a_new_series_counts_anew_but_keeps_its_history() {
    let mut step = ModelStep::due(NOW);
    for attempt in 1..=8 {
        step.start(attempt, 0, Cause::Retry, NOW);
        step.fail(FailureClass::Panicked, None, NOW);
    }
    step.start(9, 0, Cause::NewSeries, NOW);
    assert_eq!((step.attempt, step.counted, step.asked, step.given_up, step.poison), (9, 0, [0; 3], 0, 8));
}

/// Each of these answers is paid for whole: no series after series of them.
#[test]
fn who_breaks_off_again_and_again_is_given_up_for_good() {
    use FailureClass::{Overloaded, Truncated, Unparsable};
    let limits = Limits::default();
    let series = |step: &mut ModelStep, target, classes: &[FailureClass]| {
        let mut next = Next::GiveUp;
        for (place, class) in classes.iter().enumerate() {
            let cause = if place == 0 { Cause::NewSeries } else { Cause::Retry };
            step.start(step.attempt + 1, target, cause, NOW);
            step.fail(*class, None, NOW);
            next = step.after_failure(*class, 2, &limits, &advice(u64::MAX));
        }
        next
    };
    let mut step = ModelStep::due(NOW);
    series(&mut step, 0, &[Truncated; 6]);
    assert!(step.may_recover(2, &limits), "an outage of minutes is waited for");
    assert_eq!(series(&mut step, 0, &[Unparsable, Truncated]), again(Cause::Failover, 1, None));
    assert_eq!((step.given_up_for_good(&limits), step.may_recover(2, &limits)), (0b01, false));
    series(&mut step, 1, &[Overloaded; 6]);
    assert_eq!(step.given_up_for_good(&limits), 0b01, "a new series does not begin with it again");
    assert!(step.may_recover(2, &limits), "the other one may answer later");
    series(&mut step, 1, &[Truncated; 6]);
    assert_eq!(series(&mut step, 1, &[Truncated]), Next::GiveUp);
    assert!(!step.may_recover(2, &limits));
}

#[test]
fn no_numbers_make_it_panic() {
    let limits = Limits { target_attempts_max: u8::MAX, wire_attempts_max: u8::MAX, ..Limits::default() };
    for target in [0, 1, 7, 8, 200, u8::MAX] {
        for targets in [0, 1, 3, 9, u8::MAX] {
            for class in [FailureClass::BadRequest, FailureClass::Truncated, FailureClass::Unparsable] {
                let mut step = ModelStep::due(NOW);
                for attempt in [1, u16::MAX] {
                    step.start(attempt, target, Cause::Retry, NOW);
                    step.fail(class, None, NOW);
                    let advice = RetryAdvice { retry_after: Some(Millis(u64::MAX)), ..advice(u64::MAX) };
                    let _ = step.after_failure(class, targets, &limits, &advice);
                }
            }
        }
    }
}

/// Configuration names a purpose as tables do.
#[test]
fn a_purpose_has_one_name() {
    for purpose in Purpose::ALL {
        assert_eq!(serde_json::to_value(purpose).unwrap(), purpose.as_str());
    }
}

#[test]
fn states_for_diagrams() {
    let states = [StepState::Due, StepState::Resting, StepState::InFlight, StepState::Over];
    assert_eq!(states.map(StepState::as_str), ["Due", "Resting", "InFlight", "Over"]);
    let mut step = ModelStep::due(NOW);
    assert_eq!(step.state(), StepState::Due);
    step.start(1, 0, Cause::First, NOW);
    assert_eq!(step.state(), StepState::InFlight);
    step.schedule(Due { cause: Cause::Retry, target: 0, not_before: Some(NOW), waits: None, since: NOW });
    assert_eq!(step.state(), StepState::Resting);
}

#[test]
fn what_may_have_happened_all_the_same() {
    let unknown = [
        FailureClass::Overloaded,
        FailureClass::Connection,
        FailureClass::TimedOut,
        FailureClass::Truncated,
        FailureClass::Panicked,
    ];
    assert!(unknown.iter().all(|class| class.leaves_unknown()));
    let certain = [FailureClass::RateLimited, FailureClass::BadRequest, FailureClass::ToolFailed];
    assert!(!certain.iter().any(|class| class.leaves_unknown()));
}

#[test]
fn what_was_turned_away_costs_nothing() {
    let free = [FailureClass::RateLimited, FailureClass::BadRequest, FailureClass::QuotaSpent];
    assert!(free.iter().all(|class| class.turned_away() && !class.leaves_unknown()));
    let charged = [FailureClass::Overloaded, FailureClass::Connection, FailureClass::Refused];
    assert!(!charged.iter().any(|class| class.turned_away()));
}
