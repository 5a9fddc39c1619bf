//! The gateway's policy as the runner asks it: which model of the route a call goes to now, what must be known of its
//! prompt before, whom a call waits for, and what an ended call taught.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use divisi_domain::id::WorkspaceId;
use divisi_domain::limits::Limits;
use divisi_domain::model_step::{Cause, FailureClass, ModelStep, Purpose, Target};
use divisi_domain::money::MicroUsd;
use divisi_domain::name::Name;
use divisi_domain::task::{Input, Report, Step, Task, WaitKind, Wanted};
use divisi_domain::time::{Millis, Timestamp};
use divisi_llm::policy::admission::{
    Account, Admission, Admitted as Call, Ask, CallOutcome, Gateway, InputSize, RefuseReason, WaitReason,
};
use divisi_llm::policy::breaker::StepKey;
use divisi_llm::policy::limiter::Ticket;
use divisi_llm::policy::prices::PriceTable;
use divisi_llm::policy::routes::RouteTarget;

use super::flights::FIRST_PATH;
use super::shares::{Shares, Waiters};
use super::terms::TermsTable;
use super::types::{Action, FlightKey, Order, Result, Room, TaskKey};
use super::{Core, QueueKey};
use crate::requests::sampling;

/// What is waited for no longer than this is waited for in memory; a longer wait is a durable timer.
const IN_MEMORY_WAIT: Millis = Millis(10_000);

/// How soon models that cannot be asked in this process are asked for again.
const ABSENT_WAIT: Millis = Millis::from_mins(5);

/// The policy and what belongs to the calls that it has not let through yet.
#[derive(Debug)]
pub(super) struct Calls {
    pub(super) gateway: Gateway,
    /// Prompts that are being measured, or were: by attempt.
    sizes: BTreeMap<(FlightKey, u16), Option<InputSize>>,
    /// When a task asks again, and what it waits for meanwhile.
    turns: BTreeMap<TaskKey, (Timestamp, WaitKind)>,
    /// Calls that stand in providers' lines, and until when each was told to wait.
    lines: BTreeMap<(TaskKey, Ticket), (Timestamp, Vec<RouteTarget>)>,
    /// Whose calls these are.
    callers: BTreeMap<Ticket, TaskKey>,
    /// Tasks that wait for a provider with all the calls in flight that it takes.
    busy: BTreeMap<Account, Waiters>,
    /// Whose calls each provider is at.
    shares: BTreeMap<Account, Shares>,
}

/// The answer to a call that wants to go.
pub(super) enum Turn {
    /// It may go; `None` where the cap has no room, which the machine decides on.
    Go(Target, MicroUsd, Option<Box<Call>>),
    /// Nobody may be asked: the attempt fails with this.
    Refused(Target, (FailureClass, String)),
    /// Not now.
    Later,
    /// The machine is to be told why not.
    Told(Box<Input>),
}

/// A call that wants to go.
pub(super) struct Caller<'a> {
    pub(super) key: TaskKey,
    pub(super) task: &'a Arc<Task>,
    pub(super) wanted: &'a Wanted,
    pub(super) purpose: Purpose,
    pub(super) agent_type: Option<&'a Name>,
    /// Whether all that the task knows is durable, so that its prompts can be built.
    pub(super) settled: bool,
}

impl Calls {
    pub(super) fn new(terms: &TermsTable) -> Self {
        let mut gateway = Gateway::new(PriceTable::default(), terms.limits().clone());
        terms.exceeded().for_each(|target| gateway.stop_under_caps(target));
        Self {
            gateway,
            sizes: BTreeMap::new(),
            turns: BTreeMap::new(),
            lines: BTreeMap::new(),
            callers: BTreeMap::new(),
            busy: BTreeMap::new(),
            shares: BTreeMap::new(),
        }
    }

    /// What a task waits for in memory, and until when.
    pub(super) fn turn(&self, key: TaskKey) -> Option<(Timestamp, WaitKind)> {
        self.turns.get(&key).copied()
    }

    /// The task is about to ask anew: what it waited for in memory is over.
    pub(super) fn asks_anew(&mut self, key: TaskKey) {
        self.turns.remove(&key);
    }

    /// The task has asked anew: whatever should have asked by now and did not is not wanted any more.
    pub(super) fn asked_anew(&mut self, key: TaskKey, now: Timestamp) {
        self.leave_lines(key, |until| until <= now);
    }

    fn leave_lines(&mut self, key: TaskKey, gone: impl Fn(Timestamp) -> bool) {
        let of_task = self.lines.range((key, Ticket(0))..=(key, Ticket(u64::MAX)));
        let gone: Vec<_> = of_task.filter(|(_, (until, _))| gone(*until)).map(|(place, _)| *place).collect();
        for place in gone {
            if let Some((_, route)) = self.lines.remove(&place) {
                self.callers.remove(&place.1);
                self.gateway.leave(place.1, &route);
            }
        }
    }

    fn stands_in_line(&mut self, key: TaskKey, ticket: Ticket, until: Timestamp, route: Vec<RouteTarget>) {
        self.lines.insert((key, ticket), (until, route));
        self.callers.insert(ticket, key);
    }

    /// The task goes on only when a person says so: its calls are not wanted for now.
    pub(super) fn leave(&mut self, key: TaskKey) {
        self.leave_lines(key, |_| true);
    }

    /// The task does not run for now. Its calls keep their places in line.
    pub(super) fn pause(&mut self, key: TaskKey, place: &QueueKey) {
        self.turns.remove(&key);
        for waiting in self.busy.values_mut() {
            waiting.remove(place);
        }
    }

    /// Whether a prompt is being measured.
    pub(super) fn measuring(&self) -> bool {
        self.sizes.values().any(Option::is_none)
    }

    /// Nobody asks for the task any more.
    pub(super) fn forget(&mut self, key: TaskKey, place: &QueueKey) {
        self.pause(key, place);
        self.leave_lines(key, |_| true);
        let first = (FlightKey { task: key, path: FIRST_PATH }, 0);
        let of_task = self.sizes.range(first..).map(|(attempt, _)| *attempt);
        let of_task: Vec<_> = of_task.take_while(|(flight, _)| flight.task == key).collect();
        for attempt in of_task {
            self.sizes.remove(&attempt);
        }
    }

    /// The attempt has started: its size is not asked for any more.
    pub(super) fn started(&mut self, flight: FlightKey, attempt: u16) {
        self.sizes.remove(&(flight, attempt));
    }

    /// Takes a task out that waits for a provider which takes another call now.
    pub(super) fn next_for_provider(&mut self) -> Option<TaskKey> {
        let Self { gateway, busy, shares, .. } = self;
        busy.retain(|_, waiting| !waiting.is_empty());
        let (account, waiting) = busy.iter_mut().find(|(account, _)| gateway.has_room(account))?;
        shares.entry(account.clone()).or_default().pop(waiting)
    }

    /// The targets of a route whose provider takes calls of other workspaces first, as bits.
    fn yields(&self, workspace: WorkspaceId, route: &[RouteTarget]) -> u8 {
        let yields = |target: &RouteTarget| {
            let account = target.account();
            let share = self.shares.get(&account).zip(self.busy.get(&account));
            share.is_some_and(|(shares, waiting)| shares.yields(workspace, waiting))
        };
        let bits = (0_u8..).zip(route).filter(|(_, target)| yields(target));
        bits.fold(0, |bits, (index, _)| bits | bit(index))
    }

    fn took_off(&mut self, call: &Call) {
        self.shares.entry(call.target.account()).or_default().take(call.workspace);
    }

    fn landed(&mut self, call: &Call) {
        if let Some(shares) = self.shares.get_mut(&call.target.account()) {
            shares.give_back(call.workspace);
        }
    }

    fn wait(&mut self, key: TaskKey, until: Timestamp, kind: WaitKind) {
        let known = self.turns.entry(key).or_insert((until, kind));
        if until < known.0 {
            *known = (until, kind);
        }
    }
}

impl Core {
    /// Goes by `terms` from now on. What was learnt of accounts that were known stays, and calls in flight keep their targets.
    pub(super) fn renew_models(&mut self, terms: TermsTable) {
        self.terms.renew(terms);
        self.calls.gateway.allow(self.terms.limits());
        self.terms.exceeded().for_each(|target| self.calls.gateway.stop_under_caps(target));
    }

    /// Decides where a call goes and what it may cost at most.
    pub(super) fn call(&mut self, caller: &Caller<'_>) -> Turn {
        let Caller { key, task, wanted, purpose, .. } = *caller;
        let Some(Step::Model(step)) = task.step(wanted.path) else { return Turn::Later };
        let (route, absent) = self.route(caller);
        if (0..route.len()).all(|index| is_set(absent, u8::try_from(index).unwrap_or(u8::MAX))) {
            // A key that this process was not given, a server that was not there when it began: nothing is wrong with the
            // task, and the next process may have them.
            let until = Some(self.now + ABSENT_WAIT);
            let path = wanted.path;
            return Turn::Told(Box::new(Input::Defer { path, waits: WaitKind::Provider, until }));
        }
        if is_set(absent, first_target(wanted)) {
            // The machine is told, so that it does not come back to it.
            return self.refuse(caller, first_target(wanted), &RefuseReason::NoTarget);
        }
        let Some(input) = self.size(caller, &route) else { return Turn::Later };
        let ask = Ask {
            ticket: Ticket(number(&(key, wanted.path, wanted.attempt))),
            step: StepKey(number(&(key, wanted.path))),
            workspace: key.workspace,
            priority: wanted.priority,
            input,
            output_tokens_max: sampling(&task.submission.policy.limits, purpose).output_tokens_max,
            left: task.ledger.left(),
            first_target: first_target(wanted),
            given_up: given_up(step, wanted, &task.submission.policy.limits) | absent,
            yields: self.calls.yields(key.workspace, &route),
            retry: wanted.cause == Cause::Retry,
        };
        match self.calls.gateway.admit(self.now, &ask, &route) {
            Admission::Admit(call) => {
                self.calls.lines.remove(&(key, ask.ticket));
                self.calls.callers.remove(&ask.ticket);
                self.calls.took_off(&call);
                #[cfg(feature = "planted")]
                self.spoilt_circuit(&call);
                let target = target(call.index, &call.target);
                let reserved = call.reserved;
                #[cfg(feature = "planted")]
                let reserved = self.spoilt_reservation(reserved);
                Turn::Go(target, reserved, Some(call))
            }
            Admission::Wait { until, reason } => {
                self.calls.stands_in_line(key, ask.ticket, until, route.clone());
                self.wait_for_turn(caller, (&route, ask.yields), until, reason)
            }
            Admission::Refuse(RefuseReason::OverCap { needed, .. }) => {
                let first = route.get(usize::from(ask.first_target)).or_else(|| route.first());
                first.map_or(Turn::Later, |first| Turn::Go(target(ask.first_target, first), needed, None))
            }
            Admission::Refuse(reason) => self.refuse(caller, ask.first_target, &reason),
        }
    }

    /// The targets of the call's route, and those that nobody knows here as bits.
    fn route(&self, caller: &Caller<'_>) -> (Vec<RouteTarget>, u8) {
        let Some(live) = self.live.get(&caller.key) else { return (Vec::new(), 0) };
        let named = live.crew.route(caller.purpose, caller.agent_type.map(Name::as_str));
        let mut absent = 0_u8;
        let targets = named.iter().enumerate().map(|(index, named)| {
            self.terms.target(&named.provider, &named.model).unwrap_or_else(|| {
                absent |= bit(u8::try_from(index).unwrap_or(u8::MAX));
                unknown(&named.provider, &named.model)
            })
        });
        let targets: Vec<RouteTarget> = targets.collect();
        #[cfg(feature = "planted")]
        let targets = {
            let mut targets = targets;
            self.spoilt_route(&mut targets);
            targets
        };
        (targets, absent)
    }

    /// How long the prompt is; `None` while it is being measured.
    fn size(&mut self, caller: &Caller<'_>, route: &[RouteTarget]) -> Option<InputSize> {
        let measured = |target: &RouteTarget| {
            self.terms.get(&target.provider, &target.model).is_some_and(|terms| terms.measured)
        };
        if !route.iter().any(measured) {
            return Some(InputSize::Unmeasured);
        }
        let flight = FlightKey { task: caller.key, path: caller.wanted.path };
        if let Some(known) = self.calls.sizes.get(&(flight, caller.wanted.attempt)) {
            return *known;
        }
        // What the prompt is made of must be in the store first: the commit under way brings it there.
        if caller.settled
            && let Some(order) = self.order(caller, route)
        {
            self.calls.sizes.insert((flight, caller.wanted.attempt), None);
            self.actions.push(Action::Measure(Box::new(order)));
        }
        None
    }

    fn order(&self, caller: &Caller<'_>, route: &[RouteTarget]) -> Option<Order> {
        let live = self.live.get(&caller.key)?;
        let index = first_target(caller.wanted);
        let first = route.get(usize::from(index)).or_else(|| route.first())?;
        // Whichever target is admitted, its prompt is no longer than that for the one with the most room.
        let widest = route.iter().max_by_key(|target| target.input_tokens_max)?;
        Some(Order {
            task: caller.key,
            state: Arc::clone(caller.task),
            crew: Arc::clone(&live.crew),
            wanted: caller.wanted.clone(),
            target: Some(target(index, first)),
            room: Some(Room {
                input_tokens_max: widest.input_tokens_max,
                output_tokens_max: widest.output_tokens_max,
                thought_tokens: widest.thought_tokens,
                input_tokens_reserved: None,
            }),
            refused: None,
            at: self.now,
            deadline: self.limits.effect_deadline,
        })
    }

    /// A prompt was measured.
    pub(super) fn measured(&mut self, flight: FlightKey, attempt: u16, size: InputSize) {
        if let Some(known) = self.calls.sizes.get_mut(&(flight, attempt)) {
            *known = Some(size);
            self.wake_later(flight.task);
        }
    }

    /// Nobody can answer it: the attempt fails, and the machine decides whether another may.
    fn refuse(&self, caller: &Caller<'_>, first: u8, reason: &RefuseReason) -> Turn {
        let Some(live) = self.live.get(&caller.key) else { return Turn::Later };
        let named = live.crew.route(caller.purpose, caller.agent_type.map(Name::as_str));
        let Some(at) = named.get(usize::from(first)).or_else(|| named.first()) else { return Turn::Later };
        let target = Target { index: first, provider: at.provider.clone(), model: at.model.clone() };
        let (class, sentence) = match (reason, self.terms.lack_of(&at.provider)) {
            (RefuseReason::NoTarget, Some(lack)) => (FailureClass::UnknownModel, lack.to_owned()),
            (RefuseReason::NoTarget, None) => (
                FailureClass::UnknownModel,
                format!(
                    "No model is left to ask: '{}/{}' and the others of the route are not configured here, or were given up. \
                     `divisi models` lists what there is.",
                    at.provider, at.model
                ),
            ),
            (RefuseReason::TooLong { .. }, _) => {
                (FailureClass::ContextTooLong, format!("Not sent: {reason}."))
            }
            (
                RefuseReason::Unpriced { .. }
                | RefuseReason::StoppedUnderCaps { .. }
                | RefuseReason::OverCap { .. },
                _,
            ) => (FailureClass::BadRequest, format!("Not sent: {reason}.")),
        };
        Turn::Refused(target, (class, sentence))
    }

    fn wait_for_turn(
        &mut self,
        caller: &Caller<'_>,
        (route, yields): (&[RouteTarget], u8),
        until: Timestamp,
        reason: WaitReason,
    ) -> Turn {
        let waits = match reason {
            WaitReason::RateLimited | WaitReason::Busy => WaitKind::Quota,
            WaitReason::CircuitOpen | WaitReason::Probing | WaitReason::RetryBudget => WaitKind::Provider,
        };
        if reason != WaitReason::Busy && until.since(self.now) > IN_MEMORY_WAIT {
            return Turn::Told(Box::new(Input::Defer {
                path: caller.wanted.path,
                waits,
                until: Some(until),
            }));
        }
        if reason == WaitReason::Busy {
            let place = self.queue_key(caller.key);
            let full = |target: &RouteTarget| !self.calls.gateway.has_room(&target.account());
            let busy = (0_u8..).zip(route).filter(|(index, target)| is_set(yields, *index) || full(target));
            let busy: Vec<&RouteTarget> = busy.map(|(_, target)| target).collect();
            for target in busy {
                self.calls.busy.entry(target.account()).or_default().insert(place);
            }
        }
        self.calls.wait(caller.key, until, waits);
        Turn::Later
    }

    /// What a call that was let through came to.
    pub(super) fn called(&mut self, call: &Call, result: &Result) {
        let outcome = match &result.report {
            // What happened here before anybody was asked says nothing of the target.
            _ if !result.asked => CallOutcome::NotSent,
            Report::Answered(_) => CallOutcome::Answered { tokens: result.tokens },
            Report::Failed { class, retry_after, .. } => {
                CallOutcome::Failed { class: *class, retry_after: *retry_after, tokens: result.tokens }
            }
        };
        #[cfg(feature = "planted")]
        let outcome = self.spoilt_outcome(call, outcome);
        self.calls.landed(call);
        self.calls.gateway.settle(self.now, call, outcome);
        let account = call.target.account();
        self.calls.gateway.learn(self.now, &account, &result.rate);
        // What the call did not use may be enough for who is first in line.
        if let Some(next) = self
            .calls
            .gateway
            .first_in_line(&account)
            .and_then(|first| self.calls.callers.get(&first).copied())
        {
            self.wake_later(next);
        }
        let used = result.usage.zip(call.target.price).map(|(usage, price)| price.cost(&usage));
        #[cfg(feature = "planted")]
        let used = used.filter(|_| self.planted != Some(super::Planted::ExcessForgiven));
        if used.is_some_and(|used| used > call.reserved) {
            tracing::warn!(
                provider = %call.target.provider, model = %call.target.model,
                "reservation_exceeded: this model used more than it was sent as a limit, and is not called under a cap any more"
            );
            self.calls.gateway.stop_under_caps(call.target.target_key());
        }
    }

    /// A call that was let through did not go, or nobody wants its answer any more.
    pub(super) fn not_called(&mut self, call: &Call, outcome: CallOutcome) {
        self.calls.landed(call);
        self.calls.gateway.settle(self.now, call, outcome);
    }
}

fn target(index: u8, of: &RouteTarget) -> Target {
    Target { index, provider: of.provider.clone(), model: of.model.clone() }
}

fn unknown(provider: &Name, model: &Name) -> RouteTarget {
    RouteTarget {
        provider: provider.clone(),
        model: model.clone(),
        key: Name::from_static("default"),
        price: None,
        input_tokens_max: 0,
        output_tokens_max: 0,
        thought_tokens: 0,
    }
}

fn first_target(wanted: &Wanted) -> u8 {
    match &wanted.work {
        divisi_domain::task::Work::Model { target, .. } => *target,
        divisi_domain::task::Work::Tool { .. } => 0,
    }
}

/// The place of a target among bits.
fn bit(target: u8) -> u8 {
    1_u8.checked_shl(u32::from(target)).unwrap_or(0)
}

fn is_set(bits: u8, target: u8) -> bool {
    bits & bit(target) != 0
}

/// Targets that this attempt may not go to, as bits.
fn given_up(step: &ModelStep, wanted: &Wanted, limits: &Limits) -> u8 {
    match wanted.cause {
        // A new series begins with every target of the route that may still answer.
        Cause::NewSeries => step.given_up_for_good(limits),
        // Who gave the wrong answer is told what was wrong with it, and nobody else.
        Cause::Reask => !bit(first_target(wanted)),
        Cause::First | Cause::Retry | Cause::Failover | Cause::Interrupted => {
            let spent = |asked: &u8| *asked >= limits.target_attempts_max;
            let spent = step.asked.iter().enumerate().filter(|(_, asked)| spent(asked));
            let spent = spent.fold(0, |bits, (index, _)| bits | bit(u8::try_from(index).unwrap_or(u8::MAX)));
            step.given_up | step.given_up_for_good(limits) | spent
        }
    }
}

/// The same number for the same thing in every process of this version.
fn number(of: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}
