//! Flipped bits in what lies on the disk: each is found, and takes nothing with it that it did not hit.

use std::fs;
use std::path::{Path, PathBuf};

use divisi_store::conformance::sample::{
    Bench, append, batch, blob, home, input, key, stream, task, task_row,
};
use divisi_store::{
    Batch, Damage, Expected, Maintenance, ProjectionChange, Reads, Snapshot, StoreError, blob_ref,
    commit_blocking,
};
use divisi_store_sqlite::SqliteStore;

use crate::chance::Chance;

use super::tally::{Broken, Extent, Tally};
use super::wal::copy;
use super::work::{FOLDER, Opening};

/// Tasks in the folder.
const TASKS: u32 = 6;
/// Events of each.
const EVENTS: u32 = 4;
const FILE_BYTES: usize = 70_000;

const KINDS: [&str; 5] = [
    "bit flipped in an event",
    "bit flipped in an input id",
    "bit flipped in a snapshot",
    "bit flipped in a content",
    "bit flipped in a content file",
];

/// Flips one bit a case.
pub fn flipped_bits(extent: Extent, seed: u64) -> Result<Tally, Broken> {
    let mut tally = Tally::expecting(&KINDS);
    let whole = tempfile::tempdir().map_err(|error| Broken::at("a folder", error))?;
    write(whole.path()).map_err(|error| Broken::at("working without faults", error))?;
    for case in extent.range() {
        let mut chance = Chance::seeded(seed ^ case.rotate_left(23));
        let kind = usize::try_from(case).unwrap_or(0) % KINDS.len();
        let hit = 1 + u32::try_from(chance.below(TASKS as usize)).unwrap_or(0);
        one(whole.path(), kind, hit, &mut chance)
            .map_err(|error| Broken::at(format!("case {case}: {} of task {hit}", KINDS[kind]), error))?;
        tally.inject(KINDS[kind], 1);
        tally.see("found", 1);
    }
    Ok(tally)
}

fn body(of: u32, event: u32) -> String {
    format!("event {event} of task {of}: {}", "abcdefgh".repeat(4))
}

fn state(of: u32) -> Vec<u8> {
    format!("state of task {of}: {}", "01234567".repeat(4)).into_bytes()
}

fn content(of: u32) -> Vec<u8> {
    format!("content of task {of}: {}", "ABCDEFGH".repeat(4)).into_bytes()
}

fn file(of: u32) -> Vec<u8> {
    content(of).into_iter().cycle().take(FILE_BYTES).collect()
}

fn write(root: &Path) -> divisi_store::Result<()> {
    let store = Opening::default().after(root)?;
    super::work::begin(&store)?;
    for of in 1..=TASKS {
        for event in 1..=EVENTS {
            let stream = stream(of);
            let mut one = batch(append(stream, Expected::Any, mark(of, event), &[&body(of, event)]));
            if event == EVENTS {
                one.blobs = vec![blob(stream, &content(of)), blob(stream, &file(of))];
                one.rows = vec![ProjectionChange::Task(task_row(of))];
                one.snapshots =
                    vec![Snapshot { stream, seq: 2, rules: 1, state_version: 1, data: state(of) }];
            }
            commit_blocking(&store, one)?;
        }
    }
    Ok(())
}

fn mark(of: u32, event: u32) -> divisi_domain::id::InputId {
    input(0x0abc_0000 + of * 256 + event)
}

fn one(whole: &Path, kind: usize, hit: u32, chance: &mut Chance) -> Result<(), Broken> {
    let into = tempfile::tempdir().map_err(|error| Broken::at("a folder", error))?;
    copy(whole, into.path()).map_err(|error| Broken::at("copying the files", error))?;
    let event = 1 + u32::try_from(chance.below(EVENTS as usize)).unwrap_or(0);
    let (path, bytes) = target(into.path(), kind, hit, event);
    flip(&path, &bytes, chance)?;
    let store = Opening::default().after(into.path()).map_err(|error| Broken::at("opening", error))?;
    match kind {
        0 | 1 => bad_event(&store, hit, u64::from(event)),
        2 => bad_snapshot(&store, hit),
        3 => bad_content(&store, hit, &content(hit)),
        _ => bad_content(&store, hit, &file(hit)),
    }
}

/// The file, and the bytes in it that are hit.
fn target(root: &Path, kind: usize, hit: u32, event: u32) -> (PathBuf, Vec<u8>) {
    let folder = root.join(FOLDER);
    let database = folder.join("divisi.db");
    match kind {
        0 => (database, body(hit, event).into_bytes()),
        1 => (database, mark(hit, event).0.to_vec()),
        2 => (database, state(hit)),
        3 => (database, content(hit)),
        _ => {
            let name = blob_ref(&key(1), &file(hit)).to_string();
            (folder.join("blobs").join(&name[..2]).join(&name), file(hit))
        }
    }
}

fn flip(path: &Path, bytes: &[u8], chance: &mut Chance) -> Result<(), Broken> {
    let mut all = fs::read(path).map_err(|error| Broken::at("reading a file", error))?;
    let start = all.windows(bytes.len()).position(|window| window == bytes);
    let start = start.ok_or_else(|| Broken("the bytes to hit are not in the file".into()))?;
    all[start + chance.below(bytes.len())] ^= 1 << chance.below(8);
    fs::write(path, all).map_err(|error| Broken::at("writing a file", error))
}

/// The stream is damaged from that event on; all others are whole and go on.
fn bad_event(store: &SqliteStore, hit: u32, event: u64) -> Result<(), Broken> {
    for of in 1..=TASKS {
        let read = store.events(&stream(of), 0, 100);
        let expected_len = EVENTS as usize;
        let as_it_must = match &read {
            Err(StoreError::Corrupt { stream: of_stream, seq }) => {
                of == hit && *of_stream == stream(hit) && *seq == event
            }
            Ok(events) => of != hit && events.len() == expected_len,
            Err(_) => false,
        };
        if !as_it_must {
            return Err(Broken(format!("the events of task {of} read as {read:?}")));
        }
    }
    damage_is(store, &[Damage::Event { stream: stream(hit), seq: event }])?;
    let bench = Bench { store };
    for of in 1..=TASKS {
        let more = bench.commit(batch(append(stream(of), Expected::Any, input(7), &["more"])));
        if more.is_err() != (of == hit) {
            return Err(Broken(format!("a commit to task {of} came to {more:?}")));
        }
    }
    match store.delete_task(home(), task(hit)) {
        Ok(_) | Err(StoreError::Invalid { .. }) => Ok(()),
        Err(error) => Err(Broken::at("deleting the damaged task", error)),
    }
}

fn bad_snapshot(store: &SqliteStore, hit: u32) -> Result<(), Broken> {
    for of in 1..=TASKS {
        let found =
            store.snapshot(&stream(of), 1, 1).map_err(|error| Broken::at("reading a snapshot", error))?;
        if found.is_none() != (of == hit) {
            return Err(Broken(format!("the snapshot of task {of} reads as {found:?}")));
        }
    }
    damage_is(store, &[Damage::Snapshot { stream: stream(hit) }])?;
    let stream = stream(hit);
    let fresh = Snapshot { stream, seq: 2, rules: 1, state_version: 1, data: state(hit) };
    let made = commit_blocking(store, Batch { snapshots: vec![fresh], ..Batch::default() });
    made.map_err(|error| Broken::at("making the snapshot anew", error))?;
    damage_is(store, &[])
}

fn bad_content(store: &SqliteStore, hit: u32, bytes: &[u8]) -> Result<(), Broken> {
    let name = blob_ref(&key(1), bytes);
    let read = store.blob(&stream(hit), &name);
    if !matches!(read, Err(StoreError::CorruptBlob { .. })) {
        return Err(Broken(format!(
            "it reads as {} bytes",
            read.ok().flatten().map_or(0, |bytes| bytes.len())
        )));
    }
    damage_is(store, &[Damage::Blob { stream: stream(hit), blob: name }])
}

fn damage_is(store: &SqliteStore, expected: &[Damage]) -> Result<(), Broken> {
    let verified = store.verify().map_err(|error| Broken::at("verifying", error))?;
    if verified.damage == expected {
        return Ok(());
    }
    Err(Broken(format!("damage found: {:?}, damage done: {expected:?}", verified.damage)))
}
