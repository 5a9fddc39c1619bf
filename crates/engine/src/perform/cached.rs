//! Answers that other tasks of the workspace were given to the same request, where the crew asks for them. They belong to
//! the tasks that paid for them, and go with their content.

use divisi_domain::blob::Digest;
use divisi_domain::model_step::{Cause, Purpose};
use divisi_domain::path::{EffectPath, Node};
use divisi_domain::plan::validate;
use divisi_domain::task::{Answer, Report};
use divisi_domain::time::Millis;
use divisi_llm::{FinishReason, RateSeen, Request, Response};
use divisi_store::{BlobKey, blob_ref};

use super::{Kept, Performing};

/// The name of a request among kept answers, and how long its answer is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cached {
    request: Digest,
    keep: Millis,
}

impl Performing<'_> {
    /// Whether an answer may be taken from another task, or left for others: the crew asks for it, and the task asks this
    /// for the first time.
    pub(super) fn cached(&self, purpose: Purpose, request: &Request, key: &BlobKey) -> Option<Cached> {
        let wanted = &self.order.wanted;
        let keep = self.order.crew.cache.keep(purpose)?;
        if wanted.attempt > 1 || wanted.cause != Cause::First || !is_first(wanted.path) {
            return None;
        }
        let provider = self.order.target.as_ref().map(|target| &target.provider);
        let whole = serde_json::to_vec(&(provider, request)).ok()?;
        Some(Cached { request: Digest(blob_ref(key, &whole).0), keep })
    }

    /// The answer that another task was given. What cannot be read is as if it were not there: the model is asked.
    pub(super) fn kept_answer(&self, cached: Cached) -> Option<Response> {
        let (reads, own) = (self.means.reads.as_ref(), self.order.task);
        let kept = reads.kept_answer(own.workspace, &cached.request, self.order.at).ok().flatten()?;
        if kept.stream == own.stream() {
            return None;
        }
        let bytes = reads.blob(&kept.stream, &kept.answer).ok().flatten()?;
        serde_json::from_slice(&bytes).ok()
    }
}

/// Keeps an answer that can be used for other tasks.
pub(super) fn leave_for_others(cached: Cached, response: &Response, report: &Report, kept: &mut Kept) {
    let whole = matches!(response.finish, FinishReason::Stop | FinishReason::ToolCalls);
    if !whole || !is_good(report) {
        return;
    }
    let plain = Response { usage: None, estimated: false, rate: RateSeen::default(), ..response.clone() };
    let blob = kept.keep_json(&plain);
    if let Some(side) = kept.sides.iter_mut().find(|side| side.blob == blob) {
        side.answers = Some((cached.request, cached.keep));
    }
}

/// A plan that has to be repaired is good for nobody else.
fn is_good(report: &Report) -> bool {
    match report {
        Report::Answered(Answer::Plan { draft, rules, .. }) => validate(draft, rules).is_ok(),
        Report::Answered(_) => true,
        Report::Failed { .. } => false,
    }
}

/// Whether a task asks this for the first time: later passes, cycles and rounds want a new answer.
const fn is_first(path: EffectPath) -> bool {
    path.pass <= 1
        && match path.node {
            Node::Analyse | Node::Select | Node::Coordinate => true,
            Node::Decompose { round } | Node::Synthesise { round } | Node::FinalReview { round } => {
                round == 0
            }
            Node::Model { cycle, .. } | Node::Tool { cycle, .. } | Node::Review { cycle, .. } => cycle == 0,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_asked_for_the_first_time() {
        let at = |pass, node| EffectPath { pass, node };
        let rows = [
            (at(1, Node::Analyse), true),
            (at(2, Node::Analyse), false),
            (at(1, Node::Decompose { round: 0 }), true),
            (at(1, Node::Decompose { round: 1 }), false),
            (at(1, Node::Model { subtask: 3, cycle: 0, turn: 4 }), true),
            (at(1, Node::Model { subtask: 3, cycle: 1, turn: 1 }), false),
            (at(1, Node::Review { subtask: 3, cycle: 1 }), false),
            (at(1, Node::Synthesise { round: 0 }), true),
            (at(1, Node::FinalReview { round: 1 }), false),
        ];
        for (path, expected) in rows {
            assert_eq!(is_first(path), expected, "{path}");
        }
    }
}
