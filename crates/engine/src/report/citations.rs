//! Numbers for citations, in the order in which a reader meets them.

use divisi_llm::outputs::Citation;

/// The citations of one rendering. A span has one number, however often it is cited.
#[derive(Debug, Default)]
pub struct Citations<'r> {
    met: Vec<&'r Citation>,
}

impl<'r> Citations<'r> {
    /// The numbers of `cited`, each once, ascending.
    pub fn numbers(&mut self, cited: &'r [Citation]) -> Vec<usize> {
        let mut numbers: Vec<usize> = cited.iter().map(|citation| self.number(citation)).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    /// The marks of `cited` as they follow a sentence: ` [1] [3]`, or nothing.
    pub(super) fn marks(&mut self, cited: &'r [Citation]) -> String {
        let marks: Vec<String> = self.numbers(cited).iter().map(|number| format!(" [{number}]")).collect();
        marks.concat()
    }

    /// All that were met, the first one being number 1.
    pub fn list(&self) -> &[&'r Citation] {
        &self.met
    }

    fn number(&mut self, citation: &'r Citation) -> usize {
        let same = |known: &&Citation| {
            (&known.source, &known.file, known.start, known.end)
                == (&citation.source, &citation.file, citation.start, citation.end)
        };
        if let Some(at) = self.met.iter().position(same) {
            return at + 1;
        }
        self.met.push(citation);
        self.met.len()
    }
}

/// Where a citation stands, for people: `file:12`, `file:12-14` or `file p. 3`.
pub(super) fn place(citation: &Citation) -> String {
    match (citation.page, citation.line, citation.line_end) {
        (Some(page), _, _) => format!("{} p. {page}", citation.file),
        (None, 0, _) => citation.file.clone(),
        (None, line, end) if end > line => format!("{}:{line}-{end}", citation.file),
        (None, line, _) => format!("{}:{line}", citation.file),
    }
}
