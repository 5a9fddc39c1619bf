//! PDF: the text of each page, in reading order as far as the file tells it. Hyphens at line ends stay.

mod outline;

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use pdf_extract::{Document, PlainTextOutput, output_doc_page};

use super::headings::{one_line, plain_headings};
use super::limits::size;
use super::{Heading, Kind, ParseError, ParseLimits, Parsed, offset};

/// A line that stands at more pages than this is a page header, not a heading.
const REPEATED_HEADINGS_MAX: usize = 2;

/// The text of all pages. The library may fail in any way on a hostile file; that is contained here, its
/// appetite for memory and time by the process around it.
pub(super) fn parse(bytes: &[u8], limits: &ParseLimits) -> Result<Parsed, ParseError> {
    let document = contained(|| open(bytes)).unwrap_or_else(|| Err(damaged()))?;
    let pages = contained(|| document.get_pages().len()).ok_or_else(damaged)?;
    if pages > limits.pages_max as usize {
        return Err(ParseError::hostile(format!("it has {pages} pages, the limit is {}", limits.pages_max)));
    }
    let mut reading = Reading::default();
    for number in 1..=offset(pages) {
        reading.add(number, page_text(&document, number), limits)?;
    }
    let mut parsed = reading.finish()?;
    let outline = contained(|| outline::headings(&document, &parsed)).unwrap_or_default();
    parsed.headings = if outline.is_empty() { shaped_headings(&parsed.text) } else { outline };
    Ok(parsed)
}

/// A panic of the library is an answer like any other.
fn contained<T>(work: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).ok()
}

fn damaged() -> ParseError {
    ParseError::corrupt("its internal structure cannot be followed")
}

fn open(bytes: &[u8]) -> Result<Document, ParseError> {
    let mut document = Document::load_mem(bytes).map_err(|error| match error {
        pdf_extract::Error::Decryption(_) | pdf_extract::Error::InvalidPassword => ParseError::Encrypted,
        error => ParseError::corrupt(one_line(&error.to_string())),
    })?;
    // Many files are locked against printing only and open with the empty password.
    if document.is_encrypted() && document.decrypt("").is_err() {
        return Err(ParseError::Encrypted);
    }
    Ok(document)
}

fn page_text(document: &Document, number: u32) -> Option<String> {
    let mut text = String::new();
    let drawn = contained(|| {
        let mut output = PlainTextOutput::new(&mut text);
        output_doc_page(document, &mut output, number)
    });
    matches!(drawn, Some(Ok(()))).then_some(text)
}

#[derive(Debug, Default)]
struct Reading {
    text: String,
    pages: Vec<u32>,
    unread: Vec<u32>,
}

impl Reading {
    fn add(&mut self, number: u32, page: Option<String>, limits: &ParseLimits) -> Result<(), ParseError> {
        if !self.text.is_empty() {
            self.text.push_str("\n\n");
        }
        self.pages.push(offset(self.text.len()));
        match page {
            Some(page) => push_clean(&mut self.text, &page),
            None => self.unread.push(number),
        }
        if self.text.len() as u64 > limits.text_bytes_max {
            return Err(ParseError::hostile(format!(
                "its text is longer than {}",
                size(limits.text_bytes_max)
            )));
        }
        Ok(())
    }

    fn finish(self) -> Result<Parsed, ParseError> {
        if self.text.trim().is_empty() && !self.unread.is_empty() {
            return Err(damaged());
        }
        if self.text.trim().is_empty() {
            let hint = ": its pages may be pictures, run a text recognition over it first".to_owned();
            return Err(ParseError::Empty { hint });
        }
        let mut parsed = Parsed::plain(Kind::Pdf, self.text);
        parsed.pages = Some(self.pages);
        if !self.unread.is_empty() {
            let shown: Vec<String> = self.unread.iter().take(10).map(u32::to_string).collect();
            let count = self.unread.len();
            parsed
                .warnings
                .push(format!("{count} pages could not be read, among them: {}.", shown.join(", ")));
        }
        Ok(parsed)
    }
}

/// Without the blank lines around a page and the control characters inside.
fn push_clean(text: &mut String, page: &str) {
    let page = page.trim_end().trim_start_matches(['\n', '\r', ' ']);
    text.extend(page.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')));
}

/// Headings by their shape, without what stands on many pages.
fn shaped_headings(text: &str) -> Vec<Heading> {
    let all = plain_headings(text);
    let mut times: HashMap<&str, usize> = HashMap::new();
    for heading in &all {
        *times.entry(&heading.text).or_default() += 1;
    }
    all.iter().filter(|heading| times[heading.text.as_str()] <= REPEATED_HEADINGS_MAX).cloned().collect()
}
