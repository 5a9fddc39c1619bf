//! The reductions, in their order.

use divisi_llm::Message;
use divisi_llm::inputs::{AgentTypeBrief, CitationFinding, Inputs, TaskBrief};
use divisi_llm::outputs::{Analysis, Report, Solution};

use super::Draft;
use super::draft::shortened;
use super::quotes::{keep, keep_claims, keep_gaps, of_coordination, of_report, of_solution, unquote};

/// One reduction: whether it changed anything, and how the prompt says so.
pub(in crate::requests) type Step = (fn(&mut Draft) -> bool, &'static str);

const RESULTS: &str = "parts of earlier tool results";
const QUOTES: &str =
    "quotations of earlier findings (leave `quote` empty in their citations: it is filled in)";
const OUTLINES: &str = "headings and columns of documents";
/// With figures of its own, which no constant has.
const SAID_APART: &str = "";
const CLAIMS: &str = "the less important findings, with all but two citations of each";
const TABLES: &str = "gaps and tables of earlier findings beyond the first";
const NEWEST: &str = "parts of the newest tool results";
const PASSAGES: &str = "passages that fit less well";
const WORST: &str = "solutions with the lowest scores (name this among the gaps)";

/// What is done, one after the other, until a request fits.
pub(in crate::requests) const STEPS: &[Step] = &[
    (|draft| earlier_results(draft, 1_000), RESULTS),
    (|draft| earlier_results(draft, 200), RESULTS),
    (earlier_cycles, "what was handed in and said in earlier cycles"),
    (quotes, QUOTES),
    (checked_quotes, "what the citation check repeats"),
    (|draft| outlines(draft, 6), OUTLINES),
    (|draft| unlist(draft, 200), SAID_APART),
    (|draft| outlines(draft, 0), OUTLINES),
    (|draft| unlist(draft, 20), SAID_APART),
    (lessons, "lessons"),
    (terms, "keywords beyond the first six and aspects beyond the first five of the analysis"),
    (agent_types, "details of agent types"),
    (before, "the version before"),
    (evidence, "the evidence and the sources of the report before"),
    (|draft| claims(draft, 6), CLAIMS),
    (covered, "solutions that the collected findings already hold"),
    (|draft| claims(draft, 3), CLAIMS),
    (exact, "citations that were found exact"),
    (|draft| newest_results(draft, 4_000), NEWEST),
    (|draft| newest_results(draft, 1_500), NEWEST),
    (|draft| earlier_results(draft, 0), RESULTS),
    (|draft| passages(draft, 2), PASSAGES),
    (|draft| newest_results(draft, 500), NEWEST),
    (|draft| claims(draft, 1), CLAIMS),
    (tables, TABLES),
    (all_quotes, QUOTES),
    (|draft| passages(draft, 4), PASSAGES),
    (tools, "tools: answer from what is here"),
    (|draft| best_solutions(draft, 16), WORST),
    (|draft| best_solutions(draft, 8), WORST),
    (|draft| best_solutions(draft, 4), WORST),
    (sections, "sections of the report before, beyond the first two"),
    (demands, "constraints and success criteria of the analysis beyond the first three"),
];

/// Index of the newest turn's own words.
fn newest(draft: &Draft) -> usize {
    draft.transcript.iter().rposition(|message| matches!(message, Message::Assistant { .. })).unwrap_or(0)
}

fn shorten(messages: &mut [Message], chars_max: usize) -> bool {
    let mut changed = false;
    for message in messages {
        let text = match message {
            Message::Tool { content, .. } => content,
            Message::Assistant { text, .. } => text,
            Message::User { .. } => continue,
        };
        // What was shortened before is not told as if it had been whole.
        if text.chars().count() > chars_max.saturating_add(60)
            && !text.ends_with(&format!("[shortened: {chars_max} of"))
        {
            *text = again(text, chars_max);
            changed = true;
        }
    }
    changed
}

/// Shortened, with the length that it had at first.
fn again(text: &str, chars_max: usize) -> String {
    let first = text.rsplit_once(" [shortened: ").and_then(|(kept, mark)| {
        let of = mark.strip_suffix(" characters]")?.rsplit_once(" of ")?.1;
        Some((kept, of.parse::<usize>().ok()?))
    });
    let Some((kept, of)) = first else { return shortened(text, chars_max) };
    let kept: String = kept.chars().take(chars_max).collect();
    format!("{kept} [shortened: {chars_max} of {of} characters]")
}

fn earlier_results(draft: &mut Draft, chars_max: usize) -> bool {
    let newest = newest(draft);
    shorten(&mut draft.transcript[..newest], chars_max)
}

fn newest_results(draft: &mut Draft, chars_max: usize) -> bool {
    let newest = newest(draft);
    shorten(&mut draft.transcript[newest..], chars_max)
}

fn earlier_cycles(draft: &mut Draft) -> bool {
    let Inputs::Work(work) = draft.inputs() else { return false };
    let earlier = work.feedback.len().saturating_sub(1);
    work.feedback.drain(..earlier).count() > 0
}

/// Solutions that others handed in.
fn solutions(inputs: &mut Inputs) -> Vec<&mut Solution> {
    match inputs {
        Inputs::Work(work) => {
            let dependencies = work.dependencies.iter_mut().filter_map(|it| it.solution.as_mut());
            dependencies.chain(work.feedback.iter_mut().filter_map(|it| it.solution.as_mut())).collect()
        }
        Inputs::Coordinate(input) => input.solutions.iter_mut().map(|it| &mut it.solution).collect(),
        Inputs::Synthesise(input) => input.solutions.iter_mut().map(|it| &mut it.solution).collect(),
        Inputs::Review(input) => input.previous.iter_mut().collect(),
        Inputs::Analyse(_) | Inputs::Select(_) | Inputs::Decompose(_) | Inputs::FinalReview(_) => Vec::new(),
    }
}

fn quotes(draft: &mut Draft) -> bool {
    let mut changed = false;
    for solution in solutions(draft.inputs()) {
        changed |= unquote(of_solution(solution));
    }
    changed
        | match draft.inputs() {
            Inputs::Synthesise(input) => {
                input.previous.as_mut().is_some_and(|report| unquote(of_report(report)))
            }
            _ => false,
        }
}

/// Quotations of what is worked on itself.
fn all_quotes(draft: &mut Draft) -> bool {
    match draft.inputs() {
        Inputs::Review(input) => unquote(of_solution(&mut input.solution)),
        Inputs::Synthesise(input) => unquote(of_coordination(&mut input.coordination)),
        Inputs::FinalReview(input) => {
            unquote(of_coordination(&mut input.coordination)) | unquote(of_report(&mut input.report))
        }
        _ => false,
    }
}

fn checked_quotes(draft: &mut Draft) -> bool {
    let checks = match draft.inputs() {
        Inputs::Review(input) => &mut input.citation_checks,
        Inputs::FinalReview(input) => &mut input.citation_checks,
        _ => return false,
    };
    unquote(checks.iter_mut().map(|check| &mut check.citation))
}

fn exact(draft: &mut Draft) -> bool {
    let checks = match draft.inputs() {
        Inputs::Review(input) => &mut input.citation_checks,
        Inputs::FinalReview(input) => &mut input.citation_checks,
        _ => return false,
    };
    let before = checks.len();
    let first = checks.first().cloned();
    checks.retain(|check| check.finding != CitationFinding::Exact);
    if checks.is_empty() {
        // A list without anything would read as if there were no citations.
        checks.extend(first);
    }
    for check in checks.iter_mut() {
        if let CitationFinding::WrongSpan { actual } = &mut check.finding {
            *actual = shortened(actual, 100);
        }
    }
    checks.len() < before
}

fn task(inputs: &mut Inputs) -> (&mut TaskBrief, Option<&mut Analysis>) {
    match inputs {
        Inputs::Analyse(input) => (&mut input.task, None),
        Inputs::Select(input) => (&mut input.task, Some(&mut input.analysis)),
        Inputs::Decompose(input) => (&mut input.task, Some(&mut input.analysis)),
        Inputs::Work(input) => (&mut input.task, Some(&mut input.analysis)),
        Inputs::Review(input) => (&mut input.task, Some(&mut input.analysis)),
        Inputs::Coordinate(input) => (&mut input.task, Some(&mut input.analysis)),
        Inputs::Synthesise(input) => (&mut input.task, Some(&mut input.analysis)),
        Inputs::FinalReview(input) => (&mut input.task, Some(&mut input.analysis)),
    }
}

/// How many are not listed is said apart.
fn unlist(draft: &mut Draft, most: usize) -> bool {
    let (task, _) = task(draft.inputs());
    let listed = task.documents.len();
    let is_more = keep(&mut task.documents, most);
    if is_more {
        let all = draft.unlisted.map_or(listed, |(_, all)| all);
        draft.unlisted = Some((all - most, all));
    }
    is_more
}

fn outlines(draft: &mut Draft, items_max: usize) -> bool {
    let (task, _) = task(draft.inputs());
    let mut changed = false;
    for document in &mut task.documents {
        changed |= keep(&mut document.headings, items_max);
        changed |= keep(&mut document.columns, items_max * 2);
    }
    changed
}

fn lessons(draft: &mut Draft) -> bool {
    let lessons = match draft.inputs() {
        Inputs::Analyse(input) => std::mem::take(&mut input.lessons),
        Inputs::Work(input) => std::mem::take(&mut input.lessons),
        Inputs::Synthesise(input) => std::mem::take(&mut input.lessons),
        _ => return false,
    };
    !lessons.is_empty()
}

fn terms(draft: &mut Draft) -> bool {
    let (_, Some(analysis)) = task(draft.inputs()) else { return false };
    keep(&mut analysis.keywords, 6) | keep(&mut analysis.aspects, 5)
}

/// What the answer is measured by is given up after everything else.
fn demands(draft: &mut Draft) -> bool {
    let (_, Some(analysis)) = task(draft.inputs()) else { return false };
    keep(&mut analysis.constraints, 3) | keep(&mut analysis.success_criteria, 3)
}

fn agent_types(draft: &mut Draft) -> bool {
    let short = |agents: &mut Vec<AgentTypeBrief>| {
        agents.iter_mut().fold(false, |changed, agent| {
            let before = agent.description.len() + agent.tools.len();
            agent.description = shortened(&agent.description, 120);
            agent.tools.clear();
            changed || agent.description.len() < before
        })
    };
    match draft.inputs() {
        Inputs::Select(input) => short(&mut input.agent_types),
        Inputs::Decompose(input) => {
            let mut changed = short(&mut input.agent_types);
            for specialist in &mut input.selection.specialists {
                changed |= keep(&mut specialist.focus_areas, 2);
            }
            changed
        }
        _ => false,
    }
}

/// What is given for comparison only.
fn before(draft: &mut Draft) -> bool {
    match draft.inputs() {
        Inputs::Review(input) => input.previous.take().is_some(),
        Inputs::Work(input) => {
            let with_review = input.feedback.iter_mut().filter(|cycle| cycle.review.is_some());
            with_review.filter_map(|cycle| cycle.solution.take()).count() > 0
        }
        _ => false,
    }
}

fn evidence(draft: &mut Draft) -> bool {
    let Some(report) = report_before(draft) else { return false };
    keep(&mut report.supporting_evidence, 0) | keep(&mut report.sources, 0)
}

/// What is to be revised itself.
fn sections(draft: &mut Draft) -> bool {
    report_before(draft).is_some_and(|report| keep(&mut report.main_content, 2))
}

fn report_before(draft: &mut Draft) -> Option<&mut Report> {
    let Inputs::Synthesise(input) = draft.inputs() else { return None };
    input.previous.as_mut()
}

/// Solutions of which the coordinator's findings hold what matters.
fn covered(draft: &mut Draft) -> bool {
    let Inputs::Synthesise(input) = draft.inputs() else { return false };
    let held = !input.coordination.structured_findings.is_empty();
    held && keep(&mut input.solutions, 0)
}

fn claims(draft: &mut Draft, most: usize) -> bool {
    let mut changed = false;
    for solution in solutions(draft.inputs()) {
        changed |= keep_claims(solution, most);
        if most == 1 {
            solution.summary = shortened(&solution.summary, 200);
        }
    }
    let coordination = match draft.inputs() {
        Inputs::Synthesise(input) => &mut input.coordination,
        Inputs::FinalReview(input) => &mut input.coordination,
        _ => return changed,
    };
    for topic in &mut coordination.structured_findings {
        changed |= keep(&mut topic.key_points, most);
        changed |= keep(&mut topic.supporting_data, most.saturating_sub(2));
    }
    changed |= keep(&mut coordination.cross_references, most);
    changed
}

fn tables(draft: &mut Draft) -> bool {
    solutions(draft.inputs()).into_iter().fold(false, |changed, solution| keep_gaps(solution, 1) | changed)
}

fn passages(draft: &mut Draft, part: usize) -> bool {
    let most = (draft.passages.len() / part).max(1);
    keep(&mut draft.passages, most)
}

/// Tools are what is given up last, and only where there is something to answer from.
fn tools(draft: &mut Draft) -> bool {
    let has_material = !draft.passages.is_empty() || !draft.transcript.is_empty();
    let gives_up = has_material && !draft.without_tools;
    draft.without_tools |= gives_up;
    gives_up
}

/// Keeps the solutions with the highest scores, in their order.
fn best_solutions(draft: &mut Draft, most: usize) -> bool {
    let solutions = match draft.inputs() {
        Inputs::Coordinate(input) => &mut input.solutions,
        Inputs::Synthesise(input) => &mut input.solutions,
        _ => return false,
    };
    let mut places: Vec<usize> = (0..solutions.len()).collect();
    places.sort_by_key(|place| std::cmp::Reverse(solutions[*place].score_hundredths));
    places.truncate(most);
    let mut place = 0..;
    let before = solutions.len();
    solutions.retain(|_| place.next().is_some_and(|place| places.contains(&place)));
    solutions.len() < before
}
