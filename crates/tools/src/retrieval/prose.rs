//! Passages of running text: a paragraph each, a heading each, long paragraphs split between sentences.

use std::collections::HashMap;

use super::chunk::{CHUNK_BYTES_AIM, CHUNK_BYTES_MAX, Chunk};
use super::sentences::{sentences, starts_item};
use crate::documents::{Parsed, Span, lines, offset};

/// The longest line that opens a list, in bytes, counted from its end.
const LEAD_BYTES_MAX: u32 = 600;

/// The pages on which a line must stand at the edge to be a running head.
const RUNNING_HEAD_PAGES_MIN: usize = 3;
/// The characters by which running heads are compared.
const RUNNING_HEAD_CHARS_MAX: usize = 200;

/// The passages between and of the headings and pages.
pub(super) fn passages(parsed: &Parsed) -> Vec<Chunk> {
    let mut found = Vec::new();
    let mut lead = None;
    for (piece, is_heading) in pieces(parsed) {
        if is_heading {
            lead = None;
            found.extend(
                trimmed(&parsed.text, piece).map(|span| Chunk { is_minor: true, ..Chunk::text(span) }),
            );
            continue;
        }
        for paragraph in paragraphs(&parsed.text, piece) {
            add_paragraph(&parsed.text, paragraph, &mut lead, &mut found);
        }
    }
    mark_minor(parsed, &mut found);
    found
}

/// Running heads of pages and lines of dots.
fn mark_minor(parsed: &Parsed, found: &mut [Chunk]) {
    let Some(pages) = &parsed.pages else { return };
    let plain = |span: Span| -> String {
        let text = parsed.slice(span).unwrap_or_default();
        text.chars().filter(|c| !c.is_ascii_digit()).take(RUNNING_HEAD_CHARS_MAX).collect()
    };
    let edges: Vec<usize> = page_edges(pages, found);
    let mut times: HashMap<String, usize> = HashMap::new();
    for edge in &edges {
        *times.entry(plain(found[*edge].span)).or_default() += 1;
    }
    for edge in edges {
        found[edge].is_minor |= times[&plain(found[edge].span)] >= RUNNING_HEAD_PAGES_MIN;
    }
    for chunk in found {
        chunk.is_minor |=
            parsed.slice(chunk.span).is_some_and(|text| text.contains(". . . .") || text.contains("....."));
    }
}

/// The first and the last passage of each page, by index.
fn page_edges(pages: &[u32], found: &[Chunk]) -> Vec<usize> {
    let page = |chunk: &Chunk| pages.partition_point(|start| *start <= chunk.span.start);
    let differs = |a: Option<&Chunk>, b: &Chunk| a.is_none_or(|a| page(a) != page(b));
    let is_edge = |index: &usize| {
        let before = index.checked_sub(1).and_then(|before| found.get(before));
        differs(before, &found[*index]) || differs(found.get(index + 1), &found[*index])
    };
    (0..found.len()).filter(is_edge).collect()
}

/// The text cut at headings and pages, in order: what, and whether it is a heading.
fn pieces(parsed: &Parsed) -> Vec<(Span, bool)> {
    let mut cuts: Vec<(Span, bool)> = Vec::new();
    let mut at = 0;
    let end = offset(parsed.text.len());
    for heading in parsed.headings.iter().filter(|heading| heading.end > heading.start) {
        if heading.start < at || heading.end > end {
            continue;
        }
        cuts.push((Span::new(at, heading.start), false));
        cuts.push((Span::new(heading.start, heading.end), true));
        at = heading.end;
    }
    cuts.push((Span::new(at, end), false));
    let pages = parsed.pages.as_deref().unwrap_or_default();
    cuts.into_iter()
        .flat_map(|(span, is_heading)| cut_at(span, pages).map(move |part| (part, is_heading)))
        .collect()
}

/// A span cut at every page that starts inside of it.
fn cut_at(span: Span, starts: &[u32]) -> impl Iterator<Item = Span> {
    let inside = &starts[starts.partition_point(|start| *start <= span.start)..];
    let inside: Vec<u32> = inside.iter().copied().take_while(|start| *start < span.end).collect();
    let from = std::iter::once(span.start).chain(inside.clone());
    let to = inside.into_iter().chain(std::iter::once(span.end));
    from.zip(to).map(|(start, end)| Span::new(start, end))
}

/// What stands between blank lines.
fn paragraphs(text: &str, piece: Span) -> Vec<Span> {
    let body = &text[piece.start as usize..piece.end as usize];
    let mut found = Vec::new();
    let mut open: Option<Span> = None;
    for line in lines(body) {
        let (start, end) =
            (piece.start + offset(line.start), piece.start + offset(line.start + line.text.len()));
        if line.is_blank() {
            found.extend(open.take());
        } else {
            open = Some(Span::new(open.map_or(start, |open| open.start), end));
        }
    }
    found.extend(open);
    found.into_iter().filter_map(|span| trimmed(text, span)).collect()
}

pub(super) fn trimmed(text: &str, span: Span) -> Option<Span> {
    let body = &text[span.start as usize..span.end as usize];
    let start = span.start + offset(body.len() - body.trim_start().len());
    let end = start + offset(body.trim().len());
    (end > start).then_some(Span::new(start, end))
}

/// A paragraph that ends with a colon leads the list items after it.
fn add_paragraph(text: &str, paragraph: Span, lead: &mut Option<Span>, found: &mut Vec<Chunk>) {
    let body = &text[paragraph.start as usize..paragraph.end as usize];
    let is_item = starts_item(body.lines().next().unwrap_or(""), None);
    let here = lead.filter(|_| is_item);
    found.extend(split(text, paragraph).into_iter().map(|span| Chunk { lead: here, ..Chunk::text(span) }));
    if body.ends_with(':') {
        let mut start = paragraph.start.max(paragraph.end.saturating_sub(LEAD_BYTES_MAX));
        while !text.is_char_boundary(start as usize) {
            start += 1;
        }
        *lead = Some(Span::new(start, paragraph.end));
    } else if !is_item {
        *lead = None;
    }
}

/// A paragraph, or its sentences in groups of about [`CHUNK_BYTES_AIM`].
fn split(text: &str, paragraph: Span) -> Vec<Span> {
    if paragraph.len() as usize <= CHUNK_BYTES_AIM {
        return vec![paragraph];
    }
    let body = &text[paragraph.start as usize..paragraph.end as usize];
    let mut found: Vec<Span> = Vec::new();
    for sentence in sentences(body) {
        let sentence = Span::new(paragraph.start + sentence.start, paragraph.start + sentence.end);
        match found.last_mut() {
            Some(last) if (sentence.end - last.start) as usize <= CHUNK_BYTES_AIM => last.end = sentence.end,
            _ => found.extend(hard_split(text, sentence)),
        }
    }
    found
}

/// A sentence beyond all measure, cut between words or else between characters.
pub(super) fn hard_split(text: &str, span: Span) -> Vec<Span> {
    let mut found = Vec::new();
    let mut rest = span;
    while rest.len() as usize > CHUNK_BYTES_MAX {
        let body = &text[rest.start as usize..rest.end as usize];
        let limit = body.floor_char_boundary(CHUNK_BYTES_MAX);
        let cut = body[..limit].rfind(char::is_whitespace).filter(|at| *at > 0).unwrap_or(limit);
        found.extend(trimmed(text, Span::new(rest.start, rest.start + offset(cut))));
        rest.start += offset(cut);
    }
    found.extend(trimmed(text, rest));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::{ParseLimits, parse};

    fn texts(content: &str, name: &str) -> Vec<(String, Option<String>, bool)> {
        let parsed = parse(content.as_bytes(), name, &ParseLimits::default()).unwrap();
        let slice = |span: Span| parsed.slice(span).unwrap().to_owned();
        let row = |chunk: Chunk| (slice(chunk.span), chunk.lead.map(slice), chunk.is_minor);
        passages(&parsed).into_iter().map(row).collect()
    }

    #[test]
    fn a_paragraph_is_a_passage_and_a_list_has_its_lead() {
        let text = "# Title\nIntro line\nwraps.\n\nAll of these apply:\n\n  a) first item;\n\n  b) second item.\n\nAfter.\n";
        let lead = || Some("All of these apply:".to_owned());
        let expected = [
            ("# Title", None, true),
            ("Intro line\nwraps.", None, false),
            ("All of these apply:", None, false),
            ("a) first item;", lead(), false),
            ("b) second item.", lead(), false),
            ("After.", None, false),
        ];
        let found = texts(text, "a.md");
        assert_eq!(found, expected.map(|(text, lead, heading)| (text.to_owned(), lead, heading)));
    }

    #[test]
    fn running_heads_and_tables_of_contents_are_minor() {
        let page = |number: u32, body: &str| format!("The Manual, page {number}\n\n{body} {number}\n\n");
        let pages = [page(1, "Naming . . . . . ."), page(2, "Text."), page(3, "More.")];
        let mut parsed = Parsed::plain(crate::documents::Kind::Pdf, pages.concat());
        parsed.pages = Some(vec![0, offset(pages[0].len()), offset(pages[0].len() + pages[1].len())]);
        let minor: Vec<bool> = passages(&parsed).iter().map(|chunk| chunk.is_minor).collect();
        assert_eq!(minor, [true, true, true, false, true, false]);
    }

    #[test]
    fn long_paragraphs_split_between_sentences() {
        let text = "This sentence has a length of about fifty characters. ".repeat(100);
        let found = texts(&text, "a.txt");
        assert!(found.len() > 3);
        assert!(
            found.iter().all(|(text, ..)| text.len() <= CHUNK_BYTES_AIM && text.ends_with("characters."))
        );
    }

    #[test]
    fn one_endless_line_is_cut_at_the_limit() {
        for text in ["x".repeat(50_000), "ü ".repeat(20_000), "中".repeat(9_000)] {
            let found = texts(&text, "a.txt");
            assert!(found.iter().all(|(text, ..)| text.len() <= CHUNK_BYTES_MAX));
            let kept: usize =
                found.iter().map(|(text, ..)| text.chars().filter(|c| !c.is_whitespace()).count()).sum();
            assert_eq!(kept, text.chars().filter(|c| !c.is_whitespace()).count());
        }
    }
}
