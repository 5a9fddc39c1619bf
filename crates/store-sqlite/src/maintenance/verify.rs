use divisi_domain::blob::BlobRef;
use divisi_domain::id::WorkspaceId;
use divisi_store::{Damage, Result, StreamId, StreamKind, StreamRef, Verified};
use rusqlite::Connection;

use crate::reader::SqliteReader;
use crate::reads::Columns;
use crate::reads::events::{each_record, snapshot_checksum};

/// Streams looked at between two reads of their list.
const PAGE_STREAMS: u32 = 1_000;
/// Lines of SQLite's own report that are kept.
const REPORT_LINES_MAX: u32 = 20;

/// A stream with its key.
struct Entry {
    key: i64,
    stream: StreamRef,
}

/// Reads everything once. Each stream is read in its own transaction, so nothing is held up.
pub(super) fn verify(reader: &SqliteReader) -> Result<Verified> {
    let mut verified = Verified::default();
    reader.read(|connection| database(connection, &mut verified))?;
    let mut after = 0;
    loop {
        let page = reader.read(|connection| streams(connection, after))?;
        let Some(last) = page.last() else { return Ok(verified) };
        after = last.key;
        for entry in &page {
            verified.streams += 1;
            reader.read_together(|connection| {
                events(connection, entry, &mut verified)?;
                snapshot(connection, entry, &mut verified)
            })?;
            blobs(reader, entry, &mut verified)?;
        }
    }
}

fn database(connection: &Connection, verified: &mut Verified) -> rusqlite::Result<()> {
    let mut check = connection.prepare(&format!("PRAGMA integrity_check({REPORT_LINES_MAX})"))?;
    let mut lines = check.query([])?;
    while let Some(line) = lines.next()? {
        let report: String = line.get(0)?;
        if report != "ok" {
            verified.note(Damage::Database { report });
        }
    }
    Ok(())
}

fn streams(connection: &Connection, after: i64) -> rusqlite::Result<Vec<Entry>> {
    let mut select = connection.prepare_cached(
        "SELECT s.id, w.uuid, s.kind, s.uuid FROM streams s JOIN workspaces w ON w.id = s.workspace
         WHERE s.id > ?1 ORDER BY s.id LIMIT ?2",
    )?;
    let rows = select.query_map((after, PAGE_STREAMS), |row| {
        let stream = StreamId { kind: row.coded(2, StreamKind::from_code)?, id: row.get(3)? };
        Ok(Entry {
            key: row.get(0)?,
            stream: StreamRef { workspace: WorkspaceId::from_bytes(row.get(1)?), stream },
        })
    })?;
    rows.collect()
}

fn events(connection: &Connection, entry: &Entry, verified: &mut Verified) -> rusqlite::Result<()> {
    let stream = entry.stream;
    let mut next = 1;
    each_record(connection, entry.key, 0, |record| {
        if record.first_seq() != next {
            verified.note(Damage::Gap { stream, seq: next });
        }
        next = record.last_seq + 1;
        match record.unpack(&stream) {
            Ok(unpacked) => verified.events += unpacked.events.len() as u64,
            Err(_) => verified.note(Damage::Event { stream, seq: record.first_seq() }),
        }
        true
    })
}

fn snapshot(connection: &Connection, entry: &Entry, verified: &mut Verified) -> rusqlite::Result<()> {
    let mut select = connection
        .prepare_cached("SELECT seq, rules, state_version, crc32c, data FROM snapshots WHERE stream = ?1")?;
    let mut rows = select.query([entry.key])?;
    while let Some(row) = rows.next()? {
        let data: Vec<u8> = row.get(4)?;
        if snapshot_checksum(row.number(0)?, row.get(1)?, row.get(2)?, &data) != row.get::<_, u32>(3)? {
            verified.note(Damage::Snapshot { stream: entry.stream });
        }
    }
    Ok(())
}

fn blobs(reader: &SqliteReader, entry: &Entry, verified: &mut Verified) -> Result<()> {
    let names: Vec<BlobRef> = reader.read(|connection| {
        let mut select = connection.prepare_cached("SELECT tag, rest FROM blobs WHERE stream = ?1")?;
        let rows = select.query_map([entry.key], |row| {
            let (tag, rest): (i32, [u8; 28]) = (row.get(0)?, row.get(1)?);
            let mut name = [0; 32];
            name[..4].copy_from_slice(&tag.to_be_bytes());
            name[4..].copy_from_slice(&rest);
            Ok(BlobRef(name))
        })?;
        rows.collect()
    })?;
    for blob in names {
        verified.blobs += 1;
        if reader.read_blob(&entry.stream, &blob).is_err() {
            verified.note(Damage::Blob { stream: entry.stream, blob });
        }
    }
    Ok(())
}
