//! A whole task in one function: the roles in the order of the workflow, with the real tools and real checks of
//! citations, without store or engine.

use std::sync::Arc;

use anyhow::Context;
use divisi_domain::name::Name;
use divisi_llm::inputs::{
    AcceptedSolution, AgentTypeBrief, AnalyseInput, CitationCheck, CitationFinding, CoordinateInput,
    DecomposeInput, Dependency, DocumentBrief, Feedback, FinalReviewInput, Inputs, ReviewInput, SelectInput,
    SubtaskBrief, SynthesiseInput, TaskBrief, WorkInput,
};
use divisi_llm::outputs::{
    Analysis, Citation, Coordination, Decomposition, FinalReview, Report, Review, Selection, Solution,
    SubtaskDraft,
};
use divisi_llm::purpose::Sampling;
use divisi_llm::{Message, Purpose, Request};
use divisi_providers::Extractive;
use divisi_tools::corpus::{CitationCheck as Checked, Corpus};
use serde::de::DeserializeOwned;

use super::tools::{self, Tools};

/// Turns of one run of a specialist.
const TURNS_MAX: u8 = 12;
/// The least score, in hundredths, that is accepted.
pub(crate) const ACCEPTED_MIN: u16 = 700;
/// Reruns of a subtask.
const CYCLES_MAX: usize = 2;

/// All that a task brought.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) task: TaskBrief,
    pub(crate) analysis: Analysis,
    pub(crate) plan: Decomposition,
    pub(crate) accepted: Vec<AcceptedSolution>,
    pub(crate) report: Report,
    pub(crate) final_review: FinalReview,
    pub(crate) tool_calls: usize,
}

/// Runs a question over a corpus.
pub(crate) fn run(corpus: &Arc<Corpus>, ask: &str) -> anyhow::Result<Outcome> {
    let task = brief(corpus, ask);
    let analysis: Analysis = answer(Inputs::Analyse(AnalyseInput {
        task: task.clone(),
        capabilities: crew().iter().flat_map(|agent| agent.capabilities.clone()).collect(),
        lessons: Vec::new(),
    }))?;
    let plan = plan(&task, &analysis)?;
    let mut tool_calls = 0;
    let mut accepted: Vec<AcceptedSolution> = Vec::new();
    for (number, draft) in ordered(&plan) {
        let subtask = SubtaskBrief::of(number, draft.clone());
        let dependencies = dependencies(draft, &plan, &accepted);
        let worker = Worker {
            corpus,
            task: &task,
            analysis: &analysis,
            subtask: &subtask,
            dependencies: &dependencies,
        };
        let (solution, score) = worker.until_accepted(&mut tool_calls)?;
        accepted.push(AcceptedSolution { subtask, solution, score_hundredths: score });
    }
    accepted.sort_by_key(|one| one.subtask.number);
    finish(corpus, task, analysis, plan, accepted, tool_calls)
}

fn finish(
    corpus: &Corpus,
    task: TaskBrief,
    analysis: Analysis,
    plan: Decomposition,
    accepted: Vec<AcceptedSolution>,
    tool_calls: usize,
) -> anyhow::Result<Outcome> {
    let coordination: Coordination = answer(Inputs::Coordinate(CoordinateInput {
        task: task.clone(),
        analysis: analysis.clone(),
        solutions: accepted.clone(),
        gaps: Vec::new(),
    }))?;
    let report: Report = answer(Inputs::Synthesise(Box::new(SynthesiseInput {
        task: task.clone(),
        analysis: analysis.clone(),
        coordination: coordination.clone(),
        solutions: accepted.clone(),
        gaps: Vec::new(),
        previous: None,
        requests: Vec::new(),
        lessons: Vec::new(),
    })))?;
    let final_review: FinalReview = answer(Inputs::FinalReview(Box::new(FinalReviewInput {
        task: task.clone(),
        analysis: analysis.clone(),
        coordination,
        report: report.clone(),
        citation_checks: checks(corpus, &report.sources),
        gaps: Vec::new(),
    })))?;
    Ok(Outcome { task, analysis, plan, accepted, report, final_review, tool_calls })
}

/// The plan of a task.
pub(crate) fn plan(task: &TaskBrief, analysis: &Analysis) -> anyhow::Result<Decomposition> {
    let selection: Selection = answer(Inputs::Select(SelectInput {
        task: task.clone(),
        analysis: analysis.clone(),
        agent_types: crew(),
        specialists_max: 3,
    }))?;
    answer(Inputs::Decompose(DecomposeInput {
        task: task.clone(),
        analysis: analysis.clone(),
        selection,
        agent_types: crew(),
        subtasks_max: 50,
        depth_max: 10,
        previous: None,
        errors: Vec::new(),
        comment: None,
    }))
}

/// A specialist at one subtask.
pub(crate) struct Worker<'a> {
    pub(crate) corpus: &'a Arc<Corpus>,
    pub(crate) task: &'a TaskBrief,
    pub(crate) analysis: &'a Analysis,
    pub(crate) subtask: &'a SubtaskBrief,
    pub(crate) dependencies: &'a [Dependency],
}

impl Worker<'_> {
    /// Runs, is reviewed, and runs again with the feedback while it is not accepted.
    fn until_accepted(&self, tool_calls: &mut usize) -> anyhow::Result<(Solution, u16)> {
        let mut feedback: Vec<Feedback> = Vec::new();
        loop {
            let solution = self.run(&feedback, tool_calls)?;
            let review = self.review(&solution)?;
            let score = hundredths(&review);
            if score >= ACCEPTED_MIN || feedback.len() >= CYCLES_MAX {
                return Ok((solution, score));
            }
            feedback.push(Feedback { solution: Some(solution), review: Some(review), failure: None });
        }
    }

    /// One run of the agent loop.
    pub(crate) fn run(&self, feedback: &[Feedback], tool_calls: &mut usize) -> anyhow::Result<Solution> {
        let mut messages: Vec<Message> = Vec::new();
        let tools = Tools::over(self.corpus)?;
        for turn in 1..=TURNS_MAX {
            let inputs = Inputs::Work(Box::new(WorkInput {
                task: self.task.clone(),
                analysis: self.analysis.clone(),
                subtask: self.subtask.clone(),
                dependencies: self.dependencies.to_vec(),
                feedback: feedback.to_vec(),
                turn,
                turns_max: TURNS_MAX,
                lessons: Vec::new(),
            }));
            let response = Extractive::default().answer(&request(inputs, messages.clone(), tools.offers()));
            if response.tool_calls.is_empty() {
                return serde_json::from_str(&response.text).context("a solution");
            }
            *tool_calls += response.tool_calls.len();
            let results = tools.perform(&response.tool_calls);
            messages.push(Message::Assistant { text: response.text, tool_calls: response.tool_calls });
            messages.extend(results);
        }
        anyhow::bail!("a specialist did not hand in within {TURNS_MAX} turns")
    }

    /// The manager's review of a solution.
    pub(crate) fn review(&self, solution: &Solution) -> anyhow::Result<Review> {
        answer(Inputs::Review(Box::new(ReviewInput {
            task: self.task.clone(),
            analysis: self.analysis.clone(),
            subtask: self.subtask.clone(),
            solution: solution.clone(),
            citation_checks: checks(self.corpus, &citations(solution)),
            previous: None,
        })))
    }
}

/// (3a + 3b + 2c + 2d) ÷ 10 in hundredths, as the domain computes it.
pub(crate) fn hundredths(review: &Review) -> u16 {
    let scores = &review.scores;
    let sum =
        3.0 * scores.completeness + 3.0 * scores.accuracy + 2.0 * scores.relevance + 2.0 * scores.quality;
    format!("{:.0}", sum * 10.0).parse().unwrap_or(0)
}

/// Every citation of a solution in order.
pub(crate) fn citations(solution: &Solution) -> Vec<Citation> {
    let cells = solution.table.iter().flat_map(|table| &table.rows).flat_map(|row| &row.cells);
    let of_cells = cells.flat_map(|cell| cell.citations.clone());
    solution.claims.iter().flat_map(|claim| claim.citations.clone()).chain(of_cells).collect()
}

/// Citations held against the documents.
pub(crate) fn checks(corpus: &Corpus, citations: &[Citation]) -> Vec<CitationCheck> {
    let offset = |at: u64| u32::try_from(at).unwrap_or(u32::MAX);
    let finding = |citation: &Citation| {
        let (start, end) = (offset(citation.start), offset(citation.end));
        match corpus.check_citation(&citation.source, start, end, &citation.quote) {
            Checked::Exact => CitationFinding::Exact,
            Checked::WrongSpan { actual } => CitationFinding::WrongSpan { actual },
            Checked::UnknownSource => CitationFinding::Unknown,
        }
    };
    citations
        .iter()
        .map(|citation| CitationCheck { citation: citation.clone(), finding: finding(citation) })
        .collect()
}

/// A task without history.
pub(crate) fn brief(corpus: &Corpus, ask: &str) -> TaskBrief {
    let documents = corpus.documents().iter().map(|document| {
        let parsed = &document.parsed;
        DocumentBrief {
            source: document.source.to_string(),
            file: document.name.clone(),
            kind: serde_json::to_value(parsed.kind)
                .ok()
                .and_then(|kind| kind.as_str().map(str::to_owned))
                .unwrap_or_default(),
            bytes: parsed.text.len() as u64,
            lines: parsed.lines.len() as u64,
            pages: parsed.pages.as_ref().map(|pages| pages.len() as u64),
            headings: parsed.headings.iter().take(60).map(|heading| heading.text.clone()).collect(),
            columns: parsed.table.as_ref().map(|table| table.columns.clone()).unwrap_or_default(),
            unreadable: None,
        }
    });
    TaskBrief {
        title: ask.chars().take(60).collect(),
        description: ask.to_owned(),
        documents: documents.collect(),
        ..TaskBrief::default()
    }
}

fn crew() -> Vec<AgentTypeBrief> {
    let agent = |name, description: &str, capabilities: &[&'static str]| AgentTypeBrief {
        name: Name::from_static(name),
        description: description.to_owned(),
        capabilities: capabilities.iter().map(|one| Name::from_static(one)).collect(),
        tools: tools::NAMES.map(Name::from_static).to_vec(),
    };
    vec![
        agent("researcher", "Finds and cites passages in documents.", &["research", "document_search"]),
        agent("comparer", "Lays documents side by side.", &["comparison", "analysis"]),
        agent("data_analyst", "Queries tables and computes figures.", &["data_analysis"]),
        agent("generalist", "Does what nobody else does.", &["general"]),
    ]
}

/// Subtasks with their numbers, each after those it depends on.
fn ordered(plan: &Decomposition) -> Vec<(u16, &SubtaskDraft)> {
    let mut all: Vec<(u16, &SubtaskDraft)> = (1..).zip(&plan.subtasks).collect();
    all.sort_by_key(|(number, draft)| (!draft.dependencies.is_empty(), *number));
    all
}

fn dependencies(
    draft: &SubtaskDraft,
    plan: &Decomposition,
    accepted: &[AcceptedSolution],
) -> Vec<Dependency> {
    let number = |label: &String| {
        (1..)
            .zip(&plan.subtasks)
            .find(|(_, subtask)| subtask.id == *label)
            .map(|(number, _): (u16, _)| number)
    };
    let solved = draft
        .dependencies
        .iter()
        .filter_map(number)
        .filter_map(|number| accepted.iter().find(|one| one.subtask.number == number));
    solved
        .map(|one| Dependency {
            subtask: one.subtask.clone(),
            solution: Some(one.solution.clone()),
            gap: None,
        })
        .collect()
}

fn answer<T: DeserializeOwned>(inputs: Inputs) -> anyhow::Result<T> {
    let response = Extractive::default().answer(&request(inputs, Vec::new(), Vec::new()));
    serde_json::from_str(&response.text).context("an answer of the provider is not JSON of its schema")
}

fn request(inputs: Inputs, messages: Vec<Message>, tools: Vec<divisi_llm::ToolOffer>) -> Request {
    let purpose = match &inputs {
        Inputs::Analyse(_) => Purpose::Analyse,
        Inputs::Select(_) => Purpose::Select,
        Inputs::Decompose(_) => Purpose::Decompose,
        Inputs::Work(_) => Purpose::Work,
        Inputs::Review(_) => Purpose::Review,
        Inputs::Coordinate(_) => Purpose::Coordinate,
        Inputs::Synthesise(_) => Purpose::Synthesise,
        Inputs::FinalReview(_) => Purpose::FinalReview,
    };
    Request {
        purpose,
        model: Name::from_static(divisi_providers::extractive::MODEL),
        system: "".into(),
        messages,
        tools,
        schema: serde_json::Value::Null.into(),
        sampling: Sampling { temperature_hundredths: 0, output_tokens_max: 8_000 },
        inputs: inputs.into(),
    }
}
