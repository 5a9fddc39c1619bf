//! What a JSON text is made of: its top-level keys, and the array of objects that can be queried as a table.

use std::collections::HashSet;

use super::scan::{Event, EventKind, Misfit, Scanner};
use crate::documents::parsed::line_number;
use crate::documents::{Heading, Layout, ParseError, ParseLimits, Span, Table};

/// Top-level keys that become headings.
const HEADINGS_MAX: usize = 1_000;

pub(super) struct Shape {
    pub(super) headings: Vec<Heading>,
    pub(super) table: Option<Table>,
}

/// An array (or the lines of a file of values) that may turn out to be a table.
struct Candidate {
    /// Depth at which its records lie.
    depth: usize,
    records: Vec<Span>,
    only_objects: bool,
}

/// The table is the longest array of nothing but objects, at the top or directly under a top-level key; else
/// two or more objects one after another (JSON lines).
struct Walk<'a> {
    text: &'a str,
    limits: &'a ParseLimits,
    headings: Vec<Heading>,
    array: Option<Candidate>,
    best: Option<Candidate>,
    lines: Candidate,
    record_start: Option<(usize, u32)>,
    line_start: u32,
}

pub(super) fn of(text: &str, limits: &ParseLimits) -> Result<Shape, ParseError> {
    let lines = Candidate { depth: 0, records: Vec::new(), only_objects: true };
    let mut walk = Walk {
        text,
        limits,
        headings: Vec::new(),
        array: None,
        best: None,
        lines,
        record_start: None,
        line_start: 0,
    };
    for event in Scanner::new(text) {
        walk.take(event.map_err(|misfit| damage(text, &misfit))?)?;
    }
    let Walk { mut headings, best, lines, .. } = walk;
    let lines = Some(lines).filter(|lines| lines.only_objects && lines.records.len() > 1);
    if lines.is_some() {
        headings.clear();
    }
    let table = best.or(lines).map(|records| table(text, records, limits));
    Ok(Shape { headings, table })
}

fn damage(text: &str, misfit: &Misfit) -> ParseError {
    let line = line_number(text, misfit.at);
    ParseError::corrupt(format!("{} in line {line}", misfit.what))
}

impl Walk<'_> {
    fn take(&mut self, event: Event) -> Result<(), ParseError> {
        let deepest = self.limits.json_depth_max as usize;
        if event.depth >= deepest {
            return Err(ParseError::hostile(format!("it is nested deeper than {deepest} levels")));
        }
        match event.kind {
            EventKind::ArrayStart => self.open_array(event),
            EventKind::ArrayEnd => self.close_array(event),
            EventKind::ObjectStart => self.open_object(event),
            EventKind::ObjectEnd => self.close_object(event)?,
            EventKind::Key => self.key(event),
            EventKind::Scalar => self.foreign_record(event.depth),
        }
        Ok(())
    }

    fn open_array(&mut self, event: Event) {
        self.foreign_record(event.depth);
        if event.depth <= 1 && self.array.is_none() {
            self.array = Some(Candidate { depth: event.depth + 1, records: Vec::new(), only_objects: true });
        }
    }

    fn close_array(&mut self, event: Event) {
        let Some(array) = self.array.take_if(|array| array.depth == event.depth + 1) else { return };
        let longer = self.best.as_ref().is_none_or(|best| array.records.len() > best.records.len());
        if array.only_objects && !array.records.is_empty() && longer {
            self.best = Some(array);
        }
    }

    fn open_object(&mut self, event: Event) {
        if event.depth == 0 {
            self.line_start = event.span.start;
        }
        if self.array.as_ref().is_some_and(|array| array.depth == event.depth) {
            self.record_start = Some((event.depth, event.span.start));
        }
    }

    fn close_object(&mut self, event: Event) -> Result<(), ParseError> {
        let end = event.span.end;
        if event.depth == 0 {
            self.lines.records.push(Span::new(self.line_start, end));
        }
        if let Some((_, start)) = self.record_start.take_if(|(depth, _)| *depth == event.depth) {
            self.array.iter_mut().for_each(|array| array.records.push(Span::new(start, end)));
        }
        let rows = self.array.as_ref().map_or(0, |array| array.records.len()).max(self.lines.records.len());
        let rows_max = self.limits.table_rows_max;
        if rows > rows_max as usize {
            return Err(ParseError::hostile(format!("it has more than {rows_max} records")));
        }
        Ok(())
    }

    /// A value that is no object where a record would stand.
    fn foreign_record(&mut self, depth: usize) {
        let here = |candidate: &mut Candidate| {
            if candidate.depth == depth {
                candidate.only_objects = false;
            }
        };
        self.array.iter_mut().for_each(here);
        here(&mut self.lines);
    }

    fn key(&mut self, event: Event) {
        if event.depth != 1 || self.array.is_some() || self.headings.len() >= HEADINGS_MAX {
            return;
        }
        let raw = &self.text[event.span.start as usize..event.span.end as usize];
        let text: String = serde_json::from_str(raw).unwrap_or_else(|_| raw.trim_matches('"').to_owned());
        let text: String = text.chars().take(200).collect();
        self.headings.push(Heading { level: 1, text, start: event.span.start, end: event.span.end });
    }
}

/// Columns in the order in which their keys first appear.
fn table(text: &str, records: Candidate, limits: &ParseLimits) -> Table {
    let (mut columns, mut known) = (Vec::new(), HashSet::new());
    for record in &records.records {
        let body = &text[record.start as usize..record.end as usize];
        for event in Scanner::new(body).map_while(Result::ok) {
            if event.kind != EventKind::Key || event.depth != 1 {
                continue;
            }
            let raw = &body[event.span.start as usize..event.span.end as usize];
            if known.insert(raw) {
                columns.push(serde_json::from_str(raw).unwrap_or_else(|_| raw.trim_matches('"').to_owned()));
            }
        }
        if columns.len() > limits.table_columns_max as usize {
            columns.truncate(limits.table_columns_max as usize);
            break;
        }
    }
    Table { columns, layout: Layout::Objects, rows: records.records }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_array_of_objects_is_the_table() {
        let text = "{\"a\":[{\"x\":1}],\"b\":[{\"y\":1},{\"y\":[{\"z\":1}]}],\"c\":[1,2,3]}";
        let shape = of(text, &ParseLimits::default()).ok().unwrap();
        let table = shape.table.unwrap();
        assert_eq!((table.columns, table.rows.len()), (vec!["y".to_owned()], 2));
    }

    #[test]
    fn too_many_records_are_refused() {
        let limits = ParseLimits { table_rows_max: 2, ..ParseLimits::default() };
        assert!(of("[{},{},{}]", &limits).is_err());
        assert!(of("{} {} {}", &limits).is_err());
    }
}
