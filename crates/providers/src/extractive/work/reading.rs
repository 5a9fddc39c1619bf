//! Documents so small that they are read as a whole: then what they say and what they do not say is known, whatever
//! the search finds.

use divisi_llm::inputs::{DocumentBrief, WorkInput};
use serde::Deserialize;
use serde_json::json;

use super::exchange::{Call, Exchanges};
use super::searches::Hit;
use crate::extractive::question::readable;
use crate::extractive::text::sentence::{Shape, is_title};

/// Bytes of a document that is read as a whole.
const DOCUMENT_BYTES_MAX: u64 = 9_000;
/// Documents that are read as a whole.
const DOCUMENTS_MAX: usize = 12;

/// Calls that read the documents as a whole; none where one of them is too large or a table.
pub(super) fn calls(input: &WorkInput, sources: &[String]) -> Vec<Call> {
    let asked = |document: &&DocumentBrief| sources.is_empty() || sources.contains(&document.source);
    let documents: Vec<&DocumentBrief> = readable(&input.task).into_iter().filter(asked).collect();
    let small = |document: &&DocumentBrief| {
        document.bytes <= DOCUMENT_BYTES_MAX
            && document.pages.is_none_or(|pages| pages <= 1)
            && document.columns.is_empty()
            && Shape::of_kind(&document.kind) == Shape::Prose
    };
    if documents.len() > DOCUMENTS_MAX || !documents.iter().all(small) {
        return Vec::new();
    }
    documents
        .into_iter()
        .map(|document| Call {
            tool: "read_span",
            arguments: json!({ "source": document.source, "start": 0, "end": document.bytes }),
        })
        .collect()
}

/// What the calls brought, divided into passages under their titles; `None` where not all is known.
pub(super) fn passages(calls: &[Call], known: &Exchanges, input: &WorkInput) -> Option<Vec<Hit>> {
    if calls.is_empty() {
        return None;
    }
    let mut all = Vec::new();
    for call in calls {
        let whole = Hit::deserialize(known.result(call)?).ok()?;
        let brief = input.task.documents.iter().find(|document| document.source == whole.source)?;
        let asked = usize::try_from(brief.bytes).ok()?;
        // Blanks at its ends apart, nothing may be missing.
        if whole.text.len() + EDGE_BYTES < asked {
            return None;
        }
        all.extend(divided(&whole, &brief.headings));
    }
    all.sort_by(|a: &Hit, b| (&a.file, &a.source, a.start).cmp(&(&b.file, &b.source, b.start)));
    Some(all)
}

/// White space that a tool may leave out.
const EDGE_BYTES: usize = 8;

/// Paragraphs, each under the title above it.
fn divided(whole: &Hit, headings: &[String]) -> Vec<Hit> {
    let mut found: Vec<Hit> = Vec::new();
    let mut titles: [Option<String>; 2] = [None, None];
    let mut open: Option<(usize, usize)> = None;
    let mut at = 0;
    for line in whole.text.split_inclusive('\n') {
        let (start, end) = (at, at + line.trim_end().len());
        at += line.len();
        let bare = line.trim().trim_start_matches('#').trim();
        let is_heading = !bare.is_empty() && headings.iter().any(|heading| heading == bare);
        let is_title = is_heading || open.is_none() && is_title(line, &whole.text[at..]);
        if bare.is_empty() || is_title {
            found.extend(open.take().map(|span| part(whole, span, &titles)));
        } else {
            open = Some((open.map_or(start, |(start, _)| start), end));
        }
        if is_title && titles[0].is_none() && found.is_empty() {
            // A title with a date says something itself.
            if bare.bytes().any(|byte| byte.is_ascii_digit()) {
                found.push(Hit { heading: titles[0].clone(), ..part(whole, (start, end), &[None, None]) });
            }
            titles[0] = Some(bare.to_owned());
        } else if is_title {
            titles[1] = Some(bare.to_owned());
        }
    }
    found.extend(open.map(|span| part(whole, span, &titles)));
    found
}

fn part(whole: &Hit, (start, end): (usize, usize), titles: &[Option<String>; 2]) -> Hit {
    let path: Vec<&str> = titles.iter().flatten().map(String::as_str).collect();
    let below = whole.text[..start].matches('\n').count();
    let count = whole.text[start..end].matches('\n').count() + 1;
    Hit {
        source: whole.source.clone(),
        file: whole.file.clone(),
        start: whole.start + start as u64,
        end: whole.start + end as u64,
        line: whole.line_at(start),
        lines: whole.lines.as_ref().and_then(|lines| lines.get(below..below + count)).map(<[u64]>::to_vec),
        page: whole.page,
        heading: (!path.is_empty()).then(|| path.join(" > ")),
        score_milli: 0,
        text: whole.text[start..end].to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_know_their_titles_lines_and_bytes() {
        let text =
            "# Ann Lee\nMail: a@example.net\n## Skills\nGo, Rust\n\nMore: C\n\n1. Scope\nThe firm cleans.\n";
        let whole = Hit {
            source: "D1".into(),
            file: "a.md".into(),
            end: text.len() as u64,
            line: 1,
            text: text.into(),
            ..Hit::default()
        };
        let found = divided(&whole, &["Ann Lee".to_owned(), "Skills".to_owned()]);
        let rows: Vec<(&str, Option<&str>, u64)> =
            found.iter().map(|hit| (hit.text.as_str(), hit.heading.as_deref(), hit.line)).collect();
        assert_eq!(
            rows,
            [
                ("Mail: a@example.net", Some("Ann Lee"), 2),
                ("Go, Rust", Some("Ann Lee > Skills"), 4),
                ("More: C", Some("Ann Lee > Skills"), 6),
                ("The firm cleans.", Some("Ann Lee > 1. Scope"), 9),
            ]
        );
        for hit in &found {
            let span = usize::try_from(hit.start).unwrap()..usize::try_from(hit.end).unwrap();
            assert_eq!(&text[span], hit.text);
        }
    }
}
