//! Committing an input twice gives the first outcome.

use super::list;
use super::sample::{Bench, agent, append, batch, event, home, input, stream};
use crate::batch::{Append, Batch, Expected};
use crate::error::Result;
use crate::outcome::{CommitOutcome, FirstOutcome};
use crate::stream::StreamRef;

list![
    a_repeated_batch_gives_its_first_outcome,
    a_repeated_input_with_other_events_writes_nothing,
    an_input_without_events_is_recorded,
    one_known_input_of_several_is_enough,
    an_earlier_outcome_is_not_the_latest_one,
    the_same_input_is_new_in_another_stream,
    a_repeat_wins_over_a_version_conflict,
    a_repeat_in_one_stream_stops_the_whole_batch,
    a_side_append_needs_no_input_of_its_own,
    an_event_must_name_an_input_of_its_batch,
    agents_and_workspaces_know_their_inputs,
    many_inputs_are_all_known,
];

fn first(outcome: CommitOutcome) -> Vec<FirstOutcome> {
    match outcome {
        CommitOutcome::AlreadyCommitted { first } => first,
        other => {
            assert_eq!(other, CommitOutcome::AlreadyCommitted { first: Vec::new() });
            Vec::new()
        }
    }
}

fn a_repeated_batch_gives_its_first_outcome(bench: &Bench<'_>) -> Result<()> {
    let one = batch(append(stream(1), Expected::At(0), input(1), &["a", "b"]));
    bench.committed(one.clone())?;
    let events = bench.store.events(&stream(1), 0, 10)?;
    let expected = FirstOutcome { stream: stream(1), recorded: vec![input(1)], last_seq: 2, events };
    for _ in 0..3 {
        assert_eq!(first(bench.commit(one.clone())?), std::slice::from_ref(&expected));
    }
    assert_eq!(bench.store.last_seq(&stream(1))?, Some(2));
    Ok(())
}

fn a_repeated_input_with_other_events_writes_nothing(bench: &Bench<'_>) -> Result<()> {
    bench.committed(batch(append(stream(1), Expected::At(0), input(1), &["a"])))?;
    let repeated =
        first(bench.commit(batch(append(stream(1), Expected::At(1), input(1), &["other", "more"])))?);
    assert_eq!(repeated[0].events.iter().map(|event| &*event.body).collect::<Vec<_>>(), [b"a"]);
    assert_eq!(bench.bodies(&stream(1))?, ["a"]);
    Ok(())
}

fn an_input_without_events_is_recorded(bench: &Bench<'_>) -> Result<()> {
    bench.committed(batch(append(stream(1), Expected::At(0), input(1), &["a"])))?;
    assert_eq!(bench.committed(batch(append(stream(1), Expected::At(1), input(2), &[])))?, [1]);
    let repeated = first(bench.commit(batch(append(stream(1), Expected::At(1), input(2), &["late"])))?);
    let expected =
        FirstOutcome { stream: stream(1), recorded: vec![input(2)], last_seq: 1, events: Vec::new() };
    assert_eq!(repeated, [expected]);
    bench.committed(batch(append(stream(2), Expected::At(0), input(3), &[])))?;
    assert_eq!(bench.store.last_seq(&stream(2))?, Some(0));
    assert_eq!(first(bench.commit(batch(append(stream(2), Expected::At(0), input(3), &[])))?).len(), 1);
    Ok(())
}

fn one_known_input_of_several_is_enough(bench: &Bench<'_>) -> Result<()> {
    bench.committed(batch(append(stream(1), Expected::At(0), input(1), &["a"])))?;
    let both = Append {
        inputs: vec![input(2), input(1)],
        events: vec![event(input(2), "b"), event(input(1), "a")],
        ..append(stream(1), Expected::At(1), input(2), &[])
    };
    let repeated = first(bench.commit(batch(both))?);
    assert_eq!(repeated[0].recorded, [input(1)]);
    assert_eq!(repeated[0].events.len(), 1);
    assert_eq!(bench.bodies(&stream(1))?, ["a"]);
    assert_eq!(bench.committed(batch(append(stream(1), Expected::At(1), input(2), &["b"])))?, [2]);
    Ok(())
}

fn an_earlier_outcome_is_not_the_latest_one(bench: &Bench<'_>) -> Result<()> {
    let inputs = vec![input(1), input(2)];
    let events = vec![event(input(1), "a"), event(input(2), "b"), event(input(1), "c")];
    bench.committed(batch(Append { inputs, events, ..append(stream(1), Expected::At(0), input(1), &[]) }))?;
    bench.committed(batch(append(stream(1), Expected::At(3), input(3), &["d"])))?;
    let repeated = first(bench.commit(batch(append(stream(1), Expected::At(0), input(1), &["a"])))?);
    assert_eq!(repeated[0].last_seq, 3);
    assert_eq!(repeated[0].events.iter().map(|event| event.seq).collect::<Vec<_>>(), [1, 3]);
    Ok(())
}

fn the_same_input_is_new_in_another_stream(bench: &Bench<'_>) -> Result<()> {
    bench.committed(batch(append(stream(1), Expected::At(0), input(1), &["a"])))?;
    assert_eq!(bench.committed(batch(append(stream(2), Expected::At(0), input(1), &["b"])))?, [1]);
    Ok(())
}

fn a_repeat_wins_over_a_version_conflict(bench: &Bench<'_>) -> Result<()> {
    let one = batch(append(stream(1), Expected::At(0), input(1), &["a"]));
    bench.committed(one.clone())?;
    bench.committed(batch(append(stream(1), Expected::At(1), input(2), &["b"])))?;
    assert_eq!(first(bench.commit(one)?)[0].last_seq, 1);
    Ok(())
}

fn a_repeat_in_one_stream_stops_the_whole_batch(bench: &Bench<'_>) -> Result<()> {
    bench.committed(batch(append(stream(1), Expected::At(0), input(1), &["a"])))?;
    let appends = vec![
        append(stream(2), Expected::At(0), input(1), &["new"]),
        append(stream(1), Expected::At(1), input(1), &["again"]),
    ];
    let repeated = first(bench.commit(Batch { appends, ..Batch::default() })?);
    assert_eq!(
        repeated[0],
        FirstOutcome { stream: stream(2), recorded: vec![], last_seq: 0, events: vec![] }
    );
    assert_eq!(repeated[1].recorded, [input(1)]);
    assert_eq!(bench.store.last_seq(&stream(2))?, None);
    Ok(())
}

fn a_side_append_needs_no_input_of_its_own(bench: &Bench<'_>) -> Result<()> {
    let side = StreamRef::new(home(), agent(1));
    let with_side = |number: u32| {
        let appends = vec![
            append(stream(number), Expected::At(0), input(number), &["task"]),
            Append { inputs: Vec::new(), ..append(side, Expected::Any, input(number), &["outcome"]) },
        ];
        Batch { appends, ..Batch::default() }
    };
    assert_eq!(bench.committed(with_side(1))?, [1, 1]);
    assert_eq!(bench.committed(with_side(2))?, [1, 2]);
    assert_eq!(first(bench.commit(with_side(1))?)[1].last_seq, 2);
    let named: Vec<_> = bench.store.events(&side, 0, 10)?.iter().map(|event| event.input_id).collect();
    assert_eq!(named, [input(1), input(2)]);
    assert_eq!(bench.committed(batch(append(side, Expected::Any, input(1), &["own"])))?, [3]);
    Ok(())
}

fn an_event_must_name_an_input_of_its_batch(bench: &Bench<'_>) -> Result<()> {
    let foreign =
        Append { events: vec![event(input(9), "x")], ..append(stream(1), Expected::At(0), input(1), &[]) };
    bench.invalid(batch(foreign))
}

fn agents_and_workspaces_know_their_inputs(bench: &Bench<'_>) -> Result<()> {
    for side in [StreamRef::new(home(), agent(1)), StreamRef::new(home(), home())] {
        bench.committed(batch(append(side, Expected::Any, input(1), &["a"])))?;
        bench.committed(batch(append(side, Expected::Any, input(2), &["b", "c"])))?;
        bench.committed(batch(append(side, Expected::Any, input(3), &[])))?;
        bench.committed(batch(append(side, Expected::Any, input(4), &["d"])))?;
        let repeated = first(bench.commit(batch(append(side, Expected::Any, input(2), &["x"])))?);
        assert_eq!((repeated[0].last_seq, repeated[0].events.len()), (3, 2));
        let repeated = first(bench.commit(batch(append(side, Expected::Any, input(3), &["x"])))?);
        assert_eq!((repeated[0].last_seq, repeated[0].events.len()), (3, 0));
        assert_eq!(bench.store.last_seq(&side)?, Some(4));
    }
    Ok(())
}

fn many_inputs_are_all_known(bench: &Bench<'_>) -> Result<()> {
    for number in 0..300 {
        bench.committed(batch(append(stream(1), Expected::Any, input(number), &["x"])))?;
    }
    for number in [0, 1, 150, 299] {
        let repeated = first(bench.commit(batch(append(stream(1), Expected::Any, input(number), &["x"])))?);
        assert_eq!(repeated[0].last_seq, u64::from(number) + 1);
    }
    Ok(())
}
