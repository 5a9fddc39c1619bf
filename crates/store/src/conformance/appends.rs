//! Events and versions.

use super::list;
use super::sample::{Bench, append, at, batch, event, input, stream};
use crate::batch::{Append, Batch, Expected};
use crate::error::Result;
use crate::event::{NewEvent, StoredEvent};
use crate::limits::{APPEND_EVENTS_MAX, EVENT_BODY_BYTES_MAX, READ_EVENTS_MAX};
use crate::outcome::{CommitOutcome, Refusal};
use crate::stream::{StreamId, StreamRef};

list![
    an_unknown_stream_is_empty,
    events_come_back_as_they_were_given,
    sequence_numbers_have_no_gaps,
    a_read_starts_after_and_stops_at_its_limit,
    a_read_may_start_in_the_middle_of_an_append,
    the_version_must_be_the_expected_one,
    a_first_append_expects_nothing,
    any_version_always_holds,
    nothing_comes_after_the_end,
    streams_of_one_id_and_two_kinds_differ,
    empty_and_large_bodies_are_kept,
    many_events_in_one_append,
    too_large_a_body_is_refused,
    an_append_of_nothing_is_refused,
    every_kind_number_is_kept,
    a_read_gives_a_bounded_number_of_events,
    the_latest_event_is_a_sign_of_life,
];

fn an_unknown_stream_is_empty(bench: &Bench<'_>) -> Result<()> {
    assert_eq!(bench.store.events(&stream(1), 0, 10)?, []);
    assert_eq!(bench.store.last_seq(&stream(1))?, None);
    assert_eq!(bench.store.last_seen()?, None);
    Ok(())
}

fn events_come_back_as_they_were_given(bench: &Bench<'_>) -> Result<()> {
    let given = NewEvent { kind: 513, kind_version: 9, input_id: input(2), body: vec![0, 255, 7] };
    let inputs = vec![input(1), input(2)];
    let events = vec![event(input(1), "a"), given];
    let append = Append { stream: stream(1), expected: Expected::At(0), at: at(42), inputs, events };
    assert_eq!(bench.committed(batch(append))?, [2]);
    let read = bench.store.events(&stream(1), 1, 10)?;
    let expected = StoredEvent {
        seq: 2,
        kind: 513,
        kind_version: 9,
        at: at(42),
        input_id: input(2),
        body: vec![0, 255, 7],
    };
    assert_eq!(read, [expected]);
    Ok(())
}

fn sequence_numbers_have_no_gaps(bench: &Bench<'_>) -> Result<()> {
    bench.committed(batch(append(stream(1), Expected::At(0), input(1), &["a", "b", "c"])))?;
    bench.committed(batch(append(stream(1), Expected::At(3), input(2), &[])))?;
    bench.committed(batch(append(stream(1), Expected::At(3), input(3), &["d"])))?;
    bench.committed(batch(append(stream(1), Expected::At(4), input(4), &["e", "f"])))?;
    let seqs: Vec<u64> = bench.store.events(&stream(1), 0, 100)?.iter().map(|event| event.seq).collect();
    assert_eq!(seqs, [1, 2, 3, 4, 5, 6]);
    assert_eq!(bench.store.last_seq(&stream(1))?, Some(6));
    Ok(())
}

fn a_read_starts_after_and_stops_at_its_limit(bench: &Bench<'_>) -> Result<()> {
    for number in 0..10 {
        let one = append(stream(1), Expected::At(number), input(u32::try_from(number).unwrap_or(0)), &["x"]);
        bench.committed(batch(one))?;
    }
    for (after, limit, expected) in
        [(0, 3, vec![1, 2, 3]), (7, 10, vec![8, 9, 10]), (10, 5, vec![]), (0, 0, vec![]), (99, 1, vec![])]
    {
        let seqs: Vec<u64> =
            bench.store.events(&stream(1), after, limit)?.iter().map(|event| event.seq).collect();
        assert_eq!(seqs, expected, "after {after} limit {limit}");
    }
    Ok(())
}

fn a_read_may_start_in_the_middle_of_an_append(bench: &Bench<'_>) -> Result<()> {
    bench.committed(batch(append(stream(1), Expected::At(0), input(1), &["a", "b", "c", "d"])))?;
    bench.committed(batch(append(stream(1), Expected::At(4), input(2), &["e", "f"])))?;
    let seqs: Vec<u64> = bench.store.events(&stream(1), 2, 3)?.iter().map(|event| event.seq).collect();
    assert_eq!(seqs, [3, 4, 5]);
    Ok(())
}

fn the_version_must_be_the_expected_one(bench: &Bench<'_>) -> Result<()> {
    bench.committed(batch(append(stream(1), Expected::At(0), input(1), &["a", "b"])))?;
    for wrong in [0, 1, 3, u64::MAX] {
        let outcome = bench.commit(batch(append(stream(1), Expected::At(wrong), input(2), &["c"])))?;
        let conflict = Refusal::VersionConflict { stream: stream(1), actual: 2 };
        assert_eq!(outcome, CommitOutcome::Refused(conflict));
    }
    assert_eq!(bench.bodies(&stream(1))?, ["a", "b"]);
    assert_eq!(bench.committed(batch(append(stream(1), Expected::At(2), input(2), &["c"])))?, [3]);
    Ok(())
}

fn a_first_append_expects_nothing(bench: &Bench<'_>) -> Result<()> {
    let outcome = bench.commit(batch(append(stream(1), Expected::At(1), input(1), &["a"])))?;
    let conflict = Refusal::VersionConflict { stream: stream(1), actual: 0 };
    assert_eq!(outcome, CommitOutcome::Refused(conflict));
    assert_eq!(bench.store.last_seq(&stream(1))?, None);
    Ok(())
}

fn any_version_always_holds(bench: &Bench<'_>) -> Result<()> {
    for number in 1..=5 {
        let seqs = bench.committed(batch(append(stream(1), Expected::Any, input(number), &["x"])))?;
        assert_eq!(seqs, [u64::from(number)]);
    }
    Ok(())
}

fn nothing_comes_after_the_end(bench: &Bench<'_>) -> Result<()> {
    bench.committed(batch(append(stream(1), Expected::Any, input(1), &["a", "b"])))?;
    for after in [2, 3, 1 << 63, u64::MAX - 1, u64::MAX] {
        assert_eq!(bench.store.events(&stream(1), after, 10)?, [], "{after}");
    }
    Ok(())
}

fn streams_of_one_id_and_two_kinds_differ(bench: &Bench<'_>) -> Result<()> {
    let chain = StreamRef { stream: StreamId::chain(stream(1).stream.id), ..stream(1) };
    bench.committed(batch(append(stream(1), Expected::At(0), input(1), &["task"])))?;
    bench.committed(batch(append(chain, Expected::At(0), input(1), &["chain"])))?;
    assert_eq!(bench.bodies(&stream(1))?, ["task"]);
    assert_eq!(bench.bodies(&chain)?, ["chain"]);
    Ok(())
}

fn empty_and_large_bodies_are_kept(bench: &Bench<'_>) -> Result<()> {
    let large = "l".repeat(EVENT_BODY_BYTES_MAX);
    bench.committed(batch(append(stream(1), Expected::At(0), input(1), &["", &large, ""])))?;
    assert_eq!(bench.bodies(&stream(1))?, ["", &large, ""]);
    Ok(())
}

fn many_events_in_one_append(bench: &Bench<'_>) -> Result<()> {
    let bodies = vec!["x"; APPEND_EVENTS_MAX];
    let seqs = bench.committed(batch(append(stream(1), Expected::At(0), input(1), &bodies)))?;
    assert_eq!(seqs, [APPEND_EVENTS_MAX as u64]);
    assert_eq!(bench.store.events(&stream(1), 0, usize::MAX)?.len(), APPEND_EVENTS_MAX);
    let too_many = vec!["x"; APPEND_EVENTS_MAX + 1];
    bench.invalid(batch(append(stream(2), Expected::At(0), input(1), &too_many)))
}

fn too_large_a_body_is_refused(bench: &Bench<'_>) -> Result<()> {
    let large = "l".repeat(EVENT_BODY_BYTES_MAX + 1);
    bench.invalid(batch(append(stream(1), Expected::At(0), input(1), &[&large])))?;
    assert_eq!(bench.store.last_seq(&stream(1))?, None);
    Ok(())
}

fn an_append_of_nothing_is_refused(bench: &Bench<'_>) -> Result<()> {
    let nothing = Append { inputs: Vec::new(), ..append(stream(1), Expected::At(0), input(1), &[]) };
    bench.invalid(batch(nothing))?;
    assert_eq!(bench.commit(Batch::default())?, CommitOutcome::Committed { seqs: Vec::new() });
    Ok(())
}

fn every_kind_number_is_kept(bench: &Bench<'_>) -> Result<()> {
    let kinds = [0, 1, 126, 127, 2_047, 55_294, 55_295, 55_296, 57_343, 57_344, u16::MAX];
    let events: Vec<_> = kinds.iter().map(|&kind| NewEvent { kind, ..event(input(1), "x") }).collect();
    bench.committed(batch(Append { events, ..append(stream(1), Expected::At(0), input(1), &[]) }))?;
    let read: Vec<u16> = bench.store.events(&stream(1), 0, 100)?.iter().map(|event| event.kind).collect();
    assert_eq!(read, kinds);
    Ok(())
}

fn a_read_gives_a_bounded_number_of_events(bench: &Bench<'_>) -> Result<()> {
    let bodies = vec!["x"; APPEND_EVENTS_MAX];
    for number in 0..3 {
        let one = append(stream(1), Expected::Any, input(number), &bodies);
        bench.committed(batch(one))?;
    }
    assert_eq!(bench.store.events(&stream(1), 0, usize::MAX)?.len(), READ_EVENTS_MAX);
    let rest = bench.store.events(&stream(1), READ_EVENTS_MAX as u64, usize::MAX)?;
    assert_eq!(rest.len(), 3 * APPEND_EVENTS_MAX - READ_EVENTS_MAX);
    Ok(())
}

fn the_latest_event_is_a_sign_of_life(bench: &Bench<'_>) -> Result<()> {
    bench.committed(batch(Append { at: at(10), ..append(stream(1), Expected::At(0), input(1), &["a"]) }))?;
    assert_eq!(bench.store.last_seen()?, Some(at(10)));
    bench.store.heartbeat(at(30))?;
    assert_eq!(bench.store.last_seen()?, Some(at(30)));
    bench.committed(batch(Append { at: at(20), ..append(stream(2), Expected::At(0), input(1), &["a"]) }))?;
    assert_eq!(bench.store.last_seen()?, Some(at(30)));
    bench.committed(batch(Append { at: at(50), ..append(stream(1), Expected::At(1), input(2), &["b"]) }))?;
    assert_eq!(bench.store.last_seen()?, Some(at(50)));
    Ok(())
}
