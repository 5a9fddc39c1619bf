//! What a claim must speak of to be on the subject. The specialist leaves out what is not, and the manager looks for it
//! by the same measure: an honest answer is never sent back for it.

use std::collections::{BTreeMap, BTreeSet};

use divisi_llm::inputs::TaskBrief;
use divisi_llm::outputs::Claim;

use super::assignment::Assignment;
use super::question::without_mentions;
use super::text::concept::{Concept, Kind, concepts};
use super::text::word::stems;

/// Bytes from a statement on the subject within which another one is its context.
const CONTEXT_BYTES: u64 = 1_500;

/// Bytes of a document up to which its titles and its name are the subject of all that stands in it.
pub(crate) const SMALL_BYTES_MAX: u64 = 9_000;

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked {
    /// The concepts of each aspect, names of documents aside.
    pub(crate) aspects: Vec<Vec<Concept>>,
    /// By source, the stems of the titles and the file's name of small documents.
    titles: BTreeMap<String, BTreeSet<String>>,
}

/// What an assignment asks for.
pub(crate) fn asked(assignment: &Assignment, task: &TaskBrief) -> Asked {
    asked_in(&assignment.aspects, &assignment.sources, task)
}

/// What these aspects ask for, confined to sources.
pub(crate) fn asked_in(aspects: &[String], sources: &[String], task: &TaskBrief) -> Asked {
    let asked = |aspect: &String| concepts(&without_mentions(aspect, task, sources));
    let small = task
        .documents
        .iter()
        .filter(|document| document.bytes <= SMALL_BYTES_MAX && document.columns.is_empty());
    let titles = small.map(|document| {
        let name = document.file.replace(['_', '.', '/', '-'], " ");
        (
            document.source.clone(),
            stems(&format!("{name} {}", document.headings.join(" "))).into_iter().collect(),
        )
    });
    Asked { aspects: aspects.iter().map(asked).collect(), titles: titles.collect() }
}

impl Asked {
    /// For each claim whether it speaks of one of the aspects, or stands beside one that does.
    pub(crate) fn on_topic(&self, claims: &[Claim]) -> Vec<bool> {
        let speaks = |claim: &Claim| self.aspects.iter().any(|aspect| self.is_on(claim, aspect));
        let on: Vec<bool> = claims.iter().map(speaks).collect();
        let beside =
            |claim: &Claim| claims.iter().zip(&on).any(|(other, on)| *on && stands_beside(claim, other));
        claims.iter().zip(&on).map(|(claim, on)| *on || beside(claim)).collect()
    }

    /// A claim may be a part of its passages: what it is on, they say as a whole, and in a small document its titles and
    /// its name. Whether it says more than they do is another question.
    pub(crate) fn is_on(&self, claim: &Claim, aspect: &[Concept]) -> bool {
        let titles = |source: &String| self.titles.get(source);
        let in_small = claim.citations.iter().find_map(|citation| titles(&citation.source));
        speaks(&claim.text, aspect)
            || claim.citations.iter().any(|citation| speaks(&citation.quote, aspect))
            || in_small.is_some_and(|titles| touches(claim, titles, aspect))
    }
}

/// One telling word in the claim, its passages or the titles of its small document.
fn touches(claim: &Claim, titles: &BTreeSet<String>, asked: &[Concept]) -> bool {
    let mut known: BTreeSet<String> = titles.clone();
    known.extend(stems(&claim.text));
    known.extend(claim.citations.iter().flat_map(|citation| stems(&citation.quote)));
    let known: BTreeSet<&str> = known.iter().map(String::as_str).collect();
    asked.iter().any(|concept| !concept.aside && concept.kind != Kind::Soft && concept.strength(&known) > 0.0)
}

/// A third of the telling words, at least one where there are any.
fn speaks(text: &str, asked: &[Concept]) -> bool {
    let stems = stems(text);
    let stems: BTreeSet<&str> = stems.iter().map(String::as_str).collect();
    let telling = || asked.iter().filter(|concept| !concept.aside && concept.kind != Kind::Soft);
    let hits = telling().filter(|concept| concept.strength(&stems) > 0.0).count();
    let all = telling().count();
    all == 0 || hits >= all.div_ceil(3)
}

fn stands_beside(claim: &Claim, other: &Claim) -> bool {
    claim.citations.iter().any(|a| {
        other.citations.iter().any(|b| {
            a.source == b.source && a.start < b.end + CONTEXT_BYTES && b.start < a.end + CONTEXT_BYTES
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use divisi_llm::outputs::Citation;

    fn claim(text: &str, quote: &str, source: &str, start: u64) -> Claim {
        let citation = Citation {
            source: source.to_owned(),
            start,
            end: start + quote.len() as u64,
            quote: quote.to_owned(),
            ..Citation::default()
        };
        Claim { text: text.to_owned(), citations: vec![citation], subtasks: Vec::new() }
    }

    #[test]
    fn a_claim_is_on_the_subject_by_its_words_its_passage_or_its_place() {
        let mut asked = Asked {
            aspects: vec![concepts("patents"), concepts("warranty of the program")],
            ..Asked::default()
        };
        let rows = [
            ("Patents are granted.", "Patents are granted.", "D1", 0, true),
            ("Each contributor grants …", "Each contributor grants a patent licence.", "D1", 100_000, true),
            ("It ends then.", "It ends then.", "D1", 500, true),
            ("It ends then.", "It ends then.", "D1", 5_000, false),
            ("It ends then.", "It ends then.", "D2", 500, false),
            ("No guarantee is given.", "No guarantee is given.", "D3", 0, true),
        ];
        let claims: Vec<Claim> =
            rows.iter().map(|(text, quote, source, start, _)| claim(text, quote, source, *start)).collect();
        let expected: Vec<bool> = rows.iter().map(|row| row.4).collect();
        assert_eq!(asked.on_topic(&claims), expected);
        asked.titles.insert("D2".to_owned(), stems("patents").into_iter().collect());
        assert!(asked.on_topic(&claims)[4], "the name of a small document tells its subject");
    }

    #[test]
    fn a_third_of_the_telling_words_is_enough() {
        let asked = concepts("Does logical replication copy sequences and large objects?");
        for (text, expected) in
            [("Sequence data is not replicated.", true), ("Objects are red.", false), ("", false)]
        {
            assert_eq!(speaks(text, &asked), expected, "{text}");
        }
        assert!(speaks("Anything at all.", &concepts("What does it say?")));
    }
}
