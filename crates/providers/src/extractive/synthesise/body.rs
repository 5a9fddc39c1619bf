//! The body: tables, and by topic what the answer has not said.

use std::collections::BTreeSet;

use divisi_llm::inputs::SynthesiseInput;
use divisi_llm::outputs::{Claim, QuestionForm, Section, TopicFindings};

use super::answer::Point;
use super::budget::{Budget, fitting};
use crate::extractive::coordinate::AROUND;

/// The title over statements that are less sure to answer than those of the answer.
const FURTHER: &str = "Further passages";

/// Sections of the body.
pub(super) fn sections(
    input: &SynthesiseInput,
    topics: &[TopicFindings],
    used: &BTreeSet<Point>,
    budget: &Budget,
) -> Vec<Section> {
    let title =
        if input.analysis.question_form == QuestionForm::Compare { "Side by side" } else { "Rows behind it" };
    let main = topics.iter().filter(|topic| topic.topic != AROUND).count();
    let mut sections = Vec::new();
    for (at, topic) in topics.iter().enumerate() {
        for table in &topic.supporting_data {
            sections.push(Section {
                title: title.to_owned(),
                claims: Vec::new(),
                table: Some(table.clone()),
            });
        }
        let unused = topic.key_points.iter().enumerate().filter(|(place, _)| !used.contains(&(at, *place)));
        let mut claims: Vec<Claim> = unused.map(|(_, point)| point.clone()).collect();
        let words = if topic.topic == AROUND { budget.around_words } else { budget.body_words / main.max(1) };
        claims.truncate(fitting(&claims, words));
        if !claims.is_empty() {
            let title =
                if main == 1 && topic.topic != AROUND { FURTHER.to_owned() } else { topic.topic.clone() };
            sections.push(Section { title, claims, table: None });
        }
    }
    sections
}
