use proptest::prelude::*;

use super::*;
use crate::money::MicroUsd;
use crate::path::{EffectPath, Node};

fn key(turn: u8) -> AttemptKey {
    AttemptKey { path: EffectPath { pass: 1, node: Node::Model { subtask: 1, cycle: 0, turn } }, attempt: 1 }
}

#[test]
fn a_reservation_that_does_not_fit_is_refused_and_changes_nothing() {
    let mut ledger = Ledger::new(Some(MicroUsd(100)));
    ledger.reserve(key(1), MicroUsd(60)).unwrap();
    let before = ledger.clone();
    assert!(matches!(ledger.reserve(key(2), MicroUsd(41)), Err(ReserveRefused::OverCap { .. })));
    assert_eq!(ledger, before);
    ledger.reserve(key(2), MicroUsd(40)).unwrap();
    assert_eq!(ledger.left(), Some(MicroUsd::ZERO));
    assert_eq!(
        ledger.reserve(key(1), MicroUsd(0)),
        Err(ReserveRefused::AlreadyReserved { key: key(1) }),
        "a second reservation of an attempt"
    );
}

#[test]
fn sums_that_do_not_fit_fail_closed_even_without_a_cap() {
    let mut ledger = Ledger::new(None);
    ledger.reserve(key(1), MicroUsd(u64::MAX)).unwrap();
    assert_eq!(ledger.reserve(key(2), MicroUsd(1)), Err(ReserveRefused::Overflow { asked: MicroUsd(1) }));
}

#[test]
fn an_attempt_settles_once_and_in_the_way_it_ended() {
    let rows = [
        (Settlement::Actual(MicroUsd(7)), (7, false, 0)),
        (Settlement::Actual(MicroUsd(12)), (12, false, 2)),
        (Settlement::Unused, (0, false, 0)),
        (Settlement::Whole, (10, true, 0)),
    ];
    for (settlement, (charged, estimated, excess)) in rows {
        let mut ledger = Ledger::new(Some(MicroUsd(10)));
        ledger.reserve(key(1), MicroUsd(10)).unwrap();
        let booked = Booked { charged: MicroUsd(charged), estimated, excess: MicroUsd(excess) };
        assert_eq!(ledger.settle(&key(1), settlement), Some(booked));
        assert_eq!((ledger.spent(), ledger.reserved()), (MicroUsd(charged), MicroUsd::ZERO));
        assert_eq!(ledger.settle(&key(1), Settlement::Whole), None, "a duplicate books nothing");
        assert_eq!(ledger.spent(), MicroUsd(charged));
    }
}

#[test]
fn what_is_recorded_twice_counts_once() {
    let mut ledger = Ledger::new(None);
    ledger.record_reserved(key(1), MicroUsd(10));
    ledger.record_reserved(key(1), MicroUsd(99));
    assert_eq!(ledger.reservation(&key(1)), Some(MicroUsd(10)));
    let booked = ledger.settle(&key(1), Settlement::Whole).unwrap();
    ledger.record_settled(&key(1), &booked);
    assert_eq!((ledger.spent(), ledger.estimated(), ledger.open().count()), (MicroUsd(10), MicroUsd(10), 0));
}

#[test]
fn a_cap_may_rise_and_not_fall_below_what_is_committed() {
    let mut ledger = Ledger::new(Some(MicroUsd(100)));
    ledger.reserve(key(1), MicroUsd(80)).unwrap();
    assert!(ledger.set_cap(Some(MicroUsd(79))).is_err());
    ledger.set_cap(Some(MicroUsd(80))).unwrap();
    ledger.set_cap(Some(MicroUsd(200))).unwrap();
    ledger.reserve(key(2), MicroUsd(120)).unwrap();
    ledger.set_cap(None).unwrap();
    assert_eq!(ledger.left(), None);
}

#[derive(Debug, Clone)]
enum Step {
    Reserve(u8, u64),
    Settle(u8, Settlement),
    Cap(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let settlement = prop_oneof![
        (0_u64..150).prop_map(|cost| Settlement::Actual(MicroUsd(cost))),
        Just(Settlement::Unused),
        Just(Settlement::Whole),
    ];
    prop_oneof![
        (0_u8..8, 0_u64..120).prop_map(|(turn, amount)| Step::Reserve(turn, amount)),
        (0_u8..8, settlement).prop_map(|(turn, settlement)| Step::Settle(turn, settlement)),
        (0_u64..600).prop_map(Step::Cap),
    ]
}

proptest! {
    /// Any order of reservations, settlements, duplicates and caps: the cap holds except for booked
    /// excesses, and the sums agree with an independent account.
    #[test]
    fn the_cap_holds_and_the_ledger_sums(steps in prop::collection::vec(step(), 0..80)) {
        let mut ledger = Ledger::new(Some(MicroUsd(300)));
        let (mut charged, mut excess, mut estimated) = (0, 0, 0);
        let mut open = std::collections::BTreeMap::new();
        for step in steps {
            match step {
                Step::Reserve(turn, amount) => {
                    if ledger.reserve(key(turn), MicroUsd(amount)).is_ok() {
                        prop_assert!(open.insert(turn, amount).is_none());
                    }
                }
                Step::Settle(turn, settlement) => {
                    let booked = ledger.settle(&key(turn), settlement);
                    prop_assert_eq!(booked.is_some(), open.remove(&turn).is_some());
                    if let Some(booked) = booked {
                        charged += booked.charged.0;
                        excess += booked.excess.0;
                        estimated += if booked.estimated { booked.charged.0 } else { 0 };
                    }
                }
                Step::Cap(cap) => {
                    let _ = ledger.set_cap(Some(MicroUsd(cap)));
                }
            }
            prop_assert_eq!(ledger.spent().0, charged);
            prop_assert_eq!(ledger.excess().0, excess);
            prop_assert_eq!(ledger.estimated().0, estimated);
            prop_assert_eq!(ledger.reserved().0, open.values().sum::<u64>());
            let cap = ledger.cap().map_or(0, |cap| cap.0);
            prop_assert!(ledger.committed().0 <= cap.saturating_add(excess));
        }
        let bytes = minicbor::to_vec(&ledger).unwrap();
        prop_assert_eq!(minicbor::decode::<Ledger>(&bytes).unwrap(), ledger);
    }
}
