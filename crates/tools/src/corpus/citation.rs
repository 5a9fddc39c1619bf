//! Whether a quotation stands where it says.

use super::Corpus;
use crate::documents::Span;

/// Bytes of the actual text that a failed check returns.
const ACTUAL_BYTES_MAX: usize = 2_000;

/// The outcome of a check, byte for byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CitationCheck {
    /// The span holds exactly the quotation.
    Exact,
    /// The source is known, the span holds something else (or is no place in it: then `actual` is empty).
    WrongSpan {
        /// What stands there, shortened.
        actual: String,
    },
    /// No document has this number.
    UnknownSource,
}

impl Corpus {
    /// Compares a quotation with its place.
    pub fn check_citation(&self, source: &str, start: u32, end: u32, quote: &str) -> CitationCheck {
        let Some(document) = self.document(source) else { return CitationCheck::UnknownSource };
        match document.parsed.slice(Span::new(start, end)) {
            Some(actual) if actual == quote && !quote.is_empty() => CitationCheck::Exact,
            Some(actual) => {
                let shown = &actual[..actual.floor_char_boundary(ACTUAL_BYTES_MAX)];
                CitationCheck::WrongSpan { actual: shown.to_owned() }
            }
            None => CitationCheck::WrongSpan { actual: String::new() },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::corpus::Attachment;
    use crate::documents::{Kind, Parsed};

    #[test]
    fn quotations_are_checked_byte_for_byte() {
        let parsed = Arc::new(Parsed::plain(Kind::Txt, "Grüße an alle.\nZweite".to_owned()));
        let corpus = Corpus::build(vec![Attachment { name: "a".to_owned(), parsed: Ok(parsed) }]);
        let wrong = |actual: &str| CitationCheck::WrongSpan { actual: actual.to_owned() };
        let rows = [
            ("D1", 0, 7, "Grüße", CitationCheck::Exact),
            ("D1", 0, 7, "grüße", wrong("Grüße")),
            ("D1", 0, 3, "Gr", wrong("")),
            ("D1", 5, 4, "", wrong("")),
            ("D1", 5, 5, "", wrong("")),
            ("D1", 0, 999, "x", wrong("")),
            ("D2", 0, 7, "Grüße", CitationCheck::UnknownSource),
            ("nonsense", 0, 7, "Grüße", CitationCheck::UnknownSource),
        ];
        for (source, start, end, quote, expected) in rows {
            assert_eq!(corpus.check_citation(source, start, end, quote), expected, "{source} {start}..{end}");
        }
        assert_eq!(corpus.locate("D1", 17, 20).map(|location| location.line), Some(2));
        assert_eq!(corpus.locate("D1", 0, 3), None);
    }
}
