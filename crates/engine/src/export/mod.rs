//! A test made of a finished task: the exchanges with model services rebuilt from its log and content, the files, and
//! what the task brought. Reads alone; asks nobody.

mod exchanges;
mod expected;

use std::sync::Arc;

use divisi_domain::blob::Digest;
use divisi_domain::task::Submission;
use divisi_llm::cassette::{Cassette, ExchangeError, Redaction};
use divisi_llm::inputs::TaskBrief;
use divisi_store::{Reads, StoreError};
use divisi_tools::calls::ToolRegistry;

use crate::content::{ContentError, Contents};
use crate::core::{TaskKey, TermsTable};
use crate::driver::{Corpora, ReadError, read_pass, read_task};
use crate::requests::RequestError;
use crate::spec::TaskSpec;

pub use expected::Expected;

/// A file that the task was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportedFile {
    /// Its name in the task.
    pub name: String,
    /// BLAKE3 of its bytes.
    pub digest: Digest,
    /// The bytes as submitted.
    pub bytes: Arc<[u8]>,
}

/// A finished task as a test.
#[derive(Debug, Clone)]
pub struct Exported {
    /// What was submitted, in words.
    pub brief: TaskBrief,
    /// What was submitted otherwise.
    pub submission: Box<Submission>,
    /// Version of its crew.
    pub crew_version: String,
    /// Its files, by name.
    pub files: Vec<ExportedFile>,
    /// The exchanges of all passes.
    pub cassette: Cassette,
    /// What the first pass brought: it is what a run of the question does again.
    pub expected: Expected,
}

/// A task that no test can be made of.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ExportError {
    /// It goes on.
    #[error("The task has not ended: a test is made of what it brought. `divisi task cancel` ends it.")]
    Open,
    /// What it says was erased.
    #[error("What this task was asked and said was erased: no test can be made of it.")]
    Erased,
    /// It cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Its content cannot be read.
    #[error(transparent)]
    Content(#[from] ContentError),
    /// A request cannot be built again.
    #[error("The request at {path} cannot be built again: {cause}")]
    Request {
        /// The effect.
        path: String,
        /// Why.
        cause: RequestError,
    },
    /// An exchange cannot be kept.
    #[error("The exchange at {path} cannot be kept: {cause}")]
    Exchange {
        /// The effect.
        path: String,
        /// Why.
        cause: ExchangeError,
    },
}

impl From<StoreError> for ExportError {
    fn from(error: StoreError) -> Self {
        Self::Read(error.into())
    }
}

/// BLAKE3 of bytes, as tests name files and reports.
pub fn digest(bytes: &[u8]) -> Digest {
    Digest(*blake3::hash(bytes).as_bytes())
}

/// Makes a test of a finished task. `None`: there is no such task. `tools` are those that its crew's agents were offered;
/// `terms` say how much room their models have; what `redaction` takes out is in no exchange.
pub fn export(
    reads: &dyn Reads,
    key: TaskKey,
    tools: &ToolRegistry,
    terms: &TermsTable,
    redaction: &Redaction,
) -> Result<Option<Exported>, ExportError> {
    let Some(loaded) = read_task(reads, key)? else { return Ok(None) };
    if loaded.task.erased {
        return Err(ExportError::Erased);
    }
    if !loaded.task.is_terminal() {
        return Err(ExportError::Open);
    }
    let contents = Contents::of(reads, key.stream());
    let spec: TaskSpec = contents.json(loaded.task.submission.spec)?;
    let corpus = Corpora::default().of(reads, key, &loaded.task)?;
    let from =
        exchanges::From { key, crew: &loaded.crew, contents, corpus: &corpus, tools, terms, redaction };
    let found = exchanges::all(reads, &from)?;
    let first = read_pass(reads, key, 1)?;
    let expected = expected::of(&contents, first.as_ref(), &found)?;
    Ok(Some(Exported {
        files: files(&contents, &spec)?,
        brief: spec.brief,
        crew_version: loaded.crew.version.clone(),
        submission: (*loaded.task.submission).clone().into(),
        cassette: Cassette::new(found.exchanges),
        expected,
    }))
}

fn files(contents: &Contents<'_>, spec: &TaskSpec) -> Result<Vec<ExportedFile>, ContentError> {
    let file = |attachment: &crate::spec::Attachment| {
        let bytes = contents.bytes(attachment.original)?;
        Ok(ExportedFile { name: attachment.file.clone(), digest: digest(&bytes), bytes })
    };
    spec.attachments.iter().map(file).collect()
}
