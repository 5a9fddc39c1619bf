//! The store cannot take a task's commit: a full disk, a damaged record.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use divisi_domain::approval::Mode;
use divisi_domain::id::TaskId;
use divisi_domain::money::MicroUsd;
use divisi_domain::name::Name;
use divisi_domain::task::{Input, TaskState, WaitKind};
use divisi_domain::time::Millis;
use divisi_engine::core::{Refused, TaskKey};
use divisi_engine::crew::{Crew, RouteTarget};
use divisi_engine::driver::{CommandError, LiveMessage, Service};
use divisi_llm::Purpose;
use divisi_providers::scripted::{PROVIDER, Rule, Sleeper};
use divisi_providers::{Scripted, scripted::Script};
use divisi_store::{MemoryStore, Store, StoreError, StreamRef};
use divisi_testkit::app::{Setup, TestApp, WORKSPACE};
use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

const TEXT: &[(&str, &str)] = &[("rules.txt", "Members pay the fee in January.\n")];
pub(crate) const MODEL: &str = "model";

/// Engines started so far.
static PROCESSES: AtomicU64 = AtomicU64::new(1);

/// Lets the scripted model answer only when the test says so.
struct Gate {
    asked: Semaphore,
    open: Semaphore,
}

impl Sleeper for Gate {
    fn sleep(&self, _: Millis) -> BoxFuture<'_, ()> {
        async {
            self.asked.add_permits(1);
            self.open.acquire().await.unwrap().forget();
        }
        .boxed()
    }
}

impl Gate {
    fn new() -> Arc<Self> {
        Arc::new(Self { asked: Semaphore::new(0), open: Semaphore::new(0) })
    }

    /// Until the analysis was asked for.
    async fn asked(&self) {
        self.asked.acquire().await.unwrap().forget();
    }
}

/// The research crew on the scripted model.
pub(crate) fn crew() -> Arc<Crew> {
    let mut crew: Crew = (*TestApp::crew("research").unwrap()).clone();
    let target = RouteTarget { provider: Name::from_static(PROVIDER), model: Name::from_static(MODEL) };
    for purpose in Purpose::ALL {
        crew.routes.insert(purpose, vec![target.clone()]);
    }
    for agent in &mut crew.agents {
        agent.route.clear();
    }
    Arc::new(crew)
}

struct Bench {
    app: TestApp,
    store: Arc<MemoryStore>,
    gate: Arc<Gate>,
    running: JoinSet<Result<(), StoreError>>,
}

impl Bench {
    /// An engine whose analysis waits at the gate.
    fn new() -> Self {
        Self::over(Arc::new(MemoryStore::new()))
    }

    fn over(store: Arc<MemoryStore>) -> Self {
        let gate = Gate::new();
        let (app, service) = start(&store, &gate);
        let mut running = JoinSet::new();
        running.spawn(service.run());
        Self { app, store, gate, running }
    }

    /// A task whose analysis was answered when the disk was full.
    async fn stalled() -> (Self, TaskId) {
        let bench = Self::new();
        let task = bench.submit().await.unwrap();
        bench.gate.asked().await;
        bench.store.set_full(true);
        bench.gate.open.add_permits(1);
        bench.stalls(task).await;
        (bench, task)
    }

    async fn submit(&self) -> Result<TaskId, CommandError> {
        self.app
            .handle
            .submit(self.app.task("When is the fee due?", TEXT, crew(), Mode::FullAutonomous))
            .await
    }

    async fn tell(&self, task: TaskId, input: Input) -> Result<u64, CommandError> {
        let id = self.app.handle.fresh_input();
        self.app.handle.command(TaskKey::new(WORKSPACE, task), id, input, Vec::new()).await
    }

    /// Until the task says that it waits for the store.
    async fn stalls(&self, task: TaskId) {
        let mut live = self.app.handle.subscribe(TaskKey::new(WORKSPACE, task), 0);
        while !matches!(live.next().await.unwrap(), Some(LiveMessage::Held(Some(wait))) if wait.kind == WaitKind::Store)
        {
        }
    }

    fn state(&self, task: TaskId) -> TaskState {
        self.app.state(task).unwrap().state()
    }

    async fn stop(mut self) {
        self.app.handle.shutdown().await;
        self.running.join_next().await.unwrap().unwrap().unwrap();
    }
}

fn start(store: &Arc<MemoryStore>, gate: &Arc<Gate>) -> (TestApp, Service) {
    let analysis = Rule { purpose: Some(Purpose::Analyse), latency_millis: 1, ..Rule::default() };
    let script = Script { model: MODEL.to_owned(), rules: vec![analysis], ..Script::default() };
    let scripted = Scripted::new(script).with_sleeper(Arc::clone(gate) as Arc<dyn Sleeper>);
    // Another process draws other ids.
    let seed = PROCESSES.fetch_add(1, Ordering::Relaxed);
    let setup = Setup { scripted: Some(scripted), seed, ..Setup::default() };
    TestApp::start(Arc::clone(store) as Arc<dyn Store>, setup).unwrap()
}

fn is_full<T: std::fmt::Debug>(outcome: &Result<T, CommandError>) -> bool {
    match outcome {
        Err(
            CommandError::Refused(Refused::Store(StoreError::Full)) | CommandError::Store(StoreError::Full),
        ) => true,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_intake_with_a_sentence_and_takes_it_again_when_there_is_room() {
    let bench = Bench::new();
    bench.gate.open.add_permits(1);
    bench.store.set_full(true);
    let refused = bench.submit().await;
    assert!(is_full(&refused) && refused.unwrap_err().to_string().contains("full"));
    bench.store.set_full(false);
    let task = bench.submit().await.unwrap();
    bench.app.handle.idle().await;
    assert_eq!(bench.state(task), TaskState::Completed);
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_result_that_finds_the_disk_full_is_kept_and_recorded_when_there_is_room() {
    let (bench, task) = Bench::stalled().await;
    assert_eq!(bench.state(task), TaskState::TaskAnalysis, "reads go on, and tell what is durable");
    assert!(is_full(&bench.tell(task, Input::Park).await), "who asks is told");
    bench.store.set_full(false);
    bench.app.handle.idle().await;
    assert_eq!(bench.state(task), TaskState::Completed);
    assert_eq!(bench.gate.asked.available_permits(), 0, "the analysis was not paid for twice");
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_is_cancelled_on_a_full_disk() {
    let (bench, task) = Bench::stalled().await;
    bench.tell(task, Input::Cancel).await.unwrap();
    assert_eq!(bench.state(task), TaskState::Cancelled);
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_does_not_keep_the_process_from_stopping() {
    let (bench, task) = Bench::stalled().await;
    let store = Arc::clone(&bench.store);
    bench.stop().await;
    store.set_full(false);
    let gate = Gate::new();
    gate.open.add_permits(1);
    let (app, service) = start(&store, &gate);
    let mut running = JoinSet::new();
    running.spawn(service.run());
    app.handle.idle().await;
    assert_eq!(app.state(task).unwrap().state(), TaskState::Completed);
    app.handle.shutdown().await;
    running.join_next().await.unwrap().unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_task_is_left_alone_and_named_after_a_start_and_all_others_go_on() {
    let bench = Bench::new();
    let task = bench.submit().await.unwrap();
    bench.gate.asked().await;
    let store = Arc::clone(&bench.store);
    bench.app.handle.shutdown_within(Millis(0)).await;
    drop(bench);
    assert!(store.damage_event(&StreamRef::new(WORKSPACE, task), 1));
    let bench = Bench::over(store);
    bench.gate.open.add_permits(1);
    let other = bench.submit().await.unwrap();
    bench.app.handle.idle().await;
    assert_eq!(bench.state(other), TaskState::Completed);
    let refused = bench.tell(task, Input::Cancel).await;
    assert!(matches!(&refused, Err(CommandError::Refused(Refused::Unreadable(_)))), "{refused:?}");
    assert!(refused.unwrap_err().to_string().contains("damaged"));
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_system_refuses_for_a_while_is_tried_again() {
    let bench = Bench::new();
    let task = bench.submit().await.unwrap();
    bench.gate.asked().await;
    let refused =
        StoreError::Unavailable { context: "making a file", cause: "too many open files".to_owned() };
    bench.store.set_failing(Some(refused.clone()), None);
    bench.gate.open.add_permits(1);
    bench.stalls(task).await;
    let asked = bench.tell(task, Input::Park).await;
    assert!(
        matches!(asked, Err(CommandError::Refused(Refused::Store(ref error))) if *error == refused),
        "{asked:?}"
    );
    bench.store.set_failing(None, None);
    bench.app.handle.idle().await;
    assert_eq!(bench.state(task), TaskState::Completed);
    assert_eq!(bench.gate.asked.available_permits(), 0, "the analysis was not paid for twice");
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_that_breaks_the_rules_stops_its_own_task_alone() {
    let bench = Bench::new();
    let task = bench.submit().await.unwrap();
    bench.gate.asked().await;
    bench.store.set_failing(Some(StoreError::invalid("a title is too long")), Some(task));
    bench.gate.open.add_permits(2);
    let other = bench.submit().await.unwrap();
    bench.app.handle.idle().await;
    assert_eq!(bench.state(task), TaskState::TaskAnalysis);
    assert_eq!(bench.state(other), TaskState::Completed);
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orderly_stops_do_not_count_against_a_call_that_takes_long() {
    let bench = Bench::new();
    let task = bench.submit().await.unwrap();
    bench.gate.asked().await;
    let store = Arc::clone(&bench.store);
    bench.app.handle.shutdown_within(Millis(0)).await;
    drop(bench);
    for _ in 0..6 {
        let bench = Bench::over(Arc::clone(&store));
        bench.gate.asked().await;
        bench.app.handle.shutdown_within(Millis(0)).await;
    }
    let bench = Bench::over(store);
    bench.gate.open.add_permits(1);
    bench.app.handle.idle().await;
    assert_eq!(bench.state(task), TaskState::Completed);
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_without_end_has_titles_that_fit() {
    let bench = Bench::new();
    let research = TestApp::crew("research").unwrap();
    let task = bench.app.task(&"\u{6f22}".repeat(5_000), TEXT, research, Mode::FullAutonomous);
    let task = bench.app.handle.submit(task).await.unwrap();
    bench.app.handle.idle().await;
    assert_eq!(bench.state(task), TaskState::Completed);
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_that_nobody_knows_here_is_waited_for() {
    let bench = Bench::new();
    let mut nobody = (*crew()).clone();
    let target =
        |model| RouteTarget { provider: Name::from_static("nobody"), model: Name::from_static(model) };
    for purpose in Purpose::ALL {
        nobody.routes.insert(purpose, vec![target("a"), target("b")]);
    }
    let task = bench.app.task("When is the fee due?", TEXT, Arc::new(nobody), Mode::FullAutonomous);
    let task = bench.app.handle.submit(task).await.unwrap();
    bench.app.handle.idle().await;
    let state = bench.app.state(task).unwrap();
    let waits = state.waiting_for(state.updated_at).map(|wait| wait.kind);
    assert_eq!((state.is_terminal(), waits), (false, Some(WaitKind::Provider)));
    assert_eq!(state.ledger.spent(), MicroUsd::ZERO);
    bench.stop().await;
}
