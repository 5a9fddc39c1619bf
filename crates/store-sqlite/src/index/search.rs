//! Newest matches first, those with every word in the title before the others. Ranking reads no text but that of the hits.

use std::collections::HashSet;

use divisi_domain::id::WorkspaceId;
use divisi_domain::time::Timestamp;
use divisi_store::limits::SEARCH_RANKED_MAX;
use divisi_store::{Found, Hit, IndexKey, IndexKind};
use rusqlite::types::FromSqlError;
use rusqlite::{Connection, OptionalExtension, Result, Row};

use super::query::expression;

pub(super) fn search(
    connection: &Connection,
    workspace: WorkspaceId,
    words: &str,
    kind: Option<IndexKind>,
    limit: usize,
) -> Result<Vec<Hit>> {
    let anywhere = expression(workspace, kind, "title text", words);
    // In the title, and asked for anywhere as well, so that the excerpt is of the words in the text.
    let titled = format!("{anywhere} AND {{title}} : {words}");
    let mut found = hits(connection, workspace, &titled, limit)?;
    if found.len() < limit {
        let known: HashSet<i64> = found.iter().map(|(id, _)| *id).collect();
        let others = hits(connection, workspace, &anywhere, SEARCH_RANKED_MAX.min(limit + known.len()))?;
        found.extend(others.into_iter().filter(|(id, _)| !known.contains(id)));
    }
    Ok(found.into_iter().take(limit).map(|(_, hit)| hit).collect())
}

pub(super) fn find(connection: &Connection, workspace: WorkspaceId, words: &str) -> Result<Vec<Found>> {
    let ranked = ranked(connection, workspace, words, None, SEARCH_RANKED_MAX)?;
    let found = ranked
        .into_iter()
        .map(|(id, in_title)| Ok(named(connection, workspace, id)?.map(|key| Found { key, in_title })));
    found.filter_map(Result::transpose).collect()
}

/// The time of an entry.
pub(super) fn stamp(connection: &Connection, key: &IndexKey) -> Result<Option<Timestamp>> {
    let mut select = connection
        .prepare_cached("SELECT at FROM entries WHERE uuid = ?1 AND kind = ?2 AND workspace = ?3")?;
    let found = select.query_row((key.id, key.kind.code(), key.workspace.as_bytes()), |row| row.get(0));
    Ok(found.optional()?.map(Timestamp::from_millis))
}

/// Numbers of entries, those with all words in the title first.
fn ranked(
    connection: &Connection,
    workspace: WorkspaceId,
    words: &str,
    kind: Option<IndexKind>,
    limit: usize,
) -> Result<Vec<(i64, bool)>> {
    let titled = matches(connection, &expression(workspace, kind, "title", words), limit)?;
    let mut ranked: Vec<(i64, bool)> = titled.iter().map(|id| (*id, true)).collect();
    if ranked.len() < limit {
        let anywhere = expression(workspace, kind, "title text", words);
        let others = matches(connection, &anywhere, SEARCH_RANKED_MAX.min(limit + ranked.len()))?;
        let known: HashSet<i64> = titled.into_iter().collect();
        ranked.extend(others.into_iter().filter(|id| !known.contains(id)).map(|id| (id, false)));
    }
    ranked.truncate(limit);
    Ok(ranked)
}

fn named(connection: &Connection, workspace: WorkspaceId, id: i64) -> Result<Option<IndexKey>> {
    let mut select =
        connection.prepare_cached("SELECT kind, uuid FROM entries WHERE id = ?1 AND workspace = ?2")?;
    let mut rows = select.query((id, workspace.as_bytes()))?;
    let Some(row) = rows.next()? else { return Ok(None) };
    Ok(Some(IndexKey { workspace, kind: kind_of(row)?, id: row.get(1)? }))
}

/// The kind in the first column.
fn kind_of(row: &Row<'_>) -> Result<IndexKind> {
    let code: u8 = row.get(0)?;
    IndexKind::from_code(code).ok_or_else(|| FromSqlError::OutOfRange(i64::from(code)).into())
}

fn matches(connection: &Connection, expression: &str, limit: usize) -> Result<Vec<i64>> {
    let mut select = connection
        .prepare_cached("SELECT rowid FROM texts WHERE texts MATCH ?1 ORDER BY rowid DESC LIMIT ?2")?;
    select.query_map((expression, limit.cast_signed()), |row| row.get(0))?.collect()
}

/// The newest entries that match, in one walk: an expression whose last word is a beginning costs much to set up. Looks at the
/// workspace once more: the index is only a cache, the key is not.
fn hits(
    connection: &Connection,
    workspace: WorkspaceId,
    expression: &str,
    limit: usize,
) -> Result<Vec<(i64, Hit)>> {
    let mut select = connection.prepare_cached(
        "SELECT e.kind, e.uuid, e.at, t.title, snippet(texts, 2, '', '', '…', 32), t.rowid
         FROM texts t JOIN entries e ON e.id = t.rowid
         WHERE texts MATCH ?1 AND e.workspace = ?2 ORDER BY t.rowid DESC LIMIT ?3",
    )?;
    let values = (expression, workspace.as_bytes(), limit.cast_signed());
    select.query_map(values, |row| Ok((row.get(5)?, read(workspace, row)?)))?.collect()
}

fn read(workspace: WorkspaceId, row: &Row<'_>) -> Result<Hit> {
    let kind = kind_of(row)?;
    let excerpt: String = row.get(4)?;
    Ok(Hit {
        key: IndexKey { workspace, kind, id: row.get(1)? },
        title: row.get(3)?,
        excerpt: excerpt.split_whitespace().collect::<Vec<_>>().join(" "),
        at: Timestamp::from_millis(row.get(2)?),
    })
}
