//! The cache of machine states.

use super::list;
use super::sample::{Bench, stream};
use crate::batch::Batch;
use crate::error::Result;
use crate::snapshot::Snapshot;

list![a_snapshot_comes_back_under_its_versions_only, a_later_snapshot_replaces, a_large_snapshot_is_kept,];

fn snapshot(seq: u64, data: &[u8]) -> Snapshot {
    Snapshot { stream: stream(1), seq, rules: 2, state_version: 3, data: data.to_vec() }
}

fn put(bench: &Bench<'_>, snapshot: Snapshot) -> Result<()> {
    bench.committed(Batch { snapshots: vec![snapshot], ..Batch::default() }).map(|_| ())
}

fn a_snapshot_comes_back_under_its_versions_only(bench: &Bench<'_>) -> Result<()> {
    bench.start(1, Vec::new())?;
    assert_eq!(bench.store.snapshot(&stream(1), 2, 3)?, None);
    put(bench, snapshot(1, b"state"))?;
    assert_eq!(bench.store.snapshot(&stream(1), 2, 3)?, Some(snapshot(1, b"state")));
    for (rules, state_version) in [(1, 3), (2, 2), (3, 3), (2, 4)] {
        assert_eq!(bench.store.snapshot(&stream(1), rules, state_version)?, None);
    }
    assert_eq!(bench.store.snapshot(&stream(2), 2, 3)?, None);
    Ok(())
}

fn a_later_snapshot_replaces(bench: &Bench<'_>) -> Result<()> {
    bench.start(1, Vec::new())?;
    put(bench, snapshot(1, b"old"))?;
    put(bench, Snapshot { rules: 5, ..snapshot(1, b"new") })?;
    assert_eq!(bench.store.snapshot(&stream(1), 2, 3)?, None);
    assert!(bench.store.snapshot(&stream(1), 5, 3)?.is_some());
    Ok(())
}

fn a_large_snapshot_is_kept(bench: &Bench<'_>) -> Result<()> {
    bench.start(1, Vec::new())?;
    let large = vec![7; 300_000];
    put(bench, snapshot(1, &large))?;
    assert_eq!(bench.store.snapshot(&stream(1), 2, 3)?, Some(snapshot(1, &large)));
    Ok(())
}
