//! What a tool is and what it is told.

use std::sync::Arc;

use divisi_domain::id::{TaskId, WorkspaceId};
use divisi_domain::name::Name;
use divisi_domain::subtask::EffectClass;
use futures::future::BoxFuture;
use serde_json::Value;

use crate::calls::ToolError;
use crate::corpus::Corpus;

/// What the model and the policy know of a tool.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolSpec {
    /// The name the model calls it by.
    pub name: Name,
    /// What it does and when to use it, for the model.
    pub description: String,
    /// JSON schema of the arguments; every call is checked against it before it starts.
    pub schema: Arc<Value>,
    /// What the engine may do with an interrupted call.
    pub class: EffectClass,
    /// Whether it changes anything outside of the task (asks for an approval in mode `manual`).
    pub side_effects: bool,
}

/// What a call gets besides its arguments.
#[derive(Debug, Clone)]
pub struct ToolContext {
    /// The tenant of the task.
    pub workspace: WorkspaceId,
    /// The task that asks.
    pub task: TaskId,
    /// Stable over retries and crashes: task id and effect path.
    pub idempotency_key: String,
    /// The task's own documents, and no others.
    pub documents: Arc<Corpus>,
    /// Milliseconds the call may take; the engine cuts it off then.
    pub deadline_ms: u64,
}

/// What a call answered: JSON text unless a foreign tool answers otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolOutput {
    /// At most [`OUTPUT_BYTES_MAX`] bytes.
    pub text: String,
    /// Whether the text is a shortened answer; the text then says so itself.
    pub truncated: bool,
}

/// The largest answer of a tool that reaches a model, in bytes.
pub const OUTPUT_BYTES_MAX: usize = 256 * 1024;

/// Something an agent may call. A tool validates nothing that its schema states already.
pub trait Tool: Send + Sync {
    /// Name, description, schema and class. Constant over the tool's life.
    fn spec(&self) -> &ToolSpec;

    /// Performs the call. `arguments` fit the schema. Dropping the future stops the work.
    fn call<'a>(
        &'a self,
        context: &'a ToolContext,
        arguments: &'a Value,
    ) -> BoxFuture<'a, Result<ToolOutput, ToolError>>;
}

impl ToolOutput {
    /// A whole answer, or its beginning inside a JSON object that states the loss.
    pub fn capped(text: String) -> Self {
        if text.len() <= OUTPUT_BYTES_MAX {
            return Self { text, truncated: false };
        }
        let bytes = text.len();
        // Escaping may grow a byte to six; a control character in JSON text is rare, a quote is not.
        let mut keep = OUTPUT_BYTES_MAX - 1024;
        loop {
            let statement = serde_json::json!({
                "truncated": true,
                "reason": format!("the answer had {bytes} bytes, the limit is {OUTPUT_BYTES_MAX}: ask for less"),
                "beginning": &text[..text.floor_char_boundary(keep)],
            });
            let shortened = statement.to_string();
            if shortened.len() <= OUTPUT_BYTES_MAX {
                return Self { text: shortened, truncated: true };
            }
            keep -= (shortened.len() - OUTPUT_BYTES_MAX).min(keep);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_answer_is_cut_and_says_so() {
        let rows = [
            ("short".to_owned(), false),
            ("x".repeat(OUTPUT_BYTES_MAX), false),
            ("x".repeat(OUTPUT_BYTES_MAX + 1), true),
            ("ü\"\u{1}".repeat(OUTPUT_BYTES_MAX), true),
        ];
        for (text, truncated) in rows {
            let output = ToolOutput::capped(text);
            assert_eq!(output.truncated, truncated);
            assert!(output.text.len() <= OUTPUT_BYTES_MAX);
            if truncated {
                let value: Value = serde_json::from_str(&output.text).unwrap();
                assert_eq!(value["truncated"], true);
            }
        }
    }
}
