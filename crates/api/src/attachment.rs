//! A file that comes with a task.

use serde::{Deserialize, Serialize};

/// A file by name and content.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    /// The name to show: 1–1,024 characters, unique in the task, `/` allowed.
    pub name: String,
    /// The bytes, in base64 on the wire.
    #[serde(with = "base64")]
    pub content: Vec<u8>,
    /// Why the caller gives no content, as a sentence of 1–1,000 characters: the file is named as one that was not read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_out: Option<String>,
}

impl Attachment {
    /// A file that was read.
    pub const fn new(name: String, content: Vec<u8>) -> Self {
        Self { name, content, left_out: None }
    }

    /// A file that was not read.
    pub const fn left_out(name: String, why: String) -> Self {
        Self { name, content: Vec::new(), left_out: Some(why) }
    }
}

impl std::fmt::Debug for Attachment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Attachment")
            .field("name", &self.name)
            .field("bytes", &self.content.len())
            .field("left_out", &self.left_out)
            .finish_non_exhaustive()
    }
}

mod base64 {
    use data_encoding::BASE64;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&BASE64.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(from)?;
        BASE64.decode(text.as_bytes()).map_err(serde::de::Error::custom)
    }
}
