//! The manager's analysis: key terms, form, parts, what the work needs.

use divisi_domain::name::Name;
use divisi_llm::inputs::{AnalyseInput, TaskBrief};
use divisi_llm::outputs::{Analysis, Complexity, QuestionForm};

use super::question::{Question, additions, asks_titles, order, readable};
use super::text::concept::{Concept, Kind, concepts};
use super::text::word::stems;
use super::wording::quoted;

/// Key terms of an analysis.
const KEYWORDS_MAX: usize = 12;

/// Analyses a task.
pub(super) fn analyse(input: &AnalyseInput) -> Analysis {
    let task = &input.task;
    let question = Question::of(task);
    let mut aspects = question.aspects.clone();
    aspects.extend(additions(task));
    Analysis {
        domain: domain(task),
        keywords: keywords(&order(task)),
        required_capabilities: required(question.form, input),
        complexity: complexity(&question, task),
        constraints: task.constraints.clone(),
        success_criteria: criteria(question.form, &aspects),
        question_form: question.form,
        aspects,
    }
}

fn domain(task: &TaskBrief) -> String {
    if let Some(domain) = &task.domain {
        return domain.clone();
    }
    match readable(task).as_slice() {
        [] => "general".to_owned(),
        documents if documents.iter().all(|document| !document.columns.is_empty()) => "tables".to_owned(),
        [one] => one.file.clone(),
        documents => format!("{} documents", documents.len()),
    }
}

/// Names first, then words with content, then the others, each in the order of the question.
fn keywords(text: &str) -> Vec<String> {
    let mut found = concepts(text);
    found.sort_by_key(|concept: &Concept| match concept.kind {
        Kind::Name => 0,
        Kind::Content => 1,
        Kind::Soft => 2,
    });
    found.into_iter().map(|concept| concept.word).take(KEYWORDS_MAX).collect()
}

fn complexity(question: &Question, task: &TaskBrief) -> Complexity {
    let compared = if question.form == QuestionForm::Compare { question.named.len().max(2) } else { 1 };
    match question.aspects.len() * compared {
        _ if question.form == QuestionForm::Summarise && task.documents.len() > 3 => Complexity::Complex,
        0 | 1 if question.form == QuestionForm::Lookup || question.form == QuestionForm::YesNo => {
            Complexity::Simple
        }
        0..=5 => Complexity::Moderate,
        _ => Complexity::Complex,
    }
}

/// Words by which the capability of a form is known, most wanted first.
const fn wanted(form: QuestionForm) -> &'static [&'static str] {
    match form {
        QuestionForm::Lookup | QuestionForm::YesNo => {
            &["search", "retrieval", "lookup", "research", "reading"]
        }
        QuestionForm::Explain | QuestionForm::HowTo => {
            &["explain", "research", "reading", "analysis", "writing", "search"]
        }
        QuestionForm::List => &["extraction", "list", "search", "research"],
        QuestionForm::Compare => &["compare", "comparison", "analysis", "research"],
        QuestionForm::Data => &["data", "table", "csv", "statistics", "analysis"],
        QuestionForm::Summarise => &["summary", "summarise", "summarize", "writing", "reading", "research"],
    }
}

/// Titles are read by one specialist alone.
fn required(form: QuestionForm, input: &AnalyseInput) -> Vec<String> {
    let mut required = capabilities(form, &input.capabilities);
    if asks_titles(&input.task) {
        required.truncate(1);
    }
    required
}

/// The first two of the crew's capabilities that speak of what the form wants; the crew's first where none does.
fn capabilities(form: QuestionForm, offered: &[Name]) -> Vec<String> {
    let mut chosen: Vec<String> = Vec::new();
    for wish in wanted(form).iter().flat_map(|wish| stems(wish)) {
        let speaks =
            |name: &&Name| stems(&name.as_str().replace(['_', '-', '.', ':', '/'], " ")).contains(&wish);
        for name in offered.iter().filter(speaks) {
            if chosen.len() < 2 && !chosen.iter().any(|known| known == name.as_str()) {
                chosen.push(name.as_str().to_owned());
            }
        }
    }
    if chosen.is_empty() {
        chosen.extend(offered.first().map(|name| name.as_str().to_owned()));
    }
    chosen
}

fn criteria(form: QuestionForm, aspects: &[String]) -> Vec<String> {
    let mut criteria: Vec<String> =
        aspects.iter().map(|aspect| format!("Answers {}", quoted(aspect))).collect();
    criteria.push("Every statement cites the exact passage it comes from".to_owned());
    criteria.push(
        match form {
            QuestionForm::Compare => {
                "A table gives each document and aspect a cited cell, or says that it says nothing"
            }
            QuestionForm::Data => "The figure names the rows it is computed from",
            QuestionForm::HowTo => "Steps stand in the order of the document",
            QuestionForm::Summarise => "Every document is spoken of",
            QuestionForm::List => "No item stands twice",
            QuestionForm::Lookup | QuestionForm::Explain | QuestionForm::YesNo => {
                "What the documents do not say is named"
            }
        }
        .to_owned(),
    );
    criteria
}

#[cfg(test)]
mod tests {
    use super::*;
    use divisi_llm::inputs::DocumentBrief;

    fn analysed(description: &str) -> Analysis {
        let document = |file: &str| DocumentBrief { file: file.to_owned(), ..DocumentBrief::default() };
        let task = TaskBrief {
            description: description.to_owned(),
            documents: vec![document("GPL-2"), document("GPL-3")],
            ..TaskBrief::default()
        };
        let capabilities = ["research", "comparison", "data_analysis"].map(Name::from_static).to_vec();
        analyse(&AnalyseInput { task, capabilities, lessons: Vec::new() })
    }

    #[test]
    fn an_analysis_says_form_parts_and_needs() {
        let compared = analysed("Compare GPL-2 and GPL-3 on patents, warranty and termination");
        assert_eq!(compared.question_form, QuestionForm::Compare);
        assert_eq!(compared.aspects, ["patents", "warranty", "termination"]);
        assert_eq!(compared.required_capabilities, ["comparison", "data_analysis"]);
        assert_eq!(compared.complexity, Complexity::Complex);
        let simple = analysed("Who may revise the licence?");
        assert_eq!(
            (simple.complexity, simple.required_capabilities),
            (Complexity::Simple, vec!["research".to_owned()])
        );
        assert!(simple.success_criteria.iter().any(|criterion| criterion.contains("Who may revise")));
    }

    #[test]
    fn what_a_revision_adds_becomes_a_part_of_its_own() {
        let mut input = AnalyseInput::default();
        input.task.description = "Who owns it?".to_owned();
        for (request, expected) in [
            ("Add since when", vec!["Who owns it?", "since when"]),
            ("Leave out the fees and make it shorter", vec!["Who owns it?"]),
        ] {
            input.task.revision =
                Some(divisi_llm::inputs::RevisionBrief { request: request.to_owned(), areas: Vec::new() });
            assert_eq!(analyse(&input).aspects, expected, "{request}");
        }
    }
}
