//! Shows what retrieval finds: `cargo run --release -p divisi-tools --example retrieve -- QUERY FILE…`
//! An empty query shows the structure of the files instead.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use divisi_tools::corpus::{Attachment, Corpus};
use divisi_tools::documents::gather::{GatherLimits, gather};
use divisi_tools::documents::{ParseLimits, cite, parse};
use divisi_tools::retrieval::{Query, chunks, sentences};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (query, files) = arguments.split_first().ok_or("usage: retrieve QUERY FILE…")?;
    let gathered = gather(Path::new("."), files, &GatherLimits::default())?;
    let mut attachments = Vec::new();
    for file in &gathered.files {
        let limits = ParseLimits::default();
        if let Some(bytes) = file.read(limits.file_bytes_max) {
            let parsed = parse(&bytes?, &file.name, &limits).map(Arc::new);
            attachments.push(Attachment { name: file.name.clone(), parsed });
        }
    }
    let corpus = Corpus::build(attachments);
    let mut out = std::io::stdout().lock();
    for unreadable in corpus.unreadable() {
        writeln!(out, "{}: {}", unreadable.name, unreadable.problem)?;
    }
    if query.is_empty() { structure(&corpus, &mut out) } else { hits(&corpus, query, &mut out) }
}

fn structure(corpus: &Corpus, out: &mut impl Write) -> Result<(), Box<dyn std::error::Error>> {
    for document in corpus.documents() {
        let parsed = &document.parsed;
        writeln!(out, "== {} {} {} {:?}", document.source, document.name, parsed.kind, parsed.warnings)?;
        for heading in &parsed.headings {
            let line = parsed.line_of(heading.start);
            writeln!(out, "{line:6} {}{}", "  ".repeat(heading.level.into()), heading.text)?;
        }
        for chunk in chunks(parsed).iter().filter(|chunk| !chunk.is_minor) {
            let text = parsed.slice(chunk.span).unwrap_or_default();
            writeln!(out, "-- {}", cite(&document.name, parsed.locate(chunk.span)))?;
            for sentence in sentences(text) {
                writeln!(out, "   [{}]", &text[sentence.start as usize..sentence.end as usize])?;
            }
        }
    }
    Ok(())
}

fn hits(corpus: &Corpus, query: &str, out: &mut impl Write) -> Result<(), Box<dyn std::error::Error>> {
    let query = Query { text: query, documents: None, limit: 12, per_document: 12 };
    let answer = corpus.index().search(&query);
    for term in &answer.terms {
        writeln!(
            out,
            "{} ({}): {} documents, {} passages",
            term.written, term.term, term.documents, term.chunks
        )?;
    }
    for found in &answer.found {
        let document = &corpus.documents()[found.document];
        let place = cite(&document.name, document.parsed.locate(found.span));
        let heading = document.parsed.heading_path(found.span.start).unwrap_or_default();
        writeln!(out, "\n{} {place} [{heading}]", found.score_milli)?;
        writeln!(out, "{}", document.parsed.slice(found.span).unwrap_or_default())?;
    }
    Ok(())
}
