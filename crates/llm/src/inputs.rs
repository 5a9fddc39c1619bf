//! Typed inputs of each purpose: what a prompt is rendered from, and all that the offline provider reads.

use divisi_domain::name::Name;
use serde::{Deserialize, Serialize};

use crate::outputs::{
    Analysis, Citation, Coordination, Decomposition, Report, Review, Selection, Solution, SubtaskDraft,
};

/// Typed inputs by purpose.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "purpose", rename_all = "snake_case")]
pub enum Inputs {
    /// The manager analyses the task.
    Analyse(AnalyseInput),
    /// The manager selects specialists.
    Select(SelectInput),
    /// The manager writes the plan.
    Decompose(DecomposeInput),
    /// A specialist works on a subtask, one turn.
    Work(Box<WorkInput>),
    /// The manager reviews a solution.
    Review(Box<ReviewInput>),
    /// The coordinator collects.
    Coordinate(CoordinateInput),
    /// The analyst writes the report.
    Synthesise(Box<SynthesiseInput>),
    /// The manager reviews the report.
    FinalReview(Box<FinalReviewInput>),
}

/// The task as the user submitted it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct TaskBrief {
    /// One line.
    pub title: String,
    /// The question or order itself.
    pub description: String,
    /// What the user asked to be kept to.
    pub constraints: Vec<String>,
    /// The field, where the user named one.
    pub domain: Option<String>,
    /// The attached documents, ordered by source.
    pub documents: Vec<DocumentBrief>,
    /// In a pass opened by `revise`: what the person asks to be changed, and where.
    pub revision: Option<RevisionBrief>,
}

/// What a person asked for after reading a result.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct RevisionBrief {
    /// The request in the person's words.
    pub request: String,
    /// Parts of the result it is about; empty means all.
    pub areas: Vec<String>,
}

/// What is known of an attached document without reading it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct DocumentBrief {
    /// `D1`, `D2`, …: by sorted file name, so that the order of submission changes nothing.
    pub source: String,
    /// The name to show.
    pub file: String,
    /// `txt`, `md`, `html`, `csv`, `json` or `pdf`.
    pub kind: String,
    /// Size of the text in bytes.
    pub bytes: u64,
    /// Lines of the text.
    pub lines: u64,
    /// Pages, where the format has them.
    pub pages: Option<u64>,
    /// First headings, in order.
    pub headings: Vec<String>,
    /// Columns of a table.
    pub columns: Vec<String>,
    /// Set where the document could not be read: the sentence to show.
    pub unreadable: Option<String>,
}

/// An agent type of the crew.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AgentTypeBrief {
    /// Its name in the crew.
    pub name: Name,
    /// What it is good at.
    pub description: String,
    /// What it can do.
    pub capabilities: Vec<Name>,
    /// The tools it may call.
    pub tools: Vec<Name>,
}

/// Input of [`crate::Purpose::Analyse`].
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct AnalyseInput {
    /// The task.
    pub task: TaskBrief,
    /// Capabilities that the crew's agent types have.
    pub capabilities: Vec<Name>,
    /// What earlier feedback taught.
    pub lessons: Vec<String>,
}

/// Input of [`crate::Purpose::Select`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SelectInput {
    /// The task.
    pub task: TaskBrief,
    /// Its analysis.
    pub analysis: Analysis,
    /// Specialists to choose from.
    pub agent_types: Vec<AgentTypeBrief>,
    /// How many to choose at most: 2 simple, 3 moderate, 5 complex.
    pub specialists_max: u8,
}

/// Input of [`crate::Purpose::Decompose`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DecomposeInput {
    /// The task.
    pub task: TaskBrief,
    /// Its analysis.
    pub analysis: Analysis,
    /// The chosen specialists.
    pub selection: Selection,
    /// The chosen agent types in full.
    pub agent_types: Vec<AgentTypeBrief>,
    /// The most subtasks a plan may have.
    pub subtasks_max: u16,
    /// The longest chain of dependencies.
    pub depth_max: u16,
    /// The plan of the round before, where there was one.
    pub previous: Option<Decomposition>,
    /// What was wrong with it: every error, as sentences.
    pub errors: Vec<String>,
    /// Why a person rejected it.
    pub comment: Option<String>,
}

/// A subtask as its specialist sees it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct SubtaskBrief {
    /// Its number in the task, never reused.
    pub number: u16,
    /// One line.
    pub title: String,
    /// What to do.
    pub description: String,
    /// The specialist's agent type.
    pub agent_type: String,
    /// What to hand in.
    pub deliverable: String,
    /// What the solution is measured by.
    pub success_criteria: Vec<String>,
}

impl SubtaskBrief {
    /// The subtask that a plan wrote, under the number that the task gave it.
    pub fn of(number: u16, draft: SubtaskDraft) -> Self {
        Self {
            number,
            title: draft.title,
            description: draft.description,
            agent_type: draft.assigned_specialist,
            deliverable: draft.deliverable,
            success_criteria: draft.success_criteria,
        }
    }
}

/// What a dependency hands on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dependency {
    /// The subtask that was depended on.
    pub subtask: SubtaskBrief,
    /// Its accepted solution, or `None` where it finally failed.
    pub solution: Option<Solution>,
    /// The gap to state where there is no solution.
    pub gap: Option<String>,
}

/// One earlier cycle of the same subtask: what was handed in and what the manager said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Feedback {
    /// The solution that was not accepted; `None` where the cycle ended without one.
    pub solution: Option<Solution>,
    /// The manager's review; `None` where the cycle ended without a solution.
    pub review: Option<Review>,
    /// Why the cycle ended without a solution.
    pub failure: Option<String>,
}

/// Input of [`crate::Purpose::Work`]. Tool calls and their results are in the request's messages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorkInput {
    /// The task.
    pub task: TaskBrief,
    /// Its analysis.
    pub analysis: Analysis,
    /// What this specialist is to do.
    pub subtask: SubtaskBrief,
    /// Accepted solutions of the dependencies.
    pub dependencies: Vec<Dependency>,
    /// Earlier cycles, oldest first.
    pub feedback: Vec<Feedback>,
    /// From 1.
    pub turn: u8,
    /// The last turn in which an answer is possible.
    pub turns_max: u8,
    /// What earlier feedback taught.
    pub lessons: Vec<String>,
}

/// A citation held against the document it names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CitationCheck {
    /// The citation as it was given.
    pub citation: Citation,
    /// What the documents say to it.
    pub finding: CitationFinding,
}

/// What the documents say to a citation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "finding", rename_all = "snake_case")]
pub enum CitationFinding {
    /// The quote is byte-equal to the span.
    Exact,
    /// The span holds other text.
    WrongSpan {
        /// The first part of what stands there.
        actual: String,
    },
    /// There is no such document or span.
    Unknown,
}

/// Input of [`crate::Purpose::Review`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReviewInput {
    /// The task.
    pub task: TaskBrief,
    /// Its analysis.
    pub analysis: Analysis,
    /// What was asked of the specialist.
    pub subtask: SubtaskBrief,
    /// What it handed in.
    pub solution: Solution,
    /// Every citation of the solution, checked by us, in its order.
    pub citation_checks: Vec<CitationCheck>,
    /// The solution of the cycle before, where there was one.
    pub previous: Option<Solution>,
}

/// An accepted solution with its origin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AcceptedSolution {
    /// The subtask it solves.
    pub subtask: SubtaskBrief,
    /// The solution.
    pub solution: Solution,
    /// The manager's score, 0.00–10.00 in hundredths.
    pub score_hundredths: u16,
}

/// A subtask that brought nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gap {
    /// The subtask.
    pub subtask: SubtaskBrief,
    /// Why there is no solution, as a sentence.
    pub reason: String,
}

/// Input of [`crate::Purpose::Coordinate`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CoordinateInput {
    /// The task.
    pub task: TaskBrief,
    /// Its analysis.
    pub analysis: Analysis,
    /// By subtask number.
    pub solutions: Vec<AcceptedSolution>,
    /// By subtask number.
    pub gaps: Vec<Gap>,
}

/// Input of [`crate::Purpose::Synthesise`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SynthesiseInput {
    /// The task.
    pub task: TaskBrief,
    /// Its analysis.
    pub analysis: Analysis,
    /// What the coordinator collected.
    pub coordination: Coordination,
    /// By subtask number.
    pub solutions: Vec<AcceptedSolution>,
    /// By subtask number.
    pub gaps: Vec<Gap>,
    /// The report of the round or pass before, where there was one.
    pub previous: Option<Report>,
    /// What the final review or a person wants changed in it.
    pub requests: Vec<String>,
    /// What earlier feedback taught.
    pub lessons: Vec<String>,
}

/// Input of [`crate::Purpose::FinalReview`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FinalReviewInput {
    /// The task.
    pub task: TaskBrief,
    /// Its analysis.
    pub analysis: Analysis,
    /// What the coordinator collected.
    pub coordination: Coordination,
    /// The draft.
    pub report: Report,
    /// Every citation of the report, checked by us, in its order.
    pub citation_checks: Vec<CitationCheck>,
    /// By subtask number.
    pub gaps: Vec<Gap>,
}
