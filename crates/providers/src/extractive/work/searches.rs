//! Calls of `search_documents` and their results.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Value, json};

use super::exchange::{Call, Exchanges};
use crate::extractive::text::concept::{Concept, concepts};
use crate::extractive::text::word::stems;

/// Hits of one search.
const HITS_MAX: usize = 40;
/// Hits of one document where each is asked separately.
const HITS_PER_SOURCE_MIN: usize = 8;
const HITS_PER_SOURCE_MAX: usize = 20;
/// The most hits that the tool gives.
const TOOL_HITS_MAX: usize = 50;

/// Passages at the beginning of a document that say whom it is about.
const OPENING_PASSAGES: usize = 2;

/// A passage that was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(super) struct Hit {
    pub(super) source: String,
    pub(super) file: String,
    pub(super) start: u64,
    pub(super) end: u64,
    #[serde(default)]
    pub(super) line: u64,
    /// The line of each line of the text, where they do not follow each other in the file.
    #[serde(default)]
    pub(super) lines: Option<Vec<u64>>,
    #[serde(default)]
    pub(super) page: Option<u64>,
    #[serde(default)]
    pub(super) heading: Option<String>,
    #[serde(default)]
    pub(super) score_milli: u64,
    pub(super) text: String,
}

impl Hit {
    /// The line in the file of an offset in the text.
    pub(super) fn line_at(&self, offset: usize) -> u64 {
        let below = self.text.bytes().take(offset).filter(|byte| *byte == b'\n').count();
        let known = self.lines.as_ref().and_then(|lines| lines.get(below).copied());
        known.unwrap_or(self.line + below as u64)
    }
}

#[derive(Debug, Deserialize)]
struct Found {
    #[serde(default)]
    hits: Vec<Hit>,
    #[serde(default)]
    searched: Searched,
    #[serde(default)]
    terms: Vec<Term>,
}

#[derive(Debug, Default, Deserialize)]
struct Searched {
    #[serde(default)]
    chunks: u64,
}

#[derive(Debug, Deserialize)]
struct Term {
    #[serde(rename = "as")]
    word: String,
    #[serde(default)]
    chunks: u64,
}

/// What searches brought together.
#[derive(Debug, Clone, Default)]
pub(super) struct Findings {
    /// Each passage once, in order of file and place.
    pub(super) hits: Vec<Hit>,
    /// Passages there are.
    pub(super) chunks: u64,
    /// By stem, how many passages have it; only stems that were searched.
    pub(super) frequency: BTreeMap<String, u64>,
    /// Stems of headings and file names of what was found.
    pub(super) around: BTreeSet<String>,
    /// Where the documents were read as a whole: the stems of each, its file's name included, by source.
    pub(super) whole: BTreeMap<String, BTreeSet<String>>,
    /// Of the same documents the stems of the file's name and of the title.
    pub(super) titles: BTreeMap<String, BTreeSet<String>>,
    /// And of their first passages too: there stands whom they are about.
    pub(super) openings: BTreeMap<String, BTreeSet<String>>,
    /// And of all behind them.
    pub(super) bodies: BTreeMap<String, BTreeSet<String>>,
}

impl Findings {
    /// In place of what the search found, all passages of documents that were read as a whole.
    pub(super) fn read(self, passages: &[Hit]) -> Self {
        let (mut whole, mut titles) = (BTreeMap::new(), BTreeMap::new());
        let (mut openings, mut bodies) = (BTreeMap::new(), BTreeMap::new());
        let mut count: BTreeMap<&str, usize> = BTreeMap::new();
        for hit in passages {
            let title = hit.heading.as_deref().and_then(|path| path.split(" > ").next()).unwrap_or_default();
            let title = stems(&format!("{} {title}", named(&hit.file)));
            let text = stems(&hit.text);
            let add = |to: &mut BTreeMap<String, BTreeSet<String>>, stems: &[String]| {
                to.entry(hit.source.clone()).or_default().extend(stems.iter().cloned());
            };
            for stems in [&mut whole, &mut titles, &mut openings] {
                add(stems, &title);
            }
            add(&mut whole, &text);
            let seen = count.entry(&hit.source).or_default();
            *seen += 1;
            let opens =
                *seen <= OPENING_PASSAGES && !hit.heading.as_deref().unwrap_or_default().contains(" > ");
            add(if opens { &mut openings } else { &mut bodies }, &text);
        }
        Self { hits: passages.to_vec(), whole, titles, openings, bodies, ..self }
    }

    fn find_around(&mut self) {
        for hit in &self.hits {
            self.around.extend(stems(hit.heading.as_deref().unwrap_or_default()));
            self.around.extend(stems(&named(&hit.file)));
        }
    }
}

/// The words of a file's name, its extension apart.
pub(super) fn named(file: &str) -> String {
    let bare = match file.rsplit_once('.') {
        Some((stem, extension)) if extension.len() <= 4 && extension.chars().any(char::is_alphabetic) => stem,
        _ => file,
    };
    bare.replace(['_', '.', '/', '-'], " ")
}

/// Two searches for `text`: as it stands, and with words that mean nearly the same.
pub(super) fn searches(text: &str, sources: &[String], per_source: bool) -> Vec<Call> {
    let concepts = concepts(text);
    let plain: Vec<&str> = concepts.iter().map(|concept| concept.word.as_str()).collect();
    let mut calls = vec![search(&plain.join(" "), sources, per_source)];
    if concepts.iter().any(|concept| !concept.synonyms.is_empty() || has_noun(concept)) {
        let widened: Vec<String> = concepts.iter().flat_map(with_synonyms).collect();
        calls.push(search(&widened.join(" "), sources, per_source));
    }
    calls
}

/// The index knows `modified` and `modification` as two words.
fn has_noun(concept: &Concept) -> bool {
    concept.stem.len() > 4 && concept.stem.ends_with("if")
}

fn with_synonyms(concept: &Concept) -> Vec<String> {
    let mut all = vec![concept.word.clone()];
    if has_noun(concept) {
        all.extend([format!("{}y", concept.stem), format!("{}ication", concept.stem)]);
    }
    all.extend(concept.synonyms.iter().cloned());
    all
}

fn search(query: &str, sources: &[String], per_source: bool) -> Call {
    let mut arguments = json!({ "query": query });
    if let Value::Object(fields) = &mut arguments {
        let limit = if per_source {
            (sources.len().max(1) * hits_per_source(sources)).min(TOOL_HITS_MAX)
        } else {
            HITS_MAX
        };
        fields.insert("limit".to_owned(), json!(limit));
        if !sources.is_empty() {
            fields.insert("sources".to_owned(), json!(sources));
        }
        if per_source {
            fields.insert("per_source".to_owned(), json!(hits_per_source(sources)));
        }
    }
    Call { tool: "search_documents", arguments }
}

/// More of each where there are few.
fn hits_per_source(sources: &[String]) -> usize {
    (TOOL_HITS_MAX / sources.len().max(1)).clamp(HITS_PER_SOURCE_MIN, HITS_PER_SOURCE_MAX)
}

/// What `calls` brought together.
pub(super) fn findings(calls: &[Call], known: &Exchanges) -> Findings {
    let mut findings = Findings::default();
    for found in calls.iter().filter_map(|call| known.result(call)).filter_map(read) {
        findings.chunks = findings.chunks.max(found.searched.chunks);
        for term in found.terms {
            let stem = stems(&term.word).into_iter().next().unwrap_or(term.word);
            let known = findings.frequency.entry(stem).or_insert(0);
            *known = term.chunks.max(*known);
        }
        findings.hits.extend(found.hits);
    }
    findings
        .hits
        .sort_by(|a, b| (&a.file, &a.source, a.start, a.end).cmp(&(&b.file, &b.source, b.start, b.end)));
    findings.find_around();
    findings.hits.dedup_by(|a, b| a.source == b.source && a.start == b.start && a.end == b.end);
    findings
}

fn read(value: &Value) -> Option<Found> {
    Found::deserialize(value).ok()
}

#[cfg(test)]
mod tests;
