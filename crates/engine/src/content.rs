//! Reading the content that a task's events refer to.

use std::sync::Arc;

use divisi_domain::blob::BlobRef;
use divisi_store::{Reads, StreamRef};
use serde::de::DeserializeOwned;

/// Content that is not there or not what it should be.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ContentError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] divisi_store::StoreError),
    /// Erased, or lost.
    #[error(
        "the content {0:?} of this task is gone: it was erased, or the data folder is damaged (`divisi doctor` tells)"
    )]
    Gone(BlobRef),
    /// Nothing in the log refers to it.
    #[error("{0} is not in the log of this task")]
    Unknown(&'static str),
    /// Of all that there was, nothing can be read.
    #[error("{0}")]
    Lost(String),
    /// Not of the expected shape.
    #[error("the content {blob:?} of this task cannot be read: {cause}")]
    Shape {
        /// Which.
        blob: BlobRef,
        /// What the decoder says.
        cause: String,
    },
}

impl ContentError {
    /// Whether the content itself is gone or damaged. Otherwise the store failed, and asking again may help.
    pub const fn is_lost(&self) -> bool {
        match self {
            Self::Gone(_) | Self::Unknown(_) | Self::Lost(_) | Self::Shape { .. } => true,
            Self::Store(error) => error.is_damage(),
        }
    }
}

/// What was read; where the content itself is lost, nothing and its sentence in `told`. For views, which show the rest.
pub fn or_told<T>(read: Result<T, ContentError>, told: &mut Vec<String>) -> Result<Option<T>, ContentError> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(error) if error.is_lost() => {
            told.push(format!(
                "Not everything of it can be shown: {}.",
                error.to_string().trim_end_matches('.')
            ));
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// The content of one task.
#[derive(Clone, Copy)]
pub struct Contents<'a> {
    reads: &'a dyn Reads,
    stream: StreamRef,
}

impl std::fmt::Debug for Contents<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Contents").field("stream", &self.stream).finish_non_exhaustive()
    }
}

impl<'a> Contents<'a> {
    /// The content of `stream`.
    pub const fn of(reads: &'a dyn Reads, stream: StreamRef) -> Self {
        Self { reads, stream }
    }

    /// The task's tenant.
    pub const fn workspace(&self) -> divisi_domain::id::WorkspaceId {
        self.stream.workspace
    }

    /// The bytes of a blob.
    pub fn bytes(&self, blob: BlobRef) -> Result<Arc<[u8]>, ContentError> {
        self.reads.blob(&self.stream, &blob)?.ok_or(ContentError::Gone(blob))
    }

    /// A blob as text.
    pub fn text(&self, blob: BlobRef) -> Result<String, ContentError> {
        let bytes = self.bytes(blob)?;
        String::from_utf8(bytes.to_vec())
            .map_err(|error| ContentError::Shape { blob, cause: error.to_string() })
    }

    /// A blob as JSON of a type.
    pub fn json<T: DeserializeOwned>(&self, blob: BlobRef) -> Result<T, ContentError> {
        let bytes = self.bytes(blob)?;
        serde_json::from_slice(&bytes).map_err(|error| ContentError::Shape { blob, cause: error.to_string() })
    }
}
