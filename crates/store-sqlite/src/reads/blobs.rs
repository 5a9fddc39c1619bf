use std::sync::Arc;

use divisi_domain::blob::BlobRef;
use divisi_store::{BlobKey, Result, StoreError, StreamRef, blob_ref};
use rusqlite::{Connection, OptionalExtension};

use super::stream_key;
use crate::error::io_error;
use crate::reader::SqliteReader;

/// Where a blob's bytes are.
#[derive(Debug)]
enum BlobBytes {
    Inline(Vec<u8>),
    File,
}

/// A blob of a stream by name.
fn select_blob(connection: &Connection, key: i64, blob: &BlobRef) -> rusqlite::Result<Option<BlobBytes>> {
    let (tag, rest) = split(blob);
    connection
        .prepare_cached(
            "SELECT coalesce(b.bytes, (SELECT s.bytes FROM shared_contents s WHERE s.id = b.shared))
             FROM blobs b WHERE b.stream = ?1 AND b.tag = ?2 AND b.rest = ?3",
        )?
        .query_row((key, tag, rest), |row| {
            Ok(row.get::<_, Option<Vec<u8>>>(0)?.map_or(BlobBytes::File, BlobBytes::Inline))
        })
        .optional()
}

/// A hash as the table holds it.
pub(crate) fn split(blob: &BlobRef) -> (i32, &[u8]) {
    let (tag, rest) = blob.0.split_at(4);
    (i32::from_be_bytes([tag[0], tag[1], tag[2], tag[3]]), rest)
}

/// The other way round.
pub(crate) fn joined(tag: i32, rest: &[u8]) -> rusqlite::Result<BlobRef> {
    let bytes = [tag.to_be_bytes().as_slice(), rest].concat();
    let wrong = |_| rusqlite::types::FromSqlError::InvalidType.into();
    bytes.try_into().map(BlobRef).map_err(wrong)
}

impl SqliteReader {
    pub(crate) fn select_blob_key(
        &self,
        workspace: divisi_domain::id::WorkspaceId,
    ) -> Result<Option<BlobKey>> {
        self.read(|connection| {
            connection
                .prepare_cached("SELECT blob_key FROM workspaces WHERE uuid = ?1")?
                .query_row([workspace.as_bytes()], |row| row.get(0).map(BlobKey))
                .optional()
        })
    }

    pub(crate) fn read_blob(&self, stream: &StreamRef, blob: &BlobRef) -> Result<Option<Arc<[u8]>>> {
        let found = self.read(|connection| match stream_key(connection, stream)? {
            Some(key) => select_blob(connection, key, blob),
            None => Ok(None),
        })?;
        let bytes = match found {
            None => return Ok(None),
            Some(BlobBytes::Inline(bytes)) => Some(bytes),
            Some(BlobBytes::File) => {
                self.files().read(blob).map_err(|error| io_error("reading a content file", &error))?
            }
        };
        let key = self.select_blob_key(stream.workspace)?;
        match (bytes, key) {
            (Some(bytes), Some(key)) if blob_ref(&key, &bytes) == *blob => Ok(Some(bytes.into())),
            _ => Err(StoreError::CorruptBlob { stream: *stream, blob: *blob }),
        }
    }
}
