//! What a check found.

use std::fmt;

/// A sentence about one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    path: String,
    /// 1-based; 0 is the file as a whole.
    line: usize,
    sentence: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(out, "{}: {}", self.path, self.sentence),
            line => write!(out, "{}:{line}: {}", self.path, self.sentence),
        }
    }
}

/// Errors fail the run, warnings and notes do not.
#[derive(Debug, Default)]
pub(super) struct Report {
    errors: Vec<Finding>,
    warnings: Vec<Finding>,
    notes: Vec<String>,
}

impl Report {
    pub(super) fn error(&mut self, path: &str, line: usize, sentence: impl Into<String>) {
        self.errors.push(Finding { path: path.to_owned(), line, sentence: sentence.into() });
    }

    pub(super) fn warn(&mut self, path: &str, line: usize, sentence: impl Into<String>) {
        self.warnings.push(Finding { path: path.to_owned(), line, sentence: sentence.into() });
    }

    pub(super) fn note(&mut self, sentence: impl Into<String>) {
        self.notes.push(sentence.into());
    }

    pub(super) fn errors(&self) -> &[Finding] {
        &self.errors
    }

    pub(super) fn warnings(&self) -> &[Finding] {
        &self.warnings
    }

    pub(super) fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Errors as printed, for tests that compare whole lists.
    #[cfg(test)]
    pub(super) fn error_lines(&self) -> Vec<String> {
        self.errors.iter().map(Finding::to_string).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_names_its_place() {
        let mut report = Report::default();
        report.error("a.rs", 3, "too long");
        report.error("b.rs", 0, "too many");
        assert_eq!(report.error_lines(), ["a.rs:3: too long", "b.rs: too many"]);
    }
}
