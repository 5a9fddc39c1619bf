//! What a user submitted, as it is kept in the blob that the first event names.

use divisi_domain::blob::BlobRef;
use divisi_llm::inputs::TaskBrief;
use serde::{Deserialize, Serialize};

/// An attached document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attachment {
    /// The name to show, unique in the task.
    pub file: String,
    /// The bytes as they were submitted.
    #[serde(with = "hex_ref")]
    pub original: BlobRef,
    /// Its text and structure; `None` where it could not be read.
    #[serde(with = "hex_ref_option")]
    pub parsed: Option<BlobRef>,
    /// Why it could not be read.
    pub unreadable: Option<String>,
}

/// The task as submitted. `brief.documents` and `attachments` are sorted by file name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskSpec {
    /// Question, constraints and what is known of the documents.
    pub brief: TaskBrief,
    /// The documents.
    pub attachments: Vec<Attachment>,
    /// Digest of the request as the caller made it, in hexadecimal; where it came over the API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
}

fn parse(text: &str) -> Option<BlobRef> {
    let bytes = data_encoding::HEXLOWER.decode(text.as_bytes()).ok()?;
    bytes.try_into().ok().map(BlobRef)
}

mod hex_ref {
    use divisi_domain::blob::BlobRef;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(blob: &BlobRef, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(blob)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<BlobRef, D::Error> {
        let text = String::deserialize(from)?;
        super::parse(&text).ok_or_else(|| serde::de::Error::custom("not a blob reference"))
    }
}

mod hex_ref_option {
    use divisi_domain::blob::BlobRef;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[expect(clippy::ref_option, reason = "the signature that serde asks for")]
    pub(super) fn serialize<S: Serializer>(blob: &Option<BlobRef>, to: S) -> Result<S::Ok, S::Error> {
        blob.map(|blob| blob.to_string()).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<BlobRef>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        let wrong = || serde::de::Error::custom("not a blob reference");
        text.map(|text| super::parse(&text).ok_or_else(wrong)).transpose()
    }
}
