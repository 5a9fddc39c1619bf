//! The gateway under bad weather: three services with limits, storms of 429, outages, answers that break off, wrong usage,
//! while the process dies and comes back. What must hold is watched from outside, call by call.

mod circuit;
mod vendor;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicI64};
use std::sync::{Arc, Mutex, PoisonError};

use divisi_domain::model_step::{Cause, FailureClass, Purpose};
use divisi_domain::money::Price;
use divisi_domain::name::Name;
use divisi_domain::path::EffectPath;
use divisi_domain::task::{Event, Outcome, Report, Task, WaitKind, Work, decode};
use divisi_domain::time::{Millis, Timestamp};
use divisi_engine::core::{FlightKey, Order, Result as Ended, TaskKey, Terms, TermsTable};
use divisi_engine::crew::{Crew, RouteTarget};
use divisi_llm::policy::RateLimits;
use divisi_llm::{CallContext, Provider};
use divisi_providers::Scripted;
use divisi_providers::scripted::Script;
use divisi_store::Reads;

use circuit::{Circuit, Turned};
use vendor::Vendor;

use super::oracle::Check;
use super::report::Summary;

/// The services, and the one model that each has.
const VENDORS: [&str; 3] = ["north", "south", "east"];
/// One that is known and that no route has.
const NOT_ROUTED: &str = "west";
const MODEL: &str = "model";
/// Attempts of a series over all targets, and targets of a route.
const ATTEMPTS_MAX: u16 = 8;
const TARGETS_MAX: usize = 3;
/// The pause after a 429 that does not say how long.
const PAUSE: Millis = Millis(1_000);
const MINUTE: Millis = Millis(60_000);

/// What many histories must come to at least once: kinds of trouble and what followed.
pub const SOMETIMES: [&str; 22] = [
    "rate_limited, then retry",
    "rate_limited, then failover",
    "overloaded, then retry",
    "overloaded, then failover",
    "connection_failed, then retry",
    "timed_out, then retry",
    "truncated, then failover",
    "unauthorized, then failover",
    "unknown_model, then failover",
    "quota_spent, then failover",
    "context_too_long, then failover",
    "bad_request, then failover",
    "refused, then failover",
    "unparsable, then reask",
    "unparsable, then failover",
    "a new series after all targets failed",
    "a circuit opened",
    "a circuit was probed",
    "a circuit closed again",
    "usage beyond the reservation was booked",
    "usage that nobody told was booked whole",
    "a task waited for its provider's allowance",
];

/// Calls that were answered with more than they were allowed to use.
#[derive(Debug, Clone, Default)]
pub(super) struct Overruns(Arc<Mutex<BTreeSet<(String, u16)>>>);

impl Overruns {
    pub(super) fn note(&self, context: &CallContext) {
        let noted = (context.idempotency_key.clone(), context.attempt);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(noted);
    }

    fn holds(&self, call: &Call) -> bool {
        let key = (format!("{}/{}", call.flight.task.task, call.flight.path), call.attempt);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&key)
    }
}

/// One attempt at a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Call {
    flight: FlightKey,
    attempt: u16,
}

/// What the world is made of where the gateway is watched.
pub(super) struct Setting {
    pub(super) providers: BTreeMap<Name, Arc<dyn Provider>>,
    pub(super) terms: TermsTable,
    pub(super) watch: Watch,
}

/// Services, terms and limits of a seed.
pub(super) fn setting(seed: u64, script: &Script, calm: &Arc<AtomicBool>) -> Setting {
    let (clock, overruns) = (Arc::new(AtomicI64::new(0)), Overruns::default());
    let mut providers: BTreeMap<Name, Arc<dyn Provider>> = BTreeMap::new();
    let (mut terms, mut limits) = (TermsTable::default(), BTreeMap::new());
    for (place, vendor) in (0_u64..).zip(VENDORS.into_iter().chain([NOT_ROUTED])) {
        let name = Name::from_static(vendor);
        let (inner, overruns) = (Scripted::new(script.clone()), overruns.clone());
        let (clock, calm) = (Arc::clone(&clock), Arc::clone(calm));
        let service = Vendor { seed, name: name.clone(), inner, clock, calm, overruns };
        providers.insert(name.clone(), Arc::new(service));
        let price = Price { input_per_million: 3_000_000 + 1_000_000 * place, ..script.price };
        let measured = (seed >> place).is_multiple_of(2);
        let priced = Terms { measured, ..Terms::of(price, if measured { 200_000 } else { 2_000 }) };
        terms.set(name.clone(), Name::from_static(MODEL), priced);
        limits.insert(name.clone(), limits_of(seed >> (3 * place)));
        terms.limit(name.clone(), Name::from_static("default"), limits[&name]);
    }
    Setting { providers, terms, watch: Watch::new(clock, overruns, limits) }
}

fn limits_of(draw: u64) -> RateLimits {
    let requests = [None, Some(10), Some(30), Some(120)];
    let at_once = [None, Some(1), Some(2)];
    RateLimits {
        requests_per_minute: requests[usize::try_from(draw % 4).unwrap_or(0)],
        calls_in_flight_max: at_once[usize::try_from((draw >> 2) % 3).unwrap_or(0)],
        tokens_per_minute: None,
    }
}

/// The crew on the three services.
pub(super) fn staff(mut crew: Crew) -> Crew {
    let target = |vendor: &'static str| RouteTarget {
        provider: Name::from_static(vendor),
        model: Name::from_static(MODEL),
    };
    for (turn, purpose) in Purpose::ALL.into_iter().enumerate() {
        let route = (0..VENDORS.len()).map(|place| target(VENDORS[(place + turn) % VENDORS.len()]));
        crew.routes.insert(purpose, route.collect());
    }
    crew
}

/// What one account is seen to do.
#[derive(Debug, Default)]
struct Account {
    starts: Vec<(Timestamp, Call)>,
    flying: BTreeSet<Call>,
    paused: Option<(Timestamp, Timestamp)>,
    circuit: Circuit,
    /// When its model exceeded a reservation in this process.
    exceeded: Option<Timestamp>,
}

/// Follows every call of a history.
#[derive(Debug)]
pub(super) struct Watch {
    pub(super) clock: Arc<AtomicI64>,
    overruns: Overruns,
    limits: BTreeMap<Name, RateLimits>,
    /// The process's own time, which never goes back.
    now: Timestamp,
    accounts: BTreeMap<Name, Account>,
    calls: BTreeMap<Call, (Name, Timestamp)>,
    failed: BTreeMap<(TaskKey, EffectPath), FailureClass>,
    /// Whom each recorded attempt goes to.
    asked: BTreeMap<Call, Name>,
    /// Services of which an excess is in the log, and since when by the process's time.
    exceeded: BTreeMap<Name, Timestamp>,
}

impl Watch {
    fn new(clock: Arc<AtomicI64>, overruns: Overruns, limits: BTreeMap<Name, RateLimits>) -> Self {
        let (accounts, calls) = (BTreeMap::new(), BTreeMap::new());
        let failed = BTreeMap::new();
        let (now, asked, exceeded) = (Timestamp::default(), BTreeMap::new(), BTreeMap::new());
        Self { clock, overruns, limits, now, accounts, calls, failed, asked, exceeded }
    }

    /// Everything that the gateway knows is gone with its process.
    pub(super) fn died(&mut self) {
        // What is in the log, the next process knows from its start.
        self.exceeded.values_mut().for_each(|since| *since = Timestamp::default());
        self.now = Timestamp::default();
        self.accounts.clear();
        self.calls.clear();
    }

    /// A call is made that was let through at `order.at`.
    pub(super) fn starts(&mut self, order: &Order, summary: &mut Summary) -> Check {
        let (Work::Model { .. }, None, Some(target)) = (&order.wanted.work, &order.refused, &order.target)
        else {
            return Ok(());
        };
        let call = Call {
            flight: FlightKey { task: order.task, path: order.wanted.path },
            attempt: order.wanted.attempt,
        };
        let (name, at) = (target.provider.clone(), order.at);
        let limits = self.limits.get(&name).copied().unwrap_or_default();
        let account = self.accounts.entry(name.clone()).or_default();
        if let Some((since, until)) = account.paused
            && since < at
            && at < until
        {
            return Err(format!(
                "{name} was called at {} ms, though it asked to be left alone until {}",
                at.as_millis(),
                until.as_millis()
            ));
        }
        let exceeded = account.exceeded.into_iter().chain(self.exceeded.get(&name).copied()).min();
        if exceeded.is_some_and(|since| since < at) && order.state.ledger.cap().is_some() {
            return Err(format!("{name} exceeded a reservation and was called under a cap all the same"));
        }
        let turned = account.circuit.starts(call, at)?;
        note_turn(turned, summary);
        account.starts.push((at, call));
        account.within(limits, at)?;
        account.flying.insert(call);
        let flying = account.flying.len();
        if limits.calls_in_flight_max.is_some_and(|most| flying > usize::from(most)) {
            return Err(format!(
                "{flying} calls were at {name} at once, which takes {:?}",
                limits.calls_in_flight_max
            ));
        }
        self.calls.insert(call, (name, at));
        Ok(())
    }

    /// A call ended, and the gateway is told so now.
    pub(super) fn ends(
        &mut self,
        flight: FlightKey,
        attempt: u16,
        result: &Ended,
        clock: Timestamp,
        summary: &mut Summary,
    ) {
        self.now = self.now.max(clock);
        let call = Call { flight, attempt };
        let Some((name, began)) = self.calls.remove(&call) else { return };
        let Some(account) = self.accounts.get_mut(&name) else { return };
        account.flying.remove(&call);
        if !result.asked {
            // What was never sent gave its place back.
            account.starts.retain(|(_, known)| *known != call);
            account.circuit.cut(&call);
            return;
        }
        let (class, retry_after) = match &result.report {
            Report::Answered(_) => (None, None),
            Report::Failed { class, retry_after, .. } => (Some(*class), *retry_after),
        };
        if class == Some(FailureClass::RateLimited) {
            let until = self.now + retry_after.unwrap_or(PAUSE);
            if account.paused.is_none_or(|(_, known)| known < until) {
                account.paused = Some((self.now, until));
            }
        }
        if self.overruns.holds(&call) {
            account.exceeded.get_or_insert(self.now);
        }
        note_turn(account.circuit.ends(call, began, class, self.now), summary);
    }

    /// A call was cut.
    pub(super) fn aborted(&mut self, flight: FlightKey) {
        let cut: Vec<Call> = self.calls.keys().filter(|call| call.flight == flight).copied().collect();
        for call in cut {
            let Some((name, _)) = self.calls.remove(&call) else { continue };
            if let Some(account) = self.accounts.get_mut(&name) {
                account.flying.remove(&call);
                account.circuit.cut(&call);
            }
        }
    }

    /// What is recorded of attempts.
    pub(super) fn published(
        &mut self,
        key: TaskKey,
        events: &[Event],
        state: &Task,
        summary: &mut Summary,
    ) -> Check {
        let ledger = &state.ledger;
        if ledger.cap().is_some_and(|cap| ledger.committed() > cap + ledger.excess()) {
            return Err(format!("{} are committed under a cap of {:?}", ledger.committed(), ledger.cap()));
        }
        for event in events {
            self.recorded(key, event, summary)?;
        }
        Ok(())
    }

    fn recorded(&mut self, key: TaskKey, event: &Event, summary: &mut Summary) -> Check {
        match event {
            Event::EffectStarted { path, attempt, target: Some(target), .. } => {
                let call = Call { flight: FlightKey { task: key, path: *path }, attempt: *attempt };
                self.asked.insert(call, target.provider.clone());
                Ok(())
            }
            Event::EffectEnded { path, attempt, outcome, usage, booked, .. } => {
                let of = (key, *path);
                match outcome {
                    Outcome::Failed { class, .. } => {
                        self.failed.insert(of, *class);
                    }
                    Outcome::Answered(_) if usage.is_none() && booked.estimated && booked.charged.0 > 0 => {
                        summary.reached.insert("usage that nobody told was booked whole".to_owned());
                    }
                    Outcome::Answered(_) | Outcome::Interrupted { .. } | Outcome::Cancelled => {}
                }
                if booked.excess.0 == 0 {
                    return Ok(());
                }
                summary.reached.insert("usage beyond the reservation was booked".to_owned());
                let call = Call { flight: FlightKey { task: key, path: *path }, attempt: *attempt };
                if let Some(name) = self.asked.get(&call) {
                    self.exceeded.entry(name.clone()).or_insert(self.now);
                }
                if self.overruns.holds(&call) {
                    return Ok(());
                }
                Err(format!(
                    "{path} cost {} more than was reserved, and kept within its limits",
                    booked.excess
                ))
            }
            Event::AttemptScheduled { path, cause, waits, .. } => {
                self.scheduled((key, *path), *cause, *waits, summary);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn scheduled(
        &mut self,
        of: (TaskKey, EffectPath),
        cause: Cause,
        waits: Option<WaitKind>,
        summary: &mut Summary,
    ) {
        if cause == Cause::NewSeries {
            summary.reached.insert("a new series after all targets failed".to_owned());
        }
        if waits == Some(WaitKind::Quota) {
            summary.reached.insert("a task waited for its provider's allowance".to_owned());
        }
        if let Some(class) = self.failed.remove(&of) {
            summary.reached.insert(format!("{}, then {}", class.code(), format!("{cause:?}").to_lowercase()));
        }
    }
}

/// No step is tried more often in one series than it may be, nor at more targets. What a crash interrupted does not count.
pub(super) fn check_series(reads: &dyn Reads, key: TaskKey) -> Check {
    let mut series: BTreeMap<EffectPath, (u16, BTreeSet<u8>)> = BTreeMap::new();
    for stored in reads.events(&key.stream(), 0, 10_000).map_err(|error| error.to_string())? {
        let event =
            decode(stored.kind, stored.kind_version, &stored.body).map_err(|error| error.to_string())?;
        match event {
            Event::AttemptScheduled { path, cause: Cause::NewSeries, .. } => {
                series.remove(&path);
            }
            Event::EffectStarted { path, attempt, target: Some(target), .. } => {
                let (attempts, targets) = series.entry(path).or_default();
                *attempts += 1;
                targets.insert(target.index);
                let places = usize::from(target.index) + 1;
                if *attempts > ATTEMPTS_MAX || targets.len().max(places) > TARGETS_MAX {
                    let asked = targets.len().max(places);
                    return Err(format!(
                        "{path} made attempt {attempt}: {attempts} of one series, of a route of {asked} targets"
                    ));
                }
            }
            Event::EffectEnded { path, outcome: Outcome::Interrupted { .. }, .. } => {
                if let Some((attempts, _)) = series.get_mut(&path) {
                    *attempts = attempts.saturating_sub(1);
                }
            }
            _ => {}
        }
    }
    Ok(())
}

impl Account {
    /// Within any time no more than the burst and what comes back meanwhile; within any minute no more than is allowed.
    fn within(&mut self, limits: RateLimits, at: Timestamp) -> Check {
        let Some(per_minute) = limits.requests_per_minute.map(i64::from) else { return Ok(()) };
        let burst = (per_minute / 10).max(1);
        let rate = per_minute - burst + 1;
        self.starts.retain(|(start, _)| at.since(*start) < Millis(2 * MINUTE.0));
        // Calls that were let through later may have been made sooner.
        self.starts.sort();
        let times: Vec<i64> = self.starts.iter().map(|(start, _)| start.as_millis()).collect();
        let here = times.partition_point(|time| *time < at.as_millis());
        for (first, last) in (0..=here).flat_map(|first| (here..times.len()).map(move |last| (first, last))) {
            let passed = times[last] - times[first];
            let count = i64::try_from(last - first + 1).unwrap_or(i64::MAX);
            if count * 60_000 > burst * 60_000 + rate * passed || (passed < 60_000 && count > per_minute) {
                return Err(format!(
                    "{count} calls went within {passed} ms where {per_minute} a minute are allowed"
                ));
            }
        }
        Ok(())
    }
}

fn note_turn(turned: Option<Turned>, summary: &mut Summary) {
    let what = match turned {
        Some(Turned::Opened) => "a circuit opened",
        Some(Turned::Probed) => "a circuit was probed",
        Some(Turned::Closed) => "a circuit closed again",
        None => return,
    };
    summary.reached.insert(what.to_owned());
}
