//! The provider that plays a script.

use std::fmt;
use std::sync::Arc;

use divisi_domain::model_step::FailureClass;
use divisi_domain::money::Usage;
use divisi_domain::name::Name;
use divisi_domain::time::Millis;
use divisi_llm::{CallContext, Provider, ProviderError, Request, Response, TokenSink, ToolCall};
use futures::FutureExt;
use futures::future::BoxFuture;

use super::defaults;
use super::script::{Answer, Rule, Script};
use super::seams::{EffectSink, NoSleep, Sleeper};
use crate::stream::push_pieces_of;

/// Plays a script.
#[derive(Clone)]
pub struct Scripted {
    name: Name,
    script: Arc<Script>,
    sleeper: Arc<dyn Sleeper>,
    sink: Option<Arc<dyn EffectSink>>,
}

impl fmt::Debug for Scripted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scripted")
            .field("name", &self.name)
            .field("script", &self.script)
            .finish_non_exhaustive()
    }
}

impl Scripted {
    /// Plays `script` without latency and without a witness.
    pub fn new(script: Script) -> Self {
        let name = script.provider.parse().unwrap_or_else(|_| Name::from_static(super::PROVIDER));
        Self { name, script: Arc::new(script), sleeper: Arc::new(NoSleep), sink: None }
    }

    /// Waits by `sleeper`.
    #[must_use]
    pub fn with_sleeper(mut self, sleeper: Arc<dyn Sleeper>) -> Self {
        self.sleeper = sleeper;
        self
    }

    /// Tells `sink` of every attempt before it does anything.
    #[must_use]
    pub fn with_sink(mut self, sink: Arc<dyn EffectSink>) -> Self {
        self.sink = Some(sink);
        self
    }

    /// The script that is played.
    pub fn script(&self) -> &Script {
        &self.script
    }

    async fn play(
        &self,
        request: &Request,
        context: &CallContext,
        out: &mut dyn TokenSink,
    ) -> Result<Response, ProviderError> {
        self.witness(context)?;
        let fallback = Rule { latency_millis: self.script.latency_millis, ..Rule::default() };
        let rule = self.script.rule(request, context).unwrap_or(&fallback);
        if rule.latency() > Millis(0) {
            self.sleeper.sleep(rule.latency()).await;
        }
        let (text, tool_calls) = match &rule.answer {
            Answer::Default => (defaults::answer(&self.script, &request.inputs, context), Vec::new()),
            Answer::Json(value) => (value.to_string(), Vec::new()),
            Answer::Text(text) => (text.clone(), Vec::new()),
            Answer::ToolCalls(calls) => (String::new(), calls.clone()),
            Answer::Fault { class, retry_after_millis, after_text } => {
                push_pieces_of(after_text, rule.piece_chars(), out);
                return Err(fault(*class, retry_after_millis.map(Millis), rule.usage));
            }
            Answer::Never => return futures::future::pending().await,
            Answer::StackOverflow => (deeper(0).to_string(), Vec::new()),
        };
        push_pieces_of(&text, rule.piece_chars(), out);
        Ok(self.response(request, rule, text, tool_calls))
    }

    fn witness(&self, context: &CallContext) -> Result<(), ProviderError> {
        let Some(sink) = &self.sink else { return Ok(()) };
        sink.attempt_started(&context.idempotency_key, context.attempt).map_err(|error| ProviderError {
            sent: false,
            ..ProviderError::new(
                FailureClass::Connection,
                format!("the witness of this attempt cannot be told ({error}): start it first"),
            )
        })
    }

    fn response(&self, request: &Request, rule: &Rule, text: String, tool_calls: Vec<ToolCall>) -> Response {
        let usage = if rule.without_usage {
            None
        } else {
            Some(rule.usage.unwrap_or_else(|| estimated(request, &text)))
        };
        let model = self.script.model.parse().unwrap_or_else(|_| request.model.clone());
        Response::new(text, tool_calls, usage, model)
    }
}

/// A token for every four bytes of text, at least one.
fn estimated(request: &Request, text: &str) -> Usage {
    let tokens = |bytes: usize| (bytes as u64).div_ceil(4).max(1);
    Usage {
        input_tokens: tokens(request.system.len() + request.messages.len() * 64),
        output_tokens: tokens(text.len()),
        ..Usage::default()
    }
}

fn fault(class: FailureClass, retry_after: Option<Millis>, usage: Option<Usage>) -> ProviderError {
    let message = format!("the script says {}", class.code());
    ProviderError { retry_after, usage, ..ProviderError::new(class, message) }
}

impl Provider for Scripted {
    fn name(&self) -> &Name {
        &self.name
    }

    fn call<'a>(
        &'a self,
        request: Request,
        context: &'a CallContext,
        sink: &'a mut dyn TokenSink,
    ) -> BoxFuture<'a, Result<Response, ProviderError>> {
        async move { self.play(&request, context, sink).await }.boxed()
    }
}

/// Deeper than any stack; every frame is needed, so that no compiler makes a loop of it.
fn deeper(depth: u64) -> u64 {
    if std::hint::black_box(depth) == u64::MAX { 0 } else { std::hint::black_box(deeper(depth + 1)) + depth }
}

#[cfg(test)]
mod tests;
