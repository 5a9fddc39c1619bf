//! The suite of the contracts, on SQLite.

#![cfg(test)]

mod common;

use std::sync::{Arc, Mutex};

use common::{Place, StoreIn};

#[test]
fn sqlite_keeps_every_promise() {
    let places: Mutex<Vec<Place>> = Mutex::new(Vec::new());
    let ran = divisi_store::conformance::run_all(|| {
        let place = Place::new();
        let store = Arc::new(place.open());
        places.lock().unwrap().push(place);
        store
    });
    assert!(ran >= 60, "{ran} cases");
}

#[test]
fn every_promise_survives_a_restart_in_between() {
    for case in divisi_store::conformance::cases() {
        let place = Place::new();
        let store = StoreIn::new(&place);
        (case.run)(&divisi_store::conformance::sample::Bench::new(&store)).unwrap();
    }
}
