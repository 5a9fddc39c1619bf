//! A sum over each entry: the full-text index itself does not see that a date or the case of a letter has changed.

use divisi_store::IndexEntry;
use rusqlite::{Connection, Row};

/// The sum of an entry.
pub(super) fn of(entry: &IndexEntry) -> u32 {
    let key = &entry.key;
    let (kind, at) = (i64::from(key.kind.code()), entry.at.as_millis());
    sum(key.workspace.as_bytes(), kind, &key.id, at, entry.title.as_bytes(), entry.text.as_bytes())
}

/// Whether every entry is what was put.
pub(super) fn agree(connection: &Connection) -> rusqlite::Result<bool> {
    let mut select = connection.prepare(
        "SELECT e.workspace, e.kind, e.uuid, e.at, t.title, t.text, e.crc32c FROM entries e
         LEFT JOIN texts t ON t.rowid = e.id",
    )?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        if row.get::<_, u32>(6)? != of_row(row)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn of_row(row: &Row<'_>) -> rusqlite::Result<u32> {
    let bytes = |column: usize| {
        row.get_ref(column).map(|value| value.as_bytes_or_null().ok().flatten().unwrap_or_default())
    };
    Ok(sum(bytes(0)?, row.get(1)?, bytes(2)?, row.get(3)?, bytes(4)?, bytes(5)?))
}

fn sum(workspace: &[u8], kind: i64, id: &[u8], at: i64, title: &[u8], text: &[u8]) -> u32 {
    let lengths = [title.len() as u64, text.len() as u64].map(u64::to_le_bytes);
    let numbers = [kind, at].map(i64::to_le_bytes);
    let parts: [&[u8]; 8] = [workspace, &numbers[0], id, &numbers[1], &lengths[0], &lengths[1], title, text];
    parts.into_iter().fold(0, crc32c::crc32c_append)
}
