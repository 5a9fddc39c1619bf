//! A document after parsing: UTF-8 text and what is known of its structure. Offsets are bytes in that text.

use minicbor::{Decode, Encode};

use super::{Kind, Location, Span};

/// The text of a document and its structure. Offsets fit 32 bits because the text's size is limited.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Parsed {
    /// How the bytes were understood.
    #[n(0)]
    pub kind: Kind,
    /// For txt, md, csv and json the file's own text (decoded, without byte-order mark, line ends kept);
    /// for html the readable part; for pdf the text of the pages, a blank line between them.
    #[n(1)]
    pub text: String,
    /// Where each line of `text` starts; the first is 0.
    #[n(2)]
    pub lines: Vec<u32>,
    /// For each line of `text` its line in the file, from 1; only where they differ (html).
    #[n(3)]
    pub source_lines: Option<Vec<u32>>,
    /// Where each page starts (pdf).
    #[n(4)]
    pub pages: Option<Vec<u32>>,
    /// Headings in the order of the text.
    #[n(5)]
    pub headings: Vec<Heading>,
    /// Rows and columns (csv, and json that holds one array of flat objects).
    #[n(6)]
    pub table: Option<Table>,
    /// What a reader should know: a guessed encoding, pages that could not be read.
    #[n(7)]
    pub warnings: Vec<String>,
}

/// A heading, and where the text under it begins to count.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Heading {
    /// 1 is the highest.
    #[n(0)]
    pub level: u8,
    /// The words of the heading, on one line.
    #[n(1)]
    pub text: String,
    /// Where the heading starts.
    #[n(2)]
    pub start: u32,
    /// Where the heading ends; the text under it follows.
    #[n(3)]
    pub end: u32,
}

/// A table inside the text. Cells are read from the rows' spans when they are asked for.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Table {
    /// Names of the columns, in the order of the file.
    #[n(0)]
    pub columns: Vec<String>,
    /// How a row's text becomes cells.
    #[n(1)]
    pub layout: Layout,
    /// The exact bytes of each row, without its line end.
    #[n(2)]
    pub rows: Vec<Span>,
}

/// How the cells lie in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum Layout {
    /// Separated by this byte, quoted with `"`.
    #[n(0)]
    Separated(#[n(0)] u8),
    /// A JSON object whose keys are columns.
    #[n(1)]
    Objects,
}

impl Parsed {
    /// A document without structure beyond its lines.
    pub fn plain(kind: Kind, text: String) -> Self {
        let lines = line_starts(&text);
        Self {
            kind,
            text,
            lines,
            source_lines: None,
            pages: None,
            headings: Vec::new(),
            table: None,
            warnings: Vec::new(),
        }
    }

    /// The text of a span; `None` where it is outside of the text or cuts a character.
    pub fn slice(&self, span: Span) -> Option<&str> {
        self.text.get(span.start as usize..span.end as usize)
    }

    /// Where a span lies for a person.
    pub fn locate(&self, span: Span) -> Location {
        let last = span.end.saturating_sub(1).max(span.start);
        Location {
            line: self.line_of(span.start),
            line_end: self.line_of(last),
            page: self.pages.as_ref().map(|pages| ordinal(pages, span.start)),
        }
    }

    /// The line in the file (in the text for pdf) of an offset, from 1.
    pub fn line_of(&self, offset: u32) -> u32 {
        let line = ordinal(&self.lines, offset);
        match &self.source_lines {
            None => line,
            Some(map) => map.get(line as usize - 1).copied().unwrap_or(line),
        }
    }

    /// The line in the file of each line of a span; `None` where they follow each other, as they do in most files. In
    /// a page of HTML markup may stand between two lines of text.
    pub fn scattered_lines(&self, span: Span) -> Option<Vec<u32>> {
        self.source_lines.as_ref()?;
        let text = self.slice(span)?;
        let starts = text.match_indices('\n').map(|(at, _)| span.start + offset(at + 1));
        let lines: Vec<u32> = std::iter::once(span.start).chain(starts).map(|at| self.line_of(at)).collect();
        let follow = lines.windows(2).all(|pair| pair[1] == pair[0] + 1);
        (!follow).then_some(lines)
    }

    /// The index of the last heading that starts at or before an offset.
    pub fn heading_before(&self, offset: u32) -> Option<usize> {
        self.headings.partition_point(|heading| heading.start <= offset).checked_sub(1)
    }

    /// The headings above an offset, outermost first, joined by ` › `; `None` before the first heading.
    pub fn heading_path(&self, offset: u32) -> Option<String> {
        let mut index = self.heading_before(offset)?;
        let mut path = vec![self.headings[index].text.as_str()];
        let mut level = self.headings[index].level;
        while level > 1 && index > 0 {
            index -= 1;
            let above = &self.headings[index];
            if above.level < level {
                path.push(&above.text);
                level = above.level;
            }
        }
        path.reverse();
        Some(path.join(" › "))
    }
}

/// The number of the line, from 1, that a byte lies in.
pub(super) fn line_number(text: &str, at: usize) -> usize {
    1 + text.as_bytes()[..at.min(text.len())].split(|byte| *byte == b'\n').count().saturating_sub(1)
}

/// Where each line starts. `\n` ends a line, as in `\r\n`.
pub(super) fn line_starts(text: &str) -> Vec<u32> {
    let after = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| offset(at + 1));
    std::iter::once(0).chain(after.filter(|start| (*start as usize) < text.len())).collect()
}

/// The number, from 1, of the part that an offset lies in.
fn ordinal(starts: &[u32], at: u32) -> u32 {
    offset(starts.partition_point(|start| *start <= at).max(1))
}

/// An offset as stored. Texts are limited far below 4 GiB, so nothing is lost.
pub(crate) fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_become_lines() {
        let parsed = Parsed::plain(Kind::Txt, "ab\r\nc\n\nd\n".to_owned());
        let rows = [(0, 1), (2, 1), (3, 1), (4, 2), (5, 2), (6, 3), (7, 4), (8, 4), (9, 4), (99, 4)];
        for (at, line) in rows {
            assert_eq!(parsed.line_of(at), line, "offset {at}");
        }
        assert_eq!(parsed.locate(Span::new(0, 4)), Location { line: 1, line_end: 1, page: None });
        assert_eq!(parsed.locate(Span::new(4, 8)), Location { line: 2, line_end: 4, page: None });
    }

    #[test]
    fn lines_that_do_not_follow_each_other_are_told() {
        let mut parsed = Parsed::plain(Kind::Html, "a\nb\nc\nd".to_owned());
        let scattered = |parsed: &Parsed, start, end| parsed.scattered_lines(Span::new(start, end));
        assert_eq!(scattered(&parsed, 0, 7), None);
        parsed.source_lines = Some(vec![3, 4, 9, 10]);
        assert_eq!(scattered(&parsed, 0, 3), None);
        assert_eq!(scattered(&parsed, 0, 7), Some(vec![3, 4, 9, 10]));
        assert_eq!(scattered(&parsed, 2, 6), Some(vec![4, 9, 10]));
        assert_eq!(scattered(&parsed, 2, 99), None);
    }

    #[test]
    fn a_heading_path_climbs_the_levels() {
        let mut parsed = Parsed::plain(Kind::Md, "x".repeat(100));
        let heading =
            |level, text: &str, start| Heading { level, text: text.to_owned(), start, end: start + 5 };
        parsed.headings =
            vec![heading(1, "A", 10), heading(2, "B", 20), heading(3, "C", 30), heading(2, "D", 40)];
        let rows = [(0, None), (12, Some("A")), (35, Some("A › B › C")), (99, Some("A › D"))];
        for (at, path) in rows {
            assert_eq!(parsed.heading_path(at).as_deref(), path, "offset {at}");
        }
    }
}
