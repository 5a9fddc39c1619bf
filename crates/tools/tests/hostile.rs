//! What holds for any bytes: parsing ends in text or a sentence, every place is exact, the order changes nothing.

#![expect(clippy::unwrap_used, reason = "checks of tests")]

use std::sync::Arc;

use divisi_tools::corpus::{Attachment, CitationCheck, Corpus};
use divisi_tools::documents::{Kind, ParseLimits, Parsed, Span, parse};
use divisi_tools::retrieval::{Query, chunks};
use proptest::collection::vec;
use proptest::prelude::*;

const NAMES: [&str; 7] = ["a", "a.md", "a.html", "a.csv", "a.json", "a.pdf", "a.jsonl"];

/// Everything that must hold for a document that could be read.
fn check(parsed: &Parsed) {
    assert_eq!(parsed.lines[0], 0);
    assert!(parsed.lines.windows(2).all(|pair| pair[0] < pair[1]));
    for heading in &parsed.headings {
        assert!(parsed.slice(Span::new(heading.start, heading.end)).is_some(), "{heading:?}");
    }
    for row in parsed.table.iter().flat_map(|table| &table.rows) {
        assert!(parsed.slice(*row).is_some_and(|row| !row.trim().is_empty()));
    }
    let mut at = 0;
    for chunk in chunks(parsed) {
        let text = parsed.slice(chunk.span).unwrap();
        assert!(!text.trim().is_empty());
        assert!(chunk.span.start >= at, "passages overlap");
        uncovered(parsed, at, chunk.span.start);
        at = chunk.span.end;
    }
    uncovered(parsed, at, u32::try_from(parsed.text.len()).unwrap());
}

/// Between passages stands nothing to read (in JSON brackets and commas may).
fn uncovered(parsed: &Parsed, start: u32, end: u32) {
    let between = parsed.slice(Span::new(start, end)).unwrap();
    let is_empty = match parsed.kind {
        Kind::Json => !between.chars().any(char::is_alphanumeric),
        _ => between.trim().is_empty(),
    };
    assert!(is_empty, "not covered: {between:?}");
}

fn corpus(files: &[(String, String)]) -> Corpus {
    let attachment = |(name, text): &(String, String)| Attachment {
        name: name.clone(),
        parsed: parse(text.as_bytes(), name, &ParseLimits::default()).map(Arc::new),
    };
    Corpus::build(files.iter().map(attachment).collect())
}

fn search(corpus: &Corpus, text: &str) -> Vec<(String, String, Span, u32)> {
    let answer = corpus.index().search(&Query { text, documents: None, limit: 50, per_document: 50 });
    let row = |found: &divisi_tools::retrieval::Found| {
        let document = &corpus.documents()[found.document];
        let text = document.parsed.slice(found.span).unwrap().to_owned();
        (document.source.to_string(), text, found.span, found.score_milli)
    };
    answer.found.iter().map(row).collect()
}

fn words() -> impl Strategy<Value = String> {
    "([Tt]he |licence |covers |copies\\. |Grüße |GPL-3\\.0 |\n\n|\n|# |- |1\\. |中文 |e\\.g\\. ){1,60}"
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_end_in_text_or_a_sentence(bytes in vec(any::<u8>(), 0..400), name in 0..NAMES.len()) {
        match parse(&bytes, NAMES[name], &ParseLimits::default()) {
            Ok(parsed) => check(&parsed),
            Err(error) => prop_assert!(error.to_string().ends_with('.')),
        }
    }

    #[test]
    fn any_text_is_covered_by_its_passages(text in "[ -~\n\täß中\"{}<>/,;|#=.\r]{1,400}", name in 0..NAMES.len()) {
        if let Ok(parsed) = parse(text.as_bytes(), NAMES[name], &ParseLimits::default()) {
            check(&parsed);
            if matches!(parsed.kind, Kind::Txt | Kind::Md | Kind::Csv | Kind::Json) && text.contains('\n') {
                prop_assert_eq!(&parsed.text, &text);
            }
        }
    }

    #[test]
    fn markup_and_data_are_covered_too(
        html in "(<p>|<li>|<h2>|</h2>|<td>|<tr>|<div class=toc>|</div>|<pre>|</pre>|<script>|</script>|text |ü|&amp;|\n){1,60}",
        json in "(\\{|\\}|\\[|\\]|,|:|\"k\"|\"v w\"|1| |\n){1,30}",
        csv in "(a|b c|,|;|\"|\n|\r\n|1\\.5){1,40}",
    ) {
        for (text, name) in [(html, "a.html"), (json, "a.json"), (csv, "a.csv")] {
            if let Ok(parsed) = parse(text.as_bytes(), name, &ParseLimits::default()) {
                check(&parsed);
            }
        }
    }

    #[test]
    fn hits_are_exact_and_independent_of_the_order(texts in vec(words(), 1..6), query in words(), turn in 0_usize..6) {
        let files: Vec<(String, String)> =
            texts.into_iter().enumerate().map(|(index, text)| (format!("f{index}.md"), text)).collect();
        let mut turned = files.clone();
        turned.rotate_left(turn % files.len());
        let (one, other) = (corpus(&files), corpus(&turned));
        let found = search(&one, &query);
        prop_assert_eq!(&found, &search(&other, &query));
        for (source, text, span, _) in found {
            prop_assert_eq!(one.check_citation(&source, span.start, span.end, &text), CitationCheck::Exact);
        }
    }
}

#[test]
fn broken_pdfs_end_in_a_sentence() {
    let whole = b"%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n2 0 obj\n<</Type/Pages/Kids[2 0 R]/Count 9>>\nendobj\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF";
    for end in 0..whole.len() {
        let outcome = parse(&whole[..end], "a.pdf", &ParseLimits::default());
        assert!(outcome.is_err() || outcome.is_ok_and(|parsed| parsed.kind == Kind::Txt));
    }
}

#[test]
fn large_and_odd_files_stay_cheap() {
    let rows: [(Vec<u8>, &str); 7] = [
        (vec![b'x'; 5_000_000], "line.txt"),
        ("a ".repeat(2_500_000).into_bytes(), "words.txt"),
        ("\n".repeat(1_000_000).into_bytes(), "blank.txt"),
        ("<div>".repeat(500_000).into_bytes(), "deep.html"),
        (format!("{}1{}", "[".repeat(99), "]".repeat(99)).into_bytes(), "nested.json"),
        ("a,b\n".repeat(500_000).into_bytes(), "rows.csv"),
        ("## h\nx\n".repeat(200_000).into_bytes(), "headings.md"),
    ];
    for (bytes, name) in rows {
        if let Ok(parsed) = parse(&bytes, name, &ParseLimits::default()) {
            check(&parsed);
            let corpus =
                Corpus::build(vec![Attachment { name: name.to_owned(), parsed: Ok(Arc::new(parsed)) }]);
            assert!(corpus.index().chunk_count() > 0);
        }
    }
}
