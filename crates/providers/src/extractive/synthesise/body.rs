//! The body: tables, and by topic what the answer has not said.

use std::collections::BTreeSet;

use divisi_llm::inputs::SynthesiseInput;
use divisi_llm::outputs::{Claim, QuestionForm, Section, TopicFindings};

use super::answer::Point;
use super::budget::Budget;
use crate::extractive::text::word_count;

/// Sections of the body.
pub(super) fn sections(
    input: &SynthesiseInput,
    topics: &[TopicFindings],
    used: &BTreeSet<Point>,
    budget: &Budget,
) -> Vec<Section> {
    let title =
        if input.analysis.question_form == QuestionForm::Compare { "Side by side" } else { "Rows behind it" };
    let mut sections = Vec::new();
    let mut words = 0;
    for (at, topic) in topics.iter().enumerate() {
        for table in &topic.supporting_data {
            sections.push(Section {
                title: title.to_owned(),
                claims: Vec::new(),
                table: Some(table.clone()),
            });
        }
        let mut claims: Vec<Claim> = Vec::new();
        let unused = topic.key_points.iter().enumerate().filter(|(place, _)| !used.contains(&(at, *place)));
        for (_, point) in unused {
            let more = word_count(&point.text);
            if words + more <= budget.body_words {
                words += more;
                claims.push(point.clone());
            }
        }
        if !claims.is_empty() {
            sections.push(Section { title: topic.topic.clone(), claims, table: None });
        }
    }
    sections
}
