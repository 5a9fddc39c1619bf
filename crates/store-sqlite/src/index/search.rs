//! What a query finds, without reading any text.

use std::collections::HashSet;

use divisi_domain::id::WorkspaceId;
use divisi_domain::time::Timestamp;
use divisi_store::limits::SEARCH_RANKED_MAX;
use divisi_store::{Found, IndexKey, IndexKind, Place};
use rusqlite::types::FromSqlError;
use rusqlite::{Connection, OptionalExtension, Result, Row};

use super::query::{Words, expression};

/// Beginnings are looked up last, and only where there is room: all entries of all words that begin so are read at once, however
/// few of them are wanted.
pub(super) fn find(connection: &Connection, workspace: WorkspaceId, words: &Words) -> Result<Vec<Found>> {
    let whole = Some(&words.whole);
    let begun = words.begun.as_ref();
    let places =
        [(Place::Title, whole), (Place::Text, whole), (Place::TitleBegun, begun), (Place::TextBegun, begun)];
    let mut known = HashSet::new();
    let mut found = Vec::new();
    for (place, words) in places {
        let Some(words) = words.filter(|_| found.len() < SEARCH_RANKED_MAX) else { continue };
        for (id, key) in matches(connection, workspace, place, words)? {
            if found.len() < SEARCH_RANKED_MAX && known.insert(id) {
                found.push(Found { key, place });
            }
        }
    }
    Ok(found)
}

/// The time of an entry.
pub(super) fn stamp(connection: &Connection, key: &IndexKey) -> Result<Option<Timestamp>> {
    let mut select = connection
        .prepare_cached("SELECT at FROM entries WHERE uuid = ?1 AND kind = ?2 AND workspace = ?3")?;
    let found = select.query_row((key.id, key.kind.code(), key.workspace.as_bytes()), |row| row.get(0));
    Ok(found.optional()?.map(Timestamp::from_millis))
}

/// The newest entries that match. Looks at the workspace once more: the index is only a cache, the key is not.
fn matches(
    connection: &Connection,
    workspace: WorkspaceId,
    place: Place,
    words: &str,
) -> Result<Vec<(i64, IndexKey)>> {
    // Titles have a table of their own: in that of all texts, a word that every text has and no title would be looked for
    // in each.
    let (sql, columns) = match place {
        Place::Title | Place::TitleBegun => (
            "SELECT e.kind, e.uuid, e.id FROM titles t JOIN entries e ON e.id = t.rowid
             WHERE titles MATCH ?1 AND e.workspace = ?2 ORDER BY t.rowid DESC LIMIT ?3",
            "title",
        ),
        Place::Text | Place::TextBegun => (
            "SELECT e.kind, e.uuid, e.id FROM texts t JOIN entries e ON e.id = t.rowid
             WHERE texts MATCH ?1 AND e.workspace = ?2 ORDER BY t.rowid DESC LIMIT ?3",
            "title text",
        ),
    };
    let expression = expression(workspace, columns, words);
    let mut select = connection.prepare_cached(sql)?;
    let values = (expression, workspace.as_bytes(), SEARCH_RANKED_MAX.cast_signed());
    let one = |row: &Row<'_>| {
        let key = IndexKey { workspace, kind: kind_of(row)?, id: row.get(1)? };
        Ok((row.get(2)?, key))
    };
    select.query_map(values, one)?.collect()
}

/// The kind in the first column.
fn kind_of(row: &Row<'_>) -> Result<IndexKind> {
    let code: u8 = row.get(0)?;
    IndexKind::from_code(code).ok_or_else(|| FromSqlError::OutOfRange(i64::from(code)).into())
}
