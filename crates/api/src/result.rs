//! The result of a task.

use divisi_domain::id::TaskId;
use divisi_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::task::{Completion, TaskStatus};

/// `GET /tasks/{id}/result`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskResult {
    /// The task.
    pub task_id: TaskId,
    /// Where it stands: `completed`, or `failed` with drafts.
    pub status: TaskStatus,
    /// Of a completed task.
    pub completion: Option<Completion>,
    /// Whether it is only a draft: the task has not completed.
    pub draft: bool,
    /// Code of the failure that left only a draft.
    pub reason: Option<String>,
    /// That failure as a sentence.
    pub reason_detail: Option<String>,
    /// The pass that brought it, from 1.
    pub pass: u16,
    /// The title of the task.
    pub title: String,
    /// The result.
    pub result: ResultView,
    /// When the pass ended.
    #[serde(with = "crate::time::optional")]
    pub completed_at: Option<Timestamp>,
}

/// A result. Sources are numbers into `sources`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResultView {
    /// The answer as one text.
    pub final_answer: String,
    /// The answer by statements.
    pub answer: Vec<ClaimView>,
    /// A few sentences.
    pub executive_summary: String,
    /// The body.
    pub sections: Vec<SectionView>,
    /// What follows from the findings together.
    pub key_insights: Vec<String>,
    /// What to do.
    pub recommendations: Vec<String>,
    /// What to keep in mind.
    pub limitations: Vec<String>,
    /// Who found what.
    pub supporting_data: Vec<EvidenceView>,
    /// 0 to 1.
    pub confidence: f64,
    /// Every span that is cited, once.
    pub sources: Vec<SourceView>,
    /// What a partial result lacks.
    pub missing: Vec<String>,
    /// Whether the final review approved it.
    pub approved: bool,
}

/// A statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimView {
    /// What it says.
    pub text: String,
    /// Numbers of its sources.
    pub sources: Vec<usize>,
}

/// A section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SectionView {
    /// Heading.
    pub title: String,
    /// Statements.
    pub claims: Vec<ClaimView>,
    /// A table, where there is one.
    pub table: Option<TableView>,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableView {
    /// Heads.
    pub columns: Vec<String>,
    /// Rows of cells; the first is the label.
    pub rows: Vec<Vec<ClaimView>>,
}

/// A statement with the specialist that found it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceView {
    /// What it says.
    pub claim: String,
    /// Agent type.
    pub specialist: String,
    /// Numbers of its sources.
    pub sources: Vec<usize>,
}

/// A cited span.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceView {
    /// From 1.
    pub number: usize,
    /// `D1`, `D2`, …
    pub document: String,
    /// File name.
    pub file: String,
    /// First byte of the span in the document's text.
    pub start: u64,
    /// One past the last byte.
    pub end: u64,
    /// First line, from 1.
    pub line: u64,
    /// Last line.
    pub line_end: u64,
    /// Page, where there are pages.
    pub page: Option<u64>,
    /// The exact text.
    pub quote: String,
}
