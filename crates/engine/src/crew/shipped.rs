//! The crews that come with the binary.

use super::Crew;
use super::fault::CrewFaults;
use super::parse::parse;

/// The crew of a task that names none.
pub const DEFAULT_CREW: &str = "research";

/// A crew file that is part of the binary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shipped {
    /// The name of the crew and of its file.
    pub name: &'static str,
    /// The text of the file.
    pub source: &'static str,
}

impl Shipped {
    /// The crew. A test parses all of them.
    pub fn parse(&self) -> Result<Crew, CrewFaults> {
        parse(self.source)
    }
}

/// All crews of the binary, by name.
pub const fn shipped() -> &'static [Shipped] {
    &[
        Shipped { name: "comparison", source: include_str!("../../../../crews/comparison.toml") },
        Shipped { name: "data_question", source: include_str!("../../../../crews/data_question.toml") },
        Shipped { name: "research", source: include_str!("../../../../crews/research.toml") },
    ]
}
