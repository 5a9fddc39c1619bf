use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::time::{Millis, Timestamp};

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

#[test]
fn vectors_of_the_ceilings() {
    let vectors: Value = serde_json::from_str(include_str!("../../tests/vectors.json")).unwrap();
    let row = &vectors["retry_ms"];
    let backoff = Backoff::default();
    let ceilings: Vec<Value> =
        (1..).map_while(|retry| backoff.ceiling(retry)).map(|ceiling| Value::from(ceiling.0)).collect();
    assert_eq!(Value::from(ceilings), row["ceilings"]);
    assert_eq!(u64::from(backoff.retries_max), row["retries"].as_u64().unwrap());
    assert_eq!((backoff.base.0, backoff.ceiling(0)), (row["base"].as_u64().unwrap(), None));
}

#[test]
fn jitter_is_full() {
    let backoff = Backoff::default();
    let rows = [(1, 0, 0), (1, u64::MAX, 1_000), (1, u64::MAX / 2, 500), (5, u64::MAX, 16_000)];
    for (retry, entropy, wait) in rows {
        assert_eq!(backoff.wait(retry, entropy), Some(Millis(wait)));
    }
    assert_eq!(backoff.wait(6, 0), None);
}

#[test]
fn the_provider_s_wait_wins_and_the_deadline_binds() {
    let backoff = Backoff::default();
    let rows = [
        (None, None, Some(1_500)),
        (Some(Millis(20)), None, Some(1_020)),
        (Some(Millis(60_000)), None, Some(61_000)),
        (None, Some(at(1_500)), None),
        (None, Some(at(1_501)), Some(1_500)),
        (Some(Millis(60_000)), Some(at(50_000)), None),
    ];
    for (retry_after, deadline, expected) in rows {
        let advice = RetryAdvice { now: at(1_000), entropy: u64::MAX / 2, retry_after, deadline };
        assert_eq!(advice.not_before(&backoff, 1), expected.map(at), "{retry_after:?} {deadline:?}");
    }
    let advice = RetryAdvice { now: at(1_000), entropy: 0, retry_after: Some(Millis(1)), deadline: None };
    assert_eq!(advice.not_before(&backoff, 6), None, "what the provider asks for makes no more retries");
}

#[test]
fn ten_a_minute_or_a_tenth_of_the_calls() {
    let mut budget = RetryBudget::default();
    for _ in 0..10 {
        budget.retry(at(5_000)).unwrap();
    }
    assert_eq!(budget.retry(at(6_500)), Err(BudgetSpent { wait: Millis(58_500) }));
    assert_eq!(budget.retry(at(64_999)), Err(BudgetSpent { wait: Millis(1) }));
    assert!(budget.check(at(0)).is_err());
    assert!(budget.check(at(64_999)).is_err(), "a clock that goes back and forth gains nothing");
    budget.retry(at(65_000)).unwrap();
    let mut busy = RetryBudget::default();
    for _ in 0..200 {
        busy.call(at(1_000));
    }
    let allowed = (0..100).filter(|_| busy.retry(at(2_000)).is_ok()).count();
    assert_eq!(allowed, 22, "220 calls at the end, retries among them");
}

proptest! {
    /// In no minute are there more retries than ten, or a tenth of the calls of the minute.
    #[test]
    fn no_minute_holds_too_many(steps in prop::collection::vec((0_i64..9_000, any::<bool>()), 0..200)) {
        let mut budget = RetryBudget::default();
        let mut now = 1_000_000;
        let mut done: Vec<(i64, bool)> = Vec::new();
        for (pause, first) in steps {
            now += pause;
            if first {
                budget.call(at(now));
                done.push((now, false));
            } else if budget.retry(at(now)).is_ok() {
                done.push((now, true));
                let window = done.iter().filter(|(when, _)| when / 1_000 > now / 1_000 - 60);
                let (calls, retries) = window.fold((0, 0), |(calls, retries), (_, retry)| (calls + 1, retries + u64::from(*retry)));
                prop_assert!(retries <= (calls / 10).max(10));
            }
        }
    }

    /// A wait that was named is long enough, unless calls stop counting meanwhile.
    #[test]
    fn after_the_named_wait_a_retry_passes(start in 0_i64..120_000, tries in 10_usize..40) {
        let mut budget = RetryBudget::default();
        let spent = (0..tries).find_map(|step| budget.retry(at(start + i64::try_from(step).unwrap() * 100)).err());
        if let Some(BudgetSpent { wait }) = spent {
            let later = at(start + 1_000) + wait;
            prop_assert!(budget.retry(later).is_ok());
        }
    }

    /// A clock that goes back loses nothing and breaks nothing.
    #[test]
    fn any_clock_will_do(times in prop::collection::vec(any::<i64>(), 0..50)) {
        let mut budget = RetryBudget::default();
        for millis in times {
            budget.call(at(millis));
            let _ = budget.retry(at(millis));
        }
    }
}
