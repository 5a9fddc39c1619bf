//! `D1`, `D2`…: how a document is named in a task's tool calls and citations.

use std::fmt;
use std::str::FromStr;

/// The number of a document in its task, from 1, in the order of the display names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Source(u32);

/// A text that names no source.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' names no source: sources are written D1, D2 and so on, see list_documents")]
pub struct InvalidSource(String);

impl Source {
    /// The source of the document at an index of the sorted list.
    pub(crate) fn at(index: usize) -> Self {
        Self(u32::try_from(index + 1).unwrap_or(u32::MAX))
    }

    /// The index in the sorted list.
    pub(crate) fn index(self) -> usize {
        self.0 as usize - 1
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "D{}", self.0)
    }
}

impl FromStr for Source {
    type Err = InvalidSource;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = || InvalidSource(text.chars().take(40).collect());
        let digits = text.strip_prefix('D').filter(|digits| !digits.starts_with(['0', '+']));
        let number = digits.and_then(|digits| digits.parse().ok()).ok_or_else(refuse)?;
        Ok(Self(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_round_trip_and_others_are_refused() {
        assert_eq!("D12".parse::<Source>().map(|source| source.to_string()), Ok("D12".to_owned()));
        for text in ["", "D", "D0", "D01", "D+1", "d1", "1", "D-1", "D99999999999"] {
            assert!(text.parse::<Source>().is_err(), "{text}");
        }
    }
}
