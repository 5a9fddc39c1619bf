//! The answer itself, before all else.

use std::collections::BTreeSet;

use divisi_llm::inputs::SynthesiseInput;
use divisi_llm::outputs::{Citation, Claim, QuestionForm, Table, TopicFindings};

use super::budget::{Budget, fitting};
use crate::extractive::coordinate::AROUND;
use crate::extractive::question::order;
use crate::extractive::text::flat;
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

/// The first points of each topic, as far as its share of the words reaches.
fn statements(
    input: &SynthesiseInput,
    topics: &[TopicFindings],
    budget: &Budget,
) -> (Vec<Claim>, BTreeSet<Point>) {
    let main = || topics.iter().enumerate().filter(|(_, topic)| topic.topic != AROUND);
    let share = main().count().max(1);
    let mut chosen: BTreeSet<Point> = BTreeSet::new();
    for (at, topic) in main() {
        let count = fitting(&topic.key_points, budget.answer_words / share).max(1);
        let count = count.min(topic.key_points.len()).min((ANSWER_CLAIMS_MAX / share).max(1));
        chosen.extend((0..count).map(|place| (at, place)));
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
