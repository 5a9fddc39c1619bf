use proptest::prelude::*;
use serde_json::Value;

use super::*;

const DOWN: FailureClass = FailureClass::Overloaded;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// Five different steps fail at `now`.
fn opened(now: i64) -> Breaker {
    let mut breaker = Breaker::default();
    for step in 0..u64::from(OPEN_AFTER_FAILURES) {
        assert_eq!(breaker.gate(at(now)), Gate::Ready);
        let permit = breaker.admit(at(now)).unwrap();
        breaker.failed(permit, StepKey(step), DOWN, at(now));
    }
    breaker
}

fn until(breaker: &Breaker, now: i64) -> i64 {
    match breaker.gate(at(now)) {
        Gate::OpenUntil(until) => until.as_millis(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn vectors() {
    // Of the same file as those of the domain crate.
    let vectors: Value = serde_json::from_str(include_str!("../../../../domain/tests/vectors.json")).unwrap();
    let row = &vectors["breaker"];
    assert_eq!(row["open_after"], OPEN_AFTER_FAILURES);
    assert_eq!(row["half_open_successes_to_close"], PROBES_TO_CLOSE);
    let halves = |value: &Value| {
        let text = value.to_string();
        text.strip_suffix(".5")
            .map_or_else(|| text.parse::<i64>().unwrap() * 2, |whole| whole.parse::<i64>().unwrap() * 2 + 1)
    };
    for (n, expected) in (0_u32..).zip(row["open_ms"].as_array().unwrap()) {
        assert_eq!(open_micros(n), halves(expected) * 500, "{expected} ms");
    }
    for n in [10, 11, 1_000, u32::MAX] {
        assert_eq!(open_micros(n), row["cap_ms"].as_i64().unwrap() * 1_000);
    }
    assert!(open_micros(9) < open_micros(10));
}

#[test]
fn five_in_a_row_open_it_and_each_failed_probe_makes_it_longer() {
    let mut breaker = opened(0);
    let mut now = 0;
    for wait in [1_500, 2_250, 3_375, 5_063] {
        assert_eq!(until(&breaker, now), now + wait, "rounded up to a millisecond");
        assert_eq!(breaker.admit(at(now + wait - 1)), Err(Gate::OpenUntil(at(now + wait))));
        now += wait;
        let probe = breaker.admit(at(now)).unwrap();
        assert!(probe.is_probe());
        breaker.failed(probe, StepKey(99), DOWN, at(now));
    }
}

#[test]
fn a_success_between_failures_keeps_it_closed() {
    let mut breaker = Breaker::default();
    for step in 0..20 {
        let permit = breaker.admit(at(0)).unwrap();
        breaker.failed(permit, StepKey(step), DOWN, at(0));
        if step % 4 == 3 {
            breaker.succeeded(permit);
        }
        assert_eq!(breaker.gate(at(0)), Gate::Ready);
    }
}

#[test]
fn a_model_step_counts_once_and_a_quota_never() {
    let mut breaker = Breaker::default();
    let permit = breaker.admit(at(0)).unwrap();
    for _ in 0..50 {
        breaker.failed(permit, StepKey(1), DOWN, at(0));
    }
    for step in 0..50 {
        breaker.failed(permit, StepKey(step), FailureClass::RateLimited, at(0));
        breaker.failed(permit, StepKey(step), FailureClass::QuotaSpent, at(0));
    }
    assert_eq!(breaker.gate(at(0)), Gate::Ready);
    for step in 2..6 {
        breaker.failed(permit, StepKey(step), DOWN, at(0));
    }
    assert_eq!(until(&breaker, 0), 1_500, "one step before and four now");
}

#[test]
fn an_answer_that_is_no_good_shows_that_the_target_is_up() {
    for class in [
        FailureClass::Refused,
        FailureClass::BadRequest,
        FailureClass::ContextTooLong,
        FailureClass::Unparsable,
    ] {
        let mut breaker = opened(0);
        for _ in 0..PROBES_TO_CLOSE {
            let probe = breaker.admit(at(1_500)).unwrap();
            breaker.failed(probe, StepKey(7), class, at(1_500));
        }
        assert_eq!(
            breaker,
            Breaker { era: breaker.era, probes: 3, counted: breaker.counted.clone(), ..Breaker::default() }
        );
    }
}

#[test]
fn one_probe_at_a_time_and_three_successes_close_it() {
    let mut breaker = opened(0);
    let late = Permit { era: 0, probe: None };
    for _ in 0..PROBES_TO_CLOSE {
        let probe = breaker.admit(at(2_000)).unwrap();
        assert_eq!(breaker.admit(at(2_000)), Err(Gate::Probing));
        breaker.succeeded(late);
        breaker.failed(late, StepKey(50), DOWN, at(2_000));
        assert_eq!(breaker.gate(at(2_000)), Gate::Probing, "calls from before count for nothing");
        breaker.succeeded(probe);
        breaker.succeeded(probe);
    }
    let permit = breaker.admit(at(2_000)).unwrap();
    assert!(!permit.is_probe());
    for step in 60..64 {
        breaker.failed(permit, StepKey(step), DOWN, at(2_000));
        breaker.failed(late, StepKey(step + 10), DOWN, at(2_000));
    }
    assert_eq!(breaker.gate(at(2_000)), Gate::Ready, "nor when it is closed again");
    assert_eq!(until(&opened(2_000), 2_000), 3_500, "closing forgets the openings");
}

#[test]
fn a_probe_that_says_nothing_or_is_lost_makes_room_for_the_next() {
    let mut breaker = opened(0);
    let probe = breaker.admit(at(2_000)).unwrap();
    breaker.failed(probe, StepKey(1), FailureClass::RateLimited, at(2_000));
    let probe = breaker.admit(at(2_000)).unwrap();
    breaker.abandoned(probe);
    let lost = breaker.admit(at(2_000)).unwrap();
    let later = at(2_000) + PROBE_MILLIS_MAX;
    assert_eq!(breaker.gate(later - Millis(1)), Gate::Probing);
    let next = breaker.admit(later).unwrap();
    breaker.failed(lost, StepKey(1), DOWN, later);
    assert_eq!(breaker.gate(later), Gate::Probing, "the lost one counts no more");
    breaker.succeeded(next);
}

proptest! {
    /// Whatever happens, whoever waits as long as the breaker says gets through in the end: at most the
    /// longest open time and the life of a lost probe.
    #[test]
    fn a_circuit_is_never_skipped_for_ever(steps in prop::collection::vec((0_i64..90_000, 0_u8..6, any::<u8>()), 0..120)) {
        let mut breaker = Breaker::default();
        let mut now = 0;
        let mut permits: Vec<Permit> = Vec::new();
        for (pause, what, which) in steps {
            now += pause;
            if what < 3 {
                if let Ok(permit) = breaker.admit(at(now)) {
                    permits.push(permit);
                }
            } else if !permits.is_empty() {
                let permit = permits.swap_remove(usize::from(which) % permits.len());
                match what {
                    3 => breaker.succeeded(permit),
                    4 => breaker.failed(permit, StepKey(u64::from(which)), DOWN, at(now)),
                    _ => breaker.abandoned(permit),
                }
            }
            let latest = at(now) + PROBE_MILLIS_MAX;
            match breaker.gate(at(now)) {
                Gate::Ready => {}
                Gate::OpenUntil(until) => {
                    prop_assert!(until.since(at(now)) <= Millis(60_000));
                    prop_assert_eq!(breaker.gate(until), Gate::Ready);
                }
                Gate::Probing => prop_assert_eq!(breaker.gate(latest), Gate::Ready),
            }
        }
    }

    /// Never two probes at once, unless one was lost.
    #[test]
    fn probes_go_alone(steps in prop::collection::vec((0_i64..5_000, any::<bool>()), 0..60)) {
        let mut breaker = opened(0);
        let mut now = 0;
        let mut probe: Option<Permit> = None;
        for (pause, fails) in steps {
            now += pause;
            match breaker.admit(at(now)) {
                Ok(permit) if permit.is_probe() => {
                    prop_assert!(probe.is_none());
                    probe = Some(permit);
                }
                Ok(permit) => breaker.abandoned(permit),
                Err(_) => {
                    if let Some(permit) = probe.take() {
                        if fails { breaker.failed(permit, StepKey(0), DOWN, at(now)) } else { breaker.succeeded(permit) }
                    }
                }
            }
        }
    }
}
