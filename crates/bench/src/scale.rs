use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How much is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// Only that the programme works: its figures mean nothing.
    Quick,
    /// Minutes; what takes longer is left out and says so.
    Usual,
    /// Everything, a million tasks and clean builds included.
    Full,
}

impl Scale {
    /// The number for this scale.
    pub(crate) fn pick(self, quick: usize, usual: usize, full: usize) -> usize {
        match self {
            Self::Quick => quick,
            Self::Usual => usual,
            Self::Full => full,
        }
    }

    /// How often a cheap measurement is repeated; its median counts, or what it says itself.
    pub(crate) fn rounds(self) -> usize {
        self.pick(1, 5, 5)
    }

    /// As on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Quick => "quick",
            Self::Usual => "usual",
            Self::Full => "full",
        }
    }
}

impl fmt::Display for Scale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Scale {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Quick, Self::Usual, Self::Full]
            .into_iter()
            .find(|scale| scale.as_str() == text)
            .ok_or_else(|| format!("'{text}' is no scale: use quick, usual or full"))
    }
}
