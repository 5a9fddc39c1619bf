//! Markdown for the terminal: headings, lists, tables and emphasis, fitted to its width; as it is where standard output
//! is a pipe.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, TextMergeStream};

use super::link::{Links, hyperlink};
use super::paint::Paint;
use super::table;
use super::terminal::Terminal;
use super::wrap::{Piece, pieces, wrap};

/// The heading under which places of files stand.
const SOURCES: &str = "Sources";

/// A report for standard output.
pub(crate) fn report_text(markdown: &str, terminal: &Terminal, links: &Links) -> String {
    if !terminal.styled {
        return markdown.to_owned();
    }
    let mut page = Page::new(terminal, links);
    for event in TextMergeStream::new(Parser::new_ext(markdown, Options::ENABLE_TABLES)) {
        page.take(&event);
    }
    page.out
}

struct Page<'p> {
    out: String,
    width: usize,
    paint: Paint,
    links: &'p Links,
    line: Vec<Piece>,
    bold: usize,
    italic: usize,
    heading: Option<String>,
    section: String,
    /// Numbers of open lists; `None` for one of points.
    lists: Vec<Option<u64>>,
    /// What the next line begins with, once.
    bullet: Option<String>,
    rows: Vec<Vec<Vec<Piece>>>,
    table_width: usize,
    /// Whether the last line that was written is of a list.
    in_list: bool,
}

impl<'p> Page<'p> {
    fn new(terminal: &Terminal, links: &'p Links) -> Self {
        Self {
            out: String::new(),
            width: terminal.text_width(),
            paint: terminal.paint(),
            links,
            line: Vec::new(),
            bold: 0,
            italic: 0,
            heading: None,
            section: String::new(),
            lists: Vec::new(),
            bullet: None,
            rows: Vec::new(),
            table_width: terminal.width,
            in_list: false,
        }
    }

    fn take(&mut self, event: &Event<'_>) {
        match event {
            Event::Start(tag) => self.open(tag),
            Event::End(tag) => self.close(*tag),
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => self.text(text),
            Event::Code(code) => self.add(code, Paint::cyan),
            Event::SoftBreak => self.text(" "),
            Event::HardBreak => self.flush(),
            Event::Rule => {
                let rule = "─".repeat(self.width.min(40));
                self.block(&[self.paint.dim(&rule)]);
            }
            Event::InlineMath(text) | Event::DisplayMath(text) | Event::FootnoteReference(text) => {
                self.text(text);
            }
            Event::TaskListMarker(done) => self.text(if *done { "[x] " } else { "[ ] " }),
        }
    }

    fn open(&mut self, tag: &Tag<'_>) {
        match tag {
            Tag::Heading { .. } => self.heading = Some(String::new()),
            Tag::Strong => self.bold += 1,
            Tag::Emphasis => self.italic += 1,
            Tag::List(first) => {
                self.flush();
                self.lists.push(*first);
            }
            Tag::Item => self.open_item(),
            Tag::TableRow | Tag::TableHead => self.rows.push(Vec::new()),
            _ => {}
        }
    }

    fn open_item(&mut self) {
        let bullet = match self.lists.last_mut() {
            Some(Some(number)) => {
                let bullet = format!("{number}. ");
                *number += 1;
                bullet
            }
            _ => "• ".to_owned(),
        };
        self.bullet = Some(bullet);
    }

    fn close(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(_) => self.close_heading(),
            TagEnd::Strong => self.bold = self.bold.saturating_sub(1),
            TagEnd::Emphasis => self.italic = self.italic.saturating_sub(1),
            TagEnd::Paragraph | TagEnd::Item | TagEnd::CodeBlock => self.flush(),
            TagEnd::List(_) => {
                self.lists.pop();
            }
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.line);
                if let Some(row) = self.rows.last_mut() {
                    row.push(cell);
                }
            }
            TagEnd::Table => {
                let rows = std::mem::take(&mut self.rows);
                let lines = table::render(&rows, self.table_width, self.paint);
                self.block(&lines);
            }
            _ => {}
        }
    }

    fn close_heading(&mut self) {
        let text = self.heading.take().unwrap_or_default();
        self.line.clear();
        let first = self.out.is_empty();
        let style = |word: &str| {
            if first { self.paint.bold(&self.paint.underline(word)) } else { self.paint.bold(word) }
        };
        let lines = wrap(&pieces(&text, style), self.width);
        self.block(&lines);
        self.section = text;
    }

    fn text(&mut self, text: &str) {
        if let Some(heading) = &mut self.heading {
            heading.push_str(text);
            return;
        }
        if self.section == SOURCES && self.line.is_empty() && self.bullet.is_some() {
            return self.source(text);
        }
        let (bold, italic) = (self.bold > 0, self.italic > 0);
        self.add(text, move |paint, word| {
            let word = if italic { paint.italic(word) } else { word.to_owned() };
            if bold { paint.bold(&word) } else { word }
        });
    }

    /// A line of the sources: the place is a link where the file is there.
    fn source(&mut self, text: &str) {
        let (place, rest) = text.split_once(" — ").unwrap_or((text, ""));
        let target = if self.paint.0 { self.links.target(place) } else { None };
        self.add(place, |paint, word| {
            let word = paint.cyan(word);
            target.as_deref().map_or(word.clone(), |target| hyperlink(&word, target))
        });
        if !rest.is_empty() {
            self.add(&format!(" — {rest}"), Paint::dim);
        }
    }

    fn add(&mut self, text: &str, style: impl Fn(Paint, &str) -> String) {
        let paint = self.paint;
        self.line.extend(pieces(text, |word| style(paint, word)));
    }

    /// Writes what was collected, with the indent of the open lists.
    fn flush(&mut self) {
        if self.line.is_empty() {
            return;
        }
        let line = std::mem::take(&mut self.line);
        let bullet = self.bullet.take();
        let depth = self.lists.len();
        let outer = "  ".repeat(depth.saturating_sub(1));
        let hang = bullet.as_ref().map_or(if depth > 0 { 2 } else { 0 }, |bullet| bullet.chars().count());
        let indent = outer.chars().count() + hang;
        let wrapped = wrap(&line, self.width.saturating_sub(indent).max(10));
        let first = format!("{outer}{}", bullet.unwrap_or_else(|| " ".repeat(hang)));
        let other = " ".repeat(indent);
        let lines: Vec<String> = wrapped
            .iter()
            .enumerate()
            .map(|(at, text)| format!("{}{text}", if at == 0 { &first } else { &other }))
            .collect();
        if depth > 0 && self.in_list {
            self.append(&lines);
        } else {
            self.block(&lines);
        }
        self.in_list = depth > 0;
    }

    /// Lines of their own, after an empty line.
    fn block(&mut self, lines: &[String]) {
        self.in_list = false;
        if !self.out.is_empty() && !lines.is_empty() {
            self.out.push('\n');
        }
        self.append(lines);
    }

    fn append(&mut self, lines: &[String]) {
        for line in lines {
            self.out.push_str(&merged(line.trim_end()));
            self.out.push('\n');
        }
    }
}

/// The line with one escape for neighbouring words of one style.
fn merged(line: &str) -> String {
    let styles = [("\x1b[22m \x1b[2m", " "), ("\x1b[22m \x1b[1m", " "), ("\x1b[23m \x1b[3m", " ")];
    styles.iter().fold(line.to_owned(), |line, (between, space)| line.replace(between, space))
}
