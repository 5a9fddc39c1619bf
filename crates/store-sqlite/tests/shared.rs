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
