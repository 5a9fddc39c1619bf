//! A tool with side effects that must never happen twice by itself: what manual approvals and unknown outcomes are for.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use divisi_domain::name::Name;
use divisi_tools::calls::{EffectClass, Tool, ToolContext, ToolError, ToolOutput, ToolSpec};
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::{Value, json};

pub(super) const POST_NOTE: &str = "post_note";

/// How often each call, by its idempotency key, was executed.
pub(super) type Posted = Arc<Mutex<BTreeMap<String, u32>>>;

pub(super) struct PostNote {
    spec: ToolSpec,
    posted: Posted,
}

impl PostNote {
    pub(super) fn new(posted: Posted) -> Self {
        let spec = ToolSpec {
            name: Name::from_static(POST_NOTE),
            description: "Posts a note where others see it.".to_owned(),
            schema:
                json!({"type": "object", "properties": {"note": {"type": "integer"}}, "required": ["note"]})
                    .into(),
            class: EffectClass::AtMostOnce,
            side_effects: true,
        };
        Self { spec, posted }
    }
}

impl Tool for PostNote {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    fn call<'a>(
        &'a self,
        context: &'a ToolContext,
        _: &'a Value,
    ) -> BoxFuture<'a, Result<ToolOutput, ToolError>> {
        let mut posted = self.posted.lock().unwrap_or_else(PoisonError::into_inner);
        *posted.entry(context.idempotency_key.clone()).or_default() += 1;
        let text = json!({"posted": true}).to_string();
        futures::future::ready(Ok(ToolOutput { text, truncated: false })).boxed()
    }
}
