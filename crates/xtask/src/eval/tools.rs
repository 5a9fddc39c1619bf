//! The real tools over the documents of a question.

use std::sync::Arc;

use divisi_domain::id::{TaskId, WorkspaceId};
use divisi_domain::name::Name;
use divisi_llm::{Message, ToolCall, ToolOffer};
use divisi_tools::calls::{ToolContext, ToolPolicy, ToolRegistry};
use divisi_tools::corpus::Corpus;
use futures::executor::block_on;

/// The built-in tools.
pub(crate) const NAMES: [&str; 4] = ["list_documents", "search_documents", "read_span", "query_table"];

/// The registry of the product, with every built-in allowed.
pub(crate) struct Tools {
    registry: ToolRegistry,
    policy: ToolPolicy,
    context: ToolContext,
}

impl Tools {
    /// Tools over these documents.
    pub(crate) fn over(corpus: &Arc<Corpus>) -> anyhow::Result<Self> {
        let context = ToolContext {
            workspace: WorkspaceId::from_bytes([0; 16]),
            task: TaskId::from_bytes([0; 16]),
            idempotency_key: "eval".to_owned(),
            documents: Arc::clone(corpus),
            deadline_ms: 60_000,
        };
        let policy = ToolPolicy::new(Name::from_static("researcher"), NAMES.map(Name::from_static));
        Ok(Self { registry: ToolRegistry::with_built_ins()?, policy, context })
    }

    /// The tools as they are offered to a model.
    pub(crate) fn offers(&self) -> Vec<ToolOffer> {
        let offer = |spec: &divisi_tools::calls::ToolSpec| ToolOffer {
            name: spec.name.clone(),
            description: spec.description.clone(),
            schema: spec.schema.clone(),
        };
        self.registry.specs_for(&self.policy).map(offer).collect()
    }

    /// The results of the calls, in order. A refused or failed call is told to the model, as the engine does.
    pub(crate) fn perform(&self, calls: &[ToolCall]) -> Vec<Message> {
        calls.iter().map(|call| self.one(call)).collect()
    }

    fn one(&self, call: &ToolCall) -> Message {
        let admitted = self.registry.admit(&self.policy, &call.tool, call.arguments.clone());
        let result = admitted.and_then(|admitted| block_on(admitted.perform(&self.context)));
        let (content, ok) = match result {
            Ok(output) => (output.text, true),
            Err(error) => (error.to_string(), false),
        };
        let tool = call.tool.parse().unwrap_or_else(|_| Name::from_static("unknown"));
        Message::Tool { call_id: call.id.clone(), tool, content, ok }
    }
}
