//! A provider with a tape beside it.

use std::sync::Arc;

use divisi_domain::name::Name;
use divisi_llm::cassette::{EXCHANGE_BYTES_MAX, Exchange, KeptRequest, PIECES_MAX, Place};
use divisi_llm::{CallContext, Provider, ProviderError, Request, Response, TokenSink};
use futures::FutureExt;
use futures::future::BoxFuture;

use super::Tape;

/// Another provider, whose exchanges are recorded. A call that nobody waits for any more leaves nothing.
#[derive(Clone)]
pub struct Recording {
    inner: Arc<dyn Provider>,
    tape: Arc<Tape>,
}

impl std::fmt::Debug for Recording {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recording").field("of", self.inner.name()).finish_non_exhaustive()
    }
}

impl Recording {
    /// Records what `inner` is asked and says.
    pub fn new(inner: Arc<dyn Provider>, tape: Arc<Tape>) -> Self {
        Self { inner, tape }
    }

    async fn record(
        &self,
        request: Request,
        context: &CallContext,
        sink: &mut dyn TokenSink,
    ) -> Result<Response, ProviderError> {
        if !self.tape.wants(context) {
            return self.inner.call(request, context, sink).await;
        }
        let redaction = self.tape.redaction();
        let (asked, model) = (KeptRequest::of(&request, redaction), request.model.clone());
        let mut heard = Heard { sink, pieces: Vec::new(), bytes: 0 };
        let outcome = self.inner.call(request, context, &mut heard).await;
        let Heard { pieces, bytes, .. } = heard;
        let place = Place::of(context);
        if bytes > EXCHANGE_BYTES_MAX {
            self.tape.lose(&format!("The answer at {place} is longer than one exchange may be."));
            return outcome;
        }
        let kept = asked.and_then(|asked| {
            Exchange::new(place.clone(), self.inner.name(), asked, &pieces, &outcome, redaction)
        });
        match kept {
            Ok(exchange) => {
                let room = self.tape.room(self.inner.name(), &model);
                self.tape.keep(&exchange.within(room));
            }
            Err(error) => self.tape.lose(&format!("The exchange at {place} cannot be kept: {error}.")),
        }
        outcome
    }
}

impl Provider for Recording {
    fn name(&self) -> &Name {
        self.inner.name()
    }

    fn computes(&self) -> bool {
        self.inner.computes()
    }

    fn text_tokens(&self, request: &Request) -> Option<u64> {
        self.inner.text_tokens(request)
    }

    fn call<'a>(
        &'a self,
        request: Request,
        context: &'a CallContext,
        sink: &'a mut dyn TokenSink,
    ) -> BoxFuture<'a, Result<Response, ProviderError>> {
        self.record(request, context, sink).boxed()
    }
}

/// Hands pieces on and remembers them.
struct Heard<'a> {
    sink: &'a mut dyn TokenSink,
    pieces: Vec<String>,
    /// Of all pieces; what is over the limit is counted and not remembered.
    bytes: usize,
}

impl TokenSink for Heard<'_> {
    fn push(&mut self, text: &str) {
        self.sink.push(text);
        self.bytes = self.bytes.saturating_add(text.len());
        if self.bytes > EXCHANGE_BYTES_MAX {
            return;
        }
        let full = self.pieces.len() >= PIECES_MAX;
        match self.pieces.last_mut().filter(|_| full) {
            Some(last) => last.push_str(text),
            None => self.pieces.push(text.to_owned()),
        }
    }
}
