//! A provider for whole tasks over the wire.

use std::sync::Arc;

use divisi_domain::name::Name;
use divisi_llm::{CallContext, NoSink, Provider, ProviderError, Request, Response, TokenSink};
use divisi_providers::Scripted;
use futures::FutureExt;
use futures::future::BoxFuture;

use super::Wire;

/// Asks the server, and answers what the script says: the server knows nothing of tasks.
pub(crate) struct OverWire {
    pub(crate) wire: Arc<Wire>,
    pub(crate) script: Scripted,
}

impl Provider for OverWire {
    fn name(&self) -> &Name {
        self.script.name()
    }

    fn call<'a>(
        &'a self,
        request: Request,
        context: &'a CallContext,
        out: &'a mut dyn TokenSink,
    ) -> BoxFuture<'a, Result<Response, ProviderError>> {
        async move {
            self.wire.note(&request);
            // What the script says follows from the inputs, and the request is let go once it is sent.
            let said = self.script.call(inputs_of(&request), context, &mut NoSink).await?;
            self.wire.chat.call(request, context, &mut NoSink).await?;
            // As the server's answers come in one segment, in one piece.
            out.push(&said.text);
            Ok(said)
        }
        .boxed()
    }
}

fn inputs_of(request: &Request) -> Request {
    Request {
        purpose: request.purpose,
        model: request.model.clone(),
        system: Arc::from(""),
        messages: Vec::new(),
        tools: Vec::new(),
        schema: request.schema.clone(),
        sampling: request.sampling,
        inputs: Arc::clone(&request.inputs),
    }
}
