//! Answers that other tasks were given: taken where the crew asks for it, at no cost, and gone with who paid for them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use divisi_domain::approval::Mode;
use divisi_domain::id::TaskId;
use divisi_domain::money::{MicroUsd, Price};
use divisi_domain::task::{Event, Input, RULES, RevisionScope, TaskState};
use divisi_domain::time::Millis;
use divisi_engine::core::TaskKey;
use divisi_engine::crew::{CachePolicy, Crew};
use divisi_engine::driver::{LiveMessage, NewTask};
use divisi_llm::Purpose;
use divisi_providers::Scripted;
use divisi_providers::scripted::{EffectSink, Script};
use divisi_store::{Maintenance, MemoryStore, Reads, Store};
use divisi_testkit::app::{Setup, TestApp, WORKSPACE};
use tokio::task::JoinSet;

use crate::stalled::{MODEL, crew};

#[derive(Debug, Default)]
struct Asked(AtomicUsize);

impl EffectSink for Asked {
    fn attempt_started(&self, _: &str, _: u16) -> std::io::Result<()> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

struct Bench {
    app: TestApp,
    store: Arc<MemoryStore>,
    asked: Arc<Asked>,
    running: JoinSet<Result<(), divisi_store::StoreError>>,
}

impl Bench {
    fn start() -> Self {
        let (store, asked) = (Arc::new(MemoryStore::new()), Arc::new(Asked::default()));
        let price = Price { input_per_million: 1_000_000, output_per_million: 1_000_000, ..Price::default() };
        let script = Script { model: MODEL.to_owned(), plan_subtasks: 2, price, ..Script::default() };
        let scripted = Scripted::new(script).with_sink(Arc::clone(&asked) as Arc<dyn EffectSink>);
        let setup = Setup { scripted: Some(scripted), ..Setup::default() };
        let (app, service) = TestApp::start(Arc::clone(&store) as Arc<dyn Store>, setup).unwrap();
        let mut running = JoinSet::new();
        running.spawn(service.run());
        Self { app, store, asked, running }
    }

    /// Runs a task to its end; what it asked the model, what it took from others, what it spent.
    async fn run(&self, question: &str, crew: &Arc<Crew>) -> (TaskId, [usize; 2], MicroUsd) {
        let task = self.app.task(question, &[], Arc::clone(crew), Mode::FullAutonomous);
        let task = self.submit(task).await;
        let (asked, taken) = self.outcome(task);
        let state = self.app.state(task).unwrap();
        assert_eq!(state.state(), TaskState::Completed);
        (task, [asked, taken], state.ledger.spent())
    }

    async fn submit(&self, task: NewTask) -> TaskId {
        let task = self.app.handle.submit(task).await.unwrap();
        self.app.handle.idle().await;
        task
    }

    fn outcome(&self, task: TaskId) -> (usize, usize) {
        let rows = self.store.usage(WORKSPACE, task).unwrap();
        let taken = rows.iter().filter(|row| row.from_cache);
        assert!(taken.clone().all(|row| row.cost == MicroUsd::ZERO && !row.estimated));
        let taken = taken.count();
        (self.asked.0.swap(0, Ordering::SeqCst), taken)
    }

    async fn stop(mut self) {
        self.app.handle.shutdown().await;
        self.running.join_next().await.unwrap().unwrap().unwrap();
    }
}

fn caching(purposes: &[Purpose]) -> Arc<Crew> {
    let mut crew = (*crew()).clone();
    let day = Millis::from_mins(24 * 60);
    crew.cache = purposes.iter().fold(CachePolicy::default(), |policy, purpose| policy.with(*purpose, day));
    Arc::new(crew)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_task_is_given_the_same_answers_where_the_crew_asks_for_it() {
    let bench = Bench::start();
    let all = caching(&Purpose::ALL);
    let (first, [calls, taken], paid) = bench.run("When is the fee due?", &all).await;
    assert!(calls >= 8 && taken == 0 && paid > MicroUsd::ZERO, "{calls} {taken} {paid}");
    let (_, counts, spent) = bench.run("When is the fee due?", &all).await;
    assert_eq!((counts, spent), ([0, calls], MicroUsd::ZERO), "the same question, all of it");
    let (_, counts, _) = bench.run("Who pays the fee?", &all).await;
    assert_eq!(counts, [calls, 0], "another question");
    let (_, counts, _) = bench.run("When is the fee due?", &crew()).await;
    assert_eq!(counts, [calls, 0], "a crew that does not ask for it");
    let (_, counts, _) = bench.run("When is the fee due?", &caching(&[Purpose::Analyse])).await;
    assert_eq!(counts, [calls - 1, 1], "purpose by purpose");
    assert!(bench.store.erase_content(WORKSPACE, first).unwrap());
    let (_, counts, _) = bench.run("When is the fee due?", &all).await;
    assert_eq!(counts, [calls, 0], "what was erased is given to nobody");
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_asked_again_is_answered_anew() {
    let bench = Bench::start();
    let all = caching(&Purpose::ALL);
    bench.run("When is the fee due?", &all).await;
    let (second, [_, taken], _) = bench.run("When is the fee due?", &all).await;
    assert!(taken > 0);
    let key = TaskKey::new(WORKSPACE, second);
    let side = bench.app.handle.side(key, "Say more.").unwrap();
    let revise = Input::Revise { rules: RULES, scope: RevisionScope::FullTask, request: side.blob };
    bench.app.handle.command(key, bench.app.handle.fresh_input(), revise, vec![side]).await.unwrap();
    bench.app.handle.idle().await;
    let (asked, all_taken) = bench.outcome(second);
    assert!(asked > 0 && all_taken == taken, "a revision takes nothing from others: {asked} {all_taken}");
    let mut live = bench.app.handle.subscribe(key, 0);
    let mut marked = 0;
    while let Some(message) = live.next().await.unwrap() {
        let LiveMessage::Event { event, .. } = message else { continue };
        match event.as_ref() {
            Event::EffectEnded { from_cache: true, path, .. } => {
                assert_eq!(path.pass, 1);
                marked += 1;
            }
            Event::Completed { .. } if marked == taken => break,
            _ => {}
        }
    }
    bench.stop().await;
}
