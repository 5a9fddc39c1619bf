//! What the writer does when the disk does not do its part.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::sync_channel;

use divisi_store::conformance::sample::{
    Bench, append, at, batch, blob, home, input, stream, task, task_row,
};
use divisi_store::{
    Batch, CommitOutcome, Expected, Maintenance, ProjectionChange, Reads, Result, Store, StoreError, TaskRow,
};
use tempfile::TempDir;

use super::WalWatch;
use crate::connection::open_writer;
use crate::{DataFolder, Ownership, SqliteStore, StoreOptions};

struct Rig {
    temp: TempDir,
    watch: Arc<WalWatch>,
    store: Option<SqliteStore>,
}

impl Rig {
    fn new(reserve_bytes: u64, pages_max: u32) -> Self {
        let rig = Self { temp: tempfile::tempdir().unwrap(), watch: Arc::default(), store: None };
        let rig = rig.reopened(reserve_bytes, pages_max);
        Bench::new(rig.store());
        rig
    }

    fn reopened(mut self, reserve_bytes: u64, pages_max: u32) -> Self {
        self.store = None;
        let folder = DataFolder::open(self.temp.path()).unwrap();
        let ownership = Ownership::acquire(&folder).unwrap().unwrap();
        let connection = open_writer(&folder).unwrap();
        connection.pragma_update(None, "max_page_count", pages_max).unwrap();
        let options = StoreOptions { readers: 1, reserve_bytes, kinds: &[] };
        self.watch = Arc::default();
        let store = SqliteStore::start(&folder, ownership, options, connection, Arc::clone(&self.watch));
        self.store = Some(store.unwrap());
        self
    }

    fn store(&self) -> &SqliteStore {
        self.store.as_ref().unwrap()
    }

    fn commit(&self, batch: Batch) -> Result<CommitOutcome> {
        Bench { store: self.store() }.commit(batch)
    }

    /// Starts streams from `first` on until the disk is full; the one that failed.
    fn fill(&self, first: u32) -> u32 {
        let body = "x".repeat(10_000);
        let one = |number: u32| batch(append(stream(number), Expected::At(0), input(1), &[&body]));
        (first..10_000).find(|number| self.commit(one(*number)).is_err()).unwrap()
    }
}

const NO_LIMIT: u32 = 1 << 30;
const SYNC_FAILED: i32 = rusqlite::ffi::SQLITE_IOERR_FSYNC;
/// The WAL's index could not grow.
const NO_ROOM_FOR_THE_INDEX: i32 = rusqlite::ffi::SQLITE_IOERR_SHMSIZE;

#[test]
fn after_a_failed_sync_nothing_is_acknowledged_until_a_restart() {
    let rig = Rig::new(0, NO_LIMIT);
    rig.commit(batch(append(stream(1), Expected::At(0), input(1), &["safe"]))).unwrap();
    rig.watch.fail.store(SYNC_FAILED, Ordering::Relaxed);
    let lost = rig.commit(batch(append(stream(1), Expected::At(1), input(2), &["unknown"])));
    assert!(matches!(lost, Err(StoreError::Broken { .. })), "{lost:?}");
    rig.watch.fail.store(0, Ordering::Relaxed);
    for number in 3..6 {
        let refused = rig.commit(batch(append(stream(number), Expected::At(0), input(number), &["later"])));
        assert!(matches!(refused, Err(StoreError::Broken { .. })), "{refused:?}");
    }
    assert!(matches!(rig.store().heartbeat(at(1)), Err(StoreError::Broken { .. })));
    assert!(rig.store().events(&stream(1), 0, 10).is_ok(), "reads go on");
    let rig = rig.reopened(0, NO_LIMIT);
    assert_eq!(rig.store().events(&stream(1), 0, 1).unwrap()[0].body, b"safe");
    for number in 3..6 {
        assert_eq!(rig.store().last_seq(&stream(number)).unwrap(), None);
    }
    assert_eq!(rig.store().verify().unwrap().damage, []);
}

#[test]
fn all_that_is_queued_behind_a_failed_sync_fails() {
    let rig = Rig::new(0, NO_LIMIT);
    rig.watch.fail.store(SYNC_FAILED, Ordering::Relaxed);
    let (send, answers) = sync_channel(100);
    for number in 0..100 {
        let send = send.clone();
        let one = batch(append(stream(number), Expected::At(0), input(1), &["x"]));
        rig.store().commit(one.into(), Box::new(move |outcome| send.send(outcome).unwrap()));
    }
    drop(send);
    let outcomes: Vec<_> = answers.iter().collect();
    assert_eq!(outcomes.len(), 100);
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Err(StoreError::Broken { .. }))));
}

#[test]
fn a_full_disk_refuses_with_a_sentence_and_loses_nothing() {
    let rig = Rig::new(0, 200);
    let failed = rig.fill(1);
    let body = "x".repeat(10_000);
    let refused = rig.commit(batch(append(stream(failed), Expected::At(0), input(1), &[&body])));
    assert_eq!(refused, Err(StoreError::Full));
    assert!(refused.unwrap_err().to_string().contains("full"));
    for number in 1..failed {
        assert_eq!(rig.store().last_seq(&stream(number)).unwrap(), Some(1));
    }
    assert_eq!(rig.store().last_seq(&stream(failed)).unwrap(), None);
    assert_eq!(rig.store().verify().unwrap().damage, []);
}

#[test]
fn work_goes_on_when_there_is_space_again() {
    let rig = Rig::new(0, 200);
    let closed = TaskRow { open: false, completed_at: Some(at(1)), ..task_row(1) };
    let body = "x".repeat(100_000);
    let rows = vec![ProjectionChange::Task(closed)];
    rig.commit(Batch { rows, ..batch(append(stream(1), Expected::At(0), input(1), &[&body])) }).unwrap();
    let first = append(stream(20_000), Expected::At(0), input(1), &["a"]);
    rig.commit(batch(first)).unwrap();
    rig.fill(2);
    let next = || batch(append(stream(20_000), Expected::At(1), input(2), &[&"y".repeat(20_000)]));
    assert_eq!(rig.commit(next()), Err(StoreError::Full));
    assert_eq!(rig.store().delete_task(home(), task(1)), Ok(true));
    assert_eq!(rig.commit(next()), Ok(CommitOutcome::Committed { seqs: vec![2] }));
}

#[test]
fn the_reserve_is_given_to_essential_batches_alone() {
    let rig = Rig::new(0, NO_LIMIT);
    let reserve = rig.temp.path().join("reserve");
    std::fs::write(&reserve, vec![1; 50_000]).unwrap();
    let rig = rig.reopened(50_000, 200);
    rig.fill(1);
    assert!(reserve.exists(), "an ordinary batch does not touch it");
    let body = "x".repeat(10_000);
    let essential = batch(append(stream(30_000), Expected::At(0), input(1), &[&body]));
    let refused = rig.commit(Batch { essential: true, ..essential });
    assert_eq!(refused, Err(StoreError::Full), "pages are limited here, not bytes");
    assert_eq!(length(&reserve), 0, "it was given out");
    let _ = rig.commit(batch(append(stream(30_001), Expected::At(0), input(1), &["x"])));
    assert_eq!(length(&reserve), 50_000, "and is held again as soon as there is room");
}

#[test]
fn while_the_reserve_is_out_ordinary_batches_wait_for_space() {
    let rig = Rig::new(0, NO_LIMIT);
    let reserve = rig.temp.path().join("reserve");
    std::fs::write(&reserve, vec![1; 50_000]).unwrap();
    let rig = rig.reopened(50_000, 200);
    rig.fill(1);
    let essential = |number: u32, body: &str| Batch {
        essential: true,
        ..batch(append(stream(number), Expected::At(0), input(1), &[body]))
    };
    assert_eq!(rig.commit(essential(30_000, &"x".repeat(10_000))), Err(StoreError::Full));
    std::fs::remove_file(&reserve).unwrap();
    std::fs::create_dir(&reserve).unwrap();
    let small = |number: u32| batch(append(stream(number), Expected::At(0), input(1), &["x"]));
    assert_eq!(rig.commit(small(30_001)), Err(StoreError::Full));
    assert_eq!(rig.commit(essential(30_002, "x")), Ok(CommitOutcome::Committed { seqs: vec![1] }));
    std::fs::remove_dir(&reserve).unwrap();
    assert_eq!(rig.commit(small(30_003)), Ok(CommitOutcome::Committed { seqs: vec![1] }));
    assert!(reserve.is_file());
}

#[test]
fn a_content_file_that_cannot_be_begun_breaks_nothing() {
    let rig = Rig::new(0, NO_LIMIT);
    let blobs = rig.temp.path().join("blobs");
    let large = || Batch {
        blobs: vec![blob(stream(1), &[7; 70_000])],
        ..batch(append(stream(1), Expected::At(0), input(1), &["x"]))
    };
    std::fs::remove_dir_all(&blobs).unwrap();
    let refused = rig.commit(large());
    assert!(matches!(refused, Err(StoreError::Unavailable { .. })), "{refused:?}");
    std::fs::create_dir(&blobs).unwrap();
    assert_eq!(rig.commit(large()), Ok(CommitOutcome::Committed { seqs: vec![1] }));
    assert!(rig.store().blob(&stream(1), &large().blobs[0].blob).unwrap().is_some());
}

fn length(path: &std::path::Path) -> u64 {
    std::fs::metadata(path).map_or(0, |found| found.len())
}

#[test]
fn a_busy_store_has_its_reserve_too() {
    let rig = Rig::new(50_000, NO_LIMIT);
    let reserve = rig.temp.path().join("reserve");
    for number in 1..=super::RESERVE_GROUPS {
        let number = u32::try_from(number).unwrap();
        rig.commit(batch(append(stream(number), Expected::At(0), input(1), &["x"]))).unwrap();
    }
    rig.store().heartbeat(at(1)).unwrap();
    assert_eq!(length(&reserve), 50_000);
}

#[test]
fn a_reserve_that_is_out_is_out_after_a_restart() {
    let rig = Rig::new(0, NO_LIMIT);
    let reserve = rig.temp.path().join("reserve");
    std::fs::write(&reserve, vec![1; 50_000]).unwrap();
    let rig = rig.reopened(50_000, 200);
    rig.fill(1);
    let essential = batch(append(stream(30_000), Expected::At(0), input(1), &[&"x".repeat(10_000)]));
    assert_eq!(rig.commit(Batch { essential: true, ..essential }), Err(StoreError::Full));
    assert_eq!(length(&reserve), 0);
    // Something that cannot be filled, as a full disk.
    std::fs::remove_file(&reserve).unwrap();
    std::fs::create_dir(&reserve).unwrap();
    let rig = rig.reopened(50_000, NO_LIMIT);
    let small = |number: u32| batch(append(stream(number), Expected::At(0), input(1), &["x"]));
    assert_eq!(rig.commit(small(30_001)), Err(StoreError::Full));
    assert!(rig.commit(Batch { essential: true, ..small(30_002) }).is_ok());
    std::fs::remove_dir(&reserve).unwrap();
    assert!(rig.commit(small(30_003)).is_ok(), "there is room again");
}

#[test]
fn one_faulty_batch_does_not_take_its_group_with_it() {
    let rig = Rig::new(0, NO_LIMIT);
    let (send, answers) = sync_channel(100);
    for number in 0..60_u32 {
        let send = send.clone();
        let expected = if number % 3 == 0 { Expected::At(7) } else { Expected::At(0) };
        let mut one = batch(append(stream(number), expected, input(1), &["x"]));
        if number % 3 == 1 {
            one.rows = vec![ProjectionChange::Task(task_row(number + 1_000))];
        }
        rig.store().commit(one.into(), Box::new(move |outcome| send.send((number, outcome)).unwrap()));
    }
    drop(send);
    for (number, outcome) in answers {
        let stored = rig.store().last_seq(&stream(number)).unwrap();
        match number % 3 {
            0 => assert!(matches!(outcome, Ok(CommitOutcome::Refused(_)))),
            1 => assert!(matches!(outcome, Err(StoreError::Invalid { .. }))),
            _ => assert_eq!(outcome, Ok(CommitOutcome::Committed { seqs: vec![1] })),
        }
        assert_eq!(stored, (number % 3 == 2).then_some(1));
    }
}

#[test]
fn a_panicking_callback_stops_nobody_else() {
    let rig = Rig::new(0, NO_LIMIT);
    let one = batch(append(stream(1), Expected::At(0), input(1), &["x"]));
    rig.store().commit(one.into(), Box::new(|_| panic!("a bug of the caller")));
    assert_eq!(
        rig.commit(batch(append(stream(1), Expected::At(1), input(2), &["y"]))),
        Ok(CommitOutcome::Committed { seqs: vec![2] })
    );
}

#[test]
fn the_wal_is_moved_into_the_database_when_it_gets_long_and_at_the_end() {
    let rig = Rig::new(0, NO_LIMIT);
    let wal = rig.temp.path().join("divisi.db-wal");
    let body = "x".repeat(500_000);
    for number in 0..200 {
        rig.commit(batch(append(stream(number), Expected::At(0), input(1), &[&body]))).unwrap();
    }
    assert!(wal.metadata().unwrap().len() < 60 << 20, "100 MB were written");
    let rig = rig.reopened(0, NO_LIMIT);
    assert_eq!(rig.store().last_seq(&stream(199)).unwrap(), Some(1));
    drop(rig.store);
    assert_eq!(wal.metadata().map_or(0, |left| left.len()), 0);
}

#[test]
fn a_commit_that_may_be_on_the_disk_is_never_refused_as_one_that_is_not() {
    let rig = Rig::new(0, NO_LIMIT);
    let one = || batch(append(stream(1), Expected::At(0), input(1), &["once"]));
    rig.watch.fail.store(NO_ROOM_FOR_THE_INDEX, Ordering::Relaxed);
    let lost = rig.commit(one());
    assert!(matches!(lost, Err(StoreError::Unanswered { .. })), "{lost:?}");
    rig.watch.fail.store(0, Ordering::Relaxed);
    assert!(rig.commit(one()).is_ok(), "given again it is done");
    let rig = rig.reopened(0, NO_LIMIT);
    assert_eq!(rig.store().events(&stream(1), 0, 10).unwrap().len(), 1);
}
