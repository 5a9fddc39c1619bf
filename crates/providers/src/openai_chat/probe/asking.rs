//! Questions to a server, without any model.

use std::time::Duration;

use bytes::Bytes;
use divisi_domain::name::Name;
use divisi_llm::ProviderError;
use secrecy::SecretString;
use serde::de::DeserializeOwned;

use super::super::settings::bearer;
use crate::http::{Deadlines, Fetched, Header, HeaderText, HttpRequest, Method, Transport, fetch};

/// The longest that a question which needs no model may take.
const ASKED_WITHIN: Duration = Duration::from_secs(5);

/// Which server is asked, and how long for each answer.
#[derive(Debug, Clone)]
pub struct ProbeSettings {
    /// What the server is called where something is wrong with it.
    pub name: Name,
    /// Up to and without `/chat/completions`.
    pub base_url: String,
    /// Sent as bearer token.
    pub key: Option<SecretString>,
    /// Sent with each question.
    pub headers: Vec<Header>,
    /// Models that somebody says it has: those of a server that has no list of them.
    pub named: Vec<Name>,
    /// For each question.
    pub deadlines: Deadlines,
    /// Whether models may be called where nothing else tells what they can: a few tokens each.
    pub may_call: bool,
}

/// A server that is asked.
#[derive(Clone, Copy)]
pub(super) struct Asking<'a> {
    pub(super) transport: &'a dyn Transport,
    pub(super) settings: &'a ProbeSettings,
}

impl Asking<'_> {
    /// The answer to a question below the base URL.
    pub(super) async fn of_base(self, path: &str) -> Result<Fetched, ProviderError> {
        let url = format!("{}{path}", self.settings.base_url);
        fetch(self.transport, self.request(Method::Get, url, Bytes::new())).await
    }

    /// The answer to a question that is no part of this wire; none where the server has no such answer.
    pub(super) async fn of_root<T: DeserializeOwned>(self, path: &str) -> Option<T> {
        let url = format!("{}{path}", self.root());
        read(&fetch(self.transport, self.request(Method::Get, url, Bytes::new())).await.ok()?)
    }

    /// The same with a body.
    pub(super) async fn of_root_about<T: DeserializeOwned>(self, path: &str, about: Vec<u8>) -> Option<T> {
        let url = format!("{}{path}", self.root());
        read(&fetch(self.transport, self.request(Method::Post, url, Bytes::from(about))).await.ok()?)
    }

    fn root(&self) -> &str {
        let base = self.settings.base_url.as_str();
        base.strip_suffix("/v1").unwrap_or(base)
    }

    fn request(&self, method: Method, url: String, body: Bytes) -> HttpRequest {
        let plain = |name: &'static str, text: &str| (name.into(), HeaderText::Plain(text.to_owned()));
        let mut headers = vec![plain("accept", "application/json")];
        if !body.is_empty() {
            headers.push(plain("content-type", "application/json"));
        }
        headers.extend(self.settings.key.as_ref().map(bearer));
        headers.extend(self.settings.headers.iter().cloned());
        let deadlines = self.settings.deadlines;
        let deadlines = Deadlines { total: deadlines.total.min(ASKED_WITHIN), ..deadlines };
        HttpRequest { method, url, headers, body, deadlines }
    }
}

fn read<T: DeserializeOwned>(fetched: &Fetched) -> Option<T> {
    (fetched.status == 200).then(|| serde_json::from_str(&fetched.body).ok()).flatten()
}
