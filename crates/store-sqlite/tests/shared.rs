//! A content that many streams refer to is kept once, as long as one of them refers to it.

#![cfg(test)]

mod common;

use common::Place;
use divisi_store::conformance::sample::{
    Bench, append, batch, blob, home, input, key, stream, task, task_row,
};
use divisi_store::*;
use divisi_store_sqlite::SqliteReader;
use rusqlite::Connection;

const BYTES: usize = 20_000;

fn filled(place: &Place, streams: u32) {
    let store = place.open();
    let bench = Bench::new(&store);
    for number in 1..=streams {
        let stream = stream(number);
        let one = append(stream, Expected::At(0), input(1), &["first"]);
        let blobs = vec![blob(stream, &[7; BYTES]), blob(stream, b"small")];
        let ended = TaskRow { open: false, ..task_row(number) };
        let batch = Batch { blobs, rows: vec![ProjectionChange::Task(ended)], ..batch(one) };
        bench.committed(batch).unwrap();
    }
}

fn shared(place: &Place) -> i64 {
    let connection = Connection::open(place.folder().database()).unwrap();
    connection.query_row("SELECT count(*) FROM shared_contents", [], |row| row.get(0)).unwrap()
}

fn large(reads: &dyn Reads, number: u32) -> Option<usize> {
    let name = blob_ref(&key(1), &vec![7; BYTES]);
    reads.blob(&stream(number), &name).unwrap().map(|bytes| bytes.len())
}

#[test]
fn it_lies_there_once_and_is_read_by_each() {
    let place = Place::new();
    filled(&place, 3);
    let reader = SqliteReader::open(&place.folder(), 1).unwrap();
    for number in 1..=3 {
        assert_eq!(large(&reader, number), Some(BYTES));
    }
    assert_eq!(large(&reader, 4), None, "a stream that does not refer to it");
    assert_eq!(shared(&place), 1);
    let space = reader.space().unwrap();
    assert_eq!(space.content_bytes, BYTES as u64 + 3 * 5);
    assert!(place.open().verify().unwrap().damage.is_empty());
}

#[test]
fn it_ends_with_the_last_that_refers_to_it() {
    let place = Place::new();
    filled(&place, 2);
    let store = place.open();
    assert!(store.delete_task(home(), task(1)).unwrap());
    assert_eq!((large(&store, 1), large(&store, 2), shared(&place)), (None, Some(BYTES), 1));
    assert!(store.erase_content(home(), task(2)).unwrap());
    assert_eq!((large(&store, 2), shared(&place)), (None, 0));
}

#[test]
fn one_that_is_damaged_is_mended_by_whoever_submits_it_again() {
    let place = Place::new();
    filled(&place, 1);
    let connection = Connection::open(place.folder().database()).unwrap();
    connection.execute("UPDATE shared_contents SET bytes = zeroblob(length(bytes))", []).unwrap();
    drop(connection);
    let store = place.open();
    let name = blob_ref(&key(1), &vec![7; BYTES]);
    assert!(store.blob(&stream(1), &name).is_err(), "it is damaged");
    let again = append(stream(2), Expected::At(0), input(50), &["x"]);
    Bench::new(&store)
        .committed(Batch { blobs: vec![blob(stream(2), &vec![7; BYTES])], ..batch(again) })
        .unwrap();
    assert_eq!((large(&store, 1), large(&store, 2), shared(&place)), (Some(BYTES), Some(BYTES), 1));
}

#[test]
fn a_damaged_file_is_mended_by_whoever_submits_it_again() {
    let place = Place::new();
    let store = place.open();
    let bench = Bench::new(&store);
    let bytes = vec![7; 80_000];
    let name = blob_ref(&key(1), &bytes);
    for number in 1..=2 {
        if number == 2 {
            let path = place.folder().blobs().join(&name.to_string()[..2]).join(name.to_string());
            std::fs::write(path, vec![8; bytes.len()]).unwrap();
            assert!(store.blob(&stream(1), &name).is_err(), "it is damaged");
        }
        let one = append(stream(number), Expected::At(0), input(number), &["x"]);
        bench.committed(Batch { blobs: vec![blob(stream(number), &bytes)], ..batch(one) }).unwrap();
    }
    for number in 1..=2 {
        assert_eq!(store.blob(&stream(number), &name).unwrap().as_deref(), Some(&*bytes), "{number}");
    }
}
