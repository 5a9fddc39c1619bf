//! Sentences and labels that one role writes and another one reads.

use divisi_llm::inputs::DocumentBrief;

/// How every statement begins that something is not in the documents.
pub(crate) const NOT_SAID: &str = "The documents do not say";
/// What stands in a cell for which a document has nothing.
pub(crate) const SAYS_NOTHING: &str = "says nothing";
/// The aspect of a comparison that names none: what each document mainly says.
pub(crate) const IN_SHORT: &str = "in short";
/// What a specialist hands in who looked for conditions and found none.
pub(crate) const NO_CONDITIONS: &str = "No conditions, exceptions or definitions stand near it";
/// The limitation that every report states.
pub(crate) const NO_MODEL: &str =
    "No language model was used: the text is selected and ranked sentences of the documents.";

/// Words by which a request names a claim.
pub(crate) const NAMED_WORDS: usize = 12;

/// What the manager asks a specialist to mend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mend {
    Missing,
    Uncited,
    WrongSpan,
    Unsupported,
    OffTopic,
    Repeated,
    Shorten,
    Nothing,
}

impl Mend {
    const ALL: [Self; 8] = [
        Self::Missing,
        Self::Uncited,
        Self::WrongSpan,
        Self::Unsupported,
        Self::OffTopic,
        Self::Repeated,
        Self::Shorten,
        Self::Nothing,
    ];

    /// The beginning of the request.
    pub(crate) const fn sentence(self) -> &'static str {
        match self {
            Self::Missing => "Answer the missing part or say that the documents do not",
            Self::Uncited => "Cite the passage of",
            Self::WrongSpan => "Correct the span of",
            Self::Unsupported => "Say only what the passage says in",
            Self::OffTopic => "Drop what is about something else",
            Self::Repeated => "Drop what is said twice",
            Self::Shorten => "Shorten: say it once and say only what was asked",
            Self::Nothing => "Hand in statements, or say that the documents do not say it",
        }
    }

    /// What a request of ours asks for; `None` where somebody else wrote it.
    pub(crate) fn of(request: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mend| request.starts_with(mend.sentence()))
    }
}

/// The statement that the documents do not answer `aspect`.
pub(crate) fn not_said(aspect: &str) -> String {
    format!("{NOT_SAID}: {}", aspect.trim().trim_end_matches(['.', '?', '!', ' ']))
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
