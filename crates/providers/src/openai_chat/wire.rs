//! The wire: what is sent, and what comes.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

/// A request.
#[derive(Debug, Serialize)]
pub(super) struct ChatRequest<'a> {
    pub(super) model: &'a str,
    pub(super) messages: Messages<'a>,
    pub(super) stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stream_options: Option<StreamOptions>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_completion_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reasoning_effort: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) tools: Vec<Tool<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) response_format: Option<ResponseFormat>,
}

#[derive(Debug, Serialize)]
pub(super) struct StreamOptions {
    pub(super) include_usage: bool,
}

/// The conversation, instructions first.
#[derive(Debug)]
pub(super) struct Messages<'a> {
    pub(super) system: Option<SystemMessage>,
    pub(super) rest: Vec<ChatMessage<'a>>,
}

/// Instructions, which many calls share, as JSON that was written before.
#[derive(Debug, Serialize)]
pub(super) struct SystemMessage {
    pub(super) role: &'static str,
    pub(super) content: Arc<RawValue>,
    /// Of the text, before it was written as JSON.
    #[serde(skip)]
    pub(super) bytes: usize,
}

impl Messages<'_> {
    /// Bytes of all texts.
    pub(super) fn bytes(&self) -> usize {
        let system = self.system.as_ref().map_or(0, |system| system.bytes);
        system + self.rest.iter().map(|message| message.content.len()).sum::<usize>()
    }
}

impl Serialize for Messages<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut all = serializer.serialize_seq(Some(self.rest.len() + usize::from(self.system.is_some())))?;
        if let Some(system) = &self.system {
            all.serialize_element(system)?;
        }
        self.rest.iter().try_for_each(|message| all.serialize_element(message))?;
        all.end()
    }
}

/// Content is always a plain text: some servers fail on lists of parts, and on `null` beside calls.
#[derive(Debug, Serialize)]
pub(super) struct ChatMessage<'a> {
    pub(super) role: &'static str,
    pub(super) content: Cow<'a, str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) tool_calls: Vec<CallSaid<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tool_call_id: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct CallSaid<'a> {
    pub(super) id: String,
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) function: FunctionSaid<'a>,
}

#[derive(Debug, Serialize)]
pub(super) struct FunctionSaid<'a> {
    pub(super) name: &'a str,
    /// JSON text.
    pub(super) arguments: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Tool<'a> {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) function: Function<'a>,
}

#[derive(Debug, Serialize)]
pub(super) struct Function<'a> {
    pub(super) name: &'a str,
    pub(super) description: &'a str,
    pub(super) parameters: Arc<RawValue>,
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ResponseFormat {
    JsonObject {
        #[serde(skip_serializing_if = "Option::is_none")]
        schema: Option<Arc<RawValue>>,
    },
    JsonSchema {
        json_schema: NamedSchema,
    },
}

#[derive(Debug, Serialize)]
pub(super) struct NamedSchema {
    pub(super) name: &'static str,
    pub(super) schema: Arc<RawValue>,
    pub(super) strict: bool,
}

/// A chunk of a stream, or a whole answer. What is absent and what is `null` is the same; the rest is left alone.
#[derive(Debug, Deserialize)]
pub(super) struct Chunk {
    #[serde(default, deserialize_with = "or_default")]
    object: String,
    #[serde(default)]
    error: Option<IgnoredAny>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) model: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) choices: Vec<Choice>,
    #[serde(default)]
    pub(super) usage: Option<UsageSaid>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Choice {
    #[serde(default, deserialize_with = "or_default")]
    pub(super) index: u64,
    #[serde(default)]
    delta: Option<Delta>,
    /// In a whole answer.
    #[serde(default)]
    message: Option<Delta>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) finish_reason: String,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Delta {
    #[serde(default, deserialize_with = "or_default")]
    pub(super) content: Content,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) refusal: String,
    #[serde(default, deserialize_with = "or_default")]
    reasoning_content: Content,
    #[serde(default, deserialize_with = "or_default")]
    reasoning: Content,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) tool_calls: Vec<CallDelta>,
    #[serde(default)]
    pub(super) function_call: Option<FunctionDelta>,
}

/// A text, or parts of which some are texts. Anything else has none.
#[derive(Debug)]
pub(super) enum Content {
    Text(String),
    Parts(Vec<Part>),
}

impl<'de> Deserialize<'de> for Content {
    /// By hand: every piece of an answer is one, and serde would keep a copy of it to try one form after the other.
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(ContentVisitor)
    }
}

struct ContentVisitor;

impl<'de> Visitor<'de> for ContentVisitor {
    type Value = Content;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or parts")
    }

    fn visit_str<E>(self, text: &str) -> Result<Content, E> {
        Ok(Content::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Content, E> {
        Ok(Content::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Content, A::Error> {
        let mut said = Vec::new();
        while let Some(part) = parts.next_element::<Value>()? {
            // A part that is none has no text, and takes none of the others away.
            said.extend(Part::deserialize(part).ok());
        }
        Ok(Content::Parts(said))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut other: A) -> Result<Content, A::Error> {
        while other.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Content::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<Content, E> {
        Ok(Content::default())
    }

    fn visit_i64<E>(self, _: i64) -> Result<Content, E> {
        Ok(Content::default())
    }

    fn visit_u64<E>(self, _: u64) -> Result<Content, E> {
        Ok(Content::default())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Content, E> {
        Ok(Content::default())
    }

    fn visit_unit<E>(self) -> Result<Content, E> {
        Ok(Content::default())
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Part {
    #[serde(default, deserialize_with = "or_default")]
    text: String,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct CallDelta {
    #[serde(default)]
    pub(super) index: Option<u64>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) id: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) function: FunctionDelta,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct FunctionDelta {
    #[serde(default, deserialize_with = "or_default")]
    pub(super) name: String,
    #[serde(default)]
    pub(super) arguments: Option<Value>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct UsageSaid {
    #[serde(default)]
    pub(super) prompt_tokens: Option<u64>,
    #[serde(default)]
    pub(super) completion_tokens: Option<u64>,
    #[serde(default)]
    pub(super) total_tokens: Option<u64>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) prompt_tokens_details: PromptDetails,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) completion_tokens_details: CompletionDetails,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[expect(clippy::struct_field_names, reason = "the wire calls them so")]
pub(super) struct PromptDetails {
    #[serde(default, deserialize_with = "or_default")]
    pub(super) cached_tokens: u64,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) cache_write_tokens: u64,
    /// What `LiteLLM` calls the same.
    #[serde(default, deserialize_with = "or_default")]
    pub(super) cache_creation_tokens: u64,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub(super) struct CompletionDetails {
    #[serde(default, deserialize_with = "or_default")]
    pub(super) reasoning_tokens: u64,
}

impl FunctionDelta {
    /// Whether it brings arguments, be it a part of them.
    pub(super) fn has_arguments(&self) -> bool {
        match &self.arguments {
            None | Some(Value::Null) => false,
            Some(Value::String(part)) => !part.is_empty(),
            Some(_) => true,
        }
    }
}

impl Chunk {
    /// Whether it says that something failed.
    pub(super) fn is_error(&self) -> bool {
        self.error.is_some() || self.object == "error"
    }
}

impl Choice {
    /// What it says, and why it ends, if it does.
    pub(super) fn into_said(self) -> (Delta, String) {
        (self.delta.or(self.message).unwrap_or_default(), self.finish_reason)
    }
}

impl Delta {
    /// Bytes of thoughts: generated, but no part of the answer. Some servers say them twice.
    pub(super) fn thought_bytes(&mut self) -> usize {
        let thought = std::mem::take(&mut self.reasoning_content).into_text().len();
        thought.max(std::mem::take(&mut self.reasoning).into_text().len())
    }
}

impl Default for Content {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

impl Content {
    pub(super) fn into_text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Parts(parts) => parts.into_iter().map(|part| part.text).collect(),
        }
    }
}

fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(from: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_a_text_or_parts_and_nothing_else_has_any() {
        for (content, text) in [
            (r#""a\n""#, "a\n"),
            (r#"[{"type":"text","text":"a"},{"type":"image"},{"text":null},{"text":"b"}]"#, "ab"),
            (r#"["a",{"text":7},null,{"text":"b"}]"#, "b"),
            (r#"{"text":"a"}"#, ""),
            ("[]", ""),
            ("7", ""),
            ("-7", ""),
            ("0.5", ""),
            ("true", ""),
            ("null", ""),
        ] {
            let delta: Delta = serde_json::from_str(&format!(r#"{{"content":{content}}}"#)).unwrap();
            assert_eq!(delta.content.into_text(), text, "{content}");
        }
        let cut = serde_json::from_str::<Delta>(r#"{"content":[{"text":"a"}"#);
        assert!(cut.is_err());
    }
}
