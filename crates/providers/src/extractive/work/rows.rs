//! For a comparison: one row a document, one cell an aspect.

use divisi_llm::inputs::{DocumentBrief, WorkInput};
use divisi_llm::outputs::{Cell, Citation, Claim, Row, Solution, Table};
use serde::Deserialize;

use super::Job;
use super::candidate::Passage;
use super::common;
use super::evidence::Evidence;
use super::exchange::{Call, Exchanges};
use super::feedback::Wishes;
use super::overview::{main_statements, spans};
use super::pick::{Picked, within};
use super::reading;
use super::searches::{Hit, searches};
use super::statements::summary;
use crate::extractive::assignment::Assignment;
use crate::extractive::coordinate::differing;
use crate::extractive::question::{
    Question, asks_contradiction, is_own, readable, shared_titles, without_mentions,
};
use crate::extractive::text::number::has_number;
use crate::extractive::text::sentence::{Shape, is_title, starts_item};
use crate::extractive::text::similar::Fingerprint;
use crate::extractive::text::{flat, word_count};
use crate::extractive::topic::{Asked, asked_in};
use crate::extractive::wording::{IN_SHORT, SAYS_NOTHING, not_said};

/// Words of all cells of the whole comparison together, about.
const TABLE_WORDS_MAX: usize = 380;
/// Words of one cell.
const CELL_WORDS: (usize, usize) = (12, 70);
/// Up to so many cells each may take two readings.
const CELLS_READ_WIDELY_MAX: usize = 4;
/// An item stands at most so far behind what opens its list.
const LIST_BYTES_MAX: u64 = 2_000;
/// Statements of one cell.
const CELL_STATEMENTS_MAX: usize = 2;

/// Shared titles that say enough.
const TITLES_MIN: usize = 2;
/// Statements of one document that are held against those of the others.
const NUMBERED_MAX: usize = 120;
/// Statements that are handed in because they disagree.
const DISAGREEING_MAX: usize = 6;
/// Documents that are read to learn what they speak of in common.
const READ_TOGETHER_MAX: usize = 6;

/// Fills rows.
pub(super) struct Rows<'a> {
    pub(super) input: &'a WorkInput,
    pub(super) assignment: Assignment,
}

impl Job for Rows<'_> {
    fn calls(&self, known: &Exchanges) -> Vec<Call> {
        let mut calls = reading::calls(self.input, &self.assignment.sources);
        let disagree = asks_contradiction(&self.input.task);
        if disagree || self.assignment.aspects.iter().any(|aspect| aspect == IN_SHORT) {
            calls.extend(self.compared().into_iter().flat_map(spans));
            if calls.iter().any(|call| !known.has(call)) {
                return calls;
            }
        }
        for aspect in &self.aspects(known) {
            if aspect == IN_SHORT {
                continue;
            }
            let searches = self.searches(aspect);
            if searches.iter().all(|call| known.has(call)) {
                let evidence =
                    Evidence::of(&self.topic(aspect), &searches, known, self.input, &self.assignment.sources)
                        .looking(true);
                calls.extend(
                    self.documents()
                        .iter()
                        .flat_map(|document| evidence.calls(Some(&document.source), self.passages_max())),
                );
            }
            calls.extend(searches);
        }
        calls
    }

    fn solution(&self, known: &Exchanges) -> Solution {
        let documents = self.documents();
        let mut rows: Vec<Row> = documents
            .iter()
            .map(|document| Row { label: document.file.clone(), cells: Vec::new() })
            .collect();
        let aspects = self.aspects(known);
        let asked = asked_in(&aspects, &self.assignment.sources, &self.input.task);
        let mut titled: Vec<Vec<bool>> = vec![Vec::new(); documents.len()];
        for aspect in &aspects {
            let searches = self.searches(aspect);
            let evidence =
                Evidence::of(&self.topic(aspect), &searches, known, self.input, &self.assignment.sources)
                    .looking(true);
            for ((row, document), titled) in rows.iter_mut().zip(&documents).zip(&mut titled) {
                let is_title = |one: &Picked| document.headings.contains(&flat(&one.citation.quote));
                let mut picked = if aspect == IN_SHORT {
                    main_statements(document, known, &Wishes::default(), CELL_STATEMENTS_MAX)
                } else {
                    evidence.ranked(Some(&document.source), self.passages_max(), known, true)
                };
                picked.retain(|one| !is_title(one));
                row.cells.push(cell(&picked, &evidence, self.cell_words(aspects.len())));
                titled.push(picked.first().is_some_and(|one| one.titled));
            }
        }
        on_subject(&mut rows, &titled.concat(), &asked);
        let gaps = silent(&rows, &aspects);
        let mut claims = cited_cells(&rows);
        claims.extend(
            self.disagreeing(known).into_iter().filter(|one| !claims.contains(one)).collect::<Vec<_>>(),
        );
        let columns = std::iter::once("document".to_owned()).chain(aspects).collect();
        let confidence = if claims.is_empty() { 0.3 } else { 0.8 };
        Solution {
            summary: summary(&claims, &gaps),
            claims,
            table: Some(Table { columns, rows }),
            gaps,
            confidence,
        }
    }
}

impl Rows<'_> {
    fn documents(&self) -> Vec<&DocumentBrief> {
        let asked = |document: &&DocumentBrief| {
            self.assignment.sources.is_empty() || self.assignment.sources.contains(&document.source)
        };
        readable(&self.input.task).into_iter().filter(asked).collect()
    }

    /// All documents of the comparison, where they are few; else those of this part of it.
    fn compared(&self) -> Vec<&DocumentBrief> {
        let task = &self.input.task;
        let named = Question::of(task).named;
        let all: Vec<&DocumentBrief> = match named.as_slice() {
            [] | [_] => readable(task),
            _ => named.iter().filter_map(|at| task.documents.get(*at)).collect(),
        };
        if all.len() <= READ_TOGETHER_MAX { all } else { self.documents() }
    }

    /// The aspects, with what the documents speak of in common in place of one that says nothing in particular.
    fn aspects(&self, known: &Exchanges) -> Vec<String> {
        let given = &self.assignment.aspects;
        let named: Vec<String> = given.iter().filter(|aspect| *aspect != IN_SHORT).cloned().collect();
        if named.len() == given.len() {
            return named;
        }
        let read = |document: &DocumentBrief| -> Vec<Hit> {
            spans(document).iter().filter_map(|call| Hit::deserialize(known.result(call)?).ok()).collect()
        };
        let documents = self.compared();
        let texts: Vec<Vec<Hit>> = documents.iter().copied().map(read).collect();
        let titled: Vec<Vec<String>> = texts.iter().map(|hits| titles(hits)).collect();
        let subject = |title: &String| !is_own(title, &documents);
        let mut found: Vec<String> = shared_titles(&titled).into_iter().filter(subject).collect();
        if found.len() < TITLES_MIN {
            let known: Vec<String> = named.iter().chain(&found).cloned().collect();
            found.extend(common::aspects(&texts, &known).into_iter().filter(subject));
        }
        found.retain(|title| !named.contains(title));
        if found.len() + named.len() < 2 { given.clone() } else { named.into_iter().chain(found).collect() }
    }

    /// Where it is asked for: what these documents say with other figures than the others of the comparison.
    fn disagreeing(&self, known: &Exchanges) -> Vec<Claim> {
        if !asks_contradiction(&self.input.task) {
            return Vec::new();
        }
        let own: Vec<&str> = self.documents().iter().map(|one| one.source.as_str()).collect();
        let all: Vec<Claim> =
            self.compared().into_iter().flat_map(|document| with_numbers(document, known)).collect();
        let pairs = differing(all.iter());
        let told = |claim: &Claim| claim.citations.iter().any(|one| own.contains(&one.source.as_str()));
        let mut found: Vec<Claim> = Vec::new();
        for claim in pairs.into_iter().flat_map(|(one, other)| [one, other]).filter(told) {
            if found.len() < DISAGREEING_MAX && !found.contains(&claim) {
                found.push(claim);
            }
        }
        found
    }

    fn topic(&self, aspect: &str) -> String {
        without_mentions(aspect, &self.input.task, &self.assignment.sources)
    }

    fn searches(&self, aspect: &str) -> Vec<Call> {
        searches(&self.topic(aspect), &self.assignment.sources, true)
    }

    /// Passages of one cell that are read on behind.
    fn passages_max(&self) -> usize {
        if self.documents().len() * self.assignment.aspects.len() > CELLS_READ_WIDELY_MAX { 1 } else { 2 }
    }

    /// Words of a cell, so that the whole table stays readable.
    fn cell_words(&self, aspects: usize) -> usize {
        let named = Question::of(&self.input.task).named.len();
        let documents = if named == 0 { readable(&self.input.task).len() } else { named };
        (TABLE_WORDS_MAX / (documents * aspects).max(1)).clamp(CELL_WORDS.0, CELL_WORDS.1)
    }
}

/// The statements of a document that have numbers, as far as it is looked at.
fn with_numbers(document: &DocumentBrief, known: &Exchanges) -> Vec<Claim> {
    let hits = spans(document);
    let hits: Vec<Hit> = hits.iter().filter_map(|call| Hit::deserialize(known.result(call)?).ok()).collect();
    let shape = Shape::of_kind(&document.kind);
    let statements = hits.iter().flat_map(|hit| Passage::of(hit, shape).statements);
    let numbered = statements.filter(|one| has_number(&one.citation.quote)).take(NUMBERED_MAX);
    numbered
        .map(|one| Claim {
            text: flat(&one.citation.quote),
            citations: vec![one.citation],
            subtasks: Vec::new(),
        })
        .collect()
}

/// The best of what was found, with what opens or follows it, in so many words.
fn cell(ranked: &[Picked], evidence: &Evidence, words: usize) -> Cell {
    let picked = with_lead(ranked, within(ranked.to_vec(), CELL_STATEMENTS_MAX, words));
    let picked = with_items(ranked, picked, words);
    if picked.is_empty() {
        return Cell { text: SAYS_NOTHING.to_owned(), citations: Vec::new() };
    }
    let texts: Vec<String> = picked.iter().map(|one| flat(&one.citation.quote)).collect();
    let text = texts.join(" ");
    let text = if word_count(&text) > words { evidence.excerpt(&text, words) } else { text };
    Cell { text, citations: picked.into_iter().map(|one| one.citation).collect() }
}

/// The lines of a text that are titles by their marks or their place.
fn titles(hits: &[Hit]) -> Vec<String> {
    let mut found = Vec::new();
    for hit in hits {
        let mut at = 0;
        let mut open = false;
        for line in hit.text.split_inclusive('\n') {
            at += line.len();
            let bare = line.trim().trim_start_matches('#').trim();
            if !open && !bare.is_empty() && is_title(line, &hit.text[at..]) {
                found.push(bare.to_owned());
            }
            open = !bare.is_empty() && found.last().is_none_or(|last| last != bare);
        }
    }
    found
}

/// An item of a list is nothing without what opens the list, where that was found too.
fn with_lead(ranked: &[Picked], picked: Vec<Picked>) -> Vec<Picked> {
    let Some(first) = picked.first().map(|one| one.citation.clone()) else { return picked };
    let fragment =
        starts_item(&first.quote) || first.quote.chars().next().is_some_and(|c| c.is_lowercase() || c == '(');
    let opens = |one: &&Picked| {
        let place = &one.citation;
        place.source == first.source
            && place.end <= first.start
            && first.start - place.end < LIST_BYTES_MAX
            && place.quote.trim_end().ends_with(':')
    };
    let lead = ranked.iter().filter(opens).max_by_key(|one| one.citation.end).filter(|_| fragment);
    match lead {
        Some(lead) if !picked.iter().any(|one| one.citation == lead.citation) => {
            std::iter::once(lead.clone()).chain(picked.into_iter().take(1)).collect()
        }
        _ => picked,
    }
}

/// What opens a list is nothing without its first items, where those were found too.
fn with_items(ranked: &[Picked], mut picked: Vec<Picked>, words_max: usize) -> Vec<Picked> {
    let Some(lead) = picked.first().map(|one| one.citation.clone()) else { return picked };
    if !lead.quote.trim_end().ends_with(':') {
        return picked;
    }
    let item = |one: &&Picked| {
        let place = &one.citation;
        place.source == lead.source
            && place.start >= lead.end
            && place.start - lead.end < LIST_BYTES_MAX
            && starts_item(&place.quote)
    };
    let mut items: Vec<&Picked> = ranked.iter().filter(item).collect();
    items.sort_by_key(|one| one.citation.start);
    if items.is_empty() {
        return picked;
    }
    picked.truncate(1);
    let mut words = word_count(&lead.quote);
    for one in items {
        words += word_count(&one.citation.quote);
        if picked.len() > 1 && words > words_max {
            break;
        }
        picked.push(one.clone());
    }
    picked
}

/// The aspects on which documents say nothing.
fn silent(rows: &[Row], aspects: &[String]) -> Vec<String> {
    let empty = |(at, row): (usize, &Row)| row.cells.get(at).is_none_or(|cell| cell.citations.is_empty());
    let of = |(at, aspect): (usize, &String)| -> Vec<String> {
        let silent = rows.iter().filter(|row| empty((at, row)));
        silent.map(|row| format!("{} in {}", not_said(aspect), row.label)).collect()
    };
    aspects.iter().enumerate().flat_map(of).collect()
}

/// Of what was found, what is on no aspect is nothing: what its words do not tell, the title over it may, where it
/// stands beside something that its words tell.
fn on_subject(rows: &mut [Row], titled: &[bool], asked: &Asked) {
    let claim = |cell: &Cell| Claim {
        text: cell.text.clone(),
        citations: cell.citations.clone(),
        subtasks: Vec::new(),
    };
    let is_on = |claim: &Claim| asked.aspects.iter().any(|aspect| asked.is_on(claim, aspect));
    let mut cells: Vec<&mut Cell> = rows.iter_mut().flat_map(|row| &mut row.cells).collect();
    let kept: Vec<Claim> = cells
        .iter()
        .zip(titled)
        .map(|(cell, titled)| (claim(cell), titled))
        .map(|(claim, titled)| if *titled || is_on(&claim) { claim } else { Claim::default() })
        .collect();
    for (cell, on) in cells.iter_mut().zip(asked.on_topic(&kept)) {
        if !on {
            **cell = Cell { text: SAYS_NOTHING.to_owned(), citations: Vec::new() };
        }
    }
}

/// Each cited cell as a claim; a passage that fills two cells of its document is said once.
pub(super) fn cited_cells(rows: &[Row]) -> Vec<Claim> {
    let mut claims: Vec<Claim> = Vec::new();
    for cell in rows.iter().flat_map(|row| &row.cells).filter(|cell| !cell.citations.is_empty()) {
        let source = |citations: &[Citation]| citations.first().map(|citation| citation.source.clone());
        let said = |claim: &Claim| {
            source(&claim.citations) == source(&cell.citations)
                && Fingerprint::of_text(&claim.text).duplicates(&Fingerprint::of_text(&cell.text))
        };
        if !claims.iter().any(said) {
            let (text, citations) = (cell.text.clone(), cell.citations.clone());
            claims.push(Claim { text, citations, subtasks: Vec::new() });
        }
    }
    claims
}
