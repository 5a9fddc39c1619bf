use std::sync::Arc;

use divisi_domain::task::TaskState;
use divisi_llm::cassette::Redaction;
use divisi_providers::cassette::{Recording, Replay, Tape};
use divisi_store::Reads;

use crate::bench::{QUESTION, Ran, only, run, scripted};

/// Everything that the log says in words: sentences of failures are content.
fn failures(ran: &Ran) -> Vec<String> {
    let contents = divisi_engine::content::Contents::of(ran.store.as_ref(), ran.key.stream());
    let mut sentences = Vec::new();
    for stored in ran.store.events(&ran.key.stream(), 0, 10_000).unwrap() {
        let event = divisi_domain::task::decode(stored.kind, stored.kind_version, &stored.body).unwrap();
        if let divisi_domain::task::Event::EffectEnded {
            outcome: divisi_domain::task::Outcome::Failed { content: Some(content), .. },
            ..
        } = event
        {
            sentences.push(contents.text(content).unwrap());
        }
    }
    sentences
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recorded_task_runs_again_without_its_provider() {
    let folder = tempfile::tempdir().unwrap();
    let tape = Arc::new(Tape::open(folder.path(), Redaction::default()).unwrap());
    let recording = Arc::new(Recording::new(scripted(), Arc::clone(&tape)));
    let recorded = run(only(recording), QUESTION, 1).await;
    assert_eq!((recorded.state, tape.incomplete()), (TaskState::Completed, None));
    assert!(failures(&recorded).len() >= 3, "{:?}", failures(&recorded));

    let replay = Replay::open(folder.path(), Redaction::default()).unwrap();
    let replayed = run(replay.providers([]), QUESTION, 2).await;
    assert_ne!(replayed.key.task, recorded.key.task);
    assert_eq!(replayed.state, TaskState::Completed, "{:?}", failures(&replayed));
    assert_eq!(replayed.report, recorded.report);
    assert_eq!(failures(&replayed).len(), failures(&recorded).len());
    let counted = |ran: &Ran| (ran.events, ran.spent_micro_usd);
    assert_eq!(counted(&replayed), counted(&recorded));

    let other = run(replay.providers([]), "Who may convey copies?", 3).await;
    assert_ne!(other.state, TaskState::Completed);
    let said = failures(&other).join("\n");
    let named = "another request at p1/analyse, attempt 1: message 1 of 1 differs in line";
    assert!(said.contains(named) && said.contains("Who may convey copies?"), "{said}");
}
