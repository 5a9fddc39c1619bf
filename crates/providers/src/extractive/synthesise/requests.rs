//! What a person or the final review wants changed in the report.

use std::collections::BTreeSet;

use divisi_llm::inputs::SynthesiseInput;
use divisi_llm::outputs::{Claim, TopicFindings};

use crate::extractive::text::concept::{Concept, Kind, concepts};
use crate::extractive::text::shortened;
use crate::extractive::text::word::stems;
use crate::extractive::wording::{NAMED_WORDS, quotes};

const SHORTER: [&str; 6] = ["shorter", "shorten", "brief", "concise", "fewer words", "too long"];
const WITHOUT: [&str; 7] = ["without ", "drop ", "remove ", "leave out ", "omit ", "exclude ", "delete "];
/// Requests taken apart.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Requests {
    /// Fewer words are wanted.
    pub(super) shorter: bool,
    /// Claims that are named by their first words are left out.
    named: Vec<String>,
    /// Claims that speak of these are left out.
    without: Vec<Concept>,
    /// Claims that speak of these come first.
    focus: Vec<Concept>,
}

impl Requests {
    /// All requests that hold for this round.
    pub(super) fn of(input: &SynthesiseInput) -> Self {
        let mut all = Self::default();
        let revision = input.task.revision.iter().map(|revision| revision.request.as_str());
        for request in input.requests.iter().map(String::as_str).chain(revision) {
            all.take(request);
        }
        all
    }

    fn take(&mut self, request: &str) {
        let lower = request.to_lowercase();
        if SHORTER.iter().any(|cue| lower.contains(cue)) {
            self.shorter = true;
            return;
        }
        let named = quotes(request);
        let telling = |text: &str| {
            concepts(text).into_iter().filter(|concept| concept.kind != Kind::Soft).collect::<Vec<_>>()
        };
        match WITHOUT.iter().find_map(|cue| lower.split_once(cue)) {
            Some(_) if !named.is_empty() => self.named.extend(named),
            Some((_, tail)) => self.without.extend(telling(tail)),
            None => self.focus.extend(telling(request)),
        }
    }

    /// The topics as the requests want them.
    pub(super) fn applied(&self, topics: &[TopicFindings]) -> Vec<TopicFindings> {
        let mut topics = topics.to_vec();
        for topic in &mut topics {
            topic.key_points.retain(|point| !self.leaves_out(point));
            topic.key_points.sort_by_key(|point| !speaks(point, &self.focus));
        }
        topics.retain(|topic| !topic.key_points.is_empty() || !topic.supporting_data.is_empty());
        topics
    }

    fn leaves_out(&self, point: &Claim) -> bool {
        let name = shortened(&point.text, NAMED_WORDS);
        self.named.contains(&name) || speaks(point, &self.without)
    }
}

fn speaks(point: &Claim, of: &[Concept]) -> bool {
    let stems = stems(&point.text);
    let stems: BTreeSet<&str> = stems.iter().map(String::as_str).collect();
    of.iter().any(|concept| concept.strength(&stems) > 0.9)
}

#[cfg(test)]
mod tests;
