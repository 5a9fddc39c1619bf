//! The answer itself, before all else.

use std::collections::BTreeSet;

use divisi_llm::inputs::{DocumentBrief, SynthesiseInput, TaskBrief};
use divisi_llm::outputs::{Cell, Citation, Claim, QuestionForm, Table, TopicFindings};

use super::budget::{Budget, fitting};
use super::stance::{self, Verdict};
use crate::extractive::coordinate::{AROUND, against, contradictions};
use crate::extractive::question::{asks_contradiction, order, without_mentions};
use crate::extractive::text::word::stems;
use crate::extractive::text::{flat, shortened};
use crate::extractive::topic::SMALL_BYTES_MAX;
use crate::extractive::wording::{IN_SHORT, NOT_SAID, SAYS_NOTHING, not_said, quoted};

/// Statements of an answer that many may give together.
const ANSWER_CLAIMS_MAX: usize = 10;
/// Statements of an answer that one or two give: the others are further passages.
const SHORT_ANSWER_CLAIMS_MAX: usize = 4;

/// Words of all documents on one column of a comparison, about.
const COLUMN_WORDS_MAX: usize = 90;
/// Words of one document on it.
const CELL_WORDS: (usize, usize) = (8, 25);

/// Position of a point: its topic and its place in it.
pub(super) type Point = (usize, usize);

/// The answer, and which points it has used.
pub(super) fn answer(
    input: &SynthesiseInput,
    topics: &[TopicFindings],
    budget: &Budget,
) -> (Vec<Claim>, BTreeSet<Point>) {
    let table = topics.iter().flat_map(|topic| &topic.supporting_data).next();
    match table {
        Some(table) if input.analysis.question_form == QuestionForm::Compare => {
            let used = all_points(topics);
            let mut claims = if asks_contradiction(&input.task) { differing(topics) } else { Vec::new() };
            claims.extend(by_column(table));
            (claims, used)
        }
        _ => statements(input, topics, budget),
    }
}

/// What two documents say on the same thing with other figures.
fn differing(topics: &[TopicFindings]) -> Vec<Claim> {
    let claim = |(one, other): &(Claim, Claim)| Claim {
        text: against(one, other),
        citations: one.citations.iter().chain(&other.citations).cloned().collect(),
        subtasks: Vec::new(),
    };
    contradictions(topics).iter().take(DIFFERING_MAX).map(claim).collect()
}

/// Differences in figures that open an answer.
const DIFFERING_MAX: usize = 6;

fn all_points(topics: &[TopicFindings]) -> BTreeSet<Point> {
    let points =
        |(at, topic): (usize, &TopicFindings)| (0..topic.key_points.len()).map(move |point| (at, point));
    topics.iter().enumerate().flat_map(points).collect()
}

/// The first points of each topic, as far as its share of the words reaches.
fn statements(
    input: &SynthesiseInput,
    topics: &[TopicFindings],
    budget: &Budget,
) -> (Vec<Claim>, BTreeSet<Point>) {
    let main = || topics.iter().enumerate().filter(|(_, topic)| topic.topic != AROUND);
    let share = main().count().max(1);
    let claims_max = match input.analysis.question_form {
        QuestionForm::Lookup | QuestionForm::YesNo if share == 1 => SHORT_ANSWER_CLAIMS_MAX,
        _ => ANSWER_CLAIMS_MAX,
    };
    let mut chosen: BTreeSet<Point> = BTreeSet::new();
    for (at, topic) in main() {
        let count = fitting(&topic.key_points, budget.answer_words / share).max(1);
        let count = count.min(topic.key_points.len()).min((claims_max / share).max(1));
        chosen.extend((0..count).map(|place| (at, place)));
    }
    let mut claims: Vec<Claim> =
        chosen.iter().map(|(at, place)| topics[*at].key_points[*place].clone()).collect();
    if claims.is_empty() {
        claims.push(Claim { text: nothing(input), ..Claim::default() });
    }
    (claims, chosen)
}

/// The first statement that speaks for or against what is asked opens the answer and says so; where two disagree, none.
pub(super) fn take_stance(input: &SynthesiseInput, topics: &[TopicFindings], claims: &mut Vec<Claim>) {
    let main = topics.iter().filter(|topic| topic.topic != AROUND).count();
    if input.analysis.question_form != QuestionForm::YesNo || main != 1 {
        return;
    }
    let sources: Vec<String> = input.task.documents.iter().map(|one| one.source.clone()).collect();
    let question = without_mentions(&order(&input.task), &input.task, &sources);
    let said: Vec<Option<Verdict>> = claims
        .iter()
        .map(|claim| {
            let cited = Some(claim).filter(|claim| !claim.citations.is_empty())?;
            let known = subject(cited, &input.task).into_iter().chain(before(cited, claims)).collect();
            stance::verdict(&question, &cited.text, &known)
        })
        .collect();
    let mut stances = said.iter().flatten().map(|verdict| verdict.stance);
    let first = stances.next();
    if stances.any(|other| Some(other) != first) {
        return;
    }
    // Another document that speaks of it too may see it otherwise.
    let source = |claim: &Claim| claim.citations.first().map(|citation| citation.source.clone());
    let taken = said.iter().position(Option::is_some).and_then(|at| source(&claims[at]));
    let elsewhere = claims.iter().zip(&said).any(|(claim, verdict)| {
        verdict.is_none()
            && source(claim) != taken
            && stance::concerns(&question, &claim.text, &subject(claim, &input.task))
    });
    if elsewhere {
        return;
    }
    if let Some((at, verdict)) = said.iter().enumerate().find_map(|(at, one)| one.map(|one| (at, one))) {
        let claim = claims.remove(at);
        let text = format!("{}{}", verdict.lead(), quoted(&claim.text));
        claims.insert(0, Claim { text, ..claim });
    }
}

/// Stems of a statement of the answer right before this one: what its pronouns may stand for.
fn before(claim: &Claim, claims: &[Claim]) -> Vec<String> {
    let follows = |one: &Citation, other: &Citation| {
        one.source == other.source && other.end <= one.start && one.start - other.end <= ADJACENT_BYTES_MAX
    };
    let is_before = |other: &&Claim| {
        claim.citations.iter().any(|one| other.citations.iter().any(|before| follows(one, before)))
    };
    claims.iter().filter(is_before).flat_map(|other| stems(&other.text)).collect()
}

/// Bytes between two sentences that follow each other.
const ADJACENT_BYTES_MAX: u64 = 3;

/// Stems of what the document of a claim is about: its name, and the titles of a small one.
fn subject(claim: &Claim, task: &TaskBrief) -> BTreeSet<String> {
    let cited = |document: &&DocumentBrief| claim.citations.iter().any(|one| one.source == document.source);
    let titles = |document: &DocumentBrief| {
        let count = if document.bytes <= SMALL_BYTES_MAX { document.headings.len() } else { 1 };
        let headings: Vec<&str> = document.headings.iter().take(count).map(String::as_str).collect();
        stems(&format!("{} {}", document.file.replace(['_', '.', '/', '-'], " "), headings.join(" ")))
    };
    task.documents.iter().filter(cited).flat_map(titles).collect()
}

fn nothing(input: &SynthesiseInput) -> String {
    if input.task.documents.is_empty() {
        return format!("{NOT_SAID}: no document was given (--file).");
    }
    format!("{}.", not_said(&flat(&order(&input.task))))
}

/// For each column what each document says on it, shortened.
fn by_column(table: &Table) -> Vec<Claim> {
    let words = (COLUMN_WORDS_MAX / table.rows.len().max(1)).clamp(CELL_WORDS.0, CELL_WORDS.1);
    let column = |at: usize, name: &String| {
        let cells = || table.rows.iter().filter_map(move |row| Some((row, row.cells.get(at)?)));
        let citations: Vec<Citation> = cells().flat_map(|(_, cell)| cell.citations.clone()).collect();
        if citations.is_empty() {
            return Claim { text: format!("{}.", not_said(name)), ..Claim::default() };
        }
        let said: Vec<String> = cells()
            .map(|(row, cell)| {
                if cell.citations.is_empty() {
                    format!("{} {SAYS_NOTHING}", row.label)
                } else {
                    format!(
                        "{}: {}",
                        row.label,
                        quoted(shortened(&gist(cell), words).trim_end_matches(['.', ' ']))
                    )
                }
            })
            .collect();
        let title = if name == IN_SHORT { "In short".to_owned() } else { capitalised(name) };
        Claim { text: format!("{title} – {}.", said.join("; ")), citations, subtasks: Vec::new() }
    };
    table.columns.iter().skip(1).enumerate().map(|(at, name)| column(at, name)).collect()
}

/// Of a list its items: what opens it promises them only.
fn gist(cell: &Cell) -> String {
    match cell.citations.split_first() {
        Some((lead, items)) if !items.is_empty() && lead.quote.trim_end().ends_with(':') => {
            flat(&items.iter().map(|item| item.quote.as_str()).collect::<Vec<_>>().join(" "))
        }
        _ => cell.text.clone(),
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
