//! Passages of data: a row of a table each, a record of JSON each, small neighbours of JSON together.

use super::chunk::{CHUNK_BYTES_AIM, Chunk};
use super::prose::{hard_split, trimmed};
use crate::documents::{JsonEventKind, JsonScanner, Parsed, Span, Table, offset};

/// Every row with the header as its lead, and the header by itself.
pub(super) fn rows(parsed: &Parsed, table: &Table) -> Vec<Chunk> {
    let header = parsed.headings.first().map(|heading| Span::new(heading.start, heading.end));
    let mut found: Vec<Chunk> =
        header.iter().map(|span| Chunk { is_minor: true, ..Chunk::text(*span) }).collect();
    for row in &table.rows {
        found.extend(
            hard_split(&parsed.text, *row)
                .into_iter()
                .map(|span| Chunk { lead: header, ..Chunk::text(span) }),
        );
    }
    found
}

/// Values up to [`CHUNK_BYTES_AIM`] whole; larger ones by their parts, small parts together. A record of a
/// table is always a passage of its own.
pub(super) fn values(parsed: &Parsed) -> Vec<Chunk> {
    let text = &parsed.text;
    let mut cuts = boundaries(text);
    let records = parsed.table.as_ref().map(|table| table.rows.as_slice()).unwrap_or_default();
    cuts.extend(records.iter().flat_map(|row| [row.start, row.end]));
    cuts.push(offset(text.len()));
    cuts.sort_unstable();
    cuts.dedup();
    group(text, &cuts, records)
}

/// Where a passage may begin: at a key or a value of an object or array that is too large to stay whole.
fn boundaries(text: &str) -> Vec<u32> {
    let sizes = container_ends(text);
    let mut found = vec![0];
    let (mut next, mut whole_until) = (0, 0);
    let mut after_key = false;
    for event in JsonScanner::new(text).map_while(Result::ok) {
        let opens = matches!(event.kind, JsonEventKind::ObjectStart | JsonEventKind::ArrayStart);
        let start = event.span.start;
        if start >= whole_until
            && !after_key
            && !matches!(event.kind, JsonEventKind::ObjectEnd | JsonEventKind::ArrayEnd)
        {
            found.push(start);
        }
        if opens {
            let end = sizes[next];
            next += 1;
            if start >= whole_until && (end - start) as usize <= CHUNK_BYTES_AIM {
                whole_until = end;
            }
        }
        after_key = event.kind == JsonEventKind::Key;
    }
    found
}

/// The end of every object and array, in the order of their starts.
fn container_ends(text: &str) -> Vec<u32> {
    let (mut ends, mut open) = (Vec::new(), Vec::new());
    for event in JsonScanner::new(text).map_while(Result::ok) {
        match event.kind {
            JsonEventKind::ObjectStart | JsonEventKind::ArrayStart => {
                open.push(ends.len());
                ends.push(event.span.end);
            }
            JsonEventKind::ObjectEnd | JsonEventKind::ArrayEnd => {
                if let Some(index) = open.pop() {
                    ends[index] = event.span.end;
                }
            }
            JsonEventKind::Key | JsonEventKind::Scalar => {}
        }
    }
    ends
}

/// Neighbouring pieces together up to the size, but never over the edge of a record.
fn group(text: &str, cuts: &[u32], records: &[Span]) -> Vec<Chunk> {
    let mut found: Vec<Span> = Vec::new();
    let mut open: Option<Span> = None;
    let mut next = 0;
    for pair in cuts.windows(2) {
        let piece = Span::new(pair[0], pair[1]);
        while records.get(next).is_some_and(|record| record.end <= piece.start) {
            next += 1;
        }
        let edge = records.get(next).is_some_and(|record| record.start == piece.start)
            || next.checked_sub(1).is_some_and(|before| records[before].end == piece.start);
        let joined = open.filter(|open| !edge && (piece.end - open.start) as usize <= CHUNK_BYTES_AIM);
        if let Some(joined) = joined {
            open = Some(Span::new(joined.start, piece.end));
        } else {
            found.extend(open.replace(piece));
        }
    }
    found.extend(open);
    let whole = found.into_iter().filter_map(|span| trimmed(text, span));
    whole
        .filter(|span| holds_words(text, *span))
        .flat_map(|span| hard_split(text, span))
        .map(Chunk::text)
        .collect()
}

/// Brackets and commas between records are no passage.
fn holds_words(text: &str, span: Span) -> bool {
    text[span.start as usize..span.end as usize].chars().any(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use crate::documents::{ParseLimits, parse};
    use crate::retrieval::chunks;

    fn texts(content: &str, name: &str) -> Vec<String> {
        let parsed = parse(content.as_bytes(), name, &ParseLimits::default()).unwrap();
        chunks(&parsed).into_iter().map(|chunk| parsed.slice(chunk.span).unwrap().to_owned()).collect()
    }

    #[test]
    fn a_row_is_a_passage() {
        assert_eq!(texts("name,age\nAda,36\r\n\"B\nC\",7\n", "a.csv"), ["name,age", "Ada,36", "\"B\nC\",7"]);
    }

    #[test]
    fn a_record_is_a_passage_with_exact_bytes() {
        let text = "{\n \"list\": [\n  {\"a\": 1},\n  {\"a\": 2}\n ]\n}\n";
        assert_eq!(texts(text, "a.json"), ["{\n \"list\": [", "{\"a\": 1}", "{\"a\": 2}"]);
        assert_eq!(texts("{\"a\":1}\n{\"a\":2}\n", "a.jsonl"), ["{\"a\":1}", "{\"a\":2}"]);
    }

    #[test]
    fn large_values_fall_into_their_parts_and_small_ones_stay_together() {
        let long = "word ".repeat(300);
        let text = format!("{{\"small\":1,\"tiny\":2,\"big\":{{\"text\":\"{long}\",\"other\":[1,2,3]}}}}");
        let found = texts(&text, "a.json");
        assert_eq!(found[0], "{\"small\":1,\"tiny\":2,\"big\":{");
        assert!(found[1].starts_with("\"text\":\"word"));
        assert!(found[2].starts_with("\"other\":[1,2,3]"));
        assert_eq!(texts("{\"a\":1,\"b\":[true,null]}", "a.json"), ["{\"a\":1,\"b\":[true,null]}"]);
    }
}
