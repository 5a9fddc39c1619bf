//! The questions and what a good answer cites.

use anyhow::Context;
use serde::{Deserialize, Serialize};

/// Question files, in the order of the table.
const FILES: [(&str, &str); 10] = [
    ("licences", include_str!("questions/licences.toml")),
    ("policy", include_str!("questions/policy.toml")),
    ("manuals", include_str!("questions/manuals.toml")),
    ("tables", include_str!("questions/tables.toml")),
    ("unanswerable", include_str!("questions/unanswerable.toml")),
    ("fresh", include_str!("questions/fresh.toml")),
    ("unseen", include_str!("questions/unseen.toml")),
    (EVERYDAY, include_str!("questions/everyday.toml")),
    (STRANGERS, include_str!("questions/strangers.toml")),
    ("strangers_after", include_str!("questions/strangers_after.toml")),
];

/// The file of questions over everyday documents.
const EVERYDAY: &str = "everyday";
/// The files of questions as strangers ask them, each written before anything was mended for it.
const STRANGERS: &str = "strangers";

/// What kind of answer is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// One passage.
    One,
    /// Several passages.
    Several,
    /// Documents side by side.
    Compare,
    /// A passage among a hundred files of noise.
    Needle,
    /// A figure from a table.
    Data,
    /// The documents do not say.
    None,
}

/// One question.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Question {
    /// Unique.
    pub(crate) id: String,
    /// Its kind.
    pub(crate) kind: Kind,
    /// Names of documents or sets of `documents.toml`.
    pub(crate) documents: Vec<String>,
    /// The question itself.
    pub(crate) ask: String,
    /// Texts of the documents that a good report cites, white space aside.
    #[serde(default)]
    pub(crate) gold: Vec<String>,
    /// For a comparison: how many documents and aspects its table has.
    #[serde(default)]
    pub(crate) table: Option<(usize, usize)>,
    /// For a figure: the value that the first statement holds.
    #[serde(default)]
    pub(crate) figure: Option<String>,
    /// For a comparison that names no aspects: how many its table has at least.
    #[serde(default)]
    pub(crate) aspects_min: usize,
    /// Texts that the report holds besides, such as its verdict.
    #[serde(default)]
    pub(crate) says: Vec<String>,
    /// Texts that it must not hold, such as a wrong one.
    #[serde(default)]
    pub(crate) never: Vec<String>,
    /// Not looked at while the provider is tuned.
    #[serde(default)]
    pub(crate) holdout: bool,
    /// Over everyday documents: told by its file.
    #[serde(skip)]
    pub(crate) everyday: bool,
    /// As strangers ask: told by its file.
    #[serde(skip)]
    pub(crate) stranger: bool,
}

#[derive(Debug, Deserialize)]
struct File {
    question: Vec<Question>,
}

/// All questions.
pub(crate) fn load() -> anyhow::Result<Vec<Question>> {
    let mut all = Vec::new();
    for (name, text) in FILES {
        let file: File = toml::from_str(text).with_context(|| format!("questions/{name}.toml"))?;
        let (everyday, stranger) = (name == EVERYDAY, name.starts_with(STRANGERS));
        all.extend(file.question.into_iter().map(|question| Question { everyday, stranger, ..question }));
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_enough_questions_of_every_kind_and_a_third_is_held_out() {
        let all = load().unwrap();
        assert!(all.len() >= 40, "{}", all.len());
        let mut ids: Vec<&str> = all.iter().map(|question| question.id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), all.len());
        for kind in [Kind::One, Kind::Several, Kind::Compare, Kind::Needle, Kind::Data, Kind::None] {
            assert!(all.iter().any(|question| question.kind == kind), "{kind:?}");
        }
        let held = all.iter().filter(|question| question.holdout).count();
        assert!(held * 4 >= all.len(), "{held} of {}", all.len());
        let formal = |question: &Question| question.figure.is_some() || question.aspects_min > 0;
        let needs_gold = |question: &&Question| question.kind != Kind::None && !formal(question);
        assert!(all.iter().filter(needs_gold).all(|question| !question.gold.is_empty()));
    }
}
