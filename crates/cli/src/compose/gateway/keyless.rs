//! A service that lacks its key, or does not answer: whoever is routed to it is told what to do.

use divisi_domain::model_step::FailureClass;
use divisi_domain::name::Name;
use divisi_llm::{CallContext, Provider, ProviderError, Request, Response, TokenSink};
use futures::FutureExt;
use futures::future::BoxFuture;

/// Answers each call with what is missing. Nothing is sent.
pub(super) struct Keyless {
    pub(super) name: Name,
    pub(super) class: FailureClass,
    pub(super) sentence: String,
}

impl Provider for Keyless {
    fn name(&self) -> &Name {
        &self.name
    }

    fn call<'a>(
        &'a self,
        _: Request,
        _: &'a CallContext,
        _: &'a mut dyn TokenSink,
    ) -> BoxFuture<'a, Result<Response, ProviderError>> {
        let failure = ProviderError { sent: false, ..ProviderError::new(self.class, self.sentence.clone()) };
        futures::future::ready(Err(failure)).boxed()
    }
}
