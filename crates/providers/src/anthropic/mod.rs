//! Anthropic Messages (`/v1/messages`), and servers that imitate it.
//!
//! Thinking is left to the model's own default and kept out of answers; thinking blocks do not go along from turn to
//! turn. Structured output: by `output_config.format` where the model has it, else by a tool that must be called.

mod decode;
mod encode;
mod errors;
mod settings;
mod stream;
mod wire;

use std::fmt;
use std::sync::Arc;

use divisi_domain::name::Name;
use divisi_llm::{CallContext, Provider, ProviderError, Request, Response, TokenSink};
use futures::FutureExt;
use futures::future::BoxFuture;

use self::encode::encode;
pub use self::settings::{BASE_URL, Settings, Structured};
use self::stream::Reader;
use crate::http::{HeaderText, HttpRequest, Method, Transport, exchange};
use crate::refusal::Asked;

/// The version of the wire.
const VERSION: &str = "2023-06-01";

/// A service that speaks Messages.
#[derive(Clone)]
pub struct Anthropic {
    settings: Settings,
    transport: Arc<dyn Transport>,
}

impl Anthropic {
    /// The service of `settings`, reached through `transport`.
    pub fn new(settings: Settings, transport: Arc<dyn Transport>) -> Self {
        Self { settings, transport }
    }

    async fn ask(&self, request: &Request, sink: &mut dyn TokenSink) -> Result<Response, ProviderError> {
        let encoded = encode(request, &self.settings).map_err(|fault| *fault)?;
        let Settings { name, key, .. } = &self.settings;
        let asked = Asked { provider: name.clone(), model: request.model.clone() };
        let http = HttpRequest {
            method: Method::Post,
            url: self.settings.url(),
            headers: self.headers(),
            body: encoded.body.into(),
            deadlines: self.settings.deadlines,
        };
        let tokens_max = request.sampling.output_tokens_max.max(1);
        let mut reader =
            Reader::new(asked, encoded.names, encoded.answer_tool, tokens_max).hiding(key.as_ref());
        exchange(self.transport.as_ref(), http, &mut reader, sink).await
    }

    fn headers(&self) -> Vec<(&'static str, HeaderText)> {
        let plain = |text: &str| HeaderText::Plain(text.to_owned());
        let mut headers = vec![
            ("content-type", plain("application/json")),
            ("accept", plain("text/event-stream")),
            ("anthropic-version", plain(VERSION)),
        ];
        headers.extend(self.settings.key.clone().map(|key| ("x-api-key", HeaderText::Secret(key))));
        headers.extend(self.settings.headers.iter().cloned());
        headers
    }
}

impl fmt::Debug for Anthropic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Anthropic").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Provider for Anthropic {
    fn name(&self) -> &Name {
        &self.settings.name
    }

    fn call<'a>(
        &'a self,
        request: &'a Request,
        _context: &'a CallContext,
        sink: &'a mut dyn TokenSink,
    ) -> BoxFuture<'a, Result<Response, ProviderError>> {
        self.ask(request, sink).boxed()
    }
}

#[cfg(test)]
mod tests;
