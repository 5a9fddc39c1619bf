//! What is on the disk when a process dies: at every commit point the files, as they are, open to exactly what was
//! acknowledged; a torn or flipped WAL opens to a whole prefix or not at all.

#![cfg(test)]

mod common;

use std::fs;
use std::path::Path;

use common::{Place, found_in, open, reading, wal};
use divisi_domain::money::MicroUsd;
use divisi_store::conformance::sample::{
    Bench, agent, append, batch, blob, home, input, key, solution_row, stream, subtask_row, task, task_row,
    usage_row,
};
use divisi_store::*;

/// The files as a crash would leave them: the WAL not moved, nothing closed.
fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir_all(&target).unwrap();
            copy(&entry.path(), &target);
        } else if !entry.file_name().to_string_lossy().ends_with("-shm") {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// A batch that writes to everything there is.
fn step(number: u32) -> Batch {
    let stream = stream(1 + number % 3);
    let id = 1 + number % 3;
    let row = TaskRow {
        last_seq: u64::from(number / 3) + 1,
        progress: u8::try_from(number % 100).unwrap(),
        ..task_row(id)
    };
    let (holder, text) = (format!("h{}", number % 5), format!("content {number}"));
    let large = vec![u8::try_from(number % 251).unwrap(); 70_000];
    Batch {
        appends: vec![append(stream, Expected::Any, input(number), &[&text])],
        blobs: vec![blob(stream, text.as_bytes()), blob(stream, &large)],
        reservations: vec![
            Reservation::SetCap { workspace: home(), cap: Some(MicroUsd(1_000_000)) },
            Reservation::Reserve { workspace: home(), key: holder.clone(), amount: MicroUsd(5) },
            Reservation::Settle {
                workspace: home(),
                key: format!("h{}", (number + 1) % 5),
                spent: MicroUsd(3),
            },
        ],
        leases: vec![if number.is_multiple_of(2) {
            LeaseChange::Take { workspace: home(), agent: agent(1), holder, slots_max: 100 }
        } else {
            LeaseChange::Release {
                workspace: home(),
                agent: agent(1),
                holder: format!("h{}", (number + 3) % 5),
            }
        }],
        rows: vec![
            ProjectionChange::Task(row),
            ProjectionChange::Subtask(subtask_row(id, 1)),
            ProjectionChange::Solution(solution_row(id, 1, 0)),
            ProjectionChange::Usage(usage_row(id, 1, 1)),
        ],
        snapshots: vec![Snapshot { stream, seq: 1, rules: 1, state_version: 1, data: text.into_bytes() }],
        answers: Vec::new(),
        essential: false,
    }
}

/// Everything that can be read of the three tasks.
fn state(store: &dyn Maintenance) -> String {
    let mut state = Vec::new();
    for number in 1..=3 {
        let stream = stream(number);
        state.push(format!("{:?}", store.events(&stream, 0, 1_000).unwrap()));
        state.push(format!("{:?}", store.projection(home(), task(number)).unwrap()));
        state.push(format!("{:?}", store.snapshot(&stream, 1, 1).unwrap()));
    }
    state.push(format!("{:?} {:?}", store.budget(home()).unwrap(), store.leases(home(), agent(1)).unwrap()));
    state.join("\n")
}

#[test]
fn a_crash_at_any_commit_point_loses_nothing_that_was_acknowledged() {
    let place = Place::new();
    let (store, memory) = (place.open(), MemoryStore::new());
    let (bench, model) = (Bench::new(&store), Bench::new(&memory));
    for number in 0..40 {
        bench.committed(step(number)).unwrap();
        model.committed(step(number)).unwrap();
        let crashed = Place::new();
        copy(place.temp.path(), crashed.temp.path());
        let recovered = crashed.open();
        assert_eq!(state(&recovered), state(&memory), "after commit {number}");
        let content = format!("content {number}");
        let read = recovered.blob(&stream(1 + number % 3), &blob_ref(&key(1), content.as_bytes())).unwrap();
        assert_eq!(read.as_deref(), Some(content.as_bytes()));
        let again = Bench { store: &recovered }.commit(step(number)).unwrap();
        assert!(matches!(again, CommitOutcome::AlreadyCommitted { .. }));
        if number % 10 == 9 {
            assert_eq!(recovered.verify().unwrap().damage, []);
        }
    }
}

#[test]
fn a_torn_wal_opens_to_a_whole_prefix() {
    let place = Place::new();
    let store = place.open();
    let bench = Bench::new(&store);
    let memory = MemoryStore::new();
    let model = Bench::new(&memory);
    let mut prefixes = vec![state(&memory)];
    for number in 0..8 {
        bench.committed(step(number)).unwrap();
        model.committed(step(number)).unwrap();
        prefixes.push(state(&memory));
    }
    let wal = fs::read(place.temp.path().join("divisi.db-wal")).unwrap();
    let mut seen = 0;
    for cut in (0..wal.len()).step_by(4_001) {
        seen = seen.max(reopened_prefix(&place, &wal[..cut], &prefixes));
    }
    assert!(seen > 0, "some cut kept a commit");
    for flip in (0..wal.len()).step_by(7_919) {
        let mut flipped = wal.clone();
        flipped[flip] ^= 0x10;
        reopened_prefix(&place, &flipped, &prefixes);
    }
}

/// Opens the database with another WAL: the number of commits that it holds, all of them whole; 0 where it is refused.
fn reopened_prefix(place: &Place, wal: &[u8], prefixes: &[String]) -> usize {
    let crashed = Place::new();
    copy(place.temp.path(), crashed.temp.path());
    fs::write(crashed.temp.path().join("divisi.db-wal"), wal).unwrap();
    let Ok(store) = open(crashed.temp.path()) else { return 0 };
    let found = state(&store);
    prefixes.iter().position(|prefix| *prefix == found).expect("a whole prefix of the commits")
}

#[test]
fn concurrent_commits_are_each_whole_and_in_order() {
    let place = Place::new();
    let store = place.open();
    Bench::new(&store);
    std::thread::scope(|scope| {
        for thread in 0..8_u32 {
            let store = &store;
            scope.spawn(move || {
                let bench = Bench { store };
                for number in 0..50 {
                    let own = append(
                        stream(thread),
                        Expected::At(number),
                        input(u32::try_from(number).unwrap()),
                        &["x"],
                    );
                    let side = StreamRef::new(home(), agent(1));
                    let inputs = Vec::new();
                    let shared = Append { inputs, stream: side, expected: Expected::Any, ..own.clone() };
                    bench.committed(Batch { appends: vec![own, shared], ..Batch::default() }).unwrap();
                }
            });
        }
    });
    for thread in 0..8 {
        assert_eq!(store.last_seq(&stream(thread)).unwrap(), Some(50));
    }
    let side = store.events(&StreamRef::new(home(), agent(1)), 0, 1_000).unwrap();
    assert_eq!(side.iter().map(|event| event.seq).collect::<Vec<_>>(), (1..=400).collect::<Vec<_>>());
}

#[test]
fn what_was_queued_when_the_store_is_dropped_is_committed() {
    let place = Place::new();
    let store = place.open();
    Bench::new(&store);
    let (send, answers) = std::sync::mpsc::sync_channel(500);
    for number in 0..500 {
        let send = send.clone();
        let one = batch(append(stream(number), Expected::At(0), input(1), &["x"]));
        store.commit(one.into(), Box::new(move |outcome| send.send(outcome).unwrap()));
    }
    drop((store, send));
    assert_eq!(answers.iter().flatten().count(), 500);
    let store = place.open();
    assert!((0..500).all(|number| store.last_seq(&stream(number)).unwrap() == Some(1)));
}

#[test]
fn erased_text_goes_from_the_log_once_no_reader_needs_it() {
    const SECRET: &[u8] = b"The axolotl is secret.";
    let place = Place::new();
    let store = place.open();
    let bench = Bench::new(&store);
    let plain = |number| batch(append(stream(number), Expected::Any, input(number), &["some body"]));
    bench.start(1, Vec::new()).unwrap();
    bench.commit(Batch { blobs: vec![blob(stream(1), SECRET)], ..plain(2) }).unwrap();
    let database = place.folder().database();
    let reader = reading(&database);
    assert!(store.erase_content(home(), task(1)).unwrap());
    for number in 3..40 {
        bench.commit(plain(number)).unwrap();
    }
    assert!(found_in(&wal(&database), SECRET), "the reader still needs it");
    drop(reader);
    for number in 40..80 {
        bench.commit(plain(number)).unwrap();
    }
    for file in [fs::read(&database).unwrap(), wal(&database)] {
        assert!(!found_in(&file, SECRET), "it goes though the store never rests");
    }
}
