//! Typed outputs of each purpose. A model's answer is JSON of one of these, checked against the schema
//! that is derived from it; nothing that fails the check is accepted.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How hard a task or subtask is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Complexity {
    /// One look-up.
    Simple,
    /// Several passages or steps.
    #[default]
    Moderate,
    /// Several topics that depend on each other.
    Complex,
}

/// How urgent a part is among its siblings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// First.
    High,
    /// As it comes.
    #[default]
    Medium,
    /// Last.
    Low,
}

/// The form of a question, which decides the form of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum QuestionForm {
    /// One fact or passage.
    #[default]
    Lookup,
    /// What something is, why or how it works.
    Explain,
    /// All items of a kind.
    List,
    /// Several documents or things side by side.
    Compare,
    /// Steps to do something.
    HowTo,
    /// Counting, filtering or adding up rows of a table.
    Data,
    /// An overview of the documents.
    Summarise,
    /// Yes or no, with the reason.
    YesNo,
}

/// Output of [`crate::Purpose::Analyse`].
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Analysis {
    /// The field the task belongs to.
    pub domain: String,
    /// Key terms, most telling first.
    pub keywords: Vec<String>,
    /// Capabilities that the work needs.
    pub required_capabilities: Vec<String>,
    /// How hard it is.
    pub complexity: Complexity,
    /// Constraints found in the text.
    #[serde(default)]
    pub constraints: Vec<String>,
    /// What a good answer fulfils.
    pub success_criteria: Vec<String>,
    /// The form of the question.
    #[serde(default)]
    pub question_form: QuestionForm,
    /// The parts of the question that an answer must cover one by one.
    #[serde(default)]
    pub aspects: Vec<String>,
}

/// One chosen specialist.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Specialist {
    /// Name of an agent type of the crew.
    #[serde(rename = "type")]
    pub agent_type: String,
    /// Why it was chosen.
    pub rationale: String,
    /// How much it matters.
    #[serde(default)]
    pub priority: Priority,
    /// What it will look at.
    #[serde(default)]
    pub focus_areas: Vec<String>,
    /// 0 to 1.
    pub relevance: f64,
}

/// Output of [`crate::Purpose::Select`].
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Selection {
    /// Most relevant first.
    pub specialists: Vec<Specialist>,
}

/// What a subtask is thought to take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Estimate {
    /// Tokens in and out.
    #[serde(default)]
    pub tokens: u64,
    /// Seconds of work.
    #[serde(default)]
    pub seconds: u64,
    /// Micro-USD.
    #[serde(default)]
    pub cost_micro_usd: u64,
}

/// One subtask as the manager wrote it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct SubtaskDraft {
    /// The manager's own label, unique in the plan.
    pub id: String,
    /// One line.
    pub title: String,
    /// What to do.
    pub description: String,
    /// Agent type of the specialist.
    pub assigned_specialist: String,
    /// What to hand in.
    pub deliverable: String,
    /// What the solution is measured by.
    #[serde(default)]
    pub success_criteria: Vec<String>,
    /// Labels of the subtasks whose solutions this one needs.
    #[serde(default)]
    pub dependencies: Vec<String>,
    /// Those of `dependencies` without which this one is skipped.
    #[serde(default)]
    pub required_dependencies: Vec<String>,
    /// How urgent it is.
    #[serde(default)]
    pub priority: Priority,
    /// How hard it is.
    #[serde(default)]
    pub complexity: Complexity,
    /// What it is thought to take.
    #[serde(default)]
    pub estimate: Estimate,
}

/// A selected specialist that the plan does not use, and why.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct DroppedSpecialist {
    /// Agent type.
    #[serde(rename = "type")]
    pub agent_type: String,
    /// Why it is not needed.
    pub reason: String,
}

/// Output of [`crate::Purpose::Decompose`].
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Decomposition {
    /// The subtasks in any order.
    pub subtasks: Vec<SubtaskDraft>,
    /// Selected specialists that are not used.
    #[serde(default)]
    pub dropped_specialists: Vec<DroppedSpecialist>,
}

/// Where a claim is supported: a span of a document, with its exact bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema)]
pub struct Citation {
    /// `D1`, `D2`, …
    pub source: String,
    /// File name of the document.
    pub file: String,
    /// First byte of the span in the document's text.
    pub start: u64,
    /// One past the last byte.
    pub end: u64,
    /// First line, from 1.
    #[serde(default)]
    pub line: u64,
    /// Last line.
    #[serde(default)]
    pub line_end: u64,
    /// Page, where the format has pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<u64>,
    /// The exact text of the span.
    pub quote: String,
}

/// One statement with what supports it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Claim {
    /// The statement.
    pub text: String,
    /// Spans that support it.
    #[serde(default)]
    pub citations: Vec<Citation>,
    /// Numbers of the subtasks whose solutions say so.
    #[serde(default)]
    pub subtasks: Vec<u16>,
}

/// One cell of a table.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Cell {
    /// What stands in it; "says nothing" where the document has nothing to say.
    pub text: String,
    /// Spans that support it.
    #[serde(default)]
    pub citations: Vec<Citation>,
}

/// One row of a table.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Row {
    /// The first column: a document or a thing.
    pub label: String,
    /// One cell for each further column.
    pub cells: Vec<Cell>,
}

/// A table: for a comparison, documents × aspects.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Table {
    /// Head of the first column, then one for each cell.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Vec<Row>,
}

/// Output of [`crate::Purpose::Work`], once the specialist asks for no more tools.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Solution {
    /// The answer to the subtask in a few sentences.
    pub summary: String,
    /// What was found, most important first.
    pub claims: Vec<Claim>,
    /// Where a table says it better.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<Table>,
    /// What the documents do not say.
    #[serde(default)]
    pub gaps: Vec<String>,
    /// 0 to 1.
    pub confidence: f64,
}

/// Four scores from 0 to 10.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Scores {
    /// Addresses all requirements.
    pub completeness: f64,
    /// True to the sources, without contradiction.
    pub accuracy: f64,
    /// Within the subtask.
    pub relevance: f64,
    /// Clear and well structured.
    pub quality: f64,
}

/// Output of [`crate::Purpose::Review`]. The verdict is computed from the scores, not believed.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Review {
    /// The scores.
    pub scores: Scores,
    /// The model's own overall score: recorded, not obeyed.
    #[serde(default)]
    pub overall_score: Option<f64>,
    /// What is good.
    #[serde(default)]
    pub strengths: Vec<String>,
    /// What is not.
    #[serde(default)]
    pub weaknesses: Vec<String>,
    /// A text for the specialist.
    #[serde(default)]
    pub feedback: String,
    /// What to change.
    #[serde(default)]
    pub revision_requests: Vec<String>,
    /// The model's own recommendation: recorded, not obeyed.
    #[serde(default)]
    pub recommendation: Option<String>,
}

/// What the coordinator found on one topic.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct TopicFindings {
    /// The topic.
    pub topic: String,
    /// What is known.
    pub key_points: Vec<Claim>,
    /// Agent types that contributed.
    #[serde(default)]
    pub sources: Vec<String>,
    /// 0 to 1.
    pub confidence: f64,
    /// Tables that belong to the topic.
    #[serde(default)]
    pub supporting_data: Vec<Table>,
}

/// How two findings relate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Relationship {
    /// They say the same.
    Supports,
    /// They exclude each other.
    Contradicts,
    /// They add to each other.
    Complements,
}

/// Two findings and how they relate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CrossReference {
    /// One finding.
    pub finding_a: String,
    /// The other.
    pub finding_b: String,
    /// How they relate.
    pub relationship: Relationship,
}

/// Who contributed.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct CoordinationMetadata {
    /// How many specialists handed in an accepted solution.
    #[serde(default)]
    pub total_specialists: u32,
    /// Their types.
    #[serde(default)]
    pub specialist_types: Vec<String>,
    /// Lowest and highest confidence.
    #[serde(default)]
    pub confidence_range: Vec<f64>,
}

/// Output of [`crate::Purpose::Coordinate`]. It holds no final answer.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Coordination {
    /// By topic, most important first.
    pub structured_findings: Vec<TopicFindings>,
    /// Agreement and contradiction.
    #[serde(default)]
    pub cross_references: Vec<CrossReference>,
    /// What is missing.
    #[serde(default)]
    pub identified_gaps: Vec<String>,
    /// What does not fit together.
    #[serde(default)]
    pub inconsistencies: Vec<String>,
    /// Who contributed.
    #[serde(default)]
    pub metadata: CoordinationMetadata,
}

/// A section of the report.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Section {
    /// Heading.
    pub title: String,
    /// What it says, one claim a point.
    pub claims: Vec<Claim>,
    /// Where a table says it better.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<Table>,
}

/// A claim of the report with the specialist it comes from.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// The claim.
    pub claim: String,
    /// Agent type that found it.
    pub specialist: String,
    /// Spans that support it.
    #[serde(default)]
    pub citations: Vec<Citation>,
}

/// Output of [`crate::Purpose::Synthesise`]: the report, with its answer first.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// The answer itself, before all else. One statement where the documents do not say.
    pub answer: Vec<Claim>,
    /// A few sentences.
    pub executive_summary: String,
    /// The body.
    #[serde(default)]
    pub main_content: Vec<Section>,
    /// What follows from the findings together.
    #[serde(default)]
    pub key_insights: Vec<String>,
    /// What to do.
    #[serde(default)]
    pub recommendations: Vec<String>,
    /// Who found what.
    #[serde(default)]
    pub supporting_evidence: Vec<Evidence>,
    /// What to keep in mind; says so where no language model was used.
    #[serde(default)]
    pub limitations: Vec<String>,
    /// 0 to 1.
    pub overall_confidence: f64,
    /// Every span that the report cites, once.
    #[serde(default)]
    pub sources: Vec<Citation>,
}

/// Output of [`crate::Purpose::FinalReview`].
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct FinalReview {
    /// Whether the report may be published.
    pub approved: bool,
    /// What to change, where it may not.
    #[serde(default)]
    pub requests: Vec<String>,
    /// A text for the analyst.
    #[serde(default)]
    pub feedback: String,
}
