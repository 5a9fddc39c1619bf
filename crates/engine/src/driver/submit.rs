//! From what a person submits to the first event of a task and its content.

use std::sync::Arc;

use divisi_domain::approval::Mode;
use divisi_domain::blob::Digest;
use divisi_domain::id::{InputId, TaskId, WorkspaceId};
use divisi_domain::money::MicroUsd;
use divisi_domain::task::{Submission, TaskPriority};
use divisi_domain::time::Timestamp;
use divisi_llm::inputs::{DocumentBrief, TaskBrief};
use divisi_store::{BlobKey, blob_ref};
use divisi_tools::corpus::{Attachment as CorpusAttachment, Corpus};
use divisi_tools::documents::{ParseError, Parsed};

use crate::core::Side;
use crate::crew::Crew;
use crate::spec::{Attachment, TaskSpec};

/// Headings of a document that its brief shows.
const BRIEF_HEADINGS_MAX: usize = 60;

/// A document that comes with a task, with the outcome of its parsing.
#[derive(Debug, Clone)]
pub struct AttachedDocument {
    /// Display name.
    pub file: String,
    /// The bytes as submitted.
    pub bytes: Arc<[u8]>,
    /// What the parser said.
    pub parsed: Result<Arc<Parsed>, ParseError>,
}

/// What a person submits.
#[derive(Debug, Clone)]
pub struct Task {
    /// Whose task it is.
    pub workspace: WorkspaceId,
    /// The input's id: submitting with it again gives the first outcome.
    pub input: InputId,
    /// Its id; fresh, except where a submission is repeated.
    pub id: TaskId,
    /// One line.
    pub title: String,
    /// The question or order.
    pub description: String,
    /// What to keep to.
    pub constraints: Vec<String>,
    /// The field, where the user named one.
    pub domain: Option<String>,
    /// Attachments.
    pub documents: Vec<AttachedDocument>,
    /// Who works on it.
    pub crew: Arc<Crew>,
    /// What is asked of people.
    pub mode: Mode,
    /// How urgent it is.
    pub priority: TaskPriority,
    /// Spending cap.
    pub cap: Option<MicroUsd>,
    /// Wall time after which the user does not want it any more.
    pub deadline: Option<Timestamp>,
    /// Stop at the plan whatever the mode says.
    pub plan_only: bool,
    /// Of the request as the caller made it: with the same id, another one is refused.
    pub request: Option<Digest>,
}

/// A task that cannot be submitted.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SubmitError {
    /// The crew does not encode: a bug of ours.
    #[error("the crew '{0}' cannot be kept: {1}")]
    Crew(String, String),
}

/// A submission with its content.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// What the first event holds.
    pub submission: Submission,
    /// The content it refers to.
    pub sides: Vec<Side>,
}

/// Builds the submission and its content. Indexes the documents: not for a thread that must not wait.
pub fn prepare(task: &Task, key: &BlobKey) -> Result<Prepared, SubmitError> {
    let mut sides = Vec::new();
    let mut keep = |bytes: Arc<[u8]>| {
        let blob = blob_ref(key, &bytes);
        sides.push(Side { blob, bytes, answers: None });
        blob
    };
    let (documents, names) = briefs(&task.documents);
    let mut attachments: Vec<Attachment> = Vec::new();
    for (document, name) in task.documents.iter().zip(names) {
        let parsed = document.parsed.as_ref().ok().map(|parsed| minicbor::to_vec(parsed.as_ref()));
        let parsed = parsed.and_then(Result::ok).map(|bytes| keep(bytes.into()));
        attachments.push(Attachment {
            file: name,
            original: keep(Arc::clone(&document.bytes)),
            parsed,
            unreadable: document.parsed.as_ref().err().map(ToString::to_string),
        });
    }
    attachments.sort_by(|a, b| a.file.cmp(&b.file));
    let brief = TaskBrief {
        title: task.title.clone(),
        description: task.description.clone(),
        constraints: task.constraints.clone(),
        domain: task.domain.clone(),
        documents,
        revision: None,
    };
    let request = task.request.map(|digest| digest.to_string());
    let spec = TaskSpec { brief, attachments, request };
    let encode = |error: serde_json::Error| SubmitError::Crew(task.crew.name.to_string(), error.to_string());
    let spec = keep(serde_json::to_vec(&spec).map_err(encode)?.into());
    let (crew_bytes, crew_digest) = task.crew.pinned().map_err(encode)?;
    let crew_content = keep(crew_bytes);
    let submission = Submission {
        workspace: task.workspace,
        spec,
        crew: task.crew.name.clone(),
        crew_content,
        crew_digest,
        mode: task.mode,
        priority: task.priority,
        cap: task.cap,
        deadline: task.deadline,
        policy: task.crew.task_policy(),
        plan_only: task.plan_only,
    };
    Ok(Prepared { submission, sides })
}

/// What is known of each document, by source number, and the unique name of each in the order given.
fn briefs(documents: &[AttachedDocument]) -> (Vec<DocumentBrief>, Vec<String>) {
    let given = documents
        .iter()
        .map(|document| CorpusAttachment { name: document.file.clone(), parsed: document.parsed.clone() });
    let corpus = Corpus::build(given.collect());
    let mut names: Vec<String> = documents.iter().map(|document| document.file.clone()).collect();
    for numbered in corpus.documents() {
        let place = documents.iter().position(|document| {
            document.parsed.as_ref().is_ok_and(|parsed| Arc::ptr_eq(parsed, &numbered.parsed))
        });
        if let Some(name) = place.and_then(|place| names.get_mut(place)) {
            name.clone_from(&numbered.name);
        }
    }
    let readable = corpus.documents().iter().map(|document| {
        let parsed = &document.parsed;
        DocumentBrief {
            source: document.source.to_string(),
            file: document.name.clone(),
            kind: parsed.kind.to_string(),
            bytes: parsed.text.len() as u64,
            lines: parsed.lines.len() as u64,
            pages: parsed.pages.as_ref().map(|pages| pages.len() as u64),
            headings: parsed
                .headings
                .iter()
                .take(BRIEF_HEADINGS_MAX)
                .map(|heading| heading.text.clone())
                .collect(),
            columns: parsed.table.as_ref().map(|table| table.columns.clone()).unwrap_or_default(),
            unreadable: None,
        }
    });
    let lost = corpus.unreadable().iter().map(|lost| DocumentBrief {
        file: lost.name.clone(),
        unreadable: Some(lost.problem.clone()),
        ..DocumentBrief::default()
    });
    (readable.chain(lost).collect(), names)
}
