//! Answers of small models that are held to a schema and never come to their end: the same digit, word or element again and
//! again, until the limit.

/// The part of an answer that one unfinished text must be.
const PART_MIN: usize = 2;
/// A list is not longer by intention.
const ITEMS_MAX: u64 = 12;

/// Whether JSON that was cut ends inside of a text that is half of it, or of a list that is longer than any should be.
pub(super) fn ran_away(text: &str) -> bool {
    let mut lists: Vec<Option<u64>> = Vec::new();
    let mut open = None;
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match (open, byte) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), b'\\') => escaped = true,
            (Some(_), b'"') => open = None,
            (None, b'"') => open = Some(at),
            (None, b'[') => lists.push(Some(1)),
            (None, b'{') => lists.push(None),
            (None, b']' | b'}') => drop(lists.pop()),
            (None, b',') => {
                if let Some(Some(count)) = lists.last_mut() {
                    *count += 1;
                }
            }
            (Some(_) | None, _) => {}
        }
    }
    let long_text = open.is_some_and(|at| (text.len() - at) * PART_MIN >= text.len());
    long_text || lists.into_iter().flatten().any(|count| count > ITEMS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_never_ends_is_known_by_its_last_text_or_list() {
        let many = |element: &str| format!("{{\"a\":[{}", format!("{element},").repeat(40));
        let rows = [
            (format!("{{\"id\":\"{}", "1234567890".repeat(30)), true),
            (format!("{{\"a\":\"{}\",\"b\":\"so it", "word ".repeat(30)), false),
            (format!("{{\"a\":\"{}\\\" and", "word ".repeat(30)), true),
            (many("\"d2\""), true),
            (many("{\"x\":[1,2]}"), true),
            (format!("{{\"a\":[1,2,3],\"b\":{{\"c\":[{}],\"d\":\"e", "1,".repeat(40)), false),
            ("{\"a\":[1,2,".to_owned(), false),
            (String::new(), false),
        ];
        for (text, expected) in rows {
            assert_eq!(ran_away(&text), expected, "{text}");
        }
    }
}
