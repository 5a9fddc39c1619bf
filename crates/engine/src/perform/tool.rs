//! A tool call.

use divisi_domain::model_step::FailureClass;
use divisi_domain::path::Node;
use divisi_domain::task::{Answer, Report};
use divisi_llm::ToolCall;
use divisi_tools::calls::{ToolContext, ToolError};

use super::{Kept, Performing, StoredTurn};
use crate::requests::RequestError;

impl Performing<'_> {
    pub(super) async fn tool(&self, kept: &mut Kept) -> Report {
        let (subtask, call) = match self.asked() {
            Ok(asked) => asked,
            Err(error) => return self.not_built(&error, kept),
        };
        let policy = self.material().policy(subtask);
        let admitted = match self.means.tools.admit(&policy, &call.tool, call.arguments) {
            Ok(admitted) => admitted,
            Err(error) => return answered(&error, kept),
        };
        let order = self.order;
        let context = ToolContext {
            workspace: order.task.workspace,
            task: order.task.task,
            idempotency_key: format!("{}/{}", order.task.task, order.wanted.path),
            documents: self.corpus.clone(),
            deadline_ms: order.deadline.0,
        };
        match admitted.perform(&context).await {
            Ok(output) => {
                Report::Answered(Answer::ToolResult { content: kept.keep_text(&output.text), ok: true })
            }
            Err(error) if error.is_transient() => {
                kept.failure(FailureClass::ToolFailed, &error.for_model().to_string(), None)
            }
            Err(error) => answered(&error, kept),
        }
    }

    /// The call as the model asked for it.
    fn asked(&self) -> Result<(u16, ToolCall), RequestError> {
        let Node::Tool { subtask, turn, call, .. } = self.order.wanted.path.node else {
            return Err(RequestError::Missing("tool call"));
        };
        let run = self.order.state.subtasks.get(&subtask).and_then(|subtask| subtask.run());
        let turn = run.and_then(|run| run.turns.get(usize::from(turn).checked_sub(1)?));
        let turn = turn.ok_or(RequestError::Missing("turn"))?;
        let stored: StoredTurn = self.contents.json(turn.content)?;
        let call = stored.tool_calls.into_iter().nth(usize::from(call));
        Ok((subtask, call.ok_or(RequestError::Missing("tool call"))?))
    }
}

/// An error that the model can do something about is an answer to it.
fn answered(error: &ToolError, kept: &mut Kept) -> Report {
    Report::Answered(Answer::ToolResult {
        content: kept.keep_text(&error.for_model().to_string()),
        ok: false,
    })
}
