//! Forward-only migrations, each checked against what it was when it ran.

use std::path::Path;

use divisi_store::{Result, StoreError};
use rusqlite::{Connection, Transaction};

use crate::connection::{APPLICATION_ID, foreign, pragma, unusable};

struct Migration {
    name: &'static str,
    sql: &'static str,
}

/// In order; the first is version 1. A released one never changes.
const MIGRATIONS: &[Migration] = &[
    Migration { name: "0001_base", sql: include_str!("../migrations/0001_base.sql") },
    Migration { name: "0002_answers", sql: include_str!("../migrations/0002_answers.sql") },
    Migration { name: "0003_cache_writes", sql: include_str!("../migrations/0003_cache_writes.sql") },
];

const BOOK: &str = "CREATE TABLE IF NOT EXISTS migrations (
    version INTEGER PRIMARY KEY, name TEXT NOT NULL, blake3 BLOB NOT NULL) STRICT";

/// Brings the database to the newest version that this program knows.
pub(crate) fn migrate(connection: &mut Connection, path: &Path) -> Result<()> {
    let found = refuse_newer(connection, path)?;
    let failed = |error: rusqlite::Error| unusable(path, &error);
    connection.pragma_update(None, "application_id", APPLICATION_ID).map_err(failed)?;
    let transaction = connection.transaction().map_err(failed)?;
    transaction.execute_batch(BOOK).map_err(failed)?;
    check_book(&transaction, path)?;
    for (version, migration) in (1_u32..).zip(MIGRATIONS).skip(found as usize) {
        run(&transaction, version, migration).map_err(failed)?;
    }
    transaction.commit().map_err(failed)
}

/// For readers: exactly the version that this program knows.
pub(crate) fn check_version(connection: &Connection, path: &Path) -> Result<()> {
    let found = refuse_newer(connection, path)?;
    if found as usize == MIGRATIONS.len() {
        return Ok(());
    }
    Err(foreign(path, "it is of an older version: start Divisi once so that it is brought up to date"))
}

fn refuse_newer(connection: &Connection, path: &Path) -> Result<u32> {
    let found: u32 = pragma(connection, "user_version").map_err(|error| unusable(path, &error))?;
    let known = u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX);
    if found > known { Err(StoreError::Newer { found, known }) } else { Ok(found) }
}

fn run(transaction: &Transaction<'_>, version: u32, migration: &Migration) -> rusqlite::Result<()> {
    transaction.execute_batch(migration.sql)?;
    let sum = blake3::hash(migration.sql.as_bytes());
    let book = "INSERT INTO migrations (version, name, blake3) VALUES (?1, ?2, ?3)";
    transaction.execute(book, (version, migration.name, sum.as_bytes()))?;
    transaction.pragma_update(None, "user_version", version)
}

fn check_book(transaction: &Transaction<'_>, path: &Path) -> Result<()> {
    let failed = |error: rusqlite::Error| unusable(path, &error);
    let mut select = transaction.prepare("SELECT version, blake3 FROM migrations").map_err(failed)?;
    let rows =
        select.query_map([], |row| Ok((row.get::<_, u32>(0)?, row.get::<_, Vec<u8>>(1)?))).map_err(failed)?;
    for row in rows {
        let (version, sum) = row.map_err(failed)?;
        let known = MIGRATIONS.get((version as usize).wrapping_sub(1));
        if known.is_none_or(|known| blake3::hash(known.sql.as_bytes()).as_bytes() != sum.as_slice()) {
            return Err(foreign(
                path,
                &format!("its migration {version} is not the one that this program knows"),
            ));
        }
    }
    Ok(())
}
