//! The conversation of a run so far, rebuilt from its recorded turns.

use divisi_domain::name::Name;
use divisi_domain::subtask::{CallPhase, CallRecord, Turn};
use divisi_llm::{Message, ToolCall};
use serde_json::json;

use super::{Material, RequestError};
use crate::perform::StoredTurn;

pub(super) fn transcript(material: &Material<'_>, number: u16) -> Result<Vec<Message>, RequestError> {
    let subtask = material.task.subtasks.get(&number).ok_or(RequestError::Missing("subtask"))?;
    let turns = subtask.run().map_or(&[][..], |run| &run.turns);
    let mut messages = Vec::new();
    for turn in turns {
        said(material, number, turn, &mut messages)?;
    }
    Ok(messages)
}

fn said(
    material: &Material<'_>,
    number: u16,
    turn: &Turn,
    messages: &mut Vec<Message>,
) -> Result<(), RequestError> {
    let stored: StoredTurn = material.contents.json(turn.content)?;
    let calls = stored.tool_calls.clone();
    messages.push(Message::Assistant { text: stored.text, tool_calls: stored.tool_calls });
    for (call, record) in calls.iter().zip(&turn.calls) {
        let (content, ok) = result(material, number, call, record)?;
        let tool = record.request.tool.clone();
        messages.push(Message::Tool { call_id: call.id.clone(), tool, content, ok });
    }
    Ok(())
}

fn result(
    material: &Material<'_>,
    number: u16,
    call: &ToolCall,
    record: &CallRecord,
) -> Result<(String, bool), RequestError> {
    let said = |code: &str, message: &str| json!({"error": {"code": code, "message": message}}).to_string();
    Ok(match &record.phase {
        CallPhase::Answered { content, ok } => (material.contents.text(*content)?, *ok),
        CallPhase::Refused => (refusal(material, number, call, record.request.refused.as_ref()), false),
        CallPhase::Declined => (said("declined", "A person declined this call; it was not executed."), false),
        CallPhase::Skipped => (said("no_result", "This call brought no result. Go on without it."), false),
        CallPhase::Failed => (said("failed", "This call failed. Go on without its result."), false),
        CallPhase::Open => (said("no_result", "This call has no result yet."), false),
    })
}

/// The sentence of a refusal is derived again: the call and the policy are pinned, so it is the same.
fn refusal(material: &Material<'_>, number: u16, call: &ToolCall, code: Option<&Name>) -> String {
    let policy = material.policy(number);
    match material.tools.admit(&policy, &call.tool, call.arguments.clone()) {
        Err(error) => error.for_model().to_string(),
        Ok(_) => json!({"error": {"code": code.map_or("refused", Name::as_str)}}).to_string(),
    }
}
