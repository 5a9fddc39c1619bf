//! What a good answer holds, by the properties that its schema has.

use serde_json::{Value, json};

use super::findings::Findings;

/// Specialists that are selected at most.
const SPECIALISTS_MAX: usize = 2;
/// Citations of a claim at most.
const CITATIONS_MAX: usize = 3;
/// A score with which a manager accepts.
const GOOD_SCORE: f64 = 8.5;

/// What to put into an instance of this schema; null where it is of no purpose that is known.
pub(super) fn wanted(schema: &Value, findings: &Findings, subtasks: usize) -> Value {
    let has =
        |name: &str| schema.pointer("/properties").and_then(|properties| properties.get(name)).is_some();
    if has("subtasks") {
        plan(findings, subtasks)
    } else if has("specialists") {
        selection(findings)
    } else if has("required_capabilities") {
        analysis(findings)
    } else if has("scores") {
        review()
    } else if has("structured_findings") {
        coordination(findings)
    } else if has("executive_summary") {
        report(findings)
    } else if has("claims") {
        json!({"summary": "What the documents say is cited.", "claims": [claim(findings)], "gaps": [], "confidence": 0.9})
    } else if has("approved") {
        json!({"approved": true, "requests": [], "feedback": "Good."})
    } else {
        Value::Null
    }
}

fn analysis(findings: &Findings) -> Value {
    let words = findings.question.split_whitespace().take(5);
    json!({"domain": "general", "keywords": words.collect::<Vec<_>>(), "required_capabilities": [],
           "complexity": "moderate", "success_criteria": ["Every statement is cited."],
           "aspects": [findings.question]})
}

fn selection(findings: &Findings) -> Value {
    let chosen = findings.agent_types.iter().take(SPECIALISTS_MAX).map(|name| {
        json!({"type": name, "rationale": "It can read documents.", "priority": "medium", "relevance": 0.9})
    });
    json!({"specialists": chosen.collect::<Vec<_>>()})
}

/// Independent parts, given to the specialists in turn; who gets none is dropped.
fn plan(findings: &Findings, subtasks: usize) -> Value {
    let names = &findings.agent_types;
    let agent = |at: usize| names.get(at % names.len().max(1)).map_or("generalist", String::as_str);
    let parts = (0..subtasks.max(1)).map(|at| {
        json!({"id": format!("part_{}", at + 1), "title": format!("Part {}", at + 1),
               "description": format!("Part {} of: {}", at + 1, findings.question),
               "assigned_specialist": agent(at), "deliverable": "A cited statement",
               "success_criteria": ["It is cited."], "dependencies": [], "required_dependencies": [],
               "priority": "medium", "complexity": "simple"})
    });
    let dropped =
        names.iter().skip(subtasks.max(1)).map(|name| json!({"type": name, "reason": "Not needed."}));
    json!({"subtasks": parts.collect::<Vec<_>>(), "dropped_specialists": dropped.collect::<Vec<_>>()})
}

fn claim(findings: &Findings) -> Value {
    let citations: Vec<Value> = findings.citations.iter().take(CITATIONS_MAX).cloned().collect();
    let quoted = citations.first().and_then(|citation| citation["quote"].as_str());
    let text = quoted.map_or("The documents do not say it.", str::trim);
    json!({"text": text, "citations": citations, "subtasks": []})
}

fn review() -> Value {
    let scores =
        ["completeness", "accuracy", "relevance", "quality"].map(|name| (name.to_owned(), json!(GOOD_SCORE)));
    let scores: serde_json::Map<String, Value> = scores.into_iter().collect();
    json!({"scores": scores, "overall_score": GOOD_SCORE, "strengths": ["It is cited."], "weaknesses": [],
           "feedback": "Good.", "revision_requests": [], "recommendation": "accept"})
}

fn coordination(findings: &Findings) -> Value {
    json!({"structured_findings": [{"topic": "The question", "key_points": [claim(findings)], "confidence": 0.9}],
           "cross_references": [], "identified_gaps": [], "inconsistencies": []})
}

fn report(findings: &Findings) -> Value {
    let claim = claim(findings);
    let sources = claim["citations"].clone();
    json!({"answer": [claim], "executive_summary": "The answer is cited.", "key_insights": [], "recommendations": [],
           "limitations": [], "overall_confidence": 0.9, "sources": sources,
           "main_content": [{"title": "What was found", "claims": [claim]}]})
}
