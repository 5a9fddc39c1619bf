//! What a query finds, without reading any text.

use std::collections::HashSet;

use divisi_domain::id::WorkspaceId;
use divisi_domain::time::Timestamp;
use divisi_store::limits::SEARCH_RANKED_MAX;
use divisi_store::{IndexKey, IndexKind};
use rusqlite::types::FromSqlError;
use rusqlite::{Connection, OptionalExtension, Result, Row};

use super::query::Words;
use super::schema::ENTRY_BITS;

/// Words that are looked for in the place of their beginning. Where more begin so, each of them is rare.
const ENDS_MAX: usize = 32;

/// Where words are looked for. Titles of tasks have a table of their own: in that of all texts, a word that every text has and
/// no title would be looked for in each.
#[derive(Debug, Clone, Copy)]
enum Table {
    Titles,
    Texts,
}

/// The first `most` entries: those with whole words first, and in each case those with the words in the title of a task.
pub(super) fn find(
    connection: &Connection,
    workspace: WorkspaceId,
    words: &Words,
    most: usize,
) -> Result<Vec<IndexKey>> {
    let Some(number) = number_of(connection, workspace)? else { return Ok(Vec::new()) };
    let mut finding = Finding {
        connection,
        workspace,
        number,
        most: most.min(SEARCH_RANKED_MAX),
        known: HashSet::new(),
        found: Vec::new(),
    };
    for table in [Table::Titles, Table::Texts] {
        finding.look(table, || Ok(Some(words.whole())))?;
    }
    for table in [Table::Titles, Table::Texts] {
        finding.look(table, || begun(connection, table, words))?;
    }
    Ok(finding.found)
}

/// The number of a workspace that has entries.
pub(super) fn number_of(connection: &Connection, workspace: WorkspaceId) -> Result<Option<i64>> {
    connection
        .prepare_cached("SELECT number FROM workspaces WHERE workspace = ?1")?
        .query_row([workspace.as_bytes()], |row| row.get(0))
        .optional()
}

/// The lowest and the highest number of an entry of a workspace.
pub(super) const fn numbers(workspace: i64) -> (i64, i64) {
    let first = workspace << ENTRY_BITS;
    (first, first | ((1 << ENTRY_BITS) - 1))
}

/// The time of an entry.
pub(super) fn stamp(connection: &Connection, key: &IndexKey) -> Result<Option<Timestamp>> {
    let mut select = connection
        .prepare_cached("SELECT at FROM entries WHERE uuid = ?1 AND kind = ?2 AND workspace = ?3")?;
    let found = select.query_row((key.id, key.kind.code(), key.workspace.as_bytes()), |row| row.get(0));
    Ok(found.optional()?.map(Timestamp::from_millis))
}

/// The expression for words of which the last is a beginning; `None` where nothing begins so. As a beginning, all entries of
/// all words that begin so are gathered before the first is told, however few are wanted; as a few words, they are not.
fn begun(connection: &Connection, table: Table, words: &Words) -> Result<Option<String>> {
    let Some(begun) = words.begun() else { return Ok(None) };
    let Some(beginning) = words.beginning() else { return Ok(Some(begun)) };
    let ends = ends(connection, table, &beginning)?;
    Ok(match ends.len() {
        0 => None,
        1..=ENDS_MAX => Some(words.ending(&ends)),
        _ => Some(begun),
    })
}

/// Words that begin so, one more than are looked for at most. They are those of all workspaces: what is found by them is not.
fn ends(connection: &Connection, table: Table, beginning: &str) -> Result<Vec<String>> {
    let sql = match table {
        Table::Titles => "SELECT term FROM title_words WHERE term >= ?1 AND term < ?2 LIMIT 1",
        Table::Texts => "SELECT term FROM text_words WHERE term >= ?1 AND term < ?2 LIMIT 1",
    };
    let mut select = connection.prepare_cached(sql)?;
    let behind = format!("{beginning}{}", char::MAX);
    let mut from = beginning.to_owned();
    let mut ends: Vec<String> = Vec::new();
    while ends.len() <= ENDS_MAX {
        let end: Option<String> = select.query_row((&from, &behind), |row| row.get(0)).optional()?;
        let Some(end) = end else { break };
        // The next word that there can be.
        from = format!("{end}\u{1}");
        ends.push(end);
    }
    Ok(ends)
}

struct Finding<'c> {
    connection: &'c Connection,
    workspace: WorkspaceId,
    number: i64,
    most: usize,
    known: HashSet<i64>,
    found: Vec<IndexKey>,
}

impl Finding<'_> {
    /// Adds what matches in one place, unless enough is found.
    fn look(&mut self, table: Table, expression: impl FnOnce() -> Result<Option<String>>) -> Result<()> {
        if self.found.len() >= self.most {
            return Ok(());
        }
        let Some(expression) = expression()? else { return Ok(()) };
        for (id, key) in self.matches(table, &expression)? {
            if self.found.len() < self.most && self.known.insert(id) {
                self.found.push(key);
            }
        }
        Ok(())
    }

    /// The newest entries that match. Looks at the workspace once more: the index is only a cache, the key is not.
    fn matches(&self, table: Table, expression: &str) -> Result<Vec<(i64, IndexKey)>> {
        let sql = match table {
            Table::Titles => {
                "SELECT e.kind, e.uuid, e.id FROM titles t JOIN entries e ON e.id = t.rowid
                 WHERE titles MATCH ?1 AND t.rowid BETWEEN ?2 AND ?3 AND e.workspace = ?4
                 ORDER BY t.rowid LIMIT ?5"
            }
            Table::Texts => {
                "SELECT e.kind, e.uuid, e.id FROM texts t JOIN entries e ON e.id = t.rowid
                 WHERE texts MATCH ?1 AND t.rowid BETWEEN ?2 AND ?3 AND e.workspace = ?4
                 ORDER BY t.rowid LIMIT ?5"
            }
        };
        let (first, last) = numbers(self.number);
        let mut select = self.connection.prepare_cached(sql)?;
        let one = |row: &Row<'_>| {
            let key = IndexKey { workspace: self.workspace, kind: kind_of(row)?, id: row.get(1)? };
            Ok((row.get(2)?, key))
        };
        let values = (expression, first, last, self.workspace.as_bytes(), self.most.cast_signed());
        select.query_map(values, one)?.collect()
    }
}

/// The kind in the first column.
fn kind_of(row: &Row<'_>) -> Result<IndexKind> {
    let code: u8 = row.get(0)?;
    IndexKind::from_code(code).ok_or_else(|| FromSqlError::OutOfRange(i64::from(code)).into())
}
