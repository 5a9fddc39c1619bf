//! Contents of unfinished tasks that were committed by this process: what is read next is what was written last.

use std::sync::Arc;

use divisi_domain::blob::BlobRef;
use divisi_store::{Batch, ProjectionChange, StreamRef};
use parking_lot::Mutex;
use rustc_hash::FxHashMap;

/// Bytes of all contents kept; beyond that all are forgotten, since they are read again from the database.
const KEPT_BYTES_MAX: usize = 16 << 20;
/// Larger contents are read seldom.
const CONTENT_BYTES_MAX: usize = 8 << 10;

/// The contents, by the stream that refers to them.
#[derive(Debug, Default)]
pub(crate) struct Recent(Mutex<Kept>);

type Content = (BlobRef, Arc<[u8]>);

#[derive(Debug, Default)]
struct Kept {
    streams: FxHashMap<StreamRef, Vec<Content>>,
    bytes: usize,
}

/// What a batch will mean to the contents kept, once it is durable.
#[derive(Debug, Default)]
pub(crate) struct Change {
    fresh: Vec<(StreamRef, BlobRef, Arc<[u8]>)>,
    ended: Vec<StreamRef>,
}

impl Change {
    pub(crate) fn of(batch: &Batch) -> Self {
        let small = batch.blobs.iter().filter(|new| new.bytes.len() <= CONTENT_BYTES_MAX);
        let ended = batch.rows.iter().filter_map(|row| match row {
            ProjectionChange::Task(row) if !row.open => Some(StreamRef::new(row.workspace, row.task)),
            _ => None,
        });
        Self {
            fresh: small.map(|new| (new.stream, new.blob, Arc::clone(&new.bytes))).collect(),
            ended: ended.collect(),
        }
    }

    pub(crate) fn is_nothing(&self) -> bool {
        self.fresh.is_empty() && self.ended.is_empty()
    }
}

impl Recent {
    pub(crate) fn get(&self, stream: &StreamRef, blob: &BlobRef) -> Option<Arc<[u8]>> {
        let kept = self.0.lock();
        let found = kept.streams.get(stream)?.iter().find(|(known, _)| known == blob)?;
        Some(Arc::clone(&found.1))
    }

    /// The batch is durable.
    pub(crate) fn take(&self, change: Change) {
        let mut kept = self.0.lock();
        for (stream, blob, bytes) in change.fresh {
            if kept.bytes + bytes.len() > KEPT_BYTES_MAX {
                kept.forget_all();
            }
            kept.bytes += bytes.len();
            kept.streams.entry(stream).or_default().push((blob, bytes));
        }
        for stream in change.ended {
            let ended = kept.streams.remove(&stream).unwrap_or_default();
            kept.bytes -= ended.iter().map(|(_, bytes)| bytes.len()).sum::<usize>();
        }
    }

    /// Contents were removed: nothing is known any more.
    pub(crate) fn clear(&self) {
        self.0.lock().forget_all();
    }
}

impl Kept {
    fn forget_all(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use divisi_domain::id::{TaskId, WorkspaceId};
    use divisi_store::NewBlob;

    use super::*;

    fn stream(number: u8) -> StreamRef {
        StreamRef::new(WorkspaceId::from_bytes([1; 16]), TaskId::from_bytes([number; 16]))
    }

    fn blob(number: u8) -> BlobRef {
        BlobRef([number; 32])
    }

    fn wrote(at: u8, bytes: &[usize]) -> Change {
        let new = |(number, length): (u8, &usize)| NewBlob {
            stream: stream(at),
            blob: blob(number),
            bytes: vec![number; *length].into(),
        };
        Change::of(&Batch { blobs: (1..).zip(bytes).map(new).collect(), ..Batch::default() })
    }

    #[test]
    fn what_was_written_is_known_to_its_own_stream_until_the_task_ends() {
        let recent = Recent::default();
        recent.take(wrote(1, &[10, CONTENT_BYTES_MAX + 1]));
        assert_eq!(recent.get(&stream(1), &blob(1)).as_deref(), Some(&[1; 10][..]));
        assert_eq!(recent.get(&stream(1), &blob(2)), None, "too large");
        assert_eq!(recent.get(&stream(2), &blob(1)), None);
        recent.take(Change { ended: vec![stream(1)], ..Change::default() });
        assert_eq!(recent.get(&stream(1), &blob(1)), None);
        assert_eq!(recent.0.lock().bytes, 0);
    }

    #[test]
    fn it_stays_within_its_bytes_and_forgets_what_is_removed() {
        let recent = Recent::default();
        for _ in 0..=KEPT_BYTES_MAX / CONTENT_BYTES_MAX {
            recent.take(wrote(1, &[CONTENT_BYTES_MAX]));
            assert!(recent.0.lock().bytes <= KEPT_BYTES_MAX);
        }
        recent.clear();
        assert_eq!(recent.get(&stream(1), &blob(1)), None);
    }
}
