use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn limits(requests: Option<u32>, tokens: Option<u32>) -> RateLimits {
    RateLimits { requests_per_minute: requests, tokens_per_minute: tokens, calls_in_flight_max: None }
}

fn ask(limiter: &mut Limiter, now: i64, ticket: u64, tokens: u64) -> Turn {
    limiter.ask(at(now), &caller(ticket, Priority::Medium), tokens)
}

const HOME: WorkspaceId = WorkspaceId::from_bytes([1; 16]);

fn caller(ticket: u64, priority: Priority) -> Caller {
    Caller { ticket: Ticket(ticket), workspace: HOME, priority }
}

fn wait(until: i64) -> Turn {
    Turn::Wait { until: at(until) }
}

/// Everyone asks when told to; returns when each was admitted.
fn serve(limiter: &mut Limiter, calls: &[(Priority, u64)]) -> Vec<(i64, usize)> {
    let mut due: BTreeSet<(Timestamp, usize)> = (0..calls.len()).map(|call| (at(0), call)).collect();
    let mut admitted = Vec::new();
    while let Some((now, call)) = due.pop_first() {
        let (priority, tokens) = calls[call];
        match limiter.ask(now, &caller(call as u64, priority), tokens) {
            Turn::Admit { .. } => admitted.push((now.as_millis(), call)),
            Turn::Wait { until } => {
                assert!(until > now);
                due.insert((until, call));
            }
        }
    }
    admitted
}

#[test]
fn without_limits_everything_goes() {
    let mut limiter = Limiter::new(RateLimits::default(), at(0));
    for ticket in 0..1_000 {
        assert_eq!(ask(&mut limiter, 0, ticket, 77), Turn::Admit { tokens: 77 });
    }
}

#[test]
fn ten_a_minute_serve_fifty_without_loss_or_stampede() {
    let mut limiter = Limiter::new(limits(Some(10), None), at(0));
    let admitted = serve(&mut limiter, &[(Priority::Medium, 1); 50]);
    assert_eq!(admitted.len(), 50);
    assert_eq!(admitted.iter().map(|(_, call)| *call).collect::<Vec<_>>(), (0..50).collect::<Vec<_>>());
    for (start, _) in &admitted {
        let within = admitted.iter().filter(|(time, _)| (*start..*start + 60_000).contains(time)).count();
        assert!(within <= 10, "{within} within a minute from {start}");
    }
    assert_eq!(
        admitted.last().map(|(time, _)| *time),
        Some(49 * 6_000),
        "and none waits longer than it must"
    );
    assert_eq!(limiter.waiting(), 0);
}

#[test]
fn tokens_are_set_aside_and_settled() {
    let mut limiter = Limiter::new(limits(None, Some(1_000)), at(0));
    assert_eq!(ask(&mut limiter, 0, 1, 60), Turn::Admit { tokens: 60 });
    assert_eq!(ask(&mut limiter, 0, 2, 60), wait(1_332), "20 tokens at 901 a minute");
    limiter.settle(at(0), at(0), 60, 10);
    assert_eq!(ask(&mut limiter, 0, 2, 60), Turn::Admit { tokens: 60 });
    limiter.settle(at(0), at(0), 60, 160);
    assert_eq!(ask(&mut limiter, 0, 3, 1), wait(4_729), "71 tokens of debt and one");
    limiter.leave(Ticket(3));
    limiter.settle(at(0), at(0), 1_000_000, 0);
    assert_eq!(ask(&mut limiter, 0, 4, 101), Turn::Admit { tokens: 101 }, "no fuller than full");
}

#[test]
fn a_call_larger_than_the_allowance_takes_a_minute_and_not_for_ever() {
    let mut limiter = Limiter::new(limits(None, Some(600)), at(0));
    assert_eq!(ask(&mut limiter, 0, 1, 1_000_000), Turn::Admit { tokens: 600 });
    assert_eq!(ask(&mut limiter, 0, 2, 1_000_000), wait(66_544), "600 tokens at 541 a minute");
    assert_eq!(ask(&mut limiter, 66_544, 2, 1_000_000), Turn::Admit { tokens: 600 });
}

#[test]
fn a_call_that_was_never_sent_gives_all_back() {
    let mut limiter = Limiter::new(limits(Some(1), Some(10)), at(0));
    let mut before = limiter.clone();
    assert_eq!(ask(&mut limiter, 0, 1, 1), Turn::Admit { tokens: 1 });
    limiter.undo(at(0), at(0), 1);
    assert_eq!(ask(&mut limiter, 0, 2, 1), ask(&mut before, 0, 2, 1));
}

#[test]
fn what_was_never_sent_is_not_there_twice() {
    let mut limiter = Limiter::new(limits(Some(30), None), at(0));
    assert_eq!(ask(&mut limiter, 0, 1, 1), Turn::Admit { tokens: 1 });
    // The bucket is full again by then: what was taken would have run over.
    for ticket in 2..5 {
        assert_eq!(ask(&mut limiter, 5_000, ticket, 1), Turn::Admit { tokens: 1 });
    }
    limiter.undo(at(5_000), at(0), 1);
    assert_eq!(ask(&mut limiter, 5_000, 5, 1), wait(7_143), "three at once, not four");
    limiter.leave(Ticket(5));
    limiter.undo(at(5_000), at(5_000), 1);
    assert_eq!(ask(&mut limiter, 5_000, 5, 1), Turn::Admit { tokens: 1 }, "this one is there");
}

#[test]
fn a_pause_holds_everyone_and_the_longest_counts() {
    let mut limiter = Limiter::new(limits(Some(600), None), at(0));
    limiter.pause(at(9_000));
    limiter.pause(at(2_000));
    assert_eq!(ask(&mut limiter, 0, 1, 1), wait(9_000));
    assert_eq!(ask(&mut limiter, 8_999, 1, 1), wait(9_009), "not sooner than 10 ms");
    assert_eq!(ask(&mut limiter, 9_009, 1, 1), Turn::Admit { tokens: 1 });
}

#[test]
fn the_line_goes_by_priority_and_a_low_one_does_not_starve() {
    use Priority::{High, Low, Medium};
    let mut limiter = Limiter::new(limits(Some(1), None), at(0));
    let calls = [(Low, 1), (Medium, 1), (Low, 1), (High, 1), (Medium, 1), (High, 1)];
    let order: Vec<usize> = serve(&mut limiter, &calls).into_iter().map(|(_, call)| call).collect();
    assert_eq!(order, [0, 3, 5, 1, 4, 2], "the first found nobody in line");

    let mut limiter = Limiter::new(limits(Some(1), None), at(0));
    assert_eq!(ask(&mut limiter, 0, 0, 1), Turn::Admit { tokens: 1 });
    assert_eq!(limiter.ask(at(0), &caller(1, Low), 1), wait(60_000));
    let late = |limiter: &mut Limiter, ticket| limiter.ask(at(59_999), &caller(ticket, High), 1);
    assert_eq!(late(&mut limiter, 2), wait(60_009), "it has overtaken: its head start is 60 s");
    assert_eq!(limiter.ask(at(60_001), &caller(3, High), 1), wait(180_001), "this one came too late");
}

#[test]
fn a_workspace_with_a_thousand_calls_starves_no_other() {
    let mut limiter = Limiter::new(limits(Some(60), None), at(0));
    let [crowd, few] = [HOME, WorkspaceId::from_bytes([2; 16])];
    let of = |ticket: u64| Caller {
        workspace: if ticket < 1_000 { crowd } else { few },
        ..caller(ticket, Priority::High)
    };
    let mut due: BTreeSet<(Timestamp, u64)> = (0..1_000).map(|ticket| (at(0), ticket)).collect();
    // The few come late, and none of them is urgent.
    due.extend((1_000..1_005).map(|ticket| (at(20_000), ticket)));
    let mut admitted = Vec::new();
    while let Some((now, ticket)) = due.pop_first() {
        let caller =
            if ticket < 1_000 { of(ticket) } else { Caller { priority: Priority::Low, ..of(ticket) } };
        match limiter.ask(now, &caller, 1) {
            Turn::Admit { .. } => admitted.push((now.as_millis(), caller.workspace)),
            Turn::Wait { until } => {
                due.insert((until, ticket));
            }
        }
    }
    assert_eq!(admitted.len(), 1_005);
    let late = admitted.iter().filter(|(_, workspace)| *workspace == few).map(|(at, _)| *at - 20_000);
    let late: Vec<i64> = late.collect();
    // 55 a minute beside the burst: every second turn is theirs.
    assert!(late.iter().all(|wait| *wait <= 5 * 2 * 1_100 + 1_100), "{late:?}");
    for pair in late.windows(2) {
        assert!(pair[1] - pair[0] >= 2 * 1_000, "the others have their turns, too: {late:?}");
    }
    assert_eq!(limiter.waiting(), 0);
    assert!(limiter.line.is_forgotten(), "nothing of whoever had a turn is kept");
}

#[test]
fn a_hundred_thousand_that_wait_are_told_at_once() {
    let mut limiter = Limiter::new(limits(Some(60), Some(1_000_000)), at(0));
    for ticket in 0..100_000 {
        ask(&mut limiter, 0, ticket, 3);
    }
    assert_eq!(limiter.waiting(), 100_000 - 6);
    let last = ask(&mut limiter, 0, 99_999, 3);
    assert_eq!(
        last,
        wait(i64::from(100_000 - 6) * 60_000_i64.div_euclid(55) + 90_904),
        "its place is counted"
    );
}

#[test]
fn whoever_is_gone_does_not_hold_up_the_rest() {
    let mut limiter = Limiter::new(limits(Some(60), None), at(0));
    for ticket in 0..6 {
        ask(&mut limiter, 0, ticket, 1);
    }
    assert_eq!(ask(&mut limiter, 0, 6, 1), wait(1_091));
    assert_eq!(ask(&mut limiter, 0, 7, 1), wait(2_182));
    limiter.leave(Ticket(6));
    assert_eq!(ask(&mut limiter, 1_091, 7, 1), Turn::Admit { tokens: 1 }, "it left");
    assert_eq!(ask(&mut limiter, 1_091, 8, 1), wait(2_182));
    assert_eq!(ask(&mut limiter, 1_091, 9, 1), wait(3_273));
    assert_eq!(ask(&mut limiter, 7_182, 9, 1), wait(7_192), "the one before might still come");
    assert_eq!(ask(&mut limiter, 7_192, 9, 1), Turn::Admit { tokens: 1 }, "it did not");
}

#[test]
fn a_clock_that_goes_back_and_forth_gains_nothing() {
    let mut limiter = Limiter::new(limits(Some(1), None), at(60_000));
    assert_eq!(ask(&mut limiter, 60_000, 1, 1), Turn::Admit { tokens: 1 });
    assert_eq!(ask(&mut limiter, 0, 2, 1), wait(60_000));
    assert_eq!(ask(&mut limiter, 60_000, 2, 1), wait(120_000));
}

#[test]
fn limits_may_change_under_way() {
    let mut limiter = Limiter::new(limits(Some(1), None), at(0));
    ask(&mut limiter, 0, 1, 1);
    assert_eq!(ask(&mut limiter, 0, 2, 1), wait(60_000));
    limiter.set_limits(limits(Some(60), Some(10)), at(0));
    assert_eq!(ask(&mut limiter, 0, 2, 1), wait(1_091), "what was used stays used");
    limiter.set_limits(RateLimits::default(), at(0));
    assert_eq!(ask(&mut limiter, 0, 2, 1), Turn::Admit { tokens: 1 });
}

proptest! {
    /// Over any time t, no more than burst + rate × t is admitted; and with that, no more than the
    /// allowance within any minute.
    #[test]
    fn never_more_than_the_burst_and_the_rate(
        per_minute in 1_u32..400,
        steps in prop::collection::vec((0_i64..20_000, 0_u64..40, 1_u64..10), 1..150),
    ) {
        let mut limiter = Limiter::new(limits(None, Some(per_minute)), at(0));
        let bucket = Bucket::full(per_minute, at(0));
        let mut now = 0;
        let mut admitted: Vec<(i64, u64)> = Vec::new();
        for (pause, ticket, tokens) in steps {
            now += pause;
            let tokens = tokens.min(bucket.burst().unsigned_abs());
            if let Turn::Admit { tokens } = ask(&mut limiter, now, ticket, tokens) {
                admitted.push((now, tokens));
            }
        }
        for (from, (start, _)) in admitted.iter().enumerate() {
            let mut sum = 0;
            for (time, tokens) in &admitted[from..] {
                sum += i64::try_from(*tokens).unwrap();
                prop_assert!(sum * 60_000 <= bucket.burst() * 60_000 + bucket.rate() * (time - start));
                prop_assert!(time - start >= 60_000 || sum <= i64::from(per_minute));
            }
        }
    }

    /// Everyone who asks when told to is admitted in the end, however large the call.
    #[test]
    fn everyone_is_served(
        requests in 1_u32..100,
        tokens in 1_u32..1_000,
        calls in prop::collection::vec((0_u8..3, 0_u64..5_000), 1..40),
    ) {
        let priorities = [Priority::Low, Priority::Medium, Priority::High];
        let calls: Vec<(Priority, u64)> =
            calls.into_iter().map(|(priority, tokens)| (priorities[usize::from(priority)], tokens)).collect();
        let mut limiter = Limiter::new(limits(Some(requests), Some(tokens)), at(0));
        let served: BTreeMap<usize, i64> = serve(&mut limiter, &calls).into_iter().map(|(now, call)| (call, now)).collect();
        prop_assert_eq!(served.len(), calls.len());
        prop_assert_eq!(limiter.waiting(), 0);
    }
}
