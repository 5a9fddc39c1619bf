//! What the vendors' own wires have in common: one call is one request with a key in a header, and one answer that is read as
//! it comes. A wire says where, how, and what the bytes mean.

use std::fmt;
use std::sync::Arc;

use divisi_domain::name::Name;
use divisi_llm::{CallContext, Provider, ProviderError, Request, Response, TokenSink};
use futures::FutureExt;
use futures::future::BoxFuture;
use secrecy::SecretString;

use crate::coming::{Coming, Comings};
use crate::http::{
    AnswerReader, Deadlines, Fault, Header, HeaderText, HttpRequest, Method, Transport, exchange,
};
use crate::unheld::{Listening, Unheld};

/// What the settings of every wire hold.
#[derive(Debug, Clone, Copy)]
pub struct Common<'a> {
    /// The name by which routes refer to the service.
    pub name: &'a Name,
    /// The key; none for servers that want none.
    pub key: Option<&'a SecretString>,
    /// More headers.
    pub headers: &'a [Header],
    /// How long to wait for what.
    pub deadlines: Deadlines,
}

/// A wire, by the settings of a service of it.
pub trait Wire: fmt::Debug + Clone + Send + Sync + 'static {
    /// What is said of a provider of it in traces.
    const TITLE: &'static str;

    /// What is common in the settings.
    fn common(&self) -> Common<'_>;

    /// The address that a call goes to.
    fn endpoint(&self, request: &Request, coming: Coming) -> String;

    /// The header that carries the key.
    fn auth(key: &SecretString) -> Header;

    /// Headers of this wire alone.
    fn extra() -> Vec<Header> {
        Vec::new()
    }

    /// Tokens of the texts of a request, where the tokenizer of its model is known.
    fn text_tokens(&self, _: &Request) -> Option<u64> {
        None
    }

    /// The same service, whose answers are asked for in words alone.
    fn in_words(&self) -> Self;

    /// The body of a request, and what reads the answer to it.
    fn encoded(&self, request: &Request, coming: Coming) -> Result<(Vec<u8>, Box<dyn AnswerReader>), Fault>;
}

/// A service that speaks a wire.
#[derive(Clone)]
pub struct Spoken<W> {
    settings: W,
    transport: Arc<dyn Transport>,
    /// Models that calls have shown to be asked in words.
    unheld: Unheld,
    /// How they are asked for answers.
    comings: Comings,
}

impl<W: Wire> Spoken<W> {
    /// The service of `settings`, reached through `transport`.
    pub fn new(settings: W, transport: Arc<dyn Transport>) -> Self {
        Self { settings, transport, unheld: Unheld::default(), comings: Comings::default() }
    }

    async fn ask(&self, request: Request, sink: &mut dyn TokenSink) -> Result<Response, ProviderError> {
        let in_words = self.unheld.has(&request.model);
        let coming = self.comings.next(&request.model);
        let encoded = if in_words {
            self.settings.in_words().encoded(&request, coming)
        } else {
            self.settings.encoded(&request, coming)
        };
        let (body, reader) = encoded.map_err(|fault| *fault)?;
        let mut reader = Listening::to(reader);
        let http = HttpRequest {
            method: Method::Post,
            url: self.settings.endpoint(&request, coming),
            headers: self.headers(coming),
            body: body.into(),
            deadlines: self.settings.common().deadlines,
        };
        let (model, has_schema) = (request.model.clone(), request.schema.is_object());
        drop(request);
        let answer = exchange(self.transport.as_ref(), http, &mut reader, sink).await;
        let refused = reader.refuses_schema && has_schema;
        match answer {
            Ok(response) => {
                self.comings.answered(&model, coming);
                Ok(response)
            }
            Err(error) => {
                self.comings.failed(&model, coming, &error);
                Err(if refused { self.unheld.learn(&model, error) } else { error })
            }
        }
    }

    fn headers(&self, coming: Coming) -> Vec<Header> {
        let Common { key, headers, .. } = self.settings.common();
        let plain = |text: &str| HeaderText::Plain(text.to_owned());
        let accepted = match coming {
            Coming::Streamed => "text/event-stream",
            Coming::Whole => "application/json",
        };
        let mut all =
            vec![("content-type".into(), plain("application/json")), ("accept".into(), plain(accepted))];
        all.extend(W::extra());
        all.extend(key.map(W::auth));
        all.extend(headers.iter().cloned());
        all
    }
}

impl<W: Wire> fmt::Debug for Spoken<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(W::TITLE).field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl<W: Wire> Provider for Spoken<W> {
    fn name(&self) -> &Name {
        self.settings.common().name
    }

    fn text_tokens(&self, request: &Request) -> Option<u64> {
        self.settings.text_tokens(request)
    }

    fn call<'a>(
        &'a self,
        request: Request,
        _: &'a CallContext,
        sink: &'a mut dyn TokenSink,
    ) -> BoxFuture<'a, Result<Response, ProviderError>> {
        self.ask(request, sink).boxed()
    }
}
