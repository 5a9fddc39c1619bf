use divisi_domain::task::TaskState;
use divisi_engine::export::{ExportError, digest, export};
use divisi_llm::cassette::{Cassette, Redaction};
use divisi_providers::cassette::{Replay, read, write};

use crate::bench::{LICENCE, QUESTION, only, run, scripted, terms, tools};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_test_made_of_a_finished_task_brings_the_same() {
    let original = run(only(scripted()), QUESTION, 1).await;
    let made = export(original.store.as_ref(), original.key, &tools(), &terms(), &Redaction::default());
    let made = made.unwrap().unwrap();
    assert_eq!((made.brief.description.as_str(), made.files.len()), (QUESTION, 1));
    assert_eq!(
        (made.files[0].name.as_str(), made.files[0].bytes.as_ref()),
        ("licence.txt", LICENCE.as_bytes())
    );
    assert_eq!(made.files[0].digest, digest(LICENCE.as_bytes()));
    let report = original.report.as_deref().map(|report| digest(report.as_bytes()));
    assert_eq!((made.expected.status, made.expected.report), (Some(TaskState::Completed), report));
    assert_eq!((made.expected.events, made.expected.unsure.as_slice()), (Some(original.events), &[][..]));

    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &made.cassette).unwrap();
    assert_eq!(read(folder.path()).unwrap(), made.cassette);
    let replay = Replay::open(folder.path(), Redaction::default()).unwrap();
    let again = run(replay.providers([]), QUESTION, 2).await;
    assert_eq!(again.state, TaskState::Completed);
    assert_eq!((again.report, again.events), (original.report, original.events));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_no_test_says_why() {
    let original = run(only(scripted()), QUESTION, 1).await;
    let other = divisi_engine::core::TaskKey::new(
        original.key.workspace,
        divisi_domain::id::TaskId::from_bytes([9; 16]),
    );
    assert!(
        export(original.store.as_ref(), other, &tools(), &terms(), &Redaction::default()).unwrap().is_none()
    );
    let parked = run(
        Replay::new(Cassette::default(), Redaction::default()).providers([crate::bench::name("scripted")]),
        QUESTION,
        2,
    )
    .await;
    let refused = export(parked.store.as_ref(), parked.key, &tools(), &terms(), &Redaction::default());
    if parked.state == TaskState::Failed {
        // It ended, with failures alone: they are the test.
        let made = refused.unwrap().unwrap();
        assert_eq!(made.expected.status, Some(TaskState::Failed));
    } else {
        assert!(matches!(refused, Err(ExportError::Open)), "{refused:?}");
    }
}
