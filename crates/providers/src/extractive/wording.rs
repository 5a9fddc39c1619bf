//! Sentences and labels that one role writes and another one reads.

use divisi_llm::inputs::DocumentBrief;

/// How every statement begins that something is not in the documents.
pub(crate) const NOT_SAID: &str = "The documents do not say";
/// What stands in a cell for which a document has nothing.
pub(crate) const SAYS_NOTHING: &str = "says nothing";
/// The limitation that every report states.
pub(crate) const NO_MODEL: &str =
    "No language model was used: the text is selected and ranked sentences of the documents.";

/// The statement that the documents do not answer `aspect`.
pub(crate) fn not_said(aspect: &str) -> String {
    format!("{NOT_SAID}: {}", aspect.trim().trim_end_matches('.'))
}

/// Whether `text` states that something is not in the documents.
pub(crate) fn is_not_said(text: &str) -> bool {
    text.starts_with(NOT_SAID)
}

/// Puts a text into the quotes by which a specialist finds what it is asked.
pub(crate) fn quoted(text: &str) -> String {
    format!("“{}”", text.replace(['“', '”'], "\""))
}

/// The texts between such quotes, in order.
pub(crate) fn quotes(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('“') {
        let Some((inner, tail)) = after.split_once('”') else { break };
        found.push(inner.to_owned());
        rest = tail;
    }
    found
}

/// `D1 (GPL-3), D2 (MPL-2.0)`.
pub(crate) fn listed(documents: &[&DocumentBrief]) -> String {
    let named: Vec<String> =
        documents.iter().map(|document| format!("{} ({})", document.source, document.file)).collect();
    named.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_is_found_again() {
        let text = format!("Look for {} and {}.", quoted("a “b”"), quoted("c"));
        assert_eq!(quotes(&text), ["a \"b\"", "c"]);
        assert!(is_not_said(&not_said("who owns it.")));
    }
}
