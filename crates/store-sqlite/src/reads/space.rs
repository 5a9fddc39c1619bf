//! How much room the tables take.

use divisi_store::Result;

use crate::reader::SqliteReader;

/// What a table or index takes in the database file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableSpace {
    /// Its name.
    pub name: String,
    /// Bytes of its pages.
    pub bytes: u64,
}

/// The room that the database takes, as of the last checkpoint and what lies in the WAL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Space {
    /// Each table and index, largest first.
    pub tables: Vec<TableSpace>,
    /// Bytes of the contents that lie in the database.
    pub content_bytes: u64,
    /// Rows of the log: one for each append.
    pub records: u64,
    /// Bytes of their packed bodies.
    pub record_bytes: u64,
}

impl Space {
    /// All tables together.
    pub fn bytes(&self) -> u64 {
        self.tables.iter().map(|table| table.bytes).sum()
    }
}

impl SqliteReader {
    /// Reads the whole file: for `bench` and `doctor`.
    pub fn space(&self) -> Result<Space> {
        self.read_together(|connection| {
            let mut tables = connection
                .prepare("SELECT name, sum(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC, 1")?;
            let table = |row: &rusqlite::Row<'_>| {
                Ok(TableSpace { name: row.get(0)?, bytes: row.get::<_, i64>(1)?.cast_unsigned() })
            };
            let tables = tables.query_map([], table)?.collect::<rusqlite::Result<_>>()?;
            let sum = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
            Ok(Space {
                tables,
                content_bytes: sum("SELECT (SELECT coalesce(sum(length(bytes)), 0) FROM blobs)
                        + (SELECT coalesce(sum(length(bytes)), 0) FROM shared_contents)")?
                .cast_unsigned(),
                records: sum("SELECT count(*) FROM records")?.cast_unsigned(),
                record_bytes: sum("SELECT coalesce(sum(length(data)), 0) FROM records")?.cast_unsigned(),
            })
        })
    }
}
