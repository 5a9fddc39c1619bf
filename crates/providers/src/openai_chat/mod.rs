//! `/v1/chat/completions`: OpenAI's own, and every server that speaks the same wire (vLLM, Ollama, llama.cpp,
//! llama-cpp-python, LM Studio, `OpenRouter`, `LiteLLM`), each with the traits it has.

mod calls;
mod decode;
mod encode;
mod errors;
mod lowered;
mod names;
mod probe;
mod runaway;
mod settings;
mod stream;
mod think;
mod traits;
mod union;
mod wire;

use std::fmt;
use std::sync::Arc;

use divisi_domain::name::Name;
use divisi_llm::{CallContext, Provider, ProviderError, Request, Response, TokenSink};
use futures::FutureExt;
use futures::future::BoxFuture;

use self::lowered::{Lowered, Refused};
pub use self::probe::{
    Candidate, Detected, MODELS_MAX, ModelFacts, ProbeSettings, ServerFacts, ServerKind, TRIED_MODELS_MAX,
    detect, loopback_candidates, probe, slots,
};
pub use self::settings::{ChatSettings, base_url};
use self::stream::ChatReader;
pub use self::traits::{Effort, Lengths, LimitField, SchemaMode, SystemRole, ToolMode, Traits};
use crate::coming::{Coming, Comings};
use crate::http::{Fault, HttpRequest, Method, Transport, exchange};
use crate::refusal::{Asked, Hidden, Said};

/// One server of this wire.
pub struct OpenAiChat {
    settings: ChatSettings,
    transport: Arc<dyn Transport>,
    /// What calls have shown that its models cannot.
    lowered: Lowered,
    /// How they are asked for answers.
    comings: Comings,
}

impl fmt::Debug for OpenAiChat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenAiChat").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl OpenAiChat {
    /// The server of `settings`, reached by `transport`.
    pub fn new(settings: ChatSettings, transport: Arc<dyn Transport>) -> Self {
        Self { settings, transport, lowered: Lowered::default(), comings: Comings::default() }
    }

    async fn answer(&self, request: Request, sink: &mut dyn TokenSink) -> Result<Response, ProviderError> {
        let model = request.model.clone();
        let known = self.settings.traits(&model);
        let traits = self.lowered.of(&model).unwrap_or(known);
        let coming = self.comings.next(&model);
        let way = (traits, coming);
        match Self::answer_by(&self.settings, way, self.transport.as_ref(), request, sink).await {
            Ok(response) => {
                self.comings.answered(&model, coming);
                self.lowered.watch(&model, &traits, &response);
                Ok(response)
            }
            Err(Failed { error, said }) => {
                self.comings.failed(&model, coming, &error);
                let refused = Refused { model: &model, traits: &traits, known: &known, said: &said };
                Err(self.lowered.learn(&refused, error))
            }
        }
    }

    async fn answer_by(
        settings: &ChatSettings,
        (traits, coming): (Traits, Coming),
        transport: &dyn Transport,
        request: Request,
        sink: &mut dyn TokenSink,
    ) -> Result<Response, Failed> {
        let unsent = |fault: Fault| Failed { error: *fault, said: Said::default() };
        let encoded = encode::encode(&request, &traits, coming).map_err(unsent)?;
        let wire = HttpRequest {
            method: Method::Post,
            url: format!("{}/chat/completions", settings.base_url),
            headers: settings.headers_of_a_call(),
            body: encoded.body.clone(),
            deadlines: settings.deadlines,
        };
        let asked = Asked { provider: settings.name.clone(), model: request.model.clone() };
        drop(request);
        let mut reader =
            ChatReader::new(asked, Hidden::of(settings.key.as_ref(), &settings.headers), encoded);
        let answer = exchange(transport, wire, &mut reader, sink).await;
        answer.map_err(|error| Failed { error, said: reader.into_said() })
    }
}

/// A call that brought no answer, and what the server itself said of it.
#[derive(Debug)]
struct Failed {
    error: ProviderError,
    said: Said,
}

impl Provider for OpenAiChat {
    fn name(&self) -> &Name {
        &self.settings.name
    }

    fn call<'a>(
        &'a self,
        request: Request,
        _: &'a CallContext,
        sink: &'a mut dyn TokenSink,
    ) -> BoxFuture<'a, Result<Response, ProviderError>> {
        self.answer(request, sink).boxed()
    }
}

#[cfg(test)]
mod tests;
