//! The seam to model services.

use divisi_domain::name::Name;
use futures::future::BoxFuture;

use crate::request::Request;
use crate::response::{ProviderError, Response};

/// Takes the text of an answer while it is being written.
pub trait TokenSink: Send {
    /// More text of the answer, in order.
    fn push(&mut self, text: &str);
}

/// A sink for callers that only want the whole answer.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoSink;

impl TokenSink for NoSink {
    fn push(&mut self, _: &str) {}
}

/// What a wire adapter needs to know of the call besides the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallContext {
    /// Task id and effect path: the same for every attempt of the same effect.
    pub idempotency_key: String,
    /// The attempt, from 1.
    pub attempt: u16,
}

/// A model service.
pub trait Provider: Send + Sync {
    /// The name by which routes refer to it.
    fn name(&self) -> &Name;

    /// Whether a call computes instead of waiting for somebody: it gets a thread of its own then, and goes on for a moment
    /// after nobody wants it any more.
    fn computes(&self) -> bool {
        false
    }

    /// Tokens of the texts of a request by the model's own tokenizer; `None` where that is not known here. What the service
    /// puts around texts is not among them.
    fn text_tokens(&self, _: &Request) -> Option<u64> {
        None
    }

    /// Makes one attempt at one call: no retry, no fallback. Dropping the future closes the connection. What was sent is let go
    /// at once: answers take seconds, and thousands of calls may wait for theirs.
    fn call<'a>(
        &'a self,
        request: Request,
        context: &'a CallContext,
        sink: &'a mut dyn TokenSink,
    ) -> BoxFuture<'a, Result<Response, ProviderError>>;
}
