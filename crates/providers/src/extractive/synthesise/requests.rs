//! What a person or the final review wants changed in the report.

use std::collections::BTreeSet;

use divisi_llm::inputs::SynthesiseInput;
use divisi_llm::outputs::{Claim, TopicFindings};

use crate::extractive::question::{Wish, wishes};
use crate::extractive::text::concept::{Concept, Kind, concepts};
use crate::extractive::text::shortened;
use crate::extractive::text::word::stems;
use crate::extractive::wording::{NAMED_WORDS, quoted, quotes};

/// How the sentence begins that names what was left out.
const LEFT_OUT: &str = "Left out as asked: ";

/// Requests taken apart.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Requests {
    /// Fewer words are wanted.
    pub(super) shorter: bool,
    /// Claims that are named by their first words are left out.
    named: Vec<String>,
    /// Claims that speak of these are left out.
    without: Vec<Concept>,
    /// The same in the words of those who asked, earlier ones too.
    left_out: Vec<String>,
    /// Claims that speak of these come first.
    focus: Vec<Concept>,
}

impl Requests {
    /// All requests that hold for this round; what an earlier pass left out stays out.
    pub(super) fn of(input: &SynthesiseInput) -> Self {
        let mut all = Self::default();
        let before = input.previous.iter().flat_map(|report| &report.limitations);
        for text in before.filter_map(|line| line.strip_prefix(LEFT_OUT)).flat_map(quotes) {
            all.leave_out(&text);
        }
        let revision = input.task.revision.iter().map(|revision| revision.request.as_str());
        for request in input.requests.iter().map(String::as_str).chain(revision) {
            all.take(request);
        }
        all
    }

    fn take(&mut self, request: &str) {
        let named = quotes(request);
        for wish in wishes(request) {
            match wish {
                Wish::Shorter => self.shorter = true,
                Wish::Without(_) if !named.is_empty() => self.named.extend(named.iter().cloned()),
                Wish::Without(text) => self.leave_out(&text),
                Wish::More(text) => self.focus.extend(telling(&text)),
            }
        }
    }

    fn leave_out(&mut self, text: &str) {
        let concepts = telling(text);
        if !concepts.is_empty() && !self.left_out.iter().any(|known| known == text) {
            self.without.extend(concepts);
            self.left_out.push(text.to_owned());
        }
    }

    /// The sentence by which a later pass knows what was left out.
    pub(super) fn limitation(&self) -> Option<String> {
        let named: Vec<String> = self.left_out.iter().map(|text| quoted(text)).collect();
        (!named.is_empty()).then(|| format!("{LEFT_OUT}{}.", named.join(", ")))
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

fn telling(text: &str) -> Vec<Concept> {
    concepts(text).into_iter().filter(|concept| concept.kind != Kind::Soft).collect()
}

fn speaks(point: &Claim, of: &[Concept]) -> bool {
    let stems = stems(&point.text);
    let stems: BTreeSet<&str> = stems.iter().map(String::as_str).collect();
    of.iter().any(|concept| concept.strength(&stems) > 0.9)
}

#[cfg(test)]
mod tests;
