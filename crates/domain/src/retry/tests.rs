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

/// First calls and retries at some seconds, then what never went is taken back; how many retries pass at `then`.
fn retries_left(calls: &[(i64, u32)], retries: &[(i64, u32)], undone: &[bool], then: i64) -> usize {
    let mut budget = RetryBudget::default();
    let mut counted: Vec<(i64, bool, u32)> =
        calls.iter().map(|(second, times)| (*second, false, *times)).collect();
    counted.extend(retries.iter().map(|(second, times)| (*second, true, *times)));
    counted.sort_unstable();
    for (second, retry, times) in &counted {
        for _ in 0..*times {
            if *retry { budget.retry(at(second * 1_000)).unwrap() } else { budget.call(at(second * 1_000)) }
        }
    }
    // A second passes in which nothing is counted.
    let last = counted.last().map_or(0, |(second, ..)| *second);
    let _ = budget.check(at((last + 1) * 1_000));
    for retry in undone {
        budget.undo(*retry);
    }
    (0..100).take_while(|_| budget.retry(at(then * 1_000)).is_ok()).count()
}

#[test]
fn what_never_went_is_taken_back_and_nothing_else() {
    type Row<'a> = (&'a [(i64, u32)], &'a [(i64, u32)], &'a [bool], i64, usize);
    let rows: &[Row<'_>] = &[
        (&[], &[(5, 10)], &[], 6, 0),
        (&[], &[(5, 10)], &[true], 6, 1),
        (&[], &[(5, 10)], &[true, true, true], 6, 3),
        // 110 calls allow an eleventh retry, 109 do not.
        (&[(1, 100)], &[(2, 10)], &[], 3, 1),
        (&[(1, 100)], &[(2, 10)], &[false], 3, 0),
        (&[(1, 100)], &[(2, 10)], &[true], 3, 2),
        (&[(0, 100)], &[(0, 10)], &[false], 59, 0),
        // Of calls the latest is taken back: in the next minute it is still the latest that are counted.
        (&[(3, 100)], &[(1, 10)], &[], 61, 11),
        (&[(3, 100)], &[(1, 10)], &[false], 61, 10),
        // Of retries too, also where first calls came after it.
        (&[(3, 5)], &[(1, 10)], &[true], 4, 1),
        (&[], &[(1, 1), (3, 9)], &[true], 61, 2),
        // Nothing is left to take back.
        (&[], &[(1, 1)], &[true, true, false, false], 2, 10),
        (&[(1, 1)], &[], &[true], 2, 10),
    ];
    for (calls, retries, undone, then, expected) in rows {
        let found = retries_left(calls, retries, undone, *then);
        assert_eq!(found, *expected, "{calls:?} {retries:?} {undone:?} at {then} s");
    }
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
