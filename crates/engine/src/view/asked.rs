//! What a person is asked about: exactly the thing that the digest of the question is of.

use divisi_domain::approval::{Approval, ApprovalSubject};
use divisi_domain::blob::BlobRef;
use divisi_domain::path::{EffectPath, Node};
use divisi_domain::subtask::{Run, ToolPhase};
use divisi_domain::task::{Step, Task};
use divisi_domain::time::Timestamp;
use divisi_llm::ToolCall;
use divisi_llm::outputs::Report;
use serde_json::Value;

use crate::content::{ContentError, Contents};
use crate::perform::StoredTurn;
use crate::perform::answers::call_digest;

/// What an approval is about.
#[derive(Debug, Clone, PartialEq)]
pub enum AskedAbout {
    /// A plan, as the manager or a person wrote it.
    Plan(Value),
    /// A tool call with side effects.
    Call(AskedCall),
    /// A draft of the report, before it is called completed.
    Draft {
        /// The draft.
        report: Box<Report>,
        /// Whether the final review approved it; `None` where there is no review of it.
        reviewed: Option<bool>,
    },
}

/// A tool call as its agent asked for it.
#[derive(Debug, Clone, PartialEq)]
pub struct AskedCall {
    /// The effect.
    pub path: EffectPath,
    /// Number of the subtask.
    pub subtask: u16,
    /// The tool.
    pub tool: String,
    /// Its arguments.
    pub arguments: Value,
}

/// A tool call that was interrupted and may or may not have happened.
#[derive(Debug, Clone, PartialEq)]
pub struct UnknownCall {
    /// The effect.
    pub path: EffectPath,
    /// Number of the subtask.
    pub subtask: u16,
    /// The call, where its content can be read.
    pub call: Option<AskedCall>,
    /// Since when nobody knows.
    pub since: Timestamp,
}

/// What `approval` is about. What cannot be shown as it was asked is an error, never something else.
pub fn asked_about(
    contents: &Contents<'_>,
    task: &Task,
    approval: &Approval,
) -> Result<AskedAbout, ContentError> {
    // A plan's or a draft's digest is the reference of its content.
    let content = BlobRef(approval.digest.0);
    match approval.subject {
        ApprovalSubject::Plan => contents.json(content).map(AskedAbout::Plan),
        ApprovalSubject::Publication => {
            let draft = task.drafts.iter().rev().find(|draft| draft.content == content);
            let reviewed = draft.and_then(|draft| draft.review.as_ref()).map(|review| review.approved);
            Ok(AskedAbout::Draft { report: Box::new(contents.json(content)?), reviewed })
        }
        ApprovalSubject::Tool(path) => {
            let call = call_at(contents, task, path)?;
            if call_digest(&call) != approval.digest {
                let cause = "the call in it is not the one that was asked about".to_owned();
                return Err(ContentError::Shape { blob: content, cause });
            }
            Ok(AskedAbout::Call(asked(path, call)))
        }
    }
}

/// Tool calls that wait for a person to say what became of them, in their order.
pub fn unknown_calls(contents: &Contents<'_>, task: &Task) -> Result<Vec<UnknownCall>, ContentError> {
    let mut calls = Vec::new();
    for (node, step) in &task.steps {
        let (Node::Tool { subtask, .. }, Step::Tool(step)) = (*node, step) else { continue };
        let ToolPhase::OutcomeUnknown { since } = step.phase else { continue };
        let path = task.path(*node);
        let call = match call_at(contents, task, path) {
            Ok(call) => Some(asked(path, call)),
            Err(error) if error.is_lost() => None,
            Err(error) => return Err(error),
        };
        calls.push(UnknownCall { path, subtask, call, since });
    }
    Ok(calls)
}

/// The tool call that `text` names, of any pass of the task.
pub fn call_path(task: &Task, text: &str) -> Option<EffectPath> {
    let runs =
        task.subtasks.iter().flat_map(|(number, subtask)| subtask.runs.iter().map(|run| (*number, run)));
    let mut paths = runs.flat_map(|(subtask, run)| {
        let turns = (1_u8..).zip(&run.turns);
        turns.flat_map(move |(turn, asked)| {
            let calls = (0_u8..).zip(&asked.calls);
            calls.map(move |(call, _)| EffectPath {
                pass: run.pass,
                node: Node::Tool { subtask, cycle: run.cycle, turn, call },
            })
        })
    });
    paths.find(|path| path.to_string() == text)
}

fn asked(path: EffectPath, call: ToolCall) -> AskedCall {
    let subtask = path.node.subtask().unwrap_or_default();
    AskedCall { path, subtask, tool: call.tool, arguments: call.arguments }
}

/// The call at `path`, of whichever pass, as the model wrote it.
fn call_at(contents: &Contents<'_>, task: &Task, path: EffectPath) -> Result<ToolCall, ContentError> {
    let Node::Tool { subtask, cycle, turn, call } = path.node else {
        return Err(ContentError::Unknown("this tool call"));
    };
    let of_path = |run: &&Run| run.pass == path.pass && run.cycle == cycle;
    let run = task.subtasks.get(&subtask).and_then(|subtask| subtask.runs.iter().rev().find(of_path));
    let turn = run.and_then(|run| run.turns.get(usize::from(turn).checked_sub(1)?));
    let turn = turn.ok_or(ContentError::Unknown("this tool call"))?;
    let stored: StoredTurn = contents.json(turn.content)?;
    let call = stored.tool_calls.into_iter().nth(usize::from(call));
    call.ok_or(ContentError::Unknown("this tool call"))
}
