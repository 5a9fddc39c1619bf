//! JSON: the file's own text, checked without recursion, with its top-level keys and its table if it has one.

mod scan;
mod shape;

pub(crate) use scan::{EventKind, Scanner};

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{Kind, ParseError, ParseLimits, Parsed};

/// Checks the whole text and finds its structure. Several values one after another are allowed (JSON lines).
pub(super) fn parse(text: String, limits: &ParseLimits) -> Result<Parsed, ParseError> {
    let shape = shape::of(&text, limits)?;
    let mut parsed = Parsed::plain(Kind::Json, text);
    parsed.headings = shape.headings;
    parsed.table = shape.table;
    Ok(parsed)
}

/// The cells of one record, in the order of the columns; a missing key is an empty cell.
pub(crate) fn cells<'a>(record: &str, columns: &[String]) -> Vec<Cow<'a, str>> {
    let object: Map<String, Value> = serde_json::from_str(record).unwrap_or_default();
    columns.iter().map(|column| Cow::Owned(object.get(column).map_or_else(String::new, plain))).collect()
}

/// A value as a cell: text without quotes, null as nothing, the rest as JSON.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_text(text: &str) -> Result<Parsed, ParseError> {
        parse(text.to_owned(), &ParseLimits::default())
    }

    /// A text, and the columns and the number of rows of its table.
    type Row<'a> = (&'a str, Option<(&'a [&'a str], usize)>);

    #[test]
    fn tables_are_arrays_of_objects_wherever_they_stand() {
        let rows: &[Row<'_>] = &[
            ("[{\"a\":1,\"b\":\"x\"},{\"b\":\"y\",\"c\":null}]", Some((&["a", "b", "c"], 2))),
            ("{\"639-3\":[{\"alpha_3\":\"aaa\"},{\"alpha_3\":\"bbb\"}]}", Some((&["alpha_3"], 2))),
            ("{\"a\":1}\n{\"a\":2}\n", Some((&["a"], 2))),
            ("{\"a\":1}", None),
            ("[1,2,{\"a\":1}]", None),
            ("{\"deep\":{\"list\":[{\"a\":1}]}}", None),
            ("[]", None),
            ("\"text\"", None),
        ];
        for (text, table) in rows {
            let parsed = parse_text(text).unwrap();
            let found = parsed.table.as_ref().map(|table| (table.columns.clone(), table.rows.len()));
            let expected = table.map(|(c, n)| (c.iter().map(|c| (*c).to_owned()).collect::<Vec<_>>(), n));
            assert_eq!(found, expected, "{text}");
            for row in parsed.table.iter().flat_map(|table| &table.rows) {
                assert!(serde_json::from_str::<Map<String, Value>>(parsed.slice(*row).unwrap()).is_ok());
            }
        }
    }

    #[test]
    fn cells_are_plain_text() {
        let columns: Vec<String> = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
        assert_eq!(cells("{\"a\":1.50,\"b\":\"x\\ny\",\"d\":[1]}", &columns), ["1.5", "x\ny", "", "[1]"]);
    }

    #[test]
    fn top_level_keys_are_headings() {
        let parsed = parse_text("{\"one\": 1, \"two\": {\"three\": 3}}").unwrap();
        let names: Vec<&str> = parsed.headings.iter().map(|heading| heading.text.as_str()).collect();
        assert_eq!(names, ["one", "two"]);
    }

    #[test]
    fn damage_is_named_with_its_line_and_depth_is_bounded() {
        let deep = "[".repeat(100_000);
        let closed = format!("{deep}{}", "]".repeat(100_000));
        let rows = [
            ("{\"a\":1,\n \"b\" 2}", "line 2"),
            ("[1,]", "line 1"),
            ("{\"a\":tru}", "line 1"),
            ("[1\n", "line 2"),
            ("{\"a\":\"x\ny\"}", "line 1"),
            ("{\"a\":01}", "line 1"),
            ("]", "line 1"),
            ("nonsense", "line 1"),
            (&deep, "deeper than 100"),
            (&closed, "deeper than 100"),
        ];
        for (text, part) in rows {
            let error = parse_text(text).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}
