//! The state of the policy and its one decision.

use std::collections::{BTreeMap, BTreeSet};

use divisi_domain::money::MicroUsd;
use divisi_domain::name::Name;
use divisi_domain::retry::RetryBudget;
use divisi_domain::time::{Millis, Timestamp};

use super::ask::{Admission, Admitted, Ask, InputSize, RefuseReason, WaitReason, input_tokens_bound};
use crate::policy::breaker::{Breaker, Gate};
use crate::policy::limiter::{Limiter, RateLimits, Ticket, Turn};
use crate::policy::prices::{PriceTable, Quote, upper_bound};
use crate::policy::routes::{RouteTarget, TargetKey};
use crate::response::RateSeen;

/// A call waits so long for the allowance of its first target before another is asked.
const LIMITER_PATIENCE: Millis = Millis(10_000);
/// How soon to ask again while a probe is on its way.
const PROBING_MILLIS: Millis = Millis(500);

/// How soon to ask again, at the latest, while a provider has all the calls in flight that it takes.
const BUSY_MILLIS: Millis = Millis(1_000);

/// Whose allowance: a provider under one key.
pub type Account = (Name, Name);

/// What is shared by all calls of the process.
#[derive(Debug, Clone, Default)]
pub struct Gateway {
    prices: PriceTable,
    limits: BTreeMap<Account, RateLimits>,
    pub(super) flying: BTreeMap<Account, u32>,
    pub(super) limiters: BTreeMap<Account, Limiter>,
    pub(super) breakers: BTreeMap<TargetKey, Breaker>,
    pub(super) retries: BTreeMap<TargetKey, RetryBudget>,
    pub(super) stopped_under_caps: BTreeSet<TargetKey>,
}

/// What one target says to a call.
enum Say {
    Admit(Box<Admitted>),
    Wait(Timestamp, WaitReason),
    Refuse(RefuseReason),
}

/// The price of a call at one target.
struct Bound {
    reserved: MicroUsd,
    unpriced: bool,
    output_tokens_max: u32,
    input_tokens: u64,
    tokens: u64,
}

impl Gateway {
    /// A gateway with closed circuits and full allowances. `limits` are by provider and key; a pair that
    /// is not there has none.
    pub fn new(prices: PriceTable, limits: BTreeMap<Account, RateLimits>) -> Self {
        Self { prices, limits, ..Self::default() }
    }

    /// The prices.
    pub const fn prices(&self) -> &PriceTable {
        &self.prices
    }

    /// Sets what accounts allow, as it is known now. What was learnt from their answers stays, and so do calls in flight.
    pub fn allow(&mut self, limits: &BTreeMap<Account, RateLimits>) {
        self.limits.extend(limits.iter().map(|(account, limits)| (account.clone(), *limits)));
    }

    /// Decides on one attempt. The `targets` of its route are asked in order from the step's first on,
    /// then those before it; each open circuit is asked each time. A refusal by one target passes the
    /// call on to the next, except for money: a call is not quietly given to a lesser model.
    pub fn admit(&mut self, now: Timestamp, ask: &Ask, targets: &[RouteTarget]) -> Admission {
        let mut waits: Vec<(Timestamp, WaitReason)> = Vec::new();
        let mut lines: Vec<Account> = Vec::new();
        let mut refused = None;
        for index in order(targets.len(), ask) {
            match self.ask_target(now, ask, index, &targets[usize::from(index)]) {
                Say::Admit(admitted) => {
                    self.leave_lines(targets, ask.ticket);
                    return Admission::Admit(admitted);
                }
                // A cap that is too small for a dearer model says nothing of the one that can be waited for.
                Say::Refuse(RefuseReason::OverCap { .. }) if !waits.is_empty() => break,
                Say::Refuse(reason @ RefuseReason::OverCap { .. }) => {
                    self.leave_lines(targets, ask.ticket);
                    return Admission::Refuse(reason);
                }
                Say::Refuse(reason) => refused = Some(longest(refused, reason)),
                Say::Wait(until, reason) => {
                    waits.push((until, reason));
                    if reason == WaitReason::RateLimited {
                        lines.push(targets[usize::from(index)].account());
                    }
                    let passes = matches!(reason, WaitReason::RateLimited | WaitReason::Busy);
                    if passes && until.since(now) <= LIMITER_PATIENCE {
                        break;
                    }
                }
            }
        }
        // Who waits for something else holds no place: those behind it would wait for a call that does not come.
        let others = targets.iter().filter(|target| !lines.contains(&target.account()));
        self.leave_lines(others, ask.ticket);
        match waits.into_iter().min_by_key(|(until, _)| *until) {
            Some((until, reason)) => Admission::Wait { until, reason },
            None => Admission::Refuse(refused.unwrap_or(RefuseReason::NoTarget)),
        }
    }

    /// A call that waited does not want to go any more: it was cancelled.
    pub fn leave(&mut self, ticket: Ticket, targets: &[RouteTarget]) {
        self.leave_lines(targets, ticket);
    }

    /// Who is first in an account's line: its turn may have come sooner than it was told.
    pub fn first_in_line(&self, account: &Account) -> Option<Ticket> {
        self.limiters.get(account).and_then(Limiter::first)
    }

    /// Whether the provider takes another call at once.
    pub fn has_room(&self, account: &Account) -> bool {
        let most = self.limits.get(account).and_then(|limits| limits.calls_in_flight_max);
        most.is_none_or(|most| self.flying.get(account).is_none_or(|flying| *flying < u32::from(most)))
    }

    /// Takes in what a provider says of its allowance in an answer: its limits are kept where none are configured, and
    /// what is spent is waited for.
    pub fn learn(&mut self, now: Timestamp, account: &Account, seen: &RateSeen) {
        let configured = self.limits.get(account).copied().unwrap_or_default();
        let limits = RateLimits {
            requests_per_minute: configured.requests_per_minute.or(seen.requests_per_minute),
            tokens_per_minute: configured.tokens_per_minute.or(seen.tokens_per_minute),
            ..configured
        };
        let spent = |left: Option<u32>, reset: Option<Millis>| reset.filter(|_| left == Some(0));
        let until =
            spent(seen.requests_left, seen.requests_reset).max(spent(seen.tokens_left, seen.tokens_reset));
        if limits == configured && until.is_none() {
            return;
        }
        let limiter = self.limiters.entry(account.clone()).or_insert_with(|| Limiter::new(limits, now));
        limiter.set_limits(limits, now);
        if let Some(reset) = until {
            limiter.pause(now + reset);
        }
    }

    /// A provider allows something else from now on.
    pub fn set_limits(&mut self, provider: Name, key: Name, limits: RateLimits, now: Timestamp) {
        let account = (provider, key);
        if let Some(limiter) = self.limiters.get_mut(&account) {
            limiter.set_limits(limits, now);
        }
        self.limits.insert(account, limits);
    }

    fn ask_target(&mut self, now: Timestamp, ask: &Ask, index: u8, target: &RouteTarget) -> Say {
        let key = target.target_key();
        let bound = match self.bound(ask, index, target, &key) {
            Ok(bound) => bound,
            Err(reason) => return Say::Refuse(reason),
        };
        match self.breakers.entry(key.clone()).or_default().gate(now) {
            Gate::Ready => {}
            Gate::OpenUntil(until) => return Say::Wait(until, WaitReason::CircuitOpen),
            Gate::Probing => return Say::Wait(now + PROBING_MILLIS, WaitReason::Probing),
        }
        if let Some(until) = self.retry_must_wait(now, ask, index, &key) {
            return Say::Wait(until, WaitReason::RetryBudget);
        }
        if !self.has_room(&target.account()) {
            return Say::Wait(now + BUSY_MILLIS, WaitReason::Busy);
        }
        let limiter = self.limiter(target, now);
        let tokens = match limiter.ask(now, &ask.caller(), bound.tokens) {
            Turn::Admit { tokens } if is_set(ask.yields, index) => {
                limiter.undo(now, now, tokens);
                return Say::Wait(now + BUSY_MILLIS, WaitReason::Busy);
            }
            Turn::Admit { tokens } => tokens,
            Turn::Wait { until } => return Say::Wait(until, WaitReason::RateLimited),
        };
        self.let_through(now, ask, index, target, &Bound { tokens, ..bound })
    }

    fn let_through(
        &mut self,
        now: Timestamp,
        ask: &Ask,
        index: u8,
        target: &RouteTarget,
        bound: &Bound,
    ) -> Say {
        let key = target.target_key();
        let Ok(permit) = self.breakers.entry(key.clone()).or_default().admit(now) else {
            return Say::Wait(now + PROBING_MILLIS, WaitReason::Probing);
        };
        let retries = self.retries.entry(key).or_default();
        let retry = is_retry(ask, index) && retries.retry(now).is_ok();
        if !retry {
            retries.call(now);
        }
        *self.flying.entry(target.account()).or_default() += 1;
        Say::Admit(Box::new(Admitted {
            workspace: ask.workspace,
            at: now,
            index,
            target: target.clone(),
            reserved: bound.reserved,
            unpriced: bound.unpriced,
            output_tokens_max: bound.output_tokens_max,
            input_tokens_bound: bound.input_tokens,
            tokens: bound.tokens,
            permit,
            retry,
            step: ask.step,
        }))
    }

    fn bound(
        &self,
        ask: &Ask,
        index: u8,
        target: &RouteTarget,
        key: &TargetKey,
    ) -> Result<Bound, RefuseReason> {
        let input = input_tokens_bound(ask.input, index, target.input_tokens_max);
        if let InputSize::Tokens(tokens) = ask.input
            && tokens > u64::from(target.input_tokens_max)
        {
            return Err(RefuseReason::TooLong { tokens, max: target.input_tokens_max });
        }
        let (provider, model) = (target.provider.clone(), target.model.clone());
        if ask.left.is_some() && self.stopped_under_caps.contains(key) {
            return Err(RefuseReason::StoppedUnderCaps { provider, model });
        }
        let quote = self.prices.quote(target);
        if ask.left.is_some() && quote == Quote::Unknown {
            return Err(RefuseReason::Unpriced { provider, model });
        }
        let wanted = ask.output_tokens_max.saturating_add(target.thought_tokens);
        let output_tokens_max = wanted.min(target.output_tokens_max);
        let output = u64::from(output_tokens_max);
        let reserved = quote.price().map_or(MicroUsd::ZERO, |price| upper_bound(&price, input, output));
        match ask.left {
            Some(left) if reserved > left => Err(RefuseReason::OverCap { needed: reserved, left }),
            _ => Ok(Bound {
                reserved,
                unpriced: quote == Quote::Unknown,
                output_tokens_max,
                input_tokens: input,
                tokens: input.saturating_add(output),
            }),
        }
    }

    fn retry_must_wait(
        &mut self,
        now: Timestamp,
        ask: &Ask,
        index: u8,
        key: &TargetKey,
    ) -> Option<Timestamp> {
        if !is_retry(ask, index) {
            return None;
        }
        let spent = self.retries.entry(key.clone()).or_default().check(now).err()?;
        Some(now + spent.wait)
    }

    fn limiter(&mut self, target: &RouteTarget, now: Timestamp) -> &mut Limiter {
        let account = target.account();
        let limits = self.limits.get(&account).copied().unwrap_or_default();
        self.limiters.entry(account).or_insert_with(|| Limiter::new(limits, now))
    }

    fn leave_lines<'a>(&mut self, targets: impl IntoIterator<Item = &'a RouteTarget>, ticket: Ticket) {
        for target in targets {
            if let Some(limiter) = self.limiters.get_mut(&target.account()) {
                limiter.leave(ticket);
            }
        }
    }
}

/// Positions from the step's first on, then those before it, without those given up.
fn order(count: usize, ask: &Ask) -> impl Iterator<Item = u8> + use<> {
    let count = u8::try_from(count).unwrap_or(u8::MAX);
    let (first, given_up) = (ask.first_target.min(count), ask.given_up);
    (first..count).chain(0..first).filter(move |index| !is_set(given_up, *index))
}

/// Whether a position is among bits.
fn is_set(bits: u8, index: u8) -> bool {
    bits & 1_u8.checked_shl(u32::from(index)).unwrap_or(0) != 0
}

/// Only the target that failed before is asked *again*.
const fn is_retry(ask: &Ask, index: u8) -> bool {
    ask.retry && index == ask.first_target
}

/// Of several refusals the one to tell: of inputs that are too long, the target that takes most.
fn longest(before: Option<RefuseReason>, now: RefuseReason) -> RefuseReason {
    match (before, now) {
        (Some(RefuseReason::TooLong { max: before, .. }), RefuseReason::TooLong { tokens, max }) => {
            RefuseReason::TooLong { tokens, max: max.max(before) }
        }
        (Some(before), RefuseReason::TooLong { .. }) => before,
        (_, now) => now,
    }
}
