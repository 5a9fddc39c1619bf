//! Agent slots.

use super::list;
use super::sample::{Bench, agent, append, batch, home, input, stream, workspace};
use crate::batch::{Batch, Expected};
use crate::error::Result;
use crate::lease::LeaseChange;
use crate::outcome::{CommitOutcome, Refusal};
use crate::stream::StreamRef;

list![
    slots_are_taken_up_to_their_number,
    a_holder_keeps_its_slot_when_it_takes_again,
    a_release_frees_and_an_unknown_one_is_fine,
    a_release_counts_before_a_take_of_the_same_batch,
    one_refused_take_refuses_all,
    no_slots_means_no_lease,
    agents_have_slots_of_their_own,
    an_agent_may_be_named_before_its_stream_begins,
];

fn take(number: u32, holder: &str, slots_max: u32) -> LeaseChange {
    LeaseChange::Take { workspace: home(), agent: agent(number), holder: holder.into(), slots_max }
}

fn release(number: u32, holder: &str) -> LeaseChange {
    LeaseChange::Release { workspace: home(), agent: agent(number), holder: holder.into() }
}

fn change(bench: &Bench<'_>, leases: Vec<LeaseChange>) -> Result<bool> {
    match bench.commit(Batch { leases, ..Batch::default() })? {
        CommitOutcome::Committed { .. } => Ok(true),
        other => {
            assert_eq!(other, CommitOutcome::Refused(Refusal::LeaseUnavailable { agent: agent(1) }));
            Ok(false)
        }
    }
}

fn held(bench: &Bench<'_>) -> Result<Vec<String>> {
    bench.store.leases(home(), agent(1))
}

fn slots_are_taken_up_to_their_number(bench: &Bench<'_>) -> Result<()> {
    assert!(change(bench, vec![take(1, "a", 2)])?);
    assert!(change(bench, vec![take(1, "b", 2)])?);
    assert!(!change(bench, vec![take(1, "c", 2)])?);
    assert_eq!(held(bench)?, ["a", "b"]);
    assert!(change(bench, vec![take(1, "c", 3)])?);
    Ok(())
}

fn a_holder_keeps_its_slot_when_it_takes_again(bench: &Bench<'_>) -> Result<()> {
    assert!(change(bench, vec![take(1, "a", 1)])?);
    assert!(change(bench, vec![take(1, "a", 1)])?);
    assert_eq!(held(bench)?, ["a"]);
    Ok(())
}

fn a_release_frees_and_an_unknown_one_is_fine(bench: &Bench<'_>) -> Result<()> {
    assert!(change(bench, vec![take(1, "a", 1)])?);
    assert!(change(bench, vec![release(1, "a"), release(1, "never"), release(2, "a")])?);
    assert_eq!(held(bench)?, [] as [String; 0]);
    assert!(change(bench, vec![take(1, "b", 1)])?);
    Ok(())
}

fn a_release_counts_before_a_take_of_the_same_batch(bench: &Bench<'_>) -> Result<()> {
    assert!(change(bench, vec![take(1, "a", 1)])?);
    assert!(change(bench, vec![take(1, "b", 1), release(1, "a")])?);
    assert_eq!(held(bench)?, ["b"]);
    Ok(())
}

fn one_refused_take_refuses_all(bench: &Bench<'_>) -> Result<()> {
    assert!(change(bench, vec![take(1, "a", 1)])?);
    let leases = vec![release(2, "x"), take(2, "y", 1), take(1, "b", 1)];
    let appends = vec![append(stream(1), Expected::At(0), input(1), &["a"])];
    let outcome = bench.commit(Batch { appends, leases, ..Batch::default() })?;
    assert_eq!(outcome, CommitOutcome::Refused(Refusal::LeaseUnavailable { agent: agent(1) }));
    assert_eq!(bench.store.leases(home(), agent(2))?, [] as [String; 0]);
    assert_eq!(bench.store.last_seq(&stream(1))?, None);
    Ok(())
}

fn no_slots_means_no_lease(bench: &Bench<'_>) -> Result<()> {
    assert!(!change(bench, vec![take(1, "a", 0)])?);
    Ok(())
}

fn agents_have_slots_of_their_own(bench: &Bench<'_>) -> Result<()> {
    assert!(change(bench, vec![take(1, "a", 1), take(2, "a", 1)])?);
    bench.open(2);
    let foreign =
        LeaseChange::Take { workspace: workspace(2), agent: agent(1), holder: "z".into(), slots_max: 1 };
    assert!(change(bench, vec![foreign])?);
    assert_eq!(held(bench)?, ["a"]);
    assert_eq!(bench.store.leases(workspace(2), agent(1))?, ["z"]);
    assert_eq!(bench.store.last_seq(&StreamRef::new(home(), agent(1)))?, None);
    Ok(())
}

fn an_agent_may_be_named_before_its_stream_begins(bench: &Bench<'_>) -> Result<()> {
    let own = StreamRef::new(home(), agent(1));
    let outcome = bench.commit(batch(append(own, Expected::At(4), input(1), &["a"])))?;
    assert_eq!(outcome, CommitOutcome::Refused(Refusal::VersionConflict { stream: own, actual: 0 }));
    assert!(change(bench, vec![take(1, "h", 1)])?);
    assert_eq!(bench.store.last_seq(&own)?, None);
    assert_eq!(bench.committed(batch(append(own, Expected::At(0), input(1), &["a"])))?, [1]);
    assert_eq!(held(bench)?, ["h"]);
    Ok(())
}
