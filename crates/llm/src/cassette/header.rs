//! `cassette.json`: by which a folder is known to be a cassette, and of which format.

use serde::{Deserialize, Serialize};

/// The format that this version writes. It reads all up to it.
pub const FORMAT: u32 = 1;

/// What `cassette.json` holds. Of a newer format only `format` is looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The version of the format.
    pub format: u32,
    /// What the folder is, for whoever opens the file.
    #[serde(default)]
    pub what: String,
}

/// A folder whose header cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// Written by a newer version.
    #[error(
        "its format is {found}, and this version of Divisi reads formats up to {FORMAT}: update Divisi, or record it again"
    )]
    Newer {
        /// The format it has.
        found: u32,
    },
    /// Not JSON of the shape.
    #[error("its cassette.json cannot be read ({0}): restore it, or record the cassette again")]
    Shape(String),
}

impl Default for Header {
    fn default() -> Self {
        Self { format: FORMAT, what: "Exchanges with model services, recorded by Divisi.".to_owned() }
    }
}

impl Header {
    /// The file's text.
    pub fn text(&self) -> String {
        // Plain data always encodes.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// Reads the file's text.
    pub fn parse(text: &str) -> Result<Self, HeaderError> {
        let header: Self =
            serde_json::from_str(text).map_err(|error| HeaderError::Shape(error.to_string()))?;
        match header.format {
            1..=FORMAT => Ok(header),
            0 => Err(HeaderError::Shape("format 0 was never written".to_owned())),
            found => Err(HeaderError::Newer { found }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_back_and_a_newer_one_is_named() {
        assert_eq!(Header::parse(&Header::default().text()), Ok(Header::default()));
        let rows = [
            (r#"{"format": 2, "colour": 1}"#, "its format is 2"),
            (r#"{"format": 0}"#, "format 0"),
            ("", "cannot be read"),
            ("[]", "cannot be read"),
            (r#"{"format": "1"}"#, "cannot be read"),
        ];
        for (text, says) in rows {
            let error = Header::parse(text).unwrap_err().to_string();
            assert!(error.contains(says) && error.contains("record"), "{text}: {error}");
        }
    }
}
