//! Content of users and models, named by a keyed hash of its bytes.
//!
//! A blob belongs to the stream that refers to it and is read through that stream: who knows only a hash reads nothing,
//! and what a task owns goes with the task. The same bytes given for two streams are two references; large bytes lie in
//! one file all the same.

use std::fmt;
use std::sync::Arc;

use divisi_domain::blob::BlobRef;

use crate::stream::StreamRef;

/// The secret of a workspace under which its content is hashed, so that nobody can tell from a reference whether another
/// workspace holds the same bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct BlobKey(pub [u8; 32]);

impl fmt::Debug for BlobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BlobKey(…)")
    }
}

/// The reference of `bytes` under a workspace's key: BLAKE3, keyed.
pub fn blob_ref(key: &BlobKey, bytes: &[u8]) -> BlobRef {
    BlobRef(*blake3::keyed_hash(&key.0, bytes).as_bytes())
}

/// Content that a batch brings. Given again for the same stream it changes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewBlob {
    /// The stream whose events or rows refer to it; appended to in the same batch or before.
    pub stream: StreamRef,
    /// [`blob_ref`] of the bytes under the workspace's key; checked.
    pub blob: BlobRef,
    /// The bytes. At most [`crate::limits::BLOB_BYTES_MAX`].
    pub bytes: Arc<[u8]>,
}

impl NewBlob {
    /// Hashes `bytes` for `stream`.
    pub fn new(key: &BlobKey, stream: StreamRef, bytes: impl Into<Arc<[u8]>>) -> Self {
        let bytes = bytes.into();
        Self { stream, blob: blob_ref(key, &bytes), bytes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_bytes_have_another_name_under_another_key() {
        let (one, two) = (BlobKey([1; 32]), BlobKey([2; 32]));
        assert_eq!(blob_ref(&one, b"text"), blob_ref(&one, b"text"));
        assert_ne!(blob_ref(&one, b"text"), blob_ref(&two, b"text"));
        assert_ne!(blob_ref(&one, b"text"), blob_ref(&one, b"texu"));
    }

    #[test]
    fn a_key_does_not_print() {
        assert_eq!(format!("{:?}", BlobKey([0xab; 32])), "BlobKey(…)");
    }
}
