//! What an agent's run came to is booked to that agent.

use std::sync::Arc;

use divisi_domain::approval::Mode;
use divisi_domain::id::{AgentId, TaskId};
use divisi_domain::journal::{AgentEvent, decode};
use divisi_domain::task::{Event, TaskState};
use divisi_engine::core::TaskKey;
use divisi_engine::driver::LiveMessage;
use divisi_llm::Purpose;
use divisi_providers::Scripted;
use divisi_providers::scripted::{Answer, Rule, Script};
use divisi_store::{MemoryStore, Reads, Store, StreamRef};
use divisi_testkit::app::{Setup, TestApp, WORKSPACE};
use serde_json::json;
use tokio::task::JoinSet;

use crate::stalled::{MODEL, crew};

/// The first solution is rejected, so that another specialist does it again.
fn script() -> Script {
    let scores = json!({ "completeness": 1.0, "accuracy": 1.0, "relevance": 1.0, "quality": 1.0 });
    let rejected = Rule {
        purpose: Some(Purpose::Review),
        path_contains: Some("cycle0".to_owned()),
        answer: Answer::Json(json!({ "scores": scores, "feedback": "Off the subject." })),
        ..Rule::default()
    };
    Script { model: MODEL.to_owned(), plan_subtasks: 1, rules: vec![rejected], ..Script::default() }
}

/// Who worked, in order.
async fn workers(app: &TestApp, task: TaskId) -> Vec<AgentId> {
    let mut live = app.handle.subscribe(TaskKey::new(WORKSPACE, task), 0);
    let mut workers = Vec::new();
    while let Some(message) = live.next().await.unwrap() {
        let LiveMessage::Event { event, .. } = message else { continue };
        match event.as_ref() {
            Event::EffectStarted { path, agent, .. } if Purpose::of(path.node) == Some(Purpose::Work) => {
                workers.extend(*agent);
            }
            Event::Completed { .. } => break,
            _ => {}
        }
    }
    workers
}

fn successes(store: &MemoryStore, agent: AgentId) -> Vec<bool> {
    let events = store.events(&StreamRef::new(WORKSPACE, agent), 0, 100).unwrap();
    let ended = events.iter().filter_map(|event| match decode(event.kind, event.kind_version, &event.body) {
        Ok(AgentEvent::Ended(outcome)) => Some(outcome.success),
        Ok(AgentEvent::Registered { .. }) => None,
        Err(error) => panic!("{error}"),
    });
    ended.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rejected_run_counts_against_who_made_it_and_not_against_who_makes_it_anew() {
    let store = Arc::new(MemoryStore::new());
    let setup = Setup { scripted: Some(Scripted::new(script())), ..Setup::default() };
    let (app, service) = TestApp::start(Arc::clone(&store) as Arc<dyn Store>, setup).unwrap();
    let mut running = JoinSet::new();
    running.spawn(service.run());
    let task = app.task("When is the fee due?", &[], crew(), Mode::FullAutonomous);
    let task = app.handle.submit(task).await.unwrap();
    let workers = workers(&app, task).await;
    assert_eq!(app.state(task).unwrap().state(), TaskState::Completed);
    let [first, second] = workers[..] else { panic!("{workers:?}") };
    assert_ne!(first, second, "another specialist was asked for");
    assert_eq!(successes(&store, first), [false]);
    assert_eq!(successes(&store, second), [true]);
    app.handle.shutdown().await;
    running.join_next().await.unwrap().unwrap().unwrap();
}
