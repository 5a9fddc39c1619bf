//! What can go wrong besides a refused batch.

use divisi_domain::blob::BlobRef;

use crate::stream::StreamRef;

/// The result of a store call.
pub type Result<T> = std::result::Result<T, StoreError>;

/// A failure of the store. `Clone`, since one failed transaction answers many commits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// An event's checksum is wrong, or it is missing. Only this stream is affected: quarantine its task alone.
    #[error(
        "the record of {} at event {seq} is damaged or missing: that stream is unusable from there, all others are \
         not affected. Restore the data folder from a backup, or delete the task", stream.stream
    )]
    Corrupt {
        /// The stream.
        stream: StreamRef,
        /// The first event of the damaged record.
        seq: u64,
    },
    /// A blob's bytes are not those that its name promises, or its file is gone.
    #[error("the content {blob:?} of {} is damaged or its file is missing. Restore the data folder from a backup", stream.stream)]
    CorruptBlob {
        /// The stream that refers to it.
        stream: StreamRef,
        /// The blob.
        blob: BlobRef,
    },
    /// No space is left. The batch was rolled back; later commits work when there is space again.
    #[error(
        "the disk that holds the data folder is full: nothing was saved. Free some space, work then continues by itself"
    )]
    Full,
    /// A write or sync failed, so nobody knows what is on the disk. Every later commit fails; stop and recover.
    #[error(
        "writing to the data folder failed ({cause}), so it is unknown what reached the disk. Divisi stops here; \
         check the disk and start again: everything acknowledged is recovered"
    )]
    Broken {
        /// What the system said.
        cause: String,
    },
    /// The answer was lost: the batch may or may not be durable. Give it again, with the same inputs.
    #[error("the store did not answer ({cause}): the same commit is repeated until it does")]
    Unanswered {
        /// What happened.
        cause: String,
    },
    /// The store has been closed.
    #[error("the store is closed")]
    Closed,
    /// The batch or the request breaks the contract: a bug of the caller.
    #[error("the request to the store is not valid: {reason}")]
    Invalid {
        /// Which rule.
        reason: String,
    },
    /// The data is of a newer version of Divisi.
    #[error(
        "the data folder was written by a newer Divisi (data version {found}, this program knows up to {known}): update the program"
    )]
    Newer {
        /// The version of the data.
        found: u32,
        /// The newest version this program knows.
        known: u32,
    },
    /// The file is no database of ours, or is damaged as a whole.
    #[error("'{path}' cannot be used as Divisi's data: {reason}")]
    Foreign {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The system refused something (permissions, a missing folder, a busy database).
    #[error("the data folder cannot be used: {context} failed ({cause})")]
    Unavailable {
        /// What was tried.
        context: &'static str,
        /// What the system said.
        cause: String,
    },
}

impl StoreError {
    /// Whether this is about the data of one task and stays so, however often it is read.
    pub const fn is_damage(&self) -> bool {
        matches!(self, Self::Corrupt { .. } | Self::CorruptBlob { .. })
    }

    /// A breach of contract.
    pub fn invalid(reason: impl Into<String>) -> Self {
        Self::Invalid { reason: reason.into() }
    }
}
