//! The typed inputs of each purpose.

use divisi_domain::path::Node;
use divisi_domain::plan::Complexity;
use divisi_domain::task::Task;
use divisi_llm::inputs::{
    AgentTypeBrief, AnalyseInput, CitationCheck, CitationFinding, CoordinateInput, DecomposeInput,
    FinalReviewInput, Inputs, ReviewInput, SelectInput, SynthesiseInput, WorkInput,
};
use divisi_llm::outputs::{Citation, FinalReview, Report, Solution};

use super::fit::Budget;
use super::{Briefs, Material, RequestError};
use crate::perform::cite;

pub(super) fn build(material: &Material<'_>, node: Node, budget: &Budget) -> Result<Inputs, RequestError> {
    let briefs = Briefs { task: material.task, contents: material.contents };
    match node {
        Node::Analyse => analyse(material, briefs),
        Node::Select => select(material, briefs, budget),
        Node::Decompose { .. } => decompose(material, briefs, budget),
        Node::Model { subtask, turn, .. } => work(material, briefs, subtask, turn),
        Node::Tool { .. } => Err(RequestError::Missing("model call")),
        Node::Review { subtask, .. } => review(material, briefs, subtask),
        Node::Coordinate => coordinate(briefs),
        Node::Synthesise { .. } => synthesise(material, briefs),
        Node::FinalReview { .. } => final_review(material, briefs),
    }
}

fn analyse(material: &Material<'_>, briefs: Briefs<'_>) -> Result<Inputs, RequestError> {
    let capabilities = material.crew.capabilities();
    Ok(Inputs::Analyse(AnalyseInput { task: briefs.task()?, capabilities, lessons: Vec::new() }))
}

fn select(material: &Material<'_>, briefs: Briefs<'_>, budget: &Budget) -> Result<Inputs, RequestError> {
    let agent_types = material.crew.specialists().map(AgentTypeBrief::from).collect();
    let specialists_max = budget.specialists(specialists_max(material.task.complexity));
    Ok(Inputs::Select(SelectInput {
        task: briefs.task()?,
        analysis: briefs.analysis()?,
        agent_types,
        specialists_max,
    }))
}

fn specialists_max(complexity: Complexity) -> u8 {
    let [simple, moderate, complex] = divisi_domain::limits::SPECIALISTS_PER_COMPLEXITY;
    match complexity {
        Complexity::Simple => simple,
        Complexity::Moderate => moderate,
        Complexity::Complex => complex,
    }
}

fn decompose(material: &Material<'_>, briefs: Briefs<'_>, budget: &Budget) -> Result<Inputs, RequestError> {
    let task = material.task;
    let selection = task.selection.ok_or(RequestError::Missing("selection"))?;
    let chosen = |agent: &&crate::crew::AgentType| task.specialists.contains(&agent.name);
    let agent_types = material.crew.specialists().filter(chosen).map(AgentTypeBrief::from).collect();
    let refused = task.refused_plans.last();
    let previous = refused.map(|refused| material.contents.json(refused.content)).transpose()?;
    let why = refused.and_then(|refused| refused.why);
    let (mut errors, mut comment) = (Vec::new(), None);
    if let (Some(refused), Some(why)) = (refused, why) {
        if refused.by_person {
            comment = Some(material.contents.text(why)?);
        } else {
            errors = material.contents.json(why)?;
        }
    }
    let limits = &task.submission.policy.limits;
    Ok(Inputs::Decompose(DecomposeInput {
        task: briefs.task()?,
        analysis: briefs.analysis()?,
        selection: material.contents.json(selection)?,
        agent_types,
        subtasks_max: budget.subtasks(limits.plan_subtasks_max),
        depth_max: limits.plan_depth_max,
        previous,
        errors,
        comment,
    }))
}

fn work(material: &Material<'_>, briefs: Briefs<'_>, number: u16, turn: u8) -> Result<Inputs, RequestError> {
    let subtask = material.task.subtasks.get(&number).ok_or(RequestError::Missing("subtask"))?;
    let mut brief = briefs.subtask(number)?;
    material.worker(number).as_str().clone_into(&mut brief.agent_type);
    Ok(Inputs::Work(Box::new(WorkInput {
        task: briefs.task()?,
        analysis: briefs.analysis()?,
        subtask: brief,
        dependencies: briefs.dependencies(subtask)?,
        feedback: briefs.feedback(subtask)?,
        turn,
        turns_max: material.task.submission.policy.limits.agent_turns_max,
        lessons: Vec::new(),
    })))
}

fn review(material: &Material<'_>, briefs: Briefs<'_>, number: u16) -> Result<Inputs, RequestError> {
    let subtask = material.task.subtasks.get(&number).ok_or(RequestError::Missing("subtask"))?;
    let (run, earlier) = subtask.runs.split_last().ok_or(RequestError::Missing("run"))?;
    let content = run.solution.ok_or(RequestError::Missing("solution"))?;
    let solution: Solution = material.contents.json(content)?;
    let previous = earlier.iter().rev().find_map(|run| run.solution);
    let citation_checks = checks(material, cite::of_solution(&solution));
    Ok(Inputs::Review(Box::new(ReviewInput {
        task: briefs.task()?,
        analysis: briefs.analysis()?,
        subtask: briefs.subtask(number)?,
        citation_checks,
        previous: previous.map(|content| material.contents.json(content)).transpose()?,
        solution,
    })))
}

fn checks<'a>(material: &Material<'_>, citations: impl Iterator<Item = &'a Citation>) -> Vec<CitationCheck> {
    let check = |citation: &Citation| {
        let finding: CitationFinding = cite::check(material.corpus, citation);
        CitationCheck { citation: citation.clone(), finding }
    };
    citations.map(check).collect()
}

fn coordinate(briefs: Briefs<'_>) -> Result<Inputs, RequestError> {
    Ok(Inputs::Coordinate(CoordinateInput {
        task: briefs.task()?,
        analysis: briefs.analysis()?,
        solutions: briefs.accepted()?,
        gaps: briefs.gaps()?,
    }))
}

fn synthesise(material: &Material<'_>, briefs: Briefs<'_>) -> Result<Inputs, RequestError> {
    let coordination = material.task.coordination.ok_or(RequestError::Missing("coordination"))?;
    let previous = material.task.draft().map(|draft| material.contents.json(draft.content)).transpose()?;
    Ok(Inputs::Synthesise(Box::new(SynthesiseInput {
        task: briefs.task()?,
        analysis: briefs.analysis()?,
        coordination: material.contents.json(coordination)?,
        solutions: briefs.accepted()?,
        gaps: briefs.gaps()?,
        previous,
        requests: requests(material.task, material)?,
        lessons: Vec::new(),
    })))
}

/// What the final review of the last draft, or a person, wants changed.
fn requests(task: &Task, material: &Material<'_>) -> Result<Vec<String>, RequestError> {
    let review = task.draft().and_then(|draft| draft.review.as_ref());
    let content = review.filter(|review| !review.approved).and_then(|review| review.content);
    let Some(content) = content else { return Ok(Vec::new()) };
    let text = material.contents.text(content)?;
    // A person's comment is plain text; a review is JSON.
    Ok(match serde_json::from_str::<FinalReview>(&text) {
        Ok(review) => review.requests,
        Err(_) => vec![text],
    })
}

fn final_review(material: &Material<'_>, briefs: Briefs<'_>) -> Result<Inputs, RequestError> {
    let coordination = material.task.coordination.ok_or(RequestError::Missing("coordination"))?;
    let draft = material.task.draft().ok_or(RequestError::Missing("draft"))?;
    let report: Report = material.contents.json(draft.content)?;
    let citation_checks = checks(material, cite::of_report(&report));
    Ok(Inputs::FinalReview(Box::new(FinalReviewInput {
        task: briefs.task()?,
        analysis: briefs.analysis()?,
        coordination: material.contents.json(coordination)?,
        citation_checks,
        gaps: briefs.gaps()?,
        report,
    })))
}
