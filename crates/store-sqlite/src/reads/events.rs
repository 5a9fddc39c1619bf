use divisi_domain::time::Timestamp;
use divisi_store::limits::READ_EVENTS_MAX;
use divisi_store::packed::{Place, Unpacked, unpack};
use divisi_store::{Result, Snapshot, StoreError, StoredEvent, StreamRef};
use rusqlite::{Connection, OptionalExtension};

use super::{Columns, stream_key};
use crate::reader::SqliteReader;

/// A record of a stream, checksum not looked at yet.
#[derive(Debug)]
pub(crate) struct RawRecord {
    pub(crate) last_seq: u64,
    pub(crate) at: Timestamp,
    kinds: Option<String>,
    data: Vec<u8>,
}

impl RawRecord {
    /// From `last_seq, at, kinds, data`. Text that is no UTF-8 any more is damage, not a failed read.
    pub(crate) fn from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        let kinds = std::str::from_utf8(row.get_ref(2)?.as_bytes_or_null()?.unwrap_or_default());
        let data = row.get_ref(3)?.as_bytes_or_null()?.unwrap_or_default().to_vec();
        Ok(Self { last_seq: row.number(0)?, at: row.time(1)?, kinds: kinds.ok().map(str::to_owned), data })
    }

    pub(crate) fn first_seq(&self) -> u64 {
        let count = self.kinds.as_ref().map_or(1, |kinds| kinds.chars().count() as u64);
        (self.last_seq + 1).saturating_sub(count)
    }

    pub(crate) fn unpack(&self, stream: &StreamRef) -> Result<Unpacked> {
        let place = Place { stream, last_seq: self.last_seq, at: self.at };
        let unpacked = self.kinds.as_ref().and_then(|kinds| unpack(place, kinds, &self.data));
        unpacked.ok_or(StoreError::Corrupt { stream: *stream, seq: self.first_seq() })
    }
}

/// Gives each record after `after`, in order, until `take` says stop.
pub(crate) fn each_record(
    connection: &Connection,
    key: i64,
    after: u64,
    mut take: impl FnMut(RawRecord) -> bool,
) -> rusqlite::Result<()> {
    let mut select = connection.prepare_cached(
        "SELECT last_seq, at, kinds, data FROM records WHERE stream = ?1 AND last_seq > ?2 ORDER BY last_seq",
    )?;
    let mut rows = select.query((key, after.cast_signed()))?;
    while let Some(row) = rows.next()? {
        if !take(RawRecord::from_row(row)?) {
            break;
        }
    }
    Ok(())
}

/// The last sequence number; `None` where nothing was ever recorded.
pub(crate) fn select_last_seq(connection: &Connection, key: i64) -> rusqlite::Result<Option<u64>> {
    let last = connection
        .prepare_cached("SELECT last_seq FROM records WHERE stream = ?1 ORDER BY last_seq DESC LIMIT 1")?
        .query_row([key], |row| row.number(0))
        .optional()?;
    if last.is_some() {
        return Ok(last);
    }
    let only_inputs = connection
        .prepare_cached("SELECT 1 FROM inputs WHERE stream = ?1 LIMIT 1")?
        .query_row([key], |_| Ok(()))
        .optional()?;
    Ok(only_inputs.map(|()| 0))
}

impl SqliteReader {
    pub(crate) fn select_events(
        &self,
        stream: &StreamRef,
        after: u64,
        limit: usize,
    ) -> Result<Vec<StoredEvent>> {
        let limit = limit.min(READ_EVENTS_MAX);
        // No stream is as long as the numbers that the database knows.
        let after = after.min(i64::MAX.cast_unsigned());
        let mut events: Vec<StoredEvent> = Vec::new();
        let (mut damage, mut next) = (None, after + 1);
        if limit == 0 {
            return Ok(events);
        }
        self.read(|connection| {
            let Some(key) = stream_key(connection, stream)? else { return Ok(()) };
            each_record(connection, key, after, |record| {
                match record.unpack(stream) {
                    Ok(_) if record.first_seq() > next => {
                        damage = Some(StoreError::Corrupt { stream: *stream, seq: next });
                    }
                    Ok(read) => events.extend(read.events.into_iter().filter(|event| event.seq > after)),
                    Err(error) => damage = Some(error),
                }
                next = record.last_seq + 1;
                damage.is_none() && events.len() < limit
            })
        })?;
        events.truncate(limit);
        damage.map_or(Ok(events), Err)
    }

    pub(crate) fn select_last_seq(&self, stream: &StreamRef) -> Result<Option<u64>> {
        self.read(|connection| match stream_key(connection, stream)? {
            Some(key) => select_last_seq(connection, key),
            None => Ok(None),
        })
    }

    pub(crate) fn select_snapshot(
        &self,
        stream: &StreamRef,
        rules: u32,
        state_version: u16,
    ) -> Result<Option<Snapshot>> {
        let found = self.read(|connection| {
            let Some(key) = stream_key(connection, stream)? else { return Ok(None) };
            connection
                .prepare_cached(
                    "SELECT seq, crc32c, data FROM snapshots WHERE stream = ?1 AND rules = ?2 AND state_version = ?3",
                )?
                .query_row((key, rules, state_version), |row| {
                    Ok((row.number(0)?, row.get::<_, u32>(1)?, row.get::<_, Vec<u8>>(2)?))
                })
                .optional()
        })?;
        let whole =
            found.filter(|(seq, sum, data)| snapshot_checksum(*seq, rules, state_version, data) == *sum);
        Ok(whole.map(|(seq, _, data)| Snapshot { stream: *stream, seq, rules, state_version, data }))
    }
}

/// Covers the header too: a snapshot of another state is worse than none.
pub(crate) fn snapshot_checksum(seq: u64, rules: u32, state_version: u16, data: &[u8]) -> u32 {
    let sum = crc32c::crc32c(&seq.to_le_bytes());
    let sum = crc32c::crc32c_append(sum, &rules.to_le_bytes());
    let sum = crc32c::crc32c_append(sum, &state_version.to_le_bytes());
    crc32c::crc32c_append(sum, data)
}
