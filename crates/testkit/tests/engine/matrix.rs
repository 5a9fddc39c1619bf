//! What becomes of a model step by how its models fail and by what the policy allows: fault × policy, in virtual time.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use divisi_domain::approval::Mode;
use divisi_domain::id::{InputId, TaskId};
use divisi_domain::model_step::{FailureClass, Purpose};
use divisi_domain::money::{MicroUsd, Price, Usage};
use divisi_domain::name::Name;
use divisi_domain::path::Node;
use divisi_domain::task::{Event, OnBudget, Outcome, TaskPriority, decode};
use divisi_domain::time::{Millis, Timestamp};
use divisi_engine::core::{
    Action, Core, CoreInput, CoreLimits, Entropy, FlightKey, NewTask, Order, ReplyTo, TaskKey, Terms,
    TermsTable,
};
use divisi_engine::crew::{Crew, RouteTarget};
use divisi_engine::driver::{NewTask as Submitted, prepare, read_state, read_task};
use divisi_engine::perform::{Means, measure, perform};
use divisi_llm::{CallContext, NoSink, Provider, ProviderError, Request, Response, TokenSink};
use divisi_providers::Scripted;
use divisi_providers::scripted::Script;
use divisi_store::{BlobKey, MemoryStore, Reads, Store, commit_blocking};
use divisi_testkit::app::{TestApp, WORKSPACE};
use divisi_tools::calls::ToolRegistry;
use divisi_tools::corpus::Corpus;
use futures::FutureExt;
use futures::future::BoxFuture;

const START: Timestamp = Timestamp::from_millis(1_700_000_000_000);
const VENDORS: [&str; 3] = ["a", "b", "c"];
/// How long a call takes.
const LATENCY: Millis = Millis(500);

/// What the first model does to its first calls.
#[derive(Clone, Copy)]
enum Fault {
    /// This class, after text of an answer had come or before.
    Fails(FailureClass, bool),
    /// 429 with this many seconds to wait.
    Limited(u64),
    Empty,
    Nonsense,
    Overrun,
    Uncounted,
    /// Five steps that failed opened its circuit, and its time is over: the next call is a probe, which is answered or not.
    HalfOpen(bool),
}

/// Failures that open a circuit.
const OPENING: u32 = 5;
/// Longer than the first opening.
const OPENED: Millis = Millis(2_000);
/// Tasks that come at once to a circuit that is half open: three answers close it, and then two may go at the same time.
const PROBING: u8 = 5;

struct Troubled {
    name: Name,
    inner: Scripted,
    fault: Option<Fault>,
    /// Calls that still meet it.
    left: AtomicU32,
}

impl Troubled {
    async fn answer(
        &self,
        request: Request,
        context: &CallContext,
        sink: &mut dyn TokenSink,
    ) -> Result<Response, ProviderError> {
        let meets =
            self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
        let fails =
            |class, generated| ProviderError { generated, ..ProviderError::new(class, "trouble".to_owned()) };
        let model = request.model.clone();
        let said = |text: &str, usage| Ok(Response::new(text.to_owned(), Vec::new(), usage, model.clone()));
        match self.fault.filter(|_| meets) {
            None => self.inner.call(request, context, sink).await,
            Some(Fault::HalfOpen(_)) => Err(fails(FailureClass::Unauthorized, false)),
            Some(Fault::Fails(class, begun)) => {
                if begun {
                    sink.push("It was");
                }
                Err(fails(class, begun))
            }
            Some(Fault::Limited(seconds)) => {
                let retry_after = Some(Millis::from_secs(seconds));
                Err(ProviderError { retry_after, ..fails(FailureClass::RateLimited, false) })
            }
            Some(Fault::Empty) => said("", None),
            Some(Fault::Nonsense) => {
                said("Nice weather.", Some(Usage { input_tokens: 100, output_tokens: 3, ..Usage::default() }))
            }
            Some(Fault::Overrun) => {
                let answered = self.inner.call(request, context, sink).await?;
                Ok(Response {
                    usage: Some(Usage { input_tokens: 9_000_000, ..Usage::default() }),
                    ..answered
                })
            }
            Some(Fault::Uncounted) => {
                let answered = self.inner.call(request, context, sink).await?;
                Ok(Response { usage: None, ..answered })
            }
        }
    }
}

impl Provider for Troubled {
    fn name(&self) -> &Name {
        &self.name
    }

    fn call<'a>(
        &'a self,
        request: Request,
        context: &'a CallContext,
        sink: &'a mut dyn TokenSink,
    ) -> BoxFuture<'a, Result<Response, ProviderError>> {
        self.answer(request, context, sink).boxed()
    }
}

/// What the policy allows.
#[derive(Clone, Copy)]
struct Policy {
    targets: usize,
    cap: Option<MicroUsd>,
    deadline: Option<Millis>,
    /// Calls to the first model that meet the fault.
    troubled: u32,
}

const ONE: Policy = Policy { targets: 1, cap: None, deadline: None, troubled: 2 };
const THREE: Policy = Policy { targets: 3, ..ONE };
/// Room for two reservations of the analysis, at either model, not for three.
const CAPPED: Policy = Policy { cap: Some(MicroUsd(30_000)), ..THREE };
/// Room for one and a little: not for the step behind it, whose prompt is about as long.
const TIGHT: Policy = Policy { cap: Some(MicroUsd(28_000)), ..THREE };
const LATE: Policy = Policy { deadline: Some(Millis(3_000)), ..THREE };

struct Seeded(u64);

impl Entropy for Seeded {
    fn next(&mut self) -> u64 {
        self.0 += 1;
        self.0 << 40
    }
}

struct Rig {
    core: Core,
    store: Arc<MemoryStore>,
    key: BlobKey,
    means: Means,
    corpus: Arc<Corpus>,
    now: Timestamp,
    orders: VecDeque<Order>,
}

impl Rig {
    fn step(&mut self, input: CoreInput) {
        let mut actions: VecDeque<Action> = self.core.step(input, self.now).into();
        while let Some(action) = actions.pop_front() {
            let input = match action {
                Action::Commit { ticket, batch } => {
                    CoreInput::Committed { ticket, outcome: commit_blocking(self.store.as_ref(), batch) }
                }
                Action::Measure(order) => CoreInput::Measured {
                    flight: FlightKey { task: order.task, path: order.wanted.path },
                    attempt: order.wanted.attempt,
                    size: measure(&order, &self.means, &self.corpus),
                },
                Action::Perform(order) => {
                    self.orders.push_back(*order);
                    continue;
                }
                Action::Load(task) => {
                    let loaded = read_task(self.store.as_ref(), task).unwrap().map(Box::new);
                    CoreInput::Loaded { task, loaded }
                }
                _ => continue,
            };
            actions.extend(self.core.step(input, self.now));
        }
    }

    /// Goes on until the analyses of these tasks are answered or given up, or nothing goes on by itself.
    fn run(&mut self, tasks: &[TaskKey]) {
        let mut open: BTreeSet<TaskKey> = tasks.iter().copied().collect();
        for _ in 0..200 {
            open.retain(|task| !self.has_ended(*task));
            if open.is_empty() {
                return;
            }
            if let Some(order) = self.orders.pop_front() {
                if order.wanted.path.node == Node::Analyse {
                    self.perform(&order);
                } else {
                    open.remove(&order.task);
                }
            } else if let Some(at) = self.core.wake_at() {
                self.now = self.now.max(at);
                self.step(CoreInput::Tick);
            } else {
                return;
            }
        }
        panic!("it does not end");
    }

    fn has_ended(&self, task: TaskKey) -> bool {
        let state = read_state(self.store.as_ref(), task).unwrap();
        state.is_some_and(|(task, _)| task.ending.is_some())
    }

    fn perform(&mut self, order: &Order) {
        let result = perform(order, &self.means, &self.corpus, &mut NoSink).now_or_never().unwrap();
        self.now = self.now + LATENCY;
        let flight = FlightKey { task: order.task, path: order.wanted.path };
        self.step(CoreInput::Ended { flight, attempt: order.wanted.attempt, result: Box::new(result) });
    }

    fn submit(&mut self, number: u8, crew: &Arc<Crew>, policy: Policy) -> TaskKey {
        let task = Submitted {
            workspace: WORKSPACE,
            input: InputId([number; 16]),
            id: TaskId::from_bytes([number; 16]),
            title: "A question".to_owned(),
            description: "A question that somebody asks.".to_owned(),
            constraints: Vec::new(),
            domain: None,
            documents: Vec::new(),
            crew: Arc::clone(crew),
            mode: Mode::FullAutonomous,
            priority: TaskPriority::Medium,
            cap: policy.cap,
            deadline: policy.deadline.map(|after| self.now + after),
            plan_only: false,
            request: None,
        };
        let prepared = prepare(&task, &self.key).unwrap();
        let (submission, sides) = (prepared.submission, prepared.sides);
        let key = TaskKey::new(WORKSPACE, task.id);
        let (id, title, crew, reply) = (task.input, task.title, task.crew, ReplyTo(number.into()));
        self.step(CoreInput::Submit(Box::new(NewTask { key, id, submission, crew, title, sides, reply })));
        key
    }
}

/// The attempts at the analysis, where the task stands then: who was asked, `!` where it failed, what was booked (nothing,
/// the whole reservation, the usage, more than was reserved).
fn cell(fault: Fault, policy: Policy) -> String {
    let (mut rig, crew) = rig(fault, policy);
    if let Fault::HalfOpen(_) = fault {
        return half_open(&mut rig, &crew, policy);
    }
    let task = rig.submit(1, &crew, policy);
    rig.run(&[task]);
    told(&rig, task, None)
}

/// The same of tasks that all come at once to a circuit that is half open, with when each attempt began.
fn half_open(rig: &mut Rig, crew: &Arc<Crew>, policy: Policy) -> String {
    for number in 0..5 {
        let task = rig.submit(100 + number, crew, Policy { cap: None, deadline: None, ..policy });
        rig.run(&[task]);
    }
    rig.now = rig.now + OPENED;
    let began = rig.now;
    let tasks: Vec<TaskKey> = (1..=PROBING).map(|number| rig.submit(number, crew, policy)).collect();
    rig.run(&tasks);
    let cells: Vec<String> = tasks.into_iter().map(|task| told(rig, task, Some(began))).collect();
    cells.join(" | ")
}

fn rig(fault: Fault, policy: Policy) -> (Rig, Arc<Crew>) {
    let store = Arc::new(MemoryStore::new());
    let key = store.open_workspace(WORKSPACE, BlobKey([7; 32])).unwrap();
    let price = Price { input_per_million: 1_000_000, output_per_million: 5_000_000, ..Price::default() };
    let (mut terms, mut providers) = (TermsTable::default(), BTreeMap::new());
    for (place, vendor) in VENDORS.into_iter().enumerate() {
        let name = Name::from_static(vendor);
        let fault = (place == 0).then_some(fault);
        let troubled = match fault {
            Some(Fault::HalfOpen(answered)) => OPENING + u32::from(!answered),
            _ => policy.troubled,
        };
        let (inner, left) = (Scripted::new(Script::default()), AtomicU32::new(troubled));
        let provider: Arc<dyn Provider> = Arc::new(Troubled { name: name.clone(), inner, fault, left });
        providers.insert(name.clone(), provider);
        terms.set(name, Name::from_static("m"), Terms { measured: true, ..Terms::of(price, 100_000) });
    }
    let mut crew = (*TestApp::crew("research").unwrap()).clone();
    crew.policy.on_budget = OnBudget::Wait;
    let target = |vendor: &'static str| RouteTarget {
        provider: Name::from_static(vendor),
        model: Name::from_static("m"),
    };
    for purpose in Purpose::ALL {
        // What follows the analysis is asked elsewhere, where it would be a probe.
        let elsewhere = matches!(fault, Fault::HalfOpen(_)) && purpose != Purpose::Analyse;
        let (skipped, targets) = if elsewhere { (2, 1) } else { (0, policy.targets) };
        let route = VENDORS.into_iter().skip(skipped).take(targets);
        crew.routes.insert(purpose, route.map(target).collect());
    }
    let reads: Arc<dyn Reads> = store.clone();
    let tools = Arc::new(ToolRegistry::with_built_ins().unwrap());
    let rig = Rig {
        core: Core::new(CoreLimits::default(), terms, Box::new(Seeded(1))),
        store,
        key,
        means: Means { reads, providers: Arc::new(providers), tools },
        corpus: Arc::new(Corpus::default()),
        now: START,
        orders: VecDeque::new(),
    };
    (rig, Arc::new(crew))
}

fn told(rig: &Rig, key: TaskKey, since: Option<Timestamp>) -> String {
    let (task, _) = read_state(rig.store.as_ref(), key).unwrap().unwrap();
    let mut words = Vec::new();
    for stored in rig.store.events(&key.stream(), 0, 1_000).unwrap() {
        match decode(stored.kind, stored.kind_version, &stored.body).unwrap() {
            Event::EffectStarted { path, target: Some(target), .. } if path.node == Node::Analyse => {
                let at = since.map(|since| format!("@{}", stored.at.since(since).0)).unwrap_or_default();
                words.push(format!("{}{at}", target.provider));
            }
            Event::EffectEnded { path, outcome, booked, .. } if path.node == Node::Analyse => {
                let sign = if matches!(outcome, Outcome::Answered(_)) { "" } else { "!" };
                let cost = match (booked.charged.0, booked.estimated, booked.excess.0) {
                    (0, ..) => "0",
                    (_, true, _) => "whole",
                    (.., 0) => "used",
                    _ => "excess",
                };
                words.push(format!("{sign}{cost}"));
            }
            _ => {}
        }
    }
    let waits = task.waiting_for(rig.now).map(|wait| format!(" waits {}", wait.kind.as_str()));
    let ended = task.ending.as_ref().and_then(|ending| ending.reason);
    let end = ended.map(|reason| format!(" {}", reason.code())).or(waits).unwrap_or_default();
    format!("{}{end}", words.join(" "))
}

/// By fault: with one target, with three, under a tight cap, near the deadline.
const CELLS: [(&str, Fault, [&str; 4]); 23] = [
    (
        "cut",
        Fault::Fails(FailureClass::Connection, true),
        ["a !whole a !whole a used", "a !whole b used", "a !whole b used waits budget", "a !whole b used"],
    ),
    (
        "stall",
        Fault::Fails(FailureClass::TimedOut, true),
        ["a !whole a !whole a used", "a !whole b used", "a !whole b used waits budget", "a !whole b used"],
    ),
    (
        "malformed chunk",
        Fault::Fails(FailureClass::Truncated, true),
        ["a !whole a !whole a used", "a !whole b used", "a !whole b used waits budget", "a !whole b used"],
    ),
    (
        "error in the stream",
        Fault::Fails(FailureClass::Overloaded, true),
        ["a !whole a !whole a used", "a !whole b used", "a !whole b used waits budget", "a !whole b used"],
    ),
    (
        "no end",
        Fault::Fails(FailureClass::Truncated, false),
        ["a !whole a !whole a used", "a !whole b used", "a !whole b used waits budget", "a !whole b used"],
    ),
    (
        "empty",
        Fault::Empty,
        ["a !whole a !whole a used", "a !whole b used", "a !whole b used waits budget", "a !whole b used"],
    ),
    (
        "no answer",
        Fault::Fails(FailureClass::Connection, false),
        [
            "a !whole a !whole a used",
            "a !whole a !whole a used",
            "a !whole a !whole waits budget",
            "a !whole a !whole a used",
        ],
    ),
    (
        "429",
        Fault::Fails(FailureClass::RateLimited, false),
        ["a !0 a !0 a used", "a !0 a !0 a used", "a !0 a !0 a used", "a !0 a !0 deadline_exceeded"],
    ),
    (
        "429 for 4 s",
        Fault::Limited(4),
        ["a !0 a !0 a used", "a !0 a !0 a used", "a !0 a !0 a used", "a !0 b used deadline_exceeded"],
    ),
    ("429 for 40 s", Fault::Limited(40), ["a !0 a !0 a used", "a !0 b used", "a !0 b used", "a !0 b used"]),
    (
        "500, 529",
        Fault::Fails(FailureClass::Overloaded, false),
        [
            "a !whole a !whole a used",
            "a !whole a !whole a used",
            "a !whole a !whole waits budget",
            "a !whole a !whole a used",
        ],
    ),
    (
        "401",
        Fault::Fails(FailureClass::Unauthorized, false),
        ["a !0 unauthorized", "a !0 b used", "a !0 b used", "a !0 b used"],
    ),
    (
        "404",
        Fault::Fails(FailureClass::UnknownModel, false),
        ["a !0 unknown_model", "a !0 b used", "a !0 b used", "a !0 b used"],
    ),
    (
        "quota",
        Fault::Fails(FailureClass::QuotaSpent, false),
        ["a !0 quota_spent", "a !0 b used", "a !0 b used", "a !0 b used"],
    ),
    (
        "quota in the stream",
        Fault::Fails(FailureClass::QuotaSpent, true),
        ["a !whole quota_spent", "a !whole b used", "a !whole b used waits budget", "a !whole b used"],
    ),
    (
        "too long",
        Fault::Fails(FailureClass::ContextTooLong, false),
        ["a !0 context_too_long", "a !0 b used", "a !0 b used", "a !0 b used"],
    ),
    (
        "400",
        Fault::Fails(FailureClass::BadRequest, false),
        ["a !0 bad_request", "a !0 b used", "a !0 b used", "a !0 b used"],
    ),
    (
        "refused",
        Fault::Fails(FailureClass::Refused, false),
        ["a !whole refused", "a !whole b used", "a !whole b used waits budget", "a !whole b used"],
    ),
    (
        "nonsense",
        Fault::Nonsense,
        [
            "a !used a !used unparsable",
            "a !used a !used b used",
            "a !used a !used b used",
            "a !used a !used b used",
        ],
    ),
    ("wrong usage", Fault::Overrun, ["a excess", "a excess", "a excess waits budget", "a excess"]),
    ("no usage", Fault::Uncounted, ["a whole", "a whole", "a whole waits budget", "a whole"]),
    // One probe at a time; three that are answered close the circuit, and the last two go at once.
    (
        "half open, probes are answered",
        Fault::HalfOpen(true),
        [
            "a@0 used | a@500 used | a@1000 used | a@1500 used | a@1500 used",
            "a@0 used | b@0 used | b@0 used | b@0 used | b@0 used",
            "a@0 used | b@0 used | b@0 used | b@0 used | b@0 used",
            "a@0 used | b@0 used | b@0 used | b@0 used | b@0 used",
        ],
    ),
    // The one that is not opens it again, for half as long again.
    (
        "half open, the first probe fails",
        Fault::HalfOpen(false),
        [
            "a@0 !0 unauthorized | a@2750 used | a@3250 used | a@3750 used | a@4250 used",
            "a@0 !0 b@500 used | b@0 used | b@0 used | b@0 used | b@0 used",
            "a@0 !0 b@500 used | b@0 used | b@0 used | b@0 used | b@0 used",
            // Calls are made one after the other here: the sixth ends at the deadline.
            "a@0 !0 b@500 used deadline_exceeded | b@0 used | b@0 used | b@0 used | b@0 used",
        ],
    ),
];

#[test]
fn every_fault_meets_its_reaction_under_every_policy() {
    for (name, fault, expected) in CELLS {
        // An answer without usage is booked whole, and the next step finds what is left.
        let capped = if matches!(fault, Fault::Uncounted) { TIGHT } else { CAPPED };
        let cells = [ONE, THREE, capped, LATE].map(|policy| cell(fault, policy));
        assert_eq!(cells, expected, "{name}");
    }
}
