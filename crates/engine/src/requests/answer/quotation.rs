//! Citations that name a place and leave what stands there to the documents.

use divisi_tools::corpus::{Corpus, Document};
use divisi_tools::documents::Span;
use divisi_tools::retrieval::sentences;
use serde_json::{Map, Value};

use super::repair::{Repair, Repairs};

/// Bytes of a place that is quoted for a model.
const QUOTE_BYTES_MAX: u32 = 2_000;

/// Fills in the file and the quotation of every citation that has none. A place that no document has stays without:
/// the check of the citations finds it.
pub(super) fn complete(value: &mut Value, corpus: &Corpus, repairs: &mut Repairs) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| complete(item, corpus, repairs)),
        Value::Object(fields) => {
            if let Some(span) = place(fields) {
                citation(fields, span, corpus, repairs);
            }
            fields.values_mut().for_each(|field| complete(field, corpus, repairs));
        }
        _ => {}
    }
}

fn place(fields: &Map<String, Value>) -> Option<Span> {
    let offset = |name: &str| fields.get(name)?.as_u64().and_then(|at| u32::try_from(at).ok());
    fields.get("source")?.as_str()?;
    Some(Span::new(offset("start")?, offset("end")?))
}

fn citation(fields: &mut Map<String, Value>, span: Span, corpus: &Corpus, repairs: &mut Repairs) {
    let document = fields.get("source").and_then(Value::as_str).and_then(|source| corpus.document(source));
    if is_without(fields, "file") {
        let name = document.map_or_else(String::new, |document| document.name.clone());
        fields.insert("file".to_owned(), Value::String(name));
    }
    if !is_without(fields, "quote") {
        return;
    }
    let span = document
        .filter(|_| span.end <= span.start)
        .and_then(|document| sentence(document, span.start))
        .unwrap_or(span);
    fields.insert("start".to_owned(), Value::from(span.start));
    fields.insert("end".to_owned(), Value::from(span.end));
    let parsed = document.map(|document| &document.parsed).filter(|_| span.len() <= QUOTE_BYTES_MAX);
    let quote = parsed.and_then(|parsed| Some((parsed.slice(span)?, parsed.locate(span))));
    let text = quote.as_ref().map_or("", |(text, _)| text);
    fields.insert("quote".to_owned(), Value::String(text.to_owned()));
    if let Some((_, location)) = quote {
        repairs.note(Repair::Quotation);
        fields.insert("line".to_owned(), Value::from(location.line));
        fields.insert("line_end".to_owned(), Value::from(location.line_end));
        if let Some(page) = location.page {
            fields.insert("page".to_owned(), Value::from(page));
        }
    }
}

/// The sentence at `start`, for a place that begins and does not end: small models cannot count.
fn sentence(document: &Document, start: u32) -> Option<Span> {
    let text = &document.parsed.text;
    let (place, around) = (start as usize, QUOTE_BYTES_MAX as usize);
    let first = text.floor_char_boundary(place.saturating_sub(around));
    let window = &text[first..text.ceil_char_boundary((place + around).min(text.len())).max(first)];
    let offset = u32::try_from(first).ok()?;
    let whole = sentences(window).into_iter().map(|it| Span::new(it.start + offset, it.end + offset));
    whole.filter(|sentence| start < sentence.end).find(|sentence| sentence.len() <= QUOTE_BYTES_MAX)
}

fn is_without(fields: &Map<String, Value>, name: &str) -> bool {
    fields
        .get(name)
        .is_none_or(|value| value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty()))
}
