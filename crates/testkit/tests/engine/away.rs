//! Tasks that wait for a person are not held in memory; a command or their time brings them back.

use std::collections::VecDeque;
use std::sync::Arc;

use divisi_domain::approval::Mode;
use divisi_domain::id::{InputId, TaskId};
use divisi_domain::model_step::{FailureClass, Purpose};
use divisi_domain::money::{MicroUsd, Price, Usage};
use divisi_domain::name::Name;
use divisi_domain::task::{Input, RULES, Task, TaskPriority, TaskState, WaitKind};
use divisi_domain::time::{Millis, Timestamp};
use divisi_engine::core::{
    Action, Core, CoreInput, CoreLimits, Entropy, FlightKey, NewTask, Order, Reply, ReplyTo, Result as Ended,
    TaskKey, Terms, TermsTable,
};
use divisi_engine::crew::{Crew, RouteTarget};
use divisi_engine::driver::{NewTask as Submitted, prepare, read_state, read_task};
use divisi_engine::journal::known_agents;
use divisi_engine::perform::failed;
use divisi_store::{Append, Batch, BlobKey, Expected, MemoryStore, Store, commit_blocking};
use divisi_testkit::app::{TestApp, WORKSPACE};

const START: Timestamp = Timestamp::from_millis(1_700_000_000_000);
const DEADLINE: Millis = Millis::from_mins(60);

struct Counting(u64);

impl Entropy for Counting {
    fn next(&mut self) -> u64 {
        self.0 += 1;
        self.0
    }
}

/// A runner that starts nothing: tasks are taken and wait.
struct Bench {
    core: Core,
    store: MemoryStore,
    key: BlobKey,
    now: Timestamp,
    inputs: u8,
    replies: Vec<Reply>,
    held: Vec<(TaskKey, Option<WaitKind>)>,
    /// How often the store refuses to be read.
    unreadable: u32,
    orders: Vec<Order>,
    /// Set while tasks are not read: whose reading was asked for.
    unread: Option<Vec<TaskKey>>,
}

impl Bench {
    fn new() -> Self {
        let store = MemoryStore::new();
        let key = store.open_workspace(WORKSPACE, BlobKey([7; 32])).unwrap();
        let (replies, held) = (Vec::new(), Vec::new());
        let (now, inputs, unreadable, orders, unread) = (START, 0, 0, Vec::new(), None);
        Self { core: core(0), store, key, now, inputs, replies, held, unreadable, orders, unread }
    }

    fn step(&mut self, input: CoreInput) {
        let mut actions: VecDeque<Action> = self.core.step(input, self.now).into();
        while let Some(action) = actions.pop_front() {
            let input = match action {
                Action::Commit { ticket, batch } => {
                    CoreInput::Committed { ticket, outcome: commit_blocking(&self.store, batch) }
                }
                Action::Load(task) if self.unread.is_some() => {
                    self.unread.get_or_insert_default().push(task);
                    continue;
                }
                Action::Load(task) if self.unreadable > 0 => {
                    self.unreadable -= 1;
                    CoreInput::Unreadable { task, reason: "too many open files".to_owned(), passing: true }
                }
                Action::Load(task) => {
                    let loaded = read_task(&self.store, task).unwrap().map(Box::new);
                    CoreInput::Loaded { task, loaded }
                }
                Action::Reply { reply, .. } => {
                    self.replies.push(reply);
                    continue;
                }
                Action::Held { task, wait } => {
                    self.held.push((task, wait.map(|wait| wait.kind)));
                    continue;
                }
                Action::Perform(order) => {
                    self.orders.push(*order);
                    continue;
                }
                Action::Publish { .. } | Action::Abort(_) => continue,
                other => panic!("{other:?}"),
            };
            actions.extend(self.core.step(input, self.now));
        }
    }

    fn submit(&mut self, number: u16, deadline: Option<Timestamp>) -> TaskKey {
        let [high, low] = number.to_be_bytes();
        let mut id = [0; 16];
        (id[0], id[1]) = (high, low);
        let task = Submitted {
            workspace: WORKSPACE,
            input: InputId(id),
            id: TaskId::from_bytes(id),
            title: "A question".to_owned(),
            description: "A question that somebody asks.".to_owned(),
            constraints: Vec::new(),
            domain: None,
            documents: Vec::new(),
            crew: crew(),
            mode: Mode::FullAutonomous,
            priority: TaskPriority::Medium,
            cap: None,
            deadline,
            plan_only: false,
            request: None,
        };
        let prepared = prepare(&task, &self.key).unwrap();
        let key = TaskKey::new(WORKSPACE, task.id);
        let (submission, sides) = (prepared.submission, prepared.sides);
        let (id, title, crew, reply) = (task.input, task.title, Arc::clone(&task.crew), ReplyTo(0));
        let new = NewTask { key, id, submission, crew, title, sides, reply };
        self.step(CoreInput::Submit(Box::new(new)));
        key
    }

    fn tell(&mut self, task: TaskKey, input: Input) -> Reply {
        self.inputs += 1;
        let (id, reply) = (InputId([self.inputs; 16]), ReplyTo(1));
        self.step(CoreInput::Command { task, id, input: Box::new(input), sides: Vec::new(), reply });
        self.replies.pop().unwrap()
    }

    fn state(&self, task: TaskKey) -> Task {
        read_state(&self.store, task).unwrap().unwrap().0
    }

    /// Time passes until the runner wants to be told so.
    fn pass(&mut self) {
        self.now = self.core.wake_at().unwrap();
        self.step(CoreInput::Tick);
    }

    fn restart(&mut self) {
        let tasks = self.store_tasks();
        let agents = known_agents(&self.store).unwrap();
        self.core = core(1_000_000);
        self.step(CoreInput::Recover { agents, tasks, last_seen: self.now });
    }

    fn store_tasks(&self) -> Vec<(TaskKey, divisi_engine::core::Loaded)> {
        let open = divisi_store::Reads::open_tasks(&self.store, None, 1_000).unwrap();
        let keys = open.into_iter().map(|open| TaskKey::new(open.workspace, open.task));
        keys.map(|key| (key, read_task(&self.store, key).unwrap().unwrap())).collect()
    }

    fn in_memory(&self) -> usize {
        self.core.tasks().count()
    }
}

fn core(seed: u64) -> Core {
    running(seed, 0)
}

fn running(seed: u64, running_tasks_max: usize) -> Core {
    with(terms(), seed, running_tasks_max)
}

fn with(terms: TermsTable, seed: u64, running_tasks_max: usize) -> Core {
    let limits = CoreLimits { running_tasks_max, ..CoreLimits::default() };
    Core::new(limits, terms, Box::new(Counting(seed)))
}

fn terms() -> TermsTable {
    let price = Price { input_per_million: 1_000_000, ..Price::default() };
    let mut terms = TermsTable::default();
    terms.set(Name::from_static("paid"), Name::from_static("one"), Terms::of(price, 100_000));
    terms
}

/// The research crew on a model that costs a micro-dollar a token.
fn crew() -> Arc<Crew> {
    let mut crew = (*TestApp::crew("research").unwrap()).clone();
    let target = RouteTarget { provider: Name::from_static("paid"), model: Name::from_static("one") };
    for purpose in Purpose::ALL {
        crew.routes.insert(purpose, vec![target.clone()]);
    }
    Arc::new(crew)
}

#[test]
fn what_ends_while_its_task_is_read_costs_what_it_cost() {
    let mut bench = Bench { core: running(0, 1), ..Bench::new() };
    let task = bench.submit(1, None);
    let order = bench.orders.pop().expect("the analysis");
    // Somebody else has written to the task: it is read anew, which takes its time.
    let state = bench.state(task);
    let elsewhere = Append {
        stream: task.stream(),
        expected: Expected::At(state.seq),
        events: Vec::new(),
        inputs: vec![InputId([200; 16])],
        at: START,
    };
    commit_blocking(&bench.store, Batch { appends: vec![elsewhere], ..Batch::default() }).unwrap();
    bench.unread = Some(Vec::new());
    bench.step(CoreInput::Command {
        task,
        id: InputId([200; 16]),
        input: Box::new(Input::Park),
        sides: Vec::new(),
        reply: ReplyTo(1),
    });
    assert_eq!(bench.unread.take(), Some(vec![task]), "it is being read");
    let usage = Some(Usage { input_tokens: 1_234, ..Usage::default() });
    let result = Box::new(Ended { usage, ..failed(FailureClass::BadRequest) });
    let flight = FlightKey { task, path: order.wanted.path };
    bench.step(CoreInput::Ended { flight, attempt: order.wanted.attempt, result });
    let loaded = read_task(&bench.store, task).unwrap().map(Box::new);
    bench.step(CoreInput::Loaded { task, loaded });
    assert_eq!(bench.state(task).ledger.spent(), MicroUsd(1_234));
}

#[test]
fn a_thousand_tasks_that_wait_for_a_person_are_not_in_memory() {
    let mut bench = Bench::new();
    let tasks: Vec<TaskKey> = (0..1_000).map(|number| bench.submit(number, None)).collect();
    assert_eq!(bench.in_memory(), 1_000, "they are queued");
    for task in &tasks {
        bench.inputs = 0;
        assert!(matches!(bench.tell(*task, Input::Park), Reply::Done { .. }));
    }
    assert_eq!((bench.in_memory(), bench.core.wake_at()), (0, None));
    assert_eq!(bench.state(tasks[7]).waiting_for(bench.now).unwrap().kind, WaitKind::Parked);
    bench.restart();
    assert_eq!((bench.in_memory(), bench.core.is_idle()), (0, true));
    assert!(matches!(bench.tell(tasks[7], Input::Resume { rules: RULES }), Reply::Done { .. }));
    assert_eq!(bench.in_memory(), 1, "a command brings one back");
    assert!(matches!(bench.tell(tasks[8], Input::Cancel), Reply::Done { .. }));
    assert_eq!(bench.state(tasks[8]).state(), TaskState::Cancelled);
    assert!(matches!(bench.tell(tasks[8], Input::Erase), Reply::Done { .. }));
    assert!(bench.state(tasks[8]).erased);
}

/// Its server was not there when the process began, and came.
#[test]
fn a_task_that_waits_for_a_model_goes_on_once_there_is_one() {
    let mut bench = Bench::new();
    bench.core = with(TermsTable::default(), 0, 1);
    let task = bench.submit(1, None);
    let waits = |bench: &Bench| bench.state(task).waiting_for(bench.now).map(|wait| wait.kind);
    for _ in 0..3 {
        assert_eq!((waits(&bench), bench.orders.len()), (Some(WaitKind::Provider), 0));
        bench.pass();
    }
    let found = bench.now;
    bench.step(CoreInput::Models(Box::new(terms())));
    bench.pass();
    assert_eq!(bench.orders.len(), 1);
    assert!(bench.now.since(found) <= Millis::from_mins(5), "{:?}", bench.now);
    let target = bench.orders[0].target.as_ref().unwrap();
    assert_eq!((target.provider.as_str(), target.model.as_str()), ("paid", "one"));
}

#[test]
fn the_deadline_of_a_task_that_is_not_in_memory_holds() {
    for (name, restart, unreadable) in
        [("kept", false, 0), ("after a start", true, 0), ("unreadable", false, 3)]
    {
        let mut bench = Bench::new();
        let task = bench.submit(1, Some(START + DEADLINE));
        bench.tell(task, Input::Park);
        if restart {
            bench.restart();
        }
        assert_eq!((bench.in_memory(), bench.core.wake_at()), (0, Some(START + DEADLINE)), "{name}");
        bench.held.clear();
        bench.unreadable = unreadable;
        for _ in 0..=unreadable {
            assert_eq!(bench.state(task).state(), TaskState::Pending, "{name}");
            bench.pass();
        }
        assert_eq!(bench.state(task).state(), TaskState::Failed, "{name}");
        assert_eq!((bench.in_memory(), bench.core.wake_at()), (0, None), "{name}");
        let told: Vec<_> = bench.held.iter().map(|(_, kind)| *kind).collect();
        let store = vec![Some(WaitKind::Store); usize::try_from(unreadable).unwrap()];
        let expected = if unreadable > 0 { [store, vec![None]].concat() } else { Vec::new() };
        assert_eq!(told, expected, "{name}");
    }
}

#[test]
fn who_asks_while_the_store_cannot_be_read_is_told_and_asks_again() {
    let mut bench = Bench::new();
    let task = bench.submit(1, None);
    bench.tell(task, Input::Park);
    bench.unreadable = 1;
    assert!(matches!(bench.tell(task, Input::Resume { rules: RULES }), Reply::Refused(_)));
    assert_eq!(bench.held.last(), Some(&(task, Some(WaitKind::Store))));
    bench.pass();
    assert_eq!((bench.in_memory(), bench.held.last()), (0, Some(&(task, None))));
    assert!(matches!(bench.tell(task, Input::Resume { rules: RULES }), Reply::Done { .. }));
}
