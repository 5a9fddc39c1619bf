//! Newest matches first, those with every word in the title before the others. Ranking reads no text but that of the hits.

use divisi_domain::id::WorkspaceId;
use divisi_domain::time::Timestamp;
use divisi_store::limits::SEARCH_RANKED_MAX;
use divisi_store::{Hit, IndexKey, IndexKind};
use rusqlite::types::FromSqlError;
use rusqlite::{Connection, Result, Row};

use super::query::expression;

pub(super) fn search(
    connection: &Connection,
    workspace: WorkspaceId,
    words: &str,
    kind: Option<IndexKind>,
    limit: usize,
) -> Result<Vec<Hit>> {
    let anywhere = expression(workspace, kind, "title text", words);
    let mut ranked = matches(connection, &expression(workspace, kind, "title", words), limit)?;
    if ranked.len() < limit {
        let others = matches(connection, &anywhere, SEARCH_RANKED_MAX.min(limit + ranked.len()))?;
        let fresh: Vec<i64> = others.into_iter().filter(|id| !ranked.contains(id)).collect();
        ranked.extend(fresh);
    }
    ranked.truncate(limit);
    let hits = ranked.into_iter().map(|id| hit(connection, workspace, &anywhere, id));
    hits.filter_map(Result::transpose).collect()
}

fn matches(connection: &Connection, expression: &str, limit: usize) -> Result<Vec<i64>> {
    let mut select = connection
        .prepare_cached("SELECT rowid FROM texts WHERE texts MATCH ?1 ORDER BY rowid DESC LIMIT ?2")?;
    select.query_map((expression, limit.cast_signed()), |row| row.get(0))?.collect()
}

/// Looks at the workspace once more: the index is only a cache, the key is not.
fn hit(connection: &Connection, workspace: WorkspaceId, expression: &str, id: i64) -> Result<Option<Hit>> {
    let mut select = connection.prepare_cached(
        "SELECT e.kind, e.uuid, e.at, t.title, snippet(texts, 2, '', '', '…', 32)
         FROM texts t JOIN entries e ON e.id = t.rowid
         WHERE texts MATCH ?1 AND t.rowid = ?2 AND e.workspace = ?3",
    )?;
    let mut rows = select.query((expression, id, workspace.as_bytes()))?;
    rows.next()?.map(|row| read(workspace, row)).transpose()
}

fn read(workspace: WorkspaceId, row: &Row<'_>) -> Result<Hit> {
    let code: u8 = row.get(0)?;
    let kind = IndexKind::from_code(code).ok_or(FromSqlError::OutOfRange(i64::from(code)))?;
    let excerpt: String = row.get(4)?;
    Ok(Hit {
        key: IndexKey { workspace, kind, id: row.get(1)? },
        title: row.get(3)?,
        excerpt: excerpt.split_whitespace().collect::<Vec<_>>().join(" "),
        at: Timestamp::from_millis(row.get(2)?),
    })
}
