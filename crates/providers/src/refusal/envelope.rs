//! Envelopes of errors. Every vendor has its own, and servers that imitate one vendor answer in that of another.

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;

use crate::http::Header;

/// What nobody is shown of a call: its key, and what its headers hold that is secret.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hidden(Vec<SecretString>);

impl Hidden {
    pub(crate) fn of(key: Option<&SecretString>, headers: &[Header]) -> Self {
        let of_headers = headers.iter().flat_map(|(_, value)| value.secrets());
        let mut all: Vec<SecretString> = key.cloned().into_iter().chain(of_headers).collect();
        // One that begins another must not leave the other's end behind.
        all.sort_by_key(|secret| std::cmp::Reverse(secret.expose_secret().len()));
        Self(all)
    }
}

/// Shorter keys, in bytes, are no secrets but words that stand where a key is wanted.
const KEY_BYTES_MIN: usize = 8;

/// What a server says of its refusal. Texts are raw: nothing of them is shown without [`crate::http::excerpt`].
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Said {
    /// The kind or status word: `overloaded_error`, `RESOURCE_EXHAUSTED`, `server_error`.
    pub(crate) kind: String,
    /// The code as text, where it is no HTTP status: `context_length_exceeded`.
    pub(crate) code: String,
    /// The HTTP status that the envelope repeats.
    pub(crate) status: Option<u16>,
    /// The sentence.
    pub(crate) message: String,
    /// What the vendor adds.
    pub(crate) details: Value,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Envelope {
    List(Vec<Envelope>),
    /// The name of the error, and beside it what it says.
    Named {
        error: String,
        #[serde(flatten)]
        bare: Bare,
    },
    Error {
        error: Body,
    },
    Detail {
        detail: Body,
    },
    Bare(Bare),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Body {
    Text(String),
    Bare(Bare),
    Other(Value),
}

#[derive(Deserialize)]
struct Bare {
    message: String,
    #[serde(rename = "type")]
    kind: Option<Value>,
    status: Option<Value>,
    code: Option<Value>,
    details: Option<Value>,
}

impl Envelope {
    fn is_error(&self) -> bool {
        match self {
            Self::Error { error: Body::Other(Value::Null) } | Self::Bare(_) => false,
            Self::Named { .. } | Self::Error { .. } | Self::Detail { .. } => true,
            Self::List(all) => all.first().is_some_and(Self::is_error),
        }
    }
}

impl Said {
    /// What `body` says. A body without envelope is its own message.
    pub(crate) fn of(body: &str) -> Self {
        match serde_json::from_str::<Envelope>(body) {
            Ok(envelope) => Self::opened(envelope),
            Err(_) => Self { message: body.to_owned(), ..Self::default() },
        }
    }

    /// Whether `data` is an envelope of an error and nothing else.
    pub(crate) fn in_stream(data: &str) -> Option<Self> {
        if !data.contains("\"error\"") && !data.contains("\"detail\"") {
            return None;
        }
        let envelope = serde_json::from_str::<Envelope>(data).ok()?;
        envelope.is_error().then(|| Self::opened(envelope))
    }

    fn opened(envelope: Envelope) -> Self {
        match envelope {
            Envelope::List(mut all) if !all.is_empty() => Self::opened(all.swap_remove(0)),
            Envelope::List(_) => Self::default(),
            Envelope::Named { error, bare } => {
                let said = Self::bare(bare);
                if said.kind.is_empty() { Self { kind: error, ..said } } else { said }
            }
            Envelope::Error { error } | Envelope::Detail { detail: error } => Self::body(error),
            Envelope::Bare(bare) => Self::bare(bare),
        }
    }

    fn body(body: Body) -> Self {
        match body {
            Body::Text(message) => Self { message, ..Self::default() },
            Body::Bare(bare) => Self::bare(bare),
            Body::Other(value) => Self { message: value.to_string(), ..Self::default() },
        }
    }

    fn bare(bare: Bare) -> Self {
        let text = |value: &Option<Value>| value.as_ref().and_then(Value::as_str).map(str::to_owned);
        let number = |value: &Option<Value>| {
            let value = value.as_ref()?;
            let number = value.as_u64().or_else(|| value.as_str()?.parse().ok())?;
            u16::try_from(number).ok()
        };
        let status = number(&bare.code).or_else(|| number(&bare.status));
        Self {
            kind: text(&bare.kind).or_else(|| text(&bare.status)).unwrap_or_default(),
            code: text(&bare.code).filter(|code| code.parse::<u16>().is_err()).unwrap_or_default(),
            status,
            message: bare.message,
            details: bare.details.unwrap_or_default(),
        }
    }

    /// The same without what is secret of the call, which some servers repeat.
    pub(crate) fn without(mut self, hidden: &Hidden) -> Self {
        for secret in hidden.0.iter().map(ExposeSecret::expose_secret) {
            if secret.len() >= KEY_BYTES_MIN {
                self.message = self.message.replace(secret, "[key]");
            }
        }
        self
    }

    /// Kind, code and message in lower case.
    pub(crate) fn words(&self) -> String {
        format!("{} {} {}", self.kind, self.code, self.message).to_lowercase()
    }

    /// Whether any of `words` stands in kind, code or message, in whatever case.
    pub(crate) fn mentions(&self, words: &[&str]) -> bool {
        let all = self.words();
        words.iter().any(|word| all.contains(word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::HeaderText;

    #[test]
    fn every_envelope_is_opened() {
        let anthropic =
            r#"{"type":"error","error":{"type":"overloaded_error","message":"m"},"request_id":"r"}"#;
        let openai = r#"{"error":{"message":"m","type":"invalid_request_error","param":null,"code":"context_length_exceeded"}}"#;
        let llama = r#"{"error":{"code":400,"message":"m","type":"exceed_context_size_error","n_ctx":64}}"#;
        let gemini = r#"[{"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED","details":[]}}]"#;
        let proxy = r#"{"error":{"message":"m","type":null,"param":null,"code":"400"}}"#;
        let rows = [
            (anthropic, "overloaded_error", "", None),
            (openai, "invalid_request_error", "context_length_exceeded", None),
            (llama, "exceed_context_size_error", "", Some(400)),
            (gemini, "RESOURCE_EXHAUSTED", "", Some(429)),
            (proxy, "", "", Some(400)),
            (r#"{"error":"m"}"#, "", "", None),
            (r#"{"error":"SyntaxError","message":"m","status":500}"#, "SyntaxError", "", Some(500)),
            (r#"{"error":"x","message":"m","type":"k"}"#, "k", "", None),
            (r#"{"detail":"m"}"#, "", "", None),
            (r#"{"detail":{"message":"m","type":"k"}}"#, "k", "", None),
            (r#"{"message":"m"}"#, "", "", None),
            ("m", "", "", None),
        ];
        for (body, kind, code, status) in rows {
            let said = Said::of(body);
            assert_eq!(
                (said.kind.as_str(), said.code.as_str(), said.status, said.message.as_str()),
                (kind, code, status, "m"),
                "{body}"
            );
        }
        for (body, message) in [(r#"{"detail":[{"loc":1}]}"#, r#"[{"loc":1}]"#), ("[]", ""), ("{}", "{}")] {
            assert_eq!(Said::of(body).message, message);
        }
    }

    #[test]
    fn a_key_is_not_repeated() {
        let rows = [("plain words key", "no [key]!"), ("none", "no plain words key!")];
        for (key, message) in rows {
            let header = ("x-key".into(), HeaderText::Secret(SecretString::from(key)));
            let said = Said::of("no plain words key!").without(&Hidden::of(None, &[header]));
            assert_eq!(said.message, message);
            let key_of_both = SecretString::from("k-123456");
            let bearer = ("x-key".into(), HeaderText::Secret(SecretString::from("Bearer k-123456789")));
            let said = Said::of("no k-123456789!").without(&Hidden::of(Some(&key_of_both), &[bearer]));
            assert_eq!(said.message, "no [key]!");
            let shown = ("x-key".into(), HeaderText::Plain(key.to_owned()));
            let said = Said::of("no plain words key!").without(&Hidden::of(None, &[shown]));
            assert_eq!(said.message, "no plain words key!");
            let (key, none) = (SecretString::from(key), Hidden::default());
            let said = Said::of("no plain words key!").without(&none).without(&Hidden::of(Some(&key), &[]));
            assert_eq!(said.message, message);
        }
    }

    #[test]
    fn only_an_envelope_is_an_error_in_a_stream() {
        let rows = [
            (r#"{"error":{"message":"m"}}"#, true),
            (r#"{"detail":"m"}"#, true),
            (r#"[{"error":{"message":"m"}}]"#, true),
            (r#"{"delta":"\"error\":{}"}"#, false),
            (r#"[{"error":null}]"#, false),
            (r#"{"message":"m"}"#, false),
            (r#"{"error":null,"status":"completed"}"#, false),
            (r#"{"type":"ping"}"#, false),
            ("[DONE]", false),
        ];
        for (data, is_error) in rows {
            assert_eq!(Said::in_stream(data).is_some(), is_error, "{data}");
        }
    }
}
