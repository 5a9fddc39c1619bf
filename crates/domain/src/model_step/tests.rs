use super::*;
use crate::limits::Limits;
use crate::time::{Millis, Timestamp};

const NOW: Timestamp = Timestamp::from_millis(10_000);

fn advice(entropy: u64) -> RetryAdvice {
    RetryAdvice { now: NOW, entropy, retry_after: None }
}

/// Fails attempts of the given classes in turn and tells what follows the last one.
fn after(classes: &[FailureClass], targets: u8) -> Next {
    let limits = Limits::default();
    let mut step = ModelStep::due(NOW);
    let mut next = Next::Again { cause: Cause::First, target: 0, not_before: None };
    for class in classes {
        let Next::Again { cause, target, not_before } = next else { panic!("ended early: {next:?}") };
        step.schedule(Due { cause, target, not_before, waits: None, since: NOW });
        step.start(step.attempt + 1, target, cause, NOW);
        step.fail(*class, None, NOW);
        next = step.after_failure(*class, targets, &limits, &advice(u64::MAX));
    }
    next
}

fn again(cause: Cause, target: u8, wait_ms: Option<u64>) -> Next {
    Next::Again { cause, target, not_before: wait_ms.map(|ms| NOW + Millis(ms)) }
}

#[test]
fn what_follows_a_failure() {
    use FailureClass::{BadRequest, Overloaded, RateLimited, Truncated, Unparsable};
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
    ];
    for (classes, targets, expected) in rows {
        assert_eq!(after(classes, *targets), *expected, "{classes:?} on {targets} targets");
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
