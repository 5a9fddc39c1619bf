//! The answer itself, before all else.

use std::collections::BTreeSet;

use divisi_llm::inputs::SynthesiseInput;
use divisi_llm::outputs::{Citation, Claim, QuestionForm, Table, TopicFindings};

use super::budget::Budget;
use crate::extractive::coordinate::AROUND;
use crate::extractive::question::order;
use crate::extractive::text::{flat, word_count};
use crate::extractive::wording::not_said;

/// Statements of the answer.
const ANSWER_CLAIMS_MAX: usize = 10;

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
            (by_column(table), used)
        }
        _ => statements(input, topics, budget),
    }
}

fn all_points(topics: &[TopicFindings]) -> BTreeSet<Point> {
    let points =
        |(at, topic): (usize, &TopicFindings)| (0..topic.key_points.len()).map(move |point| (at, point));
    topics.iter().enumerate().flat_map(points).collect()
}

/// The best points of each topic in turn, as far as the words reach.
fn statements(
    input: &SynthesiseInput,
    topics: &[TopicFindings],
    budget: &Budget,
) -> (Vec<Claim>, BTreeSet<Point>) {
    let mut chosen: BTreeSet<Point> = BTreeSet::new();
    let mut words = 0;
    let longest = topics.iter().map(|topic| topic.key_points.len()).max().unwrap_or(0);
    for place in 0..longest {
        for (at, topic) in topics.iter().enumerate().filter(|(_, topic)| topic.topic != AROUND) {
            let Some(point) = topic.key_points.get(place) else { continue };
            let more = word_count(&point.text);
            if chosen.is_empty() || chosen.len() < ANSWER_CLAIMS_MAX && words + more <= budget.answer_words {
                words += more;
                chosen.insert((at, place));
            }
        }
    }
    let mut claims: Vec<Claim> =
        chosen.iter().map(|(at, place)| topics[*at].key_points[*place].clone()).collect();
    if claims.is_empty() {
        claims.push(Claim { text: nothing(input), ..Claim::default() });
    }
    (claims, chosen)
}

fn nothing(input: &SynthesiseInput) -> String {
    format!("{}.", not_said(&flat(&order(&input.task))))
}

fn verb(rows: &[&divisi_llm::outputs::Row], verb: &str) -> String {
    if rows.len() == 1 { format!("{verb}s") } else { verb.to_owned() }
}

/// For each column, which documents speak of it and which say nothing.
fn by_column(table: &Table) -> Vec<Claim> {
    let column = |at: usize, name: &String| {
        let (speaking, silent): (Vec<_>, Vec<_>) = table
            .rows
            .iter()
            .partition(|row| row.cells.get(at).is_some_and(|cell| !cell.citations.is_empty()));
        let labels = |rows: &[&divisi_llm::outputs::Row]| {
            rows.iter().map(|row| row.label.clone()).collect::<Vec<_>>().join(", ")
        };
        let citations: Vec<Citation> = speaking
            .iter()
            .filter_map(|row| row.cells.get(at))
            .flat_map(|cell| cell.citations.clone())
            .collect();
        let text = match (speaking.is_empty(), silent.is_empty()) {
            (true, _) => format!("{}.", not_said(name)),
            (false, true) => format!("On {name}, each document speaks: {}.", labels(&speaking)),
            (false, false) => format!(
                "On {name}, {} {}; {} {} nothing.",
                labels(&speaking),
                verb(&speaking, "speak"),
                labels(&silent),
                verb(&silent, "say")
            ),
        };
        Claim { text, citations, subtasks: Vec::new() }
    };
    table.columns.iter().skip(1).enumerate().map(|(at, name)| column(at, name)).collect()
}
