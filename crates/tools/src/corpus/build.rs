//! Numbering the documents of a task and indexing them.

use std::collections::HashSet;
use std::sync::Arc;

use super::{Corpus, Document, Source, Unreadable};
use crate::documents::{ParseError, Parsed};
use crate::retrieval::{CorpusIndex, Indexed};

/// A document as it comes: with the outcome of its parsing.
#[derive(Debug, Clone)]
pub struct Attachment {
    /// Display name; made unique where it is not.
    pub name: String,
    /// What the parser said.
    pub parsed: Result<Arc<Parsed>, ParseError>,
}

impl Corpus {
    /// Numbers documents by name (then by content) and indexes them.
    pub fn build(attachments: Vec<Attachment>) -> Self {
        let (mut readable, mut unreadable) = (Vec::new(), Vec::new());
        for Attachment { name, parsed } in attachments {
            match parsed {
                Ok(parsed) => readable.push((name, digest(&parsed), parsed)),
                Err(error) => unreadable.push(Unreadable { name, problem: error.to_string() }),
            }
        }
        readable.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
        unreadable.sort_by(|a, b| (&a.name, &a.problem).cmp(&(&b.name, &b.problem)));
        let documents = numbered(readable);
        let indexed: Vec<Indexed<'_>> = documents.iter().map(Document::indexed).collect();
        let index = CorpusIndex::build(&indexed);
        Self { documents, unreadable, index }
    }
}

impl Document {
    fn indexed(&self) -> Indexed<'_> {
        Indexed { name: &self.name, parsed: &self.parsed, digest: self.digest }
    }
}

fn digest(parsed: &Parsed) -> [u8; 32] {
    *blake3::hash(parsed.text.as_bytes()).as_bytes()
}

/// The second document of a name is called `name (2)`.
fn numbered(sorted: Vec<(String, [u8; 32], Arc<Parsed>)>) -> Vec<Document> {
    let taken: HashSet<String> = sorted.iter().map(|(name, ..)| name.clone()).collect();
    let mut used: HashSet<String> = HashSet::new();
    let mut documents = Vec::with_capacity(sorted.len());
    for (index, (name, digest, parsed)) in sorted.into_iter().enumerate() {
        let mut unique = name.clone();
        let mut count = 2;
        while used.contains(&unique) || (unique != name && taken.contains(&unique)) {
            unique = format!("{name} ({count})");
            count += 1;
        }
        used.insert(unique.clone());
        documents.push(Document { source: Source::at(index), name: unique, digest, parsed });
    }
    documents
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::Kind;

    fn attachment(name: &str, text: &str) -> Attachment {
        Attachment { name: name.to_owned(), parsed: Ok(Arc::new(Parsed::plain(Kind::Txt, text.to_owned()))) }
    }

    #[test]
    fn names_are_unique_and_independent_of_the_order() {
        let mut attachments = vec![
            attachment("b", "2"),
            attachment("a", "1"),
            attachment("b", "1"),
            attachment("b (2)", "3"),
            Attachment { name: "z".to_owned(), parsed: Err(ParseError::Encrypted) },
        ];
        let names = |corpus: &Corpus| -> Vec<(String, String, String)> {
            let row = |d: &Document| (d.source.to_string(), d.name.clone(), d.parsed.text.clone());
            corpus.documents().iter().map(row).collect()
        };
        let first = Corpus::build(attachments.clone());
        attachments.reverse();
        assert_eq!(names(&first), names(&Corpus::build(attachments)));
        let all: Vec<String> = first.documents().iter().map(|document| document.name.clone()).collect();
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), 4);
        assert_eq!(all[0], "a");
        assert_eq!(first.unreadable().len(), 1);
        assert!(first.document("D4").is_some() && first.document("D5").is_none());
    }
}
