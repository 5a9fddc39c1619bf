//! Flipped bits: an event quarantines its stream alone, a blob is refused, a snapshot is as if it were not there.

#![cfg(test)]

mod common;

use common::Place;
use divisi_domain::time::Millis;
use divisi_store::conformance::sample::{
    Bench, append, at, batch, blob, home, input, key, stream, task, task_row,
};
use divisi_store::*;
use divisi_store_sqlite::SqliteReader;
use rusqlite::Connection;

fn filled(place: &Place) {
    let store = place.open();
    let bench = Bench::new(&store);
    for number in 1..=3 {
        let stream = stream(number);
        let one = append(stream, Expected::At(0), input(1), &["first", "second"]);
        let snapshot = Snapshot { stream, seq: 2, rules: 1, state_version: 1, data: b"state".to_vec() };
        let blobs = vec![blob(stream, b"small"), blob(stream, &vec![9; 80_000])];
        let rows = vec![ProjectionChange::Task(task_row(number))];
        bench.committed(Batch { blobs, snapshots: vec![snapshot], rows, ..batch(one) }).unwrap();
        bench.committed(batch(append(stream, Expected::At(2), input(2), &["third"]))).unwrap();
    }
}

/// Changes the file behind the store's back.
fn change(place: &Place, sql: &str) {
    let connection = Connection::open(place.folder().database()).unwrap();
    assert!(connection.execute(sql, []).unwrap() > 0, "{sql}");
}

const FLIPS: [&str; 7] = [
    "UPDATE records SET data = CAST(substr(data, 1, 8) || x'5a' || substr(data, 10) AS BLOB) WHERE id = 4",
    "UPDATE records SET data = CAST(x'ff' || substr(data, 2) AS BLOB) WHERE id = 4",
    "UPDATE records SET data = CAST(substr(data, 1, length(data) - 1) AS BLOB) WHERE id = 4",
    "UPDATE records SET data = x'' WHERE id = 4",
    "UPDATE records SET kinds = 'A' WHERE id = 4",
    "UPDATE records SET kinds = CAST(x'ff02' AS TEXT) WHERE id = 4",
    "UPDATE records SET at = at + 1 WHERE id = 4",
];

#[test]
fn a_damaged_event_quarantines_its_stream_alone() {
    for flip in FLIPS {
        let place = Place::new();
        filled(&place);
        change(&place, flip);
        let store = place.open();
        let damaged = store.events(&stream(2), 0, 10);
        assert_eq!(damaged, Err(StoreError::Corrupt { stream: stream(2), seq: 3 }), "{flip}");
        let sentence = damaged.unwrap_err().to_string();
        assert!(sentence.contains(&task(2).to_string()), "{sentence}");
        assert_eq!(store.events(&stream(2), 0, 2).unwrap().len(), 2, "what lies before is whole");
        for number in [1, 3] {
            assert_eq!(store.events(&stream(number), 0, 10).unwrap().len(), 3);
        }
        assert_eq!(store.verify().unwrap().damage, [Damage::Event { stream: stream(2), seq: 3 }]);
        let bench = Bench { store: &store };
        let appended = bench.commit(batch(append(stream(2), Expected::At(3), input(9), &["more"])));
        assert!(matches!(appended, Err(StoreError::Corrupt { .. })), "{appended:?}");
        bench.committed(batch(append(stream(1), Expected::At(3), input(9), &["more"]))).unwrap();
        let closed = TaskRow { open: false, completed_at: Some(at(0)), ..task_row(2) };
        let rows = TaskProjection { task: Some(closed), ..TaskProjection::default() };
        assert_eq!(store.replace_projection(home(), task(2), rows), Ok(true));
        assert_eq!(store.delete_task(home(), task(2)), Ok(true), "what is damaged can be deleted");
        assert_eq!(store.verify().unwrap().damage, []);
    }
}

#[test]
fn a_missing_record_is_a_gap() {
    let place = Place::new();
    filled(&place);
    change(&place, "DELETE FROM records WHERE id = 3");
    let store = place.open();
    assert_eq!(store.verify().unwrap().damage, [Damage::Gap { stream: stream(2), seq: 1 }]);
    for (after, found) in [(0, Err(1)), (1, Err(2)), (2, Ok(1)), (3, Ok(0))] {
        let read = store.events(&stream(2), after, 10).map(|events| events.len());
        assert_eq!(read, found.map_err(|seq| StoreError::Corrupt { stream: stream(2), seq }), "{after}");
    }
    assert_eq!(store.events(&stream(1), 0, 10).unwrap().len(), 3);
}

#[test]
fn a_damaged_blob_is_refused() {
    let place = Place::new();
    filled(&place);
    change(&place, "UPDATE blobs SET bytes = CAST('smalk' AS BLOB) WHERE bytes IS NOT NULL AND stream = 1");
    let large = blob_ref(&key(1), &vec![9; 80_000]);
    let name = large.to_string();
    let file = place.folder().blobs().join(&name[..2]).join(&name);
    std::fs::write(&file, vec![8; 80_000]).unwrap();
    let store = place.open();
    let small = blob_ref(&key(1), b"small");
    assert_eq!(
        store.blob(&stream(1), &small),
        Err(StoreError::CorruptBlob { stream: stream(1), blob: small })
    );
    assert!(store.blob(&stream(2), &small).unwrap().is_some());
    assert_eq!(
        store.blob(&stream(2), &large),
        Err(StoreError::CorruptBlob { stream: stream(2), blob: large })
    );
    std::fs::remove_file(&file).unwrap();
    assert_eq!(
        store.blob(&stream(3), &large),
        Err(StoreError::CorruptBlob { stream: stream(3), blob: large })
    );
    assert_eq!(store.verify().unwrap().damage.len(), 4);
}

#[test]
fn a_damaged_snapshot_is_as_if_there_were_none() {
    for flip in [
        "UPDATE snapshots SET data = CAST('statf' AS BLOB) WHERE stream = 1",
        "UPDATE snapshots SET seq = 1 WHERE stream = 1",
        "UPDATE snapshots SET crc32c = crc32c - 1 WHERE stream = 1",
    ] {
        let place = Place::new();
        filled(&place);
        change(&place, flip);
        let store = place.open();
        assert_eq!(store.snapshot(&stream(1), 1, 1), Ok(None));
        assert!(store.snapshot(&stream(2), 1, 1).unwrap().is_some());
        assert_eq!(store.verify().unwrap().damage, [Damage::Snapshot { stream: stream(1) }]);
    }
}

#[test]
fn files_that_nobody_refers_to_go_after_their_grace() {
    let place = Place::new();
    filled(&place);
    let store = place.open();
    let folder = place.folder();
    let left = |name: &str| std::fs::write(folder.blobs().join(name), [1; 10]).unwrap();
    left("tmp-1-1");
    std::fs::create_dir_all(folder.blobs().join("ab")).unwrap();
    left(&format!("ab/{}", "ab".repeat(32)));
    let written = std::fs::metadata(folder.blobs().join("tmp-1-1")).unwrap().modified().unwrap();
    let millis = written.duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    let now = divisi_domain::time::Timestamp::from_millis(i64::try_from(millis).unwrap());
    let grace = Millis::from_mins(60);
    assert_eq!(store.collect_blobs(now + Millis::from_mins(59), grace).unwrap(), Collected::default());
    assert_eq!(
        store.collect_blobs(now + Millis::from_mins(61), grace).unwrap(),
        Collected { files: 2, bytes: 20 }
    );
    let later = now + Millis::from_mins(100);
    assert_eq!(store.collect_blobs(later, grace).unwrap(), Collected::default());
    assert_eq!(store.verify().unwrap().damage, []);
}

#[test]
fn erasing_takes_files_along_that_nobody_else_refers_to() {
    let place = Place::new();
    filled(&place);
    let store = place.open();
    let files = || {
        let folders = std::fs::read_dir(place.folder().blobs()).unwrap();
        folders.map(|entry| std::fs::read_dir(entry.unwrap().path()).unwrap().count()).sum::<usize>()
    };
    let bench = Bench::new(&store);
    let shared = blob(stream(1), &vec![7; 80_000]);
    let other = divisi_store::NewBlob { stream: stream(2), ..shared.clone() };
    for (number, blob) in [(1, shared), (2, other)] {
        let last = store.last_seq(&stream(number)).unwrap().unwrap();
        let one = append(stream(number), Expected::At(last), input(90 + number), &["x"]);
        bench.committed(Batch { blobs: vec![blob], ..batch(one) }).unwrap();
    }
    let before = files();
    assert_eq!(store.erase_content(home(), task(1)), Ok(true));
    assert_eq!(files(), before, "another task refers to it");
    for number in 2..=3 {
        assert_eq!(store.erase_content(home(), task(number)), Ok(true));
    }
    assert_eq!(files(), 0);
    assert_eq!(store.verify().unwrap().damage, []);
}

#[test]
fn erased_text_is_not_in_the_files_any_more() {
    let place = Place::new();
    let secret = b"a-very-secret-sentence-of-a-person";
    {
        let store = place.open();
        let bench = Bench::new(&store);
        let rows = vec![ProjectionChange::Task(TaskRow {
            title: String::from_utf8(secret.to_vec()).unwrap(),
            ..task_row(1)
        })];
        let one = append(stream(1), Expected::At(0), input(1), &["x"]);
        bench.committed(Batch { rows, blobs: vec![blob(stream(1), secret)], ..batch(one) }).unwrap();
        assert_eq!(store.erase_content(home(), task(1)), Ok(true));
    }
    let bytes = std::fs::read(place.folder().database()).unwrap();
    assert!(!bytes.windows(secret.len()).any(|window| window == secret));
}

#[test]
fn a_reader_finds_damage_too() {
    let place = Place::new();
    filled(&place);
    change(&place, FLIPS[0]);
    let reader = SqliteReader::open(&place.folder(), 1).unwrap();
    assert_eq!(reader.events(&stream(2), 0, 10), Err(StoreError::Corrupt { stream: stream(2), seq: 3 }));
}
