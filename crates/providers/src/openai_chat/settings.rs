//! Which server, with which key, and what it can.

use std::collections::BTreeMap;

use divisi_domain::name::Name;
use secrecy::{ExposeSecret, SecretString};

use super::traits::Traits;
use crate::http::{Deadlines, Header, HeaderText};

/// A server of this wire.
#[derive(Debug, Clone)]
pub struct ChatSettings {
    /// The name of the provider in routes.
    pub name: Name,
    /// Up to and without `/chat/completions`, and without a slash at the end.
    pub base_url: String,
    /// Sent as bearer token; local servers mostly want none.
    pub key: Option<SecretString>,
    /// Sent with each call.
    pub headers: Vec<Header>,
    /// How long to wait for what.
    pub deadlines: Deadlines,
    /// What the server's models can.
    pub traits: Traits,
    /// What those can that differ.
    pub by_model: BTreeMap<Name, Traits>,
    /// Whether this is api.openai.com itself, whose models are told apart by their names.
    pub openai: bool,
}

impl ChatSettings {
    /// api.openai.com.
    pub fn openai(name: Name, key: SecretString, deadlines: Deadlines) -> Self {
        let traits = Traits { streams_usage: true, ..Traits::capable() };
        let base_url = "https://api.openai.com/v1".to_owned();
        Self { key: Some(key), openai: true, ..Self::server(name, base_url, traits, deadlines) }
    }

    /// Another server, all of whose models have these traits.
    pub fn server(name: Name, base_url: String, traits: Traits, deadlines: Deadlines) -> Self {
        let by_model = BTreeMap::new();
        let headers = Vec::new();
        Self { name, base_url, key: None, headers, deadlines, traits, by_model, openai: false }
    }

    /// What `model` can.
    pub fn traits(&self, model: &Name) -> Traits {
        match self.by_model.get(model) {
            Some(traits) => *traits,
            None if self.openai => Traits::openai(model),
            None => self.traits,
        }
    }

    pub(super) fn headers_of_a_call(&self) -> Vec<Header> {
        let plain = |name: &'static str, text: &str| (name.into(), HeaderText::Plain(text.to_owned()));
        let mut headers = vec![
            plain("content-type", "application/json"),
            plain("accept", "text/event-stream, application/json"),
        ];
        headers.extend(self.key.as_ref().map(bearer));
        headers.extend(self.headers.iter().cloned());
        headers
    }
}

/// The header that carries a key.
pub(super) fn bearer(key: &SecretString) -> Header {
    (
        "authorization".into(),
        HeaderText::Secret(SecretString::from(format!("Bearer {}", key.expose_secret().trim()))),
    )
}

/// A base URL as people write it: with or without scheme, slash at the end and path; without a path it is `/v1`.
pub fn base_url(text: &str) -> String {
    let text = text.trim().trim_end_matches('/');
    let text = text.strip_suffix("/chat/completions").unwrap_or(text);
    let full = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let after_scheme = full.split_once("://").map_or("", |(_, rest)| rest);
    if after_scheme.contains('/') { full } else { format!("{full}/v1") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_urls() {
        let rows = [
            ("https://api.openai.com/v1/", "https://api.openai.com/v1"),
            ("https://openrouter.ai/api/v1", "https://openrouter.ai/api/v1"),
            ("http://127.0.0.1:8000", "http://127.0.0.1:8000/v1"),
            ("localhost:11434/", "http://localhost:11434/v1"),
            (" http://h/v1/chat/completions ", "http://h/v1"),
        ];
        for (text, url) in rows {
            assert_eq!(base_url(text), url, "{text}");
        }
    }
}
