//! The searchable documents of tasks, built once for a set of documents and kept while they are used.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use divisi_domain::blob::BlobRef;
use divisi_domain::task::Task;
use divisi_store::Reads;
use divisi_tools::corpus::{Attachment, Corpus};
use divisi_tools::documents::Parsed;

use crate::content::{ContentError, Contents};
use crate::core::TaskKey;
use crate::spec::TaskSpec;

/// Sets of documents kept at once.
const CORPORA_MAX: usize = 64;
/// Their texts together; the one that is used may be larger.
const CORPORA_BYTES_MAX: usize = 256 << 20;

/// Tasks without documents that are remembered; beyond that all are forgotten, and read again.
const WITHOUT_MAX: usize = 8_192;

/// The cache.
#[derive(Debug, Default)]
pub struct Corpora {
    /// By the blob that names the attachments: equal content has the same reference within a workspace.
    built: Mutex<HashMap<BlobRef, (u64, Arc<Corpus>)>>,
    /// Sets that are being built: who needs one meanwhile waits for it.
    building: Mutex<HashMap<BlobRef, Arc<Mutex<()>>>>,
    used: Mutex<u64>,
    /// Of all tasks without documents.
    empty: Arc<Corpus>,
    /// Those, as far as they were met.
    without: Mutex<HashSet<BlobRef>>,
}

impl Corpora {
    /// The documents of a task where that needs no building: it has none, or they were built before.
    pub fn ready(&self, reads: &dyn Reads, key: TaskKey, task: &Task) -> Option<Arc<Corpus>> {
        let name = task.submission.spec;
        if let Some(built) = self.built_before(name) {
            return Some(built);
        }
        self.has_none(reads, key, name).then(|| Arc::clone(&self.empty))
    }

    /// Whether the task has no documents. What cannot be read may have some.
    fn has_none(&self, reads: &dyn Reads, key: TaskKey, name: BlobRef) -> bool {
        let without = || self.without.lock().unwrap_or_else(PoisonError::into_inner);
        if without().contains(&name) {
            return true;
        }
        let spec: Result<TaskSpec, _> = Contents::of(reads, key.stream()).json(name);
        let has_none = spec.is_ok_and(|spec| spec.attachments.is_empty());
        if has_none {
            let mut without = without();
            if without.len() >= WITHOUT_MAX {
                without.clear();
            }
            without.insert(name);
        }
        has_none
    }

    fn built_before(&self, name: BlobRef) -> Option<Arc<Corpus>> {
        let mut built = self.built.lock().unwrap_or_else(PoisonError::into_inner);
        let (last, corpus) = built.get_mut(&name)?;
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        *used += 1;
        *last = *used;
        Some(Arc::clone(corpus))
    }

    /// The documents of a task.
    pub fn of(&self, reads: &dyn Reads, key: TaskKey, task: &Task) -> Result<Arc<Corpus>, ContentError> {
        let name = task.submission.spec;
        if let Some(corpus) = self.built_before(name) {
            return Ok(corpus);
        }
        let turn = Arc::clone(self.building().entry(name).or_default());
        let _turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever had the turn before may have built it.
        if let Some(corpus) = self.built_before(name) {
            return Ok(corpus);
        }
        let corpus = self.build_anew(reads, key, name);
        self.building().remove(&name);
        corpus
    }

    fn building(&self) -> MutexGuard<'_, HashMap<BlobRef, Arc<Mutex<()>>>> {
        self.building.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn build_anew(
        &self,
        reads: &dyn Reads,
        key: TaskKey,
        name: BlobRef,
    ) -> Result<Arc<Corpus>, ContentError> {
        let corpus = Arc::new(build(&Contents::of(reads, key.stream()), name)?);
        let mut built = self.built.lock().unwrap_or_else(PoisonError::into_inner);
        let held = |built: &HashMap<BlobRef, (u64, Arc<Corpus>)>| -> usize {
            built.values().map(|(_, corpus)| bytes_of(corpus)).sum()
        };
        while built.len() >= CORPORA_MAX || held(&built) + bytes_of(&corpus) > CORPORA_BYTES_MAX {
            let oldest = built.iter().min_by_key(|(_, (last, _))| *last).map(|(name, _)| *name);
            let Some(oldest) = oldest else { break };
            built.remove(&oldest);
        }
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        *used += 1;
        built.insert(name, (*used, Arc::clone(&corpus)));
        Ok(corpus)
    }
}

fn bytes_of(corpus: &Corpus) -> usize {
    corpus.documents().iter().map(|document| document.parsed.text.len()).sum()
}

/// Reads the parsed documents and indexes them.
fn build(contents: &Contents<'_>, spec: BlobRef) -> Result<Corpus, ContentError> {
    let spec: TaskSpec = contents.json(spec)?;
    let mut documents = Vec::new();
    for attachment in spec.attachments {
        let Some(blob) = attachment.parsed else { continue };
        let bytes = contents.bytes(blob)?;
        let parsed: Parsed = minicbor::decode(&bytes)
            .map_err(|error| ContentError::Shape { blob, cause: error.to_string() })?;
        documents.push(Attachment { name: attachment.file, parsed: Ok(Arc::new(parsed)) });
    }
    Ok(Corpus::build(documents))
}
