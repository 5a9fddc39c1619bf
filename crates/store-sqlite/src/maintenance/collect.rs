use divisi_domain::blob::BlobRef;
use divisi_domain::time::{Millis, Timestamp};
use divisi_store::{Collected, Result, StoreError};
use rusqlite::{Connection, OptionalExtension};

use crate::error::io_error;
use crate::files::BlobFiles;
use crate::reader::SqliteReader;
use crate::reads::split;

/// Whether any stream refers to a content file.
fn is_referenced(connection: &Connection, blob: &BlobRef) -> rusqlite::Result<bool> {
    let (tag, rest) = split(blob);
    let found = connection
        .prepare_cached(
            "SELECT 1 FROM blobs INDEXED BY blobs_in_files
             WHERE bytes IS NULL AND shared IS NULL AND tag = ?1 AND rest = ?2",
        )?
        .query_row((tag, rest), |_| Ok(()))
        .optional()?;
    Ok(found.is_some())
}

/// Marks by asking the database about each file, sweeps what is old and unknown to it.
pub(super) fn collect(
    reader: &SqliteReader,
    files: &BlobFiles,
    now: Timestamp,
    grace: Millis,
) -> Result<Collected> {
    let mut collected = Collected::default();
    let failed = |error: &std::io::Error| io_error("listing the content files", error);
    for file in files.list().map_err(|error| failed(&error))? {
        if file.modified + grace > now {
            continue;
        }
        let removed =
            files.remove_unless(&file, |blob| reader.read(|connection| is_referenced(connection, blob)));
        let removed: std::io::Result<bool> = removed.map_err(|error: StoreError| error)?;
        if removed.map_err(|error| io_error("removing a content file", &error))? {
            collected.files += 1;
            collected.bytes += file.bytes;
        }
    }
    Ok(collected)
}

/// Removes the files of content that no stream refers to any more.
pub(super) fn remove(reader: &SqliteReader, files: &BlobFiles, blobs: &[BlobRef]) -> Result<()> {
    for blob in blobs {
        let unused = |blob: &BlobRef| reader.read(|connection| is_referenced(connection, blob));
        let removed = files.remove_unless(&files.named(blob), unused)?;
        if let Err(error) = removed
            && error.kind() != std::io::ErrorKind::NotFound
        {
            return Err(io_error("removing a content file", &error));
        }
    }
    Ok(())
}
