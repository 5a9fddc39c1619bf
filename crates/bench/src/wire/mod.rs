//! Calls over a real socket: a server in a process of its own, the gateway that asks it, and a bare client beside it.

mod over;
mod server;

use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use divisi_domain::name::Name;
use divisi_llm::inputs::{AnalyseInput, Inputs};
use divisi_llm::policy::InputSize;
use divisi_llm::{CallContext, Message, Provider, Purpose, Request, Sampling, TokenSink};
use divisi_providers::http::{
    Deadlines, HeaderText, HttpRequest, Method, Net, NetSettings, Proxies, Transport,
};
use divisi_providers::openai_chat::{ChatSettings, OpenAiChat, Traits};
use futures::StreamExt;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Child;

use crate::child::command;
use crate::error::BenchError;
use crate::means::Means;
use crate::process::processor_time_of;

pub(crate) use over::OverWire;
pub use server::serve;

/// The provider of the server's models.
pub(crate) const PROVIDER: &str = "wire";

/// Calls of tasks whose length is noted: those of the first run.
const NOTED_MAX: usize = 12_000;

/// A running server, and the ways to it.
pub(crate) struct Wire {
    /// The gateway's way.
    pub(crate) chat: Arc<OpenAiChat>,
    net: Arc<Net>,
    url: String,
    /// Calls of tasks and the bytes of their prompts.
    sent: (AtomicUsize, AtomicUsize),
    /// Killed with this.
    server: Child,
}

impl std::fmt::Debug for Wire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wire").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Wire {
    /// Starts a server that answers after `latency`.
    pub(crate) async fn start(means: &Means, latency: Duration) -> Result<Self, BenchError> {
        let mut server = command(&means.program, &means.scratch)
            .args(["bench", "serve", &latency.as_millis().to_string()])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(BenchError::system("starting the server"))?;
        let none = || BenchError::Invalid("the server does not say where it is".to_owned());
        let mut said = BufReader::new(server.stdout.take().ok_or_else(none)?).lines();
        let line = said.next_line().await.map_err(BenchError::system("reading the server's port"))?;
        let port: u16 = line.and_then(|line| line.trim().parse().ok()).ok_or_else(none)?;
        let base_url = format!("http://127.0.0.1:{port}/v1");
        let net = Net::new(NetSettings {
            user_agent: "divisi-bench".to_owned(),
            proxies: Proxies::default(),
            certificates: Vec::new(),
        });
        let net = Arc::new(net.map_err(|error| BenchError::Invalid(error.to_string()))?);
        let traits = Traits { streams_usage: true, ..Traits::capable() };
        let name = Name::from_static(PROVIDER);
        let settings = ChatSettings::server(name, base_url.clone(), traits, Deadlines::LOCAL);
        let transport: Arc<dyn Transport> = Arc::<Net>::clone(&net);
        let chat = Arc::new(OpenAiChat::new(settings, transport));
        let sent = (AtomicUsize::new(0), AtomicUsize::new(0));
        Ok(Self { chat, net, url: format!("{base_url}/chat/completions"), sent, server })
    }

    /// Processor time of the server so far, where the system tells it.
    pub(crate) fn server_time(&self) -> Option<Duration> {
        processor_time_of(self.server.id()?)
    }

    /// Notes how much a call of a task says, of some of them.
    fn note(&self, request: &Request) {
        if self.sent.0.load(Ordering::Relaxed) < NOTED_MAX
            && let InputSize::Bytes { bytes, .. } = request.size()
        {
            self.sent.0.fetch_add(1, Ordering::Relaxed);
            self.sent.1.fetch_add(usize::try_from(bytes).unwrap_or(usize::MAX), Ordering::Relaxed);
        }
    }

    /// What a bare client sends that says as much as the calls of tasks did.
    pub(crate) fn as_long_as_sent(&self) -> Bytes {
        let (calls, bytes) = (self.sent.0.load(Ordering::Relaxed), self.sent.1.load(Ordering::Relaxed));
        let more = (bytes / calls.max(1)).saturating_sub(BODY.len());
        let question = "What follows from what is known?";
        BODY.replace(question, &format!("{question} {}", "x".repeat(more))).into()
    }

    /// A call as the gateway makes it: encoded, sent, its stream decoded, its text passed on as it comes.
    pub(crate) async fn call(&self, request: Request, sink: &mut dyn TokenSink) -> Result<(), BenchError> {
        let context = CallContext { idempotency_key: "bench".to_owned(), attempt: 1 };
        let answer = self.chat.call(request, &context, sink).await;
        answer.map(|_| ()).map_err(|error| BenchError::Invalid(error.message))
    }

    /// The same call as somebody makes it who only wants the bytes. `first` is told of the first of them.
    pub(crate) async fn bare(&self, body: Bytes, first: impl FnOnce()) -> Result<(), BenchError> {
        let plain = |text: &str| HeaderText::Plain(text.to_owned());
        let request = HttpRequest {
            method: Method::Post,
            url: self.url.clone(),
            headers: vec![
                ("content-type".into(), plain("application/json")),
                ("accept".into(), plain("text/event-stream")),
            ],
            body,
            deadlines: Deadlines::LOCAL,
        };
        let broke = |error: divisi_providers::http::TransportError| BenchError::Invalid(error.to_string());
        let mut response = self.net.send(request).await.map_err(broke)?;
        let mut first = Some(first);
        while let Some(piece) = response.body.next().await {
            piece.map_err(broke)?;
            if let Some(first) = first.take() {
                first();
            }
        }
        Ok(())
    }
}

/// What a bare client sends: as much as the gateway does, more or less.
pub(crate) const BODY: &str = r#"{"model":"m","stream":true,"stream_options":{"include_usage":true},"temperature":0.3,"max_tokens":2000,"messages":[{"role":"system","content":"You analyse what is asked."},{"role":"user","content":"What follows from what is known?"}]}"#;

/// A small call of a model.
pub(crate) fn request(model: &'static str) -> Request {
    Request {
        purpose: Purpose::Analyse,
        model: Name::from_static(model),
        system: "You analyse what is asked.".into(),
        messages: vec![Message::User { text: "What follows from what is known?".to_owned() }],
        tools: Vec::new(),
        schema: serde_json::json!({"type": "object"}).into(),
        sampling: Sampling { temperature_hundredths: 30, output_tokens_max: 2_000 },
        inputs: Inputs::Analyse(AnalyseInput::default()).into(),
    }
}

/// A call whose answer begins and does not end.
pub(crate) fn endless() -> Request {
    request(server::ENDLESS)
}
