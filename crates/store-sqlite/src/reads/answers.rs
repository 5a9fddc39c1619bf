//! Answers that other tasks may be given.

use divisi_domain::blob::{BlobRef, Digest};
use divisi_domain::id::WorkspaceId;
use divisi_domain::time::Timestamp;
use divisi_store::{KeptAnswer, Result, StreamId, StreamKind, StreamRef};
use rusqlite::OptionalExtension;
use rusqlite::types::FromSqlError;

use super::Columns;
use crate::reader::SqliteReader;

impl SqliteReader {
    pub(crate) fn select_kept_answer(
        &self,
        workspace: WorkspaceId,
        request: &Digest,
        now: Timestamp,
    ) -> Result<Option<KeptAnswer>> {
        self.read(|connection| {
            connection
                .prepare_cached(
                    "SELECT s.kind, s.uuid, a.answer, a.expires
                     FROM answers a JOIN workspaces w ON w.id = a.workspace JOIN streams s ON s.id = a.stream
                     WHERE w.uuid = ?1 AND a.request = ?2 AND a.expires > ?3",
                )?
                .query_row((workspace.as_bytes(), request.0, now.as_millis()), |row| {
                    let kind = StreamKind::from_code(row.get(0)?).ok_or(FromSqlError::InvalidType)?;
                    let stream = StreamRef { workspace, stream: StreamId { kind, id: row.get(1)? } };
                    let answer = BlobRef(row.get(2)?);
                    Ok(KeptAnswer { stream, request: *request, answer, expires: row.time(3)? })
                })
                .optional()
        })
    }
}
