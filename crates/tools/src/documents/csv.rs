//! Separated values: the file's own text, with the exact bytes of every row.

use std::borrow::Cow;

use super::parsed::line_number;
use super::{Heading, Kind, Layout, ParseError, ParseLimits, Parsed, Span, Table, offset};

/// Finds the separator, the header and the rows.
pub(super) fn parse(text: String, limits: &ParseLimits) -> Result<Parsed, ParseError> {
    let separator = separator(&text);
    let mut rows = records(&text, separator, limits)?;
    if rows.is_empty() {
        return Err(ParseError::Empty { hint: String::new() });
    }
    let mut parsed = Parsed::plain(Kind::Csv, text);
    let first = cells(&parsed.text[range(rows[0])], separator);
    let has_header = !first.iter().any(|cell| is_number(cell));
    let columns = column_names(&first, has_header);
    if has_header {
        let header = rows.remove(0);
        parsed.headings.push(Heading {
            level: 1,
            text: columns.join(", "),
            start: header.start,
            end: header.end,
        });
    } else {
        parsed
            .warnings
            .push("Its first row holds numbers: it was read as data, the columns have no names.".to_owned());
    }
    check_columns(&columns, limits)?;
    parsed.warnings.extend(uneven(&parsed.text, &rows, separator, columns.len()));
    parsed.table = Some(Table { columns, layout: Layout::Separated(separator), rows });
    Ok(parsed)
}

fn check_columns(columns: &[String], limits: &ParseLimits) -> Result<(), ParseError> {
    let max = limits.table_columns_max as usize;
    if columns.len() > max {
        return Err(ParseError::hostile(format!("it has {} columns, the limit is {max}", columns.len())));
    }
    Ok(())
}

fn range(span: Span) -> std::ops::Range<usize> {
    span.start as usize..span.end as usize
}

/// The candidate that separates the first line most often; a comma where none does.
fn separator(text: &str) -> u8 {
    let head = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("");
    let count = |candidate: u8| {
        let mut quoted = false;
        head.bytes()
            .filter(|byte| {
                quoted ^= *byte == b'"';
                !quoted && *byte == candidate
            })
            .count()
    };
    let mut best = (0, b',');
    for candidate in *b",;\t|" {
        let found = count(candidate);
        if found > best.0 {
            best = (found, candidate);
        }
    }
    best.1
}

/// The span of every record that is not blank, without its line end. Quotes may hold line ends.
fn records(text: &str, separator: u8, limits: &ParseLimits) -> Result<Vec<Span>, ParseError> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut start = 0;
    while start < bytes.len() {
        let end = record_end(bytes, start, separator).ok_or_else(|| {
            let line = line_number(text, start);
            ParseError::corrupt(format!("a quoted field in the row of line {line} is never closed"))
        })?;
        let row = text[start..end].trim_end_matches(['\r', '\n']);
        if !row.trim().is_empty() {
            found.push(Span::new(offset(start), offset(start + row.len())));
        }
        if found.len() > limits.table_rows_max as usize + 1 {
            return Err(ParseError::hostile(format!("it has more than {} rows", limits.table_rows_max)));
        }
        start = end + 1;
    }
    Ok(found)
}

/// Where a byte stands in a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    FieldStart,
    Bare,
    Quoted,
    /// A quote inside a quoted field: its end, or the first of a doubled one.
    QuoteInQuoted,
}

impl State {
    fn after(self, byte: u8, separator: u8) -> Self {
        match (self, byte) {
            (Self::Quoted, b'"') => Self::QuoteInQuoted,
            (Self::FieldStart | Self::QuoteInQuoted, b'"') | (Self::Quoted, _) => Self::Quoted,
            (_, byte) if byte == separator => Self::FieldStart,
            _ => Self::Bare,
        }
    }
}

/// Where the record that starts here ends: its line feed or the end. `None` inside an open quote.
fn record_end(bytes: &[u8], start: usize, separator: u8) -> Option<usize> {
    let mut state = State::FieldStart;
    for (at, byte) in bytes.iter().enumerate().skip(start) {
        if *byte == b'\n' && state != State::Quoted {
            return Some(at);
        }
        state = state.after(*byte, separator);
    }
    (state != State::Quoted).then_some(bytes.len())
}

/// The cells of one row, without their quotes.
pub(crate) fn cells(row: &str, separator: u8) -> Vec<Cow<'_, str>> {
    let mut found = Vec::new();
    let (mut state, mut start) = (State::FieldStart, 0);
    for (at, byte) in row.bytes().enumerate() {
        if byte == separator && state != State::Quoted {
            found.push(unquoted(&row[start..at]));
            start = at + 1;
        }
        state = state.after(byte, separator);
    }
    found.push(unquoted(&row[start..]));
    found
}

fn unquoted(field: &str) -> Cow<'_, str> {
    let trimmed = field.trim();
    match trimmed.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        None => Cow::Borrowed(trimmed),
        Some(inner) if inner.contains("\"\"") => Cow::Owned(inner.replace("\"\"", "\"")),
        Some(inner) => Cow::Borrowed(inner),
    }
}

fn is_number(cell: &str) -> bool {
    cell.parse::<f64>().is_ok() && cell.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c))
}

/// Unique names: those of the header, `column_3` where it has none, `name_2` for the second of a name.
fn column_names(first: &[Cow<'_, str>], has_header: bool) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(first.len());
    for (index, cell) in first.iter().enumerate() {
        let words: Vec<&str> = cell.split_whitespace().collect();
        let named = has_header && !words.is_empty();
        let plain = if named { words.join(" ") } else { format!("column_{}", index + 1) };
        let same = (1..).map(|n| if n == 1 { plain.clone() } else { format!("{plain}_{n}") });
        names.extend(same.take(first.len() + 1).find(|name| !names.contains(name)));
    }
    names
}

fn uneven(text: &str, rows: &[Span], separator: u8, columns: usize) -> Option<String> {
    let differs = |row: &&Span| cells(&text[range(**row)], separator).len() != columns;
    let count = rows.iter().filter(differs).count();
    (count > 0).then(|| format!("{count} of its {} rows have not {columns} cells.", rows.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> (Vec<String>, Vec<Vec<String>>, usize) {
        let parsed = parse(text.to_owned(), &ParseLimits::default()).unwrap();
        let table = parsed.table.as_ref().unwrap();
        let Layout::Separated(separator) = table.layout else { panic!("not separated") };
        let row = |span: &Span| {
            cells(parsed.slice(*span).unwrap(), separator).into_iter().map(Cow::into_owned).collect()
        };
        (table.columns.clone(), table.rows.iter().map(row).collect(), parsed.warnings.len())
    }

    /// A text, its columns, the cells of its rows, how many warnings.
    type Row<'a> = (&'a str, &'a [&'a str], &'a [&'a [&'a str]], usize);

    #[test]
    fn separators_quotes_and_headers() {
        let rows: &[Row<'_>] = &[
            ("a,b\n1,2\n", &["a", "b"], &[&["1", "2"]], 0),
            ("a;b\r\n1,5;2\r\n\r\n3;4", &["a", "b"], &[&["1,5", "2"], &["3", "4"]], 0),
            ("a\tb\nx y\tz\n", &["a", "b"], &[&["x y", "z"]], 0),
            ("a,b\n\"x, \"\"y\"\"\nz\",\"\"\n", &["a", "b"], &[&["x, \"y\"\nz", ""]], 0),
            ("a,a,\nx,y,z\n", &["a", "a_2", "column_3"], &[&["x", "y", "z"]], 0),
            ("1,2\n3,4\n", &["column_1", "column_2"], &[&["1", "2"], &["3", "4"]], 1),
            ("a,b\nonly\n", &["a", "b"], &[&["only"]], 1),
            ("a,b\n5\" disk,x\n", &["a", "b"], &[&["5\" disk", "x"]], 0),
            ("name\nx\n", &["name"], &[&["x"]], 0),
        ];
        for (text, columns, cells, warnings) in rows {
            let (found, values, warned) = table(text);
            assert_eq!(found, *columns, "{text:?}");
            assert_eq!(values, *cells, "{text:?}");
            assert_eq!(warned, *warnings, "{text:?}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let limits = ParseLimits { table_rows_max: 2, table_columns_max: 3, ..ParseLimits::default() };
        let rows = [
            ("a,b\nx,\"open\ny,z\n", "line 2"),
            ("a\nb\nc\nd\n", "more than 2 rows"),
            ("a,b,c,d\n", "4 columns"),
        ];
        for (text, part) in rows {
            let error = parse(text.to_owned(), &limits).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}
