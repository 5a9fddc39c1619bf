use super::*;
use crate::money::MicroUsd;
use crate::time::{Millis, Timestamp};

const NOW: Timestamp = Timestamp::from_millis(10_000);

fn advice(entropy: u64) -> RetryAdvice {
    RetryAdvice { now: NOW, entropy, retry_after: None }
}

/// Fails attempts of the given classes in turn and tells what follows the last one.
fn after(classes: &[FailureClass], targets: u8) -> Next {
    let rules = RetryRules::default();
    let mut step = ModelStep::due();
    let mut next = Next::Again { cause: Cause::First, target: 0, not_before: None };
    for class in classes {
        let Next::Again { cause, target, not_before } = next else { panic!("ended early: {next:?}") };
        step.phase = StepPhase::Due { cause, target, not_before, wrong: None };
        step.start(step.attempt + 1, target, MicroUsd(5), NOW);
        step.fail(*class);
        next = step.after_failure(*class, targets, &rules, &advice(u64::MAX));
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
    let rules = RetryRules::default();
    let mut step = ModelStep::due();
    step.start(1, 0, MicroUsd::ZERO, NOW);
    step.fail(FailureClass::RateLimited);
    let asked = RetryAdvice { retry_after: Some(Millis(30_000)), ..advice(7) };
    let next = step.after_failure(FailureClass::RateLimited, 1, &rules, &asked);
    assert_eq!(next, again(Cause::Retry, 0, Some(30_000)));
}

#[test]
fn interruptions_count_for_nothing_but_make_it_run_alone() {
    let rules = RetryRules::default();
    let mut step = ModelStep::due();
    for round in 1..=3 {
        step.start(round, 0, MicroUsd::ZERO, NOW);
        step.interrupt(false);
        assert_eq!(step.after_interruption(&rules), again(Cause::Interrupted, 0, None));
    }
    assert!(step.alone(&rules));
    assert_eq!((step.counted, step.poison), (0, 0));
    for round in 4..=8 {
        step.start(round, 0, MicroUsd::ZERO, NOW);
        step.interrupt(true);
    }
    assert_eq!(step.after_interruption(&rules), Next::Quarantine);
}

#[test]
fn five_panics_quarantine() {
    assert_eq!(after(&[FailureClass::Panicked; 5], 1), Next::Quarantine);
}
