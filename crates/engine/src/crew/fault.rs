//! What is wrong with a crew file, for the person who writes it.

use std::fmt;

/// One fault, with its line where it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrewFault {
    /// From 1.
    pub line: Option<usize>,
    /// What is wrong and what to do.
    pub sentence: String,
}

impl fmt::Display for CrewFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.sentence),
            None => f.write_str(&self.sentence),
        }
    }
}

/// Every fault of a crew file, in the order of the file. Never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrewFaults(pub Vec<CrewFault>);

impl fmt::Display for CrewFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(CrewFault::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for CrewFaults {}
