//! What the end of an attempt makes of a task.

use super::{
    CallPhase, CallRecord, CallRequest, Clock, Draft, DraftReview, EffectPath, ModelStep, Node, Outcome,
    Recorded, RefusedPlan, Review, Step, SubtaskPhase, Task, Timestamp, ToolPhase, ToolStep, Turn,
};
use crate::blob::BlobRef;
use crate::model_step::FailureKind;
use crate::review::Scores;
use crate::subtask::EffectClass;
use crate::task::effects::call_request;

impl Task {
    pub(super) fn end(&mut self, path: EffectPath, outcome: &Outcome, at: Timestamp) {
        if path.pass != self.pass {
            return;
        }
        self.clock_of(path.node).stop(at);
        let unknown = self.may_have_happened(path.node, outcome);
        match outcome {
            Outcome::Answered(answer) => {
                self.steps.remove(&path.node);
                self.answered(path.node, answer, at);
            }
            Outcome::Failed { class, content } => match self.steps.get_mut(&path.node) {
                Some(Step::Model(step)) => step.fail(*class, *content, at),
                Some(Step::Tool(step)) => {
                    step.failures = step.failures.saturating_add(1);
                    step.poison = step.poison.saturating_add(u8::from(class.kind() == FailureKind::Poison));
                    step.phase = if unknown {
                        ToolPhase::OutcomeUnknown { since: at }
                    } else {
                        ToolPhase::Due { not_before: None }
                    };
                }
                None => {}
            },
            Outcome::Interrupted { alone } => self.interrupted(path.node, *alone, at),
            Outcome::Cancelled => {
                self.steps.remove(&path.node);
            }
        }
    }

    /// Whether a failed call that must not be repeated may have had its effect.
    fn may_have_happened(&self, node: Node, outcome: &Outcome) -> bool {
        let Outcome::Failed { class, .. } = outcome else { return false };
        let once = |call: &CallRequest| call.class == EffectClass::AtMostOnce;
        class.leaves_unknown() && call_request(self, node).is_some_and(once)
    }

    fn interrupted(&mut self, node: Node, alone: bool, at: Timestamp) {
        match self.steps.get_mut(&node) {
            Some(Step::Model(step)) => step.interrupt(alone, at),
            Some(Step::Tool(step)) => {
                step.interruptions = step.interruptions.saturating_add(1);
                step.poison = step.poison.saturating_add(u8::from(alone));
                step.phase = ToolPhase::OutcomeUnknown { since: at };
            }
            None => {}
        }
    }

    fn answered(&mut self, node: Node, answer: &Recorded, at: Timestamp) {
        match answer {
            Recorded::Analysis { content, complexity } => {
                self.analysis = Some(*content);
                self.complexity = *complexity;
            }
            Recorded::Selection { content, specialists } => {
                self.selection = Some(*content);
                self.specialists.clone_from(specialists);
            }
            Recorded::Plan { content, plan } => self.pin_plan(*content, plan),
            Recorded::InvalidPlan { content, errors } => {
                let (content, why, pass) = (*content, Some(*errors), self.pass);
                self.refused_plans.push(RefusedPlan { content, why, by_person: false, pass });
            }
            Recorded::Calls { content, calls } => self.add_turn(node, *content, calls, at),
            Recorded::Solution { content } => self.hand_in(node, *content, at),
            Recorded::ToolResult { content, ok } => {
                self.settle_call(node, CallPhase::Answered { content: *content, ok: *ok }, at);
            }
            Recorded::Review { content, scores } => self.reviewed(node, *content, *scores),
            Recorded::Coordination { content } => self.coordination = Some(*content),
            Recorded::Report { content } => {
                let Node::Synthesise { round } = node else { return };
                self.drafts.push(Draft { pass: self.pass, round, content: *content, review: None });
            }
            Recorded::FinalReview { content, approved } => {
                if let Some(draft) = self.drafts.last_mut() {
                    draft.review = Some(DraftReview { content: Some(*content), approved: *approved });
                }
            }
        }
    }

    fn add_turn(&mut self, node: Node, content: BlobRef, calls: &[CallRequest], at: Timestamp) {
        let Node::Model { subtask: number, cycle, turn } = node else { return };
        let records = calls.iter().map(|request| CallRecord {
            request: request.clone(),
            phase: if request.refused.is_some() { CallPhase::Refused } else { CallPhase::Open },
        });
        let records: Vec<CallRecord> = records.collect();
        for (call, record) in (0..=u8::MAX).zip(&records) {
            if record.phase == CallPhase::Open {
                let node = Node::Tool { subtask: number, cycle, turn, call };
                self.steps.insert(node, Step::Tool(ToolStep::due()));
            }
        }
        if let Some(run) = self.subtasks.get_mut(&number).and_then(|subtask| subtask.runs.last_mut()) {
            run.turns.push(Turn { content, calls: records });
        }
        self.continue_loop(number, cycle, turn, at);
    }

    fn hand_in(&mut self, node: Node, content: BlobRef, at: Timestamp) {
        let Node::Model { subtask: number, cycle, .. } = node else { return };
        let allowance = self.submission.policy.limits.stage_millis.review;
        let Some(subtask) = self.subtasks.get_mut(&number) else { return };
        subtask.phase = SubtaskPhase::Reviewing;
        subtask.clock = Clock::with(allowance);
        if let Some(run) = subtask.runs.last_mut() {
            run.solution = Some(content);
            run.solved_at = Some(at);
        }
        let review = Node::Review { subtask: number, cycle };
        self.steps.insert(review, Step::Model(ModelStep::due(at)));
    }

    fn reviewed(&mut self, node: Node, content: BlobRef, scores: Scores) {
        let Node::Review { subtask, .. } = node else { return };
        let Some(subtask) = self.subtasks.get_mut(&subtask) else { return };
        subtask.phase = SubtaskPhase::Waiting;
        if let Some(run) = subtask.runs.last_mut() {
            run.review = Some(Review { content, scores });
        }
    }
}
