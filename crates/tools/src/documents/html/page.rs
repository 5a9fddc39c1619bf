//! Builds the readable text: white space collapses, elements ask for lines and paragraphs between them.

use crate::documents::headings::one_line;
use crate::documents::limits::size;
use crate::documents::{Heading, Kind, ParseError, ParseLimits, Parsed, offset};

/// What must stand before the next visible character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Gap {
    None,
    Space,
    Line,
    Paragraph,
}

/// A page being read.
#[derive(Debug)]
pub(super) struct Page {
    text: String,
    /// The file's line of each line of the text.
    source_lines: Vec<u32>,
    line_is_empty: bool,
    gap: Gap,
    prefix: &'static str,
    headings: Vec<Heading>,
    open_heading: Option<(u8, Option<usize>)>,
    bytes_max: usize,
    overflow: bool,
}

impl Page {
    pub(super) fn new(limits: &ParseLimits) -> Self {
        Self {
            text: String::new(),
            source_lines: vec![1],
            line_is_empty: true,
            gap: Gap::None,
            prefix: "",
            headings: Vec::new(),
            open_heading: None,
            bytes_max: usize::try_from(limits.text_bytes_max).unwrap_or(usize::MAX),
            overflow: false,
        }
    }

    /// Asks for at least this gap.
    pub(super) fn ask(&mut self, gap: Gap) {
        self.gap = self.gap.max(gap);
    }

    /// A new item of a list or the next cell of a row.
    pub(super) fn ask_prefix(&mut self, prefix: &'static str) {
        self.prefix = prefix;
    }

    pub(super) fn line_is_empty(&self) -> bool {
        self.line_is_empty || self.gap >= Gap::Line
    }

    pub(super) fn open_heading(&mut self, level: u8) {
        self.open_heading = Some((level, None));
    }

    pub(super) fn close_heading(&mut self) {
        if let Some((level, Some(start))) = self.open_heading.take() {
            let end = self.text.trim_end().len();
            let text = one_line(&self.text[start..end]);
            self.headings.push(Heading { level, text, start: offset(start), end: offset(end) });
        }
    }

    /// Takes one character of the file's given line. White space collapses unless it is kept.
    pub(super) fn take(&mut self, character: char, source_line: u32, keep_space: bool) {
        match character {
            '\n' if keep_space => self.kept_line_end(source_line),
            '\n' => self.ask(Gap::Line),
            ' ' | '\t' if keep_space => self.write_kept_space(character, source_line),
            c if c.is_whitespace() => self.ask(Gap::Space),
            c if c.is_control() => {}
            c => self.write(c, source_line),
        }
    }

    fn kept_line_end(&mut self, source_line: u32) {
        if self.gap < Gap::Line && !self.text.is_empty() {
            self.push('\n', source_line);
        }
    }

    fn write_kept_space(&mut self, character: char, source_line: u32) {
        self.flush(source_line);
        self.push(character, source_line);
    }

    fn write(&mut self, character: char, source_line: u32) {
        self.flush(source_line);
        if let Some((_, start @ None)) = &mut self.open_heading {
            *start = Some(self.text.len());
        }
        self.push(character, source_line);
    }

    fn flush(&mut self, source_line: u32) {
        let gap = std::mem::replace(&mut self.gap, Gap::None);
        let prefix = std::mem::take(&mut self.prefix);
        let breaks = match gap {
            _ if self.text.is_empty() => "",
            Gap::None => "",
            Gap::Space if self.line_is_empty || prefix.starts_with(' ') => "",
            Gap::Space => " ",
            Gap::Line if self.line_is_empty => "",
            Gap::Line => "\n",
            Gap::Paragraph => match (self.line_is_empty, self.text.ends_with("\n\n")) {
                (_, true) => "",
                (true, false) => "\n",
                (false, _) => "\n\n",
            },
        };
        breaks.chars().chain(prefix.chars()).for_each(|c| self.push(c, source_line));
    }

    fn push(&mut self, character: char, source_line: u32) {
        if self.text.len() + character.len_utf8() > self.bytes_max {
            self.overflow = true;
            return;
        }
        self.text.push(character);
        if character == '\n' {
            self.source_lines.push(source_line);
            self.line_is_empty = true;
        } else if self.line_is_empty {
            self.line_is_empty = false;
            self.source_lines.last_mut().into_iter().for_each(|line| *line = source_line);
        }
    }

    pub(super) fn finish(mut self, limits: &ParseLimits) -> Result<Parsed, ParseError> {
        self.close_heading();
        if self.overflow {
            let max = size(limits.text_bytes_max);
            return Err(ParseError::hostile(format!("its text is longer than {max}")));
        }
        if self.text.trim().is_empty() {
            return Err(ParseError::Empty {
                hint: ": the page shows nothing without its scripts".to_owned(),
            });
        }
        let mut parsed = Parsed::plain(Kind::Html, self.text);
        self.source_lines.truncate(parsed.lines.len());
        parsed.source_lines = Some(self.source_lines);
        parsed.headings = self.headings;
        Ok(parsed)
    }
}
