//! The places of the documents that fit a subtask best, each in the form of a citation, so that it can be cited without
//! any tool.

use std::collections::BTreeSet;

use divisi_llm::inputs::WorkInput;
use divisi_llm::outputs::Citation;
use divisi_tools::corpus::{Corpus, Document};
use divisi_tools::documents::Span;
use divisi_tools::retrieval::{Query, sentences};

use super::fit::line;
use super::tokens;

/// Hits of the search that are looked at.
const HITS_MAX: usize = 16;

/// Bytes of one passage: more is a burden to whoever has little room.
const PASSAGE_BYTES_MAX: u32 = 480;

/// Bytes below which a passage is hardly more than a heading.
const PASSAGE_BYTES_MIN: u32 = 16;

/// Passages that one hit may give.
const PASSAGES_PER_HIT_MAX: usize = 2;

/// Characters of the words that are searched with.
const QUERY_CHARS_MAX: usize = 2_000;

/// Letters of a word that tells something.
const WORD_CHARS_MIN: usize = 3;

/// The best passages for a subtask that together take at most `tokens_max`.
pub(super) fn best(corpus: &Corpus, work: &WorkInput, tokens_max: u64) -> Vec<Citation> {
    let query = query(work);
    let wanted = words(&query);
    let search = Query { text: &query, documents: None, limit: HITS_MAX, per_document: usize::MAX };
    let mut taken = 0;
    let mut passages: Vec<Citation> = Vec::new();
    for found in corpus.index().search(&search).found {
        let Some(document) = corpus.documents().get(found.document) else { continue };
        for span in pieces(document, found.span, &wanted) {
            let passage = citation(document, span);
            let cost = tokens::of_text(&line(&passage)) + 1;
            let is_new = !passages.iter().any(|known| known.quote == passage.quote);
            if is_new && taken + cost <= tokens_max {
                taken += cost;
                passages.push(passage);
            }
        }
    }
    passages
}

fn query(work: &WorkInput) -> String {
    let subtask = &work.subtask;
    let lists = subtask.success_criteria.iter().chain(&work.analysis.keywords).chain(&work.analysis.aspects);
    let texts = [&subtask.title, &subtask.description, &work.task.description].into_iter().chain(lists);
    texts.cloned().collect::<Vec<_>>().join(" ").chars().take(QUERY_CHARS_MAX).collect()
}

fn words(text: &str) -> BTreeSet<String> {
    let words = text.split(|character: char| !character.is_alphanumeric());
    words.filter(|word| word.chars().count() >= WORD_CHARS_MIN).map(str::to_lowercase).collect()
}

/// The stretches of sentences of a hit that have most of the words, in the order of the document.
fn pieces(document: &Document, hit: Span, wanted: &BTreeSet<String>) -> Vec<Span> {
    let text = document.parsed.slice(hit).unwrap_or_default();
    let mut pieces: Vec<Span> = Vec::new();
    for sentence in sentences(text) {
        let span = Span::new(hit.start + sentence.start, hit.start + sentence.end);
        match pieces.last_mut() {
            Some(last) if span.end - last.start <= PASSAGE_BYTES_MAX => last.end = span.end,
            _ => pieces.push(bounded(document, span)),
        }
    }
    let shared = |span: &Span| {
        let said = words(document.parsed.slice(*span).unwrap_or_default());
        wanted.iter().filter(|word| said.contains(*word)).count()
    };
    pieces.sort_by_key(|span| (std::cmp::Reverse(shared(span)), span.start));
    let telling = pieces.iter().take_while(|span| shared(span) > 0).count();
    pieces.truncate(telling.clamp(1, PASSAGES_PER_HIT_MAX));
    pieces.retain(|span| span.len() >= PASSAGE_BYTES_MIN);
    pieces.sort_by_key(|span| span.start);
    pieces
}

/// The beginning of a sentence that is too long.
fn bounded(document: &Document, span: Span) -> Span {
    let text = document.parsed.slice(span).unwrap_or_default();
    let bytes = text.floor_char_boundary(PASSAGE_BYTES_MAX as usize);
    Span::new(span.start, span.start + u32::try_from(bytes).unwrap_or(0))
}

fn citation(document: &Document, span: Span) -> Citation {
    let location = document.parsed.locate(span);
    Citation {
        source: document.source.to_string(),
        file: document.name.clone(),
        start: span.start.into(),
        end: span.end.into(),
        line: location.line.into(),
        line_end: location.line_end.into(),
        page: location.page.map(u64::from),
        quote: document.parsed.slice(span).unwrap_or_default().to_owned(),
    }
}
