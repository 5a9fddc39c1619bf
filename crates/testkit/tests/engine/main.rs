//! The engine over the in-memory store, end to end: the main job with the offline provider, and what goes wrong.

#![cfg(test)]

mod away;
mod cached;
mod matrix;
mod outcomes;
mod small_model;
mod stalled;

use std::sync::Arc;

use divisi_domain::approval::Mode;
use divisi_domain::task::TaskState;
use divisi_store::MemoryStore;
use divisi_testkit::app::{Setup, TestApp};

const LICENCE: &str = "PREAMBLE\n\nThis licence protects the freedom to share software.\n\n1. Source code.\n\nYou may \
convey verbatim copies of the source code, provided that you publish an appropriate copyright notice on each copy.\n\n\
2. Modified versions.\n\nYou may convey a work based on the program, provided that you state that you changed it and \
give the relevant date. You must license the entire work under this licence to anyone who comes into possession of a copy.\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_becomes_a_cited_report() {
    let (app, service) = TestApp::start(Arc::new(MemoryStore::new()), Setup::default()).unwrap();
    let mut running = tokio::task::JoinSet::new();
    running.spawn(service.run());
    let crew = TestApp::crew("research").unwrap();
    let task = app.task(
        "What must someone do who conveys modified versions?",
        &[("licence.txt", LICENCE)],
        crew,
        Mode::FullAutonomous,
    );
    let id = app.handle.submit(task).await.unwrap();
    app.handle.idle().await;
    let state = app.state(id).unwrap();
    assert_eq!(
        state.state(),
        TaskState::Completed,
        "{:?} {:?}",
        state.ending,
        state.waiting_for(app.handle.now())
    );
    let ending = state.ending.as_ref().unwrap();
    assert!(ending.missing.is_empty() && ending.approved, "{ending:?}");
    app.handle.shutdown().await;
    running.join_next().await.unwrap().unwrap().unwrap();
}
