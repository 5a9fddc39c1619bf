use std::collections::BTreeMap;

use divisi_domain::id::WorkspaceId;
use divisi_domain::model_step::FailureClass;
use divisi_domain::money::{MicroUsd, Price};
use divisi_domain::name::Name;
use divisi_domain::plan::Priority;
use divisi_domain::time::{Millis, Timestamp};
use proptest::prelude::*;

use super::*;
use crate::policy::breaker::{OPEN_AFTER_FAILURES, StepKey};
use crate::policy::limiter::{Limiter, RateLimits, Ticket};
use crate::policy::prices::{PriceFile, PriceTable};
use crate::policy::routes::RouteTarget;
use crate::response::RateSeen;

const DOWN: CallOutcome =
    CallOutcome::Failed { class: FailureClass::Overloaded, retry_after: None, tokens: None };

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

/// A target of a provider of its own that costs `price` micro-USD per token, both ways.
fn target(provider: &str, price: Option<u64>) -> RouteTarget {
    let per_million = |per_token: u64| Price {
        input_per_million: per_token * 1_000_000,
        output_per_million: per_token * 1_000_000,
        ..Price::default()
    };
    RouteTarget {
        provider: name(provider),
        model: name("m"),
        key: name("k"),
        price: price.map(per_million),
        input_tokens_max: 1_000,
        output_tokens_max: 50,
        thought_tokens: 0,
    }
}

/// A gateway with the one route of all its calls.
struct Rig {
    gateway: Gateway,
    route: Vec<RouteTarget>,
}

impl Rig {
    fn admit(&mut self, now: Timestamp, ask: &Ask) -> Admission {
        self.gateway.admit(now, ask, &self.route)
    }

    fn leave(&mut self, ask: &Ask) {
        self.gateway.leave(ask.ticket, &self.route);
    }
}

impl std::ops::Deref for Rig {
    type Target = Gateway;

    fn deref(&self) -> &Gateway {
        &self.gateway
    }
}

impl std::ops::DerefMut for Rig {
    fn deref_mut(&mut self) -> &mut Gateway {
        &mut self.gateway
    }
}

fn gateway(route: Vec<RouteTarget>, limits: &[(&str, u32)]) -> Rig {
    let limit = |requests| RateLimits { requests_per_minute: Some(requests), ..RateLimits::default() };
    let limits = limits.iter().map(|(provider, requests)| ((name(provider), name("k")), limit(*requests)));
    let prices = PriceTable::new(PriceFile::default(), Vec::new(), None);
    Rig { gateway: Gateway::new(prices, limits.collect()), route }
}

fn ask(ticket: u64) -> Ask {
    Ask {
        ticket: Ticket(ticket),
        step: StepKey(ticket),
        workspace: WorkspaceId::from_bytes([1; 16]),
        priority: Priority::Medium,
        input: InputSize::Tokens(100),
        output_tokens_max: 200,
        left: None,
        first_target: 0,
        given_up: 0,
        yields: 0,
        retry: false,
    }
}

fn admitted(answer: Admission) -> Admitted {
    match answer {
        Admission::Admit(admitted) => *admitted,
        other => panic!("{other:?}"),
    }
}

fn waits(until: i64, reason: WaitReason) -> Admission {
    Admission::Wait { until: at(until), reason }
}

/// Opens the circuit of the first target at `now`.
fn trip(gateway: &mut Rig, now: i64) {
    for step in 0..u64::from(OPEN_AFTER_FAILURES) {
        let call = admitted(gateway.admit(at(now), &ask(1_000 + step)));
        assert_eq!(call.index, 0);
        gateway.settle(at(now), &call, DOWN);
    }
}

#[test]
fn a_call_is_admitted_with_its_upper_bound() {
    let mut gateway = gateway(vec![target("a", Some(2))], &[]);
    let rows = [
        (InputSize::Tokens(100), 200, 300),
        (InputSize::Tokens(100), 20, 240),
        (InputSize::Bytes { bytes: 100, parts: 2 }, 20, 2 * (100 + 64 + 256 + 20)),
        (InputSize::Counted { bytes: 100, parts: 2, tokens: 30, target: 0 }, 20, 2 * (30 + 64 + 256 + 20)),
        // Counted for another target, and by a tokenizer that has more tokens than there are bytes.
        (InputSize::Counted { bytes: 100, parts: 2, tokens: 30, target: 1 }, 20, 2 * (100 + 64 + 256 + 20)),
        (InputSize::Counted { bytes: 100, parts: 2, tokens: 300, target: 0 }, 20, 2 * (100 + 64 + 256 + 20)),
    ];
    for (input, output_tokens_max, reserved) in rows {
        let call = admitted(gateway.admit(at(0), &Ask { input, output_tokens_max, ..ask(1) }));
        assert_eq!((call.reserved, call.index), (MicroUsd(reserved), 0));
        assert_eq!(call.output_tokens_max, output_tokens_max.min(50), "the model's own limit");
    }
    let thinks = RouteTarget { thought_tokens: 25, ..target("a", Some(2)) };
    for (output_tokens_max, limit) in [(20, 45), (40, 50)] {
        let input = InputSize::Tokens(100);
        let mut rig = self::gateway(vec![thinks.clone()], &[]);
        let call = admitted(rig.admit(at(0), &Ask { input, output_tokens_max, ..ask(1) }));
        let reserved = MicroUsd(2 * (100 + u64::from(limit)));
        assert_eq!((call.output_tokens_max, call.reserved), (limit, reserved), "thoughts are reserved, too");
    }
    assert_eq!(input_tokens_bound(InputSize::Bytes { bytes: u64::MAX, parts: u64::MAX }, 0, 1), u64::MAX);
}

#[test]
fn what_may_not_go_is_refused_with_its_reason() {
    let capped = |left| Ask { left: Some(MicroUsd(left)), ..ask(1) };
    let (provider, model) = (name("a"), name("m"));
    let small = RouteTarget { input_tokens_max: 10, ..target("b", Some(1)) };
    let over = RefuseReason::OverCap { needed: MicroUsd(150), left: MicroUsd(149) };
    let long = Ask { input: InputSize::Tokens(1_001), ..ask(1) };
    let rows = [
        (vec![target("a", Some(1))], capped(149), over.clone()),
        (vec![target("a", Some(1)), target("b", Some(0))], capped(149), over),
        (vec![target("a", None)], capped(u64::MAX), RefuseReason::Unpriced { provider, model }),
        (vec![small, target("a", Some(1))], long, RefuseReason::TooLong { tokens: 1_001, max: 1_000 }),
        (vec![target("a", Some(1))], Ask { given_up: 1, ..ask(1) }, RefuseReason::NoTarget),
    ];
    for (targets, ask, reason) in rows {
        assert_eq!(gateway(targets, &[]).admit(at(0), &ask), Admission::Refuse(reason));
    }
    assert_eq!(Gateway::default().admit(at(0), &ask(1), &[]), Admission::Refuse(RefuseReason::NoTarget));
    let free = admitted(gateway(vec![target("a", None)], &[]).admit(at(0), &ask(1)));
    assert!(free.unpriced && free.reserved == MicroUsd::ZERO, "without a cap it goes and says so");
}

#[test]
fn a_target_that_cannot_serve_passes_the_call_on() {
    let small = |provider| RouteTarget { input_tokens_max: 10, ..target(provider, Some(1)) };
    let capped = Ask { left: Some(MicroUsd(150)), ..ask(1) };
    let rows = [
        (vec![small("a"), target("b", Some(1))], ask(1), 1),
        (vec![target("a", None), target("b", Some(1))], capped.clone(), 1),
        (vec![target("a", Some(1)), target("b", Some(1))], Ask { given_up: 1, ..ask(1) }, 1),
        (vec![target("a", Some(1)), target("b", Some(1))], Ask { first_target: 1, ..ask(1) }, 1),
        (vec![target("a", Some(1)), small("b")], Ask { first_target: 1, ..ask(1) }, 0),
    ];
    for (targets, ask, index) in rows {
        assert_eq!(admitted(gateway(targets, &[]).admit(at(0), &ask)).index, index);
    }
    let mut gateway = gateway(vec![target("a", Some(1)), target("b", Some(1))], &[]);
    gateway.stop_under_caps(target("a", None).target_key());
    assert_eq!(admitted(gateway.admit(at(0), &capped)).index, 1, "it exceeded a reservation");
    assert_eq!(admitted(gateway.admit(at(0), &ask(1))).index, 0, "without a cap it may");
}

#[test]
fn an_open_circuit_passes_the_call_on_and_is_probed_when_its_time_is_over() {
    let mut gateway = gateway(vec![target("a", Some(1)), target("b", Some(1))], &[]);
    trip(&mut gateway, 0);
    assert_eq!(admitted(gateway.admit(at(1_499), &ask(1))).index, 1);
    let probe = admitted(gateway.admit(at(1_500), &ask(2)));
    assert_eq!(probe.index, 0);
    assert_eq!(admitted(gateway.admit(at(1_500), &ask(3))).index, 1, "one probe at a time");
    gateway.settle(at(1_600), &probe, DOWN);
    assert_eq!(admitted(gateway.admit(at(3_849), &ask(4))).index, 1);
    assert_eq!(admitted(gateway.admit(at(3_850), &ask(4))).index, 0, "1.5 times as long");
}

#[test]
fn with_one_target_an_open_circuit_is_waited_for() {
    let mut gateway = gateway(vec![target("a", Some(1))], &[]);
    trip(&mut gateway, 0);
    assert_eq!(gateway.admit(at(0), &ask(1)), waits(1_500, WaitReason::CircuitOpen));
    let probe = admitted(gateway.admit(at(1_500), &ask(1)));
    assert_eq!(gateway.admit(at(1_500), &ask(2)), waits(2_000, WaitReason::Probing));
    gateway.settle(at(1_600), &probe, CallOutcome::Cancelled);
    admitted(gateway.admit(at(1_600), &ask(2)));
}

#[test]
fn a_short_wait_for_the_allowance_is_waited_and_a_long_one_passes_on() {
    let mut slow = gateway(vec![target("a", Some(1)), target("b", Some(1))], &[("a", 10)]);
    admitted(slow.admit(at(0), &ask(1)));
    assert_eq!(slow.admit(at(0), &ask(2)), waits(6_000, WaitReason::RateLimited));
    assert_eq!(admitted(slow.admit(at(0), &ask(3))).index, 1, "12 s are too long");
    assert_eq!(
        slow.limiters.values().map(Limiter::waiting).sum::<usize>(),
        1,
        "it stands in no line any more"
    );
    assert_eq!(admitted(slow.admit(at(6_000), &ask(2))).index, 0);
    let mut single = gateway(vec![target("a", Some(1))], &[("a", 1)]);
    admitted(single.admit(at(0), &ask(1)));
    assert_eq!(single.admit(at(0), &ask(2)), waits(60_000, WaitReason::RateLimited));
    assert_eq!(single.admit(at(0), &ask(3)), waits(120_000, WaitReason::RateLimited));
    single.leave(&ask(2));
    assert_eq!(single.admit(at(0), &ask(3)), waits(60_000, WaitReason::RateLimited));
    single.set_limits(name("a"), name("k"), RateLimits::default(), at(0));
    admitted(single.admit(at(0), &ask(3)));
}

/// The cheap model comes back in a second: a cap without room for the dear one behind it ends nothing.
#[test]
fn a_dearer_target_over_the_cap_does_not_end_a_wait_for_the_first() {
    let mut gateway = gateway(vec![target("a", Some(1)), target("b", Some(1_000))], &[]);
    trip(&mut gateway, 0);
    let capped = Ask { left: Some(MicroUsd(150)), ..ask(1) };
    let Admission::Wait { reason, .. } = gateway.admit(at(0), &capped) else { panic!("it waits") };
    assert_eq!(reason, WaitReason::CircuitOpen);
    let later = Ask { given_up: 1, ..capped };
    let refused = gateway.admit(at(0), &later);
    assert!(matches!(refused, Admission::Refuse(RefuseReason::OverCap { .. })), "{refused:?}");
}

#[test]
fn who_waits_for_a_circuit_holds_no_place_in_line() {
    let twin = RouteTarget { model: name("n"), ..target("a", Some(1)) };
    let mut gateway = gateway(vec![target("a", Some(1))], &[("a", 600)]);
    let mut calls = Vec::new();
    let waiting = loop {
        let next = ask(calls.len() as u64);
        match gateway.admit(at(0), &next) {
            Admission::Admit(call) => calls.push(call),
            answer => break (next, answer),
        }
    };
    let (waiting, answer) = waiting;
    assert!(matches!(answer, Admission::Wait { reason: WaitReason::RateLimited, .. }), "{answer:?}");
    assert!(calls.len() >= usize::from(OPEN_AFTER_FAILURES));
    assert_eq!(gateway.first_in_line(&twin.account()), Some(waiting.ticket));
    for (step, call) in (0..).zip(calls) {
        gateway.settle(at(0), &Admitted { step: StepKey(step), ..*call }, DOWN);
    }
    let Admission::Wait { reason, .. } = gateway.admit(at(0), &waiting) else { panic!("it waits") };
    assert_eq!(reason, WaitReason::CircuitOpen);
    assert_eq!(gateway.first_in_line(&twin.account()), None);
    let other = gateway.gateway.admit(at(60_000), &ask(3), &[twin]);
    assert_eq!(admitted(other).index, 0, "another model of the account is not held up");
}

#[test]
fn a_quota_pauses_the_account_and_leaves_the_circuit_alone() {
    let mut gateway = gateway(vec![target("a", Some(1))], &[]);
    let limited =
        |retry_after| CallOutcome::Failed { class: FailureClass::RateLimited, retry_after, tokens: None };
    for step in 0..10 {
        let now = i64::from(step) * 60_000;
        let call = admitted(gateway.admit(at(now), &ask(1)));
        gateway.settle(at(now), &call, limited((step % 2 == 0).then_some(Millis(20_000))));
        let until = now + if step % 2 == 0 { 20_000 } else { 1_000 };
        assert_eq!(gateway.admit(at(now), &ask(1)), waits(until, WaitReason::RateLimited));
    }
}

#[test]
fn retries_have_a_budget_and_first_calls_do_not() {
    let mut gateway = gateway(vec![target("a", Some(1)), target("b", Some(1))], &[]);
    let retry = |ticket| Ask { retry: true, ..ask(ticket) };
    for ticket in 0..10 {
        assert_eq!(admitted(gateway.admit(at(0), &retry(ticket))).index, 0);
    }
    assert_eq!(admitted(gateway.admit(at(0), &retry(10))).index, 1, "there it is no retry");
    assert_eq!(admitted(gateway.admit(at(0), &ask(11))).index, 0);
    let only = Ask { given_up: 2, ..retry(12) };
    assert_eq!(gateway.admit(at(0), &only), waits(60_000, WaitReason::RetryBudget));
    assert_eq!(admitted(gateway.admit(at(60_000), &only)).index, 0);
}

#[test]
fn a_retry_that_never_went_is_not_counted() {
    let mut gateway = gateway(vec![target("a", Some(1))], &[]);
    let retry = |ticket| Ask { retry: true, ..ask(ticket) };
    for ticket in 0..50 {
        let call = admitted(gateway.admit(at(0), &retry(ticket)));
        gateway.settle(at(1_500), &call, CallOutcome::NotSent);
    }
    let sent =
        (50..70).filter(|ticket| matches!(gateway.admit(at(2_000), &retry(*ticket)), Admission::Admit(_)));
    assert_eq!(sent.count(), 10);
}

#[test]
fn each_call_earns_a_tenth_of_a_retry() {
    let mut gateway = gateway(vec![target("a", Some(1))], &[]);
    for ticket in 0..200 {
        admitted(gateway.admit(at(0), &ask(ticket)));
    }
    let retry = |ticket| Ask { retry: true, ..ask(ticket) };
    let retries =
        (200..300).filter(|ticket| matches!(gateway.admit(at(0), &retry(*ticket)), Admission::Admit(_)));
    assert_eq!(retries.count(), 22, "retries are calls, too");
}

#[test]
fn what_nobody_counted_is_not_given_back() {
    let failed = |tokens| CallOutcome::Failed { class: FailureClass::TimedOut, retry_after: None, tokens };
    let rows = [
        (CallOutcome::Answered { tokens: Some(50) }, true),
        (CallOutcome::Answered { tokens: None }, false),
        (failed(Some(50)), true),
        (failed(None), false),
        (CallOutcome::Cancelled, false),
        (CallOutcome::NotSent, true),
    ];
    for (outcome, room) in rows {
        let mut gateway = gateway(vec![target("a", Some(1))], &[]);
        let limits = RateLimits { tokens_per_minute: Some(2_000), ..RateLimits::default() };
        gateway.set_limits(name("a"), name("k"), limits, at(0));
        let call = admitted(gateway.admit(at(0), &ask(1)));
        gateway.settle(at(0), &call, outcome);
        let next = gateway.admit(at(0), &ask(2));
        assert_eq!(matches!(next, Admission::Admit(_)), room, "{outcome:?}");
    }
}

#[test]
fn a_call_never_sent_gives_its_place_back() {
    let mut gateway = gateway(vec![target("a", Some(1))], &[("a", 1)]);
    let call = admitted(gateway.admit(at(0), &ask(1)));
    gateway.settle(at(0), &call, CallOutcome::NotSent);
    let call = admitted(gateway.admit(at(0), &ask(2)));
    gateway.settle(at(0), &call, CallOutcome::Answered { tokens: Some(5) });
    assert_eq!(gateway.admit(at(0), &ask(3)), waits(60_000, WaitReason::RateLimited));
}

proptest! {
    /// Under one cap, whatever is asked, answered and cut: what is reserved and spent stays within it,
    /// and whoever asks again when told to is admitted or refused in the end.
    #[test]
    fn the_cap_holds_and_nobody_waits_for_ever(
        cap in 0_u64..5_000,
        prices in prop::collection::vec(0_u64..4, 3),
        calls in prop::collection::vec((1_u64..200, 0_u32..100, 0_u8..4), 1..40),
    ) {
        let targets = prices.iter().zip(["a", "b", "c"]).map(|(price, provider)| target(provider, Some(*price)));
        let mut gateway = gateway(targets.collect(), &[("a", 5), ("b", 60)]);
        let (mut spent, mut now) = (0, 0);
        for (ticket, (input, output, end)) in (0_u64..).zip(calls) {
            let mut asks = 0;
            loop {
                asks += 1;
                prop_assert!(asks < 200, "waits for ever");
                let wanted = Ask {
                    input: InputSize::Tokens(input),
                    output_tokens_max: output,
                    left: Some(MicroUsd(cap - spent)),
                    ..ask(ticket)
                };
                match gateway.admit(at(now), &wanted) {
                    Admission::Wait { until, .. } => {
                        prop_assert!(until > at(now));
                        now = until.as_millis();
                    }
                    Admission::Refuse(reason) => {
                        let over = matches!(reason, RefuseReason::OverCap { .. });
                        prop_assert!(over, "{reason}");
                        break;
                    }
                    Admission::Admit(call) => {
                        let outcome = match end {
                            0 => CallOutcome::Answered { tokens: Some(1) },
                            1 => DOWN,
                            2 => CallOutcome::Cancelled,
                            _ => CallOutcome::NotSent,
                        };
                        gateway.settle(at(now), &call, outcome);
                        spent += call.reserved.0;
                        prop_assert!(spent <= cap);
                        break;
                    }
                }
            }
        }
    }
}

#[test]
fn a_provider_has_no_more_calls_in_flight_than_it_takes() {
    let mut gateway = gateway(vec![target("a", Some(1)), target("b", Some(1))], &[]);
    let account = (name("a"), name("k"));
    let two = RateLimits { calls_in_flight_max: Some(2), ..RateLimits::default() };
    gateway.set_limits(account.0.clone(), account.1.clone(), two, at(0));
    let first = admitted(gateway.admit(at(0), &ask(1)));
    let second = admitted(gateway.admit(at(0), &ask(2)));
    assert_eq!((first.index, second.index), (0, 0));
    assert!(!gateway.has_room(&account));
    assert_eq!(
        gateway.admit(at(0), &ask(3)),
        waits(1_000, WaitReason::Busy),
        "not passed on to the next model"
    );
    for outcome in [CallOutcome::Answered { tokens: None }, CallOutcome::NotSent] {
        gateway.settle(at(1), &first, outcome);
        assert!(gateway.has_room(&account));
        admitted(gateway.admit(at(1), &ask(3)));
        assert!(!gateway.has_room(&account));
    }
}

#[test]
fn limits_are_learnt_from_what_providers_say() {
    let seen = RateSeen {
        requests_per_minute: Some(60),
        requests_left: Some(0),
        requests_reset: Some(Millis(4_000)),
        ..RateSeen::default()
    };
    let account = (name("a"), name("k"));
    let mut told = gateway(vec![target("a", None)], &[]);
    admitted(told.admit(at(0), &ask(1)));
    told.learn(at(0), &account, &seen);
    assert_eq!(
        told.admit(at(0), &ask(2)),
        waits(4_000, WaitReason::RateLimited),
        "nothing is left until the reset"
    );
    admitted(told.admit(at(4_000), &ask(2)));
    let mut configured = gateway(vec![target("a", None)], &[("a", 1)]);
    admitted(configured.admit(at(0), &ask(1)));
    configured.learn(at(0), &account, &RateSeen { requests_left: Some(7), ..seen });
    assert_eq!(
        configured.admit(at(0), &ask(2)),
        waits(60_000, WaitReason::RateLimited),
        "what is configured stays"
    );
}

/// A server came up and said that it answers one at a time.
#[test]
fn what_accounts_allow_may_be_known_anew() {
    let account = (name("a"), name("k"));
    let mut gateway = gateway(vec![target("a", None)], &[]);
    let first = admitted(gateway.admit(at(0), &ask(1)));
    assert!(gateway.has_room(&account));
    let one = RateLimits { calls_in_flight_max: Some(1), ..RateLimits::default() };
    gateway.allow(&BTreeMap::from([(account.clone(), one)]));
    assert!(!gateway.has_room(&account), "the call in flight counts");
    gateway.settle(at(1), &first, DOWN);
    assert!(gateway.has_room(&account));
}

#[test]
fn what_nobody_measured_is_as_long_as_the_model_takes() {
    let mut gateway = gateway(vec![target("a", Some(1))], &[]);
    let call = admitted(gateway.admit(at(0), &Ask { input: InputSize::Unmeasured, ..ask(1) }));
    assert_eq!(call.reserved, MicroUsd(1_050));
}
