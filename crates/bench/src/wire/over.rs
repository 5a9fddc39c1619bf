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
        request: &'a Request,
        context: &'a CallContext,
        out: &'a mut dyn TokenSink,
    ) -> BoxFuture<'a, Result<Response, ProviderError>> {
        async move {
            self.wire.note(request);
            self.wire.chat.call(request, context, &mut NoSink).await?;
            self.script.call(request, context, out).await
        }
        .boxed()
    }
}
