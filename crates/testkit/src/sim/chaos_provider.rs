//! A provider that answers like the scripted one, and fails as its seed says: the same call fails the same way.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use divisi_domain::model_step::{FailureClass, Purpose};
use divisi_domain::money::Usage;
use divisi_domain::name::Name;
use divisi_domain::time::Millis;
use divisi_llm::{CallContext, Provider, ProviderError, Request, Response, TokenSink, ToolCall};
use divisi_providers::Scripted;
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::json;

use super::report::Injection;
use crate::chance::number_of;

/// Of 1,000 calls of harsh histories, how many panic, and how many answer with more than anybody can use.
const PANICS: u64 = 4;
const FLOODS: u64 = 4;
const HUGE_BYTES: usize = 2 << 20;

/// Of 1,000 calls, how many fail for a passing reason, answer nonsense, ask for a tool with side effects.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rates {
    pub(super) fault: u64,
    pub(super) nonsense: u64,
    pub(super) tool: u64,
}

pub(super) struct ChaosProvider {
    pub(super) seed: u64,
    pub(super) name: Name,
    pub(super) inner: Scripted,
    pub(super) rates: Rates,
    pub(super) injected: Arc<Mutex<Vec<Injection>>>,
    /// Whether it also panics, floods and never comes to an end.
    pub(super) harsh: bool,
    /// Whether all harm has ended.
    pub(super) calm: Arc<AtomicBool>,
}

impl ChaosProvider {
    fn draw(&self, what: &str, context: &CallContext) -> u64 {
        number_of(&format!("{}/{what}/{}/{}", self.seed, context.idempotency_key, context.attempt))
    }

    fn is_calm(&self) -> bool {
        self.calm.load(Ordering::Relaxed)
    }

    fn inject(&self, kind: Injection) {
        self.injected.lock().unwrap_or_else(PoisonError::into_inner).push(kind);
    }

    fn fault(&self, context: &CallContext) -> Option<ProviderError> {
        use FailureClass::{
            BadRequest, Connection, ContextTooLong, Overloaded, RateLimited, Refused, TimedOut, Truncated,
        };
        if self.is_calm() || self.draw("fault", context) % 1_000 >= self.rates.fault {
            return None;
        }
        self.inject(Injection::ProviderFault);
        let classes =
            [RateLimited, Overloaded, Connection, TimedOut, Truncated, ContextTooLong, BadRequest, Refused];
        let pick = self.draw("class", context);
        let class = classes[usize::try_from(pick % 8).unwrap_or(0)];
        let told = self.draw("usage", context).is_multiple_of(3);
        Some(ProviderError {
            retry_after: (class == RateLimited).then_some(Millis(pick % 20_000)),
            usage: told.then_some(Usage { input_tokens: 10, output_tokens: 5, ..Usage::default() }),
            sent: class != Connection || (pick >> 8).is_multiple_of(2),
            ..ProviderError::new(class, "a fault of the simulation".to_owned())
        })
    }

    /// What kills or floods whoever asks, or keeps him busy for ever.
    fn poison(&self, request: &Request, context: &CallContext) -> Option<Response> {
        if !self.harsh {
            return None;
        }
        let usage = Some(Usage { input_tokens: 100, output_tokens: 20, ..Usage::default() });
        let (model, draw) = (request.model.clone(), self.draw("poison", context) % 1_000);
        if draw < PANICS && !self.is_calm() {
            self.inject(Injection::PanickingStep);
            std::panic::resume_unwind(Box::new("a step of the simulation panics"));
        }
        if draw < PANICS + FLOODS && !self.is_calm() {
            self.inject(Injection::HugeOutput);
            let text = "x".repeat(HUGE_BYTES);
            return Some(Response::new(text, Vec::new(), usage, model));
        }
        let task = context.idempotency_key.split('/').next().unwrap_or_default();
        let endless = number_of(&format!("{}/{task}", self.seed)).is_multiple_of(4);
        if endless && request.purpose == Purpose::Work && context.idempotency_key.contains("/s2/") {
            self.inject(Injection::EndlessCalls);
            let call =
                ToolCall { id: "again".to_owned(), tool: "list_documents".to_owned(), arguments: json!({}) };
            let tool_calls = vec![call];
            return Some(Response::new(String::new(), tool_calls, usage, model));
        }
        None
    }

    fn other(&self, request: &Request, context: &CallContext) -> Option<Response> {
        let draw = self.draw("other", context) % 1_000;
        let usage = Some(Usage { input_tokens: 100, output_tokens: 20, ..Usage::default() });
        let model = request.model.clone();
        if draw < self.rates.nonsense && !self.is_calm() {
            self.inject(Injection::Unparsable);
            let text = "I would rather talk about the weather.".to_owned();
            return Some(Response::new(text, Vec::new(), usage, model));
        }
        let first_turn = context.idempotency_key.contains("/turn1/");
        if request.purpose == Purpose::Work && first_turn && draw < self.rates.nonsense + self.rates.tool {
            let tool = if draw.is_multiple_of(2) { super::tool::POST_NOTE } else { "list_documents" };
            let arguments = if tool == super::tool::POST_NOTE { json!({"note": draw}) } else { json!({}) };
            let call = ToolCall { id: "c1".to_owned(), tool: tool.to_owned(), arguments };
            let tool_calls = vec![call];
            return Some(Response::new(String::new(), tool_calls, usage, model));
        }
        None
    }
}

impl Provider for ChaosProvider {
    fn name(&self) -> &Name {
        &self.name
    }

    fn call<'a>(
        &'a self,
        request: Request,
        context: &'a CallContext,
        sink: &'a mut dyn TokenSink,
    ) -> BoxFuture<'a, Result<Response, ProviderError>> {
        if let Some(fault) = self.fault(context) {
            return futures::future::ready(Err(fault)).boxed();
        }
        if let Some(response) = self.poison(&request, context) {
            return futures::future::ready(Ok(response)).boxed();
        }
        if let Some(response) = self.other(&request, context) {
            return futures::future::ready(Ok(response)).boxed();
        }
        self.inner.call(request, context, sink)
    }
}
